// Matrix products in one page: each case is a list of contenders that take turns, round by round.
//
// Ours is the shipped worker, asked to time one format. A peer's sample is R products and one wait, divided by R; ours is
// measured the same way inside the worker. Every contender is checked in the run that times it: ours by the worker, on
// all formats against f64 sums of its own codes; peers here, on outputs spread over the result.

import { Afina } from "./afina.js";
import { matmulModel, nbitsModel } from "./onnx.js";
import { jax, tf } from "./build/peers.js";
import { jaxTraining, noise } from "./training.js";
import * as ort from "./node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs";

/** A sample of a peer covers at least this, so that one wait is a small part of it. */
const SAMPLE_MILLIS = 60;
/** `accuracy_level` of MatMulNBits: unset, f32, f16, bf16, int8. */
const LEVELS = [0, 1, 2, 3, 4];
const GROUP = 32;

ort.env.wasm.wasmPaths = new URL("./node_modules/onnxruntime-web/dist/", import.meta.url).href;
ort.env.wasm.numThreads = 1;
ort.env.logLevel = "error";

let afina;
/** Starts another trainer worker. */
let trainer;

/** Checks outputs spread over `y [m, n]`; `allowed` is relative to the sum of magnitudes. */
function check(y, { m, n, k }, x, weight, allowed) {
  let worst = 0;
  for (let sample = 0; sample < 64; sample += 1) {
    const [row, column] = [(sample * 31) % m, (sample * 977) % n];
    let [sum, magnitude] = [0, 0];
    for (let i = 0; i < k; i += 1) {
      const product = x[row * k + i] * weight(column, i);
      sum += product;
      magnitude += Math.abs(product);
    }
    worst = Math.max(worst, Math.abs(y[row * n + column] - sum) / (allowed * magnitude));
  }
  return worst;
}

/** K + 2 roundings of f32. */
const float = (k) => (k + 2) * 2 ** -24;
/** A level that may quantize activations to INT8 is off by up to half a step of 1 / 127 of the largest in every product. */
const INTEGER = 1 / 127;

async function sampled(product, wait) {
  const time = async (repeats) => {
    const begun = performance.now();
    for (let i = 0; i < repeats; i += 1) await product();
    await wait();
    return (performance.now() - begun) / repeats;
  };
  await time(1);
  const repeats = Math.max(1, Math.ceil(SAMPLE_MILLIS / (await time(1))));
  return () => time(repeats);
}

async function ortBuffer(values, dims) {
  const device = await ort.env.webgpu.device;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = device.createBuffer({ size: values.byteLength, usage });
  device.queue.writeBuffer(buffer, 0, values);
  return ort.Tensor.fromGpuBuffer(buffer, { dataType: "float32", dims });
}

async function ortContender(name, model, feeds, judge) {
  const session = await ort.InferenceSession.create(model, {
    executionProviders: ["webgpu"], preferredOutputLocation: "gpu-buffer",
  });
  const device = await ort.env.webgpu.device;
  const given = Object.fromEntries(await Promise.all(
    Object.entries(feeds).map(async ([key, { values, dims }]) => [key, await ortBuffer(values, dims)]),
  ));
  const { c } = await session.run(given);
  const error = judge(await c.getData(true));
  const product = async () => (await session.run(given)).c.dispose();
  return { name, error, sample: await sampled(product, () => device.queue.onSubmittedWorkDone()) };
}

async function tfContender(shape, a, b, judge) {
  await tf.setBackend("webgpu");
  await tf.ready();
  const [x, w] = [tf.tensor2d(a, [shape.m, shape.k]), tf.tensor2d(b, [shape.k, shape.n])];
  const first = tf.matMul(x, w);
  const error = judge(await first.data());
  first.dispose();
  const backend = tf.backend();
  const wait = () => {
    backend.endComputePassEncoder();
    backend.submitQueue();
    return backend.device.queue.onSubmittedWorkDone();
  };
  return { name: "tfjs", error, sample: await sampled(() => tf.matMul(x, w).dispose(), wait) };
}

async function jaxContender(shape, a, b, judge) {
  await jax.init("webgpu");
  jax.defaultDevice("webgpu");
  const { numpy } = jax;
  const [x, w] = [numpy.array(a, { shape: [shape.m, shape.k] }), numpy.array(b, { shape: [shape.k, shape.n] })];
  const error = judge(await numpy.dot(x.ref, w.ref).data());
  let last;
  const product = () => {
    last?.dispose();
    last = numpy.dot(x.ref, w.ref);
  };
  const wait = async () => {
    await jax.blockUntilReady(last);
    last.dispose();
    last = undefined;
  };
  return { name: "jax-js", error, sample: await sampled(product, wait) };
}

/** Ours: the worker times one format; the worst error over all rounds is kept. */
function ours(name, config) {
  const one = {
    name, error: 0, ours: true,
    async sample() {
      const { times } = await afina.run({ kernel: { task: { time: { config } } } });
      one.error = Math.max(one.error, times[0].max_error);
      one.variant = times[0].variant;
      return times[0].millis;
    },
  };
  return one;
}

const config = (m, n, k, format, rank = 0) => ({
  batch: m, inputs: k, outputs: n, formats: [format], group: GROUP, asymmetric: false, double_quant: false, rank, seed: 1,
});

async function gemm(n) {
  const shape = { m: n, n, k: n };
  const [a, b] = [noise(n * n, 1), noise(n * n, 2)];
  const judge = (y) => check(y, shape, a, (column, i) => b[i * n + column], float(n));
  const feeds = { a: { values: a, dims: [n, n] }, b: { values: b, dims: [n, n] } };
  return [
    ours("afina fp32", config(n, n, n, "fp32")),
    await ortContender("onnxruntime-web", matmulModel(n, n, n), feeds, judge),
    await tfContender(shape, a, b, judge),
    await jaxContender(shape, a, b, judge),
  ];
}

