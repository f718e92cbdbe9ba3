// Serves a folder the way a plain static host does, below a sub-path, and remembers every request.
//
// Each visit gets a mount of its own (`/<n>/sub/camino/`): a cold cache, its own log, and its own prelude, a piece of
// script that is put before `worker.js` so that a test can change what the workers find (see `preludes.mjs`).

import { createServer } from "node:http";
import { readFile, stat } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".txt": "text/plain; charset=utf-8",
};

/** What lies between host and site in the tests: the site must work below any path. */
const SUB_PATH = "sub/camino/";

async function isFile(path) {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** Starts a server on a free port; `mount()` gives an address to visit. */
export async function startSite() {
  const mounts = new Map();
  let next = 1;

  async function answer(request, response) {
    const url = new URL(request.url, "http://localhost");
    const [, id, rest] = /^\/(\d+)\/(.*)$/.exec(url.pathname) ?? [];
    const mount = mounts.get(id);
    const entry = { method: request.method, path: url.pathname, query: url.search, status: 0, bytes: 0 };
    (mount ?? stray).log.push(entry);
    const reply = (status, headers, body) => {
      entry.status = status;
      entry.bytes = body?.length ?? 0;
      response.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
    };
    if (!mount || !rest.startsWith(SUB_PATH)) return reply(404, {}, "outside of the site");
    const wanted = decodeURIComponent(rest.slice(SUB_PATH.length));
    let file = normalize(join(mount.root, wanted));
    if (file !== mount.root && !file.startsWith(mount.root + sep)) return reply(404, {}, "outside of the site");
    if (await isFile(join(file, "index.html"))) {
      if (!url.pathname.endsWith("/")) return reply(301, { location: `${url.pathname}/${url.search}` });
      file = join(file, "index.html");
    }
    if (!(await isFile(file))) {
      const page = join(mount.root, "404.html");
      return reply(404, { "content-type": TYPES[".html"] }, (await isFile(page)) ? await readFile(page) : "not found");
    }
    let body = await readFile(file);
    if (mount.workerPrelude && wanted === "worker.js") {
      body = Buffer.concat([Buffer.from(`${mount.workerPrelude}\n`), body]);
    }
    reply(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream" }, body);
  }

  const stray = { log: [] };
  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      stray.log.push({ path: request.url, status: 500, error: String(error) });
      response.writeHead(500).end();
    });
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;

  return {
    origin,
    /** A fresh address for the folder `root`: `{ url, log, end() }`. */
    mount(root, { workerPrelude = "" } = {}) {
      const id = String(next++);
      const mount = { root: normalize(root), workerPrelude, log: [] };
      mounts.set(id, mount);
      return { url: `${origin}/${id}/${SUB_PATH}`, log: mount.log, end: () => mounts.delete(id) };
    },
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
