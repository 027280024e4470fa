//! Master data, lots and documents as the records that expressions and rules look at.
//!
//! The names of the properties are those of `model::types::properties`. Pure. Tests: below and the scenarios.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::base::{Name, PartCode, PartyCode};
use crate::domain::{Balance, Contract, Obligation, Part, Party, Record, Shape, Tracking, Value};

use super::run::Run;

fn optional<T>(value: Option<T>, make: impl FnOnce(T) -> Value) -> Value {
    value.map_or(Value::Absent, make)
}

fn number(n: i64) -> Value {
    Value::Number(Decimal::from(n))
}

/// A part as a record.
pub fn part_record(part: &Part) -> Value {
    let tracking = match part.tracking {
        Tracking::None => "none",
        Tracking::Lot => "lot",
        Tracking::Serial => "serial",
    };
    static SHAPE: Shape<9> = Shape::new();
    Value::record(SHAPE.record(
        "part",
        [
            ("code", Value::Part(part.code.clone())),
            ("name", Value::text(&part.name)),
            ("unit", Value::text(&part.unit)),
            ("class", Value::text(&part.class)),
            ("hsn", Value::text(&part.hsn)),
            ("spare", Value::YesNo(part.spare)),
            ("pack", Value::Quantity(part.pack)),
            ("tracking", Value::text(tracking)),
            ("shelf_life_days", optional(part.shelf_life_days, |d| number(i64::from(d)))),
        ],
    ))
}

/// A party as a record.
pub fn party_record(party: &Party) -> Value {
    static SHAPE: Shape<7> = Shape::new();
    Value::record(SHAPE.record(
        "party",
        [
            ("code", Value::Party(party.code.clone())),
            ("name", Value::text(&party.name)),
            ("kind", Value::Text(party.kind.shared())),
            ("city", Value::text(&party.city)),
            ("state", Value::text(&party.state)),
            ("gstin", Value::text(&party.gstin)),
            ("parent", optional(party.parent.clone(), Value::Party)),
        ],
    ))
}

/// A contract as a record.
pub fn contract_record(contract: &Contract) -> Value {
    static SHAPE: Shape<6> = Shape::new();
    Value::record(SHAPE.record(
        "contract",
        [
            ("code", Value::Contract(contract.code.clone())),
            ("kind", Value::text(&contract.kind)),
            ("from", Value::Date(contract.from)),
            ("to", Value::Date(contract.to)),
            ("excludes", Value::List(contract.excludes.iter().map(|c| Value::text(c)).collect())),
            ("customer", optional(contract.customer.clone(), Value::Party)),
        ],
    ))
}

/// A record of fields, and of what it has beside them.
fn with_own<const N: usize>(kind: &str, fields: &BTreeMap<Name, Value>, own: [(&str, Value); N]) -> Value {
    let given = fields.iter().map(|(name, value)| (name.clone(), value.clone()));
    Value::record(Record { kind: kind.into(), fields: given.chain(own.map(|(name, value)| (Name::from(name), value))).collect() })
}

