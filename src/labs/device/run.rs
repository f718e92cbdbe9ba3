//! Reads the adapter, verifies kernels, and provokes faults.

use crate::kernels::{self, Depth, Health};
use crate::labs::{Ctx, Device, Provoked};
use crate::protocol::{Cell, LabError, Phase, Table};

/// One submission this large fits nowhere: 1 TiB.
const ABSURD_BYTES: u64 = 1 << 40;

/// Emits table `adapter` (`key, value`).
///
/// # Errors
/// None today; the signature is that of every run.
pub async fn adapter(ctx: &Ctx) -> Result<(), LabError> {
    let mut table = Table::new("adapter", &["key", "value"]);
    let mut row = |key: &str, value: Cell| table.rows.push(vec![key.into(), value]);
    match &ctx.device {
        Device::Cpu => {
            row("tier", "cpu".into());
            row("simd", if cfg!(target_feature = "simd128") { "simd128" } else { std::env::consts::ARCH }.into());
        }
        Device::Gpu(gpu) => {
            row("tier", "gpu".into());
            for (key, value) in gpu.describe() {
                row(&key, value.into());
            }
        }
    }
    ctx.table(table);
    Ok(())
}

/// Runs every kernel against its reference; emits table `health` (`kernel, ok, worst, allowed, millis, message`), sent again as
/// it grows. `millis` is until the verdict: all kernels are checked at once.
///
/// # Errors
/// [`LabError::NoGpu`] on the CPU tier, where there is nothing to verify.
pub async fn health(ctx: &Ctx) -> Result<(), LabError> {
    let Device::Gpu(gpu) = &ctx.device else { return Err(LabError::NoGpu { message: "CPU".into() }) };
    let mut table = Table::new("health", &["kernel", "ok", "worst", "allowed", "millis", "message"]);
    let total = kernels::ALL.len() as u64;
    let mut rows = vec![None; kernels::ALL.len()];
    ctx.progress(Phase::Verifying, 0, total);
    ctx.checkpoint().await?;
    let begun = ctx.host.now_millis();
    let hear = |at: usize, verdict: Result<Health, LabError>| {
        let (ok, worst, allowed, message) = match verdict {
            Ok(health) => (health.ok, health.worst, health.allowed, String::new()),
            Err(error) => (false, f64::NAN, f64::NAN, error.to_string()),
        };
        let millis = ctx.host.now_millis() - begun;
        rows[at] = Some(vec![
            kernels::ALL[at].name.into(),
            f64::from(u8::from(ok)).into(),
            worst.into(),
            allowed.into(),
            millis.into(),
            message.into(),
        ]);
        table.rows = rows.iter().flatten().cloned().collect();
        ctx.progress(Phase::Verifying, table.rows.len() as u64, total);
        ctx.table(table.clone());
        ctx.not_stopped()
    };
    kernels::check_each(gpu, Depth::InUse, hear).await
}

/// One burn operation on this tier; emits table `burn` (`tier, millis, max_error, allowed`), one row on the CPU tier and
/// two where there is a GPU.
///
/// # Errors
/// [`LabError::NoGpu`] if burn refuses the device, [`LabError::Kernel`] if its results cannot be read.
#[cfg(feature = "train")]
pub async fn burn(ctx: &Ctx) -> Result<(), LabError> {
    use crate::nets;
    let mut table = Table::new("burn", &["tier", "millis", "max_error", "allowed"]);
    let mut devices = vec![("cpu", nets::on_cpu())];
    if let Device::Gpu(gpu) = &ctx.device {
        devices.push(("gpu", nets::on_gpu(gpu)?));
    }
    for (tier, device) in devices {
        ctx.checkpoint().await?;
        let begun = ctx.host.now_millis();
        let verdict = nets::check_matmul(&device).await?;
        let millis = ctx.host.now_millis() - begun;
        table.rows.push(vec![tier.into(), millis.into(), verdict.max_error.into(), verdict.allowed.into()]);
        ctx.table(table.clone());
    }
    Ok(())
}

/// Provokes a fault, to see that everything around it survives.
///
/// # Errors
/// The fault, where the fault is an error.
pub async fn provoke(ctx: &Ctx, fault: Provoked) -> Result<(), LabError> {
    match (fault, &ctx.device) {
        (Provoked::DeviceLost, Device::Gpu(gpu)) => {
            gpu.destroy();
            // The loss arrives as an event; give it the time to.
            ctx.host.sleep(50).await;
            Err(LabError::DeviceLost { message: gpu.lost().unwrap_or_else(|| "destroyed".into()) })
        }
        (Provoked::DeviceLost, Device::Cpu) => Err(LabError::DeviceLost { message: "CPU".into() }),
        (Provoked::OutOfMemory, Device::Gpu(gpu)) => gpu.refuse(ABSURD_BYTES).await,
        (Provoked::OutOfMemory, Device::Cpu) => {
            let mut wanted: Vec<u8> = Vec::new();
            let size = usize::try_from(ABSURD_BYTES).unwrap_or(usize::MAX / 2);
            wanted.try_reserve_exact(size).map_err(|_| LabError::OutOfMemory { requested_bytes: ABSURD_BYTES })
        }
        (Provoked::Hang, _) => {
            // A busy loop, as a runaway computation would be: nothing but ending the worker helps.
            let begun = ctx.host.now_millis();
            while ctx.host.now_millis() - begun < 60_000.0 {
                std::hint::spin_loop();
            }
            Ok(())
        }
        (Provoked::Panic, _) => panic!("provoked by the visitor"),
    }
}
