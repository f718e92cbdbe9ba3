//! How far a text has come, and how it stands beside ours: time on a GPU, counted work on an interpreter.

use leptos::prelude::*;

use super::puzzles::of_key;
use super::verdicts::is_ok;
use super::workshop::{Tried, Work};
use crate::labs::kernel::tables;
use crate::protocol::Table;
use crate::text::{Lang, integer, msg, significant};
use crate::ui::{DataTable, Row, Shown, use_lang};

/// Two times this close count as equal: a measured time has about this noise.
const SAME: f64 = 1.05;

/// What is known of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    Passed,
    Failed,
}

impl State {
    /// As the style sheet names it, and the sign for those who do not see colours.
    fn look(self) -> (&'static str, &'static str) {
        match self {
            State::Open => ("open", "○"),
            State::Passed => ("passed", "✓"),
            State::Failed => ("failed", "✗"),
        }
    }
}

/// A number of the row of `ours` or `yours`.
fn number_of(table: &Table, version: &str, column: &str) -> Option<f64> {
    let row = (0..table.rows.len()).find(|i| table.text(*i, "version") == Some(version))?;
    table.number(row, column)
}

/// Yours against ours in words: `1.3× slower than ours`.
fn against(lang: Lang, ours: f64, yours: f64) -> String {
    let ratio = significant(lang, ours.max(yours) / ours.min(yours), 2);
    match yours / ours {
        r if r > SAME => msg::kernel_slower(lang, &ratio),
        r if r < 1.0 / SAME => msg::kernel_faster(lang, &ratio),
        _ => msg::kernel_as_fast(lang).to_owned(),
    }
}

/// The steps after the first, which is to write: valid, right on every shape, beside ours.
fn steps(lang: Lang, tried: Option<&Tried>) -> [(State, String); 3] {
    let open = || (State::Open, String::new());
    let Some(tried) = tried else { return [open(), open(), open()] };
    let table = |name: &str| tried.tables.get(name).filter(|t| !t.rows.is_empty());
    let verdicts = table(tables::VERDICTS);
    let fault = table(tables::DIAGNOSTICS).and_then(|t| t.number(0, "line"));
    let line = |line: f64| msg::kernel_stage_line(lang, &integer(lang, line as u64));
    let valid = match (fault, verdicts) {
        // What was stopped while it ran is valid.
        (Some(at), None) => (State::Failed, line(at)),
        (None, None) if !tried.tables.contains_key(tables::DIAGNOSTICS) => open(),
        _ => (State::Passed, String::new()),
    };
    let right = verdicts.map_or_else(open, |table| {
        let shapes: Vec<usize> = (0..table.rows.len()).filter(|i| table.text(*i, "check") != Some("speed")).collect();
        let good = shapes.iter().filter(|i| is_ok(table, **i)).count();
        match (shapes.iter().find(|i| !is_ok(table, **i)), fault) {
            (Some(_), Some(at)) => (State::Failed, line(at)),
            (Some(wrong), None) => {
                (State::Failed, msg::kernel_stage_wrong(lang, table.text(*wrong, "shape").unwrap_or_default()))
            }
            (None, _) => {
                let state = if tried.finished { State::Passed } else { State::Open };
                (state, msg::kernel_stage_shapes(lang, &integer(lang, good as u64)))
            }
        }
    });
    let beside = || {
        let (table, column) = match (table(tables::BESIDE), table(tables::WORK)) {
            (Some(times), _) => (times, "millis"),
            (None, work) => (work.filter(|_| tried.finished)?, "steps"),
        };
        let [ours, yours] = ["ours", "yours"].map(|version| number_of(table, version, column));
        let (ours, yours) = (ours?, yours?);
        let words = match column {
            "millis" => against(lang, ours, yours),
            _ => msg::kernel_stage_steps(lang, &significant(lang, yours / ours, 2)),
        };
        Some((State::Passed, words))
    };
    let beside = if right.0 == State::Failed { open() } else { beside().unwrap_or_else(open) };
    [valid, right, beside]
}

/// Write, valid, right, beside ours: where the text in the editor stands.
pub(super) fn stages(work: Work, lang: Lang) -> AnyView {
    let list = move || {
        let tried = work.current();
        let names = [msg::kernel_stage_valid(lang), msg::kernel_stage_right(lang), msg::kernel_stage_beside(lang)];
        let one = |(name, (state, words)): (&'static str, (State, String))| {
            let (class, sign) = state.look();
            view! { <li class=class><b>{sign}" "{name}</b><span>{words}</span></li> }.into_any()
        };
        let first = view! { <li class="passed"><b>"✎ "{msg::kernel_stage_edit(lang)}</b><span></span></li> }.into_any();
        let rest = names.into_iter().zip(steps(lang, tried.as_ref())).map(one);
        std::iter::once(first).chain(rest).collect::<Vec<_>>()
    };
    view! { <ol class="stages" aria-label=msg::kernel_stages(lang)>{list}</ol> }.into_any()
}

