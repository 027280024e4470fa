//! What people type by habit: understood, reported with the right spelling, and repaired by `fmt`.
//!
//! Must not change the tree: a habit's rule reads as what was meant. Tests: `tests.rs`.

use super::node::Node;
use super::{Reader, Rule};
use crate::base::Diagnostic;
use crate::syntax::outline::Range;
use crate::syntax::report::Fix;

impl<'a> Reader<'a> {
    /// Reports every habit in what a rule has read.
    pub(super) fn habits(&self, node: &Node<'a>) {
        for habit in node.flat() {
            let Some((right, why)) = repair(&habit) else { continue };
            self.habit(habit.range(), &right, why);
        }
    }

    /// Reports one habit with its repair.
    pub(super) fn habit(&self, range: Range, right: &str, why: &str) {
        let typed = self.slice(range);
        let title = if why.contains('`') && right.is_empty() { why.to_owned() } else { format!("`{}` is not written here: {why}", shorten(typed)) };
        let help = if right.is_empty() {
            "delete it, or let `bincard fmt` do it".to_owned()
        } else {
            format!("write `{}`, or let `bincard fmt` do it", shorten(right))
        };
        let span = self.place(range.start, range.end);
        self.diagnostics.borrow_mut().push(Diagnostic::error("habit", span, title).help(help));
        self.fixes.borrow_mut().push(Fix { span, replacement: right.to_owned() });
    }
}

/// The right spelling of a habit, and why.
fn repair(node: &Node) -> Option<(String, &'static str)> {
    let (right, why) = match node.rule() {
        Rule::habit_arrow => ("->", "an arrow leads from state to state"),
        Rule::habit_assign => ("=", "a value is given with one sign"),
        Rule::habit_not => ("not ", "logic is written in words"),
        Rule::habit_or => ("or", "logic is written in words"),
        Rule::habit_and => ("and", "logic is written in words"),
        Rule::habit_is => ("is", "things are compared with a word"),
        Rule::habit_is_not => ("is not", "things are compared with words"),
        Rule::habit_greater_equal => (">=", "the sign for at least is another one"),
        Rule::habit_less_equal => ("<=", "the sign for at most is another one"),
        Rule::habit_if => ("when", "a condition follows its clause"),
        Rule::habit_yes => ("yes", "the answers are yes and no"),
        Rule::habit_no => ("no", "the answers are yes and no"),
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
