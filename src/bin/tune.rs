//! The page of the fine-tuning lab; see `afina::labs::tune`.

fn main() {
    afina::app::start_lab(|_| afina::labs::tune::page::page());
}
