//! The workshop: a puzzle or one of our kernels to rewrite, checked, compared with the reference, and timed.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::compared::stages;
use super::lab::Lab;
use super::puzzles::{is_solved, of_key, part, remember, words};
use super::shelf::books;
use super::verdicts::{Verdicts, all_good, marks};
use crate::labs::Command;
use crate::labs::kernel::{Attempt, Puzzle, tables};
use crate::protocol::{Table, Tier};
use crate::text::{Lang, msg};
use crate::ui::{CodeEditor, Notice, RunButton, RunStatus, RunView, Select, Tone, use_lang};

/// Hints that a puzzle has at most.
const HINTS: [&str; 3] = ["hint1", "hint2", "hint3"];

/// What a finished attempt said, and of which text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tried {
    pub(super) bench: String,
    pub(super) source: String,
    /// Whether it ran, or was only read.
    pub(super) ran: bool,
    /// Whether everything was said; until then verdicts come shape by shape.
    pub(super) finished: bool,
    pub(super) tier: Option<Tier>,
    pub(super) tables: BTreeMap<String, Arc<Table>>,
}

/// The workshop's own state.
#[derive(Clone, Copy)]
pub(super) struct Work {
    pub(super) lab: Lab,
    puzzles: RunView,
    check: RunView,
    attempt: RunView,
    text: RwSignal<String>,
    asked: StoredValue<(String, String)>,
    pub(super) tried: RwSignal<Option<Tried>>,
    /// Puzzles that were solved; a change of it redraws the cards.
    solved: RwSignal<Vec<Puzzle>>,
}

impl Work {
    fn new(lab: Lab) -> Work {
        let work = Work {
            lab,
            puzzles: RunView::new(),
            check: RunView::new(),
            attempt: RunView::new(),
            text: RwSignal::default(),
            asked: StoredValue::default(),
            tried: RwSignal::new(None),
            solved: RwSignal::new(Puzzle::ALL.into_iter().filter(|p| is_solved(*p)).collect()),
        };
        for (view, ran) in [(work.check, false), (work.attempt, true)] {
            Effect::new(move || {
                if matches!(view.status.get(), RunStatus::Done { .. }) {
                    work.take(view, ran);
                }
            });
        }
        Effect::new(move || {
            let is_judged = work.attempt.tables.with(|t| t.contains_key(tables::VERDICTS));
            if is_judged && work.attempt.status.with_untracked(RunStatus::is_busy) {
                work.show(work.attempt, true, false);
            }
        });
        work
    }

    fn take(self, view: RunView, ran: bool) {
        let tables = view.tables.get_untracked();
        let puzzle = of_key(&self.asked.get_value().0);
        if let Some(puzzle) = puzzle.filter(|_| ran && tables.get(tables::VERDICTS).is_some_and(|t| all_good(t))) {
            remember(puzzle);
            self.solved.update(|s| {
                if !s.contains(&puzzle) {
                    s.push(puzzle);
                }
            });
        }
        self.show(view, ran, true);
    }

    fn show(self, view: RunView, ran: bool, finished: bool) {
        let (bench, source) = self.asked.get_value();
        let (tier, tables) = (view.tier.get_untracked(), view.tables.get_untracked());
        self.tried.set(Some(Tried { bench, source, ran, finished, tier, tables }));
    }

    /// Starts an attempt; what the last one said is gone from its view.
    fn start(self, view: RunView, attempt: Attempt, source: String) {
        self.asked.set_value((self.lab.bench.get_untracked(), source));
        view.tables.set(BTreeMap::new());
        self.lab.runner.run(view, &Command::Workshop { attempt });
    }

    /// The kernel whose interface the text must keep: a puzzle is its own.
    fn kernel(self) -> String {
        self.lab.bench.get_untracked()
    }

    fn check(self) {
        let source = self.text.get_untracked();
        self.start(self.check, Attempt::Check { kernel: self.kernel(), source: source.clone() }, source);
    }

    fn run(self) {
        let source = self.text.get_untracked();
        let attempt = match of_key(&self.kernel()) {
            Some(puzzle) => Attempt::Solve { puzzle, source: source.clone() },
            None => {
                let config = self.lab.config.get_untracked();
                Attempt::Try { kernel: self.kernel(), source: source.clone(), config }
            }
        };
        self.start(self.attempt, attempt, source);
    }

    /// What was said of the text that stands in the editor now; tracks.
    pub(super) fn current(self) -> Option<Tried> {
        let tried = self.tried.get()?;
        let same = self.lab.bench.with(|b| *b == tried.bench) && self.text.with(|t| *t == tried.source);
        same.then_some(tried)
    }
}

/// A puzzle as a card that can be chosen.
fn card(work: Work, lang: Lang, number: usize, puzzle: Puzzle) -> AnyView {
    let (name, task) = words(lang, puzzle);
    let is_open = Signal::derive(move || work.lab.bench.with(|b| b == puzzle.key()));
    let solved = move || work.solved.with(|s| s.contains(&puzzle)).then(|| msg::kernel_solved(lang));
    view! {
        <button type="button" class="puzzle" aria-pressed=move || is_open.get().to_string() on:click=move |_| work.lab.bench.set(puzzle.key().into())>
            <b class="ordinal" aria-hidden="true">{number}</b>
            <b>{name}</b>
            <span>{task}</span>
            <span class="good">{solved}</span>
        </button>
    }
    .into_any()
}

