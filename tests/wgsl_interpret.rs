//! The interpreter computes what WGSL says, and stops, at the learner's line, where a GPU would silently go wrong.
#![cfg(feature = "wgsl")]

use std::time::Instant;

use afina::math::Generator;
use afina::protocol::Hint;
use afina::wgsl::interpret::{Counts, Machine, Program};
use afina::wgsl::{Diagnostic, check};

const LIMIT: u64 = 50_000_000;
const HEAD: &str = "@group(0) @binding(0) var<uniform> params: vec4<u32>;
@group(0) @binding(1) var<storage, read> x: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<u32>;
";

fn floats(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

fn from_words(words: &[u32]) -> Vec<f32> {
    words.iter().map(|w| f32::from_bits(*w)).collect()
}

struct Ran {
    y: Vec<u32>,
    counts: Counts,
}

fn run(text: &str, x: Vec<u32>, outputs: usize, groups: [u32; 3]) -> Result<Ran, Diagnostic> {
    let valid = check(text).unwrap_or_else(|found| panic!("{found:?}\n{text}"));
    let program = Program::new(&valid, "f", &[])?;
    let given = vec![(0, 0, vec![x.len() as u32, outputs as u32, 7, 9]), (0, 1, x), (0, 2, vec![0; outputs])];
    let mut machine = Machine::new(&program, given, LIMIT);
    machine.dispatch(groups)?;
    Ok(Ran { y: machine.buffer(0, 2).to_vec(), counts: machine.counts() })
}

/// Runs `body` once, in one invocation.
fn one(body: &str, x: &[u32]) -> Vec<u32> {
    let text = format!("{HEAD}@compute @workgroup_size(1) fn f() {{ {body} }}");
    run(&text, x.to_vec(), 8, [1, 1, 1]).unwrap_or_else(|d| panic!("{d:?}\n{text}")).y
}

fn line_of(text: &str, mark: &str) -> u32 {
    let at = text.find(mark).unwrap_or_else(|| panic!("no {mark} in {text}"));
    text[..at].matches('\n').count() as u32 + 1
}

fn stopped(text: &str, x: Vec<u32>, outputs: usize) -> Diagnostic {
    match run(text, x, outputs, [2, 1, 1]) {
        Ok(_) => panic!("was not stopped:\n{text}"),
        Err(diagnostic) => {
            assert_eq!(diagnostic.line, line_of(text, "<- here"), "{diagnostic:?}\n{text}");
            diagnostic
        }
    }
}

#[test]
fn integers_wrap_shift_and_divide_as_wgsl_says() {
    let y = one(
        "y[0] = 0xffffffffu + x[0]; y[1] = bitcast<u32>(-7i / i32(x[1])); y[2] = x[2] / (x[0] - 1u);
         y[3] = bitcast<u32>(i32(x[3]) >> 4u); y[4] = x[3] >> 4u; y[5] = bitcast<u32>(-7i % i32(x[1])); y[6] = x[2] % (x[0] - 1u);
         y[7] = extractBits(x[3], 28u, 4u);",
        &[1, 2, 9, 0xf000_0000],
    );
    assert_eq!(y, [0, -3i32 as u32, 9, 0xff00_0000, 0x0f00_0000, -1i32 as u32, 0, 15]);
}

#[test]
fn bytes_and_halves_are_packed_and_unpacked() {
    let y = one(
        "let v = unpack4xI8(x[0]); y[0] = bitcast<u32>(v.x + v.w); y[1] = bitcast<u32>(dot4I8Packed(x[0], x[1]));
         y[2] = pack4xI8(v); y[3] = bitcast<u32>(unpack2x16float(x[2]).y); y[4] = pack2x16float(vec2<f32>(1.0, -2.0));
         let u = unpack4xU8((x[0] >> 4u) & 0x0f0f0f0fu); y[5] = u.y; y[6] = insertBits(0u, 5u, 8u, 4u); y[7] = countOneBits(x[0]);",
        &[0x80fe_01ff, 0x0102_0304, 0xc000_3c00],
    );
    let codes = [-1i32, 1, -2, -128];
    assert_eq!(y[0] as i32, codes[0] + codes[3]);
    assert_eq!(y[1] as i32, -4 + 3 - 4 - 128);
    assert_eq!((y[2], f32::from_bits(y[3]), y[4]), (0x80fe_01ff, -2.0, 0xc000_3c00));
    assert_eq!((y[5], y[6], y[7]), (0, 0x500, 17));
}

#[test]
fn control_flow_functions_and_pointers_work() {
    let text = format!(
        "{HEAD}
struct Pair {{ a: u32, b: vec3<f32>, flag: bool }}
fn bump(p: ptr<function, array<u32, 4>>, i: u32) -> u32 {{ (*p)[i] += 10u; if i == 2u {{ return 100u; }} return (*p)[i]; }}
fn pick(k: u32) -> u32 {{ switch k {{ case 0u: {{ return 5u; }} case 1u, 2u: {{ return 6u; }} default: {{ return 7u; }} }} }}
@compute @workgroup_size(1) fn f() {{
  var a = array<u32, 4>(1u, 2u, 3u, 4u);
  var sum = 0u;
  for (var i = 0u; i < 4u; i++) {{ if i == 1u {{ continue; }} sum += bump(&a, i); }}
  y[0] = sum; y[1] = a[2];
  y[2] = pick(0u) + 10u * pick(2u) + 100u * pick(9u);
  var p: Pair; p.b.y = 2.5; p.flag = true;
  let q = p;
  y[3] = select(0u, u32(q.b.y * 2.0), q.flag);
  var n = 0u; loop {{ n += 3u; continuing {{ break if n > 10u; }} }}
  y[4] = n;
  var i = 0u; while true {{ i++; if i == 6u {{ break; }} }}
  y[5] = i;
  let m = mat2x2<f32>(1.0, 2.0, 3.0, 4.0) * vec2<f32>(1.0, 10.0);
  y[6] = u32(m.x) * 1000u + u32(m.y);
  y[7] = u32(dot(vec3<f32>(1.0, 2.0, 3.0), vec3<f32>(4.0, 5.0, 6.0)));
}}"
    );
    let y = run(&text, vec![0], 8, [1, 1, 1]).unwrap_or_else(|d| panic!("{d:?}")).y;
    assert_eq!(y, [11 + 100 + 14, 13, 5 + 60 + 700, 5, 12, 6, 31042, 32]);
}

#[test]
fn atomics_and_workgroup_memory_work_over_workgroups() {
    let text = format!(
        "{}
@group(0) @binding(2) var<storage, read_write> y: array<atomic<u32>>;
var<workgroup> most: atomic<u32>;
@compute @workgroup_size(8) fn f(@builtin(global_invocation_id) id: vec3<u32>, @builtin(local_invocation_index) local: u32) {{
  atomicMax(&most, x[id.x]);
  workgroupBarrier();
  if local == 0u {{ atomicAdd(&y[0], atomicLoad(&most)); }}
  atomicAdd(&y[1], 1u);
  let won = atomicCompareExchangeWeak(&y[2], 0u, id.x + 1u);
  if won.exchanged {{ atomicAdd(&y[3], 1u); }}
}}",
        HEAD.lines().take(2).collect::<Vec<_>>().join("\n")
    );
    let x: Vec<u32> = (0..16).map(|i| i * 7 % 11).collect();
    let y = run(&text, x.clone(), 4, [2, 1, 1]).unwrap_or_else(|d| panic!("{d:?}")).y;
    let most = |part: &[u32]| part.iter().copied().max().unwrap_or(0);
    assert_eq!(y, [most(&x[..8]) + most(&x[8..]), 16, 1, 1]);
}

const TILED: &str = "struct Params { m: u32, k: u32, n: u32, unused: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> x: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;
@group(0) @binding(3) var<storage, read> w: array<f32>;
override TILE: u32 = 8u;
var<workgroup> xs: array<f32, TILE * TILE>;
var<workgroup> ws: array<f32, TILE * TILE>;
@compute @workgroup_size(TILE, TILE) fn f(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_id) local: vec3<u32>) {
  let row = id.y * TILE + local.y;
  let col = id.x * TILE + local.x;
  var sum = 0.0;
  for (var begin = 0u; begin < params.k; begin += TILE) {
    let k = begin + local.x;
    let l = begin + local.y;
    xs[local.y * TILE + local.x] = 0.0;
    if row < params.m && k < params.k { xs[local.y * TILE + local.x] = x[row * params.k + k]; }
    ws[local.y * TILE + local.x] = 0.0;
    if col < params.n && l < params.k { ws[local.y * TILE + local.x] = w[col * params.k + l]; }
    workgroupBarrier();
    for (var i = 0u; i < TILE; i++) { sum += xs[local.y * TILE + i] * ws[i * TILE + local.x]; }
    workgroupBarrier();
  }
  if row < params.m && col < params.n { y[row * params.n + col] = sum; }
}
";

