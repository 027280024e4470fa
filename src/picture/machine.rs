//! A workflow as a machine that can be drawn: states, and between two of them one edge that carries all that leads there.
//!
//! What stays in a state stands inside it. What is possible in every state, and what leaves many states for one, is not drawn as a
//! bundle of lines: it leaves a box of its own, or a letter that the states carry. Must not know how it is drawn. Tests:
//! `tests/it/pictures.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::Name;
use crate::model::{Book, Goal, State, Transition, Workflow};

use super::overlay::{Badge, Overlay};
use super::words::Words;

/// A transition from this many states, or one that would add this many lines, leaves from a letter instead.
const MANY_STATES: usize = 4;
const MANY_LINES: usize = 3;

/// A workflow, ready to be drawn.
#[derive(Debug, Clone)]
pub struct Machine {
    /// What the flow calls it.
    pub name: Name,
    /// What people call it.
    pub title: String,
    /// Its doc comment.
    pub about: String,
    /// What the overlay shows; empty without one.
    pub shows: String,
    /// States and what else lines end at; the start first, then the states in their order.
    pub nodes: Vec<Node>,
    /// At most one from one node to another.
    pub edges: Vec<Edge>,
    /// The notes that captions refer to, the first being number 1.
    pub notes: Vec<String>,
}

/// Something that lines begin and end at.
#[derive(Debug, Clone)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// A word that no other node has.
    pub id: String,
    /// What people call it.
    pub title: String,
    /// By when it should be left, and the like.
    pub details: Vec<String>,
    /// What can be done without leaving it.
    pub inside: Vec<Caption>,
    /// The letters from which more leaves it.
    pub letters: Vec<char>,
    /// What an overlay says of it.
    pub badge: Option<Badge>,
}

/// The kinds of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Before there is a document.
    Start,
    /// A state.
    State {
        /// Documents begin here.
        initial: bool,
        /// Documents end here.
        ends: bool,
        /// Documents leave it at once.
        passes: bool,
    },
    /// Every state that does not end.
    Anywhere,
    /// Every state that carries this letter.
    Letter(char),
}

/// All that leads from one node to another.
#[derive(Debug, Clone)]
pub struct Edge {
    /// From which node, by its index.
    pub from: usize,
    /// To which.
    pub to: usize,
    /// What leads there.
    pub captions: Vec<Caption>,
    /// No person is needed.
    pub alone: bool,
}

/// Transitions that the same people make, with the same that comes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The transitions.
    pub actions: Vec<Action>,
    /// Who, when, and what comes of it.
    pub details: Vec<String>,
}

/// A transition in a caption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    /// Its name.
    pub name: Name,
    /// The numbers of the notes to it, from 1.
    pub notes: Vec<usize>,
    /// It leads here when no other of its branches is taken.
    pub otherwise: bool,
    /// What an overlay says of it.
    pub badge: Option<Badge>,
}

impl Action {
    /// As it stands in a caption.
    #[must_use]
    pub fn text(&self) -> String {
        let mut marks: Vec<String> = self.notes.iter().map(usize::to_string).collect();
        if self.otherwise {
            marks.insert(0, "else".to_owned());
        }
        let marks = if marks.is_empty() { String::new() } else { format!(" ({})", marks.join(", ")) };
        let badge = self.badge.as_ref().map(|b| format!(" [{}]", b.text)).unwrap_or_default();
        format!("{}{marks}{badge}", self.name)
    }
}

impl Machine {
    /// The machine of a workflow.
    #[must_use]
    pub fn of(book: &Book, workflow: &Workflow, overlay: &Overlay, notes: Notes) -> Self {
        let mut builder = Builder { words: Words { book, workflow }, overlay, with: notes, machine: empty(workflow, overlay), edges: BTreeMap::new() };
        builder.nodes();
        builder.transitions();
        builder.edges();
        builder.machine
    }
}

/// What stands in notes below the picture, beside the conditions of branches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Notes {
    /// Every sentence that a guard can say.
    pub refusals: bool,
    /// Whatever else there is to say of a transition than who makes it: where it would crowd the picture.
    pub details: bool,
}

fn empty(workflow: &Workflow, overlay: &Overlay) -> Machine {
    Machine {
        name: workflow.name.clone(),
        title: workflow.title.clone(),
        about: workflow.doc.clone(),
        shows: overlay.title.clone(),
        nodes: Vec::new(),
        edges: Vec::new(),
        notes: Vec::new(),
    }
}

