//! Text ↔ tree: the flow language as it is written, with every span and comment kept.
//!
//! Must not know what anything means: names are resolved in `check`. Tests: beside each file and in `tests/it`.

mod around;
pub mod ast;
mod format;
mod lexemes;
mod outline;
mod parser;
mod report;
mod token;
mod words;

pub use around::{Around, around, clause_words};
pub use format::{FormatError, format};
pub use lexemes::{Lexeme, LexemeKind, keywords, lexemes};
pub use parser::parse;
pub use report::{Comment, Fix, Parsed};
pub use words::Context as BlockKind;
