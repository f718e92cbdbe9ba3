//! The page of the bits lab; see `afina::labs::bits`.

fn main() {
    afina::app::start_lab(|_| afina::labs::bits::page::page());
}
