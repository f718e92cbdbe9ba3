//! Languages, messages and numbers as people write them. Depends on nothing.
//!
//! The messages live in `www/locales/<language>.json`; `build.rs` turns them into [`Lang`] and [`msg`] and refuses to
//! build when a language lacks a key. Nested keys are joined by `_`: `{"quant": {"title": ..}}` is `msg::quant_title`.

mod number;

pub use number::{bytes, duration, integer, number, parse_number, percent, significant};

include!(concat!(env!("OUT_DIR"), "/messages.rs"));

impl Lang {
    /// The language whose code starts like `tag` (`"es-MX"` gives Spanish), if there is one.
    pub fn from_tag(tag: &str) -> Option<Lang> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Lang::ALL.iter().copied().find(|l| l.code().eq_ignore_ascii_case(primary))
    }

    /// The sign between the integer part and the decimals.
    pub fn decimal_separator(self) -> &'static str {
        msg::number_decimal(self)
    }

    /// The sign between thousands; a narrow no-break space where the language uses a space.
    pub fn thousands_separator(self) -> &'static str {
        msg::number_thousands(self)
    }
}
