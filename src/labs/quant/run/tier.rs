//! The lab's operations on either tier under one name: kernels on the GPU, their references on the CPU.

use std::rc::Rc;

use crate::gpu::Gpu;
use crate::kernels::{self, GpuMatrix, GpuQuantized, SurveyRequest};
use crate::labs::Device;
use crate::math::{self, Axis, Cells, LineStats, MatrixStats, QuantSpec, Quantized, Viewport, Weight};
use crate::protocol::LabError;

/// A matrix `[rows, cols]` of f32 where its tier keeps it.
#[derive(Clone)]
pub struct Matrix {
    pub rows: usize,
    pub cols: usize,
    values: Values,
}

#[derive(Clone)]
enum Values {
    Cpu(Rc<Vec<f32>>),
    Gpu(Rc<Gpu>, Rc<GpuMatrix>),
}

/// A quantized matrix where its tier keeps it.
pub enum Coded {
    Cpu(Quantized),
    Gpu(GpuQuantized),
}

/// What a format lost, line by line, and what it does to a product.
pub struct Comparison {
    pub rows: Vec<LineStats>,
    pub columns: Vec<LineStats>,
    /// `W' x`
    pub product: Vec<f64>,
}

impl Matrix {
    /// Puts values on the device.
    ///
    /// # Errors
    /// [`LabError::TooLarge`], [`LabError::OutOfMemory`].
    pub fn new(device: &Device, values: Vec<f32>, rows: usize, cols: usize) -> Result<Matrix, LabError> {
        let values = match device {
            Device::Cpu => Values::Cpu(Rc::new(values)),
            Device::Gpu(gpu) => Values::Gpu(gpu.clone(), Rc::new(kernels::upload_matrix(gpu, &values, rows, cols)?)),
        };
        Ok(Matrix { rows, cols, values })
    }

    /// How many weights there are.
    pub fn len(&self) -> usize {
        self.rows * self.cols
    }

    fn on_gpu(&self, gpu: &Rc<Gpu>, matrix: GpuMatrix) -> Matrix {
        Matrix { rows: self.rows, cols: self.cols, values: Values::Gpu(gpu.clone(), Rc::new(matrix)) }
    }

    fn on_cpu(&self, values: Vec<f32>) -> Matrix {
        Matrix { rows: self.rows, cols: self.cols, values: Values::Cpu(Rc::new(values)) }
    }

    /// This matrix with `columns` multiplied by `factor`.
    pub fn scale_columns(&self, columns: &[usize], factor: f32) -> Result<Matrix, LabError> {
        Ok(match &self.values {
            Values::Cpu(values) => {
                let mut scaled = values.as_ref().clone();
                math::scale_columns(&mut scaled, self.cols, columns, factor);
                self.on_cpu(scaled)
            }
            Values::Gpu(gpu, matrix) => {
                let columns: Vec<u32> = columns.iter().map(|c| *c as u32).collect();
                self.on_gpu(gpu, kernels::scale_columns(gpu, matrix, &columns, factor)?)
            }
        })
    }

    /// Quantizes; see [`math::quantize`].
    pub async fn quantize(&self, spec: &QuantSpec) -> Result<Coded, LabError> {
        Ok(match &self.values {
            Values::Cpu(values) => Coded::Cpu(math::quantize(values, self.rows, self.cols, spec)),
            Values::Gpu(gpu, matrix) => Coded::Gpu(kernels::quantize(gpu, matrix, spec).await?),
        })
    }

    /// The values that codes of this matrix stand for.
    pub fn dequantize(&self, coded: &Coded) -> Result<Matrix, LabError> {
        match (&self.values, coded) {
            (Values::Cpu(_), Coded::Cpu(quantized)) => Ok(self.on_cpu(math::dequantize(quantized))),
            (Values::Gpu(gpu, _), Coded::Gpu(quantized)) => Ok(self.on_gpu(gpu, kernels::dequantize(gpu, quantized)?)),
            _ => Err(two_tiers()),
        }
    }

    /// Error statistics of every row against `back`.
    pub async fn error_by_row(&self, back: &Matrix) -> Result<Vec<LineStats>, LabError> {
        match (&self.values, &back.values) {
            (Values::Cpu(w), Values::Cpu(b)) => Ok(math::error_stats(w, b, self.rows, self.cols, Axis::Rows)),
            (Values::Gpu(gpu, w), Values::Gpu(_, b)) => kernels::error_stats(gpu, w, b, Axis::Rows).await,
            _ => Err(two_tiers()),
        }
    }

