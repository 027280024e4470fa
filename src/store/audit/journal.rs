//! The journal: every event follows the one before it, its rows are those that it wrote, and no row belongs to none.
//!
//! Must not know documents as they are now (`documents.rs`). Tests: `tests/it/store_verify.rs`.

use std::collections::{BTreeMap, HashMap};

use crate::base::{Bu, DocId, Quantity, Timestamp};
use crate::domain::{Lot, Obligation, ObligationChange, ObligationChangeKind};

use super::super::cells::Cells;
use super::super::chain::{self, Changed, LinkedPaper};
use super::super::error::{StoreError, unreadable};
use super::super::reading::{Reader, Reading};
use super::super::rows::{self, Columns};
use super::super::sql::{Arg, Row};
use super::super::verify::SKEW;
use super::super::views::{EventRecord, MoveRecord};
use super::{Audit, Unsealed};

/// Events looked at together.
const PAGE: i64 = 500;
/// Moves looked at together, unless one event has more.
const MOVES: i64 = 3_000;

/// Behind this document and revision.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Mark(String, i64);

/// Rows by document and revision.
type Grouped<T> = HashMap<(String, u64), Vec<T>>;

/// What a page of events changed.
struct Written {
    lots: Grouped<Lot>,
    moves: Grouped<MoveRecord>,
    owed: Grouped<Obligation>,
    changes: Grouped<ObligationChange>,
    papers: Grouped<LinkedPaper>,
    closes: Grouped<Timestamp>,
}

/// The event before.
#[derive(Default)]
struct Before {
    doc: String,
    revision: u64,
    hash: String,
    state: String,
    recorded_at: Option<Timestamp>,
}

const PAPER: Columns = Columns { texts: &["kind", "series", "from_party", "to_party"], numbers: &["COALESCE(reverses, 0)"] };
pub(in crate::store) const CLOSES: Columns = Columns { texts: &[], numbers: &["until"] };
pub(in crate::store) const CHANGE: Columns = Columns { texts: &["id", "kind"], numbers: &["quantity"] };

