//! A database that is prepared once and then copied for each run.

use std::sync::atomic::{AtomicU32, Ordering};

use bincard::store::{InitOptions, Store};
use sqlx::{AssertSqlSafe, Executor};

use super::stores::{SERVICE, as_user};

/// What all copies begin as.
pub struct Blank {
    folder: tempfile::TempDir,
    /// The template on the tests' server; none for a file.
    template: Option<String>,
}

/// A database of its own, gone with the value.
pub struct Copy {
    /// As the service sees it.
    pub url: String,
    /// As its owner sees it.
    pub owner: String,
    _folder: tempfile::TempDir,
}

impl Blank {
    /// A SQLite file, prepared by a story.
    pub async fn sqlite<F: Future<Output = ()>>(prepare: impl FnOnce(Store) -> F) -> Self {
        let folder = super::folder();
        prepare(Store::open(&format!("sqlite://{}", folder.path().join("blank.db").display())).await.expect("a new file")).await;
        Self { folder, template: None }
    }

    /// A PostgreSQL database, prepared by a story.
    pub async fn postgres<F: Future<Output = ()>>(prepare: impl FnOnce(Store) -> F) -> Self {
        let template = new_name();
        at_server(&format!("CREATE DATABASE {template}")).await;
        let url = url_of(&template);
        Store::init(&url, &InitOptions { service_role: Some(SERVICE.to_owned()), distributed: false }).await.expect("a new schema");
        prepare(Store::open(&url).await.expect("a schema that is there")).await;
        Self { folder: super::folder(), template: Some(template) }
    }

    /// Which database it is, for the words of a test.
    pub fn kind(&self) -> &'static str {
        if self.template.is_some() { "postgres" } else { "sqlite" }
    }

    /// A copy.
    pub async fn copy(&self) -> Copy {
        let folder = super::folder();
        let Some(template) = &self.template else {
            let path = folder.path().join("copy.db");
            std::fs::copy(self.folder.path().join("blank.db"), &path).expect("a copy");
            let url = format!("sqlite://{}", path.display());
            return Copy { owner: url.clone(), url, _folder: folder };
        };
        let name = new_name();
        at_server(&format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let owner = url_of(&name);
        Copy { url: as_user(&owner, SERVICE), owner, _folder: folder }
    }
}

impl Copy {
    /// Takes it away; what is forgotten goes with the tests' server.
    pub async fn drop(self) {
        if let Some((_, rest)) = self.owner.split_once("/t_") {
            let name = rest.split('?').next().expect("a name");
            at_server(&format!("DROP DATABASE t_{name} WITH (FORCE)")).await;
        }
    }
}

fn new_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_nanos();
    format!("t_{}_{nanos}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The URL of a database on the tests' server, and of the schema in it.
fn url_of(database: &str) -> String {
    let base = super::postgres_url();
    let (server, options) = base.split_once('?').unwrap_or((&base, ""));
    let (server, _) = server.rsplit_once('/').expect("a database");
    let join = if options.is_empty() { "" } else { "&" };
    format!("{server}/{database}?{options}{join}schema=bincard")
}

async fn at_server(sql: &str) {
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect(&super::postgres_url()).await.expect("a server");
    pool.execute(AssertSqlSafe(sql.to_owned())).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    pool.close().await;
}
