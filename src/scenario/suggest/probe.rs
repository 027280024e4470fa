//! Goes through a story, and at each of its steps asks of everything that somebody could try what it would show.
//!
//! Nothing that is asked is done. Must not know how a suggestion is worded. Tests: `tests/it/suggest.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Bu, DocId, Key as CommandKey, Name, Timestamp};
use crate::domain::{Action, Actor, Command, Document, Input, TimerKind};
use crate::engine::Sight;
use crate::model::{Coverage, Key, Scenario, ScenarioActor, ScenarioStep, StepKind, Transition, Workflow};

use super::super::cast::person_code;
use super::super::coverage::saw;
use super::super::runner::{Play, ScenarioError};
use super::Desk;
use super::build::{self, Attempt, Tried};
use super::inputs;

/// Timers are looked for this far ahead.
const AHEAD_MICROS: i64 = 400 * 24 * 3_600_000_000;

/// A story at one of its steps, with a document in it.
struct Moment<'p, 's> {
    play: &'p Play<'s>,
    /// How many steps of the story are behind.
    cut: usize,
    story: &'p Scenario,
    name: &'p str,
    bu: &'p Bu,
    doc: &'p Document,
    workflow: &'p Workflow,
}

/// Drafts of scenarios that show what is missing, as far as this story comes to it. What they show is missing no more.
pub(super) async fn probe(desk: &Desk<'_>, story: &Scenario, missing: &mut BTreeSet<Key>) -> Result<Vec<Scenario>, ScenarioError> {
    let engine = desk.engine().await?;
    let Ok(mut play) = Play::begin(&engine, story, desk.masters, &everybody(desk)).await else { return Ok(Vec::new()) };
    let mut attempts: Vec<Attempt> = Vec::new();
    // The same document in the same state has shown what it can.
    let mut looked: BTreeSet<(String, Name, u64)> = BTreeSet::new();
    for (at, step) in story.steps.iter().enumerate() {
        if play.refused.is_none() {
            openings(desk, &play, (story, at), missing, &mut attempts).await?;
        }
        if !play.take(step).await? {
            break;
        }
        let settled = !matches!(story.steps.get(at + 1).map(|s| &s.kind), Some(StepKind::Refused { .. } | StepKind::NothingChanged));
        if !settled
            || !matches!(step.kind, StepKind::Opens { .. } | StepKind::Fires { .. } | StepKind::Started { .. } | StepKind::Refused { .. } | StepKind::On(_))
        {
            continue;
        }
        let names: Vec<(String, Bu, DocId)> = play.names.iter().map(|(n, (bu, id))| (n.clone(), bu.clone(), id.clone())).collect();
        for (name, bu, id) in names {
            let Some(doc) = engine.store().document(&bu, &id).await? else { continue };
            let Some(workflow) = desk.book.workflows.get(&doc.workflow).cloned() else { continue };
            if doc.ended || desk.workflow.as_ref().is_some_and(|w| *w != workflow.name) || !looked.insert((name.clone(), doc.state.clone(), doc.revision)) {
                continue;
            }
            let moment = Moment { play: &play, cut: at + 1, story, name: &name, bu: &bu, doc: &doc, workflow: &workflow };
            moment.transitions(desk, missing, &mut attempts).await?;
            moment.deadline(missing, &mut attempts).await?;
        }
    }
    Ok(build::drafts(story, &attempts))
}

/// Other ways to open the document that a story opens at this step.
async fn openings(
    desk: &Desk<'_>,
    play: &Play<'_>,
    (story, at): (&Scenario, usize),
    missing: &mut BTreeSet<Key>,
    attempts: &mut Vec<Attempt>,
) -> Result<(), ScenarioError> {
    let Some(StepKind::Opens { actor, workflow, transition, fields, lines, .. }) = story.steps.get(at).map(|s| &s.kind) else { return Ok(()) };
    let Some(flow) = desk.book.workflows.get(workflow).filter(|w| desk.workflow.as_ref().is_none_or(|only| w.name == *only)) else { return Ok(()) };
    let opening = flow.transitions.iter().find(|t| t.opens() && transition.as_ref().map_or("open", Name::as_str) == t.name.as_str());
    let opening = opening.or_else(|| flow.transitions.iter().find(|t| t.opens()));
    let Some(opening) = opening.filter(|t| concerned(flow, t, missing)) else { return Ok(()) };
    let stranger = stranger(desk, opening).map(|role| anyone(&role));
    let as_it_is = Input { fields: fields.clone(), lines: lines.clone() };
    let mut tries: Vec<(ScenarioActor, Input)> = stranger.map(|s| (s, as_it_is.clone())).into_iter().collect();
    tries.extend(inputs::openings(flow, &as_it_is).into_iter().map(|input| (actor.clone(), input)));
    for (n, (actor, input)) in tries.into_iter().enumerate() {
        let name = format!("T{}{n}", at + 1);
        let action = Action::Open { workflow: workflow.clone(), transition: transition.clone(), parent: None };
        let step = StepKind::Opens {
            actor: actor.clone(),
            workflow: workflow.clone(),
            transition: transition.clone(),
            name: name.clone(),
            fields: input.fields.clone(),
            lines: input.lines.clone(),
            key: None,
        };
        let bu = play.bu_for(workflow, &input.fields);
        let attempt = Attempt { cut: at, document: name.clone(), workflow: workflow.clone(), step, tried: Tried::Done(Name::from("")) };
        ask(play, command(play, (bu, DocId::from(name)), action, (&actor, input)), attempt, missing, attempts).await?;
    }
    Ok(())
}

