//! Source files and places in them: byte spans everywhere, converted to line and column once, on demand.
//!
//! Must not know how files are read. Tests: below.

use std::sync::Arc;

/// Which source file, as an index into the [`SourceMap`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FileId(pub u32);

/// A stretch of bytes in one source file: start inclusive, end exclusive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span from byte offsets.
    #[must_use]
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    /// The smallest span that holds both (of the same file).
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// The span as a range for slicing.
    #[must_use]
    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// One source text with its line starts.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// The name to print, relative to the book.
    pub name: String,
    /// The whole text.
    pub text: Arc<str>,
    line_starts: Vec<u32>,
}

impl SourceFile {
    fn new(name: String, text: Arc<str>) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').filter_map(|(i, _)| u32::try_from(i + 1).ok());
        let line_starts = std::iter::once(0).chain(starts).collect();
        Self { name, text, line_starts }
    }

    /// Line and column (characters), both from 1, of a byte offset.
    #[must_use]
    pub fn line_column(&self, offset: u32) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts.get(line - 1).copied().unwrap_or(0) as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.text.get(start..end).map_or(0, |before| before.chars().count()) + 1;
        (line, column)
    }

    /// The byte offset of a line and column (characters), both from 1; the end of the text where there is none.
    #[must_use]
    pub fn offset(&self, line: usize, column: usize) -> usize {
        let Some(start) = line.checked_sub(1).and_then(|l| self.line_starts.get(l)) else {
            return self.text.len();
        };
        let rest = self.text.get(*start as usize..).unwrap_or("");
        let into = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(i, _)| i);
        *start as usize + into
    }
}

/// All source files of a book, in the order in which they were added.
#[derive(Debug, Clone, Default)]
pub struct SourceMap {
    files: Vec<SourceFile>,
}

impl SourceMap {
    /// Adds a file and gives its id.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name.into(), text.into()));
        id
    }

    /// The file of an id.
    #[must_use]
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files with their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        self.files.iter().enumerate().map(|(i, f)| (FileId(u32::try_from(i).unwrap_or(u32::MAX)), f))
    }

    /// The text of a span.
    #[must_use]
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|f| f.text.get(span.range())).unwrap_or("")
    }

    /// `file:line:column` of where a span starts.
    #[must_use]
    pub fn place(&self, span: Span) -> String {
        self.file(span.file).map_or_else(String::new, |f| {
            let (line, column) = f.line_column(span.start);
            format!("{}:{line}:{column}", f.name)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_columns_count_characters_and_come_back() {
        let mut map = SourceMap::default();
        let id = map.add("a.flow", "state ₹x\n  move y\n");
        let file = map.file(id).unwrap();
        let at = file.text.find('y').unwrap();
        assert_eq!(file.line_column(u32::try_from(at).unwrap()), (2, 8));
        assert_eq!(file.offset(2, 8), at);
        assert_eq!(map.place(Span::new(id, at, at + 1)), "a.flow:2:8");
    }
}
