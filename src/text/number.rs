//! Numbers in the visitor's language: decimal sign, thousands, bytes, percent; and the way back.

use super::Lang;

/// `value` with exactly `decimals` decimals: `number(Lang::Es, 1234.5, 1)` is `1 234,5`.
pub fn number(lang: Lang, value: f64, decimals: usize) -> String {
    if value.is_nan() {
        return "–".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "∞" } else { "−∞" }.to_owned();
    }
    let plain = format!("{:.*}", decimals, value.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut out = String::new();
    // A rounded zero has no sign.
    if value < 0.0 && plain.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    out += &grouped(lang, whole);
    if !fraction.is_empty() {
        out += lang.decimal_separator();
        out += fraction;
    }
    out
}

/// An integer with thousands separated.
pub fn integer(lang: Lang, value: u64) -> String {
    grouped(lang, &value.to_string())
}

/// Groups of three from five digits on, as Spanish and SI typography ask.
fn grouped(lang: Lang, digits: &str) -> String {
    if digits.len() < 5 {
        return digits.to_owned();
    }
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out += lang.thousands_separator();
        }
        out.push(c);
    }
    out
}

/// `value` with `digits` significant digits; powers of ten where a plain number would be unreadable.
pub fn significant(lang: Lang, value: f64, digits: usize) -> String {
    if !value.is_finite() || value == 0.0 {
        return number(lang, value, 0);
    }
    let digits = digits.max(1);
    let exponent = value.abs().log10().floor() as i32;
    if (-4..7).contains(&exponent) {
        let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
        return number(lang, value, decimals);
    }
    let mantissa = value / 10f64.powi(exponent);
    format!("{}·10{}", number(lang, mantissa, digits - 1), superscript(exponent))
}

fn superscript(n: i32) -> String {
    n.to_string()
        .chars()
        .map(|c| match c {
            '-' => '⁻',
            '0' => '⁰',
            '1' => '¹',
            '2' => '²',
            '3' => '³',
            digit => char::from_u32('⁴' as u32 + (digit as u32 - '4' as u32)).unwrap_or(digit),
        })
        .collect()
}

/// Bytes in binary units: `576 KiB`.
pub fn bytes(lang: Lang, size_bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut value = size_bytes as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    let decimals = if unit == 0 || value >= 100.0 { 0 } else { 1 };
    format!("{}\u{a0}{}", number(lang, value, decimals), UNITS[unit])
}

/// A share of one as a percentage with `decimals` decimals.
pub fn percent(lang: Lang, share: f64, decimals: usize) -> String {
    format!("{}\u{a0}%", number(lang, share * 100.0, decimals))
}

/// A duration: `12.5 ms`, `34.2 s`, `2 min 40 s`, `1 h 5 min`.
pub fn duration(lang: Lang, millis: f64) -> String {
    if !(millis >= 10_000.0 && millis.is_finite()) {
        return significant(lang, millis, 3) + "\u{a0}ms";
    }
    if millis < 99_950.0 {
        return number(lang, millis / 1000.0, 1) + "\u{a0}s";
    }
    let seconds = (millis / 1000.0).round() as u64;
    let pair = |large: u64, large_unit: &str, small: u64, small_unit: &str| {
        format!("{large}\u{a0}{large_unit} {small}\u{a0}{small_unit}")
    };
    match seconds / 3600 {
        0 => pair(seconds / 60, "min", seconds % 60, "s"),
        hours => pair(hours, "h", seconds % 3600 / 60, "min"),
    }
}

/// Reads what a person typed: either decimal sign, either minus, spaces between thousands.
pub fn parse_number(text: &str) -> Option<f64> {
    let clean: String =
        text.trim().chars().filter(|c| !c.is_whitespace()).map(|c| if c == '−' { '-' } else { c }).collect();
    let commas = clean.matches(',').count();
    let dots = clean.matches('.').count();
    let plain = match (commas, dots) {
        (1, 0) => clean.replace(',', "."),
        (0, _) => clean,
        // The sign that stands last is the decimal one.
        (_, 1) if clean.rfind('.') > clean.rfind(',') => clean.replace(',', ""),
        (1, _) if clean.rfind(',') > clean.rfind('.') => clean.replace('.', "").replace(',', "."),
        _ => return None,
    };
    plain.parse::<f64>().ok().filter(|v| v.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_the_language() {
        assert_eq!(number(Lang::Es, 1234.5, 1), "1234,5");
        assert_eq!(number(Lang::Es, 16_777_216.0, 0), "16\u{202f}777\u{202f}216");
        assert_eq!(number(Lang::En, 16_777_216.0, 0), "16,777,216");
        assert_eq!(number(Lang::En, -0.001, 2), "0.00");
        assert_eq!(number(Lang::En, -0.5, 1), "−0.5");
        assert_eq!(significant(Lang::Es, 0.000_001_234, 3), "1,23·10⁻⁶");
        assert_eq!(significant(Lang::En, 44.126, 3), "44.1");
        assert_eq!(bytes(Lang::Es, 589_824), "576\u{a0}KiB");
    }

    #[test]
    fn a_duration_takes_the_unit_that_suits_it() {
        assert_eq!(duration(Lang::En, 12.5), "12.5\u{a0}ms");
        assert_eq!(duration(Lang::Es, 34_240.0), "34,2\u{a0}s");
        assert_eq!(duration(Lang::Es, 99_960.0), "1\u{a0}min 40\u{a0}s");
        assert_eq!(duration(Lang::En, 3_900_000.0), "1\u{a0}h 5\u{a0}min");
        assert_eq!(duration(Lang::En, f64::NAN), "–\u{a0}ms");
    }

    #[test]
    fn typed_numbers_are_read_in_either_notation() {
        for (text, value) in
            [("0,5", 0.5), ("0.5", 0.5), ("−3", -3.0), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("16 777", 16777.0)]
        {
            assert_eq!(parse_number(text), Some(value), "{text}");
        }
        assert_eq!(parse_number("1,2,3"), None);
        assert_eq!(parse_number("uno"), None);
    }
}
