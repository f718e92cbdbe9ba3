// embed: the rows of a table that token numbers name.
//
//   y[t] = table[ids[first + t * stride]]
//
// Memory layout
//   ids    u32, anywhere: the stride lets the result of top_k, pairs of value and index, be read where it lies
//   table  f32 [vocabulary * cols], row-major
//   y      f32 [tokens * cols], row-major
//
// Version ladder
//   v1 (this one) one invocation a number: neighbours read and write neighbours, so memory is the limit
//
// Limits
//   64 invocations a workgroup; tokens * cols below 2^32. A number beyond the vocabulary gives the last row: what comes
//   from the device cannot be refused by the host.

struct Params {
    tokens: u32,
    cols: u32,
    vocabulary: u32,
    first: u32,
    stride: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> ids: array<u32>;
@group(0) @binding(2) var<storage, read> table: array<f32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(64)
fn embed(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * 64u + local;
    if i >= params.tokens * params.cols {
        return;
    }
    let token = i / params.cols;
    let word = min(ids[params.first + token * params.stride], params.vocabulary - 1u);
    y[i] = table[word * params.cols + (i - token * params.cols)];
}
