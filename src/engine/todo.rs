//! What a person may do now, and with what input.
//!
//! Must not decide: whether guards hold is for a dry run. Tests: `tests/it/engine_*.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Bu, DocId, Name, PartCode, PartyCode, PersonCode, Timestamp};
use crate::domain::{Actor, Document, LoadRequest, Person, Reason, Snapshot, Tracking};
use crate::model::{Choosing, Clause, ClauseKind, ExprKind, Transition, Workflow};
use crate::store::{DocumentFilter, DocumentHead};

use super::execute::{Engine, EngineError};
use super::migrate;
use super::permit;

/// Documents listed at a time.
const PAGE: u32 = 500;

/// A document that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// The document.
    pub document: DocumentHead,
    /// The transitions that the person's roles allow.
    pub transitions: Vec<Name>,
}

/// One thing that a transition asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskInfo {
    /// The field.
    pub field: Name,
    /// Its type, as the language writes it.
    pub ty: String,
    /// May be left out.
    pub optional: bool,
    /// Parts of the document whose units it names by serial number: it may not be left out for them.
    pub named: Vec<PartCode>,
    /// For these it may be left out, too, where all units go that the document holds there.
    pub where_some_go: bool,
    /// Asked for each line.
    pub per_line: bool,
    /// What people read.
    pub label: String,
}

/// A transition that a person may fire on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Possible {
    /// The transition.
    pub transition: Name,
    /// The role that allows it.
    pub role: Name,
    /// Where it may lead.
    pub to: Vec<Name>,
    /// What it asks for.
    pub asks: Vec<AskInfo>,
    /// What stands in the way already: four eyes, a missing approval.
    pub blocked: Vec<Reason>,
}

/// A document with the transitions that a person's roles allow, and the engine with the book that it runs under.
struct Mine {
    head: DocumentHead,
    under: Engine,
    transitions: BTreeSet<Name>,
}

impl Mine {
    fn open(&self) -> impl Iterator<Item = (&Workflow, &Transition)> {
        let workflow = self.under.book().workflows.get(&self.head.workflow);
        workflow.into_iter().flat_map(|w| self.transitions.iter().filter_map(move |name| Some((&**w, w.transition(name.as_str())?))))
    }
}

/// Whether it counts who has done what before: four eyes, an approval.
fn depends_on_others(transition: &Transition) -> bool {
    !transition.not_by.is_empty() || transition.approval.is_some()
}

impl Engine {
    /// Open documents with transitions that the person's roles allow, newest first; without those that somebody else must do
    /// or approve first. A document that stays on an older version is looked at under the book that has it.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn todo(&self, bu: &Bu, person: &PersonCode) -> Result<Vec<Todo>, EngineError> {
        let Some(person) = self.person(bu, person).await? else { return Ok(Vec::new()) };
        let actor = Actor::Person(person.code.clone());
        let mut mine: BTreeMap<DocId, Mine> = BTreeMap::new();
        for (at, roles) in roles_by_party(&person) {
            let filter = DocumentFilter { party: at, open_only: true, limit: PAGE, ..DocumentFilter::new(bu.clone()) };
            for head in self.store().documents(&filter).await? {
                let under = self.of_version(bu, &head.id, (&head.workflow, head.version)).await?.unwrap_or_else(|| self.clone());
                let transitions = under.open_to(&head, &roles);
                if !transitions.is_empty() {
                    mine.entry(head.id.clone()).or_insert(Mine { head, under, transitions: BTreeSet::new() }).transitions.extend(transitions);
                }
            }
        }
        let watched: Vec<DocId> = mine.values().filter(|m| m.open().any(|(_, t)| depends_on_others(t))).map(|m| m.head.id.clone()).collect();
        let pasts = self.store().pasts(bu, &watched).await?;
        let waits = |m: Mine| {
            let past = pasts.get(&m.head.id).map_or(&[][..], Vec::as_slice);
            let free = m.open().filter(|(workflow, t)| !depends_on_others(t) || permit::others(workflow, t, past, &actor).is_empty());
            let transitions: Vec<Name> = free.map(|(_, t)| t.name.clone()).collect();
            (!transitions.is_empty()).then_some(Todo { document: m.head, transitions })
        };
        let mut list: Vec<Todo> = mine.into_values().filter_map(waits).collect();
        list.sort_by(|a, b| (b.document.opened_at, &b.document.id).cmp(&(a.document.opened_at, &a.document.id)));
        Ok(list)
    }

    /// The transitions of a document that some roles allow. What is possible anywhere is nothing that waits.
    fn open_to(&self, head: &DocumentHead, roles: &[Name]) -> Vec<Name> {
        let Some(workflow) = self.book().workflows.get(&head.workflow) else { return Vec::new() };
        let Some(state) = migrate::state_of(workflow, head.version, &head.state) else { return Vec::new() };
        let mine = |t: &&Transition| t.from.contains(state) && !t.anywhere && t.by.iter().any(|r| roles.contains(r));
        workflow.transitions.iter().filter(mine).map(|t| t.name.clone()).collect()
    }

    /// The transitions that a person may fire on a document, and what each asks for.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn can(&self, bu: &Bu, doc: &DocId, person: &PersonCode, now: Timestamp) -> Result<Vec<Possible>, EngineError> {
        let on = now.date(&self.book().manifest.zone);
        let request = LoadRequest { person: Some(person.clone()), ..LoadRequest::about(bu, doc, format!("can:{doc}").into(), on) };
        let snapshot = self.store().load(&request).await?;
        let Some(document) = &snapshot.document else { return Ok(Vec::new()) };
        if let Some(older) = self.of_older(document).await? {
            return Box::pin(older.can(bu, doc, person, now)).await;
        }
        let Some(workflow) = self.book().workflows.get(&document.workflow) else { return Ok(Vec::new()) };
        let Ok(document) = &migrate::current(workflow, document) else { return Ok(Vec::new()) };
        let actor = Actor::Person(person.clone());
        let mut possible = Vec::new();
        for transition in permit::allowed(workflow, document) {
            if let Ok(role) = permit::role(self.book(), workflow, transition, document, &snapshot, &actor) {
                let blocked = permit::others(workflow, transition, &snapshot.events, &actor);
                let mut asks = asks(workflow, &transition.body, false);
                asks.iter_mut().for_each(|ask| name_units(ask, &transition.body, document, &snapshot));
                possible.push(Possible { transition: transition.name.clone(), role, to: transition.to.clone(), asks, blocked });
            }
        }
        Ok(possible)
    }

    async fn person(&self, bu: &Bu, code: &PersonCode) -> Result<Option<Person>, EngineError> {
        Ok(self.store().person(bu, code).await?)
    }
}

