//! Reads a CSV file into rows of cells, each with its place.
//!
//! The first line names the columns; `#` begins a comment line; cells are trimmed. Must not know what a value means. Tests: below.

use crate::base::suggest::list;
use crate::base::{Diagnostic, FileId, Span};

use super::raw::{Cell, Column, Item, Kind, RawRow};

/// All rows of a file, and whether it could be read to its end.
pub(super) fn read(file: FileId, text: &str, kind: Kind, out: &mut Vec<Diagnostic>) -> (Vec<RawRow>, bool) {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).comment(Some(b'#')).from_reader(text.as_bytes());
    let mut records = reader.records();
    let mut rows = Vec::new();
    let Some(Ok(header)) = records.next() else {
        return (rows, text.trim().is_empty());
    };
    if let Some(said) = other_separator(file, text, &header, kind) {
        out.push(said);
        return (rows, false);
    }
    let (columns, absent) = columns(file, text, &header, kind, out);
    let mut read = Vec::new();
    for record in records {
        let Ok(record) = record else {
            out.push(Diagnostic::error("unreadable-file", Span::new(file, 0, 0), "this file is not text in UTF-8").help("save it again as CSV UTF-8"));
            return (rows, false);
        };
        read.push(record);
    }
    let headless = headless(file, text, &header, &columns, kind, &read);
    let told = headless.is_some();
    out.extend(headless);
    for record in read {
        let places = places(file, text, &record);
        let whole = places.iter().copied().reduce(Span::to).unwrap_or_default();
        if record.len() != columns.len() && !told {
            let title = format!("this row has {} cells, and there are {} columns", record.len(), columns.len());
            out.push(Diagnostic::error("wrong-cells", whole, title).help("put a cell that contains a comma between quotes"));
        }
        let cells = columns.iter().zip(record.iter().zip(&places)).filter_map(|(column, (text, span))| cell((*column)?, text, *span));
        if record.len() == columns.len() {
            let row = RawRow { kind, span: whole, cells: cells.collect() };
            row.missing(&absent, out);
            rows.push(row);
        } else if kind.column("code").is_some() {
            // Its cells may have shifted, but its name still counts, so that no other row is said to name something unknown.
            let cells = cells.filter(|c| matches!(c.column.name, "bu" | "code")).collect();
            rows.push(RawRow { kind, span: whole, cells });
        }
    }
    (rows, true)
}

/// A first line whose names are separated by another sign than a comma, as some programs write it.
fn other_separator(file: FileId, text: &str, header: &csv::StringRecord, kind: Kind) -> Option<Diagnostic> {
    let only = header.get(0).filter(|_| header.len() == 1)?;
    let known = |name: &str| kind.column(name.trim_start_matches('\u{feff}').trim().trim_matches('"')).is_some();
    let (_, word) =
        [(';', "semicolons"), ('\t', "tabs"), ('|', "bars")].into_iter().find(|(sign, _)| only.split(*sign).filter(|name| known(name)).count() > 1)?;
    let span = places(file, text, header).first().copied().unwrap_or_default();
    let said = Diagnostic::error("wrong-cells", span, format!("the cells of this file are separated by {word}, and commas are wanted"));
    Some(said.help("save it again as CSV with commas (a list within one cell keeps its semicolons), or write it as YAML"))
}

/// One report for all rows that have as many cells as each other, and not as many as the first line has names.
fn headless(file: FileId, text: &str, header: &csv::StringRecord, columns: &[Option<Column>], kind: Kind, rows: &[csv::StringRecord]) -> Option<Diagnostic> {
    let cells = rows.first().map(csv::StringRecord::len).filter(|cells| *cells > columns.len() && rows.len() > 1)?;
    if rows.iter().any(|row| row.len() != cells) {
        return None;
    }
    let span = places(file, text, header).into_iter().reduce(Span::to).unwrap_or_default();
    let others: Vec<&str> = kind.columns().iter().filter(|c| !columns.contains(&Some(**c))).map(|c| c.name).collect();
    let title = format!("the first line names {} columns, and every row has {cells} cells", columns.len());
    let help = if others.is_empty() {
        "remove the cells that have no name".to_owned()
    } else {
        format!("name what is missing in the first line: one of {}", list(others.iter().copied()))
    };
    Some(Diagnostic::error("wrong-cells", span, title).help(help))
}