impl Audit<'_> {
    pub(super) async fn journal(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let unsealed = self.unsealed();
        let sql = format!(
            "SELECT {} FROM event WHERE bu = $1 AND (doc, revision) > ($2, $3){} ORDER BY doc, revision LIMIT {PAGE}",
            rows::EVENT.list(),
            unsealed.and("event")
        );
        self.closings = closings(&self.db, bu).await?;
        let mut mark = Mark(String::new(), -1);
        let mut before = Before::default();
        loop {
            let mut reading = self.db.read().await?;
            let mut page = reading.fetch(&sql, &args(bu, &mark)).await?;
            let mut end = page.last().map(|row| mark_of(&Cells::of(row, rows::EVENT))).transpose()?;
            if let Some(nearer) = nearer(bu, &mut reading, &mark, end.as_ref()).await? {
                let marks: Vec<Mark> = page.iter().map(|row| mark_of(&Cells::of(row, rows::EVENT))).collect::<Result<_, _>>()?;
                page.truncate(marks.iter().position(|m| *m == nearer).map_or(page.len(), |at| at + 1));
                end = Some(nearer);
            }
            let changed = self.changed(bu, &mut reading, &mark, end.as_ref()).await?;
            self.without_document(bu, &mut reading, &mark, end.as_ref()).await?;
            self.without_lot(bu, &mut reading, &mark, end.as_ref()).await?;
            reading.end().await?;
            let Some(mut changed) = changed else { return Ok(()) };
            let moves: usize = changed.moves.values().map(Vec::len).sum();
            for row in &page {
                let Mark(doc, revision) = mark_of(&Cells::of(row, rows::EVENT))?;
                let read = rows::event(&Cells::of(row, rows::EVENT));
                let Some((record, content)) = self.readable(bu, || format!("revision {revision} of document {doc}"), read)? else { continue };
                before = self.event(bu, doc, &record, &content, before, &mut changed).await?;
            }
            self.without_event(bu, &changed);
            self.step("events and their hashes", (page.len() + moves) as u64);
            let Some(end) = end else { return Ok(()) };
            mark = end;
        }
    }

    async fn event(&mut self, bu: &Bu, doc: String, record: &EventRecord, content: &str, before: Before, changed: &mut Written) -> Result<Before, StoreError> {
        let id = DocId::from(&doc);
        let mut before = if before.doc == doc { before } else { Before { doc: doc.clone(), ..Before::default() } };
        if self.options.since_seal && before.revision == 0 && record.revision > 1 {
            before = self.sealed_before(bu, doc.clone(), record.revision).await?;
        }
        let key = (doc.clone(), record.revision);
        let moves = self.moves(bu, &key, record, changed);
        self.findings.step(bu, &id, (record.revision, before.revision + 1), (text(record.event.from.as_ref()), &before.state));
        self.clock(bu, &id, record, &before);
        self.findings.period(bu, &id, record, &self.closings);
        let covered = Changed {
            lots: &changed.lots.remove(&key).unwrap_or_default(),
            moves: &moves,
            owed: &changed.owed.remove(&key).unwrap_or_default(),
            changes: &changed.changes.remove(&key).unwrap_or_default(),
            papers: &changed.papers.remove(&key).unwrap_or_default(),
            closes: changed.closes.remove(&key).and_then(|until| until.first().copied()),
        };
        let hash = chain::recorded(bu, &id, record, content, &covered)?;
        self.findings.event(bu, &id, record.revision, (&record.previous, &before.hash), (&record.hash, &hash));
        Ok(Before {
            doc,
            revision: record.revision,
            hash: record.hash.clone(),
            state: record.event.to.to_string(),
            recorded_at: Some(record.event.recorded_at),
        })
    }

    /// An event is recorded after the one that it follows, unless somebody set a clock.
    fn clock(&mut self, bu: &Bu, doc: &DocId, record: &EventRecord, before: &Before) {
        let now = record.event.recorded_at;
        if let Some(then) = before.recorded_at.filter(|then| now.micros() < then.micros().saturating_sub(SKEW)) {
            let revision = record.revision;
            self.findings
                .add("clock", || format!("{bu}: revision {revision} of document {doc} was recorded at {now}, before the event that it follows, at {then}"));
        }
    }

    /// The moves of an event. Their times and places are not in its hash: they follow from it.
    fn moves(&mut self, bu: &Bu, key: &(String, u64), record: &EventRecord, changed: &mut Written) -> Vec<crate::domain::Move> {
        let moves = changed.moves.remove(key).unwrap_or_default();
        for (m, ordinal) in moves.iter().zip(1..) {
            if m.ordinal != ordinal {
                self.findings.add("move", || format!("{bu}: move {} of revision {} of document {} should be move {ordinal}", m.ordinal, key.1, key.0));
            }
            if (m.recorded_at, m.effective_at) != (record.event.recorded_at, record.event.effective_at) {
                self.findings.add("move", || {
                    format!(
                        "{bu}: move {ordinal} of revision {} of document {} happened at {} and was recorded at {}, its event at {} and {}",
                        key.1, key.0, m.effective_at, m.recorded_at, record.event.effective_at, record.event.recorded_at
                    )
                });
            }
        }
        if self.options.since_seal {
            self.touched.extend(moves.iter().map(|m| m.movement.part.to_string()));
        }
        moves.into_iter().map(|m| m.movement).collect()
    }

    /// The last event of a document that the last seal covers.
    async fn sealed_before(&mut self, bu: &Bu, doc: String, revision: u64) -> Result<Before, StoreError> {
        let sql = "SELECT hash, to_state, revision FROM event WHERE bu = $1 AND doc = $2 AND revision < $3 ORDER BY revision DESC LIMIT 1";
        let revision = i64::try_from(revision).unwrap_or(i64::MAX);
        let row = self.db.one(sql, &[bu.as_str().into(), doc.as_str().into(), revision.into()]).await?;
        let Some(row) = row else { return Ok(Before { doc, ..Before::default() }) };
        Ok(Before { hash: row.text(0)?.to_owned(), state: row.text(1)?.to_owned(), revision: row.int(2)?.unsigned_abs(), doc, recorded_at: None })
    }

    async fn changed(&mut self, bu: &Bu, reading: &mut Reading<'_>, from: &Mark, to: Option<&Mark>) -> Result<Option<Written>, StoreError> {
        let changed = fetch_changed(bu, reading, self.unsealed(), from, to).await;
        self.readable(bu, || format!("a row between {} and {}", name(Some(from)), name(to)), changed)
    }

    /// Events of a document that is not there.
    async fn without_document(&mut self, bu: &Bu, reading: &mut Reading<'_>, from: &Mark, to: Option<&Mark>) -> Result<(), StoreError> {
        let (range, args) = range(bu, from, to);
        let sql = format!(
            "SELECT doc FROM event WHERE {range} AND NOT EXISTS (SELECT 1 FROM document d WHERE d.bu = event.bu AND d.doc = event.doc) ORDER BY doc LIMIT 1"
        );
        for row in reading.fetch(&sql, &args).await? {
            let doc = row.text(0)?.to_owned();
            self.findings.add("document", || format!("{bu}: document {doc} is gone, its events are there"));
        }
        Ok(())
    }

    /// Moves of a lot that is not there, or is of another part.
    async fn without_lot(&mut self, bu: &Bu, reading: &mut Reading<'_>, from: &Mark, to: Option<&Mark>) -> Result<(), StoreError> {
        let (range, args) = range(bu, from, to);
        let sql = format!(
            "SELECT doc, part, lot, (SELECT l.part FROM lot l WHERE l.bu = move.bu AND l.lot = move.lot), revision FROM move WHERE {range} \
             AND NOT EXISTS (SELECT 1 FROM lot l WHERE l.bu = move.bu AND l.lot = move.lot AND l.part = move.part) ORDER BY doc, revision, ordinal LIMIT 1"
        );
        for row in reading.fetch(&sql, &args).await? {
            let (doc, part, lot, of, revision) = (row.text(0)?, row.text(1)?, row.text(2)?, row.text(3)?, row.int(4)?);
            let is = if of.is_empty() { "is gone".to_owned() } else { format!("is of part {of}") };
            self.findings.add("lot", || format!("{bu}: revision {revision} of document {doc} moves part {part} of lot {lot}, which {is}"));
        }
        Ok(())
    }

    /// Rows that no event wrote are left when all events have taken theirs.
    fn without_event(&mut self, bu: &Bu, changed: &Written) {
        let mut left: BTreeMap<&(String, u64), &str> = BTreeMap::new();
        left.extend(changed.changes.keys().map(|key| (key, "a change of an obligation")));
        left.extend(changed.owed.keys().map(|key| (key, "an obligation")));
        left.extend(changed.moves.keys().map(|key| (key, "a move")));
        left.extend(changed.lots.keys().map(|key| (key, "a lot")));
        left.extend(changed.closes.keys().map(|key| (key, "a closing of the books")));
        if let Some(((doc, revision), what)) = left.first_key_value() {
            self.findings.add("orphan", || format!("{bu}: {what} says that revision {revision} of document {doc} wrote it; there is no such event"));
        }
    }
}

