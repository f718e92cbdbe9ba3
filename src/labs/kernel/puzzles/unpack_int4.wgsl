//es: Saca ocho códigos INT4 de cada palabra de 32 bits.
//en: Take eight INT4 codes out of every word of 32 bits.
//
//es: words   el byte b guarda el código b en sus cuatro bits bajos y el código b + 4 en los altos, los dos más 8
//en: words   byte b holds code b in its four low bits and code b + 4 in the high ones, both plus 8
//es: values  los códigos en orden, de -8 a 7; son params.count, que no siempre es múltiplo de 8
//en: values  the codes in order, from -8 to 7; there are params.count of them, not always a multiple of 8

struct Params {
    count: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> words: array<u32>;
@group(0) @binding(2) var<storage, read_write> values: array<i32>;

//es: Una invocación por palabra: cada palabra se lee una sola vez.
//en: One invocation a word: every word is read only once.
@compute @workgroup_size(64)
fn unpack_int4(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x * 8u >= params.count {
        return;
    }
    let word = words[id.x];
    //es: TODO 1: deja solo los cuatro bits bajos de cada byte (los códigos 0 a 3) y sepáralos.
    //en: TODO 1: keep only the four low bits of every byte (codes 0 to 3) and separate them.
    let low = vec4<u32>(0u);
    //es: TODO 2: lo mismo con los cuatro bits altos (los códigos 4 a 7).
    //en: TODO 2: the same with the four high bits (codes 4 to 7).
    let high = vec4<u32>(0u);
    for (var k = 0u; k < 4u; k++) {
        let at = id.x * 8u + k;
        //es: TODO 3: quita el 8 que se sumó al guardar, y no escribas más allá de params.count.
        //en: TODO 3: take off the 8 that was added when storing, and do not write beyond params.count.
        if at < params.count {
            values[at] = i32(low[k]);
        }
        if at + 4u < params.count {
            values[at + 4u] = i32(high[k]);
        }
    }
}
