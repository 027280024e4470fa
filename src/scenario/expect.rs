//! What must hold in a scenario, compared exactly: only what differs is told.
//!
//! Must not change anything. Tests: `tests/it/scenarios.rs`.

use std::collections::BTreeMap;

use rust_decimal::Decimal;

use crate::base::{Bu, DocId, Name, Quantity, Span};
use crate::domain::{Balance, Document, ReasonCode, Value};
use crate::model::{ExpectedUnit, StepKind};
use crate::store::{ObligationFilter, PaperFilter, StockFilter};

use super::runner::{Play, ScenarioError};

impl Play<'_> {
    /// Looks whether an expectation holds; false where the story cannot go on.
    pub async fn expect(&mut self, step: &StepKind, span: Span) -> Result<bool, ScenarioError> {
        match step {
            StepKind::StateIs(name, state) => {
                let Some(doc) = self.look_up(name, span).await? else { return Ok(false) };
                if doc.state != *state {
                    self.fail(span, format!("{name} is in another state"), vec![state.to_string()], vec![doc.state.to_string()]);
                }
            }
            StepKind::Refused { code, sentence } => return Ok(self.refused_as(code, sentence.as_deref(), span)),
            StepKind::NothingChanged => {
                let (before, after) = self.counts;
                if before != after {
                    let told = |c: &crate::store::Counts| vec![format!("{} documents, {} transitions, {} moves", c.documents, c.transitions, c.moves)];
                    self.fail(span, "something changed", told(&before), told(&after));
                }
            }
            StepKind::StockIs { party, bin, document, units } => {
                let document = match document {
                    Some(name) => match self.document(name, span) {
                        Some((_, id)) => Some(id),
                        None => return Ok(false),
                    },
                    None => None,
                };
                self.stock_is(party.as_deref(), bin, document.as_ref(), units, span).await?;
            }
            StepKind::LineHas { document, line, fields } => {
                let Some(doc) = self.look_up(document, span).await? else { return Ok(false) };
                let found = doc.lines.iter().find(|l| l.no.to_string() == *line || l.part().is_some_and(|p| p == line.as_str()));
                match found {
                    Some(found) => self.values_are(&format!("{document} line {line}"), fields, &found.values, span),
                    None => self.fail(span, format!("{document} has no line {line}"), vec![line.clone()], Vec::new()),
                }
            }
            StepKind::DocumentHas { document, fields } => {
                let Some(doc) = self.look_up(document, span).await? else { return Ok(false) };
                self.values_are(document, fields, &doc.fields, span);
            }
            StepKind::Paper { document, kind, number, reverse_open } => self.paper(document, kind, number.as_deref(), *reverse_open, span).await?,
            StepKind::Obligations { party, rows } => self.obligations(party, rows, span).await?,
            StepKind::BooksBalance => self.books_balance(span).await?,
            StepKind::Started { document, workflow, name, fields } => return self.started(document, workflow, name, fields, span).await,
            _ => {}
        }
        Ok(true)
    }

    async fn look_up(&mut self, name: &str, span: Span) -> Result<Option<Document>, ScenarioError> {
        let Some((bu, id)) = self.document(name, span) else { return Ok(None) };
        let found = self.engine.store().document(&bu, &id).await?;
        if found.is_none() {
            self.fail(span, format!("{name} was never opened"), vec![name.to_owned()], Vec::new());
        }
        Ok(found)
    }

    fn refused_as(&mut self, code: &Name, sentence: Option<&str>, span: Span) -> bool {
        let wanted = sentence.map_or_else(|| code.to_string(), |s| format!("{code} \"{s}\""));
        let Some(refusal) = self.refused.take().or_else(|| self.spoken.take()) else {
            self.fail(span, "it was not refused", vec![wanted], vec!["done".to_owned()]);
            return false;
        };
        let holds = refusal.reasons.iter().any(|r| {
            let says = |s: &str| r.sentence.contains(s) || r.remedies.iter().any(|m| m.text.contains(s));
            (code_name(r.code) == code.as_str() || r.name.as_ref() == Some(code)) && sentence.is_none_or(says)
        });
        if !holds {
            let told = |r: &crate::domain::Reason| {
                let remedies: Vec<&str> = r.remedies.iter().map(|m| m.text.as_str()).collect();
                format!("{} \"{}\" ({})", r.name.as_ref().map_or_else(|| code_name(r.code), ToString::to_string), r.sentence, remedies.join(", "))
            };
            self.fail(span, "it was refused for another reason", vec![wanted], vec![refusal.reasons.iter().map(told).collect::<Vec<_>>().join(" · ")]);
        }
        self.spoken = Some(refusal);
        true
    }

    async fn stock_is(&mut self, party: Option<&str>, bin: &Name, document: Option<&DocId>, units: &[ExpectedUnit], span: Span) -> Result<(), ScenarioError> {
        let mut rows: Vec<Balance> = Vec::new();
        let bus: Vec<Bu> = self.master.business_units.iter().map(|b| b.code.clone()).collect();
        for bu in bus {
            let filter = StockFilter {
                party: party.map(Into::into),
                bin: Some(bin.clone()),
                holder: document.cloned(),
                outside: party.is_none(),
                ..StockFilter::new(bu)
            };
            let found = self.engine.store().stock(&filter).await?;
            rows.extend(found.into_iter().map(|r| r.balance).filter(|b| b.position.party.is_some() == party.is_some()));
        }
        let (mut expected, mut actual) = (Vec::new(), Vec::new());
        // What is described most closely is looked for first.
        let mut wanted: Vec<&ExpectedUnit> = units.iter().collect();
        wanted.sort_by_key(|u| std::cmp::Reverse(closeness(u)));
        for unit in wanted {
            let (taken, rest): (Vec<Balance>, Vec<Balance>) = rows.into_iter().partition(|b| fits(unit, b));
            rows = rest;
            let there: Quantity = taken.iter().map(|b| b.quantity).sum();
            if there != unit.quantity {
                expected.push(describe(unit, unit.quantity));
                actual.push(describe(unit, there));
            }
        }
        let mut left: BTreeMap<&str, Quantity> = BTreeMap::new();
        for row in &rows {
            let sum = left.entry(row.part.as_str()).or_default();
            *sum = *sum + row.quantity;
        }
        actual.extend(left.iter().filter(|(_, q)| !q.is_zero()).map(|(part, q)| format!("{part} {q} more")));
        if !expected.is_empty() || !actual.is_empty() {
            let place = party.map_or_else(|| bin.to_string(), |p| format!("{p}.{bin}"));
            if expected.is_empty() {
                expected.push("nothing else".to_owned());
            }
            self.fail(span, format!("stock at {place} differs"), expected, actual);
        }
        Ok(())
    }

    fn values_are(&mut self, whose: &str, expected: &BTreeMap<Name, Value>, actual: &BTreeMap<Name, Value>, span: Span) {
        for (name, wanted) in expected {
            let there = actual.get(name).unwrap_or(&Value::Absent);
            if !same(wanted, there) {
                self.fail(span, format!("{whose} has another `{name}`"), vec![wanted.to_string()], vec![there.to_string()]);
            }
        }
    }

    async fn paper(&mut self, document: &str, kind: &Name, number: Option<&str>, reverse_open: Option<bool>, span: Span) -> Result<(), ScenarioError> {
        let Some((bu, id)) = self.document(document, span) else { return Ok(()) };
        let filter = PaperFilter { doc: Some(id), kind: Some(kind.clone()), ..PaperFilter::new(bu) };
        let papers = self.engine.store().papers(&filter).await?;
        let holds = papers.iter().any(|p| number.is_none_or(|n| p.number == n) && reverse_open.is_none_or(|open| p.reverse_of.is_some() && p.open == open));
        if !holds {
            let state = |open: bool| if open { " open" } else { " closed" };
            let wanted = format!("{kind} {}{}", number.unwrap_or("of any number"), reverse_open.map_or("", state));
            let told = papers.iter().map(|p| format!("{kind} {}{}", p.number, if p.reverse_of.is_some() { state(p.open) } else { "" })).collect();
            self.fail(span, format!("{document} has no such paper"), vec![wanted], told);
        }
        Ok(())
    }

    async fn obligations(&mut self, party: &str, rows: &[(String, Name, Quantity)], span: Span) -> Result<(), ScenarioError> {
        let filter = ObligationFilter { debtor: Some(party.into()), open_only: true, ..ObligationFilter::new(self.bu_of(party)) };
        let mut there: BTreeMap<(String, Name), Quantity> = BTreeMap::new();
        for o in self.engine.store().obligations(&filter).await? {
            let sum = there.entry((o.part.to_string(), o.kind)).or_default();
            *sum = *sum + o.open;
        }
        let mut wanted: BTreeMap<(String, Name), Quantity> = BTreeMap::new();
        for (part, kind, quantity) in rows {
            let sum = wanted.entry((part.clone(), kind.clone())).or_default();
            *sum = *sum + *quantity;
        }
        if there != wanted {
            let told = |of: &BTreeMap<(String, Name), Quantity>| of.iter().map(|((part, kind), q)| format!("{part} {q} {kind}")).collect();
            self.fail(span, format!("{party} owes something else"), told(&wanted), told(&there));
        }
        Ok(())
    }

    /// The sums of every part are zero, and the balances are what the moves make.
    pub async fn books_balance(&mut self, span: Span) -> Result<(), ScenarioError> {
        let report = self.engine.store().verify().await?;
        if !report.is_sound() {
            let found = report.findings.iter().map(|f| format!("{}: {}", f.code, f.text)).collect();
            self.fail(span, "the books do not balance", vec!["sums of zero, balances as the moves make them".to_owned()], found);
        }
        Ok(())
    }

    async fn started(&mut self, document: &str, workflow: &Name, name: &str, fields: &BTreeMap<Name, Value>, span: Span) -> Result<bool, ScenarioError> {
        let Some((bu, parent)) = self.document(document, span) else { return Ok(false) };
        let children = self.engine.store().children(&bu, &parent).await?;
        let of_workflow: Vec<_> = children.iter().filter(|c| c.child.workflow == *workflow).collect();
        for record in &of_workflow {
            let id = &record.child.doc;
            let taken = self.names.values().any(|(_, named)| named == id);
            let Some(child) = self.engine.store().document(&bu, id).await?.filter(|_| !taken) else { continue };
            if fields.iter().all(|(f, wanted)| same(wanted, child.fields.get(f).unwrap_or(&Value::Absent))) {
                self.names.insert(name.to_owned(), (bu, id.clone()));
                return Ok(true);
            }
        }
        let told = children.iter().map(|c| {
            let state = c.child.state.as_ref().map_or("not opened", Name::as_str);
            format!("{} {} ({state}){}", c.child.workflow, c.child.doc, c.refused.as_ref().map_or_else(String::new, |r| format!(": {r}")))
        });
        let told = told.collect();
        let described: Vec<String> = fields.iter().map(|(f, v)| format!(" {f} {v}")).collect();
        self.fail(span, format!("{document} started no other such document"), vec![format!("{workflow} {name}{}", described.concat())], told);
        Ok(false)
    }
}

