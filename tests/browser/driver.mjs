// Drives both browsers through the built site.
//
//     import { inEachBrowser } from "./driver.mjs";
//     inEachBrowser("the sweep names the Pareto front", { path: "quant/", lang: "en", tier: "cpu" }, async (visit) => {
//       await visit.press("Sweep");
//       await visit.see(/Pareto/);
//     });
//
// Every visit begins with an empty cache and an empty store at a sub-path nobody visited before, and fails in the end
// if anything went wrong that it did not name with `visit.expectFault(/.../)`: a console error, an uncaught exception,
// a violated content security policy, a missing file, a request to another host.

import assert from "node:assert/strict";
import { readFile, mkdir } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";

import { BROWSERS, launch } from "./launch.mjs";
import { startSentry } from "./sentry.mjs";
import { startSite } from "./site.mjs";

export { BROWSERS };
export * as preludes from "./preludes.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
/** The site under test; `AFINA_DIST` names another one. */
export const DIST = resolve(process.env.AFINA_DIST ?? join(HERE, "../../dist"));
const AXE = join(HERE, "node_modules/axe-core/axe.min.js");
/** Compiling wasm and running shaders on two cores without a GPU takes its time. */
const PATIENCE_MILLIS = 30_000;

/** Written into every page: violations of the policy become console errors, in both browsers alike. */
const TELL_VIOLATIONS = `addEventListener("securitypolicyviolation", (event) =>
  console.error("policy: " + event.violatedDirective + " blocked " + event.blockedURI + " " + event.sample));`;

let house;
const open = new Map();

async function start() {
  house ??= { site: await startSite(), sentry: await startSentry() };
  return house;
}

/** The running browser of that name; started at first use, ended after the file's last test. */
export async function browser(name) {
  const { sentry } = await start();
  if (!open.has(name)) open.set(name, launch(name, sentry.port));
  return open.get(name);
}

/** Ends browsers and servers; only programs that are not test files need to call it. */
export async function shutDown() {
  const running = [...open.values()];
  open.clear();
  for (const one of running) await (await one).close().catch(() => {});
  const { site, sentry } = house ?? {};
  house = undefined;
  await site?.close();
  await sentry?.close();
}
if (process.env.NODE_TEST_CONTEXT) after(shutDown);

/**
 * One page in one browser.
 *
 * `path` below the site, `query` (object), `lang`, `theme`, `tier` as the page takes them from its address,
 * `viewport` `[width, height]`, `prelude` (see preludes.mjs), `root` another folder than `dist`.
 */
export async function visit(name, options = {}) {
  const { path = "", query = {}, lang, theme, tier, viewport = [1280, 800], prelude = "", root = DIST } = options;
  const { site, sentry } = await start();
  const mount = site.mount(root, { workerPrelude: prelude });
  const context = await (await browser(name)).createBrowserContext();
  const page = await context.newPage();
  const one = new Visit(name, page, mount, sentry.strangers.length, sentry);
  page.on("console", (message) => one.onConsole(message));
  page.on("pageerror", (error) => one.fault(`uncaught: ${error?.stack ?? error?.message ?? error}`));
  page.on("error", (error) => one.fault(`the page crashed: ${error.message}`));
  page.on("request", (request) => one.onRequest(request.url()));
  await page.setViewport({ width: viewport[0], height: viewport[1] });
  await page.evaluateOnNewDocument(`${TELL_VIOLATIONS}\n${prelude}`);
  one.close = async () => {
    await context.close().catch(() => {});
    mount.end();
  };
  await one.go(path, { ...query, ...(lang && { lang }), ...(theme && { theme }), ...(tier && { tier }) });
  return one;
}

class Visit {
  #faults = [];
  #expected = [];
  #strangersBefore;
  #sentry;

  constructor(name, page, mount, strangersBefore, sentry) {
    /** "chromium" or "firefox". */
    this.browser = name;
    /** The puppeteer page, for whatever has no word of its own here. */
    this.page = page;
    /** Where the site lies. */
    this.root = mount.url;
    /** Every request the site answered: `{ method, path, query, status, bytes }`. */
    this.log = mount.log;
    /** Every console message as text, for tests that look at what was said. */
    this.said = [];
    this.#strangersBefore = strangersBefore;
    this.#sentry = sentry;
  }

  /** Goes to another page of the site, as a visitor who types the address. */
  async go(path = "", query = {}) {
    const url = new URL(path, this.root);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    await this.page.goto(url.href, { waitUntil: "load", timeout: PATIENCE_MILLIS });
  }

  onConsole(message) {
    const text = `${message.type()}: ${message.text()}`;
    this.said.push(text);
    if (message.type() === "error" || message.type() === "assert") this.fault(`console ${text}`);
  }

  onRequest(url) {
    const foreign = /^(https?|wss?):/.test(url) && !url.startsWith(this.root);
    // Firefox asks for /favicon.ico where a document names no icon.
    if (foreign && !url.endsWith("/favicon.ico")) this.fault(`request outside of the site: ${url}`);
  }

  fault(text) {
    this.#faults.push(text);
  }

  /** Announces a fault that this test provokes; it must then really occur. */
  expectFault(pattern) {
    this.#expected.push(pattern);
  }

