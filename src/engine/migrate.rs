//! Documents that were opened under an older version of their workflow: where they stand in the book's version.
//!
//! A document moves over by the `migrate from` clause of the new version: when it is told to, or with its next transition.
//! Fields that the new version adds get their defaults. Pure. Tests: `tests/it/engine_versions.rs`, `tests/it/change_apply.rs`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::{Name, Span};
use crate::domain::{Action, Command, Decision, Document, Reason, ReasonCode, Refusal, Snapshot, Timer, TimerKind, Value};
use crate::model::{Book, Field, Goal, Migration, Transition, Type, Workflow};
use crate::rules::Rules;

use super::clocks::Clocks;
use super::decide::{assemble, event, refusal};
use super::run::{Env, Run};
use super::{permit, visit};

type Stranded = Box<Reason>;

fn stranded(sentence: String, remedy: String) -> Stranded {
    Box::new(Reason::new(ReasonCode::NotAllowed, sentence).remedy(remedy))
}

/// The document as the book's version of its workflow sees it.
///
/// # Errors
/// The version does not say how documents of the older one move over, its state is gone without a word, or a field has no value.
pub fn current<'d>(workflow: &Workflow, doc: &'d Document) -> Result<Cow<'d, Document>, Stranded> {
    if workflow.version == doc.version {
        return Ok(Cow::Borrowed(doc));
    }
    let Some(migration) = workflow.migrations.iter().find(|m| m.from == doc.version) else {
        let sentence = format!("the document runs on version {} of `{}`; this book has version {}", doc.version, workflow.name, workflow.version);
        return Err(stranded(
            sentence,
            format!("`migrate from {} {{ … }}` in version {}, or the book that it was opened under", doc.version, workflow.version),
        ));
    };
    let renamed = migration.states.iter().find(|(old, ..)| *old == doc.state).map_or(&doc.state, |(_, new, _)| new);
    let Some(state) = workflow.state(renamed.as_str()) else {
        let sentence = format!("the document is `{}` under version {}, and version {} has no such state", doc.state, doc.version, workflow.version);
        return Err(stranded(sentence, format!("`state {} -> …` in `migrate from {}`", doc.state, doc.version)));
    };
    let mut moved = doc.clone();
    moved.version = workflow.version;
    moved.state = state.name.clone();
    moved.ended = state.is_final;
    visit::renamed(&mut moved, &doc.state, migration);
    complete(workflow, doc.version, &workflow.fields, &mut moved.fields, "")?;
    for line in &mut moved.lines {
        complete(workflow, doc.version, &workflow.line_fields, &mut line.values, "line ")?;
    }
    Ok(Cow::Owned(moved))
}

/// The state in which a document of some version is under this workflow; nothing where it does not move over.
pub fn state_of<'d>(workflow: &'d Workflow, version: u32, state: &'d Name) -> Option<&'d Name> {
    if workflow.version == version {
        return Some(state);
    }
    let migration = workflow.migrations.iter().find(|m| m.from == version)?;
    let renamed = migration.states.iter().find(|(old, ..)| old == state).map_or(state, |(_, new, _)| new);
    workflow.state(renamed.as_str()).map(|state| &state.name)
}

/// Gives new fields their defaults; what is there must fit the type that the field has now.
fn complete(workflow: &Workflow, from: u32, fields: &[Field], values: &mut BTreeMap<Name, Value>, of: &str) -> Result<(), Stranded> {
    for field in fields {
        match (values.get(&field.name).filter(|v| !v.is_absent()), &field.default) {
            (Some(value), _) if fits(&field.ty, value) => {}
            (Some(value), _) => {
                let sentence = format!("the {of}field `{}` holds `{value}`, and version {} wants {} there", field.name, workflow.version, field.ty);
                return Err(stranded(sentence, format!("another name for the new field, or the type that `{}` had in version {from}", field.name)));
            }
            (None, Some(default)) => {
                values.insert(field.name.clone(), default.clone());
            }
            (None, None) if field.ty.is_optional() => {}
            (None, None) => {
                let sentence = format!("version {} adds the {of}field `{}`, and the document has no value for it", workflow.version, field.name);
                return Err(stranded(sentence, format!("`{}: {} = …` with a default, or `{}: {}?`", field.name, field.ty, field.name, field.ty)));
            }
        }
    }
    Ok(())
}

