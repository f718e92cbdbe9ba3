//! The page of the quantization lab; see `afina::labs::quant`.

fn main() {
    afina::app::start_lab(|_| afina::labs::quant::page::page());
}
