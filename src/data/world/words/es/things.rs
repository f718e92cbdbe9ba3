//! Objects, colours, hours, days, months and numbers in Spanish; the other language has the same in the same order.

use crate::data::world::grammar::{Noun, f, m};

pub const OBJECTS: [Noun; 20] = [
    f("mochila", "mochilas"),
    f("bicicleta", "bicicletas"),
    m("paraguas", "paraguas"),
    m("sombrero", "sombreros"),
    m("libro", "libros"),
    f("llave", "llaves"),
    m("reloj", "relojes"),
    f("bufanda", "bufandas"),
    f("guitarra", "guitarras"),
    f("maleta", "maletas"),
    f("pelota", "pelotas"),
    f("caja", "cajas"),
    f("taza", "tazas"),
    f("lámpara", "lámparas"),
    f("silla", "sillas"),
    m("abrigo", "abrigos"),
    f("cometa", "cometas"),
    m("cuaderno", "cuadernos"),
    f("gorra", "gorras"),
    f("cámara", "cámaras"),
];

pub const COLOURS: [(&str, &str); 10] = [
    ("rojo", "roja"),
    ("azul", "azul"),
    ("verde", "verde"),
    ("amarillo", "amarilla"),
    ("blanco", "blanca"),
    ("negro", "negra"),
    ("marrón", "marrón"),
    ("gris", "gris"),
    ("morado", "morada"),
    ("dorado", "dorada"),
];

pub const OPENINGS: [&str; 12] = [
    "las seis",
    "las seis y media",
    "las siete",
    "las siete y media",
    "las ocho",
    "las ocho y media",
    "las nueve",
    "las nueve y media",
    "las diez",
    "las diez y media",
    "las once",
    "las once y media",
];

pub const CLOSINGS: [&str; 12] = [
    "las dos",
    "las dos y media",
    "las tres",
    "las tres y media",
    "las cuatro",
    "las cuatro y media",
    "las cinco",
    "las cinco y media",
    "las siete de la tarde",
    "las ocho de la tarde",
    "las nueve de la noche",
    "las diez de la noche",
];

pub const DAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];

pub const MONTHS: [&str; 12] = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
];

/// Numbers below thirty; tens above are built.
pub const NUMBERS: [&str; 30] = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciséis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidós",
    "veintitrés",
    "veinticuatro",
    "veinticinco",
    "veintiséis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
];

pub const TENS: [&str; 10] =
    ["", "", "", "treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"];
