// matmul_nf4: Y = X W^T + scale Z U^T and dX = dY W + scale Z U^T with a weight of 4-bit normal floats (QLoRA).
//
//   W[n, k] = step[n, g] * level[code[n, k]],  g = k / group
//   double quantization: step[i] = map[code of step i] * absmax[i / 256] + mean
//
// M rows of X (tokens), K inputs, N outputs, R rank of the low-rank update (0: none). One group of 32, 64 or 128 weights
// shares a step, the largest magnitude among them.
//
// Memory layout
//   left    f32, rows of `left_pitch` values: X [M, K] forward, dY [M, N] in the gradient. Forward, rows of X are padded
//           with zeros to whole multiples of 32 values and begin at multiples of 4
//   codes   u32, rows of `right_pitch` words, whole multiples of 32 codes (16 bytes). Byte b of a word holds the code of
//           k = b in its low half and of k = b + 4 in its high half, so that one mask and one `unpack4xU8` give four
//           codes in a row
//   scales  u32: the 16 levels as f32, then the steps of all groups, row by row, as f32. With double quantization: the
//           levels, the 256 values of the map, the mean, one absmax for every 256 steps, all f32; from `table_at` on the
//           codes of the steps, four a word
//   result  f32 [rows, cols], rows of `result_pitch` values
//   z       f32 [M, R];  up  f32, U (n, r) at n * up_out + r * up_rank
//   W may be cut into shards of whole rows: `first` is the row of W that row 0 of `codes` is, `result_first` the column of
//   the result that column 0 of this dispatch is.
//
// Version ladder
//   v1     one invocation a value of the result: every weight is decoded M times, every value of X read N times
//   rows   few rows of X: 64 invocations share K and read 16 bytes of codes each, neighbours side by side; 4 outputs at
//          once use a value of X four times; two barriers
//   row    one row of X, 16 outputs an invocation, no barriers
//   regs   8 rows by 16 outputs an invocation, in registers: a weight is decoded once for 8 rows, a value of X read once
//          for 16 outputs; no barriers, which cost a processor more than arithmetic
//   tiles  a workgroup decodes 64 x 16 weights into its memory and 128 invocations multiply them, 8 x 4 sums each:
//          a weight is decoded once for 64 rows
//   written  many rows of X: writes W itself as f32 into `result`, once, for the kernel matmul_f32 to multiply
//   grad_v1, grad_regs, grad_tiles: the same for dX, where sums run over n and a word of codes is 8 columns of the result
//   The level of a code is looked up in memory, which is what NF4 costs more than INT4.
//
// Limits
//   128 invocations a workgroup, 10 KiB of its memory. The weight is rounded once (the product with its step), a doubly
//   quantized step twice; sums are f32.
// Source: Dettmers et al. 2023, arXiv:2305.14314, section 3; the layouts as in matmul_int4.

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
    result_first: u32,
    // Weights in a group, and groups in a row of W.
    group: u32,
    groups: u32,
    table_at: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
    // 1: adds to what is there.
    accumulate: u32,
}

// Steps are doubly quantized.
override DOUBLE: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<f32>;
@group(0) @binding(1) var<storage, read> left_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> code_vectors: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> scales: array<u32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;
@group(0) @binding(5) var<storage, read> z: array<f32>;
@group(0) @binding(6) var<storage, read> up: array<f32>;

const CODES_PER_WORD: u32 = 8u;
const LOW_HALVES: u32 = 0x0f0f0f0fu;

// Where the tables of `scales` begin.
const STEPS_AT: u32 = 16u;
const MAP_AT: u32 = 16u;
const MEAN_AT: u32 = 272u;
const ABSMAX_AT: u32 = 273u;
// Steps that share one absmax.
const BLOCK: u32 = 256u;

// ---- Weights

// The step of a group, counted over the whole weight.
fn step_of(group: u32) -> f32 {
    if DOUBLE {
        let code = (scales[params.table_at + group / 4u] >> (group % 4u * 8u)) & 255u;
        let spread = bitcast<f32>(scales[MAP_AT + code]) * bitcast<f32>(scales[ABSMAX_AT + group / BLOCK]);
        return spread + bitcast<f32>(scales[MEAN_AT]);
    }
    return bitcast<f32>(scales[STEPS_AT + group]);
}

