//! The plan of a replay: which service job asks for which parts, where, when and under which contract. It follows from the
//! demand and the seed alone, so that a replay that was cut off is planned again as it was.
//!
//! Must not know the store or the engine. Tests: below.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::TimeZone;

use super::demand::{Demand, Month};
use super::dice::Dice;
use crate::base::{Date, DocId, Timestamp};

/// Microseconds of an hour.
pub const HOUR: i64 = 3_600_000_000;
/// Microseconds of a day.
pub const DAY: i64 = 24 * HOUR;
/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;

/// Days before the first month in which the network is filled.
const PRELUDE_DAYS: i64 = 24;
/// The most lines of one service job.
const LINES: u64 = 8;
/// Technicians of each partner.
pub const TECHNICIANS: u64 = 3;
/// Customers of each partner.
pub const CUSTOMERS: u64 = 4;

/// What kind of contract a job is done under, and with it the pool its parts come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cover {
    /// The maker pays.
    InWarranty,
    /// A maintenance contract pays.
    Amc,
    /// The customer pays.
    OutOfWarranty,
}

impl Cover {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::InWarranty, Self::Amc, Self::OutOfWarranty];

    /// The name of the contract's kind, which is that of the pool.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InWarranty => "in_warranty",
            Self::Amc => "amc",
            Self::OutOfWarranty => "out_of_warranty",
        }
    }

    /// One of them: most of a network's jobs are under warranty.
    fn drawn(dice: Dice) -> Self {
        match dice.below(100) {
            0..60 => Self::InWarranty,
            60..85 => Self::Amc,
            _ => Self::OutOfWarranty,
        }
    }
}

/// One line of a service job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted {
    /// The part, by its place in the demand.
    pub part: usize,
    /// Units.
    pub units: u32,
}

/// One service job that needs parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// The indent's id.
    pub id: DocId,
    /// The service order.
    pub order: String,
    /// The partner, from 0.
    pub partner: usize,
    /// The technician of that partner, from 1.
    pub technician: u64,
    /// The customer of that partner, from 1.
    pub customer: u64,
    /// Under which contract.
    pub cover: Cover,
    /// When the service desk asks for the parts.
    pub at: Timestamp,
    /// What is needed.
    pub lines: Vec<Wanted>,
}

/// Units that a partner is asked for, by part and contract.
pub type Units = BTreeMap<(usize, Cover), u32>;

/// How a replay is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// Of all that is left to chance.
    pub seed: u64,
    /// Service partners.
    pub partners: usize,
    /// Months to replay, from the first.
    pub months: usize,
    /// Months from which limits and base stock are computed.
    pub learn: usize,
}

/// The plan.
#[derive(Debug)]
pub struct Plan {
    /// What is asked for.
    pub demand: Demand,
    /// How.
    pub settings: Settings,
    /// The die of the seed.
    pub dice: Dice,
    zone: TimeZone,
    /// What the whole network is asked for, by month.
    monthly: Vec<Units>,
    /// What each partner is asked for in the months that limits are computed from.
    learned: Vec<Learned>,
}

/// What the first months say of one partner.
#[derive(Debug, Clone, Default)]
pub struct Learned {
    /// Units in all.
    pub units: Units,
    /// Units in the busiest month.
    pub peak: Units,
}

impl Plan {
    /// Plans a replay.
    #[must_use]
    pub fn new(demand: Demand, settings: Settings, zone: TimeZone) -> Self {
        let settings = Settings { months: settings.months.min(demand.months.len()), partners: settings.partners.max(1), ..settings };
        let dice = Dice::new(settings.seed);
        let mut plan = Self { demand, settings, dice, zone, monthly: Vec::new(), learned: vec![Learned::default(); settings.partners] };
        for month in 0..settings.months {
            let mut whole = Units::new();
            for (partner, units) in plan.asked(month) {
                for (key, count) in units {
                    *whole.entry(key).or_default() += count;
                    if let (true, Some(learned)) = (month < settings.learn, plan.learned.get_mut(partner)) {
                        *learned.units.entry(key).or_default() += count;
                        let peak = learned.peak.entry(key).or_default();
                        *peak = (*peak).max(count);
                    }
                }
            }
            plan.monthly.push(whole);
        }
        plan
    }

    /// A time of day, so many days after the first of a month; days before it are negative.
    #[must_use]
    pub fn time(&self, month: usize, day: i64, minute: i64) -> Timestamp {
        let Month { year, month } = self.month(month);
        let first = Date(civil::Date::new(year, month, 1).unwrap_or_default());
        let midnight = first.plus_days(day).0.to_datetime(civil::Time::midnight());
        Timestamp::from_civil(midnight, &self.zone).unwrap_or_default().plus_micros(minute * MINUTE)
    }

    /// The first moment of a replay.
    #[must_use]
    pub fn begin(&self) -> Timestamp {
        self.time(0, -PRELUDE_DAYS, 0)
    }

    /// A month by its place in the demand; where the demand has ended, as many months later.
    #[must_use]
    pub fn month(&self, index: usize) -> Month {
        let months = &self.demand.months;
        let after = |last: &Month| (months.len()..=index).fold(*last, |month, _| month.next());
        months.get(index).copied().or_else(|| months.last().map(after)).unwrap_or(Month { year: 2000, month: 1 })
    }

