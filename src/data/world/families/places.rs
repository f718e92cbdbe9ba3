//! Towns, shops, meetings, purchases, animals, medicines and recipes.

use super::Gap;
use super::people::{a_day, dish, doctor, fur, hours};
use crate::data::world::draw::Draw;
use crate::data::world::grammar::f;
use crate::data::world::split::{Entity, Kind, Pair};
use crate::data::world::words::{self, lore};

/// The places that sell food, by their number.
pub const SELLERS: [u16; 6] = [0, 5, 6, 17, 19, 21];

/// Bread and sweet things; fruit and vegetables; what a café serves; what a farm gives.
fn sells(place: Entity, food: Entity) -> bool {
    match place.id {
        0 => matches!(food.id, 13..=17 | 27),
        21 => matches!(food.id, 0..=8 | 10 | 11 | 18..=24 | 29),
        17 => matches!(food.id, 12..=17 | 25..=27),
        5 => matches!(food.id, 0..=12 | 18..=24 | 28 | 29),
        _ => true,
    }
}

/// Food that a place sells. What is asked about it is its price: the place is free.
pub fn goods(d: &mut Draw, place: Entity) -> Entity {
    let all = (0..words::count(Kind::Food)).map(|id| Entity { kind: Kind::Food, id });
    let sold: Vec<Entity> = all.filter(|&food| sells(place, food)).collect();
    d.one(&sold)
}

/// Places without a door: the harbour, the park, the square.
pub const OPEN_AIR: [u16; 3] = [4, 9, 20];

/// One of the places that sell food.
pub fn sellers(d: &mut Draw) -> Entity {
    Entity { kind: Kind::Place, id: d.one(&SELLERS) }
}

/// A small number as something that is added or multiplied; `None` above what sums are made of.
pub fn addend(n: u32) -> Option<Entity> {
    let id = u16::try_from(n.checked_sub(1)?).ok()?;
    (id < words::LARGEST_ADDEND).then_some(Entity { kind: Kind::Addend, id })
}

pub fn town(d: &mut Draw) -> Option<Gap> {
    let town = d.any(Kind::Town);
    let (place, place2) = (d.partner(town, Kind::Place)?, d.partner(town, Kind::Place)?);
    let (month, food) = (d.partner(town, Kind::Month)?, d.partner(town, Kind::Food)?);
    if place == place2 {
        return None;
    }
    for (key, entity) in [("town", town), ("place", place), ("place2", place2), ("month", month), ("food", food)] {
        d.bind(key, entity);
    }
    let say = &d.phrases.places;
    d.say(&say.town);
    let mut middle = [&say.town_has, &say.town_fair];
    d.shuffle(&mut middle);
    middle.iter().for_each(|s| d.say(s));
    let (p, day) = (d.partner(town, Kind::Person)?, d.any(Kind::Day));
    if d.chance(60) {
        d.bind("p", p);
        d.bind("day", day);
        d.say(&d.phrases.people.lives);
    }
    if d.chance(70) {
        d.say(&say.town_end);
    }
    Some(Gap::Space)
}

pub fn shop(d: &mut Draw) -> Option<Gap> {
    let place = if d.chance(60) { sellers(d) } else { d.any(Kind::Place) };
    if OPEN_AIR.contains(&place.id) {
        return None;
    }
    let (town, open, close) =
        (d.partner(place, Kind::Town)?, d.partner(place, Kind::Opening)?, d.partner(place, Kind::Closing)?);
    let (day, p, col) = (d.partner(place, Kind::Day)?, d.partner(place, Kind::Person)?, d.any(Kind::Colour));
    d.noun("cosa", f("cosa", "cosas"));
    for (key, entity) in
        [("place", place), ("town", town), ("open", open), ("close", close), ("day", day), ("p", p), ("col", col)]
    {
        d.bind(key, entity);
    }
    let say = &d.phrases.places;
    d.say(&say.shop);
    let mut facts = vec![&say.opens, &say.closes, &say.rest_day, &say.keeper];
    d.shuffle(&mut facts);
    facts.truncate(2 + d.below(2) as usize);
    if SELLERS.contains(&place.id) {
        let food = goods(d, place);
        let price = d.partner(food, Kind::Price)?;
        d.bind("food", food);
        d.number("n", u32::from(words::number(price)));
        facts.push(&say.price);
    }
    facts.iter().for_each(|s| d.say(s));
    if d.chance(50) {
        d.say(&say.shop_end);
    }
    Some(Gap::Space)
}

pub fn meeting(d: &mut Draw) -> Option<Gap> {
    let town = d.any(Kind::Town);
    let place = d.partner(town, Kind::Place)?;
    let (open, obj, p) =
        (d.partner(place, Kind::Opening)?, d.partner(place, Kind::Object)?, d.partner(place, Kind::Person)?);
    let month = d.any(Kind::Month);
    let (day, sur, food) = (d.partner(month, Kind::Day)?, d.partner(p, Kind::Surname)?, d.any(Kind::Food));
    for (key, entity) in [
        ("town", town),
        ("place", place),
        ("open", open),
        ("obj", obj),
        ("p", p),
        ("month", month),
        ("day", day),
        ("sur", sur),
        ("food", food),
    ] {
        d.bind(key, entity);
    }
    // Every month has a 28th; the first has a name of its own.
    let date = 2 + d.below(27);
    d.number("date", date);
    let say = &d.phrases.places;
    d.say(&say.meeting);
    let mut facts = [&say.meeting_day, &say.meeting_time, &say.meeting_leader, &say.meeting_bring];
    d.shuffle(&mut facts[1..]);
    let kept = 3 + d.below(2) as usize;
    facts[..kept].iter().for_each(|s| d.say(s));
    if d.chance(60) {
        d.say(&say.meeting_end);
    }
    Some(Gap::Space)
}

