//! How things are said: paraphrases by idea, the same ideas in both languages. The fields are the ideas; a language that
//! lacks one does not compile.

mod en_people;
mod en_places;
mod en_stories;
mod en_tasks;
mod es_people;
mod es_places;
mod es_stories;
mod es_tasks;

use super::grammar::Language;

/// One idea in its paraphrases, and what could be asked about it.
#[derive(Debug)]
pub struct Saying {
    pub says: &'static [&'static str],
    pub asks: &'static [AskFor],
}

/// Questions with one and the same answer, which stands in every paraphrase of the saying.
#[derive(Debug)]
pub struct AskFor {
    pub question: &'static [&'static str],
    pub answer: &'static str,
}

/// Something that nobody asks about.
pub const fn say(says: &'static [&'static str]) -> Saying {
    Saying { says, asks: &[] }
}

/// Something that can be asked.
pub const fn fact(says: &'static [&'static str], asks: &'static [AskFor]) -> Saying {
    Saying { says, asks }
}

pub const fn ask(question: &'static [&'static str], answer: &'static str) -> AskFor {
    AskFor { question, answer }
}

/// `p` and `q` are people, `town`, `place`, `job`, `food`, `animal`, `obj`, `col`, `day`, `n` ... what they say.
#[derive(Debug)]
pub struct People {
    pub hello: Saying,
    pub lives: Saying,
    pub works: Saying,
    pub duty: Saying,
    pub age: Saying,
    pub pet: Saying,
    pub likes: Saying,
    pub owns: Saying,
    pub habit: Saying,
    pub friend: Saying,
    pub bye: Saying,
    /// Letters: greeting, news and farewell.
    pub dear: Saying,
    pub news: Saying,
    pub weather: Saying,
    pub wish: Saying,
    pub farewell: Saying,
}

#[derive(Debug)]
pub struct Places {
    pub town: Saying,
    pub town_has: Saying,
    pub town_fair: Saying,
    pub town_end: Saying,
    pub shop: Saying,
    pub opens: Saying,
    pub closes: Saying,
    pub rest_day: Saying,
    pub keeper: Saying,
    pub price: Saying,
    pub shop_end: Saying,
    pub meeting: Saying,
    pub meeting_day: Saying,
    pub meeting_time: Saying,
    pub meeting_leader: Saying,
    pub meeting_bring: Saying,
    pub meeting_end: Saying,
    pub goes_shopping: Saying,
    pub buys: Saying,
    pub buys_more: Saying,
    pub pays: Saying,
    pub pays_both: Saying,
    pub shopping_end: Saying,
    pub is_animal: Saying,
    pub sound: Saying,
    pub diet: Saying,
    pub home: Saying,
    pub animal_of: Saying,
    pub medicine_for: Saying,
    pub medicine_dose: Saying,
    pub medicine_given: Saying,
    pub medicine_note: Saying,
    pub recipe: Saying,
    pub recipe_first: Saying,
    pub recipe_then: Saying,
    pub recipe_cook: Saying,
    pub recipe_end: Saying,
    pub word_pair: Saying,
    /// Small sums, in digits and in words: plus, minus, times.
    pub sums: [Saying; 3],
    /// Somebody has things, gets some more, or gives some away.
    pub counts: [Saying; 2],
}

/// A plot is a list of steps; each has its paraphrases.
#[derive(Debug)]
pub struct Stories {
    pub openings: Saying,
    /// For plots that begin at home.
    pub introductions: Saying,
    pub lost_object: [Saying; 5],
    pub lost_animal: [Saying; 5],
    pub gift: [Saying; 5],
    pub cake: [Saying; 5],
    pub rain: [Saying; 5],
    pub ill: [Saying; 5],
    pub market: [Saying; 5],
    pub endings: Saying,
}

/// An event of a report, and its headlines.
#[derive(Debug)]
pub struct Event {
    pub lead: Saying,
    pub more: Saying,
    pub last: Saying,
    pub headlines: &'static [&'static str],
}

#[derive(Debug)]
pub struct Tasks {
    /// Reviews: how they begin, what connects, the small remark on the other side, how each class ends.
    pub review_start: Saying,
    pub review_given: Saying,
    pub opinion: Saying,
    pub but: Saying,
    pub review_end: [Saying; 3],
    pub cafe_review: [Saying; 3],
    pub cafe_start: Saying,
    pub events: [Event; 6],
    pub quote: Saying,
    /// Lists of questions and requests, by subject; the first ones are [`super::tasks::Request`]s, in their order.
    pub requests: [&'static [&'static str]; 10],
    /// A good answer to each request.
    pub good: [&'static [&'static str]; 10],
    /// A wrong one, where the request has a right one.
    pub wrong: [&'static [&'static str]; 10],
    pub rude: &'static [&'static str],
    pub refuse: &'static [&'static str],
    pub chat: &'static [&'static [&'static str]],
    /// ReAct: thoughts before a search, before a sum, before the end; the question and the query of each kind.
    pub thought_search: &'static [&'static str],
    pub thought_sum: &'static [&'static str],
    pub thought_end: &'static [&'static str],
    pub react_cost: (&'static [&'static str], &'static str, &'static str),
    pub react_age: (&'static [&'static str], &'static str, &'static str),
    pub react_home: &'static str,
    pub react_sum: &'static [&'static str],
    /// Marks of a trace: question, thought, action, observation, and the tools search, calculator, finish.
    pub marks: [&'static str; 7],
    /// Marks of the other tasks: document, question, answer, report, headline.
    pub prompts: [&'static str; 5],
    /// Marks of a review and of how it is.
    pub review_marks: [&'static str; 2],
    /// What a review is, in the order of `Sentiment::ALL`: words that the pretraining text has too, though never as a label
    /// (Schick & Schütze 2021, arXiv:2001.07676, section 3.1).
    pub classes: [&'static str; 3],
}

/// All that a language says.
#[derive(Debug)]
pub struct Phrases {
    pub people: People,
    pub places: Places,
    pub stories: Stories,
    pub tasks: Tasks,
}

static SPANISH: Phrases = Phrases {
    people: es_people::PEOPLE,
    places: es_places::PLACES,
    stories: es_stories::STORIES,
    tasks: es_tasks::TASKS,
};
static ENGLISH: Phrases = Phrases {
    people: en_people::PEOPLE,
    places: en_places::PLACES,
    stories: en_stories::STORIES,
    tasks: en_tasks::TASKS,
};

pub fn phrases(language: Language) -> &'static Phrases {
    match language {
        Language::Spanish => &SPANISH,
        Language::English => &ENGLISH,
    }
}
