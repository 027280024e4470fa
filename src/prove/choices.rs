//! Everything that somebody could do next: who, which transition, with which small quantities and choices.
//!
//! Must not know what comes of it. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::base::{Date, DocId, Name};
use crate::check::walk;
use crate::domain::{Document, InputLine, Value};
use crate::model::{
    Ask, Book, Choosing, Clause, ClauseKind, Expr, ExprKind, Field, FieldKind, MoveQuantity, ScenarioActor, Transition, Trigger, Type, Workflow,
};

use super::days::days;
use super::stage::{self, Size};
use super::world::Act;

/// No transition is tried with more inputs than this.
const MOST_INPUTS: usize = 400;
/// Two lines are given each their own quantities up to so many ways, else the same or nothing.
const MOST_PAIRS: usize = 81;

/// Values by name.
type Values = BTreeMap<Name, Json>;

/// Where serial numbers can be read from: those that stand in a bin for a line of the document, or for nobody.
pub trait Units {
    /// The serial numbers that a move of this line can take.
    fn at(&self, party: Option<&Name>, bin: &Name, line: u32) -> Vec<String>;
    /// A number that no unit has.
    fn fresh(&self, nth: usize) -> String;
}

/// Who may do what these roles may, for a document of these parties.
#[must_use]
pub fn actor(book: &Book, parties: &[String], roles: &[Name], nth: usize) -> Option<ScenarioActor> {
    let placed = |role: &Name| -> Option<ScenarioActor> {
        let declared = book.vocabulary.roles.get(role)?;
        let at = match &declared.at {
            None => None,
            Some(kind) => Some(parties.iter().find(|code| stage::kind_of(code) == kind.as_str())?.clone()),
        };
        Some(stage::person(role, at, nth))
    };
    roles.iter().find_map(placed)
}

/// The parties of a document, in the order of their fields.
#[must_use]
pub fn parties(workflow: &Workflow, doc: &Document) -> Vec<String> {
    let fields = workflow.fields.iter().filter(|f| f.kind == FieldKind::Party);
    fields.filter_map(|f| doc.field(f.name.as_str()).as_party()).map(ToString::to_string).collect()
}

/// The actor that stands for the engine itself.
#[must_use]
pub fn system() -> ScenarioActor {
    ScenarioActor { role: "system".into(), at: None, person: None }
}

/// The ways to open a document of a workflow.
#[must_use]
pub fn openings(book: &Book, workflow: &Workflow, doc: &DocId, size: Size) -> Vec<Act> {
    let words = Words { book, days: days(book, workflow, None) };
    let mut acts = Vec::new();
    for opening in workflow.transitions.iter().filter(|t| t.opens()) {
        let asked = asks(&opening.body);
        let mut of_document: Vec<(Name, Vec<Json>)> = workflow.fields.iter().filter_map(|f| Some((f.name.clone(), words.initial(f, &asked)?))).collect();
        tell_apart(&mut of_document);
        for fields in product(&of_document) {
            let parties: Vec<String> = fields.values().filter_map(Json::as_str).map(str::to_owned).collect();
            let Some(actor) = actor(book, &parties, &opening.by, 0) else { continue };
            for lines in first_lines(&words, workflow, size, opening, &fields) {
                let (workflow, transition) = (workflow.name.clone(), opening.name.clone());
                acts.push(Act::Open { actor: actor.clone(), workflow, transition, doc: doc.clone(), fields: fields.clone(), lines });
            }
        }
    }
    acts.truncate(MOST_INPUTS);
    acts
}

/// Two parties of one kind are two parties.
fn tell_apart(fields: &mut [(Name, Vec<Json>)]) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (_, values) in fields.iter_mut() {
        for value in values.iter_mut() {
            if let Some(code) = value.as_str().map(str::to_owned)
                && code.ends_with("_a")
                && !seen.insert(code.clone())
            {
                *value = json!(stage::party(&stage::kind_of(&code).into(), true));
            }
        }
    }
}

fn asks(body: &[Clause]) -> BTreeSet<Name> {
    let asked = body.iter().filter_map(|c| if let ClauseKind::Ask(asks) = &c.kind { Some(asks) } else { None });
    asked.flatten().map(|a| a.field.clone()).collect()
}

/// From what values are made up: the words of a book, and days.
struct Words<'b> {
    book: &'b Book,
    days: Vec<Date>,
}

