//es: Paso hacia delante de LoRA:  y = x W^T + s (x A^T) B^T
//en: LoRA forward:  y = x W^T + s (x A^T) B^T
//
//es: x [m, k], w [n, k] (congelada), a [r, k], b [n, r], y [m, n], todas fila a fila; r es como mucho 64
//en: x [m, k], w [n, k] (frozen), a [r, k], b [n, r], y [m, n], all row after row; r is at most 64
//es: El truco: z = x A^T tiene solo r números por fila de x. Calcúlalos una vez y guárdalos en memoria de workgroup.
//en: The trick: z = x A^T has only r numbers for each row of x. Compute them once and keep them in workgroup memory.

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

//es: Un workgroup por fila de x.
//en: One workgroup for each row of x.
@compute @workgroup_size(WIDTH)
fn lora_forward(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) local: u32) {
    let row = group.x;
    //es: TODO 1: la invocación número local calcula z[local], si local < params.r.
    //en: TODO 1: invocation number local computes z[local], if local < params.r.
    z[local] = 0.0;
    //es: TODO 2: ¿qué hace falta antes de que las demás lean z?
    //en: TODO 2: what is needed before the others read z?

    for (var col = local; col < params.n; col += WIDTH) {
        var sum = 0.0;
        for (var i = 0u; i < params.k; i++) {
            sum += x[row * params.k + i] * w[col * params.k + i];
        }
        //es: TODO 3: la corrección: la suma de z[j] * b[col, j] sobre j, por params.scale.
        //en: TODO 3: the correction: the sum of z[j] * b[col, j] over j, times params.scale.
        let correction = 0.0;
        y[row * params.n + col] = sum + correction;
    }
}
