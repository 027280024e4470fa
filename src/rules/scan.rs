//! Tokens of a script with their byte spans: rhai gives a position where something begins, never where it ends.
//!
//! Also finds the functions of a script that does not parse. Must not know rhai. Tests: below.

/// What a token is, as far as diagnostics care.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Number,
    Text,
    Symbol,
}

/// A token; comments and blanks are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

/// A function as its header says, and the stretch of text up to the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub name: String,
    /// First and last byte of the name.
    pub at: (usize, usize),
    pub params: Vec<(String, (usize, usize))>,
    /// The whole function: from `fn` to the next `fn` or the end of the text.
    pub range: (usize, usize),
}

/// All tokens of a text.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let (kind, length) = next(rest);
        if let Some(kind) = kind {
            found.push(Token { kind, start: at, end: at + length });
        }
        at += length.max(1);
    }
    found
}

/// The kind and length in bytes of what a text begins with; no kind for blanks and comments.
fn next(rest: &str) -> (Option<TokenKind>, usize) {
    let first = rest.chars().next().unwrap_or(' ');
    let while_chars = |ok: fn(char) -> bool| rest.find(|c| !ok(c)).unwrap_or(rest.len());
    if first.is_whitespace() {
        (None, while_chars(char::is_whitespace))
    } else if rest.starts_with("//") {
        (None, rest.find('\n').unwrap_or(rest.len()))
    } else if rest.starts_with("/*") {
        (None, comment(rest))
    } else if first.is_alphabetic() || first == '_' {
        (Some(TokenKind::Word), while_chars(|c| c.is_alphanumeric() || c == '_'))
    } else if first.is_ascii_digit() {
        (Some(TokenKind::Number), number(rest))
    } else if matches!(first, '"' | '`' | '\'') {
        (Some(TokenKind::Text), quoted(rest, first))
    } else {
        const LONG: [&str; 28] = [
            ":=", "<-", "->", "++", "--", "===", "!==", "**", "<<", ">>", "..=", "??", "&&", "||", "==", "!=", "<=", ">=", "+=", "-=", "*=", "/=", "%=", "=>",
            "::", "..", "#{", "?.",
        ];
        (Some(TokenKind::Symbol), LONG.iter().find(|s| rest.starts_with(**s)).map_or(first.len_utf8(), |s| s.len()))
    }
}

/// Digits, and a fraction where a digit follows the point: `0..3` is not one.
fn number(rest: &str) -> usize {
    let digits = |s: &str| s.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(s.len());
    let whole = digits(rest);
    let fraction = rest.get(whole..).and_then(|r| r.strip_prefix('.')).filter(|r| r.starts_with(|c: char| c.is_ascii_digit()));
    whole + fraction.map_or(0, |f| 1 + digits(f))
}

fn comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|r| !r.is_empty()) {
        if here.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if here.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += here.chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// A text with its quotes. One in double quotes ends at the end of its line at the latest, so that a forgotten quote
/// does not swallow the functions below.
fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1);
    let mut holes = 0_usize;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                chars.next();
            }
            '\n' if quote != '`' => return at,
            '{' if quote == '`' && (holes > 0 || rest.get(..at).is_some_and(|before| before.ends_with('$'))) => holes += 1,
            '}' if holes > 0 => holes -= 1,
            c if c == quote && holes == 0 => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// The token that begins at a byte, or holds it.
pub(super) fn widen(text: &str, tokens: &[Token], at: usize) -> (usize, usize) {
    let holder = tokens.partition_point(|t| t.end <= at);
    match tokens.get(holder) {
        Some(token) if token.start == at || (token.start < at && token.kind != TokenKind::Text) => (token.start, token.end),
        // Inside a text with holes: the word there.
        Some(token) if token.start < at => (at, at + next(text.get(at..token.end).unwrap_or(" ")).1),
        _ => (at.min(text.len()), at.min(text.len())),
    }
}

/// The functions, in order. rhai has no functions inside functions, so each `fn` begins one, also in a broken text.
pub(super) fn headers(text: &str, tokens: &[Token]) -> Vec<Header> {
    let word = |t: &Token| text.get(t.start..t.end).unwrap_or("");
    let starts: Vec<usize> = tokens.iter().enumerate().filter(|(_, t)| word(t) == "fn").map(|(i, _)| i).collect();
    let mut found = Vec::new();
    for (n, start) in starts.iter().enumerate() {
        let end = starts.get(n + 1).and_then(|next| tokens.get(*next)).map_or(text.len(), |t| t.start);
        let from = tokens.get(*start).map_or(0, |t| t.start);
        let mut rest = tokens.get(start + 1..).unwrap_or(&[]).iter();
        let Some(name) = rest.next().filter(|t| t.kind == TokenKind::Word) else {
            continue;
        };
        let inside = rest.skip_while(|t| word(t) == "(").take_while(|t| !matches!(word(t), ")" | "{") && t.start < end);
        let params = inside.filter(|t| t.kind == TokenKind::Word).map(|t| (word(t).to_owned(), (t.start, t.end))).collect();
        found.push(Header { name: word(name).to_owned(), at: (name.start, name.end), params, range: (from, end) });
    }
    found
}

/// The text with everything outside a range blanked out, so that positions stay what they are.
pub(super) fn only(text: &str, (start, end): (usize, usize)) -> String {
    text.char_indices().map(|(i, c)| if (start..end).contains(&i) || c == '\n' { c } else { ' ' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_end_where_they_end() {
        let text = "let x_1 = 0..3; // fn no\n/* fn /* no */ */ `a ${f(\"}\")} b` \"c\\\"d\" 1.5 #{a:1} ₹";
        let shown: Vec<&str> = tokens(text).iter().map(|t| &text[t.start..t.end]).collect();
        assert_eq!(shown, ["let", "x_1", "=", "0", "..", "3", ";", "`a ${f(\"}\")} b`", "\"c\\\"d\"", "1.5", "#{", "a", ":", "1", "}", "₹"]);
    }

    #[test]
    fn functions_are_found_in_a_broken_text() {
        let text = "fn a(x, y) { \"open\n}\nfn b( { fn }\nprivate fn c() { }";
        let found = headers(text, &tokens(text));
        let shown: Vec<(&str, Vec<&str>)> = found.iter().map(|h| (h.name.as_str(), h.params.iter().map(|(n, _)| n.as_str()).collect())).collect();
        assert_eq!(shown, [("a", vec!["x", "y"]), ("b", vec![]), ("c", vec![])]);
        assert_eq!(only("fn a\n₹ fn b", (9, 13)), "    \n  fn b");
    }
}
