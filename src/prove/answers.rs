//! What else the rules could answer: a business unit may write them another way, and no answer of the declared type may
//! lose a part.
//!
//! Must not know which flow asks. Tests: `prove::tests`.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use rust_decimal::Decimal;

use crate::base::{Name, Quantity};
use crate::domain::{Record, Value};
use crate::model::{Book, RuleSig, Type};
use crate::rules::Imagination;

use super::facts::Readings;
use super::stage;

/// A quantity that is more than any story moves.
const PLENTY: i64 = 1_000;

/// A rule's answer that is not its layers': this property (empty for the answer as a whole) is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imagined {
    /// The rule.
    pub rule: Name,
    /// The property.
    pub property: Name,
    /// Its value.
    pub value: Value,
}

/// A rule that was asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// The rule.
    pub rule: Name,
    /// What the layers answer; none where they fail.
    pub answer: Option<Value>,
}

/// Answers for rules, as it was told to, and remembers which were asked.
pub struct Oracle {
    imagined: Arc<Vec<Imagined>>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Oracle {
    /// An oracle that answers so.
    #[must_use]
    pub fn new(imagined: Vec<Imagined>) -> Self {
        Self { imagined: Arc::new(imagined), asked: Arc::default() }
    }

    /// It as rules see it.
    #[must_use]
    pub fn imagination(&self) -> Arc<Imagination> {
        let (imagined, asked) = (Arc::clone(&self.imagined), Arc::clone(&self.asked));
        Arc::new(move |rule, _, answer| {
            let mut asked = asked.lock().unwrap_or_else(PoisonError::into_inner);
            if !asked.iter().any(|a| a.rule == *rule && a.answer.as_ref() == answer) {
                asked.push(Asked { rule: rule.clone(), answer: answer.cloned() });
            }
            let mut meant = imagined.iter().filter(|i| i.rule == *rule).peekable();
            meant.peek()?;
            let mut value = answer?.clone();
            for other in meant {
                value = changed(value, other);
            }
            Some(value)
        })
    }

    /// The rules that were asked.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn changed(answer: Value, other: &Imagined) -> Value {
    if other.property == "" {
        return other.value.clone();
    }
    match answer {
        Value::Record(record) => {
            let mut record = Record::clone(&record);
            record.fields.insert(other.property.clone(), other.value.clone());
            Value::record(record)
        }
        answer => answer,
    }
}

/// What could have been answered instead, one difference at a time: to rules whose answer some flow looks at.
#[must_use]
pub fn alternatives(book: &Book, readings: &Readings, asked: &[Asked]) -> Vec<Vec<Imagined>> {
    let mut all: Vec<Vec<Imagined>> = Vec::new();
    let mut rules: BTreeMap<&Name, Vec<&Asked>> = BTreeMap::new();
    for one in asked {
        rules.entry(&one.rule).or_default().push(one);
    }
    for (rule, answers) in rules {
        let (Some(sig), Some(read)) = (book.vocabulary.rules.get(rule), readings.get(rule)) else { continue };
        for (property, compared) in read {
            let Some(ty) = type_of(sig, property) else { continue };
            for value in values(book, ty, compared) {
                let differs = |a: &&Asked| a.answer.as_ref().and_then(|v| v.get(property.as_str())).is_some_and(|v| *v != value);
                if answers.iter().any(differs) {
                    all.push(vec![Imagined { rule: rule.clone(), property: property.clone(), value }]);
                }
            }
        }
    }
    all
}

fn type_of<'s>(sig: &'s RuleSig, property: &Name) -> Option<&'s Type> {
    match &sig.answer {
        Type::Record(fields) => fields.iter().find(|(name, _)| name == property).map(|(_, ty)| ty),
        _ => None,
    }
}

/// Values that tell the branches of a flow apart.
fn values(book: &Book, ty: &Type, compared: &[Value]) -> Vec<Value> {
    match ty {
        Type::YesNo => vec![Value::YesNo(true), Value::YesNo(false)],
        Type::Quantity => vec![Value::Quantity(Quantity::ZERO), Value::Quantity(Quantity::ONE), Value::Quantity(Quantity::units(PLENTY))],
        Type::Number => vec![Value::Number(Decimal::ONE)],
        Type::Text if !compared.is_empty() => compared.iter().cloned().chain([Value::text("something else")]).collect(),
        Type::Optional(inner) => match &**inner {
            Type::Party(wanted) => {
                let kinds = book.vocabulary.party_kinds.iter().enumerate().filter(|(_, k)| wanted.as_ref().is_none_or(|w| *w == k.name));
                // The first kind supplies the others, and has stock; of the others somebody else is meant.
                let named = kinds.map(|(n, k)| Value::Party(stage::party(&k.name, n > 0).as_str().into()));
                std::iter::once(Value::Absent).chain(named).collect()
            }
            _ => Vec::new(),
        },
        Type::Choice(names) => names.iter().map(|n| Value::Name(n.clone())).collect(),
        _ => Vec::new(),
    }
}
