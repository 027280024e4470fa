//! A world that can be copied and acted in: the engine itself on a store in memory, with everything that it decides
//! noted. There is no second meaning of flows here.
//!
//! Must not know what is looked for. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value as Json;

use crate::base::{Bu, DocId, Key, Name, Span, Timestamp};
use crate::domain::{Action, Actor, Command, Document, Input, InputLine, Reason, ReasonCode, Refusal, TimerKind};
use crate::engine::{Engine, EngineError, Outcome, Sight, Watcher};
use crate::model::{Book, ScenarioActor};
use crate::rules::Rules;
use crate::scenario::person_code;
use crate::store::{DueTimer, Store};

use super::answers::{Asked, Imagined, Oracle};

/// The far end of time, for questions about all timers.
const FOREVER: i64 = i64::MAX / 4;
const MINUTE: i64 = 60_000_000;

/// One thing that somebody, or the clock, does.
#[derive(Debug, Clone)]
pub enum Act {
    /// A document is opened.
    Open {
        /// By whom.
        actor: ScenarioActor,
        /// Of which workflow.
        workflow: Name,
        /// By which opening.
        transition: Name,
        /// Under which name.
        doc: DocId,
        /// With what.
        fields: BTreeMap<Name, Json>,
        /// With which lines.
        lines: Vec<InputLine>,
    },
    /// A transition is fired.
    Fire {
        /// By whom.
        actor: ScenarioActor,
        /// Which.
        transition: Name,
        /// Of which document.
        doc: DocId,
        /// With what.
        fields: BTreeMap<Name, Json>,
        /// With which lines.
        lines: Vec<InputLine>,
    },
    /// Time passes until then.
    Wait(Timestamp),
}

/// An act, and what the rules were imagined to answer in it.
#[derive(Debug, Clone)]
pub struct Deed {
    /// The act.
    pub act: Act,
    /// Answers that are not those of the book's layers.
    pub imagined: Vec<Imagined>,
}

/// Something that the engine decided in an act: the transition that was wanted, and those that followed.
#[derive(Debug, Clone)]
pub struct Noted {
    /// The document.
    pub doc: DocId,
    /// Its workflow.
    pub workflow: Option<Name>,
    /// The transition.
    pub transition: Name,
    /// The state before; absent for an opening, and where nothing is known.
    pub from: Option<Name>,
    /// By whom.
    pub actor: Actor,
    /// The state it led to, or why it was refused.
    pub outcome: Result<Name, Vec<Reason>>,
    /// Conditions that were asked, and whether they held.
    pub checks: Vec<(Span, bool)>,
    /// The documents it starts.
    pub started: Vec<DocId>,
}

impl Noted {
    /// True where it was refused for these reasons and no other.
    #[must_use]
    pub fn refused_only_for(&self, codes: &[ReasonCode]) -> bool {
        matches!(&self.outcome, Err(reasons) if !reasons.is_empty() && reasons.iter().all(|r| codes.contains(&r.code)))
    }
}

/// What became of an act.
#[derive(Debug)]
pub struct Tried {
    /// The world after it; none where it was refused.
    pub world: Option<World>,
    /// Everything that was decided.
    pub noted: Vec<Noted>,
    /// The refusal.
    pub refusal: Option<Box<Refusal>>,
    /// The rules that were asked, and what they answered.
    pub asked: Vec<Asked>,
}

/// A world.
#[derive(Debug, Clone)]
pub struct World {
    book: Arc<Book>,
    rules: Arc<Rules>,
    store: Store,
    /// A copy of the store in which nothing was done: what is refused changes nothing, and the next act can have it.
    spare: Arc<Mutex<Option<Store>>>,
    /// The time.
    pub now: Timestamp,
    /// The documents in the order in which they came: the first is what the proof is about.
    pub docs: Vec<DocId>,
    /// How many acts led here; makes keys.
    pub steps: u32,
}

impl World {
    /// A world on an empty store.
    #[must_use]
    pub fn new(book: Arc<Book>, rules: Arc<Rules>, now: Timestamp) -> Self {
        Self { book, rules, store: Store::for_trials(), spare: Arc::default(), now, docs: Vec::new(), steps: 0 }
    }

    /// An engine on it.
    #[must_use]
    pub fn engine(&self) -> Engine {
        Engine::reading(Arc::clone(&self.book), Arc::clone(&self.rules), self.store.clone())
    }

    /// The store.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The business unit of the stage.
    #[must_use]
    pub fn bu() -> Bu {
        Bu::from("bu")
    }

