//! Where a line stops making sense, what stands there, and what could stand there.
//!
//! Never prints a grammar rule's name. Tests: `tests.rs`, and the spoiled flows in `tests/it`.

use pest::Parser as _;
use pest::error::{Error, ErrorVariant, InputLocation};

use super::symbol::{Symbol, symbol};
use super::{FlowParser, Reader, Rule};
use crate::base::suggest;
use crate::base::{Diagnostic, Span};
use crate::syntax::outline::Range;
use crate::syntax::words::first_word;

/// More things than these are not listed: the pattern of the line says it better.
const LISTED: usize = 5;

impl Reader<'_> {
    /// What pest could not read, as an analyst would say it.
    pub(super) fn explain(&self, error: &Error<Rule>, range: Range, pattern: &str) -> Diagnostic {
        let offset = match error.location {
            InputLocation::Pos(at) | InputLocation::Span((at, _)) => at,
        };
        let slice = self.slice(range);
        if let Some(quote) = open_quote(slice).filter(|quote| *quote <= offset) {
            return self.unclosed_text(range, quote);
        }
        let ErrorVariant::ParsingError { positives, .. } = &error.variant else { return self.too_deep(range.start + offset) };
        let expected = Expected::from_rules(positives);
        if let Some(open) = open_parenthesis(slice, offset).filter(|_| expected.closes) {
            return self.unclosed_parenthesis(range, open, offset);
        }
        let rest = slice.get(offset..).unwrap_or("");
        if rest.trim().is_empty() {
            return self.too_short(range, offset, &expected, pattern);
        }
        let before = slice.get(..offset).unwrap_or("");
        if let Some(help) = quotes_hint(before, rest) {
            let found = token_at(rest);
            let span = self.place(range.start + offset, range.start + offset + found.len());
            return Diagnostic::error("syntax", span, format!("`{found}` and what follows is not one value")).help(help);
        }
        self.not_understood(range.start + offset, before, token_at(rest), &expected, pattern)
    }

    fn not_understood(&self, start: usize, before: &str, found: &str, expected: &Expected, pattern: &str) -> Diagnostic {
        let span = self.place(start, start + found.len());
        // Short words are near to everything.
        let slips = found.chars().count() / 5 + 1;
        let near = suggest::nearest(found, expected.words.iter().copied()).filter(|w| strsim::damerau_levenshtein(w, &found.to_lowercase()) <= slips);
        let hint = near.map(|word| format!("did you mean `{word}`? "));
        let hint = hint.or_else(|| name_hint(before, found).map(str::to_owned)).or_else(|| expected.hint(found).map(str::to_owned));
        let title = match (&hint, expected.end) {
            (None, true) => format!("`{found}` is too much here: the line could end before it"),
            _ => format!("`{found}` is not understood here"),
        };
        let help = format!("{}written as: {pattern}", hint.unwrap_or_default());
        Diagnostic::error("syntax", span, title).label(format!("expected {}", expected.phrase())).help(help)
    }

    fn too_short(&self, range: Range, offset: usize, expected: &Expected, pattern: &str) -> Diagnostic {
        let read = self.slice(range).get(..offset).unwrap_or("").trim_end();
        let word = read.rfind(char::is_whitespace).map_or(0, |at| at + 1);
        let span = self.place(range.start + word, range.start + read.len());
        let title = format!("the line ends too early: {} is missing", expected.phrase());
        Diagnostic::error("incomplete", span, title).label(format!("expected {} after this", expected.phrase())).help(format!("written as: {pattern}"))
    }

    fn unclosed_text(&self, range: Range, quote: usize) -> Diagnostic {
        let line = self.slice(range).get(quote..).and_then(|t| t.lines().next()).unwrap_or("").trim_end();
        let start = range.start + quote;
        Diagnostic::error("unclosed-text", self.place(start, start + line.len()), "this text is never closed")
            .help("add `\"` at its end; a text stands on one line")
    }

    fn unclosed_parenthesis(&self, range: Range, open: usize, offset: usize) -> Diagnostic {
        let rest = self.slice(range).get(offset..).unwrap_or("");
        let found = token_at(rest);
        let place = |at: usize, length: usize| -> Span { self.place(range.start + at, range.start + at + length) };
        let diagnostic = Diagnostic::error("unclosed-parenthesis", place(open, 1), "this `(` is never closed").label("opened here").help("add `)`");
        if rest.trim().is_empty() { diagnostic } else { diagnostic.also(place(offset, found.len()), "a `)` is missing before this") }
    }
}

/// Where a text begins that its line does not close.
fn open_quote(slice: &str) -> Option<usize> {
    let mut pairs = FlowParser::parse(Rule::tokens, slice).ok()?;
    pairs.next()?.into_inner().find(|p| p.as_rule() == Rule::t_bad_text).map(|p| p.as_span().start())
}

