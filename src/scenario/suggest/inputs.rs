//! What somebody could give to a transition: nothing, a little, all there is, and more than that.
//!
//! Must not know what is missing. Tests: `tests/it/suggest.rs`.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::{Name, Quantity};
use crate::domain::{Document, Input, InputLine, MasterData, Value};
use crate::model::{Ask, Book, Clause, ClauseKind, FieldKind, Transition, Type, Workflow};

/// Of one transition at one moment at most so many are tried.
const MOST: usize = 80;

/// Values for fields.
type Given = BTreeMap<Name, Json>;

/// The ways to fire a transition.
pub(super) fn inputs(book: &Book, master: &MasterData, workflow: &Workflow, doc: &Document, transition: &Transition) -> Vec<Input> {
    let mut rows: Vec<Given> = vec![Given::new()];
    for ask in of_document(&transition.body) {
        let values = document_values(book, master, workflow, doc, ask);
        if values.is_empty() {
            continue;
        }
        rows = rows.iter().flat_map(|row| values.iter().map(|v| with(row, &ask.field, v.clone()))).take(MOST / 4).collect();
    }
    let lines = lines(book, doc, transition);
    let mut all: Vec<Input> = Vec::new();
    for fields in &rows {
        all.extend(lines.iter().map(|lines| Input { fields: fields.clone(), lines: lines.clone() }));
    }
    all.truncate(MOST);
    all
}

/// Other ways to open a document: without lines, with nothing and with far too much of each, with another choice.
pub(super) fn openings(workflow: &Workflow, given: &Input) -> Vec<Input> {
    let amounts = |amount: &str| -> Vec<InputLine> {
        let quantity = |name: &Name| workflow.line_field(name.as_str()).is_some_and(|f| *f.ty.required() == Type::Quantity);
        let line = |l: &InputLine| {
            let values = l.values.iter().map(|(name, value)| (name.clone(), if quantity(name) { json!(amount) } else { value.clone() }));
            InputLine { line: l.line, values: values.collect() }
        };
        given.lines.iter().map(line).collect()
    };
    let lines = [Vec::new(), amounts("0"), amounts("99999")];
    let mut all: Vec<Input> = lines.into_iter().map(|lines| Input { fields: given.fields.clone(), lines }).collect();
    for field in &workflow.fields {
        let Type::Choice(choices) = field.ty.required() else { continue };
        for choice in choices.iter().filter(|c| given.fields.get(&field.name).and_then(Json::as_str) != Some(c.as_str())) {
            all.push(Input { fields: with(&given.fields, &field.name, json!(choice.as_str())), lines: given.lines.clone() });
        }
    }
    all
}

fn with(row: &Given, field: &Name, value: Json) -> Given {
    let mut row = row.clone();
    row.insert(field.clone(), value);
    row
}

fn of_document(body: &[Clause]) -> impl Iterator<Item = &Ask> {
    body.iter().filter_map(|c| if let ClauseKind::Ask(asks) = &c.kind { Some(asks) } else { None }).flatten()
}

fn of_lines(body: &[Clause]) -> Vec<&Ask> {
    let each = body.iter().filter_map(|c| if let ClauseKind::EachLine(each) = &c.kind { Some(&each.body) } else { None });
    each.flat_map(|body| of_document(body)).collect()
}

fn document_values(book: &Book, master: &MasterData, workflow: &Workflow, doc: &Document, ask: &Ask) -> Vec<Json> {
    let field = workflow.field(ask.field.as_str());
    if let Some(field) = field.filter(|f| f.kind == FieldKind::Party) {
        let now = doc.field(field.name.as_str()).as_party();
        let others = master.parties.iter().filter(|p| p.bu == doc.bu && field.kinds.contains(&p.kind) && now != Some(&p.code));
        return others.map(|p| json!(p.code.as_str())).take(2).collect();
    }
    match ask.ty.required() {
        Type::Part => {
            let first = doc.lines.first().and_then(|l| l.part().cloned());
            let other = master.parts.iter().find(|p| p.bu == doc.bu && Some(&p.code) != first.as_ref()).map(|p| p.code.clone());
            first.into_iter().chain(other).map(|c| json!(c.as_str())).collect()
        }
        Type::Contract => master.contracts.iter().filter(|c| c.bu == doc.bu).map(|c| json!(c.code.as_str())).take(8).collect(),
        Type::List(_) => Vec::new(),
        other => values(book, other),
    }
}

