// matmul_w8a8: Y = X W^T + scale Z U^T with 8-bit integers on both sides (W8A8).
//
//   Y[m, n] = sum over groups g of x_step[m, g] * step[n, g] * (sum over k in g of x_code[m, k] * code[n, k])
//
// M rows of X (tokens), K inputs, N outputs, R rank of the low-rank update (0: none). One group of 32, 64 or 128 values
// shares a step, in X (quantize_rows) as in W. The inner sum is an integer: `dot4I8Packed` multiplies four pairs at once.
//
// Memory layout
//   left        u32, rows of `pitch` words of four signed codes of X, the first in the lowest byte
//   codes       u32, rows of `pitch` words of codes of W; `pitch` is a multiple of 8 (32 codes), padded with zeros
//   steps       f32 [all rows of W, groups]
//   left_steps  f32 [M, groups]
//   result      f32 [rows, cols], rows of `result_pitch` values
//   z           f32 [M, R];  up  f32, U (n, r) at n * up_out + r * up_rank
//   W may be cut into shards of whole rows: `first` is the row of W that row 0 of `codes` is, and its column of the result.
//
// Version ladder
//   v1      one invocation a value of the result: a word of each operand for four products
//   rows    few rows of X: 64 invocations share K and read 16 bytes each, neighbours side by side; two barriers
//   row     one row of X, 16 outputs an invocation, no barriers
//   regs    8 rows by 16 outputs an invocation, integer sums in registers, no barriers
//   floats  the same with the codes as floats: below 2^24 integers in f32 are exact, so the sums are the same, and a
//           processor without byte products multiplies floats faster
//   tiles   64 x 64 values a workgroup, 64 codes of each row in its memory; 128 invocations, 8 x 4 sums each
//
// Limits
//   128 invocations a workgroup, 11 KiB of its memory. Sums within a group are exact (128 * 127 * 127 < 2^24); steps are
//   multiplied and groups added in f32.
// Source: onnxruntime dp4a_matmul.wgsl.template; ggml vec_dot_q8_0_q8_0.

