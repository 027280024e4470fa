//! Breadth first through everything that can happen to a document: who does what, with which small quantities, what the
//! rules could answer, what the clock brings, and what becomes of the documents that are started.
//!
//! The engine decides each step on a copy of the world. Must not know what is looked for: see `Seen`. Tests: `prove::tests`.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::base::{DocId, Name};
use crate::domain::{Document, ReasonCode};
use crate::engine::EngineError;
use crate::model::{Book, Goal, Transition, Workflow};

use super::answers::alternatives;
use super::children::{Stride, held};
use super::choices::{actor, firings, openings, parties, system};
use super::ground::{Ground, Start};
use super::key::Situation;
use super::stage::{self, Size};
use super::view::{UnitsOf, View};
use super::world::{Act, Deed, Noted, Tried, World};

/// Started documents that run together and matter; what would start more is not followed.
const MOST_STARTED: usize = 3;

/// Something that was tried, for whoever looks for something.
#[derive(Debug)]
pub struct Seen<'a> {
    /// The situation in which it was tried.
    pub node: usize,
    /// What was done.
    pub deeds: &'a [Deed],
    /// Everything that the engine decided.
    pub noted: &'a [Noted],
    /// Whether it was refused.
    pub refused: bool,
    /// Whether it, or what led to it, needs a rule to answer what no layer of the book does.
    pub imagined: bool,
}

/// A situation.
#[derive(Debug)]
pub struct Node {
    pub(super) world: Option<World>,
    /// What stands in it, where that has been looked at.
    pub(super) view: Option<View>,
    /// From which situation, by what; none for those in which the exploration begins.
    pub parent: Option<(Option<usize>, Vec<Deed>)>,
    about: usize,
    /// The document it is about; none before it is opened.
    doc: Option<DocId>,
    /// The situations that follow.
    pub next: Vec<usize>,
    /// The state of the first document; none before it is opened.
    pub state: Option<Name>,
    /// Whether the first document has ended, or come to where whoever started it must be asked what happens next.
    pub ended: bool,
    /// Whether everything was tried here.
    pub expanded: bool,
    /// Whether something here would start more documents than are looked at together.
    crowded: bool,
    /// How many acts led here.
    pub depth: usize,
    /// Whether a rule had to answer for it what no layer of the book does.
    pub imagined: bool,
}

/// How far to go.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Situations at most.
    pub states: usize,
    /// Whether rules may answer what they like.
    pub imagine: bool,
}

/// Explores one workflow on a stage of one size.
#[derive(Debug)]
pub struct Explorer<'g> {
    pub(super) ground: &'g Ground,
    pub(super) size: Size,
    limits: Limits,
    /// The situations, in the order in which they were found: the nearest first.
    pub nodes: Vec<Node>,
    known: HashMap<String, usize>,
    /// The place of the document whose transitions are tried in the situation at hand.
    pub(super) about: usize,
    pub(super) strides: HashMap<String, Arc<Vec<Stride>>>,
    /// Where the document was started: by whom, and what that one held then. As soon as it holds something else, it has a say.
    pub(super) started_by: Option<(DocId, Vec<String>)>,
    /// From which states something was halted: what is halted goes on where it was, and nothing else comes of it.
    halted: BTreeSet<(Name, Name)>,
    /// Whether the limit stopped it.
    pub cut: bool,
    /// Acts tried.
    pub tried: usize,
    pub(super) depth: usize,
    /// Whether the worlds are kept after everything was tried in them.
    pub(super) keeps: bool,
}

impl<'g> Explorer<'g> {
    /// From these worlds on.
    #[must_use]
    pub fn new(ground: &'g Ground, size: Size, limits: Limits, starts: Vec<Start>) -> Self {
        let node = |start: Start| Node {
            parent: Some((None, start.before)),
            world: Some(start.world),
            view: None,
            about: start.about,
            doc: None,
            next: Vec::new(),
            state: None,
            ended: false,
            expanded: false,
            crowded: false,
            depth: 0,
            imagined: false,
        };
        let nodes = starts.into_iter().map(node).collect();
        Self {
            ground,
            size,
            limits,
            nodes,
            known: HashMap::new(),
            about: 0,
            strides: HashMap::new(),
            started_by: None,
            halted: BTreeSet::new(),
            cut: false,
            tried: 0,
            depth: 0,
            keeps: false,
        }
    }

