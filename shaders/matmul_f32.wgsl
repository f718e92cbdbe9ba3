// matmul_f32: Y = X W^T + scale Z U^T, and the gradients dX = dY W + scale Z U^T and dW = dY^T X.
//
// M rows of X (tokens), K inputs, N outputs, R rank of the low-rank update (0: none). All three are
// result[row, col] = sum over d of left(row, d) * right(col, d); they differ in which index runs along memory:
//
//   product                left(row, d)    right(col, d)
//   forward Y [M, N]       X[row, d]       W[col, d]       "NT"
//   input gradient [M, K]  dY[row, d]      W[d, col]       "NN", entries with `grad`
//   weight gradient [N, K] dY[d, row]      X[d, col]       "TN", entries with `weight_grad`
//
// Memory layout
//   left, right  f32, row-major, rows of `left_pitch` and `right_pitch` values. All versions but v1 read vectors of four:
//                pitches are multiples of 4, and so is the memory along d, filled with zeros
//   result       f32, row-major, rows of `result_pitch` values
//   z  f32 [rows, R], row-major;  up  f32, U (col, r) at col * up_out + r * up_rank
//   A shard of W begins at output `result_first` (forward) or at column `left_first` of dY (input gradient).
//
// Version ladder
//   v1     one invocation a value of the result; reads 2 values a multiplication
//   rows   few rows: the 64 invocations of a workgroup share the sums of a 4 x 4 block, so that W is read once, in order
//   slim   few rows, without barriers: a 4 x 4 block an invocation. Best for few rows on a processor
//   regs   an 8 x 16 block an invocation: 24 vectors read for 512 multiplications, no barriers. Best on a processor
//   tiles  64 x 64 block a workgroup, 8 x 8 an invocation: operands pass through workgroup memory, 16 deep; the next ones
//          are fetched while these are multiplied. Best on a GPU
//
// Limits
//   64 invocations a workgroup, 8.7 KB of workgroup memory; f32 sums. v1 sums at most 65,535 terms on llvmpipe.

struct Params {
    // Of the result; of every sum; of the update.
    rows: u32,
    cols: u32,
    depth: u32,
    rank: u32,
    left_pitch: u32,
    right_pitch: u32,
    result_pitch: u32,
    left_first: u32,
    result_first: u32,
    // 1: adds to what is there.
    accumulate: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(2) var<storage, read> right: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;
@group(0) @binding(5) var<storage, read> z: array<f32>;
@group(0) @binding(6) var<storage, read> up: array<f32>;
// The same memory as vectors; an entry point uses one of the two.
@group(0) @binding(1) var<storage, read> left_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> right_vectors: array<vec4<f32>>;

// ---------------------------------------------------------------------------------------------------- shared by all

// Where the tile of this workgroup begins. Tiles are counted along the columns first, workgroups over two dimensions.
fn tile_origin(id: vec3<u32>, count: vec3<u32>, tile_rows: u32, tile_cols: u32) -> vec2<u32> {
    let number = id.x + id.y * count.x;
    let across = (params.cols + tile_cols - 1u) / tile_cols;
    return vec2(number / across * tile_rows, number % across * tile_cols);
}

fn store(row: u32, col: u32, value: f32) {
    if row < params.rows && col < params.cols {
        let at = row * params.result_pitch + params.result_first + col;
        result[at] = value + select(0.0, result[at], params.accumulate == 1u);
    }
}

// ------------------------------------------------------------------------------------------------------------- v1

// (scale * Z U^T)[row, col]
fn low_rank(row: u32, col: u32) -> f32 {
    var sum = 0.0;
    for (var r = 0u; r < params.rank; r++) {
        sum += z[row * params.rank + r] * up[(params.result_first + col) * params.up_out + r * params.up_rank];
    }
    return params.scale * sum;
}

@compute @workgroup_size(8, 8)
fn matmul_f32_v1(
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
        sum += left[at.x * params.left_pitch + d] * right[at.y * params.right_pitch + d];
    }
    store(at.x, at.y, sum + low_rank(at.x, at.y));
}

