//! Drives a replay: one thing after the other in the order of its own clock, each a command to the engine.
//!
//! What comes next follows from the books and the plan alone. The books are therefore their own bookmark: a replay that was
//! cut off reads its clock from them and goes on as if nothing had happened. Must not write anything but by the engine.
//! Tests: `tests/it/replay.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::agenda::{self, Planned};
use super::hands::Hands;
use super::plan::Plan;
use super::policy::{Clerk, pace};
use super::step::{Act, Paper, Step};
use super::{Progress, ReplayError, list, network};
use crate::base::{Bu, DocId, Key, Name, Timestamp};
use crate::domain::{Action, Actor, Command, Decision, Document, Refusal};
use crate::engine::{Done, Engine, Followed, Outcome};
use crate::store::{DocumentFilter, DocumentHead, Store};

/// Months after the last in which what is under way comes to its end.
const AFTER: usize = 4;
/// Documents listed at a time.
const PAGE: u32 = 1000;
/// No more timers than this are due at one moment.
const TIMERS: u32 = 100_000;

/// A document that has not ended.
pub(super) struct Tracked {
    pub document: Document,
    last: Name,
    changed: Timestamp,
    slot: Option<Timestamp>,
}

/// What one run has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Commands that were carried out.
    pub commands: u64,
    /// Commands that were refused.
    pub refused: u64,
}

/// A replay under way.
pub struct Driver<'r, H> {
    /// How commands are sent.
    pub hands: H,
    pub(super) store: &'r Store,
    pub(super) plan: &'r Plan,
    pub(super) clerk: Clerk<'r>,
    pub(super) bu: Bu,
    /// Now.
    pub clock: Timestamp,
    /// No timer is due before.
    pub(super) wakes: Timestamp,
    pub(super) open: BTreeMap<DocId, Tracked>,
    pub(super) queue: BTreeSet<(Timestamp, DocId)>,
    pub(super) agenda: VecDeque<Planned>,
    month: usize,
    /// Documents that are there although their time has not come again: what was cut off had opened them.
    known: BTreeSet<DocId>,
    pub(super) refused: BTreeMap<DocId, String>,
    /// What this run has done.
    pub tally: Tally,
}

impl<'r, H: Hands> Driver<'r, H> {
    /// Before anything has happened.
    pub fn new(hands: H, store: &'r Store, plan: &'r Plan, clerk: Clerk<'r>) -> Self {
        Self {
            hands,
            store,
            plan,
            clerk,
            bu: Bu::from(network::BU),
            clock: plan.begin().plus_micros(-1),
            wakes: Timestamp::default(),
            open: BTreeMap::new(),
            queue: BTreeSet::new(),
            agenda: VecDeque::new(),
            month: 0,
            known: BTreeSet::new(),
            refused: BTreeMap::new(),
            tally: Tally::default(),
        }
    }

    /// True where nothing has happened yet.
    pub fn is_new(&self) -> bool {
        self.clock < self.plan.begin()
    }

