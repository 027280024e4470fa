//! What people do with requests, shipments, claims, supplies, transfers and opening balances, state by state.
//!
//! Must not know the engine: it only proposes. Tests: `tests/it/replay.rs`.

use serde_json::{Value as Json, json};

use super::network::WAREHOUSE;
use super::policy::{Clerk, Fault};
use super::step::{Pace, Paper, Step, amount, new_line, on_line, part, quantity};
use crate::base::{DocId, Quantity};
use crate::domain::{Line, Tracking};
use crate::store::StockFilter;

const PICKER: &str = "wh.picker";
const MANAGER: &str = "wh.manager";

/// Of a thousand lines that arrive: one unit is missing; one is damaged. Of a thousand shipments: one unit too many; lost.
const SHORT: u64 = 8;
const BROKEN: u64 = 8;
const EXTRA: u64 = 4;
const LOST: u64 = 2;

/// A SAP order and delivery order.
fn sodo(paper: &Paper<'_>) -> String {
    let number = |word: &str| paper.dice.of(word).below(9_000_000);
    format!("45{:07}/10 80{:07}/10", number("sales_order"), number("delivery_order"))
}

pub fn request_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "draft" | "backordered" => Pace::hours(2, 24),
        "submitted" | "allocated" => Pace::hours(3, 24),
        "picked" => Pace::hours(1, 24),
        "shipping" => Pace::hours(30 * 24, 30 * 24),
        _ => return None,
    })
}

pub fn shipment_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "packed" => Pace::hours(4, 24),
        "in_transit" if lost(paper) => Pace::hours(6 * 24, 24),
        "in_transit" => Pace::hours(40, 24),
        "arrived" => Pace::hours(2, 24),
        "returning" => Pace::hours(48, 24),
        "discrepant" => Pace::hours(30 * 24, 30 * 24),
        _ => return None,
    })
}

pub fn claim_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "open" | "contested" => Pace::hours(3 * 24, 24),
        "accepted" | "returning" => Pace::hours(48, 24),
        _ => return None,
    })
}

pub fn supply_pace(paper: &Paper<'_>) -> Option<Pace> {
    let days = 6 + i64::try_from(paper.dice.of("lead").below(4)).unwrap_or(0);
    (paper.doc.state == "expected").then(|| Pace::hours(days * 24, 24))
}

pub fn transfer_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "asked" => Pace::hours(2, 2 * 24),
        "agreed" => Pace::hours(4, 24),
        "shipped" => Pace::hours(30, 24),
        _ => return None,
    })
}

pub fn opening_pace(paper: &Paper<'_>) -> Option<Pace> {
    matches!(paper.doc.state.as_str(), "draft" | "signed").then(|| Pace::hours(2, 24))
}

fn lost(paper: &Paper<'_>) -> bool {
    paper.dice.of("lost").per_mille(LOST)
}