    /// The code of a part.
    #[must_use]
    pub fn part(&self, index: usize) -> &str {
        self.demand.parts.get(index).map_or("", |p| p.part.as_str())
    }

    /// What the first months say of a partner.
    #[must_use]
    pub fn learned(&self, partner: usize) -> Option<&Learned> {
        self.learned.get(partner)
    }

    /// What the network was asked for in a month.
    #[must_use]
    pub fn network(&self, month: usize) -> Option<&Units> {
        self.monthly.get(month)
    }

    /// Who is asked for each unit of a month: a part has three partners with many of its customers, and most of those come to one.
    fn asked(&self, month: usize) -> BTreeMap<usize, Units> {
        let mut asked: BTreeMap<usize, Units> = BTreeMap::new();
        for (index, demand) in self.demand.parts.iter().enumerate() {
            let part = self.dice.of(demand.part.as_str());
            for unit in 0..demand.in_month(month) {
                let throw = part.at(month as u64).at(u64::from(unit));
                let favourite = match throw.below(100) {
                    0..70 => 0,
                    70..90 => 1,
                    _ => 2,
                };
                let partner = part.of("partner").at(favourite).below(self.settings.partners as u64);
                let usual = Cover::drawn(part.of("cover"));
                let often = throw.of("usual").per_mille(850);
                let cover = if often { usual } else { Cover::drawn(throw.of("cover")) };
                *asked.entry(usize::try_from(partner).unwrap_or(0)).or_default().entry((index, cover)).or_default() += 1;
            }
        }
        asked
    }

    /// The service jobs of a month, in the order of time.
    #[must_use]
    pub fn jobs(&self, month: usize) -> Vec<Job> {
        let mut jobs = Vec::new();
        for (partner, units) in self.asked(month) {
            let mut number = 0;
            for cover in Cover::ALL {
                let mine = self.dice.of("job").at(month as u64).at(partner as u64).of(cover.name());
                let mut lines: Vec<Wanted> =
                    units.iter().filter(|((_, c), _)| *c == cover).map(|((part, _), units)| Wanted { part: *part, units: *units }).collect();
                lines.sort_by_key(|l| (mine.at(l.part as u64).below(u64::MAX), l.part));
                let mut rest = lines.as_slice();
                while !rest.is_empty() {
                    number += 1;
                    let job = mine.at(number);
                    let most = usize::try_from(1 + job.of("lines").below(LINES)).unwrap_or(1).min(rest.len());
                    let (taken, left) = rest.split_at(most);
                    rest = left;
                    jobs.push(self.job(month, partner, number, cover, job, taken));
                }
            }
        }
        jobs.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        jobs
    }

    fn job(&self, month: usize, partner: usize, number: u64, cover: Cover, dice: Dice, lines: &[Wanted]) -> Job {
        let day = i64::try_from(dice.of("day").below(28)).unwrap_or(0);
        let minute = 9 * 60 + i64::try_from(dice.of("minute").below(8 * 60)).unwrap_or(0);
        let Month { year, month: of_year } = self.month(month);
        let order = format!("SO-{year}{of_year:02}-{:02}-{number:04}", partner + 1);
        Job {
            id: DocId::from(order.to_lowercase()),
            order,
            partner,
            technician: 1 + dice.of("technician").below(TECHNICIANS),
            customer: 1 + dice.of("customer").below(CUSTOMERS),
            cover,
            at: self.time(month, day, minute).plus_micros(self.split(dice)),
            lines: lines.to_vec(),
        }
    }

    /// Less than a minute: nothing in a replay happens at the same microsecond.
    fn split(&self, dice: Dice) -> i64 {
        i64::try_from(dice.of("microsecond").below(59_000_000)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        let demand = Demand::parse("d.csv", "Part,Jan-98,Feb-98\nA,3,0\nB,,9\nC,1,1\n").unwrap();
        Plan::new(demand, Settings { seed, partners: 4, months: 2, learn: 1 }, TimeZone::UTC)
    }

    #[test]
    fn every_unit_is_asked_for_once() {
        let plan = plan(42);
        let units = |month: usize| plan.jobs(month).iter().flat_map(|j| &j.lines).map(|l| l.units).sum::<u32>();
        assert_eq!((units(0), units(1)), (4, 10));
        let learned: u32 = (0..4).filter_map(|p| plan.learned(p)).flat_map(|l| l.units.values()).sum();
        assert_eq!(learned, 4);
    }

    #[test]
    fn a_plan_follows_from_its_seed() {
        assert_eq!(plan(1).jobs(1), plan(1).jobs(1));
        assert_ne!(plan(1).jobs(1), plan(2).jobs(1));
        let jobs = plan(1).jobs(1);
        assert!(jobs.windows(2).all(|w| w[0].at < w[1].at));
        assert!(jobs.iter().all(|j| j.at >= plan(1).time(1, 0, 0) && j.at < plan(1).time(2, 0, 0)));
    }
}
