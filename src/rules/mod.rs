//! The rhai host: compiles the scripts of all layers, asks rules, and turns whatever goes wrong into a fault with its place.
//!
//! The only module that names rhai. A rule sees its arguments and nothing else; every limit is explicit.
//! Must not know SQL, files or the engine that asks. Tests: beside each file and in `tests/`.

mod answer;
mod ask;
mod caches;
mod check;
mod compile;
mod fault;
mod habits;
mod host;
mod layer;
mod library;
mod lines;
mod mark;
mod operator;
mod parse;
mod scan;
mod survey;
#[cfg(test)]
mod tests;
mod trial;
mod value;

pub use ask::{Answer, Imagination, Override, Rules, Scope};
pub use check::{Seen, SeenKind};
pub use compile::RuleScript;
pub use fault::{FaultKind, RuleFault, Shape};
pub use host::Limits;
pub use layer::{Layer, LayerError};
pub use lines::{RuleLines, Uncountable};
pub use survey::{LibraryFunction, ScriptFunction, ScriptPiece, ScriptPieceKind, functions, library, pieces, survey};
