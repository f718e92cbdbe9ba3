// decode_attention: everything between the projections of an attention layer for one new token, in one dispatch.
//
//   r       = 1 / sqrt(mean(x^2) + epsilon)           the RMS norm, put off: W (x r) = r (W x), with the gain inside W
//   q, k, v = rotate(r qkv), rotate(r qkv), r qkv     rotary position embedding, see rope.wgsl
//   keys[position], values[position] = k, v           the cache grows
//   y       = attention(q; keys, values up to and with position), see attention.wgsl
//
// Memory layout
//   qkv           f32 [(heads + 2 kv_heads) * dim] (as vectors of four): queries, keys, values of the token
//   x             f32 [cols], what qkv was projected from; cols = 0 where it was normalised before
//   table         f32 [positions * dim] (as vectors of four): cosines, then sines of a position
//   keys, values  f32 [kv_heads * capacity * dim] (as vectors of four)
//   y             f32 [heads * dim] (as vectors of four)
//
// Version ladder
//   v1 one invocation a query head: no barrier
//   v2 (decode_attention) one workgroup a query head, as in attention.wgsl
//   In both, the first query head of a group writes the new key and value; nobody reads them back from the cache in
//   this dispatch, because workgroups cannot wait for each other: every head makes them for itself.
//
// Limits
//   64 invocations a workgroup, 5.5 KiB of workgroup memory; dim a multiple of 8, at most 256.
// Sources: those of rms_norm.wgsl, rope.wgsl and attention.wgsl.

struct Params {
    heads: u32,
    kv_heads: u32,
    capacity: u32,
    position: u32,
    cols: u32,
    epsilon: f32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> qkv: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> keys: array<vec4<f32>>;
@group(0) @binding(5) var<storage, read_write> values: array<vec4<f32>>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<f32>>;

const WIDTH: u32 = 64u;
const MAX_VECTORS: u32 = 64u;
const LOWEST: f32 = -3.4028234e38;
// Vectors of four in a head.
override VECTORS: u32 = 16u;

// Vector `d` of the rotated head that begins at `from`.
fn rotated(base: u32, d: u32) -> vec4<f32> {
    let half = VECTORS / 2u;
    let turn = params.position * VECTORS + d % half;
    let partner = qkv[base + (d + half) % VECTORS];
    // The first half subtracts its partner, the second adds it.
    return qkv[base + d] * table[turn] + select(partner, -partner, d < half) * table[turn + half];
}

fn norm_scale(sum: f32) -> f32 {
    return inverseSqrt(sum / f32(params.cols) + params.epsilon);
}

@compute @workgroup_size(64)
fn decode_attention_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let head = (id.x + id.y * count.x) * WIDTH + local;
    if head >= params.heads {
        return;
    }
    var norm = 1.0;
    if params.cols > 0u {
        var squares = 0.0;
        for (var col = 0u; col < params.cols; col++) {
            squares += x[col] * x[col];
        }
        norm = norm_scale(squares);
    }
    let share = params.heads / params.kv_heads;
    let kv_head = head / share;
    let cache = kv_head * params.capacity * VECTORS;
    let newest = cache + params.position * VECTORS;
    let key_at = (params.heads + kv_head) * VECTORS;
    let value_at = key_at + params.kv_heads * VECTORS;
    var mine: array<vec4<f32>, MAX_VECTORS>;
    var mean: array<vec4<f32>, MAX_VECTORS>;
    var products = vec4<f32>(0.0);
    for (var d = 0u; d < VECTORS; d++) {
        mine[d] = rotated(head * VECTORS, d) * (norm * params.scale);
        let key = rotated(key_at, d) * norm;
        mean[d] = qkv[value_at + d] * norm;
        products += mine[d] * key;
        if head % share == 0u {
            keys[newest + d] = key;
            values[newest + d] = mean[d];
        }
    }
    // The new key is the first one seen: its weight is exp(0).
    var highest = (products.x + products.y) + (products.z + products.w);
    var sum = 1.0;
    for (var key = 0u; key < params.position; key++) {
        let base = cache + key * VECTORS;
        products = vec4<f32>(0.0);
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
        y[head * VECTORS + d] = mean[d] / sum;
    }
}

var<workgroup> shared_q: array<vec4<f32>, MAX_VECTORS>;
var<workgroup> shared_key: array<vec4<f32>, MAX_VECTORS>;
var<workgroup> shared_value: array<vec4<f32>, MAX_VECTORS>;
var<workgroup> shared_score: array<f32, WIDTH>;
var<workgroup> shared_exp: array<f32, WIDTH>;
var<workgroup> shared_mean: array<vec4<f32>, WIDTH>;
var<workgroup> shared_sum: array<f32, WIDTH>;

@compute @workgroup_size(64)
fn decode_attention(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let head = id.x + id.y * count.x;
    if head >= params.heads {
        return;
    }
    // Every invocation adds up the 64 parts itself: one barrier instead of a tree of six.
    var squares = 0.0;
    for (var col = local; col < params.cols; col += WIDTH) {
        squares += x[col] * x[col];
    }
    shared_sum[local] = squares;
    workgroupBarrier();
    var norm = 1.0;
    if params.cols > 0u {
        squares = 0.0;
        for (var part = 0u; part < WIDTH; part++) {
            squares += shared_sum[part];
        }
        norm = norm_scale(squares);
    }
    let share = params.heads / params.kv_heads;
    let kv_head = head / share;
    let cache = kv_head * params.capacity * VECTORS;
    let key_at = (params.heads + kv_head) * VECTORS;
    let value_at = key_at + params.kv_heads * VECTORS;
    if local < VECTORS {
        let key = rotated(key_at, local) * norm;
        let value = qkv[value_at + local] * norm;
        shared_q[local] = rotated(head * VECTORS, local) * (norm * params.scale);
        shared_key[local] = key;
        shared_value[local] = value;
        if head % share == 0u {
            let newest = cache + params.position * VECTORS + local;
            keys[newest] = key;
            values[newest] = value;
        }
    }
    workgroupBarrier();
    // For the values: which column of vectors, and which of the teams that divide the keys of a tile.
    let teams = WIDTH / VECTORS;
    let column = local % VECTORS;
    let team = local / VECTORS;
    var products = vec4<f32>(0.0);
    for (var d = 0u; d < VECTORS; d++) {
        products += shared_q[d] * shared_key[d];
    }
    // The new key is the first one seen, by the first team: its weight is exp(0).
    var highest = (products.x + products.y) + (products.z + products.w);
    var sum = select(0.0, 1.0, team == 0u);
    var mean = shared_value[column] * sum;
    for (var tile = 0u; tile < params.position; tile += WIDTH) {
        var score = LOWEST;
        if tile + local < params.position {
            let base = cache + (tile + local) * VECTORS;
            products = vec4<f32>(0.0);
            for (var d = 0u; d < VECTORS; d++) {
                products += shared_q[d] * keys[base + d];
            }
            score = (products.x + products.y) + (products.z + products.w);
        }
        shared_score[local] = score;
        workgroupBarrier();
        let inside = min(WIDTH, params.position - tile);
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
    // Read by all at the top; nobody is there any more.
    shared_sum[local] = sum;
    workgroupBarrier();
    if local < VECTORS {
        for (var other = 1u; other < teams; other++) {
            mean += shared_mean[local + other * VECTORS];
            sum += shared_sum[local + other * VECTORS];
        }
        y[head * VECTORS + local] = mean / sum;
    }
}