fn tiled(text: &str, (m, k, n): (usize, usize, usize)) -> Result<(Vec<f32>, Vec<f64>, Counts), Diagnostic> {
    let mut random = Generator::new(20_261_125);
    let mut matrix = |rows: usize, cols: usize| (0..rows * cols).map(|_| random.normal() as f32).collect::<Vec<f32>>();
    let (x, w) = (matrix(m, k), matrix(n, k));
    let valid = check(text).unwrap_or_else(|found| panic!("{found:?}\n{text}"));
    let program = Program::new(&valid, "f", &[("TILE", 8.0)])?;
    let given = vec![
        (0, 0, vec![m as u32, k as u32, n as u32, 0]),
        (0, 1, floats(&x)),
        (0, 2, vec![0; m * n]),
        (0, 3, floats(&w)),
    ];
    let mut machine = Machine::new(&program, given, LIMIT);
    machine.dispatch([n.div_ceil(8) as u32, m.div_ceil(8) as u32, 1])?;
    let reference = (0..m * n)
        .map(|at| (0..k).map(|i| f64::from(x[at / n * k + i]) * f64::from(w[at % n * k + i])).sum())
        .collect();
    Ok((from_words(machine.buffer(0, 2)), reference, machine.counts()))
}

#[test]
fn a_tiled_product_of_ragged_shape_is_right_and_quick() {
    for shape in [(1, 1, 1), (7, 8, 9), (33, 65, 17)] {
        let begun = Instant::now();
        let (y, reference, counts) = tiled(TILED, shape).unwrap_or_else(|d| panic!("{d:?}"));
        for (at, (got, expected)) in y.iter().zip(&reference).enumerate() {
            // (K + 2) u sum |x w|, with sum |x w| of normal numbers below 2 K here.
            let allowed = (shape.1 + 2) as f64 * 0.5f64.powi(24) * 2.0 * shape.1.max(8) as f64;
            assert!((f64::from(*got) - expected).abs() <= allowed, "{shape:?} at {at}: {got}, expected {expected}");
        }
        println!("{shape:?}: {counts:?} in {:?}", begun.elapsed());
        // This file is compiled with little optimisation; the shipped worker is some five times quicker.
        assert!(begun.elapsed().as_secs() < 5, "{:?}", begun.elapsed());
    }
}

