//! Names that a learner may have meant: those in the text, those of WGSL, and those of other languages.

use super::tokens::Token;

/// What a student coming from C, CUDA, HLSL or GLSL writes, and what WGSL calls it.
const FOREIGN: &[(&str, &str)] = &[
    ("float", "f32"),
    ("double", "f32"),
    ("int", "i32"),
    ("uint", "u32"),
    ("unsigned", "u32"),
    ("float2", "vec2<f32>"),
    ("float3", "vec3<f32>"),
    ("float4", "vec4<f32>"),
    ("uint2", "vec2<u32>"),
    ("uint3", "vec3<u32>"),
    ("uint4", "vec4<u32>"),
    ("int4", "vec4<i32>"),
    ("half", "unpack2x16float"),
    ("__syncthreads", "workgroupBarrier()"),
    ("barrier", "workgroupBarrier()"),
    ("threadIdx", "local_invocation_id"),
    ("blockIdx", "workgroup_id"),
    ("rsqrt", "inverseSqrt"),
    ("fmaf", "fma"),
    ("lerp", "mix"),
    ("static_cast", "f32(x)"),
    ("auto", "let"),
];

/// Keywords and functions of WGSL that kernels use.
const BUILTINS: &[&str] = &[
    "abs",
    "acos",
    "acosh",
    "all",
    "any",
    "arrayLength",
    "asin",
    "atan",
    "atan2",
    "atomicAdd",
    "atomicAnd",
    "atomicCompareExchangeWeak",
    "atomicExchange",
    "atomicLoad",
    "atomicMax",
    "atomicMin",
    "atomicOr",
    "atomicStore",
    "atomicSub",
    "atomicXor",
    "bitcast",
    "bool",
    "ceil",
    "clamp",
    "cos",
    "cosh",
    "countOneBits",
    "countLeadingZeros",
    "countTrailingZeros",
    "cross",
    "distance",
    "dot",
    "dot4I8Packed",
    "dot4U8Packed",
    "exp",
    "exp2",
    "extractBits",
    "f32",
    "firstLeadingBit",
    "firstTrailingBit",
    "floor",
    "fma",
    "fract",
    "i32",
    "insertBits",
    "inverseSqrt",
    "ldexp",
    "length",
    "log",
    "log2",
    "max",
    "min",
    "mix",
    "normalize",
    "pack2x16float",
    "pack4x8snorm",
    "pack4xI8",
    "pack4xU8",
    "pack4xI8Clamp",
    "pack4xU8Clamp",
    "pow",
    "reverseBits",
    "round",
    "saturate",
    "select",
    "sign",
    "sin",
    "smoothstep",
    "sqrt",
    "step",
    "storageBarrier",
    "tan",
    "tanh",
    "transpose",
    "trunc",
    "u32",
    "unpack2x16float",
    "unpack4x8snorm",
    "unpack4xI8",
    "unpack4xU8",
    "vec2",
    "vec2f",
    "vec2i",
    "vec2u",
    "vec3",
    "vec3f",
    "vec3i",
    "vec3u",
    "vec4",
    "vec4f",
    "vec4i",
    "vec4u",
    "workgroupBarrier",
    "workgroupUniformLoad",
    "array",
    "atomic",
    "mat4x4",
    "storage",
    "workgroup",
    "uniform",
    "read_write",
    "read",
];

/// What WGSL calls the foreign word `name`, if it is one.
pub fn foreign(name: &str) -> Option<&'static str> {
    FOREIGN.iter().find(|(word, _)| *word == name).map(|(_, wgsl)| *wgsl)
}

/// The name that looks most like `name`, among the names declared in the text and those of WGSL; empty if none does.
///
/// `at` is the token that is not known; it is no candidate itself.
pub fn nearest(name: &str, all: &[Token<'_>], at: usize) -> String {
    let declared = all.iter().enumerate().filter(|(i, token)| {
        let before = i.checked_sub(1).and_then(|i| all.get(i)).map_or("", |token| token.text);
        let after = all.get(i + 1).map_or("", |token| token.text);
        *i != at && token.is_word() && (is_declaring(before) || after == ":" || before == ">")
    });
    let candidates = declared.map(|(_, token)| token.text).chain(BUILTINS.iter().copied());
    // A third of the letters may be wrong; case does not count.
    let allowed = name.chars().count() / 3;
    let close =
        candidates.filter(|candidate| *candidate != name).map(|candidate| (distance(name, candidate), candidate));
    close
        .filter(|(distance, _)| *distance <= allowed.max(1))
        .min_by_key(|(distance, _)| *distance)
        .map_or(String::new(), |(_, c)| c.to_owned())
}

fn is_declaring(word: &str) -> bool {
    matches!(word, "let" | "var" | "const" | "fn" | "override" | "struct" | "alias")
}

/// How many letters must be changed, added, dropped or swapped with a neighbour to get from `a` to `b`.
///
/// # Source
/// Damerau 1964, Levenshtein 1966; the variant that edits no place twice.
fn distance(a: &str, b: &str) -> usize {
    const LONGEST: usize = 64;
    let letters = |s: &str| s.chars().flat_map(char::to_lowercase).take(LONGEST).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = match (i, j) {
                (0, j) => j,
                (i, 0) => i,
                (i, j) => {
                    let changed = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                    let mut best = changed.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                    if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                        best = best.min(rows[i - 2][j - 2] + 1);
                    }
                    best
                }
            };
        }
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    #[test]
    fn the_nearest_name_is_one_that_was_meant() {
        let text = "var<workgroup> tile: array<f32, 64>; fn f(lane: u32) { let column = lan; }";
        let all = tokens(text);
        for (wrong, right) in [
            ("lan", "lane"),
            ("colunm", "column"),
            ("Tile", "tile"),
            ("workgroupbarrier", "workgroupBarrier"),
            ("zzz", ""),
        ] {
            assert_eq!(nearest(wrong, &all, usize::MAX), right, "{wrong}");
        }
        assert_eq!(foreign("float4"), Some("vec4<f32>"));
    }
}
