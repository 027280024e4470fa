//! The working state of one decision: the document as it is becoming, the ledger as the moves change it, what was found.
//!
//! Pure: reads no clock, no file, no database. Tests: `tests/it/engine_*.rs` and the scenarios.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

use crate::base::{Calendar, Date, Name, Span, Timestamp};
use crate::domain::{
    Claim, Command, Document, Line, Lot, Move, Obligation, ObligationChange, OutboxRow, PaperDraft, Place, Reason, ReasonCode, RuleSource, Snapshot, Value,
};
use crate::model::{Book, Expr, Transition, Workflow};
use crate::rules::Rules;

use super::consult::Asked;
use super::ledger::Ledger;
use super::starts::PendingStart;
use super::witness::{Look, Purpose, Witness};

/// What a decision is made from; none of it changes while it is made.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The checked book.
    pub book: &'a Book,
    /// Its rules.
    pub rules: &'a Rules,
    /// What was loaded.
    pub snapshot: &'a Snapshot,
    /// What is wanted.
    pub command: &'a Command,
    /// The workflow of the document.
    pub workflow: &'a Workflow,
    /// The transition.
    pub transition: &'a Transition,
    /// Who keeps what is looked at, if anyone.
    pub witness: Option<&'a Witness>,
}

/// Why an evaluation has no value.
#[derive(Debug)]
pub enum Halt {
    /// The cause stands among the reasons already.
    Reported,
    /// The cause.
    Because(Box<Reason>),
}

impl From<Reason> for Halt {
    fn from(reason: Reason) -> Self {
        Self::Because(Box::new(reason))
    }
}

/// The value of a `let`, and the rule it came from; no value where computing it failed.
pub struct Local {
    pub name: Name,
    pub value: Option<Value>,
    pub source: Option<RuleSource>,
}

/// What a transition puts out beside moves.
#[derive(Default)]
pub struct Output {
    pub lots: Vec<Lot>,
    pub moves: Vec<Move>,
    pub owed: Vec<Obligation>,
    pub obligation_changes: Vec<ObligationChange>,
    pub papers: Vec<PaperDraft>,
    pub papers_closed: Vec<String>,
    pub books_closed: Option<Timestamp>,
    pub outbox: Vec<OutboxRow>,
    pub claims: Vec<Claim>,
    pub starts: Vec<PendingStart>,
    pub target: Option<Name>,
}

/// One decision in the making.
pub struct Run<'a> {
    pub env: Env<'a>,
    pub doc: Document,
    /// Index of the line at hand, within `each line`.
    pub line: Cell<Option<usize>>,
    pub locals: Vec<Local>,
    pub ledger: Ledger,
    pub out: Output,
    pub reasons: Vec<Reason>,
    /// How many of them are about input that is missing: what needs it has no value, and that is reported already.
    pub lacking: usize,
    /// Rule answers of this decision: asked once for equal arguments.
    pub answers: RefCell<Vec<Asked>>,
    pub today: Date,
}

impl<'a> Run<'a> {
    pub fn new(env: Env<'a>, doc: Document) -> Self {
        let today = env.command.effective_at.date(&env.book.manifest.zone);
        let ledger = Ledger::of(&env.snapshot.balances);
        Self {
            env,
            doc,
            line: Cell::new(None),
            locals: Vec::new(),
            ledger,
            out: Output::default(),
            reasons: Vec::new(),
            lacking: 0,
            answers: RefCell::default(),
            today,
        }
    }

    /// The line at hand.
    pub fn current_line(&self) -> Option<&Line> {
        self.line.get().and_then(|i| self.doc.lines.get(i))
    }

    /// A look with another line at hand.
    pub fn at_line<T>(&self, index: usize, look: impl FnOnce(&Self) -> T) -> T {
        let before = self.line.replace(Some(index));
        let seen = look(self);
        self.line.set(before);
        seen
    }

    /// The number of the line at hand.
    pub fn line_no(&self) -> Option<u32> {
        self.current_line().map(|l| l.no)
    }

    /// The place of a span in the book.
    pub fn place(&self, span: Span) -> Option<Place> {
        place(self.env.book, span)
    }

    /// A reason at the line at hand and a place in the flow.
    pub fn reason(&self, code: ReasonCode, sentence: impl Into<String>, span: Span) -> Reason {
        Reason { place: self.place(span), ..Reason::new(code, sentence).at_line(self.line_no()) }
    }

    /// Tells the witness, if there is one, what came out of a condition.
    pub fn saw(&self, purpose: Purpose, condition: &Expr, held: bool) {
        let Some(witness) = self.env.witness else { return };
        witness.check(condition.span, held, self.line_no());
        if witness.is_curious() {
            // Both sides of an `or` are looked at here: what only that asked is no part of the decision.
            let asked = self.answers.borrow().len();
            let (values, rules) = self.looked_at(condition);
            self.answers.borrow_mut().truncate(asked);
            witness.look(Look { purpose, span: condition.span, held, line: self.line_no(), values, rules });
        }
    }

    /// Keeps a reason, unless it is there already.
    pub fn refuse(&mut self, reason: Reason) {
        if !self.reasons.contains(&reason) {
            self.reasons.push(reason);
        }
    }

    /// Keeps what stopped an evaluation.
    pub fn stopped(&mut self, halt: Halt) {
        if let Halt::Because(reason) = halt {
            self.refuse(*reason);
        }
    }

    /// True when something already stands against the line at hand (or against the document as a whole).
    pub fn failed_here(&self) -> bool {
        let here = self.line_no();
        self.reasons.iter().any(|r| r.line.is_none() || here.is_none() || r.line == here)
    }

    /// The calendar of a party field, else the book's, else one that never rests.
    pub fn calendar(&self) -> Calendar {
        calendar_of(self.env.book, self.env.snapshot, self.env.workflow, &self.doc)
    }

    /// Values of line fields and lets by name, for the texts of refusals.
    pub fn local(&self, name: &str) -> Option<&Local> {
        self.locals.iter().rev().find(|l| l.name == *name)
    }
}

/// The place of a span in the book.
pub fn place(book: &Book, span: Span) -> Option<Place> {
    let file = book.sources.file(span.file)?;
    let (line, column) = file.line_column(span.start);
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(Place { file: file.name.clone(), line: small(line), column: small(column) })
}

/// The calendar of a document: that of its first party, else the book's, else one that never rests.
pub fn calendar_of(book: &Book, snapshot: &Snapshot, workflow: &Workflow, doc: &Document) -> Calendar {
    let party = workflow.first_party().and_then(|f| doc.field(f.name.as_str()).as_party()).and_then(|code| snapshot.party(code));
    let named = party.and_then(|p| p.calendar.clone()).or_else(|| book.manifest.calendar.clone());
    named.and_then(|name| book.vocabulary.calendars.get(&name).cloned()).unwrap_or_else(|| Calendar::always(book.manifest.zone.clone()))
}

/// Values by how they are written, for explanations.
pub type Written = BTreeMap<String, Value>;
