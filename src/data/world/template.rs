//! Templates: `[ayer|hoy]` is one of its alternatives, `{food.un}` a bound word in a form, `{p:o|a}` an ending that
//! agrees with a bound word, `{col@obj}` a bound word that agrees with another one, `{p?her house|Ana's house}` one of
//! two texts: the first where it is clear who is spoken of.

use super::grammar::{Gender, Noun};

/// What a slot can hold.
#[derive(Clone, Debug)]
pub enum Value {
    Noun(Noun),
    /// A word with a masculine and a feminine form: a colour, a job.
    Forms(&'static str, &'static str),
    Person(&'static str, Gender),
    Text(String),
}

/// What a template asks of the one who fills it.
pub trait Filler {
    /// A number below `bound`.
    fn below(&mut self, bound: u32) -> u32;
    fn value(&self, key: &str) -> Option<Value>;
    /// The subject of a sentence: the name, a pronoun or nothing, as the language allows.
    fn subject(&mut self, key: &str, name: &str, gender: Gender) -> String;
    /// Whether it is clear that `name` is spoken of.
    fn is_spoken_of(&mut self, name: &str) -> bool;
}

/// Fills a template. What it does not understand stays as it is, braces and all, for a test to find.
pub fn filled(template: &str, filler: &mut impl Filler) -> String {
    let mut out = String::with_capacity(template.len() * 2);
    let mut rest = template;
    while let Some(at) = rest.find(['[', '{']) {
        out.push_str(&rest[..at]);
        let Some(end) = closing(&rest[at..]) else { break };
        let inside = &rest[at + 1..at + end];
        if rest[at..].starts_with('[') {
            let choices = branches(inside);
            let choice = choices[filler.below(choices.len() as u32) as usize];
            out.push_str(&filled(choice, filler));
        } else {
            match slot(inside, filler) {
                Some(word) => out.push_str(&word),
                None => out.push_str(&rest[at..=at + end]),
            }
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    out
}

/// The index of the sign that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    for (i, c) in text.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => {
                depth -= 1;
                if depth == 0 {
                    return Some(i);
                }
            }
            _ => {}
        }
    }
    None
}

/// Splits at the bars that are in no inner bracket.
fn branches(text: &str) -> Vec<&str> {
    let (mut out, mut depth, mut from) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth -= 1,
            '|' if depth == 0 => {
                out.push(&text[from..i]);
                from = i + 1;
            }
            _ => {}
        }
    }
    out.push(&text[from..]);
    out
}

fn slot(inside: &str, filler: &mut impl Filler) -> Option<String> {
    if let Some((key, branch)) = inside.split_once('?').filter(|(key, _)| key.chars().all(char::is_alphanumeric)) {
        let Value::Person(name, _) = filler.value(key)? else { return None };
        let [known, unknown] = branches(branch)[..] else { return None };
        return Some(filled(if filler.is_spoken_of(name) { known } else { unknown }, filler));
    }
    if let Some((key, endings)) = inside.split_once(':') {
        let (masculine, feminine) = endings.split_once('|')?;
        return Some(if gender(&filler.value(key)?)? == Gender::Masculine { masculine } else { feminine }.to_owned());
    }
    if let Some((key, with)) = inside.split_once('@') {
        let Value::Forms(masculine, feminine) = filler.value(key)? else { return None };
        return Some(if gender(&filler.value(with)?)? == Gender::Masculine { masculine } else { feminine }.to_owned());
    }
    let (key, form) = inside.split_once('.').unwrap_or((inside, ""));
    match filler.value(key)? {
        Value::Noun(noun) => noun.form(form),
        Value::Person(name, gender) if form == "s" => Some(filler.subject(key, name, gender)),
        Value::Person(name, _) if form.is_empty() => Some(name.to_owned()),
        Value::Forms(masculine, _) if form.is_empty() => Some(masculine.to_owned()),
        Value::Text(text) if form.is_empty() => Some(text),
        _ => None,
    }
}

fn gender(value: &Value) -> Option<Gender> {
    match value {
        Value::Noun(noun) => Some(noun.gender),
        Value::Person(_, gender) => Some(*gender),
        _ => None,
    }
}
