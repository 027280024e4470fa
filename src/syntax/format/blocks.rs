//! Prints an outline: blocks, clauses, comments and blank lines in their order.
//!
//! Must not know how a clause is spaced or wrapped. Tests: `tests.rs`.

use super::WIDTH;
use super::columns::{Cells, aligned, cells};
use super::spacing::joined;
use super::wrap::wrapped;
use crate::syntax::outline::{Block, Entry, Outline, Range, Statement};
use crate::syntax::parser::tokens;
use crate::syntax::token::{Token, TokenKind};
use crate::syntax::words::Context;

struct Printer<'a> {
    text: &'a str,
    out: String,
    /// The last line has a comment behind it already.
    commented: bool,
}

/// The whole file.
pub(super) fn print(text: &str, outline: &Outline) -> String {
    let mut printer = Printer { text, out: String::new(), commented: false };
    printer.entries(&outline.entries, Context::File, 0);
    printer.out
}

/// A statement, made ready.
struct Ready<'a> {
    statement: &'a Statement,
    tokens: Vec<Token<'a>>,
    cells: Option<Cells>,
}

impl<'a> Printer<'a> {
    fn slice(&self, range: Range) -> &'a str {
        self.text.get(range.start..range.end).unwrap_or("")
    }

    fn line(&mut self, indent: usize, text: &str) {
        self.out.push_str(&" ".repeat(indent));
        self.out.push_str(text);
        self.out.push('\n');
        self.commented = false;
    }

    /// A comment behind something; on its own line where another is there already.
    fn trailing(&mut self, range: Range, indent: usize) {
        let comment = self.slice(range).trim_end();
        if self.commented {
            return self.line(indent, comment);
        }
        self.append(&format!("  {comment}"));
        self.commented = true;
    }

    /// Appends to the line above.
    fn append(&mut self, text: &str) {
        if self.out.ends_with('\n') {
            self.out.pop();
        }
        self.out.push_str(text);
        self.out.push('\n');
    }

    fn ready<'s>(&self, statement: &'s Statement, context: Context) -> Ready<'s>
    where
        'a: 's,
    {
        let range = if is_record(statement) { whole(statement) } else { statement.head };
        let mut tokens = tokens(self.slice(range), context == Context::Scenario);
        without_last_commas(&mut tokens);
        let cells = if statement.block.is_none() { cells(context, &tokens) } else { None };
        Ready { statement, tokens, cells }
    }

    fn entries(&mut self, entries: &'a [Entry], context: Context, indent: usize) {
        let mut at = 0;
        let mut blank_before = false;
        while let Some(entry) = entries.get(at) {
            at += 1;
            match entry {
                Entry::Blank => blank_before = true,
                Entry::Comment { range, trailing: true } => self.trailing(*range, indent),
                Entry::Comment { range, trailing: false } => {
                    self.blank(&mut blank_before);
                    self.line(indent, self.slice(*range).trim_end());
                }
                Entry::Statement(statement) => {
                    self.blank(&mut blank_before);
                    let ready = self.ready(statement, context);
                    match ready.cells.clone().filter(|c| fits(c, indent)) {
                        Some(first) => at = self.run(entries, at - 1, &first, context, indent),
                        None => self.statement(&ready, context, indent),
                    }
                }
            }
        }
    }

    fn blank(&mut self, before: &mut bool) {
        let at_start = self.out.is_empty() || self.out.ends_with("{\n");
        if std::mem::take(before) && !at_start {
            self.out.push('\n');
        }
    }

    /// Statements of one kind below each other, with the comments between them. Gives where it stopped.
    fn run(&mut self, entries: &'a [Entry], start: usize, first: &Cells, context: Context, indent: usize) -> usize {
        let mut rows = Vec::new();
        let mut end = start;
        for (at, entry) in entries.iter().enumerate().skip(start) {
            match entry {
                Entry::Blank => break,
                Entry::Comment { .. } => {}
                Entry::Statement(statement) => {
                    let Some(cells) = self.ready(statement, context).cells.filter(|c| c.kind == first.kind && fits(c, indent)) else { break };
                    rows.push(cells);
                    end = at + 1;
                }
            }
        }
        let mut lines = aligned(&rows, indent).into_iter();
        for entry in entries.get(start..end).unwrap_or_default() {
            match entry {
                Entry::Comment { range, trailing: true } => self.trailing(*range, indent),
                Entry::Comment { range, .. } => self.line(indent, self.slice(*range).trim_end()),
                Entry::Statement(_) => {
                    let line = lines.next().unwrap_or_default();
                    self.line(indent, &line);
                }
                Entry::Blank => {}
            }
        }
        end
    }

    fn statement(&mut self, ready: &Ready<'a>, context: Context, indent: usize) {
        if context == Context::Scenario {
            return self.step(&ready.tokens, indent);
        }
        if is_record(ready.statement) {
            return self.record(ready, indent);
        }
        let Some(block) = &ready.statement.block else { return self.wrapped(&ready.tokens, indent, 0) };
        if let Some(inline) = self.inline(ready, block, indent) {
            return self.line(indent, &inline);
        }
        self.wrapped(&ready.tokens, indent, 2);
        self.append(" {");
        self.entries(&block.entries, block.context, indent + 2);
        self.line(indent, "}");
    }

    fn wrapped(&mut self, tokens: &[Token], indent: usize, room_after: usize) {
        for (i, line) in wrapped(tokens, indent, room_after).iter().enumerate() {
            self.line(if i == 0 { indent } else { indent + 2 }, line);
        }
    }

    /// `head { clause }` on one line, where it holds one plain clause or nothing and is short enough.
    fn inline(&self, ready: &Ready<'a>, block: &'a Block, indent: usize) -> Option<String> {
        if ready.tokens.iter().any(|t| t.kind == TokenKind::Comment)
            || matches!(block.context, Context::Workflow | Context::Scenario | Context::Lines | Context::Migrate)
        {
            return None;
        }
        let head = joined(&ready.tokens);
        let clauses: Vec<&Entry> = block.entries.iter().filter(|e| !matches!(e, Entry::Blank)).collect();
        let line = match clauses.as_slice() {
            [] => format!("{head} {{}}"),
            [Entry::Statement(inner)] if inner.block.is_none() => {
                let inner = self.ready(inner, block.context).tokens;
                if inner.iter().any(|t| t.kind == TokenKind::Comment) {
                    return None;
                }
                format!("{head} {{ {} }}", joined(&inner))
            }
            _ => return None,
        };
        (indent + line.chars().count() <= WIDTH).then_some(line)
    }

    /// `rule …` and `event …`: the braces belong to the declaration.
    fn record(&mut self, ready: &Ready<'a>, indent: usize) {
        let lines = wrapped(&ready.tokens, indent, 0);
        let last = lines.len().saturating_sub(1);
        for (i, line) in lines.iter().enumerate() {
            let outer = i == 0 || i == last && line == "}";
            self.line(if outer { indent } else { indent + 2 }, line);
        }
    }

    /// A step of a scenario keeps its lines: there a line is a row.
    fn step(&mut self, tokens: &[Token], indent: usize) {
        let margin = if tokens.first().is_some_and(|t| t.is("and")) { indent + 1 } else { indent };
        let rows = tokens.first().is_some_and(|t| t.is("given")) && tokens.get(1).is_some_and(|t| t.is("stock"));
        let mut line: Vec<Token> = Vec::new();
        let mut first = true;
        for token in tokens.iter().copied().chain([Token { kind: TokenKind::Comment, text: "", fresh: true }]) {
            if token.fresh && !line.is_empty() {
                let text = if rows && !first { row(&line) } else { step_line(&line) };
                self.line(if first { margin } else { margin + 2 }, &text);
                first = false;
                line.clear();
            }
            line.push(token);
        }
    }
}

