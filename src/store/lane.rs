//! Errands that come together are run together: who finds a runner free goes at once, and those who come while none is are
//! run as one group after it, each with its own answer. Those who are known to belong to a list go when enough of them are
//! there, or nobody of the list is still on the way.
//!
//! Must not know what an errand is. Tests: below, `tests/it/store_group.rs`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

/// Something that is asked of a database, alone or together with others of its kind.
pub(super) trait Errand: Sized + Send + 'static {
    /// What is asked.
    type Of: Clone + Send + Sync + 'static;
    /// What comes back.
    type Answer: Send + 'static;

    /// Runs one alone.
    fn run(of: &Self::Of, errand: Self) -> impl Future<Output = Self::Answer> + Send;

    /// Runs several together; the answers are in their order.
    fn run_together(of: &Self::Of, errands: Vec<Self>) -> impl Future<Output = Vec<Self::Answer>> + Send;

    /// The answer to one of which it is not known what became of it.
    fn lost() -> Self::Answer;
}

/// So many of a list are worth a group, while others of it are still on the way.
const WORTH: usize = 32;

/// Who runs now and who waits, by what they share.
pub(super) struct Lanes<E: Errand> {
    most: usize,
    runners: usize,
    lanes: Arc<Mutex<HashMap<String, Arc<Lane<E>>>>>,
    /// For whom these lanes are, where it is one of a list.
    member: Option<Arc<Member<E>>>,
}

impl<E: Errand> Clone for Lanes<E> {
    fn clone(&self) -> Self {
        Self { most: self.most, runners: self.runners, lanes: Arc::clone(&self.lanes), member: self.member.clone() }
    }
}

impl<E: Errand> std::fmt::Debug for Lanes<E> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lanes").field("most", &self.most).field("runners", &self.runners).finish_non_exhaustive()
    }
}

/// An errand that waits, and who waits for its answer.
type Waiting<E> = (E, oneshot::Sender<<E as Errand>::Answer>);

/// Those who share something.
struct Lane<E: Errand>(Mutex<Queue<E>>);

struct Queue<E: Errand> {
    busy: usize,
    waiting: VecDeque<Waiting<E>>,
    /// How many of those who wait belong to no list.
    hurried: usize,
    /// How many of lists are on their way here.
    coming: usize,
}

impl<E: Errand> Default for Lane<E> {
    fn default() -> Self {
        Self(Mutex::new(Queue { busy: 0, waiting: VecDeque::new(), hurried: 0, coming: 0 }))
    }
}

/// What becomes of an errand that comes to a lane.
enum Entry<E: Errand> {
    /// It is run at once, alone.
    Alone(E),
    /// It waits.
    Waits(oneshot::Receiver<E::Answer>),
    /// It is the last that a group has waited for, which is run now.
    Last(Vec<Waiting<E>>, oneshot::Receiver<E::Answer>),
}

/// One of a list, from its beginning to its end: others of the list wait for it as long as it is not there.
struct Member<E: Errand> {
    lane: Arc<Lane<E>>,
    most: usize,
    runners: usize,
    of: E::Of,
}

impl<E: Errand> Drop for Member<E> {
    fn drop(&mut self) {
        Groups::begin(&self.lane, self.most, &self.of, self.lane.leave(self.runners, self.most));
    }
}

/// One of a list is at the lane; when its errand ends, also by being dropped, it is on its way again.
struct There<'a, E: Errand>(&'a Lane<E>);

impl<E: Errand> Drop for There<'_, E> {
    fn drop(&mut self) {
        self.0.queue().coming += 1;
    }
}

impl<E: Errand> Lanes<E> {
    /// Lanes with so many runners each, that run so many errands as one at most.
    pub(super) fn new(most: usize, runners: usize) -> Self {
        Self { most, runners, lanes: Arc::default(), member: None }
    }

    /// The same lanes for one of a list, who goes to this lane again and again, and is gone with the last of these.
    pub(super) fn of_list(&self, of: &E::Of, lane: &str) -> Self {
        let lane = self.lane(lane);
        lane.queue().coming += 1;
        let member = Member { lane, most: self.most, runners: self.runners, of: of.clone() };
        Self { member: Some(Arc::new(member)), ..self.clone() }
    }

