// The model solution of the puzzle tiled_matmul; never sent to the page.

struct Params {
    m: u32,
    k: u32,
    n: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

const TILE: u32 = 16u;

var<workgroup> x_tile: array<f32, TILE * TILE>;
var<workgroup> w_tile: array<f32, TILE * TILE>;

@compute @workgroup_size(TILE, TILE)
fn tiled_matmul(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
    let row = group.y * TILE + local.y;
    let col = group.x * TILE + local.x;
    let slot = local.y * TILE + local.x;
    let w_row = group.x * TILE + local.y;
    var sum = 0.0;
    for (var begin = 0u; begin < params.k; begin += TILE) {
        let k = begin + local.x;
        x_tile[slot] = 0.0;
        w_tile[slot] = 0.0;
        if row < params.m && k < params.k {
            x_tile[slot] = x[row * params.k + k];
        }
        if w_row < params.n && k < params.k {
            w_tile[slot] = w[w_row * params.k + k];
        }
        workgroupBarrier();
        for (var i = 0u; i < TILE; i++) {
            sum += x_tile[local.y * TILE + i] * w_tile[local.x * TILE + i];
        }
        workgroupBarrier();
    }
    if row < params.m && col < params.n {
        y[row * params.n + col] = sum;
    }
}
