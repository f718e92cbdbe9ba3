//! Folders of models: what is read, and what is said of broken ones.

use std::cell::RefCell;

use afina::data::llama::{Checkpoint, FilesInMemory, INDEX, LlamaConfig, Part, WEIGHTS};
use afina::data::safetensors::{Writing, write};
use afina::protocol::{Fault, LabError};
use pollster::block_on;

use crate::fixtures::{Disk, checkpoint};
use crate::models::{ragged, random};

const SHARDS: [&str; 2] = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];

/// The files of a fixture, to be broken.
pub fn files(name: &str) -> FilesInMemory {
    let disk = Disk::fixture(name);
    let names = ["config.json", WEIGHTS, INDEX, SHARDS[0], SHARDS[1]];
    FilesInMemory(names.iter().filter_map(|name| Some(((*name).to_owned(), disk.whole(name)?))).collect())
}

pub fn read(files: &FilesInMemory) -> Result<Checkpoint, LabError> {
    block_on(Checkpoint::read(files, async |_, _| Ok(())))
}

/// A folder with these tensors in one file.
fn folder(config: &LlamaConfig, tensors: &[Writing<'_>]) -> FilesInMemory {
    let files = [("config.json", config.to_json().into_bytes()), (WEIGHTS, write(tensors, &[("format", "pt")]))];
    FilesInMemory(files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes)).collect())
}

fn tensors<'a>(checkpoint: &'a Checkpoint, names: &'a [String]) -> Vec<Writing<'a>> {
    let specs = checkpoint.config.tensors();
    let each = specs.iter().zip(checkpoint.tensors()).zip(names);
    each.map(|((spec, values), name)| Writing { name, shape: spec.shape(), values }).collect()
}

fn names(config: &LlamaConfig) -> Vec<String> {
    config.tensors().into_iter().map(|spec| spec.name).collect()
}

#[test]
fn what_was_written_comes_back() {
    let original = random(ragged(), 3);
    let names = names(&original.config);
    let back = read(&folder(&original.config, &tensors(&original, &names))).expect("a whole folder");
    assert_eq!((&back.config, back.tensors()), (&original.config, original.tensors()));
    assert_eq!(back.tensor(None, Part::Head), back.tensor(None, Part::Embedding));
    assert_eq!(back.tensor(Some(1), Part::Down), Some(&original.tensors()[18][..]));
    assert_eq!((back.tensor(Some(2), Part::Down), back.tensor(None, Part::Down)), (None, None));
}

#[test]
fn a_tied_matrix_may_have_either_name_or_both() {
    let original = random(ragged(), 3);
    let mut names = names(&original.config);
    let embedding = &original.tensors()[0];
    let head = Writing { name: "lm_head.weight", shape: vec![131, 96], values: embedding };
    let both: Vec<Writing<'_>> = tensors(&original, &names).into_iter().chain([head]).collect();
    assert_eq!(read(&folder(&original.config, &both)).expect("both").tensors(), original.tensors());
    names[0] = "lm_head.weight".into();
    let renamed = read(&folder(&original.config, &tensors(&original, &names))).expect("the other name");
    assert_eq!(renamed.tensors(), original.tensors());
}

#[test]
fn progress_counts_the_bytes_and_may_stop() {
    let heard = RefCell::new(Vec::new());
    let listen = async |done, total| {
        heard.borrow_mut().push((done, total));
        Ok(())
    };
    block_on(Checkpoint::read(&files("untied"), listen)).expect("a whole folder");
    let heard = heard.into_inner();
    let total = 2 * checkpoint("untied").config.parameters();
    assert_eq!((heard.first(), heard.last()), (Some(&(0, total)), Some(&(total, total))));
    assert!(heard.is_sorted());
    let stop = async |done, _| if done > 1000 { Err(LabError::Stopped) } else { Ok(()) };
    assert_eq!(block_on(Checkpoint::read(&files("untied"), stop)).err(), Some(LabError::Stopped));
}

fn error(files: &FilesInMemory) -> LabError {
    let error = read(files).expect_err("a broken folder");
    for lang in [afina::text::Lang::Es, afina::text::Lang::En] {
        assert!(!error.sentence(lang).is_empty());
    }
    error
}

