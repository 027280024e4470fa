//! What people do with returns to the warehouse and with defectives there, state by state.
//!
//! Must not know the engine: it only proposes. Tests: `tests/it/replay.rs`.

use super::policy::Clerk;
use super::step::{Pace, Paper, Step, amount, on_line, quantity};
use crate::base::Quantity;

/// Of a thousand returned lines, one unit does not arrive.
const ASTRAY: u64 = 5;

pub fn return_pace(paper: &Paper<'_>) -> Option<Pace> {
    Some(match paper.doc.state.as_str() {
        "draft" => Pace::hours(3, 24),
        "submitted" | "approved" | "packed" => Pace::hours(6, 24),
        "shipped" if paper.last == "ship" => Pace::hours(60, 24),
        "shipped" => Pace::hours(2, 24),
        "at_warehouse" | "disputed" | "inspected" => Pace::hours(24, 24),
        _ => return None,
    })
}

pub fn disposal_pace(paper: &Paper<'_>) -> Option<Pace> {
    matches!(paper.doc.state.as_str(), "proposed" | "approved").then(|| Pace::hours(24, 24))
}

impl Clerk<'_> {
    pub fn give_back(&self, paper: &Paper<'_>) -> Vec<Step> {
        let (store, lines) = (paper.store("asp"), &paper.doc.lines);
        match paper.doc.state.as_str() {
            // The opening stock came under no order.
            "draft" if !paper.has("waiver") => vec![Step::fire("waive_order", "ops").with("waiver", "from the opening stock")],
            "draft" => vec![Step::fire("submit", &store), Step::fire("withdraw", &store).after("nothing_eligible")],
            "submitted" => vec![Step::fire("approve", "ops").lines(lines.iter().map(|l| on_line(l, [("approved", amount(quantity(l, "found")))])))],
            "approved" => vec![Step::fire("pack", store)],
            "packed" => {
                let ship = Step::fire("ship", store).with("carrier", "Blue Line");
                let billed = ship.clone().with("eway_bill", paper.eway_bill());
                vec![ship, billed.after("eway_bill_required")]
            }
            "shipped" if paper.last == "ship" => {
                let came = |l: &crate::domain::Line| {
                    let packed = quantity(l, "packed");
                    let astray = packed.is_positive() && paper.line_dice(l, "astray").per_mille(ASTRAY);
                    packed - if astray { Quantity::ONE } else { Quantity::ZERO }
                };
                vec![Step::fire("count", "wh.picker").lines(lines.iter().map(|l| on_line(l, [("came", amount(came(l)))])))]
            }
            "shipped" => vec![Step::fire("receive", "wh.picker")],
            "at_warehouse" => {
                let faulty = lines.iter().map(|l| on_line(l, [("grade", "faulty".into()), ("faulty", amount(quantity(l, "received")))]));
                vec![Step::fire("inspect", "quality").lines(faulty)]
            }
            "disputed" => vec![Step::fire("accept_debit", paper.manager("asp"))],
            "inspected" => vec![Step::fire("settle", "finance")],
            _ => Vec::new(),
        }
    }

    pub fn disposal(&self, paper: &Paper<'_>) -> Vec<Step> {
        match paper.doc.state.as_str() {
            "proposed" => vec![Step::fire("approve", "ops")],
            "approved" => vec![
                Step::fire("scrapped", "quality").with("certificate", format!("recycled under {}", paper.doc.number)),
                Step::fire("approve_scrapped", "finance"),
            ],
            _ => Vec::new(),
        }
    }
}
