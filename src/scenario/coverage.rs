//! What scenarios cover, learned from what the engine's own decisions looked at: there is no second interpreter of flows.
//!
//! Must not decide anything. Tests: `tests/it/coverage.rs`.

use std::sync::{Arc, Mutex, PoisonError};

use crate::base::Name;
use crate::domain::{Actor, Command, Decision, ReasonCode, Refusal};
use crate::engine::{Sight, Watcher, Witness};
use crate::model::{Book, Coverage, Key};
use crate::rules::RuleLines;

/// Collects what is covered, from one scenario to the next.
#[derive(Debug, Clone)]
pub struct Collector {
    coverage: Arc<Mutex<Coverage>>,
    lines: Option<RuleLines>,
}

impl Collector {
    /// For the flows of a book, and for the lines of its rules where they are counted.
    #[must_use]
    pub fn new(book: &Book, lines: Option<RuleLines>) -> Self {
        let mut coverage = Coverage::of(book);
        for point in lines.iter().flat_map(RuleLines::points) {
            coverage.add(point);
        }
        Self { coverage: Arc::new(Mutex::new(coverage)), lines }
    }

    /// To go on from what is covered already; lines of rules are not counted.
    #[must_use]
    pub fn resume(coverage: Coverage) -> Self {
        Self { coverage: Arc::new(Mutex::new(coverage)), lines: None }
    }

    /// What is covered is now this.
    pub fn replace(&self, coverage: Coverage) {
        self.with(|old| *old = coverage);
    }

    /// A scenario or a rule case begins.
    pub fn begin(&self, title: &str) {
        self.with(|coverage| coverage.begin(title));
        if let Some(lines) = &self.lines {
            lines.clear();
        }
    }

    /// It has ended: the lines of rules that ran are its own.
    pub fn end(&self) {
        if let Some(lines) = &self.lines {
            let ran = lines.ran();
            self.with(|coverage| ran.iter().for_each(|key| coverage.cover(key)));
        }
    }

    /// Who watches the engine that plays.
    #[must_use]
    pub fn watcher(&self) -> Watcher {
        let shared = Arc::clone(&self.coverage);
        Watcher::new(move |sight| {
            let mut coverage = shared.lock().unwrap_or_else(PoisonError::into_inner);
            saw(&mut coverage, sight);
        })
    }

    /// What is covered so far.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.with(|coverage| coverage.clone())
    }

    fn with<T>(&self, look: impl FnOnce(&mut Coverage) -> T) -> T {
        look(&mut self.coverage.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What a sight shows.
pub(super) fn saw(coverage: &mut Coverage, sight: &Sight<'_>) {
    match sight {
        Sight::Read { .. } => {}
        Sight::Deadline { workflow, state } => coverage.cover(&Key::Deadline((*workflow).clone(), (*state).clone())),
        Sight::Decided { command, workflow, outcome, witness } => {
            for check in witness.checks() {
                coverage.cover(&Key::Side(check.span, check.held));
            }
            match outcome {
                Ok(decision) => done(coverage, command, decision),
                Err(refusal) => refused(coverage, *workflow, refusal, witness),
            }
        }
    }
}

fn done(coverage: &mut Coverage, command: &Command, decision: &Decision) {
    let key = |make: fn(Name, Name) -> Key, part: &Name| make(decision.document.workflow.clone(), part.clone());
    coverage.cover(&key(Key::Transition, &decision.event.transition));
    coverage.cover(&key(Key::State, &decision.document.state));
    if command.actor == Actor::System {
        coverage.cover(&key(Key::Fired, &decision.event.transition));
    }
}

fn refused(coverage: &mut Coverage, workflow: Option<&Name>, refusal: &Refusal, witness: &Witness) {
    for reason in &refusal.reasons {
        let personal = matches!(reason.code, ReasonCode::RoleDenied | ReasonCode::FourEyes | ReasonCode::ApprovalMissing);
        if let Some(workflow) = workflow.filter(|_| personal) {
            coverage.cover(&Key::Denied(workflow.clone(), refusal.transition.clone(), reason.code));
        }
    }
    let held =
        |claim: &crate::engine::Claimed| refusal.reasons.iter().any(|r| r.code == ReasonCode::Claimed && r.sentence == claim.sentence && r.line == claim.line);
    for claim in witness.claims().iter().filter(|c| held(c)) {
        coverage.cover(&Key::Sentence(claim.span));
    }
    for check in witness.checks().iter().filter(|c| !c.held) {
        coverage.cover(&Key::Sentence(check.span));
    }
}
