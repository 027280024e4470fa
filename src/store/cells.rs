//! One row, read by the columns of its kind: texts first, then numbers.
//!
//! Must not know kinds of rows. Tests: `tests/it/store_*.rs`.

use crate::base::{Money, Quantity, Timestamp};

use super::error::{StoreError, unreadable};
use super::packed::{self, Cell};
use super::rows::Columns;
use super::sql::Row;
use super::sqlite::Found;

type Read<T> = Result<T, StoreError>;

/// A row of texts, then numbers from a known column on.
pub(super) struct Cells<'r> {
    row: Source<'r>,
    number: usize,
}

/// A row as a driver gives it, as a connection near by has it at hand, or one that came packed with others.
#[derive(Clone, Copy)]
pub(super) enum Source<'r> {
    Row(&'r Row),
    Near(&'r Found<'r>),
    Packed(&'r [Cell<'r>]),
}

impl<'r> Source<'r> {
    /// Its columns, if they are these.
    pub(super) const fn cells(self, columns: Columns) -> Cells<'r> {
        Cells { row: self, number: columns.texts.len() }
    }

    pub(super) fn text(self, i: usize) -> Read<&'r str> {
        match self {
            Self::Row(row) => row.text(i),
            Self::Near(row) => row.text(i),
            Self::Packed(row) => packed::text(row, i),
        }
    }

    pub(super) fn number(self, i: usize) -> Read<Option<i64>> {
        match self {
            Self::Row(row) => row.optional(i),
            Self::Near(row) => row.number(i),
            Self::Packed(row) => packed::number(row, i),
        }
    }
}

impl<'r> Cells<'r> {
    /// A row of exactly these columns.
    pub(super) const fn of(row: &'r Row, columns: Columns) -> Self {
        Source::Row(row).cells(columns)
    }

    /// A packed row of exactly these columns.
    pub(super) const fn packed(row: &'r [Cell<'r>], columns: Columns) -> Self {
        Source::Packed(row).cells(columns)
    }

    pub(super) fn text(&self, i: usize) -> Read<&'r str> {
        self.row.text(i)
    }
    pub(super) fn id<T: From<&'r str>>(&self, i: usize) -> Read<T> {
        self.text(i).map(T::from)
    }
    pub(super) fn some<T: From<&'r str>>(&self, i: usize) -> Read<Option<T>> {
        self.text(i).map(|t| (!t.is_empty()).then(|| T::from(t)))
    }
    /// An id that may well be the one before.
    pub(super) fn again<T: From<&'r str> + AsRef<str> + Clone>(&self, i: usize, before: Option<&T>) -> Read<T> {
        let text = self.text(i)?;
        Ok(before.filter(|b| b.as_ref() == text).cloned().unwrap_or_else(|| T::from(text)))
    }
    pub(super) fn some_again<T: From<&'r str> + AsRef<str> + Clone>(&self, i: usize, before: Option<&T>) -> Read<Option<T>> {
        if self.text(i)?.is_empty() { Ok(None) } else { self.again(i, before).map(Some) }
    }
    pub(super) fn parsed<T: serde::de::DeserializeOwned>(&self, i: usize) -> Read<T> {
        serde_json::from_str(self.text(i)?).map_err(|e| unreadable("a JSON column", e))
    }
    pub(super) fn int(&self, i: usize) -> Read<i64> {
        Ok(self.optional(i)?.unwrap_or_default())
    }
    pub(super) fn optional(&self, i: usize) -> Read<Option<i64>> {
        self.row.number(self.number + i)
    }
    pub(super) fn count<T: TryFrom<i64>>(&self, i: usize) -> Read<T> {
        let number = self.int(i)?;
        T::try_from(number).map_err(|_| unreadable("a number", number))
    }
    pub(super) fn quantity(&self, i: usize) -> Read<Quantity> {
        self.int(i).map(Quantity::from_milli)
    }
    pub(super) fn money(&self, i: usize) -> Read<Money> {
        self.int(i).map(Money::from_minor)
    }
    pub(super) fn time(&self, i: usize) -> Read<Timestamp> {
        self.int(i).map(Timestamp::from_micros)
    }
}