impl Words<'_> {
    /// What a field of a new document can be; nothing where it may be left out.
    fn initial(&self, field: &Field, asked: &BTreeSet<Name>) -> Option<Vec<Json>> {
        let needed = !field.ty.is_optional() && field.default.is_none();
        let choice = matches!(field.ty, Type::Choice(_)) && field.kind == FieldKind::Plain;
        if !(needed || choice || asked.contains(&field.name)) || matches!(field.ty, Type::List(_)) {
            return None;
        }
        if field.kind == FieldKind::Party {
            return Some(field.kinds.iter().map(|kind| json!(stage::party(kind, false))).collect());
        }
        Some(self.values(&field.ty))
    }

    /// Values that tell the branches of a flow apart, for one field.
    fn values(&self, ty: &Type) -> Vec<Json> {
        let first = |named: &[crate::model::Named]| named.first().map(|n| json!(n.name.as_str())).into_iter().collect();
        let words = &self.book.vocabulary;
        match ty.required() {
            Type::Quantity | Type::Number | Type::Money => vec![json!("1")],
            Type::YesNo => vec![json!(true), json!(false)],
            Type::Date => self.days.iter().map(|day| json!(day.to_string())).collect(),
            Type::Time => self.days.iter().map(|day| json!(format!("{day} 10:00"))).collect(),
            Type::Part => vec![json!(stage::OTHER)],
            Type::Contract => vec![json!(stage::CONTRACT)],
            Type::Sodo => vec![json!("4500010001/10 80001234/10")],
            Type::Serial => vec![json!("NEW-9")],
            Type::Lot => vec![json!("L1")],
            Type::Condition => first(&words.conditions),
            Type::Owner => first(&words.owners),
            Type::Pool => first(&words.pools),
            Type::Party(Some(kind)) => vec![json!(stage::party(kind, false))],
            Type::Choice(names) => names.iter().map(|n| json!(n.as_str())).collect(),
            _ => vec![json!("x")],
        }
    }
}

fn first_lines(words: &Words<'_>, workflow: &Workflow, size: Size, opening: &Transition, parties: &Values) -> Vec<Vec<InputLine>> {
    if workflow.line_fields.is_empty() {
        return vec![Vec::new()];
    }
    let fields = workflow.line_fields.iter().filter(|f| f.name != "part" && !matches!(f.ty, Type::List(_)));
    let quantity = |f: &Field| if f.ty == Type::Quantity { vec![json!(size.quantity.to_string())] } else { words.values(&f.ty) };
    let given: Vec<(Name, Vec<Json>)> = fields.filter(|f| is_told(workflow, f)).map(|f| (f.name.clone(), quantity(f))).collect();
    let line = |part: &str, values: &Values| {
        let mut values = values.clone();
        values.insert("part".into(), json!(part));
        if size.serial {
            values.extend(first_units(workflow, opening, parties, size));
        }
        InputLine { line: None, values }
    };
    product(&given).iter().map(|values| size.parts().iter().map(|part| line(part, values)).collect()).collect()
}

/// Whether those who open documents say what a field is: it must be given, or it is a choice or a quantity that only they give.
fn is_told(workflow: &Workflow, field: &Field) -> bool {
    let needed = field.default.is_none() && !field.ty.is_optional();
    needed || matches!(field.ty, Type::Choice(_)) || (*field.ty.required() == Type::Quantity && workflow.leaves_alone(field))
}

/// The serial numbers of a new document, from the shelf that this opening takes them from, else from that which the first
/// other transition does; numbers that nobody knows where they come from outside.
fn first_units(workflow: &Workflow, opening: &Transition, parties: &Values, size: Size) -> Option<(Name, Json)> {
    let mut found: Option<(Name, Json)> = None;
    for transition in std::iter::once(opening).chain(&workflow.transitions) {
        walk::clauses(&transition.body, &mut |clause| {
            if let ClauseKind::Move(spec) = &clause.kind
                && let Choosing::Serials(Expr { kind: ExprKind::LineField(field), .. }) = &spec.choosing
                && found.is_none()
            {
                let party = spec.from.party.as_ref().and_then(|p| parties.get(p)).and_then(Json::as_str);
                let units = match party {
                    Some(party) => stage::serials(party, &spec.from.bin, size.quantity),
                    None => (1..=size.quantity).map(|n| format!("NEW-{n}")).collect(),
                };
                found = Some((field.clone(), json!(units)));
            }
        });
    }
    found
}