fn level_of(code: u32) -> f32 {
    return bitcast<f32>(scales[code]);
}

// Weights k to k + 3 of a word, and k + 4 to k + 7.
fn low_four(word: u32, step: f32) -> vec4<f32> {
    let code = unpack4xU8(word & LOW_HALVES);
    return vec4(level_of(code.x), level_of(code.y), level_of(code.z), level_of(code.w)) * step;
}

fn high_four(word: u32, step: f32) -> vec4<f32> {
    return low_four(word >> 4u, step);
}

// One weight, n counted from the beginning of the shard.
fn weight(n: u32, k: u32) -> f32 {
    let word = codes[n * params.right_pitch + k / CODES_PER_WORD];
    let within = k % CODES_PER_WORD;
    let code = (word >> (within % 4u * 8u + within / 4u * 4u)) & 15u;
    return level_of(code) * step_of((params.first + n) * params.groups + k / params.group);
}

// ---- What all variants share

// Where the tile of this workgroup begins. Tiles are counted along the columns first, workgroups over two dimensions.
fn tile_origin(id: vec3<u32>, count: vec3<u32>, tile_rows: u32, tile_cols: u32) -> vec2<u32> {
    let number = id.x + id.y * count.x;
    let across = (params.cols + tile_cols - 1u) / tile_cols;
    return vec2(number / across * tile_rows, number % across * tile_cols);
}

// scale * Z[row, r], and U[col, r]; rows and columns beyond the end repeat the last one, whose sums are not stored.
fn z_at(row: u32, r: u32) -> f32 {
    return params.scale * z[min(row, params.rows - 1u) * params.rank + r];
}

fn up_at(col: u32, r: u32) -> f32 {
    return up[(params.result_first + min(col, params.cols - 1u)) * params.up_out + r * params.up_rank];
}

fn store(row: u32, col: u32, value: f32) {
    if row < params.rows && col < params.cols {
        let at = row * params.result_pitch + params.result_first + col;
        if params.accumulate == 1u {
            result[at] += value;
        } else {
            result[at] = value;
        }
    }
}

fn store_four(row: u32, col: u32, values: vec4<f32>) {
    store(row, col, values.x);
    store(row, col + 1u, values.y);
    store(row, col + 2u, values.z);
    store(row, col + 3u, values.w);
}

// a.x b.x + a.y b.y + a.z b.z + a.w b.w + sum, four fused operations.
fn dot_add(a: vec4<f32>, b: vec4<f32>, sum: f32) -> f32 {
    return fma(a.w, b.w, fma(a.z, b.z, fma(a.y, b.y, fma(a.x, b.x, sum))));
}

// ---- v1

@compute @workgroup_size(8, 8)
fn matmul_nf4_v1(
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
    for (var k = 0u; k < params.depth; k++) {
        sum += left[row * params.left_pitch + k] * weight(col, k);
    }
    for (var r = 0u; r < params.rank; r++) {
        sum += z_at(row, r) * up_at(col, r);
    }
    store(row, col, sum);
}

@compute @workgroup_size(8, 8)
fn matmul_nf4_grad_v1(
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
    for (var n = 0u; n < params.depth; n++) {
        sum += left[row * params.left_pitch + params.first + n] * weight(n, col);
    }
    for (var r = 0u; r < params.rank; r++) {
        sum += z_at(row, r) * up_at(col, r);
    }
    store(row, col, sum);
}

// ---- rows

// 32 values of X: those that meet the low and those that meet the high halves of four words.
struct Inputs {
    low: mat4x4<f32>,
    high: mat4x4<f32>,
}

fn inputs_at(at: u32) -> Inputs {
    return Inputs(
        mat4x4(left_vectors[at], left_vectors[at + 2u], left_vectors[at + 4u], left_vectors[at + 6u]),
        mat4x4(left_vectors[at + 1u], left_vectors[at + 3u], left_vectors[at + 5u], left_vectors[at + 7u]),
    );
}

