//! What people type by habit: understood, reported with the right spelling, and repaired by `fmt`.
//!
//! Must not change the tree: a habit's rule reads as what was meant. Tests: `tests.rs`.

use super::node::Node;
use super::{Reader, Rule};
use crate::base::Diagnostic;
use crate::syntax::ast::Expr;
use crate::syntax::outline::Range;
use crate::syntax::report::Fix;
use crate::syntax::words::{Context, opening_of};

impl<'a> Reader<'a> {
    /// Reports every habit in what a rule has read.
    pub(super) fn habits(&self, node: &Node<'a>) {
        #[cfg(test)]
        super::tests::SEEN.with_borrow_mut(|seen| seen.extend(node.flat().map(|n| n.rule())));
        for habit in node.flat().filter(|h| h.rule() != Rule::habit_if || node.rule() != Rule::habit_if_clause) {
            let Some((right, why)) = repair(&habit) else { continue };
            self.habit(habit.range(), &right, why);
        }
    }

    /// Reports one habit with its repair.
    pub(super) fn habit(&self, range: Range, right: &str, why: &str) {
        let typed = shorten(self.slice(range));
        let title = match (right.trim(), typed.as_str()) {
            ("", _) => format!("`{typed}` does not stand here"),
            (right, "") => format!("`{right}` is missing here"),
            (right, _) => format!("write `{}` instead of `{typed}`", shorten(right)),
        };
        let span = self.place(range.start, range.end);
        self.diagnostics.borrow_mut().push(Diagnostic::error("habit", span, title).help(format!("{why}; `bincard fmt` repairs it")));
        self.fixes.borrow_mut().push(Fix { span, replacement: right.to_owned() });
    }

    /// `if CONDITION then CLAUSE`: what was meant is `CLAUSE when CONDITION`. Gives the clause's place and the condition.
    pub(super) fn if_clause(&self, range: Range) -> Option<(Range, Expr)> {
        let node = self.by_rule(Rule::habit_if_clause, range, IF_PATTERN)?;
        let (condition, rest) = (node.get(Rule::expr)?, node.get(Rule::habit_rest)?.range());
        let takes_when = opening_of(Context::Body, self.slice(rest)).is_some_and(|o| !matches!(o.words, "require" | "let" | "ask" | "each line"));
        if !takes_when || self.slice(rest).contains(" when ") {
            self.no_if(range);
            return None;
        }
        let written = Range { start: range.start, end: rest.start };
        self.habit(written, "", "a condition follows its clause: `CLAUSE when CONDITION`");
        let end = self.place(rest.end, rest.end);
        let replacement = format!(" when {}", self.slice(condition.range()));
        self.fixes.borrow_mut().push(Fix { span: end, replacement });
        Some((rest, self.expr(&condition)))
    }

    /// An `if` that cannot be turned into a `when`.
    pub(super) fn no_if(&self, range: Range) {
        let span = self.place(range.start, range.start + 2);
        self.mistake(Diagnostic::error("no-if", span, "`if` does not begin a line in a transition").help(IF_HELP));
    }
}

const IF_PATTERN: &str = "CLAUSE when CONDITION";
const IF_HELP: &str = "a condition follows its clause: `set FIELD = VALUE when CONDITION`; what must hold is written `require CONDITION else \"sentence\"`, and what is done for some lines only `each line where CONDITION { … }`";

/// The right spelling of a habit, and why.
fn repair(node: &Node) -> Option<(String, &'static str)> {
    let (right, why) = match node.rule() {
        Rule::habit_arrow => ("->", "an arrow leads from state to state"),
        Rule::habit_no_arrow => ("-> ", "an arrow leads from state to state"),
        Rule::habit_assign => ("=", "`=` gives a value, and `is` compares"),
        Rule::habit_not => ("not ", "logic is written in words"),
        Rule::habit_or => ("or", "logic is written in words"),
        Rule::habit_and => ("and", "logic is written in words"),
        Rule::habit_is => ("is", "`is` compares, and `=` gives a value"),
        Rule::habit_is_not => ("is not", "things are compared with words"),
        Rule::habit_greater_equal => (">=", "at least is `>=`"),
        Rule::habit_less_equal => ("<=", "at most is `<=`"),
        Rule::habit_if => ("when", "a condition follows its clause after `when`"),
        Rule::habit_yes => ("yes", "the answers to a question are `yes` and `no`"),
        Rule::habit_no => ("no", "the answers to a question are `yes` and `no`"),
        Rule::habit_role_or => (",", "roles are listed with commas"),
        Rule::habit_quotes_label | Rule::habit_text => return Some((double_quoted(node.text()), "texts stand in double quotes")),
        _ => return None,
    };
    Some((right.to_owned(), why))
}

fn double_quoted(text: &str) -> String {
    let inner = text.trim_start_matches(['\'', '“']).trim_end_matches(['\'', '”']);
    format!("\"{}\"", inner.replace('"', "\\\""))
}

fn shorten(text: &str) -> String {
    let text = text.trim();
    if text.chars().count() > 40 { format!("{}…", text.chars().take(40).collect::<String>()) } else { text.to_owned() }
}
