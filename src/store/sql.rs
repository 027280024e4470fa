//! One face over the two drivers: a statement with its arguments goes in, rows come out.
//!
//! All SQL of the store passes here. Statements are written once for both databases; the marks that differ are
//! `{list $n}` and `{rows $n}` (a JSON list of texts, or of anything, as rows with a column `value`), `{c}` (byte order),
//! `{array}` and `{all}` (some columns as a JSON list; such lists of all rows as one), and `{among table.column}` (in a few
//! rows: PostgreSQL takes an index to them only where they come as one value). Must not know what is asked.
//! Tests: `tests/it/store_*.rs`; the marks below.

use sqlx::Row as _;

use super::error::{StoreError, unreadable};
use super::group::Written;
use super::known::Known;
use super::lane::Lanes;
use super::packed::{self, Cell};
use super::postgres::Postgres;
use super::sqlite::Sqlite;

/// A database.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file.
    Sqlite(Sqlite),
    /// A server.
    Postgres(Postgres),
}

/// Which SQL is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

/// An argument of a statement.
#[derive(Debug, Clone)]
pub(super) enum Arg {
    Text(String),
    Int(i64),
}

impl From<&str> for Arg {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}
impl From<String> for Arg {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}
impl From<i64> for Arg {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

/// A row of either database, or one that came packed with others. Columns are read by position.
#[derive(Debug)]
pub(super) enum Row {
    Sqlite(sqlx::sqlite::SqliteRow),
    Postgres(sqlx::postgres::PgRow),
    Packed(Vec<Cell<'static>>),
}

impl Row {
    /// The rows of one JSON text: a list of lists.
    pub(super) fn unpack(text: &str) -> Result<Vec<Self>, StoreError> {
        let kept = |row: Vec<Cell<'_>>| Self::Packed(row.into_iter().map(Cell::kept).collect());
        Ok(packed::rows(text)?.into_iter().map(kept).collect())
    }

    /// Rows that come packed, several kinds of them: each column of the one row is a JSON list of rows.
    ///
    /// A driver hands rows over one by one, and each costs more than reading it does.
    pub(super) fn unpack_all(&self, kinds: usize) -> Result<Vec<Vec<Self>>, StoreError> {
        (0..kinds).map(|i| Self::unpack(self.text(i)?)).collect()
    }

    /// Text; empty where there is none.
    pub(super) fn text(&self, i: usize) -> Result<&str, StoreError> {
        let text: Result<Option<&str>, _> = match self {
            Self::Sqlite(row) => row.try_get(i),
            Self::Postgres(row) => row.try_get(i),
            Self::Packed(cells) => return packed::text(cells, i),
        };
        Ok(text.map_err(|e| unreadable("a column", e))?.unwrap_or_default())
    }

    /// A number; absent where there is none.
    pub(super) fn optional(&self, i: usize) -> Result<Option<i64>, StoreError> {
        match self {
            Self::Sqlite(row) => row.try_get(i),
            Self::Postgres(row) => row.try_get(i),
            Self::Packed(cells) => return packed::number(cells, i),
        }
        .map_err(|e| unreadable("a column", e))
    }

