//! A matrix as colours, on a canvas, zoomable down to single weights; several share one zoom and one cursor.

mod hands;
mod paint;
mod window;

use leptos::html::Canvas;
use leptos::prelude::*;

pub use window::{Grid, Window};

use super::save::{csv, download, download_canvas};
use super::{ColourMap, follow_width, use_lang};
use crate::text::{integer, msg, significant};

/// What the heatmaps of one matrix share.
#[derive(Clone, Copy)]
pub struct Linked {
    /// Rows and columns of the whole matrix.
    pub size: Signal<(u32, u32)>,
    /// What is shown.
    pub window: Signal<Window>,
    /// Asks for another window.
    pub on_window: Callback<Window>,
    /// The weight under the cursor.
    pub cursor: RwSignal<Option<(u32, u32)>>,
    /// Whether the cursor stays where it is when the mouse moves on.
    pub pinned: RwSignal<bool>,
    /// Flat index of the weight that each cell stands for.
    pub index: Signal<Option<Grid>>,
}

impl Linked {
    /// Zooms around the cursor, or around the middle.
    pub fn zoom(self, factor: f64) {
        let window = self.window.get_untracked();
        let (y, x) = match self.cursor.get_untracked().filter(|(r, c)| window.holds(*r, *c)) {
            Some((r, c)) => (
                (f64::from(r - window.row) + 0.5) / f64::from(window.rows),
                (f64::from(c - window.col) + 0.5) / f64::from(window.cols),
            ),
            None => (0.5, 0.5),
        };
        self.zoom_at(factor, y, x);
    }

    fn zoom_at(self, factor: f64, y: f64, x: f64) {
        let old = self.window.get_untracked();
        let new = old.zoomed(self.size.get_untracked(), factor, y, x);
        if new != old {
            self.on_window.run(new);
        }
    }

    /// Shows the whole matrix.
    pub fn reset(self) {
        self.on_window.run(Window::all(self.size.get_untracked()));
    }

    /// Puts the cursor on the weight that a cell stands for.
    fn point_cell(self, row: isize, col: isize) {
        let weight = self.index.with_untracked(|grid| {
            let grid = grid.as_ref()?;
            let (rows, cols) = grid.cells()?;
            let cell = (row.clamp(0, rows as isize - 1) as usize, col.clamp(0, cols as isize - 1) as usize);
            let wide = self.size.get_untracked().1.max(1);
            let flat = grid.value(cell).filter(|v| *v >= 0.0)? as u32;
            Some((flat / wide, flat % wide))
        });
        if weight.is_some() && self.cursor.get_untracked() != weight {
            self.cursor.set(weight);
        }
    }

    /// Puts the cursor at the shares `(y, x)` of the picture.
    fn point_at(self, y: f64, x: f64) {
        let window = self.window.get_untracked();
        let place = |start: u32, length: u32, share: f64| {
            start + (f64::from(length) * share).clamp(0.0, f64::from(length.max(1) - 1)) as u32
        };
        let (row, col) = (place(window.row, window.rows, y), place(window.col, window.cols, x));
        let cell = self.index.with_untracked(|g| g.as_ref()?.cell_of(row, col));
        if let Some((r, c)) = cell {
            self.point_cell(r as isize, c as isize);
        }
    }

    /// Moves the cursor by cells.
    fn step(self, rows: isize, cols: isize) {
        let cell = self.index.with_untracked(|grid| {
            let grid = grid.as_ref()?;
            let (all_rows, all_cols) = grid.cells()?;
            let here = self.cursor.get_untracked().and_then(|(r, c)| grid.cell_of(r, c));
            Some(here.unwrap_or((all_rows / 2, all_cols / 2)))
        });
        if let Some((r, c)) = cell {
            self.point_cell(r as isize + rows, c as isize + cols);
        }
    }
}