// Values times levels, for the 8 weights of one word.
fn word_dot(word: u32, low: vec4<f32>, high: vec4<f32>, sum: f32) -> f32 {
    return dot_add(high, high_four(word, 1.0), dot_add(low, low_four(word, 1.0), sum));
}

// The part of output n that 32 weights give.
fn part_of(n: u32, chunk: u32, x: Inputs) -> f32 {
    let row = min(n, params.cols - 1u);
    let group = (params.first + row) * params.groups + chunk * 32u / params.group;
    let words = code_vectors[row * (params.right_pitch / 4u) + chunk];
    var sum = word_dot(words.x, x.low[0], x.high[0], 0.0);
    sum = word_dot(words.y, x.low[1], x.high[1], sum);
    sum = word_dot(words.z, x.low[2], x.high[2], sum);
    sum = word_dot(words.w, x.low[3], x.high[3], sum);
    return sum * step_of(group);
}

const LANES: u32 = 64u;
var<workgroup> partial: array<vec4<f32>, LANES>;

@compute @workgroup_size(LANES)
fn matmul_nf4_rows(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, 1u, 4u);
    let row = min(origin.x, params.rows - 1u);
    let col = origin.y;
    var sums = vec4(0.0);
    for (var chunk = lane; chunk < params.right_pitch / 4u; chunk += LANES) {
        let x = inputs_at(row * (params.left_pitch / 4u) + chunk * 8u);
        sums += vec4(
            part_of(col, chunk, x),
            part_of(col + 1u, chunk, x),
            part_of(col + 2u, chunk, x),
            part_of(col + 3u, chunk, x),
        );
    }
    for (var r = lane; r < params.rank; r += LANES) {
        sums += z_at(row, r) * vec4(up_at(col, r), up_at(col + 1u, r), up_at(col + 2u, r), up_at(col + 3u, r));
    }
    // 64 sums become 8, then 1.
    partial[lane] = sums;
    workgroupBarrier();
    if lane < 8u {
        for (var other = lane + 8u; other < LANES; other += 8u) {
            sums += partial[other];
        }
        partial[lane] = sums;
    }
    workgroupBarrier();
    if lane == 0u {
        for (var other = 1u; other < 8u; other++) {
            sums += partial[other];
        }
        store_four(origin.x, col, sums);
    }
}

// ---- row and regs

// One number for each of 16 neighbouring columns.
struct Sixteen {
    a: vec4<f32>,
    b: vec4<f32>,
    c: vec4<f32>,
    d: vec4<f32>,
}

struct Words {
    a: vec4<u32>,
    b: vec4<u32>,
    c: vec4<u32>,
    d: vec4<u32>,
}

// Four weights in a row of 16 outputs: a column of a matrix belongs to one output, so that `x * a` is four dot products.
struct Block {
    a: mat4x4<f32>,
    b: mat4x4<f32>,
    c: mat4x4<f32>,
    d: mat4x4<f32>,
}

// The sums of 8 rows.
struct Tile {
    s0: Sixteen,
    s1: Sixteen,
    s2: Sixteen,
    s3: Sixteen,
    s4: Sixteen,
    s5: Sixteen,
    s6: Sixteen,
    s7: Sixteen,
}

fn add_dots(sums: Sixteen, x: vec4<f32>, w: Block) -> Sixteen {
    return Sixteen(sums.a + x * w.a, sums.b + x * w.b, sums.c + x * w.c, sums.d + x * w.d);
}

fn add_scaled(sums: Sixteen, factor: f32, w: Sixteen) -> Sixteen {
    return Sixteen(sums.a + factor * w.a, sums.b + factor * w.b, sums.c + factor * w.c, sums.d + factor * w.d);
}

// Rows of W that 16 outputs need; beyond the end the last one.
fn outputs_from(col: u32) -> Words {
    let last = vec4(params.cols - 1u);
    let a = vec4(col) + vec4(0u, 1u, 2u, 3u);
    return Words(min(a, last), min(a + 4u, last), min(a + 8u, last), min(a + 12u, last));
}