struct Builder<'a> {
    words: Words<'a>,
    overlay: &'a Overlay,
    with: Notes,
    machine: Machine,
    /// By the nodes' indices; what leads from one to the other, and whether a person must do it.
    edges: BTreeMap<(usize, usize), Vec<(&'a Transition, Caption)>>,
}

impl<'a> Builder<'a> {
    fn nodes(&mut self) {
        let workflow = self.words.workflow;
        self.machine.nodes.push(node(NodeKind::Start, "start", "start"));
        if workflow.transitions.iter().any(|t| t.anywhere) {
            self.machine.nodes.push(node(NodeKind::Anywhere, "anywhere", "In every state that is not an end"));
        }
        for state in &workflow.states {
            let passes = !state.is_final && workflow.transitions.iter().any(|t| leaves_at_once(t, state));
            let kind = NodeKind::State { initial: state.initial, ends: state.is_final, passes };
            let details = state.deadline.iter().map(|d| self.words.deadline(d)).collect();
            let badge = self.overlay.states.get(&state.name).cloned();
            self.machine.nodes.push(Node { details, badge, ..node(kind, state.name.as_str(), &state.label) });
        }
    }

    fn find(&self, state: &Name) -> Option<usize> {
        self.machine.nodes.iter().position(|n| matches!(n.kind, NodeKind::State { .. }) && n.id == state.as_str())
    }

    fn anywhere(&self) -> Option<usize> {
        self.machine.nodes.iter().position(|n| n.kind == NodeKind::Anywhere)
    }

    fn transitions(&mut self) {
        let workflow = self.words.workflow;
        let mut leaving: Vec<&'a Transition> = Vec::new();
        for transition in workflow.transitions.iter().filter(|t| t.approves.is_none()) {
            if transition.opens() {
                transition.to.iter().for_each(|to| self.lead(0, to, transition));
            } else if transition.anywhere {
                self.possible_anywhere(transition);
            } else {
                self.staying(transition);
                self.going_back(transition);
                leaving.push(transition);
            }
        }
        leaving.sort_by_key(|t| t.from.len());
        leaving.into_iter().for_each(|t| self.leaving(t));
    }

    fn possible_anywhere(&mut self, transition: &'a Transition) {
        let Some(anywhere) = self.anywhere() else { return };
        match transition.goal {
            Goal::States => transition.to.iter().for_each(|to| self.lead(anywhere, to, transition)),
            Goal::Same | Goal::Back => self.put_inside(anywhere, transition),
        }
    }

    /// A transition that can stay in a state stands inside it.
    fn staying(&mut self, transition: &'a Transition) {
        for from in &transition.from {
            let stays = transition.goal == Goal::Same || transition.goal == Goal::States && transition.to.contains(from);
            if let Some(node) = self.find(from).filter(|_| stays) {
                self.put_inside(node, transition);
            }
        }
    }

    fn put_inside(&mut self, node: usize, transition: &'a Transition) {
        let caption = self.caption(transition, None);
        if let Some(node) = self.machine.nodes.get_mut(node) {
            add(&mut node.inside, caption);
        }
    }

    /// Back is where the state was entered from.
    fn going_back(&mut self, transition: &'a Transition) {
        for from in transition.from.iter().filter(|_| transition.goal == Goal::Back) {
            let Some(node) = self.find(from) else { continue };
            let enters = |t: &&Transition| t.to.contains(from) && t.goal == Goal::States;
            let entering: Vec<&Transition> = self.words.workflow.transitions.iter().filter(enters).collect();
            let mut back: BTreeSet<usize> = BTreeSet::new();
            for entered in entering {
                if entered.anywhere {
                    back.extend(self.anywhere());
                } else {
                    back.extend(entered.from.iter().filter_map(|state| self.find(state)));
                }
            }
            for to in back {
                let caption = self.caption(transition, None);
                self.edges.entry((node, to)).or_default().push((transition, caption));
            }
        }
    }

