//! What Tab and Enter do to a text. Places are in UTF-16 units, as the browser counts them.

/// Spaces of one step.
const STEP: usize = 4;
const SPACE: u16 = b' ' as u16;
const NEWLINE: u16 = b'\n' as u16;

/// Replace `from..to` by `words`, then select `select`.
#[derive(Debug, PartialEq)]
pub(super) struct Edit {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) words: String,
    pub(super) select: (usize, usize),
}

fn line_start(text: &[u16], at: usize) -> usize {
    text[..at].iter().rposition(|c| *c == NEWLINE).map_or(0, |i| i + 1)
}

fn leading(line: &[u16]) -> usize {
    line.iter().take_while(|c| **c == SPACE).count()
}

/// Tab: spaces at the caret up to the next step, or every selected line further in (`out`: further out).
pub(super) fn tab(text: &str, start: usize, end: usize, out: bool) -> Option<Edit> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let (start, end) = (start.min(units.len()), end.min(units.len()));
    let from = line_start(&units, start);
    if start == end && !out {
        let spaces = STEP - (start - from) % STEP;
        let after = start + spaces;
        return Some(Edit { from: start, to: start, words: " ".repeat(spaces), select: (after, after) });
    }
    let to = units[end..].iter().position(|c| *c == NEWLINE).map_or(units.len(), |i| end + i);
    let lines: Vec<&[u16]> = units[from..to].split(|c| *c == NEWLINE).collect();
    let moved: Vec<Vec<u16>> = lines
        .iter()
        .map(|line| match out {
            true => line[leading(line).min(STEP)..].to_vec(),
            false if line.is_empty() => Vec::new(),
            false => [&[SPACE; STEP][..], line].concat(),
        })
        .collect();
    let words = moved.join(&NEWLINE);
    if words == units[from..to] {
        return None;
    }
    let shift = |line: usize| moved[line].len() as isize - lines[line].len() as isize;
    let total = words.len() as isize - (to - from) as isize;
    let first = (start as isize + shift(0)).max(from as isize) as usize;
    let last = ((end as isize + total).max(first as isize)) as usize;
    Some(Edit { from, to, words: String::from_utf16_lossy(&words), select: (first, last) })
}

/// Enter: the new line begins where this one does, a step further in after `{`.
pub(super) fn enter(text: &str, start: usize, end: usize) -> Edit {
    let units: Vec<u16> = text.encode_utf16().collect();
    let (start, end) = (start.min(units.len()), end.min(units.len()));
    let line = &units[line_start(&units, start)..start];
    let opens = line.iter().rfind(|c| **c != SPACE) == Some(&u16::from(b'{'));
    let spaces = leading(line) + if opens { STEP } else { 0 };
    let after = start + 1 + spaces;
    Edit { from: start, to: end, words: ["\n", &" ".repeat(spaces)].concat(), select: (after, after) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(text: &str, edit: &Edit) -> String {
        let units: Vec<u16> = text.encode_utf16().collect();
        let words: Vec<u16> = edit.words.encode_utf16().collect();
        String::from_utf16(&[&units[..edit.from], &words, &units[edit.to..]].concat()).unwrap()
    }

    #[test]
    fn tab_goes_to_the_next_step_and_moves_selected_lines() {
        let edit = tab("ab", 1, 1, false).unwrap();
        assert_eq!((applied("ab", &edit).as_str(), edit.select), ("a   b", (4, 4)));
        let text = "  é {\n\nx\n}";
        let edit = tab(text, 3, 8, false).unwrap();
        assert_eq!(applied(text, &edit), "      é {\n\n    x\n}");
        assert_eq!(edit.select, (7, 16));
        let back = tab(&applied(text, &edit), 7, 16, true).unwrap();
        assert_eq!(applied(&applied(text, &edit), &back), "  é {\n\nx\n}");
        assert_eq!(tab("x", 0, 0, true), None, "nothing to take away");
    }

    #[test]
    fn enter_keeps_the_indentation() {
        let edit = enter("    if a {", 10, 10);
        assert_eq!((edit.words.as_str(), edit.select), ("\n        ", (19, 19)));
        assert_eq!(enter("  a", 3, 3).words, "\n  ");
        assert_eq!(enter("", 9, 9).words, "\n");
    }
}