/** Ours in some formats against every level of MatMulNBits at `bits`. */
async function nbits(m, n, bits, formats) {
  const [shape, zero] = [{ m, n, k: n }, 2 ** (bits - 1)];
  const a = noise(m * n, 1);
  const codes = Uint8Array.from({ length: (n * n * bits) / 8 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
  const scales = noise((n * n) / GROUP, 3).map((s) => 0.01 + Math.abs(s) * 0.01);
  const code = (at) => (bits === 8 ? codes[at] : (codes[at >> 1] >> ((at & 1) * 4)) & 15);
  const weight = (column, i) => scales[Math.floor((column * n + i) / GROUP)] * (code(column * n + i) - zero);
  const feeds = { a: { values: a, dims: [m, n] } };
  const all = formats.map((format) => ours(`afina ${format}`, config(m, n, n, format)));
  for (const level of LEVELS) {
    const model = nbitsModel({ m, k: n, n, bits, group: GROUP, level, codes, scales });
    const judge = (y) => check(y, shape, a, weight, level === 4 ? INTEGER : float(n));
    all.push(await ortContender(`onnxruntime-web ${bits} bits, level ${level}`, model, feeds, judge));
  }
  return all;
}

const lora = (m, n, format) => [
  ours(`afina ${format} base`, config(m, n, n, format)),
  ours(`afina ${format} LoRA 16`, config(m, n, n, format, 16)),
];

const CASES = {
  "f32 GEMM 512": () => gemm(512),
  "f32 GEMM 1024": () => gemm(1024),
  "8 bits M=64 1024": () => nbits(64, 1024, 8, ["w8a8", "int8"]),
  "4 bits M=64 1024": () => nbits(64, 1024, 4, ["int4", "nf4"]),
  "8 bits GEMV 2048": () => nbits(1, 2048, 8, ["int8", "w8a8"]),
  "4 bits GEMV 2048": () => nbits(1, 2048, 4, ["int4", "nf4"]),
  "LoRA fp32 M=64 1024": () => lora(64, 1024, "fp32"),
  "LoRA int8 M=64 1024": () => lora(64, 1024, "int8"),
  "LoRA int4 M=64 1024": () => lora(64, 1024, "int4"),
  "LoRA nf4 M=64 1024": () => lora(64, 1024, "nf4"),
  "LoRA int4 GEMV 2048": () => lora(1, 2048, "int4"),
};

/** The names of the cases. */
export const cases = Object.keys(CASES);

/** Steps that the trainer makes before its clock counts. */
const WARM_UPS = 2;
/** Relative difference of the losses after all steps that rounding may explain; that of src/nets/peer/training.rs. */
const ALLOWED = 1e-3;

/** The median step of jax-js, and how far its last loss is from ours, in multiples of what is allowed. */
async function jaxSteps(shape, rounds, loss) {
  const step = await jaxTraining(shape);
  const millis = [];
  let last;
  for (let round = 0; round < WARM_UPS + rounds; round += 1) {
    const begun = performance.now();
    last = await step();
    if (round >= WARM_UPS) millis.push(performance.now() - begun);
  }
  millis.sort((a, b) => a - b);
  return { millis: millis[millis.length >> 1], error: Math.abs(last - loss) / (ALLOWED * loss) };
}

/** Runs one case; a contender that cannot run is named with its fault. */
async function run(name, rounds) {
  const contenders = await CASES[name]();
  const millis = contenders.map(() => []);
  // The first round compiles and, for ours, measures which variant is the fastest; it does not count.
  for (let round = 0; round <= rounds; round += 1) {
    for (const [at, contender] of contenders.entries()) {
      const sample = await contender.sample();
      if (round > 0) millis[at].push(sample);
    }
  }
  return contenders.map(({ name, error, variant, ours = false }, at) => ({ name, ours, error, variant, millis: millis[at] }));
}

globalThis.products = {
  cases,
  async start(site, build) {
    trainer = () => Afina.start({ site, build, bin: "trainer" });
    afina = await Afina.start({ site, build });
    return afina.ready;
  },
  /** Ours in burn's graph beside burn's own operations, in the trainer worker; appears in `outcome`. */
  beginBurn() {
    this.tell(async () => (await trainer()).run("peers").then(({ peers }) => peers));
  },
  /** Whole steps of training beside burn's, in the trainer worker, and jax-js's of the same shapes after them; appears in `outcome`. */
  beginTraining(rounds) {
    this.tell(async () => {
      const { peers } = await (await trainer()).run("peer_trainings");
      for (const row of peers.filter(({ storage }) => storage === "F32")) {
        const { millis, error } = await jaxSteps(row, rounds, row.loss);
        row.worst = Math.max(row.worst, error);
        // jax-js has no NF4: QLoRA's step is beside its step with floats, whose loss is another.
        for (const same of peers.filter(({ m, n }) => m === row.m && n === row.n)) same.jax_millis = millis;
      }
      return peers;
    });
  },
  /** Starts a case; its outcome appears in `outcome`. */
  begin(name, rounds) {
    this.tell(() => run(name, rounds));
  },
  /** Puts what `found` gives into `outcome`. */
  tell(found) {
    this.outcome = undefined;
    found().then((found) => (this.outcome = { found }), (error) => (this.outcome = { fault: String(error?.stack ?? error) }));
  },
};
