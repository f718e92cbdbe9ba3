//! People in English.

use super::{People, ask, fact, say};

pub const PEOPLE: People = People {
    hello: say(&[
        "[This is the story of|Let me tell you about|Here is a little about] {p}.",
        "Everybody in town knows {p}.",
        "{p} is a [cheerful|quiet|kind|hard-working|curious] person.",
        "Today [we write|I want to write|we talk] about {p}.",
        "{p} gets up [early|with the sun|at seven|singing] [every day|every morning].",
    ]),
    lives: fact(
        &[
            "{p.s} lives in {town}[| with {p:his|her} family|, near the river|, in a small house].",
            "{p.s} has a house in {town}[|, next to the square|, by the river].",
            "{p?{p:his|her} house|{p}'s house} is in {town}.",
            "{p.s} moved to {town} [two years ago|last year|in the spring].",
        ],
        &[ask(&["Where does {p} live?", "Which town does {p} live in?", "Where is {p}'s house?"], "{town}")],
    ),
    works: fact(
        &[
            "{p.s} is a {job@p}[| and loves the job].",
            "{p.s} works as a {job@p}.",
            "{p.s} [always wanted to be|studied to be] a {job@p}, and now {p:he|she} is one.",
        ],
        &[ask(&["What is {p}'s job?", "What does {p} work as?", "What job does {p} have?"], "{job@p}")],
    ),
    duty: say(&[
        "Every day {p:he|she} {duty}.",
        "{p.s} {duty} and [comes home happy|never gets tired|does it very well].",
        "At work, {p.s} {duty}.",
        "[In the mornings|From Monday to Friday], {p:he|she} {duty}.",
    ]),
    age: fact(
        &[
            "{p.s} is {age} years old.",
            "{p.s} [has just turned {age}|turned {age} in {month}], so {p:he|she} is {age} years old.",
            "Now {p.s} is {age} years old.",
        ],
        &[ask(&["How old is {p}?", "What age is {p}?"], "{age} years old")],
    ),
    pet: fact(
        &[
            "{p.s} has {animal.a} called {pet}.",
            "{p.s} lives with {animal.a}, and its name is {pet}.",
            "{p.s} looks after {animal.a}. {p.s} named it {pet}.",
            "{p.s} keeps {animal.a} at home. Its name is {pet}.",
        ],
        &[
            ask(&["What animal does {p} have?", "Which animal lives with {p}?"], "{animal.a}"),
            ask(&["What is {p}'s animal called?", "What is the name of {p}'s animal?"], "{pet}"),
        ],
    ),
    likes: fact(
        &[
            "{p.s} [likes|loves|really likes] {food.pl}.",
            "{p?{p:his|her} favourite food|{p}'s favourite food} is {food.pl}.",
            "{p.s} eats {food.pl} almost every day.",
            "For a snack, {p.s} always wants {food.pl}.",
        ],
        &[ask(&["What food does {p} like?", "What does {p} like to eat?"], "{food.pl}")],
    ),
    owns: fact(
        &[
            "{p.s} [has|uses|always carries] a {col} {obj}.",
            "{p.s} [bought|got] a {col} {obj}[| on {day}].",
            "The thing {p.s} loves most is a {col} {obj}.",
        ],
        &[ask(&["What colour is {p}'s {obj}?"], "{col}"), ask(&["What {col} thing does {p} have?"], "{obj}")],
    ),
    habit: fact(
        &[
            "[On {day}s|Every {day}], {p.s} goes to {place2.the}.",
            "{p.s} goes to {place2.the} [on {day}s|every {day}].",
            "[On {day}s|Every {day}], you can see {p} at {place2.the}.",
        ],
        &[ask(&["Where does {p} go on {day}s?", "Where is {p} on {day}s?"], "{place2}")],
    ),
    friend: fact(
        &[
            "{q} is {p:his|her} [friend|best friend|neighbour|cousin].",
            "{p.s} has a friend called {q}.",
            "{p.s} often [walks|has dinner|talks] with {q}.",
        ],
        &[],
    ),
    bye: say(&[
        "[That is {p}.|That is {p}'s life.|{p} is happy like that.]",
        "[Everybody|The whole town] [loves|greets|trusts] {p:him|her}.",
        "{p.s} [would not change a thing|sleeps well every night|is never bored].",
        "[It is a good life.|Nothing is missing.|The days go by quietly.]",
    ]),
    dear: say(&["Dear {q},", "Hello, {q},", "My dear {q},"]),
    news: fact(
        &[
            "I am writing to you from {town}.",
            "[I am now|At last I am|I have been for three days] in {town}.",
            "I arrived in {town} on {day}.",
            "I am spending a few days in {town}.",
        ],
        &[ask(&["Where is {p} writing from?", "Which town is {p} in?"], "{town}")],
    ),
    weather: say(&[
        "[It is|Today it is] [sunny|cold|hot|windy|a lovely day].",
        "[It is raining|It is snowing|It rained] [a little|a lot|hard].",
        "The sky is [blue|grey|full of clouds] [today|this morning].",
        "There is [mist|a cloud|a lot of light] over the river.",
    ]),
    wish: say(&[
        "I hope to [see you|hug you|be back] soon.",
        "[The food is good here|People are kind here|Everything is slow here].",
        "[Yesterday|This morning|On {day}] I [saw|found|drew] {animal.a} near {place.the}.",
        "I [have|bought] a {col} {obj} for you.",
        "[In the afternoons|Sometimes] I eat {food.pl} and read for a while.",
    ]),
    farewell: say(&["A big hug, {p}.", "With love, {p}.", "See you soon, {p}.", "Your friend, {p}."]),
};
