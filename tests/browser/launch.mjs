// Starts Chromium and Firefox with WebGPU on the software Vulkan driver, headless and quiet on the network.

import { existsSync } from "node:fs";
import puppeteer from "puppeteer-core";

const firstOf = (paths) => paths.find((path) => path && existsSync(path));

const PROGRAMS = {
  chromium: () =>
    firstOf([process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]),
  firefox: () => firstOf([process.env.FIREFOX, "/usr/bin/firefox-esr", "/usr/bin/firefox"]),
};

const CHROMIUM_FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-default-apps",
  "--disable-domain-reliability",
  "--disable-features=OptimizationHints,MediaRouter,Translate,AutofillServerCommunication",
  "--no-pings",
  // Without a GPU watchdog a slow software shader is slow, not a lost device.
  "--disable-gpu-watchdog",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--enable-features=Vulkan",
  "--force-prefers-reduced-motion",
];

const FIREFOX_PREFS = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  "gfx.webgpu.force-enabled": true,
  "gfx.webgpu.ignore-blocklist": true,
  "ui.prefersReducedMotion": 1,
  // Quiet: no updates, experiments, telemetry, safe-browsing lists or remote settings.
  "app.update.auto": false,
  "app.normandy.enabled": false,
  "browser.safebrowsing.malware.enabled": false,
  "browser.safebrowsing.phishing.enabled": false,
  "browser.search.update": false,
  "browser.newtabpage.activity-stream.feeds.topsites": false,
  "browser.region.network.url": "",
  "browser.topsites.contile.enabled": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "extensions.update.enabled": false,
  "extensions.systemAddon.update.enabled": false,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "network.dns.disablePrefetch": true,
  "network.prefetch-next": false,
  "services.settings.server": "data:,",
  "toolkit.telemetry.server": "data:,",
  "dom.push.connection.enabled": false,
};

/** The browsers to test in: all that are known, or those named in `AFINA_BROWSERS=chromium,firefox`. */
export const BROWSERS = (process.env.AFINA_BROWSERS ?? "chromium,firefox").split(",").map((name) => name.trim());

/** Starts a browser whose every request beyond this machine goes through the proxy on `proxyPort`. */
export function launch(name, proxyPort, { dark = false } = {}) {
  const executablePath = PROGRAMS[name]?.();
  if (!executablePath) throw new Error(`${name} is not installed, or its name is wrong; set ${name.toUpperCase()} to its path`);
  const common = { executablePath, headless: true, protocolTimeout: 600_000, timeout: 60_000 };
  if (name === "firefox") {
    return puppeteer.launch({
      ...common,
      browser: "firefox",
      extraPrefsFirefox: {
        ...FIREFOX_PREFS,
        "network.proxy.type": 1,
        "network.proxy.http": "127.0.0.1",
        "network.proxy.http_port": proxyPort,
        "network.proxy.ssl": "127.0.0.1",
        "network.proxy.ssl_port": proxyPort,
        "ui.systemUsesDarkTheme": dark ? 1 : 0,
      },
    });
  }
  return puppeteer.launch({ ...common, args: [...CHROMIUM_FLAGS, `--proxy-server=http://127.0.0.1:${proxyPort}`] });
}
