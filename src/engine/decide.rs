//! `decide`: snapshot and command in, decision or refusal out. Pure, so that running, dry runs, proving, replaying and
//! explaining are one and the same code.
//!
//! Must not know the store, the clock or any file. Tests: `tests/it/engine_*.rs` and the scenarios.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::base::{Name, Timestamp};
use crate::domain::{Action, Actor, Command, Decision, Document, Event, Reason, ReasonCode, Refusal, Snapshot, Timer};
use crate::model::{Book, Transition, Trigger, Workflow};
use crate::rules::Rules;

use super::clocks::Clocks;
use super::run::{Env, Run};
use super::witness::Witness;
use super::{books, migrate, permit};

/// Decides a command.
///
/// # Errors
/// A refusal with every reason why the command is not possible.
pub fn decide(book: &Book, rules: &Rules, snapshot: &Snapshot, command: &Command) -> Result<Decision, Box<Refusal>> {
    decide_seen((book, rules), snapshot, command, None)
}

/// Like [`decide`], before a witness, who keeps what the decision looks at.
///
/// # Errors
/// A refusal with every reason why the command is not possible.
pub fn decide_seen((book, rules): (&Book, &Rules), snapshot: &Snapshot, command: &Command, witness: Option<&Witness>) -> Result<Decision, Box<Refusal>> {
    let given = Given { book, rules, snapshot, command, witness };
    match &command.action {
        Action::Open { workflow, transition, .. } => open(given, workflow, transition.as_ref()),
        Action::Fire { transition } => fire(given, transition),
    }
}

/// What a decision is made from, before its workflow is known.
#[derive(Clone, Copy)]
struct Given<'a> {
    book: &'a Book,
    rules: &'a Rules,
    snapshot: &'a Snapshot,
    command: &'a Command,
    witness: Option<&'a Witness>,
}

fn open(given: Given<'_>, name: &Name, transition: Option<&Name>) -> Result<Decision, Box<Refusal>> {
    let Given { book, rules, snapshot, command, witness } = given;
    let wanted = transition.cloned().unwrap_or_else(|| "open".into());
    let refused = |reasons| Err(refusal(command, &wanted, None, reasons));
    let Some(workflow) = book.workflows.get(name) else {
        let reason = Reason::new(ReasonCode::UnknownWorkflow, format!("the book has no workflow `{name}`"));
        let known = crate::base::suggest::did_you_mean(name.as_str(), book.workflows.keys().map(Name::as_str));
        return refused(vec![known.map_or(reason.clone(), |hint| reason.remedy(hint))]);
    };
    if snapshot.document.is_some() {
        return refused(vec![Reason::new(ReasonCode::DocumentExists, format!("there is a document `{}` already", command.doc)).remedy("another id")]);
    }
    let mut openings = workflow.transitions.iter().filter(|t| t.opens() && transition.is_none_or(|name| t.name == *name));
    let by_system = |t: &&Transition| command.actor == Actor::System && t.by.iter().any(|r| *r == permit::SYSTEM);
    let usual = |t: &&Transition| t.name == "open";
    let Some(opening) = openings.clone().find(by_system).or_else(|| openings.clone().find(usual)).or_else(|| openings.next()) else {
        return refused(vec![Reason::new(ReasonCode::NotAllowed, format!("`{name}` has no opening transition `{wanted}`"))]);
    };
    let env = Env { book, rules, snapshot, command, workflow, transition: opening, witness };
    let mut run = Run::new(env, blank(workflow, command));
    run.fill();
    for reason in untimely(book, snapshot, command) {
        run.refuse(reason);
    }
    // Roles are held at parties, so they can be judged only once the parties are known.
    if run.reasons.is_empty() {
        match permit::role(book, workflow, opening, &run.doc, snapshot, &command.actor) {
            Ok(role) => return complete(run, role),
            Err(reason) => run.refuse(*reason),
        }
    }
    Err(refusal(command, &opening.name, None, run.reasons))
}

fn blank(workflow: &Workflow, command: &Command) -> Document {
    let initial = workflow.states.iter().find(|s| s.initial).map_or_else(|| Name::from(""), |s| s.name.clone());
    let parent = match &command.action {
        Action::Open { parent, .. } => parent.clone(),
        Action::Fire { .. } => None,
    };
    Document {
        bu: command.bu.clone(),
        id: command.doc.clone(),
        number: String::new(),
        workflow: workflow.name.clone(),
        version: workflow.version,
        state: initial,
        ended: false,
        revision: 0,
        fields: BTreeMap::new(),
        lines: Vec::new(),
        opened_by: command.actor.code(),
        opened_at: command.effective_at,
        entered_at: command.effective_at,
        parent,
    }
}

