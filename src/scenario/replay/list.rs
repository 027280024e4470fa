//! Many things at once: of what comes next within an hour, what does not depend on each other goes to the engine as a list.
//!
//! Nothing that is done changes within that hour what people do with another document (no pace is shorter), so the books are
//! the same as if it had been done one after the other. Must not decide what is done. Tests: `tests/it/replay.rs`.

use std::collections::{BTreeSet, VecDeque};

use super::ReplayError;
use super::agenda::{self, Planned, Task};
use super::driver::{Driver, sentence};
use super::hands::Hands;
use super::network::{customer, partner, technician};
use super::plan::{HOUR, Job, Plan};
use super::step::{Act, Step};
use super::together::{Reach, Taken, Touches};
use crate::base::{DocId, Name, PartCode, PartyCode, Timestamp};
use crate::domain::{Command, Document};
use crate::engine::{Done, Outcome};

/// At most so many things are looked at for a list, and so many that must wait one after the other: what waits keeps more and
/// more apart that comes after it.
const LOOKED_AT: usize = 64;
const WAITING: usize = 8;

/// From when on a replay that was cut off at a time does again what may have been left out: an hour before, but after whatever is
/// never part of a list.
pub(super) fn begin_again(plan: &Plan, cut: Timestamp) -> Timestamp {
    let mut begin = cut.plus_micros(-HOUR);
    for month in 0.. {
        let planned = agenda::month(plan, month);
        let alone = planned.iter().filter(|p| p.at <= cut && !matches!(p.task, Task::Job(_))).map(|p| p.at).max();
        begin = begin.max(alone.unwrap_or(begin));
        if plan.time(month + 1, 0, 0) > cut {
            break;
        }
    }
    begin
}

/// One thing of a list.
struct Item {
    at: Timestamp,
    doc: DocId,
    revision: u64,
    /// What may be done; the first that is not refused is.
    steps: VecDeque<Step>,
    /// Codes of guards that refused.
    codes: BTreeSet<String>,
    first: Option<String>,
    done: Option<(Box<Done>, Name)>,
    planned: bool,
}

impl Item {
    fn new(at: Timestamp, doc: DocId, revision: u64, steps: Vec<Step>, planned: bool) -> Self {
        Self { at, doc, revision, steps: steps.into(), codes: BTreeSet::new(), first: None, done: None, planned }
    }

    /// What is tried next, if anything is left.
    fn next(&mut self) -> Option<Step> {
        if self.done.is_some() {
            return None;
        }
        while let Some(step) = self.steps.pop_front() {
            if step.after.is_none_or(|code| self.codes.contains(code)) {
                return Some(step);
            }
        }
        None
    }
}

