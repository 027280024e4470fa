//! What keeps hands off beside procedures and triggers: indexes, constraints, rights; as it is, and as it was made.
//!
//! A server writes definitions in its own words, so those of a new schema stand in `schema/layout.txt`. Must not know what
//! becomes of a difference (`audit/guards.rs`). Tests: `tests/it/store_attacks.rs`, which also writes the file.

use std::collections::BTreeMap;

use sqlx::Row;

use super::super::error::StoreError;
use super::Postgres;

impl Postgres {
    /// What there is, by kind and name.
    pub(super) async fn layout(&self) -> Result<BTreeMap<String, String>, StoreError> {
        let rows = sqlx::query(include_str!("schema/layout.sql")).fetch_all(&self.pool).await?;
        let (here, made) = (format!("{}.", self.schema), "bincard.");
        let text = |row: &sqlx::postgres::PgRow, i: usize| row.try_get::<String, _>(i);
        rows.iter().map(|row| Ok((format!("{} {}", text(row, 0)?, text(row, 1)?), text(row, 2)?.replace(&here, made)))).collect()
    }
}

/// What a new schema has.
pub(super) fn expected_layout() -> BTreeMap<String, String> {
    let lines = include_str!("schema/layout.txt").lines();
    lines.filter_map(|line| line.split_once('\t')).map(|(name, text)| (name.to_owned(), text.to_owned())).collect()
}