    /// How many are run as one at most.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// Runs an errand at once, or with those of the same lane that come meanwhile.
    pub(super) async fn send(&self, of: &E::Of, lane: &str, errand: E) -> E::Answer {
        let lane = self.lane(lane);
        let member = self.member.as_ref().filter(|member| Arc::ptr_eq(&member.lane, &lane));
        // A member's own would keep it from being gone as long as others are run.
        let of = member.map_or(of, |member| &member.of);
        let entry = lane.enter(errand, self.runners, self.most, member.is_some());
        let _there = member.map(|member| There(&member.lane));
        match entry {
            Entry::Alone(errand) => {
                let _turn = Turn { lane: Arc::clone(&lane), most: self.most, of: of.clone() };
                E::run(of, errand).await
            }
            Entry::Waits(answer) => answer.await.unwrap_or_else(|_| E::lost()),
            Entry::Last(group, answer) => {
                Groups::begin(&lane, self.most, of, group);
                answer.await.unwrap_or_else(|_| E::lost())
            }
        }
    }

    fn lane(&self, name: &str) -> Arc<Lane<E>> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(name) {
            return Arc::clone(lane);
        }
        Arc::clone(lanes.entry(name.to_owned()).or_default())
    }
}

impl<E: Errand> Lane<E> {
    fn queue(&self) -> MutexGuard<'_, Queue<E>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the errand back to who may run it at once, or takes it and gives what to wait for.
    fn enter(&self, errand: E, runners: usize, most: usize, of_list: bool) -> Entry<E> {
        let mut queue = self.queue();
        queue.coming = queue.coming.saturating_sub(usize::from(of_list));
        let alone = !of_list || queue.coming == 0 && queue.waiting.is_empty();
        if queue.busy < runners && alone {
            queue.busy += 1;
            return Entry::Alone(errand);
        }
        let (sender, receiver) = oneshot::channel();
        queue.waiting.push_back((errand, sender));
        queue.hurried += usize::from(!of_list);
        let group = queue.start(runners, most);
        if group.is_empty() { Entry::Waits(receiver) } else { Entry::Last(group, receiver) }
    }

    /// One of a list is gone; gives the group that has waited only for it.
    fn leave(&self, runners: usize, most: usize) -> Vec<Waiting<E>> {
        let mut queue = self.queue();
        queue.coming = queue.coming.saturating_sub(1);
        queue.start(runners, most)
    }

    /// The next group for a runner; where there is none, the runner is free again.
    fn next(&self, most: usize) -> Vec<Waiting<E>> {
        let mut queue = self.queue();
        let group = queue.group(most);
        if group.is_empty() {
            queue.busy = queue.busy.saturating_sub(1);
        }
        group
    }

    /// Frees a runner; whoever waits learns that it is not known what became of the errand.
    fn give_up(&self) {
        let mut queue = self.queue();
        queue.busy = queue.busy.saturating_sub(1);
        queue.hurried = 0;
        queue.waiting.clear();
    }
}

impl<E: Errand> Queue<E> {
    /// Those who go now as one.
    fn group(&mut self, most: usize) -> Vec<Waiting<E>> {
        if self.coming > 0 && self.hurried == 0 && self.waiting.len() < WORTH.min(most) {
            return Vec::new();
        }
        let count = self.waiting.len().min(most);
        let group = self.waiting.drain(..count).collect();
        self.hurried = self.hurried.min(self.waiting.len());
        group
    }

    /// The same for a runner who is free, and is no more if there is a group.
    fn start(&mut self, runners: usize, most: usize) -> Vec<Waiting<E>> {
        if self.busy >= runners {
            return Vec::new();
        }
        let group = self.group(most);
        self.busy += usize::from(!group.is_empty());
        group
    }
}

/// The turn of one who runs alone. When it ends, also by being dropped, those who have come meanwhile are run.
struct Turn<E: Errand> {
    lane: Arc<Lane<E>>,
    most: usize,
    of: E::Of,
}

impl<E: Errand> Drop for Turn<E> {
    fn drop(&mut self) {
        Groups::begin(&self.lane, self.most, &self.of, self.lane.next(self.most));
    }
}

/// Runs groups until nobody waits. A task of its own: no caller who gives up leaves others with a half.
struct Groups<E: Errand> {
    lane: Arc<Lane<E>>,
    most: usize,
    of: E::Of,
}

/// Gives up the lane of a runner who is dropped before there is nothing more to run.
struct Running<E: Errand>(Option<Arc<Lane<E>>>);

impl<E: Errand> Drop for Running<E> {
    fn drop(&mut self) {
        if let Some(lane) = &self.0 {
            lane.give_up();
        }
    }
}

