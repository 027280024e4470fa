//! What people do with an indent and with a delivery to a customer, state by state.
//!
//! Must not know the engine: it only proposes. Tests: `tests/it/replay.rs`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::network::technician;
use super::plan::TECHNICIANS;
use super::policy::{Clerk, Fault};
use super::step::{Pace, Paper, Step, amount, on_line, part, quantity};
use crate::base::Quantity;
use crate::domain::{Document, InputLine, Line, Tracking, Value};
use crate::store::StockFilter;

/// Days that a job waits for parts before it is done with what is there.
const PATIENCE: i64 = 60;

/// Of a thousand technicians' reports: a part was dead on arrival; one was not needed; old parts are handed in late; a job's parts
/// go straight to the customer.
const DEAD: u64 = 8;
const UNUSED: u64 = 10;
const TARDY: u64 = 30;
const TO_CUSTOMER: u64 = 40;

pub fn indent_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "estimate" => Pace::hours(6, 24),
        "waiting" | "reserved" => Pace::hours(1, 24),
        "short" => Pace::hours(24, 24),
        "released" | "offered" | "picked" => Pace::hours(1, 12),
        "with_technician" => Pace::hours(20, 24),
        "coming_back" => Pace::hours(24, 24),
        "settling" if matches!(paper.last.as_str(), "consume" | "return_unused" | "report_doa") => {
            // Old parts are due within a week: whoever is late is blocked until then.
            let days = 1 + i64::try_from(paper.dice.of("days").below(4)).unwrap_or(0);
            Pace::hours(if tardy(paper) { 12 * 24 } else { days * 24 }, 24)
        }
        "settling" => Pace::hours(4, 24),
        _ => return None,
    })
}

fn tardy(paper: &Paper<'_>) -> bool {
    paper.dice.of("tardy").per_mille(TARDY)
}