/// The innermost parenthesis that is open before an offset and closed nowhere after it.
fn open_parenthesis(slice: &str, offset: usize) -> Option<usize> {
    let pairs = FlowParser::parse(Rule::tokens, slice).ok()?.next()?.into_inner();
    let mut open = Vec::new();
    for token in pairs.filter(|p| p.as_rule() == Rule::t_sign) {
        match token.as_str() {
            "(" => open.push(token.as_span().start()),
            ")" => drop(open.pop()),
            _ => {}
        }
    }
    open.into_iter().rfind(|at| *at < offset)
}

/// Names are often typed with signs that no name has.
fn name_hint(before: &str, found: &str) -> Option<&'static str> {
    let after_name = before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
    let foreign = found.starts_with(|c: char| c.is_alphabetic() && !c.is_ascii());
    (foreign || after_name && matches!(found, "-" | "/" | "@" | "$" | "%" | "&")).then_some("names are made of letters a to z, digits and `_`; ")
}

/// The piece of text that a report underlines.
fn token_at(rest: &str) -> &str {
    let word = first_word(rest);
    if !word.is_empty() {
        return word;
    }
    if rest.starts_with('"') {
        let end = rest.get(1..).and_then(|r| r.find(['"', '\n'])).map_or(rest.len(), |at| at + 2);
        return rest.get(..end).unwrap_or(rest).trim_end();
    }
    let signs = ["->", "<=", ">=", "=>", "==", "!=", "&&", "||", ":="];
    let length = signs.iter().find(|s| rest.starts_with(**s)).map_or_else(|| rest.chars().next().map_or(0, char::len_utf8), |s| s.len());
    rest.get(..length).unwrap_or(rest)
}

/// What could stand at a place.
struct Expected {
    phrases: Vec<String>,
    /// The words among it, for "did you mean".
    words: Vec<&'static str>,
    /// The line could end.
    end: bool,
    /// A parenthesis could close.
    closes: bool,
    /// A `{…}` in a text could close.
    in_text: bool,
}

impl Expected {
    fn from_rules(rules: &[Rule]) -> Self {
        let has = |rule| rules.contains(&rule);
        let mut expected = Self { phrases: Vec::new(), words: Vec::new(), end: has(Rule::EOI), closes: has(Rule::close_paren), in_text: has(Rule::close_hole) };
        let (mut words, mut going_on, mut signs) = (Vec::new(), Vec::new(), false);
        for rule in rules {
            match symbol(*rule) {
                Symbol::Word(word) => words.push(word),
                Symbol::Thing(thing) => expected.add(thing.to_owned()),
                Symbol::GoesOn(word) => {
                    expected.words.push(word);
                    going_on.push(format!("`{word}`"));
                }
                Symbol::Sign(sign) => {
                    signs = true;
                    going_on.push(sign.to_owned());
                }
                Symbol::Unit => {
                    expected.words.extend(["minutes", "hours", "days", "weeks", "working"]);
                    going_on.insert(0, "a unit of time such as `days` or `working hours`".to_owned());
                }
                Symbol::End | Symbol::Hidden => {}
            }
        }
        for word in words {
            expected.words.push(word);
            expected.add(format!("`{word}`"));
        }
        // After a value nearly everything could go on: that is said only where nothing else is expected.
        let after_a_value = signs && (expected.end || !expected.phrases.is_empty());
        if !after_a_value {
            going_on.into_iter().for_each(|phrase| expected.add(phrase));
        }
        expected
    }

    fn add(&mut self, phrase: String) {
        if !self.phrases.contains(&phrase) {
            self.phrases.push(phrase);
        }
    }

    fn hint(&self, found: &str) -> Option<&'static str> {
        if self.phrases.iter().any(|p| p == "a name") && found.starts_with(|c: char| c.is_ascii_digit()) {
            return Some("a name begins with a letter; ");
        }
        (self.in_text && found.starts_with('"')).then_some("a `{` in a text opens a hole that `}` closes; a brace that is only text is typed `\\{`; ")
    }

    /// `a`, `b` or `c`
    fn phrase(&self) -> String {
        let mut all: Vec<&str> = self.phrases.iter().map(String::as_str).collect();
        if all.len() > LISTED {
            all.truncate(LISTED - 1);
            all.push("one of some other words");
        }
        if self.end {
            all.push("the end of the line");
        }
        match all.pop() {
            // What is expected and not named by any rule is always a name that is not one of the words of the line.
            None => "a name".to_owned(),
            Some(last) if all.is_empty() => last.to_owned(),
            Some(last) => format!("{} or {last}", all.join(", ")),
        }
    }
}

/// What to write where several words without quotes stand behind the name of a field: `…, job SO 4, …`.
fn quotes_hint(before: &str, rest: &str) -> Option<String> {
    let mut read = before.split_whitespace().rev();
    let (field, front) = (read.next()?, read.next()?);
    let behind_a_field = front == "with" || front == "has" || front.ends_with(',');
    let words = rest.split([',', ';', '\n', '\r', '"']).next()?.trim();
    let several = words.split_whitespace().count() > 1 && words.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '/' | '.'));
    let plain = field.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') && before.trim_start().starts_with("when ");
    (behind_a_field && several && plain).then(|| format!("a text of several words stands in quotes: `{field} \"{words}\"`"))
}
