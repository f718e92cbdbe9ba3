// matmul_f32: Y = X W^T + scale Z U^T, and the gradients dX = dY W + scale Z U^T and dW = dY^T X.
//
// M rows of X (tokens), K inputs, N outputs, R rank of the low-rank update (0: none).
//
// Memory layout
//   left     f32, rows of `left_pitch` values: X [M, K] forward, dY [M, N] in both gradients
//   right    f32, rows of `right_pitch` values: W [N, K], or X [M, K] in the weight gradient
//   result   f32 [rows, cols], row-major, rows of `result_pitch` values
//   z        f32 [M, R], row-major;  up  f32, U (n, r) at n * up_out + r * up_rank
//   `first` is the first output of the shard of W that is bound: a column of Y or of dY.
//
// Version ladder
//   v1 one invocation a value of the result, operands read as often as they are used
//
// Limits
//   64 invocations a workgroup, no workgroup memory; f32 sums in the order of the contracted index.

struct Params {
    // Of the result.
    rows: u32,
    cols: u32,
    // Length of every sum.
    depth: u32,
    rank: u32,
    left_pitch: u32,
    right_pitch: u32,
    result_pitch: u32,
    first: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
    // 1: adds to what is there.
    accumulate: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;
@group(0) @binding(5) var<storage, read> z: array<f32>;
@group(0) @binding(6) var<storage, read> up: array<f32>;

// scale * (Z U^T)[row, col]
fn low_rank(row: u32, col: u32) -> f32 {
    var sum = 0.0;
    for (var r = 0u; r < params.rank; r++) {
        sum += z[row * params.rank + r] * up[col * params.up_out + r * params.up_rank];
    }
    return params.scale * sum;
}

fn store(row: u32, col: u32, value: f32) {
    let at = row * params.result_pitch + col;
    if params.accumulate == 1u {
        result[at] += value;
    } else {
        result[at] = value;
    }
}

// Where the tile of this workgroup begins. Tiles are counted along the columns first, workgroups over two dimensions.
fn tile_origin(id: vec3<u32>, count: vec3<u32>, tile_rows: u32, tile_cols: u32) -> vec2<u32> {
    let number = id.x + id.y * count.x;
    let across = (params.cols + tile_cols - 1u) / tile_cols;
    return vec2(number / across * tile_rows, number % across * tile_cols);
}

@compute @workgroup_size(8, 8)
fn matmul_f32_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 8u, 8u);
    let row = origin.x + local.y;
    let col = origin.y + local.x;
    if row >= params.rows || col >= params.cols {
        return;
    }
    var sum = 0.0;
    for (var i = 0u; i < params.depth; i++) {
        sum += left[row * params.left_pitch + i] * right[col * params.right_pitch + i];
    }
    store(row, params.first + col, sum + low_rank(row, params.first + col));
}

@compute @workgroup_size(8, 8)
fn matmul_f32_grad_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 8u, 8u);
    let row = origin.x + local.y;
    let col = origin.y + local.x;
    if row >= params.rows || col >= params.cols {
        return;
    }
    var sum = 0.0;
    for (var i = 0u; i < params.depth; i++) {
        sum += left[row * params.left_pitch + params.first + i] * right[i * params.right_pitch + col];
    }
    store(row, col, sum + low_rank(row, col));
}

@compute @workgroup_size(8, 8)
fn matmul_f32_weight_grad_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 8u, 8u);
    let row = origin.x + local.y;
    let col = origin.y + local.x;
    if row >= params.rows || col >= params.cols {
        return;
    }
    var sum = 0.0;
    for (var i = 0u; i < params.depth; i++) {
        sum += left[i * params.left_pitch + row] * right[i * params.right_pitch + col];
    }
    store(row, col, sum);
}
