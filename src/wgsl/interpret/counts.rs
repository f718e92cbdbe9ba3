//! What is counted while a text runs.

/// What a dispatch did: what a stopwatch on an interpreter cannot say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Instructions of all invocations; one on a vector counts once.
    pub instructions: u64,
    /// Multiplications, those inside of fused operations and dot products included; one for each number of a vector.
    pub multiplications: u64,
    /// Words read from buffers, uniforms included.
    pub words_read: u64,
    /// Words written to buffers.
    pub words_written: u64,
    /// Barriers, counted once for a workgroup.
    pub barriers: u64,
}

impl std::ops::Add for Counts {
    type Output = Counts;
    fn add(self, other: Counts) -> Counts {
        Counts {
            instructions: self.instructions + other.instructions,
            multiplications: self.multiplications + other.multiplications,
            words_read: self.words_read + other.words_read,
            words_written: self.words_written + other.words_written,
            barriers: self.barriers + other.barriers,
        }
    }
}
