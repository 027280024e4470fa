//! Rows that come packed as one JSON text. A load reads them without a copy of what stands in them: nearly all of it becomes
//! ids, which keep a copy of their own.
//!
//! Must not know columns. Tests: below, `tests/it/store_*.rs`.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

use super::error::{StoreError, unreadable};

/// A column of a packed row.
#[derive(Debug)]
pub(super) enum Cell<'t> {
    Int(i64),
    Text(Cow<'t, str>),
    None,
}

impl Cell<'_> {
    /// The same, apart from the text that it stood in.
    pub(super) fn kept(self) -> Cell<'static> {
        match self {
            Self::Int(number) => Cell::Int(number),
            Self::Text(text) => Cell::Text(Cow::Owned(text.into_owned())),
            Self::None => Cell::None,
        }
    }
}

/// The rows of one JSON text: a list of lists.
pub(super) fn rows(text: &str) -> Result<Vec<Vec<Cell<'_>>>, StoreError> {
    match text {
        "" | "[]" => Ok(Vec::new()),
        _ => serde_json::from_str(text).map_err(|e| unreadable("packed rows", e)),
    }
}

/// The text in a column; empty where there is none.
pub(super) fn text<'r>(row: &'r [Cell<'_>], i: usize) -> Result<&'r str, StoreError> {
    match row.get(i) {
        Some(Cell::Text(text)) => Ok(text),
        Some(Cell::None) => Ok(""),
        other => Err(unreadable("a text", format!("{other:?}"))),
    }
}

/// The number in a column; absent where there is none.
pub(super) fn number(row: &[Cell<'_>], i: usize) -> Result<Option<i64>, StoreError> {
    match row.get(i) {
        Some(Cell::Int(number)) => Ok(Some(*number)),
        Some(Cell::None) => Ok(None),
        other => Err(unreadable("a number", format!("{other:?}"))),
    }
}

impl<'de: 't, 't> Deserialize<'de> for Cell<'t> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(ReadCell)
    }
}

/// Reads whatever stands in a column; a list or a fraction is none of ours.
struct ReadCell;

impl<'de> Visitor<'de> for ReadCell {
    type Value = Cell<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a whole number or nothing")
    }
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Borrowed(text)))
    }
    fn visit_str<E>(self, text: &str) -> Result<Cell<'de>, E> {
        Ok(Cell::Text(Cow::Owned(text.to_owned())))
    }
    fn visit_i64<E>(self, number: i64) -> Result<Cell<'de>, E> {
        Ok(Cell::Int(number))
    }
    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Cell<'de>, E> {
        i64::try_from(number).map(Cell::Int).map_err(E::custom)
    }
    fn visit_unit<E>(self) -> Result<Cell<'de>, E> {
        Ok(Cell::None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_a_text_or_a_whole_number_or_nothing() {
        let packed = rows(r#"[["PCB","{\"a\":1}",-7,null],["",null,0,5]]"#).unwrap();
        let [first, second] = packed.as_slice() else { panic!("two rows") };
        assert_eq!((text(first, 0).unwrap(), text(first, 1).unwrap(), number(first, 2).unwrap()), ("PCB", r#"{"a":1}"#, Some(-7)));
        assert!(matches!((&first[0], &first[1]), (Cell::Text(Cow::Borrowed(_)), Cell::Text(Cow::Owned(_)))));
        assert_eq!((text(second, 1).unwrap(), number(second, 1).unwrap(), number(second, 3).unwrap()), ("", None, Some(5)));
        assert!(text(first, 2).is_err() && number(first, 0).is_err() && text(first, 4).is_err());
        assert!(rows("").unwrap().is_empty() && rows("[]").unwrap().is_empty());
        assert!(rows("[[0.5]]").is_err() && rows("[[[1]]]").is_err());
    }
}
