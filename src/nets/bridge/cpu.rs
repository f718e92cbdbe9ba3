//! The operations on burn's `flex` backend, with the loops of `math`; dense products are burn's own, which are fast there.

use burn::backend::flex::FlexTensor;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Flex, TensorData};

use crate::math::{FastActivations, FastVersion, LowRankUpdate, fast_input_gradient, product_rows};
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

/// `Y = X W^T`
fn forward(x: &[f32], w: &FrozenWeights) -> Result<Vec<f32>, LabError> {
    let weights = w.cpu()?;
    let mut y = vec![0f32; x.len() / w.cols * w.rows];
    product_rows(&FastActivations::new(x, weights), weights, 0..w.rows, FastVersion::Tiles, &mut y);
    Ok(y)
}

impl Products for Flex {
    fn frozen(x: &FlexTensor, w: &FrozenWeights) -> Result<FlexTensor, LabError> {
        Ok(tensor(forward(Values::of(x).get()?, w)?, sides(x).0, w.rows))
    }

    fn frozen_gradient(dy: &FlexTensor, w: &FrozenWeights) -> Result<FlexTensor, LabError> {
        Ok(tensor(fast_input_gradient(Values::of(dy).get()?, w.cpu()?), sides(dy).0, w.cols))
    }

    fn low_rank(on: &LowRank<FlexTensor>) -> Result<(FlexTensor, FlexTensor), LabError> {
        let (rank, rows) = (sides(&on.a).0, sides(&on.x).0);
        let [x, a, b] = [&on.x, &on.a, &on.b].map(Values::of);
        let update = LowRankUpdate { a: a.get()?, b: b.get()?, rank, scale: on.scale };
        let mut y = forward(x.get()?, &on.w)?;
        let z = update.down(x.get()?);
        update.add_up(&z, &mut y);
        Ok((tensor(y, rows, on.w.rows), tensor(z, rows, rank)))
    }

    fn low_rank_gradients(
        on: &LowRank<FlexTensor>,
        z: &FlexTensor,
        dy: &FlexTensor,
        wants_dx: bool,
    ) -> Result<LowRankSlopes<FlexTensor>, LabError> {
        let (rank, rows) = (sides(&on.a).0, sides(&on.x).0);
        let [x, a, b, z, dy] = [&on.x, &on.a, &on.b, z, dy].map(Values::of);
        let update = LowRankUpdate { a: a.get()?, b: b.get()?, rank, scale: on.scale };
        let mut dx = if wants_dx { fast_input_gradient(dy.get()?, on.w.cpu()?) } else { vec![0f32; rows * on.w.cols] };
        let slopes = update.gradients(x.get()?, dy.get()?, z.get()?, &mut dx);
        Ok(LowRankSlopes {
            dx: wants_dx.then(|| tensor(dx, rows, on.w.cols)),
            da: tensor(slopes.da, rank, on.w.cols),
            db: tensor(slopes.db, on.w.rows, rank),
        })
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
