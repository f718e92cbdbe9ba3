// cosine_scores: how well every row points where each query points.
//
//   score[q, n] = row[n] . query[q] / |row[n]|      for queries of length 1; 0 for a row of zeros
//
// Memory layout
//   rows     f32 [count * pitch] (as vectors of four), each row filled up with zeros to whole vectors
//   queries  f32 [.. * pitch] (as vectors of four), of length 1, filled up likewise
//   scores   f32 [.. * total], a line a query; this shard's rows begin at column `first`
//
// Version ladder
//   v1 one invocation a row and query: every query reads all rows again
//   v2 (cosine_scores) LANES invocations share a row and take four queries at once: each row is read once for four
//      queries and its own length, so that reading rows, not arithmetic, is the limit. LANES = 1 on a software renderer
//
// Limits
//   64 invocations a workgroup, 1.25 KiB of workgroup memory; sums in f32, pitch / LANES + log2(LANES) deep.

struct Params {
    count: u32,
    vectors: u32,
    first: u32,
    total: u32,
    // The queries of this dispatch: at most four.
    query: u32,
    queries: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> rows: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> queries: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> scores: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share a row: a power of two, at most WIDTH.
override LANES: u32 = 8u;

fn score(product: f32, squares: f32) -> f32 {
    return select(0.0, product * inverseSqrt(squares), squares > 0.0);
}

@compute @workgroup_size(64)
fn cosine_scores_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.count * params.queries {
        return;
    }
    let query = params.query + i / params.count;
    let row = i % params.count;
    var product = 0.0;
    var squares = 0.0;
    for (var d = 0u; d < params.vectors; d++) {
        let r = rows[row * params.vectors + d];
        product += dot(r, queries[query * params.vectors + d]);
        squares += dot(r, r);
    }
    scores[query * params.total + params.first + row] = score(product, squares);
}

var<workgroup> shared_products: array<vec4<f32>, WIDTH>;
var<workgroup> shared_squares: array<f32, WIDTH>;

@compute @workgroup_size(64)
fn cosine_scores(
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
    var products = vec4<f32>(0.0);
    var squares = 0.0;
    for (var d = lane; d < vectors; d += LANES) {
        let r = rows[row * params.vectors + d];
        squares += dot(r, r);
        products.x += dot(r, queries[q0 + d]);
        products.y += dot(r, queries[q1 + d]);
        products.z += dot(r, queries[q2 + d]);
        products.w += dot(r, queries[q3 + d]);
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
            scores[(params.query + k) * params.total + params.first + row] = score(products[k], squares);
        }
    }
}
