// The driver itself: both browsers compute on WebGPU here, and each kind of fault is noticed.

import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { inEachBrowser, preludes } from "./driver.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "probe");

inEachBrowser("a module worker computes on WebGPU", { root }, async (visit) => {
  await visit.see("doubled: 2 4 6 8");
});

inEachBrowser("a prelude reaches the worker: no WebGPU", { root, prelude: preludes.noWebGpu }, async (visit) => {
  await visit.see("no WebGPU");
});

inEachBrowser("a prelude reaches the worker: no adapter", { root, prelude: preludes.noAdapter }, async (visit) => {
  await visit.see("no adapter");
});

inEachBrowser("a prelude reaches the worker: device refused", { root, prelude: preludes.deviceRefused }, async (visit) => {
  await visit.see("failed: refused by the test");
});

inEachBrowser("faults are noticed", { root }, async (visit) => {
  await visit.see("doubled");
  visit.check();
  await visit.page.evaluate(() => {
    console.error("a console error");
    setTimeout(() => { throw new Error("an uncaught exception"); });
    Promise.reject(new Error("an unhandled rejection"));
    fetch("missing.txt");
    new Image().src = "http://example.invalid/pixel.png";
    const script = document.createElement("script");
    script.textContent = "globalThis.executed = true";
    document.body.append(script);
  });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.throws(() => visit.check(), (error) => {
    for (const part of ["a console error", "an uncaught exception", "an unhandled rejection", "404 for", "policy: img-src", "policy: script-src"]) {
      assert.ok(error.actual.some((fault) => fault.includes(part)), `${part} was not noticed: ${error.actual.join("\n")}`);
    }
    return true;
  });
  assert.equal(await visit.page.evaluate(() => globalThis.executed), undefined);
  visit.expectFault(/./);
});

inEachBrowser("a request to another host is noticed, even from a worker", { root, prelude: `if (!self.document) fetch("http://example.invalid/beacon").catch(() => {});` }, async (visit) => {
  await visit.see("doubled");
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.throws(() => visit.check(), /example\.invalid/);
  visit.expectFault(/./);
});
