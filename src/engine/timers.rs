//! What follows a commit, and what the clock brings: transitions the engine fires itself, started documents, deadlines.
//!
//! All of it is in the store as timers, so it happens once and survives a restart. Timers are taken before they are run,
//! so that many processes share them; each goes only with the commit that acts on it. Tests: `tests/it/engine_*.rs`.

use std::collections::VecDeque;
use std::time::Instant;

use crate::base::{Bu, DocId, Key, Name, Timestamp};
use crate::domain::{Action, Actor, Command, Decision, Document, FiredTimer, Input, LoadRequest, OutboxKind, OutboxRow, ReasonCode, Refusal, TimerKind};
use crate::store::{DueTimer, LEASE_MICROS, TimerOutcome};

use super::decide::at_once;
use super::execute::{Done, Engine, EngineError, Outcome};
use super::message::message;
use super::witness::Sight;

/// No chain of transitions that the engine fires itself goes on longer than this.
const CHAIN: usize = 1_000;
/// No tick takes timers more often than this; the next one goes on.
const MOST: usize = 100_000;
/// A timer that lost every race tries again so much later.
const AGAIN_MICROS: i64 = 1_000_000;
/// Timers of one document that are fetched at a time.
const BATCH: u32 = 200;
/// Timers that are taken at a time: so few that they are run long before they are free again, and others get their share.
const TAKEN: u32 = 50;

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

impl Ticked {
    fn add(&mut self, more: Self) {
        self.deadlines += more.deadlines;
        self.fired += more.fired;
        self.started += more.started;
        self.refused += more.refused;
    }
}

/// A transition that the engine fired itself, right after another.
#[derive(Debug, Clone)]
pub struct Followed {
    /// The document as the transition left it.
    pub document: Document,
    /// The transition.
    pub transition: Name,
    /// When it happened.
    pub effective_at: Timestamp,
    /// What was decided; absent where it had been made before, and only its answer was lost.
    pub decision: Option<Decision>,
}

impl Followed {
    /// When the first of the timers is due that it set.
    #[must_use]
    pub fn wakes_at(&self) -> Option<Timestamp> {
        self.decision.iter().flat_map(|d| &d.timers).map(|t| t.due_at).min()
    }
}

/// What one timer brought about.
#[derive(Debug, Clone, Default)]
pub struct Rung {
    /// What was done, in numbers.
    pub ticked: Ticked,
    /// The transitions, in order.
    pub followed: Vec<Followed>,
}

/// What is still to be done at once, and what has been.
#[derive(Default)]
pub(super) struct Chain {
    pending: VecDeque<DueTimer>,
    /// Timers that were taken and come after all of that.
    taken: VecDeque<DueTimer>,
    pub rung: Rung,
}

impl Chain {
    /// Notes a transition: what it made void, and what is now to be done at once.
    pub fn note(&mut self, decision: &Decision, now: Timestamp) {
        if decision.enters_state {
            self.pending.retain(|t| t.doc != decision.document.id || !matches!(t.timer.kind, TimerKind::Fire { .. } | TimerKind::Waits(_)));
            let lasts = |t: &DueTimer| t.bu != decision.bu || t.doc != decision.document.id || t.timer.kind.outlasts_the_state();
            self.taken.retain(lasts);
        }
        let due = decision.timers.iter().filter(|t| t.due_at <= now && !matches!(t.kind, TimerKind::Deadline { .. }));
        let mut due: Vec<DueTimer> = due.map(|t| DueTimer { bu: decision.bu.clone(), doc: decision.document.id.clone(), timer: t.clone() }).collect();
        due.sort_by(|a, b| (a.timer.due_at, &a.timer.id).cmp(&(b.timer.due_at, &b.timer.id)));
        self.pending.extend(due);
    }

    /// What is to be done next. Whoever waits for parts is served only when nothing else is to be done: what one takes is then
    /// taken before another looks.
    fn next(&mut self) -> Option<DueTimer> {
        let sooner = self.pending.iter().position(|t| !matches!(t.timer.kind, TimerKind::Arrived(_) | TimerKind::Waits(_)));
        self.pending.remove(sooner.unwrap_or(0))
    }

    /// Puts a timer behind all that is to be done at once.
    pub fn later(&mut self, due: DueTimer) {
        self.pending.push_back(due);
    }

    pub fn followed(&mut self, done: Done, now: Timestamp) {
        if let Some(decision) = done.decision {
            self.note(&decision, now);
            let (transition, effective_at) = (decision.event.transition.clone(), decision.event.effective_at);
            self.rung.followed.push(Followed { document: done.document, transition, effective_at, decision: Some(decision) });
        }
    }

