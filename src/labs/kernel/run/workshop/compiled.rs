//! A learner's text on a device: in the kernel's place, compiled before it runs, and out again.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::gpu::{Gpu, Recorded};
use crate::labs::Ctx;
use crate::protocol::{LabError, Phase};
use crate::wgsl::Diagnostic;

/// A sign of life this often while a compiler works: it may take long, and the page ends who is silent for 3 s.
const BEAT_MILLIS: u32 = 1_000;

/// A text in the place of a kernel's own, until it is dropped: whatever happens, ours comes back.
pub(super) struct Replaced<'g> {
    gpu: &'g Gpu,
    kernel: &'static str,
}

impl<'g> Replaced<'g> {
    pub(super) fn new(gpu: &'g Gpu, kernel: &'static str, source: &str) -> Replaced<'g> {
        gpu.replace_source(kernel, Some(source));
        Replaced { gpu, kernel }
    }
}

impl Drop for Replaced<'_> {
    fn drop(&mut self) {
        self.gpu.replace_source(self.kernel, None);
    }
}

/// Compiles what the dispatches of `kernel` on a tape need, so that a run that is silent afterwards is one that computes.
///
/// # Errors
/// What the compiler says.
pub(super) async fn compile(gpu: &Gpu, kernel: &str, tape: &[Recorded], ctx: &Ctx) -> Result<(), LabError> {
    for recorded in tape.iter().filter(|r| r.kernel.name == kernel) {
        gpu.prepare(recorded)?;
    }
    beating(ctx, gpu.settle()).await
}

/// Waits for `work`, with signs of life.
async fn beating<T>(ctx: &Ctx, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    let mut alarm = ctx.host.sleep(BEAT_MILLIS);
    poll_fn(move |cx| {
        if let Poll::Ready(value) = work.as_mut().poll(cx) {
            return Poll::Ready(value);
        }
        while alarm.as_mut().poll(cx).is_ready() {
            ctx.progress(Phase::Verifying, 0, 0);
            alarm = ctx.host.sleep(BEAT_MILLIS);
        }
        Poll::Pending
    })
    .await
}

/// What a device says of a learner's text, at the line that it names.
///
/// # Errors
/// The error itself, if it is not about this text.
pub(super) fn complaint(kernel: &str, error: LabError) -> Result<Diagnostic, LabError> {
    match &error {
        LabError::Kernel { kernel: of, message } if of.split(", ").any(|name| name == kernel) => {
            let (line, column) = place(message).unwrap_or((1, 1));
            Ok(Diagnostic { line, column, length: 1, message: shown(message), hint: None })
        }
        _ => Err(error),
    }
}

/// The first line that says anything, without what wgpu puts before it.
fn shown(message: &str) -> String {
    let line = message.lines().map(str::trim).find(|l| !l.is_empty() && !l.starts_with("Validation Error"));
    line.unwrap_or(message).chars().take(240).collect()
}

/// Line and column of `... :12:5 ...`, as every compiler of WGSL writes them.
fn place(message: &str) -> Option<(u32, u32)> {
    let number = |text: &str| -> Option<u32> {
        let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        text[..end].parse().ok().filter(|n| *n > 0)
    };
    message.match_indices(':').find_map(|(at, _)| {
        let line = number(&message[at + 1..])?;
        let rest = message[at + 1..].trim_start_matches(|c: char| c.is_ascii_digit()).strip_prefix(':')?;
        Some((line, number(rest)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_compiler_s_line_is_found_in_its_message() {
        let error = |message: &str| LabError::Kernel { kernel: "pad, gelu".into(), message: message.into() };
        let tint = complaint("gelu", error("Error while parsing WGSL: :14:9 error: unresolved value 'q'")).unwrap();
        assert_eq!((tint.line, tint.column), (14, 9));
        let naga =
            complaint("pad", error("Validation Error\n\nShader 'x' parsing error: no\n  ┌─ wgsl:3:21\n")).unwrap();
        assert_eq!((naga.line, naga.column), (3, 21));
        assert!(naga.message.starts_with("Shader 'x'"));
        assert_eq!(complaint("gelu", error("too many registers")).unwrap().line, 1);
        assert!(complaint("rope", error(":1:1")).is_err(), "another kernel's fault");
        assert!(complaint("gelu", LabError::Stopped).is_err());
    }
}
