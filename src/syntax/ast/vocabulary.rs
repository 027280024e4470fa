//! The vocabulary as written: conditions, owners, pools, bins, roles, calendars, rules, documents, events.

use super::{Ident, Text, TextTemplate};
use crate::base::Span;

/// A declared word with its label.
#[derive(Debug, Clone, PartialEq)]
pub struct Named {
    /// The word.
    pub name: Ident,
    /// What people read.
    pub label: Option<Text>,
    /// Doc comment lines.
    pub doc: Vec<String>,
    /// The whole declaration.
    pub span: Span,
}

/// One word of the vocabulary.
#[derive(Debug, Clone, PartialEq)]
pub enum VocabItem {
    /// `condition ok "Good"`
    Condition(Named),
    /// `owner oem "OEM"`
    Owner(Named),
    /// `pool amc "…"`
    Pool(Named),
    /// `obligation defective_return "…"`
    Obligation(Named),
    /// `party kind asp "…"`
    PartyKind(PartyKindDef),
    /// `bin available at warehouse, asp clearing "…"`
    Bin(BinDef),
    /// `role picker at warehouse "…"`
    Role(RoleDef),
    /// `calendar working monday to saturday 09:30 to 18:30`
    Calendar(CalendarDef),
    /// `document delivery_challan "…" number "…" reverse "…"`
    Document(DocumentDef),
    /// `rule msl(party: party) -> { maximum: quantity }`
    Rule(RuleDef),
    /// `event service_request { … }`
    Event(EventDef),
    /// `on hand counts available, reserved in ok, repaired`
    OnHand {
        /// The bins that count.
        bins: Vec<Ident>,
        /// The conditions that count.
        conditions: Vec<Ident>,
        /// The whole declaration.
        span: Span,
    },
    /// `shared part` / `shared party`
    Shared(Ident),
}

/// A kind of party.
pub type PartyKindDef = Named;

/// A bin.
#[derive(Debug, Clone, PartialEq)]
pub struct BinDef {
    /// Name, label, docs.
    pub named: Named,
    /// At which kinds of party; empty for `outside`.
    pub at: Vec<Ident>,
    /// Holds parts for one document.
    pub clearing: bool,
    /// The outside world.
    pub outside: bool,
}

/// A role.
#[derive(Debug, Clone, PartialEq)]
pub struct RoleDef {
    /// Name, label, docs.
    pub named: Named,
    /// Held at a party of this kind.
    pub at: Option<Ident>,
}

/// A calendar.
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarDef {
    /// Name, docs.
    pub named: Named,
    /// First and last working weekday as written; absent for `always`.
    pub weekdays: Option<(Ident, Ident)>,
    /// From and to, as written (`09:30`).
    pub hours: Option<(Ident, Ident)>,
    /// Holidays as written (`2026-08-15`).
    pub except: Vec<Ident>,
}

/// A kind of paper.
#[derive(Debug, Clone, PartialEq)]
pub struct DocumentDef {
    /// Name, label, docs.
    pub named: Named,
    /// Its number.
    pub number: TextTemplate,
    /// The number of its reverse paper, if it can have one.
    pub reverse: Option<TextTemplate>,
}

/// A name with its type.
#[derive(Debug, Clone, PartialEq)]
pub struct TypedName {
    /// The name.
    pub name: Ident,
    /// The type.
    pub ty: TypeExpr,
}

/// A parameter of a rule.
pub type RuleParam = TypedName;

/// A rule's signature.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleDef {
    /// Name, docs.
    pub named: Named,
    /// What it is given.
    pub params: Vec<RuleParam>,
    /// What it answers.
    pub answer: TypeExpr,
}

/// An integration event.
#[derive(Debug, Clone, PartialEq)]
pub struct EventDef {
    /// Name, docs.
    pub named: Named,
    /// Its fields.
    pub fields: Vec<TypedName>,
}

/// A type as written.
#[derive(Debug, Clone, PartialEq)]
pub struct TypeExpr {
    /// What.
    pub kind: TypeKind,
    /// `?`: may be absent.
    pub optional: bool,
    /// Where.
    pub span: Span,
}

/// The shapes of a type.
#[derive(Debug, Clone, PartialEq)]
pub enum TypeKind {
    /// A word: `quantity`, `part`, a party kind, a rule's name … (`yes or no` is [`TypeKind::YesNo`])
    Name(Ident),
    /// `yes or no`
    YesNo,
    /// `a or b or c`
    Choice(Vec<Ident>),
    /// `list of T`, where T may be `number or date` only inside ranks
    List(Box<TypeExpr>),
    /// `{ a: T, b: U }`
    Record(Vec<TypedName>),
    /// Could not be read.
    Broken,
}
