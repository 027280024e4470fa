//! Where each value of a YAML tree stands in its text: the parser gives the values, and this finds their places by going through
//! text and tree side by side. A key is looked for until it is found, so one value that is hard to follow shifts nothing after it.
//!
//! Must not know kinds or columns. Tests: `yaml_file.rs`.

use crate::base::{FileId, Span};

use super::raw::Item;

/// A tree without places.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Nothing,
    Text(String),
    /// A number or a truth; what counts is how it was written, this is only what to fall back on.
    AsWritten(String),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
}

/// The same tree with places.
#[derive(Debug, Clone, PartialEq)]
pub enum Found {
    /// Nothing was written.
    Nothing(Span),
    /// One value.
    Text(Item),
    /// Several.
    List(Vec<Self>, Span),
    /// Values with names.
    Map(Vec<(Item, Self)>, Span),
}

impl Found {
    /// Where it stands.
    #[must_use]
    pub const fn span(&self) -> Span {
        match self {
            Self::Nothing(span) | Self::List(_, span) | Self::Map(_, span) => *span,
            Self::Text(item) => item.span,
        }
    }
}

/// Gives every value its place.
///
/// # Errors
/// The place of an anchor, alias or tag: the tree then has values that stand elsewhere in the text.
pub(super) fn locate(file: FileId, text: &str, tree: &Shape) -> Result<Found, Span> {
    Walk { file, text, at: 0, flow: 0 }.find(tree)
}

/// A position in the text, moving forward.
#[derive(Clone)]
struct Walk<'a> {
    file: FileId,
    text: &'a str,
    at: usize,
    /// How many `[` and `{` are open.
    flow: usize,
}

/// A scalar as it stands in the text, quotes included.
#[derive(Clone, Copy)]
struct Token {
    start: usize,
    end: usize,
}

