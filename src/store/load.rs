//! Loading from a database: one statement, one round trip.
//!
//! Each branch gives rows of one kind. A file hands them over one after the other, a server packed as one column each, since
//! there each row costs more on its way than reading it does. The text depends on the needs, and on whether serial numbers
//! are named, so that a handful of statements serve all transitions and stay prepared. Master data is added from what the process
//! knows of it (`known.rs`). Order is made in Rust (`shape::tidy`). Must not know who asks.
//! Tests: `tests/it/store_*.rs` compare the stores; `plans.rs` reads how the databases go about each text.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::base::Timestamp;
use crate::domain::{Closing, LoadRequest, Snapshot};

use super::cells::{Cells, Source};
use super::chain;
use super::error::{StoreError, same};
use super::known::{Facts, Wanted};
use super::lane::Errand;
use super::learn::VERSION;
use super::loading::Loading;
use super::packed;
use super::postgres::Postgres;
use super::rows::{self, Columns};
use super::shape;
use super::sql::{Arg, Database, Dialect, Row, note};
use super::sqlite::Sqlite;

/// Rows of one kind.
struct Branch {
    tag: &'static str,
    columns: Columns,
    from: &'static str,
    when: fn(&LoadRequest) -> bool,
}

const fn always(_: &LoadRequest) -> bool {
    true
}

const fn columns(texts: &'static [&'static str], numbers: &'static [&'static str]) -> Columns {
    Columns { texts, numbers }
}

pub(super) const CLOSING: Columns = columns(&["e.actor", "d.number"], &["x.until", "e.recorded_at"]);
/// Where [`CLOSING`] comes from: the last closing of the books of `$1`.
pub(super) const CLOSINGS: &str = "(SELECT doc, revision, until FROM closing WHERE bu = $1 AND until > 0 ORDER BY until DESC LIMIT 1) x \
    CROSS JOIN event e CROSS JOIN document d WHERE e.bu = $1 AND e.doc = x.doc AND e.revision = x.revision AND d.bu = $1 AND d.doc = x.doc";

/// The last closing of the books.
pub(super) fn closing(c: &Cells<'_>) -> Result<Closing, StoreError> {
    let time = |i: usize| c.int(i).map(Timestamp::from_micros);
    Ok(Closing { until: time(0)?, by: c.text(0)?.into(), recorded_at: time(1)?, number: c.text(1)?.to_owned() })
}

// Arguments: $1 business unit, $2 document, $3 parts, $4 parties, $5 serials, $6 key, $7 bins, $8 day of rates, $9 parent of
// a document to be opened, $10 kinds of parties. Lists are JSON. `CROSS JOIN` is for SQLite, which then takes the tables in
// the order written: the few wanted things first, the large table by its key.
const BRANCHES: &[Branch] = &[
    Branch { tag: "document", columns: rows::DOCUMENT, from: "document WHERE bu = $1 AND doc = $2", when: always },
    Branch { tag: "line", columns: rows::LINE, from: "document_line WHERE bu = $1 AND doc = $2", when: always },
    Branch { tag: "event", columns: rows::PAST, from: "event WHERE bu = $1 AND doc = $2", when: always },
    Branch { tag: "repeat", columns: columns(&["doc", "body_hash"], &["revision"]), from: "event WHERE bu = $1 AND command_key = $6", when: always },
    Branch { tag: "closing", columns: CLOSING, from: CLOSINGS, when: always },
    Branch { tag: "stock", columns: rows::STOCK, from: "want_stock s", when: always },
    Branch { tag: "serial", columns: rows::STOCK, from: "want_serial s", when: |r| !r.serials.is_empty() },
    Branch { tag: "lot", columns: rows::LOT, from: "lot WHERE bu = $1 AND lot {among want_lot.lot}", when: always },
    Branch {
        tag: "inbound",
        columns: columns(&["inbound_party", "inbound_part", "inbound_pool"], &["CAST(SUM(inbound_quantity) AS BIGINT)"]),
        from: "document_line WHERE bu = $1 AND inbound_quantity > 0 AND inbound_party {among want_party.party} AND inbound_part {among want_part.part} \
               GROUP BY inbound_party, inbound_part, inbound_pool",
        when: |r| r.needs.inbound,
    },
    Branch {
        tag: "value",
        columns: columns(
            &["party", "bin", "condition", "pool"],
            &[
                "CAST(SUM(quantity * COALESCE((SELECT r.rate FROM rate r WHERE r.bu = $1 AND r.part = v.part AND r.from_day <= $8 ORDER BY r.from_day DESC LIMIT 1), 0)) AS BIGINT)",
            ],
        ),
        from: "(SELECT party, bin, condition, pool, part, CAST(SUM(quantity) AS BIGINT) AS quantity FROM stock WHERE bu = $1 AND party <> '' AND party {among want_valued.party} \
                GROUP BY party, bin, condition, pool, part \
                UNION ALL SELECT inbound_party, '', '', inbound_pool, inbound_part, CAST(SUM(inbound_quantity) AS BIGINT) FROM document_line \
                WHERE bu = $1 AND inbound_quantity > 0 AND inbound_party {among want_valued.party} GROUP BY inbound_party, inbound_pool, inbound_part) v \
               GROUP BY party, bin, condition, pool",
        when: |r| !r.needs.value_at.is_empty(),
    },
    Branch { tag: "obligation", columns: rows::OBLIGATION, from: "obligation WHERE bu = $1 AND doc = $2 AND open > 0", when: always },
    Branch {
        tag: "obligation",
        columns: rows::OBLIGATION,
        from: "obligation WHERE bu = $1 AND debtor {among want_party.party} AND open > 0",
        when: |r| r.needs.obligations,
    },
    Branch {
        tag: "paper",
        columns: rows::PAPER,
        from: "paper p LEFT JOIN paper r ON r.bu = p.bu AND r.doc = p.doc AND r.revision = p.revision AND r.ordinal = p.reverses WHERE p.bu = $1 AND p.doc = $2",
        when: always,
    },
    Branch {
        tag: "child",
        columns: rows::CHILD,
        from: "child c LEFT JOIN document d ON d.bu = c.bu AND d.doc = c.doc WHERE c.bu = $1 AND c.parent = $2",
        when: always,
    },
    Branch { tag: "move", columns: rows::MOVE, from: "want_move", when: |r| r.needs.past_moves },
];

