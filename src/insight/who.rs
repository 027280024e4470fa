//! Who may fire a transition instead of whoever was refused: the people of master data by name, with their role.
//!
//! Must not know who shows it. Tests: `tests/it/explain.rs`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::{Name, PartyCode, PersonCode};
use crate::domain::{Action, Command, Document, Event, Person, Reason, ReasonCode, Refusal};
use crate::engine::{Engine, EngineError};
use crate::model::{FieldKind, Role, Transition, Workflow};

/// More people than these are not named.
const MOST: usize = 12;

/// Somebody who may.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Someone {
    /// The person's code.
    pub person: PersonCode,
    /// The person's name.
    pub name: String,
    /// The role that allows it.
    pub role: Name,
    /// What they may fire: the transition that was refused, or the approval that it needs first.
    pub fires: Name,
}

/// The people who could help where it is the person that stands in the way: who may fire what was refused, and who may
/// approve it. Nobody, where anybody would be refused alike.
///
/// # Errors
/// A fault of the store.
pub async fn who_may(engine: &Engine, command: &Command, refusal: &Refusal) -> Result<Vec<Someone>, EngineError> {
    let has = |wanted: &[ReasonCode]| refusal.reasons.iter().any(|reason: &Reason| wanted.contains(&reason.code));
    let (other, approval) = (has(&[ReasonCode::RoleDenied, ReasonCode::FourEyes]), has(&[ReasonCode::ApprovalMissing]));
    if !other && !approval {
        return Ok(Vec::new());
    }
    let document = engine.store().document(&command.bu, &command.doc).await?;
    let older = match &document {
        Some(document) => engine.of_older(document).await?,
        None => None,
    };
    let book = older.as_ref().unwrap_or(engine).book();
    let workflow = match (&command.action, &document) {
        (Action::Open { workflow, .. }, _) => book.workflows.get(workflow),
        (_, Some(document)) => book.workflows.get(&document.workflow),
        _ => None,
    };
    let Some(workflow) = workflow else { return Ok(Vec::new()) };
    let fires = |name: &str| workflow.transition(name);
    let wanted: Vec<&Transition> =
        [fires(refusal.transition.as_str()).filter(|_| other), fires(&format!("approve_{}", refusal.transition)).filter(|_| approval)]
            .into_iter()
            .flatten()
            .collect();
    let events = match &document {
        Some(document) => engine.store().events(&command.bu, &document.id).await?.into_iter().map(|r| r.event).collect(),
        None => Vec::new(),
    };
    let parties = parties(workflow, document.as_ref(), command);
    let people = engine.store().master(&command.bu).await?.people;
    let place = Place { roles: &book.vocabulary.roles, parties: &parties, events: &events, asking: command.actor.code() };
    let found = wanted.iter().flat_map(|transition| people.iter().filter_map(|person| place.someone(transition, person)));
    Ok(found.take(MOST).collect())
}

/// The parties that a document names; of one that is still to be opened, those that the command gives.
fn parties(workflow: &Workflow, document: Option<&Document>, command: &Command) -> Vec<PartyCode> {
    let fields = workflow.fields.iter().filter(|f| f.kind == FieldKind::Party);
    let of = |name: &Name| match document {
        Some(document) => document.field(name.as_str()).as_party().cloned(),
        None => command.input.fields.get(name).and_then(|given| given.as_str()).map(PartyCode::from),
    };
    fields.filter_map(|f| of(&f.name)).collect()
}

struct Place<'a> {
    roles: &'a BTreeMap<Name, Role>,
    parties: &'a [PartyCode],
    events: &'a [Event],
    asking: PersonCode,
}

impl Place<'_> {
    fn someone(&self, transition: &Transition, person: &Person) -> Option<Someone> {
        // Nobody approves what they fire themselves.
        let own = transition.approves.is_some() && person.code == self.asking;
        if own || self.events.iter().any(|event| transition.not_by.contains(&event.transition) && event.actor == person.code) {
            return None;
        }
        let role = transition.by.iter().find(|role| self.holds(person, role))?;
        Some(Someone { person: person.code.clone(), name: person.name.clone(), role: role.clone(), fires: transition.name.clone() })
    }

    /// Whether a person holds a role where the document needs it.
    fn holds(&self, person: &Person, role: &Name) -> bool {
        let at_party = self.roles.get(role).is_some_and(|r| r.at.is_some());
        person.roles.iter().any(|g| g.role == *role && (!at_party || g.at.as_ref().is_some_and(|at| self.parties.contains(at))))
    }
}
