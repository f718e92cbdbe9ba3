// Tokens a second of the shipped model, beside onnxruntime-web with the same weights, interleaved in one page.
//
//     node tests/bench/decoder.mjs [--rounds 7] [--length 64] [--gpu] [--browser chromium] [--json FILE]
//
// onnxruntime's graph is made of its own fused operators (GroupQueryAttention with rotation and cache,
// SkipSimplifiedLayerNormalization), as exported language models are; one thread, as every page without cross-origin
// isolation has. Both must say the same tokens, or it ends with an error. A ratio is their time over ours.

import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { DIST, shutDown, visit } from "../browser/driver.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const BROWSER = option("browser", "chromium");
const asked = { rounds: Number(option("rounds", 7)), length: Number(option("length", 64)), gpu: process.argv.includes("--gpu") };

const [, build] = /\.\/([a-z0-9]+)\/boot\.js/.exec(await readFile(join(DIST, "index.html"), "utf8"));
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
  const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
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
