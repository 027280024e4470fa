//! Committing a journal again: every decision goes through the commit procedure of the database, whose guards stay as they are.
//!
//! Decisions come in the order in which they were recorded. One that has to wait for another (for the stock that it moves,
//! say, when several machines wrote at once) waits until that has been committed. All of it is one transaction, which ends
//! only when what stands in it was verified.
//! Must not know how lines are read. Tests: `tests/it/store_journal.rs`.

use std::collections::HashMap;
use std::io::BufRead;

use serde_json::{Value as Json, json};
use tokio::sync::Mutex;

use crate::domain::{Command, Timer, TimerKind};

use super::super::body;
use super::super::error::StoreError;
use super::super::schema::GUARDED;
use super::super::sql::{Arg, Database, Dialect, Transaction};
use super::super::verify::{VerifyOptions, VerifyProgress, Watch};
use super::super::views::{DueTimer, TimerOutcome};
use super::{Entry, FORM, Imported, JournalReport, Line, Reader};

/// Events committed between two points to go back to.
const BATCH: usize = 100;
/// After how many events the planner of PostgreSQL is told how the tables have grown.
const GROWN: [u64; 3] = [200, 2_000, 50_000];

/// An import as it goes on.
struct Import {
    dialect: Dialect,
    transaction: Transaction,
    /// The last number of each series by business unit and name, and the event that took it.
    last: HashMap<(String, String), (u64, String)>,
    /// Events that came too early, and why.
    waiting: Vec<(Entry, String)>,
    report: JournalReport,
}

impl Database {
    pub(super) async fn import(&self, from: &mut (dyn BufRead + Send), options: &VerifyOptions, watch: &mut Watch<'_>) -> Result<Imported, StoreError> {
        let mut reader = Reader::new(from);
        let Some(Line::Journal(head)) = reader.next()? else { return Err(StoreError::Admin("this file is no journal of bincard".to_owned())) };
        if head.form > FORM {
            return Err(StoreError::Admin(format!("the journal has the form {}, and this program reads forms up to {FORM}: use a newer bincard", head.form)));
        }
        let transaction = self.begin().await?;
        let mut import = Import { dialect: self.dialect(), transaction, last: HashMap::new(), waiting: Vec::new(), report: JournalReport::default() };
        import.must_be_empty().await?;
        let mut batch = Vec::new();
        while let Some(line) = reader.next()? {
            if let Line::Event(entry) = line {
                batch.push(*entry);
                if batch.len() == BATCH {
                    import.commit(std::mem::take(&mut batch)).await?;
                    watch(&VerifyProgress { step: "events committed", done: import.report.events, of: head.events });
                }
                continue;
            }
            import.commit(std::mem::take(&mut batch)).await?;
            import.line(line).await?;
        }
        import.commit(batch).await?;
        import.nothing_waits()?;
        import.transaction.analyze(&GUARDED.map(|(table, ..)| table)).await?;
        let (open, journal) = (Mutex::new(import.transaction), import.report);
        let verified = self.verify_open(&open, options, &mut |p: &VerifyProgress| watch(p)).await?;
        let transaction = open.into_inner();
        if verified.is_sound() {
            transaction.commit().await?
        } else {
            transaction.undo().await?
        }
        Ok(Imported { journal, verified })
    }
}

impl Import {
    async fn must_be_empty(&mut self) -> Result<(), StoreError> {
        let tables: Vec<String> = GUARDED.iter().map(|(table, ..)| format!("SELECT '{table}' AS name WHERE EXISTS (SELECT 1 FROM {table})")).collect();
        let sql = format!("SELECT name FROM ({}) t LIMIT 1", tables.join(" UNION ALL "));
        match self.transaction.fetch(&sql, &[]).await?.first() {
            None => Ok(()),
            Some(row) => Err(StoreError::Admin(format!(
                "the database is not empty: its table {} has rows; a journal is brought into a new database, so name one with --db",
                row.text(0)?
            ))),
        }
    }

