//! Who and what plays in a scenario: the master data it names, completed with what it only mentions.
//!
//! Must not know how master data is read (`network` does). Tests: `tests/it/scenarios.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::base::{Bu, Date, Diagnostic, Money, Name, PartyCode, Quantity, SourceMap};
use crate::domain::{BusinessUnit, Contract, Limit, LimitScope, MasterData, Part, Party, Person, Rate, RoleGrant, Supersession, Tracking, Value};
use crate::model::{Book, FieldKind, Scenario, ScenarioActor, StepKind, Type};
use crate::network::{Known, check, read_folder};

/// The business unit of scenarios that name no master data.
const BU: &str = "bu";

/// Why a folder of master data cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MastersError {
    /// It cannot be read.
    #[error("{0}")]
    Folder(String),
    /// It has mistakes.
    #[error("the master data in `{folder}` has {} mistakes; `bincard load --check` lists them", found.len())]
    Mistakes {
        /// The folder as the scenario names it.
        folder: String,
        /// What is wrong.
        found: Vec<Diagnostic>,
        /// The files.
        sources: Box<SourceMap>,
    },
}

/// Folders of master data, each read once.
#[derive(Debug, Default)]
pub struct Masters {
    root: PathBuf,
    read: Mutex<BTreeMap<String, MasterData>>,
}

impl Masters {
    /// Folders are found relative to the book.
    #[must_use]
    pub fn new(book: &Path) -> Self {
        Self { root: book.to_owned(), read: Mutex::default() }
    }

    /// The master data in a folder, relative to the book.
    ///
    /// # Errors
    /// It cannot be read, or has mistakes.
    pub fn load(&self, folder: &str, book: &Book) -> Result<MasterData, MastersError> {
        let mut read = self.read.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = read.get(folder) {
            return Ok(known.clone());
        }
        let sources = read_folder(&self.root.join(folder)).map_err(|e| MastersError::Folder(e.to_string()))?;
        let checked = check(&sources, &Known::of(&book.vocabulary));
        let data = checked.map_err(|found| MastersError::Mistakes { folder: folder.to_owned(), found, sources: Box::new(sources) })?.data;
        read.insert(folder.to_owned(), data.clone());
        Ok(data)
    }
}

/// The master data that a scenario plays with.
pub fn cast(scenario: &Scenario, also: &[ScenarioActor], book: &Book, masters: &Masters) -> Result<MasterData, MastersError> {
    let mut data = MasterData::default();
    for step in &scenario.steps {
        if let StepKind::Master(folder) = &step.kind {
            data = masters.load(folder, book)?;
        }
    }
    if data.business_units.is_empty() {
        data.business_units.push(BusinessUnit { code: BU.into(), name: "Scenario".to_owned() });
    }
    let mut cast = Cast { book, data };
    for step in &scenario.steps {
        cast.mentioned(&step.kind);
    }
    for step in &scenario.steps {
        if let StepKind::Fact { kind, subject, columns } = &step.kind {
            cast.fact(kind.as_str(), subject, columns);
        }
    }
    for actor in actors(scenario).iter().chain(also) {
        cast.person(actor);
    }
    Ok(cast.data)
}

/// Everyone who acts.
fn actors(scenario: &Scenario) -> Vec<ScenarioActor> {
    let acting = scenario.steps.iter().filter_map(|s| match &s.kind {
        StepKind::Opens { actor, .. } | StepKind::Fires { actor, .. } => Some(actor.clone()),
        _ => None,
    });
    let mut found: Vec<ScenarioActor> = Vec::new();
    for actor in acting {
        if !found.contains(&actor) {
            found.push(actor);
        }
    }
    found
}

/// The code under which an actor of a scenario acts.
pub fn person_code(actor: &ScenarioActor) -> String {
    match (&actor.person, &actor.at) {
        (Some(person), _) => person.clone(),
        (None, Some(at)) => format!("{}@{at}", actor.role),
        (None, None) => actor.role.to_string(),
    }
}

struct Cast<'a> {
    book: &'a Book,
    data: MasterData,
}

