// The fine-tuning lab as a student uses it: guess, train, read the table, stop, share, bring a file. Everything here runs on
// the CPU tier with a few steps: what is learned is a matter of the native tests.

import assert from "node:assert/strict";

import { inEachBrowser } from "./driver.mjs";

/** What a busy test machine may add to the 300 ms. */
const SLACK_MILLIS = 150;
/** The trainer is a large wasm, and the first step compiles. */
const PATIENT = { timeout: 240_000 };

const DEFAULT = {
  methods: ["full", "lora"],
  data: { subject: "sentiment", tongue: "english", examples: 16, tested: 12, file: "" },
  train: { optimizer: "adam_w", rate: 0, schedule: "cosine", warmup_percent: 10, weight_decay: 0, clip: 1, steps: 4, batch: 4, accumulate: 1, patience: 0, mask_prompt: true, mixed_precision: false, checkpointing: false },
  peft: {
    lora: { rank: 2, alpha: 4, dropout: 0, targets: ["query", "value"], rank_stabilized: false },
    adapter: { placement: "houlsby", bottleneck: 4, activation: "relu", residual: true },
    prompt: { tokens: 4, text: "" },
    prefix: { tokens: 4, hidden: 16 },
  },
  seed: 1,
  seeds: 1,
};

/** A share link as the page makes it. */
function link(over = {}) {
  const config = structuredClone(DEFAULT);
  for (const [key, value] of Object.entries(over)) config[key] = typeof value === "object" && !Array.isArray(value) ? { ...config[key], ...value } : value;
  return `v1.${Buffer.from(JSON.stringify(config)).toString("base64url")}`;
}

/** The configuration in the address. */
function state(visit) {
  const c = new URL(visit.page.url()).searchParams.get("c");
  return JSON.parse(Buffer.from(c.slice(3), "base64url"));
}

/** Waits until the task was looked at. */
const looked = (visit) => visit.page.waitForSelector(".task .example", PATIENT);

const press = (visit, selector) => visit.page.evaluate((s) => document.querySelector(s).click(), selector);

/** Waits until so many methods have a row and nothing trains; the rows as texts. */
async function trained(visit, methods) {
  await visit.page.waitForFunction(
    (n) => document.querySelectorAll("section[aria-labelledby=numbers] tbody tr").length === n && !document.querySelector(".panel .run .go.stop"),
    { ...PATIENT, polling: 100 },
    methods,
  );
  return visit.page.$$eval("section[aria-labelledby=numbers] tbody tr", (all) => all.map((tr) => [...tr.cells].map((cell) => cell.innerText.trim())));
}

/** Opens every chapter, as a reader who wants all of it. */
const openChapters = (visit) => visit.page.evaluate(() => document.querySelectorAll(".chapter > details").forEach((d) => (d.open = true)));

/** A number as the page writes it in English. */
const number = (text) => Number(text.replace("−", "-").replace(/[^\d.-]/g, ""));

const open = { path: "tune/", lang: "en", tier: "cpu", query: { c: link() }, timeout: 480_000 };

inEachBrowser("two methods are trained, and everything that was measured is on the page", open, async (visit) => {
  // Before anything runs: the counts of parameters, by the papers' formulas.
  await visit.see(/1,443,456 · 100\s%/, { within: ".toggles" });
  await visit.see(`${6 * 2 * (256 + 192)} · `, { within: ".toggles" });
  await looked(visit);
  await visit.press("Train 2 methods");
  const rows = await trained(visit, 2);
  assert.deepEqual(rows.map((row) => row[0]), ["Full fine-tuning", "LoRA"]);
  assert.equal(number(rows[0][1].split("(")[0]), 1_443_456);
  for (const row of rows) {
    assert.match(row[3], /^\d+\.\d\s%\s*\(\d+–\d+\)$/, "accuracy with its interval");
    assert.match(row[4], /^\d+\.\d\s%$/, "tokens");
    assert.ok(number(row[6]) > 0, `${row[6]} ms a step`);
  }
  // A chapter is one line with what was found, until it is opened.
  await visit.see(/from .*MiB.*to .*MiB/, { within: "section[aria-labelledby=ledger] summary" });
  await visit.see(/×\d\.\d\d \(.+\) to ×/, { within: "section[aria-labelledby=forgetting] summary" });
  assert.ok((await visit.text("section[aria-labelledby=ledger]")).length < 120, "folded");
  await openChapters(visit);
  // Curves with points, bars of memory, answers, the microscope, forgetting.
  assert.ok((await visit.page.$$(".curves svg path")).length > 4);
  await visit.see(/optimizer/, { within: "section[aria-labelledby=ledger]" });
  await visit.see(/Expected/, { within: "section[aria-labelledby=answers]" });
  await visit.see(/of its change/, { within: "section[aria-labelledby=spectrum]" });
  assert.ok((await visit.page.$$(".heat-table td")).length > 3, "the overlap of full fine-tuning and LoRA");
  await visit.see(/forgets most/, { within: "section[aria-labelledby=forgetting]" });
  await visit.see(/about .+\s(ms|s)/, { within: ".panel" });
  // The formula's bar stands below the measured one.
  await visit.see(/by the formula/, { within: "section[aria-labelledby=ledger]" });
  await visit.see(/[Bb]etween \d\.\d\d and \d\.\d\d times/, { within: "section[aria-labelledby=ledger]" });
  // Both are kept; one gets another name, and the other is forgotten.
  await visit.page.waitForFunction(() => document.querySelectorAll(".kept-run").length >= 2, PATIENT);
  const kept = (await visit.page.$$(".kept-run")).length;
  await visit.set(".kept-run:last-child input", "Mine");
  await visit.page.waitForFunction(() => document.querySelector(".kept-run:last-child input").value === "Mine" && document.querySelector(".kept-run:last-child .danger").getAttribute("aria-label").includes("Mine"), PATIENT);
  await visit.press("Delete: Mine");
  await visit.page.waitForFunction((n) => document.querySelectorAll(".kept-run").length === n, PATIENT, kept - 1);
});