    /// A number; 0 where there is none.
    pub(super) fn int(&self, i: usize) -> Result<i64, StoreError> {
        Ok(self.optional(i)?.unwrap_or_default())
    }
}

impl Dialect {
    /// A statement in this dialect.
    pub(super) fn text(self, sql: &str) -> String {
        let [order, array, all] = match self {
            Self::Sqlite => ["", "json_array", "json_group_array"],
            Self::Postgres => [" COLLATE \"C\"", "json_build_array", "json_agg"],
        };
        let sql = sql.replace("{c}", order).replace("{array}", array).replace("{all}", all);
        let sql = expand(&sql, "{list ", |arg| match self {
            Self::Sqlite => format!("json_each({arg})"),
            Self::Postgres => format!("jsonb_array_elements_text({arg}::jsonb) AS list(value)"),
        });
        let sql = expand(&sql, "{rows ", |arg| match self {
            Self::Sqlite => format!("json_each({arg})"),
            Self::Postgres => format!("jsonb_array_elements({arg}::jsonb) AS list(value)"),
        });
        expand(&sql, "{among ", |arg| {
            let (table, column) = arg.rsplit_once('.').unwrap_or((arg, "value"));
            match self {
                Self::Sqlite => format!("IN (SELECT {column} FROM {table})"),
                Self::Postgres => format!("= ANY (ARRAY(SELECT {column} FROM {table}))"),
            }
        })
    }
}

/// Writes every `{mark argument}` out.
fn expand(sql: &str, mark: &str, write: impl Fn(&str) -> String) -> String {
    let mut parts = sql.split(mark);
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (argument, rest) = part.split_once('}').unwrap_or((part, ""));
        text.push_str(&write(argument));
        text.push_str(rest);
    }
    text
}

/// Binds the arguments to a statement that is made of our own text only.
macro_rules! bound {
    ($sql:expr, $args:expr) => {
        $args.iter().fold(sqlx::query(sqlx::AssertSqlSafe($sql)), |query, arg| match arg {
            Arg::Text(text) => query.bind(text.clone()),
            Arg::Int(number) => query.bind(*number),
        })
    };
}
pub(super) use bound;

/// What is said to a database; the test of the plans listens (`plans.rs`).
#[cfg(test)]
pub(super) fn note(sql: &str, args: &[Arg]) {
    super::plans::SAID.with_borrow_mut(|said| said.push((sql.to_owned(), args.to_vec())));
}
#[cfg(not(test))]
pub(super) const fn note(_: &str, _: &[Arg]) {}

impl Database {
    pub(super) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// What this process knows of master data.
    pub(super) const fn known(&self) -> &Known {
        match self {
            Self::Sqlite(db) => &db.known,
            Self::Postgres(db) => &db.known,
        }
    }

    /// Who writes commits and who waits to.
    pub(super) const fn commits(&self) -> &Lanes<Written> {
        match self {
            Self::Sqlite(db) => &db.lanes,
            Self::Postgres(db) => &db.lanes,
        }
    }

    /// Reads: a portable statement and its arguments.
    pub(super) async fn fetch(&self, sql: &str, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        self.fetch_text(self.dialect().text(sql).into(), args).await
    }

    /// Reads: a statement that is already in the dialect.
    pub(super) async fn fetch_text(&self, sql: std::sync::Arc<str>, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        note(&sql, args);
        Ok(match self {
            Self::Sqlite(db) => bound!(sql, args).fetch_all(&db.readers).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Postgres(db) => db.read(sql, args).await?.into_iter().map(Row::Postgres).collect(),
        })
    }

    /// Reads a few rows by their keys: a statement that is already in the dialect.
    pub(super) async fn fetch_briefly(&self, sql: std::sync::Arc<str>, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        match self {
            Self::Sqlite(db) => {
                note(&sql, args);
                Ok(db.read_briefly(sql, args).await?)
            }
            Self::Postgres(_) => self.fetch_text(sql, args).await,
        }
    }

    /// Reads the one row that a statement gives: one that is already in the dialect.
    pub(super) async fn fetch_one(&self, sql: std::sync::Arc<str>, args: &[Arg]) -> Result<Row, StoreError> {
        let row = self.fetch_briefly(sql, args).await?.into_iter().next();
        row.ok_or_else(|| unreadable("a row", "nothing came"))
    }

    /// Begins to write master data; one at a time.
    pub(super) async fn begin(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite(db) => Transaction::Sqlite(db.writer.begin_with("BEGIN IMMEDIATE").await?),
            Self::Postgres(db) => {
                let mut transaction = db.begin().await?;
                sqlx::query("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.master'))").execute(&mut *transaction).await?;
                Transaction::Postgres(transaction)
            }
        })
    }

    /// Ends all connections.
    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(db) => db.close().await,
            Self::Postgres(db) => db.close().await,
        }
    }
}

