//! The steps of the quantization lab, on the device and in their references.

use crate::gpu::{Gpu, now_millis};
use crate::math::{self, Axis, Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry, Viewport};
use crate::protocol::LabError;

use crate::kernels::{self, Bins, Depth, GpuMatrix, SurveyRequest, check_all};

/// What one measured step takes on one tier.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Row {
    /// `quantize INT4 g32`
    pub name: String,
    /// `gpu` or `cpu`
    pub tier: &'static str,
    pub rows: usize,
    pub cols: usize,
    pub median_millis: f64,
    /// Bytes that the step must at least read and write, over the median.
    pub gigabytes_per_second: f64,
}

/// A benchmark's result.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Report {
    pub device: String,
    pub software: bool,
    /// Kernels that disagree with their reference here; their rows mean nothing.
    pub unhealthy: Vec<String>,
    pub rows: Vec<Row>,
}

/// Runs of each step; the median of them counts.
const REPEATS: usize = 5;
const SEED: u32 = 5;
/// Cells on a side of the picture, as the lab draws it.
const CELLS: usize = 192;
const BINS: Bins = Bins { lo: -0.2, hi: 0.2, bins: 256 };

fn spec(format: Format, granularity: Granularity, scale_rule: ScaleRule, scale_storage: ScaleStorage) -> QuantSpec {
    let (symmetry, rounding) = (Symmetry::Symmetric, Rounding::Nearest);
    QuantSpec { format, symmetry, granularity, rounding, scale_rule, scale_storage }
}

/// The specifications that are timed, with their names.
fn specs() -> Vec<(&'static str, QuantSpec)> {
    use Granularity::{Block, Group, Row, Tensor};
    use ScaleRule::{AbsMax, LeastSquares, Percentile};
    let int4 = |granularity, rule| spec(Format::Int(4), granularity, rule, ScaleStorage::F16);
    vec![
        ("INT8 g32", spec(Format::Int(8), Group(32), AbsMax, ScaleStorage::F16)),
        ("INT4 g32", int4(Group(32), AbsMax)),
        ("INT4 row", int4(Row, AbsMax)),
        ("INT4 tensor", int4(Tensor, AbsMax)),
        ("INT4 g32 percentile", int4(Group(32), Percentile { percent: 99.0 })),
        ("INT4 tensor percentile", int4(Tensor, Percentile { percent: 99.0 })),
        ("INT4 g32 least squares", int4(Group(32), LeastSquares)),
        ("NF4 b64 double", spec(Format::Nf4, Block(64), AbsMax, ScaleStorage::Double)),
        ("FP8 E4M3 row", spec(Format::Fp8E4m3, Row, AbsMax, ScaleStorage::F32)),
    ]
}

struct Bench<'a> {
    gpu: &'a Gpu,
    rows: usize,
    cols: usize,
    done: Vec<Row>,
}

impl Bench<'_> {
    fn record(&mut self, name: &str, tier: &'static str, bytes: f64, millis: Vec<f64>) {
        let median_millis = math::median(millis);
        self.done.push(Row {
            name: name.into(),
            tier,
            rows: self.rows,
            cols: self.cols,
            median_millis,
            gigabytes_per_second: bytes / median_millis * 1e-6,
        });
    }

    /// Times GPU work until its results are there; the first run, which compiles, is not counted.
    async fn on_gpu<F>(&mut self, name: &str, bytes: f64, step: impl Fn() -> F) -> Result<(), LabError>
    where
        F: Future<Output = Result<(), LabError>>,
    {
        let mut millis = Vec::with_capacity(REPEATS);
        for repeat in 0..=REPEATS {
            self.finish().await?;
            let begun = now_millis();
            step().await?;
            self.finish().await?;
            if repeat > 0 {
                millis.push(now_millis() - begun);
            }
        }
        self.record(name, "gpu", bytes, millis);
        Ok(())
    }

    fn on_cpu<T>(&mut self, name: &str, bytes: f64, step: impl Fn() -> T) {
        let mut millis = Vec::with_capacity(REPEATS);
        for repeat in 0..=REPEATS {
            let begun = now_millis();
            std::hint::black_box(step());
            if repeat > 0 {
                millis.push(now_millis() - begun);
            }
        }
        self.record(name, "cpu", bytes, millis);
    }

    /// Waits for everything submitted.
    async fn finish(&self) -> Result<(), LabError> {
        crate::gpu::Batch::new(self.gpu).finish().await.map(|_| ())
    }
}