    /// A transition that leads elsewhere: as lines, or from a letter where they would be many.
    fn leaving(&mut self, transition: &'a Transition) {
        if transition.goal != Goal::States {
            return;
        }
        for to in &transition.to {
            let sources: Vec<usize> = transition.from.iter().filter(|f| *f != to).filter_map(|f| self.find(f)).collect();
            let Some(target) = self.find(to) else { continue };
            let new = sources.iter().filter(|from| !self.edges.contains_key(&(**from, target))).count();
            if sources.len() >= MANY_STATES || new >= MANY_LINES {
                let letter = self.letter(&sources);
                self.lead(letter, to, transition);
            } else {
                sources.into_iter().for_each(|from| self.lead(from, to, transition));
            }
        }
    }

    fn lead(&mut self, from: usize, to: &Name, transition: &'a Transition) {
        let Some(target) = self.find(to) else { return };
        let caption = self.caption(transition, Some(to));
        self.edges.entry((from, target)).or_default().push((transition, caption));
    }

    /// The node of a letter that exactly these states carry.
    fn letter(&mut self, sources: &[usize]) -> usize {
        let carries = |letter: char| {
            let with = self.machine.nodes.iter().enumerate().filter(|(_, n)| n.letters.contains(&letter)).map(|(i, _)| i);
            with.collect::<BTreeSet<_>>() == sources.iter().copied().collect()
        };
        let known = self.machine.nodes.iter().position(|n| matches!(n.kind, NodeKind::Letter(letter) if carries(letter)));
        if let Some(known) = known {
            return known;
        }
        let used = self.machine.nodes.iter().filter(|n| matches!(n.kind, NodeKind::Letter(_))).count();
        let letter = ('A'..='Z').nth(used).unwrap_or('Z');
        for source in sources {
            if let Some(node) = self.machine.nodes.get_mut(*source) {
                node.letters.push(letter);
            }
        }
        self.machine.nodes.push(node(NodeKind::Letter(letter), &format!("letter_{letter}"), &letter.to_string()));
        self.machine.nodes.len() - 1
    }

    fn caption(&mut self, transition: &Transition, to: Option<&Name>) -> Caption {
        let branches = transition.to.len() > 1;
        let reasons = to.filter(|_| branches).map(|to| self.words.becomes(transition, to)).unwrap_or_default();
        let first = branches && to.is_some() && to == transition.to.first();
        let otherwise = first && reasons.is_empty();
        let mut notes: Vec<usize> = reasons.into_iter().map(|reason| self.note(reason)).collect();
        let mut details = self.words.details(transition);
        if self.with.details && details.len() > 1 {
            notes.extend(details.split_off(1).into_iter().map(|detail| self.note(detail)));
        }
        if self.with.refusals {
            notes.extend(self.words.refusals(transition).into_iter().map(|sentence| self.note(sentence)));
        }
        notes.sort_unstable();
        notes.dedup();
        let badge = self.overlay.transitions.get(&transition.name).cloned();
        Caption { actions: vec![Action { name: transition.name.clone(), notes, otherwise, badge }], details }
    }

    fn note(&mut self, text: String) -> usize {
        if let Some(known) = self.machine.notes.iter().position(|n| *n == text) {
            return known + 1;
        }
        self.machine.notes.push(text);
        self.machine.notes.len()
    }

    fn edges(&mut self) {
        for ((from, to), leading) in std::mem::take(&mut self.edges) {
            let alone = leading.iter().all(|(t, _)| t.by.iter().all(|role| role == "system"));
            let mut captions = Vec::new();
            leading.into_iter().for_each(|(_, caption)| add(&mut captions, caption));
            self.machine.edges.push(Edge { from, to, captions, alone });
        }
    }
}

fn node(kind: NodeKind, id: &str, title: &str) -> Node {
    Node { kind, id: id.to_owned(), title: title.to_owned(), details: Vec::new(), inside: Vec::new(), letters: Vec::new(), badge: None }
}

/// Whether a state is left as soon as it is entered, whatever the document says.
fn leaves_at_once(transition: &Transition, state: &State) -> bool {
    let at_once = transition.triggers.iter().any(|t| matches!(t, crate::model::Trigger::AtOnce));
    at_once && transition.from.contains(&state.name) && !transition.to.contains(&state.name) && !super::words::guarded(&transition.body)
}

/// Adds a caption, to one with the same details where there is one.
fn add(captions: &mut Vec<Caption>, caption: Caption) {
    match captions.iter_mut().find(|c| c.details == caption.details) {
        Some(known) => known.actions.extend(caption.actions.into_iter().filter(|a| !known.actions.contains(a)).collect::<Vec<_>>()),
        None => captions.push(caption),
    }
}
