//! The letters that byte-level tokenizers write for bytes.

/// The byte that a letter of a byte-level vocabulary stands for: printable Latin-1 letters are themselves, the other 68
/// bytes are the letters from U+0100 on, in order (`Ġ` is the space, `Ċ` the end of a line).
///
/// # Source
/// Radford et al. 2019, GPT-2, `bytes_to_unicode` in `encoder.py`.
fn byte_of(letter: char) -> Option<u8> {
    let is_itself = |b: u8| matches!(b, 0x21..=0x7E | 0xA1..=0xAC | 0xAE..=0xFF);
    match u32::from(letter) {
        code @ 0..=0xFF => Some(code as u8).filter(|b| is_itself(*b)),
        code => (0..=255u8).filter(|b| !is_itself(*b)).nth((code - 0x100) as usize),
    }
}

/// The bytes of a token as `tokenizer.json` has it; `None` if it is not made of such letters, as special tokens may be.
pub fn bytes_of_token(token: &str) -> Option<Vec<u8>> {
    token.chars().map(byte_of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_one_letter() {
        let mut seen = [0u32; 256];
        for letter in (0..0x144).filter_map(char::from_u32) {
            if let Some(byte) = byte_of(letter) {
                seen[usize::from(byte)] += 1;
            }
        }
        assert_eq!(seen, [1; 256]);
        assert_eq!(bytes_of_token("Ġpueblo"), Some(b" pueblo".to_vec()));
        assert_eq!(bytes_of_token("Ã±"), Some("ñ".as_bytes().to_vec()));
        assert_eq!(bytes_of_token("日"), None);
    }
}
