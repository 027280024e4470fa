//! Which box stands on which layer: links that would close a circle are turned around, then all are made as short as they can be.
//!
//! Must not know widths. Tests: `tests.rs`.
#![expect(clippy::indexing_slicing, reason = "boxes and links are named by their index")]

use super::Graph;
use super::simplex::{self, Edge};

/// The layers of a graph.
pub struct Ranks {
    /// Per box its layer: even numbers. The odd ones between them hold labels.
    pub of: Vec<usize>,
    /// Per link: it arrives above where it leaves, and is laid out the other way round.
    pub reversed: Vec<bool>,
}

impl Ranks {
    /// The upper and the lower box of a link.
    pub fn ends(&self, graph: &Graph, link: usize) -> (usize, usize) {
        let one = &graph.links[link];
        if self.reversed[link] { (one.to, one.from) } else { (one.from, one.to) }
    }
}

/// Finds the layers.
pub fn rank(graph: &Graph) -> Ranks {
    let mut ranks = Ranks { of: vec![0; graph.boxes.len()], reversed: closing(graph) };
    let edge = |link: usize| {
        let (tail, head) = ranks.ends(graph, link);
        Edge { tail, head, min: 1, weight: graph.links[link].weight }
    };
    let edges: Vec<Edge> = (0..graph.links.len()).map(edge).collect();
    let at = simplex::solve(graph.boxes.len(), &edges).unwrap_or_default();
    let least = at.iter().min().copied().unwrap_or(0);
    ranks.of = at.iter().map(|rank| usize::try_from(rank - least).unwrap_or(0) * 2).collect();
    ranks
}

/// Whether each link closes a circle: of the boxes that can reach each other, it leads to the one that is closer to the start, or, as close,
/// that comes first. Nothing else is turned around.
fn closing(graph: &Graph) -> Vec<bool> {
    let reached: Vec<Vec<Option<usize>>> = (0..graph.boxes.len()).map(|from| distances(graph, from)).collect();
    let entered = |index: usize| graph.links.iter().any(|l| l.to == index);
    let starts: Vec<usize> = (0..graph.boxes.len()).filter(|index| !entered(*index)).collect();
    let first = starts.first().copied().unwrap_or(0);
    let place = |index: usize| (reached[first][index].unwrap_or(usize::MAX), index);
    graph.links.iter().map(|l| reached[l.to][l.from].is_some() && place(l.from) > place(l.to)).collect()
}

/// Per box how many links lead there, where any do.
fn distances(graph: &Graph, from: usize) -> Vec<Option<usize>> {
    let mut found = vec![None; graph.boxes.len()];
    let mut front = vec![from];
    let mut steps = 0;
    while !front.is_empty() {
        front.iter().for_each(|index| found[*index] = Some(steps));
        let mut next: Vec<usize> = graph.links.iter().filter(|l| front.contains(&l.from) && found[l.to].is_none()).map(|l| l.to).collect();
        next.sort_unstable();
        next.dedup();
        front = next;
        steps += 1;
    }
    found
}
