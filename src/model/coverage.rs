//! What of a book the scenarios can show, point by point, and which of them do: plain data for tables, drawings, editors.
//!
//! Must not know how scenarios are played. Tests: `tests/it/coverage.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Name, Span};
use crate::domain::ReasonCode;

use super::{Book, Clause, ClauseKind, Transition, Trigger, Workflow};

/// The kinds of things that scenarios cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Category {
    /// States that a document was in.
    States,
    /// Transitions that were done.
    Transitions,
    /// Both sides of each `require`.
    Guards,
    /// Both sides of each `when` and `where`.
    Conditions,
    /// The sentences of refusals: each `else`.
    Sentences,
    /// Refusals of the person: not in the role, did the other half, no approval.
    Denials,
    /// Deadlines that passed, transitions that the clock fired, and those done at once.
    Clock,
    /// Lines of rule files.
    Rules,
}

impl Category {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 8] = [Self::States, Self::Transitions, Self::Guards, Self::Conditions, Self::Sentences, Self::Denials, Self::Clock, Self::Rules];

    /// Its name in tables and JSON.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::States => "states",
            Self::Transitions => "transitions",
            Self::Guards => "guards",
            Self::Conditions => "conditions",
            Self::Sentences => "sentences",
            Self::Denials => "denials",
            Self::Clock => "clock",
            Self::Rules => "rules",
        }
    }
}

/// What exactly a point is, so that what was seen finds it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A state of a workflow was entered.
    State(Name, Name),
    /// A transition of a workflow was done.
    Transition(Name, Name),
    /// A condition came out so.
    Side(Span, bool),
    /// A sentence was said: by the guard with this test, or the claim written here.
    Sentence(Span),
    /// Somebody was refused a transition of a workflow for this.
    Denied(Name, Name, ReasonCode),
    /// The deadline of a state passed.
    Deadline(Name, Name),
    /// The engine itself did a transition.
    Fired(Name, Name),
    /// A statement of a rule file ran: the file, line and column, from 1.
    Line(String, u32, u32),
}

/// One thing to cover.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Point {
    /// Which.
    pub key: Key,
    /// Its kind.
    pub category: Category,
    /// The workflow; of a line in a rule file, the layer.
    pub owner: Name,
    /// The state or the transition it belongs to; of a line in a rule file, the function.
    pub part: Name,
    /// Where it is written.
    pub span: Span,
    /// What to say where nothing covers it: `` `submit` is never done ``.
    pub gap: String,
    /// Which scenarios and rule cases cover it, by their places in [`Coverage::stories`].
    pub by: BTreeSet<usize>,
}

impl Point {
    /// True when a scenario covers it.
    #[must_use]
    pub fn is_covered(&self) -> bool {
        !self.by.is_empty()
    }
}

/// How many points of a kind there are, and how many are covered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// Covered.
    pub covered: usize,
    /// All.
    pub all: usize,
}

impl Tally {
    /// Hundredths covered, rounded down, so that 100 means all; where there is nothing to cover, all of it is.
    #[must_use]
    pub const fn percent(self) -> usize {
        match (self.covered * 100).checked_div(self.all) {
            Some(percent) => percent,
            None => 100,
        }
    }
}

/// What the scenarios of a book cover.
#[derive(Debug, Clone, Default)]
pub struct Coverage {
    /// Every point, workflows and rule files in order, the places of each in order.
    pub points: Vec<Point>,
    /// What was played: titles of scenarios, and names of rule cases, in order.
    pub stories: Vec<String>,
    index: BTreeMap<Key, usize>,
}

impl Coverage {
    /// All points of the flows of a book, none covered.
    #[must_use]
    pub fn of(book: &Book) -> Self {
        let mut coverage = Self::default();
        for workflow in book.workflows.values() {
            let mut points = Points { book, workflow, found: Vec::new() };
            points.all();
            points.found.into_iter().for_each(|point| coverage.add(point));
        }
        coverage
    }

