//! Mouse, touch and keyboard on a heatmap.

use leptos::html::Canvas;
use leptos::prelude::*;

use super::{Linked, Window};

/// Movement, in CSS pixels, from which a press is a drag.
const DRAG_FROM: f64 = 4.0;
const ZOOM_STEP: f64 = 0.7;

/// A press that is still going on.
#[derive(Clone, Copy)]
struct Press {
    x: f64,
    y: f64,
    window: Window,
    dragged: bool,
}

/// What the events of one canvas do.
#[derive(Clone, Copy)]
pub(super) struct Hands {
    canvas: NodeRef<Canvas>,
    linked: Linked,
    press: StoredValue<Option<Press>>,
}

impl Hands {
    pub(super) fn new(canvas: NodeRef<Canvas>, linked: Linked) -> Hands {
        Hands { canvas, linked, press: StoredValue::new(None) }
    }

    /// Position as shares of the picture, and the size of the picture.
    fn place(self, ev: &web_sys::MouseEvent) -> Option<(f64, f64, f64, f64)> {
        let frame = self.canvas.get_untracked()?.get_bounding_client_rect();
        let (w, h) = (frame.width().max(1.0), frame.height().max(1.0));
        Some(((f64::from(ev.client_y()) - frame.top()) / h, (f64::from(ev.client_x()) - frame.left()) / w, w, h))
    }

    pub(super) fn down(self, ev: &web_sys::PointerEvent) {
        let (x, y) = (f64::from(ev.client_x()), f64::from(ev.client_y()));
        let window = self.linked.window.get_untracked();
        self.press.set_value(Some(Press { x, y, window, dragged: false }));
    }

    pub(super) fn moved(self, ev: &web_sys::PointerEvent) {
        let Some((y, x, w, h)) = self.place(ev) else { return };
        if let Some(mut held) = self.press.get_value() {
            let (dx, dy) = (f64::from(ev.client_x()) - held.x, f64::from(ev.client_y()) - held.y);
            let size = self.linked.size.get_untracked();
            if held.dragged || (dx.hypot(dy) > DRAG_FROM && held.window != Window::all(size)) {
                held.dragged = true;
                self.press.set_value(Some(held));
                if let Some(canvas) = self.canvas.get_untracked() {
                    drop(canvas.set_pointer_capture(ev.pointer_id()));
                }
                let rows = -(dy / h * f64::from(held.window.rows)).round() as i64;
                let cols = -(dx / w * f64::from(held.window.cols)).round() as i64;
                let new = held.window.moved(size, rows, cols);
                if new != self.linked.window.get_untracked() {
                    self.linked.on_window.run(new);
                }
                return;
            }
        }
        if !self.linked.pinned.get_untracked() {
            self.linked.point_at(y, x);
        }
    }

    pub(super) fn up(self, ev: &web_sys::PointerEvent) {
        let held = self.press.get_value();
        self.press.set_value(None);
        if let (Some(Press { dragged: false, .. }), Some((y, x, ..))) = (held, self.place(ev)) {
            let before = self.linked.cursor.get_untracked();
            self.linked.point_at(y, x);
            let again = self.linked.pinned.get_untracked() && before == self.linked.cursor.get_untracked();
            self.linked.pinned.set(!again);
        }
    }

    pub(super) fn cancelled(self) {
        self.press.set_value(None);
    }

    pub(super) fn wheel(self, ev: &web_sys::WheelEvent) {
        let focused =
            self.canvas.get_untracked().is_some_and(|c| document().active_element().is_some_and(|a| a == **c));
        // The page must stay scrollable: the wheel belongs to the picture once it was clicked, or with Ctrl.
        if (focused || ev.ctrl_key())
            && let Some((y, x, ..)) = self.place(ev)
        {
            ev.prevent_default();
            self.linked.zoom_at(if ev.delta_y() < 0.0 { ZOOM_STEP } else { 1.0 / ZOOM_STEP }, y, x);
        }
    }

    pub(super) fn key(self, ev: &web_sys::KeyboardEvent) {
        let step = if ev.shift_key() { 10 } else { 1 };
        match ev.key().as_str() {
            "ArrowUp" => self.linked.step(-step, 0),
            "ArrowDown" => self.linked.step(step, 0),
            "ArrowLeft" => self.linked.step(0, -step),
            "ArrowRight" => self.linked.step(0, step),
            "+" | "=" => self.linked.zoom(ZOOM_STEP),
            "-" => self.linked.zoom(1.0 / ZOOM_STEP),
            "Home" => self.linked.reset(),
            "Enter" | " " => self.linked.pinned.update(|p| *p = !*p),
            "Escape" => self.linked.pinned.set(false),
            _ => return,
        }
        ev.prevent_default();
    }
}
