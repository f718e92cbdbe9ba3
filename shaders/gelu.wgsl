// gelu: x times the share of a standard normal below x.
//
//   y = x * Phi(x) = x / 2 * erfc(-x / sqrt 2)
//   erfc(z) = t * exp(-z^2 + P(t)),  t = 1 / (1 + z / 2), for z >= 0;  erfc(-z) = 2 - erfc(z)
//
// This is the exact form (torch's default), not the approximation with tanh: the fit of erfc is within 1.2e-7 of it,
// relative, everywhere, which is one rounding of f32. It is relative because of the factored exponential: the tail for
// negative x, which 1 + erf(x) loses to cancellation, keeps its digits.
//
// Memory layout
//   x, y  f32 [count]
//
// Version ladder
//   v1 (this one) one invocation a number: neighbours read and write neighbours, so memory is the limit
//
// Limits
//   64 invocations a workgroup; count below 2^32.
// Sources: Hendrycks and Gimpel 2016, arXiv:1606.08415; the fit is `erfcc` of Press et al., Numerical Recipes in C,
// second edition, section 6.2.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

const SQRT_HALF: f32 = 0.70710678;
// Beyond it the tail is below the smallest normal number, and an exponential further out may not be 0.
const FAR: f32 = 9.3;

// erfc for z >= 0.
fn erfc_positive(z: f32) -> f32 {
    let t = 1.0 / (1.0 + 0.5 * z);
    var p = 0.17087277;
    p = p * t - 0.82215223;
    p = p * t + 1.48851587;
    p = p * t - 1.13520398;
    p = p * t + 0.27886807;
    p = p * t - 0.18628806;
    p = p * t + 0.09678418;
    p = p * t + 0.37409196;
    p = p * t + 1.00002368;
    p = p * t - 1.26551223;
    return t * exp(p - z * z);
}

@compute @workgroup_size(64)
fn gelu(
    @builtin(workgroup_id) id: vec3<u32>,
    @builtin(num_workgroups) count: vec3<u32>,
    @builtin(local_invocation_index) local: u32,
) {
    let i = (id.x + id.y * count.x) * 64u + local;
    if i >= params.count {
        return;
    }
    let v = x[i];
    let tail = erfc_positive(min(abs(v) * SQRT_HALF, FAR));
    y[i] = 0.5 * v * select(tail, 2.0 - tail, v > 0.0);
}
