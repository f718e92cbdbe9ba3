//! Quantizes one matrix to up to four formats and measures what each one loses.

use super::source::{Loaded, activations};
use super::tier::{Coded, Matrix};
use crate::labs::Ctx;
use crate::labs::quant::{Checked, Config, HEATMAP_CELLS, tables, tensors};
use crate::math::{
    Band, Granularity, LineStats, MatrixStats, QuantSpec, Symmetry, Totals, Viewport, band_size, error_by_band, levels,
    relative_error,
};
use crate::protocol::{Cell, LabError, Phase, Table};

/// Bins of both histograms.
const BINS: usize = 128;
/// Below this many groups along a line, an error profile shows single lines instead.
const MIN_BANDS: usize = 32;
/// Longest error profile sent to the page, in bands.
const MAX_BANDS: usize = 256;

/// A measurement whose weights and codes are still on the device.
pub struct Measured {
    config: Config,
    matrix: Matrix,
    coded: Vec<Coded>,
    /// Index of a format, and its dequantized matrix: the one that the heatmaps show.
    shown: Option<(usize, Matrix)>,
}

/// Quantizes, dequantizes and measures every format of `config`, and emits the tables.
///
/// # Errors
/// Whatever the device says; [`LabError::Shape`] for activations that do not fit.
pub async fn measure(loaded: &Loaded, config: &Checked, ctx: &Ctx) -> Result<Measured, LabError> {
    let matrix = loaded.weights.clone();
    let stats = matrix.stats().await?;
    ctx.table(matrix_table(loaded, &stats));
    let (lo, hi) = (stats.min, stats.max);
    let counts = matrix.histogram(lo, hi, BINS).await?;
    let mut histogram = Table::new(tables::HISTOGRAM, &["from", "to", "count"]);
    for (from, to, count) in bins(lo, hi, &counts) {
        histogram.rows.push(vec![from.into(), to.into(), count.into()]);
    }
    ctx.table(histogram);

    let x = activations(&config.activations, matrix.cols, ctx).await?;
    let y = matrix.matvec(&x).await?;
    let mut out = Tables::new();
    let mut coded = Vec::new();
    let mut shown = None;
    for (index, spec) in config.formats.iter().enumerate() {
        ctx.progress(Phase::Computing, index as u64, config.formats.len() as u64);
        ctx.checkpoint().await?;
        let begun = ctx.host.now_millis();
        let codes = matrix.quantize(spec).await?;
        let back = matrix.dequantize(&codes)?;
        let found = matrix.compare(&back, &x).await?;
        let millis = ctx.host.now_millis() - begun;
        let totals = Totals::from_lines(&found.rows, matrix.len());
        let limit = if totals.max_error > 0.0 { totals.max_error as f32 } else { f32::MIN_POSITIVE };
        let errors = matrix.error_histogram(&back, -limit, limit, BINS).await?;
        let output_error = relative_error(&y, &found.product);
        out.metrics(index, spec, &matrix, &totals, output_error, millis);
        out.errors(index, limit, &errors);
        out.profile(Profile::Rows, index, &found.rows, band(matrix.rows, None), matrix.cols);
        out.profile(Profile::Columns, index, &found.columns, band(matrix.cols, Some(spec)), matrix.rows);
        coded.push(codes);
        if index == config.view.selected as usize {
            shown = Some((index, back));
        }
    }
    out.emit(ctx);
    Ok(Measured { config: (**config).clone(), matrix, coded, shown })
}

impl Measured {
    /// Whether this measurement holds the numbers that `config` asks for.
    pub fn fits(&self, config: &Config) -> bool {
        super::same_numbers(&self.config, config)
    }

