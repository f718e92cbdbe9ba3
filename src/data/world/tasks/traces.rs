//! ReAct traces: thoughts, actions with a calculator and a search tool, and what they return.
//!
//! # Source
//! Yao et al. 2022, "ReAct: Synergizing Reasoning and Acting in Language Models", arXiv:2210.03629.

use crate::data::world::draw::Draw;
use crate::data::world::families::{addend, goods, sellers};
use crate::data::world::phrases::phrases;
use crate::data::world::split::{Entity, Kind, Pair, Split};
use crate::data::world::words;
use crate::data::world::{Language, Stream, World, until_possible};

/// What an agent can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tool {
    /// Gives the sentence of the documents that fits the query best.
    Search,
    /// Gives the value of `a + b`, `a - b` or `a * b`.
    Calculator,
    /// Ends with the answer.
    Finish,
}

/// A thought, an action and what came of it; the last action returns nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    pub thought: String,
    pub tool: Tool,
    pub input: String,
    pub observation: Option<String>,
}

/// A question, the documents that can be searched, and the way to the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    pub language: Language,
    pub question: String,
    /// Each a few sentences; one of them holds what is searched for.
    pub documents: Vec<String>,
    pub steps: Vec<Step>,
    pub answer: String,
    pub pairs: Vec<Pair>,
}

impl Trace {
    /// The trace as text, with the marks of its language.
    pub fn text(&self) -> String {
        let [question, thought, action, observation, ..] = phrases(self.language).tasks.marks;
        let mut out = format!("{question}: {}\n", self.question);
        for (i, step) in (1..).zip(&self.steps) {
            let tool = tool_name(self.language, step.tool);
            out.push_str(&format!("{thought} {i}: {}\n{action} {i}: {tool}[{}]\n", step.thought, step.input));
            if let Some(seen) = &step.observation {
                out.push_str(&format!("{observation} {i}: {seen}\n"));
            }
        }
        out
    }
}

/// What a tool is called in a language.
pub fn tool_name(language: Language, tool: Tool) -> &'static str {
    let [.., search, calculator, finish] = phrases(language).tasks.marks;
    match tool {
        Tool::Search => search,
        Tool::Calculator => calculator,
        Tool::Finish => finish,
    }
}

impl World {
    /// Trace number `index` of a split: the cost of a purchase, an age, a sum, or where somebody lives, in turn.
    pub fn trace(&self, language: Language, split: Split, index: u32) -> Trace {
        let seed = self.seed_of(Stream::Traces, language, split, index);
        until_possible(language, split, seed, |draw| match index % 4 {
            0 => cost(draw),
            1 => age(draw),
            2 => plain_sum(draw),
            _ => home(draw),
        })
    }
}

/// The steps so far.
struct Path<'a> {
    d: &'a mut Draw,
    steps: Vec<Step>,
}

impl Path<'_> {
    fn search(&mut self, query: &str, found: String) {
        let query = self.d.part(query);
        self.d.text("query", query.clone());
        let thought = self.d.one_of(self.d.phrases.tasks.thought_search);
        self.steps.push(Step { thought, tool: Tool::Search, input: query, observation: Some(found) });
    }

    fn calculate(&mut self, a: u32, sign: char, b: u32) -> u32 {
        let sum = format!("{a} {sign} {b}");
        let value = match sign {
            '+' => a + b,
            '*' => a * b,
            _ => a.saturating_sub(b),
        };
        self.d.text("sum", sum.clone());
        let thought = self.d.one_of(self.d.phrases.tasks.thought_sum);
        self.steps.push(Step { thought, tool: Tool::Calculator, input: sum, observation: Some(value.to_string()) });
        value
    }

    fn finish(mut self, question: String, documents: Vec<String>, answer: String) -> Trace {
        let thought = self.d.one_of(self.d.phrases.tasks.thought_end);
        self.steps.push(Step { thought, tool: Tool::Finish, input: answer.clone(), observation: None });
        let (language, pairs) = (self.d.language, self.d.pairs.clone());
        Trace { language, question, documents, steps: self.steps, answer, pairs }
    }
}

