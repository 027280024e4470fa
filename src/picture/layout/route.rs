//! How far down everything stands, and the way of each link: down from its box, level in a track between two layers, down to the next.
//!
//! Tracks are given out so that few lines cross and none lie upon each other. Must not know what is drawn. Tests: `tests.rs`.
#![expect(clippy::indexing_slicing, reason = "boxes, links and vertices are named by their index")]

use super::order::{LABEL_GAP, Layers, What};
use super::place::{APART, ends};
use super::rank::Ranks;
use super::{Graph, Layout, Point, Rect, Route, Size};

/// From a box to the first level line: an arrowhead must fit. And from a label.
const AT_BOX: i32 = 15;
const AT_LABEL: i32 = 5;
/// A line that cannot meet its box where it should may come this close to a corner, rather than bend.
const CORNER: i32 = 9;

/// The stretch of a link between two layers.
#[derive(Debug, Clone, Copy)]
struct Piece {
    link: usize,
    top: i32,
    bottom: i32,
}

impl Piece {
    fn reaches(&self) -> (i32, i32) {
        (self.top.min(self.bottom), self.top.max(self.bottom))
    }

    /// Whether an upright line there meets the level stretch.
    fn meets(&self, x: i32) -> bool {
        let (low, high) = self.reaches();
        low - APART / 2 < x && x < high + APART / 2
    }

    fn beside(&self, other: &Self) -> bool {
        let ((low, high), (from, to)) = (self.reaches(), other.reaches());
        low - APART < to && from < high + APART
    }
}

/// All that is level between two layers.
struct Channel {
    /// Per bent piece: link, track, and where it comes from and goes to.
    bent: Vec<(Piece, i32)>,
    height: i32,
    first: i32,
}

/// Routes the links of laid out layers.
pub fn route(graph: &Graph, ranks: &Ranks, layers: &Layers, axes: &[i32]) -> Layout {
    let ports = Ports::new(graph, layers, axes);
    let channels: Vec<Channel> = (1..layers.rows.len()).map(|below| channel(layers, axes, &ports, below - 1)).collect();
    let heights: Vec<i32> = layers.rows.iter().map(|row| row.iter().map(|v| layers.vertices[*v].height).max().unwrap_or(0)).collect();
    let mut tops = Vec::new();
    let mut y = 0;
    for (row, height) in heights.iter().enumerate() {
        tops.push(y);
        y += height + channels.get(row).map_or(0, |c| c.height);
    }
    let middle = |layer: usize| tops[layer] + heights[layer] / 2;
    let box_at = |index: usize| {
        let size = graph.boxes[index];
        Rect { x: axes[index] - size.width / 2, y: middle(layers.vertices[index].layer) - size.height / 2, width: size.width, height: size.height }
    };
    let boxes: Vec<Rect> = (0..graph.boxes.len()).map(box_at).collect();
    let mut routes = Vec::new();
    for (link, chain) in layers.chains.iter().enumerate() {
        let (upper, lower) = ranks.ends(graph, link);
        let mut points = vec![Point { x: ports.bottom[link], y: boxes[upper].bottom() }];
        for layer in layers.vertices[upper].layer..layers.vertices[lower].layer {
            if let Some((piece, track)) = channels[layer].bent.iter().find(|(p, _)| p.link == link) {
                let y = tops[layer] + heights[layer] + channels[layer].first + track * APART;
                points.extend([Point { x: piece.top, y }, Point { x: piece.bottom, y }]);
            }
        }
        points.push(Point { x: ports.top[link], y: boxes[lower].y });
        if ranks.reversed[link] {
            points.reverse();
        }
        let labelled = chain.iter().find(|v| matches!(layers.vertices[**v].what, What::Label(_)));
        let size = graph.links[link].label;
        let label = labelled.map_or(Rect::default(), |v| Rect {
            x: axes[*v] + LABEL_GAP,
            y: middle(layers.vertices[*v].layer) - size.height / 2,
            width: size.width,
            height: size.height,
        });
        routes.push(Route { points, label });
    }
    at_origin(Layout { size: Size::default(), boxes, routes })
}

/// Moves everything so that it begins at zero.
fn at_origin(mut layout: Layout) -> Layout {
    let corners = |rect: &Rect| [Point { x: rect.x, y: rect.y }, Point { x: rect.right(), y: rect.bottom() }];
    let labels = layout.routes.iter().map(|r| r.label).filter(|l| l.width > 0);
    let all: Vec<Point> =
        layout.boxes.iter().copied().chain(labels).flat_map(|r| corners(&r)).chain(layout.routes.iter().flat_map(|r| r.points.clone())).collect();
    let least = |of: fn(&Point) -> i32| all.iter().map(of).min().unwrap_or(0);
    let most = |of: fn(&Point) -> i32| all.iter().map(of).max().unwrap_or(0);
    let by = Point { x: -least(|p| p.x), y: -least(|p| p.y) };
    layout.size = Size { width: most(|p| p.x) + by.x, height: most(|p| p.y) + by.y };
    layout.boxes.iter_mut().for_each(|rect| *rect = rect.moved(by));
    for route in &mut layout.routes {
        route.points.iter_mut().for_each(|p| *p = Point { x: p.x + by.x, y: p.y + by.y });
        route.label = route.label.moved(by);
    }
    layout
}

