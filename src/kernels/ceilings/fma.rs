//! Chains of multiply-adds; `shaders/fma.wgsl`, reference `math::fma`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::kernels::layout::WIDTH;
use crate::kernels::params::params;
use crate::math;
use crate::protocol::LabError;

pub(in crate::kernels) const NAME: &str = "fma";
pub(in crate::kernels) const SOURCE: &str = shader!("fma");

const CHAINS: Kernel = Kernel { name: NAME, source: SOURCE, entry: "fma_chains", bindings: &[(1, Access::Write)] };
const ONE_CHAIN: Kernel = Kernel { entry: "fma_v1", ..CHAINS };

params! {
    count: u32,
    rounds: u32,
    minus: f32,
    first: f32,
    second: f32,
}

/// Numbers that an invocation works on.
pub(super) const PER_INVOCATION: usize = 8;
/// Operations of one invocation in one round: 8 chains, 8 pairs of multiply-adds, two operations each.
pub(super) const OPERATIONS: u64 = 8 * 16 * 2;
/// Half of where llvmpipe ends loops; numbers stay far below 2^24, where whole numbers stop being exact.
pub(super) const MAX_ROUNDS: u64 = 32768;
const MINUS: f32 = -1.0;
const FIRST: f32 = 3.0;
const SECOND: f32 = 5.0;

/// Records `rounds` rounds of `count` invocations.
///
/// # Errors
/// Those of [`Batch::run`].
pub(super) fn record(batch: &mut Batch<'_>, numbers: &GpuBuffer, count: u64, rounds: u64) -> Result<(), LabError> {
    run(batch, &CHAINS, numbers, count, rounds)
}

fn run(batch: &mut Batch<'_>, kernel: &Kernel, numbers: &GpuBuffer, count: u64, rounds: u64) -> Result<(), LabError> {
    let params = Params { count: count as u32, rounds: rounds as u32, minus: MINUS, first: FIRST, second: SECOND };
    batch.run(kernel, &[], &params, &[numbers], count.div_ceil(WIDTH))
}

/// Whether the chains that start at number `first` ended where they must; every step is exact.
pub(super) fn is_right(got: &[f32], first: usize, rounds: usize) -> bool {
    let start: Vec<f32> = (first..first + got.len()).map(|i| (i % 1021) as f32).collect();
    let expected = math::fma(&start, rounds, MINUS, FIRST, SECOND);
    got.iter().zip(&expected).all(|(&got, &expected)| f64::from(got) == expected)
}

/// Ragged counts of invocations and rounds, both versions.
pub(in crate::kernels) async fn check(gpu: &Gpu) -> Result<f64, LabError> {
    let mut wrong = 0.0;
    for kernel in [&ONE_CHAIN, &CHAINS] {
        for (count, rounds) in [(1, 1), (65, 0), (131, 7)] {
            let numbers = gpu.allocate("fma", (count * PER_INVOCATION * 4) as u64)?;
            let mut batch = Batch::new(gpu);
            run(&mut batch, kernel, &numbers, count as u64, rounds as u64)?;
            let slot = batch.read(&numbers, 0, numbers.size_bytes());
            if !is_right(&batch.finish().await?.get::<f32>(&slot), 0, rounds) {
                wrong = f64::INFINITY;
            }
        }
    }
    Ok(wrong)
}
