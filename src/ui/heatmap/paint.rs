//! From a [`Grid`] to pixels.

use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};

use super::super::ColourMap;
use super::super::save::new_canvas;
use super::{Grid, Window};

/// Width of a cell, in CSS pixels, from which its border is drawn.
const GRID_FROM: f64 = 7.0;

/// One pixel a cell; `limit` is the magnitude at the ends of the colour map.
pub(super) fn cells_image(grid: &Grid, map: ColourMap, limit: f64) -> Option<HtmlCanvasElement> {
    let (rows, cols) = grid.cells()?;
    // One table look-up a cell instead of one interpolation.
    let table: Vec<[u8; 3]> = (0..256).map(|i| map.at(f64::from(i) / 255.0)).collect();
    let scale = if limit > 0.0 { 127.5 / limit as f32 } else { 0.0 };
    let mut bytes = Vec::with_capacity(rows * cols * 4);
    for value in &grid.tensor.values {
        let colour =
            if value.is_nan() { [128; 3] } else { table[(127.5 + value * scale).clamp(0.0, 255.0).round() as usize] };
        bytes.extend_from_slice(&colour);
        bytes.push(255);
    }
    let image = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&bytes), cols as u32, rows as u32).ok()?;
    let (canvas, context) = new_canvas(cols as u32, rows as u32)?;
    context.put_image_data(&image, 0.0, 0.0).ok()?;
    Some(canvas)
}

/// The colour map from end to end, a pixel a colour.
pub(super) fn paint_bar(canvas: &HtmlCanvasElement, map: ColourMap) {
    canvas.set_width(256);
    canvas.set_height(1);
    let bytes: Vec<u8> = (0..256)
        .flat_map(|i| {
            let [r, g, b] = map.at(f64::from(i) / 255.0);
            [r, g, b, 255]
        })
        .collect();
    if let (Some(context), Ok(image)) =
        (context(canvas), ImageData::new_with_u8_clamped_array_and_sh(Clamped(&bytes), 256, 1))
    {
        drop(context.put_image_data(&image, 0.0, 0.0));
    }
}

fn context(canvas: &HtmlCanvasElement) -> Option<CanvasRenderingContext2d> {
    Some(canvas.get_context("2d").ok()??.unchecked_into())
}

/// Everything on the canvas of one heatmap.
pub(super) struct Scene<'a> {
    pub(super) cells: &'a HtmlCanvasElement,
    /// What `cells` covers.
    pub(super) covers: Window,
    /// What is to be shown; until its own cells arrive, the ones that are there are stretched.
    pub(super) window: Window,
    pub(super) cursor: Option<(u32, u32)>,
    pub(super) pinned: bool,
    /// Device pixels of a CSS pixel.
    pub(super) density: f64,
}

impl Scene<'_> {
    /// Draws onto `canvas`, whose pixels were set beforehand.
    pub(super) fn paint(&self, canvas: &HtmlCanvasElement) {
        let Some(context) = context(canvas) else { return };
        let (width, height) = (f64::from(canvas.width()), f64::from(canvas.height()));
        context.clear_rect(0.0, 0.0, width, height);
        context.set_image_smoothing_enabled(false);
        let (per_col, per_row) = (width / f64::from(self.window.cols), height / f64::from(self.window.rows));
        let x_of = |col: f64| (col - f64::from(self.window.col)) * per_col;
        let y_of = |row: f64| (row - f64::from(self.window.row)) * per_row;
        let c = self.covers;
        let (x, y) = (x_of(f64::from(c.col)), y_of(f64::from(c.row)));
        let (w, h) = (f64::from(c.cols) * per_col, f64::from(c.rows) * per_row);
        drop(context.draw_image_with_html_canvas_element_and_dw_and_dh(self.cells, x, y, w, h));
        if per_col.min(per_row) >= GRID_FROM * self.density {
            context.begin_path();
            for col in 1..self.window.cols {
                let at = (f64::from(col) * per_col).round() + 0.5;
                context.move_to(at, 0.0);
                context.line_to(at, height);
            }
            for row in 1..self.window.rows {
                let at = (f64::from(row) * per_row).round() + 0.5;
                context.move_to(0.0, at);
                context.line_to(width, at);
            }
            context.set_line_width(1.0);
            context.set_stroke_style_str("rgba(128,128,128,.45)");
            context.stroke();
        }
        if let Some((row, col)) = self.cursor.filter(|(r, c)| self.window.holds(*r, *c)) {
            let (x, y) = (x_of(f64::from(col)), y_of(f64::from(row)));
            let (cx, cy) = (x + per_col / 2.0, y + per_row / 2.0);
            let (bw, bh) = (per_col.max(7.0 * self.density), per_row.max(7.0 * self.density));
            // Dark under light: visible on every colour.
            for (colour, thick) in [("rgba(0,0,0,.75)", 3.0), ("#fff", 1.2)] {
                context.set_stroke_style_str(colour);
                context.set_line_width(thick * self.density);
                context.begin_path();
                if self.pinned {
                    for (x1, y1, x2, y2) in [
                        (0.0, cy, cx - bw / 2.0, cy),
                        (cx + bw / 2.0, cy, width, cy),
                        (cx, 0.0, cx, cy - bh / 2.0),
                        (cx, cy + bh / 2.0, cx, height),
                    ] {
                        context.move_to(x1, y1);
                        context.line_to(x2, y2);
                    }
                }
                context.rect(cx - bw / 2.0, cy - bh / 2.0, bw, bh);
                context.stroke();
            }
        }
    }
}
