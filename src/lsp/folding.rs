//! Folding: blocks in braces, and runs of comment lines.
//!
//! Works on the text alone, so that it also works while the text has mistakes. Tests: `tests/it/editor_text.rs`.

use gen_lsp_types::{FoldingRange, FoldingRangeKind};

use super::routes::Open;
use super::text::{Text, number};
use crate::rules::{self, ScriptPieceKind};
use crate::syntax::{self, LexemeKind};

/// What can be folded in a file.
#[must_use]
pub fn ranges(open: &Open) -> Vec<FoldingRange> {
    let text = &open.text;
    let mut found = comments(text);
    let mut stack = Vec::new();
    for (sign, at) in braces(open) {
        let line = text.line_of(at);
        if sign.ends_with('{') {
            stack.push(line);
        } else if let Some(start) = stack.pop().filter(|start| *start + 1 < line) {
            found.push(FoldingRange { start_line: number(start), end_line: number(line - 1), kind: Some(FoldingRangeKind::Region), ..FoldingRange::default() });
        }
    }
    found.sort_by_key(|f| (f.start_line, f.end_line));
    found
}

/// The braces of a file that stand neither in texts nor in comments.
fn braces(open: &Open) -> Vec<(&str, usize)> {
    let slice = |range: std::ops::Range<usize>| open.text.whole.get(range).unwrap_or("");
    let is_brace = |sign: &&str| matches!(*sign, "{" | "#{" | "}");
    if open.is_script() {
        let signs = rules::pieces(&open.text.whole).into_iter().filter(|p| p.kind == ScriptPieceKind::Sign);
        signs.map(|p| (slice(p.range.clone()), p.range.start)).filter(|(sign, _)| is_brace(sign)).collect()
    } else {
        let signs = syntax::lexemes(&open.text.whole).into_iter().filter(|l| l.kind == LexemeKind::Sign);
        signs.map(|l| (slice(l.range.clone()), l.range.start)).filter(|(sign, _)| is_brace(sign)).collect()
    }
}

/// Runs of at least two comment lines.
fn comments(text: &Text) -> Vec<FoldingRange> {
    let mut found = Vec::new();
    let mut start = None;
    for line in 0..=text.lines() {
        let comment = text.line(line).trim_start().starts_with("//") && line < text.lines();
        match (comment, start) {
            (true, None) => start = Some(line),
            (false, Some(first)) => {
                if first + 1 < line {
                    let kind = Some(FoldingRangeKind::Comment);
                    found.push(FoldingRange { start_line: number(first), end_line: number(line - 1), kind, ..FoldingRange::default() });
                }
                start = None;
            }
            _ => {}
        }
    }
    found
}
