//! Ailments, and who treats them how in Spanish; the other language has the same in the same order.

use crate::data::world::grammar::{Noun, f, m};

/// As a complaint of somebody.
pub const COMPLAINTS: [&str; 14] = [
    "un dolor de cabeza",
    "un dolor de espalda",
    "una tos muy seca",
    "un poco de fiebre",
    "una gripe",
    "una alergia",
    "un dolor de garganta",
    "un dolor de muelas",
    "un resfriado",
    "un dolor de tripa",
    "una picadura de abeja",
    "un golpe en la rodilla",
    "un mareo",
    "un dolor de oído",
];

/// As what a medicine is for.
pub const AILMENTS: [&str; 14] = [
    "el dolor de cabeza",
    "el dolor de espalda",
    "la tos",
    "la fiebre",
    "la gripe",
    "la alergia",
    "el dolor de garganta",
    "el dolor de muelas",
    "el resfriado",
    "el dolor de tripa",
    "las picaduras",
    "los golpes",
    "el mareo",
    "el dolor de oído",
];

/// The people at a surgery, as a man and as a woman.
pub const STAFF: [(Noun, Noun); 6] = [
    (m("doctor", "doctores"), f("doctora", "doctoras")),
    (m("enfermero", "enfermeros"), f("enfermera", "enfermeras")),
    (m("recepcionista", "recepcionistas"), f("recepcionista", "recepcionistas")),
    (m("dentista", "dentistas"), f("dentista", "dentistas")),
    (m("ayudante", "ayudantes"), f("ayudante", "ayudantes")),
    (m("especialista", "especialistas"), f("especialista", "especialistas")),
];

/// What is said of them: twelve good things, twelve bad ones, twelve that are neither.
pub const OPINIONS: [&str; 36] = [
    "fue muy amable",
    "me escuchó con calma",
    "me lo explicó todo muy bien",
    "me trató con cariño",
    "resolvió todas mis dudas",
    "me tranquilizó mucho",
    "tuvo mucha paciencia",
    "me atendió enseguida",
    "se preocupó de verdad por mí",
    "acertó a la primera",
    "me dio muy buenos consejos",
    "me hizo sentir como en casa",
    "fue muy antipátic{who:o|a}",
    "no me escuchó",
    "ni me miró a la cara",
    "me habló de malas maneras",
    "no supo responder a nada",
    "tenía demasiada prisa",
    "me hizo esperar dos horas",
    "perdió mis papeles",
    "se equivocó de receta",
    "no me explicó nada",
    "se rio de mi pregunta",
    "me trató como a un número",
    "me hizo las preguntas de siempre",
    "me tomó la temperatura",
    "apuntó mis datos",
    "me dio una receta",
    "me pidió un análisis",
    "me tomó la tensión",
    "me dio otra cita",
    "me mandó a la sala dos",
    "habló lo justo",
    "hizo su trabajo, sin más",
    "me dio un papel con las horas",
    "me dijo que volviera en un mes",
];
