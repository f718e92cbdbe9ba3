//! burn's tensors lent to our kernels: same device, same queue, nothing is copied.
//!
//! burn keeps its work in a command encoder of its own. Before ours is submitted, burn's is ([`Lending::submit`]); burn
//! submits what comes later after it. So the queue's order is the program's order, and what burn frees or uses again
//! meanwhile is safe too.

use burn::backend::cubecl::dtype_to_storage_type;
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::{AutoCompiler, CubeTensor};
use burn::backend::{Cube, FloatDType};
use burn::cubecl::std::tensor::into_contiguous;
use burn::cubecl::wgpu::WgpuServer;
use burn::tensor::DType;

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::GpuMatrix;
use crate::kernels::product::{self, Lora, LoraSlopes, Weights};
use crate::nets::{FrozenWeights, device};
use crate::protocol::LabError;

use super::extend::{LowRank, LowRankSlopes, Products, sides};

fn burns(error: impl std::fmt::Debug) -> LabError {
    LabError::Kernel { kernel: "burn".into(), message: format!("{error:?}") }
}

/// The buffer that a tensor lies in, and at which byte it begins there.
fn place(tensor: &CubeTensor) -> Result<(wgpu::Buffer, u64), LabError> {
    let found = tensor.client.get_resource::<WgpuServer<AutoCompiler>>(tensor.handle.clone());
    let found = found.map_err(burns)?;
    Ok((found.resource().buffer.clone(), found.resource().offset))
}

/// The tensor with its rows one after the other: a transposed or repeated one exists only as strides.
fn in_rows(tensor: &CubeTensor) -> CubeTensor {
    let tensor = tensor.clone();
    if tensor.is_contiguous() {
        return tensor;
    }
    let (client, device) = (tensor.client.clone(), tensor.device.clone());
    let made = into_contiguous(&client, tensor.binding(), dtype_to_storage_type(DType::F32));
    CubeTensor::new(client, made.handle, *made.metadata, device, DType::F32)
}

/// Work of ours on tensors of burn's.
pub struct Lending<'g> {
    gpu: &'g Gpu,
    pub batch: Batch<'g>,
    /// The tensors whose memory is lent; kept until the work is submitted.
    lent: Vec<CubeTensor>,
}

impl<'g> Lending<'g> {
    /// Nothing yet.
    pub fn new(gpu: &'g Gpu) -> Lending<'g> {
        Lending { gpu, batch: Batch::new(gpu), lent: Vec::new() }
    }

    /// A tensor's memory as a matrix of ours.
    ///
    /// # Errors
    /// [`LabError::Shape`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`]; [`LabError::Kernel`] with burn's message.
    pub fn matrix(&mut self, tensor: &CubeTensor) -> Result<GpuMatrix, LabError> {
        let (rows, cols) = sides(tensor);
        GpuMatrix::in_buffer(self.buffer(tensor, rows * cols)?, rows, cols)
    }

    /// The memory of a tensor of `count` values, to be read.
    ///
    /// # Errors
    /// As [`Lending::matrix`].
    pub fn buffer(&mut self, tensor: &CubeTensor, count: usize) -> Result<GpuBuffer, LabError> {
        let tensor = in_rows(tensor);
        let bytes = (count * size_of::<f32>()) as u64;
        let (raw, at) = place(&tensor)?;
        let begins = at % u64::from(self.gpu.limits.min_storage_buffer_offset_alignment);
        // A slice of a tensor may begin where the device cannot bind.
        let around = GpuBuffer::lent(self.gpu, raw, at - begins, begins + bytes)?;
        self.lent.push(tensor);
        if begins == 0 {
            return Ok(around);
        }
        let copy = self.gpu.allocate("slice", bytes)?;
        self.batch.copy(&around, begins, &copy, 0, bytes);
        Ok(copy)
    }

    /// The memory of a tensor of `count` values, to be written in place.
    ///
    /// # Errors
    /// As [`Lending::matrix`].
    pub fn written(&mut self, tensor: &CubeTensor, count: usize) -> Result<GpuBuffer, LabError> {
        if !tensor.is_contiguous() {
            return Err(burns("what is to be written has gaps between its rows"));
        }
        let (raw, at) = place(tensor)?;
        self.lent.push(tensor.clone());
        GpuBuffer::lent(self.gpu, raw, at, (count * size_of::<f32>()) as u64)
    }

    /// A new tensor of burn's for a result of ours, on the device of `like`.
    fn result(&mut self, like: &CubeTensor, rows: usize, cols: usize) -> Result<(CubeTensor, GpuMatrix), LabError> {
        let tensor = Cube::float_empty([rows, cols].into(), &like.device, FloatDType::F32);
        let matrix = GpuMatrix::in_buffer(self.written(&tensor, rows * cols)?, rows, cols)?;
        Ok((tensor, matrix))
    }

    /// Submits burn's work so far, then ours.
    ///
    /// # Errors
    /// [`LabError::Kernel`], [`LabError::DeviceLost`].
    pub fn submit(self) -> Result<(), LabError> {
        if let Some(tensor) = self.lent.first() {
            tensor.client.flush().map_err(burns)?;
        }
        self.batch.submit()
    }
}

impl Products for Cube {
    fn frozen(x: &CubeTensor, w: &FrozenWeights) -> Result<CubeTensor, LabError> {
        let (gpu, weights) = w.gpu()?;
        let mut lending = Lending::new(&gpu);
        let on = lending.matrix(x)?;
        let (y, y_matrix) = lending.result(x, on.rows, w.rows)?;
        product::forward(&gpu, &mut lending.batch, &on, &weights, None, &y_matrix)?;
        lending.submit()?;
        Ok(y)
    }

