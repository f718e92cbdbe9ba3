//! Objects, colours, hours, days, months and numbers in English; the other language has the same in the same order.

use crate::data::world::grammar::{Noun, m};

pub const OBJECTS: [Noun; 20] = [
    m("backpack", "backpacks"),
    m("bicycle", "bicycles"),
    m("umbrella", "umbrellas"),
    m("hat", "hats"),
    m("book", "books"),
    m("key", "keys"),
    m("watch", "watches"),
    m("scarf", "scarves"),
    m("guitar", "guitars"),
    m("suitcase", "suitcases"),
    m("ball", "balls"),
    m("box", "boxes"),
    m("cup", "cups"),
    m("lamp", "lamps"),
    m("chair", "chairs"),
    m("coat", "coats"),
    m("kite", "kites"),
    m("notebook", "notebooks"),
    m("cap", "caps"),
    m("camera", "cameras"),
];

pub const COLOURS: [(&str, &str); 10] = [
    ("red", "red"),
    ("blue", "blue"),
    ("green", "green"),
    ("yellow", "yellow"),
    ("white", "white"),
    ("black", "black"),
    ("brown", "brown"),
    ("grey", "grey"),
    ("purple", "purple"),
    ("golden", "golden"),
];

pub const OPENINGS: [&str; 12] = [
    "six o'clock",
    "half past six",
    "seven o'clock",
    "half past seven",
    "eight o'clock",
    "half past eight",
    "nine o'clock",
    "half past nine",
    "ten o'clock",
    "half past ten",
    "eleven o'clock",
    "half past eleven",
];

pub const CLOSINGS: [&str; 12] = [
    "two o'clock",
    "half past two",
    "three o'clock",
    "half past three",
    "four o'clock",
    "half past four",
    "five o'clock",
    "half past five",
    "seven in the evening",
    "eight in the evening",
    "nine at night",
    "ten at night",
];

pub const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Numbers below thirty; tens above are built.
pub const NUMBERS: [&str; 30] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "twenty-one",
    "twenty-two",
    "twenty-three",
    "twenty-four",
    "twenty-five",
    "twenty-six",
    "twenty-seven",
    "twenty-eight",
    "twenty-nine",
];

pub const TENS: [&str; 10] = ["", "", "", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
