//! What was measured, read out of the tables of a run.

use crate::labs::kernel::{Config, Multiply};
use crate::protocol::{Table, Tier};

/// What this machine can do at most.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ceilings {
    pub(super) gflops: f64,
    pub(super) gigabytes_per_second: f64,
    pub(super) dispatch_micros: f64,
    pub(super) device: String,
}

impl Ceilings {
    /// Of the table of the same name.
    pub(super) fn read(table: &Table) -> Option<Ceilings> {
        let number = |column| table.number(0, column).filter(|v| v.is_finite() && *v > 0.0);
        Some(Ceilings {
            gflops: number("gflops")?,
            gigabytes_per_second: number("gigabytes_per_second")?,
            dispatch_micros: table.number(0, "dispatch_micros").unwrap_or(f64::NAN),
            device: table.text(0, "device").unwrap_or_default().to_owned(),
        })
    }

    /// The most GFLOP/s at an intensity in FLOP per byte.
    pub(super) fn at(&self, intensity: f64) -> f64 {
        self.gflops.min(self.gigabytes_per_second * intensity)
    }

    /// The intensity from which arithmetic is the limit.
    pub(super) fn ridge(&self) -> f64 {
        self.gflops / self.gigabytes_per_second
    }
}

/// One format at one batch size.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) format: Multiply,
    pub(super) batch: u32,
    pub(super) millis: f64,
    pub(super) gflops: f64,
    pub(super) gigabytes_per_second: f64,
    pub(super) weight_bytes: f64,
    pub(super) moved_bytes: f64,
    pub(super) intensity: f64,
    pub(super) ceiling_share: f64,
    pub(super) max_error: f64,
    pub(super) allowed: f64,
    pub(super) variant: String,
}

impl Row {
    fn read(table: &Table, i: usize) -> Option<Row> {
        let key = table.text(i, "format")?;
        let number = |column| table.number(i, column).unwrap_or(f64::NAN);
        Some(Row {
            format: Multiply::ALL.into_iter().find(|f| f.key() == key)?,
            batch: number("batch") as u32,
            millis: number("millis"),
            gflops: number("gflops"),
            gigabytes_per_second: number("gigabytes_per_second"),
            weight_bytes: number("weight_bytes"),
            moved_bytes: number("moved_bytes"),
            intensity: number("intensity"),
            ceiling_share: number("ceiling_share"),
            max_error: number("max_error"),
            allowed: number("allowed"),
            variant: table.text(i, "variant").unwrap_or_default().to_owned(),
        })
    }
}

/// Everything known about one shape.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Measured {
    pub(super) config: Config,
    pub(super) tier: Option<Tier>,
    pub(super) rows: Vec<Row>,
}

/// Whether two configurations measure the same products; the batch is the one thing that may differ.
pub(super) fn same_products(a: &Config, b: &Config) -> bool {
    *a == Config { batch: a.batch, ..b.clone() }
}

impl Measured {
    /// Takes the rows of a table; a later measurement of the same product replaces the earlier one.
    pub(super) fn take(&mut self, table: &Table) {
        for row in (0..table.rows.len()).filter_map(|i| Row::read(table, i)) {
            match self.rows.iter_mut().find(|r| (r.format, r.batch) == (row.format, row.batch)) {
                Some(old) => *old = row,
                None => self.rows.push(row),
            }
        }
        let place = |r: &Row| (self.config.formats.iter().position(|f| *f == r.format), r.batch);
        self.rows.sort_by_key(place);
    }

    /// The formats at one batch size, in the order of the configuration.
    pub(super) fn at(&self, batch: u32) -> Vec<&Row> {
        self.rows.iter().filter(|r| r.batch == batch).collect()
    }

    /// One format at one batch size.
    pub(super) fn row(&self, format: Multiply, batch: u32) -> Option<&Row> {
        self.rows.iter().find(|r| (r.format, r.batch) == (format, batch))
    }

    /// How many times faster than FP32.
    pub(super) fn speed(&self, format: Multiply, batch: u32) -> Option<f64> {
        let times = self.row(Multiply::Fp32, batch)?.millis / self.row(format, batch)?.millis;
        times.is_finite().then_some(times)
    }

    /// What the weights take, as a share of FP32.
    pub(super) fn memory(&self, format: Multiply, batch: u32) -> Option<f64> {
        Some(self.row(format, batch)?.weight_bytes / self.row(Multiply::Fp32, batch)?.weight_bytes)
    }

    /// The fastest of some formats at one batch size.
    pub(super) fn fastest(&self, batch: u32, among: &[Multiply]) -> Option<&Row> {
        let rows = self.at(batch).into_iter().filter(|r| among.contains(&r.format));
        rows.min_by(|a, b| a.millis.total_cmp(&b.millis))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::kernel::tables;

    fn table(rows: &[(&str, f64, f64)]) -> Table {
        let mut table = Table::new(tables::TIMES, &["format", "batch", "millis", "weight_bytes"]);
        table.rows = rows.iter().map(|(f, b, ms)| vec![(*f).into(), (*b).into(), (*ms).into(), 8.0.into()]).collect();
        table
    }

    #[test]
    fn later_rows_replace_earlier_ones_and_unknown_formats_are_left_out() {
        let mut measured = Measured { config: Config::default(), tier: None, rows: Vec::new() };
        measured.take(&table(&[("int8", 2.0, 3.0), ("fp32", 1.0, 4.0), ("int3", 1.0, 1.0), ("int8", 1.0, 3.0)]));
        measured.take(&table(&[("int8", 1.0, 2.0)]));
        let seen: Vec<_> = measured.rows.iter().map(|r| (r.format, r.batch, r.millis)).collect();
        assert_eq!(seen, [(Multiply::Fp32, 1, 4.0), (Multiply::Int8, 1, 2.0), (Multiply::Int8, 2, 3.0)]);
        assert_eq!(measured.speed(Multiply::Int8, 1), Some(2.0));
        assert_eq!(measured.speed(Multiply::Int8, 2), None);
    }

    #[test]
    fn the_roof_bends_at_its_ridge() {
        let roof = Ceilings { gflops: 100.0, gigabytes_per_second: 20.0, dispatch_micros: 5.0, device: String::new() };
        assert_eq!((roof.ridge(), roof.at(1.0), roof.at(50.0)), (5.0, 20.0, 100.0));
    }
}