    /// Any line but an event.
    async fn line(&mut self, line: Line) -> Result<(), StoreError> {
        match line {
            Line::Master { bu, tables } => {
                self.report.master += tables.values().map(|rows| rows.len() as u64).sum::<u64>();
                let all: serde_json::Map<String, Json> = super::super::master::KINDS
                    .iter()
                    .map(|kind| (kind.table.to_owned(), json!(tables.get(kind.table).map(Vec::as_slice).unwrap_or_default())))
                    .collect();
                self.call(("put_master", "master"), &bu, "", 0, Json::Object(all).to_string()).await
            }
            Line::Book(book) => {
                self.report.books += 1;
                let deployed: Vec<Json> = book.deployed.iter().map(|d| json!({ "number": d.number, "by": d.by, "at": d.at.micros() })).collect();
                let body = json!({ "name": book.name, "files": book.files, "deployed": deployed }).to_string();
                // Books belong to no business unit: the procedure's first argument is the hash.
                let bu = if self.dialect == Dialect::Postgres { book.hash.as_str() } else { "" };
                self.call(("put_book", "book"), bu, &book.hash, 0, body).await
            }
            Line::Sealed { bu, number, leaves } => {
                self.nothing_waits()?;
                let body = json!({ "number": number, "leaves": leaves }).to_string();
                self.call(("put_leaves", "leaves"), bu.as_str(), "", number, body).await
            }
            Line::Seal(seal) => {
                self.report.seals += 1;
                let mut body = json!(seal);
                if let Json::Object(fields) = &mut body {
                    fields.insert("sealed_at".to_owned(), json!(seal.sealed_at.micros()));
                }
                self.call(("put_seal", "seal"), seal.bu.as_str(), "", seal.number, body.to_string()).await
            }
            Line::Series { bu, series, last } => {
                self.nothing_waits()?;
                let given = self.last.get(&(bu.clone(), series.clone())).map_or(0, |(last, _)| *last);
                if given == last {
                    return Ok(());
                }
                Err(StoreError::Admin(format!(
                    "{bu}: the series {series} has given {last} numbers, and the journal holds {given} of them: run `bincard db verify` where it was exported"
                )))
            }
            Line::Journal(_) | Line::Event(_) | Line::End { .. } => Err(StoreError::Admin("a line of the journal is not where it belongs".to_owned())),
        }
    }

