//! The small book with one thing spoiled at a time: nothing panics, and one mistake is not told many times.

use super::{RULES, book};
use crate::check::testing::{checked, report};

/// A misspelt declaration is told wherever it is used; more than that would be a cascade.
const MOST: usize = 6;

fn told(flow: &str) -> (usize, String) {
    let mut texts = vec![("book.flow", flow)];
    texts.extend(RULES);
    let checked = checked(&texts);
    (checked.diagnostics.len(), report(&checked.diagnostics, &checked.sources))
}

/// Where words of at least three letters begin.
fn words(text: &str) -> Vec<usize> {
    let part = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    let bytes = text.as_bytes();
    (1..bytes.len().saturating_sub(2)).filter(|i| !part(bytes[i - 1]) && bytes[*i..*i + 3].iter().all(|b| part(*b))).collect()
}

#[test]
fn a_misspelt_word_is_not_told_many_times() {
    let text = book(&[]);
    for at in words(&text).into_iter().step_by(5) {
        let spoiled = format!("{}qx{}", &text[..at + 2], &text[at + 2..]);
        let (found, report) = told(&spoiled);
        assert!(found <= MOST, "{found} findings for one word:\n{report}");
    }
}

#[test]
fn a_text_that_ends_anywhere_is_told_and_never_panics() {
    let text = book(&[]);
    // Between two workflows nothing is cut.
    let whole = text.find("// Uses what").unwrap();
    for end in (whole / 2..whole - 10).step_by(97) {
        let Some(start) = text.get(..end) else { continue };
        let (found, report) = told(start);
        assert!((1..=MOST).contains(&found), "cut at {end}:\n{}\n{report}", &start[end - 40..]);
    }
}