@compute @workgroup_size(8, 8)
fn matmul_f32_grad_v1(
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
        sum += left[at.x * params.left_pitch + params.left_first + d] * right[d * params.right_pitch + at.y];
    }
    store(at.x, at.y, sum + low_rank(at.x, at.y));
}

@compute @workgroup_size(8, 8)
fn matmul_f32_weight_grad_v1(
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
        sum += left[d * params.left_pitch + at.x] * right[d * params.right_pitch + at.y];
    }
    store(at.x, at.y, sum);
}

// ------------------------------------------------------------------------------- blocks of 4 x 4, for all but v1
//
// With L: a column for each row of the result, a component for each d; and R: a column for each d, a component for each
// column of the result; the matrix product R * L is 64 multiplications that add to a 4 x 4 block of the result.

// Where four rows of `pitch` vectors begin; past the end the last row again, which nobody stores.
fn four_rows(first: u32, count: u32, pitch: u32) -> vec4<u32> {
    return min(first + vec4(0u, 1u, 2u, 3u), vec4(count - 1u)) * pitch;
}

// One vector of each of four rows of memory.
fn left_block(rows: vec4<u32>, i: u32) -> mat4x4<f32> {
    return mat4x4(left_vectors[rows.x + i], left_vectors[rows.y + i], left_vectors[rows.z + i], left_vectors[rows.w + i]);
}

fn right_block(rows: vec4<u32>, i: u32) -> mat4x4<f32> {
    return mat4x4(right_vectors[rows.x + i], right_vectors[rows.y + i], right_vectors[rows.z + i], right_vectors[rows.w + i]);
}

// A 4 x 4 block of the result: each column of the matrix is a row of the result.
fn store_block(row: u32, col: u32, values: mat4x4<f32>) {
    var block = values;
    for (var i = 0u; i < 16u; i++) {
        store(row + i / 4u, col + i % 4u, block[i / 4u][i % 4u]);
    }
}

// 16 products: a column for each component of `l`.
fn outer(r: vec4<f32>, l: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(r * l.x, r * l.y, r * l.z, r * l.w);
}

// Where the columns of U for four columns of the result begin.
fn four_ups(col: u32) -> vec4<u32> {
    return (params.result_first + min(col + vec4(0u, 1u, 2u, 3u), vec4(params.cols - 1u))) * params.up_out;
}

// Rank `r` of four rows of Z, and of four columns of scale * U.
fn z_column(rows: vec4<u32>, r: u32) -> vec4<f32> {
    return vec4(z[rows.x + r], z[rows.y + r], z[rows.z + r], z[rows.w + r]);
}

fn up_column(ups: vec4<u32>, r: u32) -> vec4<f32> {
    let at = ups + r * params.up_rank;
    return params.scale * vec4(up[at.x], up[at.y], up[at.z], up[at.w]);
}

fn vectors(values: u32) -> u32 {
    return (values + 3u) / 4u;
}

// ------------------------------------------------------------------------------------------------------------ rows

const LANES: u32 = 64u;
// 16 sums a lane and one of padding, so that neighbouring lanes use different banks.
const LANE_SUMS: u32 = 17u;
// Lanes whose sums one invocation adds in the first round.
const ROUND: u32 = 16u;

var<workgroup> lane_sums: array<f32, 1088>;

fn keep_lane_row(at: u32, values: vec4<f32>) {
    lane_sums[at] = values.x;
    lane_sums[at + 1u] = values.y;
    lane_sums[at + 2u] = values.z;
    lane_sums[at + 3u] = values.w;
}

