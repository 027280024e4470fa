//! A path through situations as a story: in words with numbers, and as a scenario that `bincard test` plays.
//!
//! Must not know why the story is told. Tests: `tests/it/proofs.rs` plays the stories again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value as Json;

use crate::base::{DocId, Name, Timestamp};
use crate::domain::{InputLine, Reason, ReasonCode};
use crate::engine::Engine;
use crate::model::{Scenario, ScenarioActor, StepKind};
use crate::scenario::{Masters, run};
use crate::store::Store;

use super::choices::system;
use super::ground::{ExploreError, Ground};
use super::stage::{self, Size};
use super::world::{Act, Deed, Noted, World};

const HOUR: i64 = 3_600_000_000;

/// How a story ends.
#[derive(Debug, Clone)]
pub enum End {
    /// A transition of a document is refused for these reasons: the last deed, or one that the engine tries itself.
    Refused {
        /// The document.
        doc: DocId,
        /// The transition.
        transition: Name,
        /// Why.
        reasons: Vec<Reason>,
    },
    /// A document stays in a state.
    Stays {
        /// The document.
        doc: DocId,
        /// The state.
        state: Name,
    },
}

/// A story.
#[derive(Debug, Clone)]
pub struct Story {
    /// As a scenario.
    pub scenario: Scenario,
    /// In one line: `submit(requested 2) · approve(approved 2)`.
    pub words: String,
    /// What the rules answer in it that the book's layers do not; a story without such answers plays again.
    pub imagined: Vec<String>,
}

impl Story {
    /// The scenario as text, with what it supposes above it.
    ///
    /// # Errors
    /// Something in it cannot be written in the language.
    pub fn text(&self, book: &crate::model::Book) -> Result<String, crate::syntax::FormatError> {
        let supposes = |what: &String| format!("This story supposes that {what}.");
        crate::scenario::write(&self.scenario, book, &self.imagined.iter().map(supposes).collect::<Vec<_>>())
    }
}

/// Tells a path.
///
/// # Errors
/// The path cannot be played again.
pub async fn tell(ground: &Ground, workflow: &Name, size: Size, title: String, path: &[Deed], end: &End) -> Result<Story, ExploreError> {
    let mut teller = Teller { names: BTreeMap::new(), steps: ground.givens(workflow, size), words: Vec::new(), imagined: BTreeSet::new() };
    let mut world = ground.world(workflow, size).await?;
    let later = needed(path, end);
    for deed in path {
        let tried = world.tried(deed).await?;
        teller.deed(deed, world.now);
        teller.started(&tried.noted, &later);
        let Some(next) = tried.world else { break };
        world = next;
    }
    teller.end(end, path);
    let mut scenario = stage::scenario(title, teller.steps);
    if teller.imagined.is_empty() {
        scenario = shorter(ground, scenario).await?;
    }
    Ok(Story { scenario, words: teller.words.join(" · "), imagined: teller.imagined.into_iter().collect() })
}

/// The same story with as little given as it needs: what can be left out is left out, as long as it still plays.
async fn shorter(ground: &Ground, scenario: Scenario) -> Result<Scenario, ExploreError> {
    if !plays(ground, &scenario).await? {
        return Ok(scenario);
    }
    let mut scenario = scenario;
    let given = |s: &StepKind| matches!(s, StepKind::Fact { .. } | StepKind::Stock { .. });
    // Most of it is not needed: halves are tried before single rows.
    let mut stride = scenario.steps.len();
    while stride > 0 {
        let mut at = scenario.steps.len();
        while at > 0 {
            let from = at.saturating_sub(stride);
            let mut without = scenario.clone();
            let mut n = 0;
            without.steps.retain(|step| {
                let inside = (from..at).contains(&n) && given(&step.kind);
                n += 1;
                !inside
            });
            if without.steps.len() < scenario.steps.len() && plays(ground, &without).await? {
                scenario = without;
            }
            at = from.min(scenario.steps.len());
        }
        stride /= 2;
    }
    Ok(scenario)
}

async fn plays(ground: &Ground, scenario: &Scenario) -> Result<bool, ExploreError> {
    let engine = Engine::reading(Arc::clone(&ground.book), Arc::clone(&ground.rules), Store::memory());
    Ok(run(&engine, scenario, &Masters::default()).await.is_ok_and(|report| report.passed()))
}

/// The documents that somebody acts on.
fn needed(path: &[Deed], end: &End) -> BTreeSet<DocId> {
    let acted = path.iter().filter_map(|d| match &d.act {
        Act::Fire { doc, .. } | Act::Open { doc, .. } => Some(doc.clone()),
        Act::Wait(_) => None,
    });
    let (End::Refused { doc, .. } | End::Stays { doc, .. }) = end;
    acted.chain([doc.clone()]).collect()
}

struct Teller {
    /// What the story calls the documents.
    names: BTreeMap<DocId, String>,
    steps: Vec<StepKind>,
    words: Vec<String>,
    imagined: BTreeSet<String>,
}

impl Teller {
    fn name(&self, doc: &DocId) -> String {
        self.names.get(doc).cloned().unwrap_or_else(|| doc.to_string())
    }

