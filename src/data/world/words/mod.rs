//! The words of the world: an entity's number means the same thing in both languages.

pub mod en;
pub mod es;
pub mod names;

use super::grammar::{Language, Noun};
use super::split::{Entity, Kind};
use super::template::Value;

/// Good, bad and neither: twelve opinions of each, in this order.
pub const OPINIONS_PER_CLASS: u16 = 12;
/// Prices in whole euros, from [`CHEAPEST`] (one euro would be a singular).
pub const CHEAPEST: u16 = 2;
const PRICES: u16 = 12;
const YOUNGEST: u16 = 6;
const AGES: u16 = 70;
/// Sums are of numbers from 1 to this one.
pub const LARGEST_ADDEND: u16 = 60;
/// How many of a thing somebody buys: 2 to this plus one.
const COUNTS: u16 = 11;

/// The word list of one language that has the same order as the other one's.
macro_rules! words {
    ($language:expr, $list:ident) => {
        match $language {
            Language::Spanish => &es::$list[..],
            Language::English => &en::$list[..],
        }
    };
}

/// How many entities of a kind there are.
pub fn count(kind: Kind) -> u16 {
    let length = match kind {
        Kind::Person => names::PEOPLE.len(),
        Kind::Surname => names::SURNAMES.len(),
        Kind::Town => names::TOWNS.len(),
        Kind::Medicine => names::MEDICINES.len(),
        Kind::Place => es::PLACES.len(),
        Kind::Job => es::JOBS.len(),
        Kind::Food => es::FOODS.len(),
        Kind::Dish => es::DISHES.len(),
        Kind::Animal => es::ANIMALS.len(),
        Kind::Object => es::OBJECTS.len(),
        Kind::Colour => es::COLOURS.len(),
        Kind::Ailment => es::AILMENTS.len(),
        Kind::Opening => es::OPENINGS.len(),
        Kind::Closing => es::CLOSINGS.len(),
        Kind::Day => es::DAYS.len(),
        Kind::Month => es::MONTHS.len(),
        Kind::Staff => es::STAFF.len(),
        Kind::Opinion => es::OPINIONS.len(),
        Kind::Price => return PRICES,
        Kind::Age => return AGES,
        Kind::Addend => return LARGEST_ADDEND,
        Kind::Count => return COUNTS,
        Kind::Request => super::tasks::Request::ALL.len(),
    };
    length as u16
}

/// The number that an entity stands for, where it is one.
pub fn number(entity: Entity) -> u16 {
    entity.id
        + match entity.kind {
            Kind::Price => CHEAPEST,
            Kind::Age => YOUNGEST,
            Kind::Addend => 1,
            Kind::Count => 2,
            _ => 0,
        }
}

/// The word for an entity in a language.
pub fn value(language: Language, entity: Entity) -> Value {
    let i = usize::from(entity.id);
    let noun = |list: &[Noun]| Value::Noun(list[i]);
    let text = |list: &[&str]| Value::Text(list[i].to_owned());
    match entity.kind {
        Kind::Person => Value::Person(names::PEOPLE[i].0, names::PEOPLE[i].1),
        Kind::Surname => text(&names::SURNAMES),
        Kind::Town => text(&names::TOWNS),
        Kind::Medicine => text(&names::MEDICINES),
        Kind::Place => noun(words!(language, PLACES)),
        Kind::Food => noun(words!(language, FOODS)),
        Kind::Dish => noun(words!(language, DISHES)),
        Kind::Animal => noun(words!(language, ANIMALS)),
        Kind::Object => noun(words!(language, OBJECTS)),
        Kind::Job => forms(words!(language, JOBS)[i]),
        Kind::Colour => forms(words!(language, COLOURS)[i]),
        Kind::Ailment => text(words!(language, AILMENTS)),
        Kind::Opening => text(words!(language, OPENINGS)),
        Kind::Closing => text(words!(language, CLOSINGS)),
        Kind::Day => text(words!(language, DAYS)),
        Kind::Month => text(words!(language, MONTHS)),
        Kind::Opinion => text(words!(language, OPINIONS)),
        Kind::Staff => Value::Noun(words!(language, STAFF)[i].0),
        Kind::Price | Kind::Age | Kind::Addend | Kind::Count | Kind::Request => Value::Text(number(entity).to_string()),
    }
}

fn forms((masculine, feminine): (&'static str, &'static str)) -> Value {
    Value::Forms(masculine, feminine)
}

/// What is known of an entity beside its name.
pub mod lore {
    use super::{Language, Noun, en, es};

    pub fn complaint(language: Language, ailment: u16) -> &'static str {
        words!(language, COMPLAINTS)[usize::from(ailment)]
    }

    pub fn duty(language: Language, job: u16) -> &'static str {
        words!(language, DUTIES)[usize::from(job)]
    }

    pub fn sound(language: Language, animal: u16) -> &'static str {
        words!(language, SOUNDS)[usize::from(animal)]
    }

    pub fn diet(language: Language, animal: u16) -> &'static str {
        words!(language, DIETS)[usize::from(animal)]
    }

    pub fn home(language: Language, animal: u16) -> &'static str {
        words!(language, HOMES)[usize::from(animal)]
    }

    pub fn ingredients(language: Language, dish: u16) -> [&'static str; 3] {
        words!(language, INGREDIENTS)[usize::from(dish)]
    }

    pub fn step(language: Language, dish: u16) -> &'static str {
        words!(language, STEPS)[usize::from(dish)]
    }

    /// The woman or the man at a surgery.
    pub fn staff(language: Language, role: u16, woman: bool) -> Noun {
        let (man, lady) = words!(language, STAFF)[usize::from(role)];
        if woman { lady } else { man }
    }
}

/// A number in words, 0 to 99.
pub fn number_in_words(language: Language, n: u32) -> String {
    let (numbers, tens) = (words!(language, NUMBERS), words!(language, TENS));
    let n = n as usize;
    match (n < numbers.len(), language, n % 10) {
        (true, _, _) => numbers[n].to_owned(),
        (_, _, 0) => tens[n / 10 % 10].to_owned(),
        (_, Language::Spanish, one) => format!("{} y {}", tens[n / 10 % 10], numbers[one]),
        (_, Language::English, one) => format!("{}-{}", tens[n / 10 % 10], numbers[one]),
    }
}
