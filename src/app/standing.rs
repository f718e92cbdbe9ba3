//! Tier, adapter and reason as far as they are known: from the engine once it runs, before that from the browser.

use leptos::prelude::*;

use super::bridge::Engine;
use super::probe::Probe;
use super::settings::Settings;
use super::wording::{tier_name, tier_reason};
use crate::protocol::{Tier, TierReason, TierWish};
use crate::text::{Lang, msg};

/// Where it is or will be computed, in words.
#[derive(Clone, PartialEq)]
pub struct Standing {
    /// Absent while the browser is asked.
    pub tier: Option<Tier>,
    /// `GPU: apple metal-3`, `CPU`.
    pub name: String,
    /// `verified`, or nothing.
    pub mark: &'static str,
    /// One sentence.
    pub reason: String,
    verified: bool,
}

impl Standing {
    /// The standing of this page, from context.
    pub fn current() -> Memo<Standing> {
        expect_context::<Memo<Standing>>()
    }

    /// As of now; tracks.
    pub fn now(lang: Lang) -> Standing {
        let engine = Engine::current();
        let probe = Probe::current().get();
        let adapter = match &probe {
            Probe::Found(seen) => seen.name(),
            _ => String::new(),
        };
        if let Some((tier, mut reason)) = engine.tier.get() {
            // The browser says it in plainer words than a driver's message.
            if matches!((&reason, &probe), (TierReason::NoDevice { .. }, Probe::NoAdapter)) {
                reason = TierReason::NoAdapter;
            }
            let verified = tier == Tier::Gpu && engine.verified.get() == Some(true);
            let adapter = if adapter.is_empty() { engine.adapter.get() } else { adapter };
            return Standing {
                tier: Some(tier),
                name: named(tier, &adapter),
                mark: mark(lang, tier, verified),
                reason: tier_reason(lang, tier, &reason),
                verified,
            };
        }
        let (tier, reason) = match (Settings::current().wish.get(), &probe) {
            (TierWish::Cpu, _) => (Tier::Cpu, Some(TierReason::Asked)),
            (_, Probe::Pending) => {
                let name = msg::shell_looking(lang).to_owned();
                return Standing {
                    tier: None,
                    name,
                    mark: "",
                    reason: msg::tier_looking(lang).to_owned(),
                    verified: false,
                };
            }
            (_, Probe::NoWebGpu) => (Tier::Cpu, Some(TierReason::NoWebGpu)),
            (_, Probe::NoAdapter) => (Tier::Cpu, Some(TierReason::NoAdapter)),
            (_, Probe::Late) => (Tier::Cpu, Some(TierReason::TimedOut)),
            (TierWish::Auto, Probe::Found(seen)) if seen.is_software => (Tier::Cpu, Some(TierReason::SoftwareAdapter)),
            (_, Probe::Found(_)) => (Tier::Gpu, None),
        };
        Standing {
            tier: Some(tier),
            name: named(tier, &adapter),
            mark: mark(lang, tier, false),
            reason: reason
                .map_or_else(|| msg::tier_expected_gpu(lang).to_owned(), |reason| tier_reason(lang, tier, &reason)),
            verified: false,
        }
    }

    /// For the colour of the dot: `good`, `waiting`, `cpu`.
    pub fn state(&self) -> &'static str {
        match self.tier {
            Some(Tier::Gpu) if self.verified => "good",
            Some(Tier::Cpu) => "cpu",
            _ => "waiting",
        }
    }
}

fn named(tier: Tier, adapter: &str) -> String {
    match tier {
        Tier::Gpu if !adapter.is_empty() => [tier_name(tier), " · ", adapter].concat(),
        _ => tier_name(tier).to_owned(),
    }
}

fn mark(lang: Lang, tier: Tier, verified: bool) -> &'static str {
    match (tier, verified) {
        (Tier::Cpu, _) => "",
        (Tier::Gpu, true) => msg::shell_verified(lang),
        (Tier::Gpu, false) => msg::shell_unverified(lang),
    }
}
