//! What came of the demand: how much of it was filled at once, how much came back, how often stock turned over.
//!
//! Everything is read from the books, nothing is remembered from the run: a replay that was cut off tells the same as one that was
//! not. Must not know how it is shown. Tests: `tests/it/replay.rs`.

use std::collections::BTreeMap;

use super::ReplayError;
use super::driver::documents;
use super::plan::Plan;
use super::report::Figures;
use super::step::quantity;
use crate::base::{Bu, Money, PartCode, Quantity, Timestamp};
use crate::domain::{Document, Position, Tracking};
use crate::store::{MoveFilter, MoveRecord, Store};

/// Tracking and rate by part.
type Parts = BTreeMap<PartCode, (Tracking, Money)>;

/// Whole units of a quantity; quantities of a replay have no fractions and are never below zero.
fn units(quantity: Quantity) -> u64 {
    u64::try_from(quantity.milli() / 1000).unwrap_or(0)
}

/// Reads them.
pub async fn figures(store: &Store, bu: &Bu, plan: &Plan, parts: &Parts) -> Result<Figures, ReplayError> {
    let months = plan.settings.months;
    let year = (plan.time(months.saturating_sub(12), 0, 0), plan.time(months, 0, 0));
    let mut figures = Figures::default();
    for workflow in ["indent", "delivery"] {
        for head in documents(store, bu, Some(workflow)).await? {
            let Some(document) = store.document(bu, &head.id).await? else { continue };
            let moves = store.moves(&MoveFilter { doc: Some(head.id.clone()), ..MoveFilter::new(bu.clone()) }).await?;
            figures.consumed_value = figures.consumed_value + fitted(&moves, year);
            if workflow == "delivery" {
                figures.issued += units(document.lines.iter().map(|l| quantity(l, "quantity")).sum());
                figures.consumed += units(document.lines.iter().map(|l| quantity(l, "consumed")).sum());
            } else {
                indent(store, bu, &document, &moves, &mut figures).await?;
            }
        }
    }
    for head in documents(store, bu, Some("claim")).await? {
        if let Some(claim) = store.document(bu, &head.id).await? {
            *figures.claims.entry(claim.field("kind").to_string()).or_default() += 1;
        }
    }
    for head in documents(store, bu, Some("return_to_warehouse")).await? {
        if let Some(document) = store.document(bu, &head.id).await? {
            figures.returned += units(document.lines.iter().map(|l| quantity(l, "received")).sum());
        }
    }
    turns(store, bu, plan, parts, &mut figures).await?;
    Ok(figures)
}

/// Inventory turns = cost of parts consumed in twelve months / average inventory value.
async fn turns(store: &Store, bu: &Bu, plan: &Plan, parts: &Parts, figures: &mut Figures) -> Result<(), ReplayError> {
    let months = plan.settings.months;
    let span = months.min(12);
    let times: Vec<Timestamp> = (0..=4).map(|quarter| plan.time(months - span + span * quarter / 4, 0, 0)).collect();
    let values = stock_values(store, bu, &times, parts).await?;
    let sum: Money = values.iter().copied().sum();
    let average = sum.minor() / i64::try_from(values.len()).unwrap_or(1);
    figures.average_stock = Money::from_minor(average);
    let yearly = i128::from(figures.consumed_value.minor()) * 12 / i128::from(u32::try_from(span.max(1)).unwrap_or(12));
    figures.turns_hundredths = i64::try_from((yearly * 100).checked_div(i128::from(average)).unwrap_or(0)).unwrap_or(0);
    Ok(())
}

/// Value of good stock at warehouse and partners, or on its way between them, at the parts' rates, as of some times.
async fn stock_values(store: &Store, bu: &Bu, times: &[Timestamp], parts: &Parts) -> Result<Vec<Money>, ReplayError> {
    let mut values = vec![Money::default(); times.len()];
    // Part by part, so that the moves of years are never held at once.
    for (part, (_, rate)) in parts {
        let filter = MoveFilter { part: Some(part.clone()), limit: u32::MAX, ..MoveFilter::new(bu.clone()) };
        let moves = store.moves(&filter).await?;
        for (at, value) in times.iter().zip(&mut values) {
            let then = moves.iter().filter(|m| m.effective_at <= *at).map(|m| &m.movement);
            let units: Quantity = then.map(|m| good(&m.to, m.quantity) - good(&m.from, m.quantity)).sum();
            *value = *value + rate.times(units).unwrap_or_default();
        }
    }
    Ok(values)
}

/// The quantity, where it counts as good stock.
fn good(at: &Position, quantity: Quantity) -> Quantity {
    let counts = at.party.is_some() && (at.condition == "ok" || at.condition == "repaired");
    if counts { quantity } else { Quantity::ZERO }
}

/// Value of what was fitted in a span of time.
fn fitted(moves: &[MoveRecord], (from, to): (Timestamp, Timestamp)) -> Money {
    let then = moves.iter().filter(|m| m.effective_at >= from && m.effective_at < to);
    then.filter(|m| m.movement.to.bin == "fitted" && m.movement.from.party.is_some()).map(|m| m.movement.value()).sum()
}

async fn indent(store: &Store, bu: &Bu, document: &Document, moves: &[MoveRecord], figures: &mut Figures) -> Result<(), ReplayError> {
    figures.issued += units(document.lines.iter().map(|l| quantity(l, "handed")).sum());
    figures.consumed += units(document.lines.iter().map(|l| quantity(l, "consumed")).sum());
    if document.parent.is_some() {
        return Ok(());
    }
    figures.asked += units(document.lines.iter().map(|l| quantity(l, "requested")).sum());
    // What was cancelled before anything was looked for does not count.
    let events = store.events(bu, &document.id).await?;
    let Some(first) = events.iter().find(|e| e.event.transition == "allocate").map(|e| e.revision) else { return Ok(()) };
    let reserved = |no: u32| -> Quantity {
        let now = moves.iter().filter(|m| m.revision == first && m.movement.line == no && m.movement.to.bin == "reserved");
        now.map(|m| m.movement.quantity).sum()
    };
    for line in &document.lines {
        let (wanted, got) = (quantity(line, "requested"), reserved(line.no));
        figures.lines += 1;
        figures.lines_filled += u64::from(got >= wanted);
        figures.units += units(wanted);
        figures.units_filled += units(got);
    }
    Ok(())
}
