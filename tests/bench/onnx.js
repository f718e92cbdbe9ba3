// The bytes of small ONNX models, written by hand: protobuf fields of onnx.proto3, opset 17.

function joined(parts) {
  const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return Uint8Array.from([...bytes, value]);
}

/** Field `number` with an integer. */
const integer = (number, value) => joined([varint(number * 8), varint(value)]);
/** Field `number` with bytes, a text or a message (a list of fields). */
const block = (number, content) => {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content)
    : Array.isArray(content) ? joined(content) : content;
  return joined([varint(number * 8 + 2), varint(bytes.length), bytes]);
};

const FLOAT = 1;
const UINT8 = 2;
const INT32 = 6;
const INT64 = 7;
/** AttributeProto.AttributeType.INT */
const INT = 2;

/** ValueInfoProto: a tensor; a side that is a text is known only when the model runs. */
function tensor(name, type, shape) {
  const dimensions = shape.map((side) => block(1, [typeof side === "string" ? block(2, side) : integer(1, side)]));
  return [block(1, name), block(2, [block(1, [integer(1, type), block(2, dimensions)])])];
}
const floats = (name, shape) => tensor(name, FLOAT, shape);

/** TensorProto: a constant. */
function constant(name, type, shape, values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.map((side) => integer(1, side)), integer(2, type), block(8, name), block(9, bytes)];
}

/** ModelProto of some nodes. */
function model({ nodes, constants = [], inputs, outputs }) {
  const graph = [
    ...nodes.map((one) => block(1, one)),
    block(2, "graph"),
    ...constants.map((one) => block(5, one)),
    ...inputs.map((one) => block(11, one)),
    ...outputs.map((one) => block(12, one)),
  ];
  const opset = (domain, version) => block(8, [block(1, domain), integer(2, version)]);
  return joined([integer(1, 8), block(7, graph), opset("", 17), opset("com.microsoft", 1)]);
}

/** `c [m, n] = MatMul(a [m, k], b [k, n])`. */
export function matmulModel(m, k, n) {
  const node = [block(1, "a"), block(1, "b"), block(2, "c"), block(3, "product"), block(4, "MatMul")];
  return model({ nodes: [node], inputs: [floats("a", [m, k]), floats("b", [k, n])], outputs: [floats("c", [m, n])] });
}

/** `c = MatMul(a, b)` for square matrices. */
export const productModel = (side) => matmulModel(side, side, side);

/**
 * `c [m, n] = MatMulNBits(a [m, k], B)`: `codes` in blocks of `group` along k, the first code in the lowest bits, a scale
 * a block, and the zero point that the operator assumes (8 or 128).
 */
export function nbitsModel({ m, k, n, bits, group, level, codes, scales }) {
  const attribute = (name, value) => block(5, [block(1, name), integer(3, value), integer(20, INT)]);
  const node = [
    block(1, "a"), block(1, "B"), block(1, "S"), block(2, "c"), block(3, "product"), block(4, "MatMulNBits"),
    attribute("K", k), attribute("N", n), attribute("bits", bits), attribute("block_size", group),
    attribute("accuracy_level", level), block(7, "com.microsoft"),
  ];
  const constants = [
    constant("B", UINT8, [n, k / group, (group * bits) / 8], codes),
    constant("S", FLOAT, [n * (k / group)], scales),
  ];
  return model({ nodes: [node], constants, inputs: [floats("a", [m, k])], outputs: [floats("c", [m, n])] });
}

const MICROSOFT = "com.microsoft";
/** AttributeProto.AttributeType.FLOAT */
const FLOAT_ATTRIBUTE = 1;

/** NodeProto; attributes are whole numbers, or `{ float }`. */
function nodeOf(operator, inputs, outputs, attributes = {}, domain = "") {
  const attribute = ([name, value]) => {
    if (typeof value === "number") return block(5, [block(1, name), integer(3, value), integer(20, INT)]);
    const bytes = new Uint8Array(Float32Array.of(value.float).buffer);
    return block(5, [block(1, name), joined([varint(2 * 8 + 5), bytes]), integer(20, FLOAT_ATTRIBUTE)]);
  };
  return [
    ...inputs.map((name) => block(1, name)),
    ...outputs.map((name) => block(2, name)),
    block(3, outputs[0]),
    block(4, operator),
    ...Object.entries(attributes).map(attribute),
    block(7, domain),
  ];
}

/** `w [rows, cols]` as `[cols, rows]`. */
function transposed(w, rows, cols) {
  const out = new Float32Array(w.length);
  for (let row = 0; row < rows; row += 1) for (let col = 0; col < cols; col += 1) out[col * rows + row] = w[row * cols + col];
  return out;
}