/// A heatmap.
#[component]
pub fn Heatmap(
    /// Stem of the names of saved files.
    name: &'static str,
    title: String,
    #[prop(into)] subtitle: Signal<String>,
    #[prop(into)] note: Signal<String>,
    grid: Signal<Option<Grid>>,
    map: ColourMap,
    /// The magnitude at the ends of the colour map.
    limit: Signal<f64>,
    linked: Linked,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let canvas = NodeRef::<Canvas>::new();
    let bar = NodeRef::<Canvas>::new();
    let hands = hands::Hands::new(canvas, linked);
    let width = RwSignal::new(0.0);
    let cells = StoredValue::new_local(None::<(web_sys::HtmlCanvasElement, Window)>);
    let fresh = RwSignal::new(0u32);
    Effect::new(move || {
        if let Some(bar) = bar.get() {
            paint::paint_bar(&bar, map);
        }
    });
    Effect::new(move || {
        if let Some(canvas) = canvas.get() {
            follow_width(&canvas, width);
        }
    });
    Effect::new(move || {
        let image = grid.with(|g| Some((paint::cells_image(g.as_ref()?, map, limit.get())?, g.as_ref()?.window)));
        cells.set_value(image);
        fresh.update(|n| *n = n.wrapping_add(1));
    });
    // Tall and wide matrices keep some of their shape, within what fits beside two others.
    let tallness = move || {
        let w = linked.window.get();
        (f64::from(w.rows) / f64::from(w.cols.max(1))).clamp(0.5, 1.2)
    };
    Effect::new(move || {
        fresh.track();
        let (Some(canvas), css) = (canvas.get(), width.get()) else { return };
        let density = window().device_pixel_ratio().clamp(1.0, 3.0);
        let (w, h) = ((css * density).round() as u32, (css * density * tallness()).round() as u32);
        if w == 0 || h == 0 {
            return;
        }
        if (canvas.width(), canvas.height()) != (w, h) {
            canvas.set_width(w);
            canvas.set_height(h);
        }
        let (window, cursor, pinned) = (linked.window.get(), linked.cursor.get(), linked.pinned.get());
        cells.with_value(|cells| {
            if let Some((cells, covers)) = cells {
                paint::Scene { cells, covers: *covers, window, cursor, pinned, density }.paint(&canvas);
            }
        });
    });
    let value = move || {
        let at = linked.cursor.get();
        grid.with(|g| {
            let (grid, (row, col)) = (g.as_ref()?, at?);
            let value = grid.value(grid.cell_of(row, col)?)?;
            Some(significant(lang, f64::from(value), 4))
        })
    };
    let place = move || {
        linked.cursor.get().map(|(r, c)| msg::ui_place(lang, &integer(lang, c.into()), &integer(lang, r.into())))
    };
    let save_csv = move || {
        grid.with_untracked(|g| {
            let Some((_, cols)) = g.as_ref().and_then(Grid::cells) else { return };
            let values = g.iter().flat_map(|g| g.tensor.values.chunks(cols));
            let rows: Vec<Vec<String>> = values.map(|row| row.iter().map(f32::to_string).collect()).collect();
            download(&["afina-", name, ".csv"].concat(), "text/csv", csv(&rows).as_bytes());
        });
    };
    let save_png = move || {
        if let Some(canvas) = canvas.get_untracked() {
            download_canvas(["afina-", name, ".png"].concat(), &canvas);
        }
    };
    let label = msg::ui_heatmap_label(lang, &title);
    let tick = move |share: f64| limit.with(|l| significant(lang, l * share, 2));
    view! {
        <figure class="heat">
            <figcaption>
                <b>{title.clone()}</b>
                <span>{move || subtitle.get()}</span>
                <span class="note">{move || note.get()}</span>
            </figcaption>
            <canvas
                class="cells"
                class:zoomed=move || linked.window.get() != Window::all(linked.size.get())
                node_ref=canvas
                tabindex="0"
                role="application"
                on:pointerdown=move |e| hands.down(&e)
                on:pointermove=move |e| hands.moved(&e)
                on:pointerup=move |e| hands.up(&e)
                on:pointercancel=move |_| hands.cancelled()
                on:wheel=move |e| hands.wheel(&e)
                on:keydown=move |e| hands.key(&e)
                aria-label=label
                aria-roledescription=msg::ui_heatmap(lang)
                style:aspect-ratio=move || (1.0 / tallness()).to_string()
            ></canvas>
            <canvas class="colourbar" node_ref=bar aria-hidden="true"></canvas>
            <p class="ends"><span>{move || tick(-1.0)}</span><span>"0"</span><span>{move || tick(1.0)}</span></p>
            <p class="reading" aria-live="polite">{value}<span>{place}</span></p>
            <p class="save">
                <button type="button" aria-label=msg::ui_save_as(lang, "PNG", &title) on:click=move |_| save_png()>"PNG"</button>
                <button type="button" aria-label=msg::ui_save_as(lang, "CSV", &title) on:click=move |_| save_csv()>"CSV"</button>
            </p>
        </figure>
    }
    .into_any()
}
