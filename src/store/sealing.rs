//! Making seals, and reading them back: the journal that is new since the last seal, a page of documents at a time.
//!
//! It can be stopped at any moment: what was written of an unfinished seal is true for ever, and the next run finishes it.
//! Must not know how seals are keyed (`seal.rs`). Tests: `tests/it/store_seal.rs`.

use std::collections::HashMap;

use serde_json::json;

use crate::base::{Bu, Timestamp};

use super::chain::Canon;
use super::error::{StoreError, unreadable};
use super::reading::{Reader, Reading};
use super::seal::{Merkle, Seal, SealKey};
use super::sql::{Arg, Database, Row};
use super::{Store, each};

/// Documents sealed together.
const PAGE: i64 = 1_000;
/// What a leaf covers of a document: its event, and what no event covers.
const COVERED: &str = "e.hash, d.number, d.opened_by, d.parent, d.opened_at";

/// A document up to a revision.
pub(super) struct Leaf {
    pub ordinal: i64,
    pub doc: String,
    pub revision: i64,
    /// The hash that is kept of it; empty where it is new.
    pub kept: String,
    /// The hash that its rows give; absent where its event or document is gone.
    pub hash: Option<String>,
    /// Revisions that no seal covered before.
    pub events: u64,
}

impl Store {
    /// Seals what is new in the journal of each business unit.
    ///
    /// # Errors
    /// Another seal was made meanwhile; a fault of the database; a store in memory cannot be sealed.
    pub async fn seal(&self, key: &SealKey, at: Timestamp) -> Result<Vec<Seal>, StoreError> {
        each!(self, seal(key, at).await)
    }

    /// Seals what is new with the old key, and says with it that the new key makes all seals from the next one on. What another
    /// one has handed over already stays as it is.
    ///
    /// # Errors
    /// The seals are made with neither key; another seal was made meanwhile; a fault of the database; a store in memory
    /// cannot be sealed.
    pub async fn hand_over_seals(&self, key: &SealKey, new: &SealKey, at: Timestamp) -> Result<Vec<Seal>, StoreError> {
        each!(self, hand_over_seals(key, new, at).await)
    }

    /// All seals, by business unit and number.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn seals(&self) -> Result<Vec<Seal>, StoreError> {
        each!(self, seals().await)
    }
}

impl super::memory::Memory {
    #[expect(clippy::unused_async, reason = "one face for all stores")]
    async fn seal(&self, _key: &SealKey, _at: Timestamp) -> Result<Vec<Seal>, StoreError> {
        Err(StoreError::Admin("a store in memory is gone before anyone could ask for its seals".to_owned()))
    }

    #[expect(clippy::unused_async, reason = "one face for all stores")]
    async fn hand_over_seals(&self, _key: &SealKey, _new: &SealKey, _at: Timestamp) -> Result<Vec<Seal>, StoreError> {
        Err(StoreError::Admin("a store in memory has no seals".to_owned()))
    }

    #[expect(clippy::unused_async, reason = "one face for all stores")]
    async fn seals(&self) -> Result<Vec<Seal>, StoreError> {
        Ok(Vec::new())
    }
}

impl Reader<'_> {
    /// The seals of a business unit, in their order.
    pub(super) async fn seals_of(&self, bu: &Bu) -> Result<Vec<Seal>, StoreError> {
        let sql = "SELECT number, leaves, events, root, previous, mac, key_id, sealed_at FROM seal WHERE bu = $1 ORDER BY number";
        let read = |row: &Row| {
            let count = |i: usize| row.int(i).map(i64::unsigned_abs);
            Ok(Seal {
                bu: bu.clone(),
                number: count(0)?,
                leaves: count(1)?,
                events: count(2)?,
                root: row.text(3)?.to_owned(),
                previous: row.text(4)?.to_owned(),
                mac: row.text(5)?.to_owned(),
                key_id: row.text(6)?.to_owned(),
                sealed_at: Timestamp::from_micros(row.int(7)?),
            })
        };
        self.fetch(sql, &[bu.as_str().into()]).await?.iter().map(read).collect()
    }

    /// A page of the leaves of a seal, with the hashes that their rows give now.
    pub(super) async fn leaves(&self, bu: &Bu, number: u64, after: i64) -> Result<Vec<Leaf>, StoreError> {
        let named = i64::try_from(number).unwrap_or(i64::MAX);
        let sql = format!(
            "SELECT l.doc, l.hash, {COVERED}, l.ordinal, l.revision, \
             (SELECT MAX(p.revision) FROM sealed p WHERE p.bu = l.bu AND p.doc = l.doc AND p.revision < l.revision) \
             FROM sealed l LEFT JOIN event e ON e.bu = l.bu AND e.doc = l.doc AND e.revision = l.revision \
             LEFT JOIN document d ON d.bu = l.bu AND d.doc = l.doc WHERE l.bu = $1 AND l.number = $2 AND l.ordinal > $3 ORDER BY l.ordinal LIMIT {PAGE}"
        );
        let mut reading = self.read().await?;
        let page = reading.fetch(&sql, &[bu.as_str().into(), named.into(), after.into()]).await?;
        let wanted: Vec<(&str, i64)> = page.iter().map(|row| Ok((row.text(0)?, row.int(8)?))).collect::<Result<_, StoreError>>()?;
        let papers = papers(&reading_papers(&mut reading, bu, &wanted).await?)?;
        reading.end().await?;
        let read = |(row, (doc, revision)): (&Row, &(&str, i64))| {
            Ok(Leaf {
                ordinal: row.int(7)?,
                doc: (*doc).to_owned(),
                revision: *revision,
                kept: row.text(1)?.to_owned(),
                hash: leaf(doc, *revision, row, 2, papers.get(*doc).map(Vec::as_slice).unwrap_or_default())?,
                events: (revision - row.int(9)?).unsigned_abs(),
            })
        };
        page.iter().zip(&wanted).map(read).collect()
    }
}

