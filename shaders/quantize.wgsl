// quantize: every weight becomes a code, codes are packed into words.
//
//   x = w * inverse[group]
//   integers     code = clamp(round(x), low, high) - low, low and high shifted by -zero for asymmetric groups
//   codebooks    code = number of thresholds below x (thresholds are midpoints of neighbouring levels)
//   stochastic   the level below x, or the one above it with probability (x - lower) / (upper - lower)
//   FP16, BF16   code = the 16 bits of the nearest number, ties to even
//
// Memory layout
//   weights  f32 [count], row-major
//   scales   f32 [3 * groups]: scales, inverses, zero points (see group_range)
//   table    f32 [levels + levels - 1]: the levels of a codebook, ascending, then its thresholds; unused for integers
//   words    u32 [ceil(count / per_word)]; code k of a word occupies bits k * bits and up; none straddles two words
//
// Version ladder
//   v1 one invocation a weight, atomicOr into the word
//   v2 (this one) one invocation a word: no atomics, the group is followed by counting instead of dividing
//
// Limits
//   64 invocations a workgroup; count below 2^32. `round` is to nearest, ties to even, by the language's definition.
// Source: bitsandbytes (midpoint thresholds), ggml (integers), Micikevicius et al. 2022 (FP8).

struct Params {
    count: u32,
    words: u32,
    per_word: u32,
    bits: u32,
    line_length: u32,
    size: u32,
    groups: u32,
    // 0 integers, 1 codebook, 2 binary16, 3 bfloat16.
    kind: u32,
    levels: u32,
    stochastic: u32,
    // Already scrambled: the generator needs pcg(seed) only.
    seed: u32,
    low: f32,
    high: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> words: array<u32>;

// The PCG-RXS-M-XS permutation (Jarzynski and Olano 2020).
fn pcg(v: u32) -> u32 {
    let s = v * 747796405u + 2891336453u;
    let w = ((s >> ((s >> 28u) + 4u)) ^ s) * 277803737u;
    return (w >> 22u) ^ w;
}

fn uniform_number(index: u32) -> f32 {
    return f32(pcg(index ^ params.seed) >> 8u) * 0.000000059604644775390625;
}

fn integer_code(w: f32, index: u32, group: u32) -> u32 {
    let zero = scales[2u * params.groups + group];
    let low = params.low - zero;
    let x = clamp(w * scales[params.groups + group], low, params.high - zero);
    var q = round(x);
    if params.stochastic == 1u {
        let lower = floor(x);
        q = select(lower, lower + 1.0, uniform_number(index) < x - lower);
    }
    return u32(q - low);
}

fn codebook_code(w: f32, index: u32, group: u32) -> u32 {
    let last = params.levels - 1u;
    var x = w * scales[params.groups + group];
    if params.stochastic == 1u {
        x = clamp(x, table[0], table[last]);
    }
    // Halves the codes that are left until one is.
    var begin = 0u;
    var end = last;
    while begin < end {
        let middle = (begin + end) / 2u;
        if x > table[params.levels + middle] {
            begin = middle + 1u;
        } else {
            end = middle;
        }
    }
    if params.stochastic == 1u {
        var lower = begin;
        if table[begin] > x && begin > 0u {
            lower = begin - 1u;
        }
        let upper = min(lower + 1u, last);
        let gap = table[upper] - table[lower];
        let up = gap > 0.0 && uniform_number(index) * gap < x - table[lower];
        return select(lower, upper, up);
    }
    return begin;
}

// What is beyond the largest finite number stays there, here and below.
fn f16_code(w: f32) -> u32 {
    let bits = bitcast<u32>(w);
    let magnitude = bits & 0x7fffffffu;
    // 65504 and 2^-14 as bits of an f32.
    if magnitude >= 0x477fe000u {
        return 0x7bffu;
    }
    if magnitude < 0x38800000u {
        return u32(round(abs(w) * 16777216.0));
    }
    let rounded = magnitude + 0xfffu + ((magnitude >> 13u) & 1u);
    return (rounded >> 13u) - (112u << 10u);
}

fn f16_value(code: u32) -> f32 {
    let exponent = code >> 10u;
    let fraction = code & 1023u;
    if exponent == 0u {
        return f32(fraction) * 0.000000059604644775390625;
    }
    return bitcast<f32>(((exponent + 112u) << 23u) | (fraction << 13u));
}

fn bf16_code(w: f32) -> u32 {
    let magnitude = bitcast<u32>(w) & 0x7fffffffu;
    return min((magnitude + 0x7fffu + ((magnitude >> 16u) & 1u)) >> 16u, 0x7f7fu);
}

// The 16 bits of one of the two neighbours of a weight, or of the nearer one.
fn half_code(w: f32, index: u32) -> u32 {
    let brain = params.kind == 3u;
    let sign = (bitcast<u32>(w) >> 16u) & 0x8000u;
    var magnitude = f16_code(w);
    if brain {
        magnitude = bf16_code(w);
    }
    if params.stochastic == 1u {
        // Magnitudes are ordered like their bits: the neighbour on the other side of w is one code away.
        let a = abs(w);
        var nearest = f16_value(magnitude);
        if brain {
            nearest = bitcast<f32>(magnitude << 16u);
        }
        if nearest > a {
            magnitude -= 1u;
        }
        var inner = f16_value(magnitude);
        var outer = f16_value(magnitude + 1u);
        if brain {
            inner = bitcast<f32>(magnitude << 16u);
            outer = bitcast<f32>((magnitude + 1u) << 16u);
        }
        let fraction = (a - inner) / (outer - inner);
        let u = uniform_number(index);
        // Up means towards the larger value, also for negative weights.
        var outwards = u < fraction;
        if w < 0.0 {
            outwards = u >= 1.0 - fraction;
        }
        magnitude += select(0u, 1u, outwards);
    }
    return sign | magnitude;
}

@compute @workgroup_size(64)
fn quantize(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let word = (id.x + id.y * count.x) * 64u + local;
    if word >= params.words {
        return;
    }
    let begin = word * params.per_word;
    let end = min(begin + params.per_word, params.count);
    let line = begin / params.line_length;
    var in_line = begin - line * params.line_length;
    let groups_per_line = (params.line_length + params.size - 1u) / params.size;
    var group = line * groups_per_line + in_line / params.size;
    var in_group = in_line % params.size;
    var packed = 0u;
    for (var i = begin; i < end; i++) {
        let w = weights[i];
        var code = 0u;
        switch params.kind {
            case 0u: {
                code = integer_code(w, i, group);
            }
            case 1u: {
                code = codebook_code(w, i, group);
            }
            default: {
                code = half_code(w, i);
            }
        }
        packed |= code << ((i - begin) * params.bits);
        in_line += 1u;
        in_group += 1u;
        if in_line == params.line_length {
            in_line = 0u;
            in_group = 0u;
            group += 1u;
        } else if in_group == params.size {
            in_group = 0u;
            group += 1u;
        }
    }
    words[word] = packed;
}
