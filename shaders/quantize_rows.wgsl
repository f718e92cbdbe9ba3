// quantize_rows: the values of each row become 8-bit integers, one step for each group of 32, 64 or 128.
//
//   step[m, g] = max |x[m, k]| / 127 over the k of group g
//   code[m, k] = round(x[m, k] * 127 / max |x|), ties to even; 0 in a group of zeros
//
// M rows of X (tokens), K inputs.
//
// Memory layout
//   values  f32 [rows, cols], row-major
//   codes   u32, rows of `pitch` words of four signed codes, the first in the lowest byte, zeros behind the end of a row;
//           `pitch` is a multiple of 8: whole multiples of 32 codes
//   steps   f32 [rows, groups]
//
// Version ladder
//   v1     one invocation a group: reads its values twice, far from what its neighbours read
//   lanes  one invocation a word: four values in registers, neighbours read neighbours; the largest magnitude of a group
//          goes through workgroup memory, one barrier
//
// Limits
//   64 invocations a workgroup, 256 B of its memory. The step is one product (max / 127 as max * (1 / 127), within one
//   rounding of the quotient); a code may fall on the other side of a tie where x / step is within three roundings of it.
// Source: per-token dynamic quantization as in LLM.int8() (Dettmers et al. 2022, arXiv:2208.07339), groups as in ggml Q8.

struct Params {
    rows: u32,
    cols: u32,
    // Values in a group, groups in a row, words in a row of codes.
    group: u32,
    groups: u32,
    pitch: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> codes: array<u32>;
@group(0) @binding(3) var<storage, read_write> steps: array<f32>;

const LARGEST_CODE: f32 = 127.0;
// A group whose largest magnitude is below counts as zeros: its inverse could overflow.
const SMALLEST: f32 = 1e-30;

fn value_at(row: u32, col: u32) -> f32 {
    if col < params.cols {
        return values[row * params.cols + col];
    }
    return 0.0;
}

fn four_at(row: u32, word: u32) -> vec4<f32> {
    let col = word * 4u;
    return vec4(value_at(row, col), value_at(row, col + 1u), value_at(row, col + 2u), value_at(row, col + 3u));
}

fn largest_of(v: vec4<f32>) -> f32 {
    let a = abs(v);
    return max(max(a.x, a.y), max(a.z, a.w));
}

fn inverse_of(largest: f32) -> f32 {
    return select(0.0, LARGEST_CODE / largest, largest >= SMALLEST);
}

fn step_of(largest: f32) -> f32 {
    return select(0.0, largest * (1.0 / LARGEST_CODE), largest >= SMALLEST);
}

fn word_of(four: vec4<f32>, inverse: f32) -> u32 {
    return pack4xI8(vec4<i32>(clamp(round(four * inverse), vec4(-LARGEST_CODE), vec4(LARGEST_CODE))));
}

@compute @workgroup_size(64)
fn quantize_rows_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let number = (id.x + id.y * count.x) * 64u + local;
    let row = number / params.groups;
    if row >= params.rows {
        return;
    }
    let group = number - row * params.groups;
    let begin = group * (params.group / 4u);
    let end = min(begin + params.group / 4u, params.pitch);
    var largest = 0.0;
    for (var word = begin; word < end; word++) {
        largest = max(largest, largest_of(four_at(row, word)));
    }
    let inverse = inverse_of(largest);
    for (var word = begin; word < end; word++) {
        codes[row * params.pitch + word] = word_of(four_at(row, word), inverse);
    }
    steps[number] = step_of(largest);
}

var<workgroup> largest_in: array<f32, 64>;

@compute @workgroup_size(64)
fn quantize_rows_lanes(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    // 64 words hold 8, 4 or 2 whole groups; a row takes `across` workgroups.
    let across = (params.pitch + 63u) / 64u;
    let number = id.x + id.y * count.x;
    let row = number / across;
    let word = number % across * 64u + local;
    let inside = row < params.rows && word < params.pitch;
    var four = vec4(0.0);
    if inside {
        four = four_at(row, word);
    }
    largest_in[local] = largest_of(four);
    workgroupBarrier();
    let lanes = params.group / 4u;
    let first = local / lanes * lanes;
    var largest = 0.0;
    for (var lane = first; lane < first + lanes; lane++) {
        largest = max(largest, largest_in[lane]);
    }
    if inside {
        codes[row * params.pitch + word] = word_of(four, inverse_of(largest));
        if local == first {
            steps[row * params.groups + word / lanes] = step_of(largest);
        }
    }
}