    /// Only these things to cover, without their places: to see whether any of them is.
    #[must_use]
    pub fn of_keys<'k>(keys: impl Iterator<Item = &'k Key>) -> Self {
        let mut coverage = Self::default();
        let point = |key: &Key| Point {
            key: key.clone(),
            category: Category::States,
            owner: Name::from(""),
            part: Name::from(""),
            span: Span::default(),
            gap: String::new(),
            by: BTreeSet::new(),
        };
        keys.for_each(|key| coverage.add(point(key)));
        coverage
    }

    /// One more point to cover.
    pub fn add(&mut self, point: Point) {
        if !self.index.contains_key(&point.key) {
            self.index.insert(point.key.clone(), self.points.len());
            self.points.push(point);
        }
    }

    /// A scenario or rule case begins; what is covered from here on is covered by it.
    pub fn begin(&mut self, title: impl Into<String>) {
        self.stories.push(title.into());
    }

    /// The story at hand covers a point; points that are not of this book are nobody's.
    pub fn cover(&mut self, key: &Key) {
        let story = self.stories.len().saturating_sub(1);
        if let Some(point) = self.index.get(key).and_then(|at| self.points.get_mut(*at)) {
            point.by.insert(story);
        }
    }

    /// A point.
    #[must_use]
    pub fn point(&self, key: &Key) -> Option<&Point> {
        self.index.get(key).and_then(|at| self.points.get(*at))
    }

    /// In how many scenarios a document enters the state.
    #[must_use]
    pub fn state(&self, workflow: &Name, state: &Name) -> usize {
        self.point(&Key::State(workflow.clone(), state.clone())).map_or(0, |p| p.by.len())
    }

    /// In how many scenarios the transition is done.
    #[must_use]
    pub fn transition(&self, workflow: &Name, transition: &Name) -> usize {
        self.point(&Key::Transition(workflow.clone(), transition.clone())).map_or(0, |p| p.by.len())
    }

    /// The points of a kind, of one owner or of all.
    pub fn select(&self, owner: Option<&Name>, category: Option<Category>) -> impl Iterator<Item = &Point> {
        self.points.iter().filter(move |p| owner.is_none_or(|o| p.owner == *o) && category.is_none_or(|c| p.category == c))
    }

    /// What is covered of one workflow, apart from all else of the book.
    #[must_use]
    pub fn only(self, workflow: &Name) -> Self {
        let mut one = Self { stories: self.stories, ..Self::default() };
        self.points.into_iter().filter(|p| p.category != Category::Rules && p.owner == *workflow).for_each(|point| one.add(point));
        one
    }

    /// How much of a kind is covered.
    #[must_use]
    pub fn tally(&self, owner: Option<&Name>, category: Option<Category>) -> Tally {
        let mut tally = Tally::default();
        for point in self.select(owner, category) {
            tally.all += 1;
            tally.covered += usize::from(point.is_covered());
        }
        tally
    }

    /// The owners of points of flows (workflows) or of rules (layers), in order.
    #[must_use]
    pub fn owners(&self, rules: bool) -> Vec<Name> {
        let mut owners: Vec<Name> = Vec::new();
        for point in self.points.iter().filter(|p| (p.category == Category::Rules) == rules) {
            if !owners.contains(&point.owner) {
                owners.push(point.owner.clone());
            }
        }
        owners
    }
}

/// Collects the points of a workflow.
struct Points<'a> {
    book: &'a Book,
    workflow: &'a Workflow,
    found: Vec<Point>,
}

