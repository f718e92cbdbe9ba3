// rope: rotary position embedding, and the new keys and values into the cache in the same dispatch.
//
//   for j < half = dim / 2, at position p, with angle a = p * base^(-2 j / dim):
//     y[j]        = x[j] * cos a - x[j + half] * sin a
//     y[j + half] = x[j + half] * cos a + x[j] * sin a
//   Llama's half-split convention: partners are half a head apart (the paper's neighbours 2j, 2j + 1 are another order
//   of the same columns).
//
// Memory layout
//   table         f32 [positions * dim], the cosines of a position, then its sines. From the host, because WGSL promises
//                 sin and cos only to 2^-11, and only for angles up to pi
//   x, y          rope: f32 [tokens * heads * dim]
//   x             rope_cache: f32 [tokens * (heads + 2 kv_heads) * dim]: of each token the queries, the keys, the values
//   y             rope_cache: f32 [tokens * heads * dim], the rotated queries
//   keys, values  f32 [kv_heads * capacity * dim], written at `position` and up
//
// Version ladder
//   v1 (both) one invocation a pair: each number is read once and written once, neighbours read neighbours
//   `rope` rotates one tensor (backwards for the gradient, sign = -1); `rope_cache` saves two dispatches a layer
//
// Limits
//   64 invocations a workgroup; dim even; tokens * heads * dim below 2^32.
// Source: Su et al. 2021, arXiv:2104.09864, equation 34; the half-split order is that of Llama's published weights.

struct Params {
    tokens: u32,
    heads: u32,
    kv_heads: u32,
    dim: u32,
    capacity: u32,
    // Where the first token stands.
    position: u32,
    sign: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> keys: array<f32>;
@group(0) @binding(5) var<storage, read_write> values: array<f32>;

const WIDTH: u32 = 64u;

// The pair of `x` at `from`, rotated as pair `j` at the position of `token`.
fn rotated(base: u32, token: u32, j: u32) -> vec2<f32> {
    let half = params.dim / 2u;
    let turn = (params.position + token) * params.dim + j;
    let cosine = table[turn];
    let sine = params.sign * table[turn + half];
    let a = x[base];
    let b = x[base + half];
    return vec2<f32>(a * cosine - b * sine, b * cosine + a * sine);
}

@compute @workgroup_size(64)
fn rope(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let half = params.dim / 2u;
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.tokens * params.heads * half {
        return;
    }
    let line = i / half;
    let j = i - line * half;
    let at = line * params.dim + j;
    let pair = rotated(at, line / params.heads, j);
    y[at] = pair.x;
    y[at + half] = pair.y;
}

@compute @workgroup_size(64)
fn rope_cache(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let half = params.dim / 2u;
    let lines = params.heads + 2u * params.kv_heads;
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.tokens * lines * half {
        return;
    }
    let token = i / (lines * half);
    let line = (i - token * lines * half) / half;
    let j = i % half;
    let base = (token * lines + line) * params.dim + j;
    if line < params.heads {
        let pair = rotated(base, token, j);
        let to = (token * params.heads + line) * params.dim + j;
        y[to] = pair.x;
        y[to + half] = pair.y;
        return;
    }
    let head = (line - params.heads) % params.kv_heads;
    let to = (head * params.capacity + params.position + token) * params.dim + j;
    if line < params.heads + params.kv_heads {
        let pair = rotated(base, token, j);
        keys[to] = pair.x;
        keys[to + half] = pair.y;
    } else {
        values[to] = x[base];
        values[to + half] = x[base + half];
    }
}
