// scale_columns: some columns of a matrix multiplied, the others copied: w[r, c] = base[r, c] * factors[c].
//
// Memory layout
//   base     f32 [count], row-major with `cols` columns
//   factors  f32 [cols], 1 for a column that stays
//   weights  f32 [count]
//
// Version ladder
//   v1 (this one) one invocation a weight; bound by memory
//
// Limits
//   64 invocations a workgroup; count below 2^32.

struct Params {
    count: u32,
    cols: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> base: array<f32>;
@group(0) @binding(2) var<storage, read> factors: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(64)
fn scale_columns(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * 64u + local;
    if i < params.count {
        weights[i] = base[i] * factors[i % params.cols];
    }
}