/// A reason code as a scenario writes it.
fn code_name(code: ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// The same value, however it is written: `6500` is `6500.00`, `pune` the party and the word.
fn same(wanted: &Value, there: &Value) -> bool {
    let (a, b) = (wanted.to_string(), there.to_string());
    let empty = |v: &Value| matches!(v, Value::List(items) if items.is_empty());
    if wanted == there || a == b || (wanted.is_absent() && empty(there)) {
        return true;
    }
    matches!((a.parse::<Decimal>(), b.parse::<Decimal>()), (Ok(x), Ok(y)) if x == y)
}

fn closeness(unit: &ExpectedUnit) -> usize {
    [unit.lot.is_some(), unit.serial.is_some(), unit.condition.is_some(), unit.owner.is_some(), unit.pool.is_some()].iter().filter(|b| **b).count()
}

fn fits(unit: &ExpectedUnit, row: &Balance) -> bool {
    row.part == *unit.part.as_str()
        && unit.lot.as_deref().is_none_or(|l| row.lot == *l)
        && unit.serial.as_deref().is_none_or(|s| row.serial.as_ref().is_some_and(|there| there == s))
        && unit.condition.as_ref().is_none_or(|c| row.position.condition == *c)
        && unit.owner.as_ref().is_none_or(|o| row.position.owner == *o)
        && unit.pool.as_ref().is_none_or(|p| row.position.pool == *p)
}

fn describe(unit: &ExpectedUnit, quantity: Quantity) -> String {
    let mut text = unit.part.clone();
    let named = |word: &str, value: Option<&str>| value.map(|v| format!(" {word}{v}")).unwrap_or_default();
    text += &named("lot ", unit.lot.as_deref());
    text += &named("serial ", unit.serial.as_deref());
    text += &named("", unit.condition.as_ref().map(Name::as_str));
    text += &named("owner ", unit.owner.as_ref().map(Name::as_str));
    text += &named("pool ", unit.pool.as_ref().map(Name::as_str));
    format!("{text} {quantity}")
}
