//! Errands that come together are run together: who finds a runner free goes at once, and those who come while none is are
//! run as one group after it, each with its own answer.
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

/// Who runs now and who waits, by what they share.
pub(super) struct Lanes<E: Errand> {
    most: usize,
    runners: usize,
    lanes: Arc<Mutex<HashMap<String, Arc<Lane<E>>>>>,
}

impl<E: Errand> Clone for Lanes<E> {
    fn clone(&self) -> Self {
        Self { most: self.most, runners: self.runners, lanes: Arc::clone(&self.lanes) }
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
}

impl<E: Errand> Default for Lane<E> {
    fn default() -> Self {
        Self(Mutex::new(Queue { busy: 0, waiting: VecDeque::new() }))
    }
}

impl<E: Errand> Lanes<E> {
    /// Lanes with so many runners each, that run so many errands as one at most.
    pub(super) fn new(most: usize, runners: usize) -> Self {
        Self { most, runners, lanes: Arc::default() }
    }

    /// How many are run as one at most.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    /// Runs an errand at once, or with those of the same lane that come meanwhile.
    pub(super) async fn send(&self, of: &E::Of, lane: &str, errand: E) -> E::Answer {
        let lane = self.lane(lane);
        match lane.enter(errand, self.runners) {
            Ok(errand) => {
                let _turn = Turn { lane, most: self.most, of: of.clone() };
                E::run(of, errand).await
            }
            Err(answer) => answer.await.unwrap_or_else(|_| E::lost()),
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
    fn enter(&self, errand: E, runners: usize) -> Result<E, oneshot::Receiver<E::Answer>> {
        let mut queue = self.queue();
        if queue.busy < runners {
            queue.busy += 1;
            return Ok(errand);
        }
        let (sender, receiver) = oneshot::channel();
        queue.waiting.push_back((errand, sender));
        Err(receiver)
    }

    /// The next group for a runner; where nobody waits, the runner is free again.
    fn next(&self, most: usize) -> Vec<Waiting<E>> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(most);
        if count == 0 {
            queue.busy = queue.busy.saturating_sub(1);
        }
        queue.waiting.drain(..count).collect()
    }

    /// Frees a runner; whoever waits learns that it is not known what became of the errand.
    fn give_up(&self) {
        let mut queue = self.queue();
        queue.busy = queue.busy.saturating_sub(1);
        queue.waiting.clear();
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
        let group = self.lane.next(self.most);
        if group.is_empty() {
            return;
        }
        let groups = Groups { lane: Arc::clone(&self.lane), most: self.most, of: self.of.clone() };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(groups.run(group))),
            Err(_) => drop(groups),
        }
    }
}

/// Runs groups until nobody waits. A task of its own: no caller who gives up leaves others with a half.
struct Groups<E: Errand> {
    lane: Arc<Lane<E>>,
    most: usize,
    of: E::Of,
}

impl<E: Errand> Drop for Groups<E> {
    fn drop(&mut self) {
        self.lane.give_up();
    }
}

impl<E: Errand> Groups<E> {
    async fn run(self, mut group: Vec<Waiting<E>>) {
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
        std::mem::forget(self);
    }
}

#[cfg(test)]
mod tests {
    use super::super::group::{Answer, Written};
    use super::*;

    fn commit(doc: &str) -> Written {
        Written { bu: "ac".into(), doc: doc.into(), revision: 1, body: String::new() }
    }

    #[test]
    fn the_first_writes_at_once_and_the_others_in_groups_in_their_order() {
        let lane = Lane::default();
        assert!(lane.enter(commit("a"), 1).is_ok());
        let waiting: Vec<_> = ["b", "c", "d"].into_iter().map(|doc| lane.enter(commit(doc), 1).unwrap_err()).collect();
        let names = |group: &[(Written, oneshot::Sender<Answer>)]| group.iter().map(|(c, _)| c.doc.clone()).collect::<String>();
        assert_eq!(names(&lane.next(2)), "bc");
        assert_eq!(names(&lane.next(2)), "d");
        assert!(lane.next(2).is_empty());
        assert!(lane.enter(commit("e"), 1).is_ok(), "the lane is free again");
        drop(waiting);
    }

    #[test]
    fn nobody_waits_while_a_writer_is_free() {
        let lane = Lane::default();
        assert!(lane.enter(commit("a"), 2).is_ok());
        assert!(lane.enter(commit("b"), 2).is_ok());
        let waiting = lane.enter(commit("c"), 2).unwrap_err();
        assert_eq!(lane.next(100).len(), 1);
        assert!(lane.next(100).is_empty(), "the writer of the group is free");
        assert!(lane.enter(commit("d"), 2).is_ok());
        drop(waiting);
    }

    #[test]
    fn whoever_waits_for_a_writer_that_is_gone_is_told() {
        let lane = Lane::default();
        assert!(lane.enter(commit("a"), 1).is_ok());
        let mut waiting = lane.enter(commit("b"), 1).unwrap_err();
        lane.give_up();
        assert!(matches!(waiting.try_recv(), Err(oneshot::error::TryRecvError::Closed)));
        assert!(lane.enter(commit("c"), 1).is_ok());
    }
}
