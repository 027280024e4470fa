//! What each kind of row means: one function a kind, from cells to the plain data of `domain::master`.
//!
//! Must not know files. What rows mean together is checked in `whole.rs`. Tests: the spoiled network of `tests.rs`.

use crate::base::{Bu, ContractCode, Diagnostic, Name, PartCode, PartyCode, PersonCode, Quantity};
use crate::domain::{BusinessUnit, Contract, Limit, LimitScope, Part, Party, Person, Rate, RoleGrant, Supersession, Tracking, gst};

use super::formats;
use super::names::Names;
use super::raw::{Item, RawRow};
use super::row::Row;

/// Where no other cell of a row tells its business unit.
pub(super) fn untold(_: &RawRow, _: &Names) -> Option<Bu> {
    None
}

pub(super) fn business_unit(row: &mut Row<'_>) -> Option<BusinessUnit> {
    let code = row.read("code", formats::code).map(Bu::from);
    Some(BusinessUnit { code: code?, name: row.text("name")? })
}

pub(super) fn party(row: &mut Row<'_>) -> Option<Party> {
    let code = row.read("code", formats::code).map(PartyCode::from);
    let parent = row.party("parent");
    let gstin = row.read("gstin", formats::gstin).unwrap_or_default();
    let written_state = row.read("state", formats::state);
    let pin = row.read("pin", formats::pin).unwrap_or_default();
    let location = row.read("location", formats::location);
    let known = row.known;
    if let Some(kind) = row.raw.item("kind") {
        row.declared("party kind", kind, known.party_kinds.iter().map(Name::as_str));
    }
    if let Some(calendar) = row.raw.item("calendar") {
        row.declared("calendar", calendar, known.calendars.iter().map(Name::as_str));
    }
    let told_state = gstin.get(..2).unwrap_or_default();
    if let Some(state) = written_state.as_deref().filter(|s| !told_state.is_empty() && *s != told_state) {
        let name = |code: &str| gst::state_of(code).map_or("another State", |s| s.name).to_owned();
        let title = format!("the GSTIN is of {} ({told_state}), the address in {} ({state})", name(told_state), name(state));
        row.say("gstin-state", "gstin", title, "a party has one GSTIN for each State: write the one of the State it is in");
    }
    let state = written_state.unwrap_or_else(|| told_state.to_owned());
    pin_in_state(row, &pin, &state);
    if row.raw.item("gstin").is_some() {
        for column in ["address", "city", "pin"].into_iter().filter(|c| row.raw.item(c).is_none()) {
            row.say("missing-value", column, format!("a party with a GSTIN needs `{column}`: it stands on challans"), &format!("add `{column}`"));
        }
    }
    let text = |column: &str| row.text(column).unwrap_or_default();
    Some(Party {
        bu: row.bu.clone()?,
        code: code?,
        name: row.text("name")?,
        kind: row.text("kind").map(Name::from)?,
        parent,
        address: text("address"),
        city: text("city"),
        state,
        pin,
        gstin,
        calendar: row.text("calendar").map(Name::from),
        location,
    })
}

fn pin_in_state(row: &mut Row<'_>, pin: &str, state: &str) {
    if let Some(state) = gst::state_of(state).filter(|s| !pin.is_empty() && !gst::pin_in_state(pin, s)) {
        let title = format!("PIN codes of {} do not begin with {}", state.name, pin.get(..3).unwrap_or_default());
        row.out.push(Diagnostic::warning("pin-state", row.raw.place("pin"), title).label("`pin`").help("check the PIN code and the State"));
    }
}

/// The parties at which a person holds roles.
pub(super) fn places(row: &RawRow) -> Vec<Item> {
    let items = row.cell("roles").map_or(&[][..], |c| c.items.as_slice());
    items.iter().filter_map(|item| split_role(item).1).collect()
}

