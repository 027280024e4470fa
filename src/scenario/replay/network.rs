//! The network of a replay as master data: one warehouse, service partners with technicians and customers, people in every role,
//! contracts, the parts of the demand with rates, and limits from its first months.
//!
//! Must not know the store or the engine. Tests: below.

use std::collections::BTreeMap;

use super::demand::PartDemand;
use super::dice::Dice;
use super::plan::{CUSTOMERS, Cover, Plan, TECHNICIANS};
use crate::base::{Bu, ContractCode, Date, Money, Name, PartCode, PartyCode, PersonCode, Quantity};
use crate::domain::{BusinessUnit, Contract, Limit, LimitScope, MasterData, Part, Party, Person, Rate, RoleGrant, Tracking};

/// The business unit that a replay works in.
pub const BU: &str = "replay";
/// The one warehouse.
pub const WAREHOUSE: &str = "wh";

/// The code of a partner, counted from 0.
pub fn partner(index: usize) -> String {
    format!("asp{:02}", index + 1)
}

/// The code of a partner's technician.
pub fn technician(partner: &str, number: u64) -> String {
    format!("{partner}-t{number}")
}

/// The code of a partner's customer.
pub fn customer(partner: &str, number: u64) -> String {
    format!("{partner}-c{number}")
}

/// The code of a customer's contract.
pub fn contract(customer: &str, cover: Cover) -> String {
    format!("{customer}-{}", cover.name())
}

/// What a partner's stock in a pool may be worth beyond twice its base stock, in minor units.
const ROOM: i64 = 5_000_000;

/// What a partner keeps of a part in a pool: what it holds at most, and where it fills up again. A part that is asked for once a
/// year is not kept.
pub fn level(units: u32, peak: u32, months: usize) -> Option<(u32, u32)> {
    if units < 2 {
        return None;
    }
    let two_months = (units * 2).div_ceil(u32::try_from(months.max(1)).unwrap_or(u32::MAX));
    let maximum = peak.max(two_months);
    Some((maximum, maximum / 2))
}

/// What kind of part it is; a part's number says nothing of it, so its die does.
struct Nature {
    class: &'static str,
    hsn: &'static str,
    spare: bool,
    tracking: Tracking,
    rate: Money,
}

/// Class, HSN code, whether its old part comes back.
const CLASSES: [(&str, &str, bool); 6] = [
    ("engine", "84099190", true),
    ("brake", "87083000", true),
    ("electrical", "85119000", true),
    ("body", "87082900", true),
    ("filter", "84212300", false),
    ("fluid", "27101989", false),
];
/// Rates in whole units of the currency; cheap parts are the most common.
const RATES: [i64; 12] = [60, 60, 110, 110, 180, 180, 320, 320, 560, 900, 1500, 2600];

fn nature(part: &PartDemand, dice: Dice) -> Nature {
    let pick = |word: &str, of: usize| usize::try_from(dice.of(word).below(of as u64)).unwrap_or(0);
    let (class, hsn, spare) = CLASSES.get(pick("class", CLASSES.len())).copied().unwrap_or(("body", "87082900", true));
    let whole = RATES.get(pick("rate", RATES.len())).copied().unwrap_or(100);
    let rate = Money::from_minor(whole * (80 + i64::try_from(dice.of("spread").below(60)).unwrap_or(0)));
    let units: u32 = part.units.iter().flatten().sum();
    let tracking = match class {
        "electrical" if whole >= 560 && units <= 40 => Tracking::Serial,
        "fluid" if dice.of("lot").per_mille(500) => Tracking::Lot,
        _ => Tracking::None,
    };
    Nature { class, hsn, spare, tracking, rate }
}

/// Towns of southern India with the GST code of their State, and where they are in degrees × 1,000,000.
const TOWNS: [(&str, &str, i32, i32); 12] = [
    ("Mysuru", "29", 12_295_800, 76_639_400),
    ("Hubballi", "29", 15_364_700, 75_124_000),
    ("Mangaluru", "29", 12_914_100, 74_856_000),
    ("Chennai", "33", 13_082_700, 80_270_700),
    ("Coimbatore", "33", 11_016_800, 76_955_800),
    ("Madurai", "33", 9_925_200, 78_119_800),
    ("Kochi", "32", 9_931_200, 76_267_300),
    ("Kozhikode", "32", 11_258_800, 75_780_400),
    ("Hyderabad", "36", 17_385_000, 78_486_700),
    ("Vijayawada", "37", 16_506_200, 80_648_000),
    ("Tirupati", "37", 13_628_800, 79_419_200),
    ("Panaji", "30", 15_490_900, 73_827_800),
];

