// copy: to = source, as fast as memory allows.
//
//   bandwidth = 2 * 16 bytes * count / time     (every vector is read once and written once)
//
// The memory-bound half of a roofline: no kernel that touches each byte once can be faster than this one.
//
// Memory layout
//   source, to    f32 [4 * count]
//   source4, to4  the same buffers as vectors of four
//
// Version ladder
//   v1 one invocation a number: 4 bytes a request
//   v2 (in use) one invocation copies PER_INVOCATION vectors of 16 bytes; neighbours copy neighbouring vectors, and the
//      independent loads keep several requests in flight
//
// Limits
//   64 invocations a workgroup, no workgroup memory; count below 2^30.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> source: array<f32>;
@group(0) @binding(2) var<storage, read_write> to: array<f32>;
@group(0) @binding(3) var<storage, read> source4: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read_write> to4: array<vec4<f32>>;

const WIDTH: u32 = 64u;
const PER_INVOCATION: u32 = 4u;

@compute @workgroup_size(64)
fn copy_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * WIDTH + local;
    if i < params.count * 4u {
        to[i] = source[i];
    }
}

@compute @workgroup_size(64)
fn copy(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let begin = (id.x + id.y * count.x) * (WIDTH * PER_INVOCATION) + local;
    let last = begin + (PER_INVOCATION - 1u) * WIDTH;
    if last < params.count {
        let a = source4[begin];
        let b = source4[begin + WIDTH];
        let c = source4[begin + 2u * WIDTH];
        let d = source4[last];
        to4[begin] = a;
        to4[begin + WIDTH] = b;
        to4[begin + 2u * WIDTH] = c;
        to4[last] = d;
        return;
    }
    for (var i = begin; i < params.count; i += WIDTH) {
        to4[i] = source4[i];
    }
}
