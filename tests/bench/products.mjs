// Matrix products against the peers, in one browser page, interleaved.
//
//     node tests/bench/products.mjs [--rounds 7] [--cases "f32 GEMM 512,8 bits M=64 1024,training"] [--browser chromium] [--json FILE]
//
// The case `burn` compares ours in burn's graph with burn's own operations, inside the trainer worker; the case `training`
// whole steps of training with LoRA or QLoRA and AdamW, with jax-js too.
//
// Only ratios within one run mean anything on a machine without a GPU; the load average is noted for each case. A ratio
// is the fastest peer's median over ours: above 1, ours is faster. Ends with an error if any contender of ours is wrong.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { shutDown, visit } from "../browser/driver.mjs";
import { buildOfSite, median, option } from "./ask.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROUNDS = Number(option("rounds", 7));
/** What the trainer takes its medians of (`src/nets/peer`). */
const BURN_ROUNDS = 9;
const BROWSER = option("browser", "chromium");
const ROOT = join(HERE, "../..");

await promisify(execFile)("npm", ["run", "--silent", "bundle"], { cwd: HERE });
const build = await buildOfSite();

// The page and the site under one root: a worker must come from the page's own origin.
const one = await visit(BROWSER, { root: ROOT, path: "tests/bench/products.html" });
await one.page.waitForFunction(() => globalThis.products, { timeout: 120_000 });
const site = new URL("dist/", one.root).href;
const ready = await one.page.evaluate((site, build) => products.start(site, build), site, build);
if (ready.tier !== "gpu") throw new Error(`the worker is not on the GPU: ${JSON.stringify(ready)}`);
console.log(`${BROWSER}, adapter ${ready.adapter}, ${cpus().length} cores (${cpus()[0].model}), build ${build}, ${ROUNDS} rounds`);

const wanted = option("cases")?.split(",") ?? [...(await one.page.evaluate(() => products.cases)), "burn", "training"];

async function ended() {
  let outcome;
  while (!(outcome = await one.page.evaluate(() => products.outcome))) await sleep(500);
  return outcome;
}
const results = [];
let wrong = 0;
for (const name of wanted) {
  const byTrainer = name === "burn" || name === "training";
  if (name === "burn") await one.page.evaluate(() => products.beginBurn());
  else if (name === "training") await one.page.evaluate((rounds) => products.beginTraining(rounds), BURN_ROUNDS);
  else await one.page.evaluate((name, rounds) => products.begin(name, rounds), name, ROUNDS);
  const outcome = await ended();
  const load = loadavg()[0];
  if (outcome.fault) {
    wrong += 1;
    console.log(`\n${name}: ${outcome.fault}`);
    continue;
  }
  if (byTrainer) {
    console.log(`\n${name}, load average ${load.toFixed(1)}; ratios to ours`);
    for (const row of outcome.found) {
      if (!(row.worst <= 1)) wrong += 1;
      const shape = `${row.m} x ${row.n} x ${row.k}, ${row.r}`.padEnd(22);
      const peers = [["burn", row.burns_millis], ["as apply_lora", row.composed_millis], ["jax-js", row.jax_millis]]
        .filter(([, millis]) => Number.isFinite(millis))
        .map(([name, millis]) => `, ${name} ${millis.toFixed(2)} ms (${(millis / row.ours_millis).toFixed(2)} x)`);
      console.log(`${row.what.padEnd(10)} ${row.storage.slice(0, 4).padEnd(5)} ${shape} ours ${row.ours_millis.toFixed(2)} ms${peers.join("")}   error ${row.worst.toFixed(3)} of allowed`);
    }
    results.push({ case: name, load_average: load, rows: outcome.found });
    continue;
  }
  const rows = outcome.found.map((row) => ({ ...row, median_millis: median(row.millis) }));
  const peers = rows.filter((row) => !row.ours);
  const base = peers.length > 0 ? peers.reduce((a, b) => (a.median_millis <= b.median_millis ? a : b)) : rows[0];
  console.log(`\n${name}, load average ${load.toFixed(1)}; ratios to ${base.name}`);
  for (const row of rows) {
    row.ratio = base.median_millis / row.median_millis;
    if (row.ours && !(row.error <= 1)) wrong += 1;
    const millis = (value) => value.toFixed(2).padStart(9);
    const [low, high] = [Math.min(...row.millis), Math.max(...row.millis)];
    console.log(`${row.name.padEnd(34)} median ${millis(row.median_millis)} ms (${millis(low)} to ${millis(high)})  ${row.ratio.toFixed(2).padStart(7)} x   error ${row.error.toFixed(3)} of allowed  ${row.variant ?? ""}`);
  }
  results.push({ case: name, load_average: load, base: base.name, rows });
}
await one.close();
await shutDown();

const file = option("json");
if (file) {
  const machine = { browser: BROWSER, adapter: ready.adapter, cores: cpus().length, processor: cpus()[0].model };
  await writeFile(file, `${JSON.stringify({ ...machine, build, rounds: ROUNDS, results }, null, 1)}\n`);
}
if (wrong > 0) {
  console.error(`${wrong} cases of ours are wrong or failed.`);
  process.exitCode = 1;
}
