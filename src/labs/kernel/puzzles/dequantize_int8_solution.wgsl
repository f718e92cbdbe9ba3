// The model solution of the puzzle dequantize_int8; never sent to the page.

struct Params {
    rows: u32,
    cols: u32,
    group: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> codes: array<u32>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

@compute @workgroup_size(64)
fn dequantize_int8(@builtin(global_invocation_id) id: vec3<u32>) {
    let words = (params.cols + 3u) / 4u;
    if id.x >= params.rows * words {
        return;
    }
    let row = id.x / words;
    let first = (id.x % words) * 4u;
    let code = unpack4xI8(codes[id.x]);
    let groups = (params.cols + params.group - 1u) / params.group;
    for (var k = 0u; k < 4u; k++) {
        let col = first + k;
        if col >= params.cols {
            continue;
        }
        let scale = scales[row * groups + col / params.group];
        weights[row * params.cols + col] = scale * f32(code[k]);
    }
}
