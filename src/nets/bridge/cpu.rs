//! The operations on burn's `flex` backend: its own products, which are fast there, and for few rows the loops of `math`,
//! which read quantized weights as they are.

use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Flex, TensorData};

use crate::kernels::product::Storage;
use crate::math::{FastActivations, FastVersion, fast_input_gradient, product_rows};
use crate::nets::FrozenWeights;
use crate::protocol::LabError;

use super::extend::{LowRank, LowRankSlopes, Products, sides};

/// A tensor's values, row-major.
struct Values(FlexTensor);

impl Values {
    fn of(tensor: &FlexTensor) -> Values {
        // A transposed or repeated tensor exists only as strides.
        Values(tensor.to_contiguous())
    }

    fn get(&self) -> Result<&[f32], LabError> {
        self.0.as_slice::<f32>().ok_or_else(|| LabError::Kernel {
            kernel: "burn".into(),
            message: format!("{:?} is not a matrix of f32", self.0.layout()),
        })
    }
}

fn tensor(values: Vec<f32>, rows: usize, cols: usize) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, [rows, cols]))
}

/// From so many rows on, a weight is written out as f32 for burn's own product, which is the faster one then.
const MANY_ROWS: usize = 16;

/// The weight as burn's, where that pays; W8A8 is a product of its own.
fn written_out(w: &FrozenWeights, rows: usize) -> Result<Option<FlexTensor>, LabError> {
    let pays = rows >= MANY_ROWS && !matches!(w.storage, Storage::W8a8 { .. });
    Ok(if pays { Some(tensor(w.cpu()?.dense(), w.rows, w.cols)) } else { None })
}

/// `X Y`
fn multiplied(x: &FlexTensor, y: &FlexTensor) -> FlexTensor {
    Flex::float_matmul(x.clone(), y.clone())
}

/// `X^T`
fn turned(x: &FlexTensor) -> FlexTensor {
    Flex::float_transpose(x.clone())
}

fn scaled(x: FlexTensor, factor: f32) -> FlexTensor {
    Flex::float_mul_scalar(x, factor.into())
}

impl Products for Flex {
    fn frozen(x: &FlexTensor, w: &FrozenWeights) -> Result<FlexTensor, LabError> {
        let rows = sides(x).0;
        if let Some(w) = written_out(w, rows)? {
            return Ok(multiplied(x, &turned(&w)));
        }
        let (weights, x) = (w.cpu()?, Values::of(x));
        let x = x.get()?;
        let mut y = vec![0f32; rows * w.rows];
        product_rows(&FastActivations::new(x, weights), weights, 0..w.rows, FastVersion::Tiles, &mut y);
        Ok(tensor(y, rows, w.rows))
    }

    fn frozen_gradient(dy: &FlexTensor, w: &FrozenWeights) -> Result<FlexTensor, LabError> {
        let rows = sides(dy).0;
        match written_out(w, rows)? {
            Some(w) => Ok(multiplied(dy, &w)),
            None => Ok(tensor(fast_input_gradient(Values::of(dy).get()?, w.cpu()?), rows, w.cols)),
        }
    }

    fn low_rank(on: &LowRank<FlexTensor>) -> Result<(FlexTensor, FlexTensor), LabError> {
        let z = multiplied(&on.x, &turned(&on.a));
        let update = scaled(multiplied(&z, &turned(&on.b)), on.scale);
        Ok((Flex::float_add(Flex::frozen(&on.x, &on.w)?, update), z))
    }

    fn low_rank_gradients(
        on: &LowRank<FlexTensor>,
        z: &FlexTensor,
        dy: &FlexTensor,
        wants_dx: bool,
    ) -> Result<LowRankSlopes<FlexTensor>, LabError> {
        let dz = scaled(multiplied(dy, &on.b), on.scale);
        let dx = match wants_dx {
            true => Some(Flex::float_add(Flex::frozen_gradient(dy, &on.w)?, multiplied(&dz, &on.a))),
            false => None,
        };
        Ok(LowRankSlopes { dx, da: multiplied(&turned(&dz), &on.x), db: scaled(multiplied(&turned(dy), z), on.scale) })
    }

    fn dense(x: &FlexTensor, w: &FlexTensor) -> Result<FlexTensor, LabError> {
        Ok(Flex::float_matmul(x.clone(), Flex::float_transpose(w.clone())))
    }

    fn dense_input_gradient(dy: &FlexTensor, w: &FlexTensor) -> Result<FlexTensor, LabError> {
        Ok(Flex::float_matmul(dy.clone(), w.clone()))
    }

    fn dense_weight_gradient(dy: &FlexTensor, x: &FlexTensor) -> Result<FlexTensor, LabError> {
        Ok(Flex::float_matmul(Flex::float_transpose(dy.clone()), x.clone()))
    }
}
