//! Columns: neighbouring declarations of one kind stand below each other.
//!
//! Must not know blocks. Tests: `tests.rs`.

use super::WIDTH;
use super::spacing::joined;
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::words::Context;

/// A first column longer than this keeps its own distance.
const LONGEST: usize = 60;
/// The quantities of moves stand below each other where they are about as long.
const MOVES_DIFFER: usize = 6;

/// A clause cut into cells, with the distance that its columns keep.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cells {
    /// Clauses of one kind may stand below each other.
    pub kind: &'static str,
    /// Its cells; empty where it has nothing in a column.
    pub cells: Vec<String>,
    gaps: &'static [usize],
}

/// Cuts a clause into cells, if it is of a kind that has columns.
pub(super) fn cells(context: Context, tokens: &[Token]) -> Option<Cells> {
    if tokens.iter().any(|t| t.kind == TokenKind::Comment) {
        return None;
    }
    let (kind, cuts, gaps): (_, Vec<usize>, _) = match (context, tokens.first()?.text) {
        (Context::Lines, word) if word != "inbound" || tokens.get(1)?.is(":") => ("line field", vec![at(tokens, ":")?, label(tokens)], &[1, 2]),
        (Context::Workflow, word @ ("field" | "party")) => (if word == "field" { "field" } else { "party" }, vec![at(tokens, ":")?, label(tokens)], &[1, 2]),
        (Context::Workflow, "state") => {
            let label = label(tokens);
            let rest = if label < tokens.len() { label + 1 } else { 2 };
            ("state", vec![label.min(rest), rest], &[1, 2])
        }
        (Context::File, word) => return vocabulary(word, tokens),
        (Context::Body | Context::EachLine, "require") => ("require", vec![at(tokens, "else")?], &[1, 1]),
        (Context::Body | Context::EachLine, "move") => ("move", vec![of(tokens)?], &[1, 1]),
        _ => return None,
    };
    Some(Cells { kind, cells: cut(tokens, &cuts), gaps })
}

fn vocabulary(word: &str, tokens: &[Token]) -> Option<Cells> {
    let label = label(tokens);
    let named = |kind, cuts: Vec<usize>, gaps| Some(Cells { kind, cells: cut(tokens, &cuts), gaps });
    match word {
        "condition" => named("condition", vec![label], &[2]),
        "owner" => named("owner", vec![label], &[2]),
        "pool" => named("pool", vec![label], &[2]),
        "obligation" => named("obligation", vec![label], &[2]),
        "party" => named("party kind", vec![label], &[2]),
        "role" => named("role", vec![2.min(label), label], &[2, 2]),
        "document" => {
            let number = at(tokens, "number")?;
            let reverse = at(tokens, "reverse").unwrap_or(tokens.len());
            named("document", vec![2, number, reverse], &[1, 2, 2])
        }
        "bin" => {
            let clearing = at(tokens, "clearing").unwrap_or(label);
            named("bin", vec![2, clearing, label], &[1, 2, 2])
        }
        _ => None,
    }
}

/// Where the label begins: the last piece, if it is a text.
fn label(tokens: &[Token]) -> usize {
    tokens
        .iter()
        .rposition(|t| t.kind == TokenKind::Text)
        .filter(|i| *i > 0 && !tokens.get(i - 1).is_some_and(|t| t.is("=") || t.is("+")))
        .unwrap_or(tokens.len())
}

fn at(tokens: &[Token], text: &str) -> Option<usize> {
    tokens.iter().position(|t| t.is(text))
}

/// Where `of` begins the part of a move: after the quantity, which may hold an `of` itself.
fn of(tokens: &[Token]) -> Option<usize> {
    let from = at(tokens, "from")?;
    tokens.get(..from)?.iter().rposition(|t| t.is("of"))
}

fn cut(tokens: &[Token], cuts: &[usize]) -> Vec<String> {
    let mut cells = Vec::new();
    let mut start = 0;
    for end in cuts.iter().copied().chain([tokens.len()]) {
        let end = end.clamp(start, tokens.len());
        let text = joined(tokens.get(start..end).unwrap_or_default());
        cells.push(if text.starts_with(':') && !text.starts_with(": ") { text.replacen(':', ": ", 1) } else { text });
        start = end;
    }
    cells
}

/// Puts neighbours of one kind below each other. A line that would grow too long keeps single spaces.
pub(super) fn aligned(rows: &[Cells], indent: usize) -> Vec<String> {
    let columns = rows.iter().map(|r| r.cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(|c| width(rows, c)).collect();
    let alone = rows.len() == 1 || rows.first().is_some_and(|r| r.kind == "move") && uneven(rows);
    rows.iter()
        .map(|row| {
            let line = padded(row, &widths, alone);
            if indent + line.chars().count() > WIDTH { padded(row, &[], true) } else { line }
        })
        .collect()
}

fn uneven(rows: &[Cells]) -> bool {
    let lengths = || rows.iter().filter_map(|r| r.cells.first()).map(|c| c.chars().count());
    lengths().max().unwrap_or(0) - lengths().min().unwrap_or(0) > MOVES_DIFFER
}

fn width(rows: &[Cells], column: usize) -> usize {
    let used = |r: &Cells| r.cells.iter().skip(column + 1).any(|c| !c.is_empty());
    let lengths = rows.iter().filter(|r| used(r)).filter_map(|r| r.cells.get(column)).map(|c| c.chars().count());
    lengths.filter(|n| *n <= LONGEST).max().unwrap_or(0)
}

fn padded(row: &Cells, widths: &[usize], alone: bool) -> String {
    let mut line = String::new();
    for (column, cell) in row.cells.iter().enumerate() {
        line.push_str(cell);
        let width = widths.get(column).copied().unwrap_or(0);
        let empty = width == 0 && cell.is_empty();
        let gap = match row.gaps.get(column) {
            _ if empty => 0,
            Some(gap) if !alone => *gap,
            _ => 1,
        };
        let missing = if alone { 0 } else { width.saturating_sub(cell.chars().count()) };
        let space = if alone && cell.is_empty() { 0 } else { missing + gap };
        line.push_str(&" ".repeat(space));
    }
    line.truncate(line.trim_end().len());
    line
}
