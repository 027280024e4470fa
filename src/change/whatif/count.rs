//! What a replay came to: decisions by kind, and units and amounts by business unit, partner and part.
//!
//! A document counts once for each of its parts, with the most units that any one of its transitions moved, or, where it moved
//! none, with what it asked for. Must not decide anything. Tests: `tests/it/change_whatif.rs`, whose sums are worked out by hand.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::{Bu, Date, DocId, Money, PartCode, Quantity};
use crate::domain::{Decision, Document, MasterData, Refusal, Value};

use super::Roots;
use super::tell::Explained;

/// What became of a recorded decision.
pub(super) enum Seen {
    /// The same.
    Same,
    /// It comes to something else; true where the change itself makes it so.
    Other(Box<Decision>, bool),
    /// It is refused; true where the change itself does it.
    Refused(Box<Refusal>, bool),
    /// Something that it depends on did not happen.
    NotReached(String),
}

/// The kinds of differences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It happened, and would have been refused.
    Refused,
    /// It did not happen by itself, and would have.
    Allowed,
    /// It would have moved other units, or led elsewhere.
    Otherwise,
    /// Not the change, but what it made different before, makes it different.
    KnockOn,
    /// It waits for something that would not have happened.
    NotReached,
}

/// Units and their value, as they were and as they would have been.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sum {
    /// Documents.
    pub documents: u64,
    /// Units that moved, or were asked for.
    pub then: Quantity,
    /// Units that would have moved.
    pub now: Quantity,
    /// The value of what moved.
    pub value_then: Money,
    /// The value of what would have moved.
    pub value_now: Money,
}

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Row {
    /// Of what: a business unit, a partner, a part.
    pub of: String,
    /// The kind of difference with which it began.
    pub kind: Kind,
    /// How much.
    pub sum: Sum,
}

/// The answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Whatif {
    /// Transitions before the change, decided again as they were.
    pub before: u64,
    /// Of these, taken over as they were recorded, since today's master data would not let them happen.
    pub taken_over: u64,
    /// Of these, left out, since not even that was possible.
    pub left_out: u64,
    /// Transitions after the change.
    pub decisions: u64,
    /// Of these, taken as they were, since they ran under an older version of their workflow than the one in force, which would
    /// have decided them otherwise.
    pub older: u64,
    /// Of these, the same.
    pub same: u64,
    /// How many of each kind, by workflow and transition.
    pub kinds: Vec<(Kind, String, u64)>,
    /// Why decisions were refused by the change itself: the code or name of the reason, and how many.
    pub reasons: Vec<(String, u64)>,
    /// What depends on a difference, by what it waits for, the most first.
    pub roots: Vec<(String, u64)>,
    /// All of it, by kind.
    pub totals: Vec<Row>,
    /// By business unit.
    pub units: Vec<Row>,
    /// By the partner that a document is of.
    pub parties: Vec<Row>,
    /// By part.
    pub parts: Vec<Row>,
    /// The first decision that the change itself makes different.
    pub first: Option<Explained>,
}

/// What a document that differs came to, for one part.
#[derive(Default)]
struct Line {
    asked: Quantity,
    then: Quantity,
    now: Quantity,
    value_then: Money,
    value_now: Money,
}

/// A document that differs.
struct Other {
    kind: Kind,
    bu: Bu,
    party: String,
    on: Date,
    parts: BTreeMap<PartCode, Line>,
}

/// Counts as the replay goes on.
pub(super) struct Tally {
    pub whatif: Whatif,
    kinds: BTreeMap<(Kind, String), u64>,
    reasons: BTreeMap<String, u64>,
    waiting: BTreeMap<String, u64>,
    roots: Roots,
    others: BTreeMap<(Bu, DocId), Other>,
    /// What running documents ask for, by part, and whose they are: forgotten when they end without a difference.
    asked: BTreeMap<(Bu, DocId), (String, BTreeMap<PartCode, Quantity>)>,
    rates: BTreeMap<(Bu, PartCode), BTreeMap<Date, Money>>,
}

impl Tally {
    pub fn new(master: &MasterData) -> Self {
        let mut rates: BTreeMap<(Bu, PartCode), BTreeMap<Date, Money>> = BTreeMap::new();
        for rate in &master.rates {
            rates.entry((rate.bu.clone(), rate.part.clone())).or_default().insert(rate.from, rate.rate);
        }
        Self {
            whatif: Whatif::default(),
            kinds: BTreeMap::new(),
            reasons: BTreeMap::new(),
            waiting: BTreeMap::new(),
            roots: Roots::new(),
            others: BTreeMap::new(),
            asked: BTreeMap::new(),
            rates,
        }
    }

