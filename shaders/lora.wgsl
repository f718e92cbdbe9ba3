// lora: the skinny products of a low-rank update y += scale (x A^T) B^T, one kernel for all four.
//
// result[row, col] = factor * sum over d of left(row, d) * right(col, d)
//
// M rows of X (tokens), K inputs, N outputs, R rank, small; A [R, K], B [N, R]:
//
//   product                 rows  cols  sum over  left  right   factor
//   down       z = x A^T    M     R     K         x     A       1
//   its slope  dz = dy B    M     R     N         dy    B       scale
//   up         db = dy^T z  N     R     M         dy    z       scale
//   down       da = dz^T x  R     K     M         dz    x       1
//
// The update itself is added by the product with W (see matmul_f32), and dx likewise; z is kept for the backward pass.
//
// Memory layout
//   left   f32, value (row, d) at row * left_row + d * left_step
//   right  f32, value (col, d) at col * right_row + d * right_step
//   result f32 [rows, cols], row-major
//
// Version ladder
//   v1     one invocation a value: 2 values read a multiplication
//   regs   an 8 x 8 block an invocation: 16 values read for 64 multiplications; no barriers
//   lanes  the 64 invocations of a workgroup share the sums of a 4 x 4 block: a small result still fills a GPU
//
// Limits
//   64 invocations a workgroup, 4.3 KB of workgroup memory; f32 sums of at most 65,535 terms on llvmpipe.

struct Params {
    rows: u32,
    cols: u32,
    depth: u32,
    left_row: u32,
    left_step: u32,
    right_row: u32,
    right_step: u32,
    factor: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(3) var<storage, read_write> result: array<f32>;

// Where the tile of this workgroup begins. Tiles are counted along the columns first, workgroups over two dimensions.
fn tile_origin(id: vec3<u32>, count: vec3<u32>, tile_rows: u32, tile_cols: u32) -> vec2<u32> {
    let number = id.x + id.y * count.x;
    let across = (params.cols + tile_cols - 1u) / tile_cols;
    return vec2(number / across * tile_rows, number % across * tile_cols);
}

@compute @workgroup_size(8, 8)
fn lora_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let at = tile_origin(id, count, 8u, 8u) + local.yx;
    if at.x >= params.rows || at.y >= params.cols {
        return;
    }
    var sum = 0.0;
    for (var d = 0u; d < params.depth; d++) {
        sum += left[at.x * params.left_row + d * params.left_step] * right[at.y * params.right_row + d * params.right_step];
    }
    result[at.x * params.cols + at.y] = params.factor * sum;
}

// Where four rows (or columns) begin; past the end the last one again, which nobody stores.
fn four(first: u32, count: u32, pitch: u32) -> vec4<u32> {
    return min(first + vec4(0u, 1u, 2u, 3u), vec4(count - 1u)) * pitch;
}

fn left_at(rows: vec4<u32>, d: u32) -> vec4<f32> {
    let at = rows + d * params.left_step;
    return vec4(left[at.x], left[at.y], left[at.z], left[at.w]);
}

fn right_at(cols: vec4<u32>, d: u32) -> vec4<f32> {
    let at = cols + d * params.right_step;
    return vec4(right[at.x], right[at.y], right[at.z], right[at.w]);
}

// 16 products: a column for each component of `l`, which is a row of the result.
fn outer(r: vec4<f32>, l: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(r * l.x, r * l.y, r * l.z, r * l.w);
}

fn store_block(row: u32, col: u32, values: mat4x4<f32>) {
    var block = values;
    for (var i = 0u; i < 16u; i++) {
        let at = vec2(row + i / 4u, col + i % 4u);
        if at.x < params.rows && at.y < params.cols {
            result[at.x * params.cols + at.y] = params.factor * block[i / 4u][i % 4u];
        }
    }
}

@compute @workgroup_size(4)
fn lora_regs(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 32u, 8u) + vec2(8u * local.x, 0u);
    let rows0 = four(origin.x, params.rows, params.left_row);
    let rows1 = four(origin.x + 4u, params.rows, params.left_row);
    let cols0 = four(origin.y, params.cols, params.right_row);
    let cols1 = four(origin.y + 4u, params.cols, params.right_row);
    var s00 = mat4x4<f32>();
    var s01 = mat4x4<f32>();
    var s10 = mat4x4<f32>();
    var s11 = mat4x4<f32>();
    for (var d = 0u; d < params.depth; d++) {
        let l0 = left_at(rows0, d);
        let l1 = left_at(rows1, d);
        let r0 = right_at(cols0, d);
        let r1 = right_at(cols1, d);
        s00 += outer(r0, l0);
        s01 += outer(r1, l0);
        s10 += outer(r0, l1);
        s11 += outer(r1, l1);
    }
    var blocks = array(s00, s01, s10, s11);
    for (var i = 0u; i < 4u; i++) {
        store_block(origin.x + 4u * (i / 2u), origin.y + 4u * (i % 2u), blocks[i]);
    }
}

const LANES: u32 = 64u;
// 16 sums a lane and one of padding, so that neighbouring lanes use different banks.
const LANE_SUMS: u32 = 17u;

var<workgroup> lane_sums: array<f32, 1088>;

@compute @workgroup_size(64)
fn lora_lanes(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, 4u, 4u);
    let rows = four(origin.x, params.rows, params.left_row);
    let cols = four(origin.y, params.cols, params.right_row);
    var block = mat4x4<f32>();
    for (var d = lane; d < params.depth; d += LANES) {
        block += outer(right_at(cols, d), left_at(rows, d));
    }
    for (var i = 0u; i < 16u; i++) {
        lane_sums[lane * LANE_SUMS + i] = block[i / 4u][i % 4u];
    }
    workgroupBarrier();
    let at = origin + vec2(lane / 4u, lane % 4u);
    if lane < 16u && at.x < params.rows && at.y < params.cols {
        var sum = 0.0;
        for (var other = 0u; other < LANES; other++) {
            sum += lane_sums[other * LANE_SUMS + lane];
        }
        result[at.x * params.cols + at.y] = params.factor * sum;
    }
}