fn fire(given: Given<'_>, wanted: &Name) -> Result<Decision, Box<Refusal>> {
    let Given { book, rules, snapshot, command, witness } = given;
    let Some(doc) = &snapshot.document else {
        let reason = Reason::new(ReasonCode::UnknownDocument, format!("there is no document `{}` in business unit `{}`", command.doc, command.bu));
        return Err(refusal(command, wanted, None, vec![reason]));
    };
    let refused = |reasons, allowed| Err(refusal(command, wanted, Some((doc, allowed)), reasons));
    let Some(workflow) = book.workflows.get(&doc.workflow) else {
        let reason = Reason::new(ReasonCode::UnknownWorkflow, format!("the document runs on `{}`, which this book does not have", doc.workflow));
        return refused(vec![reason], Vec::new());
    };
    let moved = match migrate::current(workflow, doc) {
        Ok(moved) => moved,
        Err(reason) => return refused(vec![*reason], Vec::new()),
    };
    let doc = &*moved;
    let refused = |reasons| Err(refusal(command, wanted, Some((doc, permit::allowed(workflow, doc).map(|t| t.name.clone()).collect())), reasons));
    let mut early = stale(doc, command);
    early.extend(untimely(book, snapshot, command));
    let transition = match permit::transition(workflow, doc, wanted) {
        Ok(transition) => transition,
        Err(reason) => {
            early.push(*reason);
            // From another state the fields that the transition counts on may not be there: only who may is looked at.
            if let Some(transition) = workflow.transition(wanted.as_str()) {
                early.extend(permit::role(book, workflow, transition, doc, snapshot, &command.actor).err().map(|reason| *reason));
            }
            return refused(early);
        }
    };
    let role = permit::role(book, workflow, transition, doc, snapshot, &command.actor);
    let role = role.map_err(|reason| early.push(*reason)).ok();
    early.extend(permit::others(workflow, transition, &snapshot.events, &command.actor));
    // Whoever watches sees what decided, and not what would have been asked of somebody else. Who only waits for an approval
    // or for another pair of eyes is told the guards as well.
    let witness = witness.filter(|w| early.is_empty() || role.is_some() || w.is_curious());
    let mut run = Run::new(Env { book, rules, snapshot, command, workflow, transition, witness }, doc.clone());
    run.take_input();
    if early.is_empty() {
        early.extend(run.too_early());
    }
    match role {
        Some(role) if early.is_empty() && run.reasons.is_empty() => complete(run, role),
        _ => {
            early.extend(everything(run));
            refused(early)
        }
    }
}

/// Every other reason of a command that is refused already: what its input lacks, and which guards do not hold, as far as they
/// do not wait for what is lacking.
fn everything(mut run: Run<'_>) -> Vec<Reason> {
    let mut reasons = std::mem::take(&mut run.reasons);
    if reasons.len() > run.lacking {
        return reasons;
    }
    run.carry_out_all(&run.env.transition.body);
    if run.reasons.is_empty() && reasons.is_empty() {
        let target = run.target_state();
        if let Some(state) = target.and_then(|t| run.env.workflow.state(t.as_str())).filter(|s| s.is_final) {
            run.check_end(state);
        }
    }
    reasons.extend(run.reasons);
    reasons
}

/// Whether the actor looks at an old document.
fn stale(doc: &Document, command: &Command) -> Vec<Reason> {
    let seen = command.seen_revision.filter(|seen| *seen != doc.revision);
    let reason = seen.map(|seen| {
        let sentence = format!("the document is at revision {}, not {seen}: it has moved on", doc.revision);
        Reason::new(ReasonCode::StaleRevision, sentence).remedy("look at the document again")
    });
    reason.into_iter().collect()
}

/// Whether it cannot happen when the command says: before what has happened already, in the future, in a closed period.
fn untimely(book: &Book, snapshot: &Snapshot, command: &Command) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let local = |at: Timestamp| at.clock(&book.manifest.zone);
    let last = snapshot.events.iter().map(|e| e.effective_at).max();
    if let Some(last) = last.filter(|last| command.effective_at < *last) {
        let sentence = format!("{} is before the document's last transition at {}", local(command.effective_at), local(last));
        reasons.push(Reason::new(ReasonCode::BadTime, sentence).remedy(format!("{} or later", local(last))));
    }
    if command.effective_at > command.recorded_at {
        let sentence = format!("{} has not come yet; it is {}", local(command.effective_at), local(command.recorded_at));
        reasons.push(Reason::new(ReasonCode::BadTime, sentence).remedy(format!("{} or earlier", local(command.recorded_at))));
    }
    reasons.extend(books::closed(book, snapshot, command));
    reasons
}

