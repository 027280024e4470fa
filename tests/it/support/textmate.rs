//! A reader of TextMate grammars, as editors have one: enough of it to colour a text and say which scopes stand where.
//!
//! Knows `match`, `begin`/`end`, `captures`, `patterns` and `include`. Lines are read one by one, as editors do.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use fancy_regex::{Captures, Regex};
use serde_json::Value;

/// Where each pattern matches next on a line; nothing where it does not any more.
type Ahead = HashMap<usize, Option<usize>>;

/// A grammar, ready to read texts.
pub struct Grammar {
    root: Vec<Pattern>,
    repository: BTreeMap<String, Vec<Pattern>>,
}

struct Pattern {
    name: String,
    kind: Kind,
}

enum Kind {
    Match(Regex, BTreeMap<usize, Capture>),
    Block { begin: Regex, end: Regex, begins: BTreeMap<usize, Capture>, ends: BTreeMap<usize, Capture>, inside: Vec<Pattern> },
    Include(String),
    Group(Vec<Pattern>),
}

struct Capture {
    name: String,
    inside: Vec<Pattern>,
}

/// A stretch of a text with its innermost scope first named last.
#[derive(Debug, Clone)]
pub struct Scoped {
    pub range: Range<usize>,
    pub scopes: String,
}

impl Grammar {
    pub fn read(json: &str) -> Self {
        let value: Value = serde_json::from_str(json).expect("a grammar in JSON");
        let named = value["repository"].as_object().expect("a repository").iter();
        let repository =
            named.map(|(name, entry)| (name.clone(), if entry.get("match").or(entry.get("begin")).is_some() { vec![pattern(entry)] } else { patterns(entry) }));
        Self { root: patterns(&value), repository: repository.collect() }
    }

    /// The scopes of every byte of a text, as stretches.
    pub fn scopes(&self, text: &str) -> Vec<Scoped> {
        let mut found = Vec::new();
        let mut stack: Vec<&Pattern> = Vec::new();
        let mut at = 0;
        for line in text.split_inclusive('\n') {
            let bare = line.trim_end_matches(['\n', '\r']);
            self.line(bare, at, &mut stack, &mut found);
            at += line.len();
        }
        found
    }

    /// How deep blocks are still open at the end of a text.
    pub fn open_at_end(&self, text: &str) -> usize {
        let mut stack: Vec<&Pattern> = Vec::new();
        for line in text.lines() {
            self.line(line, 0, &mut stack, &mut Vec::new());
        }
        stack.len()
    }

