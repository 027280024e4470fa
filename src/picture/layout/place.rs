//! How far right everything stands: lines straight, boxes in the middle of their links, nothing closer than it may be.
//!
//! Must not know how far down. Tests: `tests.rs`.
#![expect(clippy::indexing_slicing, reason = "boxes, links and vertices are named by their index")]

use super::Graph;
use super::order::{Layers, What};
use super::simplex::{self, Edge};

/// Between two lines that leave one box, and between two level lines.
pub const APART: i32 = 10;
/// No line leaves or enters a box closer than this to its corner.
pub const CORNER: i32 = 12;
/// A bend inside a link, a link that does not meet its box straight, and one that does not meet its middle.
const BEND: i32 = 8;
const BESIDE: i32 = 5;
const OFF_MIDDLE: i32 = 1;

/// Per vertex its axis.
pub fn place(graph: &Graph, layers: &Layers) -> Vec<i32> {
    let mut whole = vec![true; graph.links.len()];
    // Links of which each is left of the next somewhere, in a circle, cannot all be straight: they are let go until the rest can be.
    loop {
        let placer = Placer::new(graph, layers, &whole);
        match simplex::solve(placer.count, &placer.edges) {
            Some(at) => return placer.variable.iter().map(|v| at[*v]).collect(),
            None => match whole.iter().rposition(|w| *w) {
                Some(last) => whole[last] = false,
                None => return vec![0; layers.vertices.len()],
            },
        }
    }
}

struct Placer {
    /// Per vertex the number that stands for its axis; the vertices inside a straight link share one.
    variable: Vec<usize>,
    count: usize,
    edges: Vec<Edge>,
}

impl Placer {
    fn new(graph: &Graph, layers: &Layers, whole: &[bool]) -> Self {
        let mut placer = Self { variable: (0..layers.vertices.len()).collect(), count: layers.vertices.len(), edges: Vec::new() };
        for (chain, _) in layers.chains.iter().zip(whole).filter(|(_, whole)| **whole) {
            if let Some(inside) = chain.get(1..chain.len() - 1) {
                inside.iter().for_each(|vertex| placer.variable[*vertex] = inside[0]);
            }
        }
        placer.number();
        for pair in layers.rows.iter().flat_map(|row| row.windows(2)) {
            let (left, right) = (&layers.vertices[pair[0]], &layers.vertices[pair[1]]);
            placer.apart(placer.variable[pair[0]], placer.variable[pair[1]], left.right + right.left);
        }
        for (link, chain) in layers.chains.iter().enumerate() {
            for pair in chain.windows(2) {
                placer.join(layers, pair, graph.links[link].weight);
            }
        }
        for (index, size) in graph.boxes.iter().enumerate() {
            for side in [ends(layers, index, true), ends(layers, index, false)] {
                placer.meet(graph, layers, index, size.width, &side);
            }
        }
        placer
    }

    /// Numbers the variables without holes.
    fn number(&mut self) {
        let mut numbers = vec![usize::MAX; self.variable.len()];
        let mut next = 0;
        for variable in &mut self.variable {
            if numbers[*variable] == usize::MAX {
                numbers[*variable] = next;
                next += 1;
            }
            *variable = numbers[*variable];
        }
        self.count = next;
    }

    fn apart(&mut self, left: usize, right: usize, distance: i32) {
        self.edges.push(Edge { tail: left, head: right, min: distance, weight: 0 });
    }

    /// What it costs when two vertices that follow each other in a link do not stand on one axis.
    fn join(&mut self, layers: &Layers, pair: &[usize], weight: i32) {
        let (a, b) = (self.variable[pair[0]], self.variable[pair[1]]);
        let boxed = pair.iter().any(|v| matches!(layers.vertices[*v].what, What::Box(_)));
        if a != b {
            self.near(a, b, if boxed { OFF_MIDDLE } else { BEND } * weight);
        }
    }

    /// What it costs when the lines of one side of a box do not meet it straight, each in its turn.
    fn meet(&mut self, graph: &Graph, layers: &Layers, index: usize, width: i32, side: &[(usize, usize)]) {
        let reach = (width / 2 - CORNER).max(0);
        let boxed = self.variable[index];
        let count = i32::try_from(side.len()).unwrap_or(0);
        for ((link, beside), before) in side.iter().zip(0..) {
            let line = self.variable[*beside];
            let weight = BESIDE * graph.links[*link].weight;
            // Two boxes that are joined without a bend would have their middles counted twice.
            if !matches!(layers.vertices[*beside].what, What::Box(_)) {
                self.not_beyond(boxed, line, reach - APART * (count - 1 - before), weight);
                self.not_beyond(line, boxed, reach - APART * before, weight);
            }
        }
    }

    /// Costs the distance between both.
    fn near(&mut self, a: usize, b: usize, weight: i32) {
        let least = self.fresh();
        self.edges.push(Edge { tail: least, head: a, min: 0, weight });
        self.edges.push(Edge { tail: least, head: b, min: 0, weight });
    }

    /// Costs what `b` is further right of `a` than is free.
    fn not_beyond(&mut self, a: usize, b: usize, free: i32, weight: i32) {
        let bound = self.fresh();
        self.edges.push(Edge { tail: a, head: bound, min: 0, weight });
        self.edges.push(Edge { tail: b, head: bound, min: -free, weight: 0 });
    }

    fn fresh(&mut self) -> usize {
        self.count += 1;
        self.count - 1
    }
}

/// The links that leave the lower side of a box, or enter the upper one, from left to right; each with the vertex next to the box.
pub fn ends(layers: &Layers, index: usize, lower: bool) -> Vec<(usize, usize)> {
    let end = |chain: &Vec<usize>| if lower { (chain[0], chain[1]) } else { (chain[chain.len() - 1], chain[chain.len() - 2]) };
    let mine = layers.chains.iter().enumerate().filter(|(_, chain)| end(chain).0 == index);
    let mut found: Vec<(usize, usize)> = mine.map(|(link, chain)| (link, end(chain).1)).collect();
    found.sort_by_key(|(_, vertex)| layers.rows[layers.vertices[*vertex].layer].iter().position(|v| v == vertex));
    found
}
