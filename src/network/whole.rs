//! What rows mean together: nothing twice, no chain that comes back to where it began.
//!
//! Must not know files. Tests: below, and the spoiled network of `tests.rs`.

use std::collections::BTreeMap;

use crate::base::{Bu, Diagnostic};
use crate::domain::{Party, Supersession};

use super::row::Read;

/// Says it where the same key stands in a second row; `column` is where the key stands.
pub(super) fn once<T, K: Ord>(rows: &[Read<'_, T>], column: &str, key: impl Fn(&T) -> K, name: impl Fn(&T) -> String, out: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<K, &Read<'_, T>> = BTreeMap::new();
    for read in rows {
        match first.entry(key(&read.value)) {
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(read);
            }
            std::collections::btree_map::Entry::Occupied(place) => {
                let said = Diagnostic::error("duplicate-row", read.row.place(column), format!("{} stands twice", name(&read.value)));
                out.push(said.also(place.get().row.place(column), "first here").help("keep one of the two rows"));
            }
        }
    }
}

/// Says it where a part would, step by step, supersede itself. Parts that stand for each other in both ways count as one.
pub(super) fn supersession_cycles(rows: &[Read<'_, Supersession>], out: &mut Vec<Diagnostic>) {
    let mut one: BTreeMap<(Bu, String), String> = BTreeMap::new();
    for s in rows.iter().map(|r| &r.value).filter(|s| s.both_ways && s.old != s.new) {
        let (a, b) = (root(&one, &s.bu, s.old.as_str()), root(&one, &s.bu, s.new.as_str()));
        if a != b {
            one.insert((s.bu.clone(), a), b);
        }
    }
    let edges = rows.iter().filter(|r| !r.value.both_ways || r.value.old == r.value.new);
    let edges = edges.map(|r| Edge {
        from: (r.value.bu.clone(), root(&one, &r.value.bu, r.value.old.as_str())),
        to: (r.value.bu.clone(), root(&one, &r.value.bu, r.value.new.as_str())),
        written: (r.value.old.to_string(), r.value.new.to_string()),
        of: r,
    });
    for cycle in cycles(edges.collect()) {
        say_cycle("supersession-cycle", "new", ["supersede", "by"], "leave out one step, or make it `both_ways: yes`", &cycle, out);
    }
}

fn root(one: &BTreeMap<(Bu, String), String>, bu: &Bu, code: &str) -> String {
    let mut at = code.to_owned();
    while let Some(next) = one.get(&(bu.clone(), at.clone())) {
        at.clone_from(next);
    }
    at
}

/// Says it where a party would, step by step, belong to itself.
pub(super) fn parent_cycles(rows: &[Read<'_, Party>], out: &mut Vec<Diagnostic>) {
    let edges = rows.iter().filter_map(|r| {
        let (bu, parent) = (r.value.bu.clone(), r.value.parent.as_ref()?.to_string());
        let written = (r.value.code.to_string(), parent.clone());
        Some(Edge { from: (bu.clone(), written.0.clone()), to: (bu, parent), written, of: r })
    });
    for cycle in cycles(edges.collect()) {
        say_cycle("parent-cycle", "parent", ["belong to", "to"], "leave out one `parent`", &cycle, out);
    }
}

/// Says it where two business units use one GST registration: each numbers its challans by itself, so numbers would repeat.
pub(super) fn one_registration(rows: &[Read<'_, Party>], out: &mut Vec<Diagnostic>) {
    let mut first: BTreeMap<&str, &Read<'_, Party>> = BTreeMap::new();
    for read in rows.iter().filter(|r| !r.value.gstin.is_empty()) {
        let known = *first.entry(&read.value.gstin).or_insert(read);
        if known.value.bu != read.value.bu {
            let title = format!("business units `{}` and `{}` share a GSTIN, and each numbers its challans by itself", known.value.bu, read.value.bu);
            let said = Diagnostic::warning("shared-registration", read.row.place("gstin"), title).also(known.row.place("gstin"), "first here");
            out.push(said.help("a number may stand only once for a GSTIN in a financial year: register each business unit, or keep them in one"));
        }
    }
}

fn say_cycle<T>(code: &'static str, column: &str, [verb, joint]: [&str; 2], help: &str, cycle: &[Edge<'_, T>], out: &mut Vec<Diagnostic>) {
    let steps = cycle.iter().map(|e| format!("`{}` {joint} `{}`", e.written.0, e.written.1)).collect::<Vec<_>>().join(", ");
    let title = match cycle {
        [alone] => format!("`{}` would {verb} itself", alone.written.0),
        _ => format!("these {verb} each other in a ring: {steps}"),
    };
    let mut places = cycle.iter().map(|e| e.of.row.place(column));
    if let Some(first) = places.next() {
        let said = Diagnostic::error(code, first, title).help(help);
        out.push(places.fold(said, |said, place| said.also(place, "and here")));
    }
}

type Node = (Bu, String);

struct Edge<'a, T> {
    from: Node,
    to: Node,
    written: (String, String),
    of: &'a Read<'a, T>,
}

impl<T> Clone for Edge<'_, T> {
    fn clone(&self) -> Self {
        Self { from: self.from.clone(), to: self.to.clone(), written: self.written.clone(), of: self.of }
    }
}

/// Each ring once: edges are added one by one, and one that closes a ring is reported with its way back and then left out.
fn cycles<'a, T>(edges: Vec<Edge<'a, T>>) -> Vec<Vec<Edge<'a, T>>> {
    let mut from: BTreeMap<Node, Vec<Edge<'a, T>>> = BTreeMap::new();
    let mut found = Vec::new();
    for edge in edges {
        match way(&from, &edge.to, &edge.from) {
            Some(mut ring) => {
                ring.push(edge);
                found.push(ring);
            }
            None => from.entry(edge.from.clone()).or_default().push(edge),
        }
    }
    found
}

/// A way from one node to another over edges that close no ring; empty where they are the same.
fn way<'a, T>(from: &BTreeMap<Node, Vec<Edge<'a, T>>>, start: &Node, goal: &Node) -> Option<Vec<Edge<'a, T>>> {
    let mut ways: Vec<(Node, Vec<Edge<'a, T>>)> = vec![(start.clone(), Vec::new())];
    let mut seen = std::collections::BTreeSet::from([start.clone()]);
    while let Some((node, way)) = ways.pop() {
        if node == *goal {
            return Some(way);
        }
        for edge in from.get(&node).into_iter().flatten() {
            if seen.insert(edge.to.clone()) {
                let mut longer = way.clone();
                longer.push(edge.clone());
                ways.push((edge.to.clone(), longer));
            }
        }
    }
    None
}
