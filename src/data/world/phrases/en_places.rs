//! Towns, shops, offices, purchases, animals, medicines, recipes and sums in English.

use super::{Places, ask, fact, say};

pub const PLACES: Places = Places {
    town: say(&[
        "{town} is a [small|quiet|very old|cheerful|white] town [by the sea|by the river|at the top of a hill|in the middle of the valley].",
        "[Between the mountains|Near the sea|At the end of the road] lies {town}, a [small|pretty|narrow-streeted] town.",
        "Whoever [comes to|visits] {town} [always wants to come back|stays for more than a day].",
    ]),
    town_has: fact(
        &[
            "[It has|There you find|In the centre there is] {place.a} and {place2.a}.",
            "Its [prettiest corner|best-loved place] is {place.the}.",
            "[People meet|The neighbours meet] at {place.the}.",
        ],
        &[],
    ),
    town_fair: fact(
        &[
            "The fair of {town} is in {month}.",
            "Every year, in {month}, {town} holds its fair.",
            "In {month} there is a fair in {town}[| and music everywhere].",
        ],
        &[ask(&["In which month is the fair of {town}?", "When is the fair of {town}?"], "{month}")],
    ),
    town_end: say(&[
        "At night [you can see the stars|you only hear the river|the streets smell of bread].",
        "[In winter it snows|In summer the evenings are cool|In spring everything is in flower].",
        "The best thing to take home is the {food.pl} from the market.",
        "Nobody [is in a hurry|runs] in {town}.",
    ]),
    shop: fact(
        &[
            "{place.the} in {town} [is small and very clean|has a {col} door|is next to the square].",
            "In {town} there is a [new|very old|well-known] {place}.",
            "Everybody [knows|likes] {place.the} in {town}.",
        ],
        &[],
    ),
    opens: fact(
        &[
            "It opens at {open}[| every day].",
            "The door opens at {open}.",
            "[In the morning|Every morning] it opens at {open}.",
        ],
        &[ask(&["What time does {place.the} in {town} open?", "What time does {place.the} open?"], "{open}")],
    ),
    closes: fact(
        &[
            "It closes at {close}.",
            "The door closes at {close}.",
            "At {close} [nobody is left|the lights go out|it closes].",
        ],
        &[ask(&["What time does {place.the} in {town} close?", "What time does {place.the} close?"], "{close}")],
    ),
    rest_day: fact(
        &["On {day} it [does not open|is closed].", "They [rest|do not work] on {day}.", "It only closes on {day}."],
        &[ask(&["On which day does {place.the} not open?", "On which day is {place.the} closed?"], "{day}")],
    ),
    keeper: fact(
        &[
            "{p} works there.",
            "{place.the} belongs to {p}[|, who lives nearby].",
            "The person who greets you is {p}.",
            "{p} has run {place.the} for years.",
        ],
        &[ask(&["Who works at {place.the} in {town}?", "Who works at {place.the}?"], "{p}")],
    ),
    price: fact(
        &[
            "There, {food.a} costs {n} euros.",
            "[They sell {food.pl} for {n} euros|The price of {food.pl} is {n} euros][| each].",
            "You pay {n} euros for {food.a}.",
        ],
        &[ask(&["How much does {food.a} cost?", "What is the price of {food.a}?"], "{n} euros")],
    ),
    shop_end: say(&[
        "[There are always people|It always smells good|It is a pleasant place].",
        "[People come in, say hello and chat for a while.|Nobody leaves with empty hands.]",
        "[It is worth a visit.|It is easy to find.|It is two steps from the square.]",
    ]),
    meeting: fact(
        &[
            "[Notice:|A note for everyone:|To the team:] the meeting will be at {place.the} in {town}.",
            "[There will be|We have] a meeting at {place.the} in {town}.",
            "We are meeting at {place.the} in {town}.",
        ],
        &[ask(&["Where is the meeting?", "In which place is the meeting?"], "{place}")],
    ),
    meeting_day: fact(
        &[
            "It will be on {day} {date} {month}.",
            "The date is {day} {date} {month}.",
            "[Please note the day|The chosen day]: {day} {date} {month}.",
        ],
        &[ask(&["What day is the meeting?", "When is the meeting?"], "{day} {date} {month}")],
    ),
    meeting_time: fact(
        &["It starts at {open}.", "[We begin|The starting time is] at {open}.", "Please arrive before {open}."],
        &[ask(&["What time does the meeting start?", "What time is the meeting?"], "{open}")],
    ),
    meeting_leader: fact(
        &[
            "It is led by {p} {sur}.",
            "[The speaker is|We will be received by] {p} {sur}.",
            "{p} {sur} will [explain the changes|present the accounts|share the news].",
        ],
        &[ask(&["Who leads the meeting?", "Who speaks at the meeting?"], "{p} {sur}")],
    ),
    meeting_bring: fact(
        &["Each person must bring {obj.a}.", "Please bring {obj.a}.", "[Do not forget|Remember to bring] {obj.a}."],
        &[ask(&["What should people bring to the meeting?", "What should people bring?"], "{obj.a}")],
    ),
    meeting_end: say(&[
        "[Thank you all.|See you there.|It will be short.]",
        "[At the end there will be {food.pl} and coffee.|Afterwards we will eat {food.pl} together.]",
        "If you cannot come, please tell us[| in time].",
    ]),
    goes_shopping: fact(
        &[
            "[On {day}|Yesterday|This morning|After lunch], {p} went to {place.the} in {town}.",
            "{p.s} [needed|wanted] to buy something at {place.the} in {town}[| before going home].",
        ],
        &[ask(&["Where did {p} go?", "Where did {p} shop?"], "{place}")],
    ),
    buys: fact(
        &[
            "{p.s} bought {n} {food.pl} for {price} euros each.",
            "{p.s} [chose|asked for|took] {n} {food.pl}. Each one cost {price} euros.",
        ],
        &[
            ask(&["What did {p} buy?"], "{n} {food.pl}"),
            ask(&["How much did each {food} cost?", "How much does {food.a} cost?"], "{price} euros"),
        ],
    ),
    buys_more: fact(
        &[
            "{p.s} also [bought|took|asked for] {food2.a} for {price2} euros.",
            "[Then|At the end] {p:he|she} saw {food2.a} for {price2} euros and took it too.",
        ],
        &[ask(&["How much was {food2.the}?"], "{price2} euros")],
    ),
    pays: fact(
        &[
            "[In total|For everything] {p:he|she} paid {total} euros.",
            "{n} times {price} is {total}: {p:he|she} paid {total} euros.",
        ],
        &[ask(&["How much did {p} pay?", "How much did {p} pay in total?"], "{total} euros")],
    ),
    pays_both: fact(
        &[
            "{a} plus {b} is {total}: {p:he|she} paid {total} euros in total.",
            "In total {p:he|she} paid {total} euros, because {a} plus {b} is {total}.",
        ],
        &[ask(&["How much did {p} pay in total?", "How much did {p} pay?"], "{total} euros")],
    ),
    shopping_end: say(&[
        "{p.s} [went home|left] [happy|slowly|singing].",
        "{p.s} [put everything in a bag|said thank you] and [left|went home].",
        "[{q} was waiting at home.|On the way {p:he|she} greeted {q}.]",
    ]),
    is_animal: say(&[
        "{animal.the} is a [quiet|curious|very clever|well-known] animal.",
        "[I like|Children like] {animal.the} very much.",
        "[Today we talk|This text is] about {animal.pl}.",
    ]),
    sound: fact(
        &["{animal.the} {sound}.", "[When it is happy|If it is hungry|To call the others], {animal.the} {sound}."],
        &[ask(&["What does {animal.the} do?"], "{sound}")],
    ),
    diet: fact(
        &["{animal.the} eats {diet}.", "Its food is this: {diet}.", "It [likes to eat|almost always eats] {diet}."],
        &[ask(&["What does {animal.the} eat?"], "{diet}")],
    ),
    home: fact(
        &["{animal.the} lives {home}.", "It [lives|usually lives|sleeps] {home}."],
        &[ask(&["Where does {animal.the} live?"], "{home}")],
    ),
    animal_of: fact(
        &[
            "{p.s} has a {fur} {animal} in {town}.",
            "In {town}, {p} looks after a {fur} {animal}.",
            "[Once|One day], {p} saw a {fur} {animal} near {town}.",
        ],
        &[ask(&["What colour is {p}'s {animal}?"], "{fur}")],
    ),
    medicine_for: fact(
        &[
            "{med} is a medicine for {ail}.",
            "{med} [is good for|helps with|is used for] {ail}.",
            "Doctors prescribe {med} for {ail}.",
        ],
        &[ask(&["What is {med} for?", "What is {med} used for?"], "{ail}")],
    ),
    medicine_dose: fact(
        &[
            "Take [one tablet|one spoonful] every {hours} hours.",
            "[The dose is|It is enough to take] one tablet every {hours} hours.",
            "Wait {hours} hours between one dose and the next.",
        ],
        &[ask(&["How often do you take {med}?", "Every how many hours do you take {med}?"], "{hours} hours")],
    ),
    medicine_given: fact(
        &[
            "Doctor {sur} [prescribed|gave] it to {p}.",
            "{p} has been taking it since {day}.",
            "It was prescribed to {p} by Doctor {sur}.",
        ],
        &[ask(&["Who takes {med}?", "Who was given {med}?"], "{p}")],
    ),
    medicine_note: say(&[
        "[Always|It is best to] [ask the doctor|read the leaflet|drink plenty of water].",
        "[Do not take it|It is better not to take it] [without food|at night|with milk].",
        "[Keep it|It should be kept] [away from children|in a dry place|in its box].",
        "It can make you [a little sleepy|thirsty|a bit hungry].",
    ]),
    recipe: fact(
        &[
            "To make {dish.a} you need {i1}, {i2} and {i3}.",
            "{dish.a} is made with {i1}, {i2} and {i3}.",
            "{p} makes {dish.a} with {i1}, {i2} and {i3}.",
        ],
        &[ask(&["What goes into {dish.the}?", "What is {dish.the} made with?"], "{i1}, {i2} and {i3}")],
    ),
    recipe_first: say(&[
        "First, [get the {i1} ready|put the {i1} on the table][| with care].",
        "[You start|It all starts] with the {i1}.",
    ]),
    recipe_then: say(&[
        "[Then|After that] [add|put in] the {i2}[| little by little].",
        "[Then|After that] [comes|goes in] the {i2}, without hurry.",
    ]),
    recipe_cook: say(&["[At the end|Finally], {step}.", "[Now you only have to|All that is left is to] {step}."]),
    recipe_end: say(&[
        "[Serve it|Eat it] [right away|with the family|the next day|without hurry].",
        "{p} makes it very well.",
        "[It is enough for four people.|It smells wonderful.|It is easy and cheap.]",
    ]),
    word_pair: say(&[
        "In Spanish, {animal.the} is called {other}.",
        "\"{word}\" in Spanish is \"{other}\".",
        "The Spanish word \"{other}\" means {word}.",
    ]),
    sums: [
        say(&[
            "{a} + {b} = {total}.",
            "{a} plus {b} is {total}.",
            "{aw} plus {bw} is {tw}.",
            "If we add {b} to {a}, we get {total}.",
        ]),
        say(&[
            "{a} - {b} = {total}.",
            "{a} minus {b} is {total}.",
            "{aw} minus {bw} is {tw}.",
            "If we take {b} from {a}, {total} is left.",
        ]),
        say(&["{a} x {b} = {total}.", "{a} times {b} is {total}.", "{aw} times {bw} is {tw}."]),
    ],
    counts: [
        say(&[
            "{p} has {a} {food.pl}. {q} gives {p:him|her} {b} more. Now {p} has {total} {food.pl}.",
            "There are {a} {food.pl} on the table and {b} in the bag. In total there are {total} {food.pl}.",
        ]),
        say(&[
            "{p} has {a} {food.pl} and gives {b} to {q}. {total} are left.",
            "There were {a} {food.pl} in the basket. {p} took {b}. {total} {food.pl} are left.",
        ]),
    ],
};
