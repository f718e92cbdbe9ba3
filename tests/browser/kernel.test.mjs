// The kernel lab as a student uses it: guess, run, slide, read the source, break it, mend it. Tiny shapes, mostly on the
// CPU tier: what is tried here is the page; the kernels have tests of their own.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";

import { BROWSERS, inEachBrowser } from "./driver.mjs";

const NUMBERS = "section[aria-labelledby=numbers] table.data tbody";
const EDITOR = ".workshop .paper textarea";
const FORMATS = ["FP32", "FP16", "INT8", "W8A8", "INT4", "NF4"];
/** What a busy test machine may add to the 300 ms. */
const SLACK_MILLIS = 150;
/** Two cores also run a browser, a server and this test. */
const PATIENT = { timeout: 120_000 };

/** A share link as the page makes it. */
function link(over = {}) {
  const config = {
    batch: 1, inputs: 96, outputs: 64, formats: ["fp32", "fp16", "int8", "w8a8", "int4", "nf4"], group: 32,
    asymmetric: false, double_quant: false, rank: 0, seed: 1, ...over,
  };
  return `v1.${Buffer.from(JSON.stringify(config)).toString("base64url")}`;
}

const rows = (visit) => visit.page.$$eval(`${NUMBERS} tr`, (all) => all.map((tr) => [...tr.cells].map((td) => td.innerText.trim())));

/** Measures and waits until the sweep over all batch sizes is over as well. */
async function measure(visit) {
  await visit.press("Measure the six formats");
  await visit.page.waitForFunction(() => !document.querySelector(".roofline .run .go.stop") && document.querySelectorAll("section[aria-labelledby=numbers] tbody tr").length === 6, PATIENT);
}

/** Writes into the editor as a person does who replaces everything. */
async function write(visit, text) {
  await visit.find(EDITOR);
  await visit.page.focus(EDITOR);
  await visit.page.$eval(EDITOR, (area, text) => {
    area.select();
    document.execCommand("insertText", false, text);
  }, text);
}

inEachBrowser("six formats are measured, within their tolerance", { path: "kernel/", lang: "en", tier: "cpu", query: { c: link() }, timeout: 200_000 }, async (visit) => {
  await measure(visit);
  const shown = await rows(visit);
  assert.deepEqual(shown.map((r) => r[0]), FORMATS);
  for (const row of shown) {
    assert.match(row[9], /✓/, `${row[0]}: the error is within what rounding explains: ${row[9]}`);
    assert.ok(parseFloat(row[1]) > 0, row.join(" | "));
  }
  await visit.see("Measured on the CPU", { within: ".roofline" });
});

// Where the adapter is software, the health check alone takes most of this; the sweep is not waited for.
inEachBrowser("two formats are measured on the GPU", { path: "kernel/", lang: "en", tier: "gpu", query: { c: link({ formats: ["fp32", "int8"] }) }, timeout: 200_000 }, async (visit) => {
  await visit.press("Measure the six formats");
  await visit.page.waitForFunction(() => document.querySelectorAll("section[aria-labelledby=numbers] tbody tr").length === 2, PATIENT);
  for (const row of await rows(visit)) assert.match(row[9], /✓/, row.join(" | "));
  await visit.see("Measured on the GPU", { within: ".roofline" });
});

inEachBrowser("the batch slider makes the points travel, and the table follows", { path: "kernel/", lang: "en", tier: "cpu", query: { c: link() }, timeout: 300_000 }, async (visit) => {
  await measure(visit);
  const place = () => visit.page.$$eval(".roofline .plot svg text", (all) => all.filter((t) => t.textContent === "FP32").map((t) => t.getAttribute("x")).join());
  const before = await place();
  assert.notEqual(before, "", "points are labelled");
  await visit.set(".roofline input[type=range]", "8");
  await visit.see("batch 256", { within: ".roofline" });
  await visit.page.waitForFunction((before) => [...document.querySelectorAll(".roofline .plot svg text")].filter((t) => t.textContent === "FP32").map((t) => t.getAttribute("x")).join() !== before, PATIENT, before);
  // Where the sweep is still on its way, its row for this batch comes a little later.
  await visit.page.waitForFunction((selector) => document.querySelectorAll(`${selector} tr`).length === 6, PATIENT, NUMBERS);
  // A batch between the stops is measured by itself.
  await visit.set(".roofline .typed input", "5");
  await visit.page.waitForFunction(() => document.querySelectorAll("section[aria-labelledby=numbers] tbody tr").length === 6 && /batch 5\b/.test(document.querySelector("section[aria-labelledby=numbers]").innerText), PATIENT);
});