  /** Waits until the page's visible text contains `wanted` (string or regular expression); returns that text. */
  async see(wanted, { within = "body", timeout = PATIENCE_MILLIS } = {}) {
    const [source, flags] = wanted instanceof RegExp ? [wanted.source, wanted.flags] : [escaped(wanted), ""];
    try {
      await this.page.waitForFunction(
        (selector, source, flags) => [...document.querySelectorAll(selector)].some((e) => new RegExp(source, flags).test(e.innerText)),
        { timeout, polling: 50 },
        within, source, flags,
      );
    } catch (error) {
      const shown = await this.text(within).catch(() => "(nothing)");
      throw new Error(`${this.browser}: ${wanted} did not appear in ${within} within ${timeout} ms; there is:\n${shown.slice(0, 2000)}\nfaults: ${this.#faults.join("\n")}`, { cause: error });
    }
    return this.text(within);
  }

  /** Waits until the text no longer stands there. */
  async seeNoMore(wanted, { within = "body", timeout = PATIENCE_MILLIS } = {}) {
    await this.page.waitForFunction(
      (selector, wanted) => ![...document.querySelectorAll(selector)].some((e) => e.innerText.includes(wanted)),
      { timeout, polling: 50 }, within, wanted,
    );
  }

  /** Waits for a visible element. */
  find(selector, { timeout = PATIENCE_MILLIS } = {}) {
    return this.page.waitForSelector(selector, { visible: true, timeout });
  }

  /** The visible text of the first element that matches. */
  text(selector = "body") {
    return this.page.$eval(selector, (element) => element.innerText);
  }

  /** The visible texts of all elements that match. */
  texts(selector) {
    return this.page.$$eval(selector, (elements) => elements.map((element) => element.innerText));
  }

  /** Presses the button, link or label with this accessible name (string: exact, or regular expression). */
  async press(name, { timeout = PATIENCE_MILLIS } = {}) {
    const [source, flags] = name instanceof RegExp ? [name.source, name.flags] : [`^\\s*${escaped(name)}\\s*$`, ""];
    const handle = await this.page.waitForFunction(
      (source, flags) => [...document.querySelectorAll("button, a[href], summary, label, [role=button], [role=tab], [role=radio], input[type=submit]")]
        .find((e) => !e.disabled && e.checkVisibility() && new RegExp(source, flags).test(e.getAttribute("aria-label") ?? e.innerText)),
      { timeout, polling: 50 }, source, flags,
    );
    await handle.click();
  }

  /** Gives a control a value as typing or dragging would: sets it and fires `input` and `change`. */
  async set(selector, value) {
    await this.find(selector);
    await this.page.$eval(selector, (element, value) => {
      // The framework listens to the element's own setter in some cases: use the prototype's.
      Object.getOwnPropertyDescriptor(Object.getPrototypeOf(element), "value").set.call(element, value);
      element.dispatchEvent(new Event("input", { bubbles: true }));
      element.dispatchEvent(new Event("change", { bubbles: true }));
    }, String(value));
  }

  /** Drops a file on an element: `{ path }` or `{ name, bytes }`. */
  async dropFile(selector, { path, name = path && basename(path), bytes }) {
    const data = Buffer.from(bytes ?? (await readFile(path))).toString("base64");
    await this.find(selector);
    await this.page.$eval(selector, async (element, name, data) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], name));
      for (const type of ["dragenter", "dragover", "drop"]) {
        element.dispatchEvent(new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: transfer }));
      }
    }, name, data);
  }

  /** Opens a file from disk through an `<input type=file>`. */
  async openFile(selector, path) {
    const input = await this.page.waitForSelector(selector, { timeout: PATIENCE_MILLIS });
    await input.uploadFile(resolve(path));
  }

  /** A picture under tests/browser/shots/ (or at `to`). */
  async shot(name, { full = false, to = join(HERE, "shots", `${name}.png`) } = {}) {
    await mkdir(dirname(to), { recursive: true });
    await this.page.screenshot({ path: to, fullPage: full });
    return to;
  }

  /** The violations that axe finds on the whole page, one readable line each. */
  async axe() {
    // Through the protocol, not as an element: the page's policy forbids scripts from elsewhere, rightly.
    await this.page.evaluate(`${await readFile(AXE, "utf8")};0`);
    const found = await this.page.evaluate(async () => {
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.map((v) => `${v.id} (${v.impact}): ${v.help}: ${v.nodes.map((n) => n.target.join(" ")).slice(0, 4).join(" | ")}`);
    });
    return found;
  }

  /** Fails if axe finds anything. */
  async isAccessible() {
    assert.deepEqual(await this.axe(), [], `${this.browser}: accessibility`);
  }

  /** What went wrong and was not expected. Called at the end of every test of `inEachBrowser`. */
  check() {
    const faults = [...this.#faults];
    for (const entry of this.log) if (entry.status >= 400 && !entry.path.endsWith("/favicon.ico")) faults.push(`${entry.status} for ${entry.path}${entry.query}`);
    for (const host of this.#sentry.strangers.slice(this.#strangersBefore)) faults.push(`request to another host: ${host}`);
    const surprises = faults.filter((fault) => !this.#expected.some((pattern) => pattern.test(fault)));
    assert.deepEqual(surprises, [], `${this.browser}: faults during the visit`);
    for (const pattern of this.#expected) {
      assert.ok(faults.some((fault) => pattern.test(fault)), `${this.browser}: ${pattern} was expected and did not occur`);
    }
  }
}

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** One test for each browser; the visit is checked and closed at the end. */
export function inEachBrowser(title, options, body) {
  for (const name of options.browsers ?? BROWSERS) {
    test(`${title} [${name}]`, { timeout: options.timeout ?? 180_000 }, async () => {
      const one = await visit(name, options);
      try {
        await body(one);
        one.check();
      } catch (error) {
        await one.shot(`failed-${title}-${name}`.replace(/[^a-z0-9-]+/gi, "_")).catch(() => {});
        throw error;
      } finally {
        await one.close();
      }
    });
  }
}
