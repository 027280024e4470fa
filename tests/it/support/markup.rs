//! Reads HTML and SVG strictly: tags close in order, attributes are quoted and named once, texts hold no bare signs.

/// An element as it begins, or a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// A tag that begins, with its attributes.
    Begin(String, Vec<(String, String)>),
    /// A tag that ends.
    End(String),
    /// A text between tags, as it is shown.
    Text(String),
}

/// HTML elements without an end.
const VOID: &[&str] = &["meta", "link", "br", "hr", "img", "input", "col"];
/// What is inside these is no markup.
const RAW: &[&str] = &["style", "script"];

/// The pieces of a document; panics with the place where it is not well written.
pub fn pieces(text: &str) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = text.strip_prefix("<!doctype html>").unwrap_or(text);
    while !rest.is_empty() {
        if let Some(name) = open.last().filter(|name| RAW.contains(&name.as_str())) {
            let end = rest.find(&format!("</{name}>")).unwrap_or_else(|| panic!("`{name}` never ends"));
            rest = &rest[end..];
        }
        let Some(tag) = rest.strip_prefix('<') else {
            let end = rest.find('<').unwrap_or(rest.len());
            found.push(Piece::Text(shown(&rest[..end])));
            rest = &rest[end..];
            continue;
        };
        let end = tag.find('>').unwrap_or_else(|| panic!("a tag never ends: {}", &tag[..tag.len().min(60)]));
        let (inside, after) = (&tag[..end], &tag[end + 1..]);
        rest = after;
        if let Some(name) = inside.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "`</{name}>` ends another element");
            found.push(Piece::End(name.to_owned()));
            continue;
        }
        let (inside, empty) = inside.strip_suffix('/').map_or((inside, false), |inside| (inside, true));
        let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric()), "`<{inside}>` is no tag");
        found.push(Piece::Begin(name.to_owned(), parse(attributes)));
        if !empty && !VOID.contains(&name) {
            open.push(name.to_owned());
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    found
}

fn parse(mut rest: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    rest = rest.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("`{rest}` is no quoted attribute"));
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("`{rest}` is no quoted attribute"));
        assert!(found.iter().all(|(known, _)| known != name), "`{name}` stands twice");
        found.push((name.to_owned(), shown(value)));
        rest = after.trim_start();
    }
    found
}

/// A text as it is shown.
fn shown(text: &str) -> String {
    let known = ["&amp;", "&lt;", "&gt;", "&quot;", "&#39;"];
    for (at, _) in text.match_indices('&') {
        assert!(known.iter().any(|k| text[at..].starts_with(k)), "a bare `&` in `{text}`");
    }
    assert!(!text.contains('>'), "a bare `>` in `{text}`");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

/// All texts of a document, one a line.
pub fn texts(pieces: &[Piece]) -> String {
    let texts: Vec<&str> = pieces.iter().filter_map(|p| if let Piece::Text(text) = p { Some(text.trim()) } else { None }).collect();
    texts.into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The values of an attribute, in order.
pub fn values(pieces: &[Piece], attribute: &str) -> Vec<String> {
    let of = |piece: &Piece| match piece {
        Piece::Begin(_, attributes) => attributes.iter().find(|(name, _)| name == attribute).map(|(_, value)| value.clone()),
        _ => None,
    };
    pieces.iter().filter_map(of).collect()
}
