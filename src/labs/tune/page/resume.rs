//! A comparison that was interrupted, by Stop, a reload or a lost device: it goes on where it was last kept.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::tune::{Config, tables};
use crate::protocol::Table;
use crate::text::{integer, msg};
use crate::ui::use_lang;

/// What was asked, how many trainings are over, and how many there are.
fn unfinished(table: &Table) -> Option<(Config, u64, u64)> {
    let config = serde_json::from_str(table.text(0, "config")?).ok()?;
    Some((config, table.number(0, "done")? as u64, table.number(0, "all")? as u64))
}

/// The offer to go on.
#[component]
pub(super) fn Resume(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let found = Memo::new(move |_| lab.keep.table(tables::UNFINISHED).and_then(|t| unfinished(&t)));
    let words = move || {
        let (_, done, all) = found.get()?;
        Some(msg::tune_unfinished(lang, &integer(lang, all), &integer(lang, done)))
    };
    let go_on = move |_| {
        if let Some((config, ..)) = found.get_untracked() {
            lab.config.set(config);
            lab.train_now();
        }
    };
    let hidden = move || found.with(Option::is_none) || lab.is_training();
    view! {
        <div class="notice" role="status" hidden=hidden>
            <p>{words}</p>
            <button type="button" on:click=go_on>{msg::tune_go_on(lang)}</button>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_interrupted_is_read_with_its_configuration() {
        let mut table = Table::new("unfinished", &["config", "done", "all"]);
        assert_eq!(unfinished(&table), None);
        let json = serde_json::to_string(&Config::default()).unwrap();
        table.rows = vec![vec![json.into(), 2.0.into(), 6.0.into()]];
        assert_eq!(unfinished(&table), Some((Config::default(), 2, 6)));
        table.rows[0][0] = "{".into();
        assert_eq!(unfinished(&table), None);
    }
}