/// The business unit that the parties of a person's roles tell.
pub(super) fn bu_of_person(row: &RawRow, names: &Names) -> Option<Bu> {
    let mut common: Option<std::collections::BTreeSet<Bu>> = None;
    for party in places(row) {
        let here = names.bus_of_party(&party.text);
        common = Some(match common {
            None => here,
            Some(before) => before.intersection(&here).cloned().collect(),
        });
    }
    let mut common = common?.into_iter();
    common.next().filter(|_| common.next().is_none())
}

pub(super) fn person(row: &mut Row<'_>) -> Option<Person> {
    let code = row.read("code", formats::code).map(PersonCode::from);
    let items = row.raw.cell("roles").map_or(&[][..], |c| c.items.as_slice());
    let mut roles: Vec<RoleGrant> = Vec::new();
    for item in items {
        let grant = role(row, item);
        if roles.contains(&grant) {
            row.out.push(Diagnostic::error("duplicate-role", item.span, format!("`{}` stands twice", item.text)).help("keep one of them"));
        }
        roles.push(grant);
    }
    // What is held does not depend on the order it is written in: a reload in another order changes nothing.
    roles.sort_by(|a, b| (&a.role, &a.at).cmp(&(&b.role, &b.at)));
    Some(Person { bu: row.bu.clone()?, code: code?, name: row.text("name")?, roles })
}

/// `storekeeper at coolfix` in its two parts.
fn split_role(item: &Item) -> (Item, Option<Item>) {
    let part = |text: &str| Item { text: text.trim().to_owned(), span: item.span };
    match item.text.split_once(" at ") {
        Some((role, party)) => (part(role), Some(part(party))),
        None => (part(&item.text), None),
    }
}

fn role(row: &mut Row<'_>, item: &Item) -> RoleGrant {
    let (role, at) = split_role(item);
    let known = row.known;
    row.declared("role", &role, known.roles.keys().map(Name::as_str));
    let party = at.as_ref().and_then(|at| row.party_item(at));
    let held_at = known.roles.get(role.text.as_str()).and_then(Option::as_ref);
    match (held_at, &party) {
        (Some(kind), None) => {
            let said = Diagnostic::error("role-place", item.span, format!("`{}` is held at a party of kind `{kind}`", role.text));
            row.out.push(said.help(format!("write `{} at` and the party", role.text)));
        }
        (Some(kind), Some(party)) => {
            let facts = row.bu.as_ref().and_then(|bu| row.names.party(bu, party.as_str()));
            if let Some(other) = facts.and_then(|f| f.kind.as_ref()).filter(|k| *k != kind) {
                let title = format!("`{}` is held at a party of kind `{kind}`, and `{party}` is of kind `{other}`", role.text);
                row.out.push(Diagnostic::error("role-place", item.span, title));
            }
        }
        _ => {}
    }
    RoleGrant { role: Name::from(role.text), at: party }
}

pub(super) fn part(row: &mut Row<'_>) -> Option<Part> {
    let code = row.read("code", formats::code).map(PartCode::from);
    let unit = row.read("unit", formats::unit);
    let decimals = if row.raw.item("decimals").is_some() { row.read("decimals", formats::decimals) } else { Some(0) };
    let tracking = if row.raw.item("tracking").is_some() { row.read("tracking", formats::tracking) } else { Some(Tracking::None) };
    let shelf_life_days = row.read("shelf_life_days", formats::days);
    let hsn = row.read("hsn", formats::hsn);
    let spare = row.read("kind", formats::spare);
    let class = row.read("class", formats::code);
    let pack = if row.raw.item("pack").is_some() { row.read("pack", formats::quantity) } else { Some(Quantity::ONE) };
    if pack == Some(Quantity::ZERO) {
        row.say("bad-number", "pack", "a pack of nothing", "write how many a pack holds, or leave it empty for 1");
    }
    row.fits_decimals("pack", pack, decimals);
    if tracking == Some(Tracking::Serial) && decimals.is_some_and(|d| d > 0) {
        row.say("serial-decimals", "decimals", "units with serial numbers are whole", "write 0, or another `tracking`");
    }
    Some(Part {
        bu: row.bu.clone()?,
        code: code?,
        name: row.text("name")?,
        unit: unit?,
        decimals: decimals?,
        tracking: tracking?,
        shelf_life_days,
        hsn: hsn?,
        class: class?,
        spare: spare?,
        pack: pack?,
    })
}

