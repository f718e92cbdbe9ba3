// A step of training with LoRA and AdamW in jax-js: the chain of layers of src/nets/peer/training.rs, from the same numbers.

import { jax } from "./build/peers.js";

const DEPTH = 8;
const SCALE = 2;
const [RATE, BETA1, BETA2, EPSILON] = [1e-4, 0.9, 0.999, 1e-8];

/** Numbers in [-1, 1) that any language gives: a multiplicative hash of the index. */
export const noise = (length, seed) =>
  Float32Array.from({ length }, (_, i) => (Math.imul(i + 1 + seed * 7919, 2654435761) >> 8) / 8388608);

const scaled = (length, seed, k) => {
  const factor = Math.fround(Math.sqrt(3 / k));
  return noise(length, seed).map((v) => v * factor);
};

/** The mean square of what comes out of the chain. */
function lossOf(added, x, weights) {
  const { numpy } = jax;
  let h = x;
  for (let layer = 0; layer < DEPTH; layer += 1) {
    const [a, b] = [added[2 * layer], added[2 * layer + 1]];
    const low = numpy.dot(numpy.dot(h.ref, a.transpose()), b.transpose());
    h = numpy.dot(h, weights[layer].transpose()).add(low.mul(SCALE));
  }
  return numpy.mean(numpy.square(h));
}

/**
 * A training that goes on with every step: `step()` gives the loss before it, once all of it is over.
 * One jit holds the whole step, so that jax-js can fuse what it wants.
 */
export async function jaxTraining({ m, n, r }) {
  await jax.init("webgpu");
  jax.defaultDevice("webgpu");
  const { numpy, jit, valueAndGrad } = jax;
  const array = (values, shape) => numpy.array(values, { shape });
  const x = array(noise(m * n, 1000), [m, n]);
  const weights = [];
  let added = [];
  for (let layer = 0; layer < DEPTH; layer += 1) {
    weights.push(array(scaled(n * n, 3 * layer, n), [n, n]));
    added.push(array(scaled(r * n, 3 * layer + 1, n), [r, n]));
    added.push(array(scaled(n * r, 3 * layer + 2, 100 * r), [n, r]));
  }
  const zeros = (like) => numpy.zeros(like.shape);
  let [first, second, time] = [added.map(zeros), added.map(zeros), 0];
  const train = jit((added, first, second, corrections, x, weights) => {
    const [loss, slopes] = valueAndGrad(lossOf)(added.map((one) => one.ref), x, weights);
    const m = first.map((one, at) => one.mul(BETA1).add(slopes[at].ref.mul(1 - BETA1)));
    const v = second.map((one, at) => one.mul(BETA2).add(numpy.square(slopes[at]).mul(1 - BETA2)));
    const next = added.map((one, at) => {
      const delta = m[at].ref.mul(corrections.first.ref).div(numpy.sqrt(v[at].ref.mul(corrections.second.ref)).add(EPSILON));
      return one.sub(delta.mul(RATE));
    });
    corrections.first.dispose();
    corrections.second.dispose();
    return { loss, added: next, m, v };
  });
  return async function step() {
    time += 1;
    const corrections = { first: numpy.array(1 / (1 - BETA1 ** time)), second: numpy.array(1 / (1 - BETA2 ** time)) };
    const done = train(added, first, second, corrections, x.ref, weights.map((one) => one.ref));
    [added, first, second] = [done.added, done.m, done.v];
    const [loss] = await done.loss.data();
    await jax.blockUntilReady(added);
    return loss;
  };
}
