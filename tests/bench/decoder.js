// The shipped model in one page, token after token with a cache, by the text worker and by onnxruntime-web: the same
// weights, the same prompt, always the most probable token. They take turns, round by round, after it was checked that
// each token of ours is the most probable one for onnxruntime too, up to the rounding of its logit.

import { Afina } from "./afina.js";
import { decoderModel } from "./onnx.js";
import * as ort from "./node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs";

ort.env.wasm.wasmPaths = new URL("./node_modules/onnxruntime-web/dist/", import.meta.url).href;
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

/** Twice what two f32 computations of a logit may differ by. */
const SAME_LOGIT = 2e-4;
const PROMPT = "En Villaluna vivía una chica que se llamaba Marta.";

const fetched = async (url) => {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url}: ${answer.status}`);
  return answer;
};

/** The tensors of a safetensors file of f32 by name. */
function tensorsOf(bytes) {
  const length = Number(new DataView(bytes).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, length)));
  return (name) => {
    const [begin, end] = header[name].data_offsets;
    return new Float32Array(bytes.slice(8 + length + begin, 8 + length + end));
  };
}

class Ort {
  static async start(provider, config, weights) {
    const one = new Ort();
    const names = Array.from({ length: config.num_hidden_layers }, (_, i) => [`${i}.key`, `${i}.value`]).flat();
    // The cache stays where the model runs.
    const locations = Object.fromEntries(names.map((name) => [`present.${name}`, provider === "webgpu" ? "gpu-buffer" : "cpu"]));
    const options = { executionProviders: [provider], preferredOutputLocation: { ...locations, logits: "cpu" } };
    one.session = await ort.InferenceSession.create(decoderModel(config, weights), options);
    Object.assign(one, { config, names, provider });
    return one;
  }

  /**
   * `length` tokens after `prompt`, or those of `given`; the time does not count the prompt. `worst` is how far the logit of
   * a given token is below the highest.
   */
  async generate(prompt, length, given) {
    const { config, names } = this;
    const shape = [1, config.num_key_value_heads, 0, config.head_dim];
    let past = Object.fromEntries(names.map((name) => [`past.${name}`, new ort.Tensor("float32", new Float32Array(0), shape)]));
    let [ids, total, begun, worst] = [prompt, 0, 0, 0];
    const said = [];
    while (true) {
      total += ids.length;
      const found = await this.session.run({
        ids: new ort.Tensor("int64", BigInt64Array.from(ids, BigInt), [1, ids.length]),
        seqlens: new ort.Tensor("int32", Int32Array.of(total - 1), [1]),
        total: new ort.Tensor("int32", Int32Array.of(total), [1]),
        ...past,
      });
      for (const old of Object.values(past)) old.dispose();
      past = Object.fromEntries(names.map((name) => [`past.${name}`, found[`present.${name}`]]));
      const logits = (await found.logits.getData()).slice(-config.vocab_size);
      if (begun === 0) begun = performance.now();
      if (said.length === length) break;
      const best = logits.reduce((best, value, i) => (value > logits[best] ? i : best), 0);
      const next = given?.[said.length] ?? best;
      worst = Math.max(worst, logits[best] - logits[next]);
      said.push(next);
      ids = [next];
    }
    const millis = performance.now() - begun;
    for (const old of Object.values(past)) old.dispose();
    return { said, millis, worst };
  }
}

async function ours(site, build, wish) {
  const afina = await Afina.start({ site, build, bin: "text", wish });
  return {
    ready: afina.ready,
    async generate(length) {
      const config = { prompt: PROMPT, temperature: 0, top_k: 0, top_p: 1, seed: 1, length };
      const found = await afina.run({ model: { task: { generate: { config } } } });
      return { said: found.generated.map(([id]) => id), millis: found.speed[0].millis, prompt: found.tokens.map((row) => row.id) };
    },
  };
}

globalThis.decoder = {
  async run({ site, build, rounds, length, gpu }) {
    const folder = new URL("models/afina-small/", site);
    const config = await (await fetched(new URL("config.json", folder))).json();
    const weights = tensorsOf(await (await fetched(new URL("model.safetensors", folder))).arrayBuffer());
    const contenders = [];
    for (const [tier, provider] of [["cpu", "wasm"], ...(gpu ? [["gpu", "webgpu"]] : [])]) {
      const mine = await ours(site, build, tier);
      const { prompt, said } = await mine.generate(length);
      const theirs = await Ort.start(provider, config, weights);
      const { worst } = await theirs.generate(prompt, said.length, said);
      if (!(worst <= SAME_LOGIT)) throw new Error(`${provider}: a token of ours is ${worst} below its most probable one`);
      contenders.push({ name: `afina ${tier}`, tier, ready: mine.ready, go: () => mine.generate(length), millis: [], tokens: said.length, worst });
      contenders.push({ name: `onnxruntime-web ${provider}`, tier, go: () => theirs.generate(prompt, said.length), millis: [], tokens: said.length });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const one of contenders) one.millis.push((await one.go()).millis);
    }
    return contenders.map(({ go, ...row }) => row);
  },
};
