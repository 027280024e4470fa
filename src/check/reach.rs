//! The words that stand for states: `any` before `->`, `same` and `back` behind it.
//!
//! They are replaced by the states that they mean before anything else looks at a transition. Must not know clauses.
//! Tests: `check::tests`.

use std::collections::BTreeSet;

use super::findings::states as say;
use super::reports::Reports;
use crate::base::Span;
use crate::syntax::ast::{Goal, Ident, Transition, Workflow};

/// Puts the states that are meant in the place of the words.
pub(super) fn words(workflow: &mut Workflow, reports: &Reports) {
    let open: Vec<String> = workflow.states.iter().filter(|s| !s.is_final).map(|s| s.name.text.clone()).collect();
    for transition in &mut workflow.transitions {
        let elsewhere = open.iter().filter(|state| !transition.to.iter().any(|to| to.text == **state));
        if let Some(span) = transition.any {
            transition.from = meant(elsewhere, span);
        }
        if let Goal::Same(span) = transition.goal {
            transition.to = meant(transition.from.iter().map(|from| &from.text), span);
        }
    }
    let ways = ways_back(workflow, reports);
    for (transition, way) in workflow.transitions.iter_mut().zip(ways) {
        transition.to.extend(way);
    }
}

fn meant<'s>(states: impl Iterator<Item = &'s String>, span: Span) -> Vec<Ident> {
    states.map(|text| Ident { text: text.clone(), span }).collect()
}

/// For each transition, the states that its `back` can mean: those from which documents came.
fn ways_back(workflow: &Workflow, reports: &Reports) -> Vec<Vec<Ident>> {
    let ways = workflow.transitions.iter().map(|transition| {
        let (Goal::Same(span) | Goal::Back(span)) = transition.goal else { return Vec::new() };
        if transition.from.is_empty() {
            reports.add(say::nothing_before(span, &transition.name.text));
        }
        if !matches!(transition.goal, Goal::Back(_)) {
            return Vec::new();
        }
        if let Some(first) = transition.from.iter().find(|from| begins_in(workflow, &from.text)) {
            reports.add(say::nowhere_back(span, &first.text));
        }
        let came: BTreeSet<&String> = transition.from.iter().flat_map(|left| sources(workflow, &left.text)).collect();
        meant(came.into_iter(), span)
    });
    ways.collect()
}

/// The states from which documents come into a state.
fn sources<'w>(workflow: &'w Workflow, into: &'w str) -> impl Iterator<Item = &'w String> {
    let leads = move |t: &&Transition| t.goal == Goal::States && t.to.iter().any(|to| to.text == into);
    workflow.transitions.iter().filter(leads).flat_map(|t| &t.from).map(|from| &from.text).filter(move |from| *from != into)
}

/// Whether documents begin in a state, or move over into it from an older version.
fn begins_in(workflow: &Workflow, state: &str) -> bool {
    let initial = workflow.states.iter().any(|s| s.initial && s.name.text == state);
    let opened = workflow.transitions.iter().any(|t| t.from.is_empty() && t.to.iter().any(|to| to.text == state));
    initial || opened
}
