//! Which variant of a product's kernel runs: the one that is insisted on, else the one that was measured to be the fastest
//! on this adapter for this class of shapes, else the one that experience suggests.

use crate::gpu::{Batch, Gpu, Kernel, now_millis};
use crate::math;
use crate::protocol::LabError;

use super::{Storage, forward, input_gradient, matmul_f16, matmul_f32, upload_weights, weight_gradient};
use crate::kernels::{GpuMatrix, upload_matrix};

/// Which of the three products of a linear layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pass {
    /// `Y = X W^T`
    Forward,
    /// `dX = dY W`
    InputGradient,
    /// `dW = dY^T X`
    WeightGradient,
}

/// One way to compute a product: an entry point of the kernel's file.
pub(super) struct Variant {
    /// `v1`, `rows`, `slim`, `regs`, `tiles`; what [`Gpu::force_variant`] takes.
    pub name: &'static str,
    pub kernel: Kernel,
    /// Rows and columns of the result that one workgroup computes.
    pub tile: (usize, usize),
}

impl Variant {
    /// Whether it reads single values, so that operands need no padding.
    pub(super) fn is_plain(&self) -> bool {
        self.name == PLAINEST
    }

    /// Workgroups that cover a result; the kernel counts columns of tiles first.
    pub(super) fn workgroups(&self, rows: usize, cols: usize) -> u64 {
        rows.div_ceil(self.tile.0) as u64 * cols.div_ceil(self.tile.1) as u64
    }
}

/// The first rung of every ladder: there to be understood, not to win.
const PLAINEST: &str = "v1";

/// Rows of the result up to which one pass over the weights decides, not arithmetic.
const FEW_ROWS: usize = 8;

/// The class of shapes that shares a choice: by rows of the result, because they decide how often a weight that was read
/// is used.
fn class(m: usize) -> &'static str {
    match m {
        1 => "1",
        2..=FEW_ROWS => "8",
        9..=64 => "64",
        _ => "many",
    }
}

/// What a choice is remembered under: `matmul_f32 forward 64`.
fn kind(kernel: &str, pass: Pass, m: usize) -> String {
    let pass = match pass {
        Pass::Forward => "forward",
        Pass::InputGradient => "input_gradient",
        Pass::WeightGradient => "weight_gradient",
    };
    format!("{kernel} {pass} {}", class(m))
}

/// What is used where nothing was measured, the best first: on a processor barriers are dear, on a GPU reading twice is.
fn rule(gpu: &Gpu, m: usize) -> [&'static str; 2] {
    match (m <= FEW_ROWS, gpu.is_software()) {
        (true, true) => ["slim", "regs"],
        (true, false) => ["rows", "tiles"],
        (false, true) => ["regs", "slim"],
        (false, false) => ["tiles", "rows"],
    }
}

/// The variant to use for a result of `m` rows.
pub(super) fn choose(gpu: &Gpu, kernel: &str, pass: Pass, m: usize, all: &'static [Variant]) -> &'static Variant {
    let find = |name: &str| all.iter().find(|v| v.name == name);
    let wanted = |name: Option<String>| name.as_deref().and_then(find);
    wanted(gpu.forced_variant(kernel))
        .or_else(|| wanted(gpu.choice(&kind(kernel, pass, m))))
        .or_else(|| rule(gpu, m).into_iter().find_map(find))
        .unwrap_or(&all[all.len() - 1])
}

/// The variant of a kernel of long sums with few results, where all shapes are of one class: by registers on a processor,
/// by lanes that share a sum on a GPU.
pub(super) fn choose_reduction(gpu: &Gpu, kernel: &str, all: &'static [Variant]) -> &'static Variant {
    let find = |name: &str| all.iter().find(|v| v.name == name);
    let wanted = gpu.forced_variant(kernel).or_else(|| gpu.choice(kernel));
    let rule = if gpu.is_software() { "regs" } else { "lanes" };
    wanted.as_deref().and_then(find).or_else(|| find(rule)).unwrap_or(&all[all.len() - 1])
}

/// The variants of a product, the plainest first; what [`Gpu::force_variant`] takes for [`Storage::kernel`].
pub fn variants(storage: Storage, pass: Pass) -> Vec<&'static str> {
    table(storage, pass).iter().map(|v| v.name).collect()
}

fn table(storage: Storage, pass: Pass) -> &'static [Variant] {
    match storage {
        Storage::F32 => matmul_f32::variants(pass),
        Storage::F16 => matmul_f16::variants(pass),
        Storage::Int8 { .. } | Storage::W8a8 { .. } | Storage::Int4 { .. } | Storage::Nf4 { .. } => &[],
    }
}