inEachBrowser("predict, run, explain: the answer is read off the measurement", { path: "kernel/", lang: "en", tier: "cpu", timeout: 300_000 }, async (visit) => {
  const button = ".ask .go";
  await visit.find(button);
  assert.equal(await visit.page.$eval(button, (b) => b.disabled), true, "first a guess");
  await visit.press("INT4");
  await visit.press("Run and check");
  await visit.see(/You were right|You said/, { within: ".ask .answer", ...PATIENT });
  await visit.see("times", { within: ".bars" });
});

inEachBrowser("the address carries the state, and a broken one explains itself", { path: "kernel/", lang: "en", tier: "cpu", query: { c: link({ outputs: 37 }) } }, async (visit) => {
  await visit.find(".panel .typed input");
  assert.equal(await visit.page.$$eval(".panel .typed input", (all) => all.some((i) => i.value === "37")), true);
  await visit.set(".roofline input[type=range]", "3");
  await visit.page.waitForFunction(() => location.search.includes("c=v1."));
  await visit.page.waitForFunction(() => {
    const text = new URL(location.href).searchParams.get("c").slice(3).replace(/-/g, "+").replace(/_/g, "/");
    return JSON.parse(atob(text)).batch === 8;
  });
  for (const [broken, reason] of [["v1.%%%", /incomplete or altered/], [link({ batch: 4096 }), /between/], [link({ formats: ["int8", "int8"] }), /combined/]]) {
    await visit.go("kernel/", { lang: "en", tier: "cpu", c: broken });
    await visit.see(reason);
  }
});

inEachBrowser("the source is the text that ran, version by version", { path: "kernel/", lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find(".source .code .line", PATIENT);
  await visit.find(".source .rung");
  const code = await visit.text(".source .code pre");
  assert.match(code, /@compute/);
  const entry = await visit.text(".source .rung:has(:checked) code");
  await visit.page.waitForFunction(() => document.querySelectorAll(".source .code .line.here").length > 2);
  assert.match(await visit.page.$$eval(".source .code .here", (all) => all.map((l) => l.textContent).join("\n")), new RegExp(`fn ${entry}\\b`));
  await visit.page.waitForFunction((entry) => new URL(location.href).searchParams.get("source") === entry, {}, entry);
});

inEachBrowser("what is written stays, is marked at its line, can be undone and restored", { path: "kernel/", lang: "en", tier: "cpu", timeout: 300_000 }, async (visit) => {
  await visit.find(EDITOR, PATIENT);
  const original = await visit.page.$eval(EDITOR, (area) => area.value);
  await write(visit, "// <img src=x onerror=document.title='owned'>\nfn broken() {\n    let x = nothing_here;\n}\n");
  await visit.press("Check without running");
  await visit.see("Line 3", { within: ".faults", ...PATIENT });
  assert.equal(await visit.page.$$eval(".workshop .line.faulty", (all) => all.map((l) => l.textContent.includes("nothing_here")).join()), "true");
  assert.notEqual(await visit.page.title(), "owned");
  await visit.isAccessible();
  // A reload loses nothing.
  await new Promise((resolve) => setTimeout(resolve, 500));
  await visit.go("kernel/", { lang: "en", tier: "cpu" });
  await visit.find(EDITOR, PATIENT);
  assert.match(await visit.page.$eval(EDITOR, (area) => area.value), /nothing_here/);
  await visit.press("Restore");
  await visit.page.waitForFunction((selector, text) => document.querySelector(selector).value === text, {}, EDITOR, original);
  await visit.page.$eval(EDITOR, () => document.execCommand("undo"));
  assert.match(await visit.page.$eval(EDITOR, (area) => area.value), /nothing_here/, "Restore can be undone");
});

