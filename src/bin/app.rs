//! The pages that belong to no lab; see `afina::app`.

fn main() {
    afina::app::start();
}
