// The device page: what this machine is, whether every kernel is right on it, the training engine, and lost devices.

import assert from "node:assert/strict";
import { readdir } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";

import { inEachBrowser } from "./driver.mjs";

/** How many devices are lost in a row; `AFINA_LOSSES=100` is the full run. */
const LOSSES = Number(process.env.AFINA_LOSSES ?? 4);

/** What the training engine is checked with, on every tier. */
const CHECKS = ["matmul", "LoRA F32", "LoRA INT4", "LoRA NF4"];

inEachBrowser("every kernel agrees with its reference on this adapter", { path: "device/", lang: "en", tier: "gpu", timeout: 400_000 }, async (visit) => {
  await visit.press("Check the kernels");
  const names = (await readdir(new URL("../../shaders", import.meta.url))).map((file) => file.replace(/\.wgsl$/, ""));
  const first = () => visit.page.$$eval("main tbody tr", (rows) => rows.map((row) => row.cells[0].innerText.trim()));
  const deadline = Date.now() + 300_000;
  let missing = names;
  while (missing.length > 0 && Date.now() < deadline) {
    await setTimeout(500);
    const shown = new Set(await first());
    missing = names.filter((name) => !shown.has(name));
  }
  assert.deepEqual(missing, [], `every kernel is listed; there is:\n${await visit.text("main")}`);
  await visit.find("main p.good");
  assert.equal(await visit.page.$("main p.bad"), null);
});

for (const tier of ["cpu", "gpu"]) {
  inEachBrowser(`the training engine loads when asked and trains through our kernels, ${tier}`, { path: "device/", lang: "en", tier, timeout: 500_000 }, async (visit) => {
    await visit.find("main h1");
    assert.ok(!visit.log.some(({ path }) => path.includes("trainer")), "not fetched before it is asked for");
    await visit.press("Download and try");
    await visit.page.waitForFunction(
      (wanted) => [...document.querySelectorAll("table")].some((t) => /burn|error/i.test(t.innerText) && t.tBodies[0]?.rows.length === wanted),
      { timeout: 400_000, polling: 200 }, CHECKS.length * (tier === "gpu" ? 2 : 1),
    );
    assert.ok(visit.log.some(({ path }) => path.includes("trainer_bg.wasm")));
    const table = await visit.page.$$eval("table", (all) => all.map((t) => t.innerText).join("\n"));
    assert.doesNotMatch(table, /fails/i);
    for (const place of tier === "gpu" ? ["CPU", "GPU"] : ["CPU"]) {
      for (const check of CHECKS) assert.match(table, new RegExp(`${place}\\s+${check}\\s+right`), `${check} on the ${place}`);
    }
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
