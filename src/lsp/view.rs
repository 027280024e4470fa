//! A book as it stands at this moment, open buffers over files on disk: checked, with its names indexed on demand.
//!
//! Must not know the protocol beyond places. Tests: `tests/it/editor_*.rs`.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use gen_lsp_types::{Location, Position, Range, Uri};

use super::index::{Index, Occurrence};
use super::text::Text;
use super::uri;
use crate::base::{FileId, Span};
use crate::check::{BookFiles, Checked, Network, check_with, page};
use crate::syntax::Parsed;

/// What stands around a book.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// The network that it is for.
    pub network: Option<Network>,
    /// The folder of the pages about findings.
    pub pages: Option<PathBuf>,
}

/// A checked book with what an editor asks of it.
pub struct View {
    /// The folder of the book.
    pub root: PathBuf,
    /// What checking found.
    pub checked: Checked,
    /// The folder of the pages about findings, if there is one.
    pages: Option<PathBuf>,
    texts: BTreeMap<FileId, Text>,
    index: OnceCell<Index>,
}

impl View {
    /// Checks the files of a book, beside the network that it is for.
    #[must_use]
    pub fn of(root: &Path, files: &BookFiles, around: &Around) -> Self {
        let checked = check_with(files, around.network.as_ref());
        let texts = checked.sources.files().map(|(id, file)| (id, Text::new(file.text.clone()))).collect();
        Self { root: root.to_owned(), checked, pages: around.pages.clone(), texts, index: OnceCell::new() }
    }

    /// The address of the page about a finding.
    #[must_use]
    pub fn page_of(&self, code: &str) -> Option<Uri> {
        let (folder, page) = (self.pages.as_ref()?, page(code)?);
        Some(uri::of_path(&folder.join(page.file())))
    }

    /// All names of the book.
    pub fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(&self.checked))
    }

    /// The file at a path, if it belongs to the book.
    #[must_use]
    pub fn file(&self, path: &Path) -> Option<FileId> {
        let inside = path.strip_prefix(&self.root).ok()?;
        let name = inside.components().map(|c| c.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/");
        self.checked.sources.files().find(|(_, f)| f.name == name).map(|(id, _)| id)
    }

    /// The text of a file.
    #[must_use]
    pub fn text(&self, file: FileId) -> Option<&Text> {
        self.texts.get(&file)
    }

    /// The name of a file, relative to the book.
    #[must_use]
    pub fn name(&self, file: FileId) -> &str {
        self.checked.sources.file(file).map_or("", |f| f.name.as_str())
    }

    /// All files.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &str)> {
        self.checked.sources.files().map(|(id, f)| (id, f.name.as_str()))
    }

    /// The tree of a flow file.
    #[must_use]
    pub fn parsed(&self, file: FileId) -> Option<&Parsed> {
        self.checked.flows.iter().find(|(id, _)| *id == file).map(|(_, parsed)| parsed)
    }

    /// The address of a file.
    #[must_use]
    pub fn uri(&self, file: FileId) -> Uri {
        uri::of_path(&self.root.join(self.name(file)))
    }

    /// The range of a span in its file.
    #[must_use]
    pub fn range(&self, span: Span) -> Range {
        self.text(span.file).map(|text| text.range(span.range())).unwrap_or_default()
    }

    /// A span as a place in a file.
    #[must_use]
    pub fn location(&self, span: Span) -> Location {
        Location { uri: self.uri(span.file), range: self.range(span) }
    }

    /// The byte at a position of a file.
    #[must_use]
    pub fn byte(&self, file: FileId, position: Position) -> usize {
        self.text(file).map_or(0, |text| text.byte(position))
    }

    /// The name at a position of a file.
    pub fn name_at(&self, file: FileId, position: Position) -> Option<&Occurrence> {
        self.index().at(file, self.byte(file, position))
    }

    /// The text of a span.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.checked.sources.text(span)
    }
}
