//! Small pieces that several of the shell's pages share.
//!
//! Leptos compiles every closure in a view anew, a few kilobytes each. The pieces here box theirs, so that all texts
//! share one type, all buttons another: the whole page loads before a word is read, and its size is its speed.

use leptos::prelude::*;

use crate::text::Lang;
use crate::ui::use_lang;

/// A message of the locale files.
pub type Message = fn(Lang) -> &'static str;

/// A message, always in the language of the page.
pub fn say(message: Message) -> AnyView {
    let lang = use_lang();
    (move || message(lang.get())).into_any()
}

/// A text that follows what it reads.
pub fn live(text: impl Fn() -> String + Send + 'static) -> AnyView {
    fn boxed(text: Box<dyn Fn() -> String + Send>) -> AnyView {
        (move || text()).into_any()
    }
    boxed(Box::new(text))
}

/// A piece of the page that follows what it reads.
pub fn later(view: impl Fn() -> AnyView + Send + 'static) -> AnyView {
    fn boxed(view: Box<dyn Fn() -> AnyView + Send>) -> AnyView {
        (move || view()).into_any()
    }
    boxed(Box::new(view))
}

/// Nothing.
pub fn nothing() -> AnyView {
    ().into_any()
}

/// The value of an attribute that follows what it reads; `None` leaves the attribute out.
pub fn attribute(value: impl Fn() -> Option<&'static str> + Send + Sync + 'static) -> Signal<Option<&'static str>> {
    Signal::derive(value)
}

/// A button.
pub fn button(class: &'static str, label: AnyView, press: impl Fn() + 'static) -> AnyView {
    button_unless(class, label, Signal::stored(false), press)
}

/// A button that is at times disabled.
pub fn button_unless(
    class: &'static str,
    label: AnyView,
    disabled: Signal<bool>,
    press: impl Fn() + 'static,
) -> AnyView {
    fn boxed(class: &'static str, label: AnyView, disabled: Signal<bool>, press: Box<dyn Fn()>) -> AnyView {
        view! { <button type="button" class=class disabled=disabled on:click=move |_| press()>{label}</button> }
            .into_any()
    }
    boxed(class, label, disabled, Box::new(press))
}

/// A link within the site.
pub fn link(class: &'static str, address: String, label: AnyView) -> AnyView {
    view! { <a class=class href=address>{label}</a> }.into_any()
}

/// A paragraph.
pub fn paragraph(class: &'static str, content: AnyView) -> AnyView {
    view! { <p class=class>{content}</p> }.into_any()
}

/// The head of a page: where one is, the question, the answer in short.
pub fn opening(eyebrow: Message, heading: Message, lede: Message) -> AnyView {
    view! {
        {paragraph("eyebrow", say(eyebrow))}
        <h1>{say(heading)}</h1>
        {paragraph("lede", say(lede))}
    }
    .into_any()
}

/// One option of [`choice`]: its value, its name, and the language that the name stays in, if it is not the page's.
pub type Opt = (&'static str, Message, Option<Lang>);

/// A labelled list of which one is chosen.
pub fn choice(
    label: Message,
    options: Vec<Opt>,
    chosen: Signal<&'static str>,
    choose: impl Fn(String) + 'static,
) -> AnyView {
    fn boxed(label: Message, options: Vec<Opt>, chosen: Signal<&'static str>, choose: Box<dyn Fn(String)>) -> AnyView {
        let options = options.into_iter().map(|(value, name, fixed)| {
            let text = fixed.map_or_else(|| say(name), |lang| name(lang).into_any());
            view! {
                <option value=value selected=move || chosen.get() == value lang=fixed.map(Lang::code)>
                    {text}
                </option>
            }
            .into_any()
        });
        let options: Vec<AnyView> = options.collect();
        view! {
            <label class="choice">
                <span>{say(label)}</span>
                <select on:change:target=move |event| choose(event.target().value())>{options}</select>
            </label>
        }
        .into_any()
    }
    boxed(label, options, chosen, Box::new(choose))
}

/// A heading with its section's content.
pub fn section(title: Message, content: AnyView) -> AnyView {
    view! {
        <section class="sheet">
            <h2>{say(title)}</h2>
            {content}
        </section>
    }
    .into_any()
}

/// A table of texts. Columns listed in `numeric` are set flush right.
pub fn table(headers: &[&'static str], rows: Vec<Vec<String>>, numeric: &[usize]) -> AnyView {
    let class = |at: usize| if numeric.contains(&at) { "number" } else { "" };
    let head = headers.iter().enumerate().map(|(at, h)| view! { <th scope="col" class=class(at)>{*h}</th> }.into_any());
    let head: Vec<AnyView> = head.collect();
    let body = rows.into_iter().map(|row| {
        let cells = row.into_iter().enumerate();
        let cells: Vec<AnyView> =
            cells.map(|(at, text)| view! { <td class=class(at)>{text}</td> }.into_any()).collect();
        view! { <tr>{cells}</tr> }.into_any()
    });
    let body: Vec<AnyView> = body.collect();
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
        .into_any()
    });
    let rows: Vec<AnyView> = rows.collect();
    view! { <dl class="pairs">{rows}</dl> }.into_any()
}
