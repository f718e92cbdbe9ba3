//! Short reports of what happened in a town.

use super::Gap;
use super::people::{a_day, belonging, dish, fur, pet_name, snack};
use super::places::OPEN_AIR;
use crate::data::world::draw::Draw;
use crate::data::world::grammar::Language;
use crate::data::world::split::Kind;

/// How many kinds of event there are.
pub const REPORTS: u32 = 6;

/// The first ones are good news, of which people are glad to speak.
const CHEERFUL: usize = 4;

/// The event of a place that opens.
const OPENING: usize = 2;

/// What may close a place.
fn causes(language: Language) -> [&'static str; 5] {
    match language {
        Language::Spanish => ["la nieve", "la lluvia", "el viento", "el humo", "un corte de luz"],
        Language::English => ["snow", "heavy rain", "strong wind", "smoke", "a power cut"],
    }
}

/// A report of event number `event`; the words of its headline are bound.
pub fn report(d: &mut Draw, event: usize) -> Option<Gap> {
    let (p, _) = d.two_people()?;
    let town = d.partner(p, Kind::Town)?;
    let (place, sur, job) = (d.partner(town, Kind::Place)?, d.partner(p, Kind::Surname)?, d.partner(p, Kind::Job)?);
    let (animal, food, made) = (d.partner(town, Kind::Animal)?, snack(d, town)?, d.partner(p, Kind::Dish)?);
    let (price, open, month) = (d.partner(food, Kind::Price)?, d.partner(place, Kind::Opening)?, d.any(Kind::Month));
    for (key, entity) in [
        ("town", town),
        ("place", place),
        ("sur", sur),
        ("job", job),
        ("animal", animal),
        ("food", food),
        ("n", price),
        ("open", open),
        ("month", month),
    ] {
        d.bind(key, entity);
    }
    dish(d, made);
    belonging(d, p)?;
    fur(d, animal)?;
    a_day(d);
    pet_name(d);
    let cause = d.one(&causes(d.language));
    d.text("cause", cause);
    // A square does not open.
    if event == OPENING && OPEN_AIR.contains(&place.id) {
        return None;
    }
    let say = &d.phrases.tasks;
    let (cheerful, event) = (event < CHEERFUL, &say.events[event]);
    d.say(&event.lead);
    d.say(&event.more);
    let quoted = cheerful && d.chance(50);
    d.say(if quoted { &say.quote } else { &event.last });
    Some(Gap::Space)
}