// first + n * pitch for all of them.
fn places(n: Words, first: u32, pitch: u32) -> Words {
    return Words((first + n.a) * pitch, (first + n.b) * pitch, (first + n.c) * pitch, (first + n.d) * pitch);
}

fn four_words(at: vec4<u32>) -> vec4<u32> {
    return vec4(codes[at.x], codes[at.y], codes[at.z], codes[at.w]);
}

fn words_at(rows: Words, word: u32) -> Words {
    return Words(four_words(rows.a + word), four_words(rows.b + word), four_words(rows.c + word), four_words(rows.d + word));
}

fn four_steps(group: vec4<u32>) -> vec4<f32> {
    return vec4(step_of(group.x), step_of(group.y), step_of(group.z), step_of(group.w));
}

fn steps_at(rows: Words, group: u32) -> Sixteen {
    return Sixteen(
        four_steps(rows.a + group), four_steps(rows.b + group), four_steps(rows.c + group), four_steps(rows.d + group),
    );
}

fn four_outputs(words: vec4<u32>, step: vec4<f32>) -> mat4x4<f32> {
    return mat4x4(
        low_four(words.x, step.x),
        low_four(words.y, step.y),
        low_four(words.z, step.z),
        low_four(words.w, step.w),
    );
}

// The low halves (shift 0) or the high halves (shift 4) of 16 words.
fn block_of(words: Words, shift: u32, step: Sixteen) -> Block {
    let by = vec4(shift);
    return Block(
        four_outputs(words.a >> by, step.a),
        four_outputs(words.b >> by, step.b),
        four_outputs(words.c >> by, step.c),
        four_outputs(words.d >> by, step.d),
    );
}

fn ups_at(col: u32, r: u32) -> Sixteen {
    let at = places(outputs_from(col), params.result_first, params.up_out);
    let shift = vec4(r * params.up_rank);
    let a = at.a + shift;
    let b = at.b + shift;
    let c = at.c + shift;
    let d = at.d + shift;
    return Sixteen(
        vec4(up[a.x], up[a.y], up[a.z], up[a.w]),
        vec4(up[b.x], up[b.y], up[b.z], up[b.w]),
        vec4(up[c.x], up[c.y], up[c.z], up[c.w]),
        vec4(up[d.x], up[d.y], up[d.z], up[d.w]),
    );
}

fn store_sixteen(row: u32, col: u32, sums: Sixteen) {
    store_four(row, col, sums.a);
    store_four(row, col + 4u, sums.b);
    store_four(row, col + 8u, sums.c);
    store_four(row, col + 12u, sums.d);
}

@compute @workgroup_size(4)
fn matmul_nf4_row(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let origin = tile_origin(id, count, 1u, 64u);
    let row = origin.x;
    let col = origin.y + local * 16u;
    if row >= params.rows || col >= params.cols {
        return;
    }
    let outputs = outputs_from(col);
    let rows = places(outputs, 0u, params.right_pitch);
    let row_groups = places(outputs, params.first, params.groups);
    let words_in_group = params.group / CODES_PER_WORD;
    let x = row * (params.left_pitch / 4u);
    var sums: Sixteen;
    for (var group = 0u; group < params.groups; group++) {
        let step = steps_at(row_groups, group);
        let end = min((group + 1u) * words_in_group, params.right_pitch);
        for (var word = group * words_in_group; word < end; word++) {
            let words = words_at(rows, word);
            sums = add_dots(sums, left_vectors[x + 2u * word], block_of(words, 0u, step));
            sums = add_dots(sums, left_vectors[x + 2u * word + 1u], block_of(words, 4u, step));
        }
    }
    for (var r = 0u; r < params.rank; r++) {
        sums = add_scaled(sums, z_at(row, r), ups_at(col, r));
    }
    store_sixteen(row, col, sums);
}

// Where 4 rows of `left` begin, in units of `unit` values; beyond the end the last one.
fn rows_from(row: u32, unit: u32) -> vec4<u32> {
    return min(vec4(row) + vec4(0u, 1u, 2u, 3u), vec4(params.rows - 1u)) * (params.left_pitch / unit);
}

