// The shipped kernels worker, driven through its own messages.

/** One worker; `run(command)` gives the tables and series of a run by their names. */
export class Afina {
  #worker;
  #last = 0;
  #runs = new Map();

  /** Starts the worker `bin` of the site at `site` and waits until its tier is chosen. */
  static start({ site, build, bin = "kernels", wish = "gpu", verified = [] }) {
    const one = new Afina();
    return new Promise((resolve, reject) => {
      one.#worker = new Worker(new URL(`worker.js?bin=${bin}&v=${build}`, site), { type: "module" });
      one.#worker.onerror = (event) => reject(new Error(event.message));
      one.#worker.onmessage = ({ data }) => {
        const said = JSON.parse(data.json);
        if (said.up) one.#say({ start: { wish, verified } });
        else if (said.ready) {
          one.ready = said.ready;
          resolve(one);
        } else if (said.event) one.#hear(said.event.event);
        else if (said.broken || said.lost) {
          const fault = new Error(JSON.stringify(said));
          reject(fault);
          for (const { fail } of one.#runs.values()) fail(fault);
        }
      };
    });
  }

  #say(message) {
    this.#worker.postMessage({ json: JSON.stringify(message) });
  }

  #hear(event) {
    const [[name, content]] = Object.entries(event);
    const run = this.#runs.get(content.run);
    if (!run) return;
    if (name === "table") run.tables[content.table.name] = rowsOf(content.table);
    if (name === "points") (run.tables[content.series] ??= []).push(...content.points);
    if (name === "done") run.end(run.tables);
    if (name === "failed") run.fail(new Error(JSON.stringify(content.error)));
    if (name === "done" || name === "failed") this.#runs.delete(content.run);
  }

  run(command) {
    const run = (this.#last += 1);
    return new Promise((end, fail) => {
      this.#runs.set(run, { tables: {}, end, fail });
      this.#say({ run: { run, command } });
    });
  }
}

/** A table as a list of objects. */
function rowsOf({ columns, rows }) {
  return rows.map((row) => Object.fromEntries(columns.map((name, at) => [name, row[at]])));
}
