//! Rust source as a list of words and signs with their lines: comments and texts are cut out, and lines of test code are marked.
//!
//! Must not know what is allowed. Tests: below.

/// One word or sign. `::` is one sign; every other sign is one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// What it says.
    pub text: String,
    /// Its line, from 1.
    pub line: usize,
    /// Whether it stands in a `#[cfg(test)]` item.
    pub test: bool,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// The line of `fn`.
    pub line: usize,
    /// Lines from `fn` to the closing brace.
    pub lines: usize,
}

/// The words and signs of a source text.
pub fn tokens(source: &str) -> Vec<Token> {
    let chars: Vec<char> = source.chars().collect();
    let mut found = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let (length, kept) = next(&chars[at..]);
        let text: String = chars[at..at + length].iter().collect();
        if kept {
            found.push(Token { text: text.clone(), line, test: false });
        }
        line += text.matches('\n').count();
        at += length;
    }
    mark_tests(&mut found);
    found
}

/// Length of what stands next, and whether it is kept.
fn next(rest: &[char]) -> (usize, bool) {
    let peek = |n: usize| rest.get(n).copied().unwrap_or('\0');
    match (rest[0], peek(1)) {
        ('/', '/') => (rest.iter().position(|c| *c == '\n').unwrap_or(rest.len()), false),
        ('/', '*') => (block_comment(rest), false),
        ('"', _) => (quoted(rest), false),
        ('b' | 'c', '"') => (1 + quoted(&rest[1..]), false),
        ('b', '\'') => (1 + character(&rest[1..]), false),
        ('r', '"' | '#') | ('b' | 'c', 'r') if raw(rest).is_some() => (raw(rest).unwrap_or(1), false),
        ('\'', _) if peek(1) == '\\' || peek(2) == '\'' => (character(rest), false),
        (':', ':') => (2, true),
        (c, _) if c.is_alphanumeric() || c == '_' => (rest.iter().position(|c| !c.is_alphanumeric() && *c != '_').unwrap_or(rest.len()), true),
        (c, _) => (1, !c.is_whitespace()),
    }
}

fn block_comment(rest: &[char]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match (rest[at], rest.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) if depth == 1 => return at + 2,
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[char]) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            '\\' => at += 2,
            '"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

fn character(rest: &[char]) -> usize {
    let from = if rest.get(1) == Some(&'\\') { 3 } else { 2 };
    rest.iter().skip(from).position(|c| *c == '\'').map_or(rest.len(), |n| from + n + 1)
}

fn raw(rest: &[char]) -> Option<usize> {
    let start = rest.iter().position(|c| *c == 'r')? + 1;
    let hashes = rest[start..].iter().take_while(|c| **c == '#').count();
    let open = start + hashes;
    if rest.get(open) != Some(&'"') {
        return None;
    }
    let ends = |at: &usize| rest[*at] == '"' && rest[at + 1..].iter().take_while(|c| **c == '#').count() >= hashes;
    Some((open + 1..rest.len()).find(ends).map_or(rest.len(), |at| at + 1 + hashes))
}

/// Marks the items behind `#[cfg(test)]`, to their closing brace or semicolon.
fn mark_tests(tokens: &mut [Token]) {
    let mut at = 0;
    while at < tokens.len() {
        if !says(&tokens[at..], &["#", "[", "cfg", "(", "test", ")", "]"]) {
            at += 1;
            continue;
        }
        let end = item_end(tokens, at + 7);
        tokens[at..end].iter_mut().for_each(|t| t.test = true);
        at = end;
    }
}

fn item_end(tokens: &[Token], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth <= 1 => return at + 1,
            "}" => depth -= 1,
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Whether the tokens begin with these words.
pub fn says(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(t, w)| t.text == *w)
}

/// Every function with a body, test code left out.
pub fn functions(tokens: &[Token]) -> Vec<Function> {
    let starts = |at: &usize| tokens[*at].text == "fn" && !tokens[*at].test && tokens.get(at + 1).is_some_and(|t| t.text != "(");
    let measured = (0..tokens.len()).filter(starts).filter_map(|at| {
        let body = body_start(&tokens[at..])? + at;
        let last = item_end(tokens, body).checked_sub(1)?;
        Some(Function { name: tokens[at + 1].text.clone(), line: tokens[at].line, lines: tokens[last].line - tokens[at].line + 1 })
    });
    measured.collect()
}

/// Where the body opens: the first brace outside of brackets, unless a semicolon comes first.
fn body_start(tokens: &[Token]) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "(" | "[" => depth += 1,
            ")" | "]" => depth -= 1,
            "{" if depth == 0 => return Some(at),
            ";" if depth == 0 => return None,
            _ => {}
        }
    }
    None
}