    /// Reads the books, finishes what was cut off, and stands where the last run stood.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn catch_up(&mut self, engine: &Engine) -> Result<(), ReplayError> {
        let heads = documents(self.store, &self.bu, None).await?;
        let mut last = None;
        for head in &heads {
            let at = if head.ended { head.entered_at } else { self.last_event(&head.id).await?.map_or(head.entered_at, |(_, at)| at) };
            last = last.max(Some(at));
        }
        let Some(clock) = last else { return Ok(()) };
        // What the one that was cut off was at, nobody else is at.
        while engine.ring(Some(&self.bu), clock).await?.is_some() {}
        // Of a list, what comes later may have been done, and what comes before it not.
        self.clock = if self.hands.reaches().is_some() { list::begin_again(self.plan, clock) } else { clock };
        self.known = heads.iter().filter(|h| h.opened_at > self.clock).map(|h| h.id.clone()).collect();
        for head in documents(self.store, &self.bu, None).await?.iter().filter(|h| !h.ended) {
            let Some(document) = self.store.document(&self.bu, &head.id).await? else { continue };
            if let Some((transition, at)) = self.last_event(&head.id).await? {
                self.keep(document, transition, at);
            }
        }
        Ok(())
    }

    /// Goes on to the end.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn run(&mut self, watch: &mut dyn FnMut(&Progress)) -> Result<(), ReplayError> {
        let end = self.plan.time(self.plan.settings.months + AFTER, 0, 0);
        while self.step(end, watch).await? {}
        Ok(())
    }

    /// Does the next thing before an end; false where nothing is left.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn step(&mut self, end: Timestamp, watch: &mut dyn FnMut(&Progress)) -> Result<bool, ReplayError> {
        self.refill(watch);
        let planned = self.agenda.front().map(|p| p.at);
        let waiting = self.queue.first().map(|(at, _)| *at);
        let Some(at) = planned.into_iter().chain(waiting).min().filter(|at| *at < end) else { return Ok(false) };
        if self.ring(at).await? {
            return Ok(true);
        }
        if self.list(at, end).await? {
            return Ok(true);
        }
        self.clock = at;
        if waiting == Some(at) {
            if let Some((_, doc)) = self.queue.pop_first() {
                self.attend(&doc).await?;
            }
        } else if let Some(planned) = self.agenda.pop_front() {
            self.begin(&planned).await?;
        }
        Ok(true)
    }

    /// Plans the next month when the one at hand is used up.
    fn refill(&mut self, watch: &mut dyn FnMut(&Progress)) {
        let last = self.plan.settings.months + AFTER - 1;
        while self.agenda.is_empty() && self.month <= last {
            let clock = self.clock;
            self.agenda = agenda::month(self.plan, self.month).into_iter().filter(|p| p.at > clock && !self.known.contains(&p.doc)).collect();
            let label = self.plan.month(self.month).to_string();
            let done = self.month.min(self.plan.settings.months);
            let of = self.plan.settings.months;
            watch(&Progress { month: label, done, of, commands: self.tally.commands, open: self.open.len() });
            self.month += 1;
        }
    }

    /// Lets the engine do what is due by then; whether there was anything.
    async fn ring(&mut self, until: Timestamp) -> Result<bool, ReplayError> {
        if self.wakes > until {
            return Ok(false);
        }
        self.wakes = self.store.next_due(Some(&self.bu)).await?.unwrap_or(Timestamp::from_micros(i64::MAX));
        let Some(due) = self.hands.asks(self.wakes, until) else { return Ok(false) };
        self.clock = self.clock.max(due);
        for _ in 0..TIMERS {
            let Some(rung) = self.hands.ring(due).await? else {
                self.wakes = Timestamp::default();
                return Ok(true);
            };
            self.follow(rung.followed);
        }
        Err(ReplayError::Stuck(format!("a timer that is due at {due} does not go away")))
    }

    /// Does what is planned.
    async fn begin(&mut self, planned: &Planned) -> Result<(), ReplayError> {
        let open: Vec<&Document> = self.open.values().map(|t| &t.document).collect();
        let Some(step) = self.clerk.chore(self.plan, planned, &open).await? else { return Ok(()) };
        match self.carry_out(&planned.doc, 0, step).await? {
            Ok(()) => Ok(()),
            Err(refusal) => {
                self.refused.insert(planned.doc.clone(), sentence(&refusal));
                Ok(())
            }
        }
    }

    /// Somebody looks at a document and does the first thing that is possible.
    async fn attend(&mut self, doc: &DocId) -> Result<(), ReplayError> {
        let Some(tracked) = self.open.get(doc) else { return Ok(()) };
        let revision = tracked.document.revision;
        let steps = self.clerk.steps(&self.paper(tracked)).await?;
        let mut codes: BTreeSet<String> = BTreeSet::new();
        let mut first = None;
        for step in steps {
            if step.after.is_some_and(|code| !codes.contains(code)) {
                continue;
            }
            match self.carry_out(doc, revision, step).await? {
                Ok(()) => {
                    first = None;
                    break;
                }
                Err(refusal) => {
                    codes.extend(refusal.reasons.iter().filter_map(|r| r.name.as_ref()).map(ToString::to_string));
                    first.get_or_insert_with(|| sentence(&refusal));
                }
            }
        }
        if let Some(why) = first {
            self.refused.insert(doc.clone(), why);
        }
        if self.open.get(doc).is_some_and(|t| t.document.revision == revision) {
            self.reschedule(doc);
        }
        Ok(())
    }

    pub(super) fn paper<'d>(&self, tracked: &'d Tracked) -> Paper<'d> {
        self.paper_at(tracked, self.clock)
    }

    pub(super) fn paper_at<'d>(&self, tracked: &'d Tracked, now: Timestamp) -> Paper<'d> {
        let dice = self.plan.dice.of("document").of(tracked.document.id.as_str());
        Paper { doc: &tracked.document, last: &tracked.last, now, dice }
    }

    /// One command to the engine.
    async fn carry_out(&mut self, doc: &DocId, revision: u64, step: Step) -> Result<Result<(), Box<Refusal>>, ReplayError> {
        let (command, name) = self.command(doc, revision, step, self.clock);
        match self.hands.execute(command).await? {
            Outcome::Done(done) => {
                self.tally.commands += 1;
                self.note(*done, name);
                Ok(Ok(()))
            }
            Outcome::Refused(refusal) => {
                self.tally.refused += 1;
                Ok(Err(refusal))
            }
        }
    }

    /// The command of a step, and the transition's name; its key follows from what it is about.
    pub(super) fn command(&self, doc: &DocId, revision: u64, step: Step, at: Timestamp) -> (Command, Name) {
        let (doc, action, key, name) = match step.act {
            Act::Fire(transition) => {
                let action = Action::Fire { transition: transition.into() };
                (doc.clone(), action, format!("{doc}:{revision}:{transition}"), Name::from(transition))
            }
            Act::Open { doc, workflow } => {
                let action = Action::Open { workflow: workflow.into(), transition: None, parent: None };
                (doc.clone(), action, format!("open:{doc}"), Name::from("open"))
            }
        };
        let actor = Actor::Person(step.actor);
        let (bu, key) = (self.bu.clone(), Key::from(key));
        let command = Command { bu, doc, action, actor, input: step.input, key, recorded_at: at, effective_at: at, seen_revision: None };
        (command, name)
    }

    /// Notes what a command has changed: its document, and those that went on by themselves.
    pub fn note(&mut self, done: Done, transition: Name) {
        let set = done.decision.as_ref().and_then(wakes_at);
        self.wakes = set.map_or(self.wakes, |due| self.wakes.min(due));
        if !done.followed.iter().any(|step| step.document.id == done.document.id) {
            self.keep(done.document, transition, self.clock);
        }
        self.follow(done.followed);
    }

    fn follow(&mut self, followed: Vec<Followed>) {
        for step in followed {
            self.wakes = step.wakes_at().map_or(self.wakes, |due| self.wakes.min(due));
            self.keep(step.document, step.transition, step.effective_at);
        }
    }

    async fn last_event(&self, doc: &DocId) -> Result<Option<(Name, Timestamp)>, ReplayError> {
        let events = self.store.events(&self.bu, doc).await?;
        Ok(events.into_iter().next_back().map(|e| (e.event.transition, e.event.effective_at)))
    }

    /// Looks at a document that has gone on without it.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn look_at(&mut self, doc: &DocId) -> Result<(), ReplayError> {
        self.wakes = Timestamp::default();
        if let (Some(document), Some((transition, at))) = (self.store.document(&self.bu, doc).await?, self.last_event(doc).await?) {
            self.keep(document, transition, at);
        }
        Ok(())
    }

    /// The documents that have not ended.
    pub fn open(&self) -> impl Iterator<Item = &Document> {
        self.open.values().map(|t| &t.document)
    }

    fn keep(&mut self, document: Document, last: Name, changed: Timestamp) {
        let doc = document.id.clone();
        if let Some(before) = self.open.remove(&doc)
            && let Some(slot) = before.slot
        {
            self.queue.remove(&(slot, doc.clone()));
        }
        if document.ended {
            self.refused.remove(&doc);
            return;
        }
        self.open.insert(doc.clone(), Tracked { document, last, changed, slot: None });
        self.reschedule(&doc);
    }

    /// The next time after now at which somebody looks at the document.
    pub(super) fn reschedule(&mut self, doc: &DocId) {
        let Some(tracked) = self.open.get(doc) else { return };
        let paper = self.paper(tracked);
        let jitter = i64::try_from(paper.dice.at(tracked.document.revision).below(3_000_000_000)).unwrap_or(0);
        let slot = pace(&paper).map(|pace| pace.slot(tracked.changed, jitter, self.clock));
        if let Some(tracked) = self.open.get_mut(doc) {
            tracked.slot = slot;
        }
        self.queue.extend(slot.map(|at| (at, doc.clone())));
    }

    /// Documents that have not ended, and why the last attempt on each was refused.
    pub fn left_open(&self) -> Vec<(String, String)> {
        let why = |doc: &DocId| self.refused.get(doc).cloned().unwrap_or_default();
        self.open.iter().map(|(doc, t)| (format!("{} {} ({})", t.document.workflow, t.document.number, t.document.state), why(doc))).collect()
    }

    /// Planned documents that were refused.
    pub fn not_opened(&self) -> Vec<(String, String)> {
        self.refused.iter().filter(|(doc, _)| !self.open.contains_key(*doc)).map(|(doc, why)| (doc.to_string(), why.clone())).collect()
    }
}

/// When the first of the timers is due that a transition set.
fn wakes_at(decision: &Decision) -> Option<Timestamp> {
    decision.timers.iter().map(|t| t.due_at).min()
}

/// The sentences of a refusal.
pub(super) fn sentence(refusal: &Refusal) -> String {
    let all: Vec<&str> = refusal.reasons.iter().map(|r| r.sentence.as_str()).collect();
    format!("{}: {}", refusal.transition, all.join(" "))
}

/// All documents of a business unit, or of one workflow, newest first.
///
/// # Errors
/// A fault of the store.
pub async fn documents(store: &Store, bu: &Bu, workflow: Option<&str>) -> Result<Vec<DocumentHead>, ReplayError> {
    let mut all: Vec<DocumentHead> = Vec::new();
    loop {
        let after = all.last().map(|h| (h.opened_at, h.id.clone()));
        let filter = DocumentFilter { workflow: workflow.map(Name::from), after, limit: PAGE, ..DocumentFilter::new(bu.clone()) };
        let page = store.documents(&filter).await?;
        let full = page.len() == PAGE as usize;
        all.extend(page);
        if !full {
            return Ok(all);
        }
    }
}
