//! The world of a simulation: a demand that follows from the seed, and the plan of jobs and orders that follows from it.
//!
//! Must not know the store or the engine. Tests: below.

use std::fmt::Write;

use jiff::tz::TimeZone;

use super::super::replay::demand::Demand;
use super::super::replay::dice::Dice;
use super::super::replay::plan::{self, Plan};
use super::Settings;

pub use super::super::replay::plan::DAY;

/// Units that each partner is asked for in a month, on average.
const UNITS: u64 = 160;
/// Parts beside one for each partner.
const PARTS: u64 = 12;
/// Months from which limits are computed.
const LEARN: usize = 2;
/// The year in which every simulation begins.
const YEAR: u32 = 26;

/// What is planned.
pub fn plan(settings: Settings, zone: TimeZone) -> Plan {
    let months = usize::try_from(settings.days / 28).unwrap_or(0) + 2;
    let demand = demand(Dice::new(settings.seed).of("world"), settings.asps as u64, months);
    let replay = plan::Settings { seed: settings.seed, partners: settings.asps, months, learn: LEARN.min(months) };
    Plan::new(demand, replay, zone)
}

/// Some parts are asked for all the time, most of them now and then.
fn demand(dice: Dice, asps: u64, months: usize) -> Demand {
    let names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let heads = names.iter().cycle().take(months).enumerate().map(|(n, name)| format!("{name}-{}", YEAR + u32::try_from(n / 12).unwrap_or(0)));
    let mut text = format!("Part,{}\n", heads.collect::<Vec<_>>().join(","));
    let parts = PARTS + asps;
    let each = asps * UNITS / parts;
    for part in 0..parts {
        let of_part = dice.of("part").at(part);
        let usual = if of_part.per_mille(200) { each * 3 } else { each / 2 + 1 };
        let units = (0..months).map(|month| (usual / 2 + of_part.at(month as u64).below(usual + 1)).to_string());
        let row = format!("P{:05},{}", 10_000 + part, units.collect::<Vec<_>>().join(","));
        // Writing to a text does not fail.
        let _ = writeln!(text, "{row}");
    }
    Demand::parse("the dice", &text).unwrap_or_else(|_| Demand { months: Vec::new(), parts: Vec::new(), fingerprint: String::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_one_demand_and_another_seed_another() {
        let of = |seed| demand(Dice::new(seed), 5, 4);
        assert_eq!((of(1).parts.len(), of(1).months.len()), (17, 4));
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(1).parts.iter().all(|p| (0..4).all(|m| p.in_month(m) < 200)));
    }
}
