//! What tells one situation from another, as a text that is equal for equal situations: what no later transition looks at is
//! not in it, nor times, numbers and names of people; two lines that have changed places are the same two lines, and a
//! unit is the same as another one that stands where it stands.
//!
//! Must not know what may happen next. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::base::{DocId, Name, PartCode, Quantity};
use crate::domain::{Balance, Document, TimerKind, Value};

use super::facts::Facts;
use super::live::Live;
use super::stage::{OTHER, PART};
use super::view::View;

/// Plain numbers above this are alike.
const MOST_COUNTED: i64 = 3;

/// A situation, with what is needed to tell it from others.
pub(super) struct Situation<'s> {
    pub view: &'s View,
    pub facts: &'s BTreeMap<Name, Facts>,
    /// The document that it is about; none before it is opened.
    pub about: Option<&'s DocId>,
    /// Of a shelf it counts only whether there is so much.
    pub enough: u32,
}

/// A document's part in a situation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// It is what the situation is about.
    Subject,
    /// The subject waits for it, or it takes what the subject holds.
    Started,
    /// It has started the subject: what it holds can be taken.
    Starter,
}

impl Situation<'_> {
    /// The text.
    pub fn key(&self) -> String {
        let documents = self.documents();
        let straight = self.written(&documents, false);
        match documents.first().map(|(d, _)| d.lines.len()) {
            Some(2) => straight.min(self.written(&documents, true)),
            _ => straight,
        }
    }

    fn facts(&self, doc: &Document) -> Option<&Facts> {
        self.facts.get(&doc.workflow)
    }

    fn live(&self, doc: &Document) -> Option<&Live> {
        self.facts(doc)?.live.get(&doc.state)
    }

    /// The documents that matter, the subject in front.
    fn documents(&self) -> Vec<(&Document, Role)> {
        let Some(subject) = self.about.and_then(|id| self.view.document(id)) else { return Vec::new() };
        let mut found = vec![(subject, Role::Subject)];
        if let Some(starter) = subject.parent.as_ref().and_then(|id| self.view.document(id)) {
            found.push((starter, Role::Starter));
        }
        if subject.ended {
            return found;
        }
        let mut waiting = vec![subject];
        while let Some(parent) = waiting.pop() {
            for child in self.started(parent) {
                found.push((child, Role::Started));
                waiting.push(child);
            }
        }
        found
    }

    /// The running documents that this one has started, where they matter to it.
    pub fn started(&self, parent: &Document) -> impl Iterator<Item = &Document> {
        let facts = self.facts(parent);
        let awaits = self.live(parent).is_some_and(|l| l.awaits);
        let (id, workflow) = (parent.id.clone(), parent.workflow.clone());
        let running = self.view.documents.iter().filter(move |d| d.parent.as_ref() == Some(&id) && !d.ended && d.workflow != workflow);
        running.filter(move |d| awaits || matches!((self.facts(d), facts), (Some(child), Some(parent)) if child.takes_from(parent)))
    }

    fn written(&self, documents: &[(&Document, Role)], turned: bool) -> String {
        let mut key = String::new();
        let mut others: Vec<String> = Vec::new();
        let mut shelves: BTreeSet<&Name> = BTreeSet::new();
        for (doc, role) in documents {
            let mut text = String::new();
            self.write_document(&mut text, doc, *role, turned);
            if *role == Role::Subject {
                key.push_str(&text);
            } else {
                others.push(text);
            }
            self.add_shelves(&mut shelves, doc, *role);
        }
        others.sort();
        key.extend(others);
        self.write_shelves(&mut key, &shelves, turned);
        key
    }

    fn add_shelves<'s>(&'s self, shelves: &mut BTreeSet<&'s Name>, doc: &Document, role: Role) {
        let Some(facts) = self.facts(doc) else { return };
        match (role, facts.live.get(&doc.state)) {
            (Role::Subject, Some(live)) => {
                shelves.extend(&live.shelves);
                if live.awaits {
                    shelves.extend(facts.starts.iter().filter_map(|w| self.facts.get(w)).flat_map(|f| &f.shelves));
                }
            }
            (Role::Started, _) => shelves.extend(&facts.shelves),
            _ => {}
        }
    }

    fn write_document(&self, key: &mut String, doc: &Document, role: Role, turned: bool) {
        let _ = write!(key, "#{}:{}", doc.workflow, doc.state);
        if doc.ended {
            return;
        }
        let mut lines: BTreeMap<u32, String> = BTreeMap::from([(0, String::new())]);
        if let (Some(live), true) = (self.live(doc), role != Role::Starter) {
            self.write_fields(key, &doc.fields, &live.fields, turned);
            for line in &doc.lines {
                self.write_fields(lines.entry(line.no).or_default(), &line.values, &live.line_fields, turned);
            }
            self.write_outside(&mut lines, doc, &live.back_from, turned);
            self.write_way_back(key, doc);
        }
        self.write_held(&mut lines, doc, turned);
        for owed in self.view.obligations.iter().filter(|o| o.doc == doc.id) {
            let _ = write!(lines.entry(owed.line).or_default(), "!{}{}{}{}", owed.kind, token(&owed.part, turned), owed.open, owed.debtor);
        }
        let mut lines: Vec<String> = lines.into_values().collect();
        lines.sort();
        key.extend(lines.iter().flat_map(|line| ["/", line]));
        let mut papers: Vec<&Name> = self.view.reverses.iter().filter(|p| p.doc == doc.id).map(|p| &p.kind).collect();
        papers.sort();
        key.extend(papers.iter().flat_map(|paper| ["?", paper.as_str()]));
        if role == Role::Subject {
            for timer in self.view.timers.iter().filter(|t| t.doc == doc.id) {
                if let TimerKind::Fire { transition } = &timer.timer.kind {
                    let _ = write!(key, "@{transition}");
                }
            }
        }
    }

    /// Where the document goes back to, and from there.
    fn write_way_back(&self, key: &mut String, doc: &Document) {
        let Some(facts) = self.facts(doc) else { return };
        let mut at = doc.state.clone();
        let mut seen: BTreeSet<Name> = BTreeSet::new();
        while facts.halts.contains(&at) && seen.insert(at.clone()) {
            let Value::List(kept) = doc.field(&format!("before {at}")) else { return };
            let Some(Value::Name(state)) = kept.first() else { return };
            let _ = write!(key, "<{state}");
            at = state.clone();
        }
    }

    fn write_held(&self, lines: &mut BTreeMap<u32, String>, doc: &Document, turned: bool) {
        let mut sums: BTreeMap<(u32, String), Quantity> = BTreeMap::new();
        for b in self.view.held(&doc.id) {
            let line = b.position.holder.as_ref().map_or(0, |h| h.line);
            let sum = sums.entry((line, standing(b, turned))).or_default();
            *sum = *sum + b.quantity;
        }
        for ((line, place), quantity) in sums {
            let _ = write!(lines.entry(line).or_default(), "${place}{quantity}");
        }
    }

    fn write_shelves(&self, key: &mut String, shelves: &BTreeSet<&Name>, turned: bool) {
        let mut sums: BTreeMap<String, Quantity> = BTreeMap::new();
        for b in self.view.stock.iter().filter(|b| b.position.holder.is_none() && shelves.contains(&b.position.bin)) {
            let sum = sums.entry(standing(b, turned)).or_default();
            *sum = *sum + b.quantity;
        }
        let most = Quantity::units(self.enough.into());
        for (place, quantity) in sums {
            let _ = write!(key, "&{place}{}", quantity.min(most));
        }
    }

    /// What the document has put into outside bins and not taken back.
    fn write_outside(&self, lines: &mut BTreeMap<u32, String>, doc: &Document, back_from: &BTreeSet<Name>, turned: bool) {
        let mut sums: BTreeMap<(u32, String), Quantity> = BTreeMap::new();
        for m in self.view.moves.iter().filter(|m| m.doc == doc.id).map(|m| &m.movement) {
            for (at, quantity) in [(&m.to, m.quantity), (&m.from, -m.quantity)] {
                if at.party.is_none() && back_from.contains(&at.bin) {
                    let sum = sums.entry((m.line, format!("{}{}{}", token(&m.part, turned), at.bin, at.condition))).or_default();
                    *sum = *sum + quantity;
                }
            }
        }
        for ((line, place), quantity) in sums.iter().filter(|(_, q)| q.is_positive()) {
            let _ = write!(lines.entry(*line).or_default(), "~{place}{quantity}");
        }
    }

    fn write_fields(&self, key: &mut String, values: &BTreeMap<Name, Value>, wanted: &BTreeSet<Name>, turned: bool) {
        for (name, value) in values.iter().filter(|(name, _)| wanted.contains(*name)) {
            let _ = match value {
                Value::Absent => Ok(()),
                Value::Time(_) | Value::Date(_) => write!(key, ",{name}"),
                // Of what is counted up for ever, so many are as many as any flow tells apart.
                Value::Number(n) if *n > MOST_COUNTED.into() => write!(key, ",{name}={MOST_COUNTED}"),
                Value::Part(part) => write!(key, ",{name}={}", token(part, turned)),
                Value::List(items) => write!(key, ",{name}={}", self.places(items, turned)),
                other => write!(key, ",{name}={other}"),
            };
        }
    }

    /// Of serial numbers it is told where the units stand.
    fn places(&self, items: &[Value], turned: bool) -> String {
        let place = |item: &Value| match item {
            Value::Serial(serial) => self.view.stock.iter().find(|b| b.serial.as_ref() == Some(serial)).map_or_else(|| "-".to_owned(), |b| standing(b, turned)),
            other => other.to_string(),
        };
        let mut places: Vec<String> = items.iter().map(place).collect();
        places.sort();
        places.join(";")
    }
}

/// Where something stands, and as what.
fn standing(b: &Balance, turned: bool) -> String {
    let at = &b.position;
    let party = at.party.as_ref().map_or("", |p| p.as_str());
    format!("{party}.{}{}{}{}{}", at.bin, token(&b.part, turned), at.condition, at.owner, at.pool)
}

/// A part; with the lines turned round, the one of the first line stands for that of the second.
fn token(part: &PartCode, turned: bool) -> &str {
    match part.as_str() {
        PART if turned => OTHER,
        OTHER if turned => PART,
        other => other,
    }
}