#[test]
fn missing_files_are_named() {
    for (fixture, gone) in [("tied", "config.json"), ("tied", WEIGHTS), ("untied", SHARDS[1])] {
        let mut files = files(fixture);
        files.0.remove(gone);
        assert_eq!(error(&files), LabError::FileGone { source: gone.into() });
    }
    let mut neither = files("untied");
    neither.0.remove(INDEX);
    assert_eq!(error(&neither), LabError::FileGone { source: WEIGHTS.into() });
}

#[test]
fn missing_and_misshapen_tensors_are_named() {
    let original = random(ragged(), 3);
    let names = names(&original.config);
    let mut some = tensors(&original, &names);
    some.remove(4);
    let (source, name) = (WEIGHTS.to_owned(), names[4].clone());
    assert_eq!(error(&folder(&original.config, &some)), LabError::NoSuchTensor { source, name });
    let mut turned = tensors(&original, &names);
    turned[2].shape.swap(0, 1);
    turned[7].shape.reverse();
    turned[7].shape[0] += 0;
    let expected = format!("{}: shape", names[7]);
    let is_named = |error: &LabError| matches!(error, LabError::Malformed { source, at, fault: Fault::BadShape { .. } } if source == WEIGHTS && *at == expected);
    assert!(is_named(&error(&folder(&original.config, &turned))), "{:?}", error(&folder(&original.config, &turned)));
    let other = LlamaConfig { layers: 3, ..ragged() };
    assert!(matches!(error(&folder(&other, &tensors(&original, &names))), LabError::NoSuchTensor { .. }));
}

/// The files of the sharded fixture with a change to the text of its index.
fn with_index(change: impl Fn(&str) -> String) -> FilesInMemory {
    let mut files = files("untied");
    let index = String::from_utf8(files.0[INDEX].clone()).expect("UTF-8");
    let changed = change(&index);
    assert_ne!(changed, index);
    files.0.insert(INDEX.into(), changed.into_bytes());
    files
}

#[test]
fn an_index_may_not_point_outside() {
    for outside in [
        "../model.safetensors",
        "/etc/passwd",
        "a/b.safetensors",
        "..safetensors",
        "C:\\\\x.safetensors",
        ".safetensors",
    ] {
        let error = error(&with_index(|index| index.replace(SHARDS[0], outside)));
        let is_named = matches!(&error, LabError::Malformed { source, at, fault: Fault::WrongKind { .. } } if source == INDEX && at.starts_with("weight_map."));
        assert!(is_named, "{outside}: {error:?}");
    }
}

#[test]
fn an_index_that_disagrees_with_its_shards_is_refused() {
    // A tensor that lies in the other shard.
    let swapped = with_index(|index| {
        let line = index.lines().find(|line| line.contains("lm_head")).expect("a head");
        let (from, to) = if line.contains(SHARDS[0]) { (SHARDS[0], SHARDS[1]) } else { (SHARDS[1], SHARDS[0]) };
        index.replace(line, &line.replace(from, to))
    });
    let name = "lm_head.weight".to_owned();
    assert!(matches!(error(&swapped), LabError::NoSuchTensor { name: got, .. } if got == name));
    // A tensor that the index does not have.
    let forgotten = with_index(|index| index.replace("lm_head", "another"));
    assert!(matches!(error(&forgotten), LabError::NoSuchTensor { .. }));
    // The same tensor in both shards.
    let mut twice = files("untied");
    let first = twice.0[SHARDS[0]].clone();
    twice.0.insert(SHARDS[1].into(), first);
    let fault = error(&twice);
    assert!(
        matches!(&fault, LabError::Malformed { source, fault: Fault::Duplicate { .. }, .. } if source == SHARDS[1]),
        "{fault:?}"
    );
    for (change, at) in [("{", INDEX), ("{}", "weight_map"), (r#"{"weight_map": []}"#, "weight_map")] {
        let error = error(&with_index(|_| change.to_owned()));
        assert!(
            matches!(&error, LabError::Malformed { source, at: place, .. } if source == INDEX && place == at),
            "{error:?}"
        );
    }
}
