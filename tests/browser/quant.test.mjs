// The quantization lab as a student uses it: real files, numbers against a reference computed apart, both tiers, faults.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { join } from "node:path";

import { inEachBrowser, preludes } from "./driver.mjs";

const FIXTURES = join(fileURLToPath(new URL(".", import.meta.url)), "../fixtures");
const REFERENCE = JSON.parse(await readFile(join(FIXTURES, "page_reference.json"), "utf8"));
const FILE = { path: join(FIXTURES, "page.safetensors") };
const NUMBERS = "section[aria-labelledby=numbers] table.data tbody";
/** The columns of the table of numbers that the reference holds too, and how many digits the page shows of each. */
const COLUMNS = { bits_per_weight: [1, 0.001], sqnr_db: [4, 0.05], mse: [5, 0.01], max_error: [6, 0.01], cosine: [7, 0.00001] };

/** Two cores also run a browser, a server and this test while the page is timed. */
const SLACK_MILLIS = 100;

/** A number as the page writes it in English: `6.18·10⁻⁵`, `−0.5`. */
function number(text) {
  const plain = text.replace("−", "-").replace(/,/g, "").replace(/[⁰¹²³⁴-⁹⁻]+/, (s) => [...s].map((c) => (c === "⁻" ? "-" : "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(c))).join(""));
  const [, mantissa, exponent] = /^(-?[\d.]+)(?:·10(-?\d+))?/.exec(plain) ?? assert.fail(`not a number: ${text}`);
  return Number(mantissa) * 10 ** Number(exponent ?? 0);
}

const rows = (visit) => visit.page.$$eval(`${NUMBERS} tr`, (all) => all.map((tr) => [...tr.cells].map((td) => td.innerText.trim())));

/** Waits until the run of this moment is over and its numbers are there. */
async function measured(visit, timeout = 60_000) {
  await visit.see(/Done in|Hecho en/, { within: ".run .said", timeout });
  return rows(visit);
}

/** A share link as the page makes it. */
function link(config) {
  return `v1.${Buffer.from(JSON.stringify(config)).toString("base64url")}`;
}

/** Three formats that the reference covers, on a small seeded matrix. */
function seeded(over = {}) {
  const plain = { symmetry: "symmetric", rounding: "nearest", scale_rule: "abs_max" };
  return {
    source: { seeded: { distribution: "gaussian", rows: 48, cols: 64, seed: 3, outlier_channels: 1, outlier_scale: 8, ...over } },
    formats: [
      { format: { int: 8 }, granularity: { group: 32 }, scale_storage: "f16", ...plain },
      { format: { int: 4 }, granularity: { group: 32 }, scale_storage: "f16", ...plain },
      { format: "nf4", granularity: { block: 64 }, scale_storage: "f32", ...plain },
    ],
    activations: { seeded: { seed: 1 } },
    view: { row: 0, col: 0, rows: 0, cols: 0, selected: 1 },
  };
}

for (const tier of ["cpu", "gpu"]) {
  inEachBrowser(`a dropped safetensors file gives the reference's numbers for every dtype, ${tier}`, { path: "quant/", lang: "en", tier, query: { c: link(seeded()) }, timeout: 400_000 }, async (visit) => {
    await measured(visit, 200_000);
    await visit.see(tier === "gpu" ? /GPU|SwiftShader|llvmpipe/i : "CPU", { within: "header" });
    await visit.press("From a file");
    await visit.dropFile(".drop", FILE);
    for (const [name, { formats }] of Object.entries(REFERENCE)) {
      await visit.see(name, { within: ".tensors" });
      const before = await visit.text(NUMBERS);
      await visit.press(new RegExp(name.replaceAll(".", "\\.")));
      await visit.page.waitForFunction((selector, before) => document.querySelector(selector)?.innerText !== before, { timeout: 60_000 }, NUMBERS, before);
      const shown = await measured(visit);
      assert.equal(shown.length, 3);
      formats.forEach((expected, row) => {
        for (const [column, [cell, tolerance]] of Object.entries(COLUMNS)) {
          const got = number(shown[row][cell]);
          const allowed = column === "mse" || column === "max_error" ? tolerance * expected[column] : tolerance;
          assert.ok(Math.abs(got - expected[column]) <= allowed, `${name}, row ${row}, ${column}: the page says ${shown[row][cell]}, the reference ${expected[column]}`);
        }
      });
    }
    await visit.see("contador", { within: ".tensors" });
  });
}

inEachBrowser("the page's own model is a source, fetched only when it is asked for", { path: "quant/", lang: "en", tier: "cpu", query: { c: link(seeded()) } }, async (visit) => {
  await measured(visit);
  const fetched = () => visit.log.filter(({ path }) => path.endsWith("model.safetensors")).length;
  assert.equal(fetched(), 0);
  const before = await visit.text(NUMBERS);
  await visit.press("From the model");
  await visit.page.waitForFunction((selector, before) => document.querySelector(selector)?.innerText !== before, { timeout: 60_000 }, NUMBERS, before);
  await visit.see("128 × 128", { within: ".pictures" });
  await visit.page.waitForFunction(() => [...document.querySelectorAll("select option")].filter((o) => /mlp\.down_proj/.test(o.textContent)).length === 6, { timeout: 60_000 });
  assert.equal(fetched(), 1);
});

inEachBrowser("both tiers show the same numbers", { path: "quant/", lang: "en", tier: "cpu", query: { c: link(seeded()) }, timeout: 400_000 }, async (visit) => {
  const cpu = await measured(visit);
  await visit.go("quant/", { lang: "en", tier: "gpu", c: link(seeded()) });
  const gpu = await measured(visit, 200_000);
  assert.deepEqual(gpu.map((r) => r.slice(0, 5)), cpu.map((r) => r.slice(0, 5)));
});

inEachBrowser("a sweep names what nothing beats", { path: "quant/", lang: "en", tier: "cpu", query: { c: link(seeded()) } }, async (visit) => {
  await measured(visit);
  await visit.press("Sweep every format");
  const text = await visit.see(/Pareto|front/i);
  assert.ok(/NF4/.test(text) && /INT3/.test(text));
});

inEachBrowser("the address carries the whole state, and a broken one explains itself", { path: "quant/", lang: "en", tier: "cpu", query: { c: link(seeded({ rows: 37, cols: 41 })) } }, async (visit) => {
  await measured(visit);
  assert.match(await visit.text("main"), /37 × 41/);
  await visit.page.waitForFunction(() => location.search.includes("c=v1."));
  const again = new URL(visit.page.url()).searchParams.get("c");
  assert.ok(again.length <= 2048);
  assert.equal(JSON.parse(Buffer.from(again.slice(3), "base64url")).source.seeded.rows, 37);
  for (const [broken, reason] of [["v1.%%%", /incomplete or altered/], ["v9.abcd", /version/], [link(seeded({ rows: 999999 })), /between/]]) {
    await visit.go("quant/", { lang: "en", tier: "cpu", c: broken });
    await visit.see(reason);
    assert.equal((await measured(visit)).length, 3, "the starting point is shown instead");
  }
});

inEachBrowser("hostile and broken files are refused in words, and the last picture stays", { path: "quant/", lang: "en", tier: "cpu", query: { c: link(seeded()) } }, async (visit) => {
  const before = await measured(visit);
  await visit.press("From a file");
  const name = "<img src=x onerror=document.title='owned'>.safetensors";
  await visit.dropFile(".drop", { name, bytes: Buffer.from("ffffffffffffff7f7b7d", "hex") });
  await visit.see(/cannot be read/);
  await visit.see("<img src=x");
  await visit.dropFile(".drop", { name: "a.npy", bytes: Buffer.from("not numpy at all") });
  await visit.see(/not the expected kind of file/);
  await visit.dropFile(".drop", { name: "a.csv", bytes: Buffer.from("1,2\n3,x\n") });
  await visit.see(/L2 C2/);
  assert.notEqual(await visit.page.title(), "owned");
  assert.deepEqual(await rows(visit), before);
});

inEachBrowser("Stop ends a long sweep within 300 ms", { path: "quant/", lang: "en", tier: "cpu", query: { c: link(seeded({ rows: 2048, cols: 2048 })) } }, async (visit) => {
  await measured(visit);
  await visit.press("Sweep every format");
  await visit.page.waitForFunction(() => [...document.querySelectorAll(".run .go.stop")].length > 0, { polling: 20 });
  // Measured in the page, so that the driver's round trips do not count.
  const millis = await visit.page.evaluate(() => new Promise((resolve) => {
    const begun = performance.now();
    const look = () => /Stopped/.test(document.querySelector("main").innerText) ? resolve(performance.now() - begun) : setTimeout(look, 5);
    document.querySelector(".run .go.stop").click();
    look();
  }));
  assert.ok(millis <= 300 + SLACK_MILLIS, `${millis} ms`);
  await visit.press("Quantize");
  await measured(visit);
});

inEachBrowser("an engine that breaks, hangs or runs out of memory is replaced, and the page lives on", { path: "device/", lang: "en", tier: "cpu" }, async (visit) => {
  await visit.press("Run out of memory");
  await visit.see(/free|limit/);
  await visit.press("Break the engine");
  await visit.see(/answers again after/);
  await visit.go("quant/", { lang: "en", tier: "cpu", c: link(seeded()) });
  assert.equal((await measured(visit)).length, 3);
});

for (const name of ["defaultLimits", "noF16", "noSubgroups"]) {
  inEachBrowser(`the GPU tier computes with ${name}`, { path: "quant/", lang: "en", tier: "gpu", prelude: preludes[name], query: { c: link(seeded()) }, timeout: 300_000, browsers: ["chromium"] }, async (visit) => {
    assert.equal((await measured(visit, 200_000)).length, 3);
  });
}

for (const name of ["noWebGpu", "noAdapter", "deviceRefused"]) {
  inEachBrowser(`the CPU tier takes over: ${name}`, { path: "quant/", lang: "en", prelude: preludes[name], query: { c: link(seeded()) } }, async (visit) => {
    assert.equal((await measured(visit)).length, 3);
    await visit.see("CPU", { within: "header" });
  });
}
