//! What follows a commit, and what the clock brings: transitions the engine fires itself, started documents, deadlines.
//!
//! All of it is in the store as timers, so it happens once and survives a restart. Tests: `tests/it/engine_*.rs`.

use std::collections::VecDeque;

use crate::base::{Bu, DocId, Key, Timestamp};
use crate::domain::{Action, Actor, Command, Input, OutboxKind, OutboxRow, ReasonCode, Refusal, TimerKind};
use crate::store::{DueTimer, TimerOutcome};

use super::decide::at_once;
use super::execute::{Engine, EngineError, Outcome};

/// No chain of transitions that the engine fires itself goes on longer than this.
const CHAIN: usize = 1_000;
/// No tick runs more timers than this; the next one goes on.
const MOST: usize = 1_000_000;
/// A timer that lost every race tries again so much later.
const AGAIN_MICROS: i64 = 1_000_000;
/// Timers of one document that are fetched at a time.
const BATCH: u32 = 200;

/// What the clock brought.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Deadlines that have passed.
    pub deadlines: usize,
    /// Transitions fired.
    pub fired: usize,
    /// Documents started.
    pub started: usize,
    /// What was tried and refused.
    pub refused: usize,
}

impl Engine {
    /// Runs every timer that is due, in the order in which they are due. Safe to run anywhere, any number of times.
    ///
    /// # Errors
    /// A fault of the store; what was not done yet stays due.
    pub async fn tick(&self, bu: Option<&Bu>, now: Timestamp) -> Result<Ticked, EngineError> {
        let mut ticked = Ticked::default();
        for _ in 0..MOST {
            // One at a time: what it brings may be due before the next.
            let due = self.store().due_timers(bu, None, now, 1).await?;
            let Some(first) = due.first() else { break };
            self.run_timer(first, now, &mut ticked).await?;
            self.follow_up(&first.bu, &first.doc, now, &mut ticked).await?;
        }
        Ok(ticked)
    }

    /// What is due at once for a document, for those it starts, and for the one that started it once it has ended.
    /// Gives the number of transitions that were fired on the document itself.
    pub(super) async fn follow_up(&self, bu: &Bu, doc: &DocId, now: Timestamp, ticked: &mut Ticked) -> Result<usize, EngineError> {
        let mut pending = VecDeque::from([doc.clone()]);
        let mut fired_here = 0;
        let mut steps = 0;
        while let Some(at) = pending.pop_front() {
            loop {
                let due = self.store().due_timers(Some(bu), Some(&at), now, BATCH).await?;
                let Some(timer) = due.into_iter().find(|t| !matches!(t.timer.kind, TimerKind::Deadline { .. })) else { break };
                steps += 1;
                if steps > CHAIN {
                    return Ok(fired_here);
                }
                let fired = ticked.fired;
                self.run_timer(&timer, now, ticked).await?;
                if at == *doc {
                    fired_here += ticked.fired - fired;
                }
                if let TimerKind::Start(command) = &timer.timer.kind {
                    pending.push_back(command.doc.clone());
                }
            }
            fired_here += self.tell_parent(bu, &at, doc, now, &mut pending).await?;
        }
        Ok(fired_here)
    }

    /// When a document has ended, the one that started it may go on.
    async fn tell_parent(&self, bu: &Bu, ended: &DocId, origin: &DocId, now: Timestamp, pending: &mut VecDeque<DocId>) -> Result<usize, EngineError> {
        let Some(parent) = parent_of(ended) else { return Ok(0) };
        let Some(document) = self.store().document(bu, ended).await?.filter(|d| d.ended) else { return Ok(0) };
        let parent = document.parent.unwrap_or(parent);
        let Some(waiting) = self.store().document(bu, &parent).await?.filter(|d| !d.ended) else { return Ok(0) };
        let Some(workflow) = self.book().workflows.get(&waiting.workflow) else { return Ok(0) };
        for transition in at_once(workflow, &waiting.state) {
            let key = format!("ended:{ended}:{}:{}", transition.name, waiting.revision);
            let command = system_command(bu, &parent, &transition.name, key, now);
            if let Outcome::Done(_) = self.carry_out(command, None).await? {
                pending.push_back(parent.clone());
                return Ok(usize::from(parent == *origin));
            }
        }
        Ok(0)
    }

    async fn run_timer(&self, due: &DueTimer, now: Timestamp, ticked: &mut Ticked) -> Result<(), EngineError> {
        let outcome = match &due.timer.kind {
            TimerKind::Deadline { notify } => {
                ticked.deadlines += 1;
                TimerOutcome::Done { outbox: self.breach(due, notify.as_ref()) }
            }
            TimerKind::Fire { transition } => {
                let mut command = system_command(&due.bu, &due.doc, transition, format!("timer:{}:{}", due.doc, due.timer.id), now);
                command.effective_at = due.timer.due_at;
                match self.carry_out(command, Some(due.timer.id.clone())).await? {
                    // The commit has taken the timer away; a repeat has not.
                    Outcome::Done(done) if !done.repeated() => {
                        ticked.fired += 1;
                        return Ok(());
                    }
                    Outcome::Done(_) => TimerOutcome::Done { outbox: Vec::new() },
                    Outcome::Refused(refusal) => {
                        ticked.refused += 1;
                        refused(&refusal, now)
                    }
                }
            }
            TimerKind::Start(command) => match self.carry_out((**command).clone(), None).await? {
                Outcome::Done(_) => {
                    ticked.started += 1;
                    TimerOutcome::Done { outbox: Vec::new() }
                }
                Outcome::Refused(refusal) => {
                    ticked.refused += 1;
                    refused(&refusal, now)
                }
            },
        };
        self.store().finish_timer(due, &outcome, now).await?;
        Ok(())
    }

    fn breach(&self, due: &DueTimer, notify: Option<&crate::base::Name>) -> Vec<OutboxRow> {
        let Some(whom) = notify else { return Vec::new() };
        let label =
            self.book().workflows.values().find_map(|w| w.state(due.timer.state.as_str())).map_or_else(|| due.timer.state.to_string(), |s| s.label.clone());
        let text = format!("{}: the deadline of \"{label}\" has passed.", due.doc);
        vec![OutboxRow { kind: OutboxKind::Notify, topic: whom.clone(), text, payload: serde_json::Value::Null }]
    }
}

/// What is refused is over, unless only others were in the way.
fn refused(refusal: &Refusal, now: Timestamp) -> TimerOutcome {
    if refusal.code() == ReasonCode::Contended {
        return TimerOutcome::Again { at: now.plus_micros(AGAIN_MICROS) };
    }
    TimerOutcome::Refused { reason: refusal.reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join(" ") }
}

/// Started documents are named after the one that starts them: `<parent>.<revision>.<n>`.
fn parent_of(doc: &DocId) -> Option<DocId> {
    let mut parts = doc.as_str().rsplitn(3, '.');
    let (_, _, parent) = (parts.next()?, parts.next()?, parts.next()?);
    Some(DocId::from(parent))
}

fn system_command(bu: &Bu, doc: &DocId, transition: &crate::base::Name, key: String, now: Timestamp) -> Command {
    Command {
        bu: bu.clone(),
        doc: doc.clone(),
        action: Action::Fire { transition: transition.clone() },
        actor: Actor::System,
        input: Input::default(),
        key: Key::from(key),
        recorded_at: now,
        effective_at: now,
        seen_revision: None,
    }
}
