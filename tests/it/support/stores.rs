//! The three stores, each empty and of its own, and decisions to commit to them.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};

use bincard::base::{Bu, Date, DocId, Name, Quantity, Timestamp};
use bincard::domain::{
    ChildStart, Claim, Decision, Document, Event, Holder, Inbound, Input, Line, LoadRequest, Lot, Move, Needs, Obligation, ObligationChange,
    ObligationChangeKind, OutboxKind, OutboxRow, PaperDraft, Position, SeriesTake, Snapshot, Timer, TimerKind, Value,
};
use bincard::store::{Book, Deployment, InitOptions, Store};
use sqlx::Connection;

/// An empty store, and what must live as long as it does.
pub struct Fixture {
    pub store: Store,
    /// The URL that opens it again; `memory:` gives another one.
    pub url: String,
    _folder: tempfile::TempDir,
}

/// A schema of the tests' server goes when its test ends, with the role that was made for it.
impl Drop for Fixture {
    fn drop(&mut self) {
        let Some((base, schema)) = self.url.split_once("schema=") else { return };
        let (base, schema) = (base.trim_end_matches(['?', '&']).to_owned(), schema.to_owned());
        // A test may be at the end of its runtime, or in the middle of a panic.
        let gone = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let mut connection = sqlx::PgConnection::connect(&base).await?;
                let text = format!(
                    "SET client_min_messages = error; SET lock_timeout = 2000; DROP SCHEMA IF EXISTS {schema} CASCADE; DROP ROLE IF EXISTS {schema}_owner"
                );
                sqlx::raw_sql(sqlx::AssertSqlSafe(text)).execute(&mut connection).await
            })
        });
        // A server that a test has stopped keeps nothing; what somebody still reads goes with the server.
        drop(gone.join());
    }
}

impl Fixture {
    /// The store for someone who may do more than commit.
    pub async fn admin(&self) -> Store {
        Store::open(&self.url).await.expect("a store that is there")
    }

    /// The store anew, for the one that it is for.
    pub async fn again(&self) -> Store {
        let url = if self.store.kind() == "postgres" { as_user(&self.url, SERVICE) } else { self.url.clone() };
        Store::open(&url).await.expect("a store that is there")
    }
}

/// An empty SQLite file.
pub async fn sqlite() -> Fixture {
    let folder = super::folder();
    let url = format!("sqlite://{}", folder.path().join("store.db").display());
    Fixture { store: Store::open(&url).await.expect("a new file"), url, _folder: folder }
}