#[test]
fn a_missing_barrier_is_a_race_at_the_line_that_comes_second() {
    for number in [0, 1] {
        let mut parts: Vec<&str> = TILED.split("    workgroupBarrier();\n").collect();
        let after = parts.remove(number + 1);
        let mut text = parts[..=number].join("    workgroupBarrier();\n") + after;
        for rest in &parts[number + 1..] {
            text += "    workgroupBarrier();\n";
            text += rest;
        }
        let found = tiled(&text, (9, 17, 9)).map(|_| ()).expect_err("a race");
        assert!(matches!(found.hint, Some(Hint::Race { .. })), "{found:?}");
        // Invocations run in turn: the first one has read what the second one is about to write, or the other way round.
        let expected = if number == 0 { "if row < params.m && k" } else { "sum += xs" };
        assert_eq!(found.line, line_of(&text, expected), "{found:?}");
    }
}

#[test]
fn an_index_out_of_bounds_is_stopped() {
    for (body, name) in [
        ("y[id.x] = x[id.x + 1u]; // <- here", "x"),
        ("y[id.x * 2u] = 1u; // <- here", "y"),
        ("var a: array<u32, 4>;\n a[id.x] = 1u; // <- here\n y[id.x] = a[0];", "a"),
        ("y[0] = x[bitcast<u32>(i32(id.x) - 1)]; // <- here", "x"),
        ("tile[id.x + 2u] = 1u; // <- here", "tile"),
    ] {
        let text = format!(
            "{HEAD}var<workgroup> tile: array<u32, 8>;\n@compute @workgroup_size(4) fn f(@builtin(global_invocation_id) id: vec3<u32>) {{\n {body}\n}}"
        );
        let found = stopped(&text, vec![1; 8], 8);
        assert!(matches!(&found.hint, Some(Hint::OutOfBounds { name: n, .. }) if n == name), "{found:?}");
    }
}

