// group_range: the scale of every group of weights, from the group's extremes.
//
//   low = min(0, min w)   high = max(0, max w)   m = the weight of largest magnitude, the first one on ties
//   symmetric   scale = max(-low, high) / reach         (codebooks too: NF4 reach 1, E4M3 448, E5M2 57344)
//   full range  scale = m / reach,  reach = -2^(b-1)    (ggml Q4_0)
//   asymmetric  scale = (high - low) / reach,  zero = clamp(round(-low / scale), 0, reach),  reach = 2^b - 1
//   inverse = 1 / scale, of the scale before it is rounded for storage
//
// Memory layout
//   weights   f32 [lines * line_length], groups are runs of `size` within a line, the last one may be shorter
//   clip      f32 [groups], a magnitude that replaces max|w| where `clipped` is 1 (percentile rule), else unused
//   partials  vec4<u32> [groups * chunks]: bits of low, high, m, and the index of m
//   scales    f32 [3 * groups]: all scales, then all inverses, then all zero points
//
// Version ladder
//   v1 one invocation a group: one huge group runs alone
//   v2 (this one) LANES invocations share a group and merge in a tree; a group longer than CHUNK is first cut into
//      chunks (`group_range_partial`), whose results are merged by `group_range_combine`
//
// Limits
//   64 invocations a workgroup, 1 KiB of workgroup memory. Divisions are done in integers, correctly rounded, because
//   WGSL allows an error of 2.5 ulp and the scales must be those of the CPU to the bit. Scales below 2^-126 become 0,
//   and so do the codes of a group whose scale is above 2^126, since its inverse would be subnormal.
// Source: the formulas are those of `math::quantize` and the papers named there.

struct Params {
    line_length: u32,
    size: u32,
    per_line: u32,
    groups: u32,
    // Weights in a chunk and chunks in a group; 1 chunk where the group is reduced at once.
    chunk: u32,
    chunks: u32,
    // 0 symmetric, 1 full range, 2 asymmetric.
    rule: u32,
    clipped: u32,
    // 1 rounds the stored scale to binary16.
    store_f16: u32,
    reach: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> clip: array<f32>;
@group(0) @binding(3) var<storage, read_write> partials: array<vec4<u32>>;
@group(0) @binding(4) var<storage, read_write> scales: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share one group: a power of two, at most WIDTH.
override LANES: u32 = 64u;

struct Range {
    low: f32,
    high: f32,
    extreme: f32,
    at: u32,
}

var<workgroup> shared_low: array<f32, WIDTH>;
var<workgroup> shared_high: array<f32, WIDTH>;
var<workgroup> shared_extreme: array<f32, WIDTH>;
var<workgroup> shared_at: array<u32, WIDTH>;

const NOWHERE: u32 = 0xffffffffu;

fn merge(a: Range, b: Range) -> Range {
    let larger = abs(b.extreme) > abs(a.extreme) || (abs(b.extreme) == abs(a.extreme) && b.at < a.at);
    return Range(min(a.low, b.low), max(a.high, b.high), select(a.extreme, b.extreme, larger), select(a.at, b.at, larger));
}

fn range_of_weights(begin: u32, end: u32, lane: u32) -> Range {
    var range = Range(0.0, 0.0, 0.0, NOWHERE);
    for (var i = begin + lane; i < end; i += LANES) {
        let w = weights[i];
        range.low = min(range.low, w);
        range.high = max(range.high, w);
        if abs(w) > abs(range.extreme) {
            range.extreme = w;
            range.at = i;
        }
    }
    return range;
}

fn range_of_partials(begin: u32, end: u32, lane: u32) -> Range {
    var range = Range(0.0, 0.0, 0.0, NOWHERE);
    for (var i = begin + lane; i < end; i += LANES) {
        let p = partials[i];
        range = merge(range, Range(bitcast<f32>(p.x), bitcast<f32>(p.y), bitcast<f32>(p.z), p.w));
    }
    return range;
}

// Merges the ranges of the LANES invocations of a slot; lane 0 returns the whole.
fn merge_lanes(mine: Range, local: u32, lane: u32) -> Range {
    var range = mine;
    shared_low[local] = range.low;
    shared_high[local] = range.high;
    shared_extreme[local] = range.extreme;
    shared_at[local] = range.at;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            let other = local + step;
            range = merge(
                range,
                Range(shared_low[other], shared_high[other], shared_extreme[other], shared_at[other]),
            );
            shared_low[local] = range.low;
            shared_high[local] = range.high;
            shared_extreme[local] = range.extreme;
            shared_at[local] = range.at;
        }
        workgroupBarrier();
    }
    return range;
}

