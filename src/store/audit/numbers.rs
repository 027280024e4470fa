//! Papers and numbers: every number of a series was given once, none is missing, and a reverse paper reverses one.
//!
//! Numbers are given by the database inside the commit, so no hash of an event covers them; seals do (`seals.rs`). Until then
//! a paper is held against its event and its neighbours: numbers follow each other as events do, and each paper names the
//! event that took the number before.
//! Must not know what a paper is for. Tests: `tests/it/store_verify.rs`.

use std::collections::BTreeMap;

use crate::base::{Bu, DocId, Timestamp};

use super::super::error::StoreError;
use super::super::sql::{Arg, Row};
use super::super::verify::SKEW;
use super::Audit;

/// Numbers fetched together.
const PAGE: i64 = 5_000;

/// The series of a business unit, by the kind of document or paper that is numbered.
#[derive(Default)]
pub(super) struct AllSeries {
    by_kind: BTreeMap<String, Vec<Series>>,
    /// Documents and papers there are: no series can have given more numbers.
    most: u64,
}

/// One series. Its name is `kind|issuer|prefix|suffix`.
struct Series {
    name: String,
    prefix: String,
    suffix: String,
    last: u64,
    /// One bit for each number that was seen.
    seen: Vec<u64>,
}

/// A paper, as the one before the next in its series; `recorded` is when the latest of them so far was.
struct Issued {
    n: u64,
    text: String,
    event: (String, i64),
    ordinal: i64,
    recorded: i64,
}

/// What a number is to its series.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    Once,
    Twice,
    NeverGiven,
}

impl Series {
    fn read(name: &str, last: u64) -> Option<(String, Self)> {
        let parts: Vec<&str> = name.split('|').collect();
        let [kind, _, prefix, suffix] = parts.as_slice() else { return None };
        let series = Self { name: name.to_owned(), prefix: (*prefix).to_owned(), suffix: (*suffix).to_owned(), last, seen: Vec::new() };
        Some(((*kind).to_owned(), series))
    }

    /// The number in a text that is written as the series writes it.
    fn number(&self, text: &str) -> Option<u64> {
        let digits = text.strip_prefix(&self.prefix)?.strip_suffix(&self.suffix)?;
        (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())).then(|| digits.parse().ok())?
    }

    fn take(&mut self, n: u64, most: u64) -> Taken {
        if n == 0 || n > self.last || n > most {
            return Taken::NeverGiven;
        }
        let (word, bit) = (usize::try_from(n / 64).unwrap_or(usize::MAX), 1 << (n % 64));
        if self.seen.len() <= word {
            self.seen.resize(word + 1, 0);
        }
        let Some(word) = self.seen.get_mut(word) else { return Taken::NeverGiven };
        let twice = *word & bit != 0;
        *word |= bit;
        if twice { Taken::Twice } else { Taken::Once }
    }

    /// The first number up to the last that was not seen.
    fn missing(&self) -> Option<u64> {
        let seen = |n: u64| self.seen.get(usize::try_from(n / 64).unwrap_or(usize::MAX)).is_some_and(|word| word & (1 << (n % 64)) != 0);
        (1..=self.last).find(|n| !seen(*n))
    }
}

