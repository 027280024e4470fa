//! The closing proof: the store verifies itself, and what anyone can add up from the outside must come to the same.
//!
//! Must not know how the replay went. Tests: `tests/it/replay.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::ReplayError;
use crate::base::{Bu, DocId, PartCode, PartyCode, Quantity};
use crate::store::{StockFilter, Store};

/// What was looked at, and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Proof {
    /// Moves replayed.
    pub moves: u64,
    /// Balances that equal the replay of their moves.
    pub balances: u64,
    /// Events whose hashes were computed again.
    pub events: u64,
    /// Parts whose books sum to zero.
    pub parts: u64,
    /// Parts in clearing bins, each for a document that has not ended.
    pub held: u64,
    /// Units that the demand asks for.
    pub demanded: u64,
    /// Units that indents have asked for.
    pub asked: u64,
    /// What is wrong; empty where all of it holds.
    pub findings: Vec<String>,
}

impl Proof {
    /// True when nothing is wrong.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.findings.is_empty()
    }
}

/// Proves the books.
///
/// # Errors
/// A fault of the store.
pub async fn prove(store: &Store, bu: &Bu, demanded: u64, asked: u64) -> Result<Proof, ReplayError> {
    let verified = store.verify().await?;
    let mut proof = Proof {
        moves: verified.moves,
        balances: verified.balances,
        events: verified.events,
        demanded,
        asked,
        findings: verified.findings.into_iter().map(|f| f.text).collect(),
        ..Proof::default()
    };
    if demanded != asked {
        proof.findings.push(format!("the demand asks for {demanded} units, and indents have asked for {asked}"));
    }
    let everything = StockFilter { outside: true, ..StockFilter::new(bu.clone()) };
    let mut sums: BTreeMap<PartCode, Quantity> = BTreeMap::new();
    let mut parties: BTreeSet<PartyCode> = BTreeSet::new();
    for total in store.stock_totals(&everything).await? {
        parties.extend(total.party);
        let sum = sums.entry(total.part).or_default();
        *sum = *sum + total.quantity;
    }
    proof.parts = sums.len() as u64;
    let unbalanced = sums.iter().filter(|(_, sum)| !sum.is_zero());
    proof.findings.extend(unbalanced.map(|(part, sum)| format!("the books of part {part} add up to {sum} instead of 0")));
    for party in parties {
        held(store, bu, party, &mut proof).await?;
    }
    Ok(proof)
}

/// What stands in the clearing bins of a party, and for whom.
async fn held(store: &Store, bu: &Bu, party: PartyCode, proof: &mut Proof) -> Result<(), ReplayError> {
    let mut ended: BTreeMap<DocId, bool> = BTreeMap::new();
    let here = StockFilter { party: Some(party), ..StockFilter::new(bu.clone()) };
    for row in store.stock(&here).await? {
        let Some(holder) = &row.balance.position.holder else { continue };
        if !ended.contains_key(&holder.doc) {
            let document = store.document(bu, &holder.doc).await?;
            ended.insert(holder.doc.clone(), document.is_none_or(|d| d.ended));
        }
        proof.held += 1;
        if ended.get(&holder.doc) == Some(&true) {
            let (bin, part) = (&row.balance.position.bin, &row.balance.part);
            proof.findings.push(format!("bin {bin} holds {} of {part} for {}, which has ended", row.balance.quantity, holder.doc));
        }
    }
    Ok(())
}