// Adds the blocks of all lanes and stores the sum: each of 16 values in 4 rounds of 16 lanes, then the 4 rounds.
fn store_sum_of_lanes(origin: vec2<u32>, lane: u32, block: mat4x4<f32>) {
    keep_lane_row(lane * LANE_SUMS, block[0]);
    keep_lane_row(lane * LANE_SUMS + 4u, block[1]);
    keep_lane_row(lane * LANE_SUMS + 8u, block[2]);
    keep_lane_row(lane * LANE_SUMS + 12u, block[3]);
    workgroupBarrier();
    let value = lane % 16u;
    let round = lane / 16u;
    var sum = 0.0;
    for (var other = 0u; other < ROUND; other++) {
        sum += lane_sums[(round * ROUND + other) * LANE_SUMS + value];
    }
    workgroupBarrier();
    lane_sums[lane] = sum;
    workgroupBarrier();
    if lane < 16u {
        store(
            origin.x + value / 4u,
            origin.y + value % 4u,
            lane_sums[value] + lane_sums[16u + value] + lane_sums[32u + value] + lane_sums[48u + value],
        );
    }
}

// The share of one lane in the update: every 64th rank.
fn low_rank_of_lane(origin: vec2<u32>, lane: u32) -> mat4x4<f32> {
    let rows = four_rows(origin.x, params.rows, params.rank);
    let ups = four_ups(origin.y);
    var block = mat4x4<f32>();
    for (var r = lane; r < params.rank; r += LANES) {
        block += outer(up_column(ups, r), z_column(rows, r));
    }
    return block;
}

@compute @workgroup_size(64)
fn matmul_f32_rows(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, 4u, 4u);
    let left_rows = four_rows(origin.x, params.rows, params.left_pitch / 4u);
    let right_rows = four_rows(origin.y, params.cols, params.right_pitch / 4u);
    var block = low_rank_of_lane(origin, lane);
    for (var i = lane; i < vectors(params.depth); i += LANES) {
        block += transpose(right_block(right_rows, i)) * left_block(left_rows, i);
    }
    store_sum_of_lanes(origin, lane, block);
}

@compute @workgroup_size(64)
fn matmul_f32_grad_rows(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, 4u, 4u);
    let left_rows = four_rows(origin.x, params.rows, params.left_pitch / 4u) + params.left_first / 4u;
    let pitch = params.right_pitch / 4u;
    var block = low_rank_of_lane(origin, lane);
    for (var i = lane; i < vectors(params.depth); i += LANES) {
        let right_rows = (4u * i + vec4(0u, 1u, 2u, 3u)) * pitch;
        block += right_block(right_rows, origin.y / 4u) * left_block(left_rows, i);
    }
    store_sum_of_lanes(origin, lane, block);
}

@compute @workgroup_size(64)
fn matmul_f32_weight_grad_rows(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, 4u, 4u);
    var block = mat4x4<f32>();
    for (var i = lane; i < vectors(params.depth); i += LANES) {
        let rows = 4u * i + vec4(0u, 1u, 2u, 3u);
        block += right_block(rows * (params.right_pitch / 4u), origin.y / 4u)
            * transpose(left_block(rows * (params.left_pitch / 4u), origin.x / 4u));
    }
    store_sum_of_lanes(origin, lane, block);
}

// ------------------------------------------------------------------------------------------------------------ slim

const SLIM_COLS: u32 = 64u;

fn low_rank_block(origin: vec2<u32>) -> mat4x4<f32> {
    let rows = four_rows(origin.x, params.rows, params.rank);
    let ups = four_ups(origin.y);
    var block = mat4x4<f32>();
    for (var r = 0u; r < params.rank; r++) {
        block += outer(up_column(ups, r), z_column(rows, r));
    }
    return block;
}

@compute @workgroup_size(16)
fn matmul_f32_slim(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 4u, SLIM_COLS) + vec2(0u, 4u * local.x);
    let left_rows = four_rows(origin.x, params.rows, params.left_pitch / 4u);
    let right_rows = four_rows(origin.y, params.cols, params.right_pitch / 4u);
    var block = low_rank_block(origin);
    for (var i = 0u; i < vectors(params.depth); i++) {
        block += transpose(right_block(right_rows, i)) * left_block(left_rows, i);
    }
    store_block(origin.x, origin.y, block);
}

