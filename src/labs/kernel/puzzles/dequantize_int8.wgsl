//es: Descuantiza una matriz INT8:  peso = escala * código
//en: Dequantize an INT8 matrix:  weight = scale * code
//
//es: codes    cuatro códigos con signo por palabra, el primero en el byte más bajo; cada fila ocupa palabras enteras
//en: codes    four signed codes a word, the first one in the lowest byte; each row takes whole words
//es: scales   una escala por cada `group` columnas de una fila
//en: scales   one scale for every `group` columns of a row
//es: weights  la matriz de rows x cols, fila a fila, sin huecos
//en: weights  the matrix of rows x cols, row after row, without gaps

struct Params {
    rows: u32,
    cols: u32,
    group: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

//es: Una invocación por palabra, es decir, por cuatro pesos.
//en: One invocation a word, that is, for four weights.
@compute @workgroup_size(64)
fn dequantize_int8(@builtin(global_invocation_id) id: vec3<u32>) {
    let words = (params.cols + 3u) / 4u;
    if id.x >= params.rows * words {
        return;
    }
    let row = id.x / words;
    let first = (id.x % words) * 4u;
    //es: TODO 1: lee la palabra de esta invocación y saca de ella cuatro códigos con signo.
    //en: TODO 1: read this invocation's word and take four signed codes out of it.
    let code = vec4<i32>(0);
    for (var k = 0u; k < 4u; k++) {
        let col = first + k;
        //es: TODO 2: la última palabra de una fila puede tener bytes de relleno: sáltalos.
        //en: TODO 2: the last word of a row may have bytes of padding: skip them.
        if col >= params.cols {
            continue;
        }
        //es: TODO 3: ¿qué escala le toca a la columna col de la fila row?
        //en: TODO 3: which scale belongs to column col of row row?
        let scale = 1.0;
        weights[row * params.cols + col] = scale * f32(code[k]);
    }
}
