//! What reading a file gives besides its tree: findings, comments, and the repairs that `fmt` makes.
//!
//! Must not know how the text is read. Tests: `parser`.

use super::ast;
use crate::base::{Diagnostic, Span};

/// A comment, or a doc comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comment {
    /// The whole comment with its slashes, without the end of the line.
    pub text: String,
    /// Its place.
    pub span: Span,
}

/// A repair of something typed by habit: put `replacement` where `span` is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What to replace; may be empty.
    pub span: Span,
    /// By what.
    pub replacement: String,
}

/// A file that was read, as well as it could be.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// The tree. What could not be read stands in it as a hole.
    pub file: ast::File,
    /// All mistakes, in the order of their places.
    pub diagnostics: Vec<Diagnostic>,
    /// All comments, in order.
    pub comments: Vec<Comment>,
    /// The repairs of what was typed by habit, in order; each belongs to a diagnostic.
    pub fixes: Vec<Fix>,
    /// True where every mistake has a fix: then nothing is missing from the tree.
    pub complete: bool,
}
