//! Every kernel on several shapes, shape by shape: what a learner's version of it has to stand.
//!
//! The comparisons are those of the health check and of the tests, references in f64 and derived tolerances included; here
//! they are listed one by one, with the entry points insisted on, so that a verdict names a version and a shape. They run
//! on any [`Gpu`], an interpreted one included.
//!
//! Dimension legend: `M` rows, `K` inputs or columns, `N` outputs, `R` LoRA rank.

mod decoder;
mod products;

use std::future::Future;
use std::pin::Pin;

use crate::gpu::Gpu;
use crate::protocol::LabError;

use super::{ALL, Depth, KernelEntry, matrix_health};

/// The worst disagreement in multiples of what is allowed, once it is known.
pub type Judging<'a> = Pin<Box<dyn Future<Output = Result<f64, LabError>> + 'a>>;

/// A kernel on one shape.
pub struct Trial {
    /// Sides, the way the kernel's own file names them: `9 × 70 × 37, r 3`.
    pub shape: String,
    /// The entry point that is insisted on; `None` where the host chooses.
    pub entry: Option<&'static str>,
    judge: Box<dyn for<'a> Fn(&'a Gpu) -> Judging<'a>>,
}

impl Trial {
    fn new(
        shape: String,
        entry: Option<&'static str>,
        judge: impl for<'a> Fn(&'a Gpu) -> Judging<'a> + 'static,
    ) -> Trial {
        Trial { shape, entry, judge: Box::new(judge) }
    }

    /// Compares the kernel with its reference; at most 1 is agreement.
    pub fn judge<'a>(&self, gpu: &'a Gpu) -> Judging<'a> {
        (self.judge)(gpu)
    }
}

/// `M`, `K`, `N`, `R`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sides {
    pub m: usize,
    pub k: usize,
    pub n: usize,
    pub r: usize,
}

const fn sides(m: usize, k: usize, n: usize, r: usize) -> Sides {
    Sides { m, k, n, r }
}

/// Shapes of matrices `[N, K]` that fit no tile, no word and no group; three rows at least.
const MATRICES: [Sides; 3] = [sides(1, 131, 37, 0), sides(1, 257, 3, 0), sides(1, 64, 17, 0)];
/// Numbers of a matrix at most when it is timed: its reference takes some tens of milliseconds.
const TIMED_NUMBERS: usize = 1 << 17;
/// The same where the reference tries hundreds of scales for each group, or sorts it.
const TIMED_SEARCHED: usize = 1 << 14;

/// All trials of a kernel of [`ALL`]: ragged shapes, every entry point; none for a kernel that does not exist.
pub fn of(kernel: &str) -> Vec<Trial> {
    if let Some(shapes) = products::shapes(kernel) {
        let all = shapes.iter().flat_map(|shape| products::trials(kernel, *shape));
        return all.chain(products::long_trials(kernel)).collect();
    }
    if let Some(shapes) = decoder::shapes(kernel) {
        return shapes.iter().flat_map(|shape| decoder::trials(kernel, *shape)).collect();
    }
    if is_matrix_kernel(kernel) {
        return MATRICES.iter().flat_map(|shape| matrix(kernel, *shape)).collect();
    }
    ALL.iter().find(|e| e.name == kernel).into_iter().map(whole).collect()
}

/// The trials of a kernel at one shape, for timing; sides are halved until the reference takes a fraction of a second.
pub fn at(gpu: &Gpu, kernel: &str, wanted: Sides) -> Vec<Trial> {
    if products::shapes(kernel).is_some() {
        return products::trials(kernel, products::bearable(gpu, wanted));
    }
    if decoder::shapes(kernel).is_some() {
        let m = wanted.m.max(1);
        return decoder::trials(kernel, Sides { k: wanted.k.clamp(3, TIMED_NUMBERS / m), ..wanted });
    }
    if is_matrix_kernel(kernel) {
        let most = if kernel.starts_with("group_") { TIMED_SEARCHED } else { TIMED_NUMBERS };
        let (mut n, mut k) = (wanted.n.max(3), wanted.k.max(20));
        while n * k > most {
            if n > k { n /= 2 } else { k /= 2 }
        }
        return matrix(kernel, Sides { n, k, ..wanted });
    }
    ALL.iter().find(|e| e.name == kernel).into_iter().map(whole).collect()
}

/// A kernel whose check has shapes of its own.
fn whole(entry: &KernelEntry) -> Trial {
    let check = entry.check;
    Trial::new("–".into(), None, move |gpu| Box::pin(async move { Ok(check(gpu, Depth::InUse).await?.worst) }))
}

const MATRIX_KERNELS: [&str; 11] = [
    "group_range",
    "group_percentile",
    "group_scale_search",
    "quantize",
    "dequantize",
    "error_stats",
    "matrix_stats",
    "histogram",
    "matvec",
    "heatmap",
    "scale_columns",
];

fn is_matrix_kernel(kernel: &str) -> bool {
    MATRIX_KERNELS.contains(&kernel)
}

fn matrix(kernel: &str, Sides { k, n, .. }: Sides) -> Vec<Trial> {
    let shape = format!("{n} × {k}");
    macro_rules! one {
        ($check:ident) => {
            vec![Trial::new(shape, None, move |gpu| Box::pin(matrix_health::$check(gpu, n, k)))]
        };
    }
    match kernel {
        "group_range" => one!(check_group_range),
        "group_percentile" => {
            let one = |percent| {
                Trial::new(format!("{shape}, {percent} %"), None, move |gpu| {
                    Box::pin(matrix_health::check_percentile(gpu, n, k, percent))
                })
            };
            matrix_health::PERCENTS.map(one).into()
        }
        "group_scale_search" => {
            let one = |(name, format, symmetry)| {
                Trial::new(format!("{shape}, {name}"), None, move |gpu| {
                    Box::pin(matrix_health::check_search(gpu, n, k, (format, symmetry)))
                })
            };
            matrix_health::SEARCHED.map(one).into()
        }
        "quantize" => one!(check_quantize),
        "dequantize" => one!(check_dequantize),
        "error_stats" => one!(check_error_stats),
        "matrix_stats" => one!(check_matrix_stats),
        "histogram" => one!(check_histogram),
        "matvec" => one!(check_matvec),
        "heatmap" => one!(check_heatmap),
        "scale_columns" => one!(check_scale_columns),
        _ => Vec::new(),
    }
}

/// What a trial insists on, until it is dropped: a variant of a kernel, a number of lanes.
struct Insisting<'g> {
    gpu: &'g Gpu,
    variant: Option<(&'static str, Option<String>)>,
    lanes: Option<u32>,
}

impl<'g> Insisting<'g> {
    fn on_variant(gpu: &'g Gpu, kernel: &'static str, variant: &str) -> Insisting<'g> {
        let before = gpu.forced_variant(kernel);
        gpu.force_variant(kernel, Some(variant));
        Insisting { gpu, variant: Some((kernel, before)), lanes: gpu.forced_lanes.get() }
    }

    fn on_lanes(gpu: &'g Gpu, lanes: u32) -> Insisting<'g> {
        let before = gpu.forced_lanes.replace(Some(lanes));
        Insisting { gpu, variant: None, lanes: before }
    }
}

impl Drop for Insisting<'_> {
    fn drop(&mut self) {
        self.gpu.forced_lanes.set(self.lanes);
        if let Some((kernel, before)) = &self.variant {
            self.gpu.force_variant(kernel, before.as_deref());
        }
    }
}
