//! Which combinations of entities a split may use.
//!
//! The world is made of entities (a person, a town, a food, a price) and every text links some of them: Ana buys
//! pears, pears cost 4 euros, the doctor was patient. Each linked pair belongs to exactly one split, whatever is said about it,
//! in whatever language, in pretraining text and tasks alike. So a test never asks for a combination that was trained
//! on, while every single word was.

use crate::math::hash_u32;

/// Parts of every task: what may be trained on, what may be tuned on, what is only measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Split {
    Train,
    Validation,
    Test,
}

impl Split {
    pub const ALL: [Split; 3] = [Split::Train, Split::Validation, Split::Test];
}

/// What an entity is; its number counts the words of that kind, the same in both languages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A kind of request ([`super::tasks::Request`]); first, so that each of them has a partner in each split.
    Request,
    Person,
    Surname,
    Town,
    Place,
    Job,
    Food,
    Dish,
    Animal,
    Object,
    Colour,
    Ailment,
    Medicine,
    /// Whole euros; the number is the price.
    Price,
    /// Years; the number is the age.
    Age,
    Opening,
    Closing,
    Day,
    Month,
    /// Somebody at a surgery, of whom a review speaks.
    Staff,
    /// What a review says of them: [`super::words::OPINIONS_PER_CLASS`] of each class in turn.
    Opinion,
    /// A small number that is added, taken away or multiplied.
    Addend,
    /// How many there are of something.
    Count,
}

/// One thing of the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entity {
    pub kind: Kind,
    pub id: u16,
}

/// Two entities that a text links; the order does not matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair(Entity, Entity);

/// Of ten parts, eight train, one validates, one tests.
const PARTS: u32 = 10;
const TRAIN_PARTS: u32 = 8;
/// The same for every seed of the world: what one model was trained on is never another one's test.
const SALT: u32 = 0x5EED_0A1A;

impl Pair {
    pub fn new(a: Entity, b: Entity) -> Pair {
        if a <= b { Pair(a, b) } else { Pair(b, a) }
    }

    /// The two entities, in their fixed order.
    pub fn entities(self) -> (Entity, Entity) {
        (self.0, self.1)
    }

    /// The split that may use this pair: `(b + hash(kinds, a)) mod 10`, so that each `a` meets every residue of `b` and
    /// no split is left without a partner for it.
    pub fn split(self) -> Split {
        let Pair(a, b) = self;
        let shift = hash_u32(hash_u32(SALT, u32::from(a.kind as u8) << 8 | u32::from(b.kind as u8)), u32::from(a.id));
        match (u32::from(b.id) + shift % PARTS) % PARTS {
            part if part < TRAIN_PARTS => Split::Train,
            TRAIN_PARTS => Split::Validation,
            _ => Split::Test,
        }
    }
}
