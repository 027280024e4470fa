//! `bincard fmt`: the one way a flow is laid out.
//!
//! Works on the outline and on the pieces of each clause, never on the tree, so that it cannot forget anything; then
//! reads what it wrote and refuses where that would mean something else. Must not know any names. Tests: `tests.rs`.

mod blocks;
mod columns;
mod spacing;
mod wrap;

#[cfg(test)]
mod tests;

use super::parser::{outline_of, parse, shape};
use super::report::{Comment, Fix};
use crate::base::{Diagnostic, FileId};

/// How long a line may be before it is wrapped.
const WIDTH: usize = 120;
/// Repairing one habit can uncover another, as in `if !a then …`.
const ROUNDS: usize = 8;

/// Why a text was not formatted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum FormatError {
    /// It has mistakes that only its author can repair.
    #[error("this file has mistakes that cannot be repaired automatically")]
    Mistakes(Vec<Diagnostic>),
    /// The formatted text would not say the same.
    #[error("formatting would change what this file says; it is left as it is")]
    Changed,
}

/// Lays out a flow file: one answer, no options. What was typed by habit is repaired.
///
/// # Errors
/// The text has mistakes, or what was written would not say the same.
pub fn format(text: &str) -> Result<String, FormatError> {
    let mended = mended(text)?;
    let formatted = blocks::print(&mended, &outline_of(&mended));
    let (before, after) = (shape(text), shape(&formatted));
    let same = before.file == after.file && after.diagnostics.is_empty() && said(&before.comments) == said(&after.comments);
    if same { Ok(formatted) } else { Err(FormatError::Changed) }
}

/// What the comments say, without how they begin and where their lines end.
fn said(comments: &[Comment]) -> Vec<&str> {
    comments.iter().map(|c| c.text.trim_start_matches(['#', '/']).trim()).collect()
}

/// The text with its habits repaired.
fn mended(text: &str) -> Result<String, FormatError> {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n");
    for _ in 0..ROUNDS {
        let parsed = parse(FileId::default(), &text);
        if !parsed.complete {
            return Err(FormatError::Mistakes(parsed.diagnostics));
        }
        if parsed.fixes.is_empty() {
            return Ok(text);
        }
        text = repaired(&text, &parsed.fixes);
    }
    Err(FormatError::Changed)
}

/// Applies fixes; one that overlaps another waits for the next round.
fn repaired(text: &str, fixes: &[Fix]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for fix in fixes {
        let range = fix.span.range();
        if range.start < done {
            continue;
        }
        out.push_str(text.get(done..range.start).unwrap_or(""));
        out.push_str(&fix.replacement);
        done = range.end;
    }
    out.push_str(text.get(done..).unwrap_or(""));
    out
}
