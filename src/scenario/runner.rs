//! Plays a scenario: each `when` is a command to the engine, each `then` a look at the store.
//!
//! Must not know which store it is. Tests: `tests/it/scenarios.rs`.

use std::collections::BTreeMap;

use crate::base::{Bu, DocId, Key, Name, PartyCode, Span, Timestamp};
use crate::domain::{Action, Actor, Command, Input, InputLine, MasterData, Refusal};
use crate::engine::{Engine, EngineError, Outcome};
use crate::model::{Scenario, ScenarioActor, ScenarioStep, StepKind};
use crate::store::{CommitError, Counts, StoreError};

use super::cast::{Masters, MastersError, cast, person_code};
use super::given;

/// Why a scenario could not be played at all.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// Its master data cannot be used.
    #[error(transparent)]
    Masters(#[from] MastersError),
    /// The engine failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The stock that the scenario gives cannot be there.
    #[error("the given stock cannot be there: {0}")]
    Given(#[from] CommitError),
}

/// One expectation that does not hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// `file:line:column`.
    pub place: String,
    /// What is wrong, in one line.
    pub text: String,
    /// What is written there.
    pub step: String,
    /// What was expected.
    pub expected: Vec<String>,
    /// What there is.
    pub actual: Vec<String>,
}

/// How a scenario went.
#[derive(Debug, Clone)]
pub struct ScenarioReport {
    /// Its title.
    pub title: String,
    /// `file:line:column`.
    pub place: String,
    /// What does not hold; empty when it passed.
    pub failures: Vec<Failure>,
    /// What was done, a line a step.
    pub story: Vec<String>,
}

impl ScenarioReport {
    /// True when everything held.
    #[must_use]
    pub fn passed(&self) -> bool {
        self.failures.is_empty()
    }
}

/// A scenario as it is played.
pub struct Play<'a> {
    pub engine: &'a Engine,
    pub master: MasterData,
    pub now: Timestamp,
    /// What the scenario calls its documents.
    pub names: BTreeMap<String, (Bu, DocId)>,
    /// The refusal of the last command, until the story has spoken of it.
    pub refused: Option<Box<Refusal>>,
    /// The same once the story has: it may speak of more of its reasons.
    pub spoken: Option<Box<Refusal>>,
    pub counts: (Counts, Counts),
    pub report: ScenarioReport,
    step: usize,
    given: usize,
}

/// Plays a scenario on an engine with a fresh store.
///
/// # Errors
/// Master data or given stock that cannot be used, or a fault of the store.
pub async fn run(engine: &Engine, scenario: &Scenario, masters: &Masters) -> Result<ScenarioReport, ScenarioError> {
    let mut play = Play::begin(engine, scenario, masters, &[]).await?;
    for step in &scenario.steps {
        if !play.take(step).await? {
            break;
        }
    }
    play.unspoken(scenario.span);
    if play.report.passed() {
        play.books_balance(scenario.span).await?;
    }
    Ok(play.report)
}

/// Sets the stage of a scenario and plays nothing: the master data for its steps and for these actors, and the stock that
/// is given. The time at which its story begins.
///
/// # Errors
/// Master data or given stock that cannot be used, or a fault of the store.
pub async fn stage(engine: &Engine, scenario: &Scenario, actors: &[ScenarioActor], masters: &Masters) -> Result<Timestamp, ScenarioError> {
    let mut play = Play::begin(engine, scenario, masters, actors).await?;
    for step in scenario.steps.iter().filter(|s| matches!(s.kind, StepKind::Stock { .. })) {
        play.take(step).await?;
    }
    Ok(play.now)
}

/// The first time that the scenario names.
fn beginning(scenario: &Scenario, engine: &Engine) -> Timestamp {
    let first = scenario.steps.iter().find_map(|s| match s.kind {
        StepKind::On(at) => Some(at),
        _ => None,
    });
    first.or_else(|| Timestamp::parse_local("2026-01-01", &engine.book().manifest.zone)).unwrap_or_default()
}

impl<'a> Play<'a> {
    /// Sets the stage: the master data that the scenario names or mentions, and people for these actors too.
    pub async fn begin(engine: &'a Engine, scenario: &Scenario, masters: &Masters, also: &[ScenarioActor]) -> Result<Self, ScenarioError> {
        let book = engine.book();
        let master = cast(scenario, also, book, masters)?;
        engine.load_master(&master).await?;
        let report = ScenarioReport { title: scenario.title.clone(), place: book.sources.place(scenario.span), failures: Vec::new(), story: Vec::new() };
        let now = beginning(scenario, engine);
        Ok(Self { engine, master, now, names: BTreeMap::new(), refused: None, spoken: None, counts: Default::default(), report, step: 0, given: 0 })
    }