    /// Error statistics of rows and columns against `back`, and `W' x`; one wait on the GPU.
    pub async fn compare(&self, back: &Matrix, x: &[f32]) -> Result<Comparison, LabError> {
        match (&self.values, &back.values) {
            (Values::Cpu(w), Values::Cpu(b)) => Ok(Comparison {
                rows: math::error_stats(w, b, self.rows, self.cols, Axis::Rows),
                columns: math::error_stats(w, b, self.rows, self.cols, Axis::Columns),
                product: math::matvec(b, self.rows, self.cols, x),
            }),
            (Values::Gpu(gpu, w), Values::Gpu(_, b)) => {
                let wanted =
                    SurveyRequest { rows: true, columns: true, activations: Some(x), ..SurveyRequest::default() };
                let found = kernels::survey(gpu, w, b, &wanted).await?;
                Ok(Comparison { rows: found.rows, columns: found.columns, product: found.product })
            }
            _ => Err(two_tiers()),
        }
    }

    /// Counts of the values between `lo` and `hi`.
    pub async fn histogram(&self, lo: f32, hi: f32, bins: usize) -> Result<Vec<u32>, LabError> {
        match &self.values {
            Values::Cpu(w) => Ok(math::histogram(w, lo, hi, bins)),
            Values::Gpu(gpu, w) => kernels::histogram(gpu, w, lo, hi, bins).await,
        }
    }

    /// Counts of the signed errors of `back` between `lo` and `hi`.
    pub async fn error_histogram(&self, back: &Matrix, lo: f32, hi: f32, bins: usize) -> Result<Vec<u32>, LabError> {
        match (&self.values, &back.values) {
            (Values::Cpu(w), Values::Cpu(b)) => Ok(math::error_histogram(w, b, lo, hi, bins)),
            (Values::Gpu(gpu, w), Values::Gpu(_, b)) => kernels::error_histogram(gpu, w, b, lo, hi, bins).await,
            _ => Err(two_tiers()),
        }
    }

    /// `y = W x`.
    pub async fn matvec(&self, x: &[f32]) -> Result<Vec<f64>, LabError> {
        match &self.values {
            Values::Cpu(w) => Ok(math::matvec(w, self.rows, self.cols, x)),
            Values::Gpu(gpu, w) => kernels::matvec(gpu, w, x).await,
        }
    }

    /// The cells of the heatmaps.
    pub async fn heatmap(
        &self,
        back: &Matrix,
        view: Viewport,
        cell_rows: usize,
        cell_cols: usize,
    ) -> Result<Cells, LabError> {
        match (&self.values, &back.values) {
            (Values::Cpu(w), Values::Cpu(b)) => {
                Ok(math::heatmap(w, b, self.rows, self.cols, view, cell_rows, cell_cols))
            }
            (Values::Gpu(gpu, w), Values::Gpu(_, b)) => kernels::heatmap(gpu, w, b, view, cell_rows, cell_cols).await,
            _ => Err(two_tiers()),
        }
    }

    /// The arithmetic of one weight.
    pub async fn weight(&self, coded: &Coded, row: usize, col: usize) -> Result<Weight, LabError> {
        match (&self.values, coded) {
            (Values::Cpu(w), Coded::Cpu(q)) => Ok(math::explain(w, q, row, col)),
            (Values::Gpu(gpu, w), Coded::Gpu(q)) => kernels::weight(gpu, w, q, row, col).await,
            _ => Err(two_tiers()),
        }
    }

    /// Smallest and largest value, mean and standard deviation.
    pub async fn stats(&self) -> Result<MatrixStats, LabError> {
        match &self.values {
            Values::Cpu(w) => Ok(math::matrix_stats(w)),
            Values::Gpu(gpu, w) => kernels::matrix_stats(gpu, w).await,
        }
    }
}

/// Operands on two tiers: the device changed between two commands of one session, which the engine rules out.
fn two_tiers() -> LabError {
    LabError::Kernel { kernel: "quant".into(), message: "operands on two tiers".into() }
}