impl Clerk<'_> {
    pub async fn request(&self, paper: &Paper<'_>) -> Result<Vec<Step>, Fault> {
        let approved = || paper.doc.lines.iter().map(|l| on_line(l, [("approved", amount(quantity(l, "requested")))]));
        Ok(match paper.doc.state.as_str() {
            "draft" => {
                let withdraw = || Step::fire("withdraw", paper.manager("asp"));
                let mut steps = vec![Step::fire("submit", paper.store("asp"))];
                // What a job waits for is tried again until it is forgotten; what only fills up is asked for again anyway.
                if paper.text("purpose") != "emergency" {
                    steps.extend([withdraw().after("msl_quantity_exceeded"), withdraw().after("msl_value_exceeded")]);
                }
                steps
            }
            "submitted" => vec![
                Step::fire("approve", "ops").lines(approved()),
                Step::fire("approve_high", "ops").lines(approved()).after("second_approval"),
                Step::fire("approve_approve_high", "finance").after("second_approval"),
                Step::fire("reject", "ops").with("reason", "enough is there").after("msl_quantity_exceeded"),
            ],
            "allocated" => vec![Step::fire("pick", PICKER)],
            "backordered" if paper.doc.lines.iter().any(|l| quantity(l, "allocated") > quantity(l, "sent")) => vec![Step::fire("pick", PICKER)],
            "backordered" => self.look_for_backorders(paper).await?,
            "picked" => vec![Step::fire("pack", PICKER)],
            "shipping" => vec![Step::fire("close", "ops")],
            _ => Vec::new(),
        })
    }

    /// Looks again only when something that is missing has come. What the store's limit holds back is left to expire.
    async fn look_for_backorders(&self, paper: &Paper<'_>) -> Result<Vec<Step>, Fault> {
        let pool = paper.text("pool");
        for line in paper.doc.lines.iter().filter(|l| quantity(l, "allocated") + quantity(l, "over") < quantity(l, "approved")) {
            let filter = StockFilter {
                party: Some(WAREHOUSE.into()),
                part: line.part().cloned(),
                bin: Some("available".into()),
                pool: Some(pool.as_str().into()),
                ..StockFilter::new(paper.doc.bu.clone())
            };
            if self.store.stock_totals(&filter).await?.iter().any(|t| t.quantity.is_positive()) {
                return Ok(vec![Step::fire("look_again", PICKER)]);
            }
        }
        Ok(Vec::new())
    }

    pub fn shipment(&self, paper: &Paper<'_>) -> Vec<Step> {
        let store = paper.store("asp");
        match paper.doc.state.as_str() {
            "packed" => {
                let ship = Step::fire("ship", MANAGER).with("sodo", sodo(paper)).with("carrier", "Blue Line").with("vehicle", "KA 01 AB 1234");
                let billed = ship.clone().with("eway_bill", paper.eway_bill());
                vec![ship, billed.after("eway_bill_required")]
            }
            "in_transit" if lost(paper) => vec![Step::fire("declare_lost", "ops").with("reason", "the lorry never came")],
            "in_transit" => vec![Step::fire("arrive", store)],
            "arrived" if paper.last == "arrive" => vec![Step::fire("count", store).lines(paper.doc.lines.iter().map(|l| count(paper, l)))],
            "arrived" if paper.last == "count" && paper.dice.of("extra").per_mille(EXTRA) => {
                let mut steps: Vec<Step> = self.extra(paper, &store).into_iter().collect();
                steps.push(Step::fire("complete", store));
                steps
            }
            "arrived" => vec![Step::fire("complete", store)],
            "returning" => vec![Step::fire("take_back", PICKER)],
            "discrepant" => vec![Step::fire("close", store)],
            _ => Vec::new(),
        }
    }

    /// One unit too many of a part that has no serial numbers.
    fn extra(&self, paper: &Paper<'_>, store: &str) -> Option<Step> {
        let line = paper.doc.lines.iter().find(|l| self.tracking(part(l)) == Tracking::None)?;
        Some(Step::fire("report_extra", store).with("extra_part", part(line)).with("extra_quantity", "1"))
    }

    pub fn claim(&self, paper: &Paper<'_>) -> Vec<Step> {
        let (store, kind, throw) = (paper.store("asp"), paper.text("kind"), paper.dice.of("outcome").below(100));
        let steps = |steps: &[Step]| steps.to_vec();
        match (paper.doc.state.as_str(), kind.as_str()) {
            ("open", _) if paper.dice.of("contested").per_mille(100) && paper.last == "open" => {
                vec![Step::fire("contest", MANAGER).with("finding", "the packing list is complete")]
            }
            ("open", _) => vec![Step::fire("accept", MANAGER).with("finding", "as reported")],
            ("contested", _) => vec![Step::fire("answer", paper.manager("asp")).with("evidence", "photo of the opened parcel")],
            ("accepted", "short") if throw < 50 => vec![Step::fire("found_later", store)],
            ("accepted", "short") if throw < 80 => steps(&[Step::fire("never_shipped", MANAGER), Step::fire("approve_never_shipped", "ops")]),
            ("accepted", "short") => vec![Step::fire("carrier_loss", "ops").with("evidence", "statement of the carrier")],
            ("accepted", "damaged") if throw < 60 => vec![Step::fire("send_back", store)],
            ("accepted", "damaged") if throw < 80 => vec![Step::fire("use_as_is", "quality").with("evidence", "only the box")],
            ("accepted", "damaged") => {
                steps(&[Step::fire("scrap_here", paper.manager("asp")).with("evidence", "broken in two"), Step::fire("approve_scrap_here", "ops")])
            }
            ("accepted", _) if throw < 60 => steps(&[Step::fire("keep", MANAGER), Step::fire("give_back", store)]),
            ("accepted", _) => vec![Step::fire("give_back", store)],
            ("returning", _) => vec![Step::fire("given_back", PICKER)],
            _ => Vec::new(),
        }
    }

    pub fn supply(&self, paper: &Paper<'_>) -> Vec<Step> {
        let lines = paper.doc.lines.iter().map(|line| {
            let ordered = quantity(line, "quantity");
            let (label, serials) = self.unit_names(&paper.doc.id, line.no, part(line), ordered);
            on_line(line, [("received", amount(ordered)), ("label", label), ("serials", serials)])
        });
        vec![Step::fire("receive", PICKER).lines(lines)]
    }

    /// The supplier's lot number and the units' numbers, for parts that have them.
    pub fn unit_names(&self, doc: &DocId, line: u32, part: &str, units: Quantity) -> (Json, Json) {
        match self.tracking(part) {
            Tracking::None => (Json::Null, Json::Null),
            Tracking::Lot => (json!(format!("L-{doc}")), Json::Null),
            Tracking::Serial => (Json::Null, (1..=units.milli() / 1000).map(|n| json!(format!("{part}-{doc}-{line}-{n}"))).collect()),
        }
    }

    /// Where the donor needs its parts itself, the warehouse is asked instead, and the donor says no once they have come.
    pub async fn transfer(&self, paper: &Paper<'_>) -> Result<Vec<Step>, Fault> {
        Ok(match paper.doc.state.as_str() {
            "asked" => {
                let agree = Step::fire("agree", "ops");
                let instead = DocId::from(format!("{}-e", paper.doc.id));
                match self.store.document(&paper.doc.bu, &instead).await? {
                    Some(there) if there.ended => vec![agree, Step::fire("decline", "ops").with("reason", "the warehouse has sent it")],
                    Some(_) => vec![agree],
                    None => vec![agree, ask_warehouse(paper, instead)],
                }
            }
            "agreed" => {
                let ship = Step::fire("ship", paper.store("donor"));
                let billed = ship.clone().with("eway_bill", paper.eway_bill());
                vec![ship, billed.after("eway_bill_required")]
            }
            "shipped" => {
                let lines = paper.doc.lines.iter().map(|l| on_line(l, [("received", amount(quantity(l, "given")))]));
                vec![Step::fire("receive", paper.store("asp")).lines(lines)]
            }
            _ => Vec::new(),
        })
    }

    pub fn opening(&self, paper: &Paper<'_>) -> Vec<Step> {
        match paper.doc.state.as_str() {
            "draft" => vec![Step::fire("sign", MANAGER)],
            "signed" => vec![Step::fire("post", "ops")],
            _ => Vec::new(),
        }
    }
}

