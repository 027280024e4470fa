//! The floor on SQLite: the same rows by hand with rusqlite, prepared statements, no triggers, no checks, no questions.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value as Json;

use crate::rows::{ADDED, Rows, Take};

/// A file with the tables and indexes of a store, and nothing that guards them.
pub struct Floor {
    db: Connection,
}

/// The rows of a transition with every value ready to be bound.
pub struct Bound {
    rows: Rows,
    document: Vec<Value>,
    update: Vec<Value>,
    lines: Vec<Vec<Value>>,
    added: Vec<Vec<Vec<Value>>>,
    moves: Vec<Ends>,
    changes: Vec<Vec<Value>>,
    claims: Vec<Vec<Value>>,
    papers: Vec<Vec<Value>>,
    number_at: usize,
    paper_number_at: usize,
}

/// The two balances that a move changes: key and quantity.
struct Ends {
    from: Vec<Value>,
    to: Vec<Value>,
    quantity: i64,
    from_outside: bool,
}

const KEY: &str = "bu = ?1 AND party = ?2 AND part = ?3 AND bin = ?4 AND doc = ?5 AND line = ?6 AND condition = ?7 AND owner = ?8 AND pool = ?9 AND lot = ?10 AND serial = ?11";

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(yes) => Value::Integer(i64::from(*yes)),
        Json::Number(n) => n.as_i64().map_or(Value::Null, Value::Integer),
        Json::String(text) => Value::Text(text.clone()),
        other => Value::Text(other.to_string()),
    }
}

fn marks(count: usize) -> String {
    (1..=count).map(|n| format!("?{n}")).collect::<Vec<_>>().join(", ")
}

impl Floor {
    /// Opens the copy of a furnished store and takes its guards away.
    pub fn open(path: &Path, synchronous: &str) -> rusqlite::Result<Self> {
        let db = Connection::open(path)?;
        db.pragma_update(None, "journal_mode", "wal")?;
        db.pragma_update(None, "synchronous", synchronous)?;
        db.pragma_update(None, "foreign_keys", "on")?;
        db.pragma_update(None, "cache_size", -32_768)?;
        db.set_prepared_statement_cache_capacity(300);
        for kind in ["trigger", "view"] {
            let names: Vec<String> =
                db.prepare("SELECT name FROM sqlite_schema WHERE type = ?1")?.query_map([kind], |row| row.get(0))?.collect::<Result<_, _>>()?;
            for name in names {
                db.execute_batch(&format!("DROP {kind} \"{name}\""))?;
            }
        }
        Ok(Self { db })
    }

    fn columns(&self, table: &str) -> Vec<String> {
        let mut statement = self.db.prepare("SELECT name FROM pragma_table_info(?1) ORDER BY cid").expect("a table");
        statement.query_map([table], |row| row.get(0)).expect("columns").collect::<Result<_, _>>().expect("names")
    }

    /// Makes rows ready to be bound.
    pub fn bind(&self, all: Vec<Rows>) -> Vec<Bound> {
        let tables = ADDED.iter().chain(&["document", "document_line", "claim", "paper"]);
        let columns: HashMap<&str, Vec<String>> = tables.map(|t| (*t, self.columns(t))).collect();
        let row = |table: &str, json: &Json| columns[table].iter().map(|c| value(&json[c.as_str()])).collect::<Vec<Value>>();
        let at = |table: &str, column: &str| columns[table].iter().position(|c| c == column).expect("a column");
        let bound = |rows: Rows| Bound {
            document: row("document", &rows.document),
            update: ["version", "state", "ended", "fields", "entered_at", "bu", "doc", "revision"].map(|c| value(&rows.document[c])).to_vec(),
            lines: rows.lines.iter().map(|l| row("document_line", l)).collect(),
            added: ADDED.iter().zip(&rows.added).map(|(table, all)| all.iter().map(|json| row(table, json)).collect()).collect(),
            moves: rows.added[3].iter().map(ends).collect(),
            changes: rows.added[5].iter().map(|c| vec![value(&c["quantity"]), value(&c["bu"]), value(&c["id"])]).collect(),
            claims: rows.claims.iter().map(|c| row("claim", c)).collect(),
            papers: rows.papers.iter().map(|(_, p)| row("paper", p)).collect(),
            number_at: at("document", "number"),
            paper_number_at: at("paper", "number"),
            rows,
        };
        all.into_iter().map(bound).collect()
    }

    /// Writes transitions, so many in each transaction.
    pub fn write(&mut self, all: Vec<Bound>, at_a_time: usize) -> rusqlite::Result<()> {
        let mut all = all.into_iter().peekable();
        while all.peek().is_some() {
            self.db.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
            for bound in all.by_ref().take(at_a_time) {
                self.one(bound)?;
            }
            self.db.prepare_cached("COMMIT")?.execute([])?;
        }
        Ok(())
    }