inEachBrowser("the page begins with the guess and one thing to do, and the lecture's figures need no run", { path: "tune/", lang: "en", tier: "cpu", viewport: [1440, 900], timeout: 480_000 }, async (visit) => {
  const big = () => visit.page.$$eval(".go", (all) => all.filter((b) => b.checkVisibility() && b.getBoundingClientRect().top < innerHeight).map((b) => b.innerText));
  await looked(visit);
  assert.deepEqual(await big(), ["Train the six methods"]);
  for (const id of ["curves", "numbers", "central"]) assert.equal(await visit.page.$eval(`section[aria-labelledby=${id}]`, (e) => e.checkVisibility()), false, id);
  // The same formula as in the ledger, for models that nobody trains here.
  await visit.press(/^And with a real model\?/);
  await visit.see(/LLaMA-65B without QLoRA\. The lecture: 130 GB\. The formula: 130\.6\sGB/, { within: "section[aria-labelledby=large]" });
  await visit.see(/The lecture: 48 GB\. The formula: 49\.5\sGB/, { within: "section[aria-labelledby=large]" });
  await visit.see(/37,748,736, 0\.022\s%/, { within: "section[aria-labelledby=large]" });
  const lora = () => visit.page.$eval("section[aria-labelledby=large] tbody tr:nth-child(4) td:last-child", (e) => e.innerText);
  const before = await lora();
  await visit.press("Change the experiment");
  await visit.press("LoRA and QLoRA");
  await visit.set(".panel input[type=range][aria-label='Rank r']", 0);
  await visit.page.waitForFunction((before) => document.querySelector("section[aria-labelledby=large] tbody tr:nth-child(4) td:last-child").innerText !== before, PATIENT, before);
  assert.ok(number(await lora()) < number(before), `rank 1 trains less of GPT-3 than rank 8: ${before}`);
});

inEachBrowser("the guesses are judged by the run", { ...open, query: { c: link({ methods: ["full", "lora", "qlora", "adapter", "prompt", "prefix"], train: { steps: 1 } }) } }, async (visit) => {
  await looked(visit);
  assert.equal(await visit.page.$eval(".lab-page > .ask > .go", (button) => button.disabled), true, "no run without a guess");
  for (const i of [0, 1, 2]) {
    await visit.page.evaluate((i) => {
      const select = document.querySelectorAll(".guesses select")[i];
      select.value = "4";
      select.dispatchEvent(new Event("change", { bubbles: true }));
    }, i);
  }
  await press(visit, ".lab-page > .ask > .go");
  await trained(visit, 6);
  await visit.page.waitForFunction(() => document.querySelectorAll(".lab-page > .ask .verdict b").length === 3, PATIENT);
  const verdicts = await visit.texts(".lab-page > .ask .verdict");
  assert.match(verdicts[2], /right.*Prompt tuning/s, "nothing is smaller than a few vectors");
});

/** One short training. */
const SHORT = { methods: ["lora"], data: { examples: 4, tested: 6 }, train: { steps: 2 } };

/** Starts the comparison in the panel. */
const train = (visit) => press(visit, ".panel .run .go");

inEachBrowser("the GPU tier trains to the numbers of the CPU tier", { ...open, query: { c: link(SHORT) } }, async (visit) => {
  const row = async () => {
    await looked(visit);
    await train(visit);
    return (await trained(visit, 1))[0];
  };
  const onCpu = await row();
  await visit.go("tune/", { lang: "en", tier: "gpu", c: link(SHORT) });
  await visit.see(/GPU/, { within: "header", ...PATIENT });
  const onGpu = await row();
  // Method, parameters, the lecture's figure, whole answers, tokens, what it saw.
  assert.deepEqual(onGpu.slice(0, 6), onCpu.slice(0, 6));
  const perplexities = (row) => row.at(-1).split("→").map(number);
  for (const [at, there] of perplexities(onGpu).entries()) {
    const here = perplexities(onCpu)[at];
    assert.ok(Math.abs(there - here) <= 0.01 * here, `perplexity ${there} on the GPU tier, ${here} on the CPU tier`);
  }
});

