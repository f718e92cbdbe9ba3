//! Trains the tokenizer of the little world and writes it as `tokenizer.json`:
//! `cargo run --release --features text-models --bin tokenizer -- www/models/afina-small/tokenizer.json`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("tokenizer FILE: where to write it")?;
    let json = afina::data::tokenizer::trained()?;
    if let Some(folder) = std::path::Path::new(&path).parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, json)?;
    Ok(())
}
