//! Reads the adapter, verifies kernels, and provokes faults.

#[cfg(feature = "train")]
use crate::kernels::product::Storage;
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

/// The layers whose gradients the device page checks in burn's graph: each storage that labs train on.
#[cfg(feature = "train")]
const TRAINED: [(&str, Storage); 3] = [
    ("LoRA F32", Storage::F32),
    ("LoRA INT4", Storage::Int4 { group: 32, asymmetric: false, half_scales: false }),
    ("LoRA NF4", Storage::Nf4 { group: 64, double: true }),
];

/// burn on this tier: a product of its own, then our kernels in its graph, forward and backward. Emits table `burn` (`tier,
/// check, millis, worst, allowed`): the checks on the CPU, and again on the GPU where there is one. A product's worst is an
/// error, a layer's the worst gradient in multiples of its tolerance.
///
/// # Errors
/// [`LabError::NoGpu`] if burn refuses the device, [`LabError::Kernel`] if its results cannot be read.
#[cfg(feature = "train")]
pub async fn burn(ctx: &Ctx) -> Result<(), LabError> {
    use crate::math::LoraShape;
    use crate::nets::case::{lora_case, worst_of};
    use crate::nets::{Place, check_matmul};
    let mut table = Table::new("burn", &["tier", "check", "millis", "worst", "allowed"]);
    let mut places = vec![("cpu", Place::Cpu)];
    if let Device::Gpu(gpu) = &ctx.device {
        places.push(("gpu", Place::Gpu(gpu.clone())));
    }
    // Ragged on purpose: no side is a whole number of tiles.
    let shape = LoraShape { m: 33, n: 31, k: 65, r: 7 };
    let total = (places.len() * (1 + TRAINED.len())) as u64;
    for (tier, place) in places {
        let mut add = |check: &str, begun: f64, worst: f64, allowed: f64| {
            let millis = ctx.host.now_millis() - begun;
            table.rows.push(vec![tier.into(), check.into(), millis.into(), worst.into(), allowed.into()]);
            ctx.progress(Phase::Verifying, table.rows.len() as u64, total);
            ctx.table(table.clone());
        };
        ctx.checkpoint().await?;
        let begun = ctx.host.now_millis();
        let verdict = check_matmul(&place.device()?).await?;
        add("matmul", begun, verdict.max_error, verdict.allowed);
        for (name, storage) in TRAINED {
            ctx.checkpoint().await?;
            let begun = ctx.host.now_millis();
            add(name, begun, worst_of(&lora_case(&place, storage, shape, false).await?), 1.0);
        }
    }
    Ok(())
}

#[cfg(feature = "train")]
const PEER_COLUMNS: [&str; 11] =
    ["what", "storage", "m", "n", "k", "r", "ours_millis", "burns_millis", "composed_millis", "worst", "loss"];

/// burn as a peer: emits table `peers` (`what, storage, m, n, k, r, ours_millis, burns_millis, composed_millis, worst, loss`);
/// medians. Products, then steps of LoRA through one layer. `composed_millis` is burn's `apply_lora`, for steps only.
///
/// # Errors
/// [`LabError::NoGpu`] on the CPU tier, else those of the comparisons.
#[cfg(feature = "train")]
pub async fn peers(ctx: &Ctx) -> Result<(), LabError> {
    use crate::nets::peer;
    let Device::Gpu(gpu) = &ctx.device else { return Err(LabError::NoGpu { message: "CPU".into() }) };
    let mut table = Table::new("peers", &PEER_COLUMNS);
    let number = |n: usize| Cell::from(n as f64);
    ctx.progress(Phase::Computing, 0, 2);
    for p in peer::products(gpu, peer::ROUNDS).await? {
        let sides = [p.m, p.n, p.k, 0].map(number);
        let times = [p.ours_millis, p.burns_millis, f64::NAN, p.worst, f64::NAN].map(Cell::from);
        table.rows.push([Cell::from("product"), "F32".into()].into_iter().chain(sides).chain(times).collect());
    }
    ctx.progress(Phase::Computing, 1, 2);
    ctx.checkpoint().await?;
    for s in peer::lora_steps(gpu, peer::ROUNDS).await? {
        let sides = [s.m, s.n, s.k, s.r].map(number);
        let times = [s.ours_millis, s.unfused_millis, s.composed_millis, s.worst, f64::NAN].map(Cell::from);
        let what = [Cell::from("LoRA step"), s.storage.as_str().into()];
        table.rows.push(what.into_iter().chain(sides).chain(times).collect());
    }
    ctx.table(table);
    Ok(())
}

/// The same of whole steps of training; `loss` is that after the last one, and burn's time is that of its `apply_lora`.
///
/// # Errors
/// As [`peers`].
#[cfg(feature = "train")]
pub async fn peer_trainings(ctx: &Ctx) -> Result<(), LabError> {
    use crate::nets::peer;
    let Device::Gpu(gpu) = &ctx.device else { return Err(LabError::NoGpu { message: "CPU".into() }) };
    let mut table = Table::new("peers", &PEER_COLUMNS);
    let shapes = peer::training_shapes(gpu);
    for (at, &shape) in shapes.iter().enumerate() {
        ctx.progress(Phase::Computing, at as u64, shapes.len() as u64);
        ctx.checkpoint().await?;
        for s in peer::training_steps(gpu, shape, peer::ROUNDS).await? {
            let sides = [s.m, s.n, s.n, s.r].map(|n| Cell::from(n as f64));
            let times = [s.ours_millis, f64::NAN, s.burns_millis, s.worst, s.loss].map(Cell::from);
            let what = [Cell::from("training"), s.storage.as_str().into()];
            table.rows.push(what.into_iter().chain(sides).chain(times).collect());
        }
    }
    ctx.table(table);
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
