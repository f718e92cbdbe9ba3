// The bytes of an ONNX model `c = a b`, written by hand: protobuf fields of onnx.proto3, opset 17.

const bytesOf = (text) => [...new TextEncoder().encode(text)];

function varint(value) {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}

/** Field `number` with an integer. */
const integer = (number, value) => [...varint(number * 8), ...varint(value)];
/** Field `number` with bytes, a text or a message. */
const block = (number, content) => {
  const bytes = typeof content === "string" ? bytesOf(content) : content;
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes];
};

const FLOAT = 1;

/** ValueInfoProto: a float tensor of `side` x `side`. */
function square(name, side) {
  const dimension = block(1, integer(1, side));
  const tensor = [...integer(1, FLOAT), ...block(2, [...dimension, ...dimension])];
  return [...block(1, name), ...block(2, block(1, tensor))];
}

/** ModelProto of `c = MatMul(a, b)` for square matrices. */
export function productModel(side) {
  const node = [...block(1, "a"), ...block(1, "b"), ...block(2, "c"), ...block(3, "product"), ...block(4, "MatMul")];
  const graph = [
    ...block(1, node),
    ...block(2, "product"),
    ...block(11, square("a", side)),
    ...block(11, square("b", side)),
    ...block(12, square("c", side)),
  ];
  const opset = [...block(1, ""), ...integer(2, 17)];
  return new Uint8Array([...integer(1, 8), ...block(7, graph), ...block(8, opset)]);
}
