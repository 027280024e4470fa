//! What is never below zero, whatever happened: guessed from the guards of a workflow, and kept where every transition keeps it.
//!
//! `require good <= quantity - received` says that `quantity - received` matters, and that it may never be below zero. Must
//! not know how states are walked. Tests: `tests/it/proofs.rs`.

use crate::base::Name;
use crate::check::walk;
use crate::model::{BinaryOp, Clause, ClauseKind, Expr, ExprKind, Workflow};
use crate::prove::facts::Facts;

use super::algebra::{Sum, TooMuch};
use super::path::{Known, Path, Reading};
use super::variables::{Counted, Variables, clauses};

/// In a state, a sum of counters, by their numbers, that may never be below zero.
#[derive(Debug, Clone, PartialEq)]
pub struct AtLeast {
    pub state: Name,
    sum: Sum,
}

impl AtLeast {
    /// Whether every field in it is still read in the state.
    pub fn is_live(&self, facts: &Facts, variables: &Variables) -> bool {
        let Some(live) = facts.live.get(&self.state) else { return false };
        let read = |n: usize| !matches!(variables.all.get(n), Some(Counted::Field(name)) if !live.line_fields.contains(name));
        self.sum.symbols().all(read)
    }

    /// The sum as it is on a way.
    pub fn on(&self, path: &Path) -> Result<Sum, TooMuch> {
        let mut sum = Sum::number(self.sum.constant());
        for n in self.sum.symbols() {
            sum = sum.plus(self.sum.of(n), &path.values.get(n).cloned().unwrap_or_default())?;
        }
        Ok(sum)
    }
}

/// Every counter that the workflow itself keeps, and what its guards compare with what somebody gives.
pub fn guessed(workflow: &Workflow, reading: Reading<'_>) -> Vec<AtLeast> {
    let mut sums: Vec<Sum> = Vec::new();
    let variables = reading.variables;
    for (n, counted) in variables.all.iter().enumerate() {
        if matches!(counted, Counted::Field(name) if kept(workflow, name)) {
            sums.push(Sum::symbol(n));
        }
    }
    for transition in &workflow.transitions {
        let mut path = symbols(variables);
        for (clause, _) in clauses(transition) {
            if let ClauseKind::Let(name, value) = &clause.kind {
                let sum = path.sum(reading, value).ok().flatten();
                path.lets.insert(name.clone(), sum);
            }
            for (small, large) in compared(clause) {
                let (Ok(Some(small)), Ok(Some(large))) = (path.sum(reading, small), path.sum(reading, large)) else { continue };
                let Some(sum) = large.minus(&small).ok().and_then(|sum| of_counters(workflow, variables, &sum)) else { continue };
                if !sums.contains(&sum) {
                    sums.push(sum);
                }
            }
        }
    }
    let states = workflow.states.iter().filter(|s| !s.is_final).map(|s| &s.name);
    states.flat_map(|state| sums.iter().map(move |sum| AtLeast { state: state.clone(), sum: sum.clone() })).collect()
}

/// Each counter as a symbol of its number.
fn symbols(variables: &Variables) -> Path {
    let count = variables.all.len();
    Path::new((0..count).map(Sum::symbol).collect(), count, Known::new())
}

/// Without what somebody gives in the transition; nothing where it is more than counters.
fn of_counters(workflow: &Workflow, variables: &Variables, sum: &Sum) -> Option<Sum> {
    let mut rest = sum.clone();
    for n in sum.symbols() {
        match variables.all.get(n)? {
            Counted::Field(name) if !kept(workflow, name) && !given_once(workflow, name) => {
                rest = rest.plus(sum.of(n).negated(), &Sum::symbol(n)).ok()?;
            }
            _ => {}
        }
    }
    (rest.symbols().count() > 0).then_some(rest)
}

/// What a guard says: the one is not larger than the other.
fn compared(clause: &Clause) -> Vec<(&Expr, &Expr)> {
    let mut found = Vec::new();
    let ClauseKind::Require(guard) = &clause.kind else { return found };
    walk::expr(&guard.test, &mut |e| {
        if let ExprKind::Binary(op, a, b) = &e.kind {
            match op {
                BinaryOp::Less | BinaryOp::LessEqual => found.push((&**a, &**b)),
                BinaryOp::Greater | BinaryOp::GreaterEqual => found.push((&**b, &**a)),
                _ => {}
            }
        }
    });
    found
}

fn kept(workflow: &Workflow, name: &Name) -> bool {
    workflow.line_field(name.as_str()).is_some_and(|f| workflow.keeps(f))
}

fn given_once(workflow: &Workflow, name: &Name) -> bool {
    workflow.line_field(name.as_str()).is_some_and(|f| workflow.leaves_alone(f))
}
