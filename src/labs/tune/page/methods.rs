//! Which methods are trained, and how many parameters each of them would train, before anything runs.

use leptos::prelude::*;

use super::lab::{Lab, in_order};
use super::words::{look, method_name};
use crate::labs::tune::{BASE, Config, Method, trainable_count};
use crate::text::{Lang, integer, msg, significant};
use crate::ui::{Choice, ToggleList, use_lang};

/// `64 512 · 4,5 %`
fn count(lang: Lang, config: &Config, method: Method) -> String {
    let count = trainable_count(&BASE, method, &config.peft);
    let percent = count as f64 / BASE.parameters() as f64 * 100.0;
    [integer(lang, count as u64).as_str(), " · ", &significant(lang, percent, 2), "\u{a0}%"].concat()
}

/// Adds a method or takes it away; the last one stays.
fn toggled(methods: &[Method], method: Method) -> Vec<Method> {
    let mut methods = methods.to_vec();
    match methods.iter().position(|m| *m == method) {
        Some(at) if methods.len() > 1 => drop(methods.remove(at)),
        Some(_) => {}
        None => methods.push(method),
    }
    in_order(&methods)
}

/// The list.
#[component]
pub(super) fn Methods(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let choices = Signal::derive(move || {
        lab.config.with(|c| {
            let choice = |method: Method| Choice {
                name: method_name(lang, method).to_owned(),
                note: count(lang, c, method),
                look: Some(look(method)),
                on: c.methods.contains(&method),
            };
            Method::ALL.map(choice).to_vec()
        })
    });
    let toggle = Callback::new(move |i: usize| lab.config.update(|c| c.methods = toggled(&c.methods, Method::ALL[i])));
    let total = msg::tune_methods_hint(lang, &integer(lang, BASE.parameters() as u64));
    view! {
        <ToggleList label=msg::tune_methods(lang) choices on_toggle=toggle/>
        <p class="hint">{total}</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_method_stays_and_the_order_is_that_of_the_legend() {
        assert_eq!(toggled(&[Method::Lora], Method::Lora), [Method::Lora]);
        assert_eq!(toggled(&[Method::Prompt], Method::Full), [Method::Full, Method::Prompt]);
        assert_eq!(toggled(&[Method::Full, Method::Prompt], Method::Full), [Method::Prompt]);
    }

    #[test]
    fn the_count_is_what_would_be_trained() {
        assert_eq!(count(Lang::En, &Config::default(), Method::Full), "1,443,456 · 100\u{a0}%");
        assert_eq!(count(Lang::Es, &Config::default(), Method::Prompt), "1024 · 0,071\u{a0}%");
    }
}
