// Starts the page. If that fails, the first paint says so instead of waiting for ever.
import init from "./app.js";

try {
  await init({ module_or_path: new URL("./app_bg.wasm", import.meta.url) });
  document.querySelector("#boot")?.remove();
} catch (error) {
  const message = document.querySelector("#boot-message");
  if (message) {
    const reason = String(error?.message ?? error);
    message.replaceChildren(
      ...[
        ["es", `La página no pudo arrancar (${reason}). Vuelve a cargarla o usa un navegador actual.`],
        ["en", `The page could not start (${reason}). Reload it or use a current browser.`],
      ].flatMap(([lang, text]) => {
        const line = document.createElement("span");
        line.lang = lang;
        line.textContent = text;
        return [line, " "];
      }),
    );
  }
  throw error;
}