pub(super) fn rate(row: &mut Row<'_>) -> Option<Rate> {
    let (part, from, rate) = (row.part("part"), row.read("from", formats::date), row.read("rate", formats::money));
    if rate.is_some_and(|r| r == crate::base::Money::ZERO) {
        let said = Diagnostic::warning("zero-rate", row.raw.place("rate"), "a rate of zero: challans must show a value, even for free parts");
        row.out.push(said.label("`rate`").help("write the price-list rate"));
    }
    Some(Rate { bu: row.bu.clone()?, part: part?, from: from?, rate: rate? })
}

pub(super) fn contract(row: &mut Row<'_>) -> Option<Contract> {
    let code = row.read("code", formats::code).map(ContractCode::from);
    let customer = row.party("customer");
    let (from, to) = (row.read("from", formats::date), row.read("to", formats::date));
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        row.say("dates-reversed", "to", format!("the contract ends on {to}, before it begins on {from}"), "change one of the two dates");
    }
    let excludes = row.raw.cell("excludes").map_or(&[][..], |c| c.items.as_slice());
    for class in excludes {
        known_class(row, class);
    }
    let excludes: std::collections::BTreeSet<_> = excludes.iter().map(|i| i.text.clone()).collect();
    let excludes = excludes.into_iter().collect();
    Some(Contract { bu: row.bu.clone()?, code: code?, customer, kind: row.text("kind")?, from: from?, to: to?, excludes })
}

fn known_class(row: &mut Row<'_>, class: &Item) {
    if let Some(bu) = row.bu.clone().filter(|_| row.names.complete) {
        let classes = row.names.classes(&bu);
        row.declared(&format!("part of `{bu}` in class"), class, classes);
    }
}

pub(super) fn limit(row: &mut Row<'_>) -> Option<Limit> {
    let (party, part) = (row.party("party"), row.part("part"));
    if let Some(class) = row.raw.item("class") {
        known_class(row, class);
        if part.is_some() {
            row.say("limit-scope", "class", "a limit is for a part or for a class, not for both", "leave out `class`: the part is in its class anyway");
        }
    }
    if let Some(pool) = row.raw.item("pool") {
        let known = row.known;
        row.declared("pool", pool, known.pools.iter().map(Name::as_str));
    }
    let (maximum, trigger) = (row.read("maximum", formats::quantity), row.read("trigger", formats::quantity));
    let value = row.read("value", formats::money);
    let decimals = part.as_ref().and_then(|p| row.part_facts(p)).and_then(|f| f.decimals);
    row.fits_decimals("maximum", maximum, decimals);
    row.fits_decimals("trigger", trigger, decimals);
    if let (Some(maximum), Some(trigger)) = (maximum, trigger)
        && trigger > maximum
    {
        row.say("trigger-above-maximum", "trigger", format!("the trigger {trigger} is above the maximum {maximum}"), "a trigger lies at or below the maximum");
    }
    if ["maximum", "trigger", "value"].iter().all(|c| row.raw.item(c).is_none()) {
        row.out.push(Diagnostic::error("missing-value", row.raw.span, "this limit sets nothing").help("give `maximum`, `trigger` or `value`"));
    }
    let scope = LimitScope { party, part, class: row.text("class"), pool: row.text("pool").map(Name::from) };
    Some(Limit { bu: row.bu.clone()?, scope, maximum, trigger, value })
}

pub(super) fn supersession(row: &mut Row<'_>) -> Option<Supersession> {
    let (old, new) = (row.part("old"), row.part("new"));
    let (from, both_ways) = (row.read("from", formats::date), row.read("both_ways", formats::yes_no).unwrap_or(false));
    Some(Supersession { bu: row.bu.clone()?, old: old?, new: new?, both_ways, from: from? })
}
