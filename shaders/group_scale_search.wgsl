// group_scale_search: the scale with the least squared error among 19 candidates, each refined in closed form.
//
//   candidate j: levels l = level(w * inverse * factor[j]);  best scale for them  s = sum(w l) / sum(l l)
//   it lowers the squared error by  sum(w l)^2 / sum(l l);  the candidate that lowers it most wins, the first on ties
//
// Memory layout
//   weights  f32 [lines * line_length], groups as in group_range
//   table    f32: levels, then thresholds of a codebook (see quantize); unused for integers
//   sums     vec2<f32> [groups * chunks * 19]: sum(w l), sum(l l) of each chunk (long groups only)
//   scales   f32 [3 * groups] as group_range wrote them; scales and inverses are replaced
//
// Version ladder
//   v1 (this one) LANES invocations share a group and read it once a candidate, from cache after the first time;
//      long groups are cut into chunks (`partial`) whose sums are added by `combine`
//
// Limits
//   64 invocations a workgroup, 512 B of workgroup memory; sums in f32, so two candidates of equal merit may swap.
// Source: ggml `make_qx_quants` (candidates and refinement).

struct Params {
    line_length: u32,
    size: u32,
    per_line: u32,
    groups: u32,
    chunk: u32,
    chunks: u32,
    // 0 integers, 1 codebook.
    kind: u32,
    levels: u32,
    low: f32,
    high: f32,
    store_f16: u32,
    unused: u32,
    factors: array<vec4<f32>, 5>,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec2<f32>>;
@group(0) @binding(4) var<storage, read_write> scales: array<f32>;

const WIDTH: u32 = 64u;
const CANDIDATES: u32 = 19u;
// The smallest normal number; a smaller scale counts as zero.
const MIN_SCALE: f32 = 1.1754943508222875e-38;
// Invocations that share one group: a power of two, at most WIDTH.
override LANES: u32 = 64u;

var<workgroup> shared_sums: array<vec2<f32>, WIDTH>;

fn group_begin(group: u32) -> u32 {
    return (group / params.per_line) * params.line_length + (group % params.per_line) * params.size;
}

fn group_end(group: u32) -> u32 {
    let line_end = (group / params.per_line + 1u) * params.line_length;
    return min(group_begin(group) + params.size, line_end);
}

fn factor(j: u32) -> f32 {
    return params.factors[j / 4u][j % 4u];
}

fn level(x: f32, zero: f32) -> f32 {
    if params.kind == 0u {
        return round(clamp(x, params.low - zero, params.high - zero));
    }
    var begin = 0u;
    var end = params.levels - 1u;
    while begin < end {
        let middle = (begin + end) / 2u;
        if x > table[params.levels + middle] {
            begin = middle + 1u;
        } else {
            end = middle;
        }
    }
    return table[begin];
}

fn products(begin: u32, end: u32, lane: u32, inverse: f32, zero: f32) -> vec2<f32> {
    var sum = vec2<f32>(0.0, 0.0);
    for (var i = begin + lane; i < end; i += LANES) {
        let w = weights[i];
        let l = level(w * inverse, zero);
        sum += vec2<f32>(w * l, l * l);
    }
    return sum;
}

// Adds up over the LANES invocations of a slot; lane 0 returns the whole. Ends with a barrier.
fn add_lanes(mine: vec2<f32>, local: u32, lane: u32) -> vec2<f32> {
    var sum = mine;
    shared_sums[local] = sum;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            sum += shared_sums[local + step];
            shared_sums[local] = sum;
        }
        workgroupBarrier();
    }
    return sum;
}

struct Best {
    gain: f32,
    scale: f32,
    inverse: f32,
}

fn better(best: Best, sum: vec2<f32>, inverse: f32) -> Best {
    // A candidate that rounds everything to zero gains nothing.
    if sum.y > 0.0 {
        let scale = sum.x / sum.y;
        let gain = sum.x * scale;
        if gain > best.gain {
            return Best(gain, scale, inverse);
        }
    }
    return best;
}

// The nearest binary16, ties to even, as f32; what is beyond 65504 stays there.
fn rounded_to_f16(x: f32) -> f32 {
    let magnitude = abs(x);
    if magnitude >= 65504.0 {
        return select(-65504.0, 65504.0, x > 0.0);
    }
    if magnitude < 0.00006103515625 {
        return round(x * 16777216.0) * 0.000000059604644775390625;
    }
    let bits = bitcast<u32>(x);
    return bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u);
}

fn write_best(group: u32, best: Best) {
    let none = abs(best.scale) < MIN_SCALE;
    let scale = select(best.scale, rounded_to_f16(best.scale), params.store_f16 == 1u);
    scales[group] = select(scale, 0.0, none);
    scales[params.groups + group] = select(best.inverse, 0.0, none);
    if none {
        scales[2u * params.groups + group] = 0.0;
    }
}

@compute @workgroup_size(64)
fn group_scale_search(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = group < params.groups;
    var begin = 0u;
    var end = 0u;
    var inverse = 0.0;
    var zero = 0.0;
    if valid {
        begin = group_begin(group);
        end = group_end(group);
        inverse = scales[params.groups + group];
        zero = scales[2u * params.groups + group];
    }
    var best = Best(0.0, 0.0, 0.0);
    for (var j = 0u; j < CANDIDATES; j++) {
        let candidate = inverse * factor(j);
        let sum = add_lanes(products(begin, end, lane, candidate, zero), local, lane);
        best = better(best, sum, candidate);
    }
    if lane == 0u && valid {
        write_best(group, best);
    }
}

@compute @workgroup_size(64)
fn group_scale_search_partial(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = part < params.groups * params.chunks;
    var begin = 0u;
    var end = 0u;
    var inverse = 0.0;
    var zero = 0.0;
    if valid {
        let group = part / params.chunks;
        begin = group_begin(group) + (part % params.chunks) * params.chunk;
        end = min(begin + params.chunk, group_end(group));
        inverse = scales[params.groups + group];
        zero = scales[2u * params.groups + group];
    }
    for (var j = 0u; j < CANDIDATES; j++) {
        let sum = add_lanes(products(begin, end, lane, inverse * factor(j), zero), local, lane);
        if lane == 0u && valid {
            sums[part * CANDIDATES + j] = sum;
        }
    }
}

@compute @workgroup_size(64)
fn group_scale_search_combine(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = group < params.groups;
    var begin = 0u;
    var end = 0u;
    var inverse = 0.0;
    if valid {
        begin = group * params.chunks;
        end = begin + params.chunks;
        inverse = scales[params.groups + group];
    }
    var best = Best(0.0, 0.0, 0.0);
    for (var j = 0u; j < CANDIDATES; j++) {
        var mine = vec2<f32>(0.0, 0.0);
        for (var part = begin + lane; part < end; part += LANES) {
            mine += sums[part * CANDIDATES + j];
        }
        best = better(best, add_lanes(mine, local, lane), inverse * factor(j));
    }
    if lane == 0u && valid {
        write_best(group, best);
    }
}
