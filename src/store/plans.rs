//! How the databases go about each statement that reads: by keys, never through a table that grows with the ledger.
//!
//! The statements are not listed: the store is asked everything it can be asked, and what it then says to the database is
//! explained, on both databases; on PostgreSQL under the engine's settings and under those of a plain session. What runs
//! inside a procedure is seen by the counters of the server (`tests/it/store_plans.rs`).

mod plan;

use std::cell::RefCell;
use std::collections::{BTreeSet, HashSet};
use std::sync::atomic::{AtomicU32, Ordering};

use sqlx::{AssertSqlSafe, Executor as _, Row as _};

use super::sql::{Arg, Database};
use super::{AsOf, DocumentFilter, InitOptions, LotFilter, MoveFilter, ObligationFilter, PaperFilter, StockFilter, Store, VerifyOptions};
use crate::base::{Bu, DocId, Timestamp};
use crate::domain::{LoadRequest, Needs};
use Reach::{All, Keys, Many, Page};
use plan::{Step, steps};

thread_local! {
    /// What was said to a database on this thread: statement and arguments.
    pub(super) static SAID: RefCell<Vec<(String, Vec<Arg>)>> = const { RefCell::new(Vec::new()) };
}

/// How far a question may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// To what its keys name.
    Keys,
    /// The same, which may be so much that a plain session had better read all.
    Many,
    /// Along an index, a page of it.
    Page,
    /// Everywhere: it counts, or asks what was once.
    All,
}

/// A statement, and the question that it belongs to.
struct Said {
    question: &'static str,
    reach: Reach,
    sql: String,
    args: Vec<Arg>,
}

/// Everything that was asked.
#[derive(Default)]
struct Asked(Vec<Said>);

impl Asked {
    /// The answer does not matter: rows of a store that is filled with words cannot always be read.
    async fn ask<T>(&mut self, question: &'static str, reach: Reach, answer: impl Future<Output = T>) {
        SAID.take();
        drop(answer.await);
        let said = SAID.take();
        assert!(!said.is_empty(), "{question}: nothing was asked");
        self.0.extend(said.into_iter().map(|(sql, args)| Said { question, reach, sql, args }));
    }
}

/// Asks the store everything it can be asked.
async fn ask_everything(store: &Store) -> Vec<Said> {
    let mut all = Asked::default();
    for bits in 0..256_u32 {
        all.ask("load", Keys, store.load(&request(bits))).await;
    }
    ask_stock(store, &mut all).await;
    ask_documents(store, &mut all).await;
    ask_books(store, &mut all).await;
    ask_clock(store, &mut all).await;
    all.ask("how much there is", All, store.counts(Some(&BU.into()))).await;
    all.ask("verify", Page, store.verify()).await;
    let since = VerifyOptions { since_seal: true, ..VerifyOptions::default() };
    all.ask("verify since the last seal", Page, store.verify_with(&since, &mut |_| {})).await;
    all.0
}

const BU: &str = "ac";
const DOC: &str = "D10001";
const TIME: Timestamp = Timestamp::from_micros(5_000_000);

async fn ask_stock(store: &Store, all: &mut Asked) {
    let stock = || StockFilter::new(BU.into());
    all.ask("stock of a party", Keys, store.stock(&StockFilter { party: Some("P1".into()), ..stock() })).await;
    all.ask("stock of a part", Keys, store.stock(&StockFilter { part: Some("A1".into()), ..stock() })).await;
    all.ask("stock of a part at a party", Keys, store.stock(&StockFilter { party: Some("P1".into()), part: Some("A1".into()), ..stock() })).await;
    all.ask("stock of a lot", Keys, store.stock(&StockFilter { lot: Some("LD10001".into()), ..stock() })).await;
    all.ask("a unit", Keys, store.stock(&StockFilter { serial: Some("SD10001".into()), ..stock() })).await;
    all.ask("stock that a document holds", Keys, store.stock(&StockFilter { holder: Some("D10001".into()), ..stock() })).await;
    all.ask("balances of a part", Keys, store.balances(&StockFilter { part: Some("A1".into()), ..stock() })).await;
    all.ask("totals of a party", Keys, store.stock_totals(&StockFilter { party: Some("P1".into()), ..stock() })).await;
    all.ask("totals of a part", Keys, store.stock_totals(&StockFilter { part: Some("A1".into()), outside: true, ..stock() })).await;
    all.ask("a part as it was", Keys, store.stock_as_of(&StockFilter { part: Some("A1".into()), ..stock() }, AsOf::recorded(TIME))).await;
    all.ask("all stock as it was", All, store.stock_as_of(&stock(), AsOf::effective(TIME))).await;
}

