//! The pieces of a clause as the formatter sees them.
//!
//! Must not know what they mean. Tests: `format`.

/// What kind of piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A word, number, date or code.
    Word,
    /// A text in quotes.
    Text,
    /// A sign.
    Sign,
    /// A comment.
    Comment,
}

/// A piece of a clause.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    /// What kind.
    pub kind: TokenKind,
    /// As written.
    pub text: &'a str,
    /// The first on its line, other than at the start.
    pub fresh: bool,
}

impl Token<'_> {
    /// Whether it is this word or sign.
    pub fn is(&self, text: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Sign) && self.text == text
    }
}
