//! What somebody with a database client could try: one statement beside everything that the store does.
//!
//! It is there to be refused: the demonstration shows the database's own words. What it would have changed is taken back.
//! Tests: `tests/it/cli.rs`; all attacks stand in `tests/it/store_attacks.rs`.

use sqlx::AssertSqlSafe;

use super::sql::Database;
use super::{Store, StoreError};

impl Store {
    /// Tries a statement by hand; gives the database's own words where it refuses, and nothing where it lets it pass.
    ///
    /// # Errors
    /// The store has no SQL, or failed in another way than by refusing.
    pub async fn try_by_hand(&self, statement: &str) -> Result<Option<String>, StoreError> {
        let tried = match self {
            Self::Memory(_) => return Err(StoreError::Url("a store in memory has no SQL".to_owned())),
            Self::Sqlite(Database::Sqlite(db)) | Self::Postgres(Database::Sqlite(db)) => {
                let mut transaction = db.writer.begin().await?;
                let tried = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *transaction).await.map(|_| ());
                transaction.rollback().await?;
                tried
            }
            Self::Sqlite(Database::Postgres(db)) | Self::Postgres(Database::Postgres(db)) => {
                let mut transaction = db.begin().await?;
                let tried = sqlx::query(AssertSqlSafe(statement.to_owned())).execute(&mut *transaction).await.map(|_| ());
                transaction.rollback().await?;
                tried
            }
        };
        match tried {
            Ok(()) => Ok(None),
            Err(sqlx::Error::Database(refused)) => Ok(Some(refused.message().to_owned())),
            Err(fault) => Err(fault.into()),
        }
    }
}