    /// Emits the heatmaps of `config.view`, and the arithmetic of the weight in it that suffers most.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] if the view leaves the matrix, or what the device says.
    pub async fn look(&mut self, config: &Config, ctx: &Ctx) -> Result<(), LabError> {
        let view = viewport(config, &self.matrix)?;
        let selected = config.view.selected as usize;
        ctx.progress(Phase::Collecting, 0, 1);
        ctx.checkpoint().await?;
        if self.shown.as_ref().is_none_or(|(index, _)| *index != selected) {
            self.shown = Some((selected, self.matrix.dequantize(&self.coded[selected])?));
        }
        let Some((_, back)) = &self.shown else { return Ok(()) };
        let side = HEATMAP_CELLS as usize;
        let (cell_rows, cell_cols) = (view.rows.min(side), view.cols.min(side));
        let cells = self.matrix.heatmap(back, view, cell_rows, cell_cols).await?;
        let worst = (0..cells.error.len()).max_by(|a, b| cells.error[*a].abs().total_cmp(&cells.error[*b].abs()));
        let worst = worst.map_or(0, |cell| cells.index[cell] as usize);
        let shape = [cell_rows, cell_cols];
        ctx.tensor(tensors::INDEX, &shape, cells.index.iter().map(|i| *i as f32).collect());
        ctx.tensor(tensors::ORIGINAL, &shape, cells.original);
        ctx.tensor(tensors::DEQUANTIZED, &shape, cells.dequantized);
        ctx.tensor(tensors::ERROR, &shape, cells.error);
        self.weight((worst / self.matrix.cols) as u32, (worst % self.matrix.cols) as u32, ctx).await
    }

    /// Emits the arithmetic of one weight in every format, and the levels of its scale groups.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] outside the matrix, or what the device says.
    pub async fn weight(&self, row: u32, col: u32, ctx: &Ctx) -> Result<(), LabError> {
        in_matrix("row", row, self.matrix.rows)?;
        in_matrix("column", col, self.matrix.cols)?;
        let columns = ["format", "row", "col", "value", "scale", "zero", "code", "level", "back", "error", "group"];
        let mut table = Table::new(tables::WEIGHT, &columns);
        let mut steps = Table::new(tables::LEVELS, &["format", "level"]);
        for (index, (spec, coded)) in self.config.formats.iter().zip(&self.coded).enumerate() {
            let weight = self.matrix.weight(coded, row as usize, col as usize).await?;
            let numbers = [
                index as f64,
                f64::from(row),
                f64::from(col),
                f64::from(weight.value),
                f64::from(weight.scale),
                f64::from(weight.zero),
                f64::from(weight.code),
                f64::from(weight.level),
                f64::from(weight.back),
                f64::from(weight.error),
                weight.group as f64,
            ];
            table.rows.push(numbers.into_iter().map(Cell::from_f64).collect());
            // FP16 and its like have too many levels to draw, and no scale.
            if spec.format.is_scaled() {
                for level in levels(spec.format, spec.symmetry) {
                    let level = if spec.symmetry == Symmetry::Asymmetric { level - weight.zero as f32 } else { level };
                    steps.rows.push(vec![(index as f64).into(), f64::from(weight.scale * level).into()]);
                }
            }
        }
        ctx.table(table);
        ctx.table(steps);
        Ok(())
    }
}

fn in_matrix(field: &str, got: u32, count: usize) -> Result<(), LabError> {
    if (got as usize) < count {
        return Ok(());
    }
    Err(LabError::OutOfRange { field: field.into(), min: 0.0, max: count as f64 - 1.0, got: f64::from(got) })
}

fn viewport(config: &Config, matrix: &Matrix) -> Result<Viewport, LabError> {
    let view = config.view;
    in_matrix("view row", view.row, matrix.rows)?;
    in_matrix("view column", view.col, matrix.cols)?;
    let (row, col) = (view.row as usize, view.col as usize);
    // Zero asks for everything; more than there is asks for what there is.
    let extent = |asked: u32, left: usize| if asked == 0 { left } else { (asked as usize).min(left) };
    Ok(Viewport { row, col, rows: extent(view.rows, matrix.rows - row), cols: extent(view.cols, matrix.cols - col) })
}

