//! Comments, texts, words and signs of a flow file with their places, and the words that the language has: for editors.
//!
//! Must not know what a word means where it stands. Tests: below.

use std::ops::Range;
use std::sync::LazyLock;

use super::parser;
use super::token::TokenKind;

/// What a piece of a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LexemeKind {
    /// `// …`
    Comment,
    /// A text in quotes, holes included.
    Text,
    /// A word, number, date or time of day.
    Word,
    /// A sign.
    Sign,
}

/// A piece of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lexeme {
    /// What it is.
    pub kind: LexemeKind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// All pieces of a text, in order. Never fails: what belongs to nothing is a sign.
#[must_use]
pub fn lexemes(text: &str) -> Vec<Lexeme> {
    let kind = |kind| match kind {
        TokenKind::Comment => LexemeKind::Comment,
        TokenKind::Text => LexemeKind::Text,
        TokenKind::Word => LexemeKind::Word,
        TokenKind::Sign => LexemeKind::Sign,
    };
    parser::lexemes(text).into_iter().map(|(k, range)| Lexeme { kind: kind(k), range: range.start..range.end }).collect()
}

/// The words of the language, as the grammar lists them: each means something only where the grammar asks for it.
#[must_use]
pub fn keywords() -> &'static [&'static str] {
    static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| {
        let lines = include_str!("../../grammar/flow.pest").lines();
        let words = lines.filter(|line| line.starts_with("kw_") || line.starts_with("unit_"));
        words.filter_map(|line| line.split('"').nth(1)).collect()
    });
    &WORDS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_into_its_pieces() {
        let text = "state a \"x {b} // no\" // yes\nmove 2.5 of part -> c";
        let shown: Vec<(LexemeKind, &str)> = lexemes(text).into_iter().map(|l| (l.kind, &text[l.range])).collect();
        let (word, sign) = (LexemeKind::Word, LexemeKind::Sign);
        let expected = [
            (word, "state"),
            (word, "a"),
            (LexemeKind::Text, "\"x {b} // no\""),
            (LexemeKind::Comment, "// yes"),
            (word, "move"),
            (word, "2.5"),
            (word, "of"),
            (word, "part"),
            (sign, "->"),
            (word, "c"),
        ];
        assert_eq!(shown, expected);
    }

    #[test]
    fn the_grammar_lists_the_words() {
        assert!(["workflow", "counting", "keyed", "working", "hour", "yes"].iter().all(|word| keywords().contains(word)));
        assert!(keywords().iter().all(|word| word.chars().all(|c| c.is_ascii_lowercase())), "{:?}", keywords());
    }
}
