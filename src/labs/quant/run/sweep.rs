//! SQNR against bits per weight for every format and granularity, and which of them nothing beats.

use super::tier::Matrix;
use crate::labs::Ctx;
use crate::labs::quant::tables;
use crate::math::{Granularity, Totals, pareto_front, sweep_specs};
use crate::protocol::{LabError, Phase, Table};

/// Quantizes `matrix` in every way of [`sweep_specs`] and emits table [`tables::SWEEP`].
///
/// # Errors
/// Whatever the device says.
pub async fn run(matrix: &Matrix, ctx: &Ctx) -> Result<(), LabError> {
    let specs = sweep_specs();
    let total = specs.len() as u64;
    let mut points = Vec::new();
    let mut table = Table::new(
        tables::SWEEP,
        &["label", "format", "granularity", "bits_per_weight", "sqnr_db", "size_bytes", "on_front"],
    );
    for (done, (label, spec)) in specs.into_iter().enumerate() {
        ctx.progress(Phase::Computing, done as u64, total);
        ctx.checkpoint().await?;
        let coded = matrix.quantize(&spec).await?;
        let back = matrix.dequantize(&coded)?;
        let totals = Totals::from_lines(&matrix.error_by_row(&back).await?, matrix.len());
        let bits = spec.bits_per_weight(matrix.rows, matrix.cols);
        points.push((bits, totals.sqnr_db));
        let size_bytes = spec.size_bytes(matrix.rows, matrix.cols) as f64;
        table.rows.push(vec![
            label.into(),
            spec.format.name().into(),
            granularity_key(spec.granularity).into(),
            bits.into(),
            totals.sqnr_db.into(),
            size_bytes.into(),
        ]);
    }
    for (row, on_front) in table.rows.iter_mut().zip(pareto_front(&points)) {
        row.push(f64::from(u8::from(on_front)).into());
    }
    ctx.table(table);
    Ok(())
}

fn granularity_key(granularity: Granularity) -> String {
    match granularity {
        Granularity::Tensor => "tensor".into(),
        Granularity::Row => "row".into(),
        Granularity::Group(size) => format!("group {size}"),
        Granularity::Block(size) => format!("block {size}"),
    }
}