// 8 rows of X, four values each, times 16 outputs.
fn add_block(t: Tile, x: vec4<u32>, more: vec4<u32>, w: Block) -> Tile {
    return Tile(
        add_dots(t.s0, left_vectors[x.x], w),
        add_dots(t.s1, left_vectors[x.y], w),
        add_dots(t.s2, left_vectors[x.z], w),
        add_dots(t.s3, left_vectors[x.w], w),
        add_dots(t.s4, left_vectors[more.x], w),
        add_dots(t.s5, left_vectors[more.y], w),
        add_dots(t.s6, left_vectors[more.z], w),
        add_dots(t.s7, left_vectors[more.w], w),
    );
}

// 8 numbers times 16.
fn add_outer(t: Tile, d: vec4<f32>, more: vec4<f32>, w: Sixteen) -> Tile {
    return Tile(
        add_scaled(t.s0, d.x, w),
        add_scaled(t.s1, d.y, w),
        add_scaled(t.s2, d.z, w),
        add_scaled(t.s3, d.w, w),
        add_scaled(t.s4, more.x, w),
        add_scaled(t.s5, more.y, w),
        add_scaled(t.s6, more.z, w),
        add_scaled(t.s7, more.w, w),
    );
}

fn four_z(row: u32, r: u32) -> vec4<f32> {
    return vec4(z_at(row, r), z_at(row + 1u, r), z_at(row + 2u, r), z_at(row + 3u, r));
}

// Adds the low-rank update and stores. Each rank is one more term of the sums: 24 numbers read for 128 sums.
fn finish(row: u32, col: u32, sums: Tile) {
    var t = sums;
    for (var r = 0u; r < params.rank; r++) {
        t = add_outer(t, four_z(row, r), four_z(row + 4u, r), ups_at(col, r));
    }
    store_sixteen(row, col, t.s0);
    store_sixteen(row + 1u, col, t.s1);
    store_sixteen(row + 2u, col, t.s2);
    store_sixteen(row + 3u, col, t.s3);
    store_sixteen(row + 4u, col, t.s4);
    store_sixteen(row + 5u, col, t.s5);
    store_sixteen(row + 6u, col, t.s6);
    store_sixteen(row + 7u, col, t.s7);
}

@compute @workgroup_size(2, 2)
fn matmul_nf4_regs(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 16u, 32u);
    let row = origin.x + local.y * 8u;
    let col = origin.y + local.x * 16u;
    if row >= params.rows || col >= params.cols {
        return;
    }
    let outputs = outputs_from(col);
    let rows = places(outputs, 0u, params.right_pitch);
    let row_groups = places(outputs, params.first, params.groups);
    let words_in_group = params.group / CODES_PER_WORD;
    var x = rows_from(row, 4u);
    var x_more = rows_from(row + 4u, 4u);
    var tile: Tile;
    for (var group = 0u; group < params.groups; group++) {
        let step = steps_at(row_groups, group);
        let end = min((group + 1u) * words_in_group, params.right_pitch);
        for (var word = group * words_in_group; word < end; word++) {
            let words = words_at(rows, word);
            let low = block_of(words, 0u, step);
            tile = add_block(tile, x, x_more, low);
            let high = block_of(words, 4u, step);
            tile = add_block(tile, x + 1u, x_more + 1u, high);
            x += 2u;
            x_more += 2u;
        }
    }
    finish(row, col, tile);
}

// 16 weights in a row of W, from column k on, a multiple of 16. Beyond the end of the row something, never stored.
fn sixteen_weights(n: u32, k: u32) -> Sixteen {
    let group = (params.first + n) * params.groups + min(k / params.group, params.groups - 1u);
    let at = n * params.right_pitch + min(k / CODES_PER_WORD, params.right_pitch - 2u);
    let step = step_of(group);
    let near = codes[at];
    let far = codes[at + 1u];
    return Sixteen(
        low_four(near, step), high_four(near, step), low_four(far, step), high_four(far, step),
    );
}

