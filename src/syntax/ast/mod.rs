//! The tree of a flow file: what was written, with spans, before it means anything.
//!
//! A part of the text that could not be read stands as a hole (`broken`), so that one mistake does not hide the next.
//! Must not know the vocabulary. Tests: `syntax::parser`.

mod clause;
mod expr;
mod scenario;
mod vocabulary;
mod workflow;

pub use clause::{
    AsClause, Choosing, Clause, ClauseKind, EachLine, MoveClause, MoveQuantity, ObligationClause, ObligationVerb, PlaceRef, StartClause, WithField,
};
pub use expr::{BinaryOp, DurationLit, Expr, ExprKind, LineTest, Query, TextPart, TextTemplate, UnaryOp};
pub use scenario::{Given, GivenStock, Row, RowWord, Scenario, Step, StepKind, Then, ThenKind, When, WhenAction};
pub use vocabulary::{BinDef, CalendarDef, DocumentDef, EventDef, Named, PartyKindDef, RoleDef, RuleDef, RuleParam, TypeExpr, TypeKind, TypedName, VocabItem};
pub use workflow::{Deadline, FieldDef, Goal, HowLong, InboundDef, LinesDef, Migration, Moment, PartyDef, StateDef, Transition, TransitionTrigger, Workflow};

use crate::base::Span;

/// A word as written, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ident {
    /// The word.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A quoted text without holes, with its place (quotes included).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Between the quotes.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// One flow file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct File {
    /// What stands in it, in order.
    pub items: Vec<Item>,
}

/// One thing that stands in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A word of the vocabulary.
    Vocab(VocabItem),
    /// A workflow.
    Workflow(Box<Workflow>),
    /// A scenario.
    Scenario(Box<Scenario>),
    /// Something that could not be read; its mistake has been reported.
    Broken(Span),
}
