//! Where the statements and the arms of `switch` of a script begin, and the script with a call put before each.
//!
//! Lines stay what they are. Must not know rhai. Tests: below, and `tests/lines.rs` for every shipped script.

use super::scan::{Token, TokenKind};

/// What a marked script calls before each statement; no rule can be called so.
pub(super) const RAN: &str = "__ran";

/// A statement, or what a `switch` answers in one of its cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mark {
    /// Its first byte.
    pub at: usize,
    /// For a case without braces: one past its last byte.
    pub end: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Opened {
    Block,
    Switch,
    Other,
}

struct Level {
    opened: Opened,
    /// The statement at hand ends with its braces: `if`, `for`, `switch`.
    by_itself: bool,
    /// `switch` was read, and its brace is still to come.
    switch: bool,
    /// The case at hand that has no braces, as a place among the marks.
    case: Option<usize>,
}

impl Level {
    const fn new(opened: Opened) -> Self {
        Self { opened, by_itself: false, switch: false, case: None }
    }
}

/// All marks of a script, in order of their places.
pub(super) fn marks(text: &str, tokens: &[Token]) -> Vec<Mark> {
    let word = |t: &Token| text.get(t.start..t.end).unwrap_or("");
    let mut walk = Walk { marks: Vec::new(), levels: Vec::new(), begins: false };
    for (n, token) in tokens.iter().enumerate() {
        let next = tokens.get(n + 1).map_or("", word);
        let before = n.checked_sub(1).and_then(|b| tokens.get(b)).map_or("", word);
        let text = if token.kind == TokenKind::Text { "" } else { word(token) };
        walk.token(text, token, before, next);
    }
    walk.marks.sort_by_key(|m| m.at);
    walk.marks
}

struct Walk {
    marks: Vec<Mark>,
    levels: Vec<Level>,
    /// The next token begins a statement.
    begins: bool,
}

impl Walk {
    fn token(&mut self, word: &str, token: &Token, before: &str, next: &str) {
        if before == "=>" && word != "{" {
            self.mark_case(token.start);
        }
        if std::mem::take(&mut self.begins) && word != "}" {
            self.marks.push(Mark { at: token.start, end: None });
            if let Some(level) = self.levels.last_mut() {
                level.by_itself = matches!(word, "if" | "for" | "switch");
            }
        }
        match word {
            "switch" => self.top(|level| level.switch = true),
            "{" => self.open(),
            "#{" | "(" | "[" => self.levels.push(Level::new(Opened::Other)),
            "}" | ")" | "]" => self.close(token.start, next),
            ";" => self.begins = self.levels.last().is_some_and(|l| l.opened == Opened::Block),
            "," => self.end_case(token.start),
            _ => {}
        }
    }

    fn top(&mut self, change: impl FnOnce(&mut Level)) {
        if let Some(level) = self.levels.last_mut() {
            change(level);
        }
    }

    fn open(&mut self) {
        let switch = self.levels.last_mut().is_some_and(|level| std::mem::take(&mut level.switch));
        self.levels.push(Level::new(if switch { Opened::Switch } else { Opened::Block }));
        self.begins = !switch;
    }

    fn close(&mut self, at: usize, next: &str) {
        self.end_case(at);
        let Some(closed) = self.levels.pop() else { return };
        let here = self.levels.last();
        let ends = closed.opened != Opened::Other && next != "else" && here.is_some_and(|l| l.opened == Opened::Block && l.by_itself);
        self.begins = ends;
    }

    /// What a case answers, where it has no braces of its own.
    fn mark_case(&mut self, at: usize) {
        let place = self.marks.len();
        self.marks.push(Mark { at, end: None });
        self.top(|level| level.case = Some(place));
    }

    fn end_case(&mut self, at: usize) {
        let case = self.levels.last_mut().filter(|l| l.opened == Opened::Switch).and_then(|level| level.case.take());
        if let Some(mark) = case.and_then(|place| self.marks.get_mut(place)) {
            mark.end = Some(at);
        }
    }
}

/// The script with a call before each mark, numbered from `first`.
pub(super) fn marked(text: &str, marks: &[Mark], first: usize) -> String {
    let mut pieces: Vec<(usize, String)> = Vec::new();
    for (n, mark) in marks.iter().enumerate() {
        let call = format!("{RAN}({});", first + n);
        match mark.end {
            Some(end) => pieces.extend([(mark.at, format!("{{ {call} ")), (end, " }".to_owned())]),
            None => pieces.push((mark.at, format!("{call} "))),
        }
    }
    // What ends at a byte ends before anything begins there.
    pieces.sort_by_key(|(at, piece)| (*at, !piece.starts_with(' ')));
    let mut written = String::with_capacity(text.len() * 2);
    let mut from = 0;
    for (at, piece) in pieces {
        written.push_str(text.get(from..at).unwrap_or(""));
        written.push_str(&piece);
        from = at;
    }
    written.push_str(text.get(from..).unwrap_or(""));
    written
}

#[cfg(test)]
mod tests {
    use super::super::scan::tokens;
    use super::*;

    fn shown(text: &str) -> String {
        marked(text, &marks(text, &tokens(text)), 0).replace(RAN, "!")
    }

    #[test]
    fn a_call_stands_before_every_statement_of_a_block() {
        assert_eq!(shown("fn a(x) { let y = 1; y + x }"), "fn a(x) { !(0); let y = 1; !(1); y + x }");
        assert_eq!(
            shown("fn a(x) { for i in x { if i == 1 { return 2; } } -1 }"),
            "fn a(x) { !(0); for i in x { !(1); if i == 1 { !(2); return 2; } } !(3); -1 }"
        );
        assert_eq!(shown("fn a() { } fn b() { 1 }"), "fn a() { } fn b() { !(0); 1 }");
    }

    #[test]
    fn the_branches_of_an_expression_are_told_apart() {
        assert_eq!(
            shown("fn a(x) { let y = if x { 1 } else if !x { 2 } else { 3 }; #{ y: if y { 1 } else { 2 } } }"),
            "fn a(x) { !(0); let y = if x { !(1); 1 } else if !x { !(2); 2 } else { !(3); 3 }; !(4); #{ y: if y { !(5); 1 } else { !(6); 2 } } }"
        );
    }

    #[test]
    fn each_case_of_a_switch_is_one() {
        assert_eq!(
            shown("fn a(x) { switch f(x, #{ a: 1 }) { 1 | 2 => f(1, 2), \"a\" if x > 1 => { 5 } 7 => switch x { _ => 1 }, _ => #{ b: 3 } } }"),
            "fn a(x) { !(0); switch f(x, #{ a: 1 }) { 1 | 2 => { !(1); f(1, 2) }, \"a\" if x > 1 => { !(2); 5 } 7 => { !(3); switch x { _ => { !(4); 1  }} }, _ => { !(5); #{ b: 3 }  }} }"
        );
    }

    #[test]
    fn texts_with_holes_and_comments_are_left_alone() {
        assert_eq!(
            shown("fn a(x) {\n  // no; really\n  `a ${if x { 1 } else { 2 }};`\n}"),
            "fn a(x) {\n  // no; really\n  !(0); `a ${if x { 1 } else { 2 }};`\n}"
        );
    }
}
