//! Who stands beside whom: each layer gets its boxes, the labels, and a bend for every link that passes through, in an order with few crossings.
//!
//! Must not know where exactly they stand. Tests: `tests.rs`.
#![expect(clippy::indexing_slicing, reason = "boxes, links and vertices are named by their index")]

use super::rank::Ranks;
use super::{Graph, Size};

/// From a line to the text beside it.
pub const LABEL_GAP: i32 = 7;
/// The room around a line.
const LINE_ROOM: i32 = 5;
/// The room beside a box and behind a label.
const BOX_ROOM: i32 = 14;
const LABEL_ROOM: i32 = 9;
/// A label that would stand a layer further from where its link leaves costs as much as so many pixels.
const FAR: i32 = 70;
/// Orders that are tried.
const TRIES: u64 = 10;
const SWEEPS: usize = 14;
/// Orders of equally few crossings that are laid out.
const KEPT: usize = 6;

/// What stands on a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Box(usize),
    Label(usize),
    Bend,
}

/// One thing on one layer. Everything has an axis: the middle of a box, the line of a link.
#[derive(Debug, Clone)]
pub struct Vertex {
    pub what: What,
    pub layer: usize,
    /// How far it reaches from its axis.
    pub left: i32,
    pub right: i32,
    pub height: i32,
}

/// The layers, and what runs through them.
#[derive(Debug, Clone)]
pub struct Layers {
    /// Boxes first, by their index.
    pub vertices: Vec<Vertex>,
    /// Per layer its vertices from left to right.
    pub rows: Vec<Vec<usize>>,
    /// Per link its vertices from the upper box to the lower.
    pub chains: Vec<Vec<usize>>,
}

/// Makes the layers, in some of the orders with the fewest crossings that were found.
pub fn order(graph: &Graph, ranks: &Ranks) -> Vec<Layers> {
    let layers = layers(graph, ranks);
    let sorter = Sorter::new(&layers);
    let mut best = vec![layers.rows.clone()];
    let mut least = sorter.crossings(&layers.rows);
    for seed in 0..TRIES {
        let mut rows = layers.rows.clone();
        shuffle(&mut rows, seed);
        for sweep in 0..SWEEPS {
            sorter.sweep(&mut rows, sweep % 2 == 0);
            sorter.swap_neighbours(&mut rows);
            let crossings = sorter.crossings(&rows);
            if crossings < least {
                (best, least) = (Vec::new(), crossings);
            }
            if crossings == least && best.len() < KEPT && !best.contains(&rows) {
                best.push(rows.clone());
            }
        }
    }
    best.into_iter().map(|rows| Layers { rows, ..layers.clone() }).collect()
}

fn layers(graph: &Graph, ranks: &Ranks) -> Layers {
    let boxed = |(index, size): (usize, &Size)| {
        let half = size.width / 2 + BOX_ROOM;
        Vertex { what: What::Box(index), layer: ranks.of[index], left: half, right: half, height: size.height }
    };
    let mut vertices: Vec<Vertex> = graph.boxes.iter().enumerate().map(boxed).collect();
    let mut chains = Vec::new();
    let where_labels = label_layers(graph, ranks);
    for (link, labelled) in where_labels.iter().enumerate() {
        let (upper, lower) = ranks.ends(graph, link);
        let mut chain = vec![upper];
        for layer in ranks.of[upper] + 1..ranks.of[lower] {
            chain.push(vertices.len());
            let size = graph.links[link].label;
            vertices.push(if layer == *labelled && size.width > 0 {
                Vertex { what: What::Label(link), layer, left: LINE_ROOM, right: LABEL_GAP + size.width + LABEL_ROOM, height: size.height }
            } else {
                Vertex { what: What::Bend, layer, left: LINE_ROOM, right: LINE_ROOM, height: 0 }
            });
        }
        chain.push(lower);
        chains.push(chain);
    }
    let count = vertices.iter().map(|v| v.layer + 1).max().unwrap_or(0);
    let mut rows = vec![Vec::new(); count];
    vertices.iter().enumerate().for_each(|(index, vertex)| rows[vertex.layer].push(index));
    Layers { vertices, rows, chains }
}

