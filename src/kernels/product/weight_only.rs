//! Products of f32 activations with quantized weights: what INT8, INT4 and NF4 share. The kernels differ only in how
//! they decode; `matmul_int8.rs`, `matmul_int4.rs` and `matmul_nf4.rs` list their entry points.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer};
use crate::kernels::GpuMatrix;
use crate::kernels::params::params;
use crate::math::{
    self, Format, Granularity, Groups, PackedWeight, QuantSpec, ROW_CODES, Rounding, ScaleRule, ScaleStorage, Symmetry,
    packed_table_at, quantize,
};
use crate::protocol::LabError;

use super::choose::{Pass, Variant, choose};
use super::low_rank::{LowRank, low_rank_buffers, with_low_rank};
use super::pad::{LANES, pad};
use super::weights::{Shard, Weights, shard_rows};
use super::{Storage, matmul_f32, matmul_int4, matmul_int8, matmul_nf4, matmul_w8a8};

/// Group sizes that the kernels know.
const GROUPS: [usize; 3] = [32, 64, 128];

params! {
    rows: u32,
    cols: u32,
    depth: u32,
    rank: u32,
    left_pitch: u32,
    right_pitch: u32,
    result_pitch: u32,
    first: u32,
    result_first: u32,
    group: u32,
    groups: u32,
    table_at: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
    accumulate: u32,
}

/// Bindings of every entry point.
pub(super) const BINDINGS: &[(u32, Access)] = &[
    (1, Access::Read),
    (2, Access::Read),
    (3, Access::Read),
    (4, Access::Write),
    (5, Access::Read),
    (6, Access::Read),
];

/// The variant that writes the weight out as f32 and leaves the product to `matmul_f32`: decoding once costs less than
/// decoding in every tile where there are many rows.
pub(super) const WRITTEN: &str = "written";

/// Bindings of its entry point.
pub(super) const WRITTEN_BINDINGS: &[(u32, Access)] = &[(2, Access::Read), (3, Access::Read), (4, Access::Write)];

/// Lists the entry points of a kernel as `(name, rows, columns of its tile)`; forward first, then the input gradient, then
/// the tile of the one that both share, [`WRITTEN`].
macro_rules! entry_points {
    (
        $kernel:literal,
        forward: [$($name:literal $tile:expr),* $(,)?],
        gradient: [$($back:literal $back_tile:expr),* $(,)?]
        $(, written: $written:expr)? $(,)?
    ) => {
        pub(in crate::kernels) const NAME: &str = $kernel;
        pub(in crate::kernels) const SOURCE: &str = shader!($kernel);
        pub(super) const FORWARD: &[crate::kernels::product::choose::Variant] =
            &[$(entry_points!(@one $name, concat!($kernel, "_", $name), $tile, BINDINGS),)* $(entry_points!(@written $kernel, $written))?];
        pub(super) const INPUT_GRADIENT: &[crate::kernels::product::choose::Variant] =
            &[$(entry_points!(@one $back, concat!($kernel, "_grad_", $back), $back_tile, BINDINGS),)* $(entry_points!(@written $kernel, $written))?];
    };
    (@written $kernel:literal, $tile:expr) => {
        entry_points!(
            @one
            crate::kernels::product::weight_only::WRITTEN,
            concat!($kernel, "_", "written"),
            $tile,
            crate::kernels::product::weight_only::WRITTEN_BINDINGS
        )
    };
    (@one $name:expr, $entry:expr, $tile:expr, $bindings:expr) => {
        crate::kernels::product::choose::Variant {
            name: $name,
            kernel: crate::gpu::Kernel { name: NAME, source: SOURCE, entry: $entry, bindings: $bindings },
            tile: $tile,
        }
    };
}
pub(super) use entry_points;

/// Refuses a group that the kernels do not know.
pub(super) fn known_group(group: usize) -> Result<(), LabError> {
    if GROUPS.contains(&group) {
        return Ok(());
    }
    Err(LabError::Unknown { field: "group".into(), got: group.to_string() })
}

/// What a storage is quantized with; `None` for floats.
pub(super) fn spec(storage: Storage) -> Option<QuantSpec> {
    let symmetry = |asymmetric| if asymmetric { Symmetry::Asymmetric } else { Symmetry::Symmetric };
    let (format, symmetry, group, scale_storage) = match storage {
        Storage::F32 | Storage::F16 => return None,
        Storage::Int8 { group, asymmetric } => (Format::Int(8), symmetry(asymmetric), group, ScaleStorage::F32),
        Storage::W8a8 { group } => (Format::Int(8), Symmetry::Symmetric, group, ScaleStorage::F32),
        Storage::Int4 { group, asymmetric, half_scales } => {
            let scales = if half_scales { ScaleStorage::F16 } else { ScaleStorage::F32 };
            (Format::Int(4), symmetry(asymmetric), group, scales)
        }
        Storage::Nf4 { group, double } => {
            let scales = if double { ScaleStorage::Double } else { ScaleStorage::F32 };
            (Format::Nf4, Symmetry::Symmetric, group, scales)
        }
    };
    let (granularity, rounding) = (Granularity::Group(group as u32), Rounding::Nearest);
    Some(QuantSpec { format, symmetry, granularity, rounding, scale_rule: ScaleRule::AbsMax, scale_storage })
}

