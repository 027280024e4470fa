//! All that a book declares, gathered before any expression is read: words, and the outlines of all workflows.
//!
//! Must not know clauses. Tests: `check::tests`.

use std::collections::BTreeMap;

use crate::base::{Name, SourceMap, Span};
use crate::model::{Field, Named, Type, Vocabulary, Workflow};
use crate::syntax::ast::{self, Ident};

/// A workflow whose fields and states are known, and whose transitions are still to be read.
#[derive(Debug)]
pub(super) struct Outline<'a> {
    /// Fields and states; transitions are added later.
    pub(super) model: Workflow,
    /// As written.
    pub(super) written: &'a ast::Workflow,
}

impl Outline<'_> {
    /// Names of all transitions, the implied ones too.
    pub(super) fn transitions(&self) -> Vec<String> {
        let written = self.written.transitions.iter();
        let approvals = written.clone().filter(|t| t.approval.is_some()).map(|t| format!("approve_{}", t.name.text));
        let opening = (!self.has_opening()).then(|| "open".to_owned());
        written.clone().map(|t| t.name.text.clone()).chain(approvals).chain(opening).collect()
    }

    /// Whether a transition opens documents.
    pub(super) fn has_opening(&self) -> bool {
        self.written.transitions.iter().any(|t| t.from.is_empty())
    }

    /// Names of the states.
    pub(super) fn states(&self) -> impl Iterator<Item = &str> {
        self.model.states.iter().map(|s| s.name.as_str())
    }

    /// Fields of a level.
    pub(super) fn fields(&self, of_line: bool) -> &[Field] {
        if of_line { &self.model.line_fields } else { &self.model.fields }
    }

    /// A field of a level.
    pub(super) fn find(&self, name: &str, of_line: bool) -> Option<&Field> {
        self.fields(of_line).iter().find(|f| f.name == *name)
    }
}

/// Everything declared in a book.
#[derive(Debug)]
pub(super) struct Declared<'a> {
    /// Words.
    pub(super) vocabulary: Vocabulary,
    /// Workflows by name.
    pub(super) outlines: BTreeMap<Name, Outline<'a>>,
    /// Texts.
    pub(super) sources: &'a SourceMap,
    /// Something could not be read: a name that nothing declares may stand there.
    pub(super) incomplete: bool,
}

impl Declared<'_> {
    /// A clause of some workflow could not be read: what it would have said is not known.
    pub(super) fn has_broken_clauses(&self) -> bool {
        self.outlines.values().any(|o| o.written.broken || o.written.transitions.iter().any(|t| t.broken))
    }
}

/// The lists of declared words that expressions can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Space {
    Condition,
    Owner,
    Pool,
    Role,
}

impl Space {
    pub(super) const ALL: [Self; 4] = [Self::Condition, Self::Owner, Self::Pool, Self::Role];

    /// The space that a type names.
    pub(super) fn of(ty: &Type) -> Option<Self> {
        match ty {
            Type::Condition => Some(Self::Condition),
            Type::Owner => Some(Self::Owner),
            Type::Pool => Some(Self::Pool),
            Type::Role => Some(Self::Role),
            _ => None,
        }
    }

    pub(super) const fn ty(self) -> Type {
        match self {
            Self::Condition => Type::Condition,
            Self::Owner => Type::Owner,
            Self::Pool => Type::Pool,
            Self::Role => Type::Role,
        }
    }

    /// With its article.
    pub(super) const fn aloud(self) -> &'static str {
        match self {
            Self::Condition => "a condition",
            Self::Owner => "an owner",
            Self::Pool => "a pool",
            Self::Role => "a role",
        }
    }
}

impl Declared<'_> {
    /// The words of a space.
    pub(super) fn words(&self, space: Space) -> Vec<&str> {
        let list: &[Named] = match space {
            Space::Condition => &self.vocabulary.conditions,
            Space::Owner => &self.vocabulary.owners,
            Space::Pool => &self.vocabulary.pools,
            Space::Role => return self.vocabulary.roles.keys().map(Name::as_str).chain(["system"]).collect(),
        };
        list.iter().map(|n| n.name.as_str()).collect()
    }

    /// Whether a word stands in a space.
    pub(super) fn has_word(&self, space: Space, word: &str) -> bool {
        self.words(space).contains(&word)
    }

    /// A text as written, in one line.
    pub(super) fn written(&self, span: Span) -> String {
        self.sources.text(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The name of a written word.
pub(super) fn name(id: &Ident) -> Name {
    Name::from(id.text.as_str())
}