inEachBrowser("Tab indents, and Escape lets the keyboard out", { path: "kernel/", lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find(EDITOR, PATIENT);
  await write(visit, "a");
  await visit.page.keyboard.press("Tab");
  assert.equal(await visit.page.$eval(EDITOR, (area) => area.value), "a   ");
  await visit.page.keyboard.press("Escape");
  await visit.page.keyboard.press("Tab");
  assert.notEqual(await visit.page.evaluate(() => document.activeElement.tagName), "TEXTAREA");
});

inEachBrowser("a puzzle's skeleton is judged shape by shape, and hints come one at a time", { path: "kernel/", lang: "en", tier: "cpu", timeout: 300_000 }, async (visit) => {
  await visit.find(EDITOR, PATIENT);
  await visit.press(/Hint 1 of \d/);
  assert.equal((await visit.texts(".hints li")).length, 1);
  await visit.press("Run and mark");
  await visit.see(/wrong/, { within: ".verdicts", ...PATIENT });
  await visit.see(/interpreter/, { within: ".verdicts" });
  assert.equal(await visit.page.$$eval(".puzzle .good:not(:empty)", (all) => all.length), 0, "nothing is solved yet");
});

/** The model solution of the first puzzle, from the sources: it is never sent to the page. */
const solution = () => readFile(new URL("../../src/labs/kernel/puzzles/dequantize_int8_solution.wgsl", import.meta.url), "utf8");

inEachBrowser("a puzzle that is solved is accepted on every shape, and stays solved", { path: "kernel/", lang: "en", tier: "cpu", timeout: 120_000 }, async (visit) => {
  await visit.find(EDITOR, PATIENT);
  await write(visit, await solution());
  await visit.press("Run and mark");
  await visit.see("All correct", { within: ".verdicts", ...PATIENT });
  await visit.see("Solved", { within: ".puzzles" });
  await visit.go("kernel/", { lang: "en", tier: "cpu" });
  await visit.see("Solved", { within: ".puzzles", ...PATIENT });
});

inEachBrowser("a loop that never ends is stopped at its line, and the text stays", { path: "kernel/", lang: "en", tier: "cpu", timeout: 120_000 }, async (visit) => {
  await visit.find(EDITOR, PATIENT);
  const text = (await solution()).replace("k++", "k += 0u");
  await write(visit, text);
  await visit.press("Run and mark");
  const line = text.split("\n").findIndex((l) => l.includes("k += 0u")) + 1;
  await visit.see(`Line ${line}`, { within: ".faults", ...PATIENT });
  assert.equal(await visit.page.$eval(EDITOR, (area) => area.value), text);
});

/** What stands in the editor. */
const written = (visit) => visit.page.$eval(EDITOR, (area) => area.value);
/** A row is gone over eight times more than it must be; still right. */
const WASTE = `var highest = LOWEST;
    var waste = 0.0;
    for (var again = 0u; again < 8u; again++) {
        for (var i = begin; i < end; i++) { waste += x[i] * x[i]; }
    }
    if waste < 0.0 { return; }`;

/** Opens a kernel of ours in the workshop and replaces a piece of its text. */
async function edit(visit, from, to) {
  await visit.find(EDITOR, PATIENT);
  const original = await written(visit);
  assert.ok(original.includes(from), `no ${from}`);
  const text = original.replace(from, to);
  await write(visit, text);
  return text;
}

inEachBrowser("a kernel of ours that was changed is compared shape by shape, and its work is counted beside ours", { path: "kernel/", lang: "en", tier: "cpu", query: { work: "softmax" }, timeout: 300_000 }, async (visit) => {
  await edit(visit, "var highest = LOWEST;", WASTE);
  await visit.press("Run and compare");
  await visit.see("All correct", { within: ".verdicts", ...PATIENT });
  const said = await visit.see("Work counted", { within: ".verdicts" });
  assert.match(said, /A count is not a time/);
  assert.match(said, /softmax_v1/);
  assert.match(said, /67 × 37/, "shapes are named");
  assert.doesNotMatch(said, /\bms\b/, "an interpreter shows no times");
  assert.equal((await visit.texts(".stages .passed")).length, 4, "written, valid, right, beside ours");
  await visit.see(/instructions of ours/, { within: ".stages" });
  await visit.isAccessible();
  // Right by luck on no shape: the share is forgotten.
  const wrong = await edit(visit, "p[i] = p[i] * share;", "p[i] = p[i];");
  await visit.press("Run and compare");
  await visit.see(/wrong at \d+ × \d+/, { within: ".stages", ...PATIENT });
  await visit.see("Not yet", { within: ".verdicts" });
  assert.equal(await written(visit), wrong);
  await visit.seeNoMore("Work counted", { within: ".verdicts" });
});

