//! Sums, words of two languages, and lists of questions that nobody answers.

use super::Gap;
use super::people::{a_day, belonging, dish, say_anew};
use super::places::addend;
use crate::data::world::draw::Draw;
use crate::data::world::grammar::{Gender, Language, Noun};
use crate::data::world::split::{Entity, Kind};
use crate::data::world::template::Value;
use crate::data::world::words::{self, lore, number_in_words};

/// Numbers that are added in words stay below a hundred.
const LARGEST_SUM: u32 = 99;

/// `a`, `b` and `total` of a sum (0), a difference (1) or a product (2), in digits and in words.
pub fn sum(d: &mut Draw, operation: usize) -> Option<()> {
    let bound = if operation == 2 { 10 } else { 30 };
    let (a, b) = (1 + d.below(bound), 1 + d.below(bound));
    d.link(addend(a)?, addend(b)?)?;
    let (a, b, total) = match operation {
        0 => (a, b, a + b),
        1 => (a + b, b, a),
        _ => (a, b, a * b),
    };
    if total > LARGEST_SUM {
        return None;
    }
    // One is a singular.
    if operation > 0 && (total == 1 || b == 1) {
        return None;
    }
    for (key, words, n) in [("a", "aw", a), ("b", "bw", b), ("total", "tw", total)] {
        d.number(key, n);
        d.text(words, number_in_words(d.language, n));
    }
    Some(())
}

pub fn sums(d: &mut Draw) -> Option<Gap> {
    let operation = d.below(3) as usize;
    let mixed = d.chance(30);
    for _ in 0..4 + d.below(4) {
        let operation = if mixed { d.below(3) as usize } else { operation };
        anew(d, |d| sum(d, operation))?;
        say_anew(d, &d.phrases.places.sums[operation]);
    }
    Some(if d.chance(50) { Gap::Line } else { Gap::Space })
}

/// Tries a step again before the whole text is given up.
fn anew(d: &mut Draw, mut step: impl FnMut(&mut Draw) -> Option<()>) -> Option<()> {
    const TRIES: u32 = 60;
    (0..TRIES).find_map(|_| step(d))
}

pub fn counting(d: &mut Draw) -> Option<Gap> {
    for _ in 0..2 + d.below(2) {
        let (p, _) = d.two_people()?;
        let food = d.partner(p, Kind::Food)?;
        d.bind("food", food);
        let kind = d.below(2) as usize;
        anew(d, |d| {
            sum(d, kind)?;
            // "Has 1 apples" is a fault.
            (d.phrase("{a}") != "1" && d.phrase("{b}") != "1" && d.phrase("{total}") != "1").then_some(())
        })?;
        say_anew(d, &d.phrases.places.counts[kind]);
    }
    Some(Gap::Space)
}

/// `word`, `other` and `animal` (the noun) for a thing that both languages name.
pub fn translation(d: &mut Draw, thing: Entity) {
    let other = match d.language {
        Language::Spanish => Language::English,
        Language::English => Language::Spanish,
    };
    if let (Value::Noun(here), Value::Noun(there)) = (words::value(d.language, thing), words::value(other, thing)) {
        d.noun("animal", here);
        d.text("word", here.one);
        d.text("other", there.one);
    }
}

pub fn words_of_two_languages(d: &mut Draw) -> Option<Gap> {
    for _ in 0..4 + d.below(4) {
        let kind = d.one(&[Kind::Animal, Kind::Food, Kind::Object, Kind::Place, Kind::Animal]);
        let thing = d.any(kind);
        translation(d, thing);
        say_anew(d, &d.phrases.places.word_pair);
    }
    Some(Gap::Space)
}

/// Everything that a question or a request may name.
pub fn anything(d: &mut Draw) -> Option<()> {
    let p = d.any(Kind::Person);
    d.bind("p", p);
    for (key, kind) in [
        ("town", Kind::Town),
        ("place", Kind::Place),
        ("food", Kind::Food),
        ("animal", Kind::Animal),
        ("month", Kind::Month),
        ("med", Kind::Medicine),
        ("sur", Kind::Surname),
    ] {
        let entity = if kind == Kind::Surname { d.partner(p, kind)? } else { d.any(kind) };
        d.bind(key, entity);
    }
    belonging(d, p)?;
    a_day(d);
    let ail = d.any(Kind::Ailment);
    d.bind("ail", ail);
    d.text("complaint", lore::complaint(d.language, ail.id));
    let made = d.any(Kind::Dish);
    dish(d, made);
    let job = d.any(Kind::Job);
    job_noun(d, job);
    let animal = d.any(Kind::Animal);
    translation(d, animal);
    d.text("sound", lore::sound(d.language, animal.id));
    d.text("diet", lore::diet(d.language, animal.id));
    anew(d, |d| sum(d, 0))
}

/// `job` as a noun: a woman's or a man's.
pub fn job_noun(d: &mut Draw, job: Entity) {
    let Value::Forms(man, woman) = words::value(d.language, job) else { return };
    let (one, gender) = if d.chance(50) { (man, Gender::Masculine) } else { (woman, Gender::Feminine) };
    d.noun("job", Noun { one, many: one, gender, stressed_a: false });
    d.text("duty", lore::duty(d.language, job.id));
}

/// Questions after questions, as they stand on a page of exercises; some lists are of requests. Nobody answers.
pub fn questions(d: &mut Draw) -> Option<Gap> {
    let say = &d.phrases.tasks;
    // Half of them keep to one subject; a third of those ask for one thing after the other in the same words.
    let groups: Vec<&'static [&'static str]> = say.requests.iter().chain(say.chat).copied().collect();
    let (group, one_subject, same_words) = (d.one(&groups), d.chance(60), d.chance(35));
    let template = d.one(group);
    for _ in 0..4 + d.below(5) {
        anything(d)?;
        let group = if one_subject { group } else { d.one(&groups) };
        let asked = if one_subject && same_words { d.phrase(template) } else { d.one_of(group) };
        if !d.sentences.contains(&asked) {
            d.sentences.push(asked);
        }
    }
    (d.sentences.len() >= 4).then_some(if d.chance(50) { Gap::Line } else { Gap::Space })
}
