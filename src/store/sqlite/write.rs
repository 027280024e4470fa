//! What a transition commits, on the connection near by that writes.
//!
//! Must not know what a commit writes. Tests: `tests/it/store_*.rs`.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use super::Sqlite;
use super::near::{Near, is_constraint, is_held};
use crate::store::commit::{COMMIT, COMMIT_ALL, NUMBERS, Raised, commit_all_args, commit_args, each, first};
use crate::store::group::{Answer, Written};
use crate::store::sql::{Arg, Row};

/// The connection that commits, for as long as one has it.
type Held = OwnedMutexGuard<Option<Near>>;

impl Sqlite {
    /// Inserts one row into the command table, and gives what the statement returns.
    pub(in crate::store) async fn command<const N: usize>(&self, sql: impl Into<Arc<str>>, args: [Arg; N]) -> Result<Vec<Row>, Raised> {
        let sql = sql.into();
        let rows = self.commit(move |near| near.rows(&sql, &args)).await.map_err(|e| Raised::new(e, message_of))?;
        self.logged(1);
        Ok(rows)
    }

    /// Writes several commits in one transaction, each done or refused by itself; a fault undoes all of them. One statement
    /// writes them all; where one of them is refused, which undoes the others, each has a statement of its own.
    pub(in crate::store) async fn commit_group(&self, commits: &[Written]) -> Result<Vec<Answer>, sqlx::Error> {
        let (all, numbered) = commit_all_args(commits);
        let args = [all];
        let together = move |near: &Near| {
            near.rows(COMMIT_ALL, &args)?;
            numbered.as_ref().map(|asked| near.rows(NUMBERS, std::slice::from_ref(asked)).and_then(|rows| first(&rows))).transpose()
        };
        // It takes milliseconds: others go on deciding meanwhile.
        let answers = match self.aside(Arc::clone(&self.commits).lock_owned().await, together).await {
            Ok(numbers) => each(commits, numbers)?,
            Err(e) if is_constraint(&e) => {
                let all: Vec<[Arg; 4]> = commits.iter().map(commit_args).collect();
                self.aside(Arc::clone(&self.commits).lock_owned().await, move |near| near.together(|near| one_by_one(near, &all))).await?
            }
            Err(e) => return Err(e),
        };
        self.logged(commits.len());
        Ok(answers)
    }

    /// Does something on the connection that commits; where another program holds the file, on a thread that may wait.
    async fn commit<T: Send + 'static>(&self, run: impl Fn(&Near) -> Result<T, sqlx::Error> + Send + 'static) -> Result<T, sqlx::Error> {
        let held = Arc::clone(&self.commits).lock_owned().await;
        let done = held.as_ref().ok_or(sqlx::Error::PoolClosed).and_then(&run);
        match done {
            Err(e) if is_held(&e) => self.aside(held, run).await,
            done => done,
        }
    }

    /// Does something that takes long, or may wait, on a thread that nobody else needs.
    pub(super) async fn aside<T: Send + 'static>(
        &self,
        held: Held,
        run: impl FnOnce(&Near) -> Result<T, sqlx::Error> + Send + 'static,
    ) -> Result<T, sqlx::Error> {
        let wait = self.wait;
        let run = move || held.as_ref().ok_or(sqlx::Error::PoolClosed)?.patiently(wait, run);
        // What was cut off with the runtime is done or not at all, as where a connection is lost.
        tokio::task::spawn_blocking(run).await.unwrap_or(Err(sqlx::Error::WorkerCrashed))
    }
}

/// Writes commits, each by a statement of its own.
fn one_by_one(near: &Near, commits: &[[Arg; 4]]) -> Result<Vec<Answer>, sqlx::Error> {
    let mut answers = Vec::with_capacity(commits.len());
    for commit in commits {
        match near.rows(COMMIT, commit) {
            Ok(rows) => answers.push(Ok(Some(first(&rows)?))),
            // What a statement does against a constraint is undone with the statement alone.
            Err(e) if is_constraint(&e) => answers.push(Err(Raised::new(e, message_of))),
            Err(e) => return Err(e),
        }
    }
    Ok(answers)
}

/// What a trigger said, as code and text.
fn message_of(e: &dyn sqlx::error::DatabaseError) -> Option<(String, String)> {
    match e.code().as_deref() {
        // SQLITE_CONSTRAINT_TRIGGER: one of our own words; the other constraints are raced only by other writers.
        Some("1811") => {
            let (code, text) = e.message().split_once(' ').unwrap_or((e.message(), ""));
            Some((code.to_owned(), text.to_owned()))
        }
        _ => None,
    }
}
