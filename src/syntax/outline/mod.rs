//! The outline of a file: clauses, blocks, comments and blank lines, before any clause is read.
//!
//! A newline ends a clause unless the next line joins it; braces make blocks. A brace too few or too many is found here,
//! by what the lines around it are, so that it costs one report. Must not know what stands inside a clause.
//! Tests: `parser`, `format`.

mod braces;

use super::words::{Context, context_of_block, first_word, misspelt_step, starts_clause};

/// How deep blocks may be nested.
const MAX_BLOCKS: usize = 12;

/// A stretch of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Range {
    /// First byte.
    pub start: usize,
    /// One past the last.
    pub end: usize,
}

/// The pieces that the grammar's outline finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    /// The end of a line.
    Newline,
    /// `// …`
    Comment,
    /// `/// …`
    Doc,
    /// `# …`, by habit
    Hash,
    /// `{`
    Open,
    /// `}`
    Close,
    /// Text that begins with a joining word or sign.
    Joined,
    /// Any other text.
    Line,
}

/// A piece with its place.
#[derive(Debug, Clone, Copy)]
pub(super) struct Piece {
    /// What.
    pub kind: PieceKind,
    /// Where.
    pub range: Range,
}

/// What stands in a block, in order.
#[derive(Debug)]
pub(super) enum Entry {
    /// A clause, perhaps with a block.
    Statement(Statement),
    /// A comment; `trailing` where it stands behind something on the same line.
    Comment {
        /// Where.
        range: Range,
        /// Behind something.
        trailing: bool,
    },
    /// One or more empty lines.
    Blank,
}

/// A clause or declaration.
#[derive(Debug)]
pub(super) struct Statement {
    /// Its text up to the block.
    pub head: Range,
    /// Its block.
    pub block: Option<Block>,
    /// The doc comments above it.
    pub doc: Vec<Range>,
}

/// What stands between braces.
#[derive(Debug)]
pub(super) struct Block {
    /// `{`
    pub open: usize,
    /// `}`; absent where it is missing, which has been reported.
    pub close: Option<usize>,
    /// What kind of block.
    pub context: Context,
    /// What stands in it.
    pub entries: Vec<Entry>,
}

/// A mistake in the outline.
#[derive(Debug)]
pub(super) enum Slip {
    /// This `{` is never closed.
    Unclosed {
        /// The brace.
        open: usize,
        /// The clause that it belongs to.
        head: Range,
        /// The line before which the closing brace belongs, if there is one.
        before: Option<Range>,
    },
    /// The `{` behind this head is missing.
    Unopened(Range),
    /// This line belongs into a block that nothing has opened.
    Beheaded(Range),
    /// This `}` closes nothing.
    Surplus(usize),
    /// This `{` belongs to nothing.
    Headless(usize),
    /// Too many blocks within blocks, from here on.
    TooDeep(usize),
}

/// The outline of a file.
#[derive(Debug)]
pub(super) struct Outline {
    /// What stands in the file.
    pub entries: Vec<Entry>,
    /// What is wrong with its braces.
    pub slips: Vec<Slip>,
}

struct Frame {
    context: Context,
    entries: Vec<Entry>,
    open: usize,
}

struct Builder<'a> {
    text: &'a str,
    stack: Vec<Frame>,
    slips: Vec<Slip>,
    /// More `{` than `}` (positive) or fewer (negative) in the rest of what has not been repaired.
    missing: i64,
    fresh_line: bool,
    newlines: usize,
    pending_doc: Vec<Range>,
    /// A brace in the middle of a line belongs to the clause, and so does what follows it.
    glued: bool,
}

/// Makes the outline of a text from its pieces.
pub(super) fn outline(text: &str, pieces: &[Piece]) -> Outline {
    let count = |kind| i64::try_from(pieces.iter().filter(|p| p.kind == kind).count()).unwrap_or(i64::MAX);
    let mut builder = Builder {
        text,
        stack: vec![Frame { context: Context::File, entries: Vec::new(), open: 0 }],
        slips: Vec::new(),
        missing: count(PieceKind::Open) - count(PieceKind::Close),
        fresh_line: true,
        newlines: 0,
        pending_doc: Vec::new(),
        glued: false,
    };
    for (index, piece) in pieces.iter().enumerate() {
        if !builder.take(*piece, pieces.get(index + 1..).unwrap_or_default()) {
            break;
        }
    }
    while builder.stack.len() > 1 {
        builder.close_unclosed(None);
    }
    let entries = builder.stack.pop().map(|f| f.entries).unwrap_or_default();
    Outline { entries, slips: builder.slips }
}

