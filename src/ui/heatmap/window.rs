//! The part of a matrix that heatmaps show, and moving it.

use std::sync::Arc;

use crate::protocol::Tensor;

/// Rows and columns shown at the deepest zoom.
const CLOSEST: u32 = 8;

/// A part of a matrix, in weights.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub row: u32,
    pub col: u32,
    pub rows: u32,
    pub cols: u32,
}

impl Window {
    /// All of a matrix.
    pub fn all(size: (u32, u32)) -> Window {
        Window { row: 0, col: 0, rows: size.0, cols: size.1 }
    }

    /// The same window inside a matrix of `size`, moved and shrunk as little as needed.
    pub fn inside(self, size: (u32, u32)) -> Window {
        let rows = self.rows.clamp(1, size.0.max(1));
        let cols = self.cols.clamp(1, size.1.max(1));
        Window {
            row: self.row.min(size.0.saturating_sub(rows)),
            col: self.col.min(size.1.saturating_sub(cols)),
            rows,
            cols,
        }
    }

    /// Zooms by `factor` (below 1 comes closer); the weight at the shares `(y, x)` of the picture stays where it is.
    pub fn zoomed(self, size: (u32, u32), factor: f64, y: f64, x: f64) -> Window {
        let scaled = |length: u32, most: u32| {
            let wanted = f64::from(length) * factor;
            let wanted = if factor < 1.0 { wanted.floor() } else { wanted.ceil() };
            (wanted as u32).clamp(CLOSEST.min(most), most)
        };
        let (rows, cols) = (scaled(self.rows, size.0), scaled(self.cols, size.1));
        let moved = |start: u32, old: u32, new: u32, share: f64| {
            (f64::from(start) + (f64::from(old) - f64::from(new)) * share).round().max(0.0) as u32
        };
        Window { row: moved(self.row, self.rows, rows, y), col: moved(self.col, self.cols, cols, x), rows, cols }
            .inside(size)
    }

    /// Moves by whole weights.
    pub fn moved(self, size: (u32, u32), rows: i64, cols: i64) -> Window {
        let shift = |start: u32, by: i64| (i64::from(start) + by).clamp(0, i64::from(u32::MAX)) as u32;
        Window { row: shift(self.row, rows), col: shift(self.col, cols), ..self }.inside(size)
    }

    /// Whether a weight is in it.
    pub fn holds(self, row: u32, col: u32) -> bool {
        (self.row..self.row + self.rows).contains(&row) && (self.col..self.col + self.cols).contains(&col)
    }
}

/// A tensor of cells and the part of the matrix that it covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    pub window: Window,
    pub tensor: Arc<Tensor>,
}

impl Grid {
    /// Cell rows and columns; `None` if the tensor is not a filled matrix.
    pub fn cells(&self) -> Option<(usize, usize)> {
        match self.tensor.shape[..] {
            [r, c] if r > 0 && c > 0 && self.tensor.values.len() == r * c => Some((r, c)),
            _ => None,
        }
    }

    /// The cell that covers a weight.
    pub fn cell_of(&self, row: u32, col: u32) -> Option<(usize, usize)> {
        let (r, c) = self.cells()?;
        let w = self.window;
        if !w.holds(row, col) {
            return None;
        }
        let place =
            |at: u32, length: u32, cells: usize| (((f64::from(at) + 0.5) / f64::from(length)) * cells as f64) as usize;
        Some((place(row - w.row, w.rows, r).min(r - 1), place(col - w.col, w.cols, c).min(c - 1)))
    }

    /// The value of a cell.
    pub fn value(&self, cell: (usize, usize)) -> Option<f32> {
        let (r, c) = self.cells()?;
        if cell.0 < r && cell.1 < c { self.tensor.values.get(cell.0 * c + cell.1).copied() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: (u32, u32) = (384, 100);

    #[test]
    fn zooming_in_and_out_again_stays_inside_and_ends_where_it_began() {
        let mut w = Window::all(SIZE);
        for _ in 0..20 {
            w = w.zoomed(SIZE, 0.5, 0.9, 0.1);
            assert_eq!(w, w.inside(SIZE));
        }
        assert_eq!((w.rows, w.cols), (CLOSEST, CLOSEST));
        for _ in 0..20 {
            w = w.zoomed(SIZE, 2.0, 0.5, 0.5);
        }
        assert_eq!(w, Window::all(SIZE));
    }

    #[test]
    fn moving_stops_at_the_border() {
        let w = Window { row: 5, col: 5, rows: 10, cols: 10 };
        assert_eq!(w.moved(SIZE, -100, 0).row, 0);
        assert_eq!(w.moved(SIZE, 1000, 1000), Window { row: 374, col: 90, rows: 10, cols: 10 });
    }

    #[test]
    fn a_weight_is_found_in_its_cell() {
        let tensor = Tensor { name: String::new(), shape: vec![2, 4], values: (0..8).map(|v| v as f32).collect() };
        let grid = Grid { window: Window { row: 10, col: 0, rows: 4, cols: 8 }, tensor: Arc::new(tensor) };
        assert_eq!(grid.cell_of(13, 7), Some((1, 3)));
        assert_eq!(grid.cell_of(10, 2), Some((0, 1)));
        assert_eq!(grid.cell_of(9, 2), None);
        assert_eq!(grid.value((1, 3)), Some(7.0));
    }
}
