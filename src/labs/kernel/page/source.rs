//! The source as it ran: a kernel, its versions from the naive one to the best, and who reads what in each.

use std::ops::Range;

use leptos::prelude::*;

use super::diagram::Diagram;
use super::lab::Lab;
use super::reads;
use super::shelf::{Book, books, lines_of};
use crate::labs::Command;
use crate::labs::kernel::{Task, tables};
use crate::protocol::{Table, Tier};
use crate::text::{Lang, msg, significant};
use crate::ui::{CodeView, RunButton, Select, unique_id, use_lang};

/// What the ladder measured of one version.
#[derive(Clone, Debug, PartialEq)]
struct Rung {
    millis: f64,
    gflops: f64,
    is_chosen: bool,
}

/// The rung of an entry point, if the table is of its kernel.
fn rung(table: &Table, entry: &str) -> Option<Rung> {
    let i = (0..table.rows.len()).find(|i| table.text(*i, "entry") == Some(entry))?;
    let number = |column| table.number(i, column).unwrap_or(f64::NAN);
    Some(Rung { millis: number("millis"), gflops: number("gflops"), is_chosen: number("chosen") == 1.0 })
}

fn measured(lang: Lang, rung: &Rung) -> String {
    let (gflops, millis) = (significant(lang, rung.gflops, 3), significant(lang, rung.millis, 3));
    msg::kernel_rung(lang, &gflops, &millis)
}

/// The versions of the open kernel, each with what it reaches, as a choice.
fn ladder(lab: Lab, lang: Lang, book: Memo<Option<Book>>) -> AnyView {
    let name = unique_id();
    let rungs = move || {
        let table = lab.ladder.table(tables::LADDER);
        let book = book.get()?;
        let found: Vec<Option<Rung>> =
            book.versions.iter().map(|v| table.as_ref().and_then(|t| rung(t, &v.entry))).collect();
        let most = found.iter().flatten().map(|r| r.gflops).fold(0.0, f64::max);
        let one = |(version, rung): (super::shelf::Version, Option<Rung>)| {
            let entry = version.entry.clone();
            let mine = entry.clone();
            let checked = Signal::derive(move || lab.entry.with(|e| *e == mine));
            let bar = rung.as_ref().map(|r| {
                view! { <progress class="bar" max=most.to_string() value=r.gflops.to_string() aria-hidden="true"></progress> }
            });
            let words = rung.as_ref().map(|r| measured(lang, r));
            let chosen =
                rung.is_some_and(|r| r.is_chosen).then(|| view! { <b class="chosen">{msg::kernel_chosen(lang)}</b> });
            view! {
                <label class="rung">
                    <input type="radio" name=name.clone() prop:checked=checked on:change=move |_| lab.entry.set(entry.clone())/>
                    <span><b>{version.version}</b>" "<code>{version.entry}</code>" "{chosen}</span>
                    {bar}
                    <span class="note">{words}</span>
                </label>
            }
            .into_any()
        };
        let all: Vec<AnyView> = book.versions.into_iter().zip(found).map(one).collect();
        Some(all)
    };
    // On the CPU tier the versions that ran are others than those in the text: they have a list of their own.
    let on_cpu = move || {
        let table = lab.ladder.table(tables::LADDER).filter(|_| lab.ladder.tier.get() == Some(Tier::Cpu))?;
        let entries = (0..table.rows.len()).filter_map(|i| table.text(i, "entry"));
        let rungs: Vec<(&str, Rung)> = entries.filter_map(|e| Some((e, rung(&table, e)?))).collect();
        let most = rungs.iter().map(|(_, r)| r.gflops).fold(0.0, f64::max);
        let one = |(entry, rung): &(&str, Rung)| {
            let chosen = rung.is_chosen.then(|| view! { <b class="chosen">{msg::kernel_chosen(lang)}</b> });
            view! {
                <li class="rung">
                    <span><code>{(*entry).to_owned()}</code>" "{chosen}</span>
                    <progress class="bar" max=most.to_string() value=rung.gflops.to_string() aria-hidden="true"></progress>
                    <span class="note">{measured(lang, rung)}</span>
                </li>
            }
            .into_any()
        };
        let all: Vec<AnyView> = rungs.iter().map(one).collect();
        Some(view! { <p class="hint">{msg::kernel_ladder_cpu(lang)}</p><ul class="ladder">{all}</ul> }.into_any())
    };
    view! { <fieldset class="ladder"><legend>{msg::kernel_ladder(lang)}</legend>{rungs}</fieldset><div role="status">{on_cpu}</div> }
        .into_any()
}

