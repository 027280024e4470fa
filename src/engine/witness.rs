//! What a decision looked at on its way, kept only where somebody asks: coverage, explanations.
//!
//! A decision without a witness pays one comparison a condition. Pure. Tests: `scenario::coverage`, `tests/it/coverage.rs`.

use std::cell::RefCell;
use std::fmt;
use std::sync::Arc;

use crate::base::{Name, Span};
use crate::domain::{Command, Decision, Refusal};

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

/// What one decision looked at, in order.
#[derive(Debug, Default)]
pub struct Witness {
    checks: RefCell<Vec<Check>>,
    claims: RefCell<Vec<Claimed>>,
}

impl Witness {
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