/// A shop's document; the price stands in the sentence that is returned beside it.
fn shop_document(d: &mut Draw, place: Entity) -> Option<(String, String, Entity)> {
    let (town, food, open) = (d.partner(place, Kind::Town)?, goods(d, place), d.partner(place, Kind::Opening)?);
    let (price, col) = (d.partner(food, Kind::Price)?, d.any(Kind::Colour));
    d.noun("cosa", crate::data::world::grammar::f("cosa", "cosas"));
    for (key, entity) in [("place", place), ("town", town), ("food", food), ("open", open), ("col", col)] {
        d.bind(key, entity);
    }
    d.number("n", u32::from(words::number(price)));
    let from = d.sentences.len();
    let say = &d.phrases.places;
    d.say(&say.shop);
    d.say(&say.opens);
    d.say(&say.price);
    let found = d.sentences.last()?.clone();
    let document = d.sentences.split_off(from).join(" ");
    d.asks.clear();
    Some((document, found, price))
}

/// A person's document: where they live and how old they are.
fn person_document(d: &mut Draw, p: Entity) -> Option<(String, [String; 2], Entity)> {
    let (town, age, month) = (d.partner(p, Kind::Town)?, d.partner(p, Kind::Age)?, d.any(Kind::Month));
    for (key, entity) in [("p", p), ("town", town), ("age", age), ("month", month)] {
        d.bind(key, entity);
    }
    let from = d.sentences.len();
    let say = &d.phrases.people;
    for saying in [&say.lives, &say.age] {
        d.change_subject();
        d.say(saying);
    }
    let said = d.sentences.split_off(from);
    d.asks.clear();
    let [lives, is_old] = [said.first()?.clone(), said.last()?.clone()];
    Some((said.join(" "), [lives, is_old], age))
}

fn cost(d: &mut Draw) -> Option<Trace> {
    let (there, here) = (sellers(d), sellers(d));
    if there == here {
        return None;
    }
    let other = shop_document(d, there)?.0;
    let (document, found, price) = shop_document(d, here)?;
    // The same words in both documents would leave open which of them was found.
    if other.contains(&found) {
        return None;
    }
    let n = d.any(Kind::Count);
    let (price, n_number) = (u32::from(words::number(price)), u32::from(words::number(n)));
    d.link(addend(n_number)?, addend(price)?)?;
    d.bind("n", n);
    let (questions, query, answer) = d.phrases.tasks.react_cost;
    let question = d.one_of(questions);
    let documents = shuffled(d, vec![document, other]);
    let mut path = Path { d, steps: Vec::new() };
    path.search(query, found);
    let total = path.calculate(n_number, '*', price);
    path.d.number("total", total);
    let answer = path.d.part(answer);
    Some(path.finish(question, documents, answer))
}

fn shuffled(d: &mut Draw, mut documents: Vec<String>) -> Vec<String> {
    d.shuffle(&mut documents);
    documents
}

fn age(d: &mut Draw) -> Option<Trace> {
    let (p, q) = d.two_people()?;
    let other = person_document(d, q)?.0;
    let (document, [_, is_old], age) = person_document(d, p)?;
    let n = d.any(Kind::Count);
    let (years, n_number) = (u32::from(words::number(age)), u32::from(words::number(n)));
    d.link(addend(years)?, addend(n_number)?)?;
    d.bind("n", n);
    let (questions, query, answer) = d.phrases.tasks.react_age;
    let question = d.one_of(questions);
    let documents = shuffled(d, vec![document, other]);
    let mut path = Path { d, steps: Vec::new() };
    path.search(query, is_old);
    let total = path.calculate(years, '+', n_number);
    path.d.number("total", total);
    let answer = path.d.part(answer);
    Some(path.finish(question, documents, answer))
}

fn plain_sum(d: &mut Draw) -> Option<Trace> {
    let a = d.any(Kind::Addend);
    let b = d.partner(a, Kind::Addend)?;
    let (a, b) = (u32::from(words::number(a)), u32::from(words::number(b)));
    let (sign, es, en) = d.one(&[('+', "más", "plus"), ('*', "por", "times")]);
    let word = if d.language == Language::Spanish { es } else { en };
    d.text("sumw", format!("{a} {word} {b}"));
    let question = d.one_of(d.phrases.tasks.react_sum);
    let mut path = Path { d, steps: Vec::new() };
    let total = path.calculate(a, sign, b);
    Some(path.finish(question, Vec::new(), total.to_string()))
}

fn home(d: &mut Draw) -> Option<Trace> {
    let (p, q) = d.two_people()?;
    let other = person_document(d, q)?.0;
    let (document, [lives, _], _) = person_document(d, p)?;
    let question = d.question(d.phrases.people.lives.asks[0].question);
    let documents = shuffled(d, vec![document, other]);
    let query = d.phrases.tasks.react_home;
    let answer = d.part("{town}");
    let mut path = Path { d, steps: Vec::new() };
    path.search(query, lives);
    Some(path.finish(question, documents, answer))
}
