//! LoRA forwards and backwards, the optimizer, and the kernels that prepare operands.

use afina::kernels::product::case::{adamw_case, lora_case, pad_case, quantize_rows_case};
use afina::kernels::product::{Storage, lora_variants, quantize_rows_variants};
use afina::kernels::{ALL, Depth};
use pollster::block_on;

use crate::shared::on_gpu;
use crate::{choose_again, counted, shape};

#[test]
fn lora_agrees_forwards_and_backwards() {
    let shapes = [
        shape(1, 1, 1, 1),
        shape(1, 67, 131, 8),
        shape(3, 5, 64, 2),
        shape(8, 33, 95, 16),
        shape(9, 17, 15, 4),
        shape(33, 31, 65, 7),
        shape(65, 64, 32, 3),
        shape(66, 5, 161, 13),
    ];
    let storages = [
        Storage::F32,
        Storage::F16,
        Storage::Int8 { group: 32, asymmetric: false },
        Storage::Int8 { group: 64, asymmetric: true },
        Storage::Int4 { group: 32, asymmetric: true, half_scales: true },
        Storage::Int4 { group: 128, asymmetric: false, half_scales: false },
        Storage::Nf4 { group: 64, double: true },
    ];
    on_gpu(move |gpu| {
        let mut cases = 0;
        for shape in shapes {
            for storage in storages {
                for variant in lora_variants() {
                    gpu.force_variant("lora", Some(variant));
                    let worst = block_on(lora_case(gpu, storage, shape)).unwrap();
                    assert!(worst <= 1.0, "{storage:?} {variant} {shape:?}: off by {worst} tolerances");
                    cases += 1;
                }
            }
        }
        choose_again(gpu);
        counted("lora", cases);
    });
}

#[test]
fn adamw_agrees() {
    on_gpu(|gpu| {
        let mut cases = 0;
        for count in [1, 2, 3, 4, 5, 63, 64, 65, 255, 256, 257, 1021] {
            for kept in
                [vec![], vec![0..count, count..count], vec![0..count / 2, count..count], vec![1..count, count..count]]
            {
                for variant in [None, Some("v1")] {
                    gpu.force_variant("adamw", variant);
                    let worst = block_on(adamw_case(gpu, count, &kept)).unwrap();
                    assert!(worst <= 1.0, "{count} {kept:?} {variant:?}: off by {worst} tolerances");
                    cases += 1;
                }
            }
        }
        choose_again(gpu);
        counted("adamw", cases);
    });
}

#[test]
fn operands_are_prepared_right() {
    on_gpu(|gpu| {
        let mut cases = 0;
        for (rows, cols) in [(1, 1), (2, 31), (3, 32), (5, 33), (7, 257), (64, 64), (65, 129), (130, 95), (3, 1100)] {
            let worst = block_on(pad_case(gpu, (rows, cols), (rows.next_multiple_of(4), cols + 5))).unwrap();
            assert_eq!(worst, 0.0, "pad [{rows}, {cols}]");
            cases += 1;
            for group in [32, 64, 128] {
                for variant in quantize_rows_variants() {
                    gpu.force_variant("quantize_rows", Some(variant));
                    let worst = block_on(quantize_rows_case(gpu, rows, cols, group)).unwrap();
                    assert!(worst <= 1.0, "{variant} [{rows}, {cols}] group {group}: off by {worst} tolerances");
                    cases += 1;
                }
            }
        }
        choose_again(gpu);
        counted("rows", cases);
    });
}

#[test]
fn a_planted_mistake_is_noticed() {
    on_gpu(|gpu| {
        for (kernel, variant, right, wrong) in [
            ("matmul_f32", "regs", "r * l.z", "r * l.y"),
            ("matmul_f32", "regs", "strip.s12 += r2 * l1", "strip.s12 += r2 * l0"),
            ("matmul_f32", "tiles", "square.s10 += outer(b0, a1)", "square.s10 += outer(b1, a1)"),
            ("matmul_f32", "rows", "i += LANES", "i += LANES + 1u"),
            ("matmul_f16", "slim", "unpack2x16float(words.y)", "unpack2x16float(words.x)"),
            ("matmul_f16", "regs", "params.scale * vec4", "vec4"),
            ("matmul_int8", "rows", "chunk += LANES", "chunk += LANES + 1u"),
            ("matmul_int4", "rows", "chunk += LANES", "chunk += LANES + 1u"),
            ("matmul_nf4", "written", "* params.groups + at.y / params.group", "* params.groups"),
            ("matmul_w8a8", "rows", "chunk += LANES", "chunk += LANES + 1u"),
            ("matmul_w8a8", "v1", "* params.groups + group]", "* params.groups]"),
            ("lora", "", "s01 += outer(r1, l0)", "s01 += outer(r0, l0)"),
            ("lora", "", "other < LANES", "other < LANES - 1u"),
            ("adamw", "", "params.rest2 * slope * slope", "params.rest2 * slope"),
            ("adamw", "", "i < kept[2u * below - 1u]", "i <= kept[2u * below - 1u]"),
            ("pad", "", "col < params.cols", "col + 1u < params.cols"),
            ("quantize_rows", "", "lane < first + lanes", "lane + 1u < first + lanes"),
        ] {
            let entry = ALL.iter().find(|e| e.name == kernel).expect("the kernel is listed");
            assert!(entry.source.contains(right), "{kernel}: no {right:?}");
            gpu.replace_source(entry.name, Some(&entry.source.replace(right, wrong)));
            // The check looks at what is in use.
            gpu.force_variant(kernel, Some(variant).filter(|v| !v.is_empty()));
            let health = block_on((entry.check)(gpu, Depth::InUse));
            gpu.force_variant(kernel, None);
            gpu.replace_source(entry.name, None);
            assert!(!health.expect("it still compiles").ok, "{kernel}: {wrong:?} went unnoticed");
        }
    });
}
