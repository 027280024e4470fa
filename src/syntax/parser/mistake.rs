//! What is wrong with a line, in an analyst's words: what stands there, what could stand there, and how it is written.
//!
//! Never prints a grammar rule's name. Tests: `tests.rs`, and the spoiled flows in `tests/it`.

use super::Reader;
use super::expr::MAX_DEPTH;
use super::node::Node;
use crate::base::suggest;
use crate::base::{Diagnostic, Span};
use crate::syntax::outline::{Slip, Statement};
use crate::syntax::words::{Context, declares_field, first_word, opening_of, openings};

/// Where parentheses are nested too deep, if they are.
pub(super) fn nesting(slice: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in slice.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

impl<'a> Reader<'a> {
    /// An error at a node.
    pub(super) fn at(&self, node: &Node, code: &'static str, title: impl Into<String>) -> Diagnostic {
        let range = node.range();
        Diagnostic::error(code, self.place(range.start, range.end), title)
    }

    fn first_line(&self, statement: &Statement) -> Span {
        let line = self.slice(statement.head).lines().next().unwrap_or("").trim_end();
        self.place(statement.head.start, statement.head.start + line.len())
    }

    fn first_word_of(&self, statement: &Statement) -> Span {
        let text = self.slice(statement.head);
        let word = first_word(text).len();
        let end = if word > 0 { word } else { text.chars().next().map_or(0, char::len_utf8) };
        self.place(statement.head.start, statement.head.start + end)
    }

    pub(super) fn too_deep(&self, at: usize) -> Diagnostic {
        Diagnostic::error("too-deep", self.place(at, at + 1), format!("this expression is nested more than {MAX_DEPTH} deep"))
            .help("give parts of it a name with `let`, each on its own line")
    }

    pub(super) fn explain_slip(&self, slip: &Slip) -> Diagnostic {
        match slip {
            Slip::Unclosed { open, head, before } => {
                let head_line = self.slice(*head).lines().next().unwrap_or("").trim();
                let title = if head_line.is_empty() { "this `{` is never closed".to_owned() } else { format!("the `{{` of `{head_line}` is never closed") };
                let diagnostic = Diagnostic::error("unclosed", self.place(*open, open + 1), title);
                match before {
                    Some(line) => {
                        diagnostic.label("opened here").also(self.place(line.start, line.end), "a `}` is missing before this").help("add a line with `}`")
                    }
                    None => diagnostic.label("opened here").help("add a line with `}` at the end of the file"),
                }
            }
            Slip::Unopened(head) => {
                let line = self.slice(*head);
                let word = line.rfind(char::is_whitespace).map_or(0, |at| at + 1);
                let what = if first_word(line) == "each" { "each line" } else { first_word(line) };
                Diagnostic::error("unopened", self.place(head.start + word, head.end), format!("the `{{` of this `{what}` is missing"))
                    .label("expected `{` after this")
                    .help("add `{` at the end of the line")
            }
            Slip::Beheaded(line) => {
                let title = "the line that opens these braces is missing";
                Diagnostic::error("headless-block", self.place(line.start, line.end), title).label("this belongs into braces that nothing opens").help("write the head above it, such as `workflow NAME \"Title\" version 1 {`, `transition NAME: STATE -> STATE by ROLE {` or `scenario \"what it shows\" {`")
            }
            Slip::Surplus(at) => {
                Diagnostic::error("surplus-brace", self.place(*at, at + 1), "this `}` closes nothing").help("delete it, or add the `{` that it should close")
            }
            Slip::Headless(at) => Diagnostic::error("headless-brace", self.place(*at, at + 1), "this `{` belongs to nothing")
                .help("braces follow a head such as `each line` or `transition NAME: …`"),
            Slip::TooDeep(at) => Diagnostic::error("too-deep", self.place(*at, at + 1), "blocks are nested too deep; nothing is read from here on")
                .help("a block in a block in a block is as deep as it goes: workflow, transition, each line"),
        }
    }

    /// A line whose first word begins nothing here.
    pub(super) fn unknown_line(&self, context: Context, statement: &Statement) {
        let line = self.slice(statement.head);
        let word = first_word(line);
        let span = self.first_word_of(statement);
        if line.is_empty() {
            return self.mark_unread();
        }
        if super::joins(line) {
            let title = format!("`{word}` goes on with a clause, and there is none above it to go on with");
            return self.mistake(Diagnostic::error("nothing-to-join", span, title).help("put it behind the clause that it belongs to"));
        }
        if let Some(near) = openings(context).iter().find(|o| first_word(o.words) == word) {
            let title = format!("`{word}` alone does not begin a line {}", inside(context));
            return self.mistake(Diagnostic::error("unknown-word", span, title).help(format!("written as: {}", near.pattern)));
        }
        if let Some((elsewhere, place)) = belongs_elsewhere(context, line) {
            let title = format!("`{elsewhere}` does not belong {}", inside(context));
            return self.mistake(Diagnostic::error("misplaced", span, title).label("this word begins a line elsewhere").help(format!("move it {place}")));
        }
        let shown = if word.is_empty() { line.chars().take(1).collect() } else { word.to_owned() };
        let title = format!("`{shown}` does not begin a line {}", inside(context));
        let help = match suggest::nearest(&shown, Self::words_known(context)) {
            Some(near) => {
                let pattern = openings(context).iter().find(|o| o.words == near).map_or("", |o| o.pattern);
                format!("did you mean `{near}`? written as: {pattern}")
            }
            None => format!("a line begins with one of {}", suggest::list(Self::words_known(context))),
        };
        self.mistake(Diagnostic::error("unknown-word", span, title).help(help));
    }

    /// Something that has been reported already.
    fn mark_unread(&self) {
        self.unmended.set(true);
    }

    pub(super) fn not_a_field(&self, statement: &Statement) {
        let line = self.slice(statement.head);
        if opening_of(Context::Lines, line).is_none() && belongs_elsewhere(Context::Lines, line).is_some() {
            return self.unknown_line(Context::Lines, statement);
        }
        let word = first_word(line);
        let title = if word.is_empty() { "this is not a field".to_owned() } else { format!("`{word}` is not followed by its type") };
        self.mistake(
            Diagnostic::error("syntax", self.first_word_of(statement), title)
                .label("expected `:` and a type after the name")
                .help("written as: NAME : TYPE = VALUE \"Label\""),
        );
    }

    /// Braces after a line that takes none.
    pub(super) fn no_block(&self, statement: &Statement) {
        let Some(block) = statement.block.as_ref().filter(|b| b.close.is_some() && statement.head.end > statement.head.start) else { return };
        let word = first_word(self.slice(statement.head));
        let title = format!("`{word}` takes no braces");
        self.mistake(
            Diagnostic::error("needless-braces", self.place(block.open, block.open + 1), title)
                .help("write one clause a line, and braces only after `workflow`, `lines`, `transition`, `each line`, `migrate` and `scenario`"),
        );
    }

    pub(super) fn no_body(&self, statement: &Statement, what: &str) {
        let span = self.first_line(statement);
        let end = self.place(span.end.saturating_sub(1) as usize, span.end as usize);
        self.mistake(
            Diagnostic::error("no-body", end, format!("the braces of this `{what}` are missing"))
                .label("expected `{` after this")
                .help("write `{ … }`; `{}` where nothing is to be done"),
        );
    }

    pub(super) fn no_version(&self, statement: &Statement) {
        let title = "this workflow has no version";
        self.mistake(
            Diagnostic::error("no-version", self.first_line(statement), title)
                .help("add `version 1` after the title; whoever changes a workflow in use raises it"),
        );
    }

    pub(super) fn no_sentence(&self, node: &Node<'a>, pattern: &str) {
        let word = first_word(node.text());
        let title = format!("this `{word}` does not say what people read when it refuses");
        self.mistake(self.at(node, "no-sentence", title).help(format!("add `else \"…\"`; written as: {pattern}")));
    }

    /// Something that may stand once stands twice.
    pub(super) fn once(&self, node: &Node<'a>, already: bool, word: &str) {
        if already {
            self.mistake(self.at(node, "twice", format!("`{word}` stands here a second time")).help("delete one of the two"));
        }
    }

    pub(super) fn nested_each(&self, statement: &Statement) {
        let span = self.first_line(statement);
        self.mistake(
            Diagnostic::error("nested-each", span, "`each line` cannot stand inside `each line`")
                .help("the clauses inside already run once for every line; delete the inner `each line`"),
        );
    }

    pub(super) fn no_up_to(&self, node: &Node<'a>) {
        self.mistake(
            self.at(node, "syntax", "an obligation has an exact quantity: `up to` stands only in `move`")
                .help("use `min(a, b)` where the smaller of two is meant"),
        );
    }
}

/// Where a line that is misplaced would belong.
fn belongs_elsewhere(context: Context, line: &str) -> Option<(&'static str, &'static str)> {
    let places = [
        (Context::Body, "into the braces of a transition"),
        (Context::Workflow, "into the braces of a workflow"),
        (Context::File, "out of all braces"),
        (Context::Scenario, "into the braces of a scenario"),
    ];
    if declares_field(line) {
        return None;
    }
    places.into_iter().filter(|(c, _)| *c != context).find_map(|(c, place)| opening_of(c, line).map(|o| (o.words, place)))
}

fn inside(context: Context) -> &'static str {
    match context {
        Context::File => "outside of braces",
        Context::Workflow => "in a workflow",
        Context::Lines => "in `lines`",
        Context::Body | Context::EachLine => "in a transition",
        Context::Migrate => "in `migrate`",
        Context::Scenario => "in a scenario",
        Context::Record | Context::Unknown => "here",
    }
}