    /// Explores everything, and shows it; stops where it is told to.
    ///
    /// # Errors
    /// A fault of the store.
    pub async fn run(&mut self, workflow: &Name, see: &mut (dyn FnMut(&Seen<'_>) -> bool + Send)) -> Result<(), EngineError> {
        let Some(workflow) = self.ground.workflow(workflow).cloned() else { return Ok(()) };
        let mut at = 0;
        while self.step(at, &workflow, see).await? {
            at += 1;
        }
        Ok(())
    }

    /// Tries everything in the next situation; false where there is none, where the limit stops it, and where whoever looks
    /// has seen enough.
    pub(super) async fn step(&mut self, at: usize, workflow: &Workflow, see: &mut (dyn FnMut(&Seen<'_>) -> bool + Send)) -> Result<bool, EngineError> {
        if at >= self.nodes.len() {
            return Ok(false);
        }
        if self.nodes.len() > self.limits.states {
            self.cut = true;
            return Ok(false);
        }
        self.expand(at, workflow, see).await
    }

    /// Tries everything in one situation; false where whoever looks has seen enough.
    async fn expand(&mut self, at: usize, workflow: &Workflow, see: &mut (dyn FnMut(&Seen<'_>) -> bool + Send)) -> Result<bool, EngineError> {
        if self.nodes.get(at).is_some_and(|n| n.ended) {
            return Ok(true);
        }
        let keeps = self.keeps;
        let Some(world) = self.nodes.get_mut(at).and_then(|n| if keeps { n.world.clone() } else { n.world.take() }) else { return Ok(true) };
        self.about = self.nodes.get(at).map_or(0, |n| n.about);
        let view = match self.nodes.get_mut(at).and_then(|n| n.view.take()) {
            Some(known) => known,
            None => View::of(&world, &self.ground.facts).await?,
        };
        let about = world.docs.get(self.about).cloned();
        let document = about.as_ref().and_then(|id| view.document(id));
        let mut acts = match document {
            None => openings(&self.ground.book, workflow, &DocId::from("D1"), self.size),
            Some(document) => {
                let units = UnitsOf { view: &view, doc: document, step: world.steps };
                let mut acts = Vec::new();
                for transition in possible(workflow, &document.state) {
                    if self.halts_again(document, transition) {
                        continue;
                    }
                    let by = actor(&self.ground.book, &parties(workflow, document), &transition.by, 0).unwrap_or_else(system);
                    acts.extend(firings(&self.ground.book, workflow, document, transition, &by, self.size, &units));
                }
                acts
            }
        };
        let own = |t: &&crate::store::DueTimer| document.is_some_and(|d| d.id == t.doc);
        acts.extend(view.timers.iter().find(own).map(|t| Act::Wait(t.timer.due_at)));
        for act in acts {
            if !self.attempt(at, &world, workflow, act, see).await? {
                return Ok(false);
            }
        }
        if !self.children(at, &world, &view, see).await? {
            return Ok(false);
        }
        if let Some(node) = self.nodes.get_mut(at) {
            node.expanded = !node.crowded;
        }
        Ok(true)
    }

    /// Whether a transition only halts the document, as it was halted from its state before.
    fn halts_again(&mut self, document: &Document, transition: &Transition) -> bool {
        let paused = self.ground.facts.get(&document.workflow).map(|f| &f.paused);
        let halts = transition.goal == Goal::States && !transition.to.is_empty() && paused.is_some_and(|p| transition.to.iter().all(|s| p.contains(s)));
        halts && !self.halted.insert((document.state.clone(), transition.name.clone()))
    }

    /// Tries an act as the rules answer it, then as they could answer it.
    async fn attempt(
        &mut self,
        at: usize,
        world: &World,
        workflow: &Workflow,
        act: Act,
        see: &mut (dyn FnMut(&Seen<'_>) -> bool + Send),
    ) -> Result<bool, EngineError> {
        let first = Deed { act, imagined: Vec::new() };
        let (deeds, tried) = self.permitted(world, workflow, first).await?;
        let asked = tried.asked.clone();
        if !self.note(at, deeds.clone(), tried, see).await? {
            return Ok(false);
        }
        if !self.limits.imagine {
            return Ok(true);
        }
        for imagined in alternatives(&self.ground.book, &self.ground.readings, &asked) {
            let mut other = deeds.clone();
            if let Some(last) = other.last_mut() {
                last.imagined = imagined;
            }
            let tried = play(world, &other).await?;
            self.tried += 1;
            if !self.note(at, other, tried, see).await? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// An act by somebody who may do it: another person where four eyes are needed, after an approval where one is.
    async fn permitted(&mut self, world: &World, workflow: &Workflow, deed: Deed) -> Result<(Vec<Deed>, Tried), EngineError> {
        let mut deeds = vec![deed];
        let mut tried = play(world, &deeds).await?;
        self.tried += 1;
        for nth in 1..=3 {
            let refused = |code: ReasonCode| tried.refusal.as_ref().is_some_and(|r| r.reasons.iter().any(|reason| reason.code == code));
            if refused(ReasonCode::ApprovalMissing) && deeds.len() == 1 {
                let approval = deeds.last().and_then(|d| approval(&self.ground.book, workflow, &d.act));
                let Some(approval) = approval else { break };
                deeds.insert(0, approval);
            } else if refused(ReasonCode::FourEyes) {
                let Some(Deed { act: Act::Fire { actor, .. }, .. }) = deeds.last_mut() else { break };
                *actor = stage::person(&actor.role.clone(), actor.at.clone(), nth);
            } else {
                break;
            }
            tried = play(world, &deeds).await?;
            self.tried += 1;
        }
        Ok((deeds, tried))
    }

    /// Shows what was tried, and keeps the situation that it led to.
    pub(super) async fn note(
        &mut self,
        at: usize,
        deeds: Vec<Deed>,
        tried: Tried,
        see: &mut (dyn FnMut(&Seen<'_>) -> bool + Send),
    ) -> Result<bool, EngineError> {
        let imagined = self.nodes.get(at).is_some_and(|n| n.imagined) || deeds.iter().any(|d| !d.imagined.is_empty());
        let goes_on = see(&Seen { node: at, deeds: &deeds, noted: &tried.noted, refused: tried.refusal.is_some(), imagined });
        if let Some(world) = tried.world {
            let view = View::of(&world, &self.ground.facts).await?;
            let about = world.docs.get(self.about);
            let situation = Situation { view: &view, facts: &self.ground.facts, about, enough: self.size.quantity };
            let document = about.and_then(|id| view.document(id));
            if document.is_some_and(|d| situation.started(d).count() > MOST_STARTED) {
                if let Some(node) = self.nodes.get_mut(at) {
                    node.crowded = true;
                }
                return Ok(goes_on);
            }
            let key = situation.key();
            let (state, mut ended) = document.map_or((None, false), |d| (Some(d.state.clone()), d.ended));
            ended |= self.started_by.as_ref().is_some_and(|(parent, had)| held(&view, parent) != *had);
            let depth = self.nodes.get(at).map_or(0, |n| n.depth) + deeds.len();
            let fresh = self.nodes.len();
            let to = *self.known.entry(key).or_insert(fresh);
            if to == fresh {
                let (parent, about, doc) = (Some((Some(at), deeds)), self.about, world.docs.get(self.about).cloned());
                self.nodes.push(Node {
                    world: Some(world),
                    view: Some(view),
                    parent,
                    about,
                    doc,
                    next: Vec::new(),
                    state,
                    ended,
                    expanded: false,
                    crowded: false,
                    depth,
                    imagined,
                });
            }
            if let Some(node) = self.nodes.get_mut(at)
                && !node.next.contains(&to)
            {
                node.next.push(to);
            }
        }
        Ok(goes_on)
    }

    /// The document that a situation is about.
    #[must_use]
    pub fn document(&self, at: usize) -> DocId {
        self.nodes.get(at).and_then(|n| n.doc.clone()).unwrap_or_else(|| DocId::from("D1"))
    }

    /// What leads to a situation, from the beginning.
    #[must_use]
    pub fn path(&self, to: usize) -> Vec<Deed> {
        let mut path: Vec<Deed> = Vec::new();
        let mut at = Some(to);
        while let Some((from, deeds)) = at.and_then(|at| self.nodes.get(at)).and_then(|n| n.parent.as_ref()) {
            path.splice(0..0, deeds.iter().cloned());
            at = *from;
        }
        path
    }
}

/// Plays deeds one after the other.
pub(super) async fn play(world: &World, deeds: &[Deed]) -> Result<Tried, EngineError> {
    let mut all = Tried { world: Some(world.clone()), noted: Vec::new(), refusal: None, asked: Vec::new() };
    for deed in deeds {
        let Some(world) = &all.world else { break };
        let tried = world.tried(deed).await?;
        all.noted.extend(tried.noted);
        all.asked.extend(tried.asked);
        all.refusal = tried.refusal;
        all.world = tried.world;
    }
    Ok(all)
}

/// The transitions that are worth trying from a state: those that only leave a note change nothing.
fn possible<'w>(workflow: &'w Workflow, state: &'w Name) -> impl Iterator<Item = &'w Transition> {
    workflow.transitions.iter().filter(move |t| t.from.contains(state) && t.approves.is_none() && !t.changes_nothing())
}

/// The approval that a transition waits for, by somebody who does nothing else.
fn approval(book: &Book, workflow: &Workflow, act: &Act) -> Option<Deed> {
    let Act::Fire { transition, doc, actor: firer, .. } = act else { return None };
    let wanted = workflow.transitions.iter().find(|t| t.approves.as_ref() == Some(transition))?;
    let at = firer.at.iter().cloned().chain(book.vocabulary.party_kinds.iter().map(|k| stage::party(&k.name, false))).collect::<Vec<_>>();
    let by = actor(book, &at, &wanted.by, 2).unwrap_or_else(|| firer.clone());
    let act = Act::Fire { actor: by, transition: wanted.name.clone(), doc: doc.clone(), fields: BTreeMap::new(), lines: Vec::new() };
    Some(Deed { act, imagined: Vec::new() })
}