fn anyone(role: &Name) -> ScenarioActor {
    ScenarioActor { role: role.clone(), at: None, person: None }
}

/// A role that may not.
fn stranger(desk: &Desk<'_>, transition: &Transition) -> Option<Name> {
    let roles = &desk.book.vocabulary.roles;
    let everywhere = roles.values().find(|r| r.at.is_none() && !transition.by.contains(&r.named.name)).map(|r| r.named.name.clone());
    everywhere.or_else(|| roles.keys().find(|r| !transition.by.contains(*r)).cloned())
}

fn command(play: &Play<'_>, (bu, doc): (Bu, DocId), action: Action, (actor, input): (&ScenarioActor, Input)) -> Command {
    Command {
        bu,
        doc,
        action,
        actor: Actor::Person(person_code(actor).into()),
        input,
        key: CommandKey::from("what-if"),
        recorded_at: play.now,
        effective_at: play.now,
        seen_revision: None,
    }
}

/// Asks what a command would show; the attempt is kept where that is missing.
async fn ask(play: &Play<'_>, command: Command, attempt: Attempt, missing: &mut BTreeSet<Key>, attempts: &mut Vec<Attempt>) -> Result<(), ScenarioError> {
    let (outcome, witness) = play.engine.would(command.clone()).await?;
    let mut shown = Coverage::of_keys(missing.iter());
    shown.begin("");
    let told = outcome.as_ref().map_err(|refusal| &**refusal);
    saw(&mut shown, &Sight::Decided { command: &command, workflow: Some(&attempt.workflow), outcome: told, witness: &witness });
    let new: BTreeSet<Key> = shown.points.iter().filter(|p| p.is_covered()).map(|p| p.key.clone()).collect();
    if new.is_empty() {
        return Ok(());
    }
    missing.retain(|key| !new.contains(key));
    let tried = match outcome {
        Ok(decision) => Tried::Done(decision.document.state),
        Err(refusal) => Tried::Refused(refusal),
    };
    attempts.push(Attempt { tried, ..attempt });
    Ok(())
}

/// Somebody for each role, who holds it everywhere.
fn everybody(desk: &Desk<'_>) -> Vec<ScenarioActor> {
    desk.book.vocabulary.roles.keys().map(|role| ScenarioActor { role: role.clone(), at: None, person: None }).collect()
}

impl Moment<'_, '_> {
    async fn transitions(&self, desk: &Desk<'_>, missing: &mut BTreeSet<Key>, attempts: &mut Vec<Attempt>) -> Result<(), ScenarioError> {
        let by_people = |t: &&Transition| t.from.contains(&self.doc.state) && t.by.iter().any(|r| *r != "system");
        for transition in self.workflow.transitions.iter().filter(by_people) {
            if !concerned(self.workflow, transition, missing) {
                continue;
            }
            for (actor, inputs) in self.tries(desk, transition) {
                for input in inputs {
                    self.attempt((transition, &actor), input, missing, attempts).await?;
                }
            }
        }
        Ok(())
    }

