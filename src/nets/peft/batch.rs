//! Examples as token numbers, and several of them side by side.

use crate::protocol::LabError;

/// An example: the tokens of a prompt and of what should follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    pub ids: Vec<u32>,
    /// Where the answer begins in `ids`.
    pub answer: usize,
}

/// Samples side by side; shorter ones are followed by padding that nothing looks at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// `[B T]`
    pub ids: Vec<u32>,
    pub sequences: usize,
    pub tokens: usize,
    /// Where a token is learned, as row of `[B T]`: the place before it.
    pub places: Vec<usize>,
    /// The token to learn there.
    pub targets: Vec<u32>,
    /// Which places belong to which sequence: `places[ends[i - 1]..ends[i]]`.
    pub ends: Vec<usize>,
}

impl Batch {
    /// Samples side by side. With `mask` the answer alone is learned, otherwise the prompt too. The length is rounded up to
    /// `multiple`, so that devices meet few different shapes.
    ///
    /// # Errors
    /// [`LabError::Shape`] if there is no sample, or one without an answer.
    pub fn of(samples: &[&Sample], mask: bool, multiple: usize) -> Result<Batch, LabError> {
        let longest = samples.iter().map(|sample| sample.ids.len()).max().unwrap_or(0);
        let whole = samples.iter().all(|sample| (1..sample.ids.len()).contains(&sample.answer));
        if longest == 0 || !whole {
            let got = format!("{} samples, the longest of {longest} tokens", samples.len());
            return Err(LabError::Shape { operation: "batch".into(), expected: "samples with answers".into(), got });
        }
        // The last token is learned and never read.
        let tokens = (longest - 1).next_multiple_of(multiple);
        let mut batch =
            Batch { ids: Vec::new(), sequences: samples.len(), tokens, places: vec![], targets: vec![], ends: vec![] };
        for (row, sample) in samples.iter().enumerate() {
            let read = &sample.ids[..sample.ids.len() - 1];
            batch.ids.extend_from_slice(read);
            batch.ids.resize((row + 1) * tokens, 0);
            let first = if mask { sample.answer } else { 1 };
            batch.places.extend((first..sample.ids.len()).map(|at| row * tokens + at - 1));
            batch.targets.extend_from_slice(&sample.ids[first..]);
            batch.ends.push(batch.places.len());
        }
        Ok(batch)
    }

    /// The places among rows of `[B (P + T)]`, behind `prompt` virtual tokens of each sequence.
    pub fn places_behind(&self, prompt: usize) -> Vec<i32> {
        self.places.iter().map(|place| (place + (place / self.tokens + 1) * prompt) as i32).collect()
    }
}
