//! The page of the kernel lab; see `afina::labs::kernel`.

fn main() {
    afina::app::start_lab(|_| afina::labs::kernel::page::page());
}
