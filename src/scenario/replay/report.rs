//! What a replay tells at its end.
//!
//! Must not know how it is shown. Tests: `tests/it/replay.rs`.

use std::collections::BTreeMap;

use super::ReplayError;
use super::driver::documents;
use super::figures;
use super::network::{self, BU};
use super::plan::Plan;
use super::proof::{self, Proof};
use crate::base::{Bu, Money, PartCode};
use crate::domain::Tracking;
use crate::store::{Counts, Store};

/// Documents of one workflow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workflow {
    /// The workflow.
    pub name: String,
    /// How many documents, by the state they are in.
    pub states: BTreeMap<String, u64>,
    /// How many have ended.
    pub ended: u64,
    /// How many in all.
    pub documents: u64,
}

/// A document that could not be brought to its end, or not be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOpen {
    /// Workflow, number, state.
    pub document: String,
    /// Why the last attempt was refused; empty where nothing was tried.
    pub why: String,
}

/// What one run did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Run {
    /// Whether an earlier run had begun.
    pub resumed: bool,
    /// Commands carried out.
    pub commands: u64,
    /// Commands refused.
    pub refused: u64,
    /// Transitions, those among them that followed from commands and timers.
    pub transitions: u64,
    /// How long it took.
    pub milliseconds: u64,
}

impl Run {
    /// Transitions in a second.
    #[must_use]
    pub fn per_second(&self) -> u64 {
        (self.transitions * 1000).checked_div(self.milliseconds).unwrap_or(self.transitions)
    }
}

/// What came of the demand, read from the books.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Figures {
    /// Units that jobs asked for; those that replace a dead part not among them.
    pub asked: u64,
    /// Units handed to technicians or delivered to customers.
    pub issued: u64,
    /// Units fitted.
    pub consumed: u64,
    /// Lines that jobs asked for and that came to a reservation.
    pub lines: u64,
    /// Those of them that were reserved in full at the first attempt.
    pub lines_filled: u64,
    /// Units of these lines.
    pub units: u64,
    /// Those of them that were reserved at the first attempt.
    pub units_filled: u64,
    /// Claims on shipments by kind.
    pub claims: BTreeMap<String, u64>,
    /// Units that came back to the warehouse.
    pub returned: u64,
    /// Value of what was fitted in the last twelve months, at the rate of its lot.
    pub consumed_value: Money,
    /// Average value of good stock in these months.
    pub average_stock: Money,
    /// Their quotient in hundredths: how often stock turned over in a year.
    pub turns_hundredths: i64,
}

/// All of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What was replayed.
    pub title: String,
    /// Of which store.
    pub store: &'static str,
    /// The seed.
    pub seed: u64,
    /// The first and the last month.
    pub months: (String, String),
    /// Parts in the demand.
    pub parts: u64,
    /// Cells above zero.
    pub part_months: u64,
    /// Documents by workflow.
    pub workflows: Vec<Workflow>,
    /// How much there is of everything.
    pub counts: Counts,
    /// What came of the demand.
    pub figures: Figures,
    /// What this run did.
    pub run: Run,
    /// The most memory that this process has had, in kilobytes, where the system tells.
    pub peak_memory_kb: Option<u64>,
    /// Documents that have not ended.
    pub left_open: Vec<LeftOpen>,
    /// Planned documents that were refused.
    pub not_opened: Vec<LeftOpen>,
    /// The proof.
    pub proof: Proof,
}

/// Reads what came of it.
pub(super) async fn report(
    store: &Store,
    plan: &Plan,
    parts: &BTreeMap<PartCode, (Tracking, Money)>,
    counts: Counts,
    run: Run,
    left_open: Vec<LeftOpen>,
    not_opened: Vec<LeftOpen>,
) -> Result<Report, ReplayError> {
    let bu = Bu::from(BU);
    let settings = plan.settings;
    let totals = plan.demand.totals(settings.months);
    let workflows = workflows(store, &bu).await?;
    let figures = figures::figures(store, &bu, plan, parts).await?;
    let proof = proof::prove(store, &bu, totals.units, figures.asked).await?;
    Ok(Report {
        title: network::title(plan),
        store: store.kind(),
        seed: settings.seed,
        months: (plan.month(0).to_string(), plan.month(settings.months.saturating_sub(1)).to_string()),
        parts: plan.demand.parts.len() as u64,
        part_months: totals.part_months,
        workflows,
        counts,
        figures,
        run,
        peak_memory_kb: peak_memory(),
        left_open,
        not_opened,
        proof,
    })
}

async fn workflows(store: &Store, bu: &Bu) -> Result<Vec<Workflow>, ReplayError> {
    let mut found: BTreeMap<String, Workflow> = BTreeMap::new();
    for head in documents(store, bu, None).await? {
        let name = head.workflow.to_string();
        let blank = Workflow { name: name.clone(), states: BTreeMap::new(), ended: 0, documents: 0 };
        let row = found.entry(name).or_insert(blank);
        row.documents += 1;
        row.ended += u64::from(head.ended);
        *row.states.entry(head.state.to_string()).or_default() += 1;
    }
    Ok(found.into_values().collect())
}

/// The most memory that this process has had, from Linux; other systems do not tell.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
