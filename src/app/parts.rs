//! Small pieces that several of the shell's pages share; none is generic, so that each is compiled once.

use leptos::prelude::*;

use crate::text::Lang;
use crate::ui::use_lang;

/// One option of [`choice`]: its value, its name, and the language that the name stays in, if it is not the page's.
pub type Opt = (&'static str, fn(Lang) -> &'static str, Option<Lang>);

/// A labelled list of which one is chosen.
pub fn choice(
    label: fn(Lang) -> &'static str,
    options: Vec<Opt>,
    chosen: Signal<&'static str>,
    choose: Callback<String>,
) -> AnyView {
    let lang = use_lang();
    let options = options.into_iter().map(|(value, name, fixed)| {
        let text = move || name(fixed.unwrap_or_else(|| lang.get()));
        view! {
            <option value=value selected=move || chosen.get() == value lang=fixed.map(Lang::code)>
                {text}
            </option>
        }
    });
    view! {
        <label class="choice">
            <span>{move || label(lang.get())}</span>
            <select on:change:target=move |event| choose.run(event.target().value())>{options.collect_view()}</select>
        </label>
    }
    .into_any()
}

/// A heading with its section's content.
pub fn section(title: impl Fn() -> &'static str + Send + 'static, content: AnyView) -> AnyView {
    view! {
        <section class="sheet">
            <h2>{title}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// A table of texts. Columns listed in `numeric` are set flush right.
pub fn table(headers: &[&'static str], rows: Vec<Vec<String>>, numeric: &[usize]) -> AnyView {
    let class = |at: usize| if numeric.contains(&at) { "number" } else { "" };
    let head = headers.iter().enumerate().map(|(at, h)| view! { <th scope="col" class=class(at)>{*h}</th> });
    let head = head.collect_view();
    let body = rows.into_iter().map(|row| {
        let cells = row.into_iter().enumerate();
        let cells = cells.map(|(at, text)| view! { <td class=class(at)>{text}</td> }).collect_view();
        view! { <tr>{cells}</tr> }
    });
    let body = body.collect_view();
    view! {
        <div class="table-place">
            <table class="plain">
                <thead>
                    <tr>{head}</tr>
                </thead>
                <tbody>{body}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// Names and values, one pair a line.
pub fn pairs(rows: Vec<(String, String)>) -> AnyView {
    let rows = rows.into_iter().map(|(name, value)| {
        view! {
            <dt>{name}</dt>
            <dd>{value}</dd>
        }
    });
    let rows = rows.collect_view();
    view! { <dl class="pairs">{rows}</dl> }.into_any()
}
