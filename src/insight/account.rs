//! What a decision looked at, in words and values: conditions, rules, lots; and in what two decisions differ.
//!
//! Made from a witness of the decision; decides nothing. Must not know who shows it. Tests: `tests/it/explain.rs`.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::base::{LotId, PartCode, Quantity, SerialNo, Span};
use crate::domain::{Decision, Place, Position, Refusal, RuleSource, RuleTrace, Value};
use crate::engine::{Offering, Purpose, Witness};
use crate::model::Book;

/// A condition that was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Condition {
    /// What it is for.
    pub purpose: Purpose,
    /// As it is written in the flow.
    pub written: String,
    /// Where.
    pub place: Option<Place>,
    /// What came out.
    pub held: bool,
    /// For which line of the document.
    pub line: Option<u32>,
    /// What it looked at, by how that is written.
    pub values: BTreeMap<String, Value>,
    /// The rules that gave some of the values.
    pub rules: Vec<RuleSource>,
}

/// A lot or unit that a move was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfferedLot {
    /// The lot.
    pub lot: LotId,
    /// The unit, for serial-tracked parts.
    pub serial: Option<SerialNo>,
    /// Where it stood, and as what.
    pub position: Position,
    /// How much of it.
    pub there: Quantity,
    /// How much was taken.
    pub taken: Quantity,
    /// Why a rule passed it over.
    pub passed_over: Option<String>,
}

/// What a move was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// Where the move is written.
    pub place: Option<Place>,
    /// For which line of the document.
    pub line: Option<u32>,
    /// The part.
    pub part: PartCode,
    /// How much was wanted.
    pub wanted: Quantity,
    /// In the order in which they are taken; those passed over come last.
    pub lots: Vec<OfferedLot>,
}

/// What a decision looked at.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The conditions, in order.
    pub conditions: Vec<Condition>,
    /// What rules answered, in order; without a layer, what the books answered.
    pub answers: Vec<RuleTrace>,
    /// What moves were offered, in order.
    pub offers: Vec<Offer>,
}

/// One difference between two decisions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// What differs, in words: `rule msl`, `guard`, `lots`, `state`, `moves` …
    pub what: String,
    /// For which line of the document.
    pub line: Option<u32>,
    /// On the one side.
    pub then: String,
    /// On the other side.
    pub now: String,
    /// Where it stands in the flow of the second side.
    pub place: Option<Place>,
}

/// A decision, or the refusal of one, with what it looked at.
#[derive(Debug, Clone, Copy)]
pub struct Side<'a> {
    /// What came out.
    pub outcome: Result<&'a Decision, &'a Refusal>,
    /// What was looked at.
    pub account: &'a Account,
}

