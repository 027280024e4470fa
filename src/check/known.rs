//! What is known to be there when a transition begins: fields that every way into its states has asked for.
//!
//! Must not know types. Tests: `check::tests`.

use std::collections::{BTreeMap, BTreeSet};

use super::declared::Outline;
use super::typer::{field_path, line_path};
use crate::syntax::ast::{self, ClauseKind, ExprKind, UnaryOp};

/// For each state, the paths of fields that are there whichever way a document came to it.
#[derive(Debug, Default)]
pub(super) struct Known {
    states: BTreeMap<String, BTreeSet<String>>,
}

/// What a transition gives and takes away.
struct Change {
    gives: BTreeSet<String>,
    takes_lines: bool,
}

impl Known {
    /// Walks the states until nothing changes. A state that no way leads to knows everything: nothing is said about it.
    pub(super) fn of(outline: &Outline<'_>) -> Self {
        let transitions: Vec<(&ast::Transition, Change)> = outline.written.transitions.iter().map(|t| (t, change(t))).collect();
        let mut states: BTreeMap<String, Option<BTreeSet<String>>> = outline.states().map(|s| (s.to_owned(), None)).collect();
        if !outline.has_opening()
            && let Some(initial) = outline.model.states.iter().find(|s| s.initial)
        {
            states.insert(initial.name.to_string(), Some(BTreeSet::new()));
        }
        for migrated in outline.model.migrations.iter().flat_map(|m| &m.states) {
            states.insert(migrated.1.to_string(), Some(BTreeSet::new()));
        }
        let mut changed = true;
        while changed {
            changed = false;
            for (transition, change) in &transitions {
                let Some(after) = after(transition, change, &states) else { continue };
                for to in &transition.to {
                    let Some(known) = states.get_mut(&to.text) else { continue };
                    let met = known.as_ref().map_or_else(|| after.clone(), |known| known.intersection(&after).cloned().collect());
                    if known.as_ref() != Some(&met) {
                        *known = Some(met);
                        changed = true;
                    }
                }
            }
        }
        Self { states: states.into_iter().filter_map(|(state, known)| Some((state, known?))).collect() }
    }

    /// What is known when a transition begins, from whichever of its states.
    pub(super) fn before(&self, transition: &ast::Transition) -> BTreeSet<String> {
        let known = transition.from.iter().filter_map(|f| self.states.get(&f.text)).cloned();
        known.reduce(|a, b| a.intersection(&b).cloned().collect()).unwrap_or_default()
    }
}

fn after(transition: &ast::Transition, change: &Change, states: &BTreeMap<String, Option<BTreeSet<String>>>) -> Option<BTreeSet<String>> {
    let reached = transition.from.iter().filter_map(|f| states.get(&f.text)?.clone());
    let before = if transition.from.is_empty() { Some(BTreeSet::new()) } else { reached.reduce(|a, b| a.intersection(&b).cloned().collect()) };
    let mut after = before?;
    if change.takes_lines {
        after.retain(|path| !path.starts_with("line."));
    }
    after.extend(change.gives.iter().cloned());
    Some(after)
}

fn change(transition: &ast::Transition) -> Change {
    let mut change = Change { gives: BTreeSet::new(), takes_lines: false };
    for clause in &transition.body {
        match &clause.kind {
            ClauseKind::Ask { fields, optional: false } => change.gives.extend(fields.iter().map(|f| field_path(&f.text))),
            ClauseKind::AskLines => {
                change.takes_lines = true;
                change.gives.retain(|path| !path.starts_with("line."));
            }
            ClauseKind::Require { test, .. } => change.gives.extend(required(test, false)),
            ClauseKind::Set(id, value) if clause.when.is_none() && certain(value) => {
                change.gives.insert(field_path(&id.text));
            }
            ClauseKind::EachLine(each) if each.filter.is_none() => {
                for inner in &each.body {
                    match &inner.kind {
                        ClauseKind::Require { test, .. } => change.gives.extend(required(test, true)),
                        ClauseKind::Set(id, value) if inner.when.is_none() && certain(value) => {
                            change.gives.insert(line_path(&id.text));
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    change
}

/// Fields that a guard says are there.
fn required(test: &ast::Expr, in_line: bool) -> Vec<String> {
    match &test.kind {
        ExprKind::Has(of) => match &of.kind {
            ExprKind::Name(id) if in_line => vec![line_path(&id.text), field_path(&id.text)],
            ExprKind::Name(id) => vec![field_path(&id.text)],
            _ => Vec::new(),
        },
        ExprKind::Binary(ast::BinaryOp::And, a, b) => [required(a, in_line), required(b, in_line)].concat(),
        _ => Vec::new(),
    }
}

/// Whether a value is there without knowing its type: literals and what is computed.
fn certain(value: &ast::Expr) -> bool {
    match &value.kind {
        ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::YesNo(_) | ExprKind::Date(_) | ExprKind::Duration(_) | ExprKind::Binary(..) => true,
        ExprKind::Sum(..) | ExprKind::Count(_) => true,
        ExprKind::Unary(UnaryOp::Not | UnaryOp::Negate, _) => true,
        ExprKind::Query(query) => matches!(**query, ast::Query::Today | ast::Query::Now | ast::Query::Rate(_) | ast::Query::PersonWhoDid(_)),
        _ => false,
    }
}