/// Up to when the books were closed, and when that was recorded.
async fn closings(db: &Reader<'_>, bu: &Bu) -> Result<Vec<(Timestamp, Timestamp)>, StoreError> {
    let sql = "SELECT c.until, e.recorded_at FROM closing c JOIN event e ON e.bu = c.bu AND e.doc = c.doc AND e.revision = c.revision \
               WHERE c.bu = $1 AND c.until > 0 ORDER BY c.until";
    let time = |row: &Row, i: usize| row.int(i).map(Timestamp::from_micros);
    db.fetch(sql, &[bu.as_str().into()]).await?.iter().map(|row| Ok((time(row, 0)?, time(row, 1)?))).collect()
}

/// Where a page must end so that it does not hold too many moves; nothing where it need not end earlier.
async fn nearer(bu: &Bu, reading: &mut Reading<'_>, from: &Mark, to: Option<&Mark>) -> Result<Option<Mark>, StoreError> {
    let (range, args) = range(bu, from, to);
    let sql = format!(
        "SELECT e.doc, e.revision, (SELECT COUNT(*) FROM move m WHERE m.bu = $1 AND m.doc = e.doc AND m.revision = e.revision) \
         FROM event e WHERE {range} ORDER BY e.doc, e.revision LIMIT {PAGE}"
    );
    let counts = reading.fetch(&sql, &args).await?;
    let mut moves = 0;
    for (row, next) in counts.iter().zip(counts.iter().skip(1)) {
        moves += row.int(2)?;
        if moves + next.int(2)? > MOVES {
            return Ok(Some(Mark(row.text(0)?.to_owned(), row.int(1)?)));
        }
    }
    Ok(None)
}

