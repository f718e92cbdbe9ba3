//! The things of the world in Spanish; `en` has the same in the same order.

mod animals;
mod food;
mod health;
mod things;
mod work;

pub use animals::*;
pub use food::*;
pub use health::*;
pub use things::*;
pub use work::*;
