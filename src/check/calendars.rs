//! Calendars as written: weekdays, hours, holidays.
//!
//! Must not know who works by them. Tests: `check::tests`.

use jiff::civil::{Time, Weekday};

use super::findings::rules as say;
use super::reports::Reports;
use crate::base::{Calendar, WorkHours};
use crate::syntax::ast::{CalendarDef, Ident};

const WEEK: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// What a written calendar means.
pub(super) fn calendar(written: &CalendarDef, zone: &jiff::tz::TimeZone, reports: &Reports) -> Calendar {
    let mut calendar = Calendar::always(zone.clone());
    if let Some((first, last)) = &written.weekdays
        && let (Some(from), Some(to)) = (weekday(first, reports), weekday(last, reports))
    {
        let count = (to + 7 - from) % 7 + 1;
        calendar.weekdays = WEEK.iter().cycle().skip(from).take(count).map(|(_, day)| *day).collect();
    }
    if let Some((from, to)) = &written.hours {
        calendar.hours = hours(from, to, reports);
    }
    for day in &written.except {
        match day.text.parse() {
            Ok(date) => {
                calendar.holidays.insert(date);
            }
            Err(_) => reports.add(say::not_a_date(day)),
        }
    }
    calendar
}

/// The place of a weekday in the week.
fn weekday(id: &Ident, reports: &Reports) -> Option<usize> {
    let found = WEEK.iter().position(|(name, _)| *name == id.text.to_lowercase());
    if found.is_none() {
        reports.add(super::findings::names::unknown(id, "a weekday", WEEK.iter().map(|(name, _)| *name)));
    }
    found
}

fn time(id: &Ident, reports: &Reports) -> Option<Time> {
    let parsed = id.text.split_once(':').and_then(|(h, m)| Time::new(h.parse().ok()?, m.parse().ok()?, 0, 0).ok());
    if parsed.is_none() {
        reports.add(say::not_a_time(id));
    }
    parsed
}

fn hours(from: &Ident, to: &Ident, reports: &Reports) -> Option<WorkHours> {
    let (start, end) = (time(from, reports)?, time(to, reports)?);
    if start >= end {
        reports.add(say::hours_backwards(from.span.to(to.span)));
        return None;
    }
    Some(WorkHours { from: start, to: end })
}
