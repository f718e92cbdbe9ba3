//es: Producto de matrices por baldosas:  y[m, n] = suma de x[m, k] * w[n, k] sobre k
//en: A matrix product in tiles:  y[m, n] = sum of x[m, k] * w[n, k] over k
//
//es: Sin baldosas, cada salida lee 2 k números de la memoria global. Con ellas, las 256 invocaciones de un workgroup
//es: traen juntas una baldosa de x y otra de w a la memoria de workgroup, y cada número traído sirve 16 veces.
//en: Without tiles, every output reads 2 k numbers from global memory. With them, the 256 invocations of a workgroup
//en: bring a tile of x and one of w into workgroup memory together, and each number brought serves 16 times.

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
    var sum = 0.0;
    for (var begin = 0u; begin < params.k; begin += TILE) {
        //es: TODO 1: cada invocación trae un número de x (fila row, columna begin + local.x) y otro de w
        //es: (fila group.x * TILE + local.y, columna begin + local.x). Fuera de las matrices, un cero.
        //en: TODO 1: every invocation brings one number of x (row row, column begin + local.x) and one of w
        //en: (row group.x * TILE + local.y, column begin + local.x). Outside the matrices, a zero.
        x_tile[slot] = 0.0;
        w_tile[slot] = 0.0;
        //es: TODO 2: ¿qué hace falta antes de leer lo que trajeron las demás?
        //en: TODO 2: what is needed before reading what the others brought?

        //es: TODO 3: suma los TILE productos de esta baldosa.
        //en: TODO 3: add the TILE products of this tile.

        //es: TODO 4: ¿y antes de que la vuelta siguiente escriba encima?
        //en: TODO 4: and before the next turn writes over it?
    }
    if row < params.m && col < params.n {
        y[row * params.n + col] = sum;
    }
}