inEachBrowser("two tabs train at the same time, and both trainings are kept", { ...open, query: { c: link(SHORT) } }, async (visit) => {
  // Long enough to be kept in the middle, in the one place that both have for that.
  const of = (seed) => link({ ...SHORT, seed, train: { steps: 26 } });
  const page = await visit.page.browserContext().newPage();
  const url = new URL(visit.page.url());
  url.searchParams.set("c", of(2));
  await page.goto(url.href);
  await visit.go("tune/", { lang: "en", tier: "cpu", c: of(1) });
  const tabs = [visit, { page }];
  for (const tab of tabs) await looked(tab);
  for (const tab of tabs) await train(tab);
  for (const tab of tabs) {
    const [row] = await trained(tab, 1);
    assert.equal(row[0], "LoRA");
  }
  await page.close();
  await visit.go("tune/", { lang: "en", tier: "cpu", c: of(1) });
  await looked(visit);
  await openChapters(visit);
  await visit.page.waitForFunction(() => document.querySelectorAll(".kept-run").length === 2, PATIENT);
});

inEachBrowser("Stop ends a training within 300 ms and keeps its curves", { ...open, query: { c: link({ methods: ["lora"], train: { steps: 2000 } }) } }, async (visit) => {
  await looked(visit);
  await train(visit);
  await visit.page.waitForFunction(() => document.querySelector(".panel .run .go.stop") && !document.querySelector(".curves .swept").hidden, PATIENT);
  const millis = await visit.page.evaluate(() => new Promise((resolve) => {
    const begun = performance.now();
    const look = () => document.querySelector(".panel .run .go.stop") ? setTimeout(look, 5) : resolve(performance.now() - begun);
    document.querySelector(".panel .run .go.stop").click();
    look();
  }));
  assert.ok(millis <= 300 + SLACK_MILLIS, `${millis} ms`);
  assert.equal(await visit.page.$eval(".curves .swept", (e) => e.hidden), false);
  // The engine lives on.
  await visit.set(".panel input[type=range][aria-label=Steps]", 0);
  await train(visit);
  await trained(visit, 1);
});

inEachBrowser("the address carries the whole state, and a broken one explains itself", open, async (visit) => {
  await looked(visit);
  await visit.press(/^Prompt tuning/);
  await visit.page.waitForFunction(() => new URLSearchParams(location.search).get("c")?.length > 100, PATIENT);
  await new Promise((resolve) => setTimeout(resolve, 800));
  assert.deepEqual(state(visit), { ...DEFAULT, methods: ["full", "lora", "prompt"] });
  const shared = new URL(visit.page.url()).searchParams.get("c");
  await visit.go("tune/", { lang: "en", tier: "cpu", c: shared });
  await visit.see(/Train 3 methods/, { within: ".panel" });
  for (const [broken, reason] of [["v1.%%%", /incomplete or altered/], ["v9.abcd", /version/], [link({ seeds: 9 }), /between/]]) {
    await visit.go("tune/", { lang: "en", tier: "cpu", c: broken });
    await visit.see(reason);
    await visit.see(/Train the six without a guess/, { within: ".panel" });
  }
});

inEachBrowser("a file of one's own is shown, and a broken one is named by its line", { ...open, query: { c: link({ data: { subject: "own", file: "" } }) } }, async (visit) => {
  await visit.see(/Open a file with your examples first/, { within: ".panel" });
  const row = (i) => `"the day number ${i} was ${i % 2 ? "good" : "bad"}",${i % 2 ? "yes" : "no"}`;
  const rows = Array.from({ length: 30 }, (_, i) => row(i)).join("\n");
  await visit.dropFile(".drop", { name: "mine.csv", bytes: `text,label\n${rows}\n` });
  await looked(visit);
  await visit.see(/the day number/, { within: ".task" });
  assert.match(await visit.text(".panel .file-name"), /mine/);
  await visit.dropFile(".drop", { name: "bad.csv", bytes: `text,label\n${rows}\nno,too,many,cells\n` });
  await visit.see(/bad\.csv.*32/s, { within: ".task", ...PATIENT });
});

for (const lang of ["es", "en"]) {
  inEachBrowser(`a finished page fits 360 px and is accessible, ${lang}`, { ...open, lang, viewport: [360, 740] }, async (visit) => {
    await looked(visit);
    await train(visit);
    await trained(visit, 2);
    await visit.page.evaluate(() => document.querySelectorAll("details").forEach((d) => (d.open = true)));
    const [content, screen] = await visit.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
    assert.ok(content <= screen, `${content} px on a screen of ${screen}`);
    await visit.isAccessible();
  });
}
