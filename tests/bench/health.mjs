// How long the health check takes in a browser, kernel by kernel, nothing compiled before.
//
//     node tests/bench/health.mjs [--browser chromium] [--site dist]

import { loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { shutDown, visit } from "../browser/driver.mjs";
import { buildOfSite, option } from "./ask.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const browser = option("browser", "chromium");
// A folder of the repository with worker.js and the wasm of one worker below `dev` will do.
const folder = option("site", "dist");
const build = folder === "dist" ? await buildOfSite() : "dev";
const one = await visit(browser, { root: join(HERE, "../.."), path: "tests/bench/health.html" });
const site = new URL(`${folder}/`, one.root).href;
one.page.setDefaultTimeout?.(600_000);
await one.page.evaluate(async (site, build) => {
  globalThis.outcome = undefined;
  const { Afina } = await import("./afina.js");
  const timed = async (work) => { const t = performance.now(); const value = await work(); return [performance.now() - t, value]; };
  (async () => {
    const [whole, first] = await timed(() => Afina.start({ site, build }));
    // A second worker is told that the adapter is known, so that its `health` run is the first use of each kernel.
    const verified = [{ adapter: first.ready.adapter, choices: "" }];
    const [opening, second] = await timed(() => Afina.start({ site, build, verified }));
    const [cold, { health }] = await timed(() => second.run("health"));
    const [warm, again] = await timed(() => second.run("health"));
    globalThis.outcome = { ready: first.ready, whole, opening, cold, warm, health, again: again.health };
  })().catch((error) => (globalThis.outcome = { fault: String(error?.stack ?? error) }));
}, site, build);
let outcome;
while (!(outcome = await one.page.evaluate(() => globalThis.outcome))) await new Promise((r) => setTimeout(r, 500));
await one.close();
await shutDown();
if (outcome.fault) throw new Error(outcome.fault);
const s = (millis) => `${(millis / 1000).toFixed(2)} s`;
console.log(`${browser}, ${outcome.ready.adapter}, tier ${outcome.ready.tier}, load average ${loadavg()[0].toFixed(1)}: worker with health check ${s(outcome.whole)}, without ${s(outcome.opening)}; health check cold ${s(outcome.cold)}, warm ${s(outcome.warm)}`);
outcome.health.forEach(({ kernel, ok, worst, millis, message }, i) =>
  console.log(`${kernel.padEnd(24)} ${ok ? "ok " : "BAD"} ${Number(worst).toFixed(3).padStart(8)}  cold ${millis.toFixed(0).padStart(6)} ms  warm ${outcome.again[i].millis.toFixed(0).padStart(6)} ms ${message}`));
