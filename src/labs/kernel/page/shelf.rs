//! The kernels' texts, read out of the table of sources, and where a version begins and ends in its text.

use std::ops::Range;

use crate::protocol::Table;

/// One version of a kernel: an entry point.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Version {
    pub(super) entry: String,
    pub(super) version: String,
}

/// One kernel: its text and its versions, the naive one first.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Book {
    pub(super) kernel: String,
    pub(super) text: String,
    pub(super) versions: Vec<Version>,
}

/// In the names of the entry points of gradients.
const GRADIENT: &str = "_grad_";

/// Every kernel of the table, in its order.
pub(super) fn books(table: &Table) -> Vec<Book> {
    let mut out: Vec<Book> = Vec::new();
    for i in 0..table.rows.len() {
        let text = |column| table.text(i, column).unwrap_or_default().to_owned();
        let kernel = text("kernel");
        if out.last().is_none_or(|b| b.kernel != kernel) {
            out.push(Book { kernel, text: text("text"), versions: Vec::new() });
        }
        if let Some(book) = out.last_mut() {
            let (entry, version) = (text("entry"), ["v", &(book.versions.len() + 1).to_string()].concat());
            // A gradient is another product, not a better version of this one.
            if !entry.contains(GRADIENT) {
                book.versions.push(Version { entry, version });
            }
        }
    }
    out
}

/// The lines of a function, from 0: from its attributes to its closing brace; empty if it is not there.
pub(super) fn lines_of(text: &str, function: &str) -> Range<usize> {
    let code: Vec<&str> = text.lines().map(|l| l.split("//").next().unwrap_or_default()).collect();
    let is_head = |line: &&str| {
        line.split_once("fn ").is_some_and(|(_, rest)| {
            rest.trim_start().strip_prefix(function).is_some_and(|r| r.trim_start().starts_with('('))
        })
    };
    let Some(head) = code.iter().position(is_head) else { return 0..0 };
    let start = (0..head).rev().take_while(|i| code[*i].trim_start().starts_with('@')).last().unwrap_or(head);
    let mut depth = 0;
    for (i, line) in code.iter().enumerate().skip(head) {
        let (opened, closed) = (line.matches('{').count(), line.matches('}').count());
        depth += opened;
        if closed > 0 && depth <= closed {
            return start..i + 1;
        }
        depth -= closed;
    }
    start..code.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::kernel::tables;

    const TEXT: &str = "// fn b() {\nfn a(x: u32) -> u32 {\n    if x > 1u { return 1u; }\n    return x;\n}\n\n\
        @compute @workgroup_size(8)\nfn b(\n    @builtin(x) id: u32,\n) { // {\n    a(id);\n}\nfn ab() {}\n";

    #[test]
    fn a_function_is_found_with_its_attributes_and_its_end() {
        assert_eq!(lines_of(TEXT, "a"), 1..5);
        assert_eq!(lines_of(TEXT, "b"), 6..12);
        assert_eq!(lines_of(TEXT, "ab"), 12..13);
        assert_eq!(lines_of(TEXT, "c"), 0..0);
        assert_eq!(lines_of("fn open() {\n  {", "open"), 0..2, "an unfinished one ends with the text");
    }

    #[test]
    fn versions_of_one_kernel_stand_in_one_book() {
        let mut table = Table::new(tables::SOURCES, &["kernel", "entry", "version", "text"]);
        for (kernel, entry, text) in [("m", "m_v1", "fn m_v1"), ("m", "m_regs", ""), ("n", "n", "fn n")] {
            table.rows.push(vec![kernel.into(), entry.into(), "v".into(), text.into()]);
        }
        let books = books(&table);
        assert_eq!(
            books.iter().map(|b| (b.text.as_str(), b.versions.len())).collect::<Vec<_>>(),
            [("fn m_v1", 2), ("fn n", 1)]
        );
    }
}