impl Database {
    async fn seals(&self) -> Result<Vec<Seal>, StoreError> {
        let mut seals = Vec::new();
        for unit in self.units().await? {
            seals.extend(self.reader().seals_of(&Bu::from(unit)).await?);
        }
        Ok(seals)
    }

    async fn seal(&self, key: &SealKey, at: Timestamp) -> Result<Vec<Seal>, StoreError> {
        let mut made = Vec::new();
        for unit in self.units().await? {
            made.extend(self.seal_one(&Bu::from(unit), (key, None), at).await?);
        }
        Ok(made)
    }

    async fn hand_over_seals(&self, key: &SealKey, new: &SealKey, at: Timestamp) -> Result<Vec<Seal>, StoreError> {
        let mut made = Vec::new();
        for unit in self.units().await? {
            let bu = Bu::from(unit);
            match self.reader().seals_of(&bu).await?.last() {
                Some(last) if last.next_with() != new.id() => made.extend(self.seal_one(&bu, (key, Some(new)), at).await?),
                // The first seal of a business unit is made with whichever key is in use then.
                _ => {}
            }
        }
        Ok(made)
    }

    /// Seals what is new; with a key that follows, also where nothing is.
    async fn seal_one(&self, bu: &Bu, (key, next): (&SealKey, Option<&SealKey>), at: Timestamp) -> Result<Option<Seal>, StoreError> {
        let last = self.reader().seals_of(bu).await?.pop();
        if let Some(other) = last.as_ref().map(Seal::next_with).filter(|with| *with != key.id()) {
            let how = "seal with that one, or hand over to a new one with `bincard db seal --key-file OLD --new-key NEW`";
            return Err(StoreError::Admin(format!("{bu}: seals are made with the key {other}, this one is {}: {how}", key.id())));
        }
        let number = last.as_ref().map_or(0, |s| s.number) + 1;
        let previous = last.map(|s| s.mac).unwrap_or_default();
        self.write_leaves(bu, number).await?;
        let (mut tree, mut events, mut after) = (Merkle::default(), 0, 0);
        loop {
            let page = self.reader().leaves(bu, number, after).await?;
            let Some(end) = page.last() else { break };
            after = end.ordinal;
            for leaf in page {
                if leaf.hash.as_ref() != Some(&leaf.kept) {
                    return Err(unreadable("the journal", format!("{bu}: document {} is not what was to be sealed: run `bincard db verify`", leaf.doc)));
                }
                tree.push(&leaf.kept);
                events += leaf.events;
            }
        }
        if tree.leaves == 0 && next.is_none() {
            return Ok(None);
        }
        let leaves = tree.leaves;
        let mut seal = Seal { bu: bu.clone(), number, leaves, events, root: tree.root(), previous, mac: String::new(), key_id: String::new(), sealed_at: at };
        seal.close(key, next);
        let body = json!({
            "number": number, "leaves": leaves, "events": events, "root": seal.root, "previous": seal.previous, "mac": seal.mac, "key_id": seal.key_id,
            "sealed_at": at.micros(),
        });
        self.put(("put_seal", "seal"), bu, number, body.to_string()).await?;
        Ok(Some(seal))
    }

