//! Steps of AdamW.

use std::ops::Range;

use crate::gpu::{Batch, Gpu};
use crate::math;
use crate::protocol::LabError;

use super::super::pad::LANES;
use super::super::{Kept, Optimizing, adamw};
use super::{agreement, made};

/// The worst disagreement of two steps of AdamW over `count` made-up parameters, of which `kept` are not decayed.
///
/// # Errors
/// Those of the kernel.
pub async fn adamw_case(gpu: &Gpu, count: usize, kept: &[Range<usize>]) -> Result<f64, LabError> {
    let settings = math::AdamW { rate: 0.01, decay: 0.1, ..math::AdamW::default() };
    let p = made(1, count, 15);
    // Whole vectors, as a model's parameters would be kept.
    let whole = |values: &[f32]| [values, &vec![0.0; count.next_multiple_of(LANES) - count]].concat();
    let on_gpu = ["parameters", "means", "squares"].map(|name| {
        let values = if name == "parameters" { whole(&p) } else { whole(&vec![0.0; count]) };
        gpu.upload(name, &values)
    });
    let [p_gpu, m_gpu, v_gpu] = on_gpu;
    let (p_gpu, m_gpu, v_gpu) = (p_gpu?, m_gpu?, v_gpu?);
    let kept_gpu = if kept.is_empty() { None } else { Some(Kept::new(gpu, kept)?) };
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let mut state = math::Moments { p: wide(&p), m: vec![0.0; count], v: vec![0.0; count] };
    let mut worst = 0f64;
    for step in 1..=2 {
        let g = made(1, count, 15 + step);
        let g_gpu = gpu.upload("gradients", &whole(&g))?;
        let all = Optimizing { count, p: &p_gpu, m: &m_gpu, v: &v_gpu, g: &g_gpu, kept: kept_gpu.as_ref() };
        let mut batch = Batch::new(gpu);
        adamw(gpu, &mut batch, &all, &settings, step)?;
        let slots = [&p_gpu, &m_gpu, &v_gpu].map(|part| batch.read(part, 0, count as u64 * 4));
        let readings = batch.finish().await?;
        let got = slots.map(|slot| readings.get::<f32>(&slot));
        let before = state.clone();
        math::adamw(&mut state, &g, &settings, step, kept);
        worst = worst.max(agreement::adamw(&before, &g, &settings, step, &state, [&got[0], &got[1], &got[2]]));
        // The next step starts from what the device has.
        state = math::Moments { p: wide(&got[0]), m: wide(&got[1]), v: wide(&got[2]) };
    }
    Ok(worst)
}
