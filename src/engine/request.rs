//! What to load for a command, so that one round trip fetches all that its transition can read.
//!
//! The document's workflow is not known before it is loaded: where several workflows have a transition of that name,
//! the needs of all of them are loaded. Pure. Tests: `tests/it/engine_*.rs`.

use serde_json::Value as Json;

use crate::domain::{Action, Actor, Command, LoadRequest, Needs};
use crate::model::{Book, Field, Transition, Type, Workflow};

/// The request for a command.
#[must_use]
pub fn request(book: &Book, command: &Command) -> LoadRequest {
    let candidates: Vec<(&Workflow, &Transition)> = candidates(book, command);
    let mut request = LoadRequest {
        parent: match &command.action {
            Action::Open { parent, .. } => parent.clone(),
            Action::Fire { .. } => None,
        },
        person: match &command.actor {
            Actor::Person(code) => Some(code.clone()),
            Actor::System => None,
        },
        ..LoadRequest::about(&command.bu, &command.doc, command.key.clone(), command.effective_at.date(&book.manifest.zone))
    };
    for (workflow, transition) in candidates {
        merge(&mut request.needs, &transition.needs);
        for (name, json) in &command.input.fields {
            note(&mut request, workflow.field(name.as_str()), json);
        }
        for line in &command.input.lines {
            for (name, json) in &line.values {
                note(&mut request, workflow.line_field(name.as_str()), json);
            }
        }
    }
    unique(&mut request.needs.bins);
    unique(&mut request.needs.value_at);
    unique(&mut request.parts);
    unique(&mut request.parties);
    unique(&mut request.contracts);
    unique(&mut request.serials);
    request
}

fn unique<T: Ord>(list: &mut Vec<T>) {
    list.sort();
    list.dedup();
}

fn candidates<'b>(book: &'b Book, command: &Command) -> Vec<(&'b Workflow, &'b Transition)> {
    match &command.action {
        Action::Open { workflow, transition, .. } => {
            let found = book.workflows.get(workflow).into_iter();
            let openings = |w: &'b std::sync::Arc<Workflow>| w.transitions.iter().filter(|t| t.opens()).map(move |t| (&**w, t));
            found.flat_map(openings).filter(|(_, t)| transition.as_ref().is_none_or(|name| t.name == *name)).collect()
        }
        Action::Fire { transition } => book.workflows.values().filter_map(|w| Some((&**w, w.transition(transition.as_str())?))).collect(),
    }
}

fn merge(into: &mut Needs, more: &Needs) {
    into.bins.extend(more.bins.iter().cloned());
    into.on_hand |= more.on_hand;
    into.inbound |= more.inbound;
    into.network |= more.network;
    into.obligations |= more.obligations;
    into.limits |= more.limits;
    into.value_at.extend(more.value_at.iter().cloned());
    into.past_moves |= more.past_moves;
}

/// Notes the code in a raw value, by the type of its field.
fn note(request: &mut LoadRequest, field: Option<&Field>, json: &Json) {
    if let Some(field) = field {
        note_typed(request, &field.ty, json);
    }
}

fn note_typed(request: &mut LoadRequest, ty: &Type, json: &Json) {
    if let (Type::List(inner), Json::Array(items)) = (ty, json) {
        return items.iter().for_each(|item| note_typed(request, inner, item));
    }
    let Some(text) = json.as_str().map(str::trim) else { return };
    match ty {
        Type::Optional(inner) => note_typed(request, inner, json),
        Type::List(inner) => text.split([',', ' ']).filter(|s| !s.is_empty()).for_each(|s| note_typed(request, inner, &Json::from(s))),
        Type::Part => request.parts.push(text.into()),
        Type::Party(_) => request.parties.push(text.into()),
        Type::Contract => request.contracts.push(text.into()),
        Type::Serial => request.serials.push(text.into()),
        _ => {}
    }
}
