//! Commits that come together are written together: who finds a writer free writes at once, and those who come while none is
//! are written as one group after it, each done or refused by itself.
//!
//! A group costs the database one transaction, and one wait for the disk, for all that is in it. Must not know what a
//! commit writes. Tests: `tests/it/store_group.rs`.

use super::Store;
use super::commit::Raised;
use super::error::{is_for_all, same};
use super::lane::Errand;
use super::sql::Database;
use crate::base::Bu;

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
    /// Whether it takes numbers for the document or for papers.
    pub numbered: bool,
}

/// What became of one commit: the text that the database answered with, where there was something to ask for.
pub(super) type Answer = Result<Option<String>, Raised>;

impl Errand for Written {
    type Of = Database;
    type Answer = Answer;

    async fn run(db: &Database, commit: Self) -> Answer {
        db.write_one(&commit).await
    }

    async fn run_together(db: &Database, commits: Vec<Self>) -> Vec<Answer> {
        db.write_group(&commits).await
    }

    fn lost() -> Answer {
        Err(Raised { said: None, error: sqlx::Error::WorkerCrashed })
    }
}

impl Store {
    /// The same store for one of a list of commands, whose commits wait for each other for a moment, so that they are written
    /// as few: for either database that is much less work.
    pub(crate) fn of_list(&self, bu: &Bu) -> Self {
        match self {
            Self::Sqlite(db @ Database::Sqlite(file)) => Self::Sqlite(Database::Sqlite(file.of_list(db))),
            Self::Postgres(db @ Database::Postgres(server)) => Self::Postgres(Database::Postgres(server.of_list(db, bu))),
            other => other.clone(),
        }
    }
}

impl Database {
    /// Writes a commit, at once or with those that come meanwhile: a file has one writer, a server some for each business unit.
    pub(super) async fn write(&self, commit: Written) -> Answer {
        let writer = match self {
            Self::Sqlite(_) => "",
            Self::Postgres(_) if self.commits().most() == 1 => return self.write_one(&commit).await,
            Self::Postgres(_) => &commit.bu.clone(),
        };
        self.commits().send(self, writer, commit).await
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
