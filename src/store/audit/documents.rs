//! Documents as they are now, against what their events say; and what is owed against what was settled.
//!
//! Must not know hash chains (`journal.rs`). Tests: `tests/it/store_verify.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Bu, DocId, Quantity};
use crate::domain::{Document, Line};

use super::super::cells::Cells;
use super::super::chain;
use super::super::error::StoreError;
use super::super::rows;
use super::super::shape;
use super::super::sql::{Arg, Row};
use super::Audit;

/// Documents looked at together.
const PAGE: i64 = 100;

/// What the events of a document say: the hash of its content, its state and version, and when it entered that state; then
/// how many there are, and who opened it when.
const SAID: &str = "e.content, e.to_state, e.version, \
    (SELECT MAX(n.effective_at) FROM event n WHERE n.bu = d.bu AND n.doc = d.doc AND n.from_state <> n.to_state), \
    (SELECT COUNT(*) FROM event n WHERE n.bu = d.bu AND n.doc = d.doc), f.actor, f.effective_at";

/// The rows of a page of documents, by document.
#[derive(Default)]
struct Beside {
    lines: BTreeMap<String, Vec<Line>>,
    mentions: BTreeMap<String, BTreeSet<(String, String)>>,
}

impl Audit<'_> {
    pub(super) async fn documents(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let texts: Vec<String> = rows::DOCUMENT.texts.iter().chain(rows::DOCUMENT.numbers).map(|c| format!("d.{c}")).collect();
        let unsealed = self.unsealed().and("d");
        let mut mark: Option<String> = None;
        loop {
            let beyond = if mark.is_some() { ">" } else { ">=" };
            let sql = format!(
                "SELECT {}, {SAID} FROM document d LEFT JOIN event e ON e.bu = d.bu AND e.doc = d.doc AND e.revision = d.revision \
                 LEFT JOIN event f ON f.bu = d.bu AND f.doc = d.doc AND f.revision = 1 \
                 WHERE d.bu = $1 AND d.doc {beyond} $2{unsealed} ORDER BY d.doc LIMIT {PAGE}",
                texts.join(", ")
            );
            let mut reading = self.db.read().await?;
            let page = reading.fetch(&sql, &[bu.as_str().into(), mark.clone().unwrap_or_default().into()]).await?;
            let Some(last) = page.last() else { return Ok(()) };
            let ids: Vec<&str> = page.iter().map(|row| row.text(0)).collect::<Result<_, _>>()?;
            let args: [Arg; 2] = [bu.as_str().into(), chain::json(&ids)?.into()];
            let listed = "bu = $1 AND doc IN (SELECT value FROM {list $2})";
            let sql = format!("SELECT {}, doc FROM document_line WHERE {listed} ORDER BY doc, line", rows::LINE.list());
            let lines = reading.fetch(&sql, &args).await?;
            let mentions = reading.fetch(&format!("SELECT doc, kind, code FROM mention WHERE {listed}"), &args).await?;
            reading.end().await?;
            let mut beside = self.beside(bu, &lines, &mentions)?;
            for row in &page {
                self.document(bu, row, &mut beside)?;
            }
            mark = Some(last.text(0)?.to_owned());
            self.step("documents against their events", page.len() as u64);
        }
    }

    fn beside(&mut self, bu: &Bu, lines: &[Row], mentions: &[Row]) -> Result<Beside, StoreError> {
        let mut beside = Beside::default();
        let width = rows::LINE.texts.len() + rows::LINE.numbers.len();
        for row in lines {
            let doc = row.text(width)?.to_owned();
            if let Some(line) = self.readable(bu, || format!("a line of document {doc}"), rows::line(&Cells::of(row, rows::LINE)))? {
                beside.lines.entry(doc).or_default().push(line);
            }
        }
        for row in mentions {
            beside.mentions.entry(row.text(0)?.to_owned()).or_default().insert((row.text(1)?.to_owned(), row.text(2)?.to_owned()));
        }
        Ok(beside)
    }

    /// One document with its last and its first event.
    fn document(&mut self, bu: &Bu, row: &Row, beside: &mut Beside) -> Result<(), StoreError> {
        let id = DocId::from(row.text(0)?);
        let read = rows::document(bu, &Cells::of(row, rows::DOCUMENT));
        let Some(mut document) = self.readable(bu, || format!("document {id}"), read)? else { return Ok(()) };
        document.lines = beside.lines.remove(id.as_str()).unwrap_or_default();
        let said = rows::DOCUMENT.texts.len() + rows::DOCUMENT.numbers.len();
        let kept = Some(row.text(said)?).filter(|content| !content.is_empty());
        self.findings.document(bu, &id, kept, &chain::content(&document)?);
        if kept.is_none() {
            return Ok(());
        }
        let events = row.int(said + 4)?;
        // A document that comes back from a hold has been in its state for as long as it was in it before: earlier than the
        // event, never later. That nobody wrote another time is what its content says.
        let (entered, by_events) = (document.entered_at.micros(), row.int(said + 3)?);
        let facts = [
            ("revision", "the revision", document.revision.to_string(), events.to_string()),
            ("state", "the state", document.state.to_string(), row.text(said + 1)?.to_owned()),
            ("state", "the version", document.version.to_string(), row.int(said + 2)?.to_string()),
            ("state", "entered its state at", entered.to_string(), entered.min(by_events).to_string()),
            ("opened", "been opened by", document.opened_by.to_string(), row.text(said + 5)?.to_owned()),
            ("opened", "been opened at", document.opened_at.micros().to_string(), row.int(said + 6)?.to_string()),
        ];
        for (code, what, there, should) in facts {
            self.findings.fact(bu, &id, (code, what), &there, &should);
        }
        if !self.options.since_seal {
            self.document_number(bu, &id, document.workflow.as_str(), &document.number);
        }
        self.mentions(bu, &document, &beside.mentions.remove(id.as_str()).unwrap_or_default());
        Ok(())
    }

    /// What a document is found by must be what it names.
    fn mentions(&mut self, bu: &Bu, document: &Document, there: &BTreeSet<(String, String)>) {
        let named: BTreeSet<(String, String)> = shape::mentions(document).into_iter().map(|m| (m.kind.to_owned(), m.code.to_owned())).collect();
        if let Some((kind, code)) = named.difference(there).next() {
            self.findings.add("mention", || format!("{bu}: document {} names the {kind} {code}, and is not found by it", document.id));
        }
        if let Some((kind, code)) = there.difference(&named).next() {
            self.findings.add("mention", || format!("{bu}: document {} is found by the {kind} {code}, which it does not name", document.id));
        }
    }

    /// What is still owed is what was owed, less what was settled, waived and debited.
    pub(super) async fn obligations(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let changed = "COALESCE((SELECT CAST(SUM(c.quantity) AS BIGINT) FROM obligation_change c WHERE c.bu = o.bu AND c.id = o.id), 0)";
        let args: [Arg; 1] = [bu.as_str().into()];
        let count = self.db.one("SELECT COUNT(*) FROM obligation WHERE bu = $1", &args).await?;
        self.findings.count().obligations += count.map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
        let sql = format!(
            "SELECT o.id, o.doc, o.quantity, o.open, {changed} FROM obligation o WHERE o.bu = $1 AND o.open <> o.quantity - {changed} ORDER BY o.id LIMIT 1"
        );
        if let Some(row) = self.db.one(&sql, &args).await? {
            let [owed, open, settled] = [row.int(2)?, row.int(3)?, row.int(4)?].map(Quantity::from_milli);
            self.findings.obligation(bu, (&row.text(0)?.into(), &row.text(1)?.into()), owed, open, settled);
        }
        let sql = "SELECT c.id, c.doc, c.revision FROM obligation_change c WHERE c.bu = $1 \
                   AND NOT EXISTS (SELECT 1 FROM obligation o WHERE o.bu = c.bu AND o.id = c.id) ORDER BY c.id LIMIT 1";
        if let Some(row) = self.db.one(sql, &args).await? {
            let (id, doc, revision) = (row.text(0)?, row.text(1)?, row.int(2)?);
            self.findings.add("obligation", || format!("{bu}: revision {revision} of document {doc} settles obligation {id}, which is gone"));
        }
        Ok(())
    }
}
