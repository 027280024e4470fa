//! How commands reach the engine in a simulation: every now and then something goes wrong on the way. Whatever happens, the
//! second books hear of what was committed, and are compared. Commits are whole, so a process that dies is one that does the
//! first of its commits and none of the others. Must not know what the commands are about. Tests: `tests/it/simulate.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use serde_json::json;

use super::super::replay::ReplayError;
use super::super::replay::dice::Dice;
use super::super::replay::hands::Hands;
use super::audit::Auditor;
use super::fault::Fault;
use super::world::DAY;
use crate::base::{DocId, Key, Name, PersonCode, Timestamp};
use crate::domain::{Action, Actor, Command, Decision, MasterData, Reason, ReasonCode, Refusal};
use crate::engine::{Engine, Followed, Outcome, Rung, Ticked};
use crate::model::Book;
use crate::rules::Rules;
use crate::store::{CommitError, Store};

/// Commands that are told when something does not hold.
const RECENT: usize = 8;
/// Of a thousand documents, so many are left lying for days, whatever has to be done with them.
const FORGOTTEN: u64 = 60;
/// No slow commit takes longer than so many commands.
const SLOWEST: u64 = 20;
/// Nor longer than this: what is recorded an hour late is a finding.
const LONGEST: i64 = DAY / 24 * 5 / 6;
/// What a book itself must prevent: no command may end so.
const NEVER: [ReasonCode; 4] = [ReasonCode::RuleFault, ReasonCode::PartsLeftBehind, ReasonCode::ObligationOpen, ReasonCode::ReverseOpen];

/// A commit under way.
struct Slow {
    due: u64,
    decision: Box<Decision>,
    command: Command,
}

/// What was sent, and what came of it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Commands sent to the engine.
    pub commands: u64,
    /// Those that were carried out.
    pub done: u64,
    /// Refusals by code.
    pub refused: BTreeMap<String, u64>,
    /// Faults by name.
    pub faults: BTreeMap<&'static str, u64>,
    /// What the clock brought.
    pub ticked: Ticked,
}

/// The hands of a simulation.
pub struct Wire<'s> {
    made_of: (&'s Arc<Book>, &'s Arc<Rules>),
    /// The store.
    pub store: &'s Store,
    engine: Engine,
    auditor: Auditor<'s>,
    dice: Dice,
    people: Vec<PersonCode>,
    step: u64,
    slow: Vec<Slow>,
    changed: BTreeSet<DocId>,
    awake: Timestamp,
    /// What was sent so far.
    pub tally: Tally,
    /// The last commands.
    pub recent: VecDeque<String>,
}

type Sent = Result<Outcome, ReplayError>;

fn broken<T>(what: impl Into<String>) -> Result<T, ReplayError> {
    Err(ReplayError::Broken(what.into()))
}

impl<'s> Wire<'s> {
    /// Hands on an empty store that has its master data.
    pub fn new(engine: Engine, made_of: (&'s Arc<Book>, &'s Arc<Rules>), store: &'s Store, dice: Dice, master: &MasterData) -> Self {
        Self {
            made_of,
            store,
            engine,
            auditor: Auditor::new(store, super::bu()),
            dice: dice.of("wire"),
            people: master.people.iter().map(|p| p.code.clone()).collect(),
            step: 0,
            slow: Vec::new(),
            changed: BTreeSet::new(),
            awake: Timestamp::default(),
            tally: Tally::default(),
            recent: VecDeque::new(),
        }
    }

    /// Steps done.
    pub const fn step(&self) -> u64 {
        self.step
    }

    /// The engine of the process that is alive.
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Documents that went on without whoever works on them having seen it.
    pub fn take_changed(&mut self) -> BTreeSet<DocId> {
        std::mem::take(&mut self.changed)
    }

    /// Holds all books against one another.
    ///
    /// # Errors
    /// They differ; a fault of the store.
    pub async fn audit_all(&mut self) -> Result<(), ReplayError> {
        self.auditor.compare_all().await
    }

    /// The process dies; another one begins.
    async fn restart(&mut self) -> Result<(), ReplayError> {
        self.engine = Engine::new(Arc::clone(self.made_of.0), Arc::clone(self.made_of.1), self.store.clone()).await?;
        Ok(())
    }

