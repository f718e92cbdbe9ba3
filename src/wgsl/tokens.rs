//! The words of a WGSL text with their places, comments left out: just enough to find neighbours and to count depth.

/// One word, number or sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub text: &'a str,
    /// Where it begins, in bytes.
    pub begin: usize,
}

impl Token<'_> {
    /// Where it ends, in bytes.
    pub fn end(&self) -> usize {
        self.begin + self.text.len()
    }

    /// Whether it is a name or a keyword.
    pub fn is_word(&self) -> bool {
        self.text.starts_with(|c: char| c.is_alphabetic() || c == '_')
    }
}

/// The length of the comment that `rest` begins with, or 0. Block comments nest.
fn comment(rest: &str) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if !rest.starts_with("/*") {
        return 0;
    }
    let (mut depth, mut at) = (0usize, 0);
    let bytes = rest.as_bytes();
    while at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if bytes[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}

/// Every token of a text. Signs are single characters, except that nothing is ever lost.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut out = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let skipped = comment(&text[at..]);
        if skipped > 0 {
            at += skipped;
            continue;
        }
        let word = |c: char| c.is_alphanumeric() || c == '_';
        let length = if word(c) {
            let number = c.is_ascii_digit();
            text[at..].find(|c: char| !(word(c) || number && c == '.')).unwrap_or(text.len() - at)
        } else {
            c.len_utf8()
        };
        if !c.is_whitespace() {
            out.push(Token { text: &text[at..at + length], begin: at });
        }
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_no_tokens() {
        let text = "let a = 1.5; // let b\n/* x /* y */ z */ a+=2u;";
        let words: Vec<&str> = tokens(text).iter().map(|t| t.text).collect();
        assert_eq!(words, ["let", "a", "=", "1.5", ";", "a", "+", "=", "2u", ";"]);
        assert!(tokens("/* never closed").is_empty());
    }
}