/// The kernel that the lab asks about.
const FIRST_KERNEL: &str = "matmul_int8";

fn first_book(all: &[Book]) -> Option<&Book> {
    all.iter().find(|b| b.kernel == FIRST_KERNEL).or(all.first())
}

/// The kernels on the shelf: choose one, step through its versions, read.
#[component]
pub(super) fn Source(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let all = Memo::new(move |_| lab.sources.table(tables::SOURCES).map(|t| books(&t)).unwrap_or_default());
    // The version of the address, or else the naive one of the kernel that the lab asks about.
    Effect::new(move || {
        let wanted = lab.entry.get();
        all.with(|all| {
            let holds = |b: &&Book| b.versions.iter().any(|v| v.entry == wanted);
            if let Some(book) = all.iter().find(holds) {
                lab.kernel.set(book.kernel.clone());
            } else if let Some(version) = first_book(all).and_then(|b| b.versions.first()) {
                lab.entry.set(version.entry.clone());
            }
        });
    });
    let place = Memo::new(move |_| all.with(|all| lab.kernel.with(|k| all.iter().position(|b| b.kernel == *k))));
    let book = Memo::new(move |_| all.with(|all| all.get(place.get()?).cloned()));
    let text = Signal::derive(move || book.with(|b| b.as_ref().map(|b| b.text.clone()).unwrap_or_default()));
    let here = Memo::new(move |_| -> Range<usize> { text.with(|t| lab.entry.with(|e| lines_of(t, e))) });
    let reads = Memo::new(move |_| text.with(|t| lab.entry.with(|e| reads::of(t, e))));
    let label = Signal::derive(move || lab.kernel.with(|k| msg::kernel_source_of(lang, k)));
    let choose = Callback::new(move |i: usize| {
        let first = all.with_untracked(|all| all.get(i).and_then(|b| b.versions.first()).map(|v| v.entry.clone()));
        if let Some(entry) = first {
            lab.entry.set(entry);
        }
    });
    let climb = Callback::new(move |()| {
        let task = Task::Ladder { kernel: lab.kernel.get_untracked(), config: lab.config.get_untracked() };
        lab.runner.run(lab.ladder, &Command::Kernel { task });
    });
    // What has a ladder: the products.
    let is_product = move || lab.kernel.with(|k| k.starts_with("matmul_"));
    let edit = move |_| {
        lab.bench.set(lab.kernel.get_untracked());
        if let Some(place) = document().get_element_by_id("workshop") {
            place.scroll_into_view();
        }
    };
    let shelf = move || {
        let names = all.with(|all| all.iter().map(|b| b.kernel.clone()).collect::<Vec<_>>());
        (!names.is_empty()).then(|| {
            let selected = Signal::derive(move || place.get().unwrap_or(0));
            view! { <Select label=msg::kernel_pick(lang) options=names selected on_select=choose/> }.into_any()
        })
    };
    let hint = move || match lab.sources.tier.get() {
        Some(Tier::Cpu) => msg::kernel_source_hint_cpu(lang),
        _ => msg::kernel_source_hint(lang),
    };
    let lines = move || here.with(|h| msg::kernel_lines(lang, &(h.start + 1).to_string(), &h.end.to_string()));
    view! {
        <section class="fig source" aria-labelledby="source">
            <div class="head"><h2 id="source">{msg::kernel_source(lang)}</h2><span class="note">{lines}</span></div>
            <p class="hint">{hint}</p>
            <div class="shelf">
                <div class="side">
                    {shelf}
                    {ladder(lab, lang, book)}
                    <div hidden=move || !is_product()>
                        <RunButton view=lab.ladder label=msg::kernel_climb(lang) on_run=climb/>
                    </div>
                    <button type="button" class="quiet" on:click=edit>{msg::kernel_edit(lang)}</button>
                    <Diagram reads=reads.into()/>
                </div>
                <CodeView text here label/>
            </div>
        </section>
    }
    .into_any()
}
