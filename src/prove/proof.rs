//! Proves a whole book: each workflow on stages of several sizes, side by side on all processors; what is found becomes a
//! finding with its story, and what was not looked at is said.
//!
//! Must not know how it is shown. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::base::{Diagnostic, Name, Severity, Span};
use crate::check::walk;
use crate::domain::ReasonCode;
use crate::model::{Book, ClauseKind, ObligationVerb, Workflow};
use crate::rules::Rules;

use super::explore::{Explorer, Limits};
use super::findings as say;
use super::ground::{ExploreError, Ground};
use super::linear;
use super::stage::Size;
use super::story::{End, Story, tell};
use super::verdict::{Evidence, Verdict, never_fired, never_held, stuck};

/// Situations of one workflow that are looked at, where nobody says how many.
pub const BUDGET: usize = 500;
/// How much longer the stories of a workflow take than its sums, as a rule.
const STORIES_TO_SUMS: usize = 3;

/// What to prove.
#[derive(Debug, Clone)]
pub struct Options {
    /// Situations at most, for each workflow.
    pub budget: usize,
    /// Only these workflows; all where it is empty.
    pub only: BTreeSet<Name>,
    /// Go no further than the first story that plays again and shows that something is left behind.
    pub first: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { budget: BUDGET, only: BTreeSet::new(), first: false }
    }
}

/// Something that a proof found.
#[derive(Debug)]
pub struct Finding {
    /// In words, with its place.
    pub diagnostic: Diagnostic,
    /// The story that shows it.
    pub story: Option<Story>,
}

/// What was proved of one workflow.
#[derive(Debug)]
pub struct Proved {
    /// The workflow.
    pub workflow: Name,
    /// Situations that were looked at.
    pub states: usize,
    /// Acts that were tried.
    pub tried: usize,
    /// The sizes at which everything was looked at.
    pub whole: Vec<Size>,
    /// The sizes at which the budget ended before everything was looked at.
    pub cut: Vec<Size>,
    /// Whether nothing can be left behind whatever the quantities are, by its numbers and not by trying.
    pub for_all: bool,
    /// Why that was not proved; absent where it was.
    pub not_for_all: Option<String>,
    /// What was found.
    pub findings: Vec<Finding>,
    /// Whether nobody could open a document on the stage.
    pub unopened: bool,
    /// Transitions that were tried and never carried out: what comes after them was not looked at.
    pub unseen: Vec<Name>,
    /// The fault that ended it, if one did.
    pub fault: Option<String>,
}

impl Proved {
    /// Whether everything was looked at.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.fault.is_none() && !self.unopened && self.cut.is_empty()
    }

    /// Whether nothing is left behind, as far as it was looked at, and nothing kept that from being looked at.
    #[must_use]
    pub fn holds(&self) -> bool {
        let looked = self.fault.is_none() && !self.unopened && (self.for_all || self.unseen.is_empty());
        looked && !self.findings.iter().any(|f| f.diagnostic.severity == Severity::Error)
    }
}

/// One exploration: of stories of a size, with the answers of the book's rules or with all that they could be.
struct Round {
    size: Size,
    imagine: bool,
    /// Another of the same size goes further.
    first: bool,
    /// Of a hundred situations, how many are for this one, beside those that the others before have left.
    share: usize,
}

/// The explorations of a workflow: the shortest stories come first, and those that need nothing imagined.
fn rounds() -> Vec<Round> {
    let plain = Size { lines: 1, quantity: 2, shelf: 6, serial: false };
    let short = Size { shelf: 1, ..plain };
    let unit = Size { lines: 1, quantity: 1, shelf: 3, serial: true };
    let two = Size { lines: 2, quantity: 1, shelf: 3, serial: false };
    let round = |size, imagine, share| Round { size, imagine, first: size == plain && !imagine, share };
    vec![round(plain, false, 30), round(plain, true, 25), round(short, true, 15), round(unit, false, 15), round(two, false, 15)]
}

/// What one thread does at a time.
#[derive(Clone, Copy)]
enum Part {
    /// Tells stories of small quantities.
    Stories,
    /// Follows the sums of all quantities.
    Sums,
}

