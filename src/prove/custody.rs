//! Who could take a part from its receipt to the outside alone, or with one other: the engine plays every workflow, and
//! what each document does to a part, and which roles it takes, is put together to the shortest ways out.
//!
//! Must not know how it is shown. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::Name;
use crate::domain::Position;
use crate::model::Book;
use crate::rules::Rules;
use crate::store::{MoveFilter, MoveRecord, PaperFilter};

use super::explore::{Explorer, Limits, Node};
use super::ground::{ExploreError, Ground};
use super::stage::{self, Size};
use super::world::{Act, Deed, World};

/// Situations of each workflow that are looked at.
const STATES: usize = 250;
/// Roles that may act together.
const TOGETHER: usize = 2;
/// Documents in a row.
const DOCUMENTS: usize = 4;

/// A way of a part from its receipt to the outside.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Way {
    /// Whether it is the way of parts whose serial numbers are read.
    pub serial: bool,
    /// The roles that take part.
    pub who: Vec<String>,
    /// What it does without.
    pub without: Vec<String>,
    /// What they do, in order.
    pub story: String,
    /// The outside bin in which the part ends.
    pub ends_in: String,
}

/// What one document does to a part.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Hop {
    steps: usize,
    from: String,
    to: String,
    roles: BTreeSet<String>,
    story: String,
}

/// Where a part comes into the world.
const RECEIPT: &str = "receipt";

/// The shortest way out for every one or two roles that have one without a paper: of parts without serial numbers, then of
/// those whose numbers are read at each step.
#[must_use]
pub fn custody(book: &Arc<Book>, rules: &Arc<Rules>) -> Vec<Way> {
    let ground = Ground::new(Arc::clone(book), Arc::clone(rules));
    [false, true].into_iter().flat_map(|serial| ways(book, shortest(of_book(&ground, serial)), serial)).collect()
}

fn of_book(ground: &Ground, serial: bool) -> Vec<Hop> {
    let names: Vec<Name> = ground.book.workflows.keys().cloned().collect();
    std::thread::scope(|scope| {
        let half = names.len().div_ceil(2).max(1);
        let workers: Vec<_> =
            names.chunks(half).map(|some| scope.spawn(move || some.iter().flat_map(|n| hops(ground, n, serial)).collect::<Vec<Hop>>())).collect();
        workers.into_iter().flat_map(|w| w.join().unwrap_or_else(|_| Vec::new())).collect()
    })
}

/// Of hops between the same places by the same roles, the shortest.
fn shortest(hops: Vec<Hop>) -> Vec<Hop> {
    let mut best: BTreeMap<(String, String, BTreeSet<String>), Hop> = BTreeMap::new();
    for hop in hops {
        let key = (hop.from.clone(), hop.to.clone(), hop.roles.clone());
        match best.get(&key) {
            Some(known) if *known <= hop => {}
            _ => {
                best.insert(key, hop);
            }
        }
    }
    best.into_values().collect()
}

fn hops(ground: &Ground, workflow: &Name, serial: bool) -> Vec<Hop> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let found = runtime.map(|runtime| runtime.block_on(of_workflow(ground, workflow, serial)));
    found.ok().and_then(Result::ok).unwrap_or_default()
}

async fn of_workflow(ground: &Ground, workflow: &Name, serial: bool) -> Result<Vec<Hop>, ExploreError> {
    let size = Size { lines: 1, quantity: 1, shelf: 2, serial };
    let starts = ground.starts(workflow, size).await?;
    let mut explorer = Explorer::new(ground, size, Limits { states: STATES, imagine: false }, starts);
    explorer.keeps = true;
    explorer.run(workflow, &mut |_| true).await?;
    let mut hops = Vec::new();
    for (at, node) in explorer.nodes.iter().enumerate() {
        if let Some(world) = &node.world {
            hops.extend(of_situation(world, node, &explorer.path(at)).await?);
        }
    }
    Ok(shortest(hops))
}

