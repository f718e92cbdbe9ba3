//! Names, the same in both languages: it is one valley, told in two languages.

use crate::data::world::grammar::Gender::{self, Feminine as F, Masculine as M};

/// First names.
pub const PEOPLE: [(&str, Gender); 48] = [
    ("Ana", F),
    ("Luis", M),
    ("Clara", F),
    ("Pablo", M),
    ("Elena", F),
    ("Hugo", M),
    ("Eva", F),
    ("Leo", M),
    ("Irene", F),
    ("Mateo", M),
    ("Julia", F),
    ("Martín", M),
    ("Laura", F),
    ("Tomás", M),
    ("Lola", F),
    ("Óscar", M),
    ("Lucía", F),
    ("Bruno", M),
    ("Marta", F),
    ("Daniel", M),
    ("Nora", F),
    ("David", M),
    ("Olga", F),
    ("Jaime", M),
    ("Paula", F),
    ("Javier", M),
    ("Rosa", F),
    ("Jorge", M),
    ("Sara", F),
    ("Mario", M),
    ("Sofía", F),
    ("Nico", M),
    ("Teresa", F),
    ("Pedro", M),
    ("Alba", F),
    ("Raúl", M),
    ("Carmen", F),
    ("Samuel", M),
    ("Inés", F),
    ("Simón", M),
    ("Rita", F),
    ("Víctor", M),
    ("Vera", F),
    ("Adrián", M),
    ("Berta", F),
    ("Andrés", M),
    ("Gloria", F),
    ("Iván", M),
];

/// Surnames; doctors go by them.
pub const SURNAMES: [&str; 20] = [
    "Vega", "Campos", "Rivas", "Soto", "Mora", "Prado", "Salas", "Bravo", "Nieto", "Romero", "Molina", "Ferrer",
    "Duarte", "Pardo", "Lago", "Serra", "Robles", "Marín", "Gil", "Costa",
];

/// Villages and small towns that are on no map.
pub const TOWNS: [&str; 20] = [
    "Villaluna",
    "Puerto Claro",
    "Montesol",
    "Riofresco",
    "Valdeflores",
    "Piedralta",
    "Aguamansa",
    "Torremiel",
    "Fuentefría",
    "Lagoverde",
    "Costalinda",
    "Peñasuave",
    "Nogalera",
    "Solana",
    "Marisma",
    "Robledal",
    "Castromar",
    "Valdebruma",
    "Olivarejo",
    "Campoluz",
];

/// Medicines that no pharmacy sells.
pub const MEDICINES: [&str; 14] = [
    "Veloril",
    "Tusaval",
    "Febrasol",
    "Nasobel",
    "Lumadol",
    "Dormelín",
    "Alivor",
    "Digestel",
    "Brumacil",
    "Pielarol",
    "Oridol",
    "Calmavit",
    "Ramelín",
    "Sorvanil",
];

/// What people call their animals.
pub const PETS: [&str; 12] =
    ["Luna", "Toby", "Canela", "Rayo", "Nube", "Coco", "Lila", "Trueno", "Miel", "Bruma", "Kiko", "Perla"];

/// The number of the place where each job is done.
pub const WORKPLACES: [u16; 20] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 1, 16, 17, 18];
