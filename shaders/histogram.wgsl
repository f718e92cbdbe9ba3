// histogram: how many weights, or errors, fall into each bin.
//
//   bin = clamp(floor((v - low) * bins / (high - low)), 0, bins - 1),  v = w or v = w_hat - w
//
// Memory layout
//   weights, restored  f32 [count]; restored is bound to anything where `errors` is 0
//   counts             u32 [bins], zeroed beforehand
//
// Version ladder
//   v1 atomicAdd on the result: all invocations fight for a few words
//   v2 (this one) a private histogram in workgroup memory, added to the result once at the end
//
// Limits
//   64 invocations a workgroup, at most 1024 bins (4 KiB of workgroup memory), count below 2^32.

struct Params {
    count: u32,
    bins: u32,
    errors: u32,
    // Weights that one workgroup looks at.
    chunk: u32,
    low: f32,
    bins_per_unit: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weights: array<f32>;
@group(0) @binding(2) var<storage, read> restored: array<f32>;
@group(0) @binding(3) var<storage, read_write> counts: array<atomic<u32>>;

const WIDTH: u32 = 64u;
const MAX_BINS: u32 = 1024u;

var<workgroup> shared_counts: array<atomic<u32>, MAX_BINS>;

@compute @workgroup_size(64)
fn histogram(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    for (var bin = local; bin < params.bins; bin += WIDTH) {
        atomicStore(&shared_counts[bin], 0u);
    }
    workgroupBarrier();
    let begin = (id.x + id.y * count.x) * params.chunk;
    let end = min(begin + params.chunk, params.count);
    for (var i = begin + local; i < end; i += WIDTH) {
        var v = weights[i];
        if params.errors == 1u {
            v = restored[i] - v;
        }
        let place = floor((v - params.low) * params.bins_per_unit);
        let bin = u32(clamp(place, 0.0, f32(params.bins - 1u)));
        atomicAdd(&shared_counts[bin], 1u);
    }
    workgroupBarrier();
    for (var bin = local; bin < params.bins; bin += WIDTH) {
        let n = atomicLoad(&shared_counts[bin]);
        if n > 0u {
            atomicAdd(&counts[bin], n);
        }
    }
}
