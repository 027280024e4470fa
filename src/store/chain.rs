//! The hash chain of a document: each event's hash covers the event, everything it changed, and the hash before it.
//!
//! The canonical form is written out by hand, field by field, so that a new field in a domain type never changes the
//! hash of what was written before it. Numbers are given inside the commit: the number of a document is covered from its
//! second event on, the numbers of papers by the seals; until then each paper names the event that took the number before
//! its own (`follows`). Must not know SQL.
//! Tests: below and `verify.rs`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::base::{Bu, DocId, Name, PartyCode, Timestamp};
use crate::domain::{Decision, Document, Event, Lot, Move, Obligation, ObligationChange, ObligationChangeKind, PaperDraft, Position, Value};

use super::error::StoreError;
use super::views::EventRecord;

/// What an event changed beside its document: the list of all that its hash covers, for whoever writes events and whoever
/// checks them. What is not in it here is covered nowhere.
#[derive(Default)]
pub(super) struct Changed<'a> {
    pub lots: &'a [Lot],
    pub moves: &'a [Move],
    pub owed: &'a [Obligation],
    pub changes: &'a [ObligationChange],
    pub papers: &'a [LinkedPaper],
    pub closes: Option<Timestamp>,
}

/// An event with its place in the chain of its document, and the hash of what the document says after it.
struct Link<'a> {
    previous: &'a str,
    bu: &'a str,
    doc: &'a str,
    revision: u64,
    event: &'a Event,
    content: &'a str,
}

/// An event's texts as they are written, and its hash.
pub(super) struct Written {
    pub input: String,
    pub rules: String,
    pub hash: String,
}

impl Link<'_> {
    fn written(&self, changed: &Changed<'_>) -> Result<Written, StoreError> {
        // An answer comes with the records that were asked about.
        let (input, rules) = (json(&self.event.input)?, json_within(&self.event.rules, 1_024 * self.event.rules.len())?);
        let hash = link(self, (&input, &rules), changed);
        Ok(Written { input, rules, hash })
    }
}

/// The event of a decision, about to be written. `content` is the hash of what the document says.
pub(super) fn decided(d: &Decision, content: &str) -> Result<Written, StoreError> {
    let papers = papers(&d.papers);
    let changed = Changed { lots: &d.lots, moves: &d.moves, owed: &d.owed, changes: &d.obligation_changes, papers: &papers, closes: d.books_closed };
    let (doc, revision) = (d.document.id.as_str(), d.document.revision);
    Link { previous: &d.chain, bu: d.bu.as_str(), doc, revision, event: &d.event, content }.written(&changed)
}

/// The hash that an event has which was written with this content and these changes.
pub(super) fn recorded(bu: &Bu, doc: &DocId, r: &EventRecord, content: &str, changed: &Changed<'_>) -> Result<String, StoreError> {
    let link = Link { previous: &r.previous, bu: bu.as_str(), doc: doc.as_str(), revision: r.revision, event: &r.event, content };
    Ok(link.written(changed)?.hash)
}

/// What a link covers of a paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LinkedPaper {
    pub kind: String,
    pub series: String,
    pub from: String,
    pub to: String,
    /// The ordinal of the paper that it reverses; 0 where it reverses none.
    pub reverses: i64,
}

/// What a link covers of the papers that are issued.
pub(super) fn papers(drafts: &[PaperDraft]) -> Vec<LinkedPaper> {
    let code = |c: Option<&PartyCode>| c.map(ToString::to_string).unwrap_or_default();
    let linked = |p: &PaperDraft| LinkedPaper {
        kind: p.kind.to_string(),
        series: p.number.series.clone(),
        from: code(p.from.as_ref()),
        to: code(p.to.as_ref()),
        reverses: p.reverse_of.map_or(0, |i| i64::from(i) + 1),
    };
    drafts.iter().map(linked).collect()
}

/// Fields one after the other, each with its length, so that no two records read alike.
pub(super) struct Canon(Sha256);

