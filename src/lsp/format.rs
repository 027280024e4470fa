//! Formatting: the one layout of flows, as small edits, so that cursors and marks stay where they are.
//!
//! Must not know the layout. Tests: below, and `tests/it/editor_text.rs`.

use gen_lsp_types::{Range, TextEdit};

use super::routes::{Open, Refusal};
use super::text::Text;
use crate::syntax::{self, FormatError};

/// Beyond so many pairs of lines, the whole changed middle is replaced at once.
const PAIRS: usize = 4_000_000;

/// The edits that lay out a whole flow; none where it has mistakes that only its author can repair.
///
/// # Errors
/// It is no flow.
pub fn whole(open: &Open) -> Result<Vec<TextEdit>, Refusal> {
    if !open.is_flow() {
        return Err(Refusal::failed("only flow files are laid out by bincard"));
    }
    match syntax::format(&open.text.whole) {
        Ok(formatted) => Ok(edits(&open.text, &Text::new(formatted))),
        // What is wrong is told as findings.
        Err(FormatError::Mistakes(_) | FormatError::Changed) => Ok(Vec::new()),
    }
}

/// The edits that lay out some lines of a flow.
///
/// # Errors
/// It is no flow.
pub fn within(open: &Open, range: Range) -> Result<Vec<TextEdit>, Refusal> {
    let mut edits = whole(open)?;
    edits.retain(|edit| edit.range.start.line <= range.end.line && edit.range.end.line >= range.start.line);
    Ok(edits)
}

/// The edits that make one text of another, by lines.
fn edits(before: &Text, after: &Text) -> Vec<TextEdit> {
    let (old, new) = (split(&before.whole), split(&after.whole));
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
    let (a, b) = (old.get(same_start..old.len() - same_end).unwrap_or_default(), new.get(same_start..new.len() - same_end).unwrap_or_default());
    let hunks = if a.len() * b.len() > PAIRS { vec![(0..a.len(), 0..b.len())] } else { hunks(a, b) };
    let edit = |(from, to): (std::ops::Range<usize>, std::ops::Range<usize>)| {
        let at = |line: usize| before.position(before.start_of(same_start + line));
        TextEdit { range: Range { start: at(from.start), end: at(from.end) }, new_text: b.get(to).unwrap_or_default().concat() }
    };
    hunks.into_iter().map(edit).collect()
}

fn split(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

type Hunk = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Which lines of one list take the place of which lines of another, so that as many lines as possible stay.
fn hunks(a: &[&str], b: &[&str]) -> Vec<Hunk> {
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    let get = |longest: &[u32], i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or(0);
    for (i, x) in a.iter().enumerate().rev() {
        for (j, y) in b.iter().enumerate().rev() {
            let best = if x == y { get(&longest, i + 1, j + 1) + 1 } else { get(&longest, i + 1, j).max(get(&longest, i, j + 1)) };
            if let Some(cell) = longest.get_mut(i * width + j) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut found): (usize, usize, Vec<Hunk>) = (0, 0, Vec::new());
    let (mut from, mut to) = (0, 0);
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a.get(i) == b.get(j) {
            close(&mut found, from..i, to..j);
            (i, j) = (i + 1, j + 1);
            (from, to) = (i, j);
        } else if j >= b.len() || (i < a.len() && get(&longest, i + 1, j) >= get(&longest, i, j + 1)) {
            i += 1;
        } else {
            j += 1;
        }
    }
    close(&mut found, from..i, to..j);
    found
}

fn close(found: &mut Vec<Hunk>, from: std::ops::Range<usize>, to: std::ops::Range<usize>) {
    if !from.is_empty() || !to.is_empty() {
        found.push((from, to));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_make_one_text_of_the_other_and_leave_the_rest() {
        let cases = [("a\nb\nc\n", "a\nB\nc\n"), ("", "x\n"), ("a\nb\nc\nd\n", "b\nc\nx\nd"), ("a\n\n\nb", "a\n\nb\n"), ("same\n", "same\n")];
        for (before, after) in cases {
            let text = Text::new(before);
            let edits = edits(&text, &Text::new(after));
            let mut made = before.to_owned();
            for edit in edits.iter().rev() {
                made.replace_range(text.byte(edit.range.start)..text.byte(edit.range.end), &edit.new_text);
            }
            assert_eq!(made, after, "{edits:?}");
        }
        assert_eq!(edits(&Text::new("a\nb\nc\n"), &Text::new("a\nB\nc\n")).len(), 1);
    }
}
