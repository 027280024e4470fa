//! Counts the statements that go to a database, by what the drivers log.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use log::{LevelFilter, Log, Metadata, Record};

struct Counter;

static COUNTING: AtomicBool = AtomicBool::new(false);
static COUNT: AtomicU64 = AtomicU64::new(0);

impl Log for Counter {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        COUNTING.load(Ordering::Relaxed) && matches!(metadata.target(), "sqlx::query" | "bincard::sql")
    }
    fn log(&self, record: &Record<'_>) {
        // What is done now and then beside the commits is no part of a transition.
        let beside = |text: &str| ["wal_checkpoint", "has_grown"].iter().any(|call| text.contains(call));
        if self.enabled(record.metadata()) && !beside(&record.args().to_string()) {
            COUNT.fetch_add(1, Ordering::Relaxed);
        }
    }
    fn flush(&self) {}
}

pub fn listen() {
    log::set_logger(&Counter).expect("the only logger");
}

pub fn start() {
    COUNT.store(0, Ordering::Relaxed);
    COUNTING.store(true, Ordering::Relaxed);
    log::set_max_level(LevelFilter::Debug);
}

/// How many statements were sent since the start.
pub fn stop() -> u64 {
    log::set_max_level(LevelFilter::Off);
    COUNTING.store(false, Ordering::Relaxed);
    COUNT.load(Ordering::Relaxed)
}