/// Whether a value is one of a type.
fn fits(ty: &Type, value: &Value) -> bool {
    match (ty.required(), value) {
        (Type::List(inner), Value::List(items)) => items.iter().all(|item| fits(inner, item)),
        (Type::Choice(choices), Value::Name(name)) => choices.contains(name),
        (Type::Condition | Type::Owner | Type::Pool | Type::Role, Value::Name(_))
        | (Type::Quantity, Value::Quantity(_))
        | (Type::Money, Value::Money(_))
        | (Type::Number, Value::Number(_))
        | (Type::Text, Value::Text(_))
        | (Type::YesNo, Value::YesNo(_))
        | (Type::Date, Value::Date(_))
        | (Type::Time, Value::Time(_))
        | (Type::Duration, Value::Duration(_))
        | (Type::Part, Value::Part(_))
        | (Type::Party(_), Value::Party(_))
        | (Type::Contract, Value::Contract(_))
        | (Type::Lot, Value::Lot(_))
        | (Type::Serial, Value::Serial(_))
        | (Type::Sodo, Value::Sodo(_))
        | (Type::Unknown, _) => true,
        _ => false,
    }
}

/// Decides that a document moves over to the book's version, and with which timers; nothing where it is there already.
///
/// # Errors
/// It would be stranded, or would end with something left behind.
pub fn decide(book: &Book, rules: &Rules, snapshot: &Snapshot, timers: &[Timer], command: &Command) -> Result<Option<Decision>, Box<Refusal>> {
    let wanted = command.transition();
    let missing = |reason| Err(refusal(command, &wanted, snapshot.document.as_ref().map(|d| (d, Vec::new())), vec![reason]));
    let Some(doc) = &snapshot.document else {
        return missing(Reason::new(ReasonCode::UnknownDocument, format!("there is no document `{}`", command.doc)));
    };
    let Some(workflow) = book.workflows.get(&doc.workflow) else {
        let reason = Reason::new(ReasonCode::UnknownWorkflow, format!("the document runs on `{}`, which the new book does not have", doc.workflow));
        return missing(reason.remedy(format!("keep `workflow {}` until its documents have ended", doc.workflow)));
    };
    if workflow.version == doc.version || doc.ended {
        return Ok(None);
    }
    let moved = match current(workflow, doc) {
        Ok(moved) => moved.into_owned(),
        Err(reason) => return missing(*reason),
    };
    let mapped = workflow.migrations.iter().find(|m| m.from == doc.version).and_then(|m| keeps(m, &doc.state));
    let transition = moving(&wanted, &doc.state, &moved.state);
    let mut run = Run::new(Env { book, rules, snapshot, command, workflow, transition: &transition, witness: None }, moved);
    let ended = run.doc.ended;
    run.promises(ended);
    if let Some(state) = workflow.state(run.doc.state.as_str()).filter(|s| s.is_final) {
        run.check_end(state);
    }
    let anew = mapped == Some(false) && !ended;
    let target = run.doc.state.clone();
    let clocks = match ended {
        true => Clocks::default(),
        false if anew => run.clocks(&target),
        false => run.rings_of(&target),
    };
    if !run.reasons.is_empty() {
        return Err(refusal(command, &wanted, Some((doc, Vec::new())), run.reasons));
    }
    let event = event(&run, Some(doc.state.clone()), permit::SYSTEM.into());
    let revision = run.doc.revision + 1;
    let timers = if anew { started_anew(&run, &clocks, revision) } else { kept(&run, timers, &clocks, revision) };
    let mut decision = assemble(run, event, None, (false, &Clocks::default()));
    decision.enters_state = true;
    decision.timers.retain(|t| matches!(t.kind, TimerKind::Tell { .. }));
    if !ended {
        decision.timers.extend(timers);
    }
    Ok(Some(decision))
}

