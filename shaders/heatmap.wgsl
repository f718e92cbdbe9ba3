// heatmap: a picture of a part of the matrix, where each cell shows the weight that lost most.
//
//   cell (r, c) covers rows  row + r * rows / cell_rows  up to  row + (r + 1) * rows / cell_rows, columns likewise;
//   a cell that covers nothing shows the weight where it begins
//   shown: the weight with the largest |w_hat - w|; on ties the larger |w|, then the first one
//
// Memory layout
//   weights, restored  f32 [.. * stride], row-major
//   cells              vec4<u32> [cell_rows * cell_cols * chunks]: bits of w, w_hat and w_hat - w, and the flat index,
//                      or all ones for an empty chunk; a chunk is `chunk` weights of a cell, the host chooses among them
//
// Version ladder
//   v1 an average a cell: hides the very outliers that one looks for
//   v2 the worst weight; LANES invocations share a cell and choose in a tree: one large cell runs alone
//   v3 (this one) cells with more than `chunk` weights are cut
//
// Limits
//   64 invocations a workgroup, 1 KiB of workgroup memory; rows * cell_rows and cols * cell_cols below 2^32.

struct Params {
    stride: u32,
    row: u32,
    col: u32,
    rows: u32,
    cols: u32,
    cell_rows: u32,
    cell_cols: u32,
    chunk: u32,
    chunks: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> restored: array<f32>;
@group(0) @binding(3) var<storage, read_write> cells: array<vec4<u32>>;

const WIDTH: u32 = 64u;
// Invocations that share one chunk: a power of two, at most WIDTH.
override LANES: u32 = 64u;

const NOWHERE: u32 = 0xffffffffu;

struct Worst {
    error: f32,
    magnitude: f32,
    at: u32,
}

var<workgroup> shared_worst: array<Worst, WIDTH>;

fn worse(a: Worst, b: Worst) -> Worst {
    let by_error = b.error > a.error;
    let by_magnitude = b.error == a.error && b.magnitude > a.magnitude;
    let by_place = b.error == a.error && b.magnitude == a.magnitude && b.at < a.at;
    if by_error || by_magnitude || by_place {
        return b;
    }
    return a;
}

@compute @workgroup_size(64)
fn heatmap(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let part = (id.x + id.y * count.x) * (WIDTH / LANES) + local / LANES;
    let lane = local % LANES;
    let valid = part < params.cell_rows * params.cell_cols * params.chunks;
    var mine = Worst(-1.0, -1.0, NOWHERE);
    if valid {
        let cell = part / params.chunks;
        let r = cell / params.cell_cols;
        let c = cell - r * params.cell_cols;
        let row_begin = params.row + r * params.rows / params.cell_rows;
        let row_end = max(params.row + (r + 1u) * params.rows / params.cell_rows, row_begin + 1u);
        let col_begin = params.col + c * params.cols / params.cell_cols;
        let col_end = max(params.col + (c + 1u) * params.cols / params.cell_cols, col_begin + 1u);
        let width = col_end - col_begin;
        let begin = (part - cell * params.chunks) * params.chunk;
        let end = min(begin + params.chunk, width * (row_end - row_begin));
        for (var k = begin + lane; k < end; k += LANES) {
            let down = k / width;
            let i = (row_begin + down) * params.stride + col_begin + (k - down * width);
            mine = worse(mine, Worst(abs(restored[i] - weights[i]), abs(weights[i]), i));
        }
    }
    shared_worst[local] = mine;
    workgroupBarrier();
    for (var step = LANES / 2u; step > 0u; step = step / 2u) {
        if lane < step {
            mine = worse(mine, shared_worst[local + step]);
            shared_worst[local] = mine;
        }
        workgroupBarrier();
    }
    if lane == 0u && valid {
        if mine.at == NOWHERE {
            cells[part] = vec4<u32>(NOWHERE, NOWHERE, NOWHERE, NOWHERE);
        } else {
            let w = weights[mine.at];
            let w_hat = restored[mine.at];
            cells[part] = vec4<u32>(bitcast<u32>(w), bitcast<u32>(w_hat), bitcast<u32>(w_hat - w), mine.at);
        }
    }
}