    /// Commits events, and after them those that have waited for them.
    async fn commit(&mut self, batch: Vec<Entry>) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let mut progress = self.all_or_each(batch).await?;
        while progress && !self.waiting.is_empty() {
            let waiting: Vec<Entry> = std::mem::take(&mut self.waiting).into_iter().map(|(entry, _)| entry).collect();
            progress = self.each(waiting).await?;
        }
        Ok(())
    }

    /// A whole batch where nothing has to wait, else one by one. True where something was committed.
    async fn all_or_each(&mut self, batch: Vec<Entry>) -> Result<bool, StoreError> {
        if self.dialect == Dialect::Sqlite {
            return self.each(batch).await;
        }
        let before = (self.last.clone(), self.report);
        self.transaction.execute("SAVEPOINT batch", &[]).await?;
        for entry in &batch {
            let done = if self.out_of_turn(entry).is_some() { Ok(false) } else { self.one(entry).await.map(|()| true) };
            if matches!(done, Ok(true)) {
                continue;
            }
            self.transaction.execute("ROLLBACK TO SAVEPOINT batch", &[]).await?;
            (self.last, self.report) = before;
            return match done {
                Err(error) if comes_too_early(&error).is_none() => Err(error),
                _ => self.each(batch).await,
            };
        }
        self.transaction.execute("RELEASE SAVEPOINT batch", &[]).await?;
        Ok(true)
    }

    async fn each(&mut self, batch: Vec<Entry>) -> Result<bool, StoreError> {
        let mut progress = false;
        for entry in batch {
            if let Some(why) = self.out_of_turn(&entry) {
                self.waiting.push((entry, why));
                continue;
            }
            self.transaction.execute("SAVEPOINT one", &[]).await?;
            match self.one(&entry).await {
                Ok(()) => {
                    self.transaction.execute("RELEASE SAVEPOINT one", &[]).await?;
                    progress = true;
                }
                Err(error) => {
                    self.transaction.execute("ROLLBACK TO SAVEPOINT one", &[]).await?;
                    self.transaction.execute("RELEASE SAVEPOINT one", &[]).await?;
                    let Some(why) = comes_too_early(&error) else { return Err(error) };
                    self.waiting.push((entry, why));
                }
            }
        }
        Ok(progress)
    }

    /// One event, and what became of it since.
    async fn one(&mut self, entry: &Entry) -> Result<(), StoreError> {
        let mut decision = entry.decision.clone();
        let (bu, doc) = (decision.bu.clone(), decision.document.id.clone());
        let mut finished: Vec<(DueTimer, TimerOutcome, crate::base::Timestamp)> = Vec::new();
        let timer = |id: String, kind: TimerKind| {
            let timer = Timer { id, due_at: decision.event.recorded_at, kind, state: decision.document.state.clone() };
            DueTimer { bu: bu.clone(), doc: doc.clone(), timer }
        };
        if let Some(since) = &entry.since {
            for ((child, reason), n) in since.refused.iter().zip(1..) {
                let command = Command::open(bu.clone(), child.clone(), "", "", decision.event.recorded_at);
                let timer = timer(format!("refused.{n}"), TimerKind::Start(Box::new(command)));
                finished.push((timer, TimerOutcome::Refused { reason: reason.clone() }, decision.event.recorded_at));
            }
            for rang in &since.rang {
                let timer = timer(rang.timer.clone(), TimerKind::Deadline { notify: None });
                finished.push((timer, TimerOutcome::Done { outbox: rang.outbox.clone() }, rang.at));
            }
        }
        decision.timers.extend(finished.iter().map(|(due, ..)| due.timer.clone()));
        let text = self.body(entry, &body::commit(&decision, None)?)?;
        self.call(("commit", "commit"), bu.as_str(), doc.as_str(), decision.document.revision, text).await?;
        for (due, outcome, at) in &finished {
            self.call(("finish_timer", "timer"), bu.as_str(), doc.as_str(), 0, body::finish_timer(due, outcome, *at)?).await?;
        }
        for (id, at) in entry.since.iter().flat_map(|s| &s.sent) {
            let body = json!({ "doc": doc, "id": id, "now": at.micros() }).to_string();
            self.call(("mark_sent", "sent"), bu.as_str(), doc.as_str(), 0, body).await?;
        }
        let taker = format!("{doc} {}", decision.document.revision);
        self.follow(entry, &taker)?;
        for take in decision.number.iter().chain(decision.papers.iter().map(|p| &p.number)) {
            let (last, by) = self.last.entry((bu.to_string(), take.series.clone())).or_default();
            *last += 1;
            by.clone_from(&taker);
        }
        self.report.events += 1;
        if GROWN.contains(&self.report.events) {
            self.transaction.analyze(&GUARDED.map(|(table, ..)| table)).await?;
        }
        Ok(())
    }

    /// Why an event must wait: numbers of a series are given one after the other, so that each paper follows the one before it.
    fn out_of_turn(&self, entry: &Entry) -> Option<String> {
        let d = &entry.decision;
        let mut taken: HashMap<&str, u64> = HashMap::new();
        for (take, number) in d.number.iter().chain(d.papers.iter().map(|p| &p.number)).zip(&entry.numbers) {
            let count = taken.entry(&take.series).or_default();
            *count += 1;
            let next = self.last.get(&(d.bu.to_string(), take.series.clone())).map_or(0, |(last, _)| *last) + *count;
            if *number > next {
                return Some(format!("it took number {number} of {}…{}, and nothing took number {next}", take.prefix, take.suffix));
            }
        }
        None
    }

    /// Papers follow those that they followed where the journal was written.
    fn follow(&self, entry: &Entry, own: &str) -> Result<(), StoreError> {
        let d = &entry.decision;
        for (paper, follows) in d.papers.iter().zip(&entry.follows) {
            let before = self.last.get(&(d.bu.to_string(), paper.number.series.clone())).map_or("", |(_, by)| by.as_str());
            let should = if paper.number.ordinal > 1 { own } else { before };
            if follows != should {
                return Err(StoreError::Admin(format!(
                    "{}: a paper of {own} was issued after {follows:?} and has the number after that of {should:?}: run `bincard db verify` where the journal was exported",
                    d.bu
                )));
            }
        }
        Ok(())
    }

    /// The body of a commit with the hashes that were given then, and with the numbers, whatever the order they come in.
    fn body(&self, entry: &Entry, text: &str) -> Result<String, StoreError> {
        let mut body: Json = serde_json::from_str(text).map_err(|e| StoreError::Malformed(e.to_string()))?;
        let mut put = |place: &str, value: Json| match body.pointer_mut(place) {
            Some(there) => {
                *there = value;
                Ok(())
            }
            None => Err(StoreError::Malformed(format!("the body of a commit has no {place}"))),
        };
        put("/event/content", json!(entry.content))?;
        put("/event/hash", json!(entry.hash))?;
        let d = &entry.decision;
        let places = d.number.iter().map(|t| ("/number/ordinal".to_owned(), t));
        let places = places.chain(d.papers.iter().enumerate().map(|(i, p)| (format!("/papers/{i}/ordinal"), &p.number)));
        for ((place, take), number) in places.zip(&entry.numbers) {
            // The procedure counts on from the last number of the series: the n-th from there is the one that was given.
            let last = self.last.get(&(d.bu.to_string(), take.series.clone())).map_or(0, |(last, _)| *last);
            let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
            put(&place, json!(whole(*number).saturating_sub(whole(last))))?;
        }
        Ok(body.to_string())
    }

    /// Calls a procedure of PostgreSQL, or inserts a command of SQLite.
    async fn call(&mut self, (procedure, kind): (&str, &str), bu: &str, doc: &str, revision: u64, body: String) -> Result<(), StoreError> {
        match self.dialect {
            Dialect::Postgres => self.transaction.fetch(&format!("SELECT {procedure}($1, $2::jsonb)"), &[bu.into(), body.into()]).await.map(|_| ()),
            Dialect::Sqlite => {
                let args: [Arg; 5] = [kind.into(), bu.into(), doc.into(), i64::try_from(revision).unwrap_or(i64::MAX).into(), body.into()];
                self.transaction.execute("INSERT INTO command VALUES ($1, $2, $3, $4, jsonb($5))", &args).await
            }
        }
    }

    /// Fails where something still waits: what it waits for is not in the journal.
    fn nothing_waits(&self) -> Result<(), StoreError> {
        let Some((entry, why)) = self.waiting.first() else { return Ok(()) };
        let d = &entry.decision;
        Err(StoreError::Admin(format!(
            "{}: {} events cannot be committed again, first of them revision {} of document {}: {why}; run `bincard db verify` where the journal was exported",
            d.bu,
            self.waiting.len(),
            d.document.revision,
            d.document.id
        )))
    }
}

/// Why an event must wait for others: a refusal of the commit procedure, or a row that it refers to.
fn comes_too_early(error: &StoreError) -> Option<String> {
    let StoreError::Database(sqlx::Error::Database(e)) = error else { return None };
    let code = e.code()?;
    let refused = code.starts_with("BC1") || code == "23503" || code == "787" || (code == "1811" && e.message().starts_with("BC1"));
    refused.then(|| e.message().to_owned())
}
