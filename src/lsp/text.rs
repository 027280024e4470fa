//! Places in texts as editors count them: lines from 0, columns in UTF-16 units; converted to bytes and back.
//!
//! Must not know the language. Tests: below.

use std::sync::Arc;

use gen_lsp_types::{Position, Range, TextDocumentContentChangeEvent};

/// A text with its line starts.
#[derive(Debug, Clone)]
pub struct Text {
    /// The whole text.
    pub whole: Arc<str>,
    starts: Vec<usize>,
}

impl Text {
    /// A text as it stands in an editor or on disk.
    #[must_use]
    pub fn new(whole: impl Into<Arc<str>>) -> Self {
        let whole = whole.into();
        let starts = std::iter::once(0).chain(whole.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1)).collect();
        Self { whole, starts }
    }

    /// How many lines it has.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.starts.len()
    }

    /// Where a line begins, in bytes; the end of the text where there is no such line.
    #[must_use]
    pub fn start_of(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.whole.len())
    }

    /// A line without its end.
    #[must_use]
    pub fn line(&self, line: usize) -> &str {
        let whole = self.whole.get(self.start_of(line)..self.start_of(line + 1)).unwrap_or("");
        whole.trim_end_matches(['\n', '\r'])
    }

    /// The line that holds a byte.
    #[must_use]
    pub fn line_of(&self, at: usize) -> usize {
        self.starts.partition_point(|start| *start <= at).saturating_sub(1)
    }

    /// The byte at a position; the end of the line where the line is shorter.
    #[must_use]
    pub fn byte(&self, position: Position) -> usize {
        let line = position.line as usize;
        let mut units = 0;
        for (i, c) in self.line(line).char_indices() {
            if units >= position.character as usize {
                return self.start_of(line) + i;
            }
            units += c.len_utf16();
        }
        self.start_of(line) + self.line(line).len()
    }

    /// The position of a byte.
    #[must_use]
    pub fn position(&self, at: usize) -> Position {
        let mut at = at.min(self.whole.len());
        while !self.whole.is_char_boundary(at) {
            at -= 1;
        }
        let line = self.line_of(at);
        let before = self.whole.get(self.start_of(line)..at).unwrap_or("");
        Position { line: number(line), character: number(before.chars().map(char::len_utf16).sum()) }
    }

    /// The range of some bytes.
    #[must_use]
    pub fn range(&self, bytes: std::ops::Range<usize>) -> Range {
        Range { start: self.position(bytes.start), end: self.position(bytes.end) }
    }

    /// The text after some changes, each to what the ones before it made.
    #[must_use]
    pub fn changed(self, changes: Vec<TextDocumentContentChangeEvent>) -> Self {
        changes.into_iter().fold(self, |text, change| match change {
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(part) => {
                let (start, end) = (text.byte(part.range.start), text.byte(part.range.end));
                let before = text.whole.get(..start).unwrap_or("");
                let after = text.whole.get(end.max(start)..).unwrap_or("");
                Self::new(format!("{before}{}{after}", part.text))
            }
            TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(whole) => Self::new(whole.text),
        })
    }
}

/// A count as the protocol has it.
#[must_use]
pub fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_utf16_units_and_come_back() {
        let text = Text::new("a ₹𝄞b\r\nsecond");
        let at = text.whole.find('b').unwrap();
        let position = Position { line: 0, character: 5 };
        assert_eq!(text.position(at), position);
        assert_eq!(text.byte(position), at);
        assert_eq!(text.byte(Position { line: 0, character: 99 }), at + 1);
        assert_eq!(text.byte(Position { line: 9, character: 0 }), text.whole.len());
        assert_eq!(text.position(at + 3), Position { line: 1, character: 0 });
    }

    #[test]
    fn changes_apply_one_after_the_other() {
        let change = |line: u32, from: u32, to: u32, text: &str| {
            let range = Range { start: Position { line, character: from }, end: Position { line, character: to } };
            let value = serde_json::json!({ "range": range, "text": text });
            serde_json::from_value::<TextDocumentContentChangeEvent>(value).unwrap()
        };
        let text = Text::new("one\ntwo\n").changed(vec![change(1, 0, 3, "zwei"), change(0, 3, 3, "\nmore"), change(2, 0, 1, "Z")]);
        assert_eq!(&*text.whole, "one\nmore\nZwei\n");
    }
}