    fn one(&self, mut bound: Bound) -> rusqlite::Result<()> {
        let rows = &bound.rows;
        let mut last: HashMap<&str, i64> = HashMap::new();
        for (series, count) in &rows.series {
            let sql = "INSERT INTO series VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET last = last + excluded.last RETURNING last";
            let now = self.db.prepare_cached(sql)?.query_row((&rows.bu, series, count), |row| row.get(0))?;
            last.insert(series, now);
        }
        let number = |take: &Take| Value::Text(format!("{}{:0width$}{}", take.prefix, last[take.series.as_str()] - take.back, take.suffix, width = take.width));
        if rows.opens {
            if let Some(take) = &rows.number {
                bound.document[bound.number_at] = number(take);
            }
            self.insert("document", &bound.document)?;
        } else {
            let sql = "UPDATE document SET version = ?1, state = ?2, ended = ?3, fields = ?4, entered_at = ?5, revision = ?8 WHERE bu = ?6 AND doc = ?7 AND revision = ?8 - 1";
            let changed = self.db.prepare_cached(sql)?.execute(params_from_iter(&bound.update))?;
            assert_eq!(changed, 1, "{} is as it was left", rows.doc);
        }
        for line in &bound.lines {
            let sql = "INSERT INTO document_line VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT DO UPDATE SET part = excluded.part, vals = excluded.vals, inbound_party = excluded.inbound_party, inbound_part = excluded.inbound_part, inbound_pool = excluded.inbound_pool, inbound_quantity = excluded.inbound_quantity";
            self.db.prepare_cached(sql)?.execute(params_from_iter(line))?;
        }
        if rows.enters {
            self.db.prepare_cached("DELETE FROM timer WHERE bu = ?1 AND doc = ?2 AND kind <> 'start'")?.execute((&rows.bu, &rows.doc))?;
            let sql = "DELETE FROM claim WHERE bu = ?1 AND doc = ?2 AND EXISTS (SELECT 1 FROM json_each(until) WHERE value = ?3)";
            self.db.prepare_cached(sql)?.execute((&rows.bu, &rows.doc, &rows.state))?;
        }
        if let Some((doc, id)) = &rows.fired {
            self.db.prepare_cached("DELETE FROM timer WHERE bu = ?1 AND doc = ?2 AND id = ?3")?.execute((&rows.bu, doc, id))?;
        }
        for (table, all) in ADDED.iter().zip(&bound.added) {
            if *table != "mention" || rows.opens {
                all.iter().try_for_each(|row| self.insert(table, row))?;
            }
        }
        bound.moves.iter().try_for_each(|ends| self.post(ends))?;
        for change in &bound.changes {
            self.db.prepare_cached("UPDATE obligation SET open = open - ?1 WHERE bu = ?2 AND id = ?3")?.execute(params_from_iter(change))?;
        }
        bound.claims.iter().try_for_each(|claim| self.insert("claim", claim))?;
        for number in &rows.closed {
            self.db.prepare_cached("UPDATE paper SET open = 0 WHERE bu = ?1 AND doc = ?2 AND number = ?3")?.execute((&rows.bu, &rows.doc, number))?;
        }
        for (paper, (take, _)) in bound.papers.iter_mut().zip(&rows.papers) {
            paper[bound.paper_number_at] = number(take);
            self.insert("paper", paper)?;
        }
        Ok(())
    }

    fn insert(&self, table: &str, row: &[Value]) -> rusqlite::Result<()> {
        self.db.prepare_cached(&format!("INSERT INTO {table} VALUES ({})", marks(row.len())))?.execute(params_from_iter(row)).map(|_| ())
    }

    /// Takes from one balance and puts to the other.
    fn post(&self, ends: &Ends) -> rusqlite::Result<()> {
        let with = |key: &[Value], quantity: i64| key.iter().cloned().chain([Value::Integer(quantity)]).collect::<Vec<_>>();
        let put = format!("INSERT INTO stock VALUES ({}) ON CONFLICT DO UPDATE SET quantity = quantity + excluded.quantity", marks(12));
        if ends.from_outside {
            self.db.prepare_cached(&put)?.execute(params_from_iter(with(&ends.from, -ends.quantity)))?;
        } else {
            let take = format!("UPDATE stock SET quantity = quantity - ?12 WHERE {KEY} AND quantity >= ?12 RETURNING quantity");
            let left: i64 = self.db.prepare_cached(&take)?.query_row(params_from_iter(with(&ends.from, ends.quantity)), |row| row.get(0))?;
            if left == 0 {
                self.db.prepare_cached(&format!("DELETE FROM stock WHERE {KEY}"))?.execute(params_from_iter(&ends.from))?;
            }
        }
        self.db.prepare_cached(&put)?.execute(params_from_iter(with(&ends.to, ends.quantity))).map(|_| ())
    }

    /// How many rows each table has.
    pub fn counts(&self, tables: &[&str]) -> Vec<i64> {
        tables.iter().map(|t| self.db.query_row(&format!("SELECT count(*) FROM {t}"), [], |row| row.get(0)).expect("a count")).collect()
    }
}

fn ends(json: &Json) -> Ends {
    let key = |end: &str| {
        let of = |name: &str| value(&json[format!("{end}_{name}").as_str()]);
        let own = |name: &str| value(&json[name]);
        vec![own("bu"), of("party"), own("part"), of("bin"), of("doc"), of("line"), of("condition"), of("owner"), of("pool"), own("lot"), own("serial")]
    };
    Ends { from: key("from"), to: key("to"), quantity: json["quantity"].as_i64().expect("a quantity"), from_outside: json["from_party"] == "" }
}
