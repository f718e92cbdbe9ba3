//! Readers for the files that visitors bring.