    /// A document.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn document(&self, id: &DocId) -> Result<Option<Document>, EngineError> {
        Ok(self.store().document(&Self::bu(), id).await?)
    }

    /// Timers that fire transitions, those due first in front.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn timers(&self) -> Result<Vec<DueTimer>, EngineError> {
        let all = self.store().due_timers(None, None, Timestamp::from_micros(FOREVER), 1_000).await?;
        Ok(all.into_iter().filter(|t| matches!(t.timer.kind, TimerKind::Fire { .. }) && t.timer.due_at > self.now).collect())
    }

    /// Tries an act on a copy of this world; the world itself stays as it is.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn tried(&self, deed: &Deed) -> Result<Tried, EngineError> {
        let oracle = Oracle::new(deed.imagined.clone());
        let rules = Arc::new(self.rules.imagining(oracle.imagination()));
        let noted: Arc<Mutex<Vec<Noted>>> = Arc::default();
        let notes = Arc::clone(&noted);
        let watcher = Watcher::new(move |sight| notes.lock().unwrap_or_else(PoisonError::into_inner).extend(note(sight)));
        let spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(store) = spare.or_else(|| self.store.copied()) else {
            return Ok(Tried { world: None, noted: Vec::new(), refusal: None, asked: Vec::new() });
        };
        let copy = Engine::reading(Arc::clone(&self.book), rules, store.clone()).watched(watcher);
        let (now, refusal) = self.carry_out(&copy, &deed.act).await?;
        let noted = std::mem::take(&mut *noted.lock().unwrap_or_else(PoisonError::into_inner));
        let mut world = None;
        if refusal.is_none() {
            let mut docs = self.docs.clone();
            if let Act::Open { doc, .. } = &deed.act {
                docs.push(doc.clone());
            }
            let opened = noted.iter().filter(|n| n.from.is_none() && n.outcome.is_ok()).map(|n| n.doc.clone());
            let known: BTreeSet<DocId> = docs.iter().cloned().collect();
            docs.extend(opened.filter(|d| !known.contains(d)));
            let (book, rules) = (Arc::clone(&self.book), Arc::clone(&self.rules));
            world = Some(Self { book, rules, store, spare: Arc::default(), now, docs, steps: self.steps + 1 });
        } else {
            *self.spare.lock().unwrap_or_else(PoisonError::into_inner) = Some(store);
        }
        Ok(Tried { world, noted, refusal, asked: oracle.asked() })
    }

    async fn carry_out(&self, engine: &Engine, act: &Act) -> Result<(Timestamp, Option<Box<Refusal>>), EngineError> {
        let command = match act {
            Act::Wait(until) => {
                let until = whole_minute(*until);
                engine.tick(None, until).await?;
                return Ok((until, None));
            }
            Act::Open { actor, workflow, transition, doc, fields, lines } => {
                let action = Action::Open { workflow: workflow.clone(), transition: Some(transition.clone()), parent: None };
                self.command(doc, action, actor, fields, lines)
            }
            Act::Fire { actor, transition, doc, fields, lines } => self.command(doc, Action::Fire { transition: transition.clone() }, actor, fields, lines),
        };
        Ok(match engine.execute(command).await? {
            Outcome::Done(_) => (self.now, None),
            Outcome::Refused(refusal) => (self.now, Some(refusal)),
        })
    }

    fn command(&self, doc: &DocId, action: Action, actor: &ScenarioActor, fields: &BTreeMap<Name, Json>, lines: &[InputLine]) -> Command {
        Command {
            bu: Self::bu(),
            doc: doc.clone(),
            action,
            actor: if actor.role == "system" { Actor::System } else { Actor::Person(person_code(actor).into()) },
            input: Input { fields: fields.clone(), lines: lines.to_vec() },
            key: Key::from(format!("step-{}", self.steps)),
            recorded_at: self.now,
            effective_at: self.now,
            seen_revision: None,
        }
    }
}

/// Scenarios tell time in minutes.
fn whole_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.micros().div_euclid(MINUTE) * MINUTE + if at.micros().rem_euclid(MINUTE) == 0 { 0 } else { MINUTE })
}

fn note(sight: &Sight<'_>) -> Option<Noted> {
    let Sight::Decided { command, workflow, outcome, witness } = sight else { return None };
    let checks = witness.checks().into_iter().map(|c| (c.span, c.held)).collect();
    let (doc, actor) = (command.doc.clone(), command.actor.clone());
    Some(match outcome {
        Ok(decision) => Noted {
            doc,
            workflow: Some(decision.document.workflow.clone()),
            transition: decision.event.transition.clone(),
            from: decision.event.from.clone(),
            actor,
            outcome: Ok(decision.event.to.clone()),
            checks,
            started: decision.children.iter().map(|c| c.doc.clone()).collect(),
        },
        Err(refusal) => Noted {
            doc,
            workflow: workflow.cloned(),
            transition: refusal.transition.clone(),
            from: refusal.state.clone(),
            actor,
            outcome: Err(refusal.reasons.clone()),
            checks,
            started: Vec::new(),
        },
    })
}
