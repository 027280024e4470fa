//! What one transition may read, loaded in one round trip, and the request for it.
//!
//! Must not know SQL. Tests: store (the three stores answer alike).

use serde::{Deserialize, Serialize};

use crate::base::{Bu, ContractCode, Date, DocId, Key, LotId, Money, Name, PartCode, PartyCode, PersonCode, SerialNo, Timestamp};

use super::{Balance, Contract, Document, Inbound, Limit, Lot, Move, Obligation, Paper, Part, Party, Person, Rate, Supersession};

/// Which of the optional parts of a snapshot a transition can use; computed once from the checked transition.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Needs {
    /// Balances, in these bins, of the wanted parts at the wanted parties (bins that are not clearing).
    pub bins: Vec<Name>,
    /// Balances of the wanted parts in all bins at the wanted parties (`on hand of`).
    pub on_hand: bool,
    /// Promises of the wanted parts to the wanted parties (`inbound of`).
    pub inbound: bool,
    /// Balances of the wanted parts and their successors at every party of the business unit, in `bins` (`offers of`), and
    /// which part succeeds which.
    pub network: bool,
    /// Open obligations of the wanted parties, of any document.
    pub obligations: bool,
    /// Limits that can hold for the wanted parts and parties.
    pub limits: bool,
    /// What the wanted parties of these kinds hold and are promised is worth (`value of stock at`): the whole stock of each
    /// is read for it.
    pub value_at: Vec<Name>,
    /// What this document has moved so far.
    pub past_moves: bool,
}

/// What to load.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadRequest {
    /// The business unit.
    pub bu: Bu,
    /// The document: existing for a transition, not yet for an opening.
    pub doc: DocId,
    /// The document that starts it, where it is opened by another; what that one holds is loaded too.
    pub parent: Option<DocId>,
    /// The command's key, to find a repeat.
    pub key: Key,
    /// The day whose rates value what a party holds.
    pub effective_on: Date,
    /// The person, to find roles.
    pub person: Option<PersonCode>,
    /// Parts named in the input, beside those of the document's lines.
    pub parts: Vec<PartCode>,
    /// Parties named in the input, beside those of the document.
    pub parties: Vec<PartyCode>,
    /// Contracts named in the input, beside that of the document.
    pub contracts: Vec<ContractCode>,
    /// Serial numbers named in the input: where each stands now.
    pub serials: Vec<SerialNo>,
    /// What else the transition can use.
    pub needs: Needs,
}

impl LoadRequest {
    /// A document with what it names, and nothing else.
    #[must_use]
    pub fn about(bu: &Bu, doc: &DocId, key: Key, effective_on: Date) -> Self {
        Self {
            bu: bu.clone(),
            doc: doc.clone(),
            parent: None,
            key,
            effective_on,
            person: None,
            parts: Vec::new(),
            parties: Vec::new(),
            contracts: Vec::new(),
            serials: Vec::new(),
            needs: Needs::default(),
        }
    }
}

/// An earlier transition of the document, as far as later ones ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastEvent {
    /// The revision it made.
    pub revision: u64,
    /// The transition.
    pub transition: Name,
    /// Who did it.
    pub actor: PersonCode,
    /// When it happened.
    pub effective_at: Timestamp,
}

/// Up to when the books of a business unit are closed, and who closed them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Closing {
    /// The first moment that is open again.
    pub until: Timestamp,
    /// Who did it.
    pub by: PersonCode,
    /// When the store learned of it.
    pub recorded_at: Timestamp,
    /// The number of the document that did it.
    pub number: String,
}

/// A document that this one started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Child {
    /// Its id.
    pub doc: DocId,
    /// Its workflow.
    pub workflow: Name,
    /// Its state; absent while it has not been opened yet.
    pub state: Option<Name>,
    /// True when it has ended, or could not be opened.
    pub ended: bool,
}

/// What one kind of stock of a party is worth: quantity times the part's rate on the day, summed over parts, lots and owners.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartyValue {
    /// At whom, or promised to whom.
    pub party: PartyCode,
    /// In which bin; absent for promises on their way.
    pub bin: Option<Name>,
    /// In which condition; absent for promises on their way.
    pub condition: Option<Name>,
    /// For which pool; absent for promises without one.
    pub pool: Option<Name>,
    /// How much; parts without a rate count nothing.
    pub value: Money,
}

/// A lot with what a decision asks of it.
pub type LotFacts = Lot;

/// All that one transition may read. Lists are ordered by their keys, so that equal stores decide equally.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    /// The document, unless it is not there yet.
    pub document: Option<Document>,
    /// The hash of the document's last event, for [`Decision::chain`](super::Decision::chain); empty where there is none.
    pub chain: String,
    /// The transition that the same key made before: its document, revision and body hash.
    pub repeat: Option<(DocId, u64, String)>,
    /// Earlier transitions of the document.
    pub events: Vec<PastEvent>,
    /// The last closing of the books; absent where they were never closed.
    pub closing: Option<Closing>,
    /// The actor.
    pub person: Option<Person>,
    /// The parts.
    pub parts: Vec<Part>,
    /// The parties, with the parents and children that rules may ask for.
    pub parties: Vec<Party>,
    /// Contracts.
    pub contracts: Vec<Contract>,
    /// Rates of the parts, by part and date.
    pub rates: Vec<Rate>,
    /// Limits.
    pub limits: Vec<Limit>,
    /// Supersessions from or to the parts.
    pub supersessions: Vec<Supersession>,
    /// Balances: what the document holds, and what the transition needs.
    pub balances: Vec<Balance>,
    /// The lots of those balances.
    pub lots: Vec<Lot>,
    /// Live places of the serial numbers in the input.
    pub serials: Vec<Balance>,
    /// Promises on their way, the document's own among them, summed by party, part and pool.
    pub inbound: Vec<Inbound>,
    /// What the wanted parties hold and are promised is worth.
    pub party_values: Vec<PartyValue>,
    /// Open obligations: those of the document, and those of its parties where needed.
    pub obligations: Vec<Obligation>,
    /// The document's papers.
    pub papers: Vec<Paper>,
    /// Documents it started.
    pub children: Vec<Child>,
    /// What the document moved before.
    pub past_moves: Vec<Move>,
}

impl Snapshot {
    /// A part.
    #[must_use]
    pub fn part(&self, code: &PartCode) -> Option<&Part> {
        self.parts.iter().find(|p| p.code == *code)
    }

    /// A party.
    #[must_use]
    pub fn party(&self, code: &PartyCode) -> Option<&Party> {
        self.parties.iter().find(|p| p.code == *code)
    }

    /// A lot.
    #[must_use]
    pub fn lot(&self, id: &LotId) -> Option<&Lot> {
        self.lots.iter().find(|l| l.id == *id)
    }

    /// A contract.
    #[must_use]
    pub fn contract(&self, code: &ContractCode) -> Option<&Contract> {
        self.contracts.iter().find(|c| c.code == *code)
    }
}
