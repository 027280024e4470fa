//! The clauses of a transition, resolved.

use crate::base::{Duration, Name, Span};

use super::{Expr, Template, Type};

/// One clause.
#[derive(Debug, Clone)]
pub struct Clause {
    /// What.
    pub kind: ClauseKind,
    /// Only when this holds.
    pub when: Option<Expr>,
    /// Where it is written.
    pub span: Span,
}

/// A field that the actor gives.
#[derive(Debug, Clone)]
pub struct Ask {
    /// The field.
    pub field: Name,
    /// Its type without `?`.
    pub ty: Type,
    /// May be left out.
    pub optional: bool,
}

/// A guard.
#[derive(Debug, Clone)]
pub struct Guard {
    /// What must hold.
    pub test: Expr,
    /// The guard as written, for explanations.
    pub written: String,
    /// What to say where it does not.
    pub otherwise: Template,
    /// Its own code.
    pub code: Option<Name>,
}

/// The kinds of clauses.
#[derive(Debug, Clone)]
pub enum ClauseKind {
    /// Ask the actor: document fields outside `each line`, line fields within.
    Ask(Vec<Ask>),
    /// Ask for all lines anew.
    AskLines,
    /// Compute once.
    Let(Name, Expr),
    /// Set a field: of the document outside `each line`, of the line within.
    Set(Name, Expr),
    /// A guard.
    Require(Guard),
    /// For each line.
    EachLine(EachLine),
    /// Move parts.
    Move(Box<MoveSpec>),
    /// The second book.
    Obligation(Box<ObligationSpec>),
    /// Issue a paper.
    Issue {
        /// The kind of paper.
        document: Name,
        /// Consigner, a party field; the issuer.
        from: Name,
        /// Consignee, a party field; absent for papers issued at one party.
        to: Option<Name>,
        /// With its reverse paper.
        with_reverse: bool,
    },
    /// Close the open reverse papers of this kind.
    CloseReverse(Name),
    /// Close the books of the business unit through this day.
    CloseBooks(Expr),
    /// Start another document.
    Start(Box<StartSpec>),
    /// Tell people.
    Notify {
        /// A role or a party field.
        whom: Name,
        /// The message.
        text: Template,
    },
    /// Tell other systems.
    Emit {
        /// The event.
        event: Name,
        /// Its fields.
        with: Vec<(Name, Expr)>,
    },
    /// Claim a key.
    Claim {
        /// The key.
        key: Template,
        /// The states that give it up.
        released: Vec<Name>,
        /// What to say where another document holds it.
        otherwise: Template,
        /// Its own code.
        code: Option<Name>,
    },
    /// Choose the target state.
    Become(Name),
}

/// For each line.
#[derive(Debug, Clone)]
pub struct EachLine {
    /// Which lines.
    pub filter: Option<Expr>,
    /// What happens to each.
    pub body: Vec<Clause>,
}

/// A place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlaceSpec {
    /// The party field; absent outside.
    pub party: Option<Name>,
    /// The bin.
    pub bin: Name,
    /// The bin holds for one document.
    pub clearing: bool,
    /// The bin is in the outside world.
    pub outside: bool,
    /// Where it is written.
    pub span: Span,
}

/// How much a move moves.
#[derive(Debug, Clone)]
pub enum MoveQuantity {
    /// Exactly so much.
    Exactly(Expr),
    /// At most so much.
    UpTo(Expr),
    /// All that the document holds there.
    All,
}

/// How units are chosen.
#[derive(Debug, Clone)]
pub enum Choosing {
    /// First in, first out.
    Oldest,
    /// By a rule; one entry a parameter, `None` for the one that is the lot.
    Rule(Name, Vec<Option<Expr>>),
    /// The serial numbers in a field (`list of serial`).
    Serials(Expr),
    /// The lots in a field (`list of lot`).
    Lots(Expr),
}

/// What changes on the way.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// The condition.
    pub condition: Option<Expr>,
    /// The owner.
    pub owner: Option<Expr>,
    /// The pool.
    pub pool: Option<Expr>,
}

/// What a new lot knows.
#[derive(Debug, Clone, Default)]
pub struct NewLot {
    /// SAP reference.
    pub sodo: Option<Expr>,
    /// Rate.
    pub rate: Option<Expr>,
    /// Expiry.
    pub expires: Option<Expr>,
    /// The supplier's lot number.
    pub label: Option<Expr>,
    /// When it came, if not now.
    pub received: Option<Expr>,
}

/// A move.
#[derive(Debug, Clone)]
pub struct MoveSpec {
    /// How much.
    pub quantity: MoveQuantity,
    /// Of what.
    pub part: Expr,
    /// From where.
    pub from: PlaceSpec,
    /// To where.
    pub to: PlaceSpec,
    /// How units are chosen.
    pub choosing: Choosing,
    /// Only from the lots in this field, beside another way of choosing; an empty list means all lots.
    pub lots: Option<Expr>,
    /// The line (or document) field that becomes what was moved.
    pub counting: Option<Name>,
    /// What changes on the way.
    pub changes: Changes,
    /// Units enter the world.
    pub new_lot: Option<NewLot>,
}

/// The verbs of the second book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObligationVerb {
    /// Raise it.
    Owe,
    /// Fulfil it.
    Settle,
    /// Let it off.
    Waive,
    /// Charge it instead.
    Debit,
}

/// By when something is owed.
#[derive(Debug, Clone)]
pub enum Within {
    /// A duration.
    Fixed(Duration),
    /// A number of days, computed.
    Days(Expr),
}

/// `owe …`, `settle …`
#[derive(Debug, Clone)]
pub struct ObligationSpec {
    /// Which verb.
    pub verb: ObligationVerb,
    /// How much; absent for all that is open.
    pub quantity: Option<Expr>,
    /// Of what.
    pub part: Expr,
    /// The kind.
    pub kind: Name,
    /// Who owes: a party field.
    pub by: Name,
    /// To whom: a party field; only for `owe`.
    pub to: Option<Name>,
    /// Until when; only for `owe`.
    pub within: Option<Within>,
    /// The rate of what is owed; else that of the price list.
    pub rate: Option<Expr>,
}

/// `start …`
#[derive(Debug, Clone)]
pub struct StartSpec {
    /// The workflow.
    pub workflow: Name,
    /// Parties and fields.
    pub with: Vec<(Name, Expr)>,
    /// Line fields; empty for none.
    pub lines: Vec<(Name, Expr)>,
}
