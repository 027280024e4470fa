//! Where boxes, labels and lines of a picture stand: layers from top to bottom, lines in right angles, each label beside its own line.
//!
//! Must not know what the boxes mean, nor how they are drawn. Whole pixels. One step a file, in the order in which they are
//! done: `rank`, `order`, `place`, `route`, `pack`. Tests: `tests.rs`, and on every shipped workflow `tests/it/pictures.rs`.

mod geometry;
mod order;
mod pack;
mod place;
mod rank;
mod route;
mod simplex;
#[cfg(test)]
mod tests;

pub use geometry::{Point, Rect, Size};
pub use pack::paper;

/// What is to be laid out. Boxes are named by their index; where nothing else decides, they keep this order.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The boxes.
    pub boxes: Vec<Size>,
    /// The links between them.
    pub links: Vec<Link>,
}

/// A link from one box to another. INVARIANT: both exist, and they differ.
#[derive(Debug, Clone)]
pub struct Link {
    /// Where it leaves.
    pub from: usize,
    /// Where it arrives.
    pub to: usize,
    /// The room for what is written beside it.
    pub label: Size,
    /// How much it wants to be short and straight; 1 or more.
    pub weight: i32,
}

/// Where everything stands.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// How much room all of it takes.
    pub size: Size,
    /// The boxes, in their order.
    pub boxes: Vec<Rect>,
    /// The links, in their order.
    pub routes: Vec<Route>,
}

/// The way of a link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// Corners from where it leaves to where it arrives; every stretch is level or upright.
    pub points: Vec<Point>,
    /// Where its label stands.
    pub label: Rect,
}

/// Lays a graph out: each part that hangs together for itself, then all of them on one sheet.
#[must_use]
pub fn lay_out(graph: &Graph) -> Layout {
    let parts = pack::parts(graph);
    let laid: Vec<Layout> = parts.iter().map(|part| lay_out_connected(&part.graph)).collect();
    pack::pack(graph, &parts, &laid)
}

fn lay_out_connected(graph: &Graph) -> Layout {
    let ranks = rank::rank(graph);
    let laid = order::order(graph, &ranks).into_iter().map(|layers| {
        let axes = place::place(graph, &layers);
        route::route(graph, &ranks, &layers, &axes)
    });
    laid.min_by_key(|layout| paper(layout.size)).unwrap_or_default()
}