/// The hints of a puzzle, one more with each press.
fn hints(work: Work, lang: Lang, puzzle: Puzzle) -> AnyView {
    let shown = RwSignal::new(0usize);
    let all = Memo::new(move |_| {
        let table = work.puzzles.table(tables::PUZZLES);
        HINTS.iter().filter_map(|h| part(table.as_ref()?, lang, puzzle, h)).collect::<Vec<_>>()
    });
    let list = move || {
        let count = shown.get();
        let items = all
            .with(|all| all.iter().take(count).map(|h| view! { <li>{h.clone()}</li> }.into_any()).collect::<Vec<_>>());
        (count > 0).then(|| view! { <ol class="hints">{items}</ol> }.into_any())
    };
    let label = move || {
        let (next, of) = (shown.get() + 1, all.with(Vec::len));
        msg::kernel_hint(lang, &next.min(of).to_string(), &of.to_string())
    };
    let none_left = move || all.with(|a| shown.get() >= a.len());
    view! {
        {list}
        <button type="button" class="quiet" hidden=none_left on:click=move |_| shown.update(|n| *n += 1)>{label}</button>
    }
    .into_any()
}

/// The editor of what is open, or a word that its text is not here yet.
fn editor(work: Work, lang: Lang, bench: &str) -> AnyView {
    let puzzle = of_key(bench);
    let original = match puzzle {
        Some(puzzle) => work.puzzles.table(tables::PUZZLES).and_then(|t| part(&t, lang, puzzle, "skeleton")),
        None => work
            .lab
            .sources
            .table(tables::SOURCES)
            .and_then(|t| books(&t).into_iter().find(|b| b.kernel == bench).map(|b| b.text)),
    };
    let Some(original) = original else {
        return view! { <p class="hint">{msg::ui_reading(lang)}</p> }.into_any();
    };
    let key = ["afina.kernel.text.", bench].concat();
    let name = puzzle.map_or(bench, |p| words(lang, p).0);
    let marks = Signal::derive(move || work.current().map_or(Vec::new(), |t| marks(lang, &t.tables)));
    view! { <CodeEditor key original label=msg::kernel_editor_of(lang, name) text=work.text marks/> }.into_any()
}

/// The workshop.
#[component]
pub(super) fn Workshop(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let work = Work::new(lab);
    lab.runner.run(work.puzzles, &Command::Workshop { attempt: Attempt::Puzzles });
    if lab.bench.with_untracked(String::is_empty) {
        lab.bench.set(Puzzle::ALL[0].key().into());
    }
    let cards: Vec<AnyView> = Puzzle::ALL.into_iter().enumerate().map(|(i, p)| card(work, lang, i + 1, p)).collect();
    let open = Memo::new(move |_| lab.bench.get());
    // Whether the original is here: the editor must not be built anew while someone types.
    let is_here = Memo::new(move |_| {
        open.with(|b| match of_key(b) {
            Some(_) => work.puzzles.table(tables::PUZZLES).is_some(),
            None => lab.sources.table(tables::SOURCES).is_some(),
        })
    });
    let place = move || {
        is_here.get();
        open.with(|bench| untrack(|| editor(work, lang, bench)))
    };
    let help = move || open.with(|bench| of_key(bench).map(|p| hints(work, lang, p)));
    let own = move || {
        let names: Vec<String> = lab
            .sources
            .table(tables::SOURCES)
            .map_or(Vec::new(), |t| books(&t).into_iter().map(|b| b.kernel).collect());
        (!names.is_empty()).then(|| {
            let mut options = vec![msg::kernel_own_none(lang).to_owned()];
            options.extend(names.iter().cloned());
            let known = names.clone();
            let selected =
                Signal::derive(move || open.with(|b| known.iter().position(|n| n == b).map_or(0, |i| i + 1)));
            let choose = Callback::new(move |i: usize| {
                let name = i.checked_sub(1).and_then(|i| names.get(i).cloned());
                lab.bench.set(name.unwrap_or_else(|| Puzzle::ALL[0].key().into()));
            });
            view! { <Select label=msg::kernel_own(lang) options selected on_select=choose/> }.into_any()
        })
    };
    let failed = Signal::derive(move || match work.puzzles.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    });
    let checked = Signal::derive(move || {
        let tried = work.current().filter(|t| !t.tables.contains_key(tables::VERDICTS))?;
        let words = if of_key(&tried.bench).is_some() { msg::kernel_valid(lang) } else { msg::kernel_valid_own(lang) };
        tried.tables.get(tables::DIAGNOSTICS)?.rows.is_empty().then(|| words.to_owned())
    });
    let is_own = Memo::new(move |_| open.with(|bench| of_key(bench).is_none()));
    let run = move || {
        let label = if is_own.get() { msg::kernel_try_own(lang) } else { msg::kernel_try(lang) };
        view! { <RunButton view=work.attempt label on_run=Callback::new(move |()| work.run())/> }.into_any()
    };
    view! {
        <section class="fig workshop" id="workshop" aria-labelledby="work">
            <div class="head"><h2 id="work">{msg::kernel_workshop(lang)}</h2></div>
            <p class="hint">{msg::kernel_workshop_hint(lang)}</p>
            <div class="puzzles">{cards}</div>
            <div class="own">{own}</div>
            <Notice text=failed/>
            {place}
            <div class="try">
                <button type="button" class="quiet" on:click=move |_| work.check()>{msg::kernel_check(lang)}</button>
                {run}
            </div>
            {stages(work, lang)}
            <Notice text=checked tone=Tone::Plain/>
            {help}
            <Verdicts work/>
        </section>
    }
    .into_any()
}