    /// Notes a transition that had been made before, and what is due after it.
    fn repeated(&mut self, done: Done, transition: &Name, now: Timestamp, due: impl Iterator<Item = DueTimer>) {
        for timer in due {
            if !self.pending.contains(&timer) {
                self.pending.push_back(timer);
            }
        }
        self.rung.followed.push(Followed { document: done.document, transition: transition.clone(), effective_at: now, decision: None });
    }
}

impl Engine {
    /// Runs every timer that is due and that no other process is at, in the order in which they are due. Safe to run
    /// anywhere, any number of times, by many processes at once: they share the timers, and each document's keep their order.
    ///
    /// # Errors
    /// A fault of the store; what was not done yet stays due.
    pub async fn tick(&self, bu: Option<&Bu>, now: Timestamp) -> Result<Ticked, EngineError> {
        let (mut ticked, begun) = (Ticked::default(), Instant::now());
        for _ in 0..MOST {
            let Some(rung) = self.run_some(bu, now, begun).await? else { break };
            ticked.add(rung.ticked);
        }
        Ok(ticked)
    }

    /// Runs the first timer that is due, and what follows from it at once; nothing where none is due. For whoever walks
    /// through time alone: it takes nothing, and does not ask who is at work on what.
    ///
    /// # Errors
    /// A fault of the store; what was not done yet stays due.
    pub async fn ring(&self, bu: Option<&Bu>, now: Timestamp) -> Result<Option<Rung>, EngineError> {
        let due = self.store().due_timers(bu, None, now, 1).await?;
        if due.is_empty() {
            return Ok(None);
        }
        let mut chain = Chain { pending: due.into(), ..Chain::default() };
        self.follow_up(&mut chain, now).await?;
        Ok(Some(chain.rung))
    }

    /// Takes timers that are due and runs them one after the other; nothing where none is free. They are held by the clock
    /// of the caller, with what has passed on it since the caller looked at it.
    async fn run_some(&self, bu: Option<&Bu>, now: Timestamp, begun: Instant) -> Result<Option<Rung>, EngineError> {
        let passed = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
        let until = now.plus_micros(LEASE_MICROS.saturating_add(passed));
        let mut chain = Chain { taken: self.store().take_timers(bu, now, until, TAKEN).await?.into(), ..Chain::default() };
        if chain.taken.is_empty() {
            return Ok(None);
        }
        while let Some(timer) = chain.taken.pop_front() {
            chain.pending.push_back(timer.clone());
            if let Err(fault) = self.follow_up(&mut chain, now).await {
                chain.taken.push_front(timer);
                self.put_back(chain.taken, now).await;
                return Err(fault);
            }
        }
        Ok(Some(chain.rung))
    }

    /// Lets go of timers that were taken and not run. Where that fails too, they come free by themselves.
    async fn put_back(&self, taken: VecDeque<DueTimer>, now: Timestamp) {
        for due in taken {
            if self.store().finish_timer(&due, &TimerOutcome::Again { at: due.timer.due_at }, now).await.is_err() {
                break;
            }
        }
    }

    /// What is to be done at once for a document whose last transition was made elsewhere.
    pub(super) async fn waiting(&self, bu: &Bu, doc: &DocId, now: Timestamp) -> Result<Chain, EngineError> {
        let due = self.store().due_timers(Some(bu), Some(doc), now, BATCH).await?;
        let pending = due.into_iter().filter(|t| !matches!(t.timer.kind, TimerKind::Deadline { .. })).collect();
        Ok(Chain { pending, ..Chain::default() })
    }

    /// What is due at once for a document, for those it starts, and for the one that started it once it has ended.
    pub(super) async fn follow_up(&self, chain: &mut Chain, now: Timestamp) -> Result<(), EngineError> {
        for _ in 0..CHAIN {
            let Some(timer) = chain.next() else { break };
            self.run_timer(&timer, now, chain).await?;
        }
        Ok(())
    }

