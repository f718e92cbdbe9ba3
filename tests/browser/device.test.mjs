// The device page: what this machine is, whether every kernel is right on it, the training engine, and lost devices.

import assert from "node:assert/strict";

import { inEachBrowser } from "./driver.mjs";

/** How many devices are lost in a row; `AFINA_LOSSES=100` is the full run. */
const LOSSES = Number(process.env.AFINA_LOSSES ?? 4);

inEachBrowser("every kernel agrees with its reference on this adapter", { path: "device/", lang: "en", tier: "gpu", timeout: 400_000 }, async (visit) => {
  await visit.press("Check the kernels");
  await visit.page.waitForFunction(() => document.querySelectorAll("main table tbody tr").length >= 11, { timeout: 300_000, polling: 200 });
  await visit.find("main p.good", { timeout: 300_000 });
  const kernels = (await visit.text("main")).match(/\b(group_range|group_percentile|group_scale_search|quantize|dequantize|error_stats|matrix_stats|histogram|matvec|heatmap|scale_columns)\b/g);
  assert.equal(new Set(kernels).size, 11, "all kernels are listed");
  assert.equal(await visit.page.$("main p.bad"), null);
});

for (const tier of ["cpu", "gpu"]) {
  inEachBrowser(`the training engine loads when asked and runs burn forward and backward, ${tier}`, { path: "device/", lang: "en", tier, timeout: 500_000 }, async (visit) => {
    await visit.find("main h1");
    assert.ok(!visit.log.some(({ path }) => path.includes("trainer")), "not fetched before it is asked for");
    await visit.press("Download and try");
    await visit.page.waitForFunction(
      (wanted) => [...document.querySelectorAll("table")].some((t) => /burn|error/i.test(t.innerText) && t.tBodies[0]?.rows.length === wanted),
      { timeout: 400_000, polling: 200 }, tier === "gpu" ? 2 : 1,
    );
    assert.ok(visit.log.some(({ path }) => path.includes("trainer_bg.wasm")));
    const table = await visit.page.$$eval("table", (all) => all.map((t) => t.innerText).join("\n"));
    assert.doesNotMatch(table, /wrong|disagrees/i);
  });
}

inEachBrowser(`${LOSSES} lost devices, no dead page`, { path: "device/", lang: "en", tier: "gpu", timeout: 120_000 + LOSSES * 60_000 }, async (visit) => {
  for (let loss = 1; loss <= LOSSES; loss++) {
    await visit.press("Lose the GPU", { timeout: 200_000 });
    await visit.page.waitForFunction((n) => new RegExp(`Faults provoked\\s+${n}\\b`).test(document.body.innerText), { timeout: 200_000 }, loss);
    await visit.see(/answers again after/, { timeout: 200_000 });
    await visit.press("Ask the engine", { timeout: 200_000 });
    await visit.see(/tier|CPU|GPU/i);
  }
  assert.match(await visit.text("main"), /Engines replaced\s+[1-9]/);
});
