//! Growth: what a transition and the views cost with few moves in the ledger, and with ten million.
//!
//! The ledger grows through the store's own commit, two hundred moves at a time, so that every row of it is as true as those
//! of people; on a server it is multiplied from there (`multiply.sql`). `BINCARD_BENCH_MOVES` says how far,
//! `BINCARD_BENCH_VERIFY` has a file verified at the end. What the process holds are the caches of its connections, which
//! have a bound.

use std::time::Instant;

use bincard::base::{DocId, LotId, Money, Name, PartCode, PartyCode, PersonCode, Quantity, SerialNo, Timestamp};
use bincard::domain::{Decision, Document, Event, Input, Line, Lot, Move, Position, Value};
use bincard::engine::Engine;
use bincard::insight::{Subject, trace};
use bincard::store::{StockFilter, Store};

use crate::story::{jobs, one_by_one};
use crate::table::{Aim, Table, median};
use crate::world::{World, bu};

const FEW: u64 = 10_000;
/// Lots of a document that makes the ledger grow, and moves of each lot.
const LOTS: usize = 8;
const STEPS: usize = 25;
/// Commits that are handed over at once.
const AT_ONCE: usize = 200;
/// On a server so many moves are made by commits; the rest are copies of them.
const BY_COMMITS: u64 = 200_000;
const ROUNDS: usize = 7;
const JOBS: usize = 60;

/// Figures at one size.
struct Figures {
    /// Microseconds a transition.
    transition: f64,
    /// Milliseconds of the stock view of a store, of a to-do list, of the trace of a unit.
    views: [f64; 3],
    /// Megabytes that the process holds.
    memory: f64,
}

/// A server, and the schema on it whose ledger is to grow.
pub struct Server {
    pub url: String,
    pub schema: String,
}

pub async fn run(world: &World, store: Store, server: Option<&Server>, moves: u64, table: &mut Table) {
    let what = if server.is_some() { "PostgreSQL" } else { "SQLite" };
    let engine = world.furnished(store).await;
    let mut filled = 0;
    fill(&engine, &mut filled, FEW, world.now).await;
    let small = figures(world, &engine, 0, filled).await;
    let start = Instant::now();
    match server {
        None => fill(&engine, &mut filled, moves, world.now).await,
        Some(server) => {
            fill(&engine, &mut filled, moves.min(BY_COMMITS), world.now).await;
            multiply(server, moves / BY_COMMITS).await;
        }
    }
    let counts = engine.store().counts(None).await.expect("counts");
    let took = start.elapsed().as_secs_f64();
    println!("{what}: {} moves of {} documents and {} lots, made in {took:.0} s", counts.moves, counts.documents, counts.lots);
    let large = figures(world, &engine, 1, filled).await;
    let size = format!("{what}, {:.1} million moves to {:.0} thousand", counts.moves as f64 / 1e6, FEW as f64 / 1e3);
    let micros = |f: &Figures| format!("{:.0} µs", f.transition);
    table.figure(&format!("{size}: a transition"), micros(&small), micros(&large), large.transition / small.transition, Aim::AtMost(1.15));
    for (n, view) in ["stock of a store (ms)", "to-do list (ms)", "trace of a unit (ms)"].into_iter().enumerate() {
        table.figure(&format!("{size}: {view}"), format!("{:.1}", small.views[n]), format!("{:.1}", large.views[n]), large.views[n], Aim::AtMost(20.0));
    }
    let memory = |f: &Figures| format!("{:.0}", f.memory);
    table.figure(&format!("{size}: memory of the process (MB)"), memory(&small), memory(&large), large.memory, Aim::AtMost(300.0));
    if server.is_none() && std::env::var_os("BINCARD_BENCH_VERIFY").is_some() {
        let start = Instant::now();
        assert!(engine.store().verify().await.expect("verify").is_sound());
        println!(
            "{what}: verified in {:.0} s; the process holds {:.0} MB, and held {:.0} at most",
            start.elapsed().as_secs_f64(),
            held("VmRSS"),
            held("VmHWM")
        );
    }
    engine.store().close().await;
}

/// Makes the ledger so many times as large (`multiply.sql`).
async fn multiply(server: &Server, times: u64) {
    let pool = sqlx::PgPool::connect(&server.url).await.expect("a server");
    let sql = include_str!("multiply.sql").replace("{schema}", &server.schema).replace("{times}", &times.saturating_sub(1).to_string());
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.expect("copies");
    for table in ["document", "document_line", "mention", "event", "lot", "move", "stock"] {
        let sql = format!("VACUUM ANALYZE {}.{table}", server.schema);
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&pool).await.expect("a vacuum");
    }
    pool.close().await;
}

