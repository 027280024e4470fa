//! Pictures of workflows, drawn from the checked model: SVG for people, Mermaid and DOT for other tools.
//!
//! `machine` says what is drawn, `layout` where it stands, `scene` how large it is; `svg`, `mermaid` and `dot` write it down.
//! Must not know files, stores or scenarios: what an overlay counts is counted elsewhere. Tests: `tests/it/pictures.rs`.

mod dot;
mod layout;
mod machine;
mod mermaid;
mod overlay;
mod scene;
mod svg;
mod text;
mod words;

pub use layout::{Point, Rect, Size};
pub use machine::{Action, Caption, Edge, Machine, Node, NodeKind, Notes};
pub use overlay::{Badge, Overlay, Tone};
pub use scene::{Line, Sample, Scene, Shape, Wire};
pub use text::{Ink, width};
pub use words::{Words, all, guarded, label};

pub use dot::dot;
pub use mermaid::mermaid;
pub use svg::{escape, svg};

use crate::model::{Book, Workflow};

/// A sheet that is scaled down by more than this cannot be read on one page: so many thousand pixels on each millimetre of A4, where the
/// smallest letters are 6 points high.
const CROWDED: i64 = 5_200;

/// The machine of a workflow and its picture. Where it would be too large for a page, what is said of transitions moves into notes.
#[must_use]
pub fn draw(book: &Book, workflow: &Workflow, overlay: &Overlay, refusals: bool) -> (Machine, Scene) {
    let plain = Machine::of(book, workflow, overlay, Notes { refusals, details: false });
    let scene = Scene::of(&plain);
    // What notes would take of the page says nothing about the crowd above them.
    if layout::paper(scene.size) <= CROWDED {
        return (plain, scene);
    }
    let noted = Machine::of(book, workflow, overlay, Notes { refusals, details: true });
    let scene = Scene::of(&noted);
    (noted, scene)
}
