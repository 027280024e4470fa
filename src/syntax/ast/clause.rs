//! The clauses of a transition as written.

use super::{DurationLit, Expr, Ident, TextTemplate};
use crate::base::Span;

/// One clause.
#[derive(Debug, Clone, PartialEq)]
pub struct Clause {
    /// What.
    pub kind: ClauseKind,
    /// `when …`
    pub when: Option<Expr>,
    /// Where.
    pub span: Span,
}

/// The kinds of clauses.
#[derive(Debug, Clone, PartialEq)]
pub enum ClauseKind {
    /// `ask a, b` / `ask optional a`
    Ask {
        /// The fields.
        fields: Vec<Ident>,
        /// May be left out.
        optional: bool,
    },
    /// `ask lines`
    AskLines,
    /// `let x = …`
    Let(Ident, Expr),
    /// `set f = …`
    Set(Ident, Expr),
    /// `require … else "…" code c`
    Require {
        /// The guard.
        test: Expr,
        /// The sentence; its absence has been reported.
        otherwise: Option<TextTemplate>,
        /// Its own code.
        code: Option<Ident>,
    },
    /// `each line where … { … }`
    EachLine(EachLine),
    /// `move …`
    Move(Box<MoveClause>),
    /// `owe …`, `settle …`, `waive …`, `debit …`
    Obligation(Box<ObligationClause>),
    /// `issue d from a to b with reverse` / `issue d at a`
    Issue {
        /// The kind of paper.
        document: Ident,
        /// The consigner, or the place.
        from: Option<Ident>,
        /// The consignee.
        to: Option<Ident>,
        /// `at`: issued at one party.
        at: Option<Ident>,
        /// With its reverse paper.
        with_reverse: bool,
    },
    /// `close reverse of d`
    CloseReverse(Ident),
    /// `close books through d`
    CloseBooks(Expr),
    /// `start w with …`
    Start(Box<StartClause>),
    /// `notify role "…"`
    Notify {
        /// Role or party field.
        whom: Ident,
        /// The message.
        text: TextTemplate,
    },
    /// `emit event with …`
    Emit {
        /// The event.
        event: Ident,
        /// Its fields.
        with: Vec<WithField>,
    },
    /// `claim "key" released in s, t else "…" code c`
    Claim {
        /// The key.
        key: TextTemplate,
        /// The states that give it up.
        released: Vec<Ident>,
        /// The sentence; its absence has been reported.
        otherwise: Option<TextTemplate>,
        /// Its own code.
        code: Option<Ident>,
    },
    /// `become s` (its `when` stands in the clause)
    Become(Ident),
    /// Could not be read; the first word tells what it was meant to be.
    Broken,
}

/// `each line where … { … }`
#[derive(Debug, Clone, PartialEq)]
pub struct EachLine {
    /// Which lines.
    pub filter: Option<Expr>,
    /// What happens to each.
    pub body: Vec<Clause>,
}

/// A place: `asp.available`, or `supplier` in the outside world.
#[derive(Debug, Clone, PartialEq)]
pub struct PlaceRef {
    /// The party field; absent outside.
    pub party: Option<Ident>,
    /// The bin.
    pub bin: Ident,
    /// Where.
    pub span: Span,
}

/// How much a move moves.
#[derive(Debug, Clone, PartialEq)]
pub enum MoveQuantity {
    /// Exactly so much.
    Exactly(Expr),
    /// At most so much.
    UpTo(Expr),
    /// All that the document holds there.
    All,
}

/// How units are chosen.
#[derive(Debug, Clone, PartialEq)]
pub enum Choosing {
    /// By a rule that ranks lots, with arguments for the parameters that the engine does not fill.
    Rule(Ident, Vec<Expr>),
    /// The serial numbers in a field.
    Serials(Ident),
    /// The lots in a field.
    Lots(Ident),
}

/// `as damaged, owner oem, pool amc`
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AsClause {
    /// The condition.
    pub condition: Option<Expr>,
    /// The owner.
    pub owner: Option<Expr>,
    /// The pool.
    pub pool: Option<Expr>,
}

/// `with sodo` or `with rate = …`
#[derive(Debug, Clone, PartialEq)]
pub struct WithField {
    /// The name.
    pub name: Ident,
    /// The value; absent where the name is a field or let of the same name.
    pub value: Option<Expr>,
}

/// `move …`
#[derive(Debug, Clone, PartialEq)]
pub struct MoveClause {
    /// How much.
    pub quantity: MoveQuantity,
    /// Of what.
    pub part: Expr,
    /// From where.
    pub from: PlaceRef,
    /// To where.
    pub to: PlaceRef,
    /// How units are chosen: at most one of each way.
    pub choosing: Vec<Choosing>,
    /// The field that counts what was moved.
    pub counting: Option<Ident>,
    /// What changes on the way.
    pub becomes: AsClause,
    /// `as new lot with …`
    pub new_lot: Option<Vec<WithField>>,
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

/// `owe 1 of part as defective_return by technician to asp within 7 days`
#[derive(Debug, Clone, PartialEq)]
pub struct ObligationClause {
    /// Which verb.
    pub verb: ObligationVerb,
    /// How much; absent for `all`.
    pub quantity: Option<Expr>,
    /// Of what.
    pub part: Expr,
    /// The kind of obligation.
    pub kind: Ident,
    /// Who owes.
    pub by: Ident,
    /// To whom; only with `owe`.
    pub to: Option<Ident>,
    /// Until when; only with `owe`. Either a literal, or an expression of days.
    pub within: Option<DurationLit>,
    /// Until when, where it is computed: a number of days (`within cover.due_days days`) or a duration (`within cover.due`).
    pub within_days: Option<super::HowLong>,
    /// The rate of what is owed.
    pub rate: Option<Expr>,
}

/// `start w with f = …, lines part = …, requested = …`
#[derive(Debug, Clone, PartialEq)]
pub struct StartClause {
    /// The workflow.
    pub workflow: Ident,
    /// Parties and fields.
    pub with: Vec<WithField>,
    /// Line fields; empty where the started document gets none.
    pub lines: Vec<WithField>,
}
