// Tokens a second of the shipped model, beside onnxruntime-web with the same weights, interleaved in one page.
//
//     node tests/bench/decoder.mjs [--rounds 7] [--length 64] [--gpu] [--browser chromium] [--json FILE]
//
// onnxruntime's graph is made of its own fused operators (GroupQueryAttention with rotation and cache,
// SkipSimplifiedLayerNormalization), as exported language models are; one thread, as every page without cross-origin
// isolation has. Each token of ours must be the most probable one
// for both, up to rounding, or it ends with an error. A ratio is their time over ours.

import { writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { shutDown, visit } from "../browser/driver.mjs";
import { buildOfSite, median, option } from "./ask.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const BROWSER = option("browser", "chromium");
const asked = { rounds: Number(option("rounds", 7)), length: Number(option("length", 64)), gpu: process.argv.includes("--gpu") };

const build = await buildOfSite();
const one = await visit(BROWSER, { root: join(HERE, "../.."), path: "tests/bench/decoder.html" });
try {
  await one.page.waitForFunction(() => globalThis.decoder, { timeout: 120_000 });
  const site = new URL("dist/", one.root).href;
  const begin = (given) => {
    decoder.run(given).then((found) => { decoder.outcome = { found }; }, (error) => { decoder.outcome = { fault: String(error.stack ?? error) }; });
  };
  await one.page.evaluate(begin, { ...asked, site, build });
  await one.page.waitForFunction(() => decoder.outcome, { timeout: 1_200_000, polling: 500 });
  const { found, fault } = await one.page.evaluate(() => decoder.outcome);
  if (fault) throw new Error(fault);
    const rows = found.map((row) => ({ ...row, tokens_per_second: (1000 * row.tokens) / median(row.millis) }));
  for (const row of rows) {
    const base = rows.find((other) => other.tier === row.tier && !other.ready);
    row.ratio = row.tokens_per_second / base.tokens_per_second;
    console.log(`${row.name.padEnd(26)} ${row.tokens_per_second.toFixed(0).padStart(6)} tokens/s  ${row.ratio.toFixed(2)} x`);
  }
  const about = { browser: BROWSER, build, processor: cpus()[0].model, cores: cpus().length, load_average: loadavg()[0], ...asked };
  if (option("json")) await writeFile(option("json"), `${JSON.stringify({ ...about, rows }, null, 2)}\n`);
} finally {
  await one.close();
  await shutDown();
}