impl<H: Hands> Driver<'_, H> {
    /// Does the next things that do not depend on each other; false where there is only one, or the hands take one at a time.
    pub(super) async fn list(&mut self, at: Timestamp, end: Timestamp) -> Result<bool, ReplayError> {
        if self.hands.reaches().is_none() {
            return Ok(false);
        }
        let items = self.independent(at, end).await?;
        if items.len() < 2 {
            return Ok(false);
        }
        for item in &items {
            self.queue.remove(&(item.at, item.doc.clone()));
            self.agenda.retain(|p| !item.planned || p.doc != item.doc);
        }
        let items = self.send(items).await?;
        for item in items {
            self.settle(item);
        }
        Ok(true)
    }

    /// Of what comes within an hour, all that does not depend on anything before it.
    async fn independent(&self, at: Timestamp, end: Timestamp) -> Result<Vec<Item>, ReplayError> {
        // What is planned for the next month is not known before this one's is done.
        let known = self.agenda.back().map_or(end, |last| last.at.plus_micros(1));
        let until = at.plus_micros(HOUR).min(self.wakes).min(end).min(known);
        let mut taken = Taken::default();
        let (mut items, mut waiting) = (Vec::new(), 0);
        for (at, doc, planned) in self.upcoming(until) {
            let item = match planned {
                Some(Planned { task: Task::Job(job), .. }) => self.job(at, job, &mut taken).await?,
                Some(_) => break,
                None => match self.look(at, doc, &mut taken).await? {
                    Looked::Alone => break,
                    Looked::Item(item) => Some(item),
                    Looked::Waits => None,
                },
            };
            waiting = if item.is_some() { 0 } else { waiting + 1 };
            items.extend(item);
            if waiting == WAITING {
                break;
            }
        }
        Ok(items)
    }

    /// What comes before a time, in order.
    fn upcoming(&self, until: Timestamp) -> Vec<(Timestamp, &DocId, Option<&Planned>)> {
        let waiting = self.queue.iter().take(LOOKED_AT).map(|(at, doc)| (*at, doc, None));
        let planned = self.agenda.iter().take(LOOKED_AT).map(|p| (p.at, &p.doc, Some(p)));
        let mut all: Vec<_> = waiting.chain(planned).filter(|(at, ..)| *at < until).collect();
        all.sort_by(|a, b| (a.0, a.2.is_some(), a.1).cmp(&(b.0, b.2.is_some(), b.1)));
        all.truncate(LOOKED_AT);
        all
    }

    async fn job(&self, at: Timestamp, job: &Job, taken: &mut Taken) -> Result<Option<Item>, ReplayError> {
        let asp = partner(job.partner);
        let parties = [customer(&asp, job.customer), technician(&asp, job.technician), asp].map(PartyCode::from);
        let parts = job.lines.iter().map(|w| PartCode::from(self.plan.part(w.part)));
        let touches = Touches::of_new(&job.id, parts, parties.into_iter()).reaching(self.opening("indent"));
        Ok(taken.take(touches).then(|| Item::new(at, job.id.clone(), 0, vec![agenda::indent(self.plan, job)], true)))
    }

    fn opening(&self, workflow: &str) -> Reach {
        self.hands.reaches().map(|(book, reaches)| reaches.of_opening(book, workflow)).unwrap_or_default()
    }

    /// What somebody would do with a document.
    async fn look(&self, at: Timestamp, doc: &DocId, taken: &mut Taken) -> Result<Looked, ReplayError> {
        let Some(tracked) = self.open.get(doc) else { return Ok(Looked::Waits) };
        let touches = Touches::of(&self.family(&tracked.document));
        if !taken.may(&touches) {
            taken.take(touches.reaching(Reach::everything()));
            return Ok(Looked::Waits);
        }
        let steps = self.clerk.steps(&self.paper_at(tracked, at)).await?;
        if steps.iter().any(|s| matches!(s.act, Act::Open { .. })) {
            return Ok(Looked::Alone);
        }
        let workflow = tracked.document.workflow.as_str();
        let reach = |s: &Step| match (&s.act, self.hands.reaches()) {
            (Act::Fire(transition), Some((_, reaches))) => reaches.get(workflow, transition),
            _ => Reach::everything(),
        };
        let reach = steps.iter().map(reach).fold(Reach::default(), Reach::and);
        let item = Item::new(at, doc.clone(), tracked.document.revision, steps, false);
        Ok(if taken.take(touches.reaching(reach)) { Looked::Item(item) } else { Looked::Waits })
    }

    /// A document and those that it was started from, as far as they are open.
    fn family<'d>(&'d self, document: &'d Document) -> Vec<&'d Document> {
        let mut family = vec![document];
        while let Some(parent) = family.last().and_then(|d| d.parent.as_ref()).and_then(|p| self.open.get(p)) {
            family.push(&parent.document);
        }
        family
    }

    /// Sends all of them, and those that were refused again with what is left to try.
    async fn send(&mut self, mut items: Vec<Item>) -> Result<Vec<Item>, ReplayError> {
        loop {
            let mut tried: Vec<(usize, Command, Name)> = Vec::new();
            for (place, item) in items.iter_mut().enumerate() {
                if let Some(step) = item.next() {
                    let (command, name) = self.command(&item.doc, item.revision, step, item.at);
                    tried.push((place, command, name));
                }
            }
            if tried.is_empty() {
                return Ok(items);
            }
            let (mut places, mut commands) = (Vec::new(), Vec::new());
            for (place, command, name) in tried {
                places.push((place, name));
                commands.push(command);
            }
            for ((place, name), outcome) in places.into_iter().zip(self.hands.execute_all(commands).await?) {
                let Some(item) = items.get_mut(place) else { continue };
                match outcome {
                    Outcome::Done(done) => {
                        self.tally.commands += 1;
                        item.done = Some((done, name));
                    }
                    Outcome::Refused(refusal) => {
                        self.tally.refused += 1;
                        item.codes.extend(refusal.reasons.iter().filter_map(|r| r.name.as_ref()).map(ToString::to_string));
                        item.first.get_or_insert_with(|| sentence(&refusal));
                    }
                }
            }
        }
    }

    /// Notes what came of one of them, at its own time.
    fn settle(&mut self, item: Item) {
        self.clock = item.at;
        match item.done {
            Some((done, name)) => self.note(*done, name),
            None => self.refused.extend(item.first.map(|why| (item.doc.clone(), why))),
        }
        if !item.planned && self.open.get(&item.doc).is_some_and(|t| t.document.revision == item.revision) {
            self.reschedule(&item.doc);
        }
    }
}

/// What looking at a document came to.
enum Looked {
    /// It goes with the list.
    Item(Item),
    /// It depends on something before it.
    Waits,
    /// It may open another document: it goes alone.
    Alone,
}