    /// Writes down every document that has gone on since it was last sealed.
    async fn write_leaves(&self, bu: &Bu, number: u64) -> Result<(), StoreError> {
        let named = i64::try_from(number).unwrap_or(i64::MAX);
        let row = self.one("SELECT MAX(ordinal) FROM sealed WHERE bu = $1 AND number = $2", &[bu.as_str().into(), named.into()]).await?;
        let mut ordinal = row.map_or(Ok(0), |row| row.int(0))?;
        let mut after: Option<String> = None;
        loop {
            let beyond = if after.is_some() { ">" } else { ">=" };
            let sql = format!(
                "SELECT d.doc, {COVERED}, d.revision FROM document d LEFT JOIN event e ON e.bu = d.bu AND e.doc = d.doc AND e.revision = d.revision \
                 WHERE d.bu = $1 AND d.doc {beyond} $2 \
                 AND NOT EXISTS (SELECT 1 FROM sealed l WHERE l.bu = d.bu AND l.doc = d.doc AND l.revision >= d.revision) ORDER BY d.doc LIMIT {PAGE}"
            );
            let mut reading = self.reader().read().await?;
            let page = reading.fetch(&sql, &[bu.as_str().into(), after.clone().unwrap_or_default().into()]).await?;
            let Some(end) = page.last() else { return Ok(()) };
            after = Some(end.text(0)?.to_owned());
            let wanted: Vec<(&str, i64)> = page.iter().map(|row| Ok((row.text(0)?, row.int(6)?))).collect::<Result<_, StoreError>>()?;
            let papers = papers(&reading_papers(&mut reading, bu, &wanted).await?)?;
            reading.end().await?;
            let mut leaves = Vec::new();
            for (row, (doc, revision)) in page.iter().zip(&wanted) {
                let hash = leaf(doc, *revision, row, 1, papers.get(*doc).map(Vec::as_slice).unwrap_or_default())?;
                let hash = hash.ok_or_else(|| unreadable("the journal", format!("{bu}: document {doc} has a revision without an event")))?;
                ordinal += 1;
                leaves.push(json!({ "ordinal": ordinal, "doc": doc, "revision": revision, "hash": hash }));
            }
            self.put(("put_leaves", "leaves"), bu, number, json!({ "number": number, "leaves": leaves }).to_string()).await?;
        }
    }

    /// Calls the procedure of the one database, or inserts the command of the other.
    async fn put(&self, (procedure, kind): (&'static str, &'static str), bu: &Bu, number: u64, body: String) -> Result<(), StoreError> {
        const COMMAND: &str = "INSERT INTO command VALUES ($1, $2, '', $3, jsonb($4))";
        let done = match self {
            Self::Postgres(db) => db.call(procedure, &[bu.as_str().into(), body.into()]).await.map(|_| ()),
            Self::Sqlite(db) => {
                let number = i64::try_from(number).unwrap_or(i64::MAX);
                let args: [Arg; 4] = [kind.into(), bu.as_str().into(), number.into(), body.into()];
                db.command(COMMAND, args).await.map(|_| ())
            }
        };
        done.map_err(|raised| match &raised.said {
            Some((code, _)) if code == "BC111" || code == "BC100" => StoreError::Admin(format!("another seal of {bu} was made meanwhile: seal again")),
            _ => raised.error.into(),
        })
    }
}

/// The papers of documents, up to the revision that is sealed.
async fn reading_papers(reading: &mut Reading<'_>, bu: &Bu, wanted: &[(&str, i64)]) -> Result<Vec<Row>, StoreError> {
    let sql = "SELECT p.doc, p.kind, p.series, p.number, p.from_party, p.to_party, p.revision, p.ordinal, p.issued_at, p.reverses \
               FROM {rows $2} JOIN paper p ON p.bu = $1 AND p.doc = value ->> 0 AND p.revision <= CAST(value ->> 1 AS BIGINT) ORDER BY p.doc, p.revision, p.ordinal";
    reading.fetch(sql, &[bu.as_str().into(), super::chain::json(&wanted)?.into()]).await
}

/// Papers by document, each as one hash.
fn papers(rows: &[Row]) -> Result<HashMap<String, Vec<String>>, StoreError> {
    let mut papers: HashMap<String, Vec<String>> = HashMap::new();
    for row in rows {
        let mut canon = Canon::new("bincard paper 1");
        for i in 1..=5 {
            canon.text(row.text(i)?);
        }
        for i in 6..=8 {
            canon.number(row.int(i)?);
        }
        canon.number(row.optional(9)?.unwrap_or(-1));
        papers.entry(row.text(0)?.to_owned()).or_default().push(canon.end());
    }
    Ok(papers)
}

/// The hash of a leaf, whose columns begin at `at`; nothing where the event is gone.
fn leaf(doc: &str, revision: i64, row: &Row, at: usize, papers: &[String]) -> Result<Option<String>, StoreError> {
    if row.text(at)?.is_empty() {
        return Ok(None);
    }
    let mut canon = Canon::new("bincard leaf 1");
    canon.text(doc);
    canon.number(revision);
    for i in at..at + 4 {
        canon.text(row.text(i)?);
    }
    canon.number(row.int(at + 4)?);
    canon.count(papers.len());
    papers.iter().for_each(|paper| canon.text(paper));
    Ok(Some(canon.end()))
}
