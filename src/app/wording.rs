//! Tiers and their reasons in words.

use crate::protocol::{Tier, TierReason};
use crate::text::{Lang, msg};

/// `GPU` or `CPU`.
pub fn tier_name(tier: Tier) -> &'static str {
    match tier {
        Tier::Gpu => "GPU",
        Tier::Cpu => "CPU",
    }
}

/// Why the tier is what it is, as a sentence.
pub fn tier_reason(lang: Lang, tier: Tier, reason: &TierReason) -> String {
    match reason {
        TierReason::Hardware => msg::tier_hardware(lang).to_owned(),
        TierReason::Asked if tier == Tier::Gpu => msg::tier_asked_gpu(lang).to_owned(),
        TierReason::Asked => msg::tier_asked_cpu(lang).to_owned(),
        TierReason::NoWebGpu => msg::tier_no_webgpu(lang).to_owned(),
        TierReason::NoAdapter => msg::tier_no_adapter(lang).to_owned(),
        TierReason::NoDevice { message } => msg::tier_no_device(lang, message),
        TierReason::SoftwareAdapter => msg::tier_software(lang).to_owned(),
        TierReason::FailedHealthCheck { kernels } => msg::tier_failed_health(lang, &kernels.join(", ")),
        TierReason::LostTooOften => msg::tier_lost_too_often(lang).to_owned(),
        TierReason::TimedOut => msg::tier_timed_out(lang).to_owned(),
    }
}
