//! Language models on both tiers: against `transformers`, against the f64 reference, and against themselves.
//!
//! Models are tiny and random, with sizes that fit no tile: 96 channels in groups of 64, 80 inner channels, odd
//! vocabularies, several query heads a key head. Tolerances: `bounds.rs`.
#![cfg(feature = "gpu")]

#[path = "../on_gpu/mod.rs"]
mod shared;

mod bounds;
mod decoding;
mod fixtures;
mod formats;
mod fuzz;
mod layers;
mod likelihood;
mod models;
mod reading;
mod sampling;
