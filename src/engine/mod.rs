//! A command in, events out.
