//! Working calendars: when a place works, and when a duration that counts working time is over.
//!
//! Must not know whose calendar it is. Tests: below.

use std::collections::BTreeSet;

use jiff::civil::{self, Weekday};
use jiff::tz::TimeZone;

use super::{Date, Duration, DurationUnit, Timestamp};

const MINUTE: i64 = 60_000_000;
const HOUR: i64 = 60 * MINUTE;
/// No calendar looks further ahead than this for its next working day.
const HORIZON_DAYS: u32 = 3_700;

/// From when to when a working day goes; `from` is before `to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkHours {
    /// Start of work.
    pub from: civil::Time,
    /// End of work.
    pub to: civil::Time,
}

/// When a place works.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// The time zone in which hours and days are counted.
    pub zone: TimeZone,
    /// The working weekdays; empty means that the calendar never rests.
    pub weekdays: Vec<Weekday>,
    /// The hours of a working day; absent means all day.
    pub hours: Option<WorkHours>,
    /// Days on which nobody works.
    pub holidays: BTreeSet<Date>,
}

impl Calendar {
    /// A calendar that never rests.
    #[must_use]
    pub fn always(zone: TimeZone) -> Self {
        Self { zone, weekdays: Vec::new(), hours: None, holidays: BTreeSet::new() }
    }

    /// When something that starts at `from` and may take `duration` is due.
    #[must_use]
    pub fn due(&self, from: Timestamp, duration: Duration) -> Timestamp {
        let count = i64::from(duration.count);
        match duration.unit {
            DurationUnit::Minutes => from.plus_micros(count * MINUTE),
            DurationUnit::Hours => from.plus_micros(count * HOUR),
            DurationUnit::Days => self.days_later(from, count),
            DurationUnit::Weeks => self.days_later(from, count * 7),
            DurationUnit::WorkingHours => self.working_time_later(from, count * HOUR),
            DurationUnit::WorkingDays => self.working_days_later(from, duration.count),
        }
    }

    /// Whether the calendar works on a date.
    #[must_use]
    pub fn works_on(&self, date: civil::Date) -> bool {
        (self.weekdays.is_empty() || self.weekdays.contains(&date.weekday())) && !self.holidays.contains(&Date(date))
    }

    fn days_later(&self, from: Timestamp, days: i64) -> Timestamp {
        let at = from.civil(&self.zone);
        let date = Date(at.date()).plus_days(days).0;
        Timestamp::from_civil(date.to_datetime(at.time()), &self.zone).unwrap_or(from)
    }

    fn opening(&self, date: civil::Date) -> civil::DateTime {
        date.to_datetime(self.hours.map_or(civil::Time::midnight(), |h| h.from))
    }

    fn closing(&self, date: civil::Date) -> civil::DateTime {
        match self.hours {
            Some(hours) => date.to_datetime(hours.to),
            None => Date(date).plus_days(1).0.to_datetime(civil::Time::midnight()),
        }
    }

    fn instant(&self, at: civil::DateTime) -> Timestamp {
        Timestamp::from_civil(at, &self.zone).unwrap_or_default()
    }

    fn next_working_day(&self, after: civil::Date) -> civil::Date {
        let mut date = after;
        for _ in 0..HORIZON_DAYS {
            date = Date(date).plus_days(1).0;
            if self.works_on(date) {
                break;
            }
        }
        date
    }

    fn working_days_later(&self, from: Timestamp, days: u32) -> Timestamp {
        let at = from.civil(&self.zone);
        let date = (0..days).fold(at.date(), |date, _| self.next_working_day(date));
        let same_time = date.to_datetime(at.time()).clamp(self.opening(date), self.closing(date));
        self.instant(same_time)
    }

    fn working_time_later(&self, from: Timestamp, micros: i64) -> Timestamp {
        let mut left = micros;
        let mut now = from;
        let mut date = from.civil(&self.zone).date();
        for _ in 0..HORIZON_DAYS {
            if self.works_on(date) {
                let start = now.max(self.instant(self.opening(date)));
                let room = self.instant(self.closing(date)).micros() - start.micros();
                if room >= left {
                    return start.plus_micros(left);
                }
                left -= room.max(0);
            }
            date = self.next_working_day(date);
            now = self.instant(self.opening(date));
        }
        now
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pune() -> Calendar {
        Calendar {
            zone: TimeZone::get("Asia/Kolkata").unwrap(),
            weekdays: vec![Weekday::Monday, Weekday::Tuesday, Weekday::Wednesday, Weekday::Thursday, Weekday::Friday, Weekday::Saturday],
            hours: Some(WorkHours { from: civil::time(9, 30, 0, 0), to: civil::time(18, 30, 0, 0) }),
            holidays: BTreeSet::from(["2026-08-15".parse().unwrap()]),
        }
    }

    fn due(from: &str, count: u32, unit: DurationUnit) -> String {
        let calendar = pune();
        let start = Timestamp::parse_local(from, &calendar.zone).unwrap();
        calendar.due(start, Duration { count, unit }).civil(&calendar.zone).to_string()
    }

    #[test]
    fn working_days_skip_sundays_and_holidays() {
        assert_eq!(due("2026-04-04 15:00", 1, DurationUnit::WorkingDays), "2026-04-06T15:00:00");
        assert_eq!(due("2026-08-14 20:00", 1, DurationUnit::WorkingDays), "2026-08-17T18:30:00");
    }

    #[test]
    fn working_hours_run_only_while_the_place_works() {
        assert_eq!(due("2026-04-04 17:30", 4, DurationUnit::WorkingHours), "2026-04-06T12:30:00");
        assert_eq!(due("2026-04-04 03:00", 2, DurationUnit::WorkingHours), "2026-04-04T11:30:00");
    }

    #[test]
    fn plain_hours_and_days_do_not_rest() {
        assert_eq!(due("2026-04-04 17:30", 48, DurationUnit::Hours), "2026-04-06T17:30:00");
        assert_eq!(due("2026-04-04 17:30", 2, DurationUnit::Weeks), "2026-04-18T17:30:00");
    }
}
