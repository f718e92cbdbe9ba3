//! One burn operation, forward and backward, against an f64 reference: the proof that training works on this device.

use burn::tensor::{Tensor, TensorData};

use super::BurnDevice;
use super::device::values;
use crate::math::Generator;
use crate::protocol::LabError;

/// Rows of A, the shared dimension and columns of B: ragged on purpose.
const M: usize = 33;
const K: usize = 65;
const N: usize = 17;

/// What the check found.
pub struct Verdict {
    /// Largest absolute difference between burn and the reference, over the product and both gradients.
    pub max_error: f64,
    /// What rounding explains.
    pub allowed: f64,
}

/// Runs `Y = A B`, `L = sum(Y * C)` and its gradients `dA = C B^T`, `dB = A^T C` on `device`.
///
/// # Shapes
/// `a [33, 65]`, `b [65, 17]`, `c [33, 17]`
/// # Errors
/// [`LabError::Kernel`] if results cannot be read back.
pub async fn check_matmul(device: &BurnDevice) -> Result<Verdict, LabError> {
    let mut random = Generator::new(11);
    let mut matrix =
        |rows: usize, cols: usize| -> Vec<f32> { (0..rows * cols).map(|_| random.normal() as f32).collect() };
    let (a, b, c) = (matrix(M, K), matrix(K, N), matrix(M, N));
    let device = device.clone().autodiff();
    let tensor =
        |values: &[f32], shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(values.to_vec(), shape), &device);
    let (ta, tb) = (tensor(&a, [M, K]).require_grad(), tensor(&b, [K, N]).require_grad());
    let y = ta.clone().matmul(tb.clone());
    let gradients = (y.clone() * tensor(&c, [M, N])).sum().backward();
    let missing = || LabError::Kernel { kernel: "burn".into(), message: "no gradient".into() };
    let (da, db) = (ta.grad(&gradients).ok_or_else(missing)?, tb.grad(&gradients).ok_or_else(missing)?);

    let transposed = |m: &[f32], rows: usize, cols: usize| -> Vec<f32> {
        (0..rows * cols).map(|i| m[(i % rows) * cols + i / rows]).collect()
    };
    let pairs = [
        (y, product(&a, &b, M, K, N)),
        (da, product(&c, &transposed(&b, K, N), M, N, K)),
        (db, product(&transposed(&a, M, K), &c, K, M, N)),
    ];
    let mut max_error = 0.0f64;
    for (got, expected) in pairs {
        let got = values(got).await?;
        for (g, e) in got.iter().zip(&expected) {
            max_error = max_error.max((f64::from(*g) - e).abs());
        }
    }
    // n * eps32 * sum|a||b| bounds an f32 dot product of length n; |values| of a standard normal stay below 5.
    let allowed = K as f64 * f64::from(f32::EPSILON) * K as f64;
    Ok(Verdict { max_error, allowed })
}

/// `a [m, k]` times `b [k, n]`, accumulated in f64.
fn product(a: &[f32], b: &[f32], m: usize, k: usize, n: usize) -> Vec<f64> {
    let mut out = vec![0.0; m * n];
    for i in 0..m {
        for l in 0..k {
            for j in 0..n {
                out[i * n + j] += f64::from(a[i * k + l]) * f64::from(b[l * n + j]);
            }
        }
    }
    out
}
