// The one script that every worker begins with: `worker.js?bin=kernels&v=BUILD` runs the wasm `kernels` of that build.
//
// Messages that arrive while the wasm still loads are kept and delivered once it listens. If the wasm cannot be loaded,
// the page is told why, in the same form in which the wasm would speak.
{
  const query = new URL(import.meta.url).searchParams;
  const bin = query.get("bin") ?? "";
  const build = query.get("v") ?? "";
  const early = [];
  const keep = (event) => {
    event.stopImmediatePropagation();
    early.push(event);
  };
  try {
    if (!/^[a-z]+$/.test(bin) || !/^[a-z0-9]+$/.test(build)) throw new Error(`no such worker: ${bin} ${build}`);
    addEventListener("message", keep);
    const { default: init } = await import(`./${build}/${bin}.js`);
    const wasm = await init({ module_or_path: new URL(`./${build}/${bin}_bg.wasm`, import.meta.url) });
    // Where it has static constructors; nothing that they set up is used before the first message.
    wasm.__wasm_call_ctors?.();
    removeEventListener("message", keep);
    for (const { data, ports } of early) dispatchEvent(new MessageEvent("message", { data, ports }));
  } catch (error) {
    postMessage({ json: JSON.stringify({ broken: { message: String(error?.message ?? error) } }) });
  }
}