#[test]
fn loops_without_end_are_named() {
    for body in [
        "loop { // <- here\n y[0] = y[0] + 1u; if params.z == 0u { break; } }",
        "for (var i = 0u; i < 8u; i += 0u * params.y) { // <- here\n for (var k = 0u; k < 10u; k++) { y[1] = k; } }",
        "var i = 0u;\n while i < params.x { // <- here\n y[1] = i; }",
    ] {
        let text = format!("{HEAD}@compute @workgroup_size(1) fn f() {{\n {body}\n}}");
        let valid = check(&text).unwrap_or_else(|found| panic!("{found:?}\n{text}"));
        let program = Program::new(&valid, "f", &[]).expect("it compiles");
        let given = vec![(0, 0, vec![8, 8, 7, 9]), (0, 1, vec![0; 8]), (0, 2, vec![0; 8])];
        let found = Machine::new(&program, given, 200_000).dispatch([1, 1, 1]).expect_err("endless");
        assert!(matches!(found.hint, Some(Hint::Endless { steps: 200_000 })), "{found:?}");
        assert_eq!(found.line, line_of(&text, "<- here"), "{found:?}\n{text}");
    }
}

#[test]
fn barriers_that_not_all_reach_and_two_owners_of_a_place_are_found() {
    let text = format!(
        "{HEAD}@compute @workgroup_size(4) fn f(@builtin(local_invocation_index) i: u32) {{
  if x[i] == 1u {{ return; }}
  workgroupBarrier(); // <- here
  y[i] = 1u;
}}"
    );
    let found = stopped(&text, vec![0, 1, 0, 0], 4);
    assert_eq!(found.hint, Some(Hint::BarrierMissed { waiting: 3, ended: 1 }));
    let text = format!(
        "{HEAD}@compute @workgroup_size(4) fn f(@builtin(global_invocation_id) id: vec3<u32>) {{
  y[id.x / 3u] = id.x; // <- here
}}"
    );
    let found = stopped(&text, vec![0; 8], 8);
    assert_eq!(found.hint, Some(Hint::WriteTwice { name: "y".into(), index: 0, first: 0, second: 1 }));
}

#[test]
fn what_is_read_and_done_is_counted() {
    let text = format!(
        "{HEAD}@compute @workgroup_size(4) fn f(@builtin(global_invocation_id) id: vec3<u32>) {{ y[id.x] = x[id.x] + x[0]; workgroupBarrier(); }}"
    );
    let ran = run(&text, vec![3; 8], 8, [2, 1, 1]).unwrap_or_else(|d| panic!("{d:?}"));
    assert_eq!((ran.counts.words_read, ran.counts.words_written, ran.counts.barriers), (16, 8, 2));
    assert_eq!(ran.y, [6; 8]);
}
