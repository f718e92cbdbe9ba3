//! A layer with a low-rank update, forwards and backwards.

use crate::gpu::{Batch, Gpu};
use crate::kernels::{GpuMatrix, upload_matrix};
use crate::math::{self, LoraShape};
use crate::protocol::LabError;

use super::super::{Lora, LoraSlopes, lora_backward, lora_forward};
use super::{SCALE, Storage, WEIGHT_ROUNDINGS, absolute, agreement, held, made, upload_weights};

/// The worst disagreement of a layer with an update, of its outputs and its three gradients, on made-up operands; the
/// weight is held as `storage` holds it. Not for W8A8, whose activations are rounded.
///
/// # Errors
/// Those of the products.
pub async fn lora_case(gpu: &Gpu, storage: Storage, shape: LoraShape) -> Result<f64, LabError> {
    let LoraShape { m, n, k, r } = shape;
    let (x, dy, w) = (made(m, k, 10), made(m, n, 11), made(n, k, 12));
    let (a, b) = (made(r, k, 13), made(n, r, 14));
    let weights = upload_weights(gpu, &w, n, k, storage)?;
    let (w, w_abs) = held(storage, &w, n, k)?;
    let (x_gpu, dy_gpu) = (upload_matrix(gpu, &x, m, k)?, upload_matrix(gpu, &dy, m, n)?);
    let lora = Lora { a: upload_matrix(gpu, &a, r, k)?, b: upload_matrix(gpu, &b, n, r)?, scale: SCALE };
    let zeroed = |what, rows, cols| GpuMatrix::zeroed(gpu, what, rows, cols);
    let (y, z, dz) = (zeroed("y", m, n)?, zeroed("z", m, r)?, zeroed("dz", m, r)?);
    let (dx, da, db) = (zeroed("dx", m, k)?, zeroed("da", r, k)?, zeroed("db", n, r)?);
    let mut batch = Batch::new(gpu);
    lora_forward(gpu, &mut batch, &x_gpu, &weights, &lora, &z, &y)?;
    let slopes = LoraSlopes { dz: &dz, da: &da, db: &db, dx: Some(&dx) };
    lora_backward(gpu, &mut batch, &x_gpu, &dy_gpu, &weights, &lora, &z, &slopes)?;
    let slots = [&y, &dx, &da, &db].map(|m| batch.read(m.buffer(), 0, m.count() as u64 * 4));
    let readings = batch.finish().await?;
    let [y, dx, da, db] = slots.map(|slot| readings.get::<f32>(&slot));

    let [x_abs, dy_abs, a_abs, b_abs] = [&x, &dy, &a, &b].map(|values| absolute(values));
    let y_abs = math::lora_forward(&x_abs, &w_abs, &a_abs, &b_abs, SCALE, shape);
    let back_abs = math::lora_backward(&x_abs, &dy_abs, &w_abs, (&a_abs, &b_abs), SCALE, shape);
    let back = math::lora_backward(&x, &dy, &w, (&a, &b), SCALE, shape);
    let forward = math::lora_forward(&x, &w, &a, &b, SCALE, shape);
    let chained = agreement::chained_products;
    Ok(chained(&forward, &y_abs, &y, k, k + r + WEIGHT_ROUNDINGS)
        .max(chained(&back.dx, &back_abs.dx, &dx, n, n + r + WEIGHT_ROUNDINGS))
        .max(chained(&back.da, &back_abs.da, &da, n, m))
        .max(chained(&back.db, &back_abs.db, &db, k, m)))
}
