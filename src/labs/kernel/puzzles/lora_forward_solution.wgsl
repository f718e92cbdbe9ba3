// The model solution of the puzzle lora_forward; never sent to the page.

struct Params {
    m: u32,
    k: u32,
    n: u32,
    r: u32,
    scale: f32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read> w: array<f32>;
@group(0) @binding(3) var<storage, read> a: array<f32>;
@group(0) @binding(4) var<storage, read> b: array<f32>;
@group(0) @binding(5) var<storage, read_write> y: array<f32>;

const WIDTH: u32 = 64u;

var<workgroup> z: array<f32, WIDTH>;

@compute @workgroup_size(WIDTH)
fn lora_forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let row = group.x;
    var part = 0.0;
    if local < params.r {
        for (var i = 0u; i < params.k; i++) {
            part += x[row * params.k + i] * a[local * params.k + i];
        }
    }
    z[local] = part;
    workgroupBarrier();
    for (var col = local; col < params.n; col += WIDTH) {
        var sum = 0.0;
        for (var i = 0u; i < params.k; i++) {
            sum += x[row * params.k + i] * w[col * params.k + i];
        }
        var correction = 0.0;
        for (var j = 0u; j < params.r; j++) {
            correction += z[j] * b[col * params.r + j];
        }
        y[row * params.n + col] = sum + params.scale * correction;
    }
}
