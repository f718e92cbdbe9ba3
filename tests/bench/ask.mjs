// What every benchmark script needs: its options, the build that it measures, and medians.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { DIST } from "../browser/driver.mjs";

/** The value after `--name` on the command line. */
export function option(name, otherwise) {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
}

/** The stamp of the site in `dist/`. */
export async function buildOfSite() {
  const [, build] = /\.\/([a-z0-9]+)\/boot\.js/.exec(await readFile(join(DIST, "index.html"), "utf8"));
  return build;
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