    fn frozen_gradient(dy: &CubeTensor, w: &FrozenWeights) -> Result<CubeTensor, LabError> {
        let (gpu, weights) = w.gpu()?;
        let mut lending = Lending::new(&gpu);
        let on = lending.matrix(dy)?;
        let (dx, dx_matrix) = lending.result(dy, on.rows, w.cols)?;
        product::input_gradient(&gpu, &mut lending.batch, &on, &weights, None, &dx_matrix)?;
        lending.submit()?;
        Ok(dx)
    }

    fn low_rank(on: &LowRank<CubeTensor>) -> Result<(CubeTensor, CubeTensor), LabError> {
        let (gpu, weights) = on.w.gpu()?;
        let mut lending = Lending::new(&gpu);
        let x = lending.matrix(&on.x)?;
        let lora = Lora { a: lending.matrix(&on.a)?, b: lending.matrix(&on.b)?, scale: on.scale };
        let (z, z_matrix) = lending.result(&on.x, x.rows, lora.a.rows)?;
        let (y, y_matrix) = lending.result(&on.x, x.rows, on.w.rows)?;
        product::lora_forward(&gpu, &mut lending.batch, &x, &weights, &lora, &z_matrix, &y_matrix)?;
        lending.submit()?;
        Ok((y, z))
    }

    fn low_rank_gradients(
        on: &LowRank<CubeTensor>,
        z: &CubeTensor,
        dy: &CubeTensor,
        wants_dx: bool,
    ) -> Result<LowRankSlopes<CubeTensor>, LabError> {
        let (gpu, weights) = on.w.gpu()?;
        let mut lending = Lending::new(&gpu);
        let [x, z_matrix, dy_matrix] = [lending.matrix(&on.x)?, lending.matrix(z)?, lending.matrix(dy)?];
        let lora = Lora { a: lending.matrix(&on.a)?, b: lending.matrix(&on.b)?, scale: on.scale };
        let (_, dz) = lending.result(dy, x.rows, lora.a.rows)?;
        let (da, da_matrix) = lending.result(dy, lora.a.rows, lora.a.cols)?;
        let (db, db_matrix) = lending.result(dy, lora.b.rows, lora.b.cols)?;
        let dx = if wants_dx { Some(lending.result(dy, x.rows, x.cols)?) } else { None };
        let slopes = LoraSlopes { dz: &dz, da: &da_matrix, db: &db_matrix, dx: dx.as_ref().map(|(_, matrix)| matrix) };
        product::lora_backward(&gpu, &mut lending.batch, &x, &dy_matrix, &weights, &lora, &z_matrix, &slopes)?;
        lending.submit()?;
        Ok(LowRankSlopes { dx: dx.map(|(dx, _)| dx), da, db })
    }

    fn dense(x: &CubeTensor, w: &CubeTensor) -> Result<CubeTensor, LabError> {
        let gpu = device::registered()?;
        let mut lending = Lending::new(&gpu);
        let [on, w] = [lending.matrix(x)?, lending.matrix(w)?];
        let (y, y_matrix) = lending.result(x, on.rows, w.rows)?;
        let weights = Weights::of_matrix(&gpu, &mut lending.batch, &w)?;
        product::forward(&gpu, &mut lending.batch, &on, &weights, None, &y_matrix)?;
        lending.submit()?;
        Ok(y)
    }

    fn dense_input_gradient(dy: &CubeTensor, w: &CubeTensor) -> Result<CubeTensor, LabError> {
        let gpu = device::registered()?;
        let mut lending = Lending::new(&gpu);
        let [on, w] = [lending.matrix(dy)?, lending.matrix(w)?];
        let (dx, dx_matrix) = lending.result(dy, on.rows, w.cols)?;
        let weights = Weights::of_matrix(&gpu, &mut lending.batch, &w)?;
        product::input_gradient(&gpu, &mut lending.batch, &on, &weights, None, &dx_matrix)?;
        lending.submit()?;
        Ok(dx)
    }

    fn dense_weight_gradient(dy: &CubeTensor, x: &CubeTensor) -> Result<CubeTensor, LabError> {
        let gpu = device::registered()?;
        let mut lending = Lending::new(&gpu);
        let [on, x] = [lending.matrix(dy)?, lending.matrix(x)?];
        let (dw, dw_matrix) = lending.result(dy, on.cols, x.cols)?;
        product::weight_gradient(&gpu, &mut lending.batch, &on, &x, &dw_matrix)?;
        lending.submit()?;
        Ok(dw)
    }
}