/// Proves all workflows of a book, or those that are asked for.
#[must_use]
pub fn prove(book: &Arc<Book>, rules: &Arc<Rules>, options: &Options) -> Vec<Proved> {
    let ground = Ground::new(Arc::clone(book), Arc::clone(rules));
    let workflows = book.workflows.iter().filter(|(name, _)| options.only.is_empty() || options.only.contains(*name));
    let cost = |w: &Workflow, part| w.transitions.len() * if matches!(part, Part::Stories) { STORIES_TO_SUMS } else { 1 };
    let mut tasks: Vec<(&Name, &Workflow, Part)> = workflows.flat_map(|(name, w)| [(name, &**w, Part::Stories), (name, &**w, Part::Sums)]).collect();
    // What takes longest begins first, so that nobody waits for it at the end.
    tasks.sort_by_key(|(_, w, part)| std::cmp::Reverse(cost(w, *part)));
    let (next, told, summed) = (AtomicUsize::new(0), Mutex::new(Vec::new()), Mutex::new(BTreeMap::new()));
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(tasks.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((name, workflow, part)) = tasks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match part {
                        Part::Stories => {
                            let proved = alone(&ground, name, options);
                            told.lock().unwrap_or_else(PoisonError::into_inner).push(proved);
                        }
                        Part::Sums => {
                            let why_not = linear::prove(book, workflow).err();
                            summed.lock().unwrap_or_else(PoisonError::into_inner).insert((*name).clone(), why_not);
                        }
                    }
                }
            });
        }
    });
    let mut proved: Vec<Proved> = told.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut summed = summed.into_inner().unwrap_or_else(PoisonError::into_inner);
    for one in proved.iter_mut().filter(|p| p.fault.is_none() && p.not_for_all.is_none()) {
        one.not_for_all = summed.remove(&one.workflow).flatten();
        one.for_all = one.not_for_all.is_none();
    }
    proved.sort_by(|a: &Proved, b: &Proved| a.workflow.cmp(&b.workflow));
    proved
}

fn alone(ground: &Ground, name: &Name, options: &Options) -> Proved {
    let mut proved = Proved {
        workflow: name.clone(),
        states: 0,
        tried: 0,
        whole: Vec::new(),
        cut: Vec::new(),
        for_all: false,
        not_for_all: None,
        findings: Vec::new(),
        unopened: false,
        unseen: Vec::new(),
        fault: None,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let done = match runtime {
        Ok(runtime) => runtime.block_on(one(ground, name, options, &mut proved)).map_err(|e| e.to_string()),
        Err(fault) => Err(fault.to_string()),
    };
    proved.fault = done.err();
    proved
}

async fn one(ground: &Ground, name: &Name, options: &Options, proved: &mut Proved) -> Result<(), ExploreError> {
    let Some(workflow) = ground.book.workflows.get(name).cloned() else { return Ok(()) };
    let mut verdict = Verdict::default();
    let mut told: BTreeSet<(&'static str, Span)> = BTreeSet::new();
    let mut left = 0;
    for (round, Round { size, imagine, first, share }) in rounds().iter().enumerate() {
        left += (options.budget * share).div_ceil(100);
        let states = left;
        let starts = ground.starts(name, *size).await?;
        let mut explorer = Explorer::new(ground, *size, Limits { states, imagine: *imagine }, starts);
        explorer
            .run(name, &mut |seen| {
                verdict.see(&ground.book, &workflow, round, seen);
                verdict.endless.is_empty() && !(options.first && verdict.shown())
            })
            .await?;
        proved.states += explorer.nodes.len();
        left = left.saturating_sub(explorer.nodes.len());
        proved.tried += explorer.tried;
        let stopped = !verdict.endless.is_empty() || (options.first && verdict.shown());
        match (explorer.cut || stopped, *first) {
            (true, false) => proved.cut.push(*size),
            (false, false) => proved.whole.push(*size),
            (_, true) => {}
        }
        let found = Found { ground, workflow: &workflow, size: *size, explorer: &explorer };
        for finding in found.all(&verdict, round).await? {
            if told.insert((finding.diagnostic.code, finding.diagnostic.span())) {
                proved.findings.push(finding);
            }
        }
        if stopped {
            break;
        }
    }
    if !proved.findings.is_empty() {
        proved.not_for_all = Some("a story shows that something is wrong".to_owned());
    }
    proved.unopened = verdict.entered.is_empty();
    if proved.cut.is_empty() && !proved.unopened {
        proved.unseen = never_fired(&workflow, &verdict).map(|t| t.name.clone()).collect();
    }
    if proved.cut.is_empty() && !proved.unopened && proved.findings.is_empty() {
        proved.findings.extend(idle(ground, &workflow, &verdict));
    }
    Ok(())
}

/// What nobody does: timers, transitions and branches.
fn idle(ground: &Ground, workflow: &Workflow, verdict: &Verdict) -> Vec<Finding> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for transition in never_fired(workflow, verdict) {
        let timer = transition.triggers.iter().any(crate::model::Trigger::by_clock);
        let name = transition.name.as_str();
        let hindrance = verdict.hindrance(&transition.name);
        let hindrance = hindrance.as_deref();
        found.push(if timer { say::timer_never_fires(transition.head, name, hindrance) } else { say::never_fired(transition.head, name, hindrance) });
    }
    for transition in &workflow.transitions {
        let clocked = transition.triggers.iter().any(crate::model::Trigger::by_clock);
        if clocked && verdict.fired.contains(&transition.name) && !verdict.rung.contains(&transition.name) {
            found.push(say::timer_never_fires(transition.head, transition.name.as_str(), None));
        }
    }
    found.extend(never_held(workflow, verdict).into_iter().map(|span| say::never_taken(span, ground.book.sources.text(span))));
    found.into_iter().map(|diagnostic| Finding { diagnostic, story: None }).collect()
}

/// What one exploration found.
pub(super) struct Found<'f> {
    pub(super) ground: &'f Ground,
    pub(super) workflow: &'f Workflow,
    pub(super) size: Size,
    pub(super) explorer: &'f Explorer<'f>,
}