struct Params {
    // Of the result.
    rows: u32,
    cols: u32,
    // Words in a row of codes.
    pitch: u32,
    rank: u32,
    result_pitch: u32,
    first: u32,
    // Weights in a group, and groups in a row.
    group: u32,
    groups: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> left: array<u32>;
@group(0) @binding(1) var<storage, read> left_vectors: array<vec4<u32>>;
@group(0) @binding(2) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> code_vectors: array<vec4<u32>>;
@group(0) @binding(3) var<storage, read> steps: array<f32>;
@group(0) @binding(4) var<storage, read_write> result: array<f32>;
@group(0) @binding(5) var<storage, read> z: array<f32>;
@group(0) @binding(6) var<storage, read> up: array<f32>;
@group(0) @binding(7) var<storage, read> left_steps: array<f32>;

const CODES_PER_WORD: u32 = 4u;

// ---- What all variants share

// Where the tile of this workgroup begins. Tiles are counted along the columns first, workgroups over two dimensions.
fn tile_origin(id: vec3<u32>, count: vec3<u32>, tile_rows: u32, tile_cols: u32) -> vec2<u32> {
    let number = id.x + id.y * count.x;
    let across = (params.cols + tile_cols - 1u) / tile_cols;
    return vec2(number / across * tile_rows, number % across * tile_cols);
}

// The step of a row of X, and of a row of W counted from the beginning of the shard. Rows beyond the end repeat the last
// one, whose sums are not stored.
fn left_step(row: u32, group: u32) -> f32 {
    return left_steps[min(row, params.rows - 1u) * params.groups + group];
}

fn step_of(n: u32, group: u32) -> f32 {
    return steps[(params.first + min(n, params.cols - 1u)) * params.groups + group];
}

// scale * Z[row, r], and U[col, r].
fn z_at(row: u32, r: u32) -> f32 {
    return params.scale * z[min(row, params.rows - 1u) * params.rank + r];
}

fn up_at(col: u32, r: u32) -> f32 {
    return up[(params.first + min(col, params.cols - 1u)) * params.up_out + r * params.up_rank];
}

fn store(row: u32, col: u32, value: f32) {
    if row < params.rows && col < params.cols {
        result[row * params.result_pitch + params.first + col] = value;
    }
}

fn store_four(row: u32, col: u32, values: vec4<f32>) {
    store(row, col, values.x);
    store(row, col + 1u, values.y);
    store(row, col + 2u, values.z);
    store(row, col + 3u, values.w);
}

// Four words of four products each.
fn dot16(a: vec4<u32>, b: vec4<u32>) -> i32 {
    return dot4I8Packed(a.x, b.x) + dot4I8Packed(a.y, b.y) + dot4I8Packed(a.z, b.z) + dot4I8Packed(a.w, b.w);
}

// ---- v1

@compute @workgroup_size(8, 8)
fn matmul_w8a8_v1(
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
    let words_in_group = params.group / CODES_PER_WORD;
    var sum = 0.0;
    for (var group = 0u; group < params.groups; group++) {
        let end = min((group + 1u) * words_in_group, params.pitch);
        var products = 0;
        for (var word = group * words_in_group; word < end; word++) {
            products += dot4I8Packed(left[row * params.pitch + word], codes[col * params.pitch + word]);
        }
        sum += f32(products) * (left_step(row, group) * step_of(col, group));
    }
    for (var r = 0u; r < params.rank; r++) {
        sum += z_at(row, r) * up_at(col, r);
    }
    store(row, col, sum);
}

// ---- rows

// The part of output n that 16 codes give.
fn part_of(n: u32, chunk: u32, group: u32, x: vec4<u32>) -> f32 {
    let at = min(n, params.cols - 1u) * (params.pitch / 4u) + chunk;
    return f32(dot16(x, code_vectors[at])) * step_of(n, group);
}

const LANES: u32 = 64u;
var<workgroup> partial: array<vec4<f32>, LANES>;

@compute @workgroup_size(LANES)
fn matmul_w8a8_rows(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) lane: u32,
) {
    let origin = tile_origin(id, count, 1u, 4u);
    let row = min(origin.x, params.rows - 1u);
    let col = origin.y;
    var sums = vec4(0.0);
    for (var chunk = lane; chunk < params.pitch / 4u; chunk += LANES) {
        let x = left_vectors[row * (params.pitch / 4u) + chunk];
        let group = chunk * 16u / params.group;
        sums += left_step(row, group) * vec4(
            part_of(col, chunk, group, x),
            part_of(col + 1u, chunk, group, x),
            part_of(col + 2u, chunk, group, x),
            part_of(col + 3u, chunk, group, x),
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

// ---- row, regs and floats

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

// Integer sums of 16 outputs.
struct Integers {
    a: vec4<i32>,
    b: vec4<i32>,
    c: vec4<i32>,
    d: vec4<i32>,
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

// The same in integers.
struct IntegerTile {
    s0: Integers,
    s1: Integers,
    s2: Integers,
    s3: Integers,
    s4: Integers,
    s5: Integers,
    s6: Integers,
    s7: Integers,
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

// One step for each of 16 outputs.
fn steps_at(rows: Words, group: u32) -> Sixteen {
    let a = rows.a + group;
    let b = rows.b + group;
    let c = rows.c + group;
    let d = rows.d + group;
    return Sixteen(
        vec4(steps[a.x], steps[a.y], steps[a.z], steps[a.w]),
        vec4(steps[b.x], steps[b.y], steps[b.z], steps[b.w]),
        vec4(steps[c.x], steps[c.y], steps[c.z], steps[c.w]),
        vec4(steps[d.x], steps[d.y], steps[d.z], steps[d.w]),
    );
}

// Four products with each of four outputs.
fn four_dots(x: u32, w: vec4<u32>) -> vec4<i32> {
    return vec4(dot4I8Packed(x, w.x), dot4I8Packed(x, w.y), dot4I8Packed(x, w.z), dot4I8Packed(x, w.w));
}

fn add_products(sums: Integers, x: u32, w: Words) -> Integers {
    return Integers(
        sums.a + four_dots(x, w.a), sums.b + four_dots(x, w.b), sums.c + four_dots(x, w.c), sums.d + four_dots(x, w.d),
    );
}

// sums + x_step * step * products
fn add_group(sums: Sixteen, x_step: f32, step: Sixteen, products: Integers) -> Sixteen {
    return add_float_group(
        sums, x_step, step,
        Sixteen(vec4<f32>(products.a), vec4<f32>(products.b), vec4<f32>(products.c), vec4<f32>(products.d)),
    );
}

fn add_float_group(sums: Sixteen, x_step: f32, step: Sixteen, products: Sixteen) -> Sixteen {
    return Sixteen(
        sums.a + x_step * step.a * products.a,
        sums.b + x_step * step.b * products.b,
        sums.c + x_step * step.c * products.c,
        sums.d + x_step * step.d * products.d,
    );
}

fn ups_at(col: u32, r: u32) -> Sixteen {
    let at = places(outputs_from(col), params.first, params.up_out);
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
fn matmul_w8a8_row(
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
    let rows = places(outputs, 0u, params.pitch);
    let row_groups = places(outputs, params.first, params.groups);
    let words_in_group = params.group / CODES_PER_WORD;
    var sums: Sixteen;
    for (var group = 0u; group < params.groups; group++) {
        let end = min((group + 1u) * words_in_group, params.pitch);
        var products = Integers();
        for (var word = group * words_in_group; word < end; word++) {
            products = add_products(products, left[row * params.pitch + word], words_at(rows, word));
        }
        sums = add_group(sums, left_step(row, group), steps_at(row_groups, group), products);
    }
    for (var r = 0u; r < params.rank; r++) {
        sums = add_scaled(sums, z_at(row, r), ups_at(col, r));
    }
    store_sixteen(row, col, sums);
}

// Where 4 rows of `left` begin; beyond the end the last one.
fn rows_from(row: u32) -> vec4<u32> {
    return min(vec4(row) + vec4(0u, 1u, 2u, 3u), vec4(params.rows - 1u)) * params.pitch;
}

fn four_left_steps(row: u32, group: u32) -> vec4<f32> {
    return vec4(left_step(row, group), left_step(row + 1u, group), left_step(row + 2u, group), left_step(row + 3u, group));
}

// A word of 8 rows of X times a word of 16 outputs.
fn add_words(t: IntegerTile, x: vec4<u32>, more: vec4<u32>, w: Words) -> IntegerTile {
    return IntegerTile(
        add_products(t.s0, left[x.x], w),
        add_products(t.s1, left[x.y], w),
        add_products(t.s2, left[x.z], w),
        add_products(t.s3, left[x.w], w),
        add_products(t.s4, left[more.x], w),
        add_products(t.s5, left[more.y], w),
        add_products(t.s6, left[more.z], w),
        add_products(t.s7, left[more.w], w),
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
fn matmul_w8a8_regs(
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
    let rows = places(outputs, 0u, params.pitch);
    let row_groups = places(outputs, params.first, params.groups);
    let words_in_group = params.group / CODES_PER_WORD;
    let x = rows_from(row);
    let x_more = rows_from(row + 4u);
    var tile: Tile;
    for (var group = 0u; group < params.groups; group++) {
        let end = min((group + 1u) * words_in_group, params.pitch);
        var p = IntegerTile();
        for (var word = group * words_in_group; word < end; word++) {
            p = add_words(p, x + word, x_more + word, words_at(rows, word));
        }
        let step = steps_at(row_groups, group);
        let near = four_left_steps(row, group);
        let far = four_left_steps(row + 4u, group);
        tile = Tile(
            add_group(tile.s0, near.x, step, p.s0),
            add_group(tile.s1, near.y, step, p.s1),
            add_group(tile.s2, near.z, step, p.s2),
            add_group(tile.s3, near.w, step, p.s3),
            add_group(tile.s4, far.x, step, p.s4),
            add_group(tile.s5, far.y, step, p.s5),
            add_group(tile.s6, far.z, step, p.s6),
            add_group(tile.s7, far.w, step, p.s7),
        );
    }
    finish(row, col, tile);
}

fn float_codes(word: u32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word));
}

fn four_outputs(words: vec4<u32>) -> mat4x4<f32> {
    return mat4x4(float_codes(words.x), float_codes(words.y), float_codes(words.z), float_codes(words.w));
}

fn add_float_words(t: Tile, x: vec4<u32>, more: vec4<u32>, w: Block) -> Tile {
    return Tile(
        add_dots(t.s0, float_codes(left[x.x]), w),
        add_dots(t.s1, float_codes(left[x.y]), w),
        add_dots(t.s2, float_codes(left[x.z]), w),
        add_dots(t.s3, float_codes(left[x.w]), w),
        add_dots(t.s4, float_codes(left[more.x]), w),
        add_dots(t.s5, float_codes(left[more.y]), w),
        add_dots(t.s6, float_codes(left[more.z]), w),
        add_dots(t.s7, float_codes(left[more.w]), w),
    );
}

@compute @workgroup_size(2, 2)
fn matmul_w8a8_floats(
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
    let rows = places(outputs, 0u, params.pitch);
    let row_groups = places(outputs, params.first, params.groups);
    let words_in_group = params.group / CODES_PER_WORD;
    let x = rows_from(row);
    let x_more = rows_from(row + 4u);
    var tile: Tile;
    for (var group = 0u; group < params.groups; group++) {
        let end = min((group + 1u) * words_in_group, params.pitch);
        var p = Tile();
        for (var word = group * words_in_group; word < end; word++) {
            let w = words_at(rows, word);
            let block = Block(four_outputs(w.a), four_outputs(w.b), four_outputs(w.c), four_outputs(w.d));
            p = add_float_words(p, x + word, x_more + word, block);
        }
        let step = steps_at(row_groups, group);
        let near = four_left_steps(row, group);
        let far = four_left_steps(row + 4u, group);
        tile = Tile(
            add_float_group(tile.s0, near.x, step, p.s0),
            add_float_group(tile.s1, near.y, step, p.s1),
            add_float_group(tile.s2, near.z, step, p.s2),
            add_float_group(tile.s3, near.w, step, p.s3),
            add_float_group(tile.s4, far.x, step, p.s4),
            add_float_group(tile.s5, far.y, step, p.s5),
            add_float_group(tile.s6, far.z, step, p.s6),
            add_float_group(tile.s7, far.w, step, p.s7),
        );
    }
    finish(row, col, tile);
}

// ---- tiles

// Rows and columns of the result in a tile; words and 16-byte vectors of each row that are in workgroup memory at a time.
const TILE: u32 = 64u;
const STEP: u32 = 16u;
const VECTORS: u32 = STEP / 4u;
// One vector is left empty so that neighbouring rows do not share a memory bank.
const ROW: u32 = VECTORS + 1u;
// Blocks of 32 codes, the smallest group, in a step.
const BLOCKS: u32 = 2u;
// Rows of sums an invocation has, TILE / 8.
const SUMS: u32 = 8u;

var<workgroup> left_tile: array<vec4<u32>, TILE * ROW>;
var<workgroup> weight_tile: array<vec4<u32>, TILE * ROW>;
var<workgroup> left_step_tile: array<f32, TILE * BLOCKS>;
var<workgroup> step_tile: array<f32, TILE * BLOCKS>;

@compute @workgroup_size(16, 8)
fn matmul_w8a8_tiles(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_id) local: vec3<u32>,
    @builtin(local_invocation_index) index: u32,
) {
    let origin = tile_origin(id, count, TILE, TILE);
    // What this invocation loads: a vector of two rows of X and of W, 32 rows apart, and a step of each.
    let vector = index % VECTORS;
    let row_in_tile = index / VECTORS;
    let place = row_in_tile * ROW + vector;
    let place_far = place + 32u * ROW;
    let row_vectors = params.pitch / 4u;
    let near = min(origin.x + row_in_tile, params.rows - 1u) * row_vectors;
    let far = min(origin.x + row_in_tile + 32u, params.rows - 1u) * row_vectors;
    let n = min(origin.y + row_in_tile, params.cols - 1u) * row_vectors;
    let n_far = min(origin.y + row_in_tile + 32u, params.cols - 1u) * row_vectors;
    var sums: array<vec4<f32>, SUMS>;
    for (var begin = 0u; begin < row_vectors; begin += VECTORS) {
        // Codes beyond the end of a row count as zero.
        let inside = begin + vector < row_vectors;
        let at = min(begin + vector, row_vectors - 1u);
        left_tile[place] = select(vec4(0u), left_vectors[near + at], inside);
        left_tile[place_far] = select(vec4(0u), left_vectors[far + at], inside);
        weight_tile[place] = code_vectors[n + at];
        weight_tile[place_far] = code_vectors[n_far + at];
        let group = min((begin * 16u + index % BLOCKS * 32u) / params.group, params.groups - 1u);
        left_step_tile[index] = left_step(origin.x + index / BLOCKS, group);
        step_tile[index] = step_of(origin.y + index / BLOCKS, group);
        workgroupBarrier();
        for (var block = 0u; block < BLOCKS; block++) {
            let v = block * 2u;
            let w = vec4(local.x, local.x + 16u, local.x + 32u, local.x + 48u);
            let w0 = weight_tile[w.x * ROW + v];
            let w1 = weight_tile[w.y * ROW + v];
            let w2 = weight_tile[w.z * ROW + v];
            let w3 = weight_tile[w.w * ROW + v];
            let w4 = weight_tile[w.x * ROW + v + 1u];
            let w5 = weight_tile[w.y * ROW + v + 1u];
            let w6 = weight_tile[w.z * ROW + v + 1u];
            let w7 = weight_tile[w.w * ROW + v + 1u];
            let s = w * BLOCKS + block;
            let step = vec4(step_tile[s.x], step_tile[s.y], step_tile[s.z], step_tile[s.w]);
            for (var i = 0u; i < SUMS; i++) {
                let row = local.y + i * 8u;
                let x = left_tile[row * ROW + v];
                let x_more = left_tile[row * ROW + v + 1u];
                let products = vec4(
                    dot16(x, w0) + dot16(x_more, w4),
                    dot16(x, w1) + dot16(x_more, w5),
                    dot16(x, w2) + dot16(x_more, w6),
                    dot16(x, w3) + dot16(x_more, w7),
                );
                sums[i] += vec4<f32>(products) * (left_step_tile[row * BLOCKS + block] * step);
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
