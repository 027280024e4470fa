//! Whether the actor may do this at all: state, role, four eyes, approval.
//!
//! Pure. Tests: the scenarios.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Name, PartyCode, suggest};
use crate::domain::{Actor, Document, PastEvent, Person, Reason, ReasonCode, Snapshot};
use crate::model::{Book, Clause, ClauseKind, FieldKind, Goal, Role, Transition, Workflow};

/// The built-in role of the engine itself.
pub const SYSTEM: &str = "system";

/// The parties of a document that are of a kind.
pub fn parties_of_kind<'d>(workflow: &'d Workflow, doc: &'d Document, snapshot: &'d Snapshot, kind: &'d Name) -> impl Iterator<Item = &'d PartyCode> {
    let fields = workflow.fields.iter().filter(|f| f.kind == FieldKind::Party).filter_map(|f| doc.field(f.name.as_str()).as_party());
    fields.filter(move |code| snapshot.party(code).is_some_and(|p| p.kind == *kind))
}

/// True when a person holds a role where this document needs it.
fn holds(person: &Person, role: &Role, workflow: &Workflow, doc: &Document, snapshot: &Snapshot) -> bool {
    person.roles.iter().filter(|g| g.role == role.named.name).any(|grant| match (&role.at, &grant.at) {
        (None, _) => true,
        (Some(kind), Some(at)) => parties_of_kind(workflow, doc, snapshot, kind).any(|code| code == at),
        (Some(_), None) => false,
    })
}

/// The role under which the actor may fire the transition.
///
/// # Errors
/// The reason why the actor may not.
pub fn role(book: &Book, workflow: &Workflow, transition: &Transition, doc: &Document, snapshot: &Snapshot, actor: &Actor) -> Result<Name, Box<Reason>> {
    let needs = |by: &[Name]| {
        let labels: Vec<String> = by.iter().filter(|r| **r != SYSTEM).map(|r| book.vocabulary.roles.get(r).map_or_else(|| r.to_string(), role_text)).collect();
        labels.join(" or ")
    };
    let Actor::Person(code) = actor else {
        let by_engine = transition.by.iter().any(|r| *r == SYSTEM) || !transition.triggers.is_empty() || (transition.opens() && doc.parent.is_some());
        let denied = || Reason::new(ReasonCode::RoleDenied, format!("`{}` is for {}, not for the engine itself", transition.name, needs(&transition.by)));
        return if by_engine { Ok(Name::from(SYSTEM)) } else { Err(Box::new(denied())) };
    };
    let Some(person) = &snapshot.person else {
        let reason = Reason::new(ReasonCode::RoleDenied, format!("nobody is known as `{code}` in business unit `{}`", doc.bu));
        return Err(Box::new(reason.remedy("load the person with the master data")));
    };
    for name in &transition.by {
        if let Some(role) = book.vocabulary.roles.get(name)
            && holds(person, role, workflow, doc, snapshot)
        {
            return Ok(name.clone());
        }
    }
    let has: Vec<String> = person.roles.iter().map(|g| g.at.as_ref().map_or_else(|| g.role.to_string(), |at| format!("{} at {at}", g.role))).collect();
    let who = needs(&transition.by);
    let sentence = if who.is_empty() {
        format!("`{}` is done by the engine itself, never by a person", transition.name)
    } else {
        format!("`{}` is for {who}; `{code}` is {}", transition.name, if has.is_empty() { "in no role".to_owned() } else { has.join(", ") })
    };
    let reason = Reason::new(ReasonCode::RoleDenied, sentence);
    Err(Box::new(if who.is_empty() { reason } else { reason.remedy(format!("done by {who}")) }))
}

fn role_text(role: &Role) -> String {
    role.at.as_ref().map_or_else(|| role.named.name.to_string(), |kind| format!("{} at this document's {kind}", role.named.name))
}

/// Four eyes and approvals.
pub fn others(workflow: &Workflow, transition: &Transition, events: &[PastEvent], actor: &Actor) -> Vec<Reason> {
    let code = actor.code();
    let mut reasons = Vec::new();
    for other in &transition.not_by {
        if events.iter().any(|e| e.transition == *other && e.actor == code) {
            let sentence = format!("`{code}` did `{other}`; whoever did may not do `{}` as well", transition.name);
            reasons.push(Reason::new(ReasonCode::FourEyes, sentence).remedy("done by somebody else"));
        }
    }
    if let Some(by) = &transition.approval {
        let approval = format!("approve_{}", transition.name);
        // What was approved has not changed since: nothing but approvals and notes came after.
        let changes_nothing = |name: &Name| workflow.transition(name.as_str()).is_some_and(Transition::changes_nothing);
        let visit = events.iter().rev().take_while(|e| changes_nothing(&e.transition));
        if !visit.into_iter().any(|e| e.transition == *approval && e.actor != code) {
            let sentence = format!("`{}` needs an approval by `{by}` first", transition.name);
            reasons.push(Reason::new(ReasonCode::ApprovalMissing, sentence).remedy(format!("`{approval}`, fired by somebody else in role `{by}`")));
        }
    }
    reasons
}