impl Builder<'_> {
    fn slice(&self, range: Range) -> &str {
        self.text.get(range.start..range.end).unwrap_or("")
    }

    fn context(&self) -> Context {
        self.stack.last().map_or(Context::File, |f| f.context)
    }

    fn push(&mut self, entry: Entry) {
        if let Some(frame) = self.stack.last_mut() {
            frame.entries.push(entry);
        }
    }

    fn last_statement(&mut self) -> Option<&mut Statement> {
        let entries = &mut self.stack.last_mut()?.entries;
        entries.iter_mut().rev().find_map(|e| if let Entry::Statement(s) = e { Some(s) } else { None })
    }

    /// Takes one piece; false where the rest cannot be taken.
    fn take(&mut self, piece: Piece, rest: &[Piece]) -> bool {
        match piece.kind {
            PieceKind::Newline => {
                self.newlines += 1;
                self.fresh_line = true;
                return true;
            }
            PieceKind::Comment | PieceKind::Doc | PieceKind::Hash => self.comment(piece),
            PieceKind::Open => {
                if self.stack.len() > MAX_BLOCKS {
                    self.slips.push(Slip::TooDeep(piece.range.start));
                    return false;
                }
                self.open(piece.range.start);
            }
            PieceKind::Close => self.close(piece.range.start, rest),
            PieceKind::Joined | PieceKind::Line => self.line(piece),
        }
        self.newlines = 0;
        self.fresh_line = false;
        true
    }

    fn blank(&mut self) {
        if self.newlines > 1 {
            self.push(Entry::Blank);
        }
    }

    fn comment(&mut self, piece: Piece) {
        self.blank();
        if piece.kind == PieceKind::Doc && self.fresh_line {
            self.pending_doc.push(piece.range);
        }
        let trailing = !self.fresh_line;
        self.push(Entry::Comment { range: piece.range, trailing });
    }

    fn line(&mut self, piece: Piece) {
        let range = self.trimmed(piece.range);
        if std::mem::take(&mut self.glued) && !self.fresh_line {
            return self.join(range);
        }
        self.hoist(range);
        if self.fresh_line && self.joins(piece.kind, range) {
            self.join(range);
            return;
        }
        self.open_unopened(range);
        self.blank();
        let doc = std::mem::take(&mut self.pending_doc);
        self.push(Entry::Statement(Statement { head: range, block: None, doc }));
    }

    fn trimmed(&self, range: Range) -> Range {
        let text = self.slice(range);
        let start = range.start + (text.len() - text.trim_start().len());
        Range { start, end: start + text.trim().len() }
    }

    /// Whether a line continues the clause above it.
    fn joins(&mut self, kind: PieceKind, range: Range) -> bool {
        let context = self.context();
        let text = self.text;
        let line = text.get(range.start..range.end).unwrap_or("");
        let Some(last) = self.last_statement() else { return false };
        if last.block.is_some() {
            return false;
        }
        let above = text.get(last.head.start..last.head.end).unwrap_or("");
        // In a list, a word alone on its line is one more name.
        let listed = above.ends_with(',') && first_word(line) == line;
        let starts = starts_clause(context, line) && !listed;
        if context == Context::Scenario {
            return !starts && misspelt_step(line).is_none();
        }
        kind == PieceKind::Joined || !starts && (above.ends_with(',') && above.len() <= LONGEST_LIST || open_parens(above))
    }

    fn join(&mut self, range: Range) {
        let Some(frame) = self.stack.last_mut() else { return };
        while !matches!(frame.entries.last(), Some(Entry::Statement(_)) | None) {
            frame.entries.pop();
        }
        if let Some(Entry::Statement(statement)) = frame.entries.last_mut() {
            statement.head.end = range.end;
        }
        self.pending_doc.clear();
    }

    fn open(&mut self, at: usize) {
        let parent = self.context();
        let (text, moved) = (self.text, self.take_trailing());
        if let Some(statement) = self.last_statement().filter(|s| s.block.is_none()) {
            let head = text.get(statement.head.start..statement.head.end).unwrap_or("");
            let context = context_of_block(parent, head);
            if self.missing > 0 && context == Context::Unknown {
                return self.stray(at, moved);
            }
            self.stack.push(Frame { context, entries: moved, open: at });
            return;
        }
        if self.missing > 0 {
            return self.stray(at, moved);
        }
        self.slips.push(Slip::Headless(at));
        let head = Range { start: at, end: at };
        self.push(Entry::Statement(Statement { head, block: None, doc: Vec::new() }));
        self.stack.push(Frame { context: Context::Unknown, entries: moved, open: at });
    }

    /// Comments between a head and its brace move behind the brace.
    fn take_trailing(&mut self) -> Vec<Entry> {
        let Some(frame) = self.stack.last_mut() else { return Vec::new() };
        let Some(last) = frame.entries.iter().rposition(|e| matches!(e, Entry::Statement(_))) else { return Vec::new() };
        if matches!(frame.entries.get(last), Some(Entry::Statement(s)) if s.block.is_some()) {
            return Vec::new();
        }
        self.pending_doc.clear();
        frame.entries.split_off(last + 1).into_iter().filter(|e| !matches!(e, Entry::Blank)).collect()
    }
}

/// Lists in parentheses longer than this do not go on: something else is wrong.
const LONGEST_LIST: usize = 8 * 1024;

/// Whether a parenthesis is open at the end of a text.
fn open_parens(text: &str) -> bool {
    if text.len() > LONGEST_LIST {
        return false;
    }
    let mut depth = 0i32;
    let mut quoted = false;
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth -= 1,
            _ => {}
        }
    }
    depth > 0
}
