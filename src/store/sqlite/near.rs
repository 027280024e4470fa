//! Connections whose statements run on the thread that asks.
//!
//! The driver of the pools gives each connection a thread of its own, and to hand a statement over and its answer back takes
//! longer than what a transition asks. Nothing is waited for here: where another program holds the file, the caller is told.
//! Must not know what is asked. Tests: below, `tests/it/store_*.rs`.

use std::borrow::Cow;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{CachedStatement, Connection, OpenFlags, Transaction, TransactionBehavior};

use crate::store::error::{StoreError, Told, unreadable};
use crate::store::packed::Cell;
use crate::store::sql::{Arg, Row};

/// Statements that stay prepared.
const PREPARED: usize = 300;

/// A connection to a file that is there.
#[derive(Debug)]
pub(super) struct Near(Connection);

type Answer<T> = Result<T, sqlx::Error>;

/// A row that a statement has come to: nothing of it is copied.
pub(in crate::store) struct Found<'r>(&'r rusqlite::Row<'r>);

impl Found<'_> {
    /// The text in a column; empty where there is none.
    pub(in crate::store) fn text(&self, i: usize) -> Result<&str, StoreError> {
        match self.0.get_ref(i) {
            Ok(ValueRef::Text(text)) => std::str::from_utf8(text).map_err(|e| unreadable("a text", e)),
            Ok(ValueRef::Null) => Ok(""),
            other => Err(unreadable("a text", format!("{other:?}"))),
        }
    }

    /// The number in a column; absent where there is none.
    pub(in crate::store) fn number(&self, i: usize) -> Result<Option<i64>, StoreError> {
        match self.0.get_ref(i) {
            Ok(ValueRef::Integer(number)) => Ok(Some(number)),
            Ok(ValueRef::Null) => Ok(None),
            other => Err(unreadable("a number", format!("{other:?}"))),
        }
    }
}

impl Near {
    /// Opens a file, with settings of the connection.
    pub(super) fn open(path: &str, settings: &[(&str, &str)]) -> Answer<Self> {
        let open = || {
            let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
            connection.busy_timeout(Duration::ZERO)?;
            // Otherwise whatever an argument could make better is planned anew for each: the load would be, nearly every time.
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
            connection.set_prepared_statement_cache_capacity(PREPARED);
            for (name, value) in settings {
                connection.execute_batch(&format!("PRAGMA {name} = {value}"))?;
            }
            Ok(Self(connection))
        };
        open().map_err(told)
    }

    /// What a statement gives.
    pub(super) fn rows(&self, sql: &str, args: &[Arg]) -> Answer<Vec<Row>> {
        log::debug!(target: "bincard::sql", "{sql}");
        self.asked(sql, args).map_err(told)
    }

    fn asked(&self, sql: &str, args: &[Arg]) -> rusqlite::Result<Vec<Row>> {
        let mut found = Vec::new();
        self.gone_through(sql, args, |row| {
            let columns = row.as_ref().column_count();
            let cells = (0..columns).map(|i| Ok(cell(i, row.get_ref(i)?)?.kept())).collect::<rusqlite::Result<_>>()?;
            found.push(Row::Packed(cells));
            Ok(())
        })?;
        Ok(found)
    }

    /// Hands over each row that a statement gives, as it comes, until one is not taken.
    pub(super) fn each(&self, sql: &str, args: &[Arg], mut take: impl FnMut(&Found<'_>) -> Result<(), StoreError>) -> Result<(), StoreError> {
        log::debug!(target: "bincard::sql", "{sql}");
        let mut not_taken = None;
        let gone_through = self.gone_through(sql, args, |row| {
            take(&Found(row)).map_err(|e| {
                not_taken = Some(e);
                rusqlite::Error::InvalidQuery
            })
        });
        match (gone_through, not_taken) {
            (_, Some(e)) => Err(e),
            (done, None) => Ok(done.map_err(told)?),
        }
    }

    fn gone_through(&self, sql: &str, args: &[Arg], mut take: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<()>) -> rusqlite::Result<()> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, args)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            take(row)?;
        }
        Ok(())
    }

    /// Several statements that hold together: where one of them fails, none was.
    pub(super) fn together<T>(&self, run: impl FnOnce(&Self) -> Answer<T>) -> Answer<T> {
        // Dropped before it is committed, also by a panic, it is rolled back.
        let transaction = Transaction::new_unchecked(&self.0, TransactionBehavior::Immediate).map_err(told)?;
        let done = run(self)?;
        transaction.commit().map_err(told)?;
        Ok(done)
    }

    /// The same connection, for something that may wait so long for another program.
    pub(super) fn patiently<T>(&self, wait: Duration, run: impl FnOnce(&Self) -> Answer<T>) -> Answer<T> {
        self.0.busy_timeout(wait).map_err(told)?;
        let done = run(self);
        self.0.busy_timeout(Duration::ZERO).map_err(told)?;
        done
    }
}

/// Whether another program holds the file: SQLITE_BUSY.
pub(super) fn is_held(error: &sqlx::Error) -> bool {
    kind(error) == Some(5)
}

