//! Words with their gender and number, and what a language does to them where they meet.

/// The language of a text. Spanish first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    Spanish,
    English,
}

impl Language {
    pub const ALL: [Language; 2] = [Language::Spanish, Language::English];

    /// `es`, `en`.
    pub fn code(self) -> &'static str {
        match self {
            Language::Spanish => "es",
            Language::English => "en",
        }
    }
}

/// Grammatical gender; English uses it for people only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gender {
    Masculine,
    Feminine,
}

/// A noun in singular and plural.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Noun {
    pub one: &'static str,
    pub many: &'static str,
    pub gender: Gender,
    /// Feminine with `el` and `un`: el águila.
    pub stressed_a: bool,
}

/// A masculine noun of Spanish, or any noun of English.
pub const fn m(one: &'static str, many: &'static str) -> Noun {
    Noun { one, many, gender: Gender::Masculine, stressed_a: false }
}

/// A feminine noun.
pub const fn f(one: &'static str, many: &'static str) -> Noun {
    Noun { one, many, gender: Gender::Feminine, stressed_a: false }
}

/// A feminine noun that begins with a stressed a.
pub const fn fa(one: &'static str, many: &'static str) -> Noun {
    Noun { one, many, gender: Gender::Feminine, stressed_a: true }
}

impl Noun {
    /// The noun in a form that a template names: bare, with an article, in the plural.
    pub fn form(&self, form: &str) -> Option<String> {
        let masculine = self.gender == Gender::Masculine;
        let el = masculine || self.stressed_a;
        let pick = |yes: bool, a: &'static str, b: &'static str| if yes { a } else { b };
        Some(match form {
            "" => self.one.to_owned(),
            "pl" => self.many.to_owned(),
            "un" => format!("{} {}", pick(el, "un", "una"), self.one),
            "el" => format!("{} {}", pick(el, "el", "la"), self.one),
            "los" => format!("{} {}", pick(masculine, "los", "las"), self.many),
            "unos" => format!("{} {}", pick(masculine, "unos", "unas"), self.many),
            "este" => format!("{} {}", pick(masculine, "este", "esta"), self.one),
            "a" => format!("a {}", self.one),
            "the" => format!("the {}", self.one),
            _ => return None,
        })
    }
}

/// What goes between words: contractions, `e` for `y`, `an` for `a`, capitals at the start of sentences, single spaces.
pub fn polished(language: Language, raw: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in raw.split('\n') {
        let mut words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        match language {
            Language::Spanish => contract(&mut words),
            Language::English => articles(&mut words),
        }
        lines.push(words.join(" "));
    }
    capitals(lines.join("\n").trim())
}

/// The word without the signs around it.
fn bare(word: &str) -> &str {
    word.trim_matches(|c: char| !c.is_alphanumeric())
}

/// a + el = al, de + el = del; y before an i sound is e, o before an o sound is u.
fn contract(words: &mut Vec<String>) {
    let mut i = 0;
    while i + 1 < words.len() {
        let next = bare(&words[i + 1]).to_lowercase();
        let starts = |list: &[&str]| list.iter().any(|s| next.starts_with(s));
        // Of the article only: a name such as El Prado begins with a capital.
        let article = words[i + 1] == "el";
        match words[i].as_str() {
            "a" | "A" | "de" | "De" if article => {
                let word = words.remove(i + 1);
                // The article without its vowel, or with it after `de`, whose own one goes: a+l, de+l.
                words[i].push_str(word.trim_start_matches('e'));
            }
            "y" if starts(&["i", "í", "hi"]) && !starts(&["hie"]) => words[i] = "e".into(),
            "o" if starts(&["o", "ó", "ho"]) => words[i] = "u".into(),
            _ => {}
        }
        i += 1;
    }
}

/// a before a vowel sound is an.
fn articles(words: &mut [String]) {
    for i in 0..words.len().saturating_sub(1) {
        let next = bare(&words[i + 1]).to_lowercase();
        let starts = |list: &[&str]| list.iter().any(|s| next.starts_with(s));
        let vowel =
            starts(&["a", "e", "i", "o", "u", "hour", "8", "11", "18"]) && !starts(&["uni", "use", "one", "eu"]);
        match (words[i].as_str(), vowel) {
            ("a", true) => words[i] = "an".into(),
            ("A", true) => words[i] = "An".into(),
            _ => {}
        }
    }
}

/// A capital at the start of the text, of each line and after each `.`, `?` or `!`.
fn capitals(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut start, mut ended, mut last) = (true, false, ' ');
    for c in text.chars() {
        let opening = matches!(c, '¿' | '¡' | '"' | '«' | '—' | '(');
        if start && !opening && !c.is_whitespace() {
            out.extend(c.to_uppercase());
            start = false;
        } else {
            out.push(c);
        }
        match c {
            '.' | '?' | '!' => ended = true,
            '\n' => start = true,
            ' ' if ended => start = true,
            // A question or a cry that is quoted goes on: "Look!" said Ana.
            '"' if last != '.' => ended = false,
            '"' | '»' | ')' => {}
            _ => ended = false,
        }
        if c.is_whitespace() {
            ended = false;
        }
        last = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spanish_words_meet_as_they_should() {
        for (raw, said) in [
            ("ana va a el parque de el pueblo.", "Ana va al parque del pueblo."),
            ("ve a él.  luego  vuelve", "Ve a él. Luego vuelve"),
            ("pan y huevos y helado, uvas y hierba", "Pan y huevos y helado, uvas y hierba"),
            ("luis y Irene o Olga; padre y hijo", "Luis e Irene u Olga; padre e hijo"),
            ("¿dónde está? ¡aquí! bien.", "¿Dónde está? ¡Aquí! Bien."),
            ("cuesta 2,5 euros. 3 más 4\nson 7", "Cuesta 2,5 euros. 3 más 4\nSon 7"),
            ("de el", "Del"),
        ] {
            assert_eq!(polished(Language::Spanish, raw), said);
        }
    }

    #[test]
    fn english_articles_hear_the_next_word() {
        let said = polished(Language::English, "a apple, a hour, a uniform and a 8. a old man");
        assert_eq!(said, "An apple, an hour, a uniform and an 8. An old man");
    }

    #[test]
    fn nouns_agree() {
        assert_eq!(fa("águila", "águilas").form("un").as_deref(), Some("un águila"));
        assert_eq!(fa("águila", "águilas").form("los").as_deref(), Some("las águilas"));
        assert_eq!(f("pera", "peras").form("el").as_deref(), Some("la pera"));
        assert_eq!(m("pera", "peras").form("nothing"), None);
    }
}