/// Our time and theirs, for every version that was timed.
pub(super) fn times(lang: Lang, table: &Table) -> Vec<AnyView> {
    let text = |i: usize, column| table.text(i, column).unwrap_or_default().to_owned();
    let mut out = Vec::new();
    for i in (0..table.rows.len()).filter(|i| table.text(*i, "version") == Some("ours")) {
        let (Some(ours), Some(yours)) = (table.number(i, "millis"), table.number(i + 1, "millis")) else { continue };
        let most = ours.max(yours);
        let bar = |name: &'static str, millis: f64| {
            view! {
                <span>{name}</span>
                <progress class="bar" max=most.to_string() value=millis.to_string() aria-hidden="true"></progress>
                <b>{significant(lang, millis, 3)}" ms"</b>
            }
            .into_any()
        };
        let rounds = integer(lang, table.number(i, "rounds").unwrap_or(0.0) as u64);
        out.push(
            view! {
                <p><b>{against(lang, ours, yours)}</b></p>
                <div class="beside">{bar(msg::kernel_ours(lang), ours)}{bar(msg::kernel_yours(lang), yours)}</div>
                <p class="hint"><code>{text(i, "entry")}</code>", "{text(i, "shape")}". "{msg::kernel_rounds(lang, &rounds)}</p>
            }
            .into_any(),
        );
    }
    out
}

/// What was counted, as rows of a table.
fn counted(lang: Lang, table: &Table) -> Vec<Row> {
    let names = [
        ("reads", msg::kernel_work_reads(lang)),
        ("multiplications", msg::kernel_work_products(lang)),
        ("steps", msg::kernel_work_steps(lang)),
    ];
    let row = |(column, name): (&str, &'static str)| {
        let ours = number_of(table, "ours", column)?;
        let yours = number_of(table, "yours", column)?;
        let plain = |text: String| Shown { text, sort: None };
        let ratio = if ours > 0.0 { significant(lang, yours / ours, 3) + "×" } else { "–".to_owned() };
        let count = |v: f64| plain(integer(lang, v as u64));
        Some(Row { cells: vec![plain(name.to_owned()), count(ours), count(yours), plain(ratio)], look: None })
    };
    names.into_iter().filter_map(row).collect()
}

/// The work that the interpreter counted, yours beside ours.
#[component]
pub(super) fn Counted(#[prop(into)] ran: Signal<Option<Tried>>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let rows = Memo::new(move |_| {
        ran.with(|tried| {
            let table = tried.as_ref().filter(|t| of_key(&t.bench).is_none())?.tables.get(tables::WORK)?;
            Some(counted(lang, table))
        })
        .unwrap_or_default()
    });
    let columns = vec![
        msg::kernel_col_counted(lang),
        msg::kernel_ours(lang),
        msg::kernel_yours(lang),
        msg::kernel_col_ratio(lang),
    ];
    view! {
        <div hidden=move || rows.with(Vec::is_empty)>
            <DataTable caption=msg::kernel_work(lang) columns rows/>
            <p class="hint">{msg::kernel_work_hint(lang)}</p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(name: &str, columns: &[&str], rows: Vec<Vec<crate::protocol::Cell>>) -> (String, std::sync::Arc<Table>) {
        let mut table = Table::new(name, columns);
        table.rows = rows;
        (name.to_owned(), table.into())
    }

    fn tried(tables: Vec<(String, std::sync::Arc<Table>)>) -> Tried {
        let tables = tables.into_iter().collect();
        Tried { bench: "gelu".into(), source: String::new(), ran: true, finished: true, tier: None, tables }
    }

    fn states(tables: Vec<(String, std::sync::Arc<Table>)>) -> [State; 3] {
        steps(Lang::En, Some(&tried(tables))).map(|s| s.0)
    }

    #[test]
    fn the_steps_follow_the_tables() {
        use State::{Failed, Open, Passed};
        let fault = || table(tables::DIAGNOSTICS, &["line"], vec![vec![3.0.into()]]);
        let valid = || table(tables::DIAGNOSTICS, &["line"], Vec::new());
        let verdict = |ok: f64| {
            table(tables::VERDICTS, &["check", "shape", "ok"], vec![vec!["odd_shape".into(), "3".into(), ok.into()]])
        };
        let times = || {
            let rows = [("ours", 1.0), ("yours", 2.0)].map(|(who, ms)| vec![who.into(), ms.into()]);
            table(tables::BESIDE, &["version", "millis"], rows.into())
        };
        assert_eq!(steps(Lang::En, None).map(|s| s.0), [Open; 3]);
        assert_eq!(states(vec![fault()]), [Failed, Open, Open]);
        assert_eq!(states(vec![valid()]), [Passed, Open, Open]);
        assert_eq!(states(vec![valid(), verdict(0.0)]), [Passed, Failed, Open]);
        assert_eq!(states(vec![fault(), verdict(0.0)]), [Passed, Failed, Open], "stopped while it ran");
        assert_eq!(states(vec![valid(), verdict(1.0), times()]), [Passed; 3]);
        assert_eq!(states(vec![valid(), verdict(0.0), times()]), [Passed, Failed, Open]);
    }

    #[test]
    fn times_are_put_in_words() {
        assert_eq!(against(Lang::En, 1.0, 1.3), msg::kernel_slower(Lang::En, "1.3"));
        assert_eq!(against(Lang::En, 2.6, 1.3), msg::kernel_faster(Lang::En, "2.0"));
        assert_eq!(against(Lang::En, 1.0, 1.03), msg::kernel_as_fast(Lang::En));
    }
}