/// Whether a constraint or a trigger refused it: SQLITE_CONSTRAINT.
pub(super) fn is_constraint(error: &sqlx::Error) -> bool {
    kind(error) == Some(19)
}

/// The code of an error less what tells its variants apart, which stands above the first byte.
fn kind(error: &sqlx::Error) -> Option<u32> {
    Some(error.as_database_error()?.code()?.parse::<u32>().ok()? & 0xff)
}

/// Arguments are named by their number, as `$2`; SQLite itself counts them as they come in the text.
fn bind(statement: &mut CachedStatement<'_>, args: &[Arg]) -> rusqlite::Result<()> {
    for i in 1..=statement.parameter_count() {
        let named = statement.parameter_name(i).and_then(|name| name.get(1..)?.parse::<usize>().ok());
        match named.and_then(|n| args.get(n.checked_sub(1)?)) {
            Some(Arg::Text(text)) => statement.raw_bind_parameter(i, text)?,
            Some(Arg::Int(number)) => statement.raw_bind_parameter(i, number)?,
            None => return Err(rusqlite::Error::InvalidParameterCount(args.len(), i)),
        }
    }
    Ok(())
}

fn cell(i: usize, value: ValueRef<'_>) -> rusqlite::Result<Cell<'_>> {
    match value {
        ValueRef::Null => Ok(Cell::None),
        ValueRef::Integer(number) => Ok(Cell::Int(number)),
        ValueRef::Text(text) => Ok(Cell::Text(Cow::Borrowed(std::str::from_utf8(text).map_err(|e| rusqlite::Error::Utf8Error(i, e))?))),
        other => Err(rusqlite::Error::InvalidColumnType(i, "column".to_owned(), other.data_type())),
    }
}

/// What SQLite said, as the other driver says it.
fn told(error: rusqlite::Error) -> sqlx::Error {
    match error {
        rusqlite::Error::SqliteFailure(code, message) => {
            let message = message.unwrap_or_else(|| code.to_string());
            sqlx::Error::Database(Box::new(Told { message, code: Some(code.extended_code.to_string()) }))
        }
        other => sqlx::Error::Decode(Box::new(other)),
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    fn file() -> (tempfile::TempDir, String) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("near.db").display().to_string();
        Connection::open(&path).unwrap().execute_batch("PRAGMA journal_mode = wal; CREATE TABLE t (a INTEGER UNIQUE, b TEXT) STRICT").unwrap();
        (folder, path)
    }

    fn texts(rows: &[Row]) -> String {
        rows.iter().map(|row| format!("{} {}; ", row.int(0).unwrap(), row.text(1).unwrap())).collect()
    }

    #[test]
    fn arguments_go_by_their_numbers() {
        let (_folder, path) = file();
        let near = Near::open(&path, &[]).unwrap();
        near.rows("INSERT INTO t (b, a) VALUES ($2, $1)", &[7.into(), "seven".into()]).unwrap();
        assert_eq!(texts(&near.rows("SELECT a, b FROM t WHERE b = $2 AND a = $1", &[7.into(), "seven".into()]).unwrap()), "7 seven; ");
        assert!(near.rows("SELECT a FROM t WHERE a = $3", &[7.into()]).is_err(), "an argument that is not given");
    }

    #[test]
    fn a_statement_is_planned_once_whatever_its_arguments() {
        let (_folder, path) = file();
        let near = Near::open(&path, &[]).unwrap();
        near.rows("CREATE INDEX some ON t (a) WHERE b = 'x'", &[]).unwrap();
        let sql = "SELECT a, b FROM t WHERE a > $1 AND b = $2";
        for b in ["x", "y", "z"] {
            near.rows(sql, &[0.into(), b.into()]).unwrap();
        }
        assert_eq!(near.0.prepare_cached(sql).unwrap().get_status(StatementStatus::RePrepare), 0);
    }

    #[test]
    fn what_holds_together_is_done_or_undone_together() {
        let (_folder, path) = file();
        let near = Near::open(&path, &[]).unwrap();
        let put = |near: &Near, a: i64| near.rows("INSERT INTO t VALUES ($1, 'x')", &[a.into()]);
        near.together(|near| put(near, 1)).unwrap();
        let refused = near.together(|near| put(near, 2).and_then(|_| put(near, 1))).unwrap_err();
        assert_eq!(refused.as_database_error().unwrap().code().unwrap(), "2067", "{refused}");
        assert_eq!(texts(&near.rows("SELECT a, b FROM t", &[]).unwrap()), "1 x; ");
    }

    #[test]
    fn a_file_that_another_holds_is_told_at_once_and_waited_for_on_demand() {
        let (_folder, path) = file();
        let (near, other) = (Near::open(&path, &[]).unwrap(), Near::open(&path, &[]).unwrap());
        other.rows("BEGIN IMMEDIATE", &[]).unwrap();
        let put = |near: &Near| near.rows("INSERT INTO t VALUES (1, 'x')", &[]).map(|_| ());
        assert!(is_held(&put(&near).unwrap_err()));
        let freed = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            other.rows("COMMIT", &[]).map(|_| ())
        });
        near.patiently(Duration::from_secs(60), put).unwrap();
        freed.join().unwrap().unwrap();
    }
}