    async fn run_timer(&self, due: &DueTimer, now: Timestamp, chain: &mut Chain) -> Result<(), EngineError> {
        let commands = match &due.timer.kind {
            TimerKind::Deadline { notify } => {
                let outbox = match notify {
                    Some(whom) => self.breach(due, whom).await?,
                    None => Vec::new(),
                };
                let outcome = TimerOutcome::Done { outbox };
                let passed = self.store().finish_timer(due, &outcome, now).await?;
                chain.rung.ticked.deadlines += usize::from(passed);
                if let Some(watcher) = self.watcher().filter(|_| passed)
                    && let Some(document) = self.store().document(&due.bu, &due.doc).await?
                {
                    watcher.show(&Sight::Deadline { workflow: &document.workflow, state: &due.timer.state });
                }
                return Ok(());
            }
            TimerKind::Fire { transition } => {
                let mut command = system_command(&due.bu, &due.doc, transition, format!("timer:{}:{}", due.doc, due.timer.id), now);
                command.effective_at = due.timer.due_at;
                vec![command]
            }
            TimerKind::Start(command) => vec![(**command).clone()],
            TimerKind::Tell { parent } => self.told(due, parent, now).await?,
            TimerKind::Arrived(freed) => return self.serve(due, freed, now, chain).await,
            TimerKind::Waits(waited) => return self.serve(due, &self.come_since(due, waited).await?, now, chain).await,
        };
        if let Some(outcome) = self.try_each(due, commands, now, chain).await? {
            let was_there = self.store().finish_timer(due, &outcome, now).await?;
            let tried = !matches!(outcome, TimerOutcome::Done { .. }) && !matches!(due.timer.kind, TimerKind::Tell { .. });
            chain.rung.ticked.refused += usize::from(was_there && tried);
        }
        Ok(())
    }

    /// Tries commands until one is carried out; gives what is still to be written about the timer.
    async fn try_each(&self, due: &DueTimer, commands: Vec<Command>, now: Timestamp, chain: &mut Chain) -> Result<Option<TimerOutcome>, EngineError> {
        let mut outcome = TimerOutcome::Done { outbox: Vec::new() };
        for command in commands {
            let fired = FiredTimer { doc: due.doc.clone(), id: due.timer.id.clone() };
            let transition = command.transition();
            match self.carry_out(command, Some(fired)).await? {
                // The commit has taken the timer away; a repeat has not.
                Outcome::Done(done) if !done.repeated() => {
                    match due.timer.kind {
                        TimerKind::Start(_) => chain.rung.ticked.started += 1,
                        _ => chain.rung.ticked.fired += 1,
                    }
                    chain.followed(*done, now);
                    return Ok(None);
                }
                // Done before, by a process that died or in a commit whose answer was lost: what comes after it may be left to do.
                Outcome::Done(done) => {
                    let waiting = self.waiting(&due.bu, &done.document.id, now).await?;
                    chain.repeated(*done, &transition, now, waiting.pending.into_iter().filter(|t| t.timer.id != due.timer.id || t.doc != due.doc));
                    return Ok(Some(TimerOutcome::Done { outbox: Vec::new() }));
                }
                Outcome::Refused(refusal) => outcome = refused(&refusal, now),
            }
        }
        Ok(Some(outcome))
    }

    /// When a document has ended, the one that started it may go on: what that one does at once is tried.
    async fn told(&self, due: &DueTimer, parent: &DocId, now: Timestamp) -> Result<Vec<Command>, EngineError> {
        let Some(waiting) = self.store().document(&due.bu, parent).await?.filter(|d| !d.ended) else { return Ok(Vec::new()) };
        let Some(workflow) = self.book().workflows.get(&waiting.workflow) else { return Ok(Vec::new()) };
        let key = |transition: &Name| format!("ended:{}:{transition}:{}", due.doc, waiting.revision);
        Ok(at_once(workflow, &waiting.state).map(|t| system_command(&due.bu, parent, &t.name, key(&t.name), now)).collect())
    }

    async fn breach(&self, due: &DueTimer, whom: &Name) -> Result<Vec<OutboxRow>, EngineError> {
        let on = due.timer.due_at.date(&self.book().manifest.zone);
        let late = self.store().load(&LoadRequest::about(&due.bu, &due.doc, format!("late:{}:{}", due.doc, due.timer.id).into(), on)).await?;
        let Some(doc) = &late.document else { return Ok(Vec::new()) };
        // A document may run on under a book that is in force no longer.
        let older = self.of_older(doc).await?;
        let book = older.as_ref().unwrap_or(self).book();
        let workflow = book.workflows.get(&doc.workflow);
        let state = due.timer.state.as_str();
        let label = workflow.and_then(|w| w.state(state)).map_or(state, |s| s.label.as_str());
        let text = format!("{}: the deadline of \"{label}\" has passed.", doc.number);
        Ok(vec![match workflow {
            Some(workflow) => message(book, (workflow, doc), &late, whom, text),
            None => OutboxRow { kind: OutboxKind::Notify, topic: whom.clone(), text, payload: serde_json::Value::Null },
        }])
    }
}

/// What is refused is over, unless only others were in the way.
pub(super) fn refused(refusal: &Refusal, now: Timestamp) -> TimerOutcome {
    if refusal.code() == ReasonCode::Contended {
        return TimerOutcome::Again { at: now.plus_micros(AGAIN_MICROS) };
    }
    TimerOutcome::Refused { reason: refusal.reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join(" ") }
}

pub(super) fn system_command(bu: &Bu, doc: &DocId, transition: &Name, key: String, now: Timestamp) -> Command {
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