impl Clerk<'_> {
    pub async fn indent(&self, paper: &Paper<'_>) -> Result<Vec<Step>, Fault> {
        let store = paper.store("asp");
        let technician = paper.text("technician");
        Ok(match paper.doc.state.as_str() {
            "estimate" if paper.dice.of("declines").per_mille(15) => vec![Step::fire("decline", "desk").with("reason", "too expensive")],
            "estimate" => vec![Step::fire("customer_accepts", "desk").with("estimate", "agreed by telephone")],
            "waiting" => vec![Step::fire("release_high_value", "ops")],
            "short" => self.wait_for_parts(paper).await?,
            "released" => vec![Step::fire("look_again", "desk")],
            "reserved" => vec![Step::fire("pick", store)],
            "picked" if paper.dice.of("to_customer").per_mille(TO_CUSTOMER) => {
                let send = Step::fire("send_to_customer", store);
                let billed = send.clone().with("eway_bill", paper.eway_bill());
                vec![send, billed.after("eway_bill_required")]
            }
            "picked" => dispatch(paper, &store),
            "offered" => vec![Step::fire("accept", technician)],
            "with_technician" => vec![self.on_the_job(paper, &technician).await?],
            "coming_back" => {
                let back = paper.doc.lines.iter().map(|l| on_line(l, [("unused", amount(quantity(l, "in_hand")))]));
                vec![Step::fire("return_unused", store).lines(back)]
            }
            "settling" => self.old_parts(paper, &technician).await?,
            _ => Vec::new(),
        })
    }

    /// Looks again only when somebody has what is missing; after two months the job is done with what is there.
    async fn wait_for_parts(&self, paper: &Paper<'_>) -> Result<Vec<Step>, Fault> {
        if paper.age_days() > PATIENCE {
            let some = paper.doc.lines.iter().any(|l| quantity(l, "allocated").is_positive());
            let cancel = Step::fire("cancel", "desk").with("reason", "not available");
            return Ok(vec![if some { Step::fire("take_what_is_there", "desk") } else { cancel }]);
        }
        if self.store.children(&paper.doc.bu, &paper.doc.id).await?.iter().any(|c| !c.child.ended) {
            return Ok(Vec::new());
        }
        let pool = paper.text("pool");
        for line in missing(paper.doc) {
            let filter = StockFilter {
                part: line.part().cloned(),
                bin: Some("available".into()),
                condition: Some("ok".into()),
                pool: Some(pool.as_str().into()),
                ..StockFilter::new(paper.doc.bu.clone())
            };
            if self.store.stock_totals(&filter).await?.iter().any(|t| t.quantity.is_positive()) {
                return Ok(vec![Step::fire("look_again", "desk")]);
            }
        }
        Ok(Vec::new())
    }

    /// What the technician or the storekeeper reports from the job.
    async fn on_the_job(&self, paper: &Paper<'_>, technician: &str) -> Result<Step, Fault> {
        let among = |word: &str, times: u64, done: &str| -> Vec<&Line> {
            let fits = |l: &&Line| quantity(l, "in_hand").is_positive() && quantity(l, done).is_zero() && paper.line_dice(l, word).per_mille(times);
            paper.doc.lines.iter().filter(fits).collect()
        };
        // What replaces a dead part is taken to work.
        if !matches!(paper.doc.field("follows"), Value::Text(_)) {
            let dead = among("dead", DEAD, "doa");
            if !dead.is_empty() {
                let lines = self.one_of_each(paper, dead, ["dead", "dead_serials"]).await?;
                return Ok(Step::fire("report_doa", technician).with("evidence", "does not start").lines(lines));
            }
            let unused = among("unused", UNUSED, "returned");
            if !unused.is_empty() {
                let lines = self.one_of_each(paper, unused, ["unused", "unused_serials"]).await?;
                return Ok(Step::fire("return_unused", paper.store("asp")).lines(lines));
            }
        }
        Ok(Step::fire("consume", technician).lines(paper.doc.lines.iter().map(|l| on_line(l, [("used", amount(quantity(l, "in_hand")))]))))
    }

    /// One unit of each line, by its number where it has one.
    async fn one_of_each(&self, paper: &Paper<'_>, lines: Vec<&Line>, [field, serials]: [&'static str; 2]) -> Result<Vec<InputLine>, Fault> {
        let filter = StockFilter { bin: Some("hand".into()), holder: Some(paper.doc.id.clone()), ..StockFilter::new(paper.doc.bu.clone()) };
        let held = self.store.stock(&filter).await?;
        let number = |line: &Line| {
            let of_line = held.iter().filter(|row| row.balance.position.holder.as_ref().is_some_and(|h| h.line == line.no));
            of_line.filter_map(|row| row.balance.serial.as_ref()).min().map_or(Json::Null, |serial| json!([serial]))
        };
        Ok(lines.into_iter().map(|l| on_line(l, [(field, amount(Quantity::ONE)), (serials, number(l))])).collect())
    }

    /// Old parts are taken along, then handed in; a few come only when they are charged, or never.
    async fn old_parts(&self, paper: &Paper<'_>, technician: &str) -> Result<Vec<Step>, Fault> {
        let filter = StockFilter { bin: Some("old_parts".into()), holder: Some(paper.doc.id.clone()), ..StockFilter::new(paper.doc.bu.clone()) };
        let mut held: BTreeMap<u32, Quantity> = BTreeMap::new();
        for row in self.store.stock(&filter).await? {
            let line = row.balance.position.holder.as_ref().map_or(0, |h| h.line);
            let sum = held.entry(line).or_default();
            *sum = *sum + row.balance.quantity;
        }
        let there = |line: &Line| held.get(&line.no).copied().unwrap_or_default();
        let due: Vec<(&Line, Quantity)> = paper.doc.lines.iter().map(|l| (l, quantity(l, "owing") - there(l))).filter(|(_, open)| open.is_positive()).collect();
        if !due.is_empty() {
            let collect = Step::fire("collect", technician).lines(due.into_iter().map(|(line, open)| self.removed(paper, line, open)));
            let charged = tardy(paper) && paper.dice.of("charged").per_mille(500);
            return Ok(if charged { vec![Step::fire("debit", "finance"), collect] } else { vec![collect] });
        }
        if !held.is_empty() {
            let handed = paper.doc.lines.iter().filter(|l| there(l).is_positive()).map(|l| on_line(l, [("removed", amount(there(l)))]));
            return Ok(vec![Step::fire("inward", paper.store("asp")).lines(handed)]);
        }
        let billed = Step::fire("bill", "finance").with("invoice", format!("INV-{}", paper.doc.number));
        let close = Step::fire("close", "desk");
        Ok(if paper.has("invoice") { vec![close] } else { vec![close, billed.after("not_billed")] })
    }

    /// Old parts of a line; units that are told apart by number have one of their own.
    fn removed(&self, paper: &Paper<'_>, line: &Line, open: Quantity) -> InputLine {
        let serials: Vec<Json> = match self.tracking(part(line)) {
            Tracking::Serial => (1..=open.milli() / 1000).map(|n| json!(format!("OLD-{}-{}-{n}", paper.doc.id, line.no))).collect(),
            _ => Vec::new(),
        };
        on_line(line, [("removed", amount(open)), ("removed_serials", if serials.is_empty() { Json::Null } else { Json::Array(serials) })])
    }

    pub fn delivery(&self, paper: &Paper<'_>) -> Vec<Step> {
        let (store, lines) = (paper.store("asp"), &paper.doc.lines);
        match paper.doc.state.as_str() {
            "on_the_way" if paper.dice.of("absent").per_mille(60) && paper.text("attempts") == "0" => vec![Step::fire("nobody_there", "desk")],
            "on_the_way" => vec![Step::fire("deliver", "desk").with("receipt", "signed")],
            "with_customer" => vec![Step::fire("fit", "desk").lines(lines.iter().map(|l| on_line(l, [("used", amount(quantity(l, "in_hand")))])))],
            "coming_back" => vec![Step::fire("take_in", store)],
            "settling" => {
                let due: Vec<&Line> = lines.iter().filter(|l| quantity(l, "owing").is_positive()).collect();
                if !due.is_empty() {
                    return vec![Step::fire("inward", store).lines(due.into_iter().map(|l| self.removed(paper, l, quantity(l, "owing"))))];
                }
                let charge = Step::fire("charge", "finance").with("invoice", format!("INV-{}", paper.doc.number));
                vec![Step::fire("close", "desk"), charge.after("not_billed")]
            }
            _ => Vec::new(),
        }
    }
}