/// What the branches of a request come from. `UNION ALL` wherever a thing that is named twice does no harm: to keep things
/// apart costs either database a table of its own.
fn wants(r: &LoadRequest) -> String {
    let needs = &r.needs;
    let mut sql = String::with_capacity(8_192);
    // Along supersessions the parts go round in circles, unless each is taken once.
    let and = if needs.network { "UNION" } else { "UNION ALL" };
    sql.push_str(&format!(
        "WITH RECURSIVE want_part(part) AS (SELECT value FROM {{list $3}} {and} SELECT code FROM mention WHERE bu = $1 AND doc = $2 AND kind = 'part'"
    ));
    if needs.network {
        sql.push_str(
            " UNION SELECT CASE WHEN x.old = w.part THEN x.new ELSE x.old END FROM want_part w CROSS JOIN supersession x WHERE x.bu = $1 AND (x.old = w.part OR x.new = w.part)",
        );
    }
    sql.push_str("), want_party(party) AS (SELECT value FROM {list $4} UNION ALL SELECT code FROM mention WHERE bu = $1 AND doc = $2 AND kind = 'party')");
    sql.push_str(", want_stock AS MATERIALIZED (");
    sql.push_str(STOCK_OF_DOCUMENT);
    let near = "SELECT s.* FROM stock s WHERE s.bu = $1 AND s.party {among want_party.party} AND s.part {among want_part.part} AND s.party <> ''";
    let ordinary = " AND s.doc = '' AND s.bin IN (SELECT value FROM {list $7})";
    if needs.on_hand {
        sql.push_str(&format!(" UNION ALL {near}"));
    } else if !needs.bins.is_empty() && !needs.network {
        sql.push_str(&format!(" UNION ALL {near}{ordinary}"));
    }
    if needs.network {
        sql.push_str(&format!(" UNION ALL SELECT s.* FROM stock s WHERE s.bu = $1 AND s.part {{among want_part.part}} AND s.party <> ''{ordinary}"));
    }
    sql.push(')');
    let mut lots = "SELECT lot FROM want_stock".to_owned();
    if !r.serials.is_empty() {
        sql.push_str(
            ", want_serial AS MATERIALIZED (SELECT s.* FROM stock s WHERE s.bu = $1 AND s.serial {among {list $5}.value} AND s.serial <> '' AND s.party <> '')",
        );
        lots.push_str(" UNION ALL SELECT lot FROM want_serial");
    }
    if needs.past_moves {
        sql.push_str(", want_move AS (SELECT * FROM move WHERE bu = $1 AND doc = $2)");
        lots.push_str(" UNION ALL SELECT lot FROM want_move");
    }
    sql.push_str(&format!(", want_lot(lot) AS ({lots})"));
    if !needs.value_at.is_empty() {
        sql.push_str(
            ", want_valued AS (SELECT p.party FROM want_party w CROSS JOIN party p WHERE p.bu = $1 AND p.party = w.party AND p.kind IN (SELECT value FROM {list $10}))",
        );
    }
    sql
}