    /// Who tries the transition, and with what: somebody in another role, whoever did the other half, and those who may.
    fn tries(&self, desk: &Desk<'_>, transition: &Transition) -> Vec<(ScenarioActor, Vec<Input>)> {
        let mut tries: Vec<(ScenarioActor, Vec<Input>)> = Vec::new();
        tries.extend(stranger(desk, transition).map(|role| (anyone(&role), vec![Input::default()])));
        for other in &transition.not_by {
            let done = self.story.steps.iter().take(self.cut).rev().find_map(|s| match &s.kind {
                StepKind::Fires { actor, transition, document, .. } if transition == other && document == self.name => Some(actor.clone()),
                StepKind::Opens { actor, name, .. } if *other == "open" && name == self.name => Some(actor.clone()),
                _ => None,
            });
            // Whoever may not fire it at all is refused for that, which shows nothing of four eyes.
            tries.extend(done.filter(|actor| transition.by.contains(&actor.role)).map(|actor| (actor, vec![Input::default()])));
        }
        let candidates = inputs::inputs(&desk.book, &self.play.master, self.workflow, self.doc, transition);
        if let Some(role) = transition.by.iter().find(|r| **r != "system") {
            tries.push((anyone(role), candidates));
        }
        tries
    }

    async fn attempt(
        &self,
        (transition, actor): (&Transition, &ScenarioActor),
        input: Input,
        missing: &mut BTreeSet<Key>,
        attempts: &mut Vec<Attempt>,
    ) -> Result<(), ScenarioError> {
        let (actor_of, name, document) = (actor.clone(), transition.name.clone(), self.name.to_owned());
        let (fields, lines) = (input.fields.clone(), input.lines.clone());
        let step = StepKind::Fires { actor: actor_of, transition: name.clone(), document: document.clone(), fields, lines, key: None };
        let attempt = Attempt { cut: self.cut, document, workflow: self.workflow.name.clone(), step, tried: Tried::Done(self.doc.state.clone()) };
        let place = (self.bu.clone(), self.doc.id.clone());
        ask(self.play, command(self.play, place, Action::Fire { transition: name }, (actor, input)), attempt, missing, attempts).await
    }

    /// What passes when nobody does anything.
    async fn deadline(&self, missing: &mut BTreeSet<Key>, attempts: &mut Vec<Attempt>) -> Result<(), ScenarioError> {
        let until = Timestamp::from_micros(self.play.now.micros().saturating_add(AHEAD_MICROS));
        for due in self.play.engine.store().due_timers(Some(self.bu), Some(&self.doc.id), until, 50).await? {
            let (state, workflow) = (due.timer.state.clone(), self.workflow.name.clone());
            let key = match &due.timer.kind {
                TimerKind::Deadline { .. } => Key::Deadline(workflow, state),
                TimerKind::Fire { transition } => Key::Fired(workflow, transition.clone()),
                _ => continue,
            };
            if missing.remove(&key) {
                let step = StepKind::On(due.timer.due_at.plus_micros(60_000_000));
                let tried = Tried::Done(self.doc.state.clone());
                attempts.push(Attempt { cut: self.cut, document: self.name.to_owned(), workflow: self.workflow.name.clone(), step, tried });
            }
        }
        Ok(())
    }
}

/// Whether something of a transition, or of a state that it leads to, is missing.
fn concerned(workflow: &Workflow, transition: &Transition, missing: &BTreeSet<Key>) -> bool {
    let inside = |span: crate::base::Span| span.file == transition.span.file && transition.span.start <= span.start && span.end <= transition.span.end;
    missing.iter().any(|key| match key {
        Key::State(w, state) | Key::Deadline(w, state) => *w == workflow.name && transition.to.contains(state),
        Key::Transition(w, name) | Key::Denied(w, name, _) | Key::Fired(w, name) => *w == workflow.name && *name == transition.name,
        Key::Side(span, _) | Key::Sentence(span) => inside(*span),
        Key::Line(..) => false,
    })
}

/// The steps of a story that its going on depends on.
pub(super) fn kept(steps: &[ScenarioStep]) -> Vec<ScenarioStep> {
    let needed = |s: &&ScenarioStep| {
        matches!(
            s.kind,
            StepKind::Master(_)
                | StepKind::Fact { .. }
                | StepKind::Stock { .. }
                | StepKind::On(_)
                | StepKind::Opens { .. }
                | StepKind::Fires { .. }
                | StepKind::Started { .. }
                | StepKind::Refused { .. }
        )
    };
    steps.iter().filter(needed).cloned().collect()
}

/// What several attempts have in common, by the step after which they are made.
pub(super) fn by_cut(attempts: &[Attempt]) -> BTreeMap<usize, Vec<&Attempt>> {
    let mut found: BTreeMap<usize, Vec<&Attempt>> = BTreeMap::new();
    attempts.iter().for_each(|a| found.entry(a.cut).or_default().push(a));
    found
}
