// softmax: every row becomes shares that add up to 1; optionally each row sees only its past.
//
//   p[i] = exp(z[i] - max z) / sum_j exp(z[j] - max z),   z = scale * x
//   causal: row t of every `period` rows sees columns 0 .. offset + t; the others get 0
//
// Memory layout
//   x, p  f32 [rows * cols], row-major
//
// Version ladder
//   v1 one invocation a row: no barrier, uncoalesced; the winner on a software renderer with many rows
//   v2 (softmax) LANES invocations share a row: a tree for the maximum, a tree for the sum
//   The maximum is subtracted first, so that no exponential overflows; attention.wgsl shows how to do without the first
//   pass over the row.
//
// Limits
//   64 invocations a workgroup, 256 B of workgroup memory; sums in f32, cols / LANES + log2(LANES) deep.

struct Params {
    rows: u32,
    cols: u32,
    causal: u32,
    // Rows of one matrix of scores.
    period: u32,
    // The column that row 0 may just see.
    offset: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> p: array<f32>;

const WIDTH: u32 = 64u;
const LOWEST: f32 = -3.4028234e38;
// Invocations that share a row: a power of two, at most WIDTH.
override LANES: u32 = 64u;

var<workgroup> shared_number: array<f32, WIDTH>;

// How many columns row `row` sees.
fn visible(row: u32) -> u32 {
    if row >= params.rows {
        return 0u;
    }
    return select(params.cols, min(params.cols, params.offset + row % params.period + 1u), params.causal == 1u);
}

@compute @workgroup_size(64)
fn softmax_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (id.x + id.y * count.x) * WIDTH + local;
    if row >= params.rows {
        return;
    }
    let begin = row * params.cols;
    let end = begin + visible(row);
    var highest = LOWEST;
    for (var i = begin; i < end; i++) {
        highest = max(highest, params.scale * x[i]);
    }
    var sum = 0.0;
    for (var i = begin; i < end; i++) {
        let e = exp(params.scale * x[i] - highest);
        p[i] = e;
        sum += e;
    }
    let share = 1.0 / sum;
    for (var i = begin; i < end; i++) {
        p[i] = p[i] * share;
    }
    for (var i = end; i < begin + params.cols; i++) {
        p[i] = 0.0;
    }
}

@compute @workgroup_size(64)
fn softmax(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let begin = row * params.cols;
    let seen = visible(row);
    var highest = LOWEST;
    for (var col = lane; col < seen; col += LANES) {
        highest = max(highest, params.scale * x[begin + col]);
    }
    shared_number[local] = highest;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            highest = max(highest, shared_number[local + step]);
            shared_number[local] = highest;
        }
        workgroupBarrier();
    }
    highest = shared_number[local - lane];
    // Nobody writes sums before everybody has read the maximum.
    workgroupBarrier();
    var sum = 0.0;
    for (var col = lane; col < seen; col += LANES) {
        let e = exp(params.scale * x[begin + col] - highest);
        p[begin + col] = e;
        sum += e;
    }
    shared_number[local] = sum;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            sum += shared_number[local + step];
            shared_number[local] = sum;
        }
        workgroupBarrier();
    }
    let share = 1.0 / shared_number[local - lane];
    // Every invocation comes back to the very numbers that it wrote.
    let cols = select(0u, params.cols, row < params.rows);
    for (var col = lane; col < cols; col += LANES) {
        if col < seen {
            p[begin + col] = p[begin + col] * share;
        } else {
            p[begin + col] = 0.0;
        }
    }
}