@compute @workgroup_size(16)
fn matmul_f32_grad_slim(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 4u, SLIM_COLS) + vec2(0u, 4u * local.x);
    let left_rows = four_rows(origin.x, params.rows, params.left_pitch / 4u) + params.left_first / 4u;
    let pitch = params.right_pitch / 4u;
    let col = min(origin.y / 4u, pitch - 1u);
    var block = low_rank_block(origin);
    for (var i = 0u; i < vectors(params.depth); i++) {
        block += right_block((4u * i + vec4(0u, 1u, 2u, 3u)) * pitch, col) * left_block(left_rows, i);
    }
    store_block(origin.x, origin.y, block);
}

// ------------------------------------------------------------------------------------------------------------ regs

// 8 rows x 16 columns of the result in registers: two rows of four blocks.
struct Strip {
    s00: mat4x4<f32>,
    s01: mat4x4<f32>,
    s02: mat4x4<f32>,
    s03: mat4x4<f32>,
    s10: mat4x4<f32>,
    s11: mat4x4<f32>,
    s12: mat4x4<f32>,
    s13: mat4x4<f32>,
}

const STRIP_ROWS: u32 = 8u;
const STRIP_COLS: u32 = 16u;

// The strip of an invocation in a workgroup of 2 x 2.
fn strip_origin(id: vec3<u32>, count: vec3<u32>, local: vec3<u32>) -> vec2<u32> {
    return tile_origin(id, count, 2u * STRIP_ROWS, 2u * STRIP_COLS) + vec2(STRIP_ROWS, STRIP_COLS) * local.yx;
}

fn low_rank_strip(origin: vec2<u32>) -> Strip {
    let rows0 = four_rows(origin.x, params.rows, params.rank);
    let rows1 = four_rows(origin.x + 4u, params.rows, params.rank);
    let ups0 = four_ups(origin.y);
    let ups1 = four_ups(origin.y + 4u);
    let ups2 = four_ups(origin.y + 8u);
    let ups3 = four_ups(origin.y + 12u);
    var strip = Strip();
    for (var r = 0u; r < params.rank; r++) {
        let l0 = z_column(rows0, r);
        let l1 = z_column(rows1, r);
        let r0 = up_column(ups0, r);
        let r1 = up_column(ups1, r);
        let r2 = up_column(ups2, r);
        let r3 = up_column(ups3, r);
        strip.s00 += outer(r0, l0);
        strip.s01 += outer(r1, l0);
        strip.s02 += outer(r2, l0);
        strip.s03 += outer(r3, l0);
        strip.s10 += outer(r0, l1);
        strip.s11 += outer(r1, l1);
        strip.s12 += outer(r2, l1);
        strip.s13 += outer(r3, l1);
    }
    return strip;
}

// A loop over an array instead of eight calls: the text is inlined once, and compiles in a fraction of the time.
fn store_strip(origin: vec2<u32>, strip: Strip) {
    var blocks = array(
        strip.s00, strip.s01, strip.s02, strip.s03, strip.s10, strip.s11, strip.s12, strip.s13,
    );
    for (var i = 0u; i < 8u; i++) {
        store_block(origin.x + 4u * (i / 4u), origin.y + 4u * (i % 4u), blocks[i]);
    }
}

