// dequantize: every code becomes a weight again.
//
//   integers    w = scale * (code + low - zero)      (low is 0 for asymmetric groups, zero is 0 for the others)
//   codebooks   w = scale * level[code]
//   FP16, BF16  w = the number with these 16 bits
//
// Memory layout
//   words    u32 [ceil(count / per_word)], as quantize wrote them
//   scales   f32 [3 * groups]: stored scales, inverses (unused here), zero points
//   table    f32, begins with the levels of a codebook; unused for integers
//   weights  f32 [count], row-major
//
// Version ladder
//   v1 (this one) one invocation a weight: neighbours read the same word and write neighbouring weights
//
// Limits
//   64 invocations a workgroup; count below 2^32. One rounding per weight: the product.
// Source: the inverse of quantize.

struct Params {
    count: u32,
    per_word: u32,
    bits: u32,
    line_length: u32,
    size: u32,
    groups: u32,
    // 0 integers, 1 codebook, 2 binary16, 3 bfloat16.
    kind: u32,
    low: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> table: array<f32>;
@group(0) @binding(4) var<storage, read_write> weights: array<f32>;

fn f16_value(code: u32) -> f32 {
    let exponent = (code >> 10u) & 31u;
    let fraction = code & 1023u;
    // Subnormals by arithmetic: their f32 pattern would be subnormal too, and a GPU may flush it.
    var magnitude = f32(fraction) * 0.000000059604644775390625;
    if exponent > 0u {
        magnitude = bitcast<f32>(((exponent + 112u) << 23u) | (fraction << 13u));
    }
    return select(magnitude, -magnitude, (code & 0x8000u) != 0u);
}

@compute @workgroup_size(64)
fn dequantize(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * 64u + local;
    if i >= params.count {
        return;
    }
    let word = i / params.per_word;
    let code = (words[word] >> ((i - word * params.per_word) * params.bits)) & ((1u << params.bits) - 1u);
    if params.kind == 2u {
        weights[i] = f16_value(code);
    } else if params.kind == 3u {
        weights[i] = bitcast<f32>(code << 16u);
    } else {
        let line = i / params.line_length;
        let groups_per_line = (params.line_length + params.size - 1u) / params.size;
        let group = line * groups_per_line + (i - line * params.line_length) / params.size;
        var level = 0.0;
        if params.kind == 1u {
            level = table[code];
        } else {
            level = f32(code) + params.low - scales[2u * params.groups + group];
        }
        weights[i] = scales[group] * level;
    }
}
