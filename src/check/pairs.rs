//! What one clause needs of another, somewhere in the book: parts are taken from a clearing bin that something fills, an
//! obligation is settled that something raises, a reverse paper is closed that something issues, a rule is asked.
//!
//! Must not know the order of transitions: that is the proof's. Tests: `check::tests`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::findings::pairs as say;
use super::reports::Reports;
use super::walk;
use crate::base::{Name, Span};
use crate::model::{Choosing, ClauseKind, ExprKind, ObligationVerb, PlaceSpec, Query, Vocabulary, Workflow};

/// What a workflow does, and what it counts on.
#[derive(Debug, Default)]
struct Deeds {
    fills: BTreeSet<Name>,
    owes: BTreeSet<Name>,
    reverses: BTreeSet<Name>,
    starts: BTreeSet<Name>,
    asks: BTreeSet<Name>,
    takes: Vec<(Name, Span)>,
    settles: Vec<(Name, Span)>,
    closes: Vec<(Name, Span)>,
}

/// Reports what nothing in the book prepares.
pub(super) fn pairs(vocabulary: &Vocabulary, workflows: &BTreeMap<Name, Arc<Workflow>>, reports: &Reports) {
    let deeds: BTreeMap<&Name, Deeds> = workflows.iter().map(|(name, workflow)| (name, deeds(workflow))).collect();
    for (name, own) in &deeds {
        let before = ancestors(name, &deeds);
        let prepared = |of: fn(&Deeds) -> &BTreeSet<Name>, what: &Name| before.iter().any(|w| of(w).contains(what)) || of(own).contains(what);
        for (bin, span) in own.takes.iter().filter(|(bin, _)| !prepared(|d| &d.fills, bin)) {
            reports.add(say::never_filled(*span, bin.as_str(), name.as_str()));
        }
        for (kind, span) in own.settles.iter().filter(|(kind, _)| !prepared(|d| &d.owes, kind)) {
            reports.add(say::never_owed(*span, kind.as_str(), name.as_str()));
        }
        for (paper, span) in own.closes.iter().filter(|(paper, _)| !own.reverses.contains(paper)) {
            reports.add(say::never_issued(*span, paper.as_str(), name.as_str()));
        }
    }
    for rule in vocabulary.rules.values().filter(|r| !deeds.values().any(|d| d.asks.contains(&r.named.name))) {
        if !workflows.is_empty() {
            reports.add(say::rule_never_asked(rule.named.span, rule.named.name.as_str()));
        }
    }
}

/// The rules that a workflow asks.
pub(super) fn asked(workflow: &Workflow) -> BTreeSet<Name> {
    deeds(workflow).asks
}

/// The deeds of all workflows that start this one, directly or through others: a started document may use what they hold.
fn ancestors<'d>(of: &Name, deeds: &'d BTreeMap<&Name, Deeds>) -> Vec<&'d Deeds> {
    let mut found: BTreeSet<&Name> = BTreeSet::new();
    let mut open: Vec<&Name> = vec![of];
    while let Some(child) = open.pop() {
        for (name, deed) in deeds {
            if deed.starts.contains(child) && found.insert(name) {
                open.push(name);
            }
        }
    }
    found.into_iter().filter_map(|name| deeds.get(name)).collect()
}

fn deeds(workflow: &Workflow) -> Deeds {
    let mut deeds = Deeds::default();
    super::deadlines::expressions(workflow, &mut |expr| {
        if let ExprKind::Rule(rule, _) = &expr.kind {
            deeds.asks.insert(rule.clone());
        }
    });
    for transition in &workflow.transitions {
        walk::clauses(&transition.body, &mut |clause| deeds.clause(&clause.kind, clause.span));
        walk::expressions(&transition.body, &mut |expr| match &expr.kind {
            ExprKind::Rule(rule, _) => {
                deeds.asks.insert(rule.clone());
            }
            ExprKind::Query(query) => {
                if let Query::Held { place, .. } = &**query {
                    deeds.take(place);
                }
            }
            _ => {}
        });
    }
    deeds
}

impl Deeds {
    fn take(&mut self, place: &PlaceSpec) {
        if place.clearing {
            self.takes.push((place.bin.clone(), place.span));
        }
    }

    fn clause(&mut self, kind: &ClauseKind, span: Span) {
        match kind {
            ClauseKind::Move(spec) => {
                self.take(&spec.from);
                self.fills.insert(spec.to.bin.clone());
                if let Choosing::Rule(rule, _) = &spec.choosing {
                    self.asks.insert(rule.clone());
                }
            }
            ClauseKind::Obligation(spec) if spec.verb == ObligationVerb::Owe => {
                self.owes.insert(spec.kind.clone());
            }
            ClauseKind::Obligation(spec) => self.settles.push((spec.kind.clone(), span)),
            ClauseKind::Issue { document, with_reverse: true, .. } => {
                self.reverses.insert(document.clone());
            }
            ClauseKind::CloseReverse(document) => self.closes.push((document.clone(), span)),
            ClauseKind::Start(spec) => {
                self.starts.insert(spec.workflow.clone());
            }
            _ => {}
        }
    }
}
