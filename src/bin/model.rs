//! The page of the model lab; see `afina::labs::model`.

fn main() {
    afina::app::start_lab(|_| afina::labs::model::page::page());
}
