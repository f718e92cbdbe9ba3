// swiglu: one half of a projection opens and closes the other; optionally the RMS norm that was put off until here.
//
//   h = silu(r gate) * (r up),   silu(v) = v / (1 + exp(-v)),   [gate | up] = the halves of each row
//   r = 1 / sqrt(mean(x^2) + epsilon) of the row of x that gate and up were projected from: W (x r) = r (W x), with the
//   norm's gain inside W. r = 1 where cols = 0
//
// Memory layout
//   projected  f32 [rows * 2 inner]: of each row the gates, then the ups, as one product with both weights leaves them
//   x          f32 [rows * cols]; bound to anything where cols = 0
//   h          f32 [rows * inner]
//
// Version ladder
//   v1 one invocation a number; without the norm there is nothing to share
//   v2 (swiglu) with the norm: one workgroup takes `chunk` numbers of a row and finds that row's r first
//
// Limits
//   64 invocations a workgroup, 256 B of workgroup memory; rows * 2 inner below 2^32.
// Source: Shazeer 2020, arXiv:2002.05202.

struct Params {
    rows: u32,
    inner: u32,
    cols: u32,
    // Numbers that one workgroup makes, and how many such pieces a row has.
    chunk: u32,
    chunks: u32,
    epsilon: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> projected: array<f32>;
@group(0) @binding(2) var<storage, read> x: array<f32>;
@group(0) @binding(3) var<storage, read_write> h: array<f32>;

const WIDTH: u32 = 64u;
// exp of it is far from overflow, and what is further out is 0 beside any other number.
const FAR: f32 = 80.0;

var<workgroup> shared_sum: array<f32, WIDTH>;

fn silu(v: f32) -> f32 {
    return v / (1.0 + exp(min(-v, FAR)));
}

@compute @workgroup_size(64)
fn swiglu_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i >= params.rows * params.inner {
        return;
    }
    let row = i / params.inner;
    let gate = i + row * params.inner;
    h[i] = silu(projected[gate]) * projected[gate + params.inner];
}

@compute @workgroup_size(64)
fn swiglu(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = id.x + id.y * count.x;
    if part >= params.rows * params.chunks {
        return;
    }
    let row = part / params.chunks;
    var sum = 0.0;
    for (var col = local; col < params.cols; col += WIDTH) {
        let value = x[row * params.cols + col];
        sum += value * value;
    }
    shared_sum[local] = sum;
    workgroupBarrier();
    var norm = 1.0;
    if params.cols > 0u {
        // Every invocation adds up the 64 parts itself: one barrier instead of a tree of six.
        sum = 0.0;
        for (var k = 0u; k < WIDTH; k++) {
            sum += shared_sum[k];
        }
        norm = inverseSqrt(sum / f32(params.cols) + params.epsilon);
    }
    let begin = (part - row * params.chunks) * params.chunk;
    let end = min(begin + params.chunk, params.inner);
    for (var j = begin + local; j < end; j += WIDTH) {
        let gate = row * 2u * params.inner + j;
        h[row * params.inner + j] = silu(norm * projected[gate]) * (norm * projected[gate + params.inner]);
    }
}
