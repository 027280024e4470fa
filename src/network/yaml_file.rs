//! Reads a YAML file, `kind:` and a list of rows for each kind in it, into rows of cells with their places.
//!
//! Refuses what YAML lets pass in silence: a key that stands twice. Anchors, aliases and tags are not taken, so that every value
//! stands where it is used. Scalars count as they are written: `07` stays `07`, `1E5` is a code and no number.
//! Must not know what a value means. Tests: below.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::base::suggest::did_you_mean;
use crate::base::{Diagnostic, FileId, Span};

use super::raw::{Cell, Column, Item, Kind, RawRow};
use super::yaml_places::{Found, Shape, locate};

/// All rows of a file, and whether it could be read to its end.
pub(super) fn read(file: FileId, text: &str, out: &mut Vec<Diagnostic>) -> (Vec<RawRow>, bool) {
    let Some(found) = tree(file, text, out) else { return (Vec::new(), false) };
    let before = out.len();
    let rows = kinds(found, out);
    let whole = out.iter().skip(before).all(|d| d.code != "wrong-shape");
    (rows, whole)
}

/// What stands in a YAML file, with places; nothing, and a finding, where it cannot be read.
pub fn tree(file: FileId, text: &str, out: &mut Vec<Diagnostic>) -> Option<Found> {
    let tree = match serde_yaml::from_str::<Tree>(text) {
        Ok(tree) => tree.0,
        Err(error) => {
            let at = error.location().map_or(0, |l| l.index());
            let said = error.to_string();
            let why = said.split(" at line ").next().unwrap_or_default().to_owned();
            if let Some(tab) = tab_near(text, at) {
                let said = Diagnostic::error("unreadable-file", Span::new(file, tab, tab + 1), "a TAB stands here, and YAML is indented with spaces");
                out.push(said.help("replace it by spaces: two for each step"));
                return None;
            }
            out.push(Diagnostic::error("unreadable-file", Span::new(file, at, at), format!("this file is not YAML: {why}")));
            return None;
        }
    };
    match locate(file, text, &tree) {
        Ok(found) => Some(found),
        Err(span) => {
            let said = Diagnostic::error("unreadable-file", span, "anchors, aliases and tags are not taken here");
            out.push(said.help("write the value itself at each place; put text that begins with `*`, `&` or `!` between quotes"));
            None
        }
    }
}

/// A TAB before the first word of the line at which YAML was not understood, or of the line above it.
pub(super) fn tab_near(text: &str, at: usize) -> Option<usize> {
    let start_of = |at: usize| text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |i| i + 1);
    let here = start_of(at.min(text.len()));
    let tab = |start: usize| {
        let indent = text.get(start..)?.split(|c: char| !c.is_whitespace() || c == '\n').next()?;
        indent.find('\t').map(|i| start + i)
    };
    tab(here).or_else(|| tab(start_of(here.saturating_sub(1))))
}

fn kinds(top: Found, out: &mut Vec<Diagnostic>) -> Vec<RawRow> {
    let entries = match top {
        Found::Map(entries, _) => entries,
        Found::Nothing(_) => return Vec::new(),
        other => {
            out.push(wrong_shape(other.span(), "a file begins with what its rows are").help("write `parts:` and under it one `- ` for each part"));
            return Vec::new();
        }
    };
    once(&entries, out);
    let mut rows = Vec::new();
    for (key, value) in entries {
        let Some(kind) = Kind::named(&key.text) else {
            let known = did_you_mean(&key.text, Kind::ALL.map(Kind::name));
            let said = Diagnostic::error("unknown-kind", key.span, format!("master data has no `{}`", key.text));
            out.push(match known {
                Some(help) => said.help(help),
                None => said,
            });
            continue;
        };
        match value {
            Found::List(items, _) => rows.extend(items.into_iter().filter_map(|item| row(kind, item, out))),
            Found::Nothing(_) => {}
            other => out.push(wrong_shape(other.span(), &format!("`{}` take a list of rows", kind.name())).help("begin each row with `- `")),
        }
    }
    rows
}

fn row(kind: Kind, found: Found, out: &mut Vec<Diagnostic>) -> Option<RawRow> {
    let Found::Map(entries, span) = found else {
        out.push(wrong_shape(found.span(), &format!("a row of `{}` is a list of `name: value`", kind.name())));
        return None;
    };
    once(&entries, out);
    let mut cells: Vec<Cell> = Vec::new();
    for (key, value) in entries {
        match kind.column(&key.text) {
            None => out.push(kind.unknown_column(&key.text, key.span)),
            Some(column) => cells.extend(cell(column, value, out)),
        }
    }
    let row = RawRow { kind, span, cells };
    row.missing(&[], out);
    Some(row)
}

fn cell(column: Column, found: Found, out: &mut Vec<Diagnostic>) -> Option<Cell> {
    let span = found.span();
    let items = match found {
        Found::Nothing(_) => Vec::new(),
        Found::Text(item) if column.list => {
            let pieces = item.text.split(';').map(str::trim).filter(|t| !t.is_empty());
            pieces.map(|t| Item { text: t.to_owned(), span: item.span }).collect()
        }
        Found::Text(item) if item.text.trim().is_empty() => Vec::new(),
        Found::Text(item) => vec![Item { text: item.text.trim().to_owned(), span: item.span }],
        Found::List(items, _) if column.list => items.into_iter().filter_map(|i| list_item(column, i, out)).collect(),
        Found::List(..) | Found::Map(..) => {
            out.push(Diagnostic::error("wrong-value", span, format!("`{}` takes one value", column.name)));
            return Some(Cell { column, span, items: Vec::new() });
        }
    };
    (!items.is_empty()).then_some(Cell { column, span, items })
}