pub fn shopping(d: &mut Draw) -> Option<Gap> {
    let (p, _) = d.two_people()?;
    let all = SELLERS.map(|id| Entity { kind: Kind::Place, id });
    let may: Vec<Entity> = all.into_iter().filter(|&at| Pair::new(at, p).split() == d.split).collect();
    if may.is_empty() {
        return None;
    }
    let (place, town) = (d.one(&may), d.any(Kind::Town));
    d.link(p, place)?;
    let food = d.partner(p, Kind::Food).filter(|&food| sells(place, food))?;
    // How many is free: with the price fixed by the split, few sums would be left.
    let (price, n) = (d.partner(food, Kind::Price)?, d.any(Kind::Count));
    for (key, entity) in [("place", place), ("town", town), ("food", food), ("price", price), ("n", n)] {
        d.bind(key, entity);
    }
    a_day(d);
    let (price, n) = (u32::from(words::number(price)), u32::from(words::number(n)));
    let say = &d.phrases.places;
    d.say(&say.goes_shopping);
    d.say(&say.buys);
    if d.chance(50) {
        d.link(addend(n)?, addend(price)?)?;
        d.number("total", n * price);
        d.say(&say.pays);
    } else {
        let food2 = d.new_partner(p, Kind::Food, &[food]).filter(|&food2| sells(place, food2))?;
        let price2 = d.partner(food2, Kind::Price)?;
        d.bind("food2", food2);
        d.bind("price2", price2);
        let (a, b) = (n * price, u32::from(words::number(price2)));
        d.link(addend(a)?, addend(b)?)?;
        d.number("a", a);
        d.number("b", b);
        d.number("total", a + b);
        d.say(&say.buys_more);
        d.say(&say.pays_both);
    }
    if d.chance(60) {
        d.say(&say.shopping_end);
    }
    Some(Gap::Space)
}

pub fn animal(d: &mut Draw) -> Option<Gap> {
    let animal = d.any(Kind::Animal);
    let p = d.partner(animal, Kind::Person)?;
    fur(d, animal)?;
    let town = d.partner(p, Kind::Town)?;
    for (key, entity) in [("animal", animal), ("p", p), ("town", town)] {
        d.bind(key, entity);
    }
    d.text("sound", lore::sound(d.language, animal.id));
    d.text("diet", lore::diet(d.language, animal.id));
    d.text("home", lore::home(d.language, animal.id));
    let say = &d.phrases.places;
    d.say(&say.is_animal);
    let mut facts = [&say.sound, &say.diet, &say.home];
    d.shuffle(&mut facts);
    let kept = 2 + d.below(2) as usize;
    facts[..kept].iter().for_each(|s| d.say(s));
    d.say(&say.animal_of);
    Some(Gap::Space)
}

pub fn leaflet(d: &mut Draw) -> Option<Gap> {
    let med = d.any(Kind::Medicine);
    let (ail, hours, p) = (d.partner(med, Kind::Ailment)?, hours(d, med)?, d.partner(med, Kind::Person)?);
    for (key, entity) in [("med", med), ("ail", ail), ("hours", hours), ("p", p)] {
        d.bind(key, entity);
    }
    let sur = doctor(d);
    d.link(p, sur)?;
    a_day(d);
    let say = &d.phrases.places;
    d.say(&say.medicine_for);
    let mut facts = [&say.medicine_dose, &say.medicine_given, &say.medicine_note];
    d.shuffle(&mut facts);
    facts.iter().for_each(|s| d.say(s));
    if d.chance(50) {
        super::people::say_anew(d, &say.medicine_note);
    }
    Some(Gap::Space)
}

pub fn recipe(d: &mut Draw) -> Option<Gap> {
    let made = d.any(Kind::Dish);
    let (p, town) = (d.partner(made, Kind::Person)?, d.any(Kind::Town));
    d.bind("p", p);
    dish(d, made);
    let say = &d.phrases.places;
    if d.chance(50) {
        d.link(p, town)?;
        d.bind("town", town);
        d.say(&d.phrases.people.lives);
        d.change_subject();
    } else {
        let (q, day) = (d.partner(p, Kind::Person)?, d.any(Kind::Day));
        d.bind("q", q);
        d.bind("day2", day);
        d.say(&d.phrases.stories.cake[0]);
    }
    d.say(&say.recipe);
    d.say(&say.recipe_first);
    d.say(&say.recipe_then);
    d.say(&say.recipe_cook);
    d.say(&say.recipe_end);
    Some(Gap::Space)
}
