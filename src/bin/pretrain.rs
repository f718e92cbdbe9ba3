//! Trains the model that ships, from nothing: `cargo run --release --features train,text-models --bin pretrain`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let given: Vec<String> = std::env::args().skip(1).collect();
    let settings = afina::nets::pretrain::Settings::from_arguments(&given)?;
    afina::nets::pretrain::run(&settings, &mut |line| eprintln!("{line}"))
}
