// The site as such: it boots below any path, depends on nobody, keeps its policy, and is never blank.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { DIST, inEachBrowser, preludes } from "./driver.mjs";

/** Every page, and a word that only this page says in its heading, in both languages. */
const PAGES = ["", "model/", "tune/", "quant/", "bits/", "kernel/", "device/", "storage/"];
/** Those with a lesson, which arrives later. */
const LESSONS = ["model/", "tune/", "quant/", "bits/", "kernel/"];

for (const path of PAGES) {
  inEachBrowser(`/${path} starts below a sub-path`, { path, lang: "es", tier: "cpu" }, async (visit) => {
    await visit.find("main h1");
    assert.equal(await visit.page.$("#boot"), null, "the first paint gives way to the page");
    assert.equal(await visit.page.$eval("html", (html) => html.lang), "es");
    assert.ok((await visit.text()).length > 100);
  });

  for (const lang of ["es", "en"]) {
    inEachBrowser(`/${path} fits 360 px, ${lang}`, { path, lang, viewport: [360, 740], tier: "cpu" }, async (visit) => {
      await visit.find("main h1");
      if (LESSONS.includes(path)) await visit.find(".prose h2");
      const [content, screen] = await visit.page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(content <= screen, `${content} px on a screen of ${screen}`);
    });

    for (const theme of ["light", "dark"]) {
      inEachBrowser(`/${path} is accessible, ${lang}, ${theme}`, { path, lang, theme, tier: "cpu" }, async (visit) => {
        await visit.find("main h1");
        await visit.isAccessible();
      });
    }
  }
}

inEachBrowser("an address without its last slash leads to the page", { path: "device", lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find("main h1");
  assert.match(new URL(visit.page.url()).pathname, /\/sub\/camino\/device\/?$/);
});

inEachBrowser("the pages' links stay below the sub-path", { lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find("main h1");
  const links = await visit.page.$$eval("a[href]", (all) => all.map((a) => a.href));
  assert.ok(links.length > 3);
  for (const link of links) assert.ok(link.startsWith(visit.root) || !link.startsWith("http"), link);
});

inEachBrowser("the theme holds before the first paint", { theme: "dark", lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find("main h1");
  assert.equal(await visit.page.$eval("html", (html) => html.dataset.theme), "dark");
  const [red] = (await visit.page.$eval("body", (body) => getComputedStyle(body).backgroundColor)).match(/\d+/g);
  assert.ok(Number(red) < 80, "the paper is dark");
});

test("no call from the browser runs static constructors", async () => {
  // A linker that is not told who runs them wraps every export so; `www/worker.js` runs them, once.
  const [, build] = /\.\/([a-z0-9]+)\/boot\.js/.exec(await readFile(join(DIST, "index.html"), "utf8"));
  const scripts = (await readdir(join(DIST, build))).filter((name) => name.endsWith(".js"));
  assert.ok(scripts.includes("trainer.js"));
  for (const name of scripts) assert.doesNotMatch(await readFile(join(DIST, build, name), "utf8"), /command_export/, name);
  const trainer = await WebAssembly.compile(await readFile(join(DIST, build, "trainer_bg.wasm")));
  assert.ok(WebAssembly.Module.exports(trainer).some(({ name }) => name === "__wasm_call_ctors"));
});

inEachBrowser("everything that a first visit fetches is stamped", { lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find("main h1");
  const [, build] = /\.\/([a-z0-9]+)\/boot\.js/.exec(await readFile(join(DIST, "index.html"), "utf8"));
  for (const { path, query } of visit.log) {
    const name = path.slice(new URL(visit.root).pathname.length);
    if (name === "") continue;
    assert.ok(name.startsWith(`${build}/`) || /^\?(.*&)?v=[0-9a-z]+$/.test(query), `${name}${query} has no stamp`);
  }
});

inEachBrowser("the workers are not fetched before something runs", { lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find("main h1");
  assert.deepEqual(visit.log.filter(({ path }) => /kernels|trainer/.test(path)), []);
});

for (const name of ["noWebGpu", "noAdapter", "deviceRefused", "defaultLimits", "noF16", "noSubgroups"]) {
  inEachBrowser(`never blank: ${name}`, { path: "quant/", lang: "en", prelude: preludes[name] }, async (visit) => {
    await visit.find("main h1");
    assert.ok((await visit.text()).length > 100);
  });
}

inEachBrowser("a page that cannot start says so", { root: DIST, lang: "en", prelude: "WebAssembly.instantiateStreaming = WebAssembly.instantiate = async () => { throw new Error('refused by the test'); };" }, async (visit) => {
  visit.expectFault(/refused by the test/);
  await visit.see("refused by the test");
});

inEachBrowser("a worker that does not exist answers in words", { lang: "en", tier: "cpu" }, async (visit) => {
  await visit.find("main h1");
  visit.expectFault(/404 for .*nowhere\.js/);
  const said = await visit.page.evaluate((root) => new Promise((resolve) => {
    const worker = new Worker(new URL("worker.js?bin=nowhere&v=0", root), { type: "module" });
    worker.onmessage = ({ data }) => resolve(JSON.parse(data.json));
  }), visit.root);
  assert.ok(said.broken.message.length > 10);
});

inEachBrowser("an unknown address gets a page that helps", { lang: "en", tier: "cpu" }, async (visit) => {
  visit.expectFault(/404/);
  await visit.go("no/such/page");
  await visit.see("Aquí no hay ninguna página");
  await visit.see("There is no page here");
});

inEachBrowser("without JavaScript there is a sentence", { lang: "en", tier: "cpu", browsers: ["chromium"] }, async (visit) => {
  await visit.page.setJavaScriptEnabled(false);
  await visit.go("");
  await visit.see("necesita JavaScript");
});

test("no page of the site holds a script or an address of its own", async () => {
  const pages = (await readdir(DIST, { recursive: true })).filter((name) => name.endsWith(".html") && !name.startsWith("lessons"));
  assert.ok(pages.length >= 5);
  for (const name of pages) {
    const html = await readFile(join(DIST, name), "utf8");
    assert.match(html, /http-equiv="Content-Security-Policy"/, name);
    assert.doesNotMatch(html, /unsafe-inline|unsafe-eval(?<!wasm-unsafe-eval)/, name);
    assert.doesNotMatch(html, /<script(?![^>]*\ssrc=)/, name);
    assert.doesNotMatch(html, /(href|src)="(\/|https?:)/, name);
  }
});
