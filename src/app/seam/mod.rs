//! Stands in for pieces of `ui` until they arrive there.
#![allow(dead_code)]
mod root;
mod save;
pub use root::{init_root, root_url};
pub use save::{copy, download};
#[leptos::prelude::component]
pub fn QuantPage() -> impl leptos::prelude::IntoView {}
