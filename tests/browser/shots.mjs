// Pictures of every page, language, theme and width, for people to look at: `node tests/browser/shots.mjs [part of a name]`.

import { BROWSERS, shutDown, visit } from "./driver.mjs";

const [, , wanted = ""] = process.argv;
const PAGES = { home: "", quant: "quant/", kernel: "kernel/", device: "device/", storage: "storage/" };
const WIDTHS = [[1440, 900], [360, 740]];
/** What still fades in or arrives from a worker has this long. */
const SETTLE_MILLIS = 1500;

const browser = BROWSERS[0];
let broken = 0;
for (const [page, path] of Object.entries(PAGES)) {
  for (const lang of ["es", "en"]) {
    for (const theme of ["light", "dark"]) {
      for (const viewport of WIDTHS) {
        const name = `${page}-${lang}-${theme}-${viewport[0]}`;
        if (!name.includes(wanted)) continue;
        const one = await visit(browser, { path, lang, theme, viewport, tier: "cpu" });
        try {
          await one.find("main h1");
          await new Promise((resolve) => setTimeout(resolve, SETTLE_MILLIS));
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
