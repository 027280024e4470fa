//! What one checked book says otherwise than another: manifest, vocabulary, workflows.
//!
//! A difference of meaning, not of text: spacing, comments, order of files and doc comments make none. Nothing is taken for
//! renamed unless `migrate from` says so. Pure. Tests: `tests.rs`.

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::{Deserialize, Serialize};

use crate::base::Name;
use crate::model::{Arrival, Book, Field, Goal, Named, State, Transition, Trigger, Vocabulary, Workflow};

use super::{clauses, words};

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It says something else.
    Changed,
}

/// One difference, with those inside of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Whether it is new, gone or other.
    pub how: How,
    /// What: `state draft`, `guard`, `deadline` …
    pub what: String,
    /// How it was written, where it is one line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old: Option<String>,
    /// How it is written now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new: Option<String>,
    /// What is other inside of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Change>,
}

impl Change {
    pub(super) fn line(what: impl Into<String>, old: Option<String>, new: Option<String>) -> Self {
        let how = match (&old, &new) {
            (None, _) => How::Added,
            (_, None) => How::Removed,
            _ => How::Changed,
        };
        Self { how, what: what.into(), old, new, within: Vec::new() }
    }
}

/// What happens to a workflow.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkflowChange {
    /// Its name.
    pub workflow: Name,
    /// Its version so far; absent where it is new.
    pub old: Option<u32>,
    /// Its version from now on; absent where it is gone.
    pub new: Option<u32>,
    /// What it says otherwise.
    pub changes: Vec<Change>,
}

impl WorkflowChange {
    /// Whether it says something else under the same version.
    #[must_use]
    pub fn needs_version(&self) -> bool {
        self.old.is_some() && self.old == self.new && !self.changes.is_empty()
    }
}

/// What happens to a book, apart from its rules.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BookChange {
    /// Manifest and vocabulary.
    pub words: Vec<Change>,
    /// Workflows that are new, gone or other.
    pub workflows: Vec<WorkflowChange>,
}

/// Compares two books; without an old one everything is new.
#[must_use]
pub fn compare(old: Option<&Book>, new: &Book) -> BookChange {
    let mut change = BookChange::default();
    let none = Vocabulary::default();
    if let Some(old) = old {
        facts(&mut change.words, "", &manifest(old), &manifest(new));
    }
    vocabulary(&mut change.words, old.map_or(&none, |b| &b.vocabulary), &new.vocabulary);
    let empty = BTreeMap::new();
    let before = old.map_or(&empty, |b| &b.workflows);
    for (name, workflow) in &new.workflows {
        let was = before.get(name);
        let changes = was.map(|was| compare_workflows(was, workflow)).unwrap_or_default();
        if was.is_none_or(|was| was.version != workflow.version) || !changes.is_empty() {
            change.workflows.push(WorkflowChange { workflow: name.clone(), old: was.map(|w| w.version), new: Some(workflow.version), changes });
        }
    }
    for (name, workflow) in before.iter().filter(|(name, _)| !new.workflows.contains_key(*name)) {
        change.workflows.push(WorkflowChange { workflow: name.clone(), old: Some(workflow.version), new: None, changes: Vec::new() });
    }
    change
}

/// A thing as labelled lines.
type Facts = Vec<(String, String)>;

fn fact(label: &str, said: impl Display) -> (String, String) {
    (label.to_owned(), said.to_string())
}

/// Differences between labelled lines; what is said by neither is left out.
fn facts(into: &mut Vec<Change>, prefix: &str, old: &Facts, new: &Facts) {
    let find = |facts: &Facts, label: &str| facts.iter().find(|(l, _)| l == label).map(|(_, said)| said.clone()).filter(|said| !said.is_empty());
    let mut labels: Vec<&str> = Vec::new();
    for (label, _) in old.iter().chain(new) {
        if !labels.contains(&label.as_str()) {
            labels.push(label);
        }
    }
    for label in labels {
        let (was, is) = (find(old, label), find(new, label));
        if was != is {
            into.push(Change::line(format!("{prefix}{label}"), was, is));
        }
    }
}

/// Things with names: which are new, which are gone, and what others say otherwise. What is new or gone is told by its own lines.
fn things(into: &mut Vec<Change>, kind: &str, old: &[(Name, Facts)], new: &[(Name, Facts)]) {
    let told = |facts: &Facts| facts.iter().filter(|(_, said)| !said.is_empty()).map(|(label, said)| format!("{label} {said}")).collect::<Vec<_>>().join(" · ");
    for (name, facts_now) in new {
        match old.iter().find(|(n, _)| n == name) {
            None => into.push(Change::line(format!("{kind} {name}"), None, Some(told(facts_now)))),
            Some((_, before)) => {
                let mut within = Vec::new();
                facts(&mut within, "", before, facts_now);
                if !within.is_empty() {
                    into.push(Change { how: How::Changed, what: format!("{kind} {name}"), old: None, new: None, within });
                }
            }
        }
    }
    for (name, before) in old.iter().filter(|(name, _)| new.iter().all(|(n, _)| n != name)) {
        into.push(Change::line(format!("{kind} {name}"), Some(told(before)), None));
    }
}

