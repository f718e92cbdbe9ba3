//! People, their letters and their stories.

use super::Gap;
use super::places::SELLERS;
use crate::data::world::draw::Draw;
use crate::data::world::split::{Entity, Kind};
use crate::data::world::words::{self, lore};

/// One person, or two that must not be mixed up.
pub fn profile(d: &mut Draw) -> Option<Gap> {
    let p = d.any(Kind::Person);
    d.bind("p", p);
    let say = &d.phrases.people;
    if d.chance(50) {
        d.say(&say.hello);
    }
    let facts = 3 + d.below(3) as usize;
    person(d, p, facts)?;
    if d.chance(35) {
        let q = d.partner(p, Kind::Person)?;
        d.change_subject();
        d.bind("p", q);
        let facts = 2 + d.below(3) as usize;
        person(d, q, facts)?;
    }
    if d.chance(50) {
        d.say(&say.bye);
    }
    Some(Gap::Space)
}

/// Some facts about a person in any order; the first two are where they live and what they do.
fn person(d: &mut Draw, p: Entity, facts: usize) -> Option<()> {
    let say = &d.phrases.people;
    let mut more = [2, 3, 4, 5, 6, 7];
    d.shuffle(&mut more);
    let mut topics = vec![0, 1];
    topics.extend(&more[..facts.saturating_sub(2).min(more.len())]);
    d.shuffle(&mut topics[..2]);
    for topic in topics {
        match topic {
            0 => {
                let town = d.partner(p, Kind::Town)?;
                d.bind("town", town);
                d.say(&say.lives);
            }
            1 => {
                let job = d.partner(p, Kind::Job)?;
                d.bind("job", job);
                d.text("duty", lore::duty(d.language, job.id));
                d.say(&say.works);
                if d.chance(40) {
                    d.say(&say.duty);
                }
            }
            2 => {
                let age = d.partner(p, Kind::Age)?;
                // An age to have a job at.
                if words::number(age) < 18 {
                    return None;
                }
                let month = d.any(Kind::Month);
                d.bind("age", age);
                d.bind("month", month);
                d.say(&say.age);
            }
            3 => {
                let animal = d.partner(p, Kind::Animal)?;
                d.bind("animal", animal);
                pet_name(d);
                d.say(&say.pet);
            }
            4 => {
                let food = d.partner(p, Kind::Food)?;
                d.bind("food", food);
                d.say(&say.likes);
            }
            5 => {
                belonging(d, p)?;
                a_day(d);
                d.say(&say.owns);
            }
            6 => {
                let place = d.partner(p, Kind::Place)?;
                d.bind("place2", place);
                a_day(d);
                d.say(&say.habit);
            }
            _ => {
                let q = d.partner(p, Kind::Person)?;
                d.bind("q", q);
                d.say(&say.friend);
            }
        }
    }
    Some(())
}

/// `obj` and `col`: a thing of somebody's and its colour.
pub fn belonging(d: &mut Draw, p: Entity) -> Option<()> {
    let obj = d.partner(p, Kind::Object)?;
    let col = d.partner(obj, Kind::Colour)?;
    d.bind("obj", obj);
    d.bind("col", col);
    d.noun("cosa", crate::data::world::grammar::f("cosa", "cosas"));
    Some(())
}

/// `day` and, for habits, its plural `days`.
pub fn a_day(d: &mut Draw) {
    let day = d.any(Kind::Day);
    d.bind("day", day);
    let plural = match d.phrase("{day}") {
        // In Spanish only these two change.
        weekend if weekend.ends_with('o') => format!("{}s", weekend.to_lowercase()),
        weekday => weekday.to_lowercase(),
    };
    d.text("days", plural);
}

/// What nobody eats just as it is: lemons, onions, potatoes, peppers, eggs, pumpkins, cucumbers, chickens.
const RAW: [u16; 8] = [3, 5, 6, 8, 9, 23, 24, 28];

/// Something to eat at once.
pub fn snack(d: &mut Draw, with: Entity) -> Option<Entity> {
    d.partner(with, Kind::Food).filter(|food| !RAW.contains(&food.id))
}

/// Yellow, white, black, brown, grey and golden: the colours that animals have.
const FURS: [u16; 6] = [3, 4, 5, 6, 7, 9];

/// `fur`: the colour of an animal.
pub fn fur(d: &mut Draw, animal: Entity) -> Option<()> {
    let colour = d.partner(animal, Kind::Colour).filter(|colour| FURS.contains(&colour.id))?;
    d.bind("fur", colour);
    Some(())
}

/// Hours between two doses: never less than four.
pub fn hours(d: &mut Draw, medicine: Entity) -> Option<Entity> {
    d.partner(medicine, Kind::Count).filter(|hours| words::number(*hours) >= 4)
}