impl Run<'_> {
    /// A value as a rule sees it: references become the records that they refer to.
    pub fn for_rule(&self, value: Value) -> Value {
        let snapshot = self.env.snapshot;
        let record = match &value {
            Value::Part(code) => snapshot.part(code).map(part_record),
            Value::Party(code) => snapshot.party(code).map(party_record),
            Value::Contract(code) => snapshot.contract(code).map(contract_record),
            _ => None,
        };
        record.unwrap_or(value)
    }

    /// A property of a record, or of what a reference refers to.
    pub fn property_of(&self, owner: &Value, name: &str) -> Option<Value> {
        self.for_rule(owner.clone()).get(name).cloned()
    }

    /// A balance as the lot that a rule is offered.
    pub fn lot_record(&self, balance: &Balance) -> Value {
        let lot = self.lot(&balance.lot);
        let zone = &self.env.book.manifest.zone;
        let expires = lot.and_then(|l| l.expires);
        static SHAPE: Shape<14> = Shape::new();
        Value::record(SHAPE.record(
            "lot",
            [
                ("lot", Value::Lot(balance.lot.clone())),
                ("serial", optional(balance.serial.clone(), Value::Serial)),
                ("part", Value::Part(balance.part.clone())),
                ("party", optional(balance.position.party.clone(), Value::Party)),
                ("bin", Value::Text(balance.position.bin.shared())),
                ("condition", Value::Name(balance.position.condition.clone())),
                ("owner", Value::Name(balance.position.owner.clone())),
                ("pool", Value::Name(balance.position.pool.clone())),
                ("quantity", Value::Quantity(balance.quantity)),
                ("received", Value::Date(lot.map_or(self.today, |l| l.received_at.date(zone)))),
                ("expires", optional(expires, Value::Date)),
                ("days_left", optional(expires, |e| number(e.days_since(self.today)))),
                ("sodo", optional(lot.and_then(|l| l.sodo.clone()), Value::sodo)),
                ("rate", Value::Money(lot.map(|l| l.rate).unwrap_or_default())),
            ],
        ))
    }

    /// An obligation as a rule sees it.
    pub fn obligation_record(&self, obligation: &Obligation) -> Value {
        let due = obligation.due_at.date(&self.env.book.manifest.zone);
        static SHAPE: Shape<8> = Shape::new();
        Value::record(SHAPE.record(
            "obligation",
            [
                ("kind", Value::Text(obligation.kind.shared())),
                ("part", Value::Part(obligation.part.clone())),
                ("open", Value::Quantity(obligation.open)),
                ("due", Value::Date(due)),
                ("overdue_days", number(self.today.days_since(due).max(0))),
                ("value", Value::Money(obligation.rate.times(obligation.open).unwrap_or_default())),
                ("document", Value::text(&obligation.number)),
                ("debtor", Value::Party(obligation.debtor.clone())),
            ],
        ))
    }

    /// The document as a rule sees it.
    pub fn document_record(&self) -> Value {
        let doc = &self.doc;
        let own = [
            ("number", Value::text(&doc.number)),
            ("workflow", Value::Text(doc.workflow.shared())),
            ("state", Value::Text(doc.state.shared())),
            ("opened", Value::Date(doc.opened_at.date(&self.env.book.manifest.zone))),
        ];
        with_own("document", &doc.fields, own)
    }

    /// The line at hand as a rule sees it.
    pub fn line_record(&self) -> Value {
        let no = ("no", number(i64::from(self.line_no().unwrap_or(0))));
        let Some(line) = self.current_line() else { return with_own("line", &BTreeMap::new(), [no]) };
        match line.values.get("part") {
            Some(part) => with_own("line", &line.values, [no, ("part", self.for_rule(part.clone()))]),
            None => with_own("line", &line.values, [no]),
        }
    }

    /// The part that an expression names, as the master data knows it.
    pub fn known_part(&self, code: &PartCode) -> Option<&Part> {
        self.env.snapshot.part(code)
    }

    /// The party in a party field of the document.
    pub fn party_in(&self, field: &Name) -> Option<&PartyCode> {
        self.doc.field(field.as_str()).as_party()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Date;
    use crate::model::{Type, properties};

    fn agree(record: &Value, ty: &Type) {
        for property in properties(ty) {
            assert!(record.get(property.name).is_some(), "{ty} has no `{}`", property.name);
        }
    }

    #[test]
    fn records_have_the_properties_that_the_checker_promises() {
        let day: Date = "2026-01-01".parse().unwrap();
        let contract =
            Contract { bu: "ac".into(), code: "C1".into(), customer: None, kind: "amc".into(), from: day, to: day, excludes: vec!["plastic".into()] };
        agree(&contract_record(&contract), &Type::Contract);
        let part = Part {
            bu: "ac".into(),
            code: "PCB".into(),
            name: "Board".into(),
            unit: "NOS".into(),
            decimals: 0,
            tracking: Tracking::Serial,
            shelf_life_days: None,
            hsn: "8415".into(),
            class: "A".into(),
            spare: true,
            pack: crate::base::Quantity::ONE,
        };
        agree(&part_record(&part), &Type::Part);
    }
}