impl Canon {
    pub(super) fn new(form: &str) -> Self {
        let mut canon = Self(Sha256::new());
        canon.text(form);
        canon
    }
    pub(super) fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text.as_bytes());
    }
    pub(super) fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }
    fn optional(&mut self, text: Option<&str>) {
        self.number(i64::from(text.is_some()));
        self.text(text.unwrap_or_default());
    }
    pub(super) fn count(&mut self, count: usize) {
        self.0.update((count as u64).to_be_bytes());
    }
    fn position(&mut self, p: &Position) {
        self.optional(p.party.as_ref().map(AsRef::as_ref));
        self.text(p.bin.as_str());
        self.optional(p.holder.as_ref().map(|h| h.doc.as_str()));
        self.number(p.holder.as_ref().map_or(0, |h| i64::from(h.line)));
        self.text(p.condition.as_str());
        self.text(p.owner.as_str());
        self.text(p.pool.as_str());
    }
    pub(super) fn end(self) -> String {
        hex::encode(self.0.finalize())
    }
}

/// A value as the store writes it down.
pub(super) fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    json_within(value, 0)
}

/// The same, where it takes about so many bytes: a text that grows is copied again and again.
pub(super) fn json_within(value: &impl serde::Serialize, bytes: usize) -> Result<String, StoreError> {
    let mut text = Vec::with_capacity(bytes);
    serde_json::to_writer(&mut text, value).map_err(|e| StoreError::Malformed(e.to_string()))?;
    String::from_utf8(text).map_err(|e| StoreError::Malformed(e.to_string()))
}

/// The hash of what a document says: its head, fields and lines.
pub(super) fn content(document: &Document) -> Result<String, StoreError> {
    Ok(content_of(document, &Texts::of(document)?))
}

/// A document's fields, and the values of each line, as they are written.
pub(super) struct Texts {
    pub fields: String,
    pub values: Vec<String>,
}

impl Texts {
    pub(super) fn of(document: &Document) -> Result<Self, StoreError> {
        let values = |of: &BTreeMap<Name, Value>| json_within(of, 48 * of.len());
        Ok(Self { fields: values(&document.fields)?, values: document.lines.iter().map(|l| values(&l.values)).collect::<Result<_, _>>()? })
    }
}

/// The hash of what a document says, where its texts are at hand.
pub(super) fn content_of(document: &Document, texts: &Texts) -> String {
    let mut canon = Canon::new("bincard document 1");
    canon.text(document.workflow.as_str());
    canon.number(i64::from(document.version));
    canon.text(document.state.as_str());
    canon.number(i64::from(document.ended));
    canon.text(if document.revision > 1 { &document.number } else { "" });
    canon.text(document.opened_by.as_str());
    canon.number(document.opened_at.micros());
    canon.number(document.entered_at.micros());
    canon.optional(document.parent.as_ref().map(AsRef::as_ref));
    canon.text(&texts.fields);
    canon.count(document.lines.len());
    for (line, values) in document.lines.iter().zip(&texts.values) {
        canon.number(i64::from(line.no));
        canon.text(values);
        let promised = line.inbound.as_ref().filter(|i| i.quantity.is_positive());
        canon.number(promised.map_or(0, |i| i.quantity.milli()));
        canon.optional(promised.map(|i| i.party.as_str()));
        canon.optional(promised.map(|i| i.part.as_str()));
        canon.optional(promised.and_then(|i| i.pool.as_ref()).map(AsRef::as_ref));
    }
    canon.end()
}

