//! Requests with good and bad answers, and pairs of answers of which one is better.

use crate::data::world::draw::Draw;
use crate::data::world::families::{anything, dish, job_noun, sum, translation};
use crate::data::world::split::{Entity, Kind, Pair, Split};
use crate::data::world::words::lore;
use crate::data::world::{Language, Stream, World, until_possible};

/// What is asked for; the order is that of [`crate::data::world::phrases::Tasks::requests`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Request {
    Recipe,
    Sum,
    Translation,
    Sound,
    Diet,
    Job,
    Sentence,
    /// How much medicine to take: the safe answer is to ask a doctor.
    Dose,
    Note,
    /// Something about a person of whom nothing is known: the honest answer is not to know.
    Unknown,
}

impl Request {
    pub const ALL: [Request; 10] = [
        Request::Recipe,
        Request::Sum,
        Request::Translation,
        Request::Sound,
        Request::Diet,
        Request::Job,
        Request::Sentence,
        Request::Dose,
        Request::Note,
        Request::Unknown,
    ];
}

/// What is wrong with an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Flaw {
    /// It goes on with more questions, as a base model does.
    Repeats,
    /// It is false, invented, unsafe, or does something else than was asked.
    Wrong,
    /// It answers another request.
    OffTopic,
    Rude,
    Refuses,
}

impl Flaw {
    pub const ALL: [Flaw; 5] = [Flaw::Repeats, Flaw::Wrong, Flaw::OffTopic, Flaw::Rude, Flaw::Refuses];
}

/// A request with an answer as it should be and one as it should not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    pub request: Request,
    pub prompt: String,
    pub good: String,
    pub bad: String,
    pub flaw: Flaw,
    pub pairs: Vec<Pair>,
}

/// A prompt with the better and the worse of two answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    pub prompt: String,
    pub chosen: String,
    pub rejected: String,
    pub flaw: Flaw,
    pub pairs: Vec<Pair>,
}

impl World {
    /// Request number `index` of a split; kinds take turns.
    pub fn instruction(&self, language: Language, split: Split, index: u32) -> Instruction {
        self.answered(Stream::Instructions, language, split, index)
    }

    /// Pair number `index` of a split, for a reward model or for preference optimisation.
    pub fn preference(&self, language: Language, split: Split, index: u32) -> Preference {
        let made = self.answered(Stream::Preferences, language, split, index);
        let Instruction { prompt, good, bad, flaw, pairs, .. } = made;
        Preference { prompt, chosen: good, rejected: bad, flaw, pairs }
    }

    fn answered(&self, stream: Stream, language: Language, split: Split, index: u32) -> Instruction {
        let seed = self.seed_of(stream, language, split, index);
        let request = Request::ALL[index as usize % Request::ALL.len()];
        let flaw = Flaw::ALL[(seed % Flaw::ALL.len() as u32) as usize];
        until_possible(language, split, seed, |draw| answered(draw, request, flaw))
    }
}

fn answered(d: &mut Draw, request: Request, flaw: Flaw) -> Option<Instruction> {
    anything(d)?;
    bind(d, request)?;
    let say = &d.phrases.tasks;
    let i = request as usize;
    let prompt = d.one_of(say.requests[i]);
    let good = d.one_of(say.good[i]);
    let bad = match flaw {
        Flaw::Repeats => {
            let mut more: Vec<String> = (0..2 + d.below(2)).map(|_| d.one_of(say.requests[i])).collect();
            more.dedup();
            more.join(" ")
        }
        Flaw::Wrong => d.one_of(say.wrong[i]),
        Flaw::OffTopic => {
            let other = (i + 1 + d.below(say.good.len() as u32 - 1) as usize) % say.good.len();
            // A refusal is what it should be for these two only; anywhere else it is off the subject.
            d.one_of(say.good[other])
        }
        Flaw::Rude => d.one_of(say.rude),
        Flaw::Refuses => d.one_of(say.refuse),
    };
    (good != bad).then(|| Instruction { request, prompt, good, bad, flaw, pairs: d.pairs.clone() })
}