@compute @workgroup_size(2, 2)
fn matmul_f32_regs(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = strip_origin(id, count, local);
    let left_pitch = params.left_pitch / 4u;
    let right_pitch = params.right_pitch / 4u;
    let left0 = four_rows(origin.x, params.rows, left_pitch);
    let left1 = four_rows(origin.x + 4u, params.rows, left_pitch);
    let right0 = four_rows(origin.y, params.cols, right_pitch);
    let right1 = four_rows(origin.y + 4u, params.cols, right_pitch);
    let right2 = four_rows(origin.y + 8u, params.cols, right_pitch);
    let right3 = four_rows(origin.y + 12u, params.cols, right_pitch);
    var strip = low_rank_strip(origin);
    for (var i = 0u; i < vectors(params.depth); i++) {
        let l0 = left_block(left0, i);
        let l1 = left_block(left1, i);
        let r0 = transpose(right_block(right0, i));
        strip.s00 += r0 * l0;
        strip.s10 += r0 * l1;
        let r1 = transpose(right_block(right1, i));
        strip.s01 += r1 * l0;
        strip.s11 += r1 * l1;
        let r2 = transpose(right_block(right2, i));
        strip.s02 += r2 * l0;
        strip.s12 += r2 * l1;
        let r3 = transpose(right_block(right3, i));
        strip.s03 += r3 * l0;
        strip.s13 += r3 * l1;
    }
    store_strip(origin, strip);
}

// The vectors of memory that hold 16 columns from `col`; past the end the last vector again.
fn four_vectors(col: u32, pitch: u32) -> vec4<u32> {
    return min(col / 4u + vec4(0u, 1u, 2u, 3u), vec4(pitch - 1u));
}

@compute @workgroup_size(2, 2)
fn matmul_f32_grad_regs(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = strip_origin(id, count, local);
    let pitch = params.right_pitch / 4u;
    let left0 = four_rows(origin.x, params.rows, params.left_pitch / 4u) + params.left_first / 4u;
    let left1 = four_rows(origin.x + 4u, params.rows, params.left_pitch / 4u) + params.left_first / 4u;
    let cols = four_vectors(origin.y, pitch);
    var strip = low_rank_strip(origin);
    for (var i = 0u; i < vectors(params.depth); i++) {
        let rows = (4u * i + vec4(0u, 1u, 2u, 3u)) * pitch;
        let l0 = left_block(left0, i);
        let l1 = left_block(left1, i);
        let r0 = right_block(rows, cols.x);
        strip.s00 += r0 * l0;
        strip.s10 += r0 * l1;
        let r1 = right_block(rows, cols.y);
        strip.s01 += r1 * l0;
        strip.s11 += r1 * l1;
        let r2 = right_block(rows, cols.z);
        strip.s02 += r2 * l0;
        strip.s12 += r2 * l1;
        let r3 = right_block(rows, cols.w);
        strip.s03 += r3 * l0;
        strip.s13 += r3 * l1;
    }
    store_strip(origin, strip);
}

@compute @workgroup_size(2, 2)
fn matmul_f32_weight_grad_regs(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = strip_origin(id, count, local);
    let left_pitch = params.left_pitch / 4u;
    let right_pitch = params.right_pitch / 4u;
    let left_cols = four_vectors(origin.x, left_pitch);
    let cols = four_vectors(origin.y, right_pitch);
    var strip = Strip();
    for (var i = 0u; i < vectors(params.depth); i++) {
        let rows = 4u * i + vec4(0u, 1u, 2u, 3u);
        let l0 = transpose(left_block(rows * left_pitch, left_cols.x));
        let l1 = transpose(left_block(rows * left_pitch, left_cols.y));
        let r0 = right_block(rows * right_pitch, cols.x);
        strip.s00 += r0 * l0;
        strip.s10 += r0 * l1;
        let r1 = right_block(rows * right_pitch, cols.y);
        strip.s01 += r1 * l0;
        strip.s11 += r1 * l1;
        let r2 = right_block(rows * right_pitch, cols.z);
        strip.s02 += r2 * l0;
        strip.s12 += r2 * l1;
        let r3 = right_block(rows * right_pitch, cols.w);
        strip.s03 += r3 * l0;
        strip.s13 += r3 * l1;
    }
    store_strip(origin, strip);
}