type Columns = (Vec<Option<Column>>, Vec<&'static str>);

/// The columns that the header names, and the required ones that it does not.
fn columns(file: FileId, text: &str, header: &csv::StringRecord, kind: Kind, out: &mut Vec<Diagnostic>) -> Columns {
    let places = places(file, text, header);
    let mut found: Vec<Option<Column>> = Vec::new();
    for (name, span) in header.iter().map(|n| n.trim_start_matches('\u{feff}').trim()).zip(&places) {
        let column = kind.column(name);
        match column {
            None => out.push(kind.unknown_column(name, *span)),
            Some(c) if found.contains(&Some(c)) => out.push(Diagnostic::error("duplicate-column", *span, format!("column `{name}` stands here twice"))),
            Some(_) => {}
        }
        found.push(column);
    }
    let absent: Vec<_> = kind.columns().iter().filter(|c| c.required && !found.contains(&Some(**c))).map(|c| c.name).collect();
    if !absent.is_empty() {
        let whole = places.iter().copied().reduce(Span::to).unwrap_or_default();
        let missing = list(absent.iter().copied());
        out.push(Diagnostic::error("missing-column", whole, format!("`{}` need {missing}", kind.name())).help(format!("add to the first line: {missing}")));
    }
    (found, absent)
}

fn cell(column: Column, text: &str, span: Span) -> Option<Cell> {
    let pieces = text.split(if column.list { ';' } else { '\0' }).map(str::trim).filter(|t| !t.is_empty());
    let items: Vec<Item> = pieces.map(|t| Item { text: t.to_owned(), span }).collect();
    (!items.is_empty()).then_some(Cell { column, span, items })
}

/// Where each cell of a record stands, quotes included.
fn places(file: FileId, text: &str, record: &csv::StringRecord) -> Vec<Span> {
    let from = record.position().and_then(|p| usize::try_from(p.byte()).ok()).unwrap_or(0);
    let mut at = record_start(text, from);
    let mut spans = Vec::with_capacity(record.len());
    for _ in 0..record.len() {
        let end = at + cell_length(text.get(at..).unwrap_or_default());
        let written = text.get(at..end).unwrap_or_default();
        let start = at + written.len() - written.trim_start().len();
        spans.push(Span::new(file, start, start + written.trim().len()));
        at = end + 1;
    }
    spans
}

/// The reader counts blank and comment lines before a record as part of it; this is where it really begins.
fn record_start(text: &str, from: usize) -> usize {
    let mut at = from;
    while let Some(rest) = text.get(at..) {
        let blank = rest.starts_with(['\n', '\r']);
        if !blank && !rest.starts_with('#') {
            break;
        }
        match rest.find('\n') {
            Some(end) => at += end + 1,
            None => break,
        }
    }
    at + usize::from(text.get(at..).is_some_and(|r| r.starts_with('\u{feff}'))) * '\u{feff}'.len_utf8()
}

fn cell_length(rest: &str) -> usize {
    let mut quoted = rest.starts_with('"');
    for (i, byte) in rest.bytes().enumerate() {
        match byte {
            b'"' if i > 0 && quoted => quoted = false,
            b'"' if i > 0 && rest.as_bytes().get(i - 1) == Some(&b'"') => quoted = true,
            b',' | b'\n' | b'\r' if !quoted => return i,
            _ => {}
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SourceMap;

    #[test]
    fn cells_know_their_places_through_quotes_comments_and_blank_lines() {
        let mut map = SourceMap::default();
        let text = "\u{feff}code,name\n# the two units\n\nac,\"Air \"\"cool\"\", Ltd\"\r\nwm, Washing \n";
        let file = map.add("business_units.csv", text);
        let mut out = Vec::new();
        let (rows, whole) = read(file, text, Kind::BusinessUnits, &mut out);
        assert!(whole && out.is_empty(), "{out:?}");
        let seen: Vec<_> = rows.iter().map(|r| (r.text("name").unwrap(), map.place(r.place("name")), map.text(r.place("name")))).collect();
        let want = [
            ("Air \"cool\", Ltd", "business_units.csv:4:4".to_owned(), "\"Air \"\"cool\"\", Ltd\""),
            ("Washing", "business_units.csv:5:5".to_owned(), "Washing"),
        ];
        assert_eq!(seen, want);
    }

    /// The titles and helps of what is told of a file of parties.
    fn told(text: &str) -> Vec<String> {
        let mut map = SourceMap::default();
        let file = map.add("parties.csv", text);
        let mut out = Vec::new();
        let _ = read(file, text, Kind::Parties, &mut out);
        out.into_iter().map(|d| format!("{}: {}; {}", d.code, d.title, d.help.unwrap_or_default())).collect()
    }

    #[test]
    fn a_file_with_semicolons_is_told_once() {
        let commas = "save it again as CSV with commas (a list within one cell keeps its semicolons), or write it as YAML";
        let said = format!("wrong-cells: the cells of this file are separated by semicolons, and commas are wanted; {commas}");
        assert_eq!(told("code;name;kind\npune;Pune;asp\ndelhi;Delhi;asp\n"), [said]);
    }

    #[test]
    fn a_name_that_is_missing_in_the_first_line_is_told_once() {
        let told = told("bu,code,name,kind,parent,city,state,pin,gstin,calendar\nac,a,A,asp,,,,,,,x\nac,b,B,asp,,,,,,,x\n");
        let said =
            "wrong-cells: the first line names 10 columns, and every row has 11 cells; name what is missing in the first line: one of `address`, `location`";
        assert_eq!(told, [said]);
    }
}