/// Per link the layer of its label: close to where it leaves, unless that layer is crowded already.
fn label_layers(graph: &Graph, ranks: &Ranks) -> Vec<usize> {
    let count = ranks.of.iter().max().map_or(0, |most| most + 1);
    let mut taken = vec![Size::default(); count];
    let mut chosen = vec![0; graph.links.len()];
    let span = |link: &usize| {
        let (upper, lower) = ranks.ends(graph, *link);
        ranks.of[lower] - ranks.of[upper]
    };
    let mut links: Vec<usize> = (0..graph.links.len()).collect();
    links.sort_by_key(span);
    for link in links {
        let (upper, lower) = ranks.ends(graph, link);
        let size = graph.links[link].label;
        let far = |layer: usize| (if ranks.reversed[link] { ranks.of[lower] - layer } else { layer - ranks.of[upper] }) / 2;
        let cost = |layer: &usize| {
            let higher = (size.height - taken[*layer].height).max(0);
            taken[*layer].width + FAR * i32::try_from(far(*layer)).unwrap_or(0) + higher
        };
        let layer = (ranks.of[upper] + 1..ranks.of[lower]).step_by(2).min_by_key(cost).unwrap_or(0);
        chosen[link] = layer;
        taken[layer].width += size.width + LABEL_GAP + LABEL_ROOM;
        taken[layer].height = taken[layer].height.max(size.height);
    }
    chosen
}

/// Another order to begin with, the same one for the same seed; the first is the given one.
fn shuffle(rows: &mut [Vec<usize>], seed: u64) {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 40).unwrap_or(0)
    };
    for row in rows.iter_mut().filter(|_| seed > 0) {
        for at in (1..row.len()).rev() {
            row.swap(at, next() % (at + 1));
        }
    }
}

/// Sorts rows by their neighbours above and below.
struct Sorter {
    /// Per vertex: the neighbours above and below, with how much a crossing there hurts.
    above: Vec<Vec<(usize, usize)>>,
    below: Vec<Vec<(usize, usize)>>,
}

impl Sorter {
    fn new(layers: &Layers) -> Self {
        let count = layers.vertices.len();
        let mut sorter = Self { above: vec![Vec::new(); count], below: vec![Vec::new(); count] };
        let boxed = |vertex: usize| matches!(layers.vertices[vertex].what, What::Box(_));
        for pair in layers.chains.iter().flat_map(|chain| chain.windows(2)) {
            let (upper, lower) = (pair[0], pair[1]);
            // Lines cross best next to a box, where they bend anyway: elsewhere they stay straight.
            let hurts = if boxed(upper) || boxed(lower) { 1 } else { 5 };
            sorter.below[upper].push((lower, hurts));
            sorter.above[lower].push((upper, hurts));
        }
        sorter
    }

    fn crossings(&self, rows: &[Vec<usize>]) -> usize {
        let place = self.places(rows);
        rows.iter().map(|row| self.crossings_below(row, &place)).sum()
    }

    fn places(&self, rows: &[Vec<usize>]) -> Vec<usize> {
        let mut place = vec![0; self.above.len()];
        rows.iter().for_each(|row| row.iter().enumerate().for_each(|(at, vertex)| place[*vertex] = at));
        place
    }

    fn crossings_below(&self, row: &[usize], place: &[usize]) -> usize {
        let mut sum = 0;
        for (at, left) in row.iter().enumerate() {
            for right in &row[at + 1..] {
                sum += pair_cost(&self.below[*left], &self.below[*right], place);
            }
        }
        sum
    }

    /// Sorts every row by the mean place of the neighbours in the row before it.
    fn sweep(&self, rows: &mut [Vec<usize>], down: bool) {
        let count = rows.len();
        let mut place = self.places(rows);
        for step in 0..count {
            let at = if down { step } else { count - 1 - step };
            let near = if down { &self.above } else { &self.below };
            let mean = |vertex: &usize| match near[*vertex].as_slice() {
                [] => place[*vertex] * 1000,
                some => some.iter().map(|(n, _)| place[*n] * 1000).sum::<usize>() / some.len(),
            };
            rows[at].sort_by_key(mean);
            rows[at].iter().enumerate().for_each(|(at, vertex)| place[*vertex] = at);
        }
    }

    /// Swaps neighbours as long as that takes crossings away.
    fn swap_neighbours(&self, rows: &mut [Vec<usize>]) {
        let mut place = self.places(rows);
        let mut better = true;
        while better {
            better = false;
            for row in rows.iter_mut() {
                for at in 1..row.len() {
                    let (left, right) = (row[at - 1], row[at]);
                    let cost = |a: usize, b: usize| pair_cost(&self.below[a], &self.below[b], &place) + pair_cost(&self.above[a], &self.above[b], &place);
                    if cost(right, left) < cost(left, right) {
                        row.swap(at - 1, at);
                        (place[left], place[right]) = (at, at - 1);
                        better = true;
                    }
                }
            }
        }
    }
}

/// What the crossings between the lines of two neighbours cost, the first standing left.
fn pair_cost(left: &[(usize, usize)], right: &[(usize, usize)], place: &[usize]) -> usize {
    let mut sum = 0;
    for (one, a) in left {
        sum += right.iter().filter(|(other, _)| place[*one] > place[*other]).map(|(_, b)| a * b).sum::<usize>();
    }
    sum
}
