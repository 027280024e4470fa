//! The demand to replay: one row a part, its number and then one cell a month; an empty cell means that nothing was recorded.
//!
//! Everything wrong in a file is told at once, by file and line. Must not know what is made of it. Tests: below.

use std::collections::BTreeSet;
use std::fmt;

use sha2::{Digest, Sha256};

use crate::base::PartCode;

/// The most that one part may be asked for in one month: beyond it, it is a mistake in the file.
const MOST: u32 = 100_000;

/// A month of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month {
    /// The year, with its century.
    pub year: i16,
    /// From 1.
    pub month: i8,
}

const NAMES: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

impl Month {
    /// `Jan-98` or `Jan-1998` or `1998-01`; two digits from 70 on are of the last century.
    fn parse(text: &str) -> Option<Self> {
        let (left, right) = text.trim().split_once('-')?;
        let named = NAMES.iter().position(|n| n.eq_ignore_ascii_case(left));
        let (month, year) = match named {
            Some(index) => (i8::try_from(index + 1).ok()?, right),
            None => (right.parse().ok()?, left),
        };
        let digits = year.len();
        let year: i16 = year.parse().ok()?;
        let year = match digits {
            2 if year >= 70 => 1900 + year,
            2 => 2000 + year,
            4 => year,
            _ => return None,
        };
        (1..=12).contains(&month).then_some(Self { year, month })
    }

    /// The month after it.
    #[must_use]
    pub const fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { year: self.year, month: self.month + 1 } }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{:02}", self.year, self.month)
    }
}

/// One part and what was asked for in each month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartDemand {
    /// The part.
    pub part: PartCode,
    /// Units by month; absent where nothing was recorded.
    pub units: Vec<Option<u32>>,
}

impl PartDemand {
    /// Units asked for in a month.
    #[must_use]
    pub fn in_month(&self, month: usize) -> u32 {
        self.units.get(month).copied().flatten().unwrap_or(0)
    }
}

/// All of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demand {
    /// The months, one after the other.
    pub months: Vec<Month>,
    /// The parts, in the order of the file.
    pub parts: Vec<PartDemand>,
    /// Tells this file from others.
    pub fingerprint: String,
}

/// Something wrong in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DemandFault {
    /// `file:line`.
    pub place: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for DemandFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

/// Units that were asked for, and in how many part-months.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Units.
    pub units: u64,
    /// Cells above zero.
    pub part_months: u64,
}

impl Demand {
    /// Reads a file's text; `name` is how messages call the file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<DemandFault>> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).trim(csv::Trim::All).from_reader(text.as_bytes());
        let mut faults = Faults { file: name, found: Vec::new() };
        let mut records = reader.records();
        let months = match records.next() {
            Some(Ok(header)) => header_months(&header, &mut faults),
            Some(Err(_)) => return Err(faults.with(1, "this file is not text in UTF-8: save it as CSV UTF-8")),
            None => return Err(faults.with(1, "the file is empty: its first line names the months, such as `Part,Jan-98,Feb-98`")),
        };
        let mut parts = Vec::new();
        let mut seen = BTreeSet::new();
        for record in records {
            match record {
                Ok(record) => parts.extend(row(&record, months.len(), &mut seen, &mut faults)),
                Err(error) => {
                    let line = error.position().map_or(0, csv::Position::line);
                    return Err(faults.with(line, "this line is not text in UTF-8: save the file as CSV UTF-8"));
                }
            }
        }
        if parts.is_empty() && faults.found.is_empty() {
            return Err(faults.with(2, "there are no parts: each further line is a part's number and its units by month"));
        }
        let fingerprint = hex::encode(Sha256::digest(text)).chars().take(12).collect();
        if faults.found.is_empty() { Ok(Self { months, parts, fingerprint }) } else { Err(faults.found) }
    }

    /// What is asked for in the first so many months.
    #[must_use]
    pub fn totals(&self, months: usize) -> Totals {
        let cells = self.parts.iter().flat_map(|p| p.units.iter().take(months).flatten());
        cells.fold(Totals::default(), |sum, units| Totals { units: sum.units + u64::from(*units), part_months: sum.part_months + u64::from(*units > 0) })
    }
}

struct Faults<'f> {
    file: &'f str,
    found: Vec<DemandFault>,
}