/// The command that moves a document over; the same for whoever asks for it, so that it happens once.
pub fn command(doc: &Document, to: u32, now: crate::base::Timestamp) -> Command {
    let action = Action::Fire { transition: format!("migrate from {}", doc.version).into() };
    Command {
        bu: doc.bu.clone(),
        doc: doc.id.clone(),
        action,
        actor: crate::domain::Actor::System,
        input: crate::domain::Input::default(),
        key: format!("migrate:{}:{}:{to}", doc.id, doc.version).into(),
        recorded_at: now,
        effective_at: now,
        seen_revision: None,
    }
}

/// Whether a state that the clause names keeps its deadlines; nothing for one that it does not name.
fn keeps(migration: &Migration, state: &Name) -> Option<bool> {
    migration.states.iter().find(|(old, ..)| old == state).map(|(.., keep)| *keep)
}

/// Moving over as a transition without a body, by the engine itself.
fn moving(name: &Name, from: &Name, to: &Name) -> Transition {
    Transition {
        name: name.clone(),
        doc: String::new(),
        from: vec![from.clone()],
        anywhere: false,
        to: vec![to.clone()],
        goal: Goal::States,
        by: vec![permit::SYSTEM.into()],
        not_by: Vec::new(),
        approval: None,
        approves: None,
        triggers: Vec::new(),
        body: Vec::new(),
        needs: crate::domain::Needs::default(),
        head: Span::default(),
        span: Span::default(),
    }
}

/// Deadlines and clocks begin now; nothing is fired at once, since nobody did anything.
fn started_anew(run: &Run<'_>, clocks: &Clocks, revision: u64) -> Vec<Timer> {
    let mut timers = run.timers_since(run.env.command.effective_at, clocks, revision);
    timers.retain(|t| match &t.kind {
        TimerKind::Fire { transition } => waits(run.env.workflow, transition, &run.doc.state),
        _ => true,
    });
    timers
}

/// The timers that run go on in the state's new name. A clock that the new version adds begins now.
fn kept(run: &Run<'_>, running: &[Timer], clocks: &Clocks, revision: u64) -> Vec<Timer> {
    let state = &run.doc.state;
    let mut kept: Vec<Timer> = Vec::new();
    for timer in running {
        let goes_on = match &timer.kind {
            TimerKind::Deadline { .. } => run.env.workflow.state(state.as_str()).is_some_and(|s| s.deadline.is_some()),
            // One that is set to a day is set anew.
            TimerKind::Fire { transition } => waits(run.env.workflow, transition, state) && !dated(run.env.workflow, transition, state),
            TimerKind::Start(_) | TimerKind::Tell { .. } | TimerKind::Arrived(_) | TimerKind::Waits(_) => false,
        };
        if goes_on {
            kept.push(Timer { id: format!("{revision}.t{}", kept.len() + 1), state: state.clone(), ..timer.clone() });
        }
    }
    for timer in run.timers_since(run.env.command.effective_at, clocks, revision) {
        let TimerKind::Fire { transition } = &timer.kind else { continue };
        let new = waits(run.env.workflow, transition, state) && !kept.iter().any(|k| k.kind == timer.kind);
        if new {
            kept.push(Timer { id: format!("{revision}.t{}", kept.len() + 1), ..timer });
        }
    }
    kept
}

/// Whether a transition waits in a state for a day.
fn dated(workflow: &Workflow, transition: &Name, state: &Name) -> bool {
    workflow.transition(transition.as_str()).is_some_and(|t| t.moments().any(|m| !m.from_entry() && m.states.contains(state)))
}

/// Whether a transition waits in a state for its time.
fn waits(workflow: &Workflow, transition: &Name, state: &Name) -> bool {
    let triggers = workflow.transition(transition.as_str()).map(|t| t.triggers.as_slice()).unwrap_or_default();
    triggers.iter().any(|trigger| trigger.waits_in(state))
}
