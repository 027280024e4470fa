//! Rows and values of scenarios: stock, lines, obligations, fields.
//!
//! Must not know steps. Tests: `check::tests`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Value as Json;

use super::constants;
use super::declared::{Outline, Space, name};
use super::findings::{names as say_name, scenarios as say};
use super::scenarios::Teller;
use crate::base::{Date, Money, Name, Quantity, Timestamp};
use crate::domain::{InputLine, Sodo, Value};
use crate::model::{ExpectedUnit, Field, GivenUnit, Named, Type};
use crate::syntax::ast::{Expr, ExprKind, Ident, Row, RowWord};

/// A value as a client would send it: exact numbers as text.
pub(super) fn json(value: &Value) -> Json {
    match value {
        Value::YesNo(b) => Json::Bool(*b),
        Value::List(items) => Json::Array(items.iter().map(json).collect()),
        other => Json::String(other.to_string()),
    }
}

impl Teller<'_> {
    /// A value as it is written, without its quotes.
    pub(super) fn raw(&self, written: &Expr) -> String {
        match &written.kind {
            ExprKind::Text(template) => constants::plain(template).unwrap_or_else(|| self.book.written(written.span)),
            _ => self.book.written(written.span),
        }
    }

    /// The values of a word as a value of a field's type.
    pub(super) fn value(&self, word: &RowWord, ty: &Type) -> Option<Value> {
        if let Type::List(inner) = ty.required() {
            return word.values.iter().map(|v| self.one(v, inner)).collect::<Option<Vec<Value>>>().map(Value::List);
        }
        match word.values.as_slice() {
            [only] => self.one(only, ty.required()),
            _ => {
                self.not_one(word);
                None
            }
        }
    }

    fn not_one(&self, word: &RowWord) {
        let written: Vec<String> = word.values.iter().map(|v| self.book.written(v.span)).collect();
        self.reports.add(say::one_value(&word.word, &written));
    }

    fn one(&self, written: &Expr, ty: &Type) -> Option<Value> {
        let raw = self.raw(written);
        let parsed = match ty {
            Type::Quantity => raw.parse::<Quantity>().map(Value::Quantity).ok(),
            Type::Money => raw.parse::<Money>().map(Value::Money).ok(),
            Type::Number => raw.parse::<Decimal>().map(Value::Number).ok(),
            Type::YesNo => match raw.as_str() {
                "yes" => Some(Value::YesNo(true)),
                "no" => Some(Value::YesNo(false)),
                _ => None,
            },
            Type::Date => raw.parse::<Date>().map(Value::Date).ok(),
            Type::Time => Timestamp::parse_local(&raw, self.zone).map(Value::Time),
            Type::Choice(_) | Type::Condition | Type::Owner | Type::Pool | Type::Role => return self.word_of(written, &raw, ty),
            other => constants::text(&raw, other).map(|(value, _)| value).ok(),
        };
        if parsed.is_none() {
            self.reports.add(say::wrong_value(written.span, &raw, ty));
        }
        parsed
    }

    fn word_of(&self, written: &Expr, raw: &str, ty: &Type) -> Option<Value> {
        let (words, what) = constants::words_of(&self.book.vocabulary, ty)?;
        if words.contains(&raw) {
            return Some(Value::name(raw));
        }
        if !self.book.incomplete {
            let id = Ident { text: raw.to_owned(), span: written.span };
            self.reports.add(say_name::unknown(&id, what, words));
        }
        None
    }

    /// Expected values of fields; `number`, `state` and `opened` are those of the document itself.
    pub(super) fn values(&self, words: &[RowWord], outline: &Outline<'_>, of_line: bool) -> BTreeMap<Name, Value> {
        let mut values = BTreeMap::new();
        for word in words {
            let own = (!of_line && word.word.text == "number").then_some(Type::Text);
            let Some(ty) = outline.find(&word.word.text, of_line).map(|f| f.ty.clone()).or(own) else {
                self.unknown_field(&word.word, outline, of_line);
                continue;
            };
            if let Some(value) = self.value(word, &ty) {
                values.insert(name(&word.word), value);
            }
        }
        values
    }

    /// Raw input of lines: new ones where lines are asked for, else by number or by part.
    pub(super) fn lines(&self, rows: &[Row], outline: &Outline<'_>, new: bool) -> Vec<InputLine> {
        if let Some(row) = rows.first()
            && outline.written.lines.is_none()
            && !outline.written.broken
        {
            self.reports.add(say::no_lines(row.span, outline.model.name.as_str(), outline.model.span));
            return Vec::new();
        }
        rows.iter().map(|row| self.line(row, outline, new)).collect()
    }

    fn line(&self, row: &Row, outline: &Outline<'_>, new: bool) -> InputLine {
        let mut line = InputLine::default();
        match row.subject.text.parse::<u32>() {
            Ok(no) if !new => line.line = Some(no),
            _ => {
                line.values.insert(Name::from("part"), Json::String(row.subject.text.clone()));
            }
        }
        for word in &row.words {
            let field = if word.word.text.is_empty() { asked_quantity(outline) } else { outline.find(&word.word.text, true) };
            match field {
                Some(field) => {
                    if let Some(value) = self.value(word, &field.ty) {
                        line.values.insert(field.name.clone(), json(&value));
                    }
                }
                None if word.word.text.is_empty() => self.reports.add(say::which_quantity(word.word.span)),
                None => self.unknown_field(&word.word, outline, true),
            }
        }
        line
    }

    /// Stock that is there: what is not said is the first that is declared.
    pub(super) fn given_unit(&self, row: &Row) -> Option<GivenUnit> {
        let words = Words { teller: self, row, allowed: &["lot", "serial", "received", "expires", "sodo", "rate", "pool", "condition", "owner", "in"] };
        words.check();
        let bin = match words.find("in") {
            Some(word) => self.bin(&ident(self, word.values.first()?), false)?,
            None => self.shelf()?,
        };
        let first = |list: &[Named]| list.first().map(|n| n.name.clone());
        let vocabulary = &self.book.vocabulary;
        Some(GivenUnit {
            part: row.subject.text.clone(),
            lot: words.text("lot").unwrap_or_default(),
            serial: words.text("serial"),
            quantity: words.quantity()?,
            bin,
            condition: words.declared("condition", Space::Condition).or_else(|| first(&vocabulary.conditions))?,
            owner: words.declared("owner", Space::Owner).or_else(|| first(&vocabulary.owners))?,
            pool: words.declared("pool", Space::Pool).or_else(|| first(&vocabulary.pools))?,
            received: words.date("received"),
            expires: words.date("expires"),
            sodo: words.sodo(),
            rate: words.money("rate"),
        })
    }

    /// The bin where stock stands unless another is named: the first that counts as on hand and is nobody's yet.
    fn shelf(&self) -> Option<Name> {
        let bins = &self.book.vocabulary.bins;
        let free = |bin: &&Name| bins.get(bin.as_str()).is_some_and(|b| !b.clearing && !b.outside);
        let on_hand = self.book.vocabulary.on_hand_bins.iter().find(free);
        on_hand.or_else(|| bins.keys().find(free)).cloned()
    }

    /// Stock that must be there.
    pub(super) fn expected_unit(&self, row: &Row) -> Option<ExpectedUnit> {
        let words = Words { teller: self, row, allowed: &["lot", "serial", "condition", "owner", "pool"] };
        words.check();
        Some(ExpectedUnit {
            part: row.subject.text.clone(),
            lot: words.text("lot"),
            serial: words.text("serial"),
            quantity: words.quantity()?,
            condition: words.declared("condition", Space::Condition),
            owner: words.declared("owner", Space::Owner),
            pool: words.declared("pool", Space::Pool),
        })
    }

    /// What someone owes: part, quantity, kind.
    pub(super) fn owed(&self, row: &Row) -> Option<(String, Name, Quantity)> {
        let words = Words { teller: self, row, allowed: &[] };
        let quantity = words.quantity()?;
        let kinds = &self.book.vocabulary.obligations;
        let kind = &row.words.iter().find(|w| !w.word.text.is_empty())?.word;
        if kinds.iter().any(|k| k.name == *kind.text) {
            return Some((row.subject.text.clone(), name(kind), quantity));
        }
        if !self.book.incomplete {
            self.reports.add(say_name::unknown(kind, "a kind of obligation", kinds.iter().map(|k| k.name.as_str())));
        }
        None
    }
}

