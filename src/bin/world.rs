//! Prints texts of the little world: `cargo run --bin world -- --seed 1 --documents 20 --lang es [--of review]`.

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    print!("{}", afina::data::world::look(&arguments)?);
    Ok(())
}