/// The network, and the limits that the first months give.
pub fn network(plan: &Plan) -> MasterData {
    let mut data = MasterData::default();
    data.business_units.push(BusinessUnit { code: Bu::from(BU), name: title(plan) });
    head_office(&mut data);
    for index in 0..plan.settings.partners {
        add_partner(plan, index, &mut data);
    }
    add_parts(plan, &mut data);
    data.parties.sort_by(|a, b| a.code.cmp(&b.code));
    data.people.sort_by(|a, b| a.code.cmp(&b.code));
    data.contracts.sort_by(|a, b| a.code.cmp(&b.code));
    data.limits.sort_by(|a, b| a.scope.cmp(&b.scope));
    data
}

/// What is replayed, in words: a database keeps one replay, and this tells it from others.
pub fn title(plan: &Plan) -> String {
    let s = plan.settings;
    format!("Replay {} of {} months, seed {}, {} partners", plan.demand.fingerprint, s.months, s.seed, s.partners)
}

fn party(code: &str, kind: &str, parent: Option<&str>, town: usize) -> Party {
    let (city, state, latitude, longitude) = TOWNS.get(town % TOWNS.len()).copied().unwrap_or(("Mysuru", "29", 12_295_800, 76_639_400));
    Party {
        bu: Bu::from(BU),
        code: PartyCode::from(code),
        name: code.to_uppercase(),
        kind: Name::from(kind),
        parent: parent.map(PartyCode::from),
        address: "Industrial Estate".to_owned(),
        city: city.to_owned(),
        state: state.to_owned(),
        pin: "560001".to_owned(),
        gstin: String::new(),
        calendar: None,
        location: Some((latitude, longitude)),
    }
}

fn person(code: &str, roles: &[(&str, Option<&str>)]) -> Person {
    let roles = roles.iter().map(|(role, at)| RoleGrant { role: Name::from(*role), at: at.map(PartyCode::from) }).collect();
    Person { bu: Bu::from(BU), code: PersonCode::from(code), name: code.to_owned(), roles }
}

fn head_office(data: &mut MasterData) {
    data.parties.push(Party { city: "Bengaluru".to_owned(), state: "29".to_owned(), ..party(WAREHOUSE, "warehouse", None, 0) });
    data.people.extend([
        person("wh.picker", &[("picker", Some(WAREHOUSE))]),
        person("wh.manager", &[("warehouse_manager", Some(WAREHOUSE))]),
        person("desk", &[("service_desk", None)]),
        person("ops", &[("service_ops", None)]),
        person("quality", &[("quality", None)]),
        person("finance", &[("finance", None)]),
    ]);
}

fn add_partner(plan: &Plan, index: usize, data: &mut MasterData) {
    let code = partner(index);
    data.parties.push(party(&code, "asp", Some(WAREHOUSE), index));
    data.people.push(person(&format!("{code}.store"), &[("storekeeper", Some(&code))]));
    data.people.push(person(&format!("{code}.manager"), &[("asp_manager", Some(&code))]));
    for number in 1..=TECHNICIANS {
        let who = technician(&code, number);
        data.parties.push(party(&who, "technician", Some(&code), index));
        data.people.push(person(&who, &[("technician", Some(&who))]));
    }
    for number in 1..=CUSTOMERS {
        let who = customer(&code, number);
        data.parties.push(party(&who, "customer", None, index));
        data.contracts.extend(Cover::ALL.map(|cover| cover_of(plan, &who, cover)));
    }
    let Some(learned) = plan.learned(index) else { return };
    let mut worth: BTreeMap<Cover, i64> = BTreeMap::new();
    for ((part, cover), units) in &learned.units {
        let peak = learned.peak.get(&(*part, *cover)).copied().unwrap_or(0);
        let (Some((maximum, trigger)), Some(demand)) = (level(*units, peak, plan.settings.learn), plan.demand.parts.get(*part)) else { continue };
        let rate = nature(demand, plan.dice.of(plan.part(*part))).rate.minor();
        *worth.entry(*cover).or_default() += rate * i64::from(maximum);
        let scope = LimitScope { party: Some(code.as_str().into()), part: Some(demand.part.clone()), class: None, pool: Some(cover.name().into()) };
        let limit = |units: u32| Some(Quantity::units(i64::from(units)));
        data.limits.push(Limit { bu: Bu::from(BU), scope, maximum: limit(maximum), trigger: limit(trigger), value: None });
    }
    // Room for what jobs ask for beyond the limits.
    for (cover, value) in worth {
        let scope = LimitScope { party: Some(code.as_str().into()), part: None, class: None, pool: Some(cover.name().into()) };
        data.limits.push(Limit { bu: Bu::from(BU), scope, maximum: None, trigger: None, value: Some(Money::from_minor(value * 2 + ROOM)) });
    }
}

