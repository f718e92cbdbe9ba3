// layer_norm: every row moved to mean 0 and scaled to variance 1, then times a learned gain plus a learned bias.
//
//   y = (x - mean) / sqrt(variance + epsilon) * gain + bias,   variance = mean((x - mean)^2)
//
// Memory layout
//   x, y        f32 [rows * cols], row-major
//   gain, bias  f32 [cols]
//
// Version ladder
//   v1 one invocation a row: no barrier, uncoalesced; the winner on a software renderer with many rows
//   v2 (layer_norm) LANES invocations share a row and add up in a tree, once for the mean and once for the variance
//   Both take the variance from differences: mean(x^2) - mean^2 would cancel where the mean is large.
//
// Limits
//   64 invocations a workgroup, 256 B of workgroup memory; sums in f32, cols / LANES + log2(LANES) deep.
// Source: Ba, Kiros and Hinton 2016, arXiv:1607.06450.

struct Params {
    rows: u32,
    cols: u32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> gain: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share a row: a power of two, at most WIDTH.
override LANES: u32 = 64u;

var<workgroup> shared_sum: array<f32, WIDTH>;

@compute @workgroup_size(64)
fn layer_norm_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let row = (id.x + id.y * count.x) * WIDTH + local;
    if row >= params.rows {
        return;
    }
    let begin = row * params.cols;
    var sum = 0.0;
    for (var col = 0u; col < params.cols; col++) {
        sum += x[begin + col];
    }
    let mean = sum / f32(params.cols);
    sum = 0.0;
    for (var col = 0u; col < params.cols; col++) {
        let d = x[begin + col] - mean;
        sum += d * d;
    }
    let scale = inverseSqrt(sum / f32(params.cols) + params.epsilon);
    for (var col = 0u; col < params.cols; col++) {
        y[begin + col] = (x[begin + col] - mean) * scale * gain[col] + bias[col];
    }
}

// The sum over the lanes of a row, told to all of them.
fn sum_of_lanes(mine: f32, local: u32, lane: u32) -> f32 {
    var sum = mine;
    shared_sum[local] = sum;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            sum += shared_sum[local + step];
            shared_sum[local] = sum;
        }
        workgroupBarrier();
    }
    return shared_sum[local - lane];
}

@compute @workgroup_size(64)
fn layer_norm(
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
        sum += x[begin + col];
    }
    let mean = sum_of_lanes(sum, local, lane) / f32(params.cols);
    // Nobody writes the second sums before everybody has read the first.
    workgroupBarrier();
    sum = 0.0;
    for (var col = lane; col < cols; col += LANES) {
        let d = x[begin + col] - mean;
        sum += d * d;
    }
    let scale = inverseSqrt(sum_of_lanes(sum, local, lane) / f32(params.cols) + params.epsilon);
    for (var col = lane; col < cols; col += LANES) {
        y[begin + col] = (x[begin + col] - mean) * scale * gain[col] + bias[col];
    }
}