/// An emergency request for what a donor does not give.
fn ask_warehouse(paper: &Paper<'_>, doc: DocId) -> Step {
    let lines = paper.doc.lines.iter().map(|l| new_line([("part", json!(part(l))), ("requested", amount(quantity(l, "quantity")))]));
    let step = Step::open("ship_to_store", doc, paper.store("asp")).with("asp", paper.text("asp")).with("warehouse", WAREHOUSE);
    let step = step.with("purpose", "emergency").with("pool", paper.text("pool"));
    step.with("evidence", format!("instead of {}", paper.doc.number)).lines(lines)
}

/// What a storekeeper counts of a line: nearly always all of it.
fn count(paper: &Paper<'_>, line: &Line) -> crate::domain::InputLine {
    let sent = quantity(line, "quantity");
    let short = if paper.line_dice(line, "short").per_mille(SHORT) { Quantity::ONE } else { Quantity::ZERO };
    let broken = if short.is_zero() && paper.line_dice(line, "broken").per_mille(BROKEN) { Quantity::ONE } else { Quantity::ZERO };
    let photo = if broken.is_zero() { Json::Null } else { json!("photo-1.jpg") };
    on_line(line, [("good", amount(sent - short - broken)), ("broken", amount(broken)), ("photo", photo)])
}
