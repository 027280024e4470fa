//! What came of a simulation: the same for the same settings, on every store. It holds no clock of the machine.
//!
//! Must not know how it is shown. Tests: `tests/it/simulate.rs`.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use super::super::replay::ReplayError;
use super::super::replay::driver::documents;
use super::Settings;
use super::wire::{Tally, Wire};
use crate::base::Timestamp;
use crate::engine::Ticked;
use crate::store::{Counts, Store};

/// Something that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// At which step.
    pub step: u64,
    /// When, by the clock of the simulation.
    pub at: Timestamp,
    /// What.
    pub what: String,
    /// The commands before it, the last one last.
    pub recent: Vec<String>,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// How it was simulated.
    pub settings: Settings,
    /// Steps done.
    pub steps: u64,
    /// The clock at the end.
    pub at: Timestamp,
    /// Documents by workflow and state.
    pub documents: BTreeMap<String, BTreeMap<String, u64>>,
    /// How much there is of everything.
    pub counts: Counts,
    /// Commands that people sent, and sent again.
    pub commands: u64,
    /// Transitions that they brought about.
    pub done: u64,
    /// Commands that were refused, by code.
    pub refused: BTreeMap<String, u64>,
    /// What went wrong on the way, by name.
    pub faults: BTreeMap<&'static str, u64>,
    /// What the clock brought.
    pub ticked: Ticked,
    /// SHA-256 over the last hash of every document, shortened: the journal in one word.
    pub journal: String,
    /// What does not hold; absent where everything does.
    pub broken: Option<Broken>,
}

/// Draws the sum, and has the store verify itself.
pub async fn report(wire: Wire<'_>, settings: Settings, at: Timestamp, broken: Option<String>) -> Result<Report, ReplayError> {
    let store: &Store = wire.store;
    let steps = wire.step();
    let Wire { tally, recent, .. } = wire;
    let mut broken = broken.map(|what| Broken { step: steps, at, what, recent: recent.iter().cloned().collect() });
    if broken.is_none() {
        let verified = store.verify().await?;
        let what: Vec<String> = verified.findings.into_iter().map(|f| format!("{}: {}", f.code, f.text)).collect();
        broken = (!what.is_empty()).then(|| Broken { step: steps, at, what: what.join("; "), recent: recent.into() });
    }
    let mut states: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    let mut journal = Sha256::new();
    let mut heads = documents(store, &super::bu(), None).await?;
    heads.sort_by(|a, b| a.id.cmp(&b.id));
    for head in heads {
        *states.entry(head.workflow.to_string()).or_default().entry(head.state.to_string()).or_default() += 1;
        let last = store.events(&super::bu(), &head.id).await?.pop();
        journal.update(format!("{} {} {}\n", head.id, head.number, last.map(|e| e.hash).unwrap_or_default()));
    }
    let journal = hex::encode(journal.finalize()).chars().take(16).collect();
    let Tally { commands, done, refused, faults, ticked } = tally;
    let counts = store.counts(Some(&super::bu())).await?;
    Ok(Report { settings, steps, at, documents: states, counts, commands, done, refused, faults, ticked, journal, broken })
}
