//! The check of a whole database, a part and a page of documents at a time, so that memory stays small.
//!
//! Sums are taken and hashes computed here, not by the database that is checked. Must not know how findings are worded
//! (`verify.rs`). Tests: `tests/it/store_*.rs`.

use std::collections::HashMap;

use crate::base::{Bu, DocId, Quantity};
use crate::domain::{Balance, Line, Lot, Move, Obligation, ObligationChange, ObligationChangeKind};

use super::chain::{self, Link};
use super::error::{StoreError, unreadable};
use super::rows::{self, Cells, Columns};
use super::shape::{self, StockKey};
use super::sql::{Arg, Database, Dialect, Row};
use super::verify::{Findings, VerifyReport};

const PAGE: i64 = 1000;

/// Where a page begins: behind this document (and revision).
type Bookmark = (String, String, i64);

/// Rows grouped by document and revision.
type Grouped<T> = HashMap<(String, String, u64), Vec<T>>;

impl Database {
    pub(super) async fn verify(&self) -> Result<VerifyReport, StoreError> {
        let mut findings = Findings::default();
        let sql = "SELECT bu, part FROM stock UNION SELECT bu, part FROM move ORDER BY bu, part";
        for row in self.fetch(sql, &[]).await? {
            self.verify_part(&Bu::from(row.text(0)?), row.text(1)?, &mut findings).await?;
        }
        self.verify_gate(&mut findings).await?;
        self.verify_left_behind(&mut findings).await?;
        self.verify_events(&mut findings).await?;
        self.verify_documents(&mut findings).await?;
        Ok(findings.report())
    }

    /// On SQLite the guards are open while there is a command; one that stays was smuggled in.
    async fn verify_gate(&self, findings: &mut Findings) -> Result<(), StoreError> {
        if self.dialect() == Dialect::Sqlite {
            let rows = self.fetch("SELECT COUNT(*) FROM command", &[]).await?;
            findings.gate(rows.first().map_or(Ok(0), |row| row.int(0))?);
        }
        Ok(())
    }

    async fn verify_part(&self, bu: &Bu, part: &str, findings: &mut Findings) -> Result<(), StoreError> {
        let args: [Arg; 2] = [bu.as_str().into(), part.into()];
        let mut sums: HashMap<StockKey, (Quantity, Quantity)> = HashMap::new();
        for row in self.fetch(&format!("SELECT {} FROM stock s WHERE bu = $1 AND part = $2", rows::STOCK.list()), &args).await? {
            let balance = rows::balance(&Cells::of(&row, rows::STOCK))?;
            sums.entry(shape::stock_key(&balance)).or_default().0 = balance.quantity;
        }
        let moves = self.fetch(&format!("SELECT {} FROM move WHERE bu = $1 AND part = $2", rows::MOVE.list()), &args).await?;
        findings.moves(moves.len() as u64);
        for row in moves {
            let m = rows::movement(&Cells::of(&row, rows::MOVE))?;
            for (position, quantity) in [(m.from, -m.quantity), (m.to, m.quantity)] {
                let sum = &mut sums.entry((m.part.clone(), position, m.lot.clone(), m.serial.clone())).or_default().1;
                *sum = *sum + quantity;
            }
        }
        let mut keys: Vec<(&StockKey, &(Quantity, Quantity))> = sums.iter().filter(|(_, (kept, moved))| !kept.is_zero() || !moved.is_zero()).collect();
        keys.sort();
        for ((part, position, lot, serial), (kept, moved)) in &keys {
            let balance = Balance { position: position.clone(), part: part.clone(), lot: lot.clone(), serial: serial.clone(), quantity: *kept };
            findings.balance(bu, &balance, *moved);
        }
        findings.part(bu, part, keys.iter().map(|(_, (kept, _))| *kept).sum());
        Ok(())
    }

    async fn verify_left_behind(&self, findings: &mut Findings) -> Result<(), StoreError> {
        let columns = rows::STOCK.list();
        let sql = format!(
            "SELECT {columns}, s.bu FROM stock s LEFT JOIN document d ON d.bu = s.bu AND d.doc = s.doc WHERE s.doc <> '' AND COALESCE(d.ended, 1) = 1 \
             ORDER BY s.bu, s.part, s.doc, s.lot, s.serial LIMIT 1"
        );
        for row in self.fetch(&sql, &[]).await? {
            let bu = row.text(rows::STOCK.texts.len() + rows::STOCK.numbers.len())?;
            findings.left_behind(&Bu::from(bu), &rows::balance(&Cells::of(&row, rows::STOCK))?);
        }
        Ok(())
    }

    async fn verify_events(&self, findings: &mut Findings) -> Result<(), StoreError> {
        let mut mark: Bookmark = Bookmark::default();
        let mut before = (String::new(), String::new(), String::new());
        let sql = format!("SELECT {} FROM event WHERE (bu, doc, revision) > ($1, $2, $3) ORDER BY bu, doc, revision LIMIT {PAGE}", rows::EVENT.list());
        loop {
            let page = self.fetch(&sql, &arguments(&mark)).await?;
            let Some(last) = page.last() else { return Ok(()) };
            let end = bookmark(&Cells::of(last, rows::EVENT))?;
            let changed = self.changes_between(&mark, &end).await?;
            for row in &page {
                let cells = Cells::of(row, rows::EVENT);
                let (bu, doc, _) = bookmark(&cells)?;
                let (record, content) = rows::event(&cells)?;
                let key = (bu.clone(), doc.clone(), record.revision);
                let link = Link {
                    previous: &record.previous,
                    bu: &bu,
                    doc: &doc,
                    revision: record.revision,
                    event: &record.event,
                    content: &content,
                    lots: of(&changed.lots, &key),
                    moves: of(&changed.moves, &key),
                    owed: of(&changed.owed, &key),
                    changes: of(&changed.changes, &key),
                };
                let previous = if (before.0 == bu && before.1 == doc) && record.revision > 1 { before.2.as_str() } else { "" };
                let hash = chain::link(&link)?;
                findings.event(&Bu::from(&bu), &DocId::from(&doc), record.revision, (&record.previous, previous), (&record.hash, &hash));
                before = (bu, doc, record.hash);
            }
            mark = end;
        }
    }