fn manifest(book: &Book) -> Facts {
    let m = &book.manifest;
    vec![
        fact("book name", &m.name),
        fact("currency", &m.currency),
        fact("time zone", m.zone.iana_name().unwrap_or_default()),
        fact("first month of the financial year", m.fiscal_month),
        fact("default calendar", m.calendar.as_ref().map(Name::to_string).unwrap_or_default()),
    ]
}

fn joined(names: &[Name]) -> String {
    names.iter().map(Name::as_str).collect::<Vec<_>>().join(", ")
}

fn labelled(all: &[Named]) -> Vec<(Name, Facts)> {
    all.iter().map(|n| (n.name.clone(), vec![fact("label", &n.label)])).collect()
}

/// One of the lists of declared words.
type ListOf = fn(&Vocabulary) -> &[Named];

fn vocabulary(into: &mut Vec<Change>, old: &Vocabulary, new: &Vocabulary) {
    let plain: [(&str, ListOf); 5] = [
        ("condition", |v| &v.conditions),
        ("owner", |v| &v.owners),
        ("pool", |v| &v.pools),
        ("obligation", |v| &v.obligations),
        ("party kind", |v| &v.party_kinds),
    ];
    for (kind, of) in plain {
        things(into, kind, &labelled(of(old)), &labelled(of(new)));
    }
    things(into, "bin", &bins(old), &bins(new));
    things(into, "role", &roles(old), &roles(new));
    things(into, "calendar", &calendars(old), &calendars(new));
    things(into, "document", &papers(old), &papers(new));
    things(into, "rule", &rules(old), &rules(new));
    things(into, "event", &events(old), &events(new));
    let on_hand = |v: &Vocabulary| vec![fact("on hand counts", format!("{} in {}", joined(&v.on_hand_bins), joined(&v.on_hand_conditions)))];
    if !old.bins.is_empty() {
        facts(into, "", &on_hand(old), &on_hand(new));
    }
}

fn bins(v: &Vocabulary) -> Vec<(Name, Facts)> {
    let told = |b: &crate::model::Bin| {
        let kind = if b.outside {
            "outside"
        } else if b.clearing {
            "clearing"
        } else {
            ""
        };
        vec![fact("label", &b.named.label), fact("at", joined(&b.at)), fact("kind", kind)]
    };
    v.bins.iter().map(|(name, b)| (name.clone(), told(b))).collect()
}

fn roles(v: &Vocabulary) -> Vec<(Name, Facts)> {
    let at = |r: &crate::model::Role| r.at.as_ref().map(Name::to_string).unwrap_or_default();
    v.roles.iter().map(|(name, r)| (name.clone(), vec![fact("label", &r.named.label), fact("held at", at(r))])).collect()
}

fn calendars(v: &Vocabulary) -> Vec<(Name, Facts)> {
    let told = |c: &crate::base::Calendar| {
        let days: Vec<String> = c.weekdays.iter().map(|d| format!("{d:?}").to_lowercase()).collect();
        let holidays: Vec<String> = c.holidays.iter().map(ToString::to_string).collect();
        let hours = c.hours.as_ref().map(|h| format!("{} to {}", h.from.strftime("%H:%M"), h.to.strftime("%H:%M"))).unwrap_or_default();
        vec![fact("days", days.join(", ")), fact("hours", hours), fact("except", holidays.join(", "))]
    };
    v.calendars.iter().map(|(name, c)| (name.clone(), told(c))).collect()
}

fn papers(v: &Vocabulary) -> Vec<(Name, Facts)> {
    let told = |d: &crate::model::DocumentKind| {
        let reverse = d.reverse.as_ref().map(words::template).unwrap_or_default();
        vec![fact("label", &d.named.label), fact("number", words::template(&d.number)), fact("reverse", reverse)]
    };
    v.documents.iter().map(|(name, d)| (name.clone(), told(d))).collect()
}

fn rules(v: &Vocabulary) -> Vec<(Name, Facts)> {
    let told = |r: &crate::model::RuleSig| {
        let params: Vec<String> = r.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
        vec![fact("signature", format!("({}) -> {}", params.join(", "), r.answer))]
    };
    v.rules.iter().map(|(name, r)| (name.clone(), told(r))).collect()
}

fn events(v: &Vocabulary) -> Vec<(Name, Facts)> {
    let told = |e: &crate::model::EventKind| vec![fact("fields", e.fields.iter().map(|(n, t)| format!("{n}: {t}")).collect::<Vec<_>>().join(", "))];
    v.events.iter().map(|(name, e)| (name.clone(), told(e))).collect()
}

