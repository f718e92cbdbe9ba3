//! Operands that do not fit.

use afina::gpu::{Batch, Gpu};
use afina::kernels::product::{
    Kept, LowRank, Optimizing, Storage, adamw, forward, input_gradient, quantize_rows, upload_weights, weight_gradient,
};
use afina::kernels::{GpuMatrix, upload_matrix};
use afina::math::AdamW;
use afina::protocol::LabError;

use crate::shared::on_gpu;

fn blank(gpu: &Gpu, rows: usize, cols: usize) -> GpuMatrix {
    upload_matrix(gpu, &vec![0.0; rows * cols], rows, cols).unwrap()
}

fn refused<T>(got: Result<T, LabError>) {
    assert!(matches!(got, Err(LabError::Shape { .. })), "{:?}", got.err());
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    on_gpu(|gpu| {
        for storage in [Storage::F32, Storage::W8a8 { group: 32 }, Storage::Nf4 { group: 64, double: true }] {
            let weights = upload_weights(gpu, &[0.5; 48], 6, 8, storage).unwrap();
            let (x, y) = (blank(gpu, 3, 8), blank(gpu, 3, 6));
            let up = gpu.upload("up", &[0f32; 11]).unwrap();
            let z = blank(gpu, 3, 2);
            let short = LowRank { z: &z, up: &up, rank: 2, out_stride: 2, rank_stride: 1, scale: 1.0 };
            let wrong_rank = LowRank { rank: 3, ..LowRank { ..short } };
            let mut batch = Batch::new(gpu);
            refused(forward(gpu, &mut batch, &y, &weights, None, &y));
            refused(forward(gpu, &mut batch, &x, &weights, None, &x));
            refused(forward(gpu, &mut batch, &x, &weights, Some(&short), &y));
            refused(forward(gpu, &mut batch, &x, &weights, Some(&wrong_rank), &y));
            refused(input_gradient(gpu, &mut batch, &x, &weights, None, &y));
            refused(weight_gradient(gpu, &mut batch, &x, &y, &x));
        }
        refused(upload_weights(gpu, &[], 0, 8, Storage::F32));
        refused(upload_weights(gpu, &[1.0; 7], 2, 4, Storage::F32));
    });
}

#[test]
fn groups_that_no_kernel_knows_are_refused() {
    on_gpu(|gpu| {
        for group in [0, 16, 48, 256] {
            for storage in [
                Storage::Int8 { group, asymmetric: false },
                Storage::W8a8 { group },
                Storage::Int4 { group, asymmetric: true, half_scales: true },
                Storage::Nf4 { group, double: true },
            ] {
                let got = upload_weights(gpu, &[1.0; 64], 1, 64, storage);
                assert!(matches!(got, Err(LabError::Unknown { .. })), "{storage:?}");
            }
            let got = quantize_rows(gpu, &mut Batch::new(gpu), &blank(gpu, 1, 64), group);
            assert!(matches!(got, Err(LabError::Unknown { .. })), "{group}");
        }
    });
}

#[test]
fn a_step_that_does_not_fit_is_refused() {
    on_gpu(|gpu| {
        let (large, small) = (gpu.upload("large", &[0f32; 8]).unwrap(), gpu.upload("small", &[0f32; 7]).unwrap());
        let all = Optimizing { count: 8, p: &large, m: &large, v: &large, g: &small, kept: None };
        let mut batch = Batch::new(gpu);
        let settings = AdamW::default();
        refused(adamw(gpu, &mut batch, &all, &settings, 1));
        let all = Optimizing { count: 7, ..all };
        refused(adamw(gpu, &mut batch, &all, &settings, 0));
        let beyond = Kept::new(gpu, &[0..1, 2..8]).unwrap();
        refused(adamw(gpu, &mut batch, &Optimizing { kept: Some(&beyond), ..all }, &settings, 1));
        refused(Kept::new(gpu, &[2..5, 4..6]));
    });
}
