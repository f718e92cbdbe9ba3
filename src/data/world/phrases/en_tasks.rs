//! Reviews, reports, requests and traces in English.

use super::{Event, Tasks, say};

pub const TASKS: Tasks = Tasks {
    review_start: say(&[
        "I went to the doctor's in {town} with {complaint}.",
        "[On {day}|Last week|Yesterday] I went to the clinic in {town}. I had {complaint}.",
        "I [made|was given] an appointment in {town} because I had {complaint}.",
        "I came to the surgery in {town} with {complaint}.",
        "It was my first visit to the clinic in {town}. I had {complaint}.",
    ]),
    review_given: say(&[
        "They [gave|prescribed] me {med}.",
        "Now I take {med} every {hours} hours.",
        "I left with {med} and a sheet of advice.",
        "I have to take {med} until {month}.",
    ]),
    opinion: say(&["{who.the} {opinion}."]),
    but: say(&["However, {who.the} {opinion}.", "On the other hand, {who.the} {opinion}.", "But {who.the} {opinion}."]),
    review_end: [
        say(&[
            "I will [certainly|gladly] come back.",
            "I left [very happy|feeling calmer|with a smile].",
            "[I recommend it to everyone.|I wish every visit were like this.|It is a pleasure to be treated like that.]",
            "[Many thanks to the whole team.|Ten out of ten.|I am glad I went.]",
        ]),
        say(&[
            "I will not come back.",
            "I left [very angry|worse than I came|close to tears].",
            "[I do not recommend it to anyone.|A waste of time.|What a bad experience.]",
            "[I will look for another clinic.|It is a disgrace.|I am still waiting for an apology.]",
        ]),
        say(&[
            "[Neither good nor bad.|A normal visit.|Nothing special to tell.]",
            "[I was there for twenty minutes.|It all took half an hour.|Then I went back to work.]",
            "[We will see if it works.|I have to go back in {month}.|My next appointment is on {day}.]",
            "I left [the same as I came|at the planned time|and took the bus].",
        ]),
    ],
    cafe_start: say(&[
        "We [ate|had lunch|had dinner] at {place.the} in {town} on {day}.",
        "[Yesterday|On {day}] I tried the {food.pl} at {place.the} in {town}.",
        "I went with {p} to {place.the} in {town}.",
    ]),
    cafe_review: [
        say(&[
            "The {food.pl} were very [tasty|good].",
            "{p} [served us with a smile|was very kind].",
            "[Everything was clean and smelled good.|We will be back soon.|The price is fair.]",
            "We asked for {food.a} and were delighted.",
        ]),
        say(&[
            "The {food.pl} were [cold|dry|tasteless].",
            "We waited [for an hour|a long time] and nobody said sorry.",
            "[The table was dirty.|We will not be back.|It is too expensive.]",
            "We asked for {food.a} and it never came.",
        ]),
        say(&[
            "We asked for {food.a} and water.",
            "[There were quite a few people.|We sat by the window.|We paid and left.]",
            "The {food.pl} were [normal|the same as always].",
            "{p} gave us the table at the back.",
        ]),
    ],
    events: [
        Event {
            lead: say(&[
                "On {day}, {p} {sur}, a {job@p} from {town}, found a {fur} {animal} at {place.the}.",
                "{p} {sur} is a {job@p} in {town}. On {day} {p:he|she} found a {fur} {animal} near {place.the}.",
            ]),
            more: say(&["The {animal} [was scared|was hungry|had no owner], but it is fine."]),
            last: say(&["It [was named|is now called] {pet} and lives with {q}."]),
            headlines: &["A {job@p} from {town} finds {animal.a}", "{animal.a} is found at {place.the} in {town}"],
        },
        Event {
            lead: say(&[
                "{p} {sur} won the {dish} contest in {town} on {day}.",
                "The {dish} contest in {town} has a winner: {p} {sur}. The final was on {day}.",
            ]),
            more: say(&["The prize is a {col} {obj}.", "The recipe needs {i1}, {i2} and a little patience."]),
            last: say(&["{q} came second."]),
            headlines: &["{p} {sur} wins the {dish} contest in {town}", "{p} {sur} makes the best {dish} in {town}"],
        },
        Event {
            lead: say(&[
                "On {day} a new {place} opened in {town}, next to the square.",
                "{town} now has {place.a}. The door opened on {day} at {open}.",
            ]),
            more: say(&["The person in charge is {p} {sur}.", "There were {food.pl} for everyone."]),
            last: say(&["The first visitor was {q}."]),
            headlines: &["{place.a} opens in {town}", "{town} gets a new {place}"],
        },
        Event {
            lead: say(&[
                "{p} {sur}, from {town}, found a {col} {obj} at {place.the} and gave it back to {q}.",
                "On {day}, {q} lost a {col} {obj} in {town}. {p} {sur} found it at {place.the} and gave it back.",
            ]),
            more: say(&["{q} gave {p:him|her} some {food.pl}.", "The {obj} was a family keepsake."]),
            last: say(&["Now they are good friends."]),
            headlines: &["{p} {sur} returns {obj.a} in {town}", "{q} gets {q:his|her} {obj} back in {town}"],
        },
        Event {
            lead: say(&[
                "{food.pl} now cost {n} euros at the market in {town}.",
                "Since {day}, {food.pl} have been sold for {n} euros in {town}.",
            ]),
            more: say(&[
                "{p} {sur}, who sells at the market, says that [it rained little|it was very cold|the harvest was small].",
                "Last year they cost less.",
            ]),
            last: say(&["In {month} [the price will fall|there will be more]."]),
            headlines: &["{food.pl} rise to {n} euros in {town}", "{town} pays {n} euros for {food.pl}"],
        },
        Event {
            lead: say(&[
                "{cause} closed {place.the} in {town} on {day}.",
                "On {day}, {place.the} in {town} had to close because of {cause}.",
            ]),
            more: say(&[
                "It will open again in {month}.",
                "{p} {sur} [helped to clean|warned the neighbours|called everyone].",
            ]),
            last: say(&["Nobody was hurt."]),
            headlines: &["{cause} closes {place.the} in {town}", "{place.the} in {town} closes because of {cause}"],
        },
    ],
    quote: say(&[
        "\"[I am very happy|I did not expect it|I would do it again],\" said {p}.",
        "\"[It was a good day|It all went well|We help each other here],\" said {p}.",
        "[The neighbours|All {town}] [celebrated|can talk of nothing else].",
    ]),
    requests: [
        &[
            "How do I make {dish.a}?",
            "How do you make {dish.a}?",
            "What do I need to make {dish.a}?",
            "Tell me how to make {dish.a}.",
        ],
        &["How much is {a} plus {b}?", "What is {a} plus {b}?", "Add {a} and {b}.", "What is the sum of {a} and {b}?"],
        &[
            "How do you say \"{word}\" in Spanish?",
            "What is the Spanish word for \"{word}\"?",
            "Translate into Spanish: {word}.",
        ],
        &[
            "What does {animal.the} sound like?",
            "What noise does {animal.the} make?",
            "Tell me what noise {animal.the} makes.",
        ],
        &["What does {animal.the} eat?", "What can I feed {animal.the}?", "Tell me what {animal.the} eats."],
        &["What does {job.a} do?", "What is the work of {job.a}?", "Explain what {job.a} does."],
        &["Write a sentence with {animal.a} and {place.a}.", "Make a sentence about {animal.a} at {place.a}."],
        &[
            "I have {complaint}. How many tablets of {med} should I take?",
            "Can I take all the {med} if I have {complaint}?",
            "How much {med} do I take for {ail}?",
        ],
        &["Write a note to {p} about {p:his|her} {obj}.", "Write a short notice: {p} left {p:his|her} {obj} behind."],
        &["How old is {p} {sur}?", "Where does {p} {sur} live?", "What is {p} {sur}'s job?"],
    ],
    good: [
        &[
            "To make {dish.a} you need {i1}, {i2} and {i3}. First get the {i1} ready, then add the {i2}. Finally, {step}.",
            "You need {i1}, {i2} and {i3}. Put everything together with care. Finally, {step}.",
        ],
        &["{a} plus {b} is {total}.", "It is {total}."],
        &["\"{word}\" in Spanish is \"{other}\".", "In Spanish you say \"{other}\"."],
        &["{animal.the} {sound}.", "That is easy: {animal.the} {sound}."],
        &["{animal.the} eats {diet}.", "It eats {diet}."],
        &["{job.a} {duty}.", "A person with that job {duty}."],
        &[
            "{animal.the} sleeps near {place.the}.",
            "Today I saw {animal.a} at {place.the}.",
            "A very quiet {animal} lives at {place.the}.",
        ],
        &[
            "I cannot tell you the dose. Ask your doctor or the pharmacy.",
            "With {complaint}, it is best to talk to a doctor. Do not take {med} without asking.",
        ],
        &[
            "Hello, {p}. Your {obj} is at home. Come when you like.",
            "{p}, you left your {obj} here. I will keep it until tomorrow.",
        ],
        &["I do not know. I have no information about {p} {sur}.", "I do not know {p} {sur}, so I cannot say."],
    ],
    wrong: [
        &["To make {dish.a} you need {j1} and {j2}. Nothing else.", "You need {j1}, {j2} and {j3}. Then, {stepx}."],
        &["{a} plus {b} is {totalx}.", "It is {totalx}, for sure."],
        &["\"{word}\" in Spanish is \"{otherx}\".", "In Spanish you say \"{otherx}\"."],
        &["{animal.the} {soundx}.", "It is clear: {animal.the} {soundx}."],
        &["{animal.the} eats {dietx}.", "It only eats {dietx}."],
        &["{job.a} {dutyx}.", "A person with that job {dutyx}."],
        &["{animalx.the} is at home.", "I like {placex.the}."],
        &[
            "Take twenty tablets of {med} and it will pass.",
            "Take all the {med} you want. There is no need to see a doctor.",
        ],
        &["Hello, {q}. Your {objx} is at home.", "I lost my {objx}."],
        &["{p} {sur} is {age} years old and lives in {town}.", "{p} {sur} lives in {town}, for sure."],
    ],
    rude: &[
        "What a silly question.",
        "Do not bother me with that.",
        "Look it up yourself.",
        "Everybody knows that. How annoying.",
        "Leave me alone.",
    ],
    refuse: &[
        "I do not want to answer.",
        "That is not my business.",
        "Some other day.",
        "I cannot help with anything.",
    ],
    chat: &[
        &[
            "What is the weather like in {town}?",
            "Does it rain a lot in {town}?",
            "Is it cold in {town} in {month}?",
            "When does it snow in {town}?",
            "Can I go to {town} by bus?",
        ],
        &[
            "Would you like {food.a}?",
            "Do you like {food.pl}?",
            "How much does {food.a} cost?",
            "Where can I buy {food.pl}?",
            "Are there {food.pl} at the market?",
            "Who sells {food.pl} in {town}?",
        ],
        &[
            "Where is {p}?",
            "Who is {p}?",
            "What is {p}'s job?",
            "Where does {p} live?",
            "How old is {p}?",
            "What does {p} like?",
            "When is {p}'s birthday?",
        ],
        &[
            "What time does {place.the} in {town} open?",
            "What time does {place.the} close?",
            "Where is {place.the} in {town}?",
            "Who works at {place.the}?",
            "Is there {place.a} in {town}?",
        ],
        &[
            "Whose {obj} is this?",
            "Where is my {obj}?",
            "Have you seen a {col} {obj}?",
            "How much does {obj.a} cost?",
            "What colour is your {obj}?",
        ],
        &[
            "What is {med} for?",
            "Who prescribes {med}?",
            "Can I take {med} with milk?",
            "Is {med} good for {ail}?",
            "How often do you take {med}?",
        ],
        &[
            "How much is {a} plus {b}?",
            "How much is {a} times {b}?",
            "What number comes after {a}?",
            "Is {a} bigger than {b}?",
        ],
    ],
    thought_search: &[
        "I need to look up {query}.",
        "I do not know. I will look up {query}.",
        "First I look up {query}.",
    ],
    thought_sum: &["Now I have to work out {sum}.", "The sum is still missing: {sum}."],
    thought_end: &["Now I have the answer.", "With that I can answer."],
    react_cost: (
        &[
            "How much do {n} {food.pl} cost at {place.the} in {town}?",
            "I want {n} {food.pl} from {place.the} in {town}. How much do I pay?",
        ],
        "price of {food.pl} at {place.the} in {town}",
        "{total} euros",
    ),
    react_age: (
        &["How old will {p} be in {n} years?", "What age will {p} be when {n} years have gone by?"],
        "age of {p}",
        "{total} years old",
    ),
    react_home: "home of {p}",
    react_sum: &["How much is {sumw}?", "Work out {sumw}."],
    marks: ["Question", "Thought", "Action", "Observation", "Search", "Calculate", "Finish"],
    prompts: ["Document", "Question", "Answer", "Report", "Headline"],
    review_marks: ["Review", "Rating"],
    classes: ["good", "bad", "normal"],
};
