//! One colour a number format and one a fine-tuning method, the same in every picture; and the two colour maps of the
//! heatmaps.

/// How one series is told apart: the colour of its family, and which one of that family it is.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Look {
    /// A CSS colour, usually `var(--f-...)`.
    pub colour: &'static str,
    /// 0 for the first of its family; the others get another dash and another marker.
    pub nth: usize,
}

impl Look {
    /// The `stroke-dasharray` of lines.
    pub fn dash(self) -> &'static str {
        ["none", "7 3", "2 3", "9 3 2 3"][self.nth % 4]
    }

    /// The outline of a marker of radius `r` around a point, as the data of an SVG path.
    pub fn marker(self, x: f64, y: f64, r: f64) -> String {
        let corner = |angle: f64| (x + r * 1.25 * angle.cos(), y + r * 1.25 * angle.sin());
        let (turn, corners) = match self.nth % 4 {
            // A circle is near enough to a regular 16-gon at this size, and keeps one way of drawing.
            0 => (0.0, 16),
            1 => (std::f64::consts::FRAC_PI_4, 4),
            2 => (-std::f64::consts::FRAC_PI_2, 3),
            _ => (0.0, 4),
        };
        let mut out = String::new();
        for i in 0..corners {
            let (cx, cy) = corner(turn + std::f64::consts::TAU * f64::from(i) / f64::from(corners));
            out += if i == 0 { "M" } else { "L" };
            super::plot::push_px(&mut out, cx);
            super::plot::push_px(&mut out, cy);
        }
        out + "Z"
    }
}

/// The colour of a format by the name that people use: `INT4`, `FP8 E4M3`, `NF4`.
pub fn format_colour(name: &str) -> &'static str {
    match name {
        "FP32" => "var(--f-fp32)",
        "FP16" => "var(--f-fp16)",
        "BF16" => "var(--f-bf16)",
        "FP8 E4M3" => "var(--f-fp8)",
        "FP8 E5M2" => "var(--f-fp8b)",
        "INT8" => "var(--f-int8)",
        "INT7" => "var(--f-int7)",
        "INT6" => "var(--f-int6)",
        "INT5" => "var(--f-int5)",
        "INT4" => "var(--f-int4)",
        "INT3" => "var(--f-int3)",
        "INT2" => "var(--f-int2)",
        "NF4" => "var(--f-nf4)",
        _ => "var(--ink-2)",
    }
}

/// How a fine-tuning method looks, by its word in tables: `lora`, `deep_prompt`. The colours are told apart by
/// colour-blind readers, and relatives (LoRA and QLoRA, the three kinds of prompts) by dash and marker as well.
pub fn method_look(word: &str) -> Look {
    let (colour, nth) = match word {
        "full" => ("var(--m-full)", 0),
        "lora" => ("var(--m-lora)", 0),
        "qlora" => ("var(--m-qlora)", 1),
        "adapter" => ("var(--m-adapter)", 3),
        "prompt" => ("var(--m-prompt)", 0),
        "prefix" => ("var(--m-prefix)", 1),
        "deep_prompt" => ("var(--m-deep)", 2),
        _ => ("var(--m-head)", 2),
    };
    Look { colour, nth }
}

/// A map from a share of one to a colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColourMap {
    /// matplotlib's viridis.
    Viridis,
    /// Blue below zero, red above, nearly white at zero (ColorBrewer's RdBu).
    Diverging,
}

const VIRIDIS: [[u8; 3]; 11] = [
    [68, 1, 84],
    [72, 36, 117],
    [65, 68, 135],
    [53, 95, 141],
    [42, 120, 142],
    [33, 145, 140],
    [34, 168, 132],
    [68, 191, 112],
    [122, 209, 81],
    [189, 223, 38],
    [253, 231, 37],
];
const DIVERGING: [[u8; 3]; 11] = [
    [5, 48, 97],
    [33, 102, 172],
    [67, 147, 195],
    [146, 197, 222],
    [209, 229, 240],
    [247, 247, 247],
    [253, 219, 199],
    [244, 165, 130],
    [214, 96, 77],
    [178, 24, 43],
    [103, 0, 31],
];

impl ColourMap {
    /// The colour at `share`, which is clamped to `0..=1`; grey for NaN.
    pub fn at(self, share: f64) -> [u8; 3] {
        if share.is_nan() {
            return [128; 3];
        }
        let stops = match self {
            ColourMap::Viridis => &VIRIDIS,
            ColourMap::Diverging => &DIVERGING,
        };
        let place = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
        let low = (place as usize).min(stops.len() - 2);
        let part = place - low as f64;
        std::array::from_fn(|i| {
            let (a, b) = (f64::from(stops[low][i]), f64::from(stops[low + 1][i]));
            (a + (b - a) * part).round() as u8
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_methods_look_alike() {
        let words = ["full", "lora", "qlora", "adapter", "prompt", "prefix", "deep_prompt", "head"];
        let looks = words.map(method_look);
        for (i, look) in looks.iter().enumerate() {
            assert!(looks[..i].iter().all(|other| other.colour != look.colour), "{}", words[i]);
        }
    }

    #[test]
    fn maps_meet_their_ends_and_the_diverging_one_is_neutral_at_zero() {
        assert_eq!(ColourMap::Viridis.at(-1.0), [68, 1, 84]);
        assert_eq!(ColourMap::Viridis.at(2.0), [253, 231, 37]);
        assert_eq!(ColourMap::Diverging.at(0.5), [247, 247, 247]);
        let [r, _, b] = ColourMap::Diverging.at(0.9);
        assert!(r > b, "above zero is red");
    }
}
