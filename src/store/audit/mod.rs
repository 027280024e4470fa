//! The check of a whole database, a page at a time by key, so that memory stays small whatever the size of the ledger.
//!
//! Hashes are computed here, not by the database that is checked; sums are taken by the database, a range of parts at a
//! time. Each page sees one moment, and holds nobody up. Must not know how findings are worded (`verify.rs`).
//! Tests: `tests/it/store_verify.rs`.

mod documents;
mod guards;
mod journal;
mod numbers;
mod seals;
mod stock;

pub(super) use journal::{CHANGE, CLOSES, change, closes};

use std::collections::BTreeSet;

use tokio::sync::Mutex;

use crate::base::{Bu, Timestamp};

use super::error::StoreError;
use super::reading::Reader;
use super::sql::{Database, Dialect, Transaction};
use super::verify::{Findings, VerifyOptions, VerifyProgress, VerifyReport, Watch};

/// A check as it goes on.
struct Audit<'a> {
    db: Reader<'a>,
    options: &'a VerifyOptions,
    findings: Findings,
    progress: VerifyProgress,
    watch: &'a mut Watch<'a>,
    /// Parts that were moved after the last seal; looked at only when the check goes on from there.
    touched: BTreeSet<String>,
    /// The series of the business unit at hand.
    series: numbers::AllSeries,
    /// Up to when the books of the business unit at hand were closed, and when that was recorded.
    closings: Vec<(Timestamp, Timestamp)>,
    /// The number of the last seal of the business unit at hand; 0 where there is none.
    last_seal: i64,
    /// Business units whose exported seals have been compared.
    compared: BTreeSet<Bu>,
}

/// Leaves out what the last seal covers, where a check goes on from it.
#[derive(Debug, Clone, Copy)]
struct Unsealed(Option<i64>);

impl Unsealed {
    /// As a condition on the rows of a table with documents and revisions.
    fn and(self, table: &str) -> String {
        let condition = |last: i64| {
            format!(
                " AND NOT EXISTS (SELECT 1 FROM sealed l WHERE l.bu = {table}.bu AND l.doc = {table}.doc AND l.revision >= {table}.revision AND l.number <= {last})"
            )
        };
        self.0.map(condition).unwrap_or_default()
    }
}

impl Database {
    pub(super) async fn verify<'a>(&'a self, options: &'a VerifyOptions, watch: &'a mut Watch<'a>) -> Result<VerifyReport, StoreError> {
        Audit::of(self.reader(), options, watch).await
    }

    /// The same for what a transaction has written that nobody else sees yet.
    pub(super) async fn verify_open<'a>(
        &'a self,
        open: &'a Mutex<Transaction>,
        options: &'a VerifyOptions,
        watch: &'a mut Watch<'a>,
    ) -> Result<VerifyReport, StoreError> {
        Audit::of(self.reader_of(open), options, watch).await
    }
}

impl<'a> Audit<'a> {
    async fn of(db: Reader<'a>, options: &'a VerifyOptions, watch: &'a mut Watch<'a>) -> Result<VerifyReport, StoreError> {
        let mut audit = Self {
            db,
            options,
            findings: Findings::default(),
            progress: VerifyProgress::default(),
            watch,
            touched: BTreeSet::new(),
            series: numbers::AllSeries::default(),
            closings: Vec::new(),
            last_seal: 0,
            compared: BTreeSet::new(),
        };
        audit.run().await?;
        Ok(audit.findings.report())
    }
}

impl Audit<'_> {
    async fn run(&mut self) -> Result<(), StoreError> {
        self.measure().await?;
        self.gate().await?;
        self.guards().await?;
        for unit in self.db.units().await? {
            let bu = Bu::from(unit);
            self.seals(&bu).await?;
            self.journal(&bu).await?;
            self.load_series(&bu).await?;
            self.documents(&bu).await?;
            if !self.options.since_seal {
                self.numbers(&bu).await?;
            }
            self.papers(&bu).await?;
            self.obligations(&bu).await?;
            self.stock(&bu).await?;
        }
        self.lost_seals().await
    }

    /// How many rows there are to look at.
    async fn measure(&mut self) -> Result<(), StoreError> {
        let sql = "SELECT (SELECT COUNT(*) FROM move) * 2 + (SELECT COUNT(*) FROM event) + (SELECT COUNT(*) FROM document)";
        let row = self.db.one(sql, &[]).await?;
        self.progress.of = row.map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
        Ok(())
    }

    fn unsealed(&self) -> Unsealed {
        Unsealed(self.options.since_seal.then_some(self.last_seal))
    }

    /// Some rows were looked at.
    fn step(&mut self, step: &'static str, rows: u64) {
        self.progress.step = step;
        self.progress.done += rows;
        (self.watch)(&self.progress);
    }

    /// On SQLite the guards are open while there is a command; one that stays was smuggled in.
    async fn gate(&mut self) -> Result<(), StoreError> {
        if self.db.database().dialect() == Dialect::Sqlite {
            let row = self.db.one("SELECT COUNT(*) FROM command", &[]).await?;
            self.findings.gate(row.map_or(Ok(0), |row| row.int(0))?);
        }
        Ok(())
    }

    /// What a row says, where it can be read; where it cannot, that is a finding like any other.
    fn readable<T>(&mut self, bu: &Bu, what: impl FnOnce() -> String, read: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
        match read {
            Ok(value) => Ok(Some(value)),
            Err(StoreError::Unreadable(why)) => {
                self.findings.add("unreadable", || format!("{bu}: {} cannot be read: {why}", what()));
                Ok(None)
            }
            Err(fault) => Err(fault),
        }
    }
}
