// pad: B = A, with columns and rows of zeros at its end.
//
// Products read vectors of four values; a matrix whose sides are not multiples of four is copied once.
//
// Memory layout
//   a  f32 [rows, cols];  b  f32 [padded_rows, padded_cols], both row-major
//
// Version ladder
//   v1 (this one) one invocation a value of B
//
// Limits
//   64 invocations a workgroup, no workgroup memory; exact.

struct Params {
    rows: u32,
    cols: u32,
    padded_rows: u32,
    padded_cols: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read_write> b: array<f32>;

@compute @workgroup_size(64)
fn pad(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let at = (id.x + id.y * count.x) * 64u + local;
    let row = at / params.padded_cols;
    let col = at % params.padded_cols;
    if row >= params.padded_rows {
        return;
    }
    var value = 0.0;
    if row < params.rows && col < params.cols {
        value = a[row * params.cols + col];
    }
    b[at] = value;
}