impl Faults<'_> {
    fn add(&mut self, line: u64, what: impl Into<String>) {
        self.found.push(DemandFault { place: format!("{}:{line}", self.file), what: what.into() });
    }

    fn with(mut self, line: u64, what: &str) -> Vec<DemandFault> {
        self.add(line, what);
        self.found
    }
}

fn line_of(record: &csv::StringRecord) -> u64 {
    record.position().map_or(0, csv::Position::line)
}

fn header_months(header: &csv::StringRecord, faults: &mut Faults<'_>) -> Vec<Month> {
    let line = line_of(header);
    let mut months: Vec<Month> = Vec::new();
    for cell in header.iter().skip(1) {
        match Month::parse(cell) {
            None => faults.add(line, format!("`{cell}` is not a month: write it as `Jan-98` or `1998-01`")),
            Some(month) if months.last().is_some_and(|last| last.next() != month) => {
                let expected = months.last().map_or(month, |last| last.next());
                faults.add(line, format!("after {} comes {expected}, not {month}: every month has its column", months.last().copied().unwrap_or(month)));
                months.push(month);
            }
            Some(month) => months.push(month),
        }
    }
    if months.is_empty() && faults.found.is_empty() {
        faults.add(line, "the first line names no month: write it as `Part,Jan-98,Feb-98`");
    }
    months
}

fn row(record: &csv::StringRecord, months: usize, seen: &mut BTreeSet<String>, faults: &mut Faults<'_>) -> Option<PartDemand> {
    let line = line_of(record);
    let code = record.get(0).unwrap_or_default();
    let before = faults.found.len();
    if code.is_empty() {
        faults.add(line, "the part's number is missing");
    } else if !seen.insert(code.to_owned()) {
        faults.add(line, format!("part `{code}` stands here twice"));
    }
    if record.len() != months + 1 {
        faults.add(line, format!("there are {} months in this line, and {months} in the first", record.len().saturating_sub(1)));
    }
    let mut units = Vec::with_capacity(months);
    for (cell, column) in record.iter().skip(1).zip(2..) {
        match cell.parse::<u32>() {
            _ if cell.is_empty() => units.push(None),
            Ok(number) if number <= MOST => units.push(Some(number)),
            Ok(number) => faults.add(line, format!("column {column}: {number} units in one month is more than {MOST}")),
            Err(_) => faults.add(line, format!("column {column}: `{cell}` is not a whole number of units")),
        }
    }
    (faults.found.len() == before).then(|| PartDemand { part: PartCode::from(code), units })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_cell_is_not_a_zero() {
        let demand = Demand::parse("d.csv", "Part,Dec-98,Jan-99\n210,0,2\n211,,\n").unwrap();
        assert_eq!(demand.months, [Month { year: 1998, month: 12 }, Month { year: 1999, month: 1 }]);
        assert_eq!(demand.parts[0].units, [Some(0), Some(2)]);
        assert_eq!(demand.parts[1].units, [None, None]);
        assert_eq!(demand.totals(2), Totals { units: 2, part_months: 1 });
        assert_eq!(demand.totals(1), Totals::default());
    }

    #[test]
    fn every_mistake_is_told_with_its_line() {
        let text = "Part,Jan-98,Mar-98\n210,1,x\n210,1,2\n,1,-1\n211,1\n";
        let found: Vec<String> = Demand::parse("d.csv", text).unwrap_err().iter().map(ToString::to_string).collect();
        assert_eq!(
            found,
            [
                "d.csv:1: after 1998-01 comes 1998-02, not 1998-03: every month has its column",
                "d.csv:2: column 3: `x` is not a whole number of units",
                "d.csv:3: part `210` stands here twice",
                "d.csv:4: the part's number is missing",
                "d.csv:4: column 3: `-1` is not a whole number of units",
                "d.csv:5: there are 1 months in this line, and 2 in the first",
            ]
        );
        assert!(Demand::parse("d.csv", "").is_err() && Demand::parse("d.csv", "Part,Jan-98\n").is_err());
    }

    #[test]
    fn months_are_written_in_several_ways() {
        let of = |text: &str| Month::parse(text).map(|m| m.to_string());
        assert_eq!((of("Mar-02"), of("mar-2002"), of("2002-03")), (Some("2002-03".into()), Some("2002-03".into()), Some("2002-03".into())));
        assert_eq!((of("Foo-02"), of("2002-13"), of("Mar")), (None, None, None));
    }
}
