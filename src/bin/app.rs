//! The page; see `afina::app`.

fn main() {
    afina::app::start();
}