// a / b, correctly rounded: long division of the significands. `b` is not zero; subnormals count as zero.
fn divide(a: f32, b: f32) -> f32 {
    let ua = bitcast<u32>(a);
    let ub = bitcast<u32>(b);
    let sign = (ua ^ ub) & 0x80000000u;
    let ea = i32((ua >> 23u) & 255u);
    let eb = i32((ub >> 23u) & 255u);
    if ea == 0 {
        return 0.0;
    }
    if ea == 255 {
        return bitcast<f32>(sign | 0x7f7fffffu);
    }
    var ma = (ua & 0x7fffffu) | 0x800000u;
    let mb = (ub & 0x7fffffu) | 0x800000u;
    var exponent = ea - eb + 127;
    if ma < mb {
        ma = ma * 2u;
        exponent -= 1;
    }
    var quotient = 1u;
    var rest = ma - mb;
    for (var i = 0u; i < 23u; i++) {
        rest = rest * 2u;
        quotient = quotient * 2u;
        if rest >= mb {
            rest -= mb;
            quotient += 1u;
        }
    }
    let twice = rest * 2u;
    if twice > mb || (twice == mb && (quotient & 1u) == 1u) {
        quotient += 1u;
    }
    if quotient == 0x1000000u {
        quotient = 0x800000u;
        exponent += 1;
    }
    if exponent <= 0 {
        return 0.0;
    }
    // Beyond the largest finite number it stays there.
    let bits = select((u32(exponent) << 23u) | (quotient & 0x7fffffu), 0x7f7fffffu, exponent >= 255);
    return bitcast<f32>(sign | bits);
}

// The nearest binary16, ties to even, as f32; what is beyond 65504 stays there.
fn rounded_to_f16(x: f32) -> f32 {
    let magnitude = abs(x);
    if magnitude >= 65504.0 {
        return select(-65504.0, 65504.0, x > 0.0);
    }
    if magnitude < 0.00006103515625 {
        // Subnormal in binary16: multiples of 2^-24.
        return round(x * 16777216.0) * 0.000000059604644775390625;
    }
    let bits = bitcast<u32>(x);
    return bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u);
}

fn write_scale(group: u32, whole: Range) {
    var low = whole.low;
    var high = whole.high;
    var extreme = whole.extreme;
    if params.clipped == 1u {
        let limit = clip[group];
        low = max(low, -limit);
        high = min(high, limit);
        extreme = select(-limit, limit, extreme > 0.0);
    }
    var reached = max(-low, high);
    if params.rule == 1u {
        reached = extreme;
    } else if params.rule == 2u {
        reached = high - low;
    }
    let scale = divide(reached, params.reach);
    var inverse = 0.0;
    var zero = 0.0;
    if scale != 0.0 {
        inverse = divide(1.0, scale);
        if params.rule == 2u {
            zero = clamp(round(divide(-low, scale)), 0.0, params.reach);
        }
    }
    scales[group] = select(scale, rounded_to_f16(scale), params.store_f16 == 1u);
    scales[params.groups + group] = inverse;
    scales[2u * params.groups + group] = zero;
}

// The number of this workgroup in a dispatch laid over two dimensions.
fn workgroup_number(id: vec3<u32>, count: vec3<u32>) -> u32 {
    return id.x + id.y * count.x;
}

fn group_begin(group: u32) -> u32 {
    return (group / params.per_line) * params.line_length + (group % params.per_line) * params.size;
}

fn group_end(group: u32) -> u32 {
    let line_end = (group / params.per_line + 1u) * params.line_length;
    return min(group_begin(group) + params.size, line_end);
}

@compute @workgroup_size(64)
fn group_range(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group = workgroup_number(id, count) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    var range = Range(0.0, 0.0, 0.0, NOWHERE);
    if group < params.groups {
        range = range_of_weights(group_begin(group), group_end(group), lane);
    }
    range = merge_lanes(range, local, lane);
    if lane == 0u && group < params.groups {
        write_scale(group, range);
    }
}

@compute @workgroup_size(64)
fn group_range_partial(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = workgroup_number(id, count) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = part < params.groups * params.chunks;
    var range = Range(0.0, 0.0, 0.0, NOWHERE);
    if valid {
        let group = part / params.chunks;
        let begin = group_begin(group) + (part % params.chunks) * params.chunk;
        range = range_of_weights(begin, min(begin + params.chunk, group_end(group)), lane);
    }
    range = merge_lanes(range, local, lane);
    if lane == 0u && valid {
        partials[part] = vec4<u32>(
            bitcast<u32>(range.low),
            bitcast<u32>(range.high),
            bitcast<u32>(range.extreme),
            range.at,
        );
    }
}

@compute @workgroup_size(64)
fn group_range_combine(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group = workgroup_number(id, count) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    var range = Range(0.0, 0.0, 0.0, NOWHERE);
    if group < params.groups {
        range = range_of_partials(group * params.chunks, (group + 1u) * params.chunks, lane);
    }
    range = merge_lanes(range, local, lane);
    if lane == 0u && group < params.groups {
        write_scale(group, range);
    }
}
