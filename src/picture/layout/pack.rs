//! Takes a graph apart into what hangs together, and puts the laid out parts onto one sheet.
//!
//! Must not know how a part is laid out. Tests: `tests.rs`.
#![expect(clippy::indexing_slicing, reason = "boxes and links are named by their index")]

use super::{Graph, Layout, Link, Point, Rect, Route, Size};

/// Between two parts.
const GAP: i32 = 28;
/// Places that are tried are so far apart.
const STEP: usize = 12;
/// The sides of A4 in millimetres, without its margins.
const PAPER: (i64, i64) = (190, 277);

/// What hangs together, with the indices that its boxes and links have in the whole.
pub struct Part {
    pub graph: Graph,
    boxes: Vec<usize>,
    links: Vec<usize>,
}

/// The parts of a graph; the one with the most boxes first.
pub fn parts(graph: &Graph) -> Vec<Part> {
    let mut of: Vec<usize> = (0..graph.boxes.len()).collect();
    for link in &graph.links {
        let (one, other) = (of[link.from], of[link.to]);
        of.iter_mut().filter(|o| **o == other).for_each(|o| *o = one);
    }
    let mut roots = of.clone();
    roots.sort_unstable();
    roots.dedup();
    let mut parts: Vec<Part> = roots.iter().map(|root| part(graph, &of, *root)).collect();
    parts.sort_by_key(|part| std::cmp::Reverse(part.boxes.len()));
    parts
}

fn part(graph: &Graph, of: &[usize], root: usize) -> Part {
    let boxes: Vec<usize> = (0..of.len()).filter(|b| of[*b] == root).collect();
    let links: Vec<usize> = (0..graph.links.len()).filter(|l| of[graph.links[*l].from] == root).collect();
    let inside = |whole: usize| boxes.iter().position(|b| *b == whole).unwrap_or(0);
    let link = |index: &usize| {
        let link = &graph.links[*index];
        Link { from: inside(link.from), to: inside(link.to), ..link.clone() }
    };
    let graph = Graph { boxes: boxes.iter().map(|b| graph.boxes[*b]).collect(), links: links.iter().map(link).collect() };
    Part { graph, boxes, links }
}

/// Puts all parts onto one sheet: each where the whole stays largest on paper, also into a corner that another part leaves free.
pub fn pack(graph: &Graph, parts: &[Part], laid: &[Layout]) -> Layout {
    let mut whole = Layout { size: Size::default(), boxes: vec![Rect::default(); graph.boxes.len()], routes: vec![Route::default(); graph.links.len()] };
    let mut taken: Vec<Rect> = Vec::new();
    for (part, layout) in parts.iter().zip(laid) {
        let at = free_place(&taken, whole.size, layout.size);
        for (rect, index) in layout.boxes.iter().zip(&part.boxes) {
            whole.boxes[*index] = rect.moved(at);
        }
        for (route, index) in layout.routes.iter().zip(&part.links) {
            whole.routes[*index] =
                Route { points: route.points.iter().map(|p| Point { x: p.x + at.x, y: p.y + at.y }).collect(), label: route.label.moved(at) };
        }
        taken.extend(covered(layout).map(|rect| rect.moved(at).grown(GAP)));
        whole.size = joined(whole.size, at, layout.size);
    }
    whole
}

fn covered(layout: &Layout) -> impl Iterator<Item = Rect> {
    let stretches = layout.routes.iter().flat_map(|r| r.points.windows(2)).map(|pair| Rect::spanned(pair[0], pair[1]));
    layout.boxes.iter().copied().chain(layout.routes.iter().map(|r| r.label)).chain(stretches)
}

const fn joined(size: Size, at: Point, other: Size) -> Size {
    let (right, bottom) = (at.x + other.width, at.y + other.height);
    Size { width: if right > size.width { right } else { size.width }, height: if bottom > size.height { bottom } else { size.height } }
}

/// Where a part fits without touching what is there.
fn free_place(taken: &[Rect], size: Size, part: Size) -> Point {
    let mut best = Point { x: 0, y: 0 };
    let mut least = i64::MAX;
    for y in (0..=size.height + GAP).step_by(STEP) {
        for x in (0..=size.width + GAP).step_by(STEP) {
            let here = Rect { x, y, width: part.width, height: part.height };
            let all = joined(size, Point { x, y }, part);
            let cost = paper(all) * 10_000 + i64::from(x + y);
            if cost < least && !taken.iter().any(|rect| rect.meets(&here)) {
                (best, least) = (Point { x, y }, cost);
            }
        }
    }
    best
}

/// What a sheet is scaled down by to stand on a page of A4, either way up: so many thousand pixels on each millimetre.
#[must_use]
pub fn paper(size: Size) -> i64 {
    let (width, height) = (i64::from(size.width), i64::from(size.height));
    let upright = (width * 1000 / PAPER.0).max(height * 1000 / PAPER.1);
    let level = (width * 1000 / PAPER.1).max(height * 1000 / PAPER.0);
    upright.min(level)
}