/// The hash of one event; lots and obligations are taken in the order of their ids, the rest in the order given.
fn link(l: &Link<'_>, texts: (&str, &str), changed: &Changed<'_>) -> String {
    let mut canon = Canon::new("bincard event 1");
    canon.text(l.previous);
    canon.text(l.bu);
    canon.text(l.doc);
    canon.number(i64::try_from(l.revision).unwrap_or(i64::MAX));
    canon.text(l.content);
    event(&mut canon, l.event, texts);
    lots(&mut canon, changed.lots);
    canon.count(changed.moves.len());
    for m in changed.moves {
        canon.number(i64::from(m.line));
        canon.text(m.part.as_str());
        canon.text(m.lot.as_str());
        canon.optional(m.serial.as_ref().map(AsRef::as_ref));
        canon.number(m.quantity.milli());
        canon.number(m.rate.minor());
        canon.position(&m.from);
        canon.position(&m.to);
    }
    canon.count(changed.owed.len());
    let mut owed: Vec<&Obligation> = changed.owed.iter().collect();
    owed.sort_by(|a, b| a.id.cmp(&b.id));
    for o in owed {
        canon.text(o.id.as_str());
        canon.number(i64::from(o.line));
        for text in [o.kind.as_str(), o.part.as_str(), o.debtor.as_str(), o.creditor.as_str()] {
            canon.text(text);
        }
        for number in [o.quantity.milli(), o.opened_at.micros(), o.due_at.micros(), o.rate.minor()] {
            canon.number(number);
        }
    }
    canon.count(changed.changes.len());
    for c in changed.changes {
        canon.text(c.id.as_str());
        canon.text(change_name(c.kind));
        canon.number(c.quantity.milli());
    }
    canon.count(changed.papers.len());
    for p in changed.papers {
        for text in [&p.kind, &p.series, &p.from, &p.to] {
            canon.text(text);
        }
        canon.number(p.reverses);
    }
    // Only where books are closed, so that every other event has the hash that it had before books could be closed.
    if let Some(until) = changed.closes {
        canon.text("closes");
        canon.number(until.micros());
    }
    canon.end()
}

fn lots(canon: &mut Canon, lots: &[Lot]) {
    canon.count(lots.len());
    let mut lots: Vec<&Lot> = lots.iter().collect();
    lots.sort_by(|a, b| a.id.cmp(&b.id));
    for lot in lots {
        canon.text(lot.id.as_str());
        canon.text(lot.part.as_str());
        canon.optional(lot.label.as_deref());
        canon.number(lot.received_at.micros());
        canon.optional(lot.sodo.as_ref().map(ToString::to_string).as_deref());
        canon.number(lot.rate.minor());
        canon.optional(lot.expires.map(|d| d.to_string()).as_deref());
        canon.optional(lot.parent.as_ref().map(AsRef::as_ref));
    }
}

fn event(canon: &mut Canon, e: &Event, (input, rules): (&str, &str)) {
    canon.text(e.transition.as_str());
    canon.optional(e.from.as_ref().map(AsRef::as_ref));
    for text in [e.to.as_str(), e.actor.as_str(), e.role.as_str(), e.key.as_str(), &e.body_hash, &e.book_hash] {
        canon.text(text);
    }
    canon.number(i64::from(e.version));
    canon.number(e.recorded_at.micros());
    canon.number(e.effective_at.micros());
    canon.text(input);
    canon.text(rules);
}

/// The word that stands for a change of an obligation in the store.
pub(super) const fn change_name(kind: ObligationChangeKind) -> &'static str {
    match kind {
        ObligationChangeKind::Settled => "settled",
        ObligationChangeKind::Waived => "waived",
        ObligationChangeKind::Debited => "debited",
    }
}

/// The change that a word in the store stands for.
pub(super) fn change_kind(name: &str) -> Option<ObligationChangeKind> {
    [ObligationChangeKind::Settled, ObligationChangeKind::Waived, ObligationChangeKind::Debited].into_iter().find(|k| change_name(*k) == name)
}

#[cfg(test)]
mod tests {
    use super::Canon;

    #[test]
    fn no_two_records_read_alike() {
        let of = |texts: [&str; 2]| {
            let mut canon = Canon::new("t");
            texts.iter().for_each(|t| canon.text(t));
            canon.end()
        };
        assert_ne!(of(["ab", "c"]), of(["a", "bc"]));
        assert_eq!(of(["a", "b"]).len(), 64);
    }
}