/// Multiplications of one measured run at most: a hundredth of a second on a software GPU.
const MEASURED_PRODUCTS: usize = 1 << 24;
/// Timed runs of each variant; the shortest counts, because noise only ever adds.
const MEASURED_RUNS: usize = 3;
const SEED: u32 = 3;

/// Measures, once for each class of shapes, which variant of a product is the fastest on this adapter, and remembers it.
///
/// Sides are shortened until a run takes hundredths of a second; the class stays the same.
///
/// # Errors
/// Those of the product.
pub async fn prepare(gpu: &Gpu, storage: Storage, pass: Pass, m: usize, n: usize, k: usize) -> Result<(), LabError> {
    let kernel = storage.kernel();
    let kind = kind(kernel, pass, m);
    let candidates: Vec<_> = variants(storage, pass).into_iter().filter(|&v| v != PLAINEST).collect();
    if gpu.choice(&kind).is_some() || gpu.forced_variant(kernel).is_some() || candidates.len() < 2 {
        return Ok(());
    }
    let m = m.min(256);
    let (mut n, mut k) = (n, k);
    while m * n * k > MEASURED_PRODUCTS {
        if n > k { n = n.div_ceil(2) } else { k = k.div_ceil(2) }
    }
    let bench = Operands::new(gpu, storage, pass, m, n, k)?;
    let mut best = vec![f64::INFINITY; candidates.len()];
    for turn in 0..=MEASURED_RUNS {
        for (variant, best) in candidates.iter().zip(&mut best) {
            gpu.force_variant(kernel, Some(variant));
            let millis = bench.run(gpu).await;
            gpu.force_variant(kernel, None);
            // The first run compiles.
            if turn > 0 {
                *best = best.min(millis?);
            }
        }
    }
    let fastest = (0..candidates.len()).min_by(|&a, &b| best[a].total_cmp(&best[b]));
    if let Some(fastest) = fastest {
        gpu.remember_choice(&kind, candidates[fastest]);
    }
    Ok(())
}

/// Made-up operands of one product.
struct Operands {
    pass: Pass,
    weights: Option<super::Weights>,
    left: GpuMatrix,
    right: Option<GpuMatrix>,
    out: GpuMatrix,
}

impl Operands {
    fn new(gpu: &Gpu, storage: Storage, pass: Pass, m: usize, n: usize, k: usize) -> Result<Operands, LabError> {
        let made = |rows, cols| upload_matrix(gpu, &math::gaussian(rows, cols, SEED), rows, cols);
        let zeroed = |rows, cols| GpuMatrix::zeroed(gpu, "measured product", rows, cols);
        let weights = match pass {
            Pass::WeightGradient => None,
            _ => Some(upload_weights(gpu, &math::gaussian(n, k, SEED), n, k, storage)?),
        };
        let (left, right, out) = match pass {
            Pass::Forward => (made(m, k)?, None, zeroed(m, n)?),
            Pass::InputGradient => (made(m, n)?, None, zeroed(m, k)?),
            Pass::WeightGradient => (made(m, n)?, Some(made(m, k)?), zeroed(n, k)?),
        };
        Ok(Operands { pass, weights, left, right, out })
    }

    /// One run, and how long it took until it was done.
    async fn run(&self, gpu: &Gpu) -> Result<f64, LabError> {
        Batch::new(gpu).finish().await?;
        let begun = now_millis();
        let mut batch = Batch::new(gpu);
        match (self.pass, &self.weights, &self.right) {
            (Pass::Forward, Some(w), _) => forward(gpu, &mut batch, &self.left, w, None, &self.out)?,
            (Pass::InputGradient, Some(w), _) => input_gradient(gpu, &mut batch, &self.left, w, None, &self.out)?,
            (_, _, Some(x)) => weight_gradient(gpu, &mut batch, &self.left, x, &self.out)?,
            (_, _, None) => {}
        }
        batch.finish().await?;
        Ok(now_millis() - begun)
    }
}
