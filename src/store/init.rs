//! Making a database: its tables and, on PostgreSQL, the role that owns them and the role that the service logs in as.
//!
//! Must not know how a statement is run. Tests: `tests/it/store_roles.rs`, `tests/it/cli.rs`.

use serde::Serialize;

use super::error::StoreError;
use super::postgres::Postgres;
use super::sqlite::Sqlite;
use super::{Store, schema};

/// How a database is to be made.
#[derive(Debug, Clone, Default)]
pub struct InitOptions {
    /// PostgreSQL: the role that the service logs in as; by default the schema's name and `_service`.
    pub service_role: Option<String>,
    /// PostgreSQL: lay the tables out over the nodes of a Citus cluster.
    pub distributed: bool,
}

/// One thing that was made, or was there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitStep {
    /// What it is, for people.
    pub what: String,
    /// False where it was there already.
    pub made: bool,
}

impl InitStep {
    pub(super) fn new(made: bool, what: impl Into<String>) -> Self {
        Self { what: what.into(), made }
    }
}

impl Store {
    /// Makes a database, and says what was done; what is there already stays as it is.
    ///
    /// # Errors
    /// Not a database URL; a name that is none; the database cannot be reached; the user may not do it; a newer program wrote it.
    pub async fn init(url: &str, options: &InitOptions) -> Result<Vec<InitStep>, StoreError> {
        match url.split_once(':') {
            Some(("sqlite", _)) => {
                if options.service_role.is_some() {
                    return Err(StoreError::Init("a SQLite file has no roles: whoever may write the file may try; leave --service-role out".to_owned()));
                }
                if options.distributed {
                    return Err(StoreError::Init("a SQLite file is on one machine: --distributed is for a PostgreSQL with the extension citus".to_owned()));
                }
                let (store, made) = Sqlite::make(url).await?;
                store.writer.close().await;
                let tables = schema::GUARDED.len();
                Ok(vec![InitStep::new(made, format!("the file {}, schema version {}: {tables} tables refuse edits by hand", store.path, schema::VERSION))])
            }
            Some(("postgres" | "postgresql", _)) => Postgres::init(url, options).await,
            _ => Err(StoreError::Url(url.to_owned())),
        }
    }
}