/// Values that tell the branches of a flow apart.
pub(super) fn values(book: &Book, ty: &Type) -> Vec<Json> {
    let names = |named: &[crate::model::Named]| named.iter().map(|n| json!(n.name.as_str())).collect();
    match ty {
        Type::Quantity | Type::Number | Type::Money => vec![json!("1"), json!("0"), json!("99999")],
        Type::YesNo => vec![json!(true), json!(false)],
        Type::Sodo => vec![json!("4500099001 80099001")],
        Type::Date => vec![json!("2026-04-01"), json!("2020-01-01")],
        Type::Condition => names(&book.vocabulary.conditions),
        Type::Owner => names(&book.vocabulary.owners),
        Type::Pool => names(&book.vocabulary.pools),
        Type::Choice(names) => names.iter().map(|n| json!(n.as_str())).collect(),
        Type::Text => vec![json!("as agreed")],
        _ => Vec::new(),
    }
}

/// The lines: every field nothing; then each field a little, all there is, and one more, while the others are nothing.
fn lines(book: &Book, doc: &Document, transition: &Transition) -> Vec<Vec<InputLine>> {
    if transition.body.iter().any(|c| matches!(c.kind, ClauseKind::AskLines)) {
        return vec![Vec::new(), same(doc)];
    }
    let asked = of_lines(&transition.body);
    if asked.is_empty() || doc.lines.is_empty() {
        return vec![Vec::new()];
    }
    let counted: Vec<&Ask> = asked.iter().copied().filter(|a| *a.ty.required() == Type::Quantity).collect();
    let mut plain: Vec<Given> = vec![Given::new()];
    for ask in asked.iter().filter(|a| !matches!(a.ty.required(), Type::Quantity | Type::List(_))) {
        let values = values(book, ask.ty.required());
        if !values.is_empty() {
            plain = plain.iter().flat_map(|row| values.iter().map(|v| with(row, &ask.field, v.clone()))).take(8).collect();
        }
    }
    let mut all = Vec::new();
    for others in &plain {
        let amounts = |of: &dyn Fn(&Ask, Quantity) -> Quantity| -> Vec<InputLine> {
            let line = |l: &crate::domain::Line| {
                let mut values = others.clone();
                for ask in &counted {
                    values.insert(ask.field.clone(), json!(of(ask, most(l)).to_string()));
                }
                InputLine { line: Some(l.no), values }
            };
            doc.lines.iter().map(line).collect()
        };
        all.push(amounts(&|_, _| Quantity::ZERO));
        for field in &counted {
            let only = |ask: &Ask, q: Quantity| if ask.field == field.field { q } else { Quantity::ZERO };
            all.push(amounts(&|ask, most| only(ask, most)));
            all.push(amounts(&|ask, most| only(ask, most + Quantity::ONE)));
            all.push(amounts(&|ask, _| only(ask, Quantity::ONE)));
        }
        all.push(amounts(&|_, most| most));
    }
    all
}

/// The largest quantity that a line speaks of.
fn most(line: &crate::domain::Line) -> Quantity {
    line.values.values().filter_map(Value::as_quantity).max().unwrap_or(Quantity::ONE)
}

/// All lines once more, as they are.
fn same(doc: &Document) -> Vec<InputLine> {
    let given = |l: &crate::domain::Line| {
        let of = |name: &str| l.values.get(name).map(|v| (Name::from(name), json!(v.to_string())));
        InputLine { line: None, values: ["part", "requested", "quantity"].into_iter().filter_map(of).collect() }
    };
    doc.lines.iter().map(given).collect()
}
