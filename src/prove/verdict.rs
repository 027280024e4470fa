//! What an exploration shows: parts left behind, promises that are not kept, situations without a way out, branches that
//! nobody takes.
//!
//! Must not know how situations are found. Tests: `tests/it/proofs.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DocId, Name, Span};
use crate::check::walk;
use crate::domain::{Actor, Reason, ReasonCode};
use crate::model::{Ask, Book, Clause, ClauseKind, ExprKind, MoveQuantity, MoveSpec, Transition, Trigger, Workflow};

use super::explore::{Explorer, Seen};
use super::world::Deed;

/// Reasons that only a document's end can give.
const LEFT: [ReasonCode; 3] = [ReasonCode::PartsLeftBehind, ReasonCode::ObligationOpen, ReasonCode::ReverseOpen];
/// No chain of transitions is as long as this unless it has no end.
const ENDLESS: usize = 500;

/// A story that shows something, as it was found.
#[derive(Debug, Clone)]
pub struct Evidence {
    /// The situation it starts from.
    pub node: usize,
    /// What is done there.
    pub deeds: Vec<Deed>,
    /// The document.
    pub doc: DocId,
    /// The transition that is refused.
    pub transition: Name,
    /// Why.
    pub reasons: Vec<Reason>,
    /// Whether a rule has to answer what no layer of the book does.
    pub imagined: bool,
}

/// What has been seen of one workflow, over explorations of several sizes.
#[derive(Debug, Default)]
pub struct Verdict {
    /// What is left behind: by transition and code, the first story.
    pub leaks: BTreeMap<(Name, ReasonCode), (usize, Evidence)>,
    /// Moves that find less than was set aside: by the place of the move.
    pub broken: BTreeMap<Span, (usize, Evidence)>,
    /// Chains without end: by the transition that begins them.
    pub endless: BTreeMap<Name, (usize, Evidence, Vec<Name>)>,
    /// Conditions that have held.
    pub held: BTreeSet<Span>,
    /// Transitions that were carried out.
    pub fired: BTreeSet<Name>,
    /// Transitions that the clock has fired.
    pub rung: BTreeSet<Name>,
    /// States that were entered.
    pub entered: BTreeSet<Name>,
    /// What was in the way of transitions: by where it stands, how often, and what it said first.
    pub in_the_way: BTreeMap<Name, BTreeMap<String, (usize, String)>>,
}

impl Verdict {
    /// Takes note of what was tried, in the n-th exploration.
    pub fn see(&mut self, book: &Book, workflow: &Workflow, round: usize, seen: &Seen<'_>) {
        let mine = seen.noted.iter().filter(|n| n.workflow.as_ref() == Some(&workflow.name));
        for noted in mine {
            let evidence = |reasons: Vec<Reason>| Evidence {
                node: seen.node,
                deeds: seen.deeds.to_vec(),
                doc: noted.doc.clone(),
                transition: noted.transition.clone(),
                reasons,
                imagined: seen.imagined,
            };
            self.held.extend(noted.checks.iter().filter(|(_, held)| *held).map(|(span, _)| *span));
            if let Err(reasons) = &noted.outcome {
                self.hindered(&noted.transition, reasons);
            }
            match &noted.outcome {
                Ok(to) => {
                    self.fired.insert(noted.transition.clone());
                    self.entered.insert(to.clone());
                    if noted.actor == Actor::System && clocked(workflow, &noted.transition) {
                        self.rung.insert(noted.transition.clone());
                    }
                }
                Err(reasons) if noted.refused_only_for(&LEFT) => {
                    let Some(first) = reasons.first() else { continue };
                    let found = (round, evidence(reasons.clone()));
                    keep(&mut self.leaks, (noted.transition.clone(), first.code), found, |(_, e)| e.imagined);
                }
                Err(reasons) if noted.refused_only_for(&[ReasonCode::NotEnough]) => {
                    let broken = reasons.iter().find_map(|r| promised(book, workflow, &noted.transition, r));
                    if let Some(span) = broken {
                        keep(&mut self.broken, span, (round, evidence(reasons.clone())), |(_, e)| e.imagined);
                    }
                }
                Err(_) => {}
            }
        }
        if seen.noted.len() >= ENDLESS
            && let Some(first) = seen.noted.first()
        {
            let mut turn: Vec<Name> = Vec::new();
            for noted in seen.noted.iter().skip(ENDLESS / 2) {
                if turn.contains(&noted.transition) {
                    break;
                }
                turn.push(noted.transition.clone());
            }
            let evidence = Evidence {
                node: seen.node,
                deeds: seen.deeds.to_vec(),
                doc: first.doc.clone(),
                transition: first.transition.clone(),
                reasons: Vec::new(),
                imagined: seen.imagined,
            };
            let key = turn.iter().min().cloned().unwrap_or_else(|| first.transition.clone());
            keep(&mut self.endless, key, (round, evidence, turn), |(_, e, _)| e.imagined);
        }
    }