pub fn delivery_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "on_the_way" => Pace::hours(30, 24),
        "with_customer" => Pace::hours(20, 24),
        "coming_back" | "settling" => Pace::hours(48, 24),
        _ => return None,
    })
}

/// Lines that lack parts.
pub fn missing(doc: &Document) -> impl Iterator<Item = &Line> {
    doc.lines.iter().filter(|l| lacking(l).is_positive())
}

/// What a line of an indent still lacks.
pub fn lacking(line: &Line) -> Quantity {
    quantity(line, "requested") - quantity(line, "cancelled") - quantity(line, "allocated")
}

/// The planned technician; where that one is blocked, a colleague. Goods worth much leave with an e-way bill.
fn dispatch(paper: &Paper<'_>, store: &str) -> Vec<Step> {
    let asp = paper.text("asp");
    let own = paper.text("technician");
    let others = (1..=TECHNICIANS).map(|n| technician(&asp, n)).filter(|code| *code != own);
    let colleagues = others.map(|code| Step::fire("dispatch", store).with("technician", code).after("defective_overdue"));
    let plain = std::iter::once(Step::fire("dispatch", store)).chain(colleagues);
    plain.flat_map(|step| [step.clone(), step.with("eway_bill", paper.eway_bill()).after("eway_bill_required")]).collect()
}
