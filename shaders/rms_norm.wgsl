// rms_norm: every row divided by its root mean square, times a learned gain; optionally after adding a residual.
//
//   x = x + residual          (only where there is one; x, the residual stream, is written back)
//   y = x * gain / sqrt(mean(x^2) + epsilon)
//
// Memory layout
//   x, y, residual  f32 [rows * cols], row-major; residual is bound to anything where `has_residual` is 0
//   gain            f32 [cols]
//
// Version ladder
//   v1 one invocation a row: no barrier, uncoalesced; the winner on a software renderer with many rows
//   v2 (rms_norm) LANES invocations share a row, read neighbouring columns, add up in a tree and read the sum back
//
// Limits
//   64 invocations a workgroup, 256 B of workgroup memory; sums in f32, cols / LANES + log2(LANES) deep.
// Source: Zhang and Sennrich 2019, arXiv:1910.07467; epsilon inside the root as in Llama.

struct Params {
    rows: u32,
    cols: u32,
    has_residual: u32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> x: array<f32>;
@group(0) @binding(2) var<storage, read> residual: array<f32>;
@group(0) @binding(3) var<storage, read> gain: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share a row: a power of two, at most WIDTH.
override LANES: u32 = 64u;

var<workgroup> shared_sum: array<f32, WIDTH>;

// The stream at place `i`, with the residual added for good.
fn stream(i: u32) -> f32 {
    var value = x[i];
    if params.has_residual == 1u {
        value += residual[i];
        x[i] = value;
    }
    return value;
}

@compute @workgroup_size(64)
fn rms_norm_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (id.x + id.y * count.x) * WIDTH + local;
    if row >= params.rows {
        return;
    }
    var sum = 0.0;
    for (var col = 0u; col < params.cols; col++) {
        let value = stream(row * params.cols + col);
        sum += value * value;
    }
    let scale = inverseSqrt(sum / f32(params.cols) + params.epsilon);
    for (var col = 0u; col < params.cols; col++) {
        y[row * params.cols + col] = x[row * params.cols + col] * scale * gain[col];
    }
}

@compute @workgroup_size(64)
fn rms_norm(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let begin = row * params.cols;
    let cols = select(0u, params.cols, row < params.rows);
    var sum = 0.0;
    for (var col = lane; col < cols; col += LANES) {
        let value = stream(begin + col);
        sum += value * value;
    }
    shared_sum[local] = sum;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            sum += shared_sum[local + step];
            shared_sum[local] = sum;
        }
        workgroupBarrier();
    }
    let scale = inverseSqrt(shared_sum[local - lane] / f32(params.cols) + params.epsilon);
    // Every invocation comes back to the very numbers that it wrote.
    for (var col = lane; col < cols; col += LANES) {
        y[begin + col] = x[begin + col] * scale * gain[col];
    }
}