/// Where links leave and enter their boxes.
struct Ports {
    /// Per link: at the bottom of its upper box, and at the top of its lower one.
    bottom: Vec<i32>,
    top: Vec<i32>,
}

impl Ports {
    fn new(graph: &Graph, layers: &Layers, axes: &[i32]) -> Self {
        let mut ports = Self { bottom: vec![0; graph.links.len()], top: vec![0; graph.links.len()] };
        for (index, size) in graph.boxes.iter().enumerate() {
            let (middle, reach) = (axes[index], (size.width / 2 - CORNER).max(0));
            for (lower, into) in [(true, &mut ports.bottom), (false, &mut ports.top)] {
                let side = ends(layers, index, lower);
                let places = spread(&side.iter().map(|(_, beside)| axes[*beside]).collect::<Vec<_>>(), middle - reach, middle + reach);
                side.iter().zip(places).for_each(|((link, _), x)| into[*link] = x);
            }
        }
        ports
    }
}

/// Places as close to the wanted ones as the bounds and the distance between two allow. Wanted are in order.
fn spread(wanted: &[i32], low: i32, high: i32) -> Vec<i32> {
    let between = i32::try_from(wanted.len().saturating_sub(1)).unwrap_or(0).max(1);
    let apart = APART.min((high - low) / between);
    let mut places: Vec<i32> = wanted.iter().map(|x| *x.max(&low).min(&high)).collect();
    for at in 1..places.len() {
        places[at] = places[at].max(places[at - 1] + apart);
    }
    let mut bound = high;
    for place in places.iter_mut().rev() {
        *place = (*place).min(bound);
        bound = *place - apart;
    }
    places
}

fn channel(layers: &Layers, axes: &[i32], ports: &Ports, layer: usize) -> Channel {
    let mut bent = Vec::new();
    for (link, chain) in layers.chains.iter().enumerate() {
        let Some(at) = chain.iter().position(|v| layers.vertices[*v].layer == layer) else { continue };
        if at + 1 == chain.len() {
            continue;
        }
        let top = if at == 0 { ports.bottom[link] } else { axes[chain[at]] };
        let bottom = if at + 2 == chain.len() { ports.top[link] } else { axes[chain[at + 1]] };
        if top != bottom {
            bent.push(Piece { link, top, bottom });
        }
    }
    let tracks = tracks(&bent);
    let boxes = |row: &Vec<usize>| row.iter().any(|v| matches!(layers.vertices[*v].what, What::Box(_)));
    let pad = |layer: usize| if boxes(&layers.rows[layer]) { AT_BOX } else { AT_LABEL };
    let (first, last) = (pad(layer), pad(layer + 1));
    let count = tracks.iter().max().map_or(0, |most| *most);
    Channel { bent: bent.into_iter().zip(tracks).collect(), height: first + count * APART + last, first }
}

/// Per piece its track, from the top.
fn tracks(pieces: &[Piece]) -> Vec<i32> {
    let order = best_order(pieces);
    let mut tracks = vec![0; pieces.len()];
    for (at, piece) in order.iter().enumerate() {
        let above = order[..at].iter().filter(|other| pieces[**other].beside(&pieces[*piece]));
        tracks[*piece] = above.map(|other| tracks[*other] + 1).max().unwrap_or(0);
    }
    tracks
}

/// An order from top to bottom with few crossings, found by moving one piece at a time.
fn best_order(pieces: &[Piece]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    order.sort_by_key(|p| (pieces[*p].top, pieces[*p].bottom));
    let cost = |order: &[usize]| -> usize {
        let pairs = order.iter().enumerate().flat_map(|(at, upper)| order[at + 1..].iter().map(move |lower| (*upper, *lower)));
        pairs.map(|(upper, lower)| crossings(&pieces[upper], &pieces[lower])).sum()
    };
    let mut least = cost(&order);
    let mut better = true;
    while better {
        better = false;
        for from in 0..order.len() {
            for to in 0..order.len() {
                let mut other = order.clone();
                let moved = other.remove(from);
                other.insert(to, moved);
                let cost = cost(&other);
                if cost < least {
                    (order, least, better) = (other, cost, true);
                }
            }
        }
    }
    order
}

/// How often two pieces cross, the first one's level stretch being above the second's. Lying upon each other is the worst.
fn crossings(upper: &Piece, lower: &Piece) -> usize {
    let upon = usize::from((upper.bottom - lower.top).abs() < APART) * 50;
    usize::from(upper.meets(lower.top)) + usize::from(lower.meets(upper.bottom)) + upon
}
