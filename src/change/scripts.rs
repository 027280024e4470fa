//! What the rules of one book say otherwise than those of another: by layer, rule and function, with the lines.
//!
//! Comments and layout make no difference. Pure. Tests: `tests.rs`.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::model::Book;

use super::books::How;

/// What happens to one script.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScriptChange {
    /// Whether it is new, gone or other.
    pub how: How,
    /// The rule.
    pub rule: String,
    /// The layer: `default`, `bu/ac`, `asp/pune`.
    pub layer: String,
    /// The file.
    pub file: String,
    /// The functions that are other, in the order of their names.
    pub functions: Vec<String>,
    /// Lines that are gone (`-`) and lines that are new (`+`), in order, with their numbers in the old and the new file.
    pub lines: Vec<LineChange>,
}

/// A line that is gone or new.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineChange {
    /// New or gone.
    pub how: How,
    /// Its number in the file, from 1.
    pub line: usize,
    /// What it says.
    pub text: String,
}

/// The scripts of a book, by file.
fn scripts(book: &Book) -> BTreeMap<&str, &str> {
    book.sources.files().filter(|(_, f)| f.name.ends_with(".rhai")).map(|(_, f)| (f.name.as_str(), &*f.text)).collect()
}

/// Compares the rules of two books.
#[must_use]
pub fn compare(old: Option<&Book>, new: &Book) -> Vec<ScriptChange> {
    let before = old.map(scripts).unwrap_or_default();
    let now = scripts(new);
    let files: BTreeSet<&str> = before.keys().chain(now.keys()).copied().collect();
    let folder = new.manifest.rules.trim_end_matches('/');
    files.into_iter().filter_map(|file| one(file, folder, before.get(file).copied(), now.get(file).copied())).collect()
}

fn one(file: &str, folder: &str, old: Option<&str>, new: Option<&str>) -> Option<ScriptChange> {
    let (was, is) = (old.map(code).unwrap_or_default(), new.map(code).unwrap_or_default());
    if was.iter().map(|l| &l.text).eq(is.iter().map(|l| &l.text)) {
        return None;
    }
    let path = file.strip_prefix(folder).unwrap_or(file).trim_start_matches('/');
    let (layer, name) = path.rsplit_once('/').unwrap_or(("", path));
    let how = match (old, new) {
        (None, _) => How::Added,
        (_, None) => How::Removed,
        _ => How::Changed,
    };
    let (mut lines, mut functions) = (Vec::new(), BTreeSet::new());
    for (kind, line) in differing(&was, &is) {
        functions.insert(line.function.clone());
        lines.push(LineChange { how: kind, line: line.number, text: line.text.clone() });
    }
    functions.remove("");
    let (rule, layer, file) = (name.trim_end_matches(".rhai").to_owned(), layer.to_owned(), file.to_owned());
    let lines = if how == How::Changed { lines } else { Vec::new() };
    Some(ScriptChange { how, rule, layer, file, functions: functions.into_iter().collect(), lines })
}

/// A line of code without its comment and its margins.
struct Line {
    number: usize,
    text: String,
    function: String,
}

fn code(script: &str) -> Vec<Line> {
    let (mut lines, mut function, mut comment) = (Vec::new(), String::new(), false);
    for (line, number) in script.lines().zip(1..) {
        let text = without_comment(line, &mut comment);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            continue;
        }
        if let Some(head) = text.trim_start_matches("private ").strip_prefix("fn ") {
            function = head.split('(').next().unwrap_or_default().trim().to_owned();
        }
        lines.push(Line { number, text, function: function.clone() });
    }
    lines
}

/// A line without what is commented out; whether a comment goes on over its end is kept.
fn without_comment(line: &str, comment: &mut bool) -> String {
    let (mut kept, mut quoted, mut rest) = (String::new(), None, line.chars().peekable());
    while let Some(c) = rest.next() {
        let next = rest.peek().copied();
        match (c, next) {
            ('*', Some('/')) if *comment => {
                *comment = false;
                rest.next();
            }
            _ if *comment => {}
            ('/', Some('/')) if quoted.is_none() => break,
            ('/', Some('*')) if quoted.is_none() => {
                *comment = true;
                rest.next();
            }
            ('\\', Some(escaped)) if quoted.is_some() => {
                kept.extend([c, escaped]);
                rest.next();
            }
            _ => {
                if matches!(c, '"' | '`' | '\'') {
                    quoted = if quoted == Some(c) { None } else { quoted.or(Some(c)) };
                }
                kept.push(c);
            }
        }
    }
    kept
}

/// The lines that are gone and new, by a longest common part.
fn differing<'l>(old: &'l [Line], new: &'l [Line]) -> Vec<(How, &'l Line)> {
    let width = new.len() + 1;
    let mut common = vec![0_usize; (old.len() + 1) * width];
    let at = |i: usize, j: usize| i * width + j;
    for (i, a) in old.iter().enumerate().rev() {
        for (j, b) in new.iter().enumerate().rev() {
            let [diagonal, below, beside] = [at(i + 1, j + 1), at(i + 1, j), at(i, j + 1)].map(|n| common.get(n).copied().unwrap_or_default());
            if let Some(cell) = common.get_mut(at(i, j)) {
                *cell = if a.text == b.text { diagonal + 1 } else { below.max(beside) };
            }
        }
    }
    let length = |i: usize, j: usize| common.get(at(i, j)).copied().unwrap_or_default();
    let (mut i, mut j, mut found) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(a), Some(b)) if a.text == b.text => (i, j) = (i + 1, j + 1),
            (Some(a), b) if b.is_none() || length(i + 1, j) >= length(i, j + 1) => {
                found.push((How::Removed, a));
                i += 1;
            }
            (_, Some(b)) => {
                found.push((How::Added, b));
                j += 1;
            }
            _ => return found,
        }
    }
}
