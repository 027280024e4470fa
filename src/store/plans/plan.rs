//! A plan of either database as the steps that touch tables which grow with the ledger.
//!
//! Must not know which statements there are. Tests: `src/store/plans.rs`, which it is for.

use serde_json::Value as Json;
use sqlx::{AssertSqlSafe, Connection, Executor, Row as _};

use crate::store::postgres::Postgres;
use crate::store::sql::{Arg, Database, bound};

/// Tables that have more rows with every transition.
const GROWING: [&str; 13] =
    ["document", "document_line", "mention", "event", "lot", "move", "stock", "obligation", "obligation_change", "paper", "child", "outbox", "sealed"];
/// Indexes of what is open, waits or is held: they hold as much as is at work.
const AT_WORK: [&str; 5] = ["document_open", "document_line_inbound", "stock_holder", "obligation_debtor", "outbox_waiting"];

/// One access to a table that grows.
#[derive(Debug)]
pub(super) struct Step {
    /// By an index at all.
    pub by_index: bool,
    /// By more of a key than the business unit, or by an index that holds only what is at work.
    pub by_keys: bool,
    /// In the database's words.
    pub text: String,
}

/// The steps of a statement; `plain` is a session of PostgreSQL with the server's own settings.
pub(super) async fn steps(db: &Database, sql: &str, args: &[Arg], plain: bool) -> Vec<Step> {
    match db {
        Database::Sqlite(db) => {
            let text = format!("EXPLAIN QUERY PLAN {sql}");
            let rows = bound!(text, args).fetch_all(&db.writer).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
            rows.iter().filter_map(|row| of_sqlite(&row.get::<String, _>("detail"), sql)).collect()
        }
        Database::Postgres(db) => of_postgres(&explain(db, sql, args, plain).await),
    }
}

/// `SEARCH m USING INDEX move_part (bu=? AND part=?)`, `SCAN m`: the table may go by another name.
fn of_sqlite(step: &str, sql: &str) -> Option<Step> {
    let mut words = step.split(' ');
    let (verb, name) = (words.next()?, words.next()?);
    let table = GROWING.iter().any(|table| *table == name || sql.contains(&format!(" {table} {name} ")) || sql.contains(&format!(" {table} {name})")));
    // A part of the statement itself may go by the name of a table.
    let part = verb == "SCAN" && (sql.contains(&format!(" want_stock {name}")) || sql.contains(&format!(" want_serial {name}")));
    if !(verb == "SCAN" || verb == "SEARCH") || !table || part {
        return None;
    }
    let at_work = AT_WORK.iter().any(|index| words.clone().any(|word| word == *index));
    let by_index = verb == "SEARCH" || step.contains(" INDEX ");
    Some(Step { by_index, by_keys: at_work || (verb == "SEARCH" && !step.ends_with("(bu=?)") && !step.ends_with("(bu>?)")), text: step.to_owned() })
}

async fn explain(db: &Postgres, sql: &str, args: &[Arg], plain: bool) -> Json {
    let mut connection = db.pool.acquire().await.unwrap();
    let mut transaction = connection.begin().await.unwrap();
    if plain {
        for setting in ["enable_seqscan", "enable_hashjoin", "enable_mergejoin", "plan_cache_mode"] {
            transaction.execute(AssertSqlSafe(format!("SET LOCAL {setting} TO DEFAULT"))).await.unwrap();
        }
        transaction
            .execute("SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on; SET LOCAL plan_cache_mode = auto")
            .await
            .unwrap();
    }
    let (types, values): (Vec<&str>, Vec<String>) = args
        .iter()
        .map(|arg| match arg {
            Arg::Text(text) => ("text", format!("'{}'", text.replace('\'', "''"))),
            Arg::Int(number) => ("bigint", number.to_string()),
        })
        .unzip();
    let list = |items: Vec<String>| if items.is_empty() { String::new() } else { format!("({})", items.join(", ")) };
    let prepare = format!("PREPARE asked{} AS {sql}", list(types.into_iter().map(str::to_owned).collect()));
    sqlx::raw_sql(AssertSqlSafe(prepare)).execute(&mut *transaction).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    let explain = format!("EXPLAIN (FORMAT JSON) EXECUTE asked{}", list(values));
    let row = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_one(&mut *transaction).await.unwrap_or_else(|e| panic!("{sql}: {e}"));
    let plan: String = row.try_get_unchecked(0).unwrap();
    sqlx::raw_sql("DEALLOCATE asked").execute(&mut *transaction).await.unwrap();
    transaction.rollback().await.unwrap();
    serde_json::from_str(&plan).unwrap()
}

fn of_postgres(plan: &Json) -> Vec<Step> {
    let mut found = Vec::new();
    match plan {
        Json::Array(nodes) => nodes.iter().for_each(|node| found.extend(of_postgres(node))),
        Json::Object(node) => {
            let text = |key: &str| node.get(key).and_then(Json::as_str).unwrap_or_default();
            let (kind, index) = (text("Node Type"), text("Index Name"));
            // A bitmap's index is a node of its own, which does not name the table.
            let table = if kind == "Bitmap Index Scan" { index } else { text("Relation Name") };
            let names = |t: &&str| {
                *t == table || (kind == "Bitmap Index Scan" && table.strip_prefix(*t).is_some_and(|rest| rest.starts_with('_') && !rest.starts_with("_limit")))
            };
            let grows = GROWING.iter().any(names);
            if grows && kind != "Bitmap Heap Scan" {
                let at_work = AT_WORK.contains(&index);
                let by_keys = at_work || text("Index Cond").matches(" AND ").count() > 0 || !text("Index Cond").contains("bu = ");
                let by_index = kind.contains("Index");
                let text = format!("{kind} {table} {index} {}", text("Index Cond"));
                found.push(Step { by_index, by_keys: by_index && by_keys && !(index.is_empty()), text });
            }
            node.values().filter(|value| value.is_array() || value.is_object()).for_each(|value| found.extend(of_postgres(value)));
        }
        _ => {}
    }
    found
}
