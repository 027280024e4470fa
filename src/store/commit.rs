//! Committing to a database: one round trip, and what the database's refusals mean.
//!
//! Must not know what the body holds (`body.rs`). Tests: `tests/it/store_*.rs`.

use serde::Deserialize;

use crate::base::{DocId, Timestamp};
use crate::domain::Decision;

use super::body;
use super::error::{CommitError, Conflict, StoreError, unreadable};
use super::sql::{Arg, Database};
use super::views::{Book, Committed, DueTimer, OutboxEntry, TimerOutcome};

const COMMAND: &str = "INSERT INTO command VALUES ($1, $2, $3, $4, $5)";
const COMMIT: &str = "INSERT INTO command VALUES ('commit', $1, $2, $3, $4);
SELECT json_object('number', d.number, 'revision', $3, 'papers',
  (SELECT json_group_array(p.number ORDER BY p.ordinal) FROM paper p WHERE p.bu = $1 AND p.doc = $2 AND p.revision = $3)) FROM document d WHERE d.bu = $1 AND d.doc = $2";

/// What a procedure refused, or why it could not be called.
#[derive(Debug)]
pub(super) struct Raised {
    /// Code and words, where they are ours.
    pub said: Option<(String, String)>,
    /// The driver's error.
    pub error: sqlx::Error,
}

impl Raised {
    pub(super) fn new(error: sqlx::Error, said: impl Fn(&dyn sqlx::error::DatabaseError) -> Option<(String, String)>) -> Self {
        Self { said: error.as_database_error().and_then(said), error }
    }

    fn is(&self, code: &str) -> bool {
        self.said.as_ref().is_some_and(|(said, _)| said == code)
    }

    fn of_commit(self) -> CommitError {
        let Some((code, text)) = self.said else { return StoreError::from(self.error).into() };
        match code.as_str() {
            "BC100" => Conflict::Contention.into(),
            "BC101" => Conflict::Revision.into(),
            "BC102" => Conflict::Balance.into(),
            "BC103" => Conflict::Serial.into(),
            "BC104" => Conflict::Obligation.into(),
            "BC105" => Conflict::Paper.into(),
            "BC109" => Conflict::Lot.into(),
            "BC106" => repeated(&text).unwrap_or_else(CommitError::from),
            "BC107" => claimed(&text).unwrap_or_else(CommitError::from),
            _ => StoreError::from(self.error).into(),
        }
    }
}

fn repeated(text: &str) -> Result<CommitError, StoreError> {
    #[derive(Deserialize)]
    struct Repeat {
        doc: DocId,
        revision: u64,
        body_hash: String,
    }
    let Repeat { doc, revision, body_hash } = serde_json::from_str(text).map_err(|e| unreadable("a repeated key", e))?;
    Ok(CommitError::DuplicateKey { doc, revision, body_hash })
}

fn claimed(text: &str) -> Result<CommitError, StoreError> {
    #[derive(Deserialize)]
    struct Held {
        key: String,
        holder: DocId,
    }
    let Held { key, holder } = serde_json::from_str(text).map_err(|e| unreadable("a claim", e))?;
    Ok(CommitError::Claimed { key, holder })
}

impl Database {
    pub(super) async fn commit(&self, d: &Decision) -> Result<Committed, CommitError> {
        let body = body::commit(d)?;
        let answer = match self {
            Self::Postgres(db) => db.call("commit", &[d.bu.as_str().into(), body.into()]).await.map_err(Raised::of_commit)?,
            Self::Sqlite(db) => {
                let revision = i64::try_from(d.document.revision).unwrap_or(i64::MAX);
                let args = [d.bu.as_str().into(), d.document.id.as_str().into(), revision.into(), body.into()];
                let rows = db.command(COMMIT, &args).await.map_err(Raised::of_commit)?;
                let row = rows.first().ok_or_else(|| unreadable("the answer of a commit", "no row"))?;
                sqlx::Row::try_get(row, 0).map_err(|e| unreadable("the answer of a commit", e))?
            }
        };
        serde_json::from_str(&answer).map_err(|e| unreadable("the answer of a commit", e).into())
    }

    /// One of the small commands beside a commit; false where its row is no longer there.
    async fn small(&self, (procedure, kind): (&str, &str), bu: &str, doc: &str, body: String) -> Result<bool, StoreError> {
        let done = match self {
            Self::Postgres(db) => db.call(procedure, &[bu.into(), body.into()]).await.map(|_| ()),
            Self::Sqlite(db) => db.command(COMMAND, &[kind.into(), bu.into(), doc.into(), Arg::Int(0), body.into()]).await.map(|_| ()),
        };
        match done {
            Ok(()) => Ok(true),
            Err(raised) if raised.is("BC110") => Ok(false),
            Err(raised) => Err(raised.error.into()),
        }
    }

    pub(super) async fn put_book(&self, book: &Book) -> Result<(), StoreError> {
        let body = serde_json::json!({ "name": book.name, "files": book.files }).to_string();
        match self {
            // Books belong to no business unit: the procedure's first argument is the hash.
            Self::Postgres(_) => self.small(("put_book", "book"), &book.hash, "", body).await,
            Self::Sqlite(_) => self.small(("put_book", "book"), "", &book.hash, body).await,
        }
        .map(|_| ())
    }

    pub(super) async fn finish_timer(&self, due: &DueTimer, outcome: &TimerOutcome, now: Timestamp) -> Result<bool, StoreError> {
        self.small(("finish_timer", "timer"), due.bu.as_str(), due.doc.as_str(), body::finish_timer(due, outcome, now)?).await
    }

    pub(super) async fn mark_sent(&self, entry: &OutboxEntry, now: Timestamp) -> Result<bool, StoreError> {
        let body = serde_json::json!({ "doc": entry.doc, "id": entry.id, "now": now.micros() }).to_string();
        self.small(("mark_sent", "sent"), entry.bu.as_str(), entry.doc.as_str(), body).await
    }
}
