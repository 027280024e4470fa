//! Which of the next things do not depend on each other, so that they may be done in any order, or at once, and the books are
//! the same in the end.
//!
//! Two commands depend on each other where they are about the same document or family of documents, name the same part, give
//! out numbers of the same party, or where one asks for all that a party has or owes and the other changes it. Must not know the
//! store. Tests: below and `tests/it/replay.rs`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DocId, Name, PartCode, PartyCode};
use crate::domain::{Document, Needs, Value};
use crate::model::{Book, Clause, ClauseKind, Goal, Transition, Trigger, Workflow};

/// What a transition, and all that follows it at once, does beyond its own document and parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reach {
    /// It gives out a number: of a paper, or of a document that it opens or starts.
    numbers: bool,
    /// It asks for all that a party has or owes.
    books: bool,
}

impl Reach {
    /// Whatever a transition may do.
    pub const fn everything() -> Self {
        Self { numbers: true, books: true }
    }

    /// Of both.
    pub const fn and(self, more: Self) -> Self {
        Self { numbers: self.numbers || more.numbers, books: self.books || more.books }
    }
}

/// The reach of every transition of a book.
pub struct Reaches(BTreeMap<(Name, Name), Reach>);

impl Reaches {
    /// Follows each transition of a book into the states it leads to, and into the documents it starts.
    pub fn of(book: &Book) -> Self {
        let of_one = |w: &Workflow, t: &Transition| {
            let mut seen = BTreeSet::new();
            ((w.name.clone(), t.name.clone()), follow(book, w, t, &mut seen))
        };
        Self(book.workflows.values().flat_map(|w| w.transitions.iter().map(move |t| of_one(w, t))).collect())
    }

    /// Of one transition; of one that is not known, everything.
    pub fn get(&self, workflow: &str, transition: &str) -> Reach {
        self.0.get(&(Name::from(workflow), Name::from(transition))).copied().unwrap_or(Reach::everything())
    }

    /// Of the opening of a workflow's documents by people.
    pub fn of_opening(&self, book: &Book, workflow: &str) -> Reach {
        let opening = book.workflows.get(workflow).into_iter().flat_map(|w| &w.transitions).filter(|t| t.opens());
        opening.map(|t| self.get(workflow, t.name.as_str())).fold(Reach::default(), Reach::and)
    }
}

fn follow<'b>(book: &'b Book, workflow: &'b Workflow, transition: &'b Transition, seen: &mut BTreeSet<(&'b str, &'b str)>) -> Reach {
    if !seen.insert((workflow.name.as_str(), transition.name.as_str())) {
        return Reach::default();
    }
    let Needs { obligations, value_at, .. } = &transition.needs;
    let issues = clauses(&transition.body).any(|c| matches!(c.kind, ClauseKind::Issue { .. }));
    let mut reach = Reach { numbers: transition.opens() || issues, books: *obligations || !value_at.is_empty() };
    // Where a document ends, whatever waited for it goes on by itself: that is about the same family, but may give out numbers.
    let ends = transition.to.iter().any(|to| workflow.state(to.as_str()).is_some_and(|s| s.is_final));
    for next in workflow.transitions.iter().filter(|t| t.triggers.iter().any(|x| matches!(x, Trigger::AtOnce))) {
        if transition.goal == Goal::Back || next.from.iter().any(|from| transition.to.contains(from)) {
            reach = reach.and(follow(book, workflow, next, seen));
        }
    }
    for started in clauses(&transition.body).filter_map(|c| if let ClauseKind::Start(spec) = &c.kind { book.workflows.get(&spec.workflow) } else { None }) {
        for opening in started.transitions.iter().filter(|t| t.opens()) {
            reach = reach.and(follow(book, started, opening, seen));
        }
    }
    // What comes free serves those who wait for the same part, and they may ask for more of it.
    for to in clauses(&transition.body).filter_map(|c| if let ClauseKind::Move(spec) = &c.kind { Some(&spec.to.bin) } else { None }) {
        for (waiting, next) in all(book).filter(|(_, next)| next.arrival().is_some_and(|a| a.bin == *to)) {
            reach = reach.and(follow(book, waiting, next, seen));
        }
    }
    if ends {
        for (parent, next) in at_once(book).filter(|(parent, _)| starts(parent, &workflow.name)) {
            reach = reach.and(follow(book, parent, next, seen));
        }
    }
    reach
}

/// All transitions that the engine fires by itself.
fn at_once(book: &Book) -> impl Iterator<Item = (&Workflow, &Transition)> {
    all(book).filter(|(_, t)| t.triggers.iter().any(|x| matches!(x, Trigger::AtOnce)))
}

fn all(book: &Book) -> impl Iterator<Item = (&Workflow, &Transition)> {
    book.workflows.values().flat_map(|w| w.transitions.iter().map(move |t| (&**w, t)))
}

fn starts(workflow: &Workflow, child: &Name) -> bool {
    workflow.transitions.iter().flat_map(|t| clauses(&t.body)).any(|c| matches!(&c.kind, ClauseKind::Start(spec) if spec.workflow == *child))
}

