//! Balances against moves, the sum of each part, units in one place, clearing bins of documents that have ended.
//!
//! The database adds up, a range of parts at a time; what comes here is one row a part, and the first wrong balance.
//! Must not know hashes. Tests: `tests/it/store_verify.rs`.

use crate::base::{Bu, Quantity};
use crate::domain::Balance;

use super::super::cells::Cells;
use super::super::error::StoreError;
use super::super::rows::{self, Columns};
use super::super::sql::{Arg, Row};
use super::Audit;

/// Parts listed at once.
const PARTS: i64 = 200;
/// Moves and balances added up at once, unless one part has more.
const ROWS: i64 = 50_000;

/// Every position of a range of parts with what is kept there and what its moves add up to; `{range}` is the range.
const ADDED: &str = "(SELECT s.part, s.lot, s.serial, s.party, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, \
    SUM(s.kept) AS kept, SUM(s.moved) AS moved FROM (\
    SELECT part, lot, serial, party, bin, doc, line, condition, owner, pool, quantity AS kept, 0 AS moved FROM stock WHERE bu = $1 AND {range} \
    UNION ALL SELECT part, lot, serial, to_party, to_bin, to_doc, to_line, to_condition, to_owner, to_pool, 0, quantity FROM move WHERE bu = $1 AND {range} \
    UNION ALL SELECT part, lot, serial, from_party, from_bin, from_doc, from_line, from_condition, from_owner, from_pool, 0, -quantity FROM move \
    WHERE bu = $1 AND {range}) s \
    GROUP BY s.part, s.lot, s.serial, s.party, s.bin, s.doc, s.line, s.condition, s.owner, s.pool HAVING SUM(s.kept) <> 0 OR SUM(s.moved) <> 0) s";
const WRONG: &str = "(s.kept <> s.moved OR (s.kept < 0 AND s.party <> ''))";
const KEPT: Columns = Columns { texts: rows::STOCK.texts, numbers: &["CAST(s.kept AS BIGINT)", "s.line", "CAST(s.moved AS BIGINT)"] };

/// Parts from the first to the last, both among them.
struct Range {
    first: String,
    last: String,
    rows: i64,
}

