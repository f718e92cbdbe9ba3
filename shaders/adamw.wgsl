// adamw: one step of AdamW over all parameters of a model at once.
//
//   m <- beta1 m + (1 - beta1) g          v <- beta2 v + (1 - beta2) g^2
//   p <- p - rate * decay(i) * p - rate * (m / correction1) / (sqrt(v / correction2) + epsilon)
//
// The host computes the bias corrections 1 - beta1^t and 1 - beta2^t in f64. Weight decay is decoupled from the gradient
// (that is the W), and parameters in one of the segments below are not decayed: norms and biases usually.
//
// Memory layout
//   p, m, v, g  f32 [count], all parameters of a model one after the other
//   kept        u32 [2 * segments], begin and end of each stretch that is not decayed, in ascending order
//
// Version ladder
//   v1             one invocation a parameter
//   v2 (this one)  four neighbouring parameters an invocation: reads and writes of 16 bytes
//
// Limits
//   64 invocations a workgroup, no workgroup memory; 28 bytes move for each parameter, so bandwidth decides.

struct Params {
    count: u32,
    segments: u32,
    rate: f32,
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    decay: f32,
    correction1: f32,
    correction2: f32,
    // 1 - beta1 and 1 - beta2, rounded once by the host: the shader's difference of two rounded numbers would be less exact.
    rest1: f32,
    rest2: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> p: array<f32>;
@group(0) @binding(2) var<storage, read_write> m: array<f32>;
@group(0) @binding(3) var<storage, read_write> v: array<f32>;
@group(0) @binding(4) var<storage, read> g: array<f32>;
@group(0) @binding(5) var<storage, read> kept: array<u32>;
// The same memory as vectors; an entry point uses one of the two.
@group(0) @binding(1) var<storage, read_write> p_vectors: array<vec4<f32>>;
@group(0) @binding(2) var<storage, read_write> m_vectors: array<vec4<f32>>;
@group(0) @binding(3) var<storage, read_write> v_vectors: array<vec4<f32>>;
@group(0) @binding(4) var<storage, read> g_vectors: array<vec4<f32>>;

// No decay within a segment; the last segment that begins at or before `i` is found by halving.
fn decay_of(i: u32) -> f32 {
    var below = 0u;
    var above = params.segments;
    while below < above {
        let middle = (below + above) / 2u;
        if kept[2u * middle] <= i {
            below = middle + 1u;
        } else {
            above = middle;
        }
    }
    if below > 0u && i < kept[2u * below - 1u] {
        return 0.0;
    }
    return params.decay;
}

@compute @workgroup_size(64)
fn adamw_v1(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * 64u + local;
    if i >= params.count {
        return;
    }
    let slope = g[i];
    let mean = params.beta1 * m[i] + params.rest1 * slope;
    let square = params.beta2 * v[i] + params.rest2 * slope * slope;
    m[i] = mean;
    v[i] = square;
    let step = mean / params.correction1 / (sqrt(square / params.correction2) + params.epsilon);
    p[i] -= params.rate * (decay_of(i) * p[i] + step);
}

@compute @workgroup_size(64)
fn adamw(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * 64u + local;
    // Buffers are padded to whole vectors.
    if 4u * i >= params.count {
        return;
    }
    let slope = g_vectors[i];
    let mean = params.beta1 * m_vectors[i] + params.rest1 * slope;
    let square = params.beta2 * v_vectors[i] + params.rest2 * slope * slope;
    m_vectors[i] = mean;
    v_vectors[i] = square;
    let decay = vec4(decay_of(4u * i), decay_of(4u * i + 1u), decay_of(4u * i + 2u), decay_of(4u * i + 3u));
    let step = mean / params.correction1 / (sqrt(square / params.correction2) + params.epsilon);
    p_vectors[i] -= params.rate * (decay * p_vectors[i] + step);
}