/// Times every step at `rows x cols` on both tiers. The last row, `slider`, is what a change of a setting costs: quantize,
/// dequantize and everything that the lab shows of one format.
///
/// # Errors
/// Those of the kernels.
pub async fn run(gpu: &Gpu, rows: usize, cols: usize) -> Result<Report, LabError> {
    let unhealthy =
        check_all(gpu, Depth::InUse).await.into_iter().filter(|h| !h.ok).map(|h| h.kernel.to_owned()).collect();
    let w = math::gaussian(rows, cols, SEED);
    let x = math::activations(cols, SEED);
    let matrix = kernels::upload_matrix(gpu, &w, rows, cols)?;
    let mut bench = Bench { gpu, rows, cols, done: Vec::new() };
    let matrix_bytes = (rows * cols * 4) as f64;
    for (name, spec) in specs() {
        let code_bytes = (rows * cols) as f64 * f64::from(spec.format.bits()) / 8.0;
        let quantize = || async { kernels::quantize(gpu, &matrix, &spec).await.map(|_| ()) };
        bench.on_gpu(&format!("quantize {name}"), matrix_bytes + code_bytes, quantize).await?;
        bench.on_cpu(&format!("quantize {name}"), matrix_bytes + code_bytes, || math::quantize(&w, rows, cols, &spec));
    }
    let (_, spec) = specs()[1];
    let quantized = kernels::quantize(gpu, &matrix, &spec).await?;
    let restored = kernels::dequantize(gpu, &quantized)?;
    let w_hat = kernels::read_matrix(gpu, &restored).await?;
    on_both_tiers(&mut bench, (&matrix, &restored), (&w, &w_hat), &x).await?;
    let reference = math::quantize(&w, rows, cols, &spec);
    let dequantize = || async { kernels::dequantize(gpu, &quantized).map(|_| ()) };
    bench.on_gpu("dequantize INT4 g32", matrix_bytes * 1.125, dequantize).await?;
    bench.on_cpu("dequantize INT4 g32", matrix_bytes * 1.125, || math::dequantize(&reference));
    let request = SurveyRequest {
        rows: true,
        columns: true,
        histogram: Some(BINS),
        error_histogram: Some(BINS),
        activations: Some(&x),
        heatmap: Some((whole(rows, cols), CELLS.min(rows), CELLS.min(cols))),
    };
    let slider = || async {
        let quantized = kernels::quantize(gpu, &matrix, &spec).await?;
        let restored = kernels::dequantize(gpu, &quantized)?;
        kernels::survey(gpu, &matrix, &restored, &request).await.map(|_| ())
    };
    bench.on_gpu("slider INT4 g32", matrix_bytes * 14.0, slider).await?;
    Ok(Report { device: gpu.adapter_key(), software: gpu.is_software, unhealthy, rows: bench.done })
}

fn whole(rows: usize, cols: usize) -> Viewport {
    Viewport { row: 0, col: 0, rows, cols }
}

async fn on_both_tiers(
    bench: &mut Bench<'_>,
    (a, b): (&GpuMatrix, &GpuMatrix),
    (w, w_hat): (&[f32], &[f32]),
    x: &[f32],
) -> Result<(), LabError> {
    let (gpu, rows, cols) = (bench.gpu, bench.rows, bench.cols);
    let bytes = (rows * cols * 4) as f64;
    for (name, axis) in [("error_stats rows", Axis::Rows), ("error_stats columns", Axis::Columns)] {
        let step = || async { kernels::error_stats(gpu, a, b, axis).await.map(|_| ()) };
        bench.on_gpu(name, bytes * 2.0, step).await?;
        bench.on_cpu(name, bytes * 2.0, || math::error_stats(w, w_hat, rows, cols, axis));
    }
    bench.on_gpu("matrix_stats", bytes, || async { kernels::matrix_stats(gpu, a).await.map(|_| ()) }).await?;
    bench.on_cpu("matrix_stats", bytes, || math::matrix_stats(w));
    let Bins { lo, hi, bins } = BINS;
    let step = || async { kernels::histogram(gpu, a, lo, hi, bins).await.map(|_| ()) };
    bench.on_gpu("histogram", bytes, step).await?;
    bench.on_cpu("histogram", bytes, || math::histogram(w, lo, hi, bins));
    bench.on_gpu("matvec", bytes, || async { kernels::matvec(gpu, a, x).await.map(|_| ()) }).await?;
    bench.on_cpu("matvec", bytes, || math::matvec(w, rows, cols, x));
    let (view, cell_rows, cell_cols) = (whole(rows, cols), CELLS.min(rows), CELLS.min(cols));
    let step = || async { kernels::heatmap(gpu, a, b, view, cell_rows, cell_cols).await.map(|_| ()) };
    bench.on_gpu("heatmap", bytes * 2.0, step).await?;
    bench.on_cpu("heatmap", bytes * 2.0, || math::heatmap(w, w_hat, rows, cols, view, cell_rows, cell_cols));
    let step = || async { kernels::scale_columns(gpu, a, &[0, 1], 8.0).map(|_| ()) };
    bench.on_gpu("scale_columns", bytes * 2.0, step).await
}

impl Report {
    /// The table that a person reads.
    pub fn table(&self) -> String {
        let mut out = format!("device: {}\n", self.device);
        if !self.unhealthy.is_empty() {
            out += &format!("DISAGREE WITH THEIR REFERENCE: {}\n", self.unhealthy.join(", "));
        }
        out += &format!("{:34} {:4} {:>12} {:>12} {:>9}\n", "step", "tier", "shape", "median ms", "GB/s");
        for row in &self.rows {
            let shape = format!("{}x{}", row.rows, row.cols);
            out += &format!(
                "{:34} {:4} {shape:>12} {:>12.3} {:>9.2}\n",
                row.name, row.tier, row.median_millis, row.gigabytes_per_second
            );
        }
        out
    }
}
