//! Which token looks at which: all heads of all layers small, and one of them large with its tokens.

use std::sync::Arc;

use leptos::prelude::*;

use super::lab::Lab;
use super::map::Square;
use crate::labs::model::tensors;
use crate::protocol::Tensor;
use crate::text::{integer, msg, percent};
use crate::ui::{csv, download, use_lang};

/// Heads and tokens of an attention tensor `[L, H, T, T]`.
fn shape(tensor: &Tensor) -> Option<(usize, usize, usize)> {
    match tensor.shape[..] {
        [layers, heads, rows, cols] if rows == cols && tensor.values.len() == layers * heads * rows * cols => {
            Some((layers, heads, rows))
        }
        _ => None,
    }
}

/// The probabilities of one head, `[T, T]`, and `T`.
fn head_of(tensor: &Tensor, layer: usize, head: usize) -> Option<(Vec<f32>, usize)> {
    let (layers, heads, side) = shape(tensor)?;
    let first = (layer * heads + head) * side * side;
    (layer < layers && head < heads).then(|| (tensor.values[first..first + side * side].to_vec(), side))
}

/// The maps.
#[component]
pub(super) fn Attention(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let tensor = Memo::new(move |_| lab.run.tensor(tensors::ATTENTION).map(Same));
    let size = Memo::new(move |_| tensor.with(|t| t.as_ref().and_then(|t| shape(&t.0))).unwrap_or_default());
    let chosen = RwSignal::new((0usize, 0usize));
    let cursor = RwSignal::new(None::<(usize, usize)>);
    let head =
        move |layer: usize, head: usize| Signal::derive(move || tensor.with(|t| head_of(&t.as_ref()?.0, layer, head)));
    let small = move || {
        let (layers, heads, _) = size.get();
        (0..layers)
            .map(|layer| {
                let maps: Vec<_> = (0..heads)
                    .map(|h| {
                        let label = msg::model_head(lang, &integer(lang, h as u64 + 1), &integer(lang, layer as u64 + 1));
                        view! {
                            <button type="button" class="small-map" aria-label=label
                                aria-pressed=move || (chosen.get() == (layer, h)).to_string()
                                on:click=move |_| chosen.set((layer, h))>
                                <Square head=head(layer, h)/>
                            </button>
                        }
                        .into_any()
                    })
                    .collect();
                view! { <div class="map-row"><span class="map-name">{msg::model_layer_short(lang, &integer(lang, layer as u64 + 1))}</span>{maps}</div> }
                    .into_any()
            })
            .collect_view()
    };
    let large = Signal::derive(move || {
        let (layer, h) = chosen.get();
        tensor.with(|t| head_of(&t.as_ref()?.0, layer, h))
    });
    let ids = move || {
        let mut ids: Vec<u32> = lab.prompt.with(|p| p.to_vec());
        lab.generated.with(|g| ids.extend(g.iter().map(|t| t[0] as u32)));
        ids
    };
    let word = move |place: usize| lab.words.with(|w| ids().get(place).map(|id| w.shown(*id)).unwrap_or_default());
    let labels = move || (0..size.get().2).map(|place| view! { <span>{word(place)}</span> }.into_any()).collect_view();
    let reading = move || {
        let Some((row, col)) = cursor.get() else { return msg::model_attention_hint(lang).to_owned() };
        let value = large.with(|l| l.as_ref().and_then(|(v, side)| v.get(row * side + col).copied()));
        let Some(value) = value.filter(|_| col <= row) else { return msg::model_attention_future(lang).to_owned() };
        msg::model_attention_reading(lang, &word(row), &percent(lang, f64::from(value), 1), &word(col))
    };
    let point = move |ev: web_sys::PointerEvent| {
        let side = size.get_untracked().2;
        let Some(target) = ev.current_target() else { return };
        let element: web_sys::Element = wasm_bindgen::JsCast::unchecked_into(target);
        let frame = element.get_bounding_client_rect();
        let place = |at: f64, length: f64| ((at / length.max(1.0) * side as f64) as usize).min(side.saturating_sub(1));
        let row = place(f64::from(ev.client_y()) - frame.top(), frame.height());
        cursor.set((side > 0).then(|| (row, place(f64::from(ev.client_x()) - frame.left(), frame.width()))));
    };
    let on_key = move |ev: web_sys::KeyboardEvent| {
        let side = size.get_untracked().2;
        let (row, col) = cursor.get_untracked().unwrap_or_default();
        let next = match ev.key().as_str() {
            "ArrowDown" => (row + 1, col),
            "ArrowUp" => (row.saturating_sub(1), col),
            "ArrowRight" => (row, col + 1),
            "ArrowLeft" => (row, col.saturating_sub(1)),
            "Escape" => return cursor.set(None),
            _ => return,
        };
        ev.prevent_default();
        let last = side.saturating_sub(1);
        cursor.set((side > 0).then_some((next.0.min(last), next.1.min(last))));
    };
    let title = move || {
        let (layer, h) = chosen.get();
        msg::model_head(lang, &integer(lang, h as u64 + 1), &integer(lang, layer as u64 + 1))
    };
    let save = move |_| {
        large.with_untracked(|l| {
            let Some((values, side)) = l else { return };
            let mut rows = vec![[vec![String::new()], (0..*side).map(word).collect()].concat()];
            for (row, line) in values.chunks_exact(*side).enumerate() {
                rows.push([vec![word(row)], line.iter().map(f32::to_string).collect()].concat());
            }
            download("afina-attention.csv", "text/csv", csv(&rows).as_bytes());
        });
    };
    let at = move |axis: fn((usize, usize)) -> usize| {
        let side = size.get().2.max(1) as f64;
        cursor.get().map(|c| format!("{:.3}%", axis(c) as f64 / side * 100.0))
    };
    view! {
        <section class="fig attention" aria-labelledby="attention">
            <div class="head"><h2 id="attention">{msg::model_attention(lang)}</h2><span class="note">{title}</span></div>
            <p class="hint">{msg::model_attention_lede(lang)}</p>
            <div class="attention-body" hidden=move || size.get().2 == 0>
                <div class="small-maps" role="group" aria-label=msg::model_heads(lang)>
                    {small}
                    <p class="scale-bar hint"><span>"0 %"</span><i></i><span>"100 %"</span></p>
                </div>
                <div class="large-map" style:--side=move || size.get().2.to_string()>
                    <p class="axis-name down">{msg::model_attention_rows(lang)}</p>
                    <p class="axis-name across">{msg::model_attention_cols(lang)}</p>
                    <div class="map-scroll" tabindex="0" role="group" aria-label=msg::model_attention_scroll(lang)>
                        <div class="map-grid">
                            <div class="col-labels" aria-hidden="true">{labels}</div>
                            <div class="row-labels" aria-hidden="true">{labels}</div>
                            <div class="map-place" tabindex="0" role="img" aria-label=move || msg::model_attention_label(lang, &title())
                                on:pointermove=point on:pointerdown=point on:pointerleave=move |_| cursor.set(None) on:keydown=on_key>
                                <Square head=large/>
                                <span class="cross" hidden=move || cursor.with(Option::is_none) style:top=move || at(|c| c.0) style:left=move || at(|c| c.1)></span>
                            </div>
                        </div>
                    </div>
                    <p class="reading" aria-live="polite">{reading}</p>
                    <p class="save"><button type="button" aria-label=move || msg::ui_save_as(lang, "CSV", &title()) on:click=save>"CSV"</button></p>
                </div>
            </div>
        </section>
    }
    .into_any()
}

/// A tensor that is compared by what it is, not by its numbers.
#[derive(Clone)]
struct Same(Arc<Tensor>);

impl PartialEq for Same {
    fn eq(&self, other: &Same) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_cut_out_of_the_tensor() {
        let values: Vec<f32> = (0..24).map(|v| v as f32).collect();
        let tensor = Tensor { name: String::new(), shape: vec![2, 3, 2, 2], values };
        assert_eq!(head_of(&tensor, 1, 2), Some((vec![20.0, 21.0, 22.0, 23.0], 2)));
        assert_eq!(head_of(&tensor, 2, 0), None);
        assert_eq!(head_of(&Tensor::default(), 0, 0), None);
    }
}
