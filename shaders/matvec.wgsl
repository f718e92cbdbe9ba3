// matvec: y = W x.
//
// Memory layout
//   weights  f32 [rows * cols], row-major
//   input    f32 [cols]
//   output   f32 [rows * chunks], the sum over each chunk of a row; the host adds them in f64
//
// Version ladder
//   v1 one invocation a row: uncoalesced
//   v2 LANES invocations share a row, read neighbouring columns and add up in a tree: few rows leave a GPU idle
//   v3 (this one) rows longer than `chunk` are cut
//
// Limits
//   64 invocations a workgroup, 256 B of workgroup memory; sums in f32, chunk / LANES + log2(LANES) deep.

struct Params {
    rows: u32,
    cols: u32,
    chunk: u32,
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> input: array<f32>;
@group(0) @binding(3) var<storage, read_write> output: array<f32>;

const WIDTH: u32 = 64u;
// Invocations that share one chunk: a power of two, at most WIDTH.
override LANES: u32 = 64u;

var<workgroup> shared_sum: array<f32, WIDTH>;

@compute @workgroup_size(64)
fn matvec(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    var sum = 0.0;
    let valid = part < params.rows * params.chunks;
    if valid {
        let row = part / params.chunks;
        let begin = (part - row * params.chunks) * params.chunk;
        let end = min(begin + params.chunk, params.cols);
        for (var col = begin + lane; col < end; col += LANES) {
            sum += weights[row * params.cols + col] * input[col];
        }
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
    if lane == 0u && valid {
        output[part] = sum;
    }
}
