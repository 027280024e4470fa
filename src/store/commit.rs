//! Committing to a database: one round trip, and what the database's refusals mean.
//!
//! Must not know what the body holds (`body`). Tests: `tests/it/store_*.rs`.

use crate::base::Timestamp;
use crate::domain::{Decision, Document};

use super::body;
use super::deployment::Deployment;
use super::error::{CommitError, Conflict, StoreError, unreadable};
use super::group::{Answer, Written};
use super::outbox::{OutboxEntry, Setback};
use super::sql::{Arg, Database, Row};
use super::views::{Book, Committed, DueTimer, TimerOutcome};

const COMMAND: &str = "INSERT INTO command VALUES ($1, $2, $3, $4, jsonb($5))";
/// Where no number is given there is nothing to tell, so nothing is looked up.
const COMMIT_UNNUMBERED: &str = "INSERT INTO command VALUES ('commit', $1, $2, $3, jsonb($4))";
pub(super) const COMMIT: &str = "INSERT INTO command VALUES ('commit', $1, $2, $3, jsonb($4)) RETURNING (SELECT json_object('number', d.number, 'revision', $3, 'papers',
  (SELECT json_group_array(p.number ORDER BY p.ordinal) FROM paper p WHERE p.bu = $1 AND p.doc = $2 AND p.revision = $3)) FROM document d WHERE d.bu = $1 AND d.doc = $2)";
/// The same for many, all or none: a list of business unit, document, revision and body of each.
pub(super) const COMMIT_ALL: &str =
    "INSERT INTO command SELECT 'commit', n.value ->> '$[0]', n.value ->> '$[1]', n.value ->> '$[2]', jsonb_extract(n.value, '$[3]')
  FROM jsonb_each(jsonb($1)) n";
/// What numbers were given to those of them that took some: a list of business unit, document and revision.
pub(super) const NUMBERS: &str =
    "SELECT json_group_array(json_object('number', d.number, 'revision', h.value ->> 2, 'papers', (SELECT json_group_array(p.number ORDER BY p.ordinal)
    FROM paper p WHERE p.bu = d.bu AND p.doc = d.doc AND p.revision = h.value ->> 2)) || '' ORDER BY h.key)
  FROM json_each($1) h CROSS JOIN document d WHERE d.bu = h.value ->> 0 AND d.doc = h.value ->> 1";

/// What PostgreSQL answers where no number is given.
const NOTHING: &str = "null";
/// How often a small command is sent whose answer was lost.
pub(super) const SENT: u32 = 4;

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

    /// What a procedure said, without the driver's error.
    pub(super) fn told((code, text): (String, String)) -> Self {
        Self { error: sqlx::Error::Protocol(text.clone()), said: Some((code, text)) }
    }

    fn is(&self, code: &str) -> bool {
        self.said.as_ref().is_some_and(|(said, _)| said == code)
    }

    /// What the refusal of a commit means; `None` for those that need a second look.
    fn conflict(&self) -> Option<Conflict> {
        Some(match self.said.as_ref()?.0.as_str() {
            "BC100" => Conflict::Contention,
            "BC101" => Conflict::Revision,
            "BC102" => Conflict::Balance,
            "BC103" => Conflict::Serial,
            "BC104" => Conflict::Obligation,
            "BC105" => Conflict::Paper,
            "BC109" => Conflict::Lot,
            "BC110" => Conflict::Timer,
            "BC112" => Conflict::Books,
            _ => return None,
        })
    }
}

/// The one text that a statement answers with.
pub(super) fn first(rows: &[Row]) -> Result<String, sqlx::Error> {
    let row = rows.first().ok_or(sqlx::Error::RowNotFound)?;
    row.text(0).map(str::to_owned).map_err(|e| sqlx::Error::Decode(e.into()))
}

/// The same of a statement that was refused or not.
pub(super) fn told(rows: Result<Vec<Row>, Raised>) -> Result<String, Raised> {
    first(&rows?).map_err(|error| Raised { said: None, error })
}

/// The arguments of [`COMMIT`].
pub(super) fn commit_args(c: &Written) -> [Arg; 4] {
    [c.bu.as_str().into(), c.doc.as_str().into(), c.revision.into(), c.body.as_str().into()]
}

/// The arguments of [`COMMIT_ALL`] and of [`NUMBERS`]; none of those where nothing is numbered. The bodies are JSON already.
pub(super) fn commit_all_args(commits: &[Written]) -> (Arg, Option<Arg>) {
    let (mut all, mut numbered) = (Vec::with_capacity(commits.len()), Vec::new());
    for c in commits {
        let head = format!("{},{},{}", serde_json::json!(c.bu), serde_json::json!(c.doc), c.revision);
        all.push(format!("[{head},{}]", c.body));
        if c.numbered {
            numbered.push(format!("[{head}]"));
        }
    }
    let list = |rows: &[String]| Arg::from(format!("[{}]", rows.join(",")));
    (list(&all), (!numbered.is_empty()).then(|| list(&numbered)))
}

/// The answers to [`COMMIT_ALL`], in their order, by what [`NUMBERS`] gave.
pub(super) fn each(commits: &[Written], numbers: Option<String>) -> Result<Vec<Answer>, sqlx::Error> {
    let texts: Vec<String> = numbers.map_or(Ok(Vec::new()), |text| serde_json::from_str(&text)).map_err(|e| sqlx::Error::Decode(e.into()))?;
    let mut texts = texts.into_iter();
    commits.iter().map(|c| if c.numbered { texts.next().map(|text| Ok(Some(text))).ok_or(sqlx::Error::RowNotFound) } else { Ok(Ok(None)) }).collect()
}

