//! Workflows, resolved: fields, states, transitions.

use crate::base::{Duration, Name, Span};
use crate::domain::{Needs, Value};

use super::{Clause, ClauseKind, Expr, Template, Type, Within};

/// A workflow.
#[derive(Debug, Clone)]
pub struct Workflow {
    /// Its name.
    pub name: Name,
    /// What people read.
    pub title: String,
    /// Doc comment.
    pub doc: String,
    /// The authored version.
    pub version: u32,
    /// The number of its documents.
    pub number: Template,
    /// Parties and fields, in order of declaration: parties first.
    pub fields: Vec<Field>,
    /// Fields of lines; empty where the workflow has none.
    pub line_fields: Vec<Field>,
    /// What a line still promises.
    pub inbound: Option<InboundSpec>,
    /// States, in order.
    pub states: Vec<State>,
    /// Transitions, in order. An opening that nobody declared is here too.
    pub transitions: Vec<Transition>,
    /// How documents of older versions move over.
    pub migrations: Vec<Migration>,
    /// Where it is declared.
    pub span: Span,
}

impl Workflow {
    /// A state by name.
    #[must_use]
    pub fn state(&self, name: &str) -> Option<&State> {
        self.states.iter().find(|s| s.name == *name)
    }

    /// A transition by name.
    #[must_use]
    pub fn transition(&self, name: &str) -> Option<&Transition> {
        self.transitions.iter().find(|t| t.name == *name)
    }

    /// A document field by name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|f| f.name == *name)
    }

    /// A line field by name.
    #[must_use]
    pub fn line_field(&self, name: &str) -> Option<&Field> {
        self.line_fields.iter().find(|f| f.name == *name)
    }

    /// Whether the workflow keeps a field by itself: it need not be given, transitions set it, and none asks for it.
    #[must_use]
    pub fn keeps(&self, field: &Field) -> bool {
        let (set, asked) = self.filled(field);
        (field.default.is_some() || field.ty.is_optional()) && set && !asked
    }

    /// Whether a field is as the document was opened for ever: no transition sets it or asks for it.
    #[must_use]
    pub fn leaves_alone(&self, field: &Field) -> bool {
        self.filled(field) == (false, false)
    }

    /// Whether any transition sets a field, and whether any asks for it.
    fn filled(&self, field: &Field) -> (bool, bool) {
        let in_lines = self.line_fields.iter().any(|f| std::ptr::eq(f, field));
        let (mut set, mut asked) = (false, false);
        for clause in self.transitions.iter().flat_map(|t| &t.body) {
            match &clause.kind {
                ClauseKind::EachLine(each) => each.body.iter().for_each(|c| touches(c, &field.name, (&mut set, &mut asked), in_lines)),
                _ => touches(clause, &field.name, (&mut set, &mut asked), !in_lines),
            }
        }
        (set, asked)
    }

    /// The first party field: the document belongs to that party's business unit and calendar.
    #[must_use]
    pub fn first_party(&self) -> Option<&Field> {
        self.fields.iter().find(|f| f.kind == FieldKind::Party)
    }
}

/// Notes whether a clause sets a field, or asks for it, where the clause speaks of such fields at all.
fn touches(clause: &Clause, field: &Name, (set, asked): (&mut bool, &mut bool), speaks: bool) {
    match &clause.kind {
        ClauseKind::Set(name, _) if speaks => *set |= name == field,
        ClauseKind::Move(spec) if speaks => *set |= spec.counting.as_ref() == Some(field),
        ClauseKind::Ask(asks) if speaks => *asked |= asks.iter().any(|ask| ask.field == *field),
        _ => {}
    }
}

/// Party or plain field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `party asp : asp`
    Party,
    /// `field …`, or a field of a line.
    Plain,
}

/// A field of a document or of a line.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Party or plain.
    pub kind: FieldKind,
    /// Its type; optional fields are [`Type::Optional`].
    pub ty: Type,
    /// Of a party field: the kinds of party that may stand in it.
    pub kinds: Vec<Name>,
    /// The value of a document that gives none.
    pub default: Option<Value>,
    /// What people read.
    pub label: String,
    /// Where it is declared.
    pub span: Span,
}

/// `inbound to asp is approved - received`
#[derive(Debug, Clone)]
pub struct InboundSpec {
    /// The party field.
    pub party: Name,
    /// What is still promised; below zero counts as nothing.
    pub quantity: Expr,
}

/// By when a state should be left.
#[derive(Debug, Clone)]
pub struct Deadline {
    /// How long.
    pub within: Within,
    /// Whom to tell when it passes: a role or a party field.
    pub notify: Option<Name>,
}

/// A state.
#[derive(Debug, Clone)]
pub struct State {
    /// Its name.
    pub name: Name,
    /// What people read.
    pub label: String,
    /// Doc comment.
    pub doc: String,
    /// Documents begin here.
    pub initial: bool,
    /// Documents end here.
    pub is_final: bool,
    /// By when it should be left.
    pub deadline: Option<Deadline>,
    /// Where it is declared.
    pub span: Span,
}

