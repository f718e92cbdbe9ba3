// Every request of the browser that does not go to this machine ends here: a proxy that refuses and remembers.
//
// The page's own events miss what a worker fetches; a proxy misses nothing. What the browsers ask on their own account
// (update checks that no setting stops) is told apart by a short list of exact hosts.

import { createServer } from "node:http";

/** Hosts that the browsers themselves ask in spite of their settings; none of them could serve a page's asset. */
const BROWSERS_OWN = new Set([
  "accounts.google.com",
  "clients2.google.com",
  "clientservices.googleapis.com",
  "optimizationguide-pa.googleapis.com",
  "content-autofill.googleapis.com",
  "safebrowsingohttpgateway.googleapis.com",
  "update.googleapis.com",
  "www.google.com",
  "android.clients.google.com",
  "mtalk.google.com",
  "content-signature-2.cdn.mozilla.net",
  "firefox.settings.services.mozilla.com",
  "detectportal.firefox.com",
]);

/** Starts the proxy: `strangers` lists `host:port` of every refused request that was not the browser's own. */
export async function startSentry() {
  const strangers = [];
  const note = (target) => {
    const host = target.replace(/:\d+$/, "");
    if (!BROWSERS_OWN.has(host)) strangers.push(target);
  };
  const server = createServer((request, response) => {
    note(URL.canParse(request.url) ? new URL(request.url).host : request.url);
    response.writeHead(502).end();
  });
  server.on("connect", (request, socket) => {
    note(request.url);
    socket.on("error", () => {});
    socket.end("HTTP/1.1 502 Refused\r\n\r\n");
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: server.address().port,
    strangers,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
