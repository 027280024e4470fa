//! What is filled into the papers of planned chores, from what the books say when their time has come.
//!
//! Must not know the engine: it only proposes. Tests: `tests/it/replay.rs`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::agenda::{PAPERS, Planned, Task, base_stock, first_target, indent, target};
use super::jobs::lacking;
use super::network::{BU, WAREHOUSE, partner};
use super::plan::{Cover, Plan, Units};
use super::policy::{Clerk, Fault};
use super::step::{Step, amount, new_line, quantity};
use crate::base::{Bu, DocId, PartCode, Quantity, SerialNo};
use crate::domain::Document;
use crate::store::StockFilter;

/// The most lines of an opening balance, a return, a disposal.
const OPENING: usize = 300;
const LINES: usize = 100;

/// Whole units of a quantity; quantities of a replay have no fractions.
fn units(quantity: Quantity) -> i64 {
    quantity.milli() / 1000
}

/// Parts by code, since the books speak of codes.
type ByPart = BTreeMap<PartCode, Quantity>;

fn add(sums: &mut ByPart, part: &PartCode, more: Quantity) {
    let sum = sums.entry(part.clone()).or_default();
    *sum = *sum + more;
}

impl Clerk<'_> {
    /// What a planned chore comes to; nothing where there is nothing to do. `open` are the documents that have not ended.
    pub async fn chore(&self, plan: &Plan, planned: &Planned, open: &[&Document]) -> Result<Option<Step>, Fault> {
        let doc = planned.doc.clone();
        Ok(match &planned.task {
            Task::Job(job) => Some(indent(plan, job)),
            Task::Opening => self.open_warehouse(plan, doc),
            Task::BaseStock { partner, cover } => give_base_stock(plan, doc, *partner, *cover),
            Task::Supply { month, first, paper, cover } => {
                let wanted = if *first { first_target(plan) } else { target(plan, *month) };
                self.order(plan, doc, &wanted, *paper, *cover, open).await?
            }
            Task::Return { partner: index } => self.send_defectives(doc, &partner(*index)).await?,
            Task::Disposal => self.scrap(doc).await?,
        })
    }

    /// What most is needed of; the supplier brings the rest.
    fn open_warehouse(&self, plan: &Plan, doc: DocId) -> Option<Step> {
        let target = first_target(plan);
        let mut most: Vec<(&(usize, Cover), &u32)> = target.iter().collect();
        most.sort_by_key(|(key, units)| (u32::MAX - **units, **key));
        most.truncate(OPENING);
        let lines = most.into_iter().zip(1..).map(|(((part, cover), units), no)| {
            let part = plan.part(*part);
            let (label, serials) = self.unit_names(&doc, no, part, Quantity::units(i64::from(*units)));
            let quantity = json!(units.to_string());
            new_line([("part", json!(part)), ("quantity", quantity), ("pool", json!(cover.name())), ("label", label), ("serials", serials)])
        });
        let lines: Vec<_> = lines.collect();
        (!lines.is_empty()).then(|| Step::open("opening_balance", doc, "wh.picker").with("store", WAREHOUSE).lines(lines))
    }

    /// What the warehouse lacks of its target, and of what is waited for.
    async fn order(&self, plan: &Plan, doc: DocId, wanted: &Units, paper: u64, cover: Cover, open: &[&Document]) -> Result<Option<Step>, Fault> {
        let filter =
            StockFilter { party: Some(WAREHOUSE.into()), bin: Some("available".into()), pool: Some(cover.name().into()), ..StockFilter::new(Bu::from(BU)) };
        let mut there = ByPart::new();
        for total in self.store.stock_totals(&filter).await? {
            add(&mut there, &total.part, total.quantity);
        }
        let mut waited = ByPart::new();
        open.iter().for_each(|doc| count_waiting(doc, cover, &mut there, &mut waited));
        let mut lines = Vec::new();
        for (index, demand) in plan.demand.parts.iter().enumerate() {
            if plan.dice.of(demand.part.as_str()).of("paper").below(PAPERS) != paper {
                continue;
            }
            let wanted = wanted.get(&(index, cover)).copied().unwrap_or(0);
            let of = |sums: &ByPart| sums.get(&demand.part).copied().unwrap_or_default();
            let lack = Quantity::units(i64::from(wanted)) + of(&waited) - of(&there);
            if lack.is_positive() {
                lines.push(new_line([("part", json!(demand.part.as_str())), ("quantity", amount(lack))]));
            }
        }
        let step = Step::open("supply", doc, "wh.manager").with("warehouse", WAREHOUSE).with("pool", cover.name());
        Ok((!lines.is_empty()).then(|| step.lines(lines)))
    }

    async fn send_defectives(&self, doc: DocId, asp: &str) -> Result<Option<Step>, Fault> {
        let filter = StockFilter { party: Some(asp.into()), bin: Some("defectives".into()), ..StockFilter::new(Bu::from(BU)) };
        let mut sums = ByPart::new();
        for total in self.store.stock_totals(&filter).await?.iter().filter(|t| t.condition == "defective" || t.condition == "doa") {
            add(&mut sums, &total.part, total.quantity);
        }
        let lines: Vec<_> = sums.iter().take(LINES).map(|(part, sum)| new_line([("part", json!(part.as_str())), ("quantity", amount(*sum))])).collect();
        let step = Step::open("return_to_warehouse", doc, format!("{asp}.store")).with("asp", asp).with("warehouse", WAREHOUSE);
        Ok((!lines.is_empty()).then(|| step.with("cause", "defective").lines(lines)))
    }

    async fn scrap(&self, doc: DocId) -> Result<Option<Step>, Fault> {
        let filter = StockFilter { party: Some(WAREHOUSE.into()), bin: Some("defectives".into()), ..StockFilter::new(Bu::from(BU)) };
        let mut found: BTreeMap<PartCode, (Quantity, Vec<SerialNo>)> = BTreeMap::new();
        for row in self.store.stock(&filter).await? {
            let entry = found.entry(row.balance.part).or_default();
            entry.0 = entry.0 + row.balance.quantity;
            entry.1.extend(row.balance.serial);
        }
        let lines = found.iter().take(LINES).map(|(part, (sum, serials))| {
            let serials: Vec<Json> = serials.iter().map(|s| json!(s.as_str())).collect();
            let serials = if serials.is_empty() { Json::Null } else { Json::Array(serials) };
            new_line([("part", json!(part.as_str())), ("quantity", amount(*sum)), ("serials", serials)])
        });
        let lines: Vec<_> = lines.collect();
        let step = Step::open("disposition", doc, "quality").with("store", WAREHOUSE).with("decision", "scrap");
        Ok((!lines.is_empty()).then(|| step.lines(lines)))
    }
}

