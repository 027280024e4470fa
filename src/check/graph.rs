//! The states of a workflow as a graph: where documents begin, what is never reached, what is never left.
//!
//! Must not know clauses, beyond `become`. Tests: `check::tests`.

use std::collections::BTreeSet;

use super::declared::Outline;
use super::findings::states as say;
use super::reports::Reports;
use crate::model::State;
use crate::syntax::ast::{self, ClauseKind, Goal};

/// Reports what is wrong with the states of a workflow that was read whole.
pub(super) fn states(outline: &Outline<'_>, reports: &Reports) {
    let written = outline.written;
    // What leads to a state that is none may be meant to lead to any of them.
    let unknown = |t: &ast::Transition| t.from.iter().chain(&t.to).any(|s| outline.model.state(&s.text).is_none());
    if written.broken || written.transitions.iter().any(|t| t.broken || unknown(t)) {
        return;
    }
    let Some(initial) = initial(outline, reports) else { return };
    let reached = reached(outline, initial);
    let halts = halts(written);
    let ends = able_to_end(outline, &halts);
    for state in &outline.model.states {
        let name = state.name.as_str();
        let leaves: Vec<&ast::Transition> = leaving(written, &halts).filter(|t| t.from.iter().any(|f| f.text == name)).collect();
        if state.initial && state.name != initial.name {
            continue;
        }
        if state.is_final {
            leaves_final(state, &leaves, reports);
        } else if halts.contains(name) {
            // What holds a document gives it back.
        } else if !leaves.iter().any(|t| t.to.iter().any(|to| to.text != name)) {
            reports.add(say::dead_end(state.span, name));
        } else if !ends.contains(name) && !outline.model.states.iter().any(|s| s.name != state.name && dead(outline, s, &halts)) {
            reports.add(say::no_way_to_end(state.span, name));
        }
        if !reached.contains(name) {
            reports.add(say::unreachable(state.span, name));
        }
    }
    for transition in &written.transitions {
        targets(transition, reports);
    }
}

/// The states that documents leave by going `back`.
fn halts(written: &ast::Workflow) -> BTreeSet<&str> {
    written.transitions.iter().filter(|t| matches!(t.goal, Goal::Back(_))).flat_map(|t| t.from.iter().map(|f| f.text.as_str())).collect()
}

/// Transitions that bring a document on: not those that leave it where it is, that halt it, or that bring it back.
fn leaving<'w>(written: &'w ast::Workflow, halts: &'w BTreeSet<&str>) -> impl Iterator<Item = &'w ast::Transition> {
    written.transitions.iter().filter(|t| t.goal == Goal::States && !t.to.iter().all(|to| halts.contains(to.text.as_str())))
}

/// A state that is not final and that no transition leaves.
fn dead(outline: &Outline<'_>, state: &State, halts: &BTreeSet<&str>) -> bool {
    let leaves = |t: &ast::Transition| t.from.iter().any(|f| state.name == *f.text) && t.to.iter().any(|to| state.name != *to.text);
    !state.is_final && !halts.contains(state.name.as_str()) && !leaving(outline.written, halts).any(leaves)
}

fn leaves_final(state: &State, leaves: &[&ast::Transition], reports: &Reports) {
    for transition in leaves {
        if let Some(id) = transition.from.iter().find(|f| state.name == *f.text) {
            reports.add(say::leaves_final(id, &transition.name.text, state.span));
        }
    }
}

fn initial<'o>(outline: &'o Outline<'_>, reports: &Reports) -> Option<&'o State> {
    let mut all = outline.model.states.iter().filter(|s| s.initial && !s.is_final);
    let Some(first) = all.next() else {
        reports.add(say::no_states(outline.model.span, outline.model.name.as_str()));
        return None;
    };
    for other in all {
        reports.add(say::two_initial(other.span, first.span));
    }
    Some(first)
}

fn reached<'o>(outline: &'o Outline<'_>, initial: &'o State) -> BTreeSet<&'o str> {
    let transitions: Vec<&ast::Transition> = outline.written.transitions.iter().filter(|t| !matches!(t.goal, Goal::Same(_))).collect();
    let opened = transitions.iter().filter(|t| t.from.is_empty()).flat_map(|t| t.to.iter().map(|s| s.text.as_str()));
    let migrated = outline.model.migrations.iter().flat_map(|m| m.states.iter().map(|(_, new, _)| new.as_str()));
    let mut open: Vec<&str> = opened.chain(migrated).collect();
    if !outline.has_opening() {
        open.push(initial.name.as_str());
    }
    let mut reached = BTreeSet::new();
    while let Some(state) = open.pop() {
        if reached.insert(state) {
            let next = transitions.iter().filter(|t| t.from.iter().any(|f| f.text == state));
            open.extend(next.flat_map(|t| t.to.iter().map(|s| s.text.as_str())));
        }
    }
    reached
}

/// States from which a final one can be reached.
fn able_to_end<'o>(outline: &'o Outline<'_>, halts: &'o BTreeSet<&str>) -> BTreeSet<&'o str> {
    let mut able: BTreeSet<&str> = outline.model.states.iter().filter(|s| s.is_final).map(|s| s.name.as_str()).collect();
    loop {
        let leads = |t: &&ast::Transition| t.to.iter().any(|to| able.contains(to.text.as_str()));
        let more: Vec<&str> = leaving(outline.written, halts).filter(leads).flat_map(|t| t.from.iter().map(|f| f.text.as_str())).collect();
        let before = able.len();
        able.extend(more);
        if able.len() == before {
            return able;
        }
    }
}

/// Every state behind `->` except the first needs a `become`.
fn targets(transition: &ast::Transition, reports: &Reports) {
    if transition.goal != Goal::States {
        return;
    }
    let becomes: Vec<&str> = transition
        .body
        .iter()
        .filter_map(|c| match &c.kind {
            ClauseKind::Become(state) => Some(state.text.as_str()),
            _ => None,
        })
        .collect();
    if transition.body.iter().any(|c| matches!(c.kind, ClauseKind::Broken)) {
        return;
    }
    for id in transition.to.iter().skip(1) {
        if !becomes.contains(&id.text.as_str()) {
            reports.add(say::target_never_chosen(id, &transition.name.text));
        }
    }
}