// ----------------------------------------------------------------------------------------------------------- tiles
//
// A workgroup of 64 invocations computes 64 x 64 values; an invocation (x, y) four blocks of them, at rows 4 y and
// 32 + 4 y and columns 4 x and 32 + 4 x, so that neighbours read neighbouring vectors of workgroup memory.

const TILE: u32 = 64u;
const TILE_DEPTH: u32 = 16u;
// Vectors of 4 rows (or columns) for each d, and one of padding, so that fewer lanes meet in a bank.
const TILE_PITCH: u32 = 17u;

var<workgroup> left_tile: array<vec4<f32>, 272>;
var<workgroup> right_tile: array<vec4<f32>, 272>;

struct Square {
    s00: mat4x4<f32>,
    s01: mat4x4<f32>,
    s10: mat4x4<f32>,
    s11: mat4x4<f32>,
}

// Keeps R, or L transposed, for the four d from 4 * quad.
fn keep_left(group: u32, quad: u32, block: mat4x4<f32>) {
    let at = 4u * quad * TILE_PITCH + group;
    left_tile[at] = block[0];
    left_tile[at + TILE_PITCH] = block[1];
    left_tile[at + 2u * TILE_PITCH] = block[2];
    left_tile[at + 3u * TILE_PITCH] = block[3];
}

fn keep_right(group: u32, quad: u32, block: mat4x4<f32>) {
    let at = 4u * quad * TILE_PITCH + group;
    right_tile[at] = block[0];
    right_tile[at + TILE_PITCH] = block[1];
    right_tile[at + 2u * TILE_PITCH] = block[2];
    right_tile[at + 3u * TILE_PITCH] = block[3];
}

fn multiply_tiles(before: Square, lane: u32) -> Square {
    var square = before;
    let x = lane % 8u;
    let y = lane / 8u;
    for (var d = 0u; d < TILE_DEPTH; d++) {
        let a0 = left_tile[d * TILE_PITCH + y];
        let a1 = left_tile[d * TILE_PITCH + y + 8u];
        let b0 = right_tile[d * TILE_PITCH + x];
        let b1 = right_tile[d * TILE_PITCH + x + 8u];
        square.s00 += outer(b0, a0);
        square.s01 += outer(b1, a0);
        square.s10 += outer(b0, a1);
        square.s11 += outer(b1, a1);
    }
    return square;
}

// The update is R more steps of the same product.
fn low_rank_square(origin: vec2<u32>, lane: u32) -> Square {
    var square = Square();
    let group = lane / 4u;
    let rows = four_rows(origin.x + 4u * group, params.rows, params.rank);
    let ups = four_ups(origin.y + 4u * group);
    for (var first = 0u; first < params.rank; first += TILE_DEPTH) {
        workgroupBarrier();
        for (var d = lane % 4u; d < TILE_DEPTH; d += 4u) {
            let r = min(first + d, params.rank - 1u);
            left_tile[d * TILE_PITCH + group] = select(vec4(0.0), z_column(rows, r), first + d < params.rank);
            right_tile[d * TILE_PITCH + group] = up_column(ups, r);
        }
        workgroupBarrier();
        square = multiply_tiles(square, lane);
    }
    return square;
}

fn store_square(origin: vec2<u32>, lane: u32, square: Square) {
    let row = origin.x + 4u * (lane / 8u);
    let col = origin.y + 4u * (lane % 8u);
    var blocks = array(square.s00, square.s01, square.s10, square.s11);
    for (var i = 0u; i < 4u; i++) {
        store_block(row + 32u * (i / 2u), col + 32u * (i % 2u), blocks[i]);
    }
}

// Vector `i` of four rows that run along d, zeros past the end.
fn left_along(rows: vec4<u32>, i: u32) -> mat4x4<f32> {
    if i >= vectors(params.depth) {
        return mat4x4<f32>();
    }
    return left_block(rows, i);
}

