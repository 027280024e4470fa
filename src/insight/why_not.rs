//! Why a transition is not possible, before anybody tries: every reason at once, and the smallest changes with which it passes.
//!
//! What would pass has been tried, by deciding again without writing. Must not know who shows it. Tests: `tests/it/explain.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::who::{Someone, who_may};
use crate::base::{Name, PartCode, PersonCode};
use crate::domain::{Action, Actor, Command, Decision, InputLine, ReasonCode, Refusal, Value};
use crate::engine::{Engine, EngineError};
use crate::model::{Clause, ClauseKind};

/// Changes are tried together so often at most: one may call for another.
const ROUNDS: usize = 4;

/// One change of a command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Change {
    /// Another value for an input.
    Input {
        /// For which line of the document.
        line: Option<u32>,
        /// The field.
        field: Name,
        /// The value.
        value: Value,
    },
    /// Another person.
    Person {
        /// Who.
        person: PersonCode,
        /// Under which role.
        role: Name,
    },
}

/// The answer.
#[derive(Debug, Clone, Serialize)]
pub struct WhyNot {
    /// The refusal with every reason; absent where the transition is possible.
    pub refusal: Option<Box<Refusal>>,
    /// What it would do, where it is possible.
    #[serde(skip)]
    pub decision: Option<Box<Decision>>,
    /// Who may do it instead, or may approve it.
    pub people: Vec<Someone>,
    /// Changes with which it was tried and passes, all of them together; empty where none were found.
    pub passes_with: Vec<Change>,
}

/// Why a command would be refused. Nothing is written.
///
/// # Errors
/// A fault of the store.
pub async fn why_not(engine: &Engine, command: &Command) -> Result<WhyNot, EngineError> {
    let refusal = match engine.dry_run(command.clone()).await? {
        Ok(decision) => return Ok(WhyNot { refusal: None, decision: Some(Box::new(decision)), people: Vec::new(), passes_with: Vec::new() }),
        Err(refusal) => refusal,
    };
    let people = who_may(engine, command, &refusal).await?;
    let asked = Asked::of(engine, command).await?;
    let other = people.iter().find(|someone| someone.fires == refusal.transition);
    let passes_with = attempts(engine, command, &asked, (&refusal, other)).await?;
    Ok(WhyNot { refusal: Some(refusal), decision: None, people, passes_with })
}

/// What can be changed in a command.
struct Asked {
    /// The fields that the transition asks for; an opening takes any.
    fields: Option<BTreeSet<Name>>,
    /// The parts of the document's lines.
    parts: BTreeMap<u32, PartCode>,
}

impl Asked {
    async fn of(engine: &Engine, command: &Command) -> Result<Self, EngineError> {
        let document = engine.store().document(&command.bu, &command.doc).await?;
        let lines = document.iter().flat_map(|d| &d.lines);
        let parts = lines.filter_map(|l| Some((l.no, l.part()?.clone()))).collect();
        let Action::Fire { transition } = &command.action else { return Ok(Self { fields: None, parts }) };
        let workflow = document.as_ref().and_then(|d| engine.book().workflows.get(&d.workflow));
        let clauses = workflow.and_then(|w| w.transition(transition.as_str())).map(|t| t.body.as_slice()).unwrap_or_default();
        let mut fields = BTreeSet::new();
        let mut pending: Vec<&Clause> = clauses.iter().collect();
        while let Some(clause) = pending.pop() {
            match &clause.kind {
                ClauseKind::Ask(asks) => fields.extend(asks.iter().map(|a| a.field.clone())),
                ClauseKind::EachLine(each) => pending.extend(&each.body),
                _ => {}
            }
        }
        Ok(Self { fields: Some(fields), parts })
    }

    fn has(&self, field: &Name) -> bool {
        self.fields.as_ref().is_none_or(|fields| fields.contains(field))
    }
}

/// Changes the command as its refusals say, until it passes.
async fn attempts(engine: &Engine, command: &Command, asked: &Asked, (refusal, other): (&Refusal, Option<&Someone>)) -> Result<Vec<Change>, EngineError> {
    let mut command = command.clone();
    let mut refusal = refusal.clone();
    let mut changes: Vec<Change> = Vec::new();
    for _ in 0..ROUNDS {
        let mut more = inputs(&refusal, asked);
        if let Some(other) = other.filter(|_| refusal.reasons.iter().any(|r| matches!(r.code, ReasonCode::RoleDenied | ReasonCode::FourEyes))) {
            more.push(Change::Person { person: other.person.clone(), role: other.role.clone() });
        }
        if more.is_empty() {
            return Ok(Vec::new());
        }
        for change in more {
            apply(&mut command, asked, &change);
            changes.retain(|c| !same_place(c, &change));
            changes.push(change);
        }
        command.key = format!("{} again", command.key).as_str().into();
        match engine.dry_run(command.clone()).await? {
            Ok(_) => return Ok(changes),
            Err(next) if next.reasons == refusal.reasons => return Ok(Vec::new()),
            Err(next) => refusal = *next,
        }
    }
    Ok(Vec::new())
}

/// The inputs that the reasons would have changed: of several for one place, the one that asks for most change.
fn inputs(refusal: &Refusal, asked: &Asked) -> Vec<Change> {
    let mut wanted: BTreeMap<(Option<u32>, Name), (bool, Value)> = BTreeMap::new();
    for reason in &refusal.reasons {
        let named = reason.remedies.iter().find_map(|r| Some((r.field.clone().filter(|f| asked.has(f))?, r.value.clone()?, r.text.starts_with("at most"))));
        let Some((field, value, at_most)) = named else { continue };
        let place = (reason.line, field);
        let further = |held: &Value| match (held.as_quantity(), value.as_quantity()) {
            (Some(held), Some(new)) => (at_most && new < held) || (!at_most && new > held),
            _ => false,
        };
        if wanted.get(&place).is_none_or(|(_, held)| further(held)) {
            wanted.insert(place, (at_most, value));
        }
    }
    wanted.into_iter().map(|((line, field), (_, value))| Change::Input { line, field, value }).collect()
}

fn same_place(a: &Change, b: &Change) -> bool {
    match (a, b) {
        (Change::Input { line, field, .. }, Change::Input { line: other, field: name, .. }) => line == other && field == name,
        (Change::Person { .. }, Change::Person { .. }) => true,
        _ => false,
    }
}

fn apply(command: &mut Command, asked: &Asked, change: &Change) {
    match change {
        Change::Person { person, .. } => command.actor = Actor::Person(person.clone()),
        Change::Input { line: None, field, value } => {
            command.input.fields.insert(field.clone(), value.to_string().into());
        }
        Change::Input { line: Some(no), field, value } => {
            // A new document's lines are numbered as they are given; those of a running one are named by number or part.
            let opens = matches!(command.action, Action::Open { .. });
            let part = asked.parts.get(no).map(PartCode::as_str);
            let named = |l: &InputLine| l.line == Some(*no) || (l.line.is_none() && l.values.get("part").and_then(|p| p.as_str()) == part && part.is_some());
            let at = command.input.lines.iter().zip(1..).position(|(l, n)| if opens { n == *no } else { named(l) });
            match at.and_then(|at| command.input.lines.get_mut(at)) {
                Some(line) => {
                    line.values.insert(field.clone(), value.to_string().into());
                }
                None => {
                    let values = [(field.clone(), value.to_string().into())].into();
                    command.input.lines.push(InputLine { line: Some(*no), values });
                }
            }
        }
    }
}
