//! Attention as a square of colours on a canvas: a pixel a pair of tokens, enlarged by the style sheet.

use leptos::html::Canvas;
use leptos::prelude::*;
use wasm_bindgen::{Clamped, JsCast};

use crate::ui::ColourMap;

/// Colours of a probability: the square root, so that small ones are told from none.
fn colour(probability: f32) -> [u8; 3] {
    ColourMap::Viridis.at(f64::from(probability).max(0.0).sqrt())
}

/// Pixels of one head, `[T, T, 4]`; what lies in the future is left transparent.
fn pixels(values: &[f32], side: usize) -> Vec<u8> {
    let mut out = vec![0u8; side * side * 4];
    for (row, line) in values.chunks_exact(side.max(1)).enumerate() {
        for (col, value) in line.iter().enumerate().take(row + 1) {
            let [r, g, b] = colour(*value);
            out[(row * side + col) * 4..][..4].copy_from_slice(&[r, g, b, 255]);
        }
    }
    out
}

/// Paints one head.
pub(super) fn paint(canvas: &web_sys::HtmlCanvasElement, values: &[f32], side: usize) {
    if side == 0 || values.len() != side * side {
        return;
    }
    canvas.set_width(side as u32);
    canvas.set_height(side as u32);
    let Ok(Some(context)) = canvas.get_context("2d") else { return };
    let context: web_sys::CanvasRenderingContext2d = context.unchecked_into();
    let data = pixels(values, side);
    if let Ok(image) = web_sys::ImageData::new_with_u8_clamped_array_and_sh(Clamped(&data), side as u32, side as u32) {
        drop(context.put_image_data(&image, 0.0, 0.0));
    }
}

/// One head, following its values.
#[component]
pub(super) fn Square(
    /// `[T, T]`, and `T`.
    head: Signal<Option<(Vec<f32>, usize)>>,
) -> impl IntoView {
    let canvas = NodeRef::<Canvas>::new();
    Effect::new(move || {
        if let Some(canvas) = canvas.get() {
            head.with(|h| {
                if let Some((values, side)) = h {
                    paint(&canvas, values, *side);
                }
            });
        }
    });
    view! { <canvas class="square" node_ref=canvas aria-hidden="true"></canvas> }.into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_future_is_transparent() {
        let made = pixels(&[1.0, 0.0, 0.5, 0.5], 2);
        assert_eq!(made[3], 255);
        assert_eq!(made[7], 0, "token 0 cannot look at token 1");
        assert_eq!(made[11], 255);
        assert_eq!(made[0..3], colour(1.0));
    }
}
