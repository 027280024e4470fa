//! What happens in a replay because its time has come: jobs, the opening of the network, orders to the supplier, returns.
//!
//! Must not know the engine. Tests: below and `tests/it/replay.rs`.

use super::network::{contract, customer, partner, technician};
use super::plan::{Cover, Job, Plan, Units};
use super::step::{Step, new_line};
use crate::base::{DocId, Timestamp};
use serde_json::json;

/// The supplier's orders of a day are spread over so many papers, each for the parts that its number falls to.
pub const PAPERS: u64 = 6;
/// Days of a month on which the supplier is asked.
const SUPPLY_DAYS: [i64; 2] = [0, 14];

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Task {
    /// A job needs parts.
    Job(Job),
    /// The warehouse begins with what is there.
    Opening,
    /// A partner is given its base stock.
    BaseStock {
        /// The partner, from 0.
        partner: usize,
        /// For which pool.
        cover: Cover,
    },
    /// The supplier is asked for what the warehouse will need.
    Supply {
        /// From this month on.
        month: usize,
        /// The network is still to be filled.
        first: bool,
        /// For which parts.
        paper: u64,
        /// For which pool.
        cover: Cover,
    },
    /// A partner sends its defectives back.
    Return {
        /// The partner, from 0.
        partner: usize,
    },
    /// The warehouse has its defectives scrapped.
    Disposal,
}

/// One thing to do, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// When.
    pub at: Timestamp,
    /// The document that it opens.
    pub doc: DocId,
    /// What.
    pub task: Task,
}

/// All that is planned for a month, in the order of time; before the first month the network is filled.
pub fn month(plan: &Plan, month: usize) -> Vec<Planned> {
    let mut planned: Vec<Planned> = Vec::new();
    let tag = plan.month(month).to_string();
    if month == 0 {
        prelude(plan, &mut planned);
    }
    if month < plan.settings.months {
        planned.extend(plan.jobs(month).into_iter().map(|job| Planned { at: job.at, doc: job.id.clone(), task: Task::Job(job) }));
    }
    for (day, turn) in SUPPLY_DAYS.into_iter().zip(1..) {
        let name = |paper: u64, cover: Cover| format!("sup-{tag}-{turn}-{paper:02}-{}", cover.name());
        supply(plan.time(month, day, 6 * 60), month, false, &name, &mut planned);
    }
    for index in 0..plan.settings.partners {
        let at = plan.time(month, 25, 7 * 60).plus_micros(small(index));
        planned.push(Planned { at, doc: DocId::from(format!("ret-{tag}-{}", partner(index))), task: Task::Return { partner: index } });
    }
    planned.push(Planned { at: plan.time(month, 26, 7 * 60), doc: DocId::from(format!("dsp-{tag}")), task: Task::Disposal });
    planned.sort_by(|a, b| (a.at, &a.doc).cmp(&(b.at, &b.doc)));
    planned
}

fn small(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(0) * 1_000_003
}

fn prelude(plan: &Plan, planned: &mut Vec<Planned>) {
    let begin = plan.begin();
    planned.push(Planned { at: begin, doc: DocId::from("opening-wh"), task: Task::Opening });
    let name = |paper: u64, cover: Cover| format!("sup-first-{paper:02}-{}", cover.name());
    supply(begin.plus_micros(super::plan::DAY), 0, true, &name, planned);
    for index in 0..plan.settings.partners {
        for (cover, n) in Cover::ALL.into_iter().zip(0..) {
            let at = begin.plus_micros(14 * super::plan::DAY + small(index * 3 + n));
            let doc = DocId::from(format!("base-{}-{}", partner(index), cover.name()));
            planned.push(Planned { at, doc, task: Task::BaseStock { partner: index, cover } });
        }
    }
}

fn supply(at: Timestamp, month: usize, first: bool, name: &dyn Fn(u64, Cover) -> String, planned: &mut Vec<Planned>) {
    for paper in 0..PAPERS {
        for (cover, n) in Cover::ALL.into_iter().zip(0..) {
            let n = usize::try_from(paper).unwrap_or(0) * 3 + n;
            let task = Task::Supply { month, first, paper, cover };
            planned.push(Planned { at: at.plus_micros(small(n)), doc: DocId::from(name(paper, cover)), task });
        }
    }
}

/// What the warehouse should have of each part in each pool when a month begins: the busiest of the last twelve months, and one
/// at least of what was ever asked for; in the beginning, of the months that limits come from.
pub fn target(plan: &Plan, month: usize) -> Units {
    let learn = plan.settings.learn;
    let (from, to) = if month < learn { (0, learn) } else { (month.saturating_sub(12), month) };
    let mut target = Units::new();
    for units in (0..from).filter_map(|m| plan.network(m)) {
        target.extend(units.keys().map(|key| (*key, 1)));
    }
    for (key, units) in (from..to).filter_map(|m| plan.network(m)).flatten() {
        let most = target.entry(*key).or_insert(1);
        *most = (*most).max(*units);
    }
    target
}

/// What a partner is given as base stock, by part.
pub fn base_stock(plan: &Plan, partner: usize, cover: Cover) -> Vec<(usize, u32)> {
    let Some(learned) = plan.learned(partner) else { return Vec::new() };
    let mine = learned.units.iter().filter(|((_, c), _)| *c == cover);
    let levels = mine.filter_map(|(key, units)| {
        let peak = learned.peak.get(key).copied().unwrap_or(0);
        super::network::level(*units, peak, plan.settings.learn).map(|(maximum, _)| (key.0, maximum))
    });
    levels.collect()
}

/// The target of the first month, and what the partners are given.
pub fn first_target(plan: &Plan) -> Units {
    let mut target = target(plan, 0);
    for index in 0..plan.settings.partners {
        for cover in Cover::ALL {
            for (part, units) in base_stock(plan, index, cover) {
                *target.entry((part, cover)).or_default() += units;
            }
        }
    }
    target
}

/// The indent of a job.
pub fn indent(plan: &Plan, job: &Job) -> Step {
    let asp = partner(job.partner);
    let client = customer(&asp, job.customer);
    let lines = job.lines.iter().map(|w| new_line([("part", json!(plan.part(w.part))), ("requested", json!(w.units.to_string()))]));
    let step = Step::open("indent", job.id.clone(), "desk").with("asp", asp.as_str()).with("customer", client.as_str());
    let step = step.with("technician", technician(&asp, job.technician)).with("service_order", job.order.as_str());
    step.with("contract", contract(&client, job.cover)).lines(lines)
}

#[cfg(test)]
mod tests {
    use super::super::demand::Demand;
    use super::super::plan::Settings;
    use super::*;

    #[test]
    fn what_is_planned_has_its_own_time_and_document() {
        let rows: String = (0..60).map(|n| format!("P{n},{},1,2\n", n % 5)).collect();
        let demand = Demand::parse("d.csv", &format!("Part,Jan-98,Feb-98,Mar-98\n{rows}")).unwrap();
        let plan = Plan::new(demand, Settings { seed: 3, partners: 3, months: 3, learn: 2 }, jiff::tz::TimeZone::UTC);
        let all: Vec<Planned> = (0..4).flat_map(|m| month(&plan, m)).collect();
        assert!(all.windows(2).all(|w| w[0].at < w[1].at), "each month after the one before");
        let mut ids: Vec<&DocId> = all.iter().map(|p| &p.doc).collect();
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        assert!(first_target(&plan).values().sum::<u32>() > target(&plan, 0).values().sum());
    }
}
