//! Warnings that somebody silenced in place, with a reason: `// allow unused-let because "the next flow needs it"`.
//!
//! The comment stands behind a line, or above the line (or clause) that it is for; the same in flows and in rules. It silences
//! one code there and nothing else. Errors are never silenced. Must not know how findings are made. Tests: `tests/allow.rs`.

use crate::base::{Diagnostic, FileId, Severity, SourceMap, Span};

use super::findings::allow as say;
use super::pages::page;

/// A warning that was silenced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silenced {
    /// What would have been told.
    pub finding: Diagnostic,
    /// Why it is not.
    pub reason: String,
}

/// One `allow`.
struct Allow {
    /// The comment.
    span: Span,
    code: String,
    reason: Option<String>,
    /// The lines that it is for, from 1.
    lines: std::ops::RangeInclusive<usize>,
    used: bool,
}

/// Words and signs with which a clause goes on.
const JOINING: [&str; 17] =
    ["else", "from", "to", "choosing", "counting", "as", "with", "when", "->", "code", "within", "by", "and", "or", "released", "where", "on"];

/// Whether only a proof tells a code: what is silenced of it shows when the book is proved.
fn of_proof(code: &str) -> bool {
    page(code).is_some_and(|p| p.family == "Proofs")
}

/// Takes out the warnings that are silenced, and tells what is wrong with silencing.
pub(super) fn silence(sources: &SourceMap, files: &[FileId], found: Vec<Diagnostic>) -> (Vec<Diagnostic>, Vec<Silenced>) {
    let allows: Vec<Allow> = files.iter().flat_map(|id| allows(sources, *id)).filter(|a| !of_proof(&a.code) || a.reason.is_none()).collect();
    // Where there are errors, not everything has been looked at.
    let whole = !found.iter().any(|d| d.severity == Severity::Error);
    applied(sources, allows, found, whole)
}

/// The same for what proofs find. Where not everything was proved (`whole`), nothing is said of what silences nothing.
pub(super) fn silence_proofs(sources: &SourceMap, files: &[FileId], found: Vec<Diagnostic>, whole: bool) -> (Vec<Diagnostic>, Vec<Silenced>) {
    let allows: Vec<Allow> = files.iter().flat_map(|id| allows(sources, *id)).filter(|a| of_proof(&a.code) && a.reason.is_some()).collect();
    let whole = whole && !found.iter().any(|d| d.severity == Severity::Error);
    applied(sources, allows, found, whole)
}

fn applied(sources: &SourceMap, mut allows: Vec<Allow>, found: Vec<Diagnostic>, whole: bool) -> (Vec<Diagnostic>, Vec<Silenced>) {
    let (mut kept, mut silenced) = (Vec::new(), Vec::new());
    for finding in found {
        let line = sources.file(finding.span().file).map_or(0, |f| f.line_column(finding.span().start).0);
        let fits = |a: &&mut Allow| a.span.file == finding.span().file && a.code == finding.code && a.lines.contains(&line);
        match allows.iter_mut().find(fits) {
            None => kept.push(finding),
            Some(allow) => {
                allow.used = true;
                match &allow.reason {
                    Some(reason) if finding.severity == Severity::Warning => silenced.push(Silenced { finding, reason: reason.clone() }),
                    _ => {
                        if finding.severity == Severity::Error {
                            kept.push(say::error(allow.span, &allow.code));
                        }
                        kept.push(finding);
                    }
                }
            }
        }
    }
    for allow in allows {
        match page(&allow.code) {
            None => kept.push(say::unknown(allow.span, &allow.code)),
            Some(_) if allow.reason.is_none() => kept.push(say::no_reason(allow.span, &allow.code)),
            Some(_) if !allow.used && whole => kept.push(say::nothing(allow.span, &allow.code)),
            Some(_) => {}
        }
    }
    kept.sort_by_key(|f| (f.span().file, f.span().start, f.span().end));
    (kept, silenced)
}

/// The `allow`s of a file.
fn allows(sources: &SourceMap, id: FileId) -> Vec<Allow> {
    let Some(file) = sources.file(id) else { return Vec::new() };
    let lines: Vec<&str> = file.text.lines().collect();
    let mut found = Vec::new();
    let mut start = 0;
    for (n, line) in file.text.split_inclusive('\n').enumerate() {
        if let Some(at) = comment(line)
            && let Some((code, reason)) = line.get(at..).and_then(directive)
        {
            let alone = line.get(..at).is_some_and(|before| before.trim().is_empty());
            let covers = if alone { below(&lines, n) } else { n + 1..=n + 1 };
            let span = Span::new(id, start + at, start + line.trim_end().len());
            found.push(Allow { span, code, reason, lines: covers, used: false });
        }
        start += line.len();
    }
    found
}

/// Where the comment of a line begins: `//` outside of texts.
fn comment(line: &str) -> Option<usize> {
    let mut quoted = false;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match c {
            '"' if before != '\\' => quoted = !quoted,
            '/' if before == '/' && !quoted => return Some(at - 1),
            _ => {}
        }
        before = c;
    }
    None
}

/// The code and the reason of a comment that allows something; nothing where it is prose.
fn directive(comment: &str) -> Option<(String, Option<String>)> {
    let rest = comment.trim_start_matches('/').trim().strip_prefix("allow ")?.trim();
    let (code, rest) = rest.split_once(char::is_whitespace).map_or((rest, ""), |(code, rest)| (code, rest.trim()));
    let reason = rest.strip_prefix("because").map(|r| r.trim().trim_matches('"').trim().to_owned());
    let meant = reason.is_some() || page(code).is_some() || (rest.is_empty() && code.contains('-'));
    meant.then(|| (code.to_owned(), reason.filter(|r| !r.is_empty())))
}

/// The line, counted from 0, above which a warning in a line is silenced: where its clause begins.
#[must_use]
pub fn clause_begins(text: &str, line: usize) -> usize {
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let goes_on = |n: usize| lines.get(n).is_some_and(|l| l.is_empty() || l.starts_with("//") || joins(l));
    let mut first = line;
    while first > 0 && goes_on(first) {
        first -= 1;
    }
    first
}

/// Whether a line goes on with the one above.
fn joins(line: &str) -> bool {
    JOINING.iter().any(|word| line.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '"'])))
}

/// The next line that is no comment, with the lines that go on with it.
fn below(lines: &[&str], comment: usize) -> std::ops::RangeInclusive<usize> {
    let bare = |n: usize| lines.get(n).map(|l| l.trim());
    let mut first = comment + 1;
    while bare(first).is_some_and(|l| l.is_empty() || l.starts_with("//")) {
        first += 1;
    }
    let mut last = first;
    while bare(last + 1).is_some_and(joins) {
        last += 1;
    }
    first + 1..=last + 1
}
