//! What pages are made of, before anything is written down: the same blocks become HTML and Markdown.
//!
//! Must not know flows. Tests: `tests/it/handbook.rs`.

/// A stretch of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Words.
    Text(String),
    /// Words that stand out.
    Strong(String),
    /// What the book says, as it is written.
    Code(String),
    /// A place that others lead to, before what follows it.
    Place(String),
    /// Words that lead to a place of a page; an empty page is the one at hand.
    Link {
        /// The words.
        text: String,
        /// The name of the page.
        page: String,
        /// The place on it; empty for its beginning.
        place: String,
    },
}

/// A line of a list, or the content of a cell.
pub type Words = Vec<Inline>;

/// A part of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A heading: how deep (2 to 4), the name of the place, the words.
    Heading(u8, String, String),
    /// A paragraph.
    Para(Words),
    /// A list.
    List(Vec<Words>),
    /// Rows under their titles.
    Table(Vec<String>, Vec<Vec<Words>>),
    /// A picture: as SVG and as Mermaid.
    Picture(String, String),
    /// A story: per step its first words and the rest, and whether it begins something.
    Steps(Vec<Step>),
}

/// A step of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// `given`, `on`, `when`, `then`, `and`.
    pub word: String,
    /// The rest, a line each.
    pub lines: Vec<String>,
}

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Its name: that of its file without the ending.
    pub name: String,
    /// What stands over it.
    pub title: String,
    /// What it holds.
    pub blocks: Vec<Block>,
}

/// Words.
pub fn text(words: impl Into<String>) -> Inline {
    Inline::Text(words.into())
}

/// What the book says.
pub fn code(words: impl Into<String>) -> Inline {
    Inline::Code(words.into())
}

/// Words that lead somewhere.
pub fn link(words: impl Into<String>, page: impl Into<String>, place: impl Into<String>) -> Inline {
    Inline::Link { text: words.into(), page: page.into(), place: place.into() }
}

/// A cell with words, or an empty one.
pub fn cell(words: impl Into<String>) -> Words {
    let words = words.into();
    if words.is_empty() { Vec::new() } else { vec![Inline::Text(words)] }
}

/// A cell with what the book says, or an empty one.
pub fn code_cell(words: impl Into<String>) -> Words {
    let words = words.into();
    if words.is_empty() { Vec::new() } else { vec![Inline::Code(words)] }
}

/// Several things in one cell, with commas between them.
pub fn joined(all: impl IntoIterator<Item = Inline>) -> Words {
    let mut words = Vec::new();
    for one in all {
        if !words.is_empty() {
            words.push(text(", "));
        }
        words.push(one);
    }
    words
}

impl Page {
    /// A heading with its place.
    pub fn heading(&mut self, level: u8, place: impl Into<String>, words: impl Into<String>) {
        self.blocks.push(Block::Heading(level, place.into(), words.into()));
    }

    /// A heading and rows under their titles; nothing where there are no rows.
    pub fn table(&mut self, heading: &str, titles: &[&str], rows: Vec<Vec<Words>>) {
        if rows.is_empty() {
            return;
        }
        if !heading.is_empty() {
            self.heading(2, place(heading), heading);
        }
        self.blocks.push(Block::Table(titles.iter().map(|t| (*t).to_owned()).collect(), rows));
    }

    /// Paragraphs of a doc comment.
    pub fn prose(&mut self, doc: &str) {
        for paragraph in doc.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
            self.blocks.push(Block::Para(prose(paragraph)));
        }
    }
}

/// A doc comment on one line; what stands in backticks is what the book says.
pub fn prose(doc: &str) -> Words {
    let line = doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let pieces = line.split('`').enumerate().filter(|(_, piece)| !piece.is_empty());
    pieces.map(|(nth, piece)| if nth % 2 == 1 { code(piece) } else { text(piece) }).collect()
}

/// The name of a place from the words of its heading.
pub fn place(words: &str) -> String {
    let kept = words.chars().map(|c| if c.is_alphanumeric() || c == '_' { c.to_ascii_lowercase() } else { '-' });
    kept.collect::<String>().split('-').filter(|w| !w.is_empty()).collect::<Vec<_>>().join("-")
}
