const out = document.querySelector("#out");
const worker = new Worker("worker.js", { type: "module" });
worker.onmessage = ({ data }) => (out.textContent = data);
worker.onerror = (event) => (out.textContent = `error: ${event.message}`);
