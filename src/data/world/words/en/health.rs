//! Ailments, and who treats them how in English; the other language has the same in the same order.

use crate::data::world::grammar::{Noun, m};

/// As a complaint of somebody.
pub const COMPLAINTS: [&str; 14] = [
    "a headache",
    "a sore back",
    "a dry cough",
    "a slight fever",
    "the flu",
    "an allergy",
    "a sore throat",
    "a toothache",
    "a cold",
    "a stomach ache",
    "a bee sting",
    "a sore knee",
    "a dizzy spell",
    "an earache",
];

/// As what a medicine is for.
pub const AILMENTS: [&str; 14] = [
    "headaches",
    "back pain",
    "coughs",
    "fever",
    "the flu",
    "allergies",
    "sore throats",
    "toothache",
    "colds",
    "stomach ache",
    "stings",
    "bruises",
    "dizziness",
    "earache",
];

/// The people at a surgery, as a man and as a woman.
pub const STAFF: [(Noun, Noun); 6] = [
    (m("doctor", "doctors"), m("doctor", "doctors")),
    (m("nurse", "nurses"), m("nurse", "nurses")),
    (m("receptionist", "receptionists"), m("receptionist", "receptionists")),
    (m("dentist", "dentists"), m("dentist", "dentists")),
    (m("assistant", "assistants"), m("assistant", "assistants")),
    (m("specialist", "specialists"), m("specialist", "specialists")),
];

/// What is said of them: twelve good things, twelve bad ones, twelve that are neither.
pub const OPINIONS: [&str; 36] = [
    "was very kind",
    "listened to me calmly",
    "explained everything very well",
    "treated me with care",
    "answered all my questions",
    "put my mind at rest",
    "was very patient",
    "saw me right away",
    "really cared about me",
    "got it right the first time",
    "gave me very good advice",
    "made me feel at home",
    "was very rude",
    "did not listen to me",
    "did not even look at me",
    "spoke to me in a bad way",
    "had no idea about anything",
    "was in too much of a hurry",
    "made me wait for two hours",
    "lost my papers",
    "gave me the wrong prescription",
    "did not explain anything",
    "laughed at my question",
    "treated me like a number",
    "asked me the usual questions",
    "took my temperature",
    "wrote down my details",
    "gave me a prescription",
    "asked for a blood test",
    "took my blood pressure",
    "gave me another appointment",
    "sent me to room two",
    "said only what was needed",
    "did the job, no more",
    "gave me a sheet with the times",
    "told me to come back in a month",
];
