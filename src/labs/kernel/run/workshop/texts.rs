//! Skeletons and hints of the puzzles. A line of a text that begins with `//es:` is for readers of Spanish only.

use crate::labs::kernel::{Puzzle, tables};
use crate::protocol::Table;

/// The languages that the texts are written in.
pub(super) const LANGUAGES: [&str; 2] = ["es", "en"];

struct Texts {
    skeleton: &'static str,
    solution: &'static str,
    hints: &'static str,
}

macro_rules! texts {
    ($name:literal) => {
        Texts {
            skeleton: include_str!(concat!("../../puzzles/", $name, ".wgsl")),
            solution: include_str!(concat!("../../puzzles/", $name, "_solution.wgsl")),
            hints: include_str!(concat!("../../puzzles/", $name, "_hints.txt")),
        }
    };
}

fn texts(puzzle: Puzzle) -> Texts {
    match puzzle {
        Puzzle::DequantizeInt8 => texts!("dequantize_int8"),
        Puzzle::UnpackInt4 => texts!("unpack_int4"),
        Puzzle::TiledMatmul => texts!("tiled_matmul"),
        Puzzle::LoraForward => texts!("lora_forward"),
    }
}

/// The model solution; it is compared with, and never sent to the page.
pub(super) fn solution(puzzle: Puzzle) -> &'static str {
    texts(puzzle).solution
}

/// What a learner begins with.
pub(super) fn skeleton(puzzle: Puzzle, lang: &str) -> String {
    let mut out = String::new();
    for line in texts(puzzle).skeleton.lines() {
        let indent = line.len() - line.trim_start().len();
        let marked = LANGUAGES.iter().find_map(|l| Some((*l, line.trim_start().strip_prefix(&format!("//{l}:"))?)));
        match marked {
            Some((of, words)) if of == lang => out += &format!("{}//{words}\n", &line[..indent]),
            Some(_) => {}
            None => {
                out += line;
                out += "\n";
            }
        }
    }
    out
}

/// The hints in their order: lines `es: ...` and `en: ...`.
fn hints(puzzle: Puzzle, lang: &str) -> Vec<&'static str> {
    let of = |line: &'static str| line.strip_prefix(lang)?.strip_prefix(": ");
    texts(puzzle).hints.lines().filter_map(of).collect()
}

/// Table [`tables::PUZZLES`].
pub(super) fn table() -> Table {
    let mut table = Table::new(tables::PUZZLES, &["puzzle", "part", "language", "text"]);
    for puzzle in Puzzle::ALL {
        for lang in LANGUAGES {
            let mut add = |part: &str, text: &str| {
                table.rows.push(vec![puzzle.key().into(), part.into(), lang.into(), text.into()]);
            };
            add("skeleton", &skeleton(puzzle, lang));
            for (i, hint) in hints(puzzle, lang).into_iter().enumerate() {
                add(&format!("hint{}", i + 1), hint);
            }
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_puzzle_has_three_hints_and_one_language_at_a_time() {
        for puzzle in Puzzle::ALL {
            for lang in LANGUAGES {
                assert_eq!(hints(puzzle, lang).len(), 3, "{puzzle:?}, {lang}");
                let text = skeleton(puzzle, lang);
                assert!(!text.contains("//es:") && !text.contains("//en:"));
                assert_eq!(text.contains(" una "), lang == "es", "{puzzle:?}, {lang}");
            }
        }
    }
}