    /// Whether anything is other than it was so far.
    pub fn differs(&self) -> bool {
        !self.others.is_empty()
    }

    pub const fn has_first(&self) -> bool {
        self.whatif.first.is_some()
    }

    pub fn first(&mut self, explained: Explained) {
        self.whatif.first = Some(explained);
    }

    /// Where the difference of a document, or of the one that started it, began.
    pub fn root_of(&self, d: &Decision) -> Option<String> {
        let parent = d.document.parent.as_ref().and_then(|p| self.roots.get(&(d.bu.clone(), p.clone())));
        self.roots.get(&(d.bu.clone(), d.document.id.clone())).or(parent).cloned()
    }

    /// What a document asks for, as long as it runs.
    pub fn learn(&mut self, document: &Document, first_party: Option<&str>) {
        let key = (document.bu.clone(), document.id.clone());
        if document.ended && !self.others.contains_key(&key) {
            self.asked.remove(&key);
            return;
        }
        let mut parts: BTreeMap<PartCode, Quantity> = BTreeMap::new();
        for line in &document.lines {
            let quantity = line.values.iter().find(|(name, _)| matches!(name.as_str(), "requested" | "quantity" | "counted")).map(|(_, v)| v);
            let quantity = quantity.or_else(|| line.values.values().find(|v| matches!(v, Value::Quantity(_)))).and_then(Value::as_quantity);
            if let (Some(part), Some(quantity)) = (line.part(), quantity) {
                let sum = parts.entry(part.clone()).or_default();
                *sum = *sum + quantity;
            }
        }
        let party = first_party.and_then(|f| document.field(f).as_party()).map(ToString::to_string).unwrap_or_default();
        self.asked.insert(key, (party, parts));
    }

    /// Notes what became of a recorded decision.
    pub fn note(&mut self, d: &Decision, seen: Seen) {
        let name = format!("{} {}", d.document.workflow, d.event.transition);
        let root = format!("{} of {}", d.event.transition, named(d));
        let (kind, now, root) = match seen {
            Seen::Same => {
                self.whatif.same += 1;
                let known = self.others.contains_key(&(d.bu.clone(), d.document.id.clone()));
                if known {
                    self.add(d, Some(d), Kind::KnockOn);
                }
                return;
            }
            Seen::Other(now, true) => (Kind::Otherwise, Some(now), root),
            Seen::Other(now, false) => (Kind::KnockOn, Some(now), root),
            Seen::Refused(refusal, direct) => {
                if direct {
                    let code = refusal.reasons.first().map(|r| r.name.as_ref().map_or_else(|| word(r.code), ToString::to_string));
                    *self.reasons.entry(code.unwrap_or_default()).or_default() += 1;
                }
                (if direct { Kind::Refused } else { Kind::KnockOn }, None, root)
            }
            Seen::NotReached(root) => {
                *self.waiting.entry(root.clone()).or_default() += 1;
                (Kind::NotReached, None, root)
            }
        };
        *self.kinds.entry((kind, name)).or_default() += 1;
        self.roots.entry((d.bu.clone(), d.document.id.clone())).or_insert(root);
        self.add(d, now.as_deref(), kind);
    }

    /// What would have happened beside what did.
    pub fn more(&mut self, now: &Decision) {
        *self.kinds.entry((Kind::Allowed, format!("{} {}", now.document.workflow, now.event.transition))).or_default() += 1;
        self.enter(now, Kind::Allowed);
        self.moved(now, false);
    }

    fn add(&mut self, then: &Decision, now: Option<&Decision>, kind: Kind) {
        self.enter(then, kind);
        self.moved(then, true);
        if let Some(now) = now {
            self.moved(now, false);
        }
    }

    fn enter(&mut self, d: &Decision, kind: Kind) {
        let key = (d.bu.clone(), d.document.id.clone());
        if self.others.contains_key(&key) {
            return;
        }
        let (party, asked) = self.asked.get(&key).cloned().unwrap_or_else(|| given(d));
        let parts = asked.into_iter().map(|(part, asked)| (part, Line { asked, ..Line::default() })).collect();
        let on = d.event.effective_at.date(&jiff::tz::TimeZone::UTC);
        self.others.insert(key, Other { kind, bu: d.bu.clone(), party, on, parts });
    }