inEachBrowser("la comparación se lee en español", { path: "kernel/", lang: "es", tier: "cpu", query: { work: "gelu" }, timeout: 200_000 }, async (visit) => {
  await edit(visit, "y[i] = 0.5 * v", "y[i] = v * 0.5");
  await visit.press("Ejecutar y comparar");
  await visit.see("Todo correcto", { within: ".verdicts", ...PATIENT });
  await visit.see("Un recuento no es un tiempo", { within: ".verdicts" });
  await visit.see("Acierta en cada forma", { within: ".stages" });
});

inEachBrowser("Stop ends a comparison within 300 ms, and the text stays", { path: "kernel/", lang: "en", tier: "cpu", query: { work: "group_scale_search" }, timeout: 200_000 }, async (visit) => {
  await visit.find(EDITOR, PATIENT);
  const text = await written(visit);
  await visit.press("Run and compare");
  // In the midst of its work: the first verdict is there.
  await visit.page.waitForFunction(() => document.querySelector(".verdicts tbody tr"), PATIENT);
  const millis = await visit.page.evaluate(() => new Promise((resolve) => {
    const begun = performance.now();
    document.querySelector(".workshop .run .go").click();
    const look = () => /Stopped/.test(document.querySelector(".workshop").innerText) ? resolve(performance.now() - begun) : setTimeout(look, 5);
    look();
  }));
  assert.ok(millis <= 300 + SLACK_MILLIS, `${millis} ms`);
  assert.equal(await written(visit), text);
  // The next run finds a worker.
  await visit.press("Check without running");
  await visit.see("valid WGSL", { within: ".workshop", ...PATIENT });
});

// Where the adapter is software, the health check takes most of this.
inEachBrowser("a right version is timed beside ours on the GPU", { path: "kernel/", lang: "en", tier: "gpu", query: { work: "softmax", c: link() }, timeout: 300_000 }, async (visit) => {
  await edit(visit, "var highest = LOWEST;", WASTE);
  await visit.press("Run and compare");
  await visit.see(/than ours|as fast as ours/, { within: ".verdicts", timeout: 250_000 });
  await visit.see("Medians of 9 measurements", { within: ".verdicts" });
  assert.equal((await visit.texts(".stages .passed")).length, 4);
});

// A real driver resets a GPU that does not answer; a software GPU goes on with the loop, so the test does what a driver
// would. llvmpipe, below Firefox, ends every loop by itself. The interpreter sees the ragged shapes only, and there this
// loop ends.
inEachBrowser("a shader that never ends at the lab's shape is ended after 3 s, and the text stays", { path: "kernel/", lang: "en", tier: "gpu", query: { work: "softmax", c: link({ inputs: 1024 }) }, timeout: 300_000, browsers: BROWSERS.filter((name) => name === "chromium") }, async (visit) => {
  const text = await edit(visit, "var highest = LOWEST;", "var highest = LOWEST;\n    var turns = 0u;\n    while params.cols > 600u { turns = (turns + 1u) % 7u; p[begin] = f32(turns); if turns > 9u { break; } }");
  await visit.press("Run and compare");
  await visit.see(/did not come to an end within 3 seconds/, { within: ".workshop", timeout: 250_000 });
  assert.equal(await written(visit), text);
  const browser = await visit.page.browser().target().createCDPSession();
  await browser.send("Browser.crashGpuProcess");
  await visit.go("kernel/", { lang: "en", tier: "cpu", work: "softmax" });
  await visit.find(EDITOR, PATIENT);
  assert.equal(await written(visit), text, "the text outlives the page");
});