impl Found<'_> {
    async fn all(&self, verdict: &Verdict, round: usize) -> Result<Vec<Finding>, ExploreError> {
        let mut found = Vec::new();
        for (_, evidence) in verdict.leaks.values().filter(|(r, _)| *r == round) {
            found.push(self.leak(evidence).await?);
        }
        for (span, (_, evidence)) in verdict.broken.iter().filter(|(_, (r, _))| *r == round) {
            let story = self.story(evidence, format!("{} finds less than was set aside", evidence.transition)).await?;
            let outcome = say::outcome(&evidence.reasons);
            found.push(Finding { diagnostic: say::promise_broken(*span, evidence.transition.as_str(), &story.words, &outcome), story: Some(story) });
        }
        for (_, evidence, turn) in verdict.endless.values().filter(|(r, ..)| *r == round) {
            let path = self.path(evidence);
            let state = self.workflow.states.first().map_or_else(|| Name::from(""), |s| s.name.clone());
            let end = End::Stays { doc: evidence.doc.clone(), state };
            let mut story = tell(self.ground, &self.workflow.name, self.size, "a chain without end".to_owned(), &path, &end).await?;
            story.scenario.steps.pop();
            let turn: Vec<String> = turn.iter().map(|t| format!("`{t}`")).collect();
            let head = self.workflow.transition(evidence.transition.as_str()).map_or(self.workflow.span, |t| t.head);
            found.push(Finding { diagnostic: say::endless(head, &turn.join(", "), &story.words), story: Some(story) });
        }
        // Of serial numbers only those are named that stand in the bin at hand: who is stuck there may have named others. And
        // what waits for a shelf to be filled is not stuck.
        let told = !self.size.serial && self.size.shelf > self.size.quantity;
        for at in stuck(self.explorer).into_iter().filter(|_| told) {
            found.extend(self.without_end(at).await?);
        }
        Ok(found)
    }

    fn path(&self, evidence: &Evidence) -> Vec<super::world::Deed> {
        self.explorer.path(evidence.node).into_iter().chain(evidence.deeds.iter().cloned()).collect()
    }

    async fn story(&self, evidence: &Evidence, title: String) -> Result<Story, ExploreError> {
        let end = End::Refused { doc: evidence.doc.clone(), transition: evidence.transition.clone(), reasons: evidence.reasons.clone() };
        tell(self.ground, &self.workflow.name, self.size, title, &self.path(evidence), &end).await
    }

    async fn leak(&self, evidence: &Evidence) -> Result<Finding, ExploreError> {
        let name = &self.workflow.name;
        let story = self.story(evidence, format!("{name}: {} leaves something behind", evidence.transition)).await?;
        let transition = self.workflow.transition(evidence.transition.as_str());
        let head = transition.map_or(self.workflow.span, |t| t.head);
        let first = evidence.reasons.first();
        let state = first.and_then(|r| r.sentence.split('`').rev().nth(1)).unwrap_or_default();
        let outcome = say::outcome(&evidence.reasons);
        let diagnostic = match first.map(|r| r.code) {
            Some(ReasonCode::PartsLeftBehind) => {
                let bin = first.and_then(say::left_in).unwrap_or_default();
                let (place, filled) = self.filled(&bin);
                say::leak(head, filled, (&place, state), &story.words, &outcome)
            }
            Some(ReasonCode::ReverseOpen) => match self.never_closed() {
                Some((span, paper)) => say::reverse_for_ever(span, paper.as_str(), &story.words, &outcome),
                None => say::open_reverse(head, state, &story.words, &outcome),
            },
            _ => match first.and_then(say::owed_as).and_then(|kind| self.never_settled(kind)) {
                Some((span, kind)) => say::owed_for_ever(span, kind.as_str(), &story.words, &outcome),
                None => say::open_obligation(head, state, &story.words, &outcome),
            },
        };
        Ok(Finding { diagnostic, story: Some(story) })
    }

    /// The first clause that is so.
    fn clause<'c>(&'c self, mut wanted: impl FnMut(&'c ClauseKind) -> bool) -> Option<Span> {
        let mut found = None;
        for transition in &self.workflow.transitions {
            walk::clauses(&transition.body, &mut |clause| {
                if found.is_none() && wanted(&clause.kind) {
                    found = Some(clause.span);
                }
            });
        }
        found
    }

    pub(super) fn owes(&self, kind: &Name) -> Option<Span> {
        self.clause(|c| matches!(c, ClauseKind::Obligation(spec) if spec.verb == ObligationVerb::Owe && spec.kind == *kind))
    }

    pub(super) fn issues(&self, paper: &Name) -> Option<Span> {
        self.clause(|c| matches!(c, ClauseKind::Issue { document, with_reverse: true, .. } if document == paper))
    }

    /// Where a kind is owed that no clause settles, waives or debits.
    fn never_settled(&self, kind: Name) -> Option<(Span, Name)> {
        let settled = self.clause(|c| matches!(c, ClauseKind::Obligation(spec) if spec.verb != ObligationVerb::Owe && spec.kind == kind));
        if settled.is_some() { None } else { Some((self.owes(&kind)?, kind)) }
    }

    /// Where a paper is issued whose reverse no clause closes.
    fn never_closed(&self) -> Option<(Span, Name)> {
        let mut papers: Vec<&Name> = Vec::new();
        self.clause(|c| {
            if let ClauseKind::Issue { document, with_reverse: true, .. } = c {
                papers.push(document);
            }
            false
        });
        let closed = |paper: &Name| self.clause(|c| matches!(c, ClauseKind::CloseReverse(closed) if closed == paper)).is_some();
        let paper = papers.into_iter().find(|paper| !closed(paper))?;
        Some((self.issues(paper)?, paper.clone()))
    }

    /// A bin as the flow writes it, and the clause that first puts something there.
    fn filled(&self, bin: &str) -> (String, Option<Span>) {
        let mut found = None;
        for transition in &self.workflow.transitions {
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Move(spec) = &clause.kind
                    && spec.to.bin == *bin
                    && found.is_none()
                {
                    let party = spec.to.party.as_ref().map_or_else(String::new, |p| format!("{p}."));
                    found = Some((format!("{party}{bin}"), clause.span));
                }
            });
        }
        found.map_or_else(|| (bin.to_owned(), None), |(place, span)| (place, Some(span)))
    }
}
