//! `to = from`; `shaders/copy.wgsl`. Its reference is its input.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel, Overrides};
use crate::kernels::layout::WIDTH;
use crate::kernels::params::params;
use crate::protocol::LabError;

pub(in crate::kernels) const NAME: &str = "copy";
pub(in crate::kernels) const SOURCE: &str = shader!("copy");

const VECTORS: Kernel =
    Kernel { name: NAME, source: SOURCE, entry: "copy", bindings: &[(3, Access::Read), (4, Access::Write)] };
const NUMBERS: Kernel = Kernel { entry: "copy_v1", bindings: &[(1, Access::Read), (2, Access::Write)], ..VECTORS };

params! {
    count: u32,
}

const NO_OVERRIDES: Overrides<'static> = &[];
/// Vectors that one invocation of the second version copies.
const PER_INVOCATION: u64 = 4;
/// Bytes of a vector.
pub(super) const VECTOR_BYTES: u64 = 16;

/// Which rung of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version {
    Numbers,
    Vectors,
}

/// Records the copy of the first `count` vectors.
///
/// # Errors
/// Those of [`Batch::run`].
pub(super) fn record(
    batch: &mut Batch<'_>,
    version: Version,
    from: &GpuBuffer,
    to: &GpuBuffer,
    count: u64,
) -> Result<(), LabError> {
    let params = Params { count: count as u32 };
    let (kernel, per_workgroup) = match version {
        Version::Numbers => (&NUMBERS, WIDTH / 4),
        Version::Vectors => (&VECTORS, WIDTH * PER_INVOCATION),
    };
    batch.run(kernel, NO_OVERRIDES, &params, &[from, to], count.div_ceil(per_workgroup))
}

/// Ragged sizes, both versions: all of the range is copied and nothing beyond it is touched.
pub(in crate::kernels) async fn check(gpu: &Gpu) -> Result<f64, LabError> {
    /// Vectors in the buffers: two workgroups of the second version and a ragged rest.
    const VECTORS: usize = 523;
    let values: Vec<f32> = crate::math::activations(VECTORS * 4, 1);
    let from = gpu.upload("copy from", &values)?;
    let mut wrong = 0.0;
    for version in [Version::Numbers, Version::Vectors] {
        for count in [1, 63, 64, 257, VECTORS - 2] {
            let to = gpu.allocate("copy to", from.size_bytes())?;
            let mut batch = Batch::new(gpu);
            record(&mut batch, version, &from, &to, count as u64)?;
            let slot = batch.read(&to, 0, to.size_bytes());
            let got: Vec<f32> = batch.finish().await?.get(&slot);
            let expected = |i: usize| if i < count * 4 { values[i] } else { 0.0 };
            if (0..values.len()).any(|i| got[i] != expected(i)) {
                wrong = f64::INFINITY;
            }
        }
    }
    Ok(wrong)
}