/// `after due`, `at due - 2 days in lent`
#[derive(Debug, Clone)]
pub struct Moment {
    /// A date, a point in time, or how long after a state was entered.
    pub when: Expr,
    /// `after`: a day must be over. Otherwise `at`: as it begins.
    pub over: bool,
    /// In which states.
    pub states: Vec<Name>,
    /// Fields that may be absent: without one of them there is nothing to wait for.
    pub needs: Vec<Name>,
}

impl Moment {
    /// True where it counts from when the state was entered.
    #[must_use]
    pub fn from_entry(&self) -> bool {
        matches!(self.when.ty, Type::Duration | Type::Number)
    }
}

/// What else than a person fires a transition.
#[derive(Debug, Clone)]
pub enum Trigger {
    /// So long after a state was entered.
    After(Duration, Name),
    /// At a moment that is computed.
    Moment(Box<Moment>),
    /// As soon as a state is entered.
    AtOnce,
    /// An integration event opens the document.
    OnEvent(Name),
    /// Parts of one of its lines have come into a bin where anybody may take them.
    OnArrival(Arrival),
}

/// Where documents wait for parts, and in which order they are served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The party field.
    pub party: Name,
    /// The bin.
    pub bin: Name,
    /// The choice of the document that goes before its age: the first choice first.
    pub first_by: Option<Name>,
}

impl Trigger {
    /// True where the clock fires it.
    #[must_use]
    pub const fn by_clock(&self) -> bool {
        matches!(self, Self::After(..) | Self::Moment(_))
    }

    /// True where it waits for its time in a state.
    #[must_use]
    pub fn waits_in(&self, state: &Name) -> bool {
        match self {
            Self::After(_, waits_in) => waits_in == state,
            Self::Moment(moment) => moment.states.contains(state),
            Self::AtOnce | Self::OnEvent(_) | Self::OnArrival(_) => false,
        }
    }
}

/// Where a transition leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// To one of the states that it names.
    States,
    /// To no other: the document stays in its state.
    Same,
    /// To the state that the document came from.
    Back,
}

/// A transition.
#[derive(Debug, Clone)]
pub struct Transition {
    /// Its name.
    pub name: Name,
    /// Doc comment.
    pub doc: String,
    /// From which states; empty for an opening.
    pub from: Vec<Name>,
    /// From every state that does not end: it is always possible, so nothing waits for it.
    pub anywhere: bool,
    /// To which states; of those that are named, the first is the default.
    pub to: Vec<Name>,
    /// Which of them.
    pub goal: Goal,
    /// Roles that may; `system` where only the engine fires it.
    pub by: Vec<Name>,
    /// Whoever did these may not.
    pub not_by: Vec<Name>,
    /// The role that must have fired `approve_<name>` in this visit of the state.
    pub approval: Option<Name>,
    /// For the implicit `approve_<name>`: the transition it approves.
    pub approves: Option<Name>,
    /// What else fires it.
    pub triggers: Vec<Trigger>,
    /// What it does.
    pub body: Vec<Clause>,
    /// What it may read.
    pub needs: Needs,
    /// The head, without the body.
    pub head: Span,
    /// The whole transition.
    pub span: Span,
}

impl Transition {
    /// True for a transition that opens documents.
    #[must_use]
    pub fn opens(&self) -> bool {
        self.from.is_empty()
    }

    /// Where its documents wait for parts, if that fires it.
    #[must_use]
    pub fn arrival(&self) -> Option<&Arrival> {
        self.triggers.iter().find_map(|t| if let Trigger::OnArrival(arrival) = t { Some(arrival) } else { None })
    }

    /// Moments that are computed, at which the clock fires it.
    pub fn moments(&self) -> impl Iterator<Item = &Moment> {
        self.triggers.iter().filter_map(|t| if let Trigger::Moment(moment) = t { Some(&**moment) } else { None })
    }

    /// True for a note and for an approval: it stays, and asks for nothing but texts for people to read.
    #[must_use]
    pub fn changes_nothing(&self) -> bool {
        let of_texts = |kind: &ClauseKind| match kind {
            ClauseKind::Ask(asks) => asks.iter().all(|ask| *ask.ty.required() == Type::Text),
            ClauseKind::Require(_) | ClauseKind::Notify { .. } => true,
            _ => false,
        };
        self.goal == Goal::Same && self.body.iter().all(|clause| of_texts(&clause.kind))
    }
}

/// How documents of an older version move over.
#[derive(Debug, Clone)]
pub struct Migration {
    /// The old version.
    pub from: u32,
    /// Old state, new state, whether deadlines are kept.
    pub states: Vec<(Name, Name, bool)>,
}
