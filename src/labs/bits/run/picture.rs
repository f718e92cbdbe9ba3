//! One unit before and after: heatmaps, histogram and what was lost.

use super::Loaded;
use crate::data::llama::unit_matrix;
use crate::labs::Ctx;
use crate::labs::bits::{Checked, HEATMAP_CELLS, HISTOGRAM_BINS, View, tables, tensors};
use crate::math::{Axis, Totals, Viewport, error_stats, heatmap, histogram};
use crate::model::UnitSize;
use crate::protocol::{LabError, Table, numbers};

/// Signal against error in decibels, and the root of the mean squared error.
pub fn fidelity(weights: &[f32], back: &[f32]) -> (f64, f64) {
    let lines = error_stats(weights, back, 1, weights.len(), Axis::Rows);
    let Totals { sqnr_db, mse, .. } = Totals::from_lines(&lines, weights.len());
    (sqnr_db, mse.sqrt())
}

impl Loaded {
    /// Draws the selected unit.
    pub(super) fn picture(&self, config: &Checked, view: View, ctx: &Ctx) -> Result<(), LabError> {
        let selected = (config.selected as usize).min(self.base.units().len() - 1);
        let unit = &self.base.units()[selected];
        let matrix = unit_matrix(&self.model.checkpoint, unit)?;
        // The decoder follows the configuration.
        let back = self.plan.held_matrix(selected)?.values;
        let (sqnr, rmse) = fidelity(&matrix.values, &back);
        let absmax = matrix.values.iter().fold(0f32, |m, w| m.max(w.abs()));
        let UnitSize { packed_bytes, allocated_bytes, .. } = self.plan.sizes()[selected];
        let columns = ["unit", "rows", "cols", "absmax", "rmse", "sqnr_db", "packed_bytes", "allocated_bytes"];
        let mut table = Table::new(tables::UNIT, &columns);
        table.rows.push(numbers(&[
            selected as f64,
            unit.rows as f64,
            unit.cols as f64,
            f64::from(absmax),
            rmse,
            sqnr,
            packed_bytes as f64,
            allocated_bytes as f64,
        ]));
        ctx.table(table);
        let mut table = Table::new(tables::HISTOGRAM, &["from", "to", "before", "after"]);
        let [before, after] = [&matrix.values, &back].map(|w| histogram(w, -absmax, absmax, HISTOGRAM_BINS));
        let wide = 2.0 * f64::from(absmax) / HISTOGRAM_BINS as f64;
        for (i, (b, a)) in before.iter().zip(&after).enumerate() {
            let from = -f64::from(absmax) + i as f64 * wide;
            table.rows.push(numbers(&[from, from + wide, f64::from(*b), f64::from(*a)]));
        }
        ctx.table(table);
        let part = viewport(view, unit.rows, unit.cols);
        let cells = |n: usize| n.min(HEATMAP_CELLS as usize);
        let (cell_rows, cell_cols) = (cells(part.rows), cells(part.cols));
        let cells = heatmap(&matrix.values, &back, unit.rows, unit.cols, part, cell_rows, cell_cols);
        let shape = [cell_rows, cell_cols];
        ctx.tensor(tensors::INDEX, &shape, cells.index.iter().map(|i| *i as f32).collect());
        ctx.tensor(tensors::ORIGINAL, &shape, cells.original);
        ctx.tensor(tensors::DEQUANTIZED, &shape, cells.dequantized);
        ctx.tensor(tensors::ERROR, &shape, cells.error);
        Ok(())
    }
}

/// The part of a unit that a view means.
fn viewport(view: View, rows: usize, cols: usize) -> Viewport {
    let span = |first: u32, wanted: u32, all: usize| {
        let length = if wanted == 0 { all } else { (wanted as usize).min(all) };
        ((first as usize).min(all - length), length)
    };
    let (row, rows) = span(view.row, view.rows, rows);
    let (col, cols) = span(view.col, view.cols, cols);
    Viewport { row, col, rows, cols }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_stays_inside() {
        let view = viewport(View { row: 90, col: 0, rows: 20, cols: 0 }, 100, 7);
        assert_eq!(view, Viewport { row: 80, col: 0, rows: 20, cols: 7 });
    }

    #[test]
    fn fidelity_is_in_decibels() {
        let (sqnr, rmse) = fidelity(&[1.0, -1.0], &[1.1, -1.1]);
        assert!((sqnr - 20.0).abs() < 1e-4 && (rmse - 0.1).abs() < 1e-6, "{sqnr} {rmse}");
    }
}
