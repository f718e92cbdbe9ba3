//! Code to read, with some lines pointed out.

use std::ops::Range;

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::paint::Painter;

/// Lines of context kept above what is scrolled to.
const ABOVE: usize = 3;

/// Scrolls `scroller` so that line `at` of `pre` is near its top.
pub(super) fn scroll_to(scroller: &web_sys::Element, pre: &web_sys::Element, at: usize) {
    let top = pre.children().item(at.saturating_sub(ABOVE) as u32);
    if let Some(top) = top.and_then(|line| line.dyn_into::<web_sys::HtmlElement>().ok()) {
        scroller.set_scroll_top(top.offset_top());
    }
}

/// A text of code; `here` are the lines to point out, from 0, and to scroll to when they change.
#[component]
pub fn CodeView(
    #[prop(into)] text: Signal<String>,
    #[prop(into)] here: Signal<Range<usize>>,
    #[prop(into)] label: Signal<String>,
) -> impl IntoView {
    let pre = NodeRef::<leptos::html::Pre>::new();
    let scroller = NodeRef::<leptos::html::Div>::new();
    let painter = StoredValue::new_local(Painter::default());
    Effect::new(move || {
        let (Some(pre), Some(scroller)) = (pre.get(), scroller.get()) else { return };
        let here = here.get();
        painter.update_value(|p| text.with(|text| p.paint(&pre, text, &[], &here)));
        scroll_to(&scroller, &pre, here.start);
    });
    view! {
        <div class="code" node_ref=scroller tabindex="0" role="region" aria-label=label>
            <pre node_ref=pre></pre>
        </div>
    }
    .into_any()
}
