//! Reviews of visits to a surgery and to a café.

use super::Gap;
use super::people::{a_day, hours, snack};
use crate::data::world::draw::Draw;
use crate::data::world::grammar::m;
use crate::data::world::split::{Entity, Kind, Pair};
use crate::data::world::template::Value;
use crate::data::world::words::{self, OPINIONS_PER_CLASS, lore};

/// How somebody felt about a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sentiment {
    Positive,
    Negative,
    Neutral,
}

impl Sentiment {
    pub const ALL: [Sentiment; 3] = [Sentiment::Positive, Sentiment::Negative, Sentiment::Neutral];

    fn opposite(self) -> Sentiment {
        match self {
            Sentiment::Positive => Sentiment::Negative,
            Sentiment::Negative => Sentiment::Positive,
            Sentiment::Neutral => Sentiment::Neutral,
        }
    }
}

/// `who` and `opinion`: somebody whom no sentence spoke of yet, and what this split may say of them and no sentence said.
fn opinion(d: &mut Draw, class: Sentiment, met: &mut Vec<Entity>) -> Option<()> {
    let who = d.any(Kind::Staff);
    if met.contains(&who) {
        return None;
    }
    let first = class as u16 * OPINIONS_PER_CLASS;
    let all = (first..first + OPINIONS_PER_CLASS).map(|id| Entity { kind: Kind::Opinion, id });
    let may: Vec<Entity> = all.filter(|&o| Pair::new(who, o).split() == d.split).collect();
    if may.is_empty() {
        return None;
    }
    let what = d.one(&may);
    if met.contains(&what) {
        return None;
    }
    d.link(who, what)?;
    met.extend([who, what]);
    let woman = d.chance(50);
    let noun = lore::staff(d.language, who.id, woman);
    d.noun("who", if woman { noun } else { m(noun.one, noun.many) });
    if let Value::Text(template) = words::value(d.language, what) {
        let said = d.part(&template);
        d.text("opinion", said);
    }
    Some(())
}

/// A review of a visit to the doctor's that leaves no doubt how it was.
pub fn review(d: &mut Draw, class: Sentiment) -> Option<Gap> {
    let town = d.any(Kind::Town);
    let ailment = d.partner(town, Kind::Ailment)?;
    let med = d.partner(ailment, Kind::Medicine)?;
    let (hours, month, me) = (hours(d, med)?, d.any(Kind::Month), d.any(Kind::Person));
    for (key, entity) in
        [("town", town), ("ail", ailment), ("med", med), ("hours", hours), ("month", month), ("yo", me)]
    {
        d.bind(key, entity);
    }
    d.text("complaint", lore::complaint(d.language, ailment.id));
    a_day(d);
    let say = &d.phrases.tasks;
    let mut met = Vec::new();
    d.say(&say.review_start);
    if class == Sentiment::Neutral && d.chance(40) {
        // One thing good and one bad: in sum, neither.
        let (first, second) = if d.chance(50) { (0, 1) } else { (1, 0) };
        opinion(d, Sentiment::ALL[first], &mut met)?;
        d.say(&say.opinion);
        opinion(d, Sentiment::ALL[second], &mut met)?;
        d.say(&say.but);
    } else {
        for _ in 0..2 + d.below(2) {
            opinion(d, class, &mut met)?;
            d.say(&say.opinion);
        }
        // A small remark on the other side, after at least two on this one.
        if class != Sentiment::Neutral && d.chance(25) {
            opinion(d, class.opposite(), &mut met)?;
            d.say(&say.but);
        }
    }
    if d.chance(50) {
        d.say(&say.review_given);
    }
    if d.chance(70) {
        d.say(&say.review_end[class as usize]);
    }
    Some(Gap::Space)
}

/// The places where one eats, by their number.
const TABLES: [u16; 2] = [6, 17];

pub fn cafe(d: &mut Draw) -> Option<Gap> {
    let place = Entity { kind: Kind::Place, id: d.one(&TABLES) };
    let (town, food, p) = (d.partner(place, Kind::Town)?, snack(d, place)?, d.partner(place, Kind::Person)?);
    for (key, entity) in [("place", place), ("town", town), ("food", food), ("p", p)] {
        d.bind(key, entity);
    }
    a_day(d);
    let say = &d.phrases.tasks;
    let class = d.below(3) as usize;
    d.say(&say.cafe_start);
    for _ in 0..3 + d.below(2) {
        super::people::say_anew(d, &say.cafe_review[class]);
    }
    Some(Gap::Space)
}