/// Several statements that hold together.
pub(super) enum Transaction {
    Sqlite(sqlx::Transaction<'static, sqlx::Sqlite>),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl Transaction {
    pub(super) async fn fetch(&mut self, sql: &str, args: &[Arg]) -> Result<Vec<Row>, StoreError> {
        let dialect = if matches!(self, Self::Sqlite(_)) { Dialect::Sqlite } else { Dialect::Postgres };
        let sql = dialect.text(sql);
        note(&sql, args);
        Ok(match self {
            Self::Sqlite(t) => bound!(sql, args).fetch_all(&mut **t).await?.into_iter().map(Row::Sqlite).collect(),
            Self::Postgres(t) => bound!(sql, args).fetch_all(&mut **t).await?.into_iter().map(Row::Postgres).collect(),
        })
    }

    pub(super) async fn execute(&mut self, sql: &str, args: &[Arg]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(t) => bound!(Dialect::Sqlite.text(sql), args).execute(&mut **t).await.map(|_| ())?,
            Self::Postgres(t) => bound!(Dialect::Postgres.text(sql), args).execute(&mut **t).await.map(|_| ())?,
        }
        Ok(())
    }

    /// Tells the planner how much there is now, where it does not count by itself.
    pub(super) async fn analyze(&mut self, tables: &[&str]) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(_) => self.execute("SELECT has_grown($1::jsonb)", &[serde_json::json!(tables).to_string().into()]).await,
        }
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(t) => t.commit().await?,
            Self::Postgres(t) => t.commit().await?,
        }
        Ok(())
    }

    /// Undoes all of it.
    pub(super) async fn undo(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(t) => t.rollback().await?,
            Self::Postgres(t) => t.rollback().await?,
        }
        Ok(())
    }
}

/// Optional conditions of a list, each a fixed text with `?` for its argument.
#[derive(Debug, Default)]
pub(super) struct Where {
    sql: String,
    pub args: Vec<Arg>,
}

impl Where {
    /// Everything of one business unit.
    pub(super) fn bu(bu: &str) -> Self {
        Self { sql: "bu = $1".to_owned(), args: vec![bu.into()] }
    }

    /// Everything there is.
    pub(super) fn all() -> Self {
        Self { sql: "1 = 1".to_owned(), args: Vec::new() }
    }

    /// One more condition.
    pub(super) fn and(mut self, condition: &str) -> Self {
        self.sql.push_str(" AND ");
        self.sql.push_str(condition);
        self
    }

    /// One more condition with an argument, where there is one.
    pub(super) fn with<T: Into<Arg>>(mut self, condition: &str, arg: Option<T>) -> Self {
        if let Some(arg) = arg {
            self.args.push(arg.into());
            let place = format!("${}", self.args.len());
            self = self.and(&condition.replace('?', &place));
        }
        self
    }

    /// The whole statement; `{where}` is where the conditions go.
    pub(super) fn statement(&self, sql: &str) -> String {
        sql.replace("{where}", &self.sql)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_written_in_each_dialect() {
        let sql = "SELECT value FROM {list $3} WHERE 1 ORDER BY value{c}";
        assert_eq!(Dialect::Sqlite.text(sql), "SELECT value FROM json_each($3) WHERE 1 ORDER BY value");
        assert_eq!(Dialect::Postgres.text(sql), "SELECT value FROM jsonb_array_elements_text($3::jsonb) AS list(value) WHERE 1 ORDER BY value COLLATE \"C\"");
        let few = "SELECT {all}({array}(a)) FROM t WHERE a {among few.b}";
        assert_eq!(Dialect::Sqlite.text(few), "SELECT json_group_array(json_array(a)) FROM t WHERE a IN (SELECT b FROM few)");
        assert_eq!(Dialect::Postgres.text(few), "SELECT json_agg(json_build_array(a)) FROM t WHERE a = ANY (ARRAY(SELECT b FROM few))");
    }

    #[test]
    fn conditions_count_their_arguments() {
        let w = Where::bu("ac").with("part = ?", Some("P")).with("lot = ?", None::<&str>).with("(a = ? OR b = ?)", Some("x"));
        assert_eq!(w.statement("SELECT 1 WHERE {where}"), "SELECT 1 WHERE bu = $1 AND part = $2 AND (a = $3 OR b = $3)");
    }
}
