//! A diagnostic is data: what is wrong, where, why, and what to write instead. Faces render it.
//!
//! Wording: lower case, no final period, the user's words in backticks, never a Rust type or grammar rule name.
//! Must not know any renderer. Tests: with whatever makes them.

use super::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The book cannot be used.
    Error,
    /// The book can be used, and probably does not mean what was meant.
    Warning,
}

/// A place with the words to print at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What to say there; may be empty.
    pub text: String,
}

/// One finding about a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable code, such as `unknown-name`.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// One line in an analyst's words.
    pub title: String,
    /// The first label is the place of the mistake; the others help to understand it.
    pub labels: Vec<Label>,
    /// What to type instead.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at a place.
    #[must_use]
    pub fn error(code: &'static str, span: Span, title: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, title: title.into(), labels: vec![Label { span, text: String::new() }], help: None }
    }

    /// A warning at a place.
    #[must_use]
    pub fn warning(code: &'static str, span: Span, title: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, title) }
    }

    /// Words at the place of the mistake.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        if let Some(first) = self.labels.first_mut() {
            first.text = text.into();
        }
        self
    }

    /// A second place.
    #[must_use]
    pub fn also(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// What to type instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// The place of the mistake.
    #[must_use]
    pub fn span(&self) -> Span {
        self.labels.first().map_or_else(Span::default, |l| l.span)
    }
}
