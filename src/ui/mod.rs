//! Pieces of the page that any lab uses. Knows no lab.

mod address;
mod ask;
mod code;
mod colour;
mod control;
mod drop_zone;
mod heat_table;
mod heatmap;
mod lab_head;
mod later;
mod lesson;
mod plot;
mod root;
mod run;
mod run_button;
mod save;
mod table;
mod toggle;
mod width;

pub use address::{Parameters, address_with, follow_address, from_address};
pub use ask::{Ask, AskSeveral, Finding, Guess};
pub use code::{CodeEditor, CodeView, Mark};
pub use colour::{ColourMap, Look, format_colour, method_look};
pub use control::{CopyButton, Details, FormatChips, Notice, Segmented, Select, Slider, Tone, unique_id};
pub use drop_zone::DropZone;
pub use heat_table::{HeatCells, HeatTable};
pub use heatmap::{Grid, Heatmap, Linked, Window};
pub use lab_head::{LabHead, opened};
pub use later::Later;
pub use lesson::Lesson;
pub use plot::{Axis, Kind, Marks, Plot, PlotSpec, Series, add, path, px, segment, text};
pub use root::{fetch_text, init_root, root_url};
pub use run::{Bridge, RunStatus, RunView, Runner};
pub use run_button::RunButton;
pub use save::{copy, csv, download, forget, keep, kept};
pub use table::{DataTable, Row, Shown, Swatch};
pub use toggle::{Choice, Toggle, ToggleList};
pub use width::follow_width;

use leptos::prelude::*;

use crate::text::Lang;

/// The language of the page, from context; tracks when read in a reactive place.
pub fn use_lang() -> RwSignal<Lang> {
    expect_context::<RwSignal<Lang>>()
}
