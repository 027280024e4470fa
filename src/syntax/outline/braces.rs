//! Braces too few and too many: which one it is, told by the lines around it, so that it costs one report.
//!
//! Must not know what stands inside a clause. Tests: `parser`, and the slips at random in `tests/it`.

use super::{Block, Builder, Entry, Frame, Piece, PieceKind, Range, Slip, Statement};
use crate::syntax::words::{Context, block_needed, first_word, starts_clause};

impl Builder<'_> {
    /// A `{` that nothing needs where there is one too many: it is the one.
    pub(super) fn stray(&mut self, at: usize, moved: Vec<Entry>) {
        self.missing -= 1;
        if !self.glue(at) {
            self.slips.push(Slip::Headless(at));
        }
        moved.into_iter().for_each(|entry| self.push(entry));
    }

    /// Takes a brace into the clause on whose line it stands. The clause's own rule then reports it.
    pub(super) fn glue(&mut self, at: usize) -> bool {
        if self.fresh_line {
            return false;
        }
        let Some(statement) = self.last_statement().filter(|s| s.block.is_none()) else { return false };
        statement.head.end = at + 1;
        self.glued = true;
        true
    }

    pub(super) fn close(&mut self, at: usize, rest: &[Piece]) {
        self.pending_doc.clear();
        let in_a_line = rest.first().is_some_and(|p| matches!(p.kind, PieceKind::Line | PieceKind::Joined));
        if self.missing < 0 && in_a_line && self.glue(at) {
            self.missing += 1;
            return;
        }
        if self.missing < 0 && self.is_surplus(rest) {
            self.missing += 1;
            self.slips.push(Slip::Surplus(at));
            return;
        }
        self.pop(Some(at));
    }

    pub(super) fn pop(&mut self, close: Option<usize>) {
        if self.stack.len() < 2 {
            return;
        }
        let Some(frame) = self.stack.pop() else { return };
        let block = Block { open: frame.open, close, context: frame.context, entries: frame.entries };
        if let Some(statement) = self.last_statement() {
            statement.block = Some(block);
        }
    }

    /// There are more `}` than `{`: is this the one too many? It is where nothing is open, or where the next line
    /// belongs into this block and not into the one around it.
    pub(super) fn is_surplus(&self, rest: &[Piece]) -> bool {
        let Some(parent) = self.stack.len().checked_sub(2).and_then(|i| self.stack.get(i)) else { return true };
        let next = rest.iter().find(|p| !matches!(p.kind, PieceKind::Newline | PieceKind::Comment | PieceKind::Doc | PieceKind::Hash));
        next.is_some_and(|piece| match piece.kind {
            PieceKind::Line | PieceKind::Joined => {
                let line = self.slice(piece.range).trim();
                starts_clause(self.context(), line) && !starts_clause(parent.context, line)
            }
            _ => false,
        })
    }

    /// There are more `}` than `{`: a head that needs a block and has none gets it where the next line belongs into it.
    pub(super) fn open_unopened(&mut self, range: Range) {
        if self.missing >= 0 || !self.fresh_line {
            return;
        }
        let (text, parent) = (self.text, self.context());
        let line = text.get(range.start..range.end).unwrap_or("");
        let Some(head) = self.last_statement().filter(|s| s.block.is_none()).map(|s| s.head) else { return self.behead(range) };
        let written = text.get(head.start..head.end).unwrap_or("");
        let Some(context) = block_needed(parent, written) else { return self.behead(range) };
        let inside = starts_clause(context, line) && (!starts_clause(parent, line) || context == Context::EachLine);
        if inside {
            self.missing += 1;
            self.slips.push(Slip::Unopened(head));
            let entries = self.take_trailing();
            self.stack.push(Frame { context, entries, open: head.end });
        }
    }

    /// There are more `}` than `{`, and a line stands where its block has lost its head: the block is read without it.
    pub(super) fn behead(&mut self, range: Range) {
        let (text, parent) = (self.text, self.context());
        let line = text.get(range.start..range.end).unwrap_or("");
        let inner: &[Context] = match parent {
            Context::File => &[Context::Workflow, Context::Scenario],
            Context::Workflow => &[Context::Body, Context::Lines],
            _ => &[],
        };
        let Some(context) = inner.iter().find(|c| starts_clause(**c, line) && !starts_clause(parent, line)) else { return };
        self.missing += 1;
        self.slips.push(Slip::Beheaded(range));
        let head = Range { start: range.start, end: range.start };
        self.push(Entry::Statement(Statement { head, block: None, doc: Vec::new() }));
        self.stack.push(Frame { context: *context, entries: Vec::new(), open: range.start });
    }

    /// There are fewer `}` than `{`: a line that does not belong here but further out closes what is between.
    pub(super) fn hoist(&mut self, range: Range) {
        let line = self.slice(range);
        if self.missing <= 0 || first_word(line).is_empty() || starts_clause(self.context(), line) {
            return;
        }
        let Some(level) = self.stack.iter().rposition(|f| starts_clause(f.context, line)) else { return };
        let depth = i64::try_from(self.stack.len() - 1 - level).unwrap_or(i64::MAX);
        if depth > self.missing {
            return;
        }
        while self.stack.len() > level + 1 {
            self.close_unclosed(Some(range));
        }
    }

    pub(super) fn close_unclosed(&mut self, before: Option<Range>) {
        let open = self.stack.last().map_or(0, |f| f.open);
        self.pop(None);
        self.missing -= 1;
        let head = self.last_statement().map_or(Range { start: open, end: open }, |s| s.head);
        self.slips.push(Slip::Unclosed { open, head, before });
    }
}
