//! The memories of a dispatch, watched: an access out of bounds and two invocations that use one place at the same time
//! are faults here, whatever a GPU would make of them.

use crate::protocol::Hint;

use super::code::{BufferSlot, Named};

/// No invocation.
const NOBODY: u32 = u32::MAX;

/// Who wrote and who read a word since when. Epochs count barriers, so that two accesses of one epoch are unordered.
#[derive(Clone, Copy)]
struct Watch {
    written: u32,
    writer: u32,
    read: u32,
    readers: [u32; 2],
}

const UNTOUCHED: Watch = Watch { written: 0, writer: NOBODY, read: 0, readers: [NOBODY; 2] };

/// The memory of one workgroup.
pub struct Shared {
    pub words: Vec<u32>,
    watch: Vec<Watch>,
}

/// Who accesses, and when.
#[derive(Clone, Copy)]
pub struct Visitor {
    /// Number in the workgroup.
    pub local: u32,
    /// Number of the workgroup in the dispatch.
    pub workgroup: u32,
    pub epoch: u32,
}

/// The variable that a word belongs to, and which element of it the word is.
fn named(variables: &[Named], word: usize) -> (String, u64) {
    let word = word as u32;
    let found = variables.iter().rev().find(|v| v.base <= word);
    found.map_or((String::new(), 0), |v| (v.name.clone(), u64::from((word - v.base) / v.stride.max(1))))
}

fn beyond(named: &Named, at: usize, length_words: usize) -> Hint {
    let stride = named.stride.max(1) as usize;
    let index = (at.saturating_sub(named.base as usize) / stride) as i64;
    Hint::OutOfBounds { name: named.name.clone(), index, length: (length_words / stride) as u64 }
}

impl Shared {
    pub fn new(words: u32) -> Shared {
        Shared { words: vec![0; words as usize], watch: vec![UNTOUCHED; words as usize] }
    }

    pub fn clear(&mut self) {
        self.words.fill(0);
        self.watch.fill(UNTOUCHED);
    }

    /// The words `at..at + n` for reading.
    pub fn read(&mut self, variables: &[Named], who: Visitor, at: usize, n: usize) -> Result<&[u32], Hint> {
        for word in at..at + n {
            let Some(watch) = self.watch.get_mut(word) else { return Err(outside(variables, word, self.words.len())) };
            if watch.written == who.epoch && watch.writer != who.local {
                let (name, index) = named(variables, word);
                return Err(race(name, index, watch.writer, who.local));
            }
            if watch.read != who.epoch {
                (watch.read, watch.readers) = (who.epoch, [who.local, NOBODY]);
            } else if watch.readers[0] != who.local {
                watch.readers[1] = who.local;
            }
        }
        Ok(&self.words[at..at + n])
    }

    /// Writes words. Writing what is already there harms nobody.
    pub fn write(&mut self, variables: &[Named], who: Visitor, at: usize, values: &[u32]) -> Result<(), Hint> {
        for (k, value) in values.iter().enumerate() {
            let word = at + k;
            let Some(watch) = self.watch.get_mut(word) else { return Err(outside(variables, word, self.words.len())) };
            if *value != self.words[word] {
                let other = (watch.written == who.epoch && watch.writer != who.local).then_some(watch.writer);
                let reader = watch.readers.iter().copied().find(|r| *r != NOBODY && *r != who.local);
                let reader = reader.filter(|_| watch.read == who.epoch);
                if let Some(other) = other.or(reader) {
                    let (name, index) = named(variables, word);
                    return Err(race(name, index, other, who.local));
                }
            }
            (watch.written, watch.writer) = (who.epoch, who.local);
            self.words[word] = *value;
        }
        Ok(())
    }

    /// A word for an atomic operation.
    pub fn atomic(&mut self, variables: &[Named], at: usize) -> Result<&mut u32, Hint> {
        let length = self.words.len();
        self.words.get_mut(at).ok_or_else(|| outside(variables, at, length))
    }
}

fn race(name: String, index: u64, first: u32, second: u32) -> Hint {
    Hint::Race { name, index, first: u64::from(first), second: u64::from(second) }
}

fn outside(variables: &[Named], word: usize, length: usize) -> Hint {
    match variables.last() {
        Some(last) => beyond(last, word, length.saturating_sub(last.base as usize)),
        None => Hint::OutOfBounds { name: String::new(), index: word as i64, length: length as u64 },
    }
}

/// The memory behind one binding.
pub struct Storage {
    pub words: Vec<u32>,
    /// Who wrote each word last: number of the workgroup, number in it, epoch.
    writers: Vec<(u32, u32, u32)>,
}

impl Storage {
    pub fn new(words: Vec<u32>, writable: bool) -> Storage {
        let writers = if writable { vec![(NOBODY, NOBODY, 0); words.len()] } else { Vec::new() };
        Storage { words, writers }
    }

    pub fn read(&self, slot: &BufferSlot, at: usize, n: usize) -> Result<&[u32], Hint> {
        self.words.get(at..at + n).ok_or_else(|| beyond(&slot.named, at, self.words.len()))
    }

    pub fn write(&mut self, slot: &BufferSlot, who: Visitor, at: usize, values: &[u32]) -> Result<(), Hint> {
        if at + values.len() > self.words.len().min(self.writers.len()) {
            return Err(beyond(&slot.named, at, self.words.len()));
        }
        for (k, value) in values.iter().enumerate() {
            let (workgroup, local, epoch) = self.writers[at + k];
            let other =
                workgroup != NOBODY && (workgroup != who.workgroup || (epoch == who.epoch && local != who.local));
            if other && *value != self.words[at + k] {
                let index = ((at + k) / slot.named.stride.max(1) as usize) as u64;
                let name = slot.named.name.clone();
                return Err(Hint::WriteTwice { name, index, first: u64::from(local), second: u64::from(who.local) });
            }
            self.words[at + k] = *value;
            self.writers[at + k] = (who.workgroup, who.local, who.epoch);
        }
        Ok(())
    }

    pub fn atomic(&mut self, slot: &BufferSlot, at: usize) -> Result<&mut u32, Hint> {
        let length = self.words.len();
        self.words.get_mut(at).ok_or_else(|| beyond(&slot.named, at, length))
    }
}
