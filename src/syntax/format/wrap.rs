//! Where a clause that is too long for one line is broken: before its joining words, then in its lists and conditions.
//!
//! Must not know columns. Tests: `tests.rs`.

use super::WIDTH;
use super::spacing::joined;
use crate::syntax::token::{Token, TokenKind};

/// Where a clause that begins with a word breaks first, and where its parts break that are too long themselves.
fn parts(tokens: &[Token]) -> (&'static [&'static str], &'static [&'static str]) {
    const LOGIC: &[&str] = &["and", "or"];
    match tokens.first().map_or("", |t| t.text) {
        "transition" => (&["by", "not", "after", "at", "on"], LOGIC),
        "require" => (&["else", "code"], LOGIC),
        "claim" => (&["released", "else", "code", "when"], LOGIC),
        "move" => (&["choosing", "counting", "as", "when"], &["from", "with", "and", "or"]),
        "owe" | "settle" | "waive" | "debit" => (&["within", "when"], &["by", "rate", "and", "or"]),
        "start" => (&["lines", "when"], LOGIC),
        "state" => (&["within", "else"], &[]),
        "document" => (&["number", "reverse"], &[]),
        "calendar" => (&["except"], &[]),
        "each" => (&["where"], LOGIC),
        "rule" => (&["->"], &[]),
        _ => (&["when"], LOGIC),
    }
}

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
        let mut filled = fill(stretch.code, tokens, margin);
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

/// Fills lines with the parts of a clause. A sentence stands on a line of its own.
fn fill(tokens: &[Token], whole: &[Token], margin: Margin) -> Vec<String> {
    let (parts, inside) = parts(whole);
    let among = |words: &[&str], t: &Token| words.iter().any(|w| t.is(w));
    let mut lines: Vec<String> = Vec::new();
    for part in split(tokens, |t| among(parts, t), false) {
        let sentence = part.first().is_some_and(|t| t.is("else"));
        let text = joined(part);
        let Some(text) = (if sentence { Some(text) } else { margin.onto_last(&mut lines, text) }) else { continue };
        if margin.fits(&text, lines.len()) {
            lines.push(text);
            continue;
        }
        // The margin of the first line holds only where nothing stands above.
        let begun = lines.len();
        let here = if begun == 0 { margin } else { Margin { first: margin.others, ..margin } };
        for piece in split(part, |t| among(inside, t), true) {
            let own = lines.get_mut(begun..).unwrap_or_default();
            let rest = here.onto_last(own, joined(piece));
            lines.extend(rest);
        }
    }
    lines
}

/// Cuts before every piece that begins a part, and (with `commas`) behind every comma outside of parentheses.
fn split<'a>(tokens: &'a [Token<'a>], begins: impl Fn(&Token) -> bool, commas: bool) -> Vec<&'a [Token<'a>]> {
    let mut parts = Vec::new();
    let (mut start, mut depth) = (0, 0usize);
    for (at, token) in tokens.iter().enumerate() {
        let behind_comma = commas && depth == 0 && at > 0 && tokens.get(at - 1).is_some_and(|t| t.is(","));
        if at > start && (depth == 0 && begins(token) && !joins_two_words(tokens, at) || behind_comma) {
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

/// `yes or no`, `between a and b`, `rate of`, `not by`: words that belong together.
fn joins_two_words(tokens: &[Token], at: usize) -> bool {
    let word = |i: Option<usize>, text: &str| i.and_then(|i| tokens.get(i)).is_some_and(|t| t.is(text));
    let (before, here) = (at.checked_sub(1), Some(at));
    word(here, "or") && word(before, "yes") && word(Some(at + 1), "no")
        || word(here, "rate") && word(Some(at + 1), "of")
        || word(here, "lines") && !word(before, ",")
        || word(here, "by") && (word(before, "not") || word(before, "approval") || word(before, "first"))
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
    let fields = split(inner, |_| false, true);
    let mut lines = vec![joined(head)];
    lines.extend(fields.into_iter().map(joined));
    lines.push("}".to_owned());
    lines
}