/// Clauses, also those inside of `each line`.
fn clauses(body: &[Clause]) -> Box<dyn Iterator<Item = &Clause> + '_> {
    Box::new(body.iter().flat_map(|c| match &c.kind {
        ClauseKind::EachLine(each) => clauses(&each.body),
        _ => Box::new(std::iter::once(c)) as Box<dyn Iterator<Item = &Clause>>,
    }))
}

/// Something that two commands may both touch.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    /// A document and all that started from it.
    Family(DocId),
    Part(PartCode),
    /// The numbers that a party gives out.
    Numbers(PartyCode),
    /// All that a party has and owes.
    Books(PartyCode),
}

/// What a command touches: alone, or beside others that do the same.
#[derive(Debug, Clone, Default)]
pub struct Touches {
    alone: BTreeSet<Thing>,
    beside: BTreeSet<Thing>,
    parties: BTreeSet<PartyCode>,
}

impl Touches {
    /// What any command of a document touches: the family of the document, its parts and those of its ancestors.
    pub fn of(family: &[&Document]) -> Self {
        let mut touches = Self::default();
        let root = family.last().map(|d| d.parent.as_ref().unwrap_or(&d.id).clone());
        touches.alone.extend(root.map(Thing::Family));
        for document in family {
            let values = document.fields.values().chain(document.lines.iter().flat_map(|l| l.values.values()));
            for value in values {
                match value {
                    Value::Part(part) => {
                        touches.alone.insert(Thing::Part(part.clone()));
                    }
                    Value::Party(party) => {
                        touches.parties.insert(party.clone());
                    }
                    _ => {}
                }
            }
        }
        touches
    }

    /// What the opening of a document touches that is of no family.
    pub fn of_new(doc: &DocId, parts: impl Iterator<Item = PartCode>, parties: impl Iterator<Item = PartyCode>) -> Self {
        let alone = std::iter::once(Thing::Family(doc.clone())).chain(parts.map(Thing::Part)).collect();
        Self { alone, beside: BTreeSet::new(), parties: parties.collect() }
    }

    /// With what the transitions reach.
    #[must_use]
    pub fn reaching(mut self, reach: Reach) -> Self {
        for party in std::mem::take(&mut self.parties) {
            if reach.numbers {
                self.alone.insert(Thing::Numbers(party.clone()));
            }
            let books = Thing::Books(party);
            if reach.books {
                self.alone.insert(books)
            } else {
                self.beside.insert(books)
            };
        }
        self
    }
}

/// What those before touch.
#[derive(Debug, Default)]
pub struct Taken(Touches);

impl Taken {
    /// Whether nothing before depends on its family and parts, nor asks for all that its parties have or owe: what it does
    /// beyond that is not known yet.
    pub fn may(&self, more: &Touches) -> bool {
        let asked = |party: &PartyCode| self.0.alone.contains(&Thing::Books(party.clone()));
        more.alone.is_disjoint(&self.0.alone) && !more.parties.iter().any(asked)
    }

    /// Whether nothing before depends on it; from now on, what comes after depends on it.
    pub fn take(&mut self, more: Touches) -> bool {
        let Touches { alone, beside, .. } = &mut self.0;
        let free = more.alone.iter().all(|t| !alone.contains(t) && !beside.contains(t)) && more.beside.iter().all(|t| !alone.contains(t));
        alone.extend(more.alone);
        beside.extend(more.beside);
        free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(doc: &str, part: &str, party: &str, reach: Reach) -> Touches {
        Touches::of_new(&DocId::from(doc), std::iter::once(PartCode::from(part)), std::iter::once(PartyCode::from(party))).reaching(reach)
    }

    #[test]
    fn parts_numbers_and_books_keep_commands_apart() {
        let (nothing, numbers, books) = (Reach::default(), Reach { numbers: true, books: false }, Reach { numbers: false, books: true });
        let free = |first: Touches, second: Touches| {
            let mut taken = Taken::default();
            assert!(taken.take(first));
            taken.take(second)
        };
        assert!(free(opening("A", "P1", "pune", nothing), opening("B", "P2", "pune", nothing)));
        assert!(!free(opening("A", "P1", "pune", nothing), opening("B", "P1", "delhi", nothing)), "the same part");
        assert!(!free(opening("A", "P1", "pune", nothing), opening("A", "P2", "delhi", nothing)), "the same document");
        assert!(!free(opening("A", "P1", "pune", numbers), opening("B", "P2", "pune", numbers)), "numbers of the same party");
        assert!(free(opening("A", "P1", "pune", numbers), opening("B", "P2", "delhi", numbers)));
        assert!(free(opening("A", "P1", "pune", numbers), opening("B", "P2", "pune", nothing)));
        assert!(!free(opening("A", "P1", "pune", nothing), opening("B", "P2", "pune", books)), "what it has is asked for");
        assert!(!free(opening("A", "P1", "pune", books), opening("B", "P2", "pune", nothing)));
    }

    #[test]
    fn what_waits_keeps_what_comes_after_it_apart_too() {
        let mut taken = Taken::default();
        let touch = |doc: &str, part: &str| opening(doc, part, "pune", Reach::default());
        assert!(taken.take(touch("A", "P1")));
        assert!(!taken.take(touch("A", "P2")), "it waits for the first");
        assert!(!taken.take(touch("C", "P2")), "and this waits for the second");
    }
}