/// Carries out the transition's body and draws the sum.
fn complete(mut run: Run<'_>, role: Name) -> Result<Decision, Box<Refusal>> {
    let (workflow, transition, command) = (run.env.workflow, run.env.transition, run.env.command);
    run.carry_out_all(&transition.body);
    let before = run.env.snapshot.document.as_ref().map(|d| d.state.clone());
    let target = run.target_state();
    let entered = target != before;
    let clocks = match target.as_ref().filter(|_| run.reasons.is_empty()) {
        Some(target) if entered => run.clocks(target),
        Some(target) => run.clocks_moved(target),
        None => Clocks::default(),
    };
    let state = target.as_ref().and_then(|target| workflow.state(target.as_str()));
    let ended = state.is_some_and(|s| s.is_final);
    run.promises(ended);
    if let Some(state) = state.filter(|s| s.is_final)
        && run.reasons.is_empty()
    {
        run.check_end(state);
    }
    let number = if transition.opens() { run.series_take(&workflow.number, workflow.name.as_str(), None).map(Some) } else { Ok(None) };
    let number = number.unwrap_or_else(|halt| {
        run.stopped(halt);
        None
    });
    if let Some(witness) = run.env.witness {
        witness.answers(|| run.traces());
    }
    if !run.reasons.is_empty() {
        let allowed = run.env.snapshot.document.as_ref().map(|d| (d, permit::allowed(workflow, d).map(|t| t.name.clone()).collect()));
        return Err(refusal(command, &transition.name, allowed, run.reasons));
    }
    run.doc.ended = ended;
    if let Some(target) = target.filter(|_| entered) {
        run.enter(target);
    }
    let event = event(&run, before, role);
    Ok(assemble(run, event, number, (entered, &clocks)))
}

/// The journal's row of a decision, which takes with it what the rules answered.
pub fn event(run: &Run<'_>, from: Option<Name>, role: Name) -> Event {
    let command = run.env.command;
    Event {
        transition: run.env.transition.name.clone(),
        from,
        to: run.doc.state.clone(),
        actor: command.actor.code(),
        role,
        key: command.key.clone(),
        body_hash: body_hash(command),
        book_hash: run.env.book.hash.clone(),
        version: run.env.workflow.version,
        recorded_at: command.recorded_at,
        effective_at: command.effective_at,
        input: command.input.clone(),
        rules: run.answers.take().into_iter().map(|known| known.trace).collect(),
    }
}

/// The whole of a decision.
pub fn assemble(mut run: Run<'_>, event: Event, number: Option<crate::domain::SeriesTake>, (entered, clocks): (bool, &Clocks)) -> Decision {
    run.doc.revision += 1;
    let revision = run.doc.revision;
    let (children, starts) = run.started(revision);
    let mut timers: Vec<Timer> = if run.doc.ended { Vec::new() } else { run.timers(entered, clocks, revision) };
    timers.extend(starts);
    timers.extend(run.told(revision));
    timers.extend(run.arrived(revision));
    timers.extend(run.waits(entered, revision));
    let opens = run.env.transition.opens();
    let Run { doc, out, env, .. } = run;
    Decision {
        bu: doc.bu.clone(),
        document: doc,
        opens,
        number,
        chain: env.snapshot.chain.clone(),
        event,
        lots: out.lots,
        moves: out.moves,
        owed: out.owed,
        obligation_changes: out.obligation_changes,
        papers: out.papers,
        papers_closed: out.papers_closed,
        books_closed: out.books_closed,
        timers,
        enters_state: entered,
        fired_timer: None,
        outbox: out.outbox,
        claims: out.claims,
        children,
    }
}

/// SHA-256 of what a command says, apart from its times: a repeat says the same, another command with its key does not.
#[must_use]
pub fn body_hash(command: &Command) -> String {
    let said = serde_json::json!([command.bu, command.doc, command.action, command.actor, command.input]);
    hex::encode(Sha256::digest(said.to_string()))
}

/// A refusal with its reasons in order.
pub fn refusal(command: &Command, transition: &Name, seen: Option<(&Document, Vec<Name>)>, mut reasons: Vec<Reason>) -> Box<Refusal> {
    reasons.sort_by_key(|r| (r.code, r.line));
    let (state, allowed) = seen.map_or((None, Vec::new()), |(doc, allowed)| (Some(doc.state.clone()), allowed));
    Box::new(Refusal { doc: command.doc.clone(), transition: transition.clone(), state, reasons, allowed })
}

/// The transitions that the engine itself tries in a state.
pub fn at_once<'w>(workflow: &'w Workflow, state: &'w Name) -> impl Iterator<Item = &'w Transition> {
    workflow.transitions.iter().filter(move |t| t.from.contains(state) && t.triggers.iter().any(|trigger| matches!(trigger, Trigger::AtOnce)))
}
