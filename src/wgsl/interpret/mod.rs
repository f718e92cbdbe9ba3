//! An interpreter for compute shaders: naga's tree is made flat, then every workgroup runs, invocation by invocation, each
//! up to its next barrier.
//!
//! It is a teacher, not a GPU. Where WGSL lets a GPU do anything, it stops and names the line: indices outside an array,
//! reading what another invocation writes without a barrier in between, barriers that not all reach, loops that do not
//! end. It computes in f32 like a GPU does, but in a fixed order, so a result is the same everywhere.
//!
//! Not interpreted: textures, f16, subgroups, `modf`, `frexp`, `refract`, `determinant`. A text that uses them is refused
//! at its line.

mod code;
mod compile;
mod counts;
mod layout;
mod lower;
mod math;
mod memory;
mod operators;
mod run;
mod statements;

use crate::protocol::Hint;

pub use code::Program;
pub use counts::Counts;
pub use run::Machine;

use super::check::{Diagnostic, Valid};
use super::place::Place;
use compile::Compiler;

impl Program {
    /// Makes the entry point `entry` ready to run, with these values for `override` constants.
    ///
    /// # Errors
    /// There is no such entry point, or the text uses what is not interpreted.
    pub fn new(valid: &Valid, entry: &str, overrides: &[(&str, f64)]) -> Result<Program, Diagnostic> {
        let found = valid.module.entry_points.iter().position(|e| e.name == entry);
        let Some(index) = found.filter(|i| valid.module.entry_points[*i].stage == naga::ShaderStage::Compute) else {
            let place = Place { line: 1, column: 1, length: 1 };
            return Err(Diagnostic::ours(place, Hint::NoEntry { entry: entry.to_owned() }));
        };
        let values = Compiler::override_values(valid, overrides)?;
        Compiler::new(valid, &values).entry(index)
    }
}