/**
 * A decoder of the Llama family with a cache, made of onnxruntime's own fused operators, as exported language models are:
 * `ids [1, T]` and `past.N.key`, `past.N.value [1, J, P, D]` to `logits [1, T, V]` and `present.N...`. `weights(name)` gives
 * the tensors of model.safetensors, `config` is config.json.
 */
export function decoderModel(config, weights) {
  const { hidden_size: channels, num_attention_heads: heads, num_key_value_heads: keyHeads, vocab_size: vocabulary } = config;
  const [dim, inner, epsilon] = [config.head_dim, config.intermediate_size, { float: config.rms_norm_eps }];
  const [nodes, constants, inputs, outputs] = [[], [], [], []];
  const keep = (name, shape, values) => {
    constants.push(constant(name, FLOAT, shape, values));
    return name;
  };
  const table = weights("model.embed_tokens.weight");
  const gain = (name) => keep(name, [channels], weights(`${name}.weight`));
  const product = (x, name, y, rows, cols) => {
    keep(name, [cols, rows], transposed(weights(`${name}.weight`), rows, cols));
    nodes.push(nodeOf("MatMul", [x, name], [y]));
    return y;
  };
  const [half, places] = [dim / 2, config.max_position_embeddings];
  const angles = Float64Array.from({ length: places * half }, (_, i) => Math.floor(i / half) * config.rope_theta ** (-2 * (i % half) / dim));
  keep("cosines", [places, half], Float32Array.from(angles, Math.cos));
  keep("sines", [places, half], Float32Array.from(angles, Math.sin));
  inputs.push(tensor("ids", INT64, [1, "T"]), tensor("seqlens", INT32, [1]), tensor("total", INT32, [1]));
  keep("table", [vocabulary, channels], table);
  nodes.push(nodeOf("Gather", ["table", "ids"], ["x"]));
  nodes.push(nodeOf("SimplifiedLayerNormalization", ["x", gain("model.layers.0.input_layernorm")], ["h.0"], { axis: 2, epsilon, stash_type: 1 }));
  let [x, h] = ["x", "h.0"];
  for (let layer = 0; layer < config.num_hidden_layers; layer += 1) {
    const at = (name) => `model.layers.${layer}.${name}`;
    const q = product(h, at("self_attn.q_proj"), at("q"), heads * dim, channels);
    const k = product(h, at("self_attn.k_proj"), at("k"), keyHeads * dim, channels);
    const v = product(h, at("self_attn.v_proj"), at("v"), keyHeads * dim, channels);
    const cache = ["key", "value"].map((part) => [`past.${layer}.${part}`, `present.${layer}.${part}`]);
    for (const [past, present] of cache) {
      inputs.push(floats(past, [1, keyHeads, "P", dim]));
      outputs.push(floats(present, [1, keyHeads, "S", dim]));
    }
    nodes.push(nodeOf(
      "GroupQueryAttention",
      [q, k, v, cache[0][0], cache[1][0], "seqlens", "total", "cosines", "sines"],
      [at("y"), cache[0][1], cache[1][1]],
      { num_heads: heads, kv_num_heads: keyHeads, do_rotary: 1, rotary_interleaved: 0 },
      MICROSOFT,
    ));
    const added = product(at("y"), at("self_attn.o_proj"), at("o"), channels, heads * dim);
    const skip = (name, a, b, sum, y) => {
      nodes.push(nodeOf("SkipSimplifiedLayerNormalization", [a, b, gain(name)], [y, "", "", sum], { epsilon }, MICROSOFT));
    };
    skip(at("post_attention_layernorm"), added, x, at("x"), at("h"));
    const gate = product(at("h"), at("mlp.gate_proj"), at("gate"), inner, channels);
    const up = product(at("h"), at("mlp.up_proj"), at("up"), inner, channels);
    nodes.push(nodeOf("Sigmoid", [gate], [at("open")]));
    nodes.push(nodeOf("Mul", [gate, at("open")], [at("gated")]));
    nodes.push(nodeOf("Mul", [at("gated"), up], [at("inner")]));
    const down = product(at("inner"), at("mlp.down_proj"), at("down"), channels, inner);
    const next = layer + 1 < config.num_hidden_layers ? `model.layers.${layer + 1}.input_layernorm` : "model.norm";
    skip(next, down, at("x"), `x.${layer + 1}`, `h.${layer + 1}`);
    [x, h] = [`x.${layer + 1}`, `h.${layer + 1}`];
  }
  keep("head", [channels, vocabulary], transposed(table, vocabulary, channels));
  nodes.push(nodeOf("MatMul", [h, "head"], ["logits"]));
  outputs.push(floats("logits", [1, "T", vocabulary]));
  return model({ nodes, constants, inputs, outputs });
}
