//! Writing the journal down, a page at a time, as of one moment.
//!
//! Must not know how a decision is put together (`decisions.rs`) or committed again (`import.rs`). Tests: `tests/it/store_journal.rs`.

use std::collections::BTreeMap;
use std::io::Write;

use crate::base::{Bu, Timestamp};

use super::super::deployment::Deployment;
use super::super::error::StoreError;
use super::super::master::KINDS;
use super::super::queries::deployment;
use super::super::seal::Seal;
use super::super::sql::{Database, Dialect, Row, Transaction};
use super::super::verify::{SKEW, VerifyProgress, Watch};
use super::decisions::{Patterns, entries};
use super::{BookLine, FORM, Head, JournalReport, LeafLine, Line, Lines};

/// Rows of other kinds than events in a line.
const ROWS: usize = 500;

impl Database {
    pub(super) async fn export(&self, to: &mut (dyn Write + Send), watch: &mut Watch<'_>) -> Result<JournalReport, StoreError> {
        let mut reading = self.read_aside().await?;
        let mut lines = Lines::new(to);
        let mut report = JournalReport::default();
        let order = match self.dialect() {
            Dialect::Sqlite => "rowid",
            // Where a row lies says nothing of when it came: connections fill pages of their own. Who came later has a later number.
            Dialect::Postgres => "age(event.xmin) DESC, event.ctid",
        };
        // Books are closed after all that was written before, also by machines whose clock is ahead.
        let closing = "SELECT 1 FROM closing c WHERE c.bu = event.bu AND c.doc = event.doc AND c.revision = event.revision";
        let sql = format!(
            "CREATE TEMP TABLE exported AS SELECT row_number() OVER (ORDER BY recorded_at + CASE WHEN EXISTS ({closing}) THEN {SKEW} ELSE 0 END, {order}) AS n, \
             bu, doc, revision FROM event"
        );
        reading.execute(&sql, &[]).await?;
        reading.execute("CREATE UNIQUE INDEX exported_n ON exported (n)", &[]).await?;
        let events = reading.fetch("SELECT COUNT(*) FROM exported", &[]).await?.first().map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
        let store = if self.dialect() == Dialect::Sqlite { "sqlite" } else { "postgres" };
        lines.write(&Line::Journal(Head { form: FORM, store: store.to_owned(), events }))?;
        report.master = master(&mut reading, &mut lines).await?;
        report.books = books(&mut reading, &mut lines).await?;
        let patterns = Patterns::read(&mut reading).await?;
        let mut after = 0;
        loop {
            let entries = entries(&mut reading, &patterns, after).await?;
            let Some(count) = i64::try_from(entries.len()).ok().filter(|n| *n > 0) else { break };
            after += count;
            for entry in entries {
                lines.write(&Line::Event(Box::new(entry)))?;
            }
            report.events += count.unsigned_abs();
            watch(&VerifyProgress { step: "events written down", done: report.events, of: events });
        }
        series(&mut reading, &mut lines).await?;
        report.seals = seals(&mut reading, &mut lines).await?;
        reading.execute("DROP TABLE exported", &[]).await?;
        reading.commit().await?;
        lines.end()?;
        Ok(report)
    }
}

async fn master(reading: &mut Transaction, lines: &mut Lines<'_>) -> Result<u64, StoreError> {
    let mut written = 0;
    for kind in KINDS {
        let columns: Vec<String> = kind.keys.iter().chain(kind.rest).map(|c| format!("CAST({c} AS TEXT)")).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), kind.table, kind.keys.join(", "));
        let mut of: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
        for row in reading.fetch(&sql, &[]).await? {
            let row: Vec<String> = (0..columns.len()).map(|i| row.text(i).map(str::to_owned)).collect::<Result<_, _>>()?;
            of.entry(row.first().cloned().unwrap_or_default()).or_default().push(row);
        }
        for (bu, rows) in of {
            written += rows.len() as u64;
            for rows in rows.chunks(ROWS) {
                lines.write(&Line::Master { bu: bu.clone(), tables: BTreeMap::from([(kind.table.to_owned(), rows.to_vec())]) })?;
            }
        }
    }
    Ok(written)
}

async fn books(reading: &mut Transaction, lines: &mut Lines<'_>) -> Result<u64, StoreError> {
    let deployments = reading.fetch("SELECT hash, deployed_by, number, deployed_at FROM deployment ORDER BY number", &[]).await?;
    let deployments: Vec<Deployment> = deployments.iter().map(deployment).collect::<Result<_, _>>()?;
    let rows = reading.fetch("SELECT hash, name, files FROM book ORDER BY hash", &[]).await?;
    for row in &rows {
        let (hash, name, files) = (row.text(0)?.to_owned(), row.text(1)?.to_owned(), row.text(2)?.to_owned());
        let deployed = deployments.iter().filter(|d| d.hash == hash).cloned().collect();
        lines.write(&Line::Book(BookLine { hash, name, files, deployed }))?;
    }
    Ok(rows.len() as u64)
}

async fn series(reading: &mut Transaction, lines: &mut Lines<'_>) -> Result<(), StoreError> {
    for row in reading.fetch("SELECT bu, series, last FROM series ORDER BY bu, series", &[]).await? {
        lines.write(&Line::Series { bu: row.text(0)?.to_owned(), series: row.text(1)?.to_owned(), last: row.int(2)?.unsigned_abs() })?;
    }
    Ok(())
}

async fn seals(reading: &mut Transaction, lines: &mut Lines<'_>) -> Result<u64, StoreError> {
    let sql = "SELECT bu, root, previous, mac, key_id, number, leaves, events, sealed_at FROM seal ORDER BY bu, number";
    let seals = reading.fetch(sql, &[]).await?;
    for row in &seals {
        let (bu, number) = (Bu::from(row.text(0)?), row.int(5)?);
        let mut after = 0;
        loop {
            let sql = format!("SELECT doc, hash, ordinal, revision FROM sealed WHERE bu = $1 AND number = $2 AND ordinal > $3 ORDER BY ordinal LIMIT {ROWS}");
            let read = |row: &Row| Ok(LeafLine { ordinal: row.int(2)?, doc: row.text(0)?.to_owned(), revision: row.int(3)?, hash: row.text(1)?.to_owned() });
            let page = reading.fetch(&sql, &[bu.as_str().into(), number.into(), after.into()]).await?;
            let leaves: Vec<LeafLine> = page.iter().map(read).collect::<Result<_, StoreError>>()?;
            let Some(last) = leaves.last() else { break };
            after = last.ordinal;
            lines.write(&Line::Sealed { bu: bu.clone(), number: number.unsigned_abs(), leaves })?;
        }
        let text = |i: usize| row.text(i).map(str::to_owned);
        let count = |i: usize| row.int(i).map(i64::unsigned_abs);
        lines.write(&Line::Seal(Seal {
            bu,
            number: count(5)?,
            leaves: count(6)?,
            events: count(7)?,
            root: text(1)?,
            previous: text(2)?,
            mac: text(3)?,
            key_id: text(4)?,
            sealed_at: Timestamp::from_micros(row.int(8)?),
        }))?;
    }
    Ok(seals.len() as u64)
}