    /// Sends a command, and looks at the books.
    async fn send(&mut self, command: &Command) -> Sent {
        self.tally.commands += 1;
        self.told(command);
        let outcome = self.engine.execute(command.clone()).await?;
        match &outcome {
            Outcome::Done(done) => {
                self.tally.done += u64::from(!done.repeated());
                if let Some(last) = self.recent.back_mut() {
                    last.push_str(&format!(" -> {}{}", done.document.state, if done.repeated() { " (repeated)" } else { "" }));
                }
                let decisions: Vec<&Decision> = done.decision.iter().chain(done.followed.iter().filter_map(|f| f.decision.as_ref())).collect();
                self.post(&decisions).await?;
            }
            Outcome::Refused(refusal) => self.refused(refusal)?,
        }
        Ok(outcome)
    }

    fn told(&mut self, command: &Command) {
        if self.recent.len() == RECENT {
            self.recent.pop_front();
        }
        let what = match &command.action {
            Action::Open { workflow, .. } => format!("opens {workflow}"),
            Action::Fire { transition } => format!("fires {transition}"),
        };
        let input = serde_json::to_string(&command.input).unwrap_or_default();
        let late = if command.effective_at == command.recorded_at { String::new() } else { format!(" (for {})", command.effective_at) };
        self.recent.push_back(format!("{} {}{late} {} {what} on {} {input}", self.step, command.recorded_at, command.actor.code(), command.doc));
    }

    fn refused(&mut self, refusal: &Refusal) -> Result<(), ReplayError> {
        *self.tally.refused.entry(code(refusal.code())).or_default() += 1;
        let sentences: Vec<&str> = refusal.reasons.iter().map(|r| r.sentence.as_str()).collect();
        if let Some(last) = self.recent.back_mut() {
            last.push_str(&format!(" -> refused: {}", sentences.join(" ")));
        }
        match refusal.reasons.iter().find(|r| NEVER.contains(&r.code)) {
            Some(reason) => broken(format!("{} of {} is refused as {}: {}", refusal.transition, refusal.doc, code(reason.code), reason.sentence)),
            None => Ok(()),
        }
    }

    async fn post(&mut self, decisions: &[&Decision]) -> Result<(), ReplayError> {
        for decision in decisions {
            self.auditor.post(decision)?;
        }
        self.auditor.compare().await
    }

    async fn followed(&mut self, followed: &[Followed]) -> Result<(), ReplayError> {
        let decisions: Vec<&Decision> = followed.iter().filter_map(|f| f.decision.as_ref()).collect();
        self.post(&decisions).await
    }

    /// Decides, as a process that has not committed yet.
    async fn decide(&self, command: &Command) -> Result<Option<Box<Decision>>, ReplayError> {
        Ok(self.engine.dry_run(command.clone()).await?.ok().map(Box::new))
    }

    /// Commits what was decided; true where it went through, false where the world had changed.
    async fn commit(&mut self, decision: &Decision) -> Result<bool, ReplayError> {
        match self.store.commit(decision).await {
            Ok(_) => {
                self.tally.done += 1;
                self.post(&[decision]).await?;
                self.changed.insert(decision.document.id.clone());
                Ok(true)
            }
            Err(CommitError::Fault(fault)) => Err(fault.into()),
            Err(_) => {
                *self.tally.faults.entry("commit that lost its race").or_default() += 1;
                Ok(false)
            }
        }
    }

    /// Sends a command that has been committed already: it must be known.
    async fn again(&mut self, command: &Command, revision: u64) -> Sent {
        let outcome = self.send(command).await?;
        match &outcome {
            Outcome::Done(done) if done.repeated() && done.revision == revision => Ok(outcome),
            Outcome::Done(done) => broken(format!("{} made revision {revision}, and {} when it was sent again", command.key, done.revision)),
            Outcome::Refused(refusal) => broken(format!("{} was done, and is refused when it is sent again: {:?}", command.key, refusal.reasons)),
        }
    }

