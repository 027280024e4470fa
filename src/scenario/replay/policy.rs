//! Who does what next with a document: looked up by its workflow and state. What is proposed follows from the books and the plan
//! alone, never from what the replay has seen before, so that one that was cut off goes on exactly as it would have.
//!
//! Must not know the engine: it only proposes. Tests: `tests/it/replay.rs`.

use std::collections::BTreeMap;

use super::goods;
use super::jobs;
use super::returns;
use super::step::{Pace, Paper, Step};
use crate::base::{Money, Name, PartCode};
use crate::domain::Tracking;
use crate::store::{Store, StoreError};

/// Proposing reads the books; that is all that can fail.
pub type Fault = StoreError;

/// The workflows that the people of a replay know.
pub const KNOWN: [&str; 10] =
    ["indent", "delivery", "ship_to_store", "shipment", "claim", "supply", "transfer", "opening_balance", "return_to_warehouse", "disposition"];

/// Knows the parts and may look at the books.
pub struct Clerk<'s> {
    /// The books.
    pub store: &'s Store,
    /// Tracking and rate by part.
    pub parts: &'s BTreeMap<PartCode, (Tracking, Money)>,
}

impl Clerk<'_> {
    /// How the units of a part are told apart.
    pub fn tracking(&self, part: &str) -> Tracking {
        self.parts.get(part).map_or(Tracking::None, |(tracking, _)| *tracking)
    }

    /// What may be done next, the likeliest first.
    pub async fn steps(&self, paper: &Paper<'_>) -> Result<Vec<Step>, Fault> {
        Ok(match paper.doc.workflow.as_str() {
            "indent" => self.indent(paper).await?,
            "delivery" => self.delivery(paper),
            "ship_to_store" => self.request(paper).await?,
            "shipment" => self.shipment(paper),
            "claim" => self.claim(paper),
            "supply" => self.supply(paper),
            "transfer" => self.transfer(paper).await?,
            "opening_balance" => self.opening(paper),
            "return_to_warehouse" => self.give_back(paper),
            "disposition" => self.disposal(paper),
            _ => Vec::new(),
        })
    }
}

/// How soon somebody looks at a document again; never, where nobody has to.
pub fn pace(paper: &Paper<'_>) -> Option<Pace> {
    match paper.doc.workflow.as_str() {
        "indent" => jobs::indent_pace(paper),
        "delivery" => jobs::delivery_pace(paper),
        "ship_to_store" => goods::request_pace(paper),
        "shipment" => goods::shipment_pace(paper),
        "claim" => goods::claim_pace(paper),
        "supply" => goods::supply_pace(paper),
        "transfer" => goods::transfer_pace(paper),
        "opening_balance" => goods::opening_pace(paper),
        "return_to_warehouse" => returns::return_pace(paper),
        "disposition" => returns::disposal_pace(paper),
        _ => None,
    }
}

/// The names of workflows that a book lacks for a replay.
pub fn unknown<'n>(known: impl Iterator<Item = &'n Name>) -> Vec<&'static str> {
    let known: Vec<&Name> = known.collect();
    KNOWN.into_iter().filter(|name| !known.iter().any(|k| *k == name)).collect()
}