fn cover_of(plan: &Plan, customer: &str, cover: Cover) -> Contract {
    let first = plan.begin().date(&jiff::tz::TimeZone::UTC);
    let last = plan.time(plan.settings.months + 12, 0, 0).date(&jiff::tz::TimeZone::UTC);
    Contract {
        bu: Bu::from(BU),
        code: ContractCode::from(contract(customer, cover)),
        customer: Some(PartyCode::from(customer)),
        kind: cover.name().to_owned(),
        from: first.plus_days(-1),
        to: last,
        excludes: Vec::new(),
    }
}

fn add_parts(plan: &Plan, data: &mut MasterData) {
    let from: Date = plan.begin().date(&jiff::tz::TimeZone::UTC).plus_days(-1);
    let mut parts: Vec<&PartDemand> = plan.demand.parts.iter().collect();
    parts.sort_by(|a, b| a.part.cmp(&b.part));
    for demand in parts {
        let nature = nature(demand, plan.dice.of(demand.part.as_str()));
        data.rates.push(Rate { bu: Bu::from(BU), part: demand.part.clone(), from, rate: nature.rate });
        data.parts.push(Part {
            bu: Bu::from(BU),
            code: demand.part.clone(),
            name: format!("Car part {}", demand.part),
            unit: "NOS".to_owned(),
            decimals: 0,
            tracking: nature.tracking,
            shelf_life_days: None,
            hsn: nature.hsn.to_owned(),
            class: nature.class.to_owned(),
            spare: nature.spare,
            pack: Quantity::ONE,
        });
    }
}

/// Tracking and rate of each part, which the people of a replay know.
pub fn facts(data: &MasterData) -> BTreeMap<PartCode, (Tracking, Money)> {
    let rates: BTreeMap<&PartCode, Money> = data.rates.iter().map(|r| (&r.part, r.rate)).collect();
    data.parts.iter().map(|p| (p.code.clone(), (p.tracking, rates.get(&p.code).copied().unwrap_or_default()))).collect()
}

#[cfg(test)]
mod tests {
    use super::super::demand::Demand;
    use super::super::plan::Settings;
    use super::*;

    #[test]
    fn limits_follow_from_the_first_months() {
        let rows: String = (0..50).map(|n| format!("P{n},{},1\n", n % 5)).collect();
        let demand = Demand::parse("d.csv", &format!("Part,Jan-98,Feb-98\n{rows}")).unwrap();
        let plan = Plan::new(demand, Settings { seed: 1, partners: 3, months: 2, learn: 1 }, jiff::tz::TimeZone::UTC);
        let data = network(&plan);
        assert_eq!((data.parts.len(), data.rates.len(), data.business_units.len()), (50, 50, 1));
        assert_eq!(data.parties.len(), 1 + 3 * (1 + 3 + 4));
        let by_part = data.limits.iter().filter(|l| l.scope.part.is_some());
        assert!(by_part.clone().count() > 5 && by_part.clone().all(|l| l.trigger < l.maximum));
        assert!(data.limits.windows(2).all(|w| w[0].scope < w[1].scope));
    }

    #[test]
    fn what_is_rarely_asked_for_is_not_kept() {
        assert_eq!(level(1, 1, 12), None);
        assert_eq!(level(2, 1, 12), Some((1, 0)));
        assert_eq!(level(24, 5, 12), Some((5, 2)));
    }
}