/// Something to ask about that the split allows, and something else under the keys of wrong answers.
fn bind(d: &mut Draw, request: Request) -> Option<()> {
    let kind = Entity { kind: Kind::Request, id: request as u16 };
    let language = d.language;
    match request {
        Request::Recipe => {
            let (made, other) = (d.partner(kind, Kind::Dish)?, d.any(Kind::Dish));
            let (right, wrong) = (lore::ingredients(language, made.id), lore::ingredients(language, other.id));
            // One thing in common would be half right.
            if right.iter().any(|i| wrong.contains(i)) {
                return None;
            }
            dish(d, made);
            for (key, ingredient) in ["j1", "j2", "j3"].into_iter().zip(wrong) {
                d.text(key, ingredient);
            }
            d.text("stepx", lore::step(language, other.id));
        }
        Request::Sum => {
            sum(d, 0)?;
            let total: u32 = d.phrase("{total}").parse().ok()?;
            let off = 1 + d.below(9);
            let wrong = if d.chance(50) { total + off } else { total.checked_sub(off)? };
            d.number("totalx", wrong);
        }
        Request::Translation => {
            let (right, wrong) = two_of(d, kind, Kind::Animal)?;
            translation(d, wrong);
            let otherx = d.phrase("{other}").to_lowercase();
            d.text("otherx", otherx);
            translation(d, right);
        }
        Request::Sound | Request::Diet => {
            let (right, wrong) = two_of(d, kind, Kind::Animal)?;
            let of = if request == Request::Sound { lore::sound } else { lore::diet };
            if of(language, right.id) == of(language, wrong.id) {
                return None;
            }
            d.bind("animal", right);
            for (key, keyx, of) in
                [("sound", "soundx", lore::sound as fn(Language, u16) -> &'static str), ("diet", "dietx", lore::diet)]
            {
                d.text(key, of(language, right.id));
                d.text(keyx, of(language, wrong.id));
            }
        }
        Request::Job => {
            let (right, wrong) = two_of(d, kind, Kind::Job)?;
            job_noun(d, right);
            d.text("dutyx", lore::duty(language, wrong.id));
        }
        Request::Sentence => {
            let animal = d.any(Kind::Animal);
            let (place, animalx, placex) = (d.partner(animal, Kind::Place)?, d.any(Kind::Animal), d.any(Kind::Place));
            if animalx == animal || placex == place {
                return None;
            }
            for (key, entity) in [("animal", animal), ("place", place), ("animalx", animalx), ("placex", placex)] {
                d.bind(key, entity);
            }
        }
        Request::Dose => {
            let ail = d.any(Kind::Ailment);
            let med = d.partner(ail, Kind::Medicine)?;
            d.bind("ail", ail);
            d.text("complaint", lore::complaint(language, ail.id));
            d.bind("med", med);
        }
        Request::Note => {
            let (p, _) = d.two_people()?;
            let (obj, objx) = (d.partner(p, Kind::Object)?, d.any(Kind::Object));
            if obj == objx {
                return None;
            }
            d.bind("obj", obj);
            d.bind("objx", objx);
        }
        Request::Unknown => {
            let p = d.any(Kind::Person);
            let (sur, town, age) = (d.partner(p, Kind::Surname)?, d.partner(p, Kind::Town)?, d.partner(p, Kind::Age)?);
            for (key, entity) in [("p", p), ("sur", sur), ("town", town), ("age", age)] {
                d.bind(key, entity);
            }
        }
    }
    Some(())
}

/// One that the split may ask about, and any other one.
fn two_of(d: &mut Draw, request: Entity, kind: Kind) -> Option<(Entity, Entity)> {
    let (right, wrong) = (d.partner(request, kind)?, d.any(kind));
    (right != wrong).then_some((right, wrong))
}