impl Points<'_> {
    fn all(&mut self) {
        for state in &self.workflow.states {
            let key = Key::State(self.name(), state.name.clone());
            self.add(Category::States, &state.name, key, state.span, format!("no document is ever `{}`", state.name));
            if state.deadline.is_some() {
                let key = Key::Deadline(self.name(), state.name.clone());
                self.add(Category::Clock, &state.name, key, state.span, format!("the deadline of `{}` never passes", state.name));
            }
        }
        for transition in &self.workflow.transitions {
            self.transition(transition);
        }
    }

    fn name(&self) -> Name {
        self.workflow.name.clone()
    }

    fn add(&mut self, category: Category, part: &Name, key: Key, span: Span, gap: String) {
        self.found.push(Point { key, category, owner: self.workflow.name.clone(), part: part.clone(), span, gap, by: BTreeSet::new() });
    }

    fn transition(&mut self, transition: &Transition) {
        let name = &transition.name;
        let key = |make: fn(Name, Name) -> Key| make(self.workflow.name.clone(), name.clone());
        let (done, fired) = (key(Key::Transition), key(Key::Fired));
        self.add(Category::Transitions, name, done, transition.head, format!("`{name}` is never done"));
        if transition.triggers.iter().any(Trigger::by_clock) {
            self.add(Category::Clock, name, fired, transition.head, format!("the clock never fires `{name}`"));
        } else if transition.triggers.iter().any(|t| matches!(t, Trigger::AtOnce)) {
            self.add(Category::Clock, name, fired, transition.head, format!("`{name}` is never done at once"));
        } else if transition.triggers.iter().any(|t| matches!(t, Trigger::OnArrival(_))) {
            self.add(Category::Clock, name, fired, transition.head, format!("no arrival of parts ever fires `{name}`"));
        }
        self.denials(transition);
        self.clauses(name, &transition.body);
    }

    fn denials(&mut self, transition: &Transition) {
        let name = &transition.name;
        let by_people = transition.by.iter().any(|role| *role != "system");
        let mut denied = |code, gap| {
            let key = Key::Denied(self.workflow.name.clone(), name.clone(), code);
            self.add(Category::Denials, name, key, transition.head, gap);
        };
        if by_people {
            denied(ReasonCode::RoleDenied, format!("nobody in another role ever tries `{name}`"));
        }
        if let Some(other) = transition.not_by.first() {
            denied(ReasonCode::FourEyes, format!("whoever did `{other}` never tries `{name}`"));
        }
        if transition.approval.is_some() {
            denied(ReasonCode::ApprovalMissing, format!("`{name}` is never tried without its approval"));
        }
    }

    fn clauses(&mut self, transition: &Name, clauses: &[Clause]) {
        for clause in clauses {
            if let Some(when) = &clause.when {
                self.sides(Category::Conditions, transition, when.span, ("is never so", "is always so"));
            }
            match &clause.kind {
                ClauseKind::Require(guard) => {
                    self.sides(Category::Guards, transition, guard.test.span, ("never holds", "never fails"));
                    self.sentence(transition, guard.test.span, guard.otherwise.span);
                }
                ClauseKind::Claim { otherwise, .. } => self.sentence(transition, clause.span, otherwise.span),
                ClauseKind::EachLine(each) => {
                    if let Some(filter) = &each.filter {
                        self.sides(Category::Conditions, transition, filter.span, ("is so for no line", "is so for every line"));
                    }
                    self.clauses(transition, &each.body);
                }
                _ => {}
            }
        }
    }

    fn sides(&mut self, category: Category, transition: &Name, span: Span, (no, yes): (&str, &str)) {
        let written = one_line(self.book.sources.text(span));
        self.add(category, transition, Key::Side(span, true), span, format!("`{written}` {no}"));
        self.add(category, transition, Key::Side(span, false), span, format!("`{written}` {yes}"));
    }

    fn sentence(&mut self, transition: &Name, by: Span, span: Span) {
        let written = one_line(self.book.sources.text(span));
        let quoted = if written.starts_with('"') { written } else { format!("\"{written}\"") };
        self.add(Category::Sentences, transition, Key::Sentence(by), span, format!("{quoted} is never said"));
    }
}

/// A text of several lines on one, shortened where it is long.
fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let line = words.join(" ");
    if line.chars().count() <= 90 { line } else { line.chars().take(87).chain("…".chars()).collect() }
}
