//! What all stores do alike in Rust: the order of a snapshot's lists, what a document mentions, how a number is written.
//!
//! Must not know SQL. Tests: below; the stores are compared in `tests/it/store_*.rs`.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rust_decimal::Decimal;

use crate::base::{LotId, Money, Name, PartCode, SerialNo};
use crate::domain::{Balance, Decision, Document, Inbound, Limit, LimitScope, Position, SeriesTake, Snapshot, Value};

/// What stock is kept by.
pub(super) type StockKey = (PartCode, Position, LotId, Option<SerialNo>);

pub(super) fn stock_key(b: &Balance) -> StockKey {
    (b.part.clone(), b.position.clone(), b.lot.clone(), b.serial.clone())
}

pub(super) fn inbound_key(i: &Inbound) -> (&str, &str, Option<&str>) {
    (i.party.as_str(), i.part.as_str(), i.pool.as_ref().map(AsRef::as_ref))
}

/// The order of limits: their scopes as text.
pub(super) fn limit_key(limit: &Limit) -> [String; 4] {
    scope_key(&limit.scope)
}

/// A scope as four texts, empty where it holds for all.
pub(super) fn scope_key(scope: &LimitScope) -> [String; 4] {
    let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
    [
        text(scope.party.as_ref().map(AsRef::as_ref)),
        text(scope.part.as_ref().map(AsRef::as_ref)),
        text(scope.class.as_deref()),
        text(scope.pool.as_ref().map(AsRef::as_ref)),
    ]
}

/// Puts every list in the order of its keys and each row in once, so that equal stores decide equally.
pub(super) fn tidy(snapshot: &mut Snapshot) {
    let s = snapshot;
    s.events.sort_by_key(|e| e.revision);
    s.parts.sort_by(|a, b| a.code.cmp(&b.code));
    s.parties.sort_by(|a, b| a.code.cmp(&b.code));
    s.contracts.sort_by(|a, b| a.code.cmp(&b.code));
    s.rates.sort_by(|a, b| (&a.part, a.from).cmp(&(&b.part, b.from)));
    s.limits.sort_by_cached_key(limit_key);
    s.supersessions.sort_by(|a, b| (&a.old, &a.new).cmp(&(&b.old, &b.new)));
    for list in [&mut s.balances, &mut s.serials] {
        list.sort_by(|a, b| (&a.part, &a.position, &a.lot, &a.serial).cmp(&(&b.part, &b.position, &b.lot, &b.serial)));
        list.dedup();
    }
    s.lots.sort_by(|a, b| a.id.cmp(&b.id));
    s.lots.dedup_by(|a, b| a.id == b.id);
    s.inbound.sort_by(|a, b| inbound_key(a).cmp(&inbound_key(b)));
    s.party_values.sort();
    s.obligations.sort_by(|a, b| (a.due_at, &a.id).cmp(&(b.due_at, &b.id)));
    s.obligations.dedup_by(|a, b| a.id == b.id);
    s.children.sort_by(|a, b| a.doc.cmp(&b.doc));
}

/// Parties, parts and contracts that a document names in fields and lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub(super) struct Mention<'d> {
    pub kind: &'static str,
    pub code: &'d str,
}

pub(super) fn mentions(document: &Document) -> BTreeSet<Mention<'_>> {
    let mut found = BTreeSet::new();
    document.fields.values().for_each(|v| mention(v, &mut found));
    document.lines.iter().flat_map(|l| l.values.values()).for_each(|v| mention(v, &mut found));
    found
}

fn mention<'d>(value: &'d Value, found: &mut BTreeSet<Mention<'d>>) {
    let (kind, code) = match value {
        Value::Party(code) => ("party", code.as_str()),
        Value::Part(code) => ("part", code.as_str()),
        Value::Contract(code) => ("contract", code.as_str()),
        Value::List(items) => return items.iter().for_each(|v| mention(v, found)),
        _ => return,
    };
    found.insert(Mention { kind, code });
}

/// The document as it is kept: an ended one promises nothing any more.
pub(super) fn kept(document: &Document) -> Cow<'_, Document> {
    let promises = document.ended && document.lines.iter().any(|l| l.inbound.is_some());
    if !promises && document.lines.is_sorted_by_key(|l| l.no) {
        return Cow::Borrowed(document);
    }
    let mut kept = document.clone();
    if kept.ended {
        kept.lines.iter_mut().for_each(|l| l.inbound = None);
    }
    kept.lines.sort_by_key(|l| l.no);
    Cow::Owned(kept)
}

/// How many numbers a decision takes from each series.
pub(super) fn series(decision: &Decision) -> BTreeMap<&str, u32> {
    let mut taken = BTreeMap::new();
    for take in decision.number.iter().chain(decision.papers.iter().map(|p| &p.number)) {
        let count = taken.entry(take.series.as_str()).or_insert(0);
        *count = take.ordinal.max(*count);
    }
    taken
}

/// A number of a series, `before` being the last one given before this commit.
pub(super) fn number(take: &SeriesTake, before: u64) -> String {
    format!("{}{:0width$}{}", take.prefix, before + u64::from(take.ordinal), take.suffix, width = take.width as usize)
}

/// Thousandths times minor units, rounded as [`Money::times`] rounds.
pub(super) fn value(product: i128) -> Money {
    Decimal::try_from_i128_with_scale(product, 5).ok().and_then(|d| Money::round_decimal(d).ok()).unwrap_or_default()
}

/// The id of the n-th message of a transition.
pub(super) fn outbox_id(revision: u64, n: u32) -> String {
    format!("{revision:06}.{n:03}")
}

/// The id of the n-th message of a timer.
pub(super) fn timer_outbox_id(timer: &str, n: u32) -> String {
    format!("{timer}.t{n:03}")
}

/// An optional name as it stands in a column: empty where there is none.
pub(super) fn text_of(name: Option<&Name>) -> &str {
    name.map(AsRef::as_ref).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_their_zeros() {
        let take = SeriesTake { series: "s".into(), prefix: "DCS/26-27/".into(), width: 5, suffix: String::new(), ordinal: 2 };
        assert_eq!(number(&take, 40), "DCS/26-27/00042");
        assert_eq!(number(&SeriesTake { width: 1, ..take }, 40), "DCS/26-27/42");
    }

    #[test]
    fn values_round_as_money_does() {
        let rate: Money = "30.33".parse().unwrap();
        let half: crate::base::Quantity = "0.5".parse().unwrap();
        assert_eq!(value(i128::from(rate.minor()) * i128::from(half.milli())), rate.times(half).unwrap());
    }
}
