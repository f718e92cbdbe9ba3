// A 64 x 64 matrix product on onnxruntime-web's WebGPU provider, as early as the page can have it.

import { productModel } from "./onnx.js";
import * as ort from "./node_modules/onnxruntime-web/dist/ort.webgpu.min.mjs";

const SIDE = 64;
ort.env.wasm.wasmPaths = new URL("./node_modules/onnxruntime-web/dist/", import.meta.url).href;
ort.env.wasm.numThreads = 1;
const loaded = performance.now();
const session = await ort.InferenceSession.create(productModel(SIDE), { executionProviders: ["webgpu"] });
const ready = performance.now();
const ones = () => new ort.Tensor("float32", new Float32Array(SIDE * SIDE).fill(1), [SIDE, SIDE]);
const { c } = await session.run({ a: ones(), b: ones() });
const values = await c.getData();
const done = performance.now();
globalThis.__cold = { loaded, ready, done, right: values.every((value) => value === SIDE) };