    async fn changes_between(&self, from: &Bookmark, to: &Bookmark) -> Result<Changed, StoreError> {
        let mut args = arguments(from);
        args.extend(arguments(to));
        let range = "(bu, doc, revision) > ($1, $2, $3) AND (bu, doc, revision) <= ($4, $5, $6)";
        let fetch = async |columns: Columns, table: &str, order: &str| {
            let sql = format!("SELECT {}, bu, doc, revision FROM {table} WHERE {range} ORDER BY {order}", columns.list());
            self.fetch(&sql, &args).await
        };
        Ok(Changed {
            lots: grouped(&fetch(rows::LOT, "lot", "lot").await?, rows::LOT, rows::lot)?,
            moves: grouped(&fetch(rows::MOVE, "move", "ordinal").await?, rows::MOVE, rows::movement)?,
            owed: grouped(&fetch(rows::OBLIGATION, "obligation", "id").await?, rows::OBLIGATION, rows::obligation)?,
            changes: grouped(&fetch(CHANGE, "obligation_change", "ordinal").await?, CHANGE, change)?,
        })
    }

    async fn verify_documents(&self, findings: &mut Findings) -> Result<(), StoreError> {
        let mut mark = Bookmark::default();
        let texts = rows::DOCUMENT.list();
        let sql = format!(
            "SELECT {texts}, bu, (SELECT e.content FROM event e WHERE e.bu = document.bu AND e.doc = document.doc AND e.revision = document.revision) \
             FROM document WHERE (bu, doc) > ($1, $2) ORDER BY bu, doc LIMIT {PAGE}"
        );
        let lines = format!(
            "SELECT {}, bu, doc, CAST(0 AS BIGINT) FROM document_line WHERE (bu, doc) > ($1, $2) AND (bu, doc) <= ($3, $4) ORDER BY line",
            rows::LINE.list()
        );
        let width = rows::DOCUMENT.texts.len() + rows::DOCUMENT.numbers.len();
        loop {
            let args: Vec<Arg> = vec![mark.0.as_str().into(), mark.1.as_str().into()];
            let page = self.fetch(&sql, &args).await?;
            let Some(last) = page.last() else { return Ok(()) };
            let end = (last.text(width)?.to_owned(), last.text(0)?.to_owned(), 0);
            let args: Vec<Arg> = args.into_iter().chain([end.0.as_str().into(), end.1.as_str().into()]).collect();
            let mut lines: Grouped<Line> = grouped(&self.fetch(&lines, &args).await?, rows::LINE, rows::line)?;
            for row in &page {
                let bu = Bu::from(row.text(width)?);
                let mut document = rows::document(&bu, &Cells::of(row, rows::DOCUMENT))?;
                document.lines = lines.remove(&(bu.to_string(), document.id.to_string(), 0)).unwrap_or_default();
                let kept = Some(row.text(width + 1)?).filter(|content| !content.is_empty());
                findings.document(&bu, &document.id, kept, &chain::content(&document)?);
            }
            mark = end;
        }
    }
}

const CHANGE: Columns = Columns { texts: &["id", "kind"], numbers: &["quantity"] };

fn change(c: &Cells<'_>) -> Result<ObligationChange, StoreError> {
    let kind: ObligationChangeKind = chain::change_kind(c.text(1)?).ok_or_else(|| unreadable("a change of an obligation", "of no known kind"))?;
    Ok(ObligationChange { id: c.text(0)?.into(), kind, quantity: Quantity::from_milli(c.int(0)?) })
}

/// What a page of events changed.
struct Changed {
    lots: Grouped<Lot>,
    moves: Grouped<Move>,
    owed: Grouped<Obligation>,
    changes: Grouped<ObligationChange>,
}

fn of<'a, T>(groups: &'a Grouped<T>, key: &(String, String, u64)) -> &'a [T] {
    groups.get(key).map(Vec::as_slice).unwrap_or_default()
}

/// Rows by the business unit, document and revision in the three columns behind their own.
fn grouped<T>(rows: &[Row], columns: Columns, read: impl Fn(&Cells<'_>) -> Result<T, StoreError>) -> Result<Grouped<T>, StoreError> {
    let mut groups = Grouped::new();
    let width = columns.texts.len() + columns.numbers.len();
    for row in rows {
        let key = (row.text(width)?.to_owned(), row.text(width + 1)?.to_owned(), row.int(width + 2)?.unsigned_abs());
        groups.entry(key).or_insert_with(Vec::new).push(read(&Cells::of(row, columns))?);
    }
    Ok(groups)
}

fn bookmark(c: &Cells<'_>) -> Result<Bookmark, StoreError> {
    Ok((c.text(13)?.to_owned(), c.text(14)?.to_owned(), c.int(0)?))
}

fn arguments(mark: &Bookmark) -> Vec<Arg> {
    vec![mark.0.as_str().into(), mark.1.as_str().into(), mark.2.into()]
}
