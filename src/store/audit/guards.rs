//! The guards themselves: a database whose triggers were dropped, switched off or written anew is one that could be edited.
//!
//! What stands in the database is compared with what this program would make. Must not know what the guards say.
//! Tests: `tests/it/store_verify.rs`.

use super::super::error::StoreError;
use super::super::sql::Database;
use super::super::sqlite;
use super::Audit;

impl Audit<'_> {
    pub(super) async fn guards(&mut self) -> Result<(), StoreError> {
        let (expected, there) = match self.db.database() {
            Database::Sqlite(db) => (sqlite::expected_guards().await?, db.guards().await?),
            Database::Postgres(db) => (db.expected_guards(), db.guards().await?),
        };
        let remedy = "it could be edited by hand meanwhile; `bincard db migrate` puts the guards back";
        if let Some(name) = expected.keys().find(|name| !there.contains_key(*name)) {
            self.findings.add("guard", || format!("the {name} is gone from the database: {remedy}"));
        }
        if let Some((name, _)) = expected.iter().find(|(name, text)| there.get(*name).is_some_and(|there| there != *text)) {
            self.findings.add("guard", || format!("the {name} of the database is not the one that bincard made: {remedy}"));
        }
        if let Some(name) = there.keys().find(|name| !expected.contains_key(*name)) {
            self.findings.add("guard", || format!("the {name} of the database was not made by bincard: it could write by itself"));
        }
        Ok(())
    }
}
