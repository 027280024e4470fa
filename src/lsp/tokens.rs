//! Semantic tokens: colours that follow meaning, for editors without a grammar of their own and on top of one.
//!
//! Must not know how names are found. Tests: `tests/it/editor_text.rs`.

use gen_lsp_types::{SemanticToken, SemanticTokens};

use super::index::{Inner, Local, Occurrence, Part, Role, Symbol, WordKind};
use super::routes::{Open, Place};
use super::text::{Text, number};
use crate::rules::{self, ScriptPieceKind};
use crate::syntax::{self, LexemeKind, keywords};

/// The kinds of tokens; a kind is its place in this list.
pub const TYPES: [&str; 16] = [
    "keyword",
    "comment",
    "string",
    "number",
    "operator",
    "type",
    "class",
    "enumMember",
    "property",
    "parameter",
    "variable",
    "function",
    "method",
    "namespace",
    "interface",
    "event",
];
/// What can be said besides; a bit each.
pub const MODIFIERS: [&str; 1] = ["declaration"];

/// A coloured stretch of bytes.
struct Coloured {
    range: std::ops::Range<usize>,
    kind: &'static str,
    declares: bool,
}

/// The tokens of a file; names have colours where the file is part of a book.
#[must_use]
pub fn tokens(open: &Open, place: Option<&Place>) -> SemanticTokens {
    let text = &open.text;
    let mut found: Vec<Coloured> = match place {
        Some(place) => place.view.index().in_file(place.file).filter(|o| o.role != Role::Lends).map(name).collect(),
        None => Vec::new(),
    };
    let names: Vec<std::ops::Range<usize>> = found.iter().map(|c| c.range.clone()).collect();
    let rest = if open.is_script() { script(&text.whole) } else { flow(&text.whole) };
    for piece in rest {
        found.extend(without(piece, &names));
    }
    found.sort_by_key(|c| (c.range.start, c.range.end));
    found.dedup_by(|b, a| b.range.start < a.range.end);
    SemanticTokens { result_id: None, data: encoded(text, &found) }
}

fn name(found: &Occurrence) -> Coloured {
    let kind = match &found.symbol {
        Symbol::Word(WordKind::Workflow, _) => "class",
        Symbol::Word(WordKind::Rule, _) | Symbol::Local(Local::Function, ..) => "function",
        Symbol::Word(WordKind::Role, _) => "interface",
        Symbol::Word(WordKind::Bin, _) => "namespace",
        Symbol::Word(WordKind::PartyKind, _) => "type",
        Symbol::Word(WordKind::Event, _) => "event",
        Symbol::Word(..) | Symbol::Of(Part::State, ..) => "enumMember",
        Symbol::Of(Part::Transition, ..) => "method",
        Symbol::Of(..) | Symbol::Inner(Inner::Answer | Inner::EventField, ..) | Symbol::Property(..) => "property",
        Symbol::Inner(Inner::Parameter, ..) => "parameter",
        Symbol::Local(Local::Let | Local::Document | Local::Variable, ..) => "variable",
    };
    Coloured { range: found.span.range(), kind, declares: found.role == Role::Declares }
}

/// The pieces of a flow that are no names.
fn flow(text: &str) -> Vec<Coloured> {
    let mut found = Vec::new();
    let mut before = "";
    for lexeme in syntax::lexemes(text) {
        let word = text.get(lexeme.range.clone()).unwrap_or("");
        let kind = match lexeme.kind {
            LexemeKind::Comment => Some("comment"),
            LexemeKind::Text => Some("string"),
            LexemeKind::Sign => matches!(word, "->" | "<" | "<=" | ">" | ">=" | "+" | "-" | "*" | "/" | "=").then_some("operator"),
            LexemeKind::Word if word.starts_with(|c: char| c.is_ascii_digit()) => Some("number"),
            LexemeKind::Word if before == ":" => Some("type"),
            LexemeKind::Word => keywords().contains(&word).then_some("keyword"),
        };
        before = word;
        found.extend(kind.map(|kind| Coloured { range: lexeme.range, kind, declares: false }));
    }
    found
}

/// The pieces of a script that are no names, and its comments, which are no pieces.
fn script(text: &str) -> Vec<Coloured> {
    let mut found = Vec::new();
    let mut end = 0;
    let comment = |from: usize, to: usize| {
        let gap = text.get(from..to).unwrap_or("");
        let lines = gap.split_inclusive('\n').scan(from, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line))
        });
        let comments = lines.filter_map(|(start, line)| line.find("//").map(|i| start + i..start + line.trim_end().len()));
        comments.map(|range| Coloured { range, kind: "comment", declares: false }).collect::<Vec<_>>()
    };
    for piece in rules::pieces(text) {
        found.extend(comment(end, piece.range.start));
        end = piece.range.end;
        let word = text.get(piece.range.clone()).unwrap_or("");
        let kind = match piece.kind {
            ScriptPieceKind::Word if super::index::SCRIPT_WORDS.contains(&word) => "keyword",
            ScriptPieceKind::Word if rules::library().any(|f| f.name == word) || word == "base" => "function",
            ScriptPieceKind::Word => continue,
            ScriptPieceKind::Number => "number",
            ScriptPieceKind::Text => "string",
            ScriptPieceKind::Sign => "operator",
        };
        found.push(Coloured { range: piece.range, kind, declares: false });
    }
    found.extend(comment(end, text.len()));
    found
}

/// A piece without the names that stand in it, such as those in the holes of a text.
fn without(piece: Coloured, names: &[std::ops::Range<usize>]) -> Vec<Coloured> {
    let mut parts = Vec::new();
    let mut start = piece.range.start;
    let first = names.partition_point(|n| n.end <= piece.range.start);
    for name in names.get(first..).unwrap_or_default().iter().take_while(|n| n.start < piece.range.end) {
        if start < name.start {
            parts.push(start..name.start);
        }
        start = start.max(name.end);
    }
    if start < piece.range.end {
        parts.push(start..piece.range.end);
    }
    parts.into_iter().map(|range| Coloured { range, kind: piece.kind, declares: piece.declares }).collect()
}

/// Tokens as the protocol wants them: each relative to the one before, none over the end of a line.
fn encoded(text: &Text, found: &[Coloured]) -> Vec<SemanticToken> {
    let mut data = Vec::new();
    let (mut line, mut character) = (0, 0);
    for coloured in found {
        let (first, last) = (text.line_of(coloured.range.start), text.line_of(coloured.range.end.saturating_sub(1)));
        for at in first..=last {
            let start = text.position(coloured.range.start.max(text.start_of(at)));
            let end = text.position(coloured.range.end.min(text.start_of(at) + text.line(at).len()));
            if end.line != start.line || end.character <= start.character {
                continue;
            }
            let delta_start = if start.line == line { start.character - character } else { start.character };
            let kind = TYPES.iter().position(|t| *t == coloured.kind).map_or(0, number);
            data.push(SemanticToken {
                delta_line: start.line - line,
                delta_start,
                length: end.character - start.character,
                token_type: kind,
                token_modifiers_bitset: u32::from(coloured.declares),
            });
            (line, character) = (start.line, start.character);
        }
    }
    data
}