/// The quantity that a number alone means on a line: the first one that must be given.
fn asked_quantity<'o>(outline: &'o Outline<'_>) -> Option<&'o Field> {
    let quantities = || outline.fields(true).iter().filter(|f| f.ty == Type::Quantity);
    quantities().find(|f| f.default.is_none()).or_else(|| quantities().next())
}

fn ident(teller: &Teller<'_>, written: &Expr) -> Ident {
    Ident { text: teller.raw(written), span: written.span }
}

/// The words of a row about stock.
struct Words<'r, 't> {
    teller: &'r Teller<'t>,
    row: &'r Row,
    allowed: &'r [&'r str],
}

impl Words<'_, '_> {
    fn check(&self) {
        for word in self.row.words.iter().filter(|w| !w.word.text.is_empty()) {
            if !self.allowed.contains(&word.word.text.as_str()) {
                self.teller.reports.add(say_name::unknown(&word.word, "a word about stock", self.allowed.iter().copied()));
            } else if word.values.len() != 1 {
                self.teller.not_one(word);
            }
        }
    }

    fn find(&self, word: &str) -> Option<&RowWord> {
        self.row.words.iter().find(|w| w.word.text == word)
    }

    fn text(&self, word: &str) -> Option<String> {
        self.find(word)?.values.first().map(|v| self.teller.raw(v))
    }

    fn of_type(&self, word: &str, ty: &Type) -> Option<Value> {
        self.teller.one(self.find(word)?.values.first()?, ty)
    }

    /// The number that stands alone; one where only a serial number is named.
    fn quantity(&self) -> Option<Quantity> {
        match self.find("") {
            Some(word) => self.of_type("", &Type::Quantity).and_then(|v| v.as_quantity()).filter(|_| !word.values.is_empty()),
            None if self.find("serial").is_some() => Some(Quantity::ONE),
            None => {
                self.teller.reports.add(say::how_many(self.row.span, &self.row.subject.text));
                None
            }
        }
    }

    fn declared(&self, word: &str, space: Space) -> Option<Name> {
        self.of_type(word, &space.ty()).and_then(|v| v.as_name().cloned())
    }

    fn date(&self, word: &str) -> Option<Date> {
        match self.of_type(word, &Type::Date)? {
            Value::Date(date) => Some(date),
            _ => None,
        }
    }

    fn money(&self, word: &str) -> Option<Money> {
        self.of_type(word, &Type::Money).and_then(|v| v.as_money())
    }

    fn sodo(&self) -> Option<Sodo> {
        match self.of_type("sodo", &Type::Sodo)? {
            Value::Sodo(sodo) => Some((*sodo).clone()),
            _ => None,
        }
    }
}