/// Lines that one band of an error profile covers: whole scale groups where the format has groups along the line.
fn band(lines: usize, spec: Option<&QuantSpec>) -> usize {
    let unit = match spec.map(|s| s.granularity) {
        // Few groups would hide an outlier channel, which is narrower than a group.
        Some(Granularity::Group(size) | Granularity::Block(size)) if lines >= MIN_BANDS * size as usize => {
            size as usize
        }
        _ => 1,
    };
    band_size(lines, unit, MAX_BANDS)
}

fn bins(lo: f32, hi: f32, counts: &[u32]) -> impl Iterator<Item = (f64, f64, f64)> {
    let (lo, width) = (f64::from(lo), (f64::from(hi) - f64::from(lo)) / counts.len() as f64);
    counts
        .iter()
        .enumerate()
        .map(move |(i, count)| (lo + width * i as f64, lo + width * (i + 1) as f64, f64::from(*count)))
}

fn matrix_table(loaded: &Loaded, stats: &MatrixStats) -> Table {
    let mut table =
        Table::new(tables::MATRIX, &["rows", "cols", "first_row", "total_rows", "min", "max", "mean", "std", "absmax"]);
    let numbers = [
        loaded.weights.rows as f64,
        loaded.weights.cols as f64,
        loaded.first_row as f64,
        loaded.total_rows as f64,
        f64::from(stats.min),
        f64::from(stats.max),
        stats.mean,
        stats.std,
        f64::from(stats.absmax),
    ];
    table.rows.push(numbers.into_iter().map(Cell::from_f64).collect());
    table
}

enum Profile {
    Rows,
    Columns,
}

/// The tables that grow format by format.
struct Tables {
    metrics: Table,
    errors: Table,
    by_row: Table,
    by_column: Table,
}

impl Tables {
    fn new() -> Tables {
        let metrics = [
            "format",
            "bits_per_weight",
            "size_bytes",
            "ratio",
            "mse",
            "max_error",
            "sqnr_db",
            "cosine",
            "output_error",
            "millis",
        ];
        Tables {
            metrics: Table::new(tables::METRICS, &metrics),
            errors: Table::new(tables::ERROR_HISTOGRAM, &["format", "from", "to", "count"]),
            by_row: Table::new(tables::ERROR_BY_ROW, &["format", "from", "to", "rmse"]),
            by_column: Table::new(tables::ERROR_BY_COLUMN, &["format", "from", "to", "rmse"]),
        }
    }

    fn metrics(
        &mut self,
        index: usize,
        spec: &QuantSpec,
        matrix: &Matrix,
        totals: &Totals,
        output_error: f64,
        millis: f64,
    ) {
        let size_bytes = spec.size_bytes(matrix.rows, matrix.cols);
        let numbers = [
            index as f64,
            spec.bits_per_weight(matrix.rows, matrix.cols),
            size_bytes as f64,
            4.0 * matrix.len() as f64 / size_bytes as f64,
            totals.mse,
            totals.max_error,
            totals.sqnr_db,
            totals.cosine,
            output_error,
            millis,
        ];
        self.metrics.rows.push(numbers.into_iter().map(Cell::from_f64).collect());
    }

    fn errors(&mut self, index: usize, limit: f32, counts: &[u32]) {
        for (from, to, count) in bins(-limit, limit, counts) {
            self.errors.rows.push(vec![(index as f64).into(), from.into(), to.into(), count.into()]);
        }
    }

    fn profile(&mut self, profile: Profile, index: usize, lines: &[LineStats], band: usize, line_length: usize) {
        let table = match profile {
            Profile::Rows => &mut self.by_row,
            Profile::Columns => &mut self.by_column,
        };
        for Band { from, to, rmse } in error_by_band(lines, line_length, band) {
            table.rows.push(vec![(index as f64).into(), (from as f64).into(), (to as f64).into(), rmse.into()]);
        }
    }

    fn emit(self, ctx: &Ctx) {
        for table in [self.metrics, self.errors, self.by_row, self.by_column] {
            ctx.table(table);
        }
    }
}
