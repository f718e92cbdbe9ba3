//! Stories in English: a plot has five steps.

use super::{Stories, say};

pub const STORIES: Stories = Stories {
    openings: say(&[
        "One [spring|summer|autumn|winter] [morning|afternoon|{day}], {p} [left the house|was walking through {town}|was on the way to {place.the}].",
        "[Once upon a time there was|In {town} there lived] a {q:boy|girl} called {q}. {p} was {q:his|her} best friend.",
        "It was {day}, and in {town} it was [sunny|cold|windy|hot]. {p} [was in no hurry|was looking out of the window|was thinking about things].",
    ]),
    introductions: say(&[
        "[This happened to|This is a story about] {p}, who lives in {town}.",
        "{p} and {q} [live|grew up|met] in {town}.",
    ]),
    lost_object: [
        say(&[
            "{p} had a {col} {obj} and took it everywhere.",
            "{p.s} loved {p:his|her} {col} {obj}.",
            "For {p:his|her} birthday, {p} was given a {col} {obj}.",
        ]),
        say(&[
            "[One day|Suddenly|On the way home], {obj.the} was gone.",
            "[But one day|That afternoon] {p:he|she} lost {obj.the}.",
            "When {p} got to {place.the}, {obj.the} was missing.",
        ]),
        say(&[
            "{p.s} looked at {place.the}, in the street and under the bed.",
            "{p} asked everyone at {place.the}, but nobody knew anything.",
            "{p.s} [cried a little|felt sad] and called {q}.",
        ]),
        say(&[
            "[Then|At last] {q} saw {animal.a} [playing with something|asleep on something]: it was {obj.the}.",
            "{q} found {obj.the} [behind|near|inside] {place.the}.",
            "{obj.the} was at {place.the}, next to {animal.a}. {q} saw it first.",
        ]),
        say(&[
            "{p} thanked {q} and they shared {food.a}.",
            "\"Thank you, {q}!\" said {p}, and gave {q:him|her} a hug.",
            "Since then, {p} takes better care of {p:his|her} things.",
        ]),
    ],
    lost_animal: [
        say(&[
            "{p} had a {fur} {animal} called {pet}.",
            "{p.s} lived with {animal.a} called {pet}.",
            "{p} was always with {pet}, a {fur} {animal}.",
        ]),
        say(&[
            "One [night|morning] the door was left open and {pet} ran away.",
            "[One day|On {day2}], {pet} did not come home.",
            "There was a storm, and {pet} got scared and ran off.",
        ]),
        say(&[
            "{p.s} put up posters at {place.the}.",
            "{p} and {q} called {pet} all over {town}.",
            "{p} left {food.a} at the door, just in case.",
        ]),
        say(&[
            "[On the third day|At night|In the end], {q} heard a noise at {place.the}: it was {pet}.",
            "{pet} was at {place.the}, [very hungry|asleep in the sun].",
            "{q} saw {pet} eating {food.a} behind {place.the}.",
        ]),
        say(&[
            "{p} hugged {pet} and gave it some food.",
            "That night {pet} slept at {p}'s feet.",
            "{p} asked {q} to stay for dinner. {pet} did not leave {p:his|her} side.",
        ]),
    ],
    gift: [
        say(&[
            "[Soon|On {day2}] it was {q}'s birthday.",
            "{q}'s birthday was on {day2}.",
            "{p} wanted to surprise {q}.",
        ]),
        say(&[
            "{p} [could not decide|did not know what to give] and went to {place.the}.",
            "{p.s} [opened the piggy bank|counted the money] and went to {place.the}.",
        ]),
        say(&[
            "There {p:he|she} saw a [lovely |]{col} {obj}[| that cost {price} euros].",
            "{p.s} found a {col} {obj} and bought it at once.",
        ]),
        say(&[
            "{p.s} wrapped {obj.the} in {col2} paper and wrote a note.",
            "{p.s} also made some {food.pl} for the party.",
            "{p.s} hid {obj.the} under the bed until {day2}.",
        ]),
        say(&[
            "\"What a lovely {obj}!\" said {q}, and laughed.",
            "When {q} opened the present, {q:his|her} eyes were shining.",
            "{q} [hugged|thanked] {p}. Since then {q:he|she} uses {obj.the} every day.",
        ]),
    ],
    cake: [
        say(&[
            "{p} wanted to make {dish.a} for {q}.",
            "[On {day2}|That day] {p} decided to make {dish.a}.",
            "{q} loves {dish.the} from {p}'s kitchen.",
        ]),
        say(&["{p.s} needed {i1}, {i2} and {i3}.", "For that you need {i1}, {i2} and {i3}."]),
        say(&[
            "There was nothing left at home, so {p} went to {place.the}.",
            "At {place.the} {p:he|she} found everything.",
            "{p} asked {q} to go to {place.the}.",
        ]),
        say(&[
            "{p.s} [got it wrong twice|worked all afternoon|made a mess], but {dish.the} came out well.",
            "{dish.the} burned a little, but it smelled very good.",
            "Meanwhile, {animal.a} was watching through the window.",
        ]),
        say(&[
            "They ate it together.",
            "{q} had three helpings.",
            "\"It is delicious!\" said {q}.",
            "Not a bite was left.",
        ]),
    ],
    rain: [
        say(&[
            "{p} was going to {place.the} when it began to rain.",
            "Suddenly the sky turned grey and the rain fell on {town}.",
            "It rained so hard that the streets of {town} looked like rivers.",
        ]),
        say(&[
            "{p.s} had no umbrella.",
            "{p} covered {p:his|her} head with {p:his|her} hands.",
            "{p.s} ran into {place.the}.",
        ]),
        say(&[
            "{q} was there, wet as well.",
            "Outside there was {animal.a}, shaking with cold.",
            "At the door {p:he|she} met {q} with a {col} {obj}.",
        ]),
        say(&[
            "They talked for a long time and ate {food.pl}.",
            "{q} lent {p:him|her} a {col2} umbrella.",
            "They waited together and told stories.",
        ]),
        say(&[
            "When the sun came out, {p} and {q} were already friends.",
            "The rain stopped and everything smelled of grass.",
            "[The next day|On {day2}], {p} came back with some {food.pl} to say thank you.",
        ]),
    ],
    ill: [
        say(&[
            "{p} woke up with {complaint}.",
            "[On {day}|That morning] {p} had {complaint} and did not go to {place.the}.",
            "{p.s} did not feel well: {p:he|she} had {complaint}.",
        ]),
        say(&[
            "{q} [called|went to see] Doctor {sur}.",
            "Doctor {sur} came to the house and looked at {p} calmly.",
            "{q} went with {p} to the clinic, where Doctor {sur} was.",
        ]),
        say(&[
            "The doctor prescribed {med}, one tablet every {hours} hours.",
            "Doctor {sur} gave {p:him|her} {med} and told {p:him|her} to rest.",
        ]),
        say(&[
            "{q} brought {p:him|her} {food.a} and read a story.",
            "{animal.a} stayed at the foot of the bed all afternoon.",
            "{p} slept a lot and drank plenty of water.",
        ]),
        say(&[
            "[After three days|On {day2}], {p} was [well|better|as good as new].",
            "Little by little it passed and {p} could go outside.",
            "{p} thanked {q} for the help.",
        ]),
    ],
    market: [
        say(&["[That|One] {day2} was market day in {town}.", "{p} and {q} went to the market in {town} together."]),
        say(&[
            "{p} had {food.pl} to sell for {price} euros.",
            "There were {food.pl}, {food2.pl} and many people.",
            "{q} was looking for {food2.pl} and {p} was looking for {food.pl}.",
        ]),
        say(&[
            "Suddenly, {animal.a} jumped on the table and ate {food.a}.",
            "{animal.a} ran between the people and knocked over the {food.pl}.",
            "A strong wind carried off {q}'s {obj}.",
        ]),
        say(&[
            "Everybody laughed, except {p}.",
            "{q} ran after it, but too late.",
            "{p} and {q} picked everything up.",
        ]),
        say(&[
            "In the end they sold everything and went home happy.",
            "With the money they bought a {col} {obj}.",
            "{animal.the} walked away quietly, with a full belly.",
        ]),
    ],
    endings: say(&[
        "[And so the day ended.|It was a good day.|Nobody forgot it.]",
        "That night {p} slept [happily|like a log|very well].",
        "People in {town} still tell the story.",
        "{p} learned to [ask for help|be patient|look better].",
    ]),
};
