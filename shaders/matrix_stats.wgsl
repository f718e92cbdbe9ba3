// matrix_stats: the extremes, the mean and the spread of a matrix, in parts.
//
//   min, max, p, sum (w - p), sum (w - p)^2     with p the first weight of the part
//
// Memory layout
//   weights  f32 [count]
//   stats    f32 [parts * 5], part k covers weights k * chunk and up
//   The host merges the parts in f64 (Chan, Golub and LeVeque 1979).
//
// Version ladder
//   v1 sum w and sum w^2: cancels where the mean is large beside the spread
//   v2 (this one) sums of differences from a weight of the part; LANES invocations share a part
//
// Limits
//   64 invocations a workgroup, 1 KiB of workgroup memory.

struct Params {
    count: u32,
    chunk: u32,
    parts: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> stats: array<f32>;

const WIDTH: u32 = 64u;
override LANES: u32 = 64u;

// min, max, sum of differences, sum of their squares.
var<workgroup> shared_stats: array<vec4<f32>, WIDTH>;

fn merge(a: vec4<f32>, b: vec4<f32>) -> vec4<f32> {
    return vec4<f32>(min(a.x, b.x), max(a.y, b.y), a.z + b.z, a.w + b.w);
}

@compute @workgroup_size(64)
fn matrix_stats(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = part < params.parts;
    let begin = select(0u, part * params.chunk, valid);
    let end = select(0u, min(begin + params.chunk, params.count), valid);
    let pivot = weights[begin];
    var mine = vec4<f32>(pivot, pivot, 0.0, 0.0);
    for (var i = begin + lane; i < end; i += LANES) {
        let w = weights[i];
        let d = w - pivot;
        mine = merge(mine, vec4<f32>(w, w, d, d * d));
    }
    shared_stats[local] = mine;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            mine = merge(mine, shared_stats[local + step]);
            shared_stats[local] = mine;
        }
        workgroupBarrier();
    }
    if lane == 0u && valid {
        stats[part * 5u] = mine.x;
        stats[part * 5u + 1u] = mine.y;
        stats[part * 5u + 2u] = pivot;
        stats[part * 5u + 3u] = mine.z;
        stats[part * 5u + 4u] = mine.w;
    }
}
