//! WGSL to read and to write: [`CodeView`] and [`CodeEditor`].
//!
//! The editor is a real `<textarea>` with transparent letters over a coloured copy of its text: caret, selection, undo,
//! touch keyboards and screen readers are the browser's own.

mod editor;
mod highlight;
mod indent;
mod paint;
mod view;

pub use editor::CodeEditor;
pub use paint::Mark;
pub use view::CodeView;
