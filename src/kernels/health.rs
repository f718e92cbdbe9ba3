//! Every kernel against its reference on this very adapter: small ragged matrices, all at once, a few hundred milliseconds.
//!
//! Silently wrong results on particular GPUs are the worst known fault of this field; a kernel that fails here is not
//! used, and the visitor is told.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;

use crate::gpu::{Gpu, now_millis};
use crate::protocol::LabError;

use super::matrix_health::{self as matrices, COLS, ROWS};
use super::params::Field;

/// The verdict on one kernel.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    pub kernel: &'static str,
    /// The worst disagreement, in multiples of the derived tolerance (see [`super::agreement`]).
    pub worst: f64,
    /// 1: the derived tolerance itself.
    pub allowed: f64,
    /// Until the verdict, beside all other checks.
    pub millis: f64,
    pub ok: bool,
}

/// How much of a kernel with many variants is checked. Compiling is what a check costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Depth {
    /// The plainest variant: all that a start can afford where the processor compiles, for seconds a kernel.
    Plain,
    /// Every variant that is in use on this adapter.
    InUse,
}

impl Depth {
    /// What a start checks on this adapter.
    pub fn at_start(gpu: &Gpu) -> Depth {
        if gpu.is_software() { Depth::Plain } else { Depth::InUse }
    }
}

/// A check in progress.
pub type Checking<'a> = Pin<Box<dyn Future<Output = Result<Health, LabError>> + 'a>>;

/// One kernel: its name, its text, its parameters, its check.
#[derive(Clone, Copy)]
pub struct KernelEntry {
    pub name: &'static str,
    /// The WGSL text as it ships.
    pub source: &'static str,
    /// Fields of `Params` as the host lays them out.
    pub params: &'static [Field],
    /// Compares the kernel with its reference on this device.
    pub check: for<'a> fn(&'a Gpu, Depth) -> Checking<'a>,
}

macro_rules! entry {
    (@ $($module:ident)::+, $check:expr) => {
        KernelEntry {
            name: super::$($module)::+::NAME,
            source: super::$($module)::+::SOURCE,
            params: super::$($module)::+::FIELDS,
            check: $check,
        }
    };
    ($($module:ident)::+, variants $check:path) => {
        entry!(@ $($module)::+, |gpu, depth| Box::pin(judged(super::$($module)::+::NAME, $check(gpu, depth))))
    };
    ($($module:ident)::+, matrix $check:path) => {
        entry!(@ $($module)::+, |gpu, _| Box::pin(judged(super::$($module)::+::NAME, $check(gpu, ROWS, COLS))))
    };
    ($($module:ident)::+, $check:path) => {
        entry!(@ $($module)::+, |gpu, _| Box::pin(judged(super::$($module)::+::NAME, $check(gpu))))
    };
}

/// Every kernel there is.
pub const ALL: &[KernelEntry] = &[
    entry!(group_range, matrix matrices::check_group_range),
    entry!(group_percentile, matrix matrices::check_group_percentile),
    entry!(group_scale_search, matrix matrices::check_group_scale_search),
    entry!(quantize, matrix matrices::check_quantize),
    entry!(dequantize, matrix matrices::check_dequantize),
    entry!(error_stats, matrix matrices::check_error_stats),
    entry!(matrix_stats, matrix matrices::check_matrix_stats),
    entry!(histogram, matrix matrices::check_histogram),
    entry!(matvec, matrix matrices::check_matvec),
    entry!(heatmap, matrix matrices::check_heatmap),
    entry!(scale_columns, matrix matrices::check_scale_columns),
    entry!(product::pad, super::product::health::check_pad),
    entry!(product::matmul_f32, variants super::product::health::check_matmul_f32),
    entry!(product::matmul_f16, variants super::product::health::check_matmul_f16),
    entry!(product::matmul_int8, variants super::product::health::check_matmul_int8),
    entry!(product::matmul_int4, variants super::product::health::check_matmul_int4),
    entry!(product::matmul_nf4, variants super::product::health::check_matmul_nf4),
    entry!(product::quantize_rows, super::product::health::check_quantize_rows),
    entry!(product::matmul_w8a8, variants super::product::health::check_matmul_w8a8),
    entry!(product::lora, super::product::health::check_lora),
    entry!(product::adamw, super::product::health::check_adamw),
    entry!(ceilings::copy, super::ceilings::copy::check),
    entry!(ceilings::fma, super::ceilings::fma::check),
    entry!(nn::rms_norm, super::nn::health::check_rms_norm),
    entry!(nn::layer_norm, super::nn::health::check_layer_norm),
    entry!(nn::softmax, super::nn::health::check_softmax),
    entry!(nn::gelu, super::nn::health::check_gelu),
    entry!(nn::embed, super::nn::health::check_embed),
    entry!(nn::rope, super::nn::health::check_rope),
    entry!(nn::attention, super::nn::health::check_attention),
    entry!(nn::decode_attention, super::nn::health::check_decode_attention),
    entry!(nn::swiglu, super::nn::health::check_swiglu),
    entry!(nn::top_k, super::nn::health::check_top_k),
    entry!(nn::cosine_scores, super::nn::health::check_cosine_scores),
    entry!(nn::cosine_scores_int8, super::nn::health::check_cosine_scores_int8),
];

/// Checks every kernel. One that fails to compile or run counts as not ok.
pub async fn check_all(gpu: &Gpu, depth: Depth) -> Vec<Health> {
    let broken =
        |entry: &KernelEntry| Health { kernel: entry.name, worst: f64::INFINITY, allowed: 1.0, millis: 0.0, ok: false };
    let mut verdicts: Vec<Health> = ALL.iter().map(broken).collect();
    let hear = |at: usize, verdict: Result<Health, LabError>| {
        if let Ok(verdict) = verdict {
            verdicts[at] = verdict;
        }
        Ok(())
    };
    // Never refused: `hear` refuses nothing.
    let _ = check_each(gpu, depth, hear).await;
    verdicts
}

/// Checks every kernel; `hear` gets each verdict as it comes, with its place in [`ALL`].
///
/// All checks run at once. In Firefox an answer of the device takes 100 ms, whatever it is, and checks that wait together
/// wait once.
///
/// # Errors
/// What `hear` says; then nothing more is checked.
pub async fn check_each(
    gpu: &Gpu,
    depth: Depth,
    mut hear: impl FnMut(usize, Result<Health, LabError>) -> Result<(), LabError>,
) -> Result<(), LabError> {
    let mut open: Vec<(usize, Checking<'_>)> = ALL.iter().map(|entry| (entry.check)(gpu, depth)).enumerate().collect();
    let (mut suspects, mut refused) = (Vec::new(), Ok(()));
    poll_fn(|cx| {
        open.retain_mut(|(at, check)| match check.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(verdict)) if verdict.ok => {
                refused = std::mem::replace(&mut refused, Ok(())).and_then(|()| hear(*at, Ok(verdict)));
                false
            }
            Poll::Ready(_) => {
                suspects.push(*at);
                false
            }
        });
        if open.is_empty() || refused.is_err() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    refused?;
    // An error of the device reaches whoever waits for it first: what failed in company is judged again, alone.
    for at in suspects {
        hear(at, (ALL[at].check)(gpu, depth).await)?;
    }
    Ok(())
}

async fn judged(kernel: &'static str, work: impl Future<Output = Result<f64, LabError>>) -> Result<Health, LabError> {
    let begun = now_millis();
    let worst = work.await?;
    Ok(Health { kernel, worst, allowed: 1.0, millis: now_millis() - begun, ok: worst <= 1.0 })
}
