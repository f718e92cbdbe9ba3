// What esbuild bundles for products.html: the peers that do not load from node_modules as they are.

import * as jax from "@jax-js/jax";
import * as tf from "@tensorflow/tfjs-core";
import "@tensorflow/tfjs-backend-webgpu";

export { jax, tf };
