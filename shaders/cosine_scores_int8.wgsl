// cosine_scores_int8: how well every INT8 row points where each INT8 query points.
//
//   score[q, n] = code[n] . code[q] / (|code[n]| |code[q]|)      0 for a row of zeros
//
// A row is scale * code with one positive scale: it cancels, so the scales are not even read. The products are whole
// numbers, exact in 32 bits; the only roundings are those of the last line.
//
// Memory layout
//   rows     i8 [count * pitch], four in a word, the first in the lowest byte (as vectors of four words); each row filled
//            up with zeros to whole vectors of 16
//   queries  i8 [.. * pitch], likewise
//   scores   f32 [.. * total], a line a query; this shard's rows begin at column `first`
//
// Version ladder
//   v1 one invocation a row and query, taking the bytes out of the words one by one
//   v2 (cosine_scores_int8) dot4I8Packed multiplies and adds four bytes at once; LANES invocations share a row and take
//      four queries at once. LANES = 1 on a software renderer
//
// Limits
//   64 invocations a workgroup, 1.25 KiB of workgroup memory; pitch below 2^17, so that 127^2 pitch fits 31 bits.

struct Params {
    // 1 / |code[q]| of the queries of this dispatch.
    inverse_lengths: vec4<f32>,
    count: u32,
    vectors: u32,
    first: u32,
    total: u32,
    // The queries of this dispatch: at most four.
    query: u32,
    queries: u32,
    // Fills up to what a uniform struct with a vector in it is rounded to.
    unused: vec2<u32>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> queries: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share a row: a power of two, at most WIDTH.
override LANES: u32 = 4u;

fn score(product: i32, squares: i32, inverse_length: f32) -> f32 {
    return select(0.0, f32(product) * inverseSqrt(f32(squares)) * inverse_length, squares > 0);
}

fn byte_of(words: vec4<u32>, i: u32) -> i32 {
    return extractBits(bitcast<i32>(words[i / 4u]), (i % 4u) * 8u, 8u);
}

@compute @workgroup_size(64)
fn cosine_scores_int8_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.count * params.queries {
        return;
    }
    let k = i / params.count;
    let query = params.query + k;
    let row = i - k * params.count;
    var product = 0;
    var squares = 0;
    for (var d = 0u; d < params.vectors; d++) {
        let r = rows[row * params.vectors + d];
        let q = queries[query * params.vectors + d];
        for (var b = 0u; b < 16u; b++) {
            product += byte_of(r, b) * byte_of(q, b);
            squares += byte_of(r, b) * byte_of(r, b);
        }
    }
    scores[query * params.total + params.first + row] = score(product, squares, params.inverse_lengths[k]);
}

var<workgroup> shared_products: array<vec4<i32>, WIDTH>;
var<workgroup> shared_squares: array<i32, WIDTH>;

fn dot16(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

@compute @workgroup_size(64)
fn cosine_scores_int8(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let vectors = select(0u, params.vectors, row < params.count);
    // Where there are fewer than four queries, the last one is taken again.
    let last = params.queries - 1u;
    let q0 = params.query * params.vectors;
    let q1 = (params.query + min(1u, last)) * params.vectors;
    let q2 = (params.query + min(2u, last)) * params.vectors;
    let q3 = (params.query + min(3u, last)) * params.vectors;
    var products = vec4<i32>(0);
    var squares = 0;
    for (var d = lane; d < vectors; d += LANES) {
        let r = rows[row * params.vectors + d];
        squares += dot16(r, r);
        products.x += dot16(r, queries[q0 + d]);
        products.y += dot16(r, queries[q1 + d]);
        products.z += dot16(r, queries[q2 + d]);
        products.w += dot16(r, queries[q3 + d]);
    }
    shared_products[local] = products;
    shared_squares[local] = squares;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            products += shared_products[local + step];
            squares += shared_squares[local + step];
            shared_products[local] = products;
            shared_squares[local] = squares;
        }
        workgroupBarrier();
    }
    if lane == 0u && row < params.count {
        for (var k = 0u; k < params.queries; k++) {
            let at = (params.query + k) * params.total + params.first + row;
            scores[at] = score(products[k], squares, params.inverse_lengths[k]);
        }
    }
}