fn right_along(rows: vec4<u32>, i: u32) -> mat4x4<f32> {
    if i >= vectors(params.depth) {
        return mat4x4<f32>();
    }
    return right_block(rows, i);
}

// Vector `col` of the four rows of memory from d = 4 i, zeros past the end.
fn left_across(i: u32, col: u32) -> mat4x4<f32> {
    if i >= vectors(params.depth) {
        return mat4x4<f32>();
    }
    return left_block((4u * i + vec4(0u, 1u, 2u, 3u)) * (params.left_pitch / 4u), col);
}

fn right_across(i: u32, col: u32) -> mat4x4<f32> {
    if i >= vectors(params.depth) {
        return mat4x4<f32>();
    }
    return right_block((4u * i + vec4(0u, 1u, 2u, 3u)) * (params.right_pitch / 4u), col);
}

@compute @workgroup_size(64)
fn matmul_f32_tiles(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, TILE, TILE);
    // Neighbours read along d: four of them 64 bytes of a row.
    let group = lane / 4u;
    let quad = lane % 4u;
    let left_rows = four_rows(origin.x + 4u * group, params.rows, params.left_pitch / 4u);
    let right_rows = four_rows(origin.y + 4u * group, params.cols, params.right_pitch / 4u);
    var square = low_rank_square(origin, lane);
    var next_left = left_along(left_rows, quad);
    var next_right = right_along(right_rows, quad);
    for (var i = 0u; i < vectors(params.depth); i += 4u) {
        workgroupBarrier();
        keep_left(group, quad, transpose(next_left));
        keep_right(group, quad, transpose(next_right));
        workgroupBarrier();
        next_left = left_along(left_rows, i + 4u + quad);
        next_right = right_along(right_rows, i + 4u + quad);
        square = multiply_tiles(square, lane);
    }
    store_square(origin, lane, square);
}

@compute @workgroup_size(64)
fn matmul_f32_grad_tiles(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, TILE, TILE);
    let group = lane / 4u;
    let quad = lane % 4u;
    let left_rows = four_rows(origin.x + 4u * group, params.rows, params.left_pitch / 4u) + params.left_first / 4u;
    // Neighbours read along the columns: sixteen of them 256 bytes of a row of W.
    let across = lane % 16u;
    let deep = lane / 16u;
    let right_col = min(origin.y / 4u + across, params.right_pitch / 4u - 1u);
    var square = low_rank_square(origin, lane);
    var next_left = left_along(left_rows, quad);
    var next_right = right_across(deep, right_col);
    for (var i = 0u; i < vectors(params.depth); i += 4u) {
        workgroupBarrier();
        keep_left(group, quad, transpose(next_left));
        keep_right(across, deep, next_right);
        workgroupBarrier();
        next_left = left_along(left_rows, i + 4u + quad);
        next_right = right_across(i + 4u + deep, right_col);
        square = multiply_tiles(square, lane);
    }
    store_square(origin, lane, square);
}

@compute @workgroup_size(64)
fn matmul_f32_weight_grad_tiles(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, TILE, TILE);
    let across = lane % 16u;
    let deep = lane / 16u;
    let left_col = min(origin.x / 4u + across, params.left_pitch / 4u - 1u);
    let right_col = min(origin.y / 4u + across, params.right_pitch / 4u - 1u);
    var square = Square();
    var next_left = left_across(deep, left_col);
    var next_right = right_across(deep, right_col);
    for (var i = 0u; i < vectors(params.depth); i += 4u) {
        workgroupBarrier();
        keep_left(across, deep, next_left);
        keep_right(across, deep, next_right);
        workgroupBarrier();
        next_left = left_across(i + 4u + deep, left_col);
        next_right = right_across(i + 4u + deep, right_col);
        square = multiply_tiles(square, lane);
    }
    store_square(origin, lane, square);
}
