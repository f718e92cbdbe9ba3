// fma: x = x * minus + first, then x = x * minus + second, over and over, in eight independent chains an invocation.
//
//   with minus = -1 a pair of steps adds second - first, so that after `rounds` rounds
//   x = start + rounds * PAIRS * (second - first), exact in f32 as long as it stays a whole number below 2^24
//   rate = 2 * 8 * 2 * PAIRS * rounds * count / time     (a multiply-add counts as two operations)
//
// The compute-bound half of a roofline: nothing is loaded, every operation is one that a matrix product needs.
//
// Memory layout
//   numbers  f32 [8 * count] (as vectors of four), the ends of the chains of each invocation
//
// Version ladder
//   v1 one chain: each step waits for the one before it
//   v2 (in use) eight chains, enough to fill the pipeline of a CPU core or of a GPU's scheduler; unrolled, so that the
//      loop itself costs little
//
// Limits
//   64 invocations a workgroup; rounds below 2^16, because a software renderer ends longer loops.

struct Params {
    count: u32,
    rounds: u32,
    minus: f32,
    first: f32,
    second: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> numbers: array<vec4<f32>>;

const WIDTH: u32 = 64u;

// Where chain `chain` of invocation `i` starts: a small whole number.
fn start(i: u32, chain: u32) -> f32 {
    return f32((i * 8u + chain) % 1021u);
}

fn starts(i: u32, chain: u32) -> vec4<f32> {
    return vec4<f32>(start(i, chain), start(i, chain + 1u), start(i, chain + 2u), start(i, chain + 3u));
}

@compute @workgroup_size(64)
fn fma_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.count {
        return;
    }
    for (var half = 0u; half < 2u; half++) {
        var ends = starts(i, half * 4u);
        for (var chain = 0u; chain < 4u; chain++) {
            var x = ends[chain];
            for (var step = 0u; step < params.rounds * 8u; step++) {
                x = fma(x, params.minus, params.first);
                x = fma(x, params.minus, params.second);
            }
            ends[chain] = x;
        }
        numbers[i * 2u + half] = ends;
    }
}

@compute @workgroup_size(64)
fn fma_chains(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.count {
        return;
    }
    let m = vec4<f32>(params.minus);
    let f = vec4<f32>(params.first);
    let s = vec4<f32>(params.second);
    var a = starts(i, 0u);
    var b = starts(i, 4u);
    // Eight pairs of steps.
    for (var round = 0u; round < params.rounds; round++) {
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
        a = fma(a, m, f);
        b = fma(b, m, f);
        a = fma(a, m, s);
        b = fma(b, m, s);
    }
    numbers[i * 2u] = a;
    numbers[i * 2u + 1u] = b;
}