/// The statement for a request of a server, before it is put in its dialect: one row.
fn in_one_row(r: &LoadRequest) -> String {
    let columns: Vec<String> = wanted(r).zip(1..).map(|(b, n)| format!("({}) AS k{n}", b.columns.packed(b.from))).collect();
    format!("{} SELECT {}, {VERSION}", wants(r), columns.join(", "))
}

/// The statement for a request of a file, before it is put in its dialect: rows of all kinds, and the version as one more kind.
fn row_by_row(r: &LoadRequest) -> String {
    let width = width(r);
    let mut kinds: Vec<String> = wanted(r).enumerate().map(|(kind, b)| b.columns.among(b.from, width, kind)).collect();
    kinds.push(VERSION_ROW.among("business_unit WHERE bu = $1", width, kinds.len()));
    format!("{} {}", wants(r), kinds.join(" UNION ALL "))
}

const VERSION_ROW: Columns = columns(&["version"], &[]);

/// How many columns there are before that which tells the kind.
fn width(r: &LoadRequest) -> usize {
    wanted(r).map(|b| b.columns.count()).max().unwrap_or_default().max(1)
}

const STOCK_OF_DOCUMENT: &str = "SELECT s.* FROM (SELECT $2 AS doc UNION ALL SELECT $9 UNION ALL SELECT parent FROM document WHERE bu = $1 AND doc = $2) h \
                                 CROSS JOIN stock s WHERE s.bu = $1 AND s.doc = h.doc AND s.doc <> ''";

/// The branches that a request wants, in the order of the columns.
fn wanted(r: &LoadRequest) -> impl Iterator<Item = &'static Branch> {
    BRANCHES.iter().filter(|b| (b.when)(r))
}

/// What a request says, beside the business unit: a column for each of the arguments from `$2` on.
const SAID: [&str; 9] = ["document", "parts", "parties", "serials", "key", "bins", "day", "parent", "valued"];

/// The statement for many requests, `$2` being a JSON list of them: a row for each, in their order. A server takes longer to
/// set the statement up than to go through it once, so loads that come together share it.
fn for_many(statement: &str) -> String {
    let mut each = statement.to_owned();
    for (n, name) in SAID.iter().enumerate().rev() {
        each = each.replace(&format!("${}", n + 2), &format!("asked.{name}"));
    }
    format!(
        "SELECT x.* FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS (document text, parts jsonb, parties jsonb, serials jsonb, key text, \
         bins jsonb, day bigint, parent text, valued jsonb)) WITH ORDINALITY asked({}, n) CROSS JOIN LATERAL ({each}) x ORDER BY asked.n",
        SAID.join(", ")
    )
}

/// A request as [`for_many`] takes it.
fn as_json(r: &LoadRequest) -> Result<String, StoreError> {
    chain::json(&serde_json::json!({
        "document": r.doc.as_str(), "parts": r.parts, "parties": r.parties, "serials": r.serials, "key": r.key.as_str(), "bins": r.needs.bins, "day": r.effective_on.days(),
        "parent": r.parent.as_ref().map(AsRef::<str>::as_ref).unwrap_or_default(), "valued": r.needs.value_at,
    }))
}

/// A load that waits for others of its kind.
pub(super) struct Waiting {
    sql: Arc<str>,
    bu: String,
    request: String,
}

impl Errand for Waiting {
    type Of = Postgres;
    type Answer = Result<Row, StoreError>;

    async fn run(db: &Postgres, one: Self) -> Self::Answer {
        Self::run_together(db, vec![one]).await.pop().unwrap_or_else(Self::lost)
    }

    async fn run_together(db: &Postgres, several: Vec<Self>) -> Vec<Self::Answer> {
        let Some((sql, bu)) = several.first().map(|one| (Arc::clone(&one.sql), one.bu.clone())) else { return Vec::new() };
        let requests = several.iter().map(|one| one.request.as_str()).collect::<Vec<_>>().join(",");
        let args = [bu.into(), format!("[{requests}]").into()];
        note(&sql, &args);
        match db.read(sql, &args).await {
            Ok(rows) => rows.into_iter().map(|row| Ok(Row::Postgres(row))).collect(),
            Err(fault) => several.iter().map(|_| Err(same(&fault).into())).collect(),
        }
    }

    fn lost() -> Self::Answer {
        Err(sqlx::Error::WorkerCrashed.into())
    }
}

