//! Tokens as people read them.

use crate::data::bytes_of_token;
use crate::protocol::Table;

/// The vocabulary, by number.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Words(Vec<String>);

/// The text of bytes that need not be whole characters: what is not is shown as hexadecimal numbers.
fn readable(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|b| format!("⟨{b:02X}⟩")).collect(),
    }
}

/// The mark that stands for a token between texts.
pub(super) const MARK: &str = "⟨·⟩";

/// Whether a token is one of those that stand for no text.
fn is_special(token: &str) -> bool {
    token.starts_with("<|") && token.ends_with("|>")
}

impl Words {
    /// The vocabulary of a table with the column `token`.
    pub(super) fn new(table: &Table) -> Words {
        let text = |i| table.text(i, "token").unwrap_or_default().to_owned();
        Words((0..table.rows.len()).map(text).collect())
    }

    /// The text of one token.
    pub(super) fn of(&self, id: u32) -> String {
        let token = self.0.get(id as usize).map(String::as_str).unwrap_or_default();
        if is_special(token) {
            return MARK.to_owned();
        }
        bytes_of_token(token).map_or_else(|| token.to_owned(), |bytes| readable(&bytes))
    }

    /// The text of one token with its white space to be seen: `·` for a space, `↵` for the end of a line.
    pub(super) fn shown(&self, id: u32) -> String {
        self.of(id).replace(' ', "·").replace('\n', "↵")
    }

    /// The text of several tokens, whose characters may be spread over them.
    pub(super) fn text(&self, ids: &[u32]) -> String {
        let mut bytes = Vec::new();
        for id in ids {
            let token = self.0.get(*id as usize).map(String::as_str).unwrap_or_default();
            if is_special(token) {
                continue;
            }
            bytes.extend(bytes_of_token(token).unwrap_or_else(|| token.as_bytes().to_vec()));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_read_as_text() {
        let mut table = Table::new("vocabulary", &["token"]);
        table.rows = ["<|endoftext|>", "ĠMarta", "Ã", "±", "Ċ"].map(|t| vec![t.into()]).to_vec();
        let words = Words::new(&table);
        assert_eq!(words.shown(0), MARK);
        assert_eq!(words.shown(1), "·Marta");
        assert_eq!(words.shown(2), "⟨C3⟩");
        assert_eq!(words.text(&[0, 1, 2, 3]), " Martañ");
        assert_eq!(words.shown(4), "↵");
        assert_eq!(words.shown(9), "");
    }
}
