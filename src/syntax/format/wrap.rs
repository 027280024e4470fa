//! Where a clause that is too long for one line is broken: before its joining words, then in its lists and conditions.
//!
//! Must not know columns. Tests: `tests.rs`.

use super::WIDTH;
use super::spacing::joined;
use crate::syntax::token::{Token, TokenKind};

/// Parts of a clause that like to stand on a line of their own.
const PARTS: &[&str] = &["else", "code", "when", "released", "choosing", "counting", "as", "with", "within", "rate", "where", "->", "reverse", "except"];
/// The parts of a transition's head.
const HEAD_PARTS: &[&str] = &["by", "not", "after", "at", "on"];
/// Where a part breaks that is too long for a line itself.
const INSIDE: &[&str] = &["and", "or", "from", "by"];

/// A clause in as many lines as it needs, the first without indent, the others with what they are indented more.
pub(super) fn wrapped(tokens: &[Token], indent: usize, room_after: usize) -> Vec<String> {
    let has_comment = tokens.iter().any(|t| t.kind == TokenKind::Comment);
    let one = joined(tokens);
    if !has_comment && indent + one.chars().count() + room_after <= WIDTH {
        return vec![one];
    }
    if record_of(tokens).is_some() && !has_comment {
        return with_record(tokens, indent);
    }
    let mut lines = Vec::new();
    for stretch in between_comments(tokens) {
        let first = lines.is_empty();
        let margin = Margin { first: if first { indent } else { indent + 2 }, others: indent + 2, after: room_after };
        let mut filled = fill(stretch.code, margin);
        if let (Some(comment), true, Some(last)) = (stretch.comment, stretch.trailing, filled.last_mut()) {
            last.push_str("  ");
            last.push_str(comment);
        } else if let Some(comment) = stretch.comment {
            filled.push(comment.to_owned());
        }
        lines.extend(filled);
    }
    lines
}

/// What stands before a comment, and the comment.
struct Stretch<'a> {
    code: &'a [Token<'a>],
    comment: Option<&'a str>,
    trailing: bool,
}

fn between_comments<'a>(tokens: &'a [Token<'a>]) -> Vec<Stretch<'a>> {
    let mut stretches = Vec::new();
    let mut start = 0;
    for (at, token) in tokens.iter().enumerate().filter(|(_, t)| t.kind == TokenKind::Comment) {
        let code = tokens.get(start..at).unwrap_or_default();
        stretches.push(Stretch { code, comment: Some(token.text), trailing: !token.fresh && !code.is_empty() });
        start = at + 1;
    }
    let code = tokens.get(start..).unwrap_or_default();
    if !code.is_empty() {
        stretches.push(Stretch { code, comment: None, trailing: false });
    }
    stretches
}

/// How far lines are indented, and what must still fit behind the last.
#[derive(Clone, Copy)]
struct Margin {
    first: usize,
    others: usize,
    after: usize,
}

impl Margin {
    /// Whether a text that goes on line `line` fits.
    fn fits(self, text: &str, line: usize) -> bool {
        let indent = if line == 0 { self.first } else { self.others };
        indent + text.chars().count() + self.after <= WIDTH
    }

    /// Puts a text behind the last line if it fits there; gives it back if not.
    fn onto_last(self, lines: &mut [String], text: String) -> Option<String> {
        let count = lines.len();
        let Some(last) = lines.last_mut() else { return Some(text) };
        let longer = format!("{last} {text}");
        if !self.fits(&longer, count - 1) {
            return Some(text);
        }
        *last = longer;
        None
    }
}

/// Fills lines with the parts of a clause.
fn fill(tokens: &[Token], margin: Margin) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let parts = if tokens.first().is_some_and(|t| t.is("transition")) { HEAD_PARTS } else { PARTS };
    for part in split(tokens, |t, depth| depth == 0 && parts.iter().any(|p| t.is(p)), false) {
        let Some(text) = margin.onto_last(&mut lines, joined(part)) else { continue };
        if margin.fits(&text, lines.len()) {
            lines.push(text);
        } else {
            fill_inside(part, &mut lines, margin);
        }
    }
    lines
}

/// Fills lines with a part that is too long for one.
fn fill_inside(part: &[Token], lines: &mut Vec<String>, margin: Margin) {
    let begun = lines.len();
    for piece in split(part, |t, depth| depth == 0 && INSIDE.iter().any(|p| t.is(p)), true) {
        let own = lines.get_mut(begun..).unwrap_or_default();
        // The margin of the first line only holds where nothing stands above.
        let here = if begun == 0 { margin } else { Margin { first: margin.others, ..margin } };
        if let Some(text) = here.onto_last(own, joined(piece)) {
            lines.push(text);
        }
    }
}

/// Cuts before every piece that begins a part, and (with `commas`) behind every comma outside of parentheses.
fn split<'a>(tokens: &'a [Token<'a>], begins: impl Fn(&Token, usize) -> bool, commas: bool) -> Vec<&'a [Token<'a>]> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    for (at, token) in tokens.iter().enumerate() {
        let behind_comma = commas && depth == 0 && at > 0 && tokens.get(at - 1).is_some_and(|t| t.is(","));
        if at > start && (begins(token, depth) && !joins_two_words(tokens, at) || behind_comma) {
            parts.extend(tokens.get(start..at));
            start = at;
        }
        match token.text {
            "(" | "{" if token.kind == TokenKind::Sign => depth += 1,
            ")" | "}" if token.kind == TokenKind::Sign => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    parts.extend(tokens.get(start..).filter(|rest| !rest.is_empty()));
    parts
}

/// `yes or no`, `between a and b`, `with reverse`, `rate of`, `not by`: words that belong together.
fn joins_two_words(tokens: &[Token], at: usize) -> bool {
    let word = |i: Option<usize>, text: &str| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.is(text));
    let (before, here) = (at.checked_sub(1), Some(at));
    word(here, "or") && word(before, "yes") && word(Some(at + 1), "no")
        || word(here, "reverse") && word(before, "with")
        || word(here, "rate") && word(Some(at + 1), "of")
        || word(here, "by") && (word(before, "not") || word(before, "approval"))
        || word(here, "and") && tokens.get(..at).is_some_and(|b| b.iter().rev().take(12).take_while(|t| !t.is("and")).any(|t| t.is("between")))
}

/// Where the braces of a rule's answer or an event's fields open.
fn record_of(tokens: &[Token]) -> Option<usize> {
    tokens.iter().position(|t| t.is("{"))
}

/// `rule …` or `event …` with its record on a second line, or one field a line.
fn with_record(tokens: &[Token], indent: usize) -> Vec<String> {
    let arrow = tokens.iter().position(|t| t.is("->"));
    if let Some((head, answer)) = arrow.and_then(|at| tokens.split_at_checked(at)) {
        let (head, answer) = (joined(head), joined(answer));
        if indent + head.chars().count() <= WIDTH && indent + 2 + answer.chars().count() <= WIDTH {
            return vec![head, answer];
        }
    }
    exploded(tokens)
}

/// One field a line.
fn exploded(tokens: &[Token]) -> Vec<String> {
    let open = record_of(tokens).unwrap_or(0);
    let (head, rest) = tokens.split_at_checked(open + 1).unwrap_or((tokens, &[]));
    let inner = rest.get(..rest.len().saturating_sub(1)).unwrap_or_default();
    let fields = split(inner, |_, _| false, true);
    let mut lines = vec![joined(head)];
    lines.extend(fields.into_iter().map(joined));
    lines.push("}".to_owned());
    lines
}
