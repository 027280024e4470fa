//! Points in time, dates and durations. No clock is read here.
//!
//! Must not know calendars (`calendar.rs`) or who asks. Tests: below.

use std::fmt;

use jiff::civil;
use jiff::tz::TimeZone;

/// A point in time: microseconds since 1970-01-01 UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From stored microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// To stored microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// A local date and time of day, such as `2026-04-01 09:30` or `2026-04-01`, in a time zone.
    #[must_use]
    pub fn parse_local(text: &str, zone: &TimeZone) -> Option<Self> {
        let text = text.trim();
        if let Ok(exact) = text.parse::<jiff::Timestamp>() {
            return Some(Self(exact.as_microsecond()));
        }
        let at = text.parse::<civil::DateTime>().or_else(|_| text.parse::<civil::Date>().map(|d| d.to_datetime(civil::Time::midnight()))).ok()?;
        Self::from_civil(at, zone)
    }

    /// A civil date and time in a zone; in a gap of the clock, the instant after it.
    #[must_use]
    pub fn from_civil(at: civil::DateTime, zone: &TimeZone) -> Option<Self> {
        zone.to_timestamp(at).ok().map(|t| Self(t.as_microsecond()))
    }

    /// The civil date and time in a zone.
    #[must_use]
    pub fn civil(self, zone: &TimeZone) -> civil::DateTime {
        zone.to_datetime(jiff::Timestamp::from_microsecond(self.0).unwrap_or_default())
    }

    /// As a clock in the zone shows it; what is below a second counts as a whole one, so that it is not before this point.
    #[must_use]
    pub fn clock(self, zone: &TimeZone) -> String {
        let at = self.plus_micros(999_999).civil(zone);
        at.strftime(if at.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" }).to_string()
    }

    /// The date in a zone.
    #[must_use]
    pub fn date(self, zone: &TimeZone) -> Date {
        Date(self.civil(zone).date())
    }

    /// The point this many microseconds later; saturates.
    #[must_use]
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&jiff::Timestamp::from_microsecond(self.0).unwrap_or_default().to_string())
    }
}
impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// A civil date.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub civil::Date);

impl Date {
    /// Days since 1970-01-01, for storing and for ranks.
    #[must_use]
    pub fn days(self) -> i64 {
        let epoch = civil::Date::constant(1970, 1, 1);
        self.0.since((jiff::Unit::Day, epoch)).map_or(0, |s| i64::from(s.get_days()))
    }

    /// The date that many days later; the date itself where that is out of range.
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.checked_add(jiff::SignedDuration::from_hours(days.saturating_mul(24))).unwrap_or(self.0))
    }

    /// Days from `earlier` to this date.
    #[must_use]
    pub fn days_since(self, earlier: Self) -> i64 {
        self.days() - earlier.days()
    }

    /// The Indian financial year (1 April to 31 March) as `26-27`; the start month is the book's to choose.
    #[must_use]
    pub fn fiscal_year(self, first_month: i8) -> String {
        let start = if self.0.month() >= first_month { self.0.year() } else { self.0.year() - 1 };
        let short = |year: i16| year.rem_euclid(100);
        if first_month == 1 { format!("{:02}", short(start)) } else { format!("{:02}-{:02}", short(start), short(start + 1)) }
    }
}

impl std::str::FromStr for Date {
    type Err = jiff::Error;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.trim().parse().map(Self)
    }
}
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0.to_string())
    }
}
impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// In what a duration counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DurationUnit {
    /// Sixty seconds of the clock.
    Minutes,
    /// Sixty minutes of the clock.
    Hours,
    /// The same time of day, so many days later.
    Days,
    /// Seven days.
    Weeks,
    /// Hours in which the calendar works.
    WorkingHours,
    /// Days on which the calendar works: due at the same time of day, or at the end of work if that is earlier.
    WorkingDays,
}

/// How long: a whole number of units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: DurationUnit,
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = match self.unit {
            DurationUnit::Minutes => "minute",
            DurationUnit::Hours => "hour",
            DurationUnit::Days => "day",
            DurationUnit::Weeks => "week",
            DurationUnit::WorkingHours => "working hour",
            DurationUnit::WorkingDays => "working day",
        };
        write!(f, "{} {one}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_times_are_read_in_the_zone() {
        let zone = TimeZone::get("Asia/Kolkata").unwrap();
        let at = Timestamp::parse_local("2026-04-01 09:30", &zone).unwrap();
        assert_eq!(at.to_string(), "2026-04-01T04:00:00Z");
        assert_eq!(at.date(&zone).to_string(), "2026-04-01");
        assert_eq!(Timestamp::parse_local("soon", &zone), None);
    }

    #[test]
    fn the_fiscal_year_turns_in_its_first_month() {
        let date = |t: &str| t.parse::<Date>().unwrap();
        assert_eq!(date("2026-03-31").fiscal_year(4), "25-26");
        assert_eq!(date("2026-04-01").fiscal_year(4), "26-27");
        assert_eq!(date("2026-04-01").fiscal_year(1), "26");
        assert_eq!(date("2026-04-30").days_since(date("2026-04-25")), 5);
    }
}