/// The transition, if it may be fired from the document's state.
///
/// # Errors
/// Unknown, or not from here, with what may be done instead.
pub fn transition<'w>(workflow: &'w Workflow, doc: &Document, name: &Name) -> Result<&'w Transition, Box<Reason>> {
    let instead = |reason: Reason| allowed(workflow, doc).fold(reason, |r, t| r.remedy(format!("`{}`", t.name)));
    let Some(found) = workflow.transition(name.as_str()) else {
        let hint = suggest::nearest(name.as_str(), workflow.transitions.iter().map(|t| t.name.as_str()));
        let sentence = format!("`{}` has no transition `{name}`", workflow.name);
        let reason = Reason::new(ReasonCode::NotAllowed, sentence);
        return Err(Box::new(hint.map_or_else(|| instead(reason.clone()), |h| reason.clone().remedy(format!("did you mean `{h}`?")))));
    };
    if found.from.contains(&doc.state) {
        return Ok(found);
    }
    let reason = Reason::new(ReasonCode::NotAllowed, format!("`{name}` is not possible while the document is `{}`", doc.state));
    Err(Box::new(match first(workflow, doc, found) {
        _ if doc.ended => reason.remedy("nothing: the document has ended"),
        Some(steps) => reason.remedy(format!("first {}", steps.join(", then "))),
        None => reason.remedy(format!("nothing: no way leads from `{}` to {}", doc.state, suggest::list(found.from.iter().map(Name::as_str)))),
    }))
}

/// The way to a state from which a transition may be fired that changes least on it, and then the shortest, as steps in words;
/// where guards hold is not looked at. To take back is better advice than to sell.
fn first(workflow: &Workflow, doc: &Document, wanted: &Transition) -> Option<Vec<String>> {
    let mut came: BTreeMap<&Name, (&Name, &Transition)> = BTreeMap::new();
    let mut best: BTreeMap<&Name, (usize, usize)> = BTreeMap::from([(&doc.state, (0, 0))]);
    let mut pending: BTreeSet<((usize, usize), &Name)> = BTreeSet::from([((0, 0), &doc.state)]);
    while let Some(((changed, length), state)) = pending.pop_first() {
        if wanted.from.contains(state) {
            let mut steps = Vec::new();
            let mut at = state;
            while let Some((before, step)) = came.get(at) {
                steps.push(in_words(step));
                at = before;
            }
            steps.reverse();
            return Some(steps);
        }
        for step in workflow.transitions.iter().filter(|t| t.from.contains(state) && t.goal == Goal::States) {
            let cost = (changed + changes(&step.body), length + 1);
            for next in &step.to {
                if best.get(next).is_none_or(|known| cost < *known) {
                    best.insert(next, cost);
                    came.insert(next, (state, step));
                    pending.insert((cost, next));
                }
            }
        }
    }
    None
}

/// How many clauses of a body reach beyond the document.
fn changes(body: &[Clause]) -> usize {
    let of_clause = |clause: &Clause| match &clause.kind {
        ClauseKind::EachLine(each) => changes(&each.body),
        ClauseKind::Ask(_) | ClauseKind::AskLines | ClauseKind::Let(..) | ClauseKind::Set(..) | ClauseKind::Require(_) | ClauseKind::Become(_) => 0,
        _ => 1,
    };
    body.iter().map(of_clause).sum()
}

/// `submit` by asp_manager.
fn in_words(step: &Transition) -> String {
    let by: Vec<&str> = step.by.iter().filter(|r| **r != SYSTEM).map(Name::as_str).collect();
    if by.is_empty() { format!("`{}` by itself", step.name) } else { format!("`{}` by {}", step.name, by.join(" or ")) }
}

/// Transitions that a person may find possible from the document's state.
pub fn allowed<'w>(workflow: &'w Workflow, doc: &'w Document) -> impl Iterator<Item = &'w Transition> {
    workflow.transitions.iter().filter(|t| t.from.contains(&doc.state) && t.by.iter().any(|r| *r != SYSTEM))
}