impl Audit<'_> {
    pub(super) async fn stock(&mut self, bu: &Bu) -> Result<(), StoreError> {
        if self.options.since_seal {
            for part in std::mem::take(&mut self.touched) {
                self.add_up(bu, &Range { first: part.clone(), last: part, rows: 0 }).await?;
            }
        } else {
            let mut after: Option<String> = None;
            loop {
                let ranges = self.ranges(bu, after.as_deref()).await?;
                let Some(last) = ranges.last() else { break };
                after = Some(last.last.clone());
                for range in &ranges {
                    self.add_up(bu, range).await?;
                }
            }
        }
        self.units_in_one_place(bu).await?;
        self.left_behind(bu).await
    }

    /// The next parts, put together to ranges that are worth a statement.
    async fn ranges(&mut self, bu: &Bu, after: Option<&str>) -> Result<Vec<Range>, StoreError> {
        let beyond = if after.is_some() { "part > $2" } else { "part >= $2" };
        let of = |table: &str| {
            format!(
                "SELECT part, n FROM (SELECT part, COUNT(*) AS n FROM {table} WHERE bu = $1 AND {beyond} GROUP BY part ORDER BY part LIMIT {PARTS}) {table}_parts"
            )
        };
        let (stock, moves) = (of("stock"), of("move"));
        let sql = format!("SELECT part, CAST(SUM(n) AS BIGINT) FROM ({stock} UNION ALL {moves}) p GROUP BY part ORDER BY part LIMIT {PARTS}");
        let mut ranges: Vec<Range> = Vec::new();
        for row in self.db.fetch(&sql, &[bu.as_str().into(), after.unwrap_or_default().into()]).await? {
            let (part, rows) = (row.text(0)?.to_owned(), row.int(1)?);
            match ranges.last_mut().filter(|range| range.rows + rows <= ROWS) {
                Some(range) => {
                    range.last = part;
                    range.rows += rows;
                }
                None => ranges.push(Range { first: part.clone(), last: part, rows }),
            }
        }
        Ok(ranges)
    }

    async fn add_up(&mut self, bu: &Bu, range: &Range) -> Result<(), StoreError> {
        let args: [Arg; 3] = [bu.as_str().into(), range.first.as_str().into(), range.last.as_str().into()];
        let added = ADDED.replace("{range}", "part >= $2 AND part <= $3");
        let sql = format!(
            "SELECT s.part, COUNT(*), CAST(SUM(s.kept) AS BIGINT), SUM(CASE WHEN {WRONG} THEN 1 ELSE 0 END), \
             (SELECT COUNT(*) FROM move m WHERE m.bu = $1 AND m.part = s.part) FROM {added} GROUP BY s.part ORDER BY s.part"
        );
        let rows = match self.db.fetch(&sql, &args).await {
            Ok(rows) => rows,
            Err(StoreError::Database(sqlx::Error::Database(e))) if beyond_numbers(e.as_ref()) => return self.beyond(bu, range),
            Err(fault) => return Err(fault),
        };
        let (mut moves, mut wrong) = (0, None);
        for row in &rows {
            self.findings.count().balances += row.int(1)?.unsigned_abs();
            self.findings.part(bu, row.text(0)?, Quantity::from_milli(row.int(2)?));
            moves += row.int(4)?.unsigned_abs();
            if wrong.is_none() && row.int(3)? > 0 {
                wrong = Some(row.text(0)?.to_owned());
            }
        }
        self.findings.count().moves += moves;
        if let Some(part) = wrong.filter(|_| !(self.findings.has("balance") && self.findings.has("negative"))) {
            let sql = format!(
                "SELECT {} FROM {} WHERE {WRONG} ORDER BY s.party, s.bin, s.doc, s.line, s.condition, s.owner, s.pool, s.lot, s.serial LIMIT 1",
                KEPT.list(),
                ADDED.replace("{range}", "part = $2")
            );
            for row in self.db.fetch(&sql, &[bu.as_str().into(), part.into()]).await? {
                let cells = Cells::of(&row, KEPT);
                self.findings.balance(bu, &rows::balance(&cells)?, Quantity::from_milli(cells.int(2)?));
            }
        }
        self.step("balances against moves", moves);
        Ok(())
    }

    /// No stock of this world is so large; someone wrote a number.
    fn beyond(&mut self, bu: &Bu, range: &Range) -> Result<(), StoreError> {
        self.findings.add("balance", || format!("{bu}: what is kept or moved of the parts {} to {} is more than a number can hold", range.first, range.last));
        Ok(())
    }

    /// Each unit with a serial number stands in one place of the network, once.
    async fn units_in_one_place(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let sql = "SELECT serial, part FROM stock WHERE bu = $1 AND serial <> '' AND party <> '' \
                   GROUP BY serial, part HAVING COUNT(*) > 1 OR MAX(quantity) <> 1000 OR MIN(quantity) <> 1000 ORDER BY serial, part LIMIT 1";
        let Some(row) = self.db.one(sql, &[bu.as_str().into()]).await? else { return Ok(()) };
        let sql = format!(
            "SELECT {} FROM stock s WHERE s.bu = $1 AND s.serial = $2 AND s.serial <> '' AND s.part = $3 AND s.party <> '' ORDER BY s.party, s.bin, s.lot LIMIT 2",
            rows::STOCK.list()
        );
        let rows = self.db.fetch(&sql, &[bu.as_str().into(), row.text(0)?.into(), row.text(1)?.into()]).await?;
        let read = |row: &Row| rows::balance(&Cells::of(row, rows::STOCK));
        let balances: Vec<Balance> = rows.iter().map(read).collect::<Result<_, _>>()?;
        if let Some(first) = balances.first() {
            self.findings.unit(bu, first, balances.get(1));
        }
        Ok(())
    }

    async fn left_behind(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let columns = rows::STOCK.list();
        let sql = format!(
            "SELECT {columns} FROM stock s LEFT JOIN document d ON d.bu = s.bu AND d.doc = s.doc WHERE s.bu = $1 AND s.doc <> '' AND COALESCE(d.ended, 1) = 1 \
             ORDER BY s.doc, s.part, s.lot, s.serial LIMIT 1"
        );
        for row in self.db.fetch(&sql, &[bu.as_str().into()]).await? {
            self.findings.left_behind(bu, &rows::balance(&Cells::of(&row, rows::STOCK))?);
        }
        Ok(())
    }
}

/// Whether a sum has left what 64 bits hold.
fn beyond_numbers(e: &dyn sqlx::error::DatabaseError) -> bool {
    e.code().as_deref() == Some("22003") || e.message().contains("integer overflow")
}
