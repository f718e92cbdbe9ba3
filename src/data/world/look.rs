//! A look at the world from a terminal.

use super::{Language, Split, World};

/// `--seed 1 --documents 20 --lang es --of document`: the texts of what is asked for, as a page to read. `--of` knows
/// document, heldout, review, question, headline, instruction, preference and trace.
///
/// # Errors
/// A sentence for an option that does not exist or is no number.
pub fn look(arguments: &[String]) -> Result<String, String> {
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    let number = |name: &str, default: u32| {
        option(name).map_or(Ok(default), |text| text.parse().map_err(|_| format!("{name} {text}: not a number")))
    };
    let world = World::new(number("--seed", 1)?);
    let language = match option("--lang").map(String::as_str) {
        None | Some("es") => Language::Spanish,
        Some("en") => Language::English,
        Some(other) => return Err(format!("--lang {other}: es or en")),
    };
    let of = option("--of").map_or("document", String::as_str);
    let mut out = String::new();
    for i in 0..number("--documents", 20)? {
        let split = Split::Train;
        let text = match of {
            "document" => shown(world.document(language, split, i)),
            "heldout" => shown(world.document(language, Split::Test, i)),
            "review" => {
                let review = world.review(language, split, i);
                format!("[{:?}] {}", review.class, review.text)
            }
            "question" => {
                let q = world.question(language, split, i);
                format!("{} {}", q.prompt(), q.answer)
            }
            "headline" => {
                let h = world.headline(language, split, i);
                format!("{} {}", h.prompt(), h.headline)
            }
            "instruction" => {
                let made = world.instruction(language, split, i);
                format!("{}\n+ {}\n- {} [{:?}]", made.prompt, made.good, made.bad, made.flaw)
            }
            "preference" => {
                let pair = world.preference(language, split, i);
                format!("{}\n> {}\n< {} [{:?}]", pair.prompt, pair.chosen, pair.rejected, pair.flaw)
            }
            "trace" => {
                let trace = world.trace(language, split, i);
                format!("{}\n{}", trace.documents.join("\n"), trace.text())
            }
            other => return Err(format!("--of {other}: unknown")),
        };
        out.push_str(&text);
        out.push_str("\n\n");
    }
    Ok(out)
}

fn shown(document: super::Document) -> String {
    format!("[{:?}] {}", document.family, document.text)
}