    fn hindered(&mut self, transition: &Name, reasons: &[Reason]) {
        let way = self.in_the_way.entry(transition.clone()).or_default();
        for reason in reasons.iter().filter(|r| matches!(r.code, ReasonCode::Guard | ReasonCode::RuleFault | ReasonCode::NotEnough)) {
            let place = reason.place.as_ref().map_or_else(String::new, |at| format!(" ({}:{})", at.file, at.line));
            let known = way.entry(place).or_insert_with(|| (0, reason.sentence.clone()));
            known.0 += 1;
        }
    }

    /// What was in the way of a transition most often, and where it stands.
    #[must_use]
    pub fn hindrance(&self, transition: &Name) -> Option<String> {
        let (place, (_, said)) = self.in_the_way.get(transition)?.iter().max_by_key(|(_, (often, _))| *often)?;
        Some(format!("\"{said}\"{place}"))
    }

    /// True where a story that needs nothing imagined shows that something is left behind.
    #[must_use]
    pub fn shown(&self) -> bool {
        self.leaks.values().any(|(_, evidence)| !evidence.imagined)
    }
}

/// Keeps the first story, unless a later one needs nothing imagined.
fn keep<K: Ord, E>(among: &mut BTreeMap<K, E>, key: K, found: E, imagined: impl Fn(&E) -> bool) {
    match among.get(&key) {
        Some(known) if !imagined(known) || imagined(&found) => {}
        _ => {
            among.insert(key, found);
        }
    }
}

fn clocked(workflow: &Workflow, transition: &Name) -> bool {
    workflow.transition(transition.as_str()).is_some_and(|t| t.triggers.iter().any(Trigger::by_clock))
}

/// The move that a lack of parts stands at, where it takes what was set aside for the document and the quantity is not what
/// the actor has just given.
fn promised(book: &Book, workflow: &Workflow, transition: &Name, reason: &Reason) -> Option<Span> {
    let place = reason.place.as_ref()?;
    let transition = workflow.transition(transition.as_str())?;
    let asked = asked(&transition.body);
    let mut found = None;
    walk::clauses(&transition.body, &mut |clause| {
        if let ClauseKind::Move(spec) = &clause.kind {
            let stands = book.sources.file(spec.from.span.file).is_some_and(|f| {
                let (line, column) = f.line_column(spec.from.span.start);
                f.name == place.file && line == place.line as usize && column == place.column as usize
            });
            if stands && spec.from.clearing && !given(spec, &asked) {
                found = Some(spec.from.span);
            }
        }
    });
    found
}

fn asked(body: &[Clause]) -> BTreeSet<Name> {
    let mut names = BTreeSet::new();
    walk::clauses(body, &mut |clause| {
        if let ClauseKind::Ask(asks) = &clause.kind {
            names.extend(asks.iter().map(|a: &Ask| a.field.clone()));
        }
    });
    names
}

fn given(spec: &MoveSpec, asked: &BTreeSet<Name>) -> bool {
    let (MoveQuantity::Exactly(quantity) | MoveQuantity::UpTo(quantity)) = &spec.quantity else { return false };
    let mut given = false;
    walk::expr(quantity, &mut |e| {
        if let ExprKind::LineField(name) | ExprKind::Field(name) = &e.kind {
            given |= asked.contains(name);
        }
    });
    given
}

/// Situations from which no end can be reached, of those whose every way on was looked at: the nearest of each state.
#[must_use]
pub fn stuck(explorer: &Explorer<'_>) -> Vec<usize> {
    let nodes = &explorer.nodes;
    let mut ways_back: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    let mut open: Vec<usize> = Vec::new();
    for (at, node) in nodes.iter().enumerate() {
        for to in &node.next {
            if let Some(back) = ways_back.get_mut(*to) {
                back.push(at);
            }
        }
        // An end, or a situation in which not everything was tried: nothing is claimed about it.
        if node.ended || !node.expanded {
            open.push(at);
        }
    }
    let mut fine: BTreeSet<usize> = open.iter().copied().collect();
    while let Some(at) = open.pop() {
        for from in ways_back.get(at).into_iter().flatten() {
            if fine.insert(*from) {
                open.push(*from);
            }
        }
    }
    let mut told: BTreeSet<Option<Name>> = BTreeSet::new();
    let lost = nodes.iter().enumerate().filter(|(at, node)| !fine.contains(at) && node.state.is_some());
    lost.filter(|(_, node)| told.insert(node.state.clone())).map(|(at, _)| at).collect()
}

/// Conditions behind `when` that never held: of clauses that change something, in transitions that were carried out.
#[must_use]
pub fn never_held(workflow: &Workflow, verdict: &Verdict) -> Vec<Span> {
    let mut spans = Vec::new();
    for transition in workflow.transitions.iter().filter(|t| verdict.fired.contains(&t.name)) {
        walk::clauses(&transition.body, &mut |clause| {
            if let Some(when) = &clause.when
                && !verdict.held.contains(&when.span)
            {
                spans.push(when.span);
            }
        });
    }
    spans
}

/// Transitions that nobody could carry out, though their state was entered.
pub fn never_fired<'w>(workflow: &'w Workflow, verdict: &'w Verdict) -> impl Iterator<Item = &'w Transition> {
    let entered = |t: &&Transition| t.from.iter().any(|s| verdict.entered.contains(s));
    workflow.transitions.iter().filter(entered).filter(|t| !verdict.fired.contains(&t.name) && t.approves.is_none() && !t.changes_nothing())
}