impl Cast<'_> {
    fn bu(&self) -> Bu {
        self.data.business_units.first().map_or_else(|| BU.into(), |b| b.code.clone())
    }

    fn bu_of(&self, party: &str) -> Bu {
        self.data.parties.iter().find(|p| p.code == *party).map_or_else(|| self.bu(), |p| p.bu.clone())
    }

    /// Parties, parts and contracts that a step mentions and nobody has described.
    fn mentioned(&mut self, step: &StepKind) {
        match step {
            StepKind::Stock { party, units } => {
                for unit in units {
                    let kind = self.book.vocabulary.bins.get(&unit.bin).and_then(|b| b.at.first()).cloned();
                    self.party(party, kind);
                    let tracking = if unit.serial.is_some() {
                        Tracking::Serial
                    } else if unit.lot.is_empty() {
                        Tracking::None
                    } else {
                        Tracking::Lot
                    };
                    let bu = self.bu_of(party);
                    self.part(&bu, &unit.part, tracking, unit.quantity);
                }
            }
            StepKind::Opens { workflow, fields, lines, actor, .. } => {
                self.actor_place(actor);
                let Some(workflow) = self.book.workflows.get(workflow).cloned() else { return };
                for field in &workflow.fields {
                    let Some(text) = fields.get(&field.name).and_then(|v| v.as_str()) else { continue };
                    match (field.kind, field.ty.required()) {
                        (FieldKind::Party, _) => self.party(text, field.kinds.first().cloned()),
                        (_, Type::Contract) => self.contract(text),
                        _ => {}
                    }
                }
                let bu = self.bu();
                for part in lines.iter().filter_map(|l| l.values.get("part")).filter_map(|v| v.as_str()) {
                    self.part(&bu, part, Tracking::None, Quantity::ONE);
                }
            }
            StepKind::Fires { actor, .. } => self.actor_place(actor),
            _ => {}
        }
    }

    fn actor_place(&mut self, actor: &ScenarioActor) {
        if let Some(at) = &actor.at {
            let kind = self.book.vocabulary.roles.get(&actor.role).and_then(|r| r.at.clone());
            self.party(at, kind);
        }
    }

    fn party(&mut self, code: &str, kind: Option<Name>) {
        if self.data.parties.iter().any(|p| p.code == *code) {
            return;
        }
        let Some(kind) = kind.or_else(|| self.book.vocabulary.party_kinds.first().map(|k| k.name.clone())) else { return };
        let text = String::new;
        self.data.parties.push(Party {
            bu: self.bu(),
            code: code.into(),
            name: code.to_owned(),
            kind,
            parent: None,
            address: text(),
            city: text(),
            state: text(),
            pin: text(),
            gstin: text(),
            calendar: None,
            location: None,
        });
    }

    fn part(&mut self, bu: &Bu, code: &str, tracking: Tracking, sample: Quantity) {
        if self.data.parts.iter().any(|p| p.code == *code && p.bu == *bu) {
            return;
        }
        let known_elsewhere = self.data.parts.iter().any(|p| p.code == *code);
        if known_elsewhere {
            return;
        }
        self.data.parts.push(Part {
            bu: bu.clone(),
            code: code.into(),
            name: code.to_owned(),
            unit: "NOS".to_owned(),
            decimals: sample.decimals(),
            tracking,
            shelf_life_days: None,
            hsn: "84159000".to_owned(),
            class: "spare".to_owned(),
            spare: true,
            pack: Quantity::ONE,
        });
    }

    fn contract(&mut self, code: &str) {
        if !self.data.contracts.iter().any(|c| c.code == *code) {
            let (from, to) = (day("2000-01-01"), day("2099-12-31"));
            let kind = code.to_owned();
            self.data.contracts.push(Contract { bu: self.bu(), code: code.into(), customer: None, kind, from, to, excludes: Vec::new() });
        }
    }

    /// One row of master data as a scenario writes it; it replaces what was there.
    fn fact(&mut self, kind: &str, subject: &str, columns: &BTreeMap<Name, Vec<Value>>) {
        let text = |name: &str| columns.get(name).and_then(|v| v.first()).map(ToString::to_string);
        let bu = text("bu").map_or_else(|| text("party").map_or_else(|| self.bu(), |p| self.bu_of(&p)), Bu::from);
        match kind {
            "limit" => {
                let scope =
                    LimitScope { party: text("party").map(PartyCode::from), part: Some(subject.into()), class: None, pool: text("pool").map(Name::from) };
                let quantity = |name: &str| text(name).and_then(|t| t.parse().ok());
                let value = text("value").and_then(|t| t.parse().ok());
                self.data.limits.retain(|l| l.bu != bu || l.scope != scope);
                self.data.limits.push(Limit { bu, scope, maximum: quantity("maximum"), trigger: quantity("trigger"), value });
            }
            "rate" => {
                let from = text("from").map_or_else(|| day("2000-01-01"), |t| day(&t));
                let rate = text("rate").and_then(|t| t.parse().ok()).unwrap_or(Money::ZERO);
                self.data.rates.retain(|r| r.bu != bu || r.part != *subject || r.from != from);
                self.data.rates.push(Rate { bu, part: subject.into(), from, rate });
            }
            "part" => {
                self.part(&bu, subject, Tracking::None, Quantity::ONE);
                if let Some(part) = self.data.parts.iter_mut().find(|p| p.code == *subject) {
                    describe_part(part, &text);
                }
            }
            "party" => {
                self.party(subject, text("kind").map(Name::from));
                if let Some(party) = self.data.parties.iter_mut().find(|p| p.code == *subject) {
                    party.kind = text("kind").map_or_else(|| party.kind.clone(), Name::from);
                    party.parent = text("parent").map(PartyCode::from).or_else(|| party.parent.clone());
                    party.gstin = text("gstin").unwrap_or_else(|| party.gstin.clone());
                    party.calendar = text("calendar").map(Name::from).or_else(|| party.calendar.clone());
                }
            }
            "contract" => {
                self.contract(subject);
                if let Some(contract) = self.data.contracts.iter_mut().find(|c| c.code == *subject) {
                    contract.kind = text("kind").unwrap_or_else(|| contract.kind.clone());
                    contract.from = text("from").map_or(contract.from, |t| day(&t));
                    contract.to = text("to").map_or(contract.to, |t| day(&t));
                    contract.excludes = columns.get("excludes").map_or_else(Vec::new, |v| v.iter().map(ToString::to_string).collect());
                }
            }
            "person" => self.described(subject, &bu, columns),
            "supersession" => {
                let from = text("from").map_or_else(|| day("2000-01-01"), |t| day(&t));
                let both_ways = text("both_ways").as_deref() == Some("yes");
                if let Some(new) = text("new") {
                    self.data.supersessions.push(Supersession { bu, old: subject.into(), new: new.into(), both_ways, from });
                }
            }
            _ => {}
        }
    }

    /// A person with the roles that a row tells; without any, whoever acts under the name holds the role in which they act.
    fn described(&mut self, code: &str, bu: &Bu, columns: &BTreeMap<Name, Vec<Value>>) {
        let texts = |name: &str| columns.get(name).into_iter().flatten().map(ToString::to_string);
        let at: Vec<PartyCode> = texts("at").map(PartyCode::from).collect();
        let mut roles: Vec<RoleGrant> = Vec::new();
        for role in texts("roles").map(Name::from) {
            match self.book.vocabulary.roles.get(&role).and_then(|r| r.at.as_ref()) {
                Some(_) => roles.extend(at.iter().map(|at| RoleGrant { role: role.clone(), at: Some(at.clone()) })),
                None => roles.push(RoleGrant { role, at: None }),
            }
        }
        if !roles.is_empty() {
            let bu = at.first().map_or_else(|| bu.clone(), |at| self.bu_of(at.as_str()));
            self.data.people.retain(|p| p.code != *code || p.bu != bu);
            self.data.people.push(Person { bu, code: code.into(), name: code.to_owned(), roles });
        }
    }

    /// A person for a role, in every business unit where the role can be held.
    fn person(&mut self, actor: &ScenarioActor) {
        let code = person_code(actor);
        if actor.person.is_some() && self.data.people.iter().any(|p| p.code == *code) {
            return;
        }
        let kind = self.book.vocabulary.roles.get(&actor.role).and_then(|r| r.at.clone());
        let bus: BTreeSet<Bu> = self.data.business_units.iter().map(|b| b.code.clone()).collect();
        for bu in bus {
            let holds_at = |p: &&Party| p.bu == bu && kind.as_ref() == Some(&p.kind) && actor.at.as_ref().is_none_or(|at| p.code == *at.as_str());
            let grants: Vec<RoleGrant> = match &kind {
                None => vec![RoleGrant { role: actor.role.clone(), at: None }],
                Some(_) => self.data.parties.iter().filter(holds_at).map(|p| RoleGrant { role: actor.role.clone(), at: Some(p.code.clone()) }).collect(),
            };
            if !grants.is_empty() {
                self.data.people.push(Person { bu, code: code.as_str().into(), name: code.clone(), roles: grants });
            }
        }
    }
}

fn describe_part(part: &mut Part, text: &dyn Fn(&str) -> Option<String>) {
    part.tracking = match text("tracking").as_deref() {
        Some("serial") => Tracking::Serial,
        Some("lot") => Tracking::Lot,
        Some(_) => Tracking::None,
        None => part.tracking,
    };
    part.unit = text("unit").unwrap_or_else(|| part.unit.clone());
    part.decimals = text("decimals").and_then(|t| t.parse().ok()).unwrap_or(part.decimals);
    part.shelf_life_days = text("shelf_life").and_then(|t| t.parse().ok()).or(part.shelf_life_days);
    part.class = text("class").unwrap_or_else(|| part.class.clone());
    part.spare = text("spare").map_or(part.spare, |t| t == "yes");
    part.pack = text("pack").and_then(|t| t.parse().ok()).unwrap_or(part.pack);
}

/// A date that the checker has read already.
fn day(text: &str) -> Date {
    text.parse().unwrap_or(Date(jiff::civil::Date::constant(2000, 1, 1)))
}
