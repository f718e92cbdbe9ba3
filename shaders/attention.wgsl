// attention: each query's mean of the values it may see, weighted by how well the keys fit; causal, over a cache.
//
//   s[j] = scale * q . k[j]      for the keys j = 0 .. position + t of token t
//   y    = sum_j exp(s[j]) v[j] / sum_j exp(s[j])
//
// The row of scores is never stored. The maximum seen so far, the sum and the weighted values are carried along; when a
// larger score comes, both sums are multiplied by exp(old maximum - new maximum), as if it had been there from the start.
//
// Memory layout
//   q, y          f32 [tokens * heads * dim] (as vectors of four)
//   keys, values  f32 [kv_heads * capacity * dim] (as vectors of four); heads / kv_heads query heads share a key head
//
// Version ladder
//   v1 one invocation a query: no barrier; all queries of a head read the same key at the same time. Best where barriers
//      are dear (software) or there are very many queries
//   v2 (attention) one workgroup a query: 64 invocations take a key each, then share out the columns of the values; two
//      barriers for 64 keys. Best for few queries: with one token there are only as many queries as heads
//
// Limits
//   64 invocations a workgroup, 3.5 KiB of workgroup memory; dim a multiple of 4, at most 256.
// Sources: Milakov and Gimelshein 2018, arXiv:1805.02867 (the running maximum); Dao et al. 2022, arXiv:2205.14135;
// Ainslie et al. 2023, arXiv:2305.13245 (shared key heads).

struct Params {
    tokens: u32,
    heads: u32,
    // Query heads that share a key head.
    share: u32,
    capacity: u32,
    position: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> q: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> keys: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read> values: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<f32>>;

const WIDTH: u32 = 64u;
const MAX_VECTORS: u32 = 64u;
const LOWEST: f32 = -3.4028234e38;
// Vectors of four in a head.
override VECTORS: u32 = 16u;

@compute @workgroup_size(64)
fn attention_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let query = (id.x + id.y * count.x) * WIDTH + local;
    if query >= params.tokens * params.heads {
        return;
    }
    // Neighbours share a head, and so the keys that they read.
    let head = query / params.tokens;
    let token = query - head * params.tokens;
    let at = (token * params.heads + head) * VECTORS;
    let cache = (head / params.share) * params.capacity * VECTORS;
    var mine: array<vec4<f32>, MAX_VECTORS>;
    var mean: array<vec4<f32>, MAX_VECTORS>;
    for (var d = 0u; d < VECTORS; d++) {
        mine[d] = q[at + d] * params.scale;
        mean[d] = vec4<f32>(0.0);
    }
    var highest = LOWEST;
    var sum = 0.0;
    for (var key = 0u; key <= params.position + token; key++) {
        let base = cache + key * VECTORS;
        var products = vec4<f32>(0.0);
        for (var d = 0u; d < VECTORS; d++) {
            products += mine[d] * keys[base + d];
        }
        let score = (products.x + products.y) + (products.z + products.w);
        if score > highest {
            let shrink = exp(highest - score);
            highest = score;
            sum *= shrink;
            for (var d = 0u; d < VECTORS; d++) {
                mean[d] *= shrink;
            }
        }
        let e = exp(score - highest);
        sum += e;
        for (var d = 0u; d < VECTORS; d++) {
            mean[d] += e * values[base + d];
        }
    }
    for (var d = 0u; d < VECTORS; d++) {
        y[at + d] = mean[d] / sum;
    }
}

var<workgroup> shared_q: array<vec4<f32>, MAX_VECTORS>;
var<workgroup> shared_score: array<f32, WIDTH>;
var<workgroup> shared_exp: array<f32, WIDTH>;
var<workgroup> shared_mean: array<vec4<f32>, WIDTH>;
var<workgroup> shared_sum: array<f32, WIDTH>;

@compute @workgroup_size(64)
fn attention(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let query = id.x + id.y * count.x;
    if query >= params.tokens * params.heads {
        return;
    }
    let head = query / params.tokens;
    let token = query - head * params.tokens;
    let at = (token * params.heads + head) * VECTORS;
    let cache = (head / params.share) * params.capacity * VECTORS;
    let seen = params.position + token + 1u;
    if local < VECTORS {
        shared_q[local] = q[at + local] * params.scale;
    }
    workgroupBarrier();
    // For the values: which column of vectors, and which of the teams that divide the keys of a tile.
    let teams = WIDTH / VECTORS;
    let column = local % VECTORS;
    let team = local / VECTORS;
    var highest = LOWEST;
    var sum = 0.0;
    var mean = vec4<f32>(0.0);
    for (var tile = 0u; tile < seen; tile += WIDTH) {
        var score = LOWEST;
        if tile + local < seen {
            let base = cache + (tile + local) * VECTORS;
            var products = vec4<f32>(0.0);
            for (var d = 0u; d < VECTORS; d++) {
                products += shared_q[d] * keys[base + d];
            }
            score = (products.x + products.y) + (products.z + products.w);
        }
        shared_score[local] = score;
        workgroupBarrier();
        let inside = min(WIDTH, seen - tile);
        var higher = highest;
        for (var j = 0u; j < inside; j++) {
            higher = max(higher, shared_score[j]);
        }
        shared_exp[local] = exp(score - higher);
        workgroupBarrier();
        let shrink = exp(highest - higher);
        highest = higher;
        sum *= shrink;
        mean *= shrink;
        if team < teams {
            for (var j = team; j < inside; j += teams) {
                sum += shared_exp[j];
                mean += shared_exp[j] * values[cache + (tile + j) * VECTORS + column];
            }
        }
    }
    shared_mean[local] = mean;
    shared_sum[local] = sum;
    workgroupBarrier();
    if local < VECTORS {
        for (var other = 1u; other < teams; other++) {
            mean += shared_mean[local + other * VECTORS];
            sum += shared_sum[local + other * VECTORS];
        }
        y[at + local] = mean / sum;
    }
}