    /// Commits that took long come to their end, whatever others did meanwhile.
    async fn finish_slow(&mut self, now: Timestamp) -> Result<(), ReplayError> {
        let step = self.step;
        while let Some(at) = self.slow.iter().position(|slow| slow.due <= step || slow.command.recorded_at.plus_micros(LONGEST) < now) {
            let slow = self.slow.remove(at);
            if self.commit(&slow.decision).await? {
                self.again(&slow.command, slow.decision.document.revision).await?;
            }
        }
        Ok(())
    }

    async fn go_wrong(&mut self, fault: Fault, command: &Command) -> Result<Option<Outcome>, ReplayError> {
        let dice = self.dice.at(self.step);
        let other = |change: &dyn Fn(&mut Command)| {
            let mut other = Command { key: Key::from(format!("{}:{}", command.key, self.step)), ..command.clone() };
            change(&mut other);
            other
        };
        Ok(match fault {
            Fault::None => None,
            Fault::NobodyCame => Some(unanswered(command)),
            Fault::TimersLate => {
                self.awake = self.awake.max(command.recorded_at.plus_micros(DAY / 24 * i64::try_from(1 + dice.of("hours").below(72)).unwrap_or(1)));
                None
            }
            Fault::WrongPerson => {
                let who = usize::try_from(dice.of("who").below(self.people.len() as u64)).ok().and_then(|n| self.people.get(n)).cloned();
                let tried = other(&|c| c.actor = who.clone().map_or(Actor::System, Actor::Person));
                self.done(&tried).await?
            }
            Fault::Nonsense => {
                let tried = other(&|c| spoil(c, dice.of("nonsense")));
                self.done(&tried).await?
            }
            Fault::ClockAhead => {
                let tried = other(&|c| c.effective_at = c.effective_at.plus_micros(DAY));
                if self.done(&tried).await?.is_some() {
                    return broken(format!("{} happened tomorrow", command.key));
                }
                None
            }
            Fault::EnteredLate => {
                let days = 1 + i64::try_from(dice.of("days").below(20)).unwrap_or(0);
                let tried = other(&|c| c.effective_at = c.effective_at.plus_micros(-days * DAY));
                self.done(&tried).await?
            }
            Fault::SentTwice | Fault::KeyReused => self.sent_twice(fault, command).await?,
            Fault::CrashBefore | Fault::SlowCommit | Fault::CrashAfter | Fault::CrashTakenOver | Fault::Race => {
                let Some(decision) = self.decide(command).await? else { return Ok(None) };
                self.cut_off(fault, command, decision).await?
            }
        })
    }

    /// What came of a command, where it was carried out.
    async fn done(&mut self, command: &Command) -> Result<Option<Outcome>, ReplayError> {
        Ok(Some(self.send(command).await?).filter(|outcome| matches!(outcome, Outcome::Done(_))))
    }

    async fn sent_twice(&mut self, fault: Fault, command: &Command) -> Result<Option<Outcome>, ReplayError> {
        let first = self.send(command).await?;
        let Outcome::Done(done) = &first else { return Ok(Some(first)) };
        if fault == Fault::SentTwice {
            self.again(command, done.revision).await?;
        } else {
            let mut other = command.clone();
            other.input.fields.insert(Name::from("remark"), json!("for something else"));
            match self.send(&other).await? {
                Outcome::Refused(refusal) if refusal.code() == ReasonCode::IdempotencyConflict => {}
                _ => return broken(format!("the key {} is taken for two commands", command.key)),
            }
        }
        Ok(Some(first))
    }

