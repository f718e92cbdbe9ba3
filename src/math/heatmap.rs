//! A part of a matrix as a picture of at most a few hundred cells a side.

/// A part of a matrix.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Viewport {
    pub row: usize,
    pub col: usize,
    pub rows: usize,
    pub cols: usize,
}

/// What each cell of a picture shows, `[cell rows, cell columns]` each.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cells {
    pub original: Vec<f32>,
    pub dequantized: Vec<f32>,
    /// Dequantized minus original.
    pub error: Vec<f32>,
    /// Flat index of the weight shown, exact in f32 up to `2^24`.
    pub index: Vec<u32>,
}

/// For every cell the weight with the largest `|error|` in its part of the viewport; ties take the largest `|w|`, then
/// the first index.
///
/// Cell `r` covers the rows `row + r * rows / cell_rows .. row + (r + 1) * rows / cell_rows` in integers, columns
/// likewise. A cell that covers nothing, because there are more cells than weights, shows the weight where it begins.
///
/// # Shapes
/// `w [O, I]`, `w_hat [O, I]` -> `[cell_rows, cell_cols]`
/// # Panics
/// If the viewport is empty or reaches beyond the matrix.
pub fn heatmap(
    w: &[f32],
    w_hat: &[f32],
    rows: usize,
    cols: usize,
    view: Viewport,
    cell_rows: usize,
    cell_cols: usize,
) -> Cells {
    assert!(w.len() == rows * cols && w_hat.len() == w.len(), "heatmap: not both [{rows}, {cols}]");
    assert!(
        view.rows > 0 && view.cols > 0 && view.row + view.rows <= rows && view.col + view.cols <= cols,
        "heatmap: {view:?} is not a part of [{rows}, {cols}]"
    );
    let count = cell_rows * cell_cols;
    let mut cells = Cells {
        original: Vec::with_capacity(count),
        dequantized: Vec::with_capacity(count),
        error: Vec::with_capacity(count),
        index: Vec::with_capacity(count),
    };
    for r in 0..cell_rows {
        let (top, bottom) = covered(view.row, view.rows, r, cell_rows);
        for c in 0..cell_cols {
            let (left, right) = covered(view.col, view.cols, c, cell_cols);
            let shown = worst(w, w_hat, cols, top..bottom, left..right);
            cells.original.push(w[shown]);
            cells.dequantized.push(w_hat[shown]);
            cells.error.push(w_hat[shown] - w[shown]);
            cells.index.push(shown as u32);
        }
    }
    cells
}

/// The lines of cell `i`, at least one.
fn covered(first: usize, lines: usize, i: usize, cells: usize) -> (usize, usize) {
    let begin = first + i * lines / cells;
    (begin, (first + (i + 1) * lines / cells).max(begin + 1))
}

fn worst(
    w: &[f32],
    w_hat: &[f32],
    cols: usize,
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
) -> usize {
    let mut worst = rows.start * cols + columns.start;
    let (mut error, mut magnitude) = ((w_hat[worst] - w[worst]).abs(), w[worst].abs());
    for row in rows {
        let begin = row * cols + columns.start;
        let end = row * cols + columns.end;
        for (i, (&w, &hat)) in w[begin..end].iter().zip(&w_hat[begin..end]).enumerate() {
            let e = (hat - w).abs();
            if e > error || (e == error && w.abs() > magnitude) {
                (worst, error, magnitude) = (begin + i, e, w.abs());
            }
        }
    }
    worst
}
