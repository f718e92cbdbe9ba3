//! Numbers that come back from JSON bit for bit: written as their bits. A decimal fraction that JSON's reader rounds once more
//! would send a training that goes on another way, and an infinity would not come back at all.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Cell, Table};

/// Something made of numbers, for `#[serde(with = "exact")]`.
pub trait Exact: Sized {
    /// What is written in its place.
    type Bits: Serialize + DeserializeOwned;
    /// Its numbers as bits.
    fn bits(&self) -> Self::Bits;
    /// What had these bits.
    fn from_bits(bits: Self::Bits) -> Self;
}

/// Writes bits.
///
/// # Errors
/// Those of the writer.
pub fn serialize<T: Exact, S: Serializer>(value: &T, to: S) -> Result<S::Ok, S::Error> {
    value.bits().serialize(to)
}

/// Reads what [`serialize`] wrote.
///
/// # Errors
/// Those of the reader.
pub fn deserialize<'de, T: Exact, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
    T::Bits::deserialize(from).map(T::from_bits)
}

impl Exact for f64 {
    type Bits = u64;
    fn bits(&self) -> u64 {
        self.to_bits()
    }
    fn from_bits(bits: u64) -> f64 {
        f64::from_bits(bits)
    }
}

impl Exact for [f64; 2] {
    type Bits = [u64; 2];
    fn bits(&self) -> [u64; 2] {
        self.map(f64::to_bits)
    }
    fn from_bits(bits: [u64; 2]) -> [f64; 2] {
        bits.map(f64::from_bits)
    }
}

impl<T: Exact> Exact for Vec<T> {
    type Bits = Vec<T::Bits>;
    fn bits(&self) -> Vec<T::Bits> {
        self.iter().map(T::bits).collect()
    }
    fn from_bits(bits: Vec<T::Bits>) -> Vec<T> {
        bits.into_iter().map(T::from_bits).collect()
    }
}

/// A cell's number as bits.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub enum Written {
    Number(u64),
    Text(String),
}

impl Exact for Cell {
    type Bits = Written;
    fn bits(&self) -> Written {
        match self {
            Cell::Number(value) => Written::Number(value.to_bits()),
            Cell::Text(text) => Written::Text(text.clone()),
        }
    }
    fn from_bits(bits: Written) -> Cell {
        match bits {
            Written::Number(bits) => Cell::Number(f64::from_bits(bits)),
            Written::Text(text) => Cell::Text(text),
        }
    }
}

impl Exact for Table {
    type Bits = (String, Vec<String>, Vec<Vec<Written>>);
    fn bits(&self) -> Self::Bits {
        (self.name.clone(), self.columns.clone(), self.rows.bits())
    }
    fn from_bits((name, columns, rows): Self::Bits) -> Table {
        Table { name, columns, rows: Vec::from_bits(rows) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "super")]
        number: f64,
        #[serde(with = "super")]
        points: Vec<[f64; 2]>,
        #[serde(with = "super")]
        table: Table,
    }

    #[test]
    fn every_number_comes_back() {
        let mut table = Table::new("t", &["a", "b"]);
        table.rows.push(vec![0.1.into(), f64::NAN.into()]);
        table.rows.push(vec![Cell::Text("7".into()), (-0.0).into()]);
        let points = (1..200).map(|i| [f64::from(i), 1.0 / f64::from(i)]).collect();
        let holder = Holder { number: f64::INFINITY, points, table };
        let json = serde_json::to_string(&holder).unwrap();
        assert_eq!(serde_json::from_str::<Holder>(&json).unwrap(), holder);
    }
}