    /// The process dies, or is slow, with a decision in its hands.
    async fn cut_off(&mut self, fault: Fault, command: &Command, decision: Box<Decision>) -> Result<Option<Outcome>, ReplayError> {
        let revision = decision.document.revision;
        match fault {
            Fault::SlowCommit => {
                let due = self.step + 1 + self.dice.at(self.step).of("slow").below(SLOWEST);
                self.slow.push(Slow { due, decision, command: command.clone() });
                return Ok(Some(unanswered(command)));
            }
            Fault::CrashBefore => {
                self.restart().await?;
                return Ok(None);
            }
            _ => {}
        }
        if !self.commit(&decision).await? {
            return broken(format!("nobody else was there, and {} lost a race", command.key));
        }
        if fault == Fault::Race {
            let mut rival = decision.clone();
            rival.event.key = Key::from(format!("{}:{}", command.key, self.step));
            if self.commit(&rival).await? {
                return broken(format!("{} was decided twice on the same, and committed twice", command.key));
            }
        } else {
            self.restart().await?;
        }
        if fault == Fault::CrashTakenOver {
            while let Some(rung) = self.engine.ring(Some(&super::bu()), command.recorded_at).await? {
                self.rang(&rung).await?;
            }
        }
        self.again(command, revision).await.map(Some)
    }

    async fn rang(&mut self, rung: &Rung) -> Result<(), ReplayError> {
        self.tally.ticked.deadlines += rung.ticked.deadlines;
        self.tally.ticked.fired += rung.ticked.fired;
        self.tally.ticked.started += rung.ticked.started;
        self.tally.ticked.refused += rung.ticked.refused;
        self.changed.extend(rung.followed.iter().map(|f| f.document.id.clone()));
        self.followed(&rung.followed).await
    }
}

impl Hands for Wire<'_> {
    async fn execute(&mut self, command: Command) -> Sent {
        self.step += 1;
        self.finish_slow(command.recorded_at).await?;
        let forgotten = matches!(command.action, Action::Fire { .. }) && self.dice.of("forgotten").of(command.doc.as_str()).per_mille(FORGOTTEN);
        let dice = self.dice.of("fault").at(self.step);
        let fault = if forgotten && dice.of("seldom").per_mille(700) { Fault::NobodyCame } else { Fault::drawn(dice) };
        if fault != Fault::None {
            *self.tally.faults.entry(fault.name()).or_default() += 1;
        }
        match self.go_wrong(fault, &command).await? {
            Some(outcome) => {
                // Whoever works on the document has seen less than what happened.
                if let Outcome::Done(done) = &outcome {
                    self.changed.insert(done.document.id.clone());
                    self.changed.extend(done.followed.iter().map(|f| f.document.id.clone()));
                }
                Ok(outcome)
            }
            None => self.send(&command).await,
        }
    }

    async fn ring(&mut self, now: Timestamp) -> Result<Option<Rung>, ReplayError> {
        self.step += 1;
        self.finish_slow(now).await?;
        let Some(rung) = self.engine.ring(Some(&super::bu()), now).await? else { return Ok(None) };
        self.rang(&rung).await?;
        Ok(Some(rung))
    }

    fn asks(&self, due: Timestamp, by: Timestamp) -> Option<Timestamp> {
        Some(due.max(self.awake)).filter(|at| *at <= by)
    }
}

/// What whoever sent a command knows while nobody has answered: to try again later.
fn unanswered(command: &Command) -> Outcome {
    let reasons = vec![Reason::new(ReasonCode::Contended, "nobody has answered yet")];
    Outcome::Refused(Box::new(Refusal { doc: command.doc.clone(), transition: Name::from("sent"), state: None, reasons, allowed: Vec::new() }))
}

/// The word of a code.
fn code(code: ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Something that nobody would type on purpose.
fn spoil(command: &mut Command, dice: Dice) {
    let nonsense = [json!("-5"), json!("0.0001"), json!("99999999999999999999"), json!(""), json!(null), json!([1, 2]), json!("nobody"), json!(true)];
    let value = usize::try_from(dice.of("value").below(nonsense.len() as u64)).ok().and_then(|n| nonsense.get(n)).cloned().unwrap_or_default();
    let lines = command.input.lines.len() as u64;
    let line = usize::try_from(dice.of("line").below(lines + 1)).unwrap_or(0);
    let fields = match command.input.lines.get_mut(line) {
        Some(line) => &mut line.values,
        None => &mut command.input.fields,
    };
    let nth = usize::try_from(dice.of("field").below(fields.len() as u64 + 1)).unwrap_or(0);
    match fields.values_mut().nth(nth) {
        Some(field) => *field = value,
        None => drop(fields.insert(Name::from("nonsense"), value)),
    }
}
