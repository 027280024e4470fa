//! What a decision looked at on its way, kept only where somebody asks: coverage, explanations.
//!
//! A decision without a witness pays one comparison a condition. Pure. Tests: `scenario::coverage`, `tests/it/coverage.rs`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::base::{Name, PartCode, Quantity, Span};
use crate::domain::{Balance, Command, Decision, Refusal, RuleSource, RuleTrace, Snapshot, Value};

/// A condition that was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// Where the condition is written: the test of a `require`, what follows `when` or `where`.
    pub span: Span,
    /// What came out.
    pub held: bool,
    /// For which line of the document.
    pub line: Option<u32>,
}

/// A key that was claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    /// Where the claim is written.
    pub span: Span,
    /// What it says where another document holds the key.
    pub sentence: String,
    /// For which line of the document.
    pub line: Option<u32>,
}

/// What a condition is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A guard: `require`.
    Require,
    /// Whether a clause is carried out: `when`.
    When,
    /// For which lines: `where`.
    Where,
}

/// A condition that was asked, with all that it looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What it is for.
    pub purpose: Purpose,
    /// Where the condition is written.
    pub span: Span,
    /// What came out.
    pub held: bool,
    /// For which line of the document.
    pub line: Option<u32>,
    /// The values, by how they are written in the flow.
    pub values: BTreeMap<String, Value>,
    /// The rules that gave some of them.
    pub rules: Vec<RuleSource>,
}

/// What a move was offered, and what it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offering {
    /// Where the place is written that the move takes from.
    pub span: Span,
    /// For which line of the document.
    pub line: Option<u32>,
    /// Of which part.
    pub part: PartCode,
    /// How much was wanted.
    pub wanted: Quantity,
    /// The units in the order in which they are taken; those that a rule passed over come last.
    pub units: Vec<OfferedUnit>,
}

/// A unit or lot that a move was offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedUnit {
    /// Where it stood, and how much of it.
    pub balance: Balance,
    /// How much of it was taken.
    pub taken: Quantity,
    /// Why a rule passed it over, if one did.
    pub passed_over: Option<String>,
}

/// What one decision looked at, in order.
#[derive(Debug, Default)]
pub struct Witness {
    checks: RefCell<Vec<Check>>,
    claims: RefCell<Vec<Claimed>>,
    /// For one who wants to know everything.
    curious: Option<Curious>,
}

/// What only an explanation needs.
#[derive(Debug, Default)]
struct Curious {
    looks: RefCell<Vec<Look>>,
    offerings: RefCell<Vec<Offering>>,
    answers: RefCell<Vec<RuleTrace>>,
    /// What the books answered then.
    known: Vec<RuleTrace>,
}

impl Witness {
    /// A witness who also keeps the values that conditions looked at and the lots that moves were offered. `known` is what
    /// the books answered when this was decided before: they are not asked again.
    #[must_use]
    pub fn curious(known: &[RuleTrace]) -> Self {
        let known = known.iter().filter(|t| t.is_question()).cloned().collect();
        Self { curious: Some(Curious { known, ..Curious::default() }), ..Self::default() }
    }

    /// Whether everything is wanted.
    #[must_use]
    pub const fn is_curious(&self) -> bool {
        self.curious.is_some()
    }

    /// Notes what a condition looked at.
    pub fn look(&self, look: Look) {
        self.curious.iter().for_each(|c| c.looks.borrow_mut().push(look.clone()));
    }

    /// Notes what a move was offered.
    pub fn offering(&self, offering: Offering) {
        self.curious.iter().for_each(|c| c.offerings.borrow_mut().push(offering.clone()));
    }

    /// Notes what rules and books answered, also where it led to a refusal.
    pub fn answers(&self, given: impl FnOnce() -> Vec<RuleTrace>) {
        if let Some(curious) = &self.curious {
            curious.answers.replace(given());
        }
    }

    /// What rules and books answered, in order.
    #[must_use]
    pub fn answered(&self) -> Vec<RuleTrace> {
        self.curious.as_ref().map(|c| c.answers.borrow().clone()).unwrap_or_default()
    }

    /// What the books answered before to a question.
    #[must_use]
    pub fn recall(&self, question: &str, arguments: &[Value]) -> Option<Value> {
        let known = self.curious.iter().flat_map(|c| &c.known);
        known.into_iter().find(|t| t.rule == *question && t.arguments == arguments).map(|t| t.answer.clone())
    }

    /// The conditions that were asked, with all that they looked at.
    #[must_use]
    pub fn looks(&self) -> Vec<Look> {
        self.curious.as_ref().map(|c| c.looks.borrow().clone()).unwrap_or_default()
    }

    /// What the moves were offered.
    #[must_use]
    pub fn offerings(&self) -> Vec<Offering> {
        self.curious.as_ref().map(|c| c.offerings.borrow().clone()).unwrap_or_default()
    }

    /// Notes a condition.
    pub fn check(&self, span: Span, held: bool, line: Option<u32>) {
        self.checks.borrow_mut().push(Check { span, held, line });
    }

    /// Notes a claim.
    pub fn claim(&self, span: Span, sentence: &str, line: Option<u32>) {
        self.claims.borrow_mut().push(Claimed { span, sentence: sentence.to_owned(), line });
    }

    /// The conditions that were asked.
    #[must_use]
    pub fn checks(&self) -> Vec<Check> {
        self.checks.borrow().clone()
    }

    /// The keys that were claimed.
    #[must_use]
    pub fn claims(&self) -> Vec<Claimed> {
        self.claims.borrow().clone()
    }
}

/// Something that the engine has done or refused, as a watcher sees it.
#[derive(Debug)]
pub enum Sight<'a> {
    /// A command is to be decided: what was read for it.
    Read {
        /// The command.
        command: &'a Command,
        /// What was read.
        snapshot: &'a Snapshot,
    },
    /// A command was decided; what was decided is committed, or refused.
    Decided {
        /// The command.
        command: &'a Command,
        /// The workflow; absent where nobody knows the document.
        workflow: Option<&'a Name>,
        /// What became of it.
        outcome: Result<&'a Decision, &'a Refusal>,
        /// What the decision looked at.
        witness: &'a Witness,
    },
    /// The deadline of a state passed.
    Deadline {
        /// The workflow.
        workflow: &'a Name,
        /// The state.
        state: &'a Name,
    },
}

/// Sees what an engine does. It changes nothing, and an engine without one does the same.
#[derive(Clone)]
pub struct Watcher(Arc<dyn Fn(&Sight<'_>) + Send + Sync>);

impl Watcher {
    /// A watcher that calls a function with each sight.
    #[must_use]
    pub fn new(sees: impl Fn(&Sight<'_>) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sees))
    }

    /// Shows it something.
    pub fn show(&self, sight: &Sight<'_>) {
        (self.0)(sight);
    }
}

impl fmt::Debug for Watcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("watcher")
    }
}
