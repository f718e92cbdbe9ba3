// Pictures of every page, language, theme and width, for people to look at:
// `node tests/browser/shots.mjs [part of a name] [firefox]`.

import { BROWSERS, shutDown, visit } from "./driver.mjs";

const [, , wanted = "", browser = BROWSERS[0]] = process.argv;
const PAGES = { home: "", model: "model/", tune: "tune/", quant: "quant/", bits: "bits/", kernel: "kernel/", device: "device/", storage: "storage/" };
const WIDTHS = [[1440, 900], [360, 740]];
/** What still fades in or arrives from a worker has this long. */
const SETTLE_MILLIS = 1500;

/** What a page shows only once something has run. */
const FULL = {
  model: async (one) => {
    await one.page.waitForSelector(".text-lab .candidates button", { timeout: 60_000 });
    await one.page.evaluate(() => document.querySelector(".panel .run .go").click());
    await one.page.waitForFunction(() => document.querySelectorAll(".chip-token.drawn").length > 5 && !document.querySelector(".run .go.stop"), { timeout: 60_000 });
    await one.page.evaluate(() => document.querySelector("section[aria-labelledby=cache] .run .go").click());
    await one.page.waitForFunction(() => document.querySelector("section[aria-labelledby=cache] .verdict")?.innerText && !document.querySelector(".run .go.stop"), { timeout: 60_000 });
  },
  tune: async (one) => {
    await one.page.waitForSelector(".task .example", { timeout: 120_000 });
    await one.page.evaluate(() => document.querySelector(".panel .run .go").click());
    await one.page.waitForFunction(() => document.querySelectorAll("section[aria-labelledby=numbers] tbody tr").length === 6 && !document.querySelector(".panel .run .go.stop"), { timeout: 600_000 });
  },
  bits: async (one) => {
    await one.page.waitForFunction(() => document.querySelectorAll(".tiles dd").length > 10 && !document.querySelector(".run .go.stop"), { timeout: 90_000 });
    for (const section of ["sensitivity", "outliers", "search"]) {
      await one.page.evaluate((s) => document.querySelector(`section[aria-labelledby=${s}] .run .go`).click(), section);
      await one.page.waitForFunction((s) => document.querySelector(`section[aria-labelledby=${s}] .run .go:not(.stop)`) && !document.querySelector(`section[aria-labelledby=${s}] .swept`).hidden, { timeout: 180_000 }, section);
    }
  },
};

let broken = 0;
for (const [page, path] of Object.entries(PAGES)) {
  for (const lang of ["es", "en"]) {
    for (const theme of ["light", "dark"]) {
      for (const viewport of WIDTHS) {
        const name = [page, lang, theme, viewport[0], ...(browser === BROWSERS[0] ? [] : [browser])].join("-");
        if (!name.includes(wanted)) continue;
        const one = await visit(browser, { path, lang, theme, viewport, tier: "cpu" });
        try {
          await one.find("main h1");
          await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS));
          await FULL[page]?.(one);
          await one.shot(name, { full: true });
          const { scroll, width } = await one.page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: innerWidth }));
          console.log(name + (scroll > width ? `  WIDER THAN THE SCREEN by ${scroll - width} px` : ""));
          one.check();
        } catch (error) {
          broken += 1;
          console.log(`${name}: ${error.message}`);
        } finally {
          await one.close();
        }
      }
    }
  }
}
await shutDown();
process.exitCode = broken ? 1 : 0;