/// The pieces of a line of a scenario, with a comment kept apart.
fn step_line(tokens: &[Token]) -> String {
    match tokens.split_last() {
        Some((comment, code)) if comment.kind == TokenKind::Comment && !code.is_empty() => format!("{}  {}", joined(code), comment.text),
        _ => joined(tokens),
    }
}

/// A row of stock: what it is, then each of its words two spaces apart.
fn row(tokens: &[Token]) -> String {
    let mut groups: Vec<Vec<Token>> = Vec::new();
    let mut takes = 0;
    for token in tokens {
        let number = token.text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        let identity = matches!(token.text, "lot" | "serial" | "serials");
        let begins = takes == 0 && !number && !identity && token.kind != TokenKind::Sign && groups.iter().flatten().count() > 0;
        if begins || groups.is_empty() {
            groups.push(Vec::new());
        }
        takes = match token.kind {
            TokenKind::Sign => 1,
            TokenKind::Word if takes == 0 && !number && groups.iter().flatten().count() > 0 => 1,
            _ => 0,
        };
        if let Some(group) = groups.last_mut() {
            group.push(*token);
        }
    }
    groups.iter().map(|g| joined(g)).collect::<Vec<_>>().join("  ")
}

/// A comma before a closing brace or parenthesis says nothing.
fn without_last_commas(tokens: &mut Vec<Token>) {
    let closes = |t: &Token| t.is(")") || t.is("}");
    let next: Vec<bool> = tokens.iter().skip(1).map(closes).chain([false]).collect();
    let mut next = next.into_iter();
    tokens.retain(|t| !(next.next().unwrap_or(false) && t.is(",")));
}

fn fits(cells: &Cells, indent: usize) -> bool {
    let length: usize = cells.cells.iter().filter(|c| !c.is_empty()).map(|c| c.chars().count() + 1).sum();
    indent + length <= WIDTH + 1
}

fn is_record(statement: &Statement) -> bool {
    statement.block.as_ref().is_some_and(|b| b.context == Context::Record)
}

fn whole(statement: &Statement) -> Range {
    let end = statement.block.as_ref().and_then(|b| b.close).map_or(statement.head.end, |close| close + 1);
    Range { start: statement.head.start, end }
}
