//! The formats in words and colours, and what the lecture promises of each.

use crate::labs::kernel::Multiply;
use crate::ui::Look;

/// The name on the page; the same in every language.
pub(super) fn name(format: Multiply) -> &'static str {
    match format {
        Multiply::Fp32 => "FP32",
        Multiply::Fp16 => "FP16",
        Multiply::Int8 => "INT8",
        Multiply::W8a8 => "W8A8",
        Multiply::Int4 => "INT4",
        Multiply::Nf4 => "NF4",
    }
}

/// Colour and marker: both INT8 products share the colour of INT8.
pub(super) fn look(format: Multiply) -> Look {
    let colour = match format {
        Multiply::Fp32 => "var(--f-fp32)",
        Multiply::Fp16 => "var(--f-fp16)",
        Multiply::Int8 | Multiply::W8a8 => "var(--f-int8)",
        Multiply::Int4 => "var(--f-int4)",
        Multiply::Nf4 => "var(--f-nf4)",
    };
    Look { colour, nth: usize::from(format == Multiply::W8a8) }
}

/// A row of the lecture's table, relative to FP32.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Claim {
    /// Times faster, from and to.
    pub(super) speed: (f64, f64),
    /// Share of the memory.
    pub(super) memory: f64,
}

/// What the lecture says of a format; it does not speak of NF4.
pub(super) fn claim(format: Multiply) -> Option<Claim> {
    match format {
        Multiply::Fp16 => Some(Claim { speed: (1.5, 2.0), memory: 0.5 }),
        Multiply::Int8 | Multiply::W8a8 => Some(Claim { speed: (2.0, 4.0), memory: 0.25 }),
        Multiply::Int4 => Some(Claim { speed: (3.0, 6.0), memory: 0.125 }),
        Multiply::Fp32 | Multiply::Nf4 => None,
    }
}

/// How a measured factor stands to a promised range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    Below,
    Within,
    Above,
}

impl Claim {
    /// The verdict on a measured factor; what rounds to a bound at one decimal counts as within.
    pub(super) fn judge(self, times: f64) -> Verdict {
        const ROUNDING: f64 = 0.05;
        if times < self.speed.0 - ROUNDING {
            Verdict::Below
        } else if times > self.speed.1 + ROUNDING {
            Verdict::Above
        } else {
            Verdict::Within
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lecture_is_judged_by_its_own_words() {
        let int8 = claim(Multiply::Int8).unwrap();
        let verdicts = [1.2, 1.96, 3.0, 4.04, 4.2].map(|t| int8.judge(t));
        use Verdict::{Above, Below, Within};
        assert_eq!(verdicts, [Below, Within, Within, Within, Above]);
    }
}
