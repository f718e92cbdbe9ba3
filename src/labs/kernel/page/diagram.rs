//! Which thread reads what, as a picture: a tile of Y, the rows of X at its left and the rows of W above it.

use leptos::prelude::*;
use web_sys::Element;

use super::reads::Reads;
use crate::text::{Lang, msg, significant};
use crate::ui::{add, px, text, use_lang};

/// Steps along K that are drawn.
const STEPS: usize = 8;
/// What the words at the right need.
const LABEL_ROOM: f64 = 118.0;
/// Cells along one side of the tile that are drawn; a larger tile is drawn up to here.
const MOST_CELLS: usize = 16;
const GAP: f64 = 22.0;
/// Width for which the picture is drawn; it scales.
const WIDTH: f64 = 430.0;

/// The cells of Y that are drawn, along N and along M: one a thread, or one a value where threads share them.
fn grid(reads: &Reads) -> (usize, usize) {
    if reads.lanes > 1 {
        return (reads.each.0.clamp(1, MOST_CELLS), reads.each.1.clamp(1, MOST_CELLS));
    }
    (reads.threads.0.clamp(1, MOST_CELLS), reads.threads.1.clamp(1, MOST_CELLS))
}

/// Which cells are filled how, as a class of the style sheet.
fn class(is_mine: bool, is_ours: bool) -> &'static str {
    match (is_mine, is_ours) {
        (true, _) => "cell mine",
        (_, true) => "cell ours",
        _ => "cell",
    }
}

/// Draws the three matrices for the thread at `(column, row, lane)` of the grid.
fn draw(svg: &Element, reads: &Reads, (column, row, lane): (usize, usize, usize)) {
    svg.set_text_content(None);
    let (columns, rows) = grid(reads);
    let side = ((WIDTH - GAP) / (STEPS + columns) as f64).min((WIDTH - GAP) / (STEPS + rows) as f64).min(26.0);
    let (left, top) = (STEPS as f64 * side + GAP, STEPS as f64 * side + GAP);
    let cell = |x: f64, y: f64, class: &str, data: Option<String>| {
        let size = px(side - 1.5);
        let mut attributes = vec![("x", px(x)), ("y", px(y)), ("width", size.clone()), ("height", size)];
        attributes.push(("class", class.to_owned()));
        attributes.extend(data.map(|d| ("data-at", d)));
        let all: Vec<(&str, &str)> = attributes.iter().map(|(n, v)| (*n, v.as_str())).collect();
        add(svg, "rect", &all);
    };
    // Lanes share all values of the tile, and each has its own steps along K.
    let lanes = reads.lanes > 1;
    for k in 0..STEPS {
        let is_mine = |at: usize, mine: usize| if lanes { k == lane % STEPS } else { at == mine };
        for r in 0..rows {
            cell(k as f64 * side, top + r as f64 * side, class(is_mine(r, row), reads.shared || lanes), None);
        }
        for c in 0..columns {
            cell(left + c as f64 * side, k as f64 * side, class(is_mine(c, column), reads.shared || lanes), None);
        }
    }
    for r in 0..rows {
        for c in 0..columns {
            let mine = lanes || (r, c) == (row, column);
            let at = [c.to_string(), r.to_string()].join(",");
            cell(left + c as f64 * side, top + r as f64 * side, class(mine, false), Some(at));
        }
    }
    let label = |x: f64, y: f64, words: &str| text(svg, x, y, "start", "var(--ink-2)", words);
    label(0.0, top - 7.0, "X  (M × K)");
    label(left + columns as f64 * side + 6.0, side, "Wᵀ (K × N)");
    label(left, top - 7.0, "Y  (M × N)");
    let (wide, high) = (left + columns as f64 * side + LABEL_ROOM, top + rows as f64 * side + 4.0);
    drop(svg.set_attribute("viewBox", &["0 0 ", &px(wide), " ", &px(high)].concat()));
}

/// What the thread does, in words.
fn words(lang: Lang, reads: &Reads, (column, row, lane): (usize, usize, usize)) -> String {
    let (n, m) = reads.each;
    let thread = [column.to_string(), row.to_string()].join(", ");
    let number = |v: usize| v.to_string();
    let ratio = significant(lang, reads.reads_per_product(), 2);
    let (tile_n, tile_m) = reads.tile();
    if reads.lanes > 1 {
        msg::kernel_reads_lanes(lang, &number(lane), &number(reads.lanes), &ratio)
    } else if reads.shared {
        let tile = [number(tile_m), number(tile_n)].join(" × ");
        msg::kernel_reads_shared(lang, &number(n * m), &ratio, &thread, &tile)
    } else {
        msg::kernel_reads_own(lang, &number(n * m), &number(m), &number(n), &ratio, &thread)
    }
}

/// The picture; a thread is chosen by pointer or by the arrow keys.
#[component]
pub(super) fn Diagram(reads: Signal<Option<Reads>>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let svg = NodeRef::<leptos::svg::Svg>::new();
    let at = RwSignal::new((1usize, 1usize, 0usize));
    // A thread that the grid really has.
    let thread = Memo::new(move |_| {
        let (column, row, lane) = at.get();
        let (columns, rows) = reads.get().map_or((1, 1), |r| grid(&r));
        (column.min(columns - 1), row.min(rows - 1), lane % reads.get().map_or(1, |r| r.lanes))
    });
    Effect::new(move || {
        if let (Some(svg), Some(reads)) = (svg.get(), reads.get()) {
            draw(&svg, &reads, thread.get());
        }
    });
    let hover = move |ev: web_sys::PointerEvent| {
        let target: Element = event_target(&ev);
        let place = target.get_attribute("data-at").unwrap_or_default();
        if let Some((c, r)) = place.split_once(',').and_then(|(c, r)| Some((c.parse().ok()?, r.parse().ok()?))) {
            at.set((c, r, at.get_untracked().2));
        }
    };
    let on_key = move |ev: web_sys::KeyboardEvent| {
        let (mut c, mut r, mut lane) = thread.get_untracked();
        match ev.key().as_str() {
            "ArrowRight" if reads.get_untracked().is_some_and(|r| r.lanes > 1) => lane += 1,
            "ArrowLeft" if reads.get_untracked().is_some_and(|r| r.lanes > 1) => lane = lane.saturating_sub(1),
            "ArrowRight" => c += 1,
            "ArrowLeft" => c = c.saturating_sub(1),
            "ArrowDown" => r += 1,
            "ArrowUp" => r = r.saturating_sub(1),
            _ => return,
        }
        ev.prevent_default();
        at.set((c, r, lane));
    };
    let said = move || reads.get().map(|r| words(lang, &r, thread.get()));
    view! {
        <figure class="reads" hidden=move || reads.with(Option::is_none)>
            <figcaption><b>{msg::kernel_reads(lang)}</b></figcaption>
            <svg
                node_ref=svg
                role="img"
                tabindex="0"
                aria-label=msg::kernel_reads_label(lang)
                font-size="12"
                on:pointermove=hover
                on:pointerdown=hover
                on:keydown=on_key
            ></svg>
            <p class="reading" aria-live="polite">{said}</p>
            <p class="keys"><span><i class="mine"></i>{msg::kernel_reads_mine(lang)}</span><span><i class="ours"></i>{msg::kernel_reads_ours(lang)}</span></p>
        </figure>
    }
    .into_any()
}