@compute @workgroup_size(2, 2)
fn matmul_nf4_grad_regs(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let origin = tile_origin(id, count, 16u, 32u);
    let row = origin.x + local.y * 8u;
    let col = origin.y + local.x * 16u;
    if row >= params.rows || col >= params.cols {
        return;
    }
    let d = rows_from(row, 1u) + vec4(params.first);
    let d_more = rows_from(row + 4u, 1u) + vec4(params.first);
    var tile: Tile;
    for (var n = 0u; n < params.depth; n++) {
        let w = sixteen_weights(n, col);
        let four = vec4(left[d.x + n], left[d.y + n], left[d.z + n], left[d.w + n]);
        let more = vec4(left[d_more.x + n], left[d_more.y + n], left[d_more.z + n], left[d_more.w + n]);
        tile = add_outer(tile, four, more, w);
    }
    finish(row, col, tile);
}

// ---- tiles

// Rows and columns of the result in a tile, and terms of the sums that are in workgroup memory at a time.
const TILE: u32 = 64u;
const STEP: u32 = 16u;
// Vectors of STEP values, and one that is left empty so that neighbouring rows do not share a memory bank.
const ROW: u32 = STEP / 4u + 1u;
// Rows of sums an invocation has, TILE / 8.
const SUMS: u32 = 8u;

var<workgroup> left_tile: array<vec4<f32>, TILE * ROW>;
var<workgroup> weight_tile: array<vec4<f32>, TILE * ROW>;

@compute @workgroup_size(16, 8)
fn matmul_nf4_tiles(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let origin = tile_origin(id, count, TILE, TILE);
    // What this invocation loads: two vectors of X, 32 rows apart, and one word of codes.
    let vector = index % 4u;
    let left_row = index / 4u;
    let near = min(origin.x + left_row, params.rows - 1u) * (params.left_pitch / 4u) + vector;
    let far = min(origin.x + left_row + 32u, params.rows - 1u) * (params.left_pitch / 4u) + vector;
    let half = index % 2u;
    let weight_row = index / 2u;
    let n = min(origin.y + weight_row, params.cols - 1u);
    let codes_from = n * params.right_pitch + half;
    let groups_from = (params.first + n) * params.groups;
    var sums: array<vec4<f32>, SUMS>;
    for (var k = 0u; k < params.right_pitch * CODES_PER_WORD; k += STEP) {
        left_tile[left_row * ROW + vector] = left_vectors[near + k / 4u];
        left_tile[(left_row + 32u) * ROW + vector] = left_vectors[far + k / 4u];
        let group = groups_from + k / params.group;
        let word = codes[codes_from + k / CODES_PER_WORD];
        let step = step_of(group);
        weight_tile[weight_row * ROW + half * 2u] = low_four(word, step);
        weight_tile[weight_row * ROW + half * 2u + 1u] = high_four(word, step);
        workgroupBarrier();
        for (var v = 0u; v < STEP / 4u; v++) {
            let w0 = weight_tile[local.x * ROW + v];
            let w1 = weight_tile[(local.x + 16u) * ROW + v];
            let w2 = weight_tile[(local.x + 32u) * ROW + v];
            let w3 = weight_tile[(local.x + 48u) * ROW + v];
            for (var i = 0u; i < SUMS; i++) {
                let x = left_tile[(local.y + i * 8u) * ROW + v];
                let s = sums[i];
                sums[i] = vec4(dot_add(x, w0, s.x), dot_add(x, w1, s.y), dot_add(x, w2, s.z), dot_add(x, w3, s.w));
            }
        }
        workgroupBarrier();
    }
    let col = origin.y + local.x;
    for (var i = 0u; i < SUMS; i++) {
        let row = origin.x + local.y + i * 8u;
        var s = sums[i];
        for (var r = 0u; r < params.rank; r++) {
            s += z_at(row, r) * vec4(up_at(col, r), up_at(col + 16u, r), up_at(col + 32u, r), up_at(col + 48u, r));
        }
        store(row, col, s.x);
        store(row, col + 16u, s.y);
        store(row, col + 32u, s.z);
        store(row, col + 48u, s.w);
    }
}