fn give_base_stock(plan: &Plan, doc: DocId, index: usize, cover: Cover) -> Option<Step> {
    let asp = partner(index);
    let lines = base_stock(plan, index, cover);
    let lines: Vec<_> = lines.iter().map(|(part, units)| new_line([("part", json!(plan.part(*part))), ("requested", json!(units.to_string()))])).collect();
    let step = Step::open("ship_to_store", doc, format!("{asp}.store")).with("asp", asp.as_str()).with("warehouse", WAREHOUSE);
    (!lines.is_empty()).then(|| step.with("purpose", "base_stock").with("pool", cover.name()).lines(lines))
}

/// What is ordered counts as there; what others wait for is wanted on top.
fn count_waiting(doc: &Document, cover: Cover, there: &mut ByPart, waited: &mut ByPart) {
    if doc.field("pool").to_string() != cover.name() {
        return;
    }
    for line in &doc.lines {
        let Some(part) = line.part() else { continue };
        match (doc.workflow.as_str(), doc.state.as_str()) {
            ("supply", "expected") => add(there, part, quantity(line, "quantity")),
            ("ship_to_store", "backordered") => add(waited, part, quantity(line, "approved") - quantity(line, "allocated")),
            ("indent", "short") if units(lacking(line)) > units(quantity(line, "awaited")) => {
                add(waited, part, lacking(line) - quantity(line, "awaited"));
            }
            _ => {}
        }
    }
}