/// What has become of each part that was moved, where no paper was written.
async fn of_situation(world: &World, node: &Node, path: &[Deed]) -> Result<Vec<Hop>, ExploreError> {
    let store = world.store();
    let papers = store.papers(&PaperFilter::new(World::bu())).await.map_err(crate::engine::EngineError::from)?;
    let roles = roles(path);
    if !papers.is_empty() || roles.len() > TOGETHER || roles.is_empty() {
        return Ok(Vec::new());
    }
    let moves = store.moves(&MoveFilter::new(World::bu())).await.map_err(crate::engine::EngineError::from)?;
    let mut chains: BTreeMap<&str, (&MoveRecord, &MoveRecord)> = BTreeMap::new();
    for m in moves.iter().filter(|m| !m.doc.as_str().starts_with("GIVEN")) {
        // A unit stays the same under another lot.
        let itself = m.movement.serial.as_ref().map_or_else(|| m.movement.lot.as_str(), |s| s.as_str());
        chains.entry(itself).and_modify(|(_, last)| *last = m).or_insert((m, m));
    }
    let mut hops = Vec::new();
    for (first, last) in chains.into_values() {
        if last.movement.to.holder.is_some() {
            continue;
        }
        let from = if first.movement.from.party.is_none() { RECEIPT.to_owned() } else { place(&first.movement.from) };
        hops.push(Hop { steps: node.depth, from, to: place(&last.movement.to), roles: roles.clone(), story: told(path) });
    }
    Ok(hops)
}

/// A place without saying at whom: `asp.available`.
fn place(at: &Position) -> String {
    at.party.as_ref().map_or_else(|| at.bin.to_string(), |p| format!("{}.{}", stage::kind_of(p.as_str()), at.bin))
}

fn roles(path: &[Deed]) -> BTreeSet<String> {
    let acting = path.iter().filter_map(|d| match &d.act {
        Act::Open { actor, .. } | Act::Fire { actor, .. } => Some(actor),
        Act::Wait(_) => None,
    });
    // Two people in one role are two people.
    acting.filter(|a| a.role != "system").map(|a| a.person.clone().unwrap_or_else(|| a.role.to_string())).collect()
}

fn told(path: &[Deed]) -> String {
    let step = |d: &Deed| match &d.act {
        Act::Open { workflow, actor, .. } => format!("{} opens {workflow}", actor.role),
        Act::Fire { transition, actor, .. } => format!("{} fires {transition}", actor.role),
        Act::Wait(_) => "time passes".to_owned(),
    };
    path.iter().map(step).collect::<Vec<_>>().join(" · ")
}

/// Puts hops together, from the receipt to an outside bin.
fn ways(book: &Book, hops: Vec<Hop>, serial: bool) -> Vec<Way> {
    let outside = |to: &str| book.vocabulary.bins.get(to).is_some_and(|b| b.outside);
    let mut best: BTreeMap<BTreeSet<String>, (usize, Way)> = BTreeMap::new();
    let mut known: BTreeSet<(String, BTreeSet<String>)> = BTreeSet::new();
    let mut reached: Vec<Hop> = hops.iter().filter(|h| h.from == RECEIPT).cloned().collect();
    for _ in 0..DOCUMENTS {
        reached.sort();
        let mut further = Vec::new();
        for hop in reached {
            if !known.insert((hop.to.clone(), hop.roles.clone())) {
                continue;
            }
            if outside(&hop.to) {
                let who: Vec<String> = hop.roles.iter().cloned().collect();
                let mut without = vec!["a paper".to_owned()];
                without.extend((!serial).then(|| "a serial number".to_owned()));
                if who.len() == 1 {
                    without.push("a second person".to_owned());
                }
                let way = Way { serial, who, without, story: hop.story.clone(), ends_in: hop.to.clone() };
                let known = best.get(&hop.roles).is_some_and(|(steps, _)| *steps <= hop.steps);
                if !known {
                    best.insert(hop.roles.clone(), (hop.steps, way));
                }
                continue;
            }
            further.extend(hops.iter().filter(|next| next.from == hop.to).filter_map(|next| joined(&hop, next)));
        }
        reached = further;
    }
    // Two do what one of them can do alone: that is told once.
    let alone: BTreeSet<String> = best.keys().filter(|r| r.len() == 1).flatten().cloned().collect();
    let mut ways: Vec<Way> = best.into_iter().filter(|(roles, _)| roles.len() == 1 || roles.is_disjoint(&alone)).map(|(_, (_, way))| way).collect();
    ways.sort_by_key(|w| (w.who.len(), w.story.len(), w.who.clone()));
    ways
}

fn joined(first: &Hop, next: &Hop) -> Option<Hop> {
    let roles: BTreeSet<String> = first.roles.union(&next.roles).cloned().collect();
    (roles.len() <= TOGETHER).then(|| Hop {
        steps: first.steps + next.steps,
        from: first.from.clone(),
        to: next.to.clone(),
        roles,
        story: format!("{} · {}", first.story, next.story),
    })
}