/// The weight as a storage holds it; `None` for floats.
///
/// # Errors
/// [`LabError::Unknown`] for a group that is not 32, 64 or 128.
pub(super) fn packed(w: &[f32], rows: usize, cols: usize, storage: Storage) -> Result<Option<PackedWeight>, LabError> {
    let Some(spec) = spec(storage) else { return Ok(None) };
    let Granularity::Group(group) = spec.granularity else { return Err(storage.unknown()) };
    known_group(group as usize)?;
    let exact = QuantSpec { scale_storage: ScaleStorage::F32, ..spec };
    Ok(Some(PackedWeight::new(&quantize(w, rows, cols, &exact), spec.scale_storage)))
}

/// Words of a row of codes, and of the scales of all rows.
pub(super) fn words(rows: usize, cols: usize, storage: Storage) -> Result<(usize, usize), LabError> {
    let spec = spec(storage).ok_or_else(|| storage.unknown())?;
    let Granularity::Group(group) = spec.granularity else { return Err(storage.unknown()) };
    known_group(group as usize)?;
    Ok(math::packed_words(&spec, rows, cols))
}

/// Puts a packed weight on the device: codes in shards of whole rows, the scales of all of them in one buffer.
pub(super) fn upload(gpu: &Gpu, packed: &PackedWeight) -> Result<Vec<Shard>, LabError> {
    let most = shard_rows(gpu, packed.row_words as u64 * 4, 1)?;
    let scales = gpu.upload("scales", &packed.scales)?;
    let mut shards = Vec::new();
    for (number, codes) in packed.codes.chunks(most * packed.row_words).enumerate() {
        shards.push(Shard {
            first: number * most,
            rows: codes.len() / packed.row_words,
            codes: gpu.upload("codes", codes)?,
            meta: Some(scales.clone()),
        });
    }
    Ok(shards)
}

/// The kernel of a storage: forward and gradient variants.
pub(super) fn variants(storage: Storage, pass: Pass) -> &'static [Variant] {
    let (forward, gradient) = match storage {
        Storage::Int8 { .. } => (matmul_int8::FORWARD, matmul_int8::INPUT_GRADIENT),
        Storage::W8a8 { .. } => (matmul_w8a8::FORWARD, matmul_int8::INPUT_GRADIENT),
        Storage::Int4 { .. } => (matmul_int4::FORWARD, matmul_int4::INPUT_GRADIENT),
        Storage::Nf4 { .. } => (matmul_nf4::FORWARD, matmul_nf4::INPUT_GRADIENT),
        Storage::F32 | Storage::F16 => (&[][..], &[][..]),
    };
    match pass {
        Pass::Forward => forward,
        Pass::InputGradient => gradient,
        Pass::WeightGradient => &[],
    }
}

/// Constants that the pipeline is made for.
fn overrides(storage: Storage) -> Vec<(&'static str, f64)> {
    let flag = |name, on| (name, f64::from(u8::from(on)));
    match storage {
        Storage::Int8 { asymmetric, .. } => vec![flag("ASYMMETRIC", asymmetric)],
        Storage::Int4 { asymmetric, half_scales, .. } => {
            vec![flag("ASYMMETRIC", asymmetric), flag("HALF_SCALES", half_scales)]
        }
        Storage::Nf4 { double, .. } => vec![flag("DOUBLE", double)],
        Storage::F32 | Storage::F16 | Storage::W8a8 { .. } => Vec::new(),
    }
}

/// The parameters that only the weight and its shard decide.
fn params_of(w: &Weights, spec: &QuantSpec, shard: &Shard) -> Params {
    let groups = Groups::new(spec.granularity, w.rows, w.cols);
    let Granularity::Group(group) = spec.granularity else { unreachable!("packed weights have groups") };
    Params {
        right_pitch: math::packed_words(spec, w.rows, w.cols).0 as u32,
        first: shard.first as u32,
        group,
        groups: groups.per_line() as u32,
        table_at: packed_table_at(spec, groups.count()) as u32,
        ..bytemuck::Zeroable::zeroed()
    }
}

with_low_rank!();

/// The codes and the scales of a shard.
pub(super) fn buffers_of(shard: &Shard) -> (&GpuBuffer, &GpuBuffer) {
    (&shard.codes, shard.meta.as_ref().unwrap_or(&shard.codes))
}