impl Audit<'_> {
    /// Reads the series, so that numbers can be looked for in them.
    pub(super) async fn load_series(&mut self, bu: &Bu) -> Result<(), StoreError> {
        self.series = AllSeries::default();
        let sql = "SELECT (SELECT COUNT(*) FROM document WHERE bu = $1) + (SELECT COUNT(*) FROM paper WHERE bu = $1)";
        let most = self.db.one(sql, &[bu.as_str().into()]).await?;
        self.series.most = most.map_or(Ok(0), |row| row.int(0))?.unsigned_abs();
        for row in self.db.fetch("SELECT series, last FROM series WHERE bu = $1", &[bu.as_str().into()]).await? {
            if let Some((kind, series)) = Series::read(row.text(0)?, row.int(1)?.unsigned_abs()) {
                self.series.by_kind.entry(kind).or_default().push(series);
            }
        }
        Ok(())
    }

    /// A document's number stands in one of the series of its workflow.
    pub(super) fn document_number(&mut self, bu: &Bu, doc: &DocId, workflow: &str, number: &str) {
        let most = self.series.most;
        let fitting = self.series.by_kind.get_mut(workflow).into_iter().flatten();
        let fitting = fitting.filter_map(|series| Some((series.number(number)?, series))).max_by_key(|(_, series)| series.prefix.len());
        match fitting.map(|(n, series)| (series.take(n, most), series.last)) {
            Some((Taken::Once, _)) => self.findings.count().numbers += 1,
            Some((Taken::Twice, _)) => self.findings.add("series", || format!("{bu}: document {doc} has the number {number}, which another one has")),
            Some((Taken::NeverGiven, last)) => {
                self.findings
                    .add("series", || format!("{bu}: document {doc} has the number {number}, which was never given: {last} is the last of its series"));
            }
            None if number.is_empty() => {}
            None => self.findings.add("series", || format!("{bu}: document {doc} has the number {number}, which no series of {workflow} gives")),
        }
    }

    /// Every number up to the last of each series was given: to a paper, or to a document that has been looked at.
    pub(super) async fn numbers(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let AllSeries { by_kind, most } = std::mem::take(&mut self.series);
        for mut series in by_kind.into_values().flatten() {
            self.paper_numbers(bu, &mut series, most).await?;
            if let Some(missing) = series.missing() {
                self.findings.add("series", || {
                    format!("{bu}: number {missing} of the series {}…{} is missing; {} were given", series.prefix, series.suffix, series.last)
                });
            }
        }
        Ok(())
    }

    async fn paper_numbers(&mut self, bu: &Bu, series: &mut Series, most: u64) -> Result<(), StoreError> {
        let (mut after, mut before) = (String::new(), None);
        loop {
            let sql = "SELECT p.number, p.doc, p.revision, p.ordinal, p.issued_at, e.effective_at, e.recorded_at, p.follows FROM paper p \
                       LEFT JOIN event e ON e.bu = p.bu AND e.doc = p.doc AND e.revision = p.revision \
                       WHERE p.bu = $1 AND p.series = $2 AND p.number > $3 ORDER BY p.number LIMIT $4";
            let args: [Arg; 4] = [bu.as_str().into(), series.name.as_str().into(), after.as_str().into(), PAGE.into()];
            let page = self.db.fetch(sql, &args).await?;
            let Some(end) = page.last() else { return Ok(()) };
            after = end.text(0)?.to_owned();
            for row in &page {
                let number = row.text(0)?;
                self.issued(bu, series, row, &mut before)?;
                match series.number(number).map(|n| series.take(n, most)) {
                    Some(Taken::Once) => self.findings.count().numbers += 1,
                    Some(Taken::Twice) => self.findings.add("series", || format!("{bu}: number {number} was given twice")),
                    Some(Taken::NeverGiven) => {
                        self.findings.add("series", || format!("{bu}: paper {number} was never given: {} is the last number of its series", series.last));
                    }
                    None => self
                        .findings
                        .add("series", || format!("{bu}: paper {number} is not written as its series {}…{} writes numbers", series.prefix, series.suffix)),
                }
            }
        }
    }

    /// A paper was issued when its event happened, and after the one before it in its series.
    fn issued(&mut self, bu: &Bu, series: &Series, row: &Row, before: &mut Option<Issued>) -> Result<(), StoreError> {
        let (Some(effective), Some(recorded)) = (row.optional(5)?, row.optional(6)?) else { return Ok(()) };
        let Some(n) = series.number(row.text(0)?) else { return Ok(()) };
        let issued = Issued { n, text: row.text(0)?.to_owned(), event: (row.text(1)?.to_owned(), row.int(2)?), ordinal: row.int(3)?, recorded };
        if row.int(4)? != effective {
            let (is, was) = (Timestamp::from_micros(row.int(4)?), Timestamp::from_micros(effective));
            self.findings.add("paper", || format!("{bu}: paper {} says that it was issued at {is}; its event happened at {was}", issued.text));
        }
        if let Some(before) = before.as_ref().filter(|before| before.n < n) {
            let turned = before.event == issued.event && before.ordinal > issued.ordinal;
            if turned || recorded < before.recorded.saturating_sub(SKEW) {
                let (first, then) = (&before.text, &issued.text);
                self.findings.add("paper", || format!("{bu}: papers {first} and {then} have each other's numbers: {then} was issued before {first}"));
            }
        }
        self.follows(bu, &issued, before.as_ref(), row.text(7)?);
        let latest = before.as_ref().filter(|before| before.n < n).map_or(i64::MIN, |before| before.recorded);
        *before = Some(Issued { recorded: recorded.max(latest), ..issued });
        Ok(())
    }

    /// A paper names the event that took the number before it; what is missing between two is another finding.
    fn follows(&mut self, bu: &Bu, issued: &Issued, before: Option<&Issued>, follows: &str) {
        let should = match before {
            Some(before) if before.n + 1 == issued.n => format!("{} {}", before.event.0, before.event.1),
            None if issued.n == 1 => String::new(),
            _ => return,
        };
        if follows != should {
            let told = |event: &str| match event.rsplit_once(' ') {
                Some((doc, revision)) => format!("revision {revision} of document {doc}"),
                None => "nothing".to_owned(),
            };
            let (number, doc, revision) = (&issued.text, &issued.event.0, issued.event.1);
            self.findings.add("exchanged", || {
                format!(
                    "{bu}: paper {number} of revision {revision} of document {doc} was issued after {}, the number before it belongs to {}: numbers were exchanged",
                    told(follows),
                    told(&should)
                )
            });
        }
    }

    pub(super) async fn papers(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let args: [Arg; 1] = [bu.as_str().into()];
        let sql = "SELECT p.number, p.doc, p.revision FROM paper p WHERE p.bu = $1 AND p.open = 1 AND p.reverses IS NULL ORDER BY p.number LIMIT 1";
        if let Some(row) = self.db.one(sql, &args).await? {
            let (number, doc, revision) = (row.text(0)?, row.text(1)?, row.int(2)?);
            self.findings.add("paper", || format!("{bu}: paper {number} of revision {revision} of document {doc} is open; only reverse papers can be"));
        }
        let sql = "SELECT p.number, p.doc, p.revision, p.reverses FROM paper p WHERE p.bu = $1 AND p.reverses IS NOT NULL AND NOT EXISTS \
                   (SELECT 1 FROM paper r WHERE r.bu = p.bu AND r.doc = p.doc AND r.revision = p.revision AND r.ordinal = p.reverses AND r.ordinal <> p.ordinal) \
                   ORDER BY p.number LIMIT 1";
        if let Some(row) = self.db.one(sql, &args).await? {
            let (number, doc, revision, reverses) = (row.text(0)?, row.text(1)?, row.int(2)?, row.int(3)?);
            self.findings.add("paper", || format!("{bu}: paper {number} reverses paper {reverses} of revision {revision} of document {doc}, which is gone"));
        }
        let sql = "SELECT p.number, p.doc, p.revision FROM paper p WHERE p.bu = $1 AND NOT EXISTS \
                   (SELECT 1 FROM event e WHERE e.bu = p.bu AND e.doc = p.doc AND e.revision = p.revision) ORDER BY p.number LIMIT 1";
        if let Some(row) = self.db.one(sql, &args).await? {
            let (number, doc, revision) = (row.text(0)?, row.text(1)?, row.int(2)?);
            self.findings.add("paper", || format!("{bu}: paper {number} says that revision {revision} of document {doc} issued it; there is no such event"));
        }
        let sql = "SELECT p.number FROM paper p WHERE p.bu = $1 AND NOT EXISTS (SELECT 1 FROM series s WHERE s.bu = p.bu AND s.series = p.series) \
                   ORDER BY p.number LIMIT 1";
        if let Some(row) = self.db.one(sql, &args).await? {
            let number = row.text(0)?;
            self.findings.add("series", || format!("{bu}: the series of paper {number} is gone"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Series, Taken};

    #[test]
    fn gaps_repeats_and_inventions_are_seen() {
        let (kind, mut series) = Series::read("sts||STS/26-27/|/x", 70).unwrap();
        assert_eq!(
            (kind.as_str(), series.number("STS/26-27/00012/x"), series.number("STS/26-27/1a/x"), series.number("STS/26-27//x")),
            ("sts", Some(12), None, None)
        );
        assert!((1..=69).all(|n| series.take(n, 100) == Taken::Once));
        assert_eq!((series.take(7, 100), series.take(71, 100), series.take(70, 69)), (Taken::Twice, Taken::NeverGiven, Taken::NeverGiven));
        assert_eq!(series.missing(), Some(70));
        assert!(Series::read("DC", 1).is_none());
    }
}
