//! The codes of a quantized matrix, and how they are packed into words for the GPU.

/// One code a weight, in the narrowest whole type.
#[derive(Clone, Debug, PartialEq)]
pub enum Codes {
    /// Formats of at most 8 bits: the index into [`super::levels`].
    Narrow(Vec<u8>),
    /// FP16 and BF16: the bit pattern.
    Half(Vec<u16>),
    /// FP32: the weights themselves.
    Full(Vec<f32>),
}

impl Codes {
    /// Codes in all.
    pub fn len(&self) -> usize {
        match self {
            Codes::Narrow(codes) => codes.len(),
            Codes::Half(codes) => codes.len(),
            Codes::Full(codes) => codes.len(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The code of the weight at a flat index; for FP32 its bit pattern.
    pub fn get(&self, index: usize) -> u32 {
        match self {
            Codes::Narrow(codes) => u32::from(codes[index]),
            Codes::Half(codes) => u32::from(codes[index]),
            Codes::Full(codes) => codes[index].to_bits(),
        }
    }
}

/// Codes in one 32-bit word: `floor(32 / bits)`; a code never straddles two words.
pub const fn codes_per_word(bits: u32) -> usize {
    (32 / bits) as usize
}

/// Packs codes of `bits` bits into words, the first code in the lowest bits, as the GPU keeps them.
///
/// # Shapes
/// `codes [n]` -> `[ceil(n / floor(32 / bits))]`
pub fn pack_codes(codes: &Codes, bits: u32) -> Vec<u32> {
    fn pack<T: Copy + Into<u32>>(codes: &[T], bits: u32) -> Vec<u32> {
        let word = |chunk: &[T]| chunk.iter().rev().fold(0u32, |word, &code| (word << (bits % 32)) | code.into());
        codes.chunks(codes_per_word(bits)).map(word).collect()
    }
    match codes {
        Codes::Narrow(codes) => pack(codes, bits),
        Codes::Half(codes) => pack(codes, bits),
        Codes::Full(codes) => codes.iter().map(|w| w.to_bits()).collect(),
    }
}

/// The way back from [`pack_codes`]; `count` codes are read.
///
/// # Panics
/// If `words` holds fewer than `count` codes.
pub fn unpack_codes(words: &[u32], bits: u32, count: usize) -> Codes {
    let per_word = codes_per_word(bits);
    assert!(words.len() * per_word >= count, "{} words hold fewer than {count} codes of {bits} bits", words.len());
    let mask = u32::MAX >> (32 - bits);
    let code = |i: usize| (words[i / per_word] >> ((i % per_word) as u32 * bits)) & mask;
    match bits {
        0..=8 => Codes::Narrow((0..count).map(|i| code(i) as u8).collect()),
        9..=16 => Codes::Half((0..count).map(|i| code(i) as u16).collect()),
        _ => Codes::Full(words[..count].iter().map(|&word| f32::from_bits(word)).collect()),
    }
}
