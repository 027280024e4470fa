//! Master data as the engine sees it: parts, parties, people, contracts, limits, rates, supersession.
//!
//! Must not know files or formats (`network` reads them). Tests: `network`.

use serde::{Deserialize, Serialize};

use crate::base::{Bu, ContractCode, Date, Money, Name, PartCode, PartyCode, PersonCode, Quantity};

/// How the units of a part are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tracking {
    /// Not at all; the engine still keeps each receipt apart.
    None,
    /// By the supplier's lot.
    Lot,
    /// Each unit has a serial number.
    Serial,
}

/// A business unit: the tenant that all rows of a book belong to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BusinessUnit {
    /// Code.
    pub code: Bu,
    /// Name in views and on papers.
    pub name: String,
}

/// A part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The business unit.
    pub bu: Bu,
    /// Part number.
    pub code: PartCode,
    /// Name on papers.
    pub name: String,
    /// Base unit, a GST unit quantity code such as NOS or MTR.
    pub unit: String,
    /// Decimals allowed in quantities, 0 to 3.
    pub decimals: u32,
    /// How units are told apart.
    pub tracking: Tracking,
    /// Days from receipt to expiry; absent for parts that do not age.
    pub shelf_life_days: Option<u32>,
    /// HSN code.
    pub hsn: String,
    /// Class, for limits and rules.
    pub class: String,
    /// True for a spare (its defective comes back), false for a consumable.
    pub spare: bool,
    /// Order in multiples of this.
    pub pack: Quantity,
}

/// A party: anyone who can hold parts, plus customers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The business unit.
    pub bu: Bu,
    /// Code.
    pub code: PartyCode,
    /// Name on papers.
    pub name: String,
    /// Its kind, as the vocabulary declares it.
    pub kind: Name,
    /// The party it belongs to: a technician's service partner.
    pub parent: Option<PartyCode>,
    /// Street and number.
    pub address: String,
    /// Town.
    pub city: String,
    /// GST state code, two digits.
    pub state: String,
    /// PIN code.
    pub pin: String,
    /// GSTIN; empty where unregistered.
    pub gstin: String,
    /// Its calendar, as the vocabulary declares it.
    pub calendar: Option<Name>,
    /// Latitude and longitude in degrees × 1,000,000, for distances; absent where unknown.
    pub location: Option<(i32, i32)>,
}

/// A role that a person holds, at one party or everywhere in the business unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleGrant {
    /// The role.
    pub role: Name,
    /// At which party; absent for roles that are not held at a party.
    pub at: Option<PartyCode>,
}

/// A person who acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The business unit.
    pub bu: Bu,
    /// Code.
    pub code: PersonCode,
    /// Name.
    pub name: String,
    /// What the person may do where.
    pub roles: Vec<RoleGrant>,
}

/// A service contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Contract {
    /// The business unit.
    pub bu: Bu,
    /// Code.
    pub code: ContractCode,
    /// The customer.
    pub customer: Option<PartyCode>,
    /// Kind of contract: `in_warranty`, `amc`, `out_of_warranty` … free text that rules know.
    pub kind: String,
    /// First day of cover.
    pub from: Date,
    /// Last day of cover.
    pub to: Date,
    /// Part classes that the contract excludes.
    pub excludes: Vec<String>,
}

/// For what a limit holds; the narrowest that fits wins: part at party, part in business unit, class, everything.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LimitScope {
    /// At one party; absent for all.
    pub party: Option<PartyCode>,
    /// For one part; absent for all.
    pub part: Option<PartCode>,
    /// For one class of parts; absent for all.
    pub class: Option<String>,
    /// In one pool; absent for all.
    pub pool: Option<Name>,
}

/// The limits of stock: a maximum, a trigger for replenishment and a cap in value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// The business unit.
    pub bu: Bu,
    /// For what it holds.
    pub scope: LimitScope,
    /// The most that may be on hand and on its way.
    pub maximum: Option<Quantity>,
    /// At or below this a replenishment is raised.
    pub trigger: Option<Quantity>,
    /// The most that the stock of the party and pool may be worth.
    pub value: Option<Money>,
}

/// The rate of a part from a date on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rate {
    /// The business unit.
    pub bu: Bu,
    /// The part.
    pub part: PartCode,
    /// From this day on, until the next rate.
    pub from: Date,
    /// For one base unit.
    pub rate: Money,
}

/// One part takes another's place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Supersession {
    /// The business unit.
    pub bu: Bu,
    /// The part that goes.
    pub old: PartCode,
    /// The part that comes.
    pub new: PartCode,
    /// True where the old may also serve for the new.
    pub both_ways: bool,
    /// From this day on.
    pub from: Date,
}

/// A whole network, checked: every reference in it resolves, every row stands once, and each list is ordered by its key.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct MasterData {
    /// By code.
    pub business_units: Vec<BusinessUnit>,
    /// By business unit and code.
    pub parties: Vec<Party>,
    /// By business unit and code.
    pub people: Vec<Person>,
    /// By business unit and code.
    pub parts: Vec<Part>,
    /// By business unit, part and date.
    pub rates: Vec<Rate>,
    /// By business unit and code.
    pub contracts: Vec<Contract>,
    /// By business unit and scope.
    pub limits: Vec<Limit>,
    /// By business unit, old and new part.
    pub supersessions: Vec<Supersession>,
}