/// `pet`: what an animal is called.
pub fn pet_name(d: &mut Draw) {
    let name = d.one(&words::names::PETS);
    d.text("pet", name);
}

/// `doc` and `sur`: a doctor.
pub fn doctor(d: &mut Draw) -> Entity {
    let woman = d.chance(50);
    d.noun("doc", lore::staff(d.language, 0, woman));
    let sur = d.any(Kind::Surname);
    d.bind("sur", sur);
    sur
}

/// `dish`, what goes into it and what is done with it.
pub fn dish(d: &mut Draw, dish: Entity) {
    d.bind("dish", dish);
    for (key, ingredient) in ["i1", "i2", "i3"].into_iter().zip(lore::ingredients(d.language, dish.id)) {
        d.text(key, ingredient);
    }
    d.text("step", lore::step(d.language, dish.id));
}

pub fn letter(d: &mut Draw) -> Option<Gap> {
    let (p, _) = d.two_people()?;
    let town = d.partner(p, Kind::Town)?;
    let (animal, food, place) = (d.partner(p, Kind::Animal)?, snack(d, p)?, d.partner(town, Kind::Place)?);
    for (key, entity) in [("town", town), ("animal", animal), ("food", food), ("place", place)] {
        d.bind(key, entity);
    }
    belonging(d, p)?;
    a_day(d);
    let say = &d.phrases.people;
    d.say(&say.dear);
    d.say(&say.news);
    d.say(&say.weather);
    for _ in 0..=d.below(3) {
        say_anew(d, &say.wish);
    }
    d.say(&say.farewell);
    Some(Gap::Letter)
}

/// Says something in words that do not stand there yet, if they can be found.
pub fn say_anew(d: &mut Draw, saying: &crate::data::world::phrases::Saying) {
    const TRIES: u32 = 6;
    for _ in 0..TRIES {
        let before = d.marks();
        d.say(saying);
        if d.last_is_new() {
            return;
        }
        d.back_to(before);
    }
}

/// Where presents are found: the bookshop, the museum, the shoe shop, the market.
const GIFT_SHOPS: [u16; 4] = [7, 14, 18, 19];

/// `place`: one that has what somebody wants.
fn goes_to(d: &mut Draw, p: Entity, places: &[u16]) -> Option<()> {
    let place = Entity { kind: Kind::Place, id: d.one(places) };
    d.link(p, place)?;
    d.bind("place", place);
    Some(())
}

pub fn story(d: &mut Draw) -> Option<Gap> {
    let (p, _) = d.two_people()?;
    let (town, place, food) = (d.partner(p, Kind::Town)?, d.partner(p, Kind::Place)?, snack(d, p)?);
    let (animal, price) = (d.partner(p, Kind::Animal)?, d.partner(food, Kind::Price)?);
    let food2 = d.new_partner(p, Kind::Food, &[food]);
    let (month, col2) = (d.any(Kind::Month), d.any(Kind::Colour));
    for (key, entity) in [
        ("town", town),
        ("place", place),
        ("food", food),
        ("animal", animal),
        ("price", price),
        ("month", month),
        ("col2", col2),
    ] {
        d.bind(key, entity);
    }
    d.noun("papel", crate::data::world::grammar::m("papel", "papeles"));
    belonging(d, p)?;
    fur(d, animal)?;
    a_day(d);
    let day2 = d.any(Kind::Day);
    d.bind("day2", day2);
    pet_name(d);
    let say = &d.phrases.stories;
    let plot_number = d.below(7);
    let plot = match plot_number {
        0 => &say.lost_object,
        1 => &say.lost_animal,
        2 => {
            goes_to(d, p, &GIFT_SHOPS)?;
            &say.gift
        }
        3 => {
            let made = d.partner(p, Kind::Dish)?;
            dish(d, made);
            goes_to(d, p, &SELLERS)?;
            &say.cake
        }
        4 => &say.rain,
        5 => {
            doctor(d);
            let ailment = d.partner(p, Kind::Ailment)?;
            let medicine = d.partner(ailment, Kind::Medicine)?;
            let hours = hours(d, medicine)?;
            d.text("complaint", lore::complaint(d.language, ailment.id));
            d.bind("med", medicine);
            d.bind("hours", hours);
            &say.ill
        }
        _ => {
            d.bind("food2", food2?);
            &say.market
        }
    };
    // A story that begins at home, or on the way, says so itself.
    let opening = if matches!(plot_number, 4..=6) { &say.introductions } else { &say.openings };
    if d.chance(60) {
        d.say(opening);
    }
    for step in plot {
        d.say(step);
    }
    if d.chance(50) {
        d.say(&say.endings);
    }
    Some(Gap::Space)
}
