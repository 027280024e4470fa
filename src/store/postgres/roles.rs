//! The two roles of a PostgreSQL database: who owns the tables, and who may only read and commit.
//!
//! What each may do stands in `schema/roles.sql`. Must not know queries. Tests: `tests/it/store_roles.rs`.

use sqlx::{AssertSqlSafe, Row};

use super::super::error::StoreError;
use super::super::init::{InitOptions, InitStep};
use super::super::schema::VERSION;
use super::{Postgres, is_plain_name};

/// The procedures that the service calls.
const PROCEDURES: [&str; 10] = [
    "commit(text, jsonb)",
    "commit_many(text, jsonb)",
    "put_book(text, jsonb)",
    "take_timers(text, jsonb)",
    "finish_timer(text, jsonb)",
    "take_outbox(text, jsonb)",
    "mark_sent(text, jsonb)",
    "put_off(text, jsonb)",
    "put_master(text, jsonb)",
    "has_grown(jsonb)",
];

/// All of them, as a `GRANT` names them.
pub(in crate::store) fn procedures_of_service() -> String {
    PROCEDURES.map(|procedure| format!("bincard.{procedure}")).join(", ")
}

impl Postgres {
    /// Makes the schema and its roles where they are not there.
    pub(in crate::store) async fn init(url: &str, options: &InitOptions) -> Result<Vec<InitStep>, StoreError> {
        let store = Self::connect(url).await?;
        let schema = store.schema.clone();
        let (owner, service) = (format!("{schema}_owner"), options.service_role.clone().unwrap_or_else(|| format!("{schema}_service")));
        if !is_plain_name(&service) || service == owner {
            return Err(StoreError::Init(format!("`{service}` cannot be the service's role: a role is named with small letters, digits and `_`")));
        }
        if options.distributed && !store.has_citus().await? {
            let how = "install it on every node and run `CREATE EXTENSION citus`, or leave --distributed out";
            return Err(StoreError::Init(format!("this database has no extension citus, which lays tables out over several machines: {how}")));
        }
        let made = store.migrate().await?;
        let was = (store.has_role(&owner).await?, store.has_role(&service).await?);
        if was.1 && store.may_write(&service).await? {
            return Err(StoreError::Init(format!("the role {service} is a superuser or owns the tables: name another with --service-role")));
        }
        let mut text = include_str!("schema/roles.sql").replace("{owner}", &owner).replace("{service}", &service);
        text.push_str(&format!("GRANT EXECUTE ON FUNCTION {} TO {service};\n", procedures_of_service()));
        let text = text.replace("bincard.", &format!("{schema}.")).replace("SCHEMA bincard", &format!("SCHEMA {schema}"));
        let text = if options.distributed && made {
            format!("{}{text}", include_str!("schema/distributed.sql").replace("bincard.", &format!("{schema}.")))
        } else {
            text
        };
        let mut transaction = store.pool.begin().await?;
        sqlx::raw_sql(AssertSqlSafe(text.replace("'bincard'", &format!("'{schema}'")))).execute(&mut *transaction).await?;
        transaction.commit().await?;
        store.pool.close().await;
        let calls: Vec<&str> = PROCEDURES.iter().filter_map(|p| p.split('(').next()).collect();
        Ok(vec![
            InitStep::new(made, format!("the schema {schema}, version {VERSION}")),
            InitStep::new(!was.0, format!("the role {owner}: owns the schema and all in it; nobody logs in as it")),
            InitStep::new(!was.1, format!("the role {service}: may read all tables and call {}; nothing else", calls.join(", "))),
        ])
    }

    async fn has_citus(&self) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'citus')").fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    async fn has_role(&self, name: &str) -> Result<bool, StoreError> {
        let row = sqlx::query("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)").bind(name).fetch_one(&self.pool).await?;
        Ok(row.try_get(0)?)
    }

    /// Whether a role could write whatever it is granted: a superuser, or the one that owns the schema.
    async fn may_write(&self, name: &str) -> Result<bool, StoreError> {
        let sql = "SELECT r.rolsuper OR pg_has_role(r.oid, n.nspowner, 'MEMBER') FROM pg_roles r, pg_namespace n WHERE r.rolname = $1 AND n.nspname = $2";
        Ok(sqlx::query(sql).bind(name).bind(&self.schema).fetch_one(&self.pool).await?.try_get(0)?)
    }
}