    fn line<'g>(&'g self, line: &str, offset: usize, stack: &mut Vec<&'g Pattern>, found: &mut Vec<Scoped>) {
        let mut ahead = Ahead::new();
        let mut at = 0;
        let mut idle = 0;
        while at <= line.len() {
            let scopes = |stack: &[&Pattern]| stack.iter().map(|p| p.name.as_str()).collect::<Vec<_>>().join(" ");
            let around = scopes(stack);
            let ending = stack.last().and_then(|p| {
                if let Kind::Block { end, ends, .. } = &p.kind { end.captures_from_pos(line, at).expect("a regex").map(|c| (c, ends)) } else { None }
            });
            let inside = match stack.last().map(|p| &p.kind) {
                Some(Kind::Block { inside, .. }) => inside,
                _ => &self.root,
            };
            let next = self.first(inside, line, at, &mut ahead);
            let end_at = ending.as_ref().map(|(c, _)| start(c));
            match (next, ending) {
                (Some((p, c)), _) if end_at.is_none_or(|end| start(&c) < end) => {
                    push(found, &around, offset, at..start(&c));
                    let whole = c.get(0).expect("a match").range();
                    let name = if p.name.is_empty() { around.clone() } else { format!("{around} {}", p.name) };
                    match &p.kind {
                        Kind::Match(_, captures) => self.captured(line, offset, &c, captures, &name, found),
                        Kind::Block { begins, .. } => {
                            self.captured(line, offset, &c, begins, &name, found);
                            stack.push(p);
                        }
                        _ => {}
                    }
                    idle = if whole.is_empty() { idle + 1 } else { 0 };
                    at = whole.end;
                }
                (_, Some((c, ends))) => {
                    push(found, &around, offset, at..start(&c));
                    let whole = c.get(0).expect("a match").range();
                    self.captured(line, offset, &c, ends, &around, found);
                    stack.pop();
                    idle = if whole.is_empty() { idle + 1 } else { 0 };
                    at = whole.end;
                }
                (_, None) => {
                    push(found, &around, offset, at..line.len());
                    return;
                }
            }
            assert!(idle < 20, "the grammar makes no progress at {line:?}");
            if at == line.len() && stack.is_empty() {
                return;
            }
        }
    }

    /// The pattern that matches first; of those that match at the same place, the first one.
    fn first<'g, 't>(&'g self, patterns: &'g [Pattern], line: &'t str, at: usize, ahead: &mut Ahead) -> Option<(&'g Pattern, Captures<'t>)> {
        let (_, p) = self.nearest(patterns, line, at, ahead)?;
        let (Kind::Match(regex, _) | Kind::Block { begin: regex, .. }) = &p.kind else { return None };
        regex.captures_from_pos(line, at).expect("a regex").map(|c| (p, c))
    }

    fn nearest<'g>(&'g self, patterns: &'g [Pattern], line: &str, at: usize, ahead: &mut Ahead) -> Option<(usize, &'g Pattern)> {
        let mut best: Option<(usize, &Pattern)> = None;
        for p in patterns {
            let found = match &p.kind {
                Kind::Match(regex, _) | Kind::Block { begin: regex, .. } => {
                    let known = ahead.entry(std::ptr::from_ref(p) as usize).or_insert(Some(0));
                    if known.is_some_and(|start| start < at || start == 0) {
                        let found = regex.find_from_pos(line, at).expect("a regex");
                        // What matches nothing leads nowhere.
                        *known = found.filter(|m| !matches!(p.kind, Kind::Match(..)) || !m.range().is_empty()).map(|m| m.start());
                    }
                    known.map(|start| (start, p))
                }
                Kind::Include(name) => self.nearest(&self.repository[name], line, at, ahead),
                Kind::Group(inside) => self.nearest(inside, line, at, ahead),
            };
            if let Some((start, p)) = found
                && best.is_none_or(|(b, _)| start < b)
            {
                best = Some((start, p));
            }
        }
        best
    }

    fn captured(&self, line: &str, offset: usize, c: &Captures, captures: &BTreeMap<usize, Capture>, around: &str, found: &mut Vec<Scoped>) {
        let whole = c.get(0).expect("a match").range();
        let mut at = whole.start;
        for (n, capture) in captures {
            let Some(range) = c.get(*n).map(|m| m.range()) else { continue };
            push(found, around, offset, at..range.start);
            let name = format!("{around} {}", capture.name);
            let mut inner = range.start;
            while let Some((p, m)) = self.first(&capture.inside, &line[..range.end], inner, &mut Ahead::new()) {
                push(found, &name, offset, inner..start(&m));
                push(found, &format!("{name} {}", p.name), offset, m.get(0).expect("a match").range());
                inner = m.get(0).expect("a match").end();
            }
            push(found, &name, offset, inner..range.end);
            at = range.end;
        }
        push(found, around, offset, at..whole.end);
    }
}

fn start(c: &Captures) -> usize {
    c.get(0).expect("a match").start()
}

fn push(found: &mut Vec<Scoped>, scopes: &str, offset: usize, range: Range<usize>) {
    if range.start < range.end {
        found.push(Scoped { range: range.start + offset..range.end + offset, scopes: scopes.trim().to_owned() });
    }
}

fn patterns(value: &Value) -> Vec<Pattern> {
    value["patterns"].as_array().into_iter().flatten().map(pattern).collect()
}

fn regex(value: &Value) -> Regex {
    let text = value.as_str().expect("a regex");
    Regex::new(text).unwrap_or_else(|e| panic!("{text}: {e}"))
}

fn captures(value: &Value) -> BTreeMap<usize, Capture> {
    let each = value.as_object().into_iter().flatten();
    each.map(|(n, c)| (n.parse().expect("a number"), Capture { name: c["name"].as_str().unwrap_or("").to_owned(), inside: patterns(c) })).collect()
}

fn pattern(value: &Value) -> Pattern {
    let name = value["name"].as_str().unwrap_or("").to_owned();
    let kind = if let Some(include) = value["include"].as_str() {
        Kind::Include(include.trim_start_matches('#').to_owned())
    } else if value.get("match").is_some() {
        Kind::Match(regex(&value["match"]), captures(&value["captures"]))
    } else if value.get("begin").is_some() {
        let (begins, ends) = (captures(&value["beginCaptures"]), captures(&value["endCaptures"]));
        Kind::Block { begin: regex(&value["begin"]), end: regex(&value["end"]), begins, ends, inside: patterns(value) }
    } else {
        Kind::Group(patterns(value))
    };
    Pattern { name, kind }
}