impl Database {
    pub(super) async fn commit(&self, d: &Decision, before: Option<&Document>) -> Result<Committed, CommitError> {
        let body = body::commit(d, before)?;
        let revision = i64::try_from(d.document.revision).unwrap_or(i64::MAX);
        let numbered = d.number.is_some() || !d.papers.is_empty();
        let written = Written { bu: d.bu.to_string(), doc: d.document.id.to_string(), revision, body, numbered };
        match self.write(written).await {
            Ok(None) => Ok(Committed { number: d.document.number.clone(), revision: d.document.revision, papers: Vec::new() }),
            Ok(Some(text)) => serde_json::from_str(&text).map_err(|e| unreadable("the answer of a commit", e).into()),
            Err(raised) if raised.is("BC106") => self.repeated(d).await,
            Err(raised) if raised.is("BC107") => self.claimed(d).await,
            Err(raised) => Err(raised.conflict().map_or_else(|| StoreError::from(raised.error).into(), CommitError::from)),
        }
    }

    /// Writes one commit in a transaction of its own.
    pub(super) async fn write_one(&self, c: &Written) -> Answer {
        match self {
            Self::Postgres(db) => {
                let answer = db.call("commit", &[c.bu.as_str().into(), c.body.as_str().into()]).await;
                db.count_commits(1).await;
                answer.map(|told| (told != NOTHING).then_some(told))
            }
            Self::Sqlite(db) if c.numbered => told(db.command(COMMIT, commit_args(c)).await).map(Some),
            Self::Sqlite(db) => db.command(COMMIT_UNNUMBERED, commit_args(c)).await.map(|_| None),
        }
    }

    /// The transition that used the key before.
    async fn repeated(&self, d: &Decision) -> Result<Committed, CommitError> {
        let sql = "SELECT doc, body_hash, revision FROM event WHERE bu = $1 AND command_key = $2";
        let rows = self.fetch(sql, &[d.bu.as_str().into(), d.event.key.as_str().into()]).await?;
        let row = rows.first().ok_or(Conflict::Contention)?;
        Err(CommitError::DuplicateKey { doc: row.text(0)?.into(), body_hash: row.text(1)?.to_owned(), revision: row.int(2)?.unsigned_abs() })
    }

    /// The first of the claimed keys that another document holds.
    async fn claimed(&self, d: &Decision) -> Result<Committed, CommitError> {
        let keys: Vec<String> = d.claims.iter().map(|c| c.key.clone()).collect();
        let holders = self.claim_holders(&d.bu, &d.document.workflow, &keys).await?;
        let other = holders.into_iter().find(|(_, holder)| *holder != d.document.id);
        let (key, holder) = other.ok_or(Conflict::Contention)?;
        Err(CommitError::Claimed { key, holder })
    }

    /// One of the small commands beside a commit; false where its row is no longer there. Done twice, each is done once:
    /// where the answer was lost, it is sent again.
    async fn small(&self, (procedure, kind): (&str, &str), bu: &str, doc: &str, body: String) -> Result<bool, StoreError> {
        let mut sent = 1;
        loop {
            let done = match self {
                Self::Postgres(db) => db.call(procedure, &[bu.into(), body.as_str().into()]).await.map(|_| ()),
                Self::Sqlite(db) => db.command(COMMAND, [kind.into(), bu.into(), doc.into(), Arg::Int(0), body.as_str().into()]).await.map(|_| ()),
            };
            match done.map_err(|raised| (raised.is("BC110"), StoreError::from(raised.error))) {
                Ok(()) => return Ok(true),
                Err((true, _)) => return Ok(false),
                Err((_, fault)) if fault.is_sudden() && sent < SENT => sent += 1,
                Err((_, fault)) => return Err(fault),
            }
        }
    }

    pub(super) async fn put_book(&self, book: &Book) -> Result<(), StoreError> {
        self.write_book(book, serde_json::json!({ "name": book.name, "files": book.files })).await
    }

    pub(super) async fn deploy(&self, book: &Book, deployment: &Deployment) -> Result<(), StoreError> {
        let deployed = serde_json::json!([{ "number": deployment.number, "by": deployment.by, "at": deployment.at.micros() }]);
        let written = self.write_book(book, serde_json::json!({ "name": book.name, "files": book.files, "deployed": deployed })).await;
        match self.deployments().await?.iter().find(|d| d.number == deployment.number) {
            Some(there) if there.hash != deployment.hash => {
                Err(StoreError::Admin("another book was deployed at the same time: look at the plan again".to_owned()))
            }
            _ => written,
        }
    }

    async fn write_book(&self, book: &Book, body: serde_json::Value) -> Result<(), StoreError> {
        let body = body.to_string();
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

    pub(super) async fn put_off(&self, entry: &OutboxEntry, setback: &Setback) -> Result<bool, StoreError> {
        let given_up_at = setback.given_up_at.map_or(0, Timestamp::micros);
        let body = serde_json::json!({
            "doc": entry.doc, "id": entry.id, "tries": setback.tries, "next_at": setback.next_at.micros(), "given_up_at": given_up_at, "fault": setback.fault,
        });
        self.small(("put_off", "put_off"), entry.bu.as_str(), entry.doc.as_str(), body.to_string()).await
    }

    pub(super) async fn mark_sent(&self, entry: &OutboxEntry, now: Timestamp) -> Result<bool, StoreError> {
        let body = serde_json::json!({ "doc": entry.doc, "id": entry.id, "now": now.micros() }).to_string();
        self.small(("mark_sent", "sent"), entry.bu.as_str(), entry.doc.as_str(), body).await
    }
}
