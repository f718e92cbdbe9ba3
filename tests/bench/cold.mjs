// Cold load to the first 64 x 64 result: the quantization lab against onnxruntime-web, in one browser, interleaved.
//
//     node tests/bench/cold.mjs [--rounds 9] [--browser chromium] [--json FILE]
//
// Each round opens a fresh profile (no HTTP, code or shader cache of the page) for every contender, in turn. Ours is what
// a visitor gets: the whole page, from the address to the finished measurement of a 64 x 64 matrix (quantized,
// dequantized, measured, drawn), with Run pressed the moment it is there. Theirs is a bare page that multiplies two
// 64 x 64 matrices. `worker` is ours without the page: the worker alone, from the address to the last event. `auto` is the
// tier that a visitor of this machine gets; on `gpu`, even a software one, the first visit includes the health check of
// every kernel, and `verified` is what later visits get, which remember its verdict.

import { readFile, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { shutDown, visit } from "../browser/driver.mjs";
import { buildOfSite, median, option } from "./ask.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Number(option("rounds", 9));
const BROWSER = option("browser", "chromium");
const PATIENCE = { timeout: 120_000, polling: 20 };

const command = JSON.parse(await readFile(join(HERE, "cold_64.json"), "utf8"));
const build = await buildOfSite();
const link = `v1.${Buffer.from(JSON.stringify(command.quant.task.measure.config)).toString("base64url")}`;

/** Presses Run as soon as it is there, unless the page runs by itself, and notes when the run is over. */
const PRESS_AND_WATCH = `if (self.document) {
  let seen = 0, began = false;
  const look = () => {
    const button = document.querySelector(".run .go");
    if (!button || self.__cold) return;
    if (button.classList.contains("stop")) began = true;
    else if (began) {
      const said = document.querySelector(".run .said");
      const right = !said.classList.contains("wrong") && /\\d/.test(said.innerText);
      self.__cold = { done: performance.now(), right, said: said.innerText };
    }
    if (!seen) {
      seen = performance.now();
      // What the page starts by itself has begun when its own effects are through.
      setTimeout(() => { look(); if (!began) button.click(); });
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}`;

async function cold(options, start) {
  const one = await visit(BROWSER, options);
  try {
    if (start) await one.page.evaluate(...start);
    const handle = await one.page.waitForFunction(() => globalThis.__cold, PATIENCE);
    const found = await handle.jsonValue();
    if (!found.right) throw new Error(`a wrong result: ${JSON.stringify(found)}`);
    return found;
  } finally {
    await one.close();
  }
}

const page = (tier) => () =>
  cold({ path: "quant/", query: { c: link }, tier, lang: "en", prelude: PRESS_AND_WATCH });

/** The worker from a page of our own origin that has nothing else to do. */
function runInWorker(build, wish, verified, command) {
  const began = performance.now();
  let adapter = "";
  const worker = new Worker(new URL(`worker.js?bin=kernels&v=${build}`, location.href), { type: "module" });
  const say = (message) => worker.postMessage({ json: JSON.stringify(message) });
  worker.onmessage = ({ data }) => {
    const said = JSON.parse(data.json);
    if (said.up) say({ start: { wish, verified } });
    else if (said.ready) {
      adapter = said.ready.adapter;
      say({ run: { run: 1, command } });
    } else if (said.event?.event?.done) globalThis.__cold = { done: performance.now() - began, right: true, adapter };
    else if (said.broken || said.lost || said.event?.event?.failed) globalThis.__cold = { right: false, said };
  };
}
const worker = (tier, verified = []) => () =>
  cold({ path: "404.html" }, [runInWorker, build, tier, verified, command]);

const { adapter } = await worker("gpu")();
console.log(`adapter ${adapter}`);
const contenders = {
  "afina, page, auto": page("auto"),
  "afina, page, gpu": page("gpu"),
  "afina, worker, gpu": worker("gpu"),
  "afina, worker, gpu, verified": worker("gpu", [{ adapter, choices: "" }]),
  "onnxruntime-web": () => cold({ root: HERE, path: "ort.html" }),
};

const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
// The first round warms what a visitor's browser has warm: its own code and processes. It does not count.
for (let round = 0; round <= ROUNDS; round += 1) {
  for (const [name, run] of Object.entries(contenders)) {
    const { done: millis } = await run();
    if (round > 0) times[name].push(millis);
  }
  console.log(`round ${round} of ${ROUNDS}, load average ${loadavg()[0].toFixed(1)}`);
}
await shutDown();

const peer = median(times["onnxruntime-web"]);
const rows = Object.entries(times).map(([name, all]) => ({
  name, median_millis: median(all), min_millis: Math.min(...all), max_millis: Math.max(...all), ratio: median(all) / peer,
}));
console.log(`\ncold load to the first 64 x 64 result, ${BROWSER}, ${ROUNDS} rounds, build ${build}`);
for (const row of rows) {
  const millis = (value) => value.toFixed(0).padStart(6);
  console.log(`${row.name.padEnd(28)} median ${millis(row.median_millis)} ms  (${millis(row.min_millis)} to ${millis(row.max_millis)})  ${row.ratio.toFixed(3)} x onnxruntime-web`);
}
const file = option("json");
if (file) await writeFile(file, JSON.stringify({ browser: BROWSER, rounds: ROUNDS, build, rows, times }, null, 2));