/// The statement for a request in a dialect, made once for all that are alike.
fn interned(dialect: Dialect, r: &LoadRequest) -> Arc<str> {
    static TEXTS: OnceLock<Mutex<HashMap<u16, Arc<str>>>> = OnceLock::new();
    let needs = &r.needs;
    let flags = [
        dialect == Dialect::Postgres,
        !needs.bins.is_empty(),
        needs.on_hand,
        needs.inbound,
        needs.network,
        needs.obligations,
        !needs.value_at.is_empty(),
        needs.past_moves,
        !r.serials.is_empty(),
    ];
    let key = flags.iter().fold(0_u16, |key, flag| key << 1 | u16::from(*flag));
    let mut texts = TEXTS.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let text = || match dialect {
        Dialect::Sqlite => row_by_row(r),
        Dialect::Postgres => for_many(&in_one_row(r)),
    };
    Arc::clone(texts.entry(key).or_insert_with(|| dialect.text(&text()).into()))
}

impl Database {
    /// What the ledger says, and the master data at the version that it had in that very moment.
    pub(super) async fn load(&self, r: &LoadRequest) -> Result<Snapshot, StoreError> {
        loop {
            let (mut snapshot, version) = self.load_ledger(r).await?;
            if self.add_master(r, &version, &mut snapshot).await? {
                shape::tidy(&mut snapshot);
                return Ok(snapshot);
            }
        }
    }

    /// Adds what is known of master data at a version, and reads what is not; false where it has another version meanwhile.
    async fn add_master(&self, r: &LoadRequest, version: &str, snapshot: &mut Snapshot) -> Result<bool, StoreError> {
        let wanted = Wanted::new(r, snapshot);
        let mut own = Facts::default();
        loop {
            let missing = self.known().fill(version, &own, &wanted, snapshot);
            if missing.is_empty() {
                return Ok(true);
            }
            let (now, found) = self.learn(&r.bu, &missing).await?;
            self.known().learn(&r.bu, &now, Facts::of(missing, found), &mut own);
            if now != version {
                return Ok(false);
            }
        }
    }

    async fn load_ledger(&self, r: &LoadRequest) -> Result<(Snapshot, String), StoreError> {
        let sql = interned(self.dialect(), r);
        // In a box: all that is awaited further down is no part of the future of whoever embeds the engine, which the compiler
        // goes through only to a depth.
        match self {
            Self::Sqlite(db) => Box::pin(db.load_ledger(sql, r)).await,
            Self::Postgres(db) => Box::pin(db.load_ledger(sql, r)).await,
        }
    }
}

impl Sqlite {
    async fn load_ledger(&self, sql: Arc<str>, r: &LoadRequest) -> Result<(Snapshot, String), StoreError> {
        let (kinds, tell): (Vec<&Branch>, usize) = (wanted(r).collect(), width(r));
        let args = args(r)?;
        note(&sql, &args);
        let take = |(loading, version): &mut (Loading, String), row: Source<'_>| {
            let kind = row.number(tell)?.and_then(|kind| usize::try_from(kind).ok()).unwrap_or_default();
            match kinds.get(kind) {
                Some(kind) => loading.take(&r.bu, kind.tag, &row.cells(kind.columns))?,
                None => row.text(0)?.clone_into(version),
            }
            Ok(())
        };
        let (loading, version) = self.read_into(sql, &args, take).await?;
        Ok((loading.end(), version))
    }
}

/// The arguments of a load.
fn args(r: &LoadRequest) -> Result<[Arg; 10], StoreError> {
    Ok([
        r.bu.as_str().into(),
        r.doc.as_str().into(),
        chain::json(&r.parts)?.into(),
        chain::json(&r.parties)?.into(),
        chain::json(&r.serials)?.into(),
        r.key.as_str().into(),
        chain::json(&r.needs.bins)?.into(),
        r.effective_on.days().into(),
        r.parent.as_ref().map(AsRef::as_ref).unwrap_or_default().into(),
        chain::json(&r.needs.value_at)?.into(),
    ])
}

impl Postgres {
    async fn load_ledger(&self, sql: Arc<str>, r: &LoadRequest) -> Result<(Snapshot, String), StoreError> {
        let row = self.load_with_others(Waiting { sql, bu: r.bu.to_string(), request: as_json(r)? }).await?;
        let kinds: Vec<&Branch> = wanted(r).collect();
        let version = row.text(kinds.len())?;
        let mut loading = Loading::default();
        for (i, kind) in kinds.into_iter().enumerate() {
            for row in packed::rows(row.text(i)?)? {
                loading.take(&r.bu, kind.tag, &Cells::packed(&row, kind.columns))?;
            }
        }
        Ok((loading.end(), version.to_owned()))
    }

    /// A load for the same needs in the same business unit as others that come at the same time goes with them.
    async fn load_with_others(&self, load: Waiting) -> Result<Row, StoreError> {
        let lane = format!("{} {:p}", load.bu, load.sql.as_ptr());
        self.loads.send(self, &lane, load).await
    }
}
