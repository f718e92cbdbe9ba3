//! The four puzzles in words, and what is remembered of them.

use crate::labs::kernel::Puzzle;
use crate::protocol::Table;
use crate::text::{Lang, msg};
use crate::ui::{keep, kept};

/// Name and task of a puzzle.
pub(super) fn words(lang: Lang, puzzle: Puzzle) -> (&'static str, &'static str) {
    match puzzle {
        Puzzle::DequantizeInt8 => (msg::kernel_puzzle_int8(lang), msg::kernel_puzzle_int8_task(lang)),
        Puzzle::UnpackInt4 => (msg::kernel_puzzle_int4(lang), msg::kernel_puzzle_int4_task(lang)),
        Puzzle::TiledMatmul => (msg::kernel_puzzle_tiles(lang), msg::kernel_puzzle_tiles_task(lang)),
        Puzzle::LoraForward => (msg::kernel_puzzle_lora(lang), msg::kernel_puzzle_lora_task(lang)),
    }
}

/// The puzzle of a key.
pub(super) fn of_key(key: &str) -> Option<Puzzle> {
    Puzzle::ALL.into_iter().find(|p| p.key() == key)
}

fn solved_key(puzzle: Puzzle) -> String {
    ["afina.kernel.solved.", puzzle.key()].concat()
}

/// Whether this browser saw it solved.
pub(super) fn is_solved(puzzle: Puzzle) -> bool {
    kept(&solved_key(puzzle)).is_some()
}

/// Remembers that it was solved.
pub(super) fn remember(puzzle: Puzzle) {
    // The verdicts stand on the page either way; a browser that does not keep anything forgets the mark.
    drop(keep(&solved_key(puzzle), "1"));
}

/// A part of a puzzle: `skeleton`, `hint1` ...
pub(super) fn part(table: &Table, lang: Lang, puzzle: Puzzle, part: &str) -> Option<String> {
    let wanted = [("puzzle", puzzle.key()), ("part", part), ("language", lang.code())];
    let is_it = |i: &usize| wanted.iter().all(|(column, value)| table.text(*i, column) == Some(*value));
    let i = (0..table.rows.len()).find(is_it)?;
    table.text(i, "text").map(str::to_owned)
}
