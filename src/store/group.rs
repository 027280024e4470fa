//! Commits that come together are written together: who finds a writer free writes at once, and those who come while none is
//! are written as one group after it, each done or refused by itself.
//!
//! A group costs the database one transaction, and one wait for the disk, for all that is in it. Must not know what a
//! commit writes. Tests: below and `tests/it/store_group.rs`.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::commit::Raised;
use super::error::{is_for_all, same};
use super::sql::Database;

/// So many commits are written as one where the URL does not say otherwise.
pub(super) const USUAL: usize = 100;

/// What the option `group` of a URL says; nothing where it is no number of commits.
pub(super) fn most(text: &str) -> Option<usize> {
    text.parse().ok().filter(|most| (1..=1_000).contains(most))
}

/// A commit as a database is given it.
#[derive(Debug)]
pub(super) struct Written {
    pub bu: String,
    pub doc: String,
    pub revision: i64,
    pub body: String,
}

/// What became of one commit: the text that the database answered with.
pub(super) type Answer = Result<String, Raised>;

/// Who writes now and who waits, for each writer: a file has one, a server one for each business unit.
#[derive(Debug, Clone)]
pub(super) struct Lanes {
    most: usize,
    writers: usize,
    lanes: Arc<Mutex<HashMap<String, Arc<Lane>>>>,
}

#[derive(Debug, Default)]
struct Lane(Mutex<Queue>);

#[derive(Debug, Default)]
struct Queue {
    busy: usize,
    waiting: VecDeque<(Written, oneshot::Sender<Answer>)>,
}

impl Lanes {
    /// Lanes with so many writers each, that write so many commits as one at most.
    pub(super) fn new(most: usize, writers: usize) -> Self {
        Self { most, writers, lanes: Arc::default() }
    }

    /// How many are written as one at most.
    pub(super) const fn most(&self) -> usize {
        self.most
    }

    fn of(&self, writer: &str) -> Arc<Lane> {
        let mut lanes = self.lanes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = lanes.get(writer) {
            return Arc::clone(lane);
        }
        Arc::clone(lanes.entry(writer.to_owned()).or_default())
    }
}

impl Lane {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives the commit back to who may write it at once, or takes it and gives what to wait for.
    fn enter(&self, commit: Written, writers: usize) -> Result<Written, oneshot::Receiver<Answer>> {
        let mut queue = self.queue();
        if queue.busy < writers {
            queue.busy += 1;
            return Ok(commit);
        }
        let (sender, receiver) = oneshot::channel();
        queue.waiting.push_back((commit, sender));
        Err(receiver)
    }

    /// The next group for a writer; where nobody waits, the writer is free again.
    fn next(&self, most: usize) -> Vec<(Written, oneshot::Sender<Answer>)> {
        let mut queue = self.queue();
        let count = queue.waiting.len().min(most);
        if count == 0 {
            queue.busy = queue.busy.saturating_sub(1);
        }
        queue.waiting.drain(..count).collect()
    }

    /// Frees a writer; whoever waits learns that it is not known what became of the commit.
    fn give_up(&self) {
        let mut queue = self.queue();
        queue.busy = queue.busy.saturating_sub(1);
        queue.waiting.clear();
    }
}

/// The turn of one who writes alone. When it ends, also by being dropped, those who have come meanwhile are written.
struct Turn {
    lane: Arc<Lane>,
    db: Database,
}

impl Drop for Turn {
    fn drop(&mut self) {
        let group = self.lane.next(self.db.lanes().most());
        if group.is_empty() {
            return;
        }
        let groups = Groups { lane: Arc::clone(&self.lane), db: self.db.clone() };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) => drop(runtime.spawn(groups.write(group))),
            Err(_) => drop(groups),
        }
    }
}

/// Writes groups until nobody waits. A task of its own: no caller who gives up leaves others with a half.
struct Groups {
    lane: Arc<Lane>,
    db: Database,
}

impl Drop for Groups {
    fn drop(&mut self) {
        self.lane.give_up();
    }
}

impl Groups {
    async fn write(self, mut group: Vec<(Written, oneshot::Sender<Answer>)>) {
        while !group.is_empty() {
            let (commits, callers): (Vec<Written>, Vec<_>) = group.into_iter().unzip();
            let answers = self.db.write_group(&commits).await;
            for (caller, answer) in callers.into_iter().zip(answers) {
                // A caller who has gone away learns by the key.
                drop(caller.send(answer));
            }
            group = self.lane.next(self.db.lanes().most());
        }
        // The lane may be another's already.
        std::mem::forget(self);
    }
}

impl Database {
    /// Writes a commit, at once or with those that come meanwhile.
    pub(super) async fn write(&self, commit: Written) -> Answer {
        let writer = match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) if self.lanes().most() == 1 => return self.write_one(&commit).await,
            Self::Postgres(_) => commit.bu.as_str(),
        };
        let lane = self.lanes().of(writer);
        match lane.enter(commit, self.lanes().writers) {
            Ok(commit) => {
                let _turn = Turn { lane, db: self.clone() };
                self.write_one(&commit).await
            }
            Err(answer) => answer.await.unwrap_or_else(|_| Err(Raised { said: None, error: sqlx::Error::WorkerCrashed })),
        }
    }

    /// Several in one transaction; where that fails as a whole, each by itself, so that each has its own answer.
    async fn write_group(&self, commits: &[Written]) -> Vec<Answer> {
        let together = match (commits, self) {
            ([_], _) => None,
            (_, Self::Sqlite(db)) => Some(db.commit_group(commits).await),
            (_, Self::Postgres(db)) => Some(db.commit_group(commits).await.map_err(|raised| raised.error)),
        };
        match together {
            Some(Ok(answers)) => return answers,
            // Each by itself would wait for as long again, one after the other.
            Some(Err(fault)) if is_for_all(&fault) => return commits.iter().map(|_| Err(Raised { said: None, error: same(&fault) })).collect(),
            _ => {}
        }
        let mut answers = Vec::with_capacity(commits.len());
        for commit in commits {
            answers.push(self.write_one(commit).await);
        }
        answers
    }
}

#[cfg(test)]
mod tests {
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