/// The variant for a product of `m` rows with this weight.
fn choose_for(gpu: &Gpu, w: &Weights, pass: Pass, m: usize) -> &'static Variant {
    let all = variants(w.storage, pass);
    let variant = choose(gpu, w.storage.kernel(), pass, m, all);
    if variant.name == WRITTEN && written_bytes(w) > gpu.largest_buffer_bytes() {
        // As codes it fits one binding, as f32 it does not.
        return all.iter().rfind(|v| v.name != WRITTEN).unwrap_or(variant);
    }
    variant
}

/// Bytes of the whole weight as f32, in whole vectors along both sides. Where one binding holds them, the codes, which are
/// smaller, are one shard.
fn written_bytes(w: &Weights) -> u64 {
    w.rows.next_multiple_of(LANES) as u64 * w.cols.next_multiple_of(LANES) as u64 * 4
}

/// Records the weight as f32.
fn written_out(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    w: &Weights,
    spec: &QuantSpec,
    variant: &Variant,
) -> Result<Weights, LabError> {
    let shard = &w.shards[0];
    let values = gpu.allocate("written weight", written_bytes(w))?;
    let params = Params {
        rows: w.rows as u32,
        cols: w.cols as u32,
        result_pitch: w.cols.next_multiple_of(LANES) as u32,
        ..params_of(w, spec, shard)
    };
    let (codes, scales) = buffers_of(shard);
    let workgroups = variant.workgroups(w.rows, w.cols);
    batch.run(&variant.kernel, &overrides(w.storage), &params, &[codes, scales, &values], workgroups)?;
    Ok(Weights { storage: Storage::F32, shards: vec![Shard { codes: values, meta: None, ..*shard }], ..*w })
}

pub(super) fn forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let Some(spec) = spec(w.storage) else { return Err(w.storage.unknown()) };
    let variant = choose_for(gpu, w, Pass::Forward, x.rows);
    if variant.name == WRITTEN {
        let w = written_out(gpu, batch, w, &spec, variant)?;
        return matmul_f32::forward(gpu, batch, x, &w, low_rank, y);
    }
    let left = pad(gpu, batch, x, x.rows, x.cols.next_multiple_of(ROW_CODES))?;
    for shard in &w.shards {
        let params = Params {
            rows: x.rows as u32,
            cols: shard.rows as u32,
            depth: x.cols as u32,
            left_pitch: left.pitch,
            result_pitch: y.cols as u32,
            result_first: shard.first as u32,
            ..params_of(w, &spec, shard)
        };
        let (codes, scales) = buffers_of(shard);
        let [z, up] = low_rank_buffers(low_rank, &left.buffer);
        let buffers = [&left.buffer, codes, scales, y.buffer(), z, up];
        let workgroups = variant.workgroups(x.rows, shard.rows);
        batch.run(&variant.kernel, &overrides(w.storage), &params.with(low_rank), &buffers, workgroups)?;
    }
    Ok(())
}

pub(super) fn input_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    dx: &GpuMatrix,
) -> Result<(), LabError> {
    let Some(spec) = spec(w.storage) else { return Err(w.storage.unknown()) };
    let variant = choose_for(gpu, w, Pass::InputGradient, dy.rows);
    if variant.name == WRITTEN {
        let w = written_out(gpu, batch, w, &spec, variant)?;
        return matmul_f32::input_gradient(gpu, batch, dy, &w, low_rank, dx);
    }
    for (number, shard) in w.shards.iter().enumerate() {
        // Every shard adds its outputs' share to the sums; the update comes with the first.
        let low_rank = low_rank.filter(|_| number == 0);
        let params = Params {
            rows: dy.rows as u32,
            cols: dx.cols as u32,
            depth: shard.rows as u32,
            left_pitch: dy.cols as u32,
            result_pitch: dx.cols as u32,
            accumulate: u32::from(number > 0),
            ..params_of(w, &spec, shard)
        };
        let (codes, scales) = buffers_of(shard);
        let [z, up] = low_rank_buffers(low_rank, dy.buffer());
        let buffers = [dy.buffer(), codes, scales, dx.buffer(), z, up];
        let workgroups = variant.workgroups(dy.rows, dx.cols);
        batch.run(&variant.kernel, &overrides(w.storage), &params.with(low_rank), &buffers, workgroups)?;
    }
    Ok(())
}

/// The values that a storage holds of a weight, and how large the terms are that a kernel rounds for each: what a
/// reference multiplies with, and what its tolerance is relative to.
///
/// # Shapes
/// `w [N, K]` -> `[N, K]`, `[N, K]`
/// # Errors
/// [`LabError::Unknown`] for floats, or a group that is not 32, 64 or 128.
pub fn held_weights(w: &[f32], rows: usize, cols: usize, storage: Storage) -> Result<(Vec<f32>, Vec<f32>), LabError> {
    let packed = packed(w, rows, cols, storage)?.ok_or_else(|| storage.unknown())?;
    Ok((math::dequantize(&packed.to_quantized()), packed.magnitudes()))
}