/// The URL of a schema on the tests' server that is not there yet.
pub fn new_schema() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let base = super::postgres_url();
    let join = if base.contains('?') { '&' } else { '?' };
    let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock").as_nanos();
    format!("{base}{join}schema=t{}_{nanos}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// The same place for another user.
pub fn as_user(url: &str, user: &str) -> String {
    let (scheme, rest) = url.split_once("://").expect("a URL");
    let (authority, rest) = rest.split_once('/').expect("a database");
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{user}@{host}/{rest}")
}

/// The role that the store of [`postgres`] logs in as.
pub const SERVICE: &str = "bincard_tests";

/// An empty schema on the tests' server. Its store logs in as the service, which may read and commit and nothing else;
/// the URL is that of whoever made it.
pub async fn postgres() -> Fixture {
    let url = new_schema();
    Store::init(&url, &InitOptions { service_role: Some(SERVICE.to_owned()), distributed: false }).await.expect("a new schema");
    Fixture { store: Store::open(&as_user(&url, SERVICE)).await.expect("a schema that is there"), url, _folder: super::folder() }
}

/// An empty store in memory.
pub async fn memory() -> Fixture {
    Fixture { store: Store::open("memory:").await.expect("memory"), url: "memory:".into(), _folder: super::folder() }
}

/// All three.
pub async fn stores() -> Vec<Fixture> {
    vec![memory().await, sqlite().await, postgres().await]
}

/// A text of every document, with what a query must not stumble over.
pub const NOTE: &str = "asked \"twice\", it's 100% ₹_urgent";

/// The business unit of the fixtures.
pub fn bu() -> Bu {
    Bu::from("ac")
}

/// Microseconds make poor reading: the n-th minute of the fixtures' day.
pub fn minute(n: i64) -> Timestamp {
    Timestamp::from_micros(1_775_000_000_000_000 + n * 60_000_000)
}

/// A place: `party.bin`, `party.bin for doc/line`, or a bin of the outside world.
pub fn place(text: &str) -> Position {
    let (place, holder) = text.split_once(" for ").map_or((text, None), |(place, holder)| (place, Some(holder)));
    let (party, bin) = place.split_once('.').map_or((None, place), |(party, bin)| (Some(party), bin));
    let holder = holder.and_then(|h| h.split_once('/')).map(|(doc, line)| Holder { doc: doc.into(), line: line.parse().expect("a line") });
    Position { party: party.map(Into::into), bin: bin.into(), holder, condition: "ok".into(), owner: "company".into(), pool: "main".into() }
}

/// A move of units of a lot; the lot's name begins with the part: `PCB#1` is a lot of `PCB`.
pub fn moved(lot: &str, units: i64, from: &str, to: &str) -> Move {
    let part = lot.split_once('#').expect("a lot named part#n").0;
    Move {
        line: 1,
        part: part.into(),
        lot: lot.into(),
        serial: None,
        quantity: Quantity::units(units),
        from: place(from),
        to: place(to),
        rate: "30.33".parse().expect("a rate"),
    }
}

/// A move of one unit.
pub fn unit(lot: &str, serial: &str, from: &str, to: &str) -> Move {
    Move { serial: Some(serial.into()), ..moved(lot, 1, from, to) }
}

/// A lot that a document brings in.
pub fn lot(id: &str, doc: &str) -> Lot {
    Lot {
        id: id.into(),
        part: id.split_once('#').expect("a lot named part#n").0.into(),
        label: None,
        received_at: minute(1),
        sodo: Some("4500010001/10 80001234".parse().expect("a sodo")),
        rate: "30.33".parse().expect("a rate"),
        expires: Some("2027-03-31".parse().expect("a date")),
        parent: None,
        doc: doc.into(),
    }
}

/// What a technician owes.
pub fn owed(id: &str, doc: &str, units: i64) -> Obligation {
    Obligation {
        id: id.into(),
        doc: doc.into(),
        line: 1,
        kind: "defective_return".into(),
        part: "PCB".into(),
        quantity: Quantity::units(units),
        open: Quantity::units(units),
        debtor: "TECH".into(),
        creditor: "PUNE".into(),
        opened_at: minute(3),
        due_at: minute(9),
        rate: "30.33".parse().expect("a rate"),
        number: String::new(),
    }
}

/// The n-th number taken from a series: `STS` counts documents of the fixtures' workflow, any other name papers.
pub fn take(series: &str, ordinal: u32) -> SeriesTake {
    let (kind, prefix) = (if series == "STS" { "ship_to_store" } else { "dc" }, format!("{series}/26-27/"));
    SeriesTake { series: format!("{kind}||{prefix}|"), prefix, width: 5, suffix: String::new(), ordinal }
}

/// A challan from the warehouse.
pub fn challan(ordinal: u32, reverse_of: Option<u32>) -> PaperDraft {
    PaperDraft { kind: "dc".into(), number: take("DC", ordinal), from: Some("WH".into()), to: Some("PUNE".into()), reverse_of }
}

/// A key that one document may hold, until it enters one of the states.
pub fn claim(key: &str, until: &[&str]) -> Claim {
    Claim { key: key.into(), until: until.iter().map(|s| Name::from(*s)).collect(), sentence: String::new(), code: None, line: None }
}

/// A timer of the state `open`.
pub fn timer(id: &str, at: Timestamp, kind: TimerKind) -> Timer {
    Timer { id: id.into(), due_at: at, kind, state: "open".into() }
}

/// A decision that opens a document in the state `open`, with one line of `PCB`.
pub fn opening(doc: &str) -> Decision {
    let fields = BTreeMap::from([
        (Name::from("asp"), Value::Party("PUNE".into())),
        (Name::from("purpose"), Value::name("base_stock")),
        (Name::from("note"), Value::text(NOTE)),
    ]);
    let values = BTreeMap::from([(Name::from("part"), Value::Part("PCB".into())), (Name::from("requested"), Value::Quantity(Quantity::units(4)))]);
    let document = Document {
        bu: bu(),
        id: doc.into(),
        number: String::new(),
        workflow: "ship_to_store".into(),
        version: 1,
        state: "open".into(),
        ended: false,
        revision: 1,
        fields,
        lines: vec![Line { no: 1, values, inbound: None }],
        opened_by: "asha".into(),
        opened_at: minute(1),
        entered_at: minute(1),
        parent: None,
    };
    decision(document, String::new(), "open", None)
}

/// A decision that changes nothing but the revision, from what was loaded.
pub fn firing(snapshot: &Snapshot, transition: &str) -> Decision {
    let mut document = snapshot.document.clone().expect("a document");
    let from = document.state.clone();
    document.revision += 1;
    decision(document, snapshot.chain.clone(), transition, Some(from))
}

fn decision(document: Document, chain: String, transition: &str, from: Option<Name>) -> Decision {
    let at = minute(i64::try_from(document.revision).expect("few revisions"));
    let event = Event {
        transition: transition.into(),
        from,
        to: document.state.clone(),
        actor: "asha".into(),
        role: "asp_manager".into(),
        key: format!("{}-{}", document.id, document.revision).into(),
        body_hash: "body".into(),
        book_hash: "book".into(),
        version: 1,
        recorded_at: at,
        effective_at: at,
        input: Input::default(),
        rules: Vec::new(),
    };
    let number = (document.revision == 1).then(|| take("STS", 1));
    Decision { number, chain, ..Decision::plain(document, event) }
}

/// A request for a document and nothing else.
pub fn request(doc: &str) -> LoadRequest {
    LoadRequest::about(&bu(), &DocId::from(doc), "none".into(), "2026-04-01".parse::<Date>().expect("a date"))
}

/// A request for everything that a transition of a document could ever use.
pub fn everything(doc: &str) -> LoadRequest {
    let needs = Needs {
        bins: vec!["available".into(), "quarantine".into()],
        on_hand: true,
        inbound: true,
        network: true,
        obligations: true,
        limits: true,
        value_at: vec!["asp".into()],
        past_moves: true,
    };
    LoadRequest {
        person: Some("asha".into()),
        parts: vec!["PCB".into(), "FAN".into()],
        parties: vec!["PUNE".into(), "TECH".into()],
        contracts: vec!["AMC-1".into()],
        serials: vec!["S1".into(), "S2".into(), "S3".into()],
        needs,
        ..request(doc)
    }
}

/// A promise of units to Pune.
pub fn promise(units: i64) -> Inbound {
    Inbound { party: "PUNE".into(), part: "PCB".into(), pool: Some("main".into()), quantity: Quantity::units(units) }
}

/// A decision that opens a document and receives lots of 10 units each at Pune.
pub fn receiving(doc: &str, lots: &[&str]) -> Decision {
    let mut decision = opening(doc);
    decision.lots = lots.iter().map(|l| lot(l, doc)).collect();
    decision.moves = lots.iter().map(|l| moved(l, 10, "supplier", "PUNE.available")).collect();
    decision
}

/// A decision that leaves a row in every table.
pub fn with_everything() -> Decision {
    let mut d = receiving("D1", &["PCB#1"]);
    d.document.fields.insert("contract".into(), Value::Contract("AMC-1".into()));
    d.owed = vec![owed("O1", "D1", 2)];
    d.obligation_changes = vec![ObligationChange { id: "O1".into(), kind: ObligationChangeKind::Settled, quantity: Quantity::ONE }];
    d.papers = vec![challan(1, None), challan(2, Some(0))];
    d.timers = vec![timer("1.1", minute(5), TimerKind::Fire { transition: "expire".into() })];
    d.outbox = vec![OutboxRow { kind: OutboxKind::Emit, topic: "shipped".into(), text: String::new(), payload: serde_json::json!({ "n": 1 }) }];
    d.claims = vec![claim("job 7", &["closed"])];
    d.children = vec![ChildStart { doc: "D2".into(), workflow: "shipment".into() }];
    d.books_closed = Some(long_ago());
    d
}

/// Up to when the books are closed: long before anything else happens.
pub fn long_ago() -> Timestamp {
    minute(-600_000)
}

/// A book to be kept.
pub fn book() -> Book {
    Book { hash: "b00c".into(), name: "north".into(), files: r#"{"a.flow":"workflow a"}"#.into() }
}

/// That book in force.
pub fn deployment() -> Deployment {
    Deployment { number: 1, hash: "b00c".into(), by: "anna".into(), at: minute(0) }
}

/// A connection that knows nothing of bincard, with the fixture's schema on its path.
pub async fn raw_postgres(f: &Fixture) -> (sqlx::PgPool, String) {
    let (base, schema) = f.url.split_once("schema=").expect("a schema");
    let options: sqlx::postgres::PgConnectOptions = base.trim_end_matches(['?', '&']).parse().expect("a URL");
    let pool = sqlx::postgres::PgPoolOptions::new().max_connections(1).connect_with(options.options([("search_path", schema)])).await;
    (pool.expect("a connection"), schema.to_owned())
}

/// A connection that knows nothing of bincard.
pub async fn raw_sqlite(f: &Fixture) -> sqlx::SqlitePool {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(f.url.trim_start_matches("sqlite://"));
    sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.expect("a connection")
}

/// Tables that hold nothing of a network; all others are guarded.
pub const OPEN_TABLES: [&str; 2] = ["schema_version", "gate"];

/// The guarded tables of a SQLite file.
pub async fn guarded_sqlite(raw: &sqlx::SqlitePool) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let names: Vec<String> = sqlx::query_scalar(sql).fetch_all(raw).await.expect("a catalogue");
    names.into_iter().filter(|n| !OPEN_TABLES.contains(&n.as_str())).collect()
}

/// The guarded tables of a schema.
pub async fn guarded_postgres(raw: &sqlx::PgPool, schema: &str) -> Vec<String> {
    let sql = "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY 1";
    let names: Vec<String> = sqlx::query_scalar(sql).bind(schema).fetch_all(raw).await.expect("a catalogue");
    names.into_iter().filter(|n| !OPEN_TABLES.contains(&n.as_str())).collect()
}
