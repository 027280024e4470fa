//! Documents that another has started: what they do until it touches the one that started them; and worlds in which a document that only another
//! can start has been started.
//!
//! What a started document does step by step is proved with its own workflow. Must not know what is looked for.
//! Tests: `prove::tests`.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, PoisonError};

use crate::base::{DocId, Name};
use crate::domain::{Document, Value};
use crate::engine::EngineError;
use crate::model::{ClauseKind, Workflow};

use super::explore::{Explorer, Limits, Seen, play};
use super::ground::{ExploreError, Ground, Start};
use super::key::Situation;
use super::stage::Size;
use super::view::View;
use super::world::{Act, Deed, Tried, World};

/// Situations in which the strides of one started document are looked for.
const CHILD_STATES: usize = 1_000;
/// Ends of a started document that takes nothing from the one that started it.
const ENDS: usize = 2;
/// Documents that start documents that start documents.
const DEEPEST: usize = 3;
/// Situations of a starting workflow in which a start is looked for.
const START_STATES: usize = 250;

/// What a started document does until whoever started it is touched by it, as it was found for one of them: until it takes
/// what that one holds, or ends.
#[derive(Debug, Clone)]
pub struct Stride {
    child: DocId,
    deeds: Vec<Deed>,
}

impl Explorer<'_> {
    /// What becomes of the documents that the one at hand has started, as far as it matters to it.
    pub(super) async fn children(
        &mut self,
        at: usize,
        world: &World,
        view: &View,
        see: &mut (dyn FnMut(&Seen<'_>) -> bool + Send),
    ) -> Result<bool, EngineError> {
        let Some(parent) = world.docs.get(self.about).and_then(|id| view.document(id)).filter(|_| self.depth < DEEPEST) else { return Ok(true) };
        let situation = Situation { view, facts: &self.ground.facts, about: None, enough: self.size.quantity };
        let children: Vec<&Document> = situation.started(parent).collect();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for child in children {
            let alike = alike(view, parent, child);
            if !seen.insert(alike.clone()) {
                continue;
            }
            for stride in self.strides(world, (view, parent, child), alike).await?.iter() {
                let Some((deeds, mut tried)) = retold(world, stride, &child.id).await? else { continue };
                tried.noted.retain(|n| n.doc == parent.id);
                if !self.note(at, deeds, tried, see).await? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The strides of a started document; looked for once for documents that are alike.
    async fn strides(&mut self, world: &World, (view, parent, child): (&View, &Document, &Document), alike: String) -> Result<Arc<Vec<Stride>>, EngineError> {
        if let Some(known) = self.strides.get(&alike) {
            return Ok(Arc::clone(known));
        }
        let Some(about) = world.docs.iter().position(|d| *d == child.id) else { return Ok(Arc::default()) };
        let facts = |doc: &Document| self.ground.facts.get(&doc.workflow);
        let takes = matches!((facts(child), facts(parent)), (Some(child), Some(parent)) if child.takes_from(parent));
        let limits = Limits { states: CHILD_STATES, imagine: false };
        let start = Start { world: world.clone(), before: Vec::new(), about };
        let mut inner = Explorer::new(self.ground, self.size, limits, vec![start]);
        inner.depth = self.depth + 1;
        inner.started_by = Some((parent.id.clone(), held(view, &parent.id)));
        std::mem::swap(&mut inner.strides, &mut self.strides);
        boxed(&mut inner, child, if takes { usize::MAX } else { ENDS }).await?;
        let ended = inner.nodes.iter().enumerate().filter(|(_, n)| n.ended).map(|(n, _)| n);
        let found: Vec<Stride> = ended.map(|n| Stride { child: child.id.clone(), deeds: inner.path(n) }).collect();
        std::mem::swap(&mut inner.strides, &mut self.strides);
        self.tried += inner.tried;
        self.cut |= inner.cut && (takes || found.is_empty());
        let found = Arc::new(found);
        self.strides.insert(alike, Arc::clone(&found));
        Ok(found)
    }
}

/// Explores a started document until it has been seen to end in so many ways.
fn boxed<'f>(inner: &'f mut Explorer<'_>, child: &'f Document, ways: usize) -> Pin<Box<dyn Future<Output = Result<(), EngineError>> + 'f>> {
    Box::pin(async move {
        let Some(workflow) = inner.ground.workflow(&child.workflow).cloned() else { return Ok(()) };
        let mut ends: BTreeSet<(Name, Name)> = BTreeSet::new();
        let mut see = |seen: &Seen<'_>| {
            let own = seen.noted.iter().filter(|n| n.doc == child.id);
            let ended = own.filter_map(|n| n.outcome.as_ref().ok().map(|to| (n.transition.clone(), to.clone())));
            ends.extend(ended.filter(|(_, to)| workflow.state(to.as_str()).is_some_and(|s| s.is_final)));
            ends.len() < ways
        };
        inner.run(&child.workflow, &mut see).await
    })
}

/// What a document holds, as texts.
pub(super) fn held(view: &View, doc: &DocId) -> Vec<String> {
    let mut held: Vec<String> = view.held(doc).map(|b| format!("{}{}{}", b.position.bin, b.part, b.quantity)).collect();
    held.sort();
    held
}

/// What tells one started document from another.
fn alike(view: &View, parent: &Document, child: &Document) -> String {
    let lines: Vec<String> = child.lines.iter().map(|l| format!("{:?}", l.values)).collect();
    let told = |v: &Value| matches!(v, Value::Name(_) | Value::Party(_)).then(|| v.to_string());
    let choices: Vec<String> = child.fields.values().filter_map(told).collect();
    let held = |doc: &DocId| held(view, doc).join(",");
    format!("{}{}{}|{}|{}|{}", child.workflow, child.state, choices.concat(), lines.concat(), held(&child.id), held(&parent.id))
}

/// The same stride for another document that is alike.
async fn retold(world: &World, stride: &Stride, child: &DocId) -> Result<Option<(Vec<Deed>, Tried)>, EngineError> {
    let mut done: Vec<Deed> = Vec::new();
    let mut all = Tried { world: Some(world.clone()), noted: Vec::new(), refusal: None, asked: Vec::new() };
    for deed in &stride.deeds {
        let Some(now) = &all.world else { return Ok(None) };
        let mut deed = deed.clone();
        match &mut deed.act {
            Act::Fire { doc, .. } | Act::Open { doc, .. } => *doc = renamed(doc, &stride.child, child),
            Act::Wait(until) => {
                let Some(next) = now.timers().await?.into_iter().find(|t| t.doc.as_str().starts_with(child.as_str())) else { return Ok(None) };
                *until = next.timer.due_at;
            }
        }
        let tried = play(now, std::slice::from_ref(&deed)).await?;
        if tried.refusal.is_some() {
            return Ok(None);
        }
        all.noted.extend(tried.noted);
        all.world = tried.world;
        done.push(deed);
    }
    Ok(Some((done, all)))
}

fn renamed(doc: &DocId, from: &DocId, to: &DocId) -> DocId {
    match doc.as_str().strip_prefix(from.as_str()) {
        Some(rest) => DocId::from(format!("{to}{rest}")),
        None => doc.clone(),
    }
}

impl Ground {
    /// Worlds in which documents of a workflow begin: empty ones where somebody can open them, else those in which another
    /// document has started one.
    ///
    /// # Errors
    /// The stage cannot be set.
    pub async fn starts(&self, workflow: &Name, size: Size) -> Result<Vec<Start>, ExploreError> {
        let Some(declared) = self.workflow(workflow) else { return Ok(Vec::new()) };
        if opened_by_people(declared) || self.starters(workflow).is_empty() {
            return Ok(vec![Start { world: self.world(workflow, size).await?, before: Vec::new(), about: 0 }]);
        }
        let begun = || self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        let known = begun().iter().find(|(w, s, _)| w == workflow && *s == size).map(|(.., starts)| starts.clone());
        if let Some(known) = known {
            return Ok(known);
        }
        let mut starts = Vec::new();
        for starter in self.starters(workflow) {
            starts.extend(self.started_by(&starter, workflow, size).await?);
        }
        begun().push((workflow.clone(), size, starts.clone()));
        Ok(starts)
    }

    /// Other workflows that start documents of this one.
    fn starters(&self, workflow: &Name) -> Vec<Name> {
        let starts = |(name, facts): (&Name, &super::facts::Facts)| (name != workflow && facts.starts.contains(workflow)).then(|| name.clone());
        self.facts.iter().filter_map(starts).collect()
    }

    async fn started_by(&self, starter: &Name, workflow: &Name, size: Size) -> Result<Vec<Start>, ExploreError> {
        let Some(declared) = self.workflow(starter).cloned() else { return Ok(Vec::new()) };
        let limits = Limits { states: START_STATES, imagine: false };
        let from: Vec<Start> = Box::pin(self.starts(starter, size)).await?;
        let clauses = start_clauses(&declared, workflow);
        let mut explorer = Explorer::new(self, size, limits, from);
        explorer.keeps = true;
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut see = |s: &Seen<'_>| {
            let opened = s.noted.iter().filter(|n| n.workflow.as_ref() == Some(workflow) && n.from.is_none() && n.outcome.is_ok());
            seen.extend(opened.map(|_| last_transition(s.deeds)));
            seen.len() < clauses
        };
        let mut found = Begins { ground: self, workflow, most: clauses.max(1) * 2, told: BTreeSet::new(), looked: 0, starts: Vec::new() };
        let mut at = 0;
        while !found.look(&explorer).await? && explorer.step(at, &declared, &mut see).await? {
            at += 1;
        }
        found.look(&explorer).await?;
        Ok(found.starts)
    }
}