async fn fetch_changed(bu: &Bu, reading: &mut Reading<'_>, unsealed: Unsealed, from: &Mark, to: Option<&Mark>) -> Result<Written, StoreError> {
    let (range, args) = range(bu, from, to);
    let mut fetch = async |columns: Columns, table: &str, order: &str| {
        let sql = format!("SELECT {}, doc, revision FROM {table} WHERE {range}{} ORDER BY doc, revision, {order}", columns.list(), unsealed.and(table));
        reading.fetch(&sql, &args).await
    };
    Ok(Written {
        lots: grouped(&fetch(rows::LOT, "lot", "lot").await?, rows::LOT, rows::lot)?,
        moves: grouped(&fetch(rows::MOVE, "move", "ordinal").await?, rows::MOVE, rows::move_record)?,
        owed: grouped(&fetch(rows::OBLIGATION, "obligation", "id").await?, rows::OBLIGATION, rows::obligation)?,
        changes: grouped(&fetch(CHANGE, "obligation_change", "ordinal").await?, CHANGE, change)?,
        papers: grouped(&fetch(PAPER, "paper", "ordinal").await?, PAPER, paper)?,
        closes: grouped(&fetch(CLOSES, "closing", "until").await?, CLOSES, closes)?,
    })
}

fn paper(c: &Cells<'_>) -> Result<LinkedPaper, StoreError> {
    let text = |i| c.text(i).map(str::to_owned);
    Ok(LinkedPaper { kind: text(0)?, series: text(1)?, from: text(2)?, to: text(3)?, reverses: c.int(0)? })
}

pub(in crate::store) fn closes(c: &Cells<'_>) -> Result<Timestamp, StoreError> {
    c.int(0).map(Timestamp::from_micros)
}

pub(in crate::store) fn change(c: &Cells<'_>) -> Result<ObligationChange, StoreError> {
    let kind: ObligationChangeKind = chain::change_kind(c.text(1)?).ok_or_else(|| unreadable("a change of an obligation", "of no known kind"))?;
    Ok(ObligationChange { id: c.text(0)?.into(), kind, quantity: Quantity::from_milli(c.int(0)?) })
}

/// Rows by the document and revision in the two columns behind their own.
fn grouped<T>(rows: &[Row], columns: Columns, read: impl Fn(&Cells<'_>) -> Result<T, StoreError>) -> Result<Grouped<T>, StoreError> {
    let mut groups = Grouped::new();
    let width = columns.texts.len() + columns.numbers.len();
    for row in rows {
        let key = (row.text(width)?.to_owned(), row.int(width + 1)?.unsigned_abs());
        groups.entry(key).or_insert_with(Vec::new).push(read(&Cells::of(row, columns))?);
    }
    Ok(groups)
}

fn mark_of(c: &Cells<'_>) -> Result<Mark, StoreError> {
    Ok(Mark(c.text(14)?.to_owned(), c.int(0)?))
}

fn args(bu: &Bu, mark: &Mark) -> Vec<Arg> {
    vec![bu.as_str().into(), mark.0.as_str().into(), mark.1.into()]
}

/// Behind one mark, up to another or to the end.
fn range(bu: &Bu, from: &Mark, to: Option<&Mark>) -> (&'static str, Vec<Arg>) {
    let mut args = args(bu, from);
    let Some(to) = to else { return ("bu = $1 AND (doc, revision) > ($2, $3)", args) };
    args.extend([to.0.as_str().into(), to.1.into()]);
    ("bu = $1 AND (doc, revision) > ($2, $3) AND (doc, revision) <= ($4, $5)", args)
}

fn name(mark: Option<&Mark>) -> String {
    mark.map_or_else(|| "the end".to_owned(), |Mark(doc, revision)| format!("revision {revision} of document {doc}"))
}

fn text(name: Option<&crate::base::Name>) -> &str {
    name.map(AsRef::as_ref).unwrap_or_default()
}