    /// Plays a step; false where the story cannot go on.
    pub async fn take(&mut self, step: &ScenarioStep) -> Result<bool, ScenarioError> {
        self.step += 1;
        let expects_refusal = matches!(step.kind, StepKind::Refused { .. });
        if !expects_refusal && self.unspoken(step.span) {
            return Ok(false);
        }
        match &step.kind {
            StepKind::Master(_) | StepKind::Fact { .. } => {}
            StepKind::Stock { party, units } => {
                self.given += 1;
                let (bu, party) = (self.bu_of(party), PartyCode::from(party));
                let decision = given::decision(self.engine.book(), &self.master, &bu, &party, units, self.now, self.given);
                self.engine.store().commit(&decision).await?;
            }
            StepKind::On(at) => {
                self.now = *at;
                self.engine.tick(None, *at).await?;
            }
            StepKind::Opens { actor, workflow, transition, name, fields, lines, key } => {
                self.tell(format!("{} opens {workflow} {name}", person_code(actor)));
                let bu = self.bu_for(workflow, fields);
                self.names.insert(name.clone(), (bu.clone(), DocId::from(name)));
                let action = Action::Open { workflow: workflow.clone(), transition: transition.clone(), parent: None };
                self.command(bu, DocId::from(name), action, actor, (fields, lines), key.as_deref()).await?;
            }
            StepKind::Fires { actor, transition, document, fields, lines, key } => {
                self.tell(format!("{} fires {transition} on {document}", person_code(actor)));
                let Some((bu, doc)) = self.document(document, step.span) else { return Ok(false) };
                let action = Action::Fire { transition: transition.clone() };
                self.command(bu, doc, action, actor, (fields, lines), key.as_deref()).await?;
            }
            expectation => return self.expect(expectation, step.span).await,
        }
        Ok(true)
    }

    async fn command(
        &mut self,
        bu: Bu,
        doc: DocId,
        action: Action,
        actor: &ScenarioActor,
        (fields, lines): (&BTreeMap<Name, serde_json::Value>, &[InputLine]),
        key: Option<&str>,
    ) -> Result<(), ScenarioError> {
        let actor = if actor.role == "system" { Actor::System } else { Actor::Person(person_code(actor).into()) };
        let command = Command {
            bu,
            doc,
            action,
            actor,
            input: Input { fields: fields.clone(), lines: lines.to_vec() },
            key: key.map_or_else(|| Key::from(format!("step-{}", self.step)), Key::from),
            recorded_at: self.now,
            effective_at: self.now,
            seen_revision: None,
        };
        self.counts.0 = self.engine.store().counts(None).await?;
        self.spoken = None;
        self.refused = match self.engine.execute(command).await? {
            Outcome::Done(done) => {
                self.became(&format!("-> {}", done.document.state));
                None
            }
            Outcome::Refused(refusal) => {
                let sentences: Vec<&str> = refusal.reasons.iter().map(|r| r.sentence.as_str()).collect();
                self.became(&format!("refused: {}", sentences.join(" ")));
                Some(refusal)
            }
        };
        self.counts.1 = self.engine.store().counts(None).await?;
        Ok(())
    }

    /// A refusal that the story does not speak of is a failure; true where there is one.
    fn unspoken(&mut self, span: Span) -> bool {
        let Some(refusal) = self.refused.take() else { return false };
        let actual: Vec<String> = refusal.reasons.iter().map(|r| r.line.map_or_else(|| r.sentence.clone(), |l| format!("line {l}: {}", r.sentence))).collect();
        self.fail(span, format!("`{}` was refused before this", refusal.transition), vec!["done".to_owned()], vec![actual.join(" · ")]);
        true
    }

    pub fn fail(&mut self, span: Span, text: impl Into<String>, expected: Vec<String>, actual: Vec<String>) {
        let place = self.engine.book().sources.place(span);
        let written = self.engine.book().sources.text(span);
        let step = written.split_whitespace().collect::<Vec<_>>().join(" ");
        self.report.failures.push(Failure { place, text: text.into(), step, expected, actual });
    }

    fn tell(&mut self, what: String) {
        let at = self.now.civil(&self.engine.book().manifest.zone);
        self.report.story.push(format!("{} {}  {what}", at.date(), at.time().strftime("%H:%M")));
    }

    /// What became of the last step, beside it.
    fn became(&mut self, what: &str) {
        if let Some(last) = self.report.story.last_mut() {
            last.push_str("  ");
            last.push_str(what);
        }
    }

    /// The document of a name, or a failure.
    pub fn document(&mut self, name: &str, span: Span) -> Option<(Bu, DocId)> {
        let found = self.names.get(name).cloned();
        if found.is_none() {
            let known = self.names.keys().cloned().collect();
            self.fail(span, format!("no document is called `{name}` here"), vec![name.to_owned()], known);
        }
        found
    }

    pub fn bu_of(&self, party: &str) -> Bu {
        let known = self.master.parties.iter().find(|p| p.code == *party).map(|p| p.bu.clone());
        known.or_else(|| self.master.business_units.first().map(|b| b.code.clone())).unwrap_or_else(|| "bu".into())
    }

    /// A document belongs to the business unit of its first party.
    pub fn bu_for(&self, workflow: &Name, fields: &BTreeMap<Name, serde_json::Value>) -> Bu {
        let declared = self.engine.book().workflows.get(workflow).into_iter().flat_map(|w| w.fields.clone());
        let first = declared.filter(|f| f.kind == crate::model::FieldKind::Party).find_map(|f| fields.get(&f.name)?.as_str().map(str::to_owned));
        self.bu_of(first.as_deref().unwrap_or_default())
    }
}