impl<E: Errand> Groups<E> {
    /// Begins with a group that has a runner; where there is none, nothing.
    fn begin(lane: &Arc<Lane<E>>, most: usize, of: &E::Of, group: Vec<Waiting<E>>) {
        if group.is_empty() {
            return;
        }
        let running = Running(Some(Arc::clone(lane)));
        let groups = Self { lane: Arc::clone(lane), most, of: of.clone() };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(groups.run(group, running))),
            Err(_) => drop(running),
        }
    }

    async fn run(self, mut group: Vec<Waiting<E>>, mut running: Running<E>) {
        while !group.is_empty() {
            let (errands, callers): (Vec<E>, Vec<_>) = group.into_iter().unzip();
            let answers = E::run_together(&self.of, errands).await;
            for (caller, answer) in callers.into_iter().zip(answers) {
                // A caller who has gone away has no use for it.
                drop(caller.send(answer));
            }
            group = self.lane.next(self.most);
        }
        // The lane may be another's already.
        running.0 = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::group::{Answer, Written};
    use super::*;

    fn commit(doc: &str) -> Written {
        Written { bu: "ac".into(), doc: doc.into(), revision: 1, body: String::new(), numbered: false }
    }

    /// Comes to a lane, and gives what became of it.
    fn comes(lane: &Lane<Written>, doc: &str, runners: usize, of_list: bool) -> Entry<Written> {
        lane.enter(commit(doc), runners, 100, of_list)
    }

    fn waits(lane: &Lane<Written>, doc: &str, of_list: bool) -> oneshot::Receiver<Answer> {
        match comes(lane, doc, 1, of_list) {
            Entry::Waits(answer) => answer,
            Entry::Alone(_) | Entry::Last(..) => panic!("{doc} goes at once"),
        }
    }

    fn names(group: &[Waiting<Written>]) -> String {
        group.iter().map(|(c, _)| c.doc.clone()).collect()
    }

    #[test]
    fn the_first_writes_at_once_and_the_others_in_groups_in_their_order() {
        let lane = Lane::default();
        assert!(matches!(comes(&lane, "a", 1, false), Entry::Alone(_)));
        let waiting = ["b", "c", "d"].map(|doc| waits(&lane, doc, false));
        assert_eq!(names(&lane.next(2)), "bc");
        assert_eq!(names(&lane.next(2)), "d");
        assert!(lane.next(2).is_empty());
        assert!(matches!(comes(&lane, "e", 1, false), Entry::Alone(_)), "the lane is free again");
        drop(waiting);
    }

    #[test]
    fn nobody_waits_while_a_writer_is_free() {
        let lane = Lane::default();
        assert!(matches!(comes(&lane, "a", 2, false), Entry::Alone(_)));
        assert!(matches!(comes(&lane, "b", 2, false), Entry::Alone(_)));
        let waiting = comes(&lane, "c", 2, false);
        assert_eq!(lane.next(100).len(), 1);
        assert!(lane.next(100).is_empty(), "the writer of the group is free");
        assert!(matches!(comes(&lane, "d", 2, false), Entry::Alone(_)));
        drop(waiting);
    }

    #[test]
    fn whoever_waits_for_a_writer_that_is_gone_is_told() {
        let lane = Lane::default();
        assert!(matches!(comes(&lane, "a", 1, false), Entry::Alone(_)));
        let mut waiting = waits(&lane, "b", false);
        lane.give_up();
        assert!(matches!(waiting.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert!(matches!(comes(&lane, "c", 1, false), Entry::Alone(_)));
    }

    #[test]
    fn those_of_a_list_go_when_nobody_of_it_is_on_the_way() {
        let lane = Lane::default();
        lane.queue().coming = 4;
        let waiting = ["a", "b"].map(|doc| waits(&lane, doc, true));
        assert!(lane.leave(1, 100).is_empty(), "one is on the way");
        let Entry::Last(group, _answer) = comes(&lane, "c", 1, true) else { panic!("nobody else comes") };
        assert_eq!(names(&group), "abc");
        assert!(lane.next(100).is_empty());
        lane.queue().coming = 2;
        let last = waits(&lane, "d", true);
        assert_eq!(names(&lane.leave(1, 100)), "d", "whoever has not come decides nothing");
        drop((waiting, last));
    }

    #[test]
    fn those_of_a_list_go_when_they_are_worth_it_and_others_at_once() {
        let lane = Lane::default();
        lane.queue().coming = 1_000;
        let waiting: Vec<_> = (1..WORTH).map(|n| waits(&lane, &format!("{n} "), true)).collect();
        assert!(matches!(comes(&lane, "hurried", 1, false), Entry::Alone(_)), "it waits for no list");
        assert!(lane.next(100).is_empty());
        assert!(matches!(comes(&lane, "last", 1, true), Entry::Last(group, _) if group.len() == WORTH));
        let more = (waits(&lane, "x", true), waits(&lane, "hurried", false));
        assert_eq!(names(&lane.next(100)), "xhurried", "who is in a hurry takes the others along");
        drop((waiting, more));
    }
}