async fn ask_documents(store: &Store, all: &mut Asked) {
    let (bu, doc) = (Bu::from(BU), DocId::from(DOC));
    let documents = || DocumentFilter { limit: 50, ..DocumentFilter::new(bu.clone()) };
    let todo = || DocumentFilter { open_only: true, ..documents() };
    all.ask("what is to be done", Keys, store.documents(&todo())).await;
    all.ask("what is to be done at a party", Keys, store.documents(&DocumentFilter { party: Some("P1".into()), ..todo() })).await;
    all.ask("the newest documents", Page, store.documents(&documents())).await;
    all.ask("the next page of them", Keys, store.documents(&DocumentFilter { after: Some((TIME, "D10001".into())), ..documents() })).await;
    let state = DocumentFilter { workflow: Some("request".into()), state: Some("open".into()), ..documents() };
    all.ask("documents in a state", Keys, store.documents(&state)).await;
    all.ask("documents of a party", Many, store.documents(&DocumentFilter { party: Some("P1".into()), ..documents() })).await;
    all.ask("documents of a part", Many, store.documents(&DocumentFilter { part: Some("A1".into()), ..documents() })).await;
    all.ask("a document by its number", Keys, store.documents_by_number(&bu, "STS/1")).await;
    all.ask("a document", Keys, store.document(&bu, &doc)).await;
    all.ask("how far the books are closed", Keys, store.closing(&bu)).await;
    all.ask("its events", Keys, store.events(&bu, &doc)).await;
    all.ask("who did what on some", Keys, store.pasts(&bu, &[doc.clone(), DocId::from("D10002")])).await;
    all.ask("what it started", Keys, store.children(&bu, &doc)).await;
}

async fn ask_books(store: &Store, all: &mut Asked) {
    let bu = Bu::from(BU);
    let moves = || MoveFilter::new(bu.clone());
    all.ask("moves of a document", Keys, store.moves(&MoveFilter { doc: Some("D10001".into()), ..moves() })).await;
    all.ask("moves of a part", Keys, store.moves(&MoveFilter { part: Some("A1".into()), ..moves() })).await;
    all.ask("trace by lot", Keys, store.moves(&MoveFilter { lot: Some("LD10001".into()), ..moves() })).await;
    all.ask("trace by serial", Keys, store.moves(&MoveFilter { serial: Some("SD10001".into()), ..moves() })).await;
    let owed = || ObligationFilter::new(bu.clone());
    all.ask("what a party owes", Keys, store.obligations(&ObligationFilter { debtor: Some("P1".into()), open_only: true, ..owed() })).await;
    all.ask("obligations of a document", Keys, store.obligations(&ObligationFilter { doc: Some("D10001".into()), ..owed() })).await;
    let papers = || PaperFilter::new(bu.clone());
    all.ask("papers of a document", Keys, store.papers(&PaperFilter { doc: Some("D10001".into()), ..papers() })).await;
    all.ask("a paper by its number", Keys, store.papers(&PaperFilter { number: Some("DC/1".into()), ..papers() })).await;
    let lots = || LotFilter::new(bu.clone());
    all.ask("a lot", Keys, store.lots(&LotFilter { lot: Some("LD10001".into()), ..lots() })).await;
    all.ask("lots of a document", Keys, store.lots(&LotFilter { doc: Some("D10001".into()), ..lots() })).await;
    all.ask("lots of a lot", Keys, store.lots(&LotFilter { parent: Some("LD10001".into()), ..lots() })).await;
    all.ask("trace by order", Keys, store.lots(&LotFilter { sodo: Some("1/1 2/1".parse().unwrap()), ..lots() })).await;
}

async fn ask_clock(store: &Store, all: &mut Asked) {
    let (bu, doc, time) = (Bu::from(BU), DocId::from(DOC), TIME);
    all.ask("timers that are due", Keys, store.due_timers(None, None, time, 10)).await;
    all.ask("timers of a document", Keys, store.due_timers(Some(&bu), Some(&doc), time, 10)).await;
    all.ask("the next timer", Keys, store.next_due(None)).await;
    all.ask("the next timer of a business unit", Keys, store.next_due(Some(&bu))).await;
    all.ask("messages that wait", Keys, store.outbox_pending(None, 10)).await;
    all.ask("taking timers", Keys, store.take_timers(None, time, time.plus_micros(1), 10)).await;
    all.ask("taking messages", Keys, store.take_outbox(None, time, time.plus_micros(1), 10)).await;
    all.ask("who holds a claim", Keys, store.claim_holders(&bu, &"request".into(), &["job D10001".to_owned()])).await;
}

