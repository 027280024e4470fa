//! What the walk over a script learns of its names and texts: for an editor, which asks what stands where.
//!
//! Must not know what is done with it. Tests: `tests/survey.rs`.

use rhai::Position;

use super::body::Body;
use super::kind::Kind;
use crate::base::{Name, Span};
use crate::model::Type;

/// A name or text with what it turned out to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Its place; of a text, without its quotes.
    pub span: Span,
    /// What it is.
    pub kind: SeenKind,
}

/// What a name or text is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeenKind {
    /// A variable or parameter.
    Variable {
        /// Its kind in words.
        is: String,
        /// Its properties, each with its kind in words.
        has: Vec<(String, String)>,
    },
    /// A property that is asked or given.
    Property {
        /// Of what: `a lot`, ``the answer of `msl` ``.
        of: String,
        /// The rule, where it is a property of a rule's answer.
        rule: Option<Name>,
        /// Its kind in words, where it is known.
        is: Option<String>,
        /// What else could be asked there, each with its kind in words.
        beside: Vec<(String, String)>,
    },
    /// A text that must be a declared word: `condition`, `owner`, `pool`, `role` or `choice`.
    Word(&'static str),
}

impl Body<'_> {
    fn saw(&mut self, span: Span, kind: SeenKind) {
        self.seen.push(Seen { span, kind });
    }

    /// A variable stands here.
    pub(super) fn saw_variable(&mut self, name: &str, kind: &Kind, at: Position) {
        let span = self.span(at);
        if span.range().len() == name.len() {
            self.saw(span, SeenKind::Variable { is: kind.in_words(), has: properties(kind) });
        }
    }

    /// A property is asked of something.
    pub(super) fn saw_property(&mut self, name: &str, base: &Kind, at: Position) {
        let Kind::Record(known) = base else { return };
        let is = known.fields.iter().find(|(field, _)| field == name).map(|(_, kind)| kind.in_words());
        let rule = known.called.strip_prefix("the answer of `").and_then(|rest| rest.strip_suffix('`')).map(Name::from);
        let span = self.span(at);
        self.saw(span, SeenKind::Property { of: known.called.clone(), rule, is, beside: properties(base) });
    }

    /// A property of the rule's own answer is given.
    pub(super) fn saw_answer(&mut self, name: &str, expected: &[(Name, Type)], at: Position) {
        let Some(sig) = self.sig else { return };
        let vocabulary = self.context.vocabulary;
        let kind = |ty: &Type| Kind::of(ty, vocabulary).in_words();
        let beside: Vec<(String, String)> = expected.iter().map(|(n, ty)| (n.to_string(), kind(ty))).collect();
        let is = expected.iter().find(|(n, _)| *n == *name).map(|(_, ty)| kind(ty));
        let rule = sig.named.name.clone();
        let span = self.span(at);
        self.saw(span, SeenKind::Property { of: format!("the answer of `{rule}`"), rule: Some(rule), is, beside });
    }

    /// A text that must be a declared word.
    pub(super) fn saw_word(&mut self, what: &'static str, text: &str, at: Position) {
        let quoted = self.span(at);
        let inner = Span { start: quoted.start + 1, end: quoted.end.saturating_sub(1), ..quoted };
        if inner.start < inner.end && inner.range().len() == text.len() {
            self.saw(inner, SeenKind::Word(what));
        }
    }
}

fn properties(kind: &Kind) -> Vec<(String, String)> {
    match kind {
        Kind::Record(known) => known.fields.iter().map(|(name, kind)| (name.clone(), kind.in_words())).collect(),
        Kind::Maybe(inner) => properties(inner),
        _ => Vec::new(),
    }
}