/// The ways to fire a transition.
#[must_use]
pub fn firings(book: &Book, workflow: &Workflow, doc: &Document, transition: &Transition, actor: &ScenarioActor, size: Size, units: &dyn Units) -> Vec<Act> {
    let by_itself = transition.by.iter().all(|r| *r == "system") && !transition.triggers.is_empty();
    if by_itself && transition.triggers.iter().all(Trigger::by_clock) {
        return Vec::new();
    }
    let words = Words { book, days: days(book, workflow, Some(doc)) };
    let of_document: Vec<(Name, Vec<Json>)> =
        of_body(&transition.body).filter_map(|a| Some((a.field.clone(), asked_values(&words, workflow, doc, a, size)?))).collect();
    let line_sets = if transition.body.iter().any(|c| matches!(c.kind, ClauseKind::AskLines)) {
        vec![same_lines(workflow, doc)]
    } else {
        lines(&words, doc, transition, size, units)
    };
    let mut acts = Vec::new();
    for fields in product(&of_document) {
        for lines in &line_sets {
            let lines = lines.clone();
            acts.push(Act::Fire { actor: actor.clone(), transition: transition.name.clone(), doc: doc.id.clone(), fields: fields.clone(), lines });
        }
    }
    acts.truncate(MOST_INPUTS);
    acts
}

fn of_body(body: &[Clause]) -> impl Iterator<Item = &Ask> {
    body.iter().filter_map(|c| if let ClauseKind::Ask(asks) = &c.kind { Some(asks) } else { None }).flatten()
}

fn asked_values(words: &Words<'_>, workflow: &Workflow, doc: &Document, ask: &Ask, size: Size) -> Option<Vec<Json>> {
    if matches!(ask.ty, Type::List(_)) {
        return None;
    }
    let field = workflow.field(ask.field.as_str())?;
    if field.kind == FieldKind::Party {
        let now = doc.field(ask.field.as_str()).as_party();
        let other = |kind: &Name| {
            let codes = [stage::party(kind, true), stage::party(kind, false)];
            codes.into_iter().find(|code| now.is_none_or(|n| n.as_str() != code))
        };
        return Some(field.kinds.iter().take(1).filter_map(other).map(|code| json!(code)).collect());
    }
    Some(match ask.ty.required() {
        Type::Quantity => vec![json!("1")],
        Type::Part if size.serial => vec![json!(stage::OTHER)],
        other => words.values(other),
    })
}

/// All lines once more, as they are.
fn same_lines(workflow: &Workflow, doc: &Document) -> Vec<InputLine> {
    let needed = |f: &&Field| f.default.is_none() && !f.ty.is_optional() || f.name == "part";
    let line = |values: &BTreeMap<Name, Value>| {
        let fields = workflow.line_fields.iter().filter(needed);
        fields.filter_map(|f| Some((f.name.clone(), raw(values.get(&f.name)?)))).collect()
    };
    doc.lines.iter().map(|l| InputLine { line: None, values: line(&l.values) }).collect()
}

/// A value as raw input.
#[must_use]
pub fn raw(value: &Value) -> Json {
    match value {
        Value::YesNo(b) => json!(b),
        Value::List(items) => Json::Array(items.iter().map(raw).collect()),
        other => json!(other.to_string()),
    }
}