@compute @workgroup_size(16, 8)
fn matmul_nf4_grad_tiles(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let origin = tile_origin(id, count, TILE, TILE);
    // What this invocation loads: two vectors of dY, 32 rows apart, and one word of one of 16 rows of W.
    let vector = index % 4u;
    let left_row = index / 4u;
    let near = min(origin.x + left_row, params.rows - 1u) * params.left_pitch + params.first;
    let far = min(origin.x + left_row + 32u, params.rows - 1u) * params.left_pitch + params.first;
    let weight_row = index / 8u;
    let k = min(origin.y + index % 8u * CODES_PER_WORD, (params.right_pitch - 1u) * CODES_PER_WORD);
    var sums: array<vec4<f32>, SUMS>;
    for (var begin = 0u; begin < params.depth; begin += STEP) {
        // Outputs beyond the end count as zero; their weights are read from the last row.
        let last = params.depth - 1u;
        let at = vec4(begin + vector * 4u) + vec4(0u, 1u, 2u, 3u);
        let inside = at <= vec4(last);
        let c = min(at, vec4(last));
        let near_four = vec4(left[near + c.x], left[near + c.y], left[near + c.z], left[near + c.w]);
        let far_four = vec4(left[far + c.x], left[far + c.y], left[far + c.z], left[far + c.w]);
        left_tile[left_row * ROW + vector] = select(vec4(0.0), near_four, inside);
        left_tile[(left_row + 32u) * ROW + vector] = select(vec4(0.0), far_four, inside);
        let n = min(begin + weight_row, last);
        let group = (params.first + n) * params.groups + k / params.group;
        let word = codes[n * params.right_pitch + k / CODES_PER_WORD];
        let step = step_of(group);
        let place = weight_row * (TILE / 4u) + index % 8u * 2u;
        weight_tile[place] = low_four(word, step);
        weight_tile[place + 1u] = high_four(word, step);
        workgroupBarrier();
        for (var v = 0u; v < STEP / 4u; v++) {
            let w0 = weight_tile[v * TILE + local.x];
            let w1 = weight_tile[v * TILE + TILE / 4u + local.x];
            let w2 = weight_tile[v * TILE + TILE / 2u + local.x];
            let w3 = weight_tile[v * TILE + TILE / 4u * 3u + local.x];
            for (var i = 0u; i < SUMS; i++) {
                let d = left_tile[(local.y + i * 8u) * ROW + v];
                sums[i] = fma(vec4(d.w), w3, fma(vec4(d.z), w2, fma(vec4(d.y), w1, fma(vec4(d.x), w0, sums[i]))));
            }
        }
        workgroupBarrier();
    }
    let col = origin.y + local.x * 4u;
    for (var i = 0u; i < SUMS; i++) {
        let row = origin.x + local.y + i * 8u;
        var s = sums[i];
        for (var r = 0u; r < params.rank; r++) {
            s += z_at(row, r) * vec4(up_at(col, r), up_at(col + 1u, r), up_at(col + 2u, r), up_at(col + 3u, r));
        }
        store_four(row, col, s);
    }
}

// ---- written

// W [N, K] as f32, for matmul_f32: rows of `result_pitch` values, zeros beyond the last column, and zeros for rows up to a
// multiple of 4. `rows` and `cols` are those of W here.
@compute @workgroup_size(16, 4)
fn matmul_nf4_written(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
) {
    let at = tile_origin(id, count, 4u, 128u) + vec2(local.y, CODES_PER_WORD * local.x);
    if at.y >= params.result_pitch {
        return;
    }
    var values: array<vec4<f32>, 2>;
    if at.x < params.rows {
        let word = codes[at.x * params.right_pitch + at.y / CODES_PER_WORD];
        let step = step_of((params.first + at.x) * params.groups + at.y / params.group);
        values = array(low_four(word, step), high_four(word, step));
    }
    let end = min(CODES_PER_WORD, params.result_pitch - at.y);
    for (var i = 0u; i < end; i++) {
        result[at.x * params.result_pitch + at.y + i] = select(0.0, values[i / 4u][i % 4u], at.y + i < params.cols);
    }
}