impl Walk<'_> {
    fn find(&mut self, tree: &Shape) -> Result<Found, Span> {
        Ok(match tree {
            Shape::Nothing => Found::Nothing(self.nothing()?),
            Shape::Text(text) => Found::Text(self.value(text.clone())?),
            Shape::AsWritten(fallback) => {
                let item = self.value(fallback.clone())?;
                let written = self.text.get(item.span.range()).unwrap_or_default().to_owned();
                let same = written.starts_with(|c: char| c.is_ascii_alphanumeric() || "+-.".contains(c));
                Found::Text(if same { Item { text: written, ..item } } else { item })
            }
            Shape::List(items) => {
                let start = self.next_start()?;
                let found = items.iter().map(|i| self.find(i)).collect::<Result<Vec<_>, _>>()?;
                let span = found.iter().map(Found::span).reduce(Span::to).unwrap_or_else(|| self.span(start, start));
                Found::List(found, span)
            }
            Shape::Map(entries) => {
                let start = self.next_start()?;
                let mut found = Vec::with_capacity(entries.len());
                for (key, value) in entries {
                    let key = self.key(key)?;
                    let value = self.find(value)?;
                    found.push((key, value));
                }
                let spans = found.iter().flat_map(|(k, v)| [k.span, v.span()]);
                let span = spans.reduce(Span::to).unwrap_or_else(|| self.span(start, start));
                Found::Map(found, span)
            }
        })
    }

    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.file, start, end)
    }

    fn value(&mut self, text: String) -> Result<Item, Span> {
        let token = self.token()?;
        Ok(Item { text, span: self.span(token.start, token.end) })
    }

    /// The next scalar that is this key, passing over what is left of a text over several lines.
    fn key(&mut self, key: &Shape) -> Result<Item, Span> {
        let (Shape::Text(text) | Shape::AsWritten(text)) = key else {
            let token = self.token()?;
            return Ok(Item { text: String::new(), span: self.span(token.start, token.end) });
        };
        loop {
            let token = self.token()?;
            let written = self.text.get(token.start..token.end).unwrap_or_default();
            let end_of_text = token.start >= self.text.len();
            if end_of_text || (self.is_key() && (written.trim_matches(['"', '\'']) == text || matches!(key, Shape::AsWritten(_)))) {
                let text = if end_of_text { text.clone() } else { written.trim_matches(['"', '\'']).to_owned() };
                return Ok(Item { text, span: self.span(token.start, token.end) });
            }
        }
    }

    /// Where nothing was written: after the colon, or at a written `~` or `null`, which is passed over.
    fn nothing(&mut self) -> Result<Span, Span> {
        let here = self.at;
        let mut ahead = self.clone();
        let token = ahead.token()?;
        if matches!(self.text.get(token.start..token.end), Some("~" | "null" | "Null" | "NULL")) && !ahead.is_key() {
            *self = ahead;
            return Ok(self.span(token.start, token.end));
        }
        Ok(self.span(here, here))
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Whether a colon follows.
    fn is_key(&self) -> bool {
        self.rest().trim_start_matches(' ').starts_with(':')
    }

    fn next_start(&self) -> Result<usize, Span> {
        let mut ahead = self.clone();
        ahead.skip();
        match ahead.rest().chars().next() {
            Some('&' | '*' | '!') => Err(ahead.span(ahead.at, ahead.at + 1)),
            _ => Ok(ahead.at),
        }
    }

    /// Passes over blanks, comments and the signs of structure.
    fn skip(&mut self) {
        loop {
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return };
            let spaced = rest.chars().nth(1).is_none_or(char::is_whitespace);
            let line_start = self.at == 0 || self.text.get(..self.at).is_some_and(|t| t.ends_with(char::is_whitespace));
            let step = match c {
                c if c.is_whitespace() => c.len_utf8(),
                '\u{feff}' => c.len_utf8(),
                '#' if line_start => rest.find('\n').unwrap_or(rest.len()),
                '-' if rest.starts_with("---") => 3,
                '-' | '?' | ':' if spaced => 1,
                ',' | ':' if self.flow > 0 => 1,
                '[' | '{' => {
                    self.flow += 1;
                    1
                }
                ']' | '}' if self.flow > 0 => {
                    self.flow -= 1;
                    1
                }
                _ => return,
            };
            self.at += step;
        }
    }

    /// The next scalar; at the end of the text, nothing.
    fn token(&mut self) -> Result<Token, Span> {
        self.skip();
        let start = self.at;
        let rest = self.rest();
        let (length, shown) = match rest.chars().next() {
            None => (0, 0),
            Some('&' | '*' | '!') => return Err(self.span(start, start + 1)),
            Some('"') => same(quoted(rest, '"')),
            Some('\'') => same(quoted(rest, '\'')),
            Some('|' | '>') if self.flow == 0 => (self.block(), 1),
            Some(_) => same(plain(rest, self.flow > 0)),
        };
        self.at = start + length;
        Ok(Token { start, end: start + shown })
    }

    /// The length of a block text: its lines are blank or stand further in than the key before it.
    fn block(&self) -> usize {
        let line_start = self.text.get(..self.at).and_then(|t| t.rfind('\n')).map_or(0, |i| i + 1);
        let line = self.text.get(line_start..).unwrap_or_default();
        let indent = line.len() - line.trim_start_matches([' ', '-']).len();
        let mut length = 0;
        for (i, line) in self.rest().split_inclusive('\n').enumerate() {
            let deeper = line.len() - line.trim_start_matches(' ').len() > indent;
            if i > 0 && !deeper && !line.trim().is_empty() {
                break;
            }
            length += line.len();
        }
        length
    }
}

const fn same(length: usize) -> (usize, usize) {
    (length, length)
}

/// The length of a text in quotes: `\` protects in double ones, doubling in single ones.
fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((i, c)) = chars.next() {
        let protects = c == '\\' && quote == '"';
        let doubled = c == quote && quote == '\'' && chars.peek().is_some_and(|(_, n)| *n == quote);
        if protects || doubled {
            chars.next();
        } else if c == quote {
            return i + 1;
        }
    }
    rest.len()
}

/// The length of a text without quotes: to the end of the line, a comment, or a sign of structure.
fn plain(rest: &str, flow: bool) -> usize {
    let mut before = ' ';
    let mut end = rest.len();
    for (i, c) in rest.char_indices() {
        let follows = rest.get(i + c.len_utf8()..).and_then(|r| r.chars().next());
        let colon = c == ':' && follows.is_none_or(|n| n.is_whitespace() || (flow && ",[]{}".contains(n)));
        let comment = c == '#' && before.is_whitespace() && i > 0;
        if c == '\n' || colon || comment || (flow && ",[]{}".contains(c)) {
            end = i;
            break;
        }
        before = c;
    }
    rest.get(..end).unwrap_or_default().trim_end().len()
}
