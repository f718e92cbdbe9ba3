//! What is trained on, what is looked at while training, and what is only tested.

use std::collections::{BTreeMap, HashMap};

use super::{Example, MAX_EXAMPLES, classes};
use crate::data::world::Split;
use crate::math::Generator;
use crate::protocol::LabError;

/// With fewer there is nothing to learn from once two parts have one each.
pub const MIN_EXAMPLES: usize = 6;
/// Of ten examples, one validates and one tests.
const TENTHS: usize = 10;

/// The parts of a set of examples: places in it, ascending. Each has at least one, and no prompt is in two of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub train: Vec<usize>,
    pub validation: Vec<usize>,
    pub test: Vec<usize>,
}

impl Parts {
    /// The places of a part.
    pub fn of(&self, split: Split) -> &[usize] {
        match split {
            Split::Train => &self.train,
            Split::Validation => &self.validation,
            Split::Test => &self.test,
        }
    }
}

/// Divides examples 8 : 1 : 1, the same way for the same seed.
///
/// Examples with one prompt stay together, so that no answer is known before the test. Of labels, each part gets its share
/// to within one. A prompt that more than a tenth of the examples share is trained on.
///
/// # Errors
/// [`LabError::OutOfRange`] for fewer than [`MIN_EXAMPLES`] examples or three different prompts.
pub fn parts(examples: &[Example], seed: u32) -> Result<Parts, LabError> {
    let at_least = |field: &str, got: usize, min: usize| {
        crate::protocol::in_range(field, got as f64, min as f64, MAX_EXAMPLES as f64)
    };
    at_least("examples", examples.len(), MIN_EXAMPLES)?;
    let groups = groups(examples);
    at_least("prompts", groups.len(), Split::ALL.len())?;
    let mut random = Generator::new(seed);
    // The labels one after the other, each in random order: every tenth of the line is a tenth of each label.
    let mut strata: BTreeMap<&str, Vec<&Vec<usize>>> = BTreeMap::new();
    let stratified = classes(examples).is_some();
    for group in &groups {
        let label = if stratified { examples[group[0]].completion.as_str() } else { "" };
        strata.entry(label).or_default().push(group);
    }
    let mut begin = random.below(TENTHS as u32) as usize;
    let mut shares: [Vec<&Vec<usize>>; 3] = Default::default();
    for stratum in strata.values_mut() {
        for last in (1..stratum.len()).rev() {
            stratum.swap(last, random.below(last as u32 + 1) as usize);
        }
        for group in stratum {
            let part = match begin % TENTHS {
                _ if group.len() > examples.len().div_ceil(TENTHS) => 0,
                0 => 1,
                5 => 2,
                _ => 0,
            };
            shares[part].push(group);
            begin += group.len();
        }
    }
    fill(&mut shares);
    let [train, validation, test] = shares.map(|groups| {
        let mut places: Vec<usize> = groups.into_iter().flatten().copied().collect();
        places.sort_unstable();
        places
    });
    Ok(Parts { train, validation, test })
}

/// The places of each prompt, in the order in which the prompts first occur.
fn groups(examples: &[Example]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: HashMap<&str, usize> = HashMap::new();
    for (place, example) in examples.iter().enumerate() {
        let group = *known.entry(&example.prompt).or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[group].push(place);
    }
    groups
}

/// Gives a part that got nothing, as happens in small sets, the smallest group of the part with the most of them.
fn fill(shares: &mut [Vec<&Vec<usize>>; 3]) {
    while let Some(empty) = shares.iter().position(Vec::is_empty) {
        let most = (0..shares.len()).max_by_key(|part| shares[*part].len()).unwrap_or(0);
        let smallest = (0..shares[most].len()).min_by_key(|group| shares[most][*group].len()).unwrap_or(0);
        let moved = shares[most].remove(smallest);
        shares[empty].push(moved);
    }
}
