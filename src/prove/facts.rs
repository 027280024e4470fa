//! What a proof must tell apart: the fields that some transition reads before anyone gives them anew, the bins that parts
//! are taken from, and what the flows make of the answers of rules.
//!
//! Must not know how worlds are explored. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::check::walk;
use crate::domain::Value;
use crate::model::{BinaryOp, Book, Choosing, ClauseKind, Expr, ExprKind, Goal, PlaceSpec, Transition, Type, Workflow};

use super::live::{Live, live};

/// What is read of a rule's answers: property (empty for an answer that is no record), and the values it is compared with.
pub type Readings = BTreeMap<Name, BTreeMap<Name, Vec<Value>>>;

/// What matters of the documents of one workflow.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// What matters in each state.
    pub live: BTreeMap<Name, Live>,
    /// States that are left by going back to where the document came from.
    pub halts: BTreeSet<Name>,
    /// States in which everything stands still: whatever leads in or out changes nothing.
    pub paused: BTreeSet<Name>,
    /// Whether something is brought back from outside.
    pub brings_back: bool,
    /// Workflows that it starts.
    pub starts: BTreeSet<Name>,
    /// Clearing bins that it puts parts into, each with a kind of party.
    fills: BTreeSet<(Name, Name)>,
    /// Clearing bins that it takes from after it is opened, each with a kind of party.
    empties: BTreeSet<(Name, Name)>,
    /// Bins that it takes from, or asks about, which hold for nobody.
    pub shelves: BTreeSet<Name>,
}

impl Facts {
    /// The facts of a workflow.
    #[must_use]
    pub fn of(workflow: &Workflow) -> Self {
        let mut facts = Self { live: live(workflow), paused: paused(workflow), ..Self::default() };
        for transition in &workflow.transitions {
            if transition.goal == Goal::Back {
                facts.halts.extend(transition.from.iter().cloned());
            }
            walk::clauses(&transition.body, &mut |clause| match &clause.kind {
                ClauseKind::Start(spec) => {
                    facts.starts.insert(spec.workflow.clone());
                }
                ClauseKind::Move(spec) => {
                    facts.brings_back |= spec.from.outside;
                    facts.fills.extend(clearing(workflow, &spec.to));
                    facts.empties.extend(clearing(workflow, &spec.from).filter(|_| !transition.opens()));
                }
                _ => {}
            });
        }
        facts.shelves = facts.live.values().flat_map(|l| l.shelves.iter().cloned()).collect();
        facts
    }

    /// Whether documents of this workflow, once they are open, can take what a document that started them holds.
    #[must_use]
    pub fn takes_from(&self, parent: &Self) -> bool {
        !self.empties.is_disjoint(&parent.fills)
    }
}

/// A clearing place as bin and kind of party.
fn clearing(workflow: &Workflow, place: &PlaceSpec) -> impl Iterator<Item = (Name, Name)> {
    let field = place.party.as_ref().filter(|_| place.clearing).and_then(|p| workflow.field(p.as_str()));
    let bin = place.bin.clone();
    field.map(|f| f.kinds.clone()).unwrap_or_default().into_iter().map(move |kind| (bin.clone(), kind))
}

/// States in which everything stands still: whatever leads out leads back and changes nothing, and so does what leads in.
#[must_use]
pub fn paused(workflow: &Workflow) -> BTreeSet<Name> {
    let still = |t: &Transition| t.changes_nothing() || (t.goal == Goal::Back && quiet(t));
    let state = |name: &Name| workflow.transitions.iter().filter(|t| t.from.contains(name) && !t.anywhere).all(still);
    let candidates = workflow.states.iter().filter(|s| !s.initial && !s.is_final).map(|s| s.name.clone());
    candidates.filter(|name| state(name) && workflow.transitions.iter().filter(|t| t.to.contains(name) && t.goal == Goal::States).all(quiet)).collect()
}

fn quiet(transition: &Transition) -> bool {
    transition
        .body
        .iter()
        .all(|c| matches!(&c.kind, ClauseKind::Notify { .. }) || matches!(&c.kind, ClauseKind::Ask(asks) if asks.iter().all(|a| a.ty == Type::Text)))
}

/// What all flows of a book read of the answers of rules.
#[must_use]
pub fn readings(book: &Book) -> Readings {
    let mut readings = Readings::new();
    for workflow in book.workflows.values() {
        for transition in &workflow.transitions {
            let mut lets: BTreeMap<Name, Name> = BTreeMap::new();
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Let(name, Expr { kind: ExprKind::Rule(rule, _), .. }) = &clause.kind {
                    lets.insert(name.clone(), rule.clone());
                }
                if let ClauseKind::Move(spec) = &clause.kind
                    && let Choosing::Rule(rule, _) = &spec.choosing
                {
                    readings.entry(rule.clone()).or_default().entry("take".into()).or_default();
                }
            });
            walk::expressions(&transition.body, &mut |e| note(e, &lets, &mut readings));
        }
    }
    readings
}

fn note(e: &Expr, lets: &BTreeMap<Name, Name>, readings: &mut Readings) {
    let read = |e: &Expr| -> Option<(Name, Name)> {
        let ExprKind::Property(of, property) = &e.kind else { return None };
        match &of.kind {
            ExprKind::Local(name) => lets.get(name).map(|rule| (rule.clone(), property.clone())),
            ExprKind::Rule(rule, _) => Some((rule.clone(), property.clone())),
            _ => None,
        }
    };
    if let Some((rule, property)) = read(e) {
        readings.entry(rule).or_default().entry(property).or_default();
    }
    if let ExprKind::Binary(BinaryOp::Is | BinaryOp::IsNot, a, b) = &e.kind
        && let Some((rule, property)) = read(a)
        && let ExprKind::Const(value) = &b.kind
    {
        readings.entry(rule).or_default().entry(property).or_default().push(value.clone());
    }
}