    /// The most units of a part that one transition of the document moved.
    fn moved(&mut self, d: &Decision, was: bool) {
        let mut sums: BTreeMap<&PartCode, (Quantity, Money)> = BTreeMap::new();
        for m in &d.moves {
            let sum = sums.entry(&m.part).or_default();
            *sum = (sum.0 + m.quantity, sum.1 + worth(m.quantity, m.rate));
        }
        let Some(other) = self.others.get_mut(&(d.bu.clone(), d.document.id.clone())) else { return };
        for (part, (units, value)) in sums {
            let line = other.parts.entry(part.clone()).or_default();
            let (most, most_value) = if was { (&mut line.then, &mut line.value_then) } else { (&mut line.now, &mut line.value_now) };
            if units > *most {
                (*most, *most_value) = (units, value);
            }
        }
    }

    fn rate(&self, bu: &Bu, part: &PartCode, on: Date) -> Money {
        let rates = self.rates.get(&(bu.clone(), part.clone()));
        rates.and_then(|r| r.range(..=on).next_back()).map(|(_, rate)| *rate).unwrap_or_default()
    }

    pub fn done(mut self) -> Whatif {
        let mut by: [BTreeMap<(String, Kind), Sum>; 4] = Default::default();
        for other in self.others.values() {
            let mut whole = Sum { documents: 1, ..Sum::default() };
            let [totals, units, parties, parts] = &mut by;
            for (part, line) in &other.parts {
                let sum = self.sum(other, part, line);
                plus(&mut whole, &Sum { documents: 0, ..sum });
                plus(parts.entry((part.to_string(), other.kind)).or_default(), &sum);
            }
            plus(totals.entry((String::new(), other.kind)).or_default(), &whole);
            plus(units.entry((other.bu.to_string(), other.kind)).or_default(), &whole);
            plus(parties.entry((format!("{} {}", other.bu, other.party), other.kind)).or_default(), &whole);
        }
        let rows = |of: BTreeMap<(String, Kind), Sum>| {
            let mut rows: Vec<Row> = of.into_iter().map(|((of, kind), sum)| Row { of, kind, sum }).collect();
            rows.sort_by_key(|r| (std::cmp::Reverse((r.sum.value_then - r.sum.value_now).minor().abs()), r.of.clone(), r.kind));
            rows
        };
        let [totals, units, parties, parts] = by.map(rows);
        let listed = |of: BTreeMap<String, u64>| {
            let mut list: Vec<(String, u64)> = of.into_iter().collect();
            list.sort_by_key(|(name, n)| (std::cmp::Reverse(*n), name.clone()));
            list
        };
        let kinds = std::mem::take(&mut self.kinds).into_iter().map(|((kind, name), n)| (kind, name, n)).collect();
        Whatif { kinds, reasons: listed(self.reasons), roots: listed(self.waiting), totals, units, parties, parts, ..self.whatif }
    }

    fn sum(&self, other: &Other, part: &PartCode, line: &Line) -> Sum {
        if line.then.is_zero() && line.now.is_zero() {
            let value_then = worth(line.asked, self.rate(&other.bu, part, other.on));
            return Sum { documents: 1, then: line.asked, value_then, ..Sum::default() };
        }
        Sum { documents: 1, then: line.then, now: line.now, value_then: line.value_then, value_now: line.value_now }
    }
}

fn plus(sum: &mut Sum, more: &Sum) {
    sum.documents += more.documents;
    sum.then = sum.then + more.then;
    sum.now = sum.now + more.now;
    sum.value_then = sum.value_then + more.value_then;
    sum.value_now = sum.value_now + more.value_now;
}

fn worth(quantity: Quantity, rate: Money) -> Money {
    rate.times(quantity).unwrap_or_default()
}

fn named(d: &Decision) -> String {
    if d.document.number.is_empty() { d.document.id.to_string() } else { d.document.number.clone() }
}

fn word(code: crate::domain::ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// What the input of an opening asks for, where the document was never opened.
fn given(d: &Decision) -> (String, BTreeMap<PartCode, Quantity>) {
    let text = |v: &serde_json::Value| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    let mut parts: BTreeMap<PartCode, Quantity> = BTreeMap::new();
    for line in &d.event.input.lines {
        let quantity = ["requested", "quantity", "counted"].iter().find_map(|f| line.values.get(*f)).and_then(|v| text(v).parse::<Quantity>().ok());
        if let (Some(part), Some(quantity)) = (line.values.get("part"), quantity) {
            let sum = parts.entry(PartCode::from(text(part).as_str())).or_default();
            *sum = *sum + quantity;
        }
    }
    let party = ["asp", "store"].iter().find_map(|f| d.event.input.fields.get(*f)).map(text).unwrap_or_default();
    (party, parts)
}