impl Account {
    /// The account of a decision by a book, from a curious witness.
    #[must_use]
    pub fn of(book: &Book, witness: &Witness) -> Self {
        let conditions = witness.looks().into_iter().map(|look| Condition {
            purpose: look.purpose,
            written: one_line(book.sources.text(look.span)),
            place: place(book, look.span),
            held: look.held,
            line: look.line,
            values: look.values,
            rules: look.rules,
        });
        Self { conditions: conditions.collect(), answers: witness.answered(), offers: witness.offerings().into_iter().map(|o| offer(book, o)).collect() }
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The place of a span in the book.
pub(super) fn place(book: &Book, span: Span) -> Option<Place> {
    let file = book.sources.file(span.file)?;
    let (line, column) = file.line_column(span.start);
    let small = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    Some(Place { file: file.name.clone(), line: small(line), column: small(column) })
}

fn offer(book: &Book, offering: Offering) -> Offer {
    let lots = offering.units.into_iter().map(|unit| OfferedLot {
        lot: unit.balance.lot,
        serial: unit.balance.serial,
        position: unit.balance.position,
        there: unit.balance.quantity,
        taken: unit.taken,
        passed_over: unit.passed_over,
    });
    Offer { place: place(book, offering.span), line: offering.line, part: offering.part, wanted: offering.wanted, lots: lots.collect() }
}

/// In what two decisions differ, in the order in which it came about: what rules answered, which conditions held, which lots
/// were taken, and what came of it.
#[must_use]
pub fn differences(then: Side<'_>, now: Side<'_>) -> Vec<Difference> {
    let mut found = Vec::new();
    answers(then.account, now.account, &mut found);
    conditions(then.account, now.account, &mut found);
    lots(then.account, now.account, &mut found);
    match (then.outcome, now.outcome) {
        (Ok(a), Ok(b)) => results(a, b, &mut found),
        (a, b) => {
            let (then, now) = (told(a), told(b));
            if then != now {
                let place = b.err().or(a.err()).and_then(|r| r.reasons.first()).and_then(|r| r.place.clone());
                found.push(Difference { what: "outcome".to_owned(), line: None, then, now, place });
            }
        }
    }
    found
}

/// `allowed`, or the sentences of a refusal.
fn told(outcome: Result<&Decision, &Refusal>) -> String {
    match outcome {
        Ok(_) => "allowed".to_owned(),
        Err(refusal) => format!("refused: {}", refusal.reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join(" ")),
    }
}

/// Rules that were asked the same and answered otherwise.
fn answers(then: &Account, now: &Account, found: &mut Vec<Difference>) {
    for before in &then.answers {
        let same = |t: &&RuleTrace| t.rule == before.rule && t.line == before.line;
        let again = now.answers.iter().filter(same).find(|t| t.arguments == before.arguments);
        let Some(after) = again.filter(|t| t.answer != before.answer) else { continue };
        let (a, b) = apart(&before.answer, &after.answer);
        let layered = |said: String, t: &RuleTrace| if t.is_question() { said } else { format!("{said} (from {})", t.layer) };
        let what = if before.is_question() { before.rule.to_string() } else { format!("rule {}", before.rule) };
        found.push(Difference { what, line: before.line, then: layered(a, before), now: layered(b, after), place: None });
    }
}

/// Of two records only what differs.
fn apart(a: &Value, b: &Value) -> (String, String) {
    let (Value::Record(x), Value::Record(y)) = (a, b) else { return (a.to_string(), b.to_string()) };
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let names = x.fields.keys().chain(y.fields.keys().filter(|n| !x.fields.contains_key(*n)));
    for name in names {
        let (one, other) = (x.fields.get(name), y.fields.get(name));
        if one != other {
            let said = |v: Option<&Value>| format!("{name} {}", v.map_or_else(|| "nothing".to_owned(), ToString::to_string));
            left.push(said(one));
            right.push(said(other));
        }
    }
    (left.join(", "), right.join(", "))
}

/// Conditions that are written the same and came out otherwise; guards that only one side has, where they fail.
fn conditions(then: &Account, now: &Account, found: &mut Vec<Difference>) {
    let said = |c: &Condition| {
        let values: Vec<String> = c.values.iter().map(|(written, value)| format!("{written} is {value}")).collect();
        let held = if c.held { "holds" } else { "does not hold" };
        if values.is_empty() { held.to_owned() } else { format!("{held}: {}", values.join(", ")) }
    };
    let key = |c: &Condition| (c.written.clone(), c.line);
    let mut used: BTreeMap<(String, Option<u32>), usize> = BTreeMap::new();
    for after in &now.conditions {
        let nth = used.entry(key(after)).or_insert(0);
        let before = then.conditions.iter().filter(|c| key(c) == key(after)).nth(*nth);
        *nth += 1;
        let (then, changed) = match before {
            Some(before) => (said(before), before.held != after.held),
            None => ("not asked".to_owned(), after.purpose == Purpose::Require && !after.held),
        };
        if changed {
            found.push(Difference { what: format!("`{}`", after.written), line: after.line, then, now: said(after), place: after.place.clone() });
        }
    }
}

/// Moves of the same part for the same line that took other lots.
fn lots(then: &Account, now: &Account, found: &mut Vec<Difference>) {
    let took = |offer: &Offer| {
        let unit = |l: &OfferedLot| l.serial.as_ref().map_or_else(|| format!("{} of lot {}", l.taken, l.lot), |s| format!("serial {s}"));
        let taken: Vec<String> = offer.lots.iter().filter(|l| l.taken.is_positive()).map(unit).collect();
        if taken.is_empty() { "nothing".to_owned() } else { taken.join(", ") }
    };
    let mut used: BTreeMap<(Option<u32>, PartCode), usize> = BTreeMap::new();
    for after in &now.offers {
        let nth = used.entry((after.line, after.part.clone())).or_insert(0);
        let before = then.offers.iter().filter(|o| o.line == after.line && o.part == after.part).nth(*nth);
        *nth += 1;
        let Some(before) = before.filter(|b| took(b) != took(after)) else { continue };
        found.push(Difference { what: format!("lots of {}", after.part), line: after.line, then: took(before), now: took(after), place: after.place.clone() });
    }
}

/// What two decisions change.
fn results(then: &Decision, now: &Decision, found: &mut Vec<Difference>) {
    let mut differ = |what: &str, line: Option<u32>, a: String, b: String| {
        if a != b {
            found.push(Difference { what: what.to_owned(), line, then: a, now: b, place: None });
        }
    };
    differ("state", None, then.event.to.to_string(), now.event.to.to_string());
    let lines: std::collections::BTreeSet<u32> = then.moves.iter().chain(&now.moves).map(|m| m.line).collect();
    for line in lines {
        differ("moves", Some(line).filter(|l| *l > 0), moves(then, line), moves(now, line));
    }
    for (line, after) in then.document.lines.iter().zip(&now.document.lines) {
        let names = line.values.keys().chain(after.values.keys()).collect::<std::collections::BTreeSet<_>>();
        for name in names {
            let said = |v: Option<&Value>| v.map_or_else(|| "nothing".to_owned(), ToString::to_string);
            differ(&format!("`{name}`"), Some(line.no), said(line.values.get(name)), said(after.values.get(name)));
        }
    }
    let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
    let owed = |d: &Decision| list(d.owed.iter().map(|o| format!("{} of {} as {} by {}", o.quantity, o.part, o.kind, o.debtor)).collect());
    differ("obligations", None, owed(then), owed(now));
    let papers = |d: &Decision| list(d.papers.iter().map(|p| p.kind.to_string()).collect());
    differ("papers", None, papers(then), papers(now));
    let started = |d: &Decision| list(d.children.iter().map(|c| c.workflow.to_string()).collect());
    differ("started documents", None, started(then), started(now));
    let messages = |d: &Decision| list(d.outbox.iter().map(|o| format!("{} {}", o.topic, o.text).trim().to_owned()).collect());
    differ("messages", None, messages(then), messages(now));
}

fn moves(decision: &Decision, line: u32) -> String {
    let place = |p: &Position| p.party.as_ref().map_or_else(|| p.bin.to_string(), |party| format!("{party}.{}", p.bin));
    let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
    for m in decision.moves.iter().filter(|m| m.line == line) {
        let way = format!("{} from {} to {}", m.part, place(&m.from), place(&m.to));
        let sum = sums.entry(way).or_default();
        *sum = *sum + m.quantity;
    }
    let said: Vec<String> = sums.into_iter().map(|(way, quantity)| format!("{quantity} {way}")).collect();
    if said.is_empty() { "none".to_owned() } else { said.join(", ") }
}
