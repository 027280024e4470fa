//! Which name stands where: every place in a book's files that declares, writes or uses something with a name.
//!
//! Made from trees, so that it also knows the readable parts of a book with mistakes. Must not know the protocol.
//! Tests: `tests/it/editor_names.rs`.

mod clauses;
mod exprs;
mod flow;
mod scenarios;
mod scripts;
mod types;

use std::collections::BTreeMap;

use crate::base::{FileId, Span};
use crate::check::Checked;
use crate::model::Type;

pub use scripts::SCRIPT_WORDS;
pub use types::Types;

/// The lists of declared words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WordKind {
    /// `condition`
    Condition,
    /// `owner`
    Owner,
    /// `pool`
    Pool,
    /// `obligation`
    Obligation,
    /// `party kind`
    PartyKind,
    /// `bin`
    Bin,
    /// `role`
    Role,
    /// `calendar`
    Calendar,
    /// `document`
    Paper,
    /// `event`
    Event,
    /// `workflow`
    Workflow,
    /// `rule`
    Rule,
}

impl WordKind {
    /// What it is called.
    #[must_use]
    pub const fn aloud(self) -> &'static str {
        match self {
            Self::Condition => "condition",
            Self::Owner => "owner",
            Self::Pool => "pool",
            Self::Obligation => "obligation",
            Self::PartyKind => "party kind",
            Self::Bin => "bin",
            Self::Role => "role",
            Self::Calendar => "calendar",
            Self::Paper => "document",
            Self::Event => "event",
            Self::Workflow => "workflow",
            Self::Rule => "rule",
        }
    }
}

/// Something with a name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    /// A declared word of the book.
    Word(WordKind, String),
    /// Something that belongs to a workflow.
    Of(Part, String, String),
    /// A property of a rule's answer, or a parameter of a rule, or a field of an event: owner and name.
    Inner(Inner, String, String),
    /// A name that is known only in one place of one file: file, start of that place, name.
    Local(Local, FileId, u32, String),
    /// A property that the language itself has: of what, and its name.
    Property(String, String),
}

/// What belongs to a workflow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// A party or field.
    Field,
    /// A field of lines.
    LineField,
    /// A state.
    State,
    /// A transition.
    Transition,
}

/// What belongs to a rule or event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Inner {
    /// A property of a rule's answer.
    Answer,
    /// A parameter in a rule's declaration.
    Parameter,
    /// A field of an event.
    EventField,
}

/// What is known in one place only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Local {
    /// `let` of a transition.
    Let,
    /// A document of a scenario.
    Document,
    /// A function of a script that is no rule.
    Function,
    /// A parameter or variable of a function.
    Variable,
}

impl Symbol {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Word(_, name) | Self::Of(_, _, name) | Self::Inner(_, _, name) | Self::Local(_, _, _, name) | Self::Property(_, name) => name,
        }
    }
}

/// What a place does with a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Declares it.
    Declares,
    /// A layer's script of a rule.
    Writes,
    /// Uses it.
    Uses,
    /// Uses it and gives its name to something else of the same name: `start w with asp`, short for `asp = asp`.
    Lends,
}

/// A place where a name stands.
#[derive(Debug, Clone)]
pub struct Occurrence {
    /// The name alone.
    pub span: Span,
    /// What it names.
    pub symbol: Symbol,
    /// What it does there.
    pub role: Role,
}

/// What is known of a declared name besides its place.
#[derive(Debug, Clone, Default)]
pub struct Fact {
    /// The declaration.
    pub whole: Span,
    /// What people read.
    pub label: String,
    /// The doc comment.
    pub doc: String,
}

/// All names of a book.
#[derive(Debug, Default)]
pub struct Index {
    /// Every place, in order.
    pub places: Vec<Occurrence>,
    /// What is known of declared names.
    pub facts: BTreeMap<Symbol, Fact>,
    /// Types of names given by `let`.
    pub lets: BTreeMap<Symbol, Type>,
    /// In scripts: kinds of variables and properties in words, by place.
    pub kinds: Vec<(Span, String)>,
}

impl Index {
    /// Looks through a whole book.
    #[must_use]
    pub fn of(checked: &Checked) -> Self {
        let types = Types::of(&checked.draft);
        let mut index = Self::default();
        let mut walk = flow::Walk { checked, types: &types, index: &mut index };
        for (_, parsed) in &checked.flows {
            walk.file(&parsed.file);
        }
        scripts::scripts(checked, &mut index);
        index.places.retain(|place| place.span.start < place.span.end);
        index.places.sort_by_key(|o| (o.span.file, o.span.start, o.span.end));
        index.places.dedup_by(|a, b| a.span == b.span && a.symbol == b.symbol);
        index
    }

    /// The name at a byte of a file; also right behind its last letter.
    #[must_use]
    pub fn at(&self, file: FileId, byte: usize) -> Option<&Occurrence> {
        let holds = |o: &&Occurrence| o.span.file == file && o.span.range().start <= byte && byte <= o.span.range().end;
        self.in_file(file).filter(holds).min_by_key(|o| (o.span.range().end == byte, o.span.range().len()))
    }

    /// All names of a file, in order.
    pub fn in_file(&self, file: FileId) -> impl Iterator<Item = &Occurrence> {
        let from = self.places.partition_point(|o| o.span.file < file);
        self.places.get(from..).unwrap_or_default().iter().take_while(move |o| o.span.file == file)
    }

    /// All places of a name.
    pub fn of_symbol<'a>(&'a self, symbol: &'a Symbol) -> impl Iterator<Item = &'a Occurrence> {
        self.places.iter().filter(move |o| o.symbol == *symbol)
    }

    /// Where a name is declared.
    #[must_use]
    pub fn declaration(&self, symbol: &Symbol) -> Option<&Occurrence> {
        self.places.iter().find(|o| o.role == Role::Declares && o.symbol == *symbol)
    }
}
