//! From events to the signals of a view, at most 30 times a second.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::port::{bytes_from_js, values_from_js};
use crate::protocol::{Event, LabError, Phase, RunId};
use crate::ui::{RunStatus, RunView, download};

/// 30 redraws a second.
pub const FRAME_MILLIS: f64 = 1000.0 / 30.0;

/// The views that ever ran something; a view's place in this list names it.
#[derive(Default)]
pub struct Views {
    all: Vec<RunView>,
    /// Which view each run belongs to, newest last.
    runs: Vec<(RunId, usize)>,
}

/// An event on its way to its view, with the buffer of its tensor or file.
pub type Waiting = (Event, Option<JsValue>);

impl Views {
    /// The name of a view. Views of pages that are gone give their place back.
    pub fn key(&mut self, view: RunView) -> usize {
        if let Some(at) = self.all.iter().position(|v| v.current == view.current) {
            return at;
        }
        self.all.push(view);
        self.all.len() - 1
    }

    /// Remembers that `run` belongs to a view and is its current one.
    pub fn own(&mut self, run: RunId, key: usize) {
        self.runs.retain(|(_, k)| *k != key);
        self.runs.push((run, key));
        let _ = self.all[key].current.try_set(Some(run));
    }

    /// The view in which `run` is current, if its page is still there.
    pub fn of(&self, run: RunId) -> Option<RunView> {
        let (_, key) = self.runs.iter().find(|(r, _)| *r == run)?;
        let view = self.all[*key];
        (view.current.try_get_untracked() == Some(Some(run))).then_some(view)
    }
}

/// Shows the status of a run in its view.
pub fn show(view: RunView, status: RunStatus) {
    let _ = view.status.try_set(status);
}

/// Applies the events of one view in order, setting each of its signals at most once. A file is offered to the visitor.
pub fn apply(view: RunView, events: Vec<Waiting>) {
    let mut status = None;
    let mut tables = Vec::new();
    let mut tensors = Vec::new();
    let mut points: Vec<(String, Vec<[f64; 2]>)> = Vec::new();
    for (event, values) in events {
        match event {
            Event::Started { tier, .. } => {
                let _ = view.tier.try_set(Some(tier));
                let _ = view.series.try_update(BTreeMap::clear);
                status = Some(RunStatus::Running { phase: Phase::Reading, done: 0, total: 0 });
            }
            Event::Progress { phase, done, total, .. } => status = Some(RunStatus::Running { phase, done, total }),
            Event::Points { series, points: more, .. } => points.push((series, more)),
            Event::Table { table, .. } => {
                tables.push((table.name.clone(), Arc::new(table)));
            }
            Event::Tensor { mut tensor, .. } => {
                if let Some(values) = values {
                    tensor.values = values_from_js(&values);
                }
                tensors.push((tensor.name.clone(), Arc::new(tensor)));
            }
            Event::File { name, media_type, bytes, .. } => {
                download(&name, &media_type, &values.map_or(bytes, |values| bytes_from_js(&values)));
            }
            Event::Done { elapsed_millis, .. } => status = Some(RunStatus::Done { elapsed_millis }),
            Event::Failed { error: LabError::Stopped, .. } => status = Some(RunStatus::Stopped),
            Event::Failed { error, .. } => status = Some(RunStatus::Failed(error)),
        }
    }
    if !tables.is_empty() {
        let _ =
            view.tables.try_update(|all| tables.into_iter().for_each(|(name, table)| drop(all.insert(name, table))));
    }
    if !tensors.is_empty() {
        let _ = view
            .tensors
            .try_update(|all| tensors.into_iter().for_each(|(name, tensor)| drop(all.insert(name, tensor))));
    }
    if !points.is_empty() {
        let _ = view.series.try_update(|all| {
            for (name, more) in points {
                Arc::make_mut(all.entry(name).or_default()).extend(more);
            }
        });
    }
    if let Some(status) = status {
        show(view, status);
    }
}