fn list_item(column: Column, found: Found, out: &mut Vec<Diagnostic>) -> Option<Item> {
    match found {
        Found::Text(item) => Some(item),
        other => {
            out.push(Diagnostic::error("wrong-value", other.span(), format!("`{}` takes a list of single values", column.name)));
            None
        }
    }
}

fn wrong_shape(span: Span, title: &str) -> Diagnostic {
    Diagnostic::error("wrong-shape", span, title)
}

/// Reports keys that stand twice.
pub fn once(entries: &[(Item, Found)], out: &mut Vec<Diagnostic>) {
    for (i, (key, _)) in entries.iter().enumerate() {
        if let Some((first, _)) = entries.iter().take(i).find(|(k, _)| k.text == key.text) {
            let said = Diagnostic::error("duplicate-key", key.span, format!("`{}` stands twice in the same place", key.text));
            out.push(said.also(first.span, "first here").help("keep one of them"));
        }
    }
}

/// What serde sees: the structure, with keys that stand twice, and each scalar that is not text left to its place.
pub(super) struct Tree(pub Shape);

struct TreeVisitor;

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(TreeVisitor).map(Self)
    }
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Nothing)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::AsWritten(value.to_string()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::AsWritten(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::AsWritten(value.to_string()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Shape, E> {
        Ok(Shape::AsWritten(value.to_string()))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Shape, E> {
        Ok(Shape::AsWritten(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
        Ok(Shape::AsWritten(value.to_string()))
    }
    fn visit_str<E>(self, text: &str) -> Result<Shape, E> {
        Ok(Shape::Text(text.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(Tree(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(Shape::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut entries = Vec::new();
        while let Some((Tree(key), Tree(value))) = map.next_entry()? {
            entries.push((key, value));
        }
        Ok(Shape::Map(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceMap;

    fn seen(text: &str) -> (Vec<String>, Vec<String>) {
        let mut map = SourceMap::default();
        let file = map.add("x.yaml", text);
        let mut out = Vec::new();
        let (rows, _) = read(file, text, &mut out);
        let cells = rows.iter().flat_map(|r| &r.cells).flat_map(|c| &c.items).map(|i| format!("{} {} = {}", map.place(i.span), map.text(i.span), i.text));
        let said = out.iter().map(|d| format!("{} {}: {}", map.place(d.span()), d.code, d.title));
        (cells.collect(), said.collect())
    }

    #[test]
    fn values_stay_as_written_and_know_their_places() {
        let text = "# one kind\nparties: # the list\n  - code: 007   # zeros stay\n    name: \"Cool: \\\"fix\\\" # no comment\"\n    state: 07\n    pin:\n    gstin: ''\n    city: 'O''Hara'\n  - {code: 1E5, name: [a, b], kind: asp}\n";
        let (cells, said) = seen(text);
        let want = [
            "x.yaml:3:11 007 = 007",
            "x.yaml:4:11 \"Cool: \\\"fix\\\" # no comment\" = Cool: \"fix\" # no comment",
            "x.yaml:5:12 07 = 07",
            "x.yaml:8:11 'O''Hara' = O'Hara",
            "x.yaml:9:12 1E5 = 1E5",
            "x.yaml:9:37 asp = asp",
        ];
        assert_eq!(cells, want);
        let want = ["x.yaml:3:5 missing-value: this row of `parties` has no `kind`", "x.yaml:9:24 wrong-value: `name` takes one value"];
        assert_eq!(said, want);
    }

    #[test]
    fn texts_over_several_lines_do_not_shift_the_places_after_them() {
        let text = "parties:\n- name: Cool\n    and warm\n  address: |\n    kind: no key\n    Road\n  kind: asp\n  code: c\n";
        let (cells, said) = seen(text);
        assert_eq!(said, Vec::<String>::new());
        let want = ["x.yaml:2:9 Cool = Cool and warm", "x.yaml:4:12 | = kind: no key\nRoad", "x.yaml:7:9 asp = asp", "x.yaml:8:9 c = c"];
        assert_eq!(cells, want);
    }

    #[test]
    fn what_yaml_lets_pass_is_refused() {
        let said = |text: &str| seen(text).1;
        let twice = "business_units:\n- code: ac\n  name: a\n  code: wm\nbusiness_units: []\n";
        let want =
            ["x.yaml:5:1 duplicate-key: `business_units` stands twice in the same place", "x.yaml:4:3 duplicate-key: `code` stands twice in the same place"];
        assert_eq!(said(twice), want);
        assert_eq!(said("parts: &a []\nrates: *a\n"), ["x.yaml:1:8 unreadable-file: anchors, aliases and tags are not taken here"]);
        assert_eq!(said("part: []"), ["x.yaml:1:1 unknown-kind: master data has no `part`"]);
        assert_eq!(said("- a"), ["x.yaml:1:3 wrong-shape: a file begins with what its rows are"]);
        assert_eq!(said("parts:\n  - a: [\n").len(), 1);
    }

    #[test]
    fn a_tab_is_told_as_such() {
        let mut map = SourceMap::default();
        let text = "parts:\n\t- { code: A }\n";
        let file = map.add("more.yaml", text);
        let mut out = Vec::new();
        assert!(tree(file, text, &mut out).is_none());
        let told: Vec<String> = out.iter().map(|d| format!("{} {}; {}", map.place(d.span()), d.title, d.help.as_deref().unwrap_or(""))).collect();
        assert_eq!(told, ["more.yaml:2:1 a TAB stands here, and YAML is indented with spaces; replace it by spaces: two for each step"]);
    }
}
