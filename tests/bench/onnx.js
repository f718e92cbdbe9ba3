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
/** AttributeProto.AttributeType.INT */
const INT = 2;

/** ValueInfoProto: a float tensor. */
function floats(name, shape) {
  const dimensions = shape.map((side) => block(1, [integer(1, side)]));
  return [block(1, name), block(2, [block(1, [integer(1, FLOAT), block(2, dimensions)])])];
}

/** TensorProto: a constant. */
function constant(name, type, shape, values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return [...shape.map((side) => integer(1, side)), integer(2, type), block(8, name), block(9, bytes)];
}

/** ModelProto of one node with the result `c`. */
function model({ node, constants = [], inputs, output }) {
  const graph = [
    block(1, node),
    block(2, "product"),
    ...constants.map((one) => block(5, one)),
    ...inputs.map((one) => block(11, one)),
    block(12, output),
  ];
  const opset = (domain, version) => block(8, [block(1, domain), integer(2, version)]);
  return joined([integer(1, 8), block(7, graph), opset("", 17), opset("com.microsoft", 1)]);
}

/** `c [m, n] = MatMul(a [m, k], b [k, n])`. */
export function matmulModel(m, k, n) {
  const node = [block(1, "a"), block(1, "b"), block(2, "c"), block(3, "product"), block(4, "MatMul")];
  return model({ node, inputs: [floats("a", [m, k]), floats("b", [k, n])], output: floats("c", [m, n]) });
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
  return model({ node, constants, inputs: [floats("a", [m, k])], output: floats("c", [m, n]) });
}
