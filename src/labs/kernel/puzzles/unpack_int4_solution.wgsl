// The model solution of the puzzle unpack_int4; never sent to the page.

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> values: array<i32>;

@compute @workgroup_size(64)
fn unpack_int4(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x * 8u >= params.count {
        return;
    }
    let word = words[id.x];
    let low = unpack4xU8(word & 0x0f0f0f0fu);
    let high = unpack4xU8((word >> 4u) & 0x0f0f0f0fu);
    for (var k = 0u; k < 4u; k++) {
        let at = id.x * 8u + k;
        if at < params.count {
            values[at] = i32(low[k]) - 8;
        }
        if at + 4u < params.count {
            values[at + 4u] = i32(high[k]) - 8;
        }
    }
}
