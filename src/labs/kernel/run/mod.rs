//! The computation of the kernel lab: what this machine can do at most, and how close each format comes to it.
//!
//! ```text
//! inputs.rs     seeded X, W, A and B
//! cost.rs       FLOP and bytes of a product, and the roofline
//! ceilings.rs   how fast this device copies, multiplies and answers
//! cpu.rs gpu.rs one format on its tier: packed once, timed at any batch size
//! verify.rs     the result that was timed, against a sum in f64 of the very same codes
//! measure.rs    the tasks `Time` and `Sweep`;  ladder.rs, sources.rs the other two
//! workshop/     what a learner wrote: read, run, judged
//! ```
//!
//! Every number is checked in the run that measures it: a fast wrong product is not shown as a fast product.

mod ceilings;
mod cost;
mod cpu;
mod gpu;
mod inputs;
mod ladder;
mod measure;
mod sources;
mod verify;
#[cfg(feature = "wgsl")]
pub mod workshop;

use super::Task;
use crate::labs::Ctx;
use crate::protocol::LabError;

/// Executes one task; its tables go to `ctx`.
///
/// # Errors
/// Whatever is wrong with the configuration, or what the device says.
pub async fn run(task: Task, ctx: &Ctx) -> Result<(), LabError> {
    match task {
        Task::Ceilings => {
            ctx.table(ceilings::measure(ctx).await?.table());
            Ok(())
        }
        Task::Time { config } => measure::time(&config.checked()?, ctx).await,
        Task::Sweep { config } => measure::sweep(&config.checked()?, ctx).await,
        Task::Ladder { kernel, config } => ladder::climb(&kernel, &config.checked()?, ctx).await,
        Task::Sources => {
            ctx.table(sources::table(&*ctx.host).await?);
            Ok(())
        }
    }
}