/// The roles of a person, by the party at which they are held.
fn roles_by_party(person: &Person) -> BTreeMap<Option<PartyCode>, Vec<Name>> {
    let mut roles: BTreeMap<Option<PartyCode>, Vec<Name>> = BTreeMap::new();
    for grant in &person.roles {
        roles.entry(grant.at.clone()).or_default().push(grant.role.clone());
    }
    roles
}

/// What clauses ask for.
fn asks(workflow: &Workflow, body: &[Clause], per_line: bool) -> Vec<AskInfo> {
    let mut found = Vec::new();
    for clause in body {
        match &clause.kind {
            ClauseKind::Ask(list) => found.extend(list.iter().map(|ask| {
                let declared = if per_line { workflow.line_field(ask.field.as_str()) } else { workflow.field(ask.field.as_str()) };
                let has_default = declared.is_some_and(|f| f.default.is_some());
                AskInfo {
                    field: ask.field.clone(),
                    ty: ask.ty.to_string(),
                    optional: ask.optional || has_default,
                    named: Vec::new(),
                    where_some_go: false,
                    per_line,
                    label: declared.map(|f| f.label.clone()).unwrap_or_default(),
                }
            })),
            ClauseKind::AskLines => found.push(AskInfo {
                field: "lines".into(),
                ty: "lines".into(),
                optional: false,
                named: Vec::new(),
                where_some_go: false,
                per_line: false,
                label: "All lines anew".into(),
            }),
            ClauseKind::EachLine(each) => found.extend(asks(workflow, &each.body, true)),
            _ => {}
        }
    }
    found
}

/// What a field that names units by serial number is asked for: the parts of the document that have such numbers.
fn name_units(ask: &mut AskInfo, body: &[Clause], document: &Document, snapshot: &Snapshot) {
    let Some(enters) = names_units(&ask.field, body) else { return };
    let tracked = |code: &PartCode| snapshot.parts.iter().any(|p| p.code == *code && p.tracking == Tracking::Serial);
    let parts: BTreeSet<PartCode> = document.lines.iter().filter_map(|l| l.part()).filter(|part| tracked(part)).cloned().collect();
    ask.named = parts.into_iter().collect();
    ask.where_some_go = !enters;
}

/// Whether a field names the units of a move, and if so, whether any of them come into the world with it.
fn names_units(field: &Name, body: &[Clause]) -> Option<bool> {
    let mut found = None;
    for clause in body {
        let enters = match &clause.kind {
            ClauseKind::EachLine(each) => names_units(field, &each.body),
            ClauseKind::Move(spec) => match &spec.choosing {
                Choosing::Serials(expr) if matches!(&expr.kind, ExprKind::Field(name) | ExprKind::LineField(name) if name == field) => {
                    Some(spec.from.outside && spec.new_lot.is_some())
                }
                _ => None,
            },
            _ => None,
        };
        found = match (found, enters) {
            (Some(a), Some(b)) => Some(a || b),
            (a, b) => a.or(b),
        };
    }
    found
}