    fn deed(&mut self, deed: &Deed, now: Timestamp) {
        for other in &deed.imagined {
            self.imagined.insert(format!("the rule `{}` answers `{} = {}`", other.rule, other.property, other.value));
        }
        match &deed.act {
            Act::Wait(until) => {
                self.words.push(passed(until.micros() - now.micros()));
                self.steps.push(StepKind::On(*until));
            }
            Act::Open { actor, workflow, transition, doc, fields, lines } => {
                self.names.insert(doc.clone(), doc.to_string());
                self.words.push(format!("{transition}{}", given(fields, lines)));
                self.steps.push(StepKind::Opens {
                    actor: actor.clone(),
                    workflow: workflow.clone(),
                    transition: (*transition != "open").then(|| transition.clone()),
                    name: doc.to_string(),
                    fields: fields.clone(),
                    lines: lines.clone(),
                    key: None,
                });
            }
            Act::Fire { actor, transition, doc, fields, lines } => {
                let whose = if doc.as_str() == "D1" { String::new() } else { format!("{}.", self.name(doc)) };
                self.words.push(format!("{whose}{transition}{}", given(fields, lines)));
                self.fires(actor.clone(), transition, doc, fields.clone(), lines.clone());
            }
        }
    }

    fn fires(&mut self, actor: ScenarioActor, transition: &Name, doc: &DocId, fields: BTreeMap<Name, Json>, lines: Vec<InputLine>) {
        self.steps.push(StepKind::Fires { actor, transition: transition.clone(), document: self.name(doc), fields, lines, key: None });
    }

    /// Names the documents that were started: those that the story comes back to, and those that come before them.
    fn started(&mut self, noted: &[Noted], needed: &BTreeSet<DocId>) {
        let mut opened: Vec<(DocId, Name, DocId)> = Vec::new();
        for parent in noted {
            for child in &parent.started {
                let found = noted.iter().find(|n| n.doc == *child && n.from.is_none() && n.outcome.is_ok());
                if let Some(workflow) = found.and_then(|n| n.workflow.clone()) {
                    opened.push((parent.doc.clone(), workflow, child.clone()));
                }
            }
        }
        opened.sort();
        for (n, (parent, workflow, child)) in opened.iter().enumerate() {
            let alike = opened.iter().skip(n).any(|(p, w, c)| p == parent && w == workflow && needed.contains(c));
            if !alike || !self.names.contains_key(parent) {
                continue;
            }
            let name = format!("{}{}", workflow.as_str().chars().next().map_or('S', |c| c.to_ascii_uppercase()), self.names.len() + 1);
            self.names.insert(child.clone(), name.clone());
            let document = self.name(parent);
            self.steps.push(StepKind::Started { document, workflow: workflow.clone(), name, fields: BTreeMap::new() });
        }
    }

    fn end(&mut self, end: &End, path: &[Deed]) {
        match end {
            End::Refused { doc, transition, reasons } => {
                let last = path.last().map(|d| &d.act);
                let told = matches!(last, Some(Act::Fire { transition: t, doc: d, .. }) if t == transition && d == doc);
                if !told {
                    self.words.push(format!("{transition}, by the engine itself"));
                    self.fires(system(), transition, doc, BTreeMap::new(), Vec::new());
                }
                if let Some(reason) = reasons.first() {
                    let sentence = matches!(reason.code, ReasonCode::PartsLeftBehind | ReasonCode::ObligationOpen | ReasonCode::NotEnough);
                    self.steps.push(StepKind::Refused { code: code(reason.code), sentence: sentence.then(|| reason.sentence.clone()) });
                    self.steps.push(StepKind::NothingChanged);
                }
            }
            End::Stays { doc, state } => self.steps.push(StepKind::StateIs(self.name(doc), state.clone())),
        }
    }
}

/// The code as scenarios write it.
fn code(code: ReasonCode) -> Name {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(Name::from)).unwrap_or_else(|| Name::from("guard"))
}

fn given(fields: &BTreeMap<Name, Json>, lines: &[InputLine]) -> String {
    let shown = |(name, value): (&Name, &Json)| -> Option<String> {
        let text = value.as_str().map(str::to_owned).or_else(|| value.as_bool().map(|b| if b { "yes" } else { "no" }.to_owned()))?;
        let number = text.parse::<u32>().is_ok();
        (number || value.is_boolean()).then(|| format!("{name} {text}"))
    };
    let choices =
        fields.iter().filter(|(_, v)| v.as_str().is_some_and(|t| t != "x" && !t.contains(['_', ' ', '/']) && t.chars().all(|c| c.is_ascii_lowercase())));
    let mut all: Vec<String> = choices.map(|(name, v)| format!("{name} {}", v.as_str().unwrap_or_default())).collect();
    all.extend(fields.iter().filter_map(shown));
    let several = lines.len() > 1;
    for (n, line) in lines.iter().enumerate() {
        let values: Vec<String> = line.values.iter().filter(|(name, _)| *name != "part").filter_map(shown).collect();
        if !values.is_empty() {
            all.push(if several { format!("line {}: {}", n + 1, values.join(", ")) } else { values.join(", ") });
        }
    }
    if all.is_empty() { String::new() } else { format!("({})", all.join(", ")) }
}

/// How long somebody waits, in words.
fn passed(micros: i64) -> String {
    match micros / HOUR {
        hours if hours >= 48 => format!("{} days pass", hours / 24),
        1 => "an hour passes".to_owned(),
        hours => format!("{hours} hours pass"),
    }
}

/// The world after a path.
///
/// # Errors
/// The path cannot be played again.
pub async fn after(ground: &Ground, workflow: &Name, size: Size, path: &[Deed]) -> Result<World, ExploreError> {
    let mut world = ground.world(workflow, size).await?;
    for deed in path {
        if let Some(next) = world.tried(deed).await?.world {
            world = next;
        }
    }
    Ok(world)
}
