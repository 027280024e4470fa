//! Workflows as written.

use super::{Clause, DurationLit, Expr, Ident, PlaceRef, Text, TextTemplate, TypeExpr};
use crate::base::Span;

/// A workflow.
#[derive(Debug, Clone, PartialEq)]
pub struct Workflow {
    /// Its name.
    pub name: Ident,
    /// What people read.
    pub title: Option<Text>,
    /// The authored version; its absence has been reported.
    pub version: Option<u32>,
    /// The number of its documents.
    pub number: Option<TextTemplate>,
    /// Parties, in order.
    pub parties: Vec<PartyDef>,
    /// Fields, in order.
    pub fields: Vec<FieldDef>,
    /// The lines block.
    pub lines: Option<LinesDef>,
    /// States, in order.
    pub states: Vec<StateDef>,
    /// Transitions, in order.
    pub transitions: Vec<Transition>,
    /// `migrate from …`
    pub migrations: Vec<Migration>,
    /// Doc comment lines.
    pub doc: Vec<String>,
    /// The whole workflow.
    pub span: Span,
    /// True when a part of it could not be read: then nothing is reported as missing.
    pub broken: bool,
}

/// `party asp : asp`, `party store : warehouse or asp`
#[derive(Debug, Clone, PartialEq)]
pub struct PartyDef {
    /// The field.
    pub name: Ident,
    /// The kinds of party that may stand here, at least one; `any` is not a kind.
    pub kinds: Vec<Ident>,
    /// May be absent.
    pub optional: bool,
    /// What people read.
    pub label: Option<Text>,
    /// Doc comment lines.
    pub doc: Vec<String>,
}

/// `field sodo : sodo? "SAP SODO"` and the fields of lines
#[derive(Debug, Clone, PartialEq)]
pub struct FieldDef {
    /// The field.
    pub name: Ident,
    /// Its type.
    pub ty: TypeExpr,
    /// `= 0`
    pub default: Option<Expr>,
    /// What people read.
    pub label: Option<Text>,
    /// Doc comment lines.
    pub doc: Vec<String>,
    /// The whole declaration.
    pub span: Span,
}

/// `lines { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct LinesDef {
    /// The fields of a line.
    pub fields: Vec<FieldDef>,
    /// `inbound to asp is …`
    pub inbound: Option<InboundDef>,
    /// The whole block.
    pub span: Span,
}

/// `inbound to asp is approved - received`
#[derive(Debug, Clone, PartialEq)]
pub struct InboundDef {
    /// The party field.
    pub party: Ident,
    /// What is still promised.
    pub quantity: Expr,
    /// Where.
    pub span: Span,
}

/// `within 1 working day else notify service_ops`
#[derive(Debug, Clone, PartialEq)]
pub struct Deadline {
    /// How long; absent where it is computed.
    pub within: Option<DurationLit>,
    /// How long, where it is computed: a number of days (`within sla(document).days days`) or a duration.
    pub within_days: Option<HowLong>,
    /// The whole deadline.
    pub span: Span,
    /// Whom to tell when it passes.
    pub notify: Option<Ident>,
}

/// `state draft "Being drafted" initial`
#[derive(Debug, Clone, PartialEq)]
pub struct StateDef {
    /// The state.
    pub name: Ident,
    /// What people read.
    pub label: Option<Text>,
    /// Documents begin here.
    pub initial: bool,
    /// Documents end here.
    pub is_final: bool,
    /// By when it should be left.
    pub deadline: Option<Deadline>,
    /// Doc comment lines.
    pub doc: Vec<String>,
    /// The whole declaration.
    pub span: Span,
}

/// `after due`, `at due - 2 days`, `after terms(document).hours * 1 hour in reserved`
#[derive(Debug, Clone, PartialEq)]
pub struct Moment {
    /// A date, a point in time, or how long.
    pub when: HowLong,
    /// `after`: a day must be over. Otherwise `at`: as it begins.
    pub over: bool,
    /// In which state, where only one of those before the arrow is meant.
    pub state: Option<Ident>,
    /// All of it.
    pub span: Span,
}

/// A time that is computed.
#[derive(Debug, Clone, PartialEq)]
pub struct HowLong {
    /// A number of days, a duration or a moment.
    pub value: Expr,
    /// `days` stands behind it.
    pub in_days: bool,
}

/// What else than a person fires a transition.
#[derive(Debug, Clone, PartialEq)]
pub enum TransitionTrigger {
    /// `after 48 hours in reserved`
    After(DurationLit, Ident),
    /// `after due`, `at due - 2 days`
    Moment(Moment),
    /// `at once`
    AtOnce(Span),
    /// `on event service_request`
    OnEvent(Ident),
    /// `on arrival in asp.available first by priority`
    OnArrival {
        /// Where parts come free.
        place: PlaceRef,
        /// The choice by which those who wait are served.
        first_by: Option<Ident>,
    },
}

/// Where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// To the states that it names.
    States,
    /// `-> same`: it stays where it is.
    Same(Span),
    /// `-> back`: to the state that it came from.
    Back(Span),
}

/// `transition approve: submitted -> approved by service_ops, not by whoever did submit { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct Transition {
    /// Its name.
    pub name: Ident,
    /// From which states; empty for an opening, and for `any` until the checker knows the states.
    pub from: Vec<Ident>,
    /// `any ->`: from every state that does not end.
    pub any: Option<Span>,
    /// To which states; the first is the default. Empty where the goal names none, until the checker knows the states.
    pub to: Vec<Ident>,
    /// Where it leads.
    pub goal: Goal,
    /// Who may.
    pub by: Vec<Ident>,
    /// Who may not: whoever did these.
    pub not_by: Vec<Ident>,
    /// Who must have approved it before.
    pub approval: Option<Ident>,
    /// Who may not approve it: whoever did these.
    pub approval_not_by: Vec<Ident>,
    /// What else fires it.
    pub triggers: Vec<TransitionTrigger>,
    /// What it does.
    pub body: Vec<Clause>,
    /// Doc comment lines.
    pub doc: Vec<String>,
    /// The head, without the body.
    pub head: Span,
    /// The whole transition.
    pub span: Span,
    /// True when a part of it could not be read.
    pub broken: bool,
}

/// `migrate from 3 { state waiting -> requested keep deadlines }`
#[derive(Debug, Clone, PartialEq)]
pub struct Migration {
    /// The old version.
    pub from: u32,
    /// Old state, new state, and whether deadlines are kept.
    pub states: Vec<(Ident, Ident, bool)>,
    /// Where.
    pub span: Span,
}
