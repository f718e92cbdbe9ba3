// group_percentile: the nearest-rank percentile of |w| in every group, without sorting.
//
//   clip[group] = the magnitude at `rank` in ascending order; the bits of magnitudes are ordered like the magnitudes
//
// Memory layout
//   weights  f32 [lines * line_length], groups as in group_range
//   clip     f32 [groups]
//   counts   u32 [groups * 256], zeroed beforehand: magnitudes with each value of the current digit (long groups only)
//   found    vec2<u32> [groups]: the leading digits found so far, and the rank among what shares them
//
// Version ladder
//   v1 sort every group: n log n, and a shader cannot recurse
//   v2 (this one) short groups: the answer bit by bit from the top, each bit by counting how many magnitudes lie below;
//      long groups: digit by digit with a histogram a digit (`count`, then `pick`, four times)
//
// Limits
//   64 invocations a workgroup, 1 KiB of workgroup memory, groups below 2^32 weights.
// Source: radix selection, Knuth, The Art of Computer Programming 3, section 5.2.5 (digits) and 5.3.3 (selection).

struct Params {
    line_length: u32,
    size: u32,
    per_line: u32,
    groups: u32,
    chunk: u32,
    chunks: u32,
    // Rank in a full group and in the shorter last group of a line.
    rank: u32,
    last_rank: u32,
    // Position of the digit that is counted or picked.
    shift: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read_write> clip: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read_write> found: array<vec2<u32>>;

const WIDTH: u32 = 64u;
const DIGITS: u32 = 256u;
// Invocations that share one short group: a power of two, at most WIDTH.
override LANES: u32 = 64u;

var<workgroup> shared_below: array<u32, WIDTH>;
var<workgroup> shared_counts: array<atomic<u32>, DIGITS>;

fn group_begin(group: u32) -> u32 {
    return (group / params.per_line) * params.line_length + (group % params.per_line) * params.size;
}

fn group_end(group: u32) -> u32 {
    let line_end = (group / params.per_line + 1u) * params.line_length;
    return min(group_begin(group) + params.size, line_end);
}

fn rank_of(group: u32) -> u32 {
    return select(params.rank, params.last_rank, group % params.per_line == params.per_line - 1u);
}

fn magnitude_bits(i: u32) -> u32 {
    return bitcast<u32>(weights[i]) & 0x7fffffffu;
}

@compute @workgroup_size(64)
fn group_percentile(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = group < params.groups;
    var begin = 0u;
    var end = 0u;
    if valid {
        begin = group_begin(group);
        end = group_end(group);
    }
    let rank = rank_of(group);
    var answer = 0u;
    for (var bit = 31u; bit > 0u; bit--) {
        let candidate = answer | (1u << (bit - 1u));
        var below = 0u;
        for (var i = begin + lane; i < end; i += LANES) {
            below += select(0u, 1u, magnitude_bits(i) < candidate);
        }
        shared_below[local] = below;
        workgroupBarrier();
        for (var step = LANES / 2u; step > 0u; step = step / 2u) {
            if lane < step {
                shared_below[local] += shared_below[local + step];
            }
            workgroupBarrier();
        }
        if shared_below[local - lane] <= rank {
            answer = candidate;
        }
        workgroupBarrier();
    }
    if lane == 0u && valid {
        clip[group] = bitcast<f32>(answer);
    }
}

@compute @workgroup_size(64)
fn group_percentile_count(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    for (var digit = local; digit < DIGITS; digit += WIDTH) {
        atomicStore(&shared_counts[digit], 0u);
    }
    workgroupBarrier();
    let part = id.x + id.y * count.x;
    let valid = part < params.groups * params.chunks;
    let group = select(0u, part / params.chunks, valid);
    if valid {
        let begin = group_begin(group) + (part % params.chunks) * params.chunk;
        let end = min(begin + params.chunk, group_end(group));
        let prefix = found[group].x;
        for (var i = begin + local; i < end; i += WIDTH) {
            let bits = magnitude_bits(i) >> params.shift;
            if (bits >> 8u) == prefix {
                atomicAdd(&shared_counts[bits & 255u], 1u);
            }
        }
    }
    workgroupBarrier();
    if valid {
        for (var digit = local; digit < DIGITS; digit += WIDTH) {
            let n = atomicLoad(&shared_counts[digit]);
            if n > 0u {
                atomicAdd(&counts[group * DIGITS + digit], n);
            }
        }
    }
}

@compute @workgroup_size(64)
fn group_percentile_pick(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let group = (id.x + id.y * count.x) * WIDTH + local;
    if group >= params.groups {
        return;
    }
    // The first digit has 7 bits, so at first nothing is found and everything shares the prefix 0.
    var rank = found[group].y;
    if params.shift == 24u {
        rank = rank_of(group);
    }
    var picked = DIGITS;
    for (var digit = 0u; digit < DIGITS; digit++) {
        let n = atomicExchange(&counts[group * DIGITS + digit], 0u);
        if picked == DIGITS {
            if rank < n {
                picked = digit;
            } else {
                rank -= n;
            }
        }
    }
    let prefix = (found[group].x << 8u) | picked;
    found[group] = vec2<u32>(prefix, rank);
    if params.shift == 0u {
        clip[group] = bitcast<f32>(prefix);
    }
}
