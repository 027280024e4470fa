//! From what a case writes to the values that a rule is given: codes become the records of the master data.
//!
//! Must not ask rules. Tests: `tests/it/rule_cases.rs`.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use rust_decimal::Decimal;

use crate::base::suggest::did_you_mean;
use crate::base::{Bu, Date, Diagnostic, Money, Name, Quantity, Span, Timestamp};
use crate::domain::{MasterData, Record, Sodo, Value};
use crate::engine::records;
use crate::model::{Book, Field, Named, Type, Vocabulary, Workflow, properties};
use crate::network::{Found, Item, once};

use super::read::{article, take};
use super::short;

/// Turns what is written into values.
pub(super) struct Reader<'a> {
    pub book: &'a Book,
    pub vocabulary: &'a Vocabulary,
    pub zone: &'a TimeZone,
    pub master: &'a MasterData,
    pub bu: &'a Bu,
    pub today: Option<Date>,
    pub workflow: Option<&'a Workflow>,
    pub out: &'a mut Vec<Diagnostic>,
}

/// Fields of a record with their types.
type Fields = Vec<(Name, Type)>;

impl Reader<'_> {
    /// A value as a rule is given it.
    pub fn argument(&mut self, ty: &Type, found: &Found) -> Option<Value> {
        self.value(ty, found, true)
    }

    /// A value as a rule answers it.
    pub fn expected(&mut self, ty: &Type, found: &Found) -> Option<Value> {
        self.value(ty, found, false)
    }

    fn say<T>(&mut self, span: Span, title: impl Into<String>, help: Option<String>) -> Option<T> {
        let finding = Diagnostic::error("case-value", span, title);
        self.out.push(help.into_iter().fold(finding, Diagnostic::help));
        None
    }

    fn value(&mut self, ty: &Type, found: &Found, given: bool) -> Option<Value> {
        let nothing = |item: &Item| ty.is_optional() && item.text == "nothing";
        match (ty.required(), found) {
            (_, Found::Nothing(_)) if ty.is_optional() => Some(Value::Absent),
            (_, Found::Text(item)) if nothing(item) => Some(Value::Absent),
            (Type::List(inner), Found::List(items, _)) => items.iter().map(|i| self.value(inner, i, given)).collect::<Option<Vec<_>>>().map(Value::List),
            (Type::Part | Type::Party(_) | Type::Contract, _) if given => self.known(ty.required(), found),
            (Type::Builtin("lot"), Found::Text(item)) => self.short_lot(item),
            (Type::Builtin("document"), Found::Map(entries, span)) => self.document(entries, *span),
            (Type::Builtin("line"), Found::Map(entries, _)) => self.line(entries),
            (builtin @ Type::Builtin(kind), Found::Map(entries, _)) => self.builtin(builtin, kind, entries),
            (Type::Answer(rule), Found::Map(entries, _)) => self.answer(rule, entries),
            (ty, Found::Text(item)) => self.word(ty, item),
            (ty, other) => self.say(other.span(), format!("{} is needed here", article(ty)), None),
        }
    }

    fn word(&mut self, ty: &Type, item: &Item) -> Option<Value> {
        let text = item.text.as_str();
        let parsed = match ty {
            Type::Quantity => text.parse::<Quantity>().ok().map(Value::Quantity),
            Type::Money => text.parse::<Money>().ok().map(Value::Money),
            Type::Number => text.parse::<Decimal>().ok().map(|n| Value::Number(n.normalize())),
            Type::NumberOrDate => text.parse::<Decimal>().ok().map(|n| Value::Number(n.normalize())).or_else(|| text.parse().ok().map(Value::Date)),
            Type::YesNo => match text {
                "yes" | "true" => Some(Value::YesNo(true)),
                "no" | "false" => Some(Value::YesNo(false)),
                _ => None,
            },
            Type::Date => text.parse::<Date>().ok().map(Value::Date),
            Type::Time => Timestamp::parse_local(text, self.zone).map(Value::Time),
            Type::Text => Some(Value::text(text)),
            Type::Part => Some(Value::Part(text.into())),
            Type::Party(_) => Some(Value::Party(text.into())),
            Type::Contract => Some(Value::Contract(text.into())),
            Type::Lot => Some(Value::Lot(text.into())),
            Type::Serial => Some(Value::Serial(text.into())),
            Type::Sodo => text.parse::<Sodo>().ok().map(Value::sodo),
            Type::Condition => return self.declared(item, "condition", |v| &v.conditions),
            Type::Owner => return self.declared(item, "owner", |v| &v.owners),
            Type::Pool => return self.declared(item, "pool", |v| &v.pools),
            Type::Choice(names) => names.iter().find(|n| **n == *text).map(|n| Value::Name(n.clone())),
            Type::Role => self.vocabulary.roles.contains_key(text).then(|| Value::name(text)),
            _ => None,
        };
        parsed.or_else(|| self.say(item.span, format!("`{text}` is not {}", article(ty)), None))
    }

    fn declared(&mut self, item: &Item, what: &str, names: fn(&Vocabulary) -> &Vec<Named>) -> Option<Value> {
        let known: Vec<&str> = names(self.vocabulary).iter().map(|n| n.name.as_str()).collect();
        if known.contains(&item.text.as_str()) {
            return Some(Value::name(&item.text));
        }
        let help = did_you_mean(&item.text, known);
        self.say(item.span, format!("the book has no {what} `{}`", item.text), help)
    }

    /// A part, party or contract: by its code in the master data, or written out, or both.
    fn known(&mut self, ty: &Type, found: &Found) -> Option<Value> {
        let entries = match found {
            Found::Text(item) => {
                return self.look_up(ty, &item.text).or_else(|| {
                    let known = self.codes(ty);
                    let help = did_you_mean(&item.text, known.iter().map(String::as_str));
                    let help = help.or_else(|| {
                        known.is_empty().then(|| "name the master data at the top, `master: examples/network`, or write it out: `{ code: … }`".to_owned())
                    });
                    self.say(item.span, format!("the master data has no {} `{}`", kind(ty), item.text), help)
                });
            }
            Found::Map(entries, _) => entries,
            other => return self.say(other.span(), format!("{} is needed here", article(ty)), None),
        };
        let known = take(entries, "code").and_then(|code| match code {
            Found::Text(item) => self.look_up(ty, &item.text),
            _ => None,
        });
        let base = match known {
            Some(Value::Record(record)) => record.fields.clone().into(),
            _ => BTreeMap::new(),
        };
        self.record(kind(ty), built_in(ty), base, entries)
    }

    fn look_up(&self, ty: &Type, code: &str) -> Option<Value> {
        let here = |bu: &Bu| self.bu.as_str().is_empty() || bu == self.bu;
        match ty {
            Type::Part => self.master.parts.iter().find(|p| p.code == *code && here(&p.bu)).map(records::part_record),
            Type::Party(_) => self.master.parties.iter().find(|p| p.code == *code && here(&p.bu)).map(records::party_record),
            _ => self.master.contracts.iter().find(|c| c.code == *code && here(&c.bu)).map(records::contract_record),
        }
    }

    fn codes(&self, ty: &Type) -> Vec<String> {
        match ty {
            Type::Part => self.master.parts.iter().map(|p| p.code.to_string()).collect(),
            Type::Party(_) => self.master.parties.iter().map(|p| p.code.to_string()).collect(),
            _ => self.master.contracts.iter().map(|c| c.code.to_string()).collect(),
        }
    }

    /// A record from what is written, over what is known, over plain values.
    fn record(&mut self, kind: &str, fields: Fields, known: BTreeMap<Name, Value>, entries: &[(Item, Found)]) -> Option<Value> {
        once(entries, self.out);
        let names: Vec<&str> = fields.iter().map(|(n, _)| n.as_str()).collect();
        for (key, _) in entries.iter().filter(|(key, _)| !names.contains(&key.text.as_str())) {
            let help = did_you_mean(&key.text, names.iter().copied());
            self.say::<()>(key.span, format!("`{}` is not a property of {kind}", key.text), help);
        }
        let mut values = known;
        for (name, ty) in &fields {
            if let Some(found) = take(entries, name.as_str()) {
                let value = self.value(ty, found, false)?;
                values.insert(name.clone(), value);
            } else if !values.contains_key(name) {
                values.insert(name.clone(), self.plain(ty));
            }
        }
        self.days_left(kind, &mut values);
        Some(Value::record(Record { kind: Name::from(kind), fields: values.into() }))
    }

    /// What a lot has left, where the table says which day it is.
    fn days_left(&self, kind: &str, values: &mut BTreeMap<Name, Value>) {
        let left = Name::from("days_left");
        if kind == "lot"
            && values.get(&left).is_none_or(Value::is_absent)
            && let (Some(today), Some(Value::Date(expires))) = (self.today, values.get("expires"))
        {
            values.insert(left, Value::Number(Decimal::from(expires.days_since(today))));
        }
    }

    /// What a property is that a case does not speak of: nothing, no, zero, an empty text, the first declared name.
    fn plain(&self, ty: &Type) -> Value {
        let first = |names: &[Named]| names.first().map_or(Value::Absent, |n| Value::Name(n.name.clone()));
        match ty {
            Type::YesNo => Value::YesNo(false),
            Type::Number => Value::Number(Decimal::ZERO),
            Type::Quantity => Value::Quantity(Quantity::ZERO),
            Type::Money => Value::Money(Money::ZERO),
            Type::Text => Value::text(""),
            Type::List(_) => Value::List(Vec::new()),
            Type::Condition => first(&self.vocabulary.conditions),
            Type::Owner => first(&self.vocabulary.owners),
            Type::Pool => first(&self.vocabulary.pools),
            _ => Value::Absent,
        }
    }

    fn builtin(&mut self, ty: &Type, kind: &str, entries: &[(Item, Found)]) -> Option<Value> {
        self.record(kind, built_in(ty), BTreeMap::new(), entries)
    }

    fn answer(&mut self, rule: &Name, entries: &[(Item, Found)]) -> Option<Value> {
        let fields = match self.vocabulary.rules.get(rule).map(|sig| sig.answer.clone()) {
            Some(Type::Record(fields)) => fields,
            _ => Vec::new(),
        };
        self.record(rule.as_str(), fields, BTreeMap::new(), entries)
    }

    fn short_lot(&mut self, item: &Item) -> Option<Value> {
        let pieces = match short::lot(&item.text) {
            Ok(pieces) => pieces,
            Err(word) => {
                let help = did_you_mean(&word, short::words()).unwrap_or_else(|| "write `SEAL lot L1 3 received 2026-01-10 pool in_warranty`".to_owned());
                return self.say(item.span, format!("`{word}` says nothing about a lot"), Some(help));
            }
        };
        let text = |text: String| Item { text, span: item.span };
        let entries: Vec<(Item, Found)> = pieces.into_iter().map(|(name, value)| (text(name.to_owned()), Found::Text(text(value)))).collect();
        self.builtin(&Type::Builtin("lot"), "lot", &entries)
    }

    /// A document: its own properties, and the fields of its workflow that it has.
    fn document(&mut self, entries: &[(Item, Found)], span: Span) -> Option<Value> {
        let named = match take(entries, "workflow") {
            Some(Found::Text(item)) => match self.book.workflows.get(item.text.as_str()) {
                Some(workflow) => Some(&**workflow),
                None => {
                    let help = did_you_mean(&item.text, self.book.workflows.keys().map(Name::as_str));
                    return self.say(item.span, format!("the book has no workflow `{}`", item.text), help);
                }
            },
            _ => self.workflow,
        };
        let Some(workflow) = named else {
            return self.say(span, "this document has no workflow", Some("write `workflow: indent` in it".to_owned()));
        };
        let mut known = defaults(&workflow.fields);
        known.insert("workflow".into(), Value::text(workflow.name.as_str()));
        self.written("document", &workflow.fields, known, entries)
    }

    /// A line: its number, and the fields of the table's workflow that it has. Its part is the record, as rules see it.
    fn line(&mut self, entries: &[(Item, Found)]) -> Option<Value> {
        let Some(workflow) = self.workflow else {
            let span = entries.first().map_or_else(Span::default, |(key, _)| key.span);
            return self.say(span, "nothing says of which workflow this is a line", Some("write `workflow: indent` at the top of the table".to_owned()));
        };
        let record = self.written("line", &workflow.line_fields, defaults(&workflow.line_fields), entries)?;
        let (Value::Record(record), Some(part)) = (&record, take(entries, "part")) else { return Some(record) };
        let mut fields = record.fields.clone();
        fields.insert("part".into(), self.known(&Type::Part, part)?);
        Some(Value::record(Record { kind: "line".into(), fields }))
    }

    /// Only fields that have a value are in the record, as in a document that runs.
    fn written(&mut self, kind: &str, fields: &[Field], known: BTreeMap<Name, Value>, entries: &[(Item, Found)]) -> Option<Value> {
        let own = properties(&if kind == "line" { Type::Builtin("line") } else { Type::Builtin("document") });
        let mut all: Fields = own.into_iter().map(|p| (Name::from(p.name), p.ty)).collect();
        // A part may be written out: it is read apart.
        let of_record = |f: &&Field| !(kind == "line" && f.name == "part");
        all.extend(fields.iter().filter(of_record).map(|f| (f.name.clone(), f.ty.clone())));
        let entries: Vec<(Item, Found)> = entries.iter().filter(|(key, _)| !(kind == "line" && key.text == "part")).cloned().collect();
        let Value::Record(record) = self.record(kind, all.clone(), known.clone(), &entries)? else { return None };
        let own: Vec<&str> = if kind == "line" { vec!["no"] } else { vec!["number", "workflow", "state"] };
        let spoken = |name: &Name| known.contains_key(name) || take(&entries, name.as_str()).is_some() || own.contains(&name.as_str());
        let fields = record.fields.iter().filter(|(name, value)| spoken(name) && !value.is_absent());
        Some(Value::record(Record { kind: record.kind.clone(), fields: fields.map(|(n, v)| (n.clone(), v.clone())).collect() }))
    }
}

/// The values of fields that nobody gives.
fn defaults(fields: &[Field]) -> BTreeMap<Name, Value> {
    fields.iter().filter_map(|f| Some((f.name.clone(), f.default.clone()?))).collect()
}

fn built_in(ty: &Type) -> Fields {
    properties(ty).into_iter().map(|p| (Name::from(p.name), p.ty)).collect()
}

fn kind(ty: &Type) -> &'static str {
    match ty {
        Type::Part => "part",
        Type::Party(_) => "party",
        _ => "contract",
    }
}