/// A load with some needs of all that there are.
fn request(bits: u32) -> LoadRequest {
    let bit = |n: u32| bits >> n & 1 == 1;
    LoadRequest {
        person: Some("asha".into()),
        parts: vec!["A1".into()],
        parties: vec!["P1".into()],
        contracts: vec!["C1".into()],
        serials: if bits.is_multiple_of(5) { Vec::new() } else { vec!["SD10001".into()] },
        needs: Needs {
            bins: if bit(0) { vec!["available".into()] } else { Vec::new() },
            on_hand: bit(1),
            inbound: bit(2),
            network: bit(3),
            obligations: bit(4),
            limits: bit(5),
            value_at: if bit(6) { vec!["asp".into()] } else { Vec::new() },
            past_moves: bit(7),
        },
        ..LoadRequest::about(&BU.into(), &DOC.into(), "D10001-2".into(), "2026-04-01".parse().unwrap())
    }
}

/// What is wrong with a way to an answer.
fn too_far(said: &Said, step: &Step) -> bool {
    match said.reach {
        Reach::Keys | Reach::Many => !step.by_keys,
        Reach::Page => !step.by_index,
        Reach::All => false,
    }
}

async fn explained(db: &Database, asked: &[Said], plain: bool) {
    let (mut wrong, mut seen) = (BTreeSet::new(), HashSet::new());
    for said in asked {
        if (plain && said.reach != Reach::Keys) || !seen.insert(said.sql.clone()) {
            continue;
        }
        let too_far = steps(db, &said.sql, &said.args, plain).await.into_iter().filter(|step| too_far(said, step));
        wrong.extend(too_far.map(|step| format!("{}: {}", said.question, step.text)));
    }
    assert!(seen.len() > 120, "{} statements only", seen.len());
    assert!(wrong.is_empty(), "{:?}, plain: {plain}: these lead through a table that grows:\n{}", db.dialect(), Vec::from_iter(wrong).join("\n"));
}

const FILL: &str = include_str!("plans/fill.sql");

#[tokio::test]
async fn sqlite_goes_by_keys() {
    let folder = tempfile::tempdir().unwrap();
    let Store::Sqlite(db) = Store::open(&format!("sqlite://{}", folder.path().join("plans.db").display())).await.unwrap() else { panic!("a file") };
    let Database::Sqlite(file) = &db else { panic!("a file") };
    let guards: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name <> 'task' AND tbl_name <> 'command'")
        .fetch_all(&file.writer)
        .await
        .unwrap();
    let mut off = guards.iter().map(|name| format!("DROP TRIGGER {name};")).collect::<String>();
    off.push_str("PRAGMA foreign_keys = OFF;");
    off.push_str(FILL);
    sqlx::raw_sql(AssertSqlSafe(off)).execute(&file.writer).await.unwrap();
    explained(&db, &ask_everything(&Store::Sqlite(db.clone())).await, false).await;
}

#[tokio::test]
async fn postgres_goes_by_keys() {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = std::env::var("BINCARD_TEST_POSTGRES").unwrap_or_else(|_| panic!("no PostgreSQL: run the tests with `scripts/test`, which starts one"));
    let join = if base.contains('?') { '&' } else { '?' };
    let schema = format!("plans{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let url = format!("{base}{join}schema={schema}");
    Store::init(&url, &InitOptions { service_role: Some("bincard_tests".to_owned()), distributed: false }).await.unwrap();
    let Store::Postgres(db) = Store::open(&url).await.unwrap() else { panic!("a server") };
    let Database::Postgres(server) = &db else { panic!("a server") };
    let tables: Vec<String> = super::schema::GUARDED.iter().map(|(table, ..)| format!("ALTER TABLE {table} DISABLE TRIGGER ALL;")).collect();
    // It counts pages: of a small table, reading all is the better way.
    let fill = FILL.replace("i < 3000)", "i < 20000)");
    sqlx::raw_sql(AssertSqlSafe(format!("{}{fill}ANALYZE;", tables.concat()))).execute(&server.pool).await.unwrap();
    let counted: i64 = server.pool.fetch_one("SELECT count(*) FROM move").await.unwrap().get(0);
    assert_eq!(counted, 60_000);
    let asked = ask_everything(&Store::Postgres(db.clone())).await;
    tokio::join!(explained(&db, &asked, false), explained(&db, &asked, true));
    sqlx::raw_sql(AssertSqlSafe(format!("DROP SCHEMA {schema} CASCADE"))).execute(&server.pool).await.unwrap();
}