/// The inputs of the lines: every small quantity of every field that is asked for.
fn lines(words: &Words<'_>, doc: &Document, transition: &Transition, size: Size, units: &dyn Units) -> Vec<Vec<InputLine>> {
    let each = || transition.body.iter().filter_map(|c| if let ClauseKind::EachLine(each) = &c.kind { Some(each) } else { None });
    let asked: Vec<&Ask> = each().flat_map(|e| of_body(&e.body)).collect();
    if asked.is_empty() {
        return vec![Vec::new()];
    }
    let counted: Vec<Name> = asked.iter().filter(|a| *a.ty.required() == Type::Quantity).map(|a| a.field.clone()).collect();
    let others: Vec<(Name, Vec<Json>)> = asked
        .iter()
        .filter(|a| *a.ty.required() != Type::Quantity && !matches!(a.ty.required(), Type::List(_)))
        .map(|a| (a.field.clone(), words.values(a.ty.required())))
        .collect();
    let serials: BTreeMap<Name, Source> = serial_sources(transition, &asked);
    let rows: Vec<Values> = quantities(&counted, size.quantity).into_iter().flat_map(|q| with_others(&q, &others)).collect();
    let line = |no: u32, row: &Values| {
        let mut values = row.clone();
        if size.serial {
            name_units(&mut values, &serials, no, units);
        }
        InputLine { line: Some(no), values }
    };
    let numbers: Vec<u32> = doc.lines.iter().map(|l| l.no).collect();
    let mut all: Vec<Vec<InputLine>> = Vec::new();
    match numbers.as_slice() {
        [] => all.push(Vec::new()),
        [one] => all.extend(rows.iter().map(|row| vec![line(*one, row)])),
        [first, second, ..] if rows.len() * rows.len() <= MOST_PAIRS => {
            for a in &rows {
                all.extend(rows.iter().map(|b| vec![line(*first, a), line(*second, b)]));
            }
        }
        several => {
            let nothing = rows.first().cloned().unwrap_or_default();
            for row in &rows {
                all.push(several.iter().map(|no| line(*no, row)).collect());
                all.push(several.iter().enumerate().map(|(n, no)| line(*no, if n == 0 { row } else { &nothing })).collect());
            }
        }
    }
    all
}

/// Every way to give these fields quantities from nothing to one more than there is, the smaller ones first.
fn quantities(fields: &[Name], most: u32) -> Vec<Vec<(Name, u32)>> {
    let mut all: Vec<Vec<(Name, u32)>> = vec![Vec::new()];
    for field in fields {
        all = all.into_iter().flat_map(|row| (0..=most).map(move |q| row.iter().cloned().chain([(field.clone(), q)]).collect())).collect();
    }
    all.retain(|row: &Vec<(Name, u32)>| row.iter().map(|(_, q)| q).sum::<u32>() <= most + 1);
    all.sort_by_key(|row| row.iter().map(|(_, q)| *q).sum::<u32>());
    all
}

fn with_others(row: &[(Name, u32)], others: &[(Name, Vec<Json>)]) -> Vec<Values> {
    let counted: Values = row.iter().map(|(name, q)| (name.clone(), json!(q.to_string()))).collect();
    product(others).into_iter().map(|more| counted.clone().into_iter().chain(more).collect()).collect()
}

/// Where the serial numbers in a field are taken from, and which field counts them.
struct Source {
    counted: Name,
    party: Option<Name>,
    bin: Name,
    new: bool,
}

fn serial_sources(transition: &Transition, asked: &[&Ask]) -> BTreeMap<Name, Source> {
    let mut sources = BTreeMap::new();
    walk::clauses(&transition.body, &mut |clause| {
        if let ClauseKind::Move(spec) = &clause.kind
            && let Choosing::Serials(Expr { kind: ExprKind::LineField(field), .. }) = &spec.choosing
            && let MoveQuantity::Exactly(Expr { kind: ExprKind::LineField(counted), .. }) = &spec.quantity
            && asked.iter().any(|a| a.field == *field)
        {
            let new = spec.from.outside && spec.new_lot.is_some();
            let source = Source { counted: counted.clone(), party: spec.from.party.clone(), bin: spec.from.bin.clone(), new };
            sources.entry(field.clone()).or_insert(source);
        }
    });
    sources
}

fn name_units(values: &mut Values, sources: &BTreeMap<Name, Source>, line: u32, units: &dyn Units) {
    let mut used: BTreeSet<String> = BTreeSet::new();
    for (field, source) in sources {
        let wanted = values.get(&source.counted).and_then(Json::as_str).and_then(|t| t.parse::<usize>().ok()).unwrap_or(0);
        let there = if source.new { (0..wanted).map(|n| units.fresh(n)).collect() } else { units.at(source.party.as_ref(), &source.bin, line) };
        let named: Vec<String> = there.into_iter().filter(|s| !used.contains(s)).take(wanted).collect();
        used.extend(named.iter().cloned());
        values.insert(field.clone(), json!(named));
    }
}

/// All combinations of one value for each name.
fn product(of: &[(Name, Vec<Json>)]) -> Vec<Values> {
    let mut all: Vec<Values> = vec![Values::new()];
    for (name, values) in of {
        let with = |row: Values| {
            values.iter().map(move |v| {
                let mut row = row.clone();
                row.insert(name.clone(), v.clone());
                row
            })
        };
        all = all.into_iter().flat_map(with).take(MOST_INPUTS).collect();
    }
    all
}
