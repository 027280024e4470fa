//! What the body of a transition says otherwise: clauses that are new, gone or other.
//!
//! Pure. Tests: `tests.rs`.

use crate::model::{Clause, ClauseKind};

use super::books::Change;
use super::words;

/// A clause in words, what kind it is, and in which `each line` it stands.
struct Said {
    kind: &'static str,
    text: String,
    within: String,
}

fn flat(body: &[Clause]) -> Vec<Said> {
    let mut all = Vec::new();
    for clause in body {
        let text = words::clause(clause);
        if let ClauseKind::EachLine(each) = &clause.kind {
            all.extend(each.body.iter().map(|inner| Said { kind: words::kind(inner), text: words::clause(inner), within: text.clone() }));
        } else {
            all.push(Said { kind: words::kind(clause), text, within: String::new() });
        }
    }
    all
}

/// Which clauses are new, gone or other: a clause that is gone and one of its kind that is new, in the same place, are one that changed.
pub fn compare(into: &mut Vec<Change>, old: &[Clause], new: &[Clause]) {
    let (old, new) = (&flat(old), &flat(new));
    let same = |a: &Said, b: &Said| a.text == b.text && a.within == b.within;
    let mut left: Vec<&Said> = new.iter().collect();
    let mut gone: Vec<&Said> = Vec::new();
    for said in old {
        match left.iter().position(|n| same(said, n)) {
            Some(place) => drop(left.remove(place)),
            None => gone.push(said),
        }
    }
    if gone.is_empty() && left.is_empty() {
        if old.iter().zip(new).any(|(a, b)| !same(a, b)) {
            into.push(Change::line("order of the clauses", Some(listed(old)), Some(listed(new))));
        }
        return;
    }
    for said in gone {
        let twin = closest(said, &left);
        let now = twin.map(|place| left.remove(place));
        into.push(Change::line(label(said), Some(said.text.clone()), now.map(|n| n.text.clone())));
    }
    into.extend(left.into_iter().map(|said| Change::line(label(said), None, Some(said.text.clone()))));
}

fn listed(all: &[Said]) -> String {
    all.iter().map(|s| s.text.as_str()).collect::<Vec<_>>().join(" · ")
}

fn label(said: &Said) -> String {
    if said.within.is_empty() { said.kind.to_owned() } else { format!("{}, {}", said.kind, said.within) }
}

/// The clause of the same kind that shares the most words, where there is any of that kind.
fn closest(said: &Said, left: &[&Said]) -> Option<usize> {
    let shared = |other: &Said| said.text.split_whitespace().filter(|word| other.text.split_whitespace().any(|w| w == *word)).count();
    let of_kind = left.iter().enumerate().filter(|(_, other)| other.kind == said.kind && 2 * shared(other) >= said.text.split_whitespace().count());
    of_kind.max_by_key(|(place, other)| (shared(other), usize::MAX - place)).map(|(place, _)| place)
}