/// How many lines are not test code.
pub fn lines_without_tests(source: &str, tokens: &[Token]) -> usize {
    let tested: std::collections::BTreeSet<usize> = test_stretches(tokens).into_iter().flatten().collect();
    (1..=source.lines().count()).filter(|line| !tested.contains(line)).count()
}

fn test_stretches(tokens: &[Token]) -> Vec<std::ops::RangeInclusive<usize>> {
    let of = |group: &[Token]| (group[0].test).then(|| group[0].line..=group[group.len() - 1].line);
    tokens.chunk_by(|a, b| a.test == b.test).filter_map(of).collect()
}

/// A place where code names a top-level module of the crate.
pub struct Named {
    /// The module.
    pub module: String,
    /// What is taken from it, where the path goes on.
    pub then: Option<String>,
    /// The line.
    pub line: usize,
}

/// Where the tokens name top-level modules: `crate::name`, `crate::{a, b::c}`, and `super::` as far up as that.
/// `depth` is how many modules down the file is: 1 for `src/base/mod.rs`.
pub fn modules_named(tokens: &[Token], depth: usize) -> Vec<Named> {
    let mut found = Vec::new();
    let mut inline = Vec::new();
    let mut braces = 0_usize;
    for (at, token) in tokens.iter().enumerate() {
        let fresh = at == 0 || tokens[at - 1].text != "::";
        match token.text.as_str() {
            "{" => {
                braces += 1;
                if at >= 2 && tokens[at - 2].text == "mod" {
                    inline.push(braces);
                }
            }
            "}" => {
                if inline.last() == Some(&braces) {
                    inline.pop();
                }
                braces = braces.saturating_sub(1);
            }
            "crate" if fresh => found.extend(heads(&tokens[at + 1..])),
            "super" if fresh => {
                let up = tokens[at..].chunks(2).take_while(|pair| says(pair, &["super", "::"])).count();
                if up == depth + inline.len() {
                    found.extend(heads(&tokens[at + 2 * up - 1..]));
                }
            }
            _ => {}
        }
    }
    found
}

/// The names behind a leading `::`, through brace groups, two levels deep.
fn heads(rest: &[Token]) -> Vec<Named> {
    let mut found = Vec::new();
    for path in branches(rest) {
        let Some(head) = path.first() else { continue };
        let seconds = branches(&path[1..]);
        let named = |then: Option<String>| Named { module: head.text.clone(), then, line: head.line };
        if seconds.is_empty() {
            found.push(named(None));
        }
        found.extend(seconds.into_iter().map(|second| named(second.first().map(|t| t.text.clone()))));
    }
    found
}

/// Where paths go on behind a leading `::`: one place, or one for each item of a brace group.
fn branches(rest: &[Token]) -> Vec<&[Token]> {
    if !says(rest, &["::"]) {
        return Vec::new();
    }
    if !says(&rest[1..], &["{"]) {
        return vec![&rest[1..]];
    }
    let mut depth = 0_usize;
    let mut found = Vec::new();
    for (at, token) in rest.iter().enumerate().skip(1) {
        match token.text.as_str() {
            "{" => depth += 1,
            "}" if depth == 1 => break,
            "}" => depth -= 1,
            _ => {}
        }
        if depth == 1 && matches!(token.text.as_str(), "{" | ",") && rest.get(at + 1).is_some_and(|t| t.text != "}") {
            found.push(&rest[at + 1..]);
        }
    }
    found
}

#[test]
fn comments_and_texts_do_not_count() {
    let source = "//! sqlx\n/* a /* sqlx */ */ fn a<'x>(c: char) { let s = r#\"sqlx \" \"#; let q = '\"'; let n = b'\\''; b::\"sqlx\" }";
    let words: Vec<String> = tokens(source).into_iter().map(|t| t.text).collect();
    assert_eq!(words.join(" "), "fn a < ' x > ( c : char ) { let s = ; let q = ; let n = ; b :: }");
}

#[test]
fn functions_are_measured_and_test_code_is_left_out() {
    let source = "fn a(f: fn(u8)) -> [u8; 2] {\n  x\n}\ntrait T { fn none(&self); }\n#[cfg(test)]\nmod tests {\n  fn b() {}\n}\n";
    let tokens = tokens(source);
    assert_eq!(functions(&tokens), [Function { name: "a".into(), line: 1, lines: 3 }]);
    assert_eq!(lines_without_tests(source, &tokens), 4);
}

#[test]
fn modules_are_found_through_groups_and_super() {
    let source = "use crate::{base::{a, b}, store};\nuse super::super::rules;\nmod m { use super::super::super::model; use super::super::own; }\npub(crate) fn x() { crate::engine::y() }";
    let named = modules_named(&tokens(source), 2).into_iter();
    let found: Vec<String> = named.map(|n| n.then.map_or(n.module.clone(), |then| format!("{} {then}", n.module))).collect();
    assert_eq!(found, ["base a", "base b", "store", "rules", "model", "engine y"]);
}