/// What a workflow says otherwise than before.
#[must_use]
pub fn compare_workflows(old: &Workflow, new: &Workflow) -> Vec<Change> {
    let mut changes = Vec::new();
    let own = |w: &Workflow| {
        let inbound = w.inbound.as_ref().map(|i| format!("to {} is {}", i.party, words::expr(&i.quantity))).unwrap_or_default();
        vec![fact("title", &w.title), fact("number", words::template(&w.number)), fact("inbound", inbound)]
    };
    for old_version in new.migrations.iter().filter(|m| m.from == old.version) {
        let lines = old_version.states.iter().map(|(from, to, keep)| format!("state {from} -> {to}{}", if *keep { " keep deadlines" } else { "" }));
        changes.push(Change::line(format!("migrate from {}", old_version.from), None, Some(lines.collect::<Vec<_>>().join(" · "))));
    }
    facts(&mut changes, "", &own(old), &own(new));
    things(&mut changes, "field", &fields(&old.fields), &fields(&new.fields));
    things(&mut changes, "line field", &fields(&old.line_fields), &fields(&new.line_fields));
    things(&mut changes, "state", &states(&old.states), &states(&new.states));
    for transition in &new.transitions {
        match old.transition(transition.name.as_str()) {
            None => changes.push(Change::line(format!("transition {}", transition.name), None, Some(head(transition)))),
            Some(was) => changes.extend(compare_transitions(was, transition)),
        }
    }
    for gone in old.transitions.iter().filter(|t| new.transition(t.name.as_str()).is_none()) {
        changes.push(Change::line(format!("transition {}", gone.name), Some(head(gone)), None));
    }
    changes
}

fn fields(all: &[Field]) -> Vec<(Name, Facts)> {
    let told = |f: &Field| {
        let ty = if f.kinds.is_empty() { f.ty.to_string() } else { joined(&f.kinds) };
        vec![fact("type", ty), fact("default", f.default.as_ref().map(ToString::to_string).unwrap_or_default()), fact("label", &f.label)]
    };
    all.iter().map(|f| (f.name.clone(), told(f))).collect()
}

fn states(all: &[State]) -> Vec<(Name, Facts)> {
    let told = |s: &State| {
        let deadline = s.deadline.as_ref().map(|d| {
            let notify = d.notify.as_ref().map(|n| format!(", else notify {n}")).unwrap_or_default();
            format!("within {}{notify}", words::patience(&d.within))
        });
        let kind = if s.initial {
            "initial"
        } else if s.is_final {
            "final"
        } else {
            ""
        };
        vec![fact("label", &s.label), fact("kind", kind), fact("deadline", deadline.unwrap_or_default())]
    };
    all.iter().map(|s| (s.name.clone(), told(s))).collect()
}

fn target(t: &Transition) -> String {
    match t.goal {
        Goal::States => t.to.iter().map(Name::as_str).collect::<Vec<_>>().join(" or "),
        Goal::Same => "the same state".to_owned(),
        Goal::Back => "back".to_owned(),
    }
}

fn triggers(t: &Transition) -> String {
    let said: Vec<String> = t
        .triggers
        .iter()
        .map(|trigger| match trigger {
            Trigger::After(duration, state) => format!("after {duration} in {state}"),
            Trigger::Moment(moment) => words::moment(moment),
            Trigger::AtOnce => "at once".to_owned(),
            Trigger::OnEvent(event) => format!("on event {event}"),
            Trigger::OnArrival(Arrival { party, bin, first_by }) => {
                let first = first_by.as_ref().map(|field| format!(" first by {field}")).unwrap_or_default();
                format!("on arrival in {party}.{bin}{first}")
            }
        })
        .collect();
    said.join(", ")
}

fn source(t: &Transition) -> String {
    if t.anywhere { "any state".to_owned() } else { t.from.iter().map(Name::as_str).collect::<Vec<_>>().join(" or ") }
}

fn head(t: &Transition) -> String {
    let by = if t.by.is_empty() { String::new() } else { format!(" by {}", joined(&t.by)) };
    format!("{} -> {}{by}", source(t), target(t)).trim_start().to_owned()
}

fn compare_transitions(old: &Transition, new: &Transition) -> Option<Change> {
    let told = |t: &Transition| {
        vec![
            fact("from", source(t)),
            fact("to", target(t)),
            fact("roles", joined(&t.by)),
            fact("not by whoever did", joined(&t.not_by)),
            fact("after approval by", t.approval.as_ref().map(Name::to_string).unwrap_or_default()),
            fact("fired by itself", triggers(t)),
        ]
    };
    let mut within = Vec::new();
    facts(&mut within, "", &told(old), &told(new));
    clauses::compare(&mut within, &old.body, &new.body);
    (!within.is_empty()).then(|| Change { how: How::Changed, what: format!("transition {}", new.name), old: None, new: None, within })
}