/// The worlds in which documents of a workflow begin, as they are found: the nearest of each kind.
struct Begins<'b> {
    ground: &'b Ground,
    workflow: &'b Name,
    /// More are not wanted.
    most: usize,
    told: BTreeSet<String>,
    looked: usize,
    starts: Vec<Start>,
}

impl Begins<'_> {
    /// Looks through the situations that were found since; true where there are enough.
    async fn look(&mut self, explorer: &Explorer<'_>) -> Result<bool, EngineError> {
        for n in self.looked..explorer.nodes.len() {
            if self.starts.len() >= self.most {
                return Ok(true);
            }
            let Some((node, world)) = explorer.nodes.get(n).and_then(|node| Some((node, node.world.as_ref()?))) else { continue };
            let known = match &node.view {
                Some(_) => None,
                None => Some(View::of(world, &self.ground.facts).await?),
            };
            let Some(view) = node.view.as_ref().or(known.as_ref()) else { continue };
            let running = |d: &&Document| d.workflow == *self.workflow && !d.ended;
            let Some(document) = view.documents.iter().find(running) else { continue };
            let parent = document.parent.as_ref().and_then(|p| view.document(p)).unwrap_or(document);
            if let Some(about) = world.docs.iter().position(|d| *d == document.id)
                && self.told.insert(alike(view, parent, document))
            {
                self.starts.push(Start { before: explorer.path(n), world: world.clone(), about });
            }
        }
        self.looked = explorer.nodes.len();
        Ok(self.starts.len() >= self.most)
    }
}

fn last_transition(deeds: &[Deed]) -> String {
    match deeds.last().map(|d| &d.act) {
        Some(Act::Fire { transition, .. } | Act::Open { transition, .. }) => transition.to_string(),
        Some(Act::Wait(_)) => "clock".to_owned(),
        None => String::new(),
    }
}

/// Whether somebody else than the engine opens these documents.
fn opened_by_people(workflow: &Workflow) -> bool {
    workflow.transitions.iter().filter(|t| t.opens()).any(|t| t.by.iter().any(|r| *r != "system"))
}

fn start_clauses(workflow: &Workflow, started: &Name) -> usize {
    let mut count = 0;
    for transition in &workflow.transitions {
        crate::check::walk::clauses(&transition.body, &mut |clause| {
            count += usize::from(matches!(&clause.kind, ClauseKind::Start(spec) if spec.workflow == *started));
        });
    }
    count
}
