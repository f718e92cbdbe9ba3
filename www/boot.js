// Starts the page of this address: a lab is a wasm of its own, every other page is in `app`. If that fails, the first
// paint says so instead of waiting for ever.
const meta = (name) => document.querySelector(`meta[name=${name}]`)?.content ?? "";

try {
  const root = new URL(meta("afina-root"), document.baseURI).pathname;
  const place = location.pathname.slice(root.length).replace(/\/$/, "");
  const page = meta("afina-labs").split(" ").includes(place) ? place : "app";
  const { default: init } = await import(`./${page}.js`);
  await init({ module_or_path: new URL(`./${page}_bg.wasm`, import.meta.url) });
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