async fn figures(world: &World, engine: &Engine, run: usize, filled: u64) -> Figures {
    let mut rates = Vec::new();
    for round in 0..ROUNDS {
        let start = Instant::now();
        let made = one_by_one(world, engine, jobs(9_000 + run * 100 + round, 1, JOBS)).await;
        rates.push(start.elapsed().as_secs_f64() * 1e6 / made as f64);
    }

    let (store, bu) = (engine.store(), bu());
    let filter = StockFilter { party: Some("asp20".into()), ..StockFilter::new(bu.clone()) };
    let keeper = PersonCode::from("keeper20");
    let unit = Subject::Serial(SerialNo::from(format!("S{}", filled / 2)));
    let mut views = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..ROUNDS * 3 {
        let start = Instant::now();
        assert!(!store.stock_totals(&filter).await.expect("stock").is_empty());
        views[0].push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        engine.todo(&bu, &keeper).await.expect("a list");
        views[1].push(start.elapsed().as_secs_f64() * 1e3);
        let start = Instant::now();
        assert!(!trace(store, &bu, &unit).await.expect("a trace").steps.is_empty());
        views[2].push(start.elapsed().as_secs_f64() * 1e3);
    }
    // The first rounds warm the caches at both sizes.
    Figures { transition: median(rates.split_off(2)), views: views.map(median), memory: held("VmRSS") }
}

/// A figure of this process in megabytes.
fn held(name: &str) -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with(name)).unwrap_or_default().to_owned();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or_default() / 1024.0
}

/// Grows the ledger to so many moves.
async fn fill(engine: &Engine, filled: &mut u64, moves: u64, now: Timestamp) {
    let each = (LOTS * STEPS) as u64;
    while *filled * each < moves {
        let mut running = tokio::task::JoinSet::new();
        for _ in 0..AT_ONCE {
            let (store, decision) = (engine.store().clone(), document(*filled, now));
            running.spawn(async move { store.commit(&decision).await });
            *filled += 1;
            if *filled * each >= moves {
                break;
            }
        }
        while let Some(done) = running.join_next().await {
            done.expect("no panic").expect("a commit");
        }
    }
}

/// A document whose lots come into the world, go from hand to hand in a store, and leave it, all but every tenth's last lot.
fn document(n: u64, now: Timestamp) -> Decision {
    let id = DocId::from(format!("F{n}"));
    let (asp, tech) = (format!("asp{}", 16 + n % 16), format!("tech{}", 16 + n % 16));
    let parts: Vec<PartCode> = (0..LOTS as u64).map(|l| PartCode::from(format!("FILL{:03}", (n * 7 + l * 31) % 500))).collect();
    let lots: Vec<Lot> = parts.iter().enumerate().map(|(l, part)| lot(&id, l, part, now)).collect();
    let moves = lots.iter().enumerate().flat_map(|(l, lot)| journey(lot, l, (n, l), &asp, &tech)).collect();
    let lines = parts.iter().zip(1..).map(|(part, no)| Line { no, values: [(Name::from("part"), Value::Part(part.clone()))].into(), inbound: None }).collect();
    let document = Document {
        bu: bu(),
        id: id.clone(),
        number: String::new(),
        workflow: "stock_count".into(),
        version: 1,
        state: "closed".into(),
        ended: true,
        revision: 1,
        fields: [(Name::from("store"), Value::Party(PartyCode::from(asp)))].into(),
        lines,
        opened_by: "priya".into(),
        opened_at: now,
        entered_at: now,
        parent: None,
    };
    let event = Event {
        transition: "open".into(),
        from: None,
        to: "closed".into(),
        actor: "priya".into(),
        role: "service_ops".into(),
        key: format!("fill:{n}").into(),
        body_hash: "0".repeat(64),
        book_hash: "0".repeat(64),
        version: 1,
        recorded_at: now,
        effective_at: now,
        input: Input::default(),
        rules: Vec::new(),
    };
    decision(document, event, lots, moves)
}

fn decision(document: Document, event: Event, lots: Vec<Lot>, moves: Vec<Move>) -> Decision {
    Decision { lots, moves, ..Decision::plain(document, event) }
}

fn lot(doc: &DocId, n: usize, part: &PartCode, now: Timestamp) -> Lot {
    Lot {
        id: LotId::from(format!("{doc}/{n}")),
        part: part.clone(),
        label: None,
        received_at: now,
        sodo: None,
        rate: Money::default(),
        expires: None,
        parent: None,
        doc: doc.clone(),
    }
}

/// The moves of one lot: the first lot of a document is one unit with a serial number.
fn journey(lot: &Lot, line: usize, (n, l): (u64, usize), asp: &str, tech: &str) -> Vec<Move> {
    let place = |party: Option<&str>, bin: &str| Position {
        party: party.map(PartyCode::from),
        bin: bin.into(),
        holder: None,
        condition: "ok".into(),
        owner: "oem".into(),
        pool: "in_warranty".into(),
    };
    let (supplier, shelf, hand, fitted) = (place(None, "supplier"), place(Some(asp), "available"), place(Some(tech), "hand"), place(None, "fitted"));
    let stays = n % 10 == 0 && l == LOTS - 1;
    (0..STEPS)
        .map(|step| {
            let (from, to) = match step {
                0 => (&supplier, &shelf),
                _ if step == STEPS - 1 && !stays => (&hand, &fitted),
                _ if step % 2 == 1 => (&shelf, &hand),
                _ => (&hand, &shelf),
            };
            Move {
                line: line as u32 + 1,
                part: lot.part.clone(),
                lot: lot.id.clone(),
                serial: (l == 0).then(|| SerialNo::from(format!("S{n}"))),
                quantity: if l == 0 { Quantity::ONE } else { Quantity::units(4) },
                from: from.clone(),
                to: to.clone(),
                rate: Money::default(),
            }
        })
        .collect()
}
