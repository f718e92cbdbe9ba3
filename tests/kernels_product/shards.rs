//! Weights beyond what one binding holds.

use afina::gpu::{Gpu, PowerPreference, Wanted};
use afina::kernels::product::case::Case;
use afina::kernels::product::{Pass, Storage, upload_weights};
use afina::protocol::LabError;
use pollster::block_on;

use crate::shared::{NO_ADAPTER, open};
use crate::sweep::compare_some;
use crate::{counted, shape};

/// A device that binds 4 KiB at most.
fn small() -> Gpu {
    let usual = Wanted::new(PowerPreference::HighPerformance);
    let mut limits = open(&usual).handles().expect(NO_ADAPTER).adapter.limits();
    limits.max_storage_buffer_binding_size = 4096;
    open(&Wanted { limits: Some(limits), ..usual })
}

#[test]
fn weights_beyond_a_binding_are_sharded() {
    let gpu = &small();
    let floats = [shape(3, 37, 65, 7), shape(5, 64, 33, 0), shape(2, 101, 18, 2)];
    // 4 KiB hold 8 to 12 rows of INT8 or 16 to 25 of INT4 and NF4.
    let quantized = [shape(2, 37, 331, 3), shape(2, 29, 415, 0), shape(1, 41, 480, 2)];
    let mut cases = 0;
    for (storages, shapes) in [
        (&[Storage::F32, Storage::F16][..], floats),
        (
            &[
                Storage::Int8 { group: 64, asymmetric: true },
                Storage::Int4 { group: 128, asymmetric: true, half_scales: true },
                Storage::Nf4 { group: 32, double: true },
                Storage::Nf4 { group: 64, double: false },
                Storage::W8a8 { group: 128 },
            ],
            quantized,
        ),
    ] {
        for &storage in storages {
            for shape in shapes {
                for pass in [Pass::Forward, Pass::InputGradient] {
                    // Shards are the host's doing: one variant that reads values and one that reads vectors show it. What is
                    // too large to be written out is not.
                    let written = matches!(storage, Storage::Nf4 { .. }).then_some("written");
                    let variants: Vec<&str> = ["v1", "regs"].into_iter().chain(written).collect();
                    cases += compare_some(gpu, storage, pass, shape, &variants);
                }
            }
        }
    }
    counted("shards", cases);
}

#[test]
fn a_weight_is_as_large_as_it_says() {
    let gpu = &small();
    let case = block_on(Case::new(gpu, Storage::F32, Pass::Forward, shape(1, 37, 65, 0))).unwrap();
    // Rows of 68 values; three shards, the last of them padded to 8 rows.
    assert_eq!(case.weight_bytes(), 40 * 68 * 4);
    let int8 = Storage::Int8 { group: 64, asymmetric: false };
    let case = block_on(Case::new(gpu, int8, Pass::Forward, shape(1, 37, 331, 0))).unwrap();
    // 352 codes a row, and 6 steps.
    assert_eq!(case.weight_bytes(), 37 * 352 + 37 * 6 * 4);
    // Not even four rows of this one.
    let refused = upload_weights(gpu, &vec![0.0; 4 * 300], 4, 300, Storage::F32);
    assert!(matches!(refused, Err(LabError::TooLarge { .. })));
}
