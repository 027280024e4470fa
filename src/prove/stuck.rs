//! A document that has no way to an end: its story, what it keeps, and what is in the way of each transition.
//!
//! Everything is tried once more where it stands, and what the engine says against it is told. Must not decide that itself.
//! Tests: `prove::tests`, and the pages in `docs/findings`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{DocId, Name, Span};
use crate::check::walk;
use crate::domain::{Reason, ReasonCode};
use crate::model::ClauseKind;

use super::explore::{Explorer, Limits, Seen};
use super::findings as say;
use super::ground::{ExploreError, Start};
use super::proof::{Finding, Found};
use super::story::{End, after, tell};
use super::view::View;
use super::world::World;

/// Transitions of which it is told what is in their way.
const MOST_TOLD: usize = 3;

/// What keeps a transition from being carried out.
pub(super) struct Hindrance {
    /// The transition.
    pub transition: Name,
    /// What the engine says against it.
    pub reason: Reason,
    /// The guard, where it is one: its place, and as it is written.
    pub guard: Option<(Span, String)>,
}

impl Found<'_> {
    /// The finding about a situation from which no end can be reached.
    pub(super) async fn without_end(&self, at: usize) -> Result<Option<Finding>, ExploreError> {
        let Some(state) = self.explorer.nodes.get(at).and_then(|n| n.state.clone()) else { return Ok(None) };
        let Some(declared) = self.workflow.state(state.as_str()) else { return Ok(None) };
        let path = self.explorer.path(at);
        let doc = self.explorer.document(at);
        let end = End::Stays { doc: doc.clone(), state: state.clone() };
        let story = tell(self.ground, &self.workflow.name, self.size, format!("{}: stuck in {state}", self.workflow.name), &path, &end).await?;
        let world = after(self.ground, &self.workflow.name, self.size, &path).await?;
        let view = View::of(&world, &BTreeMap::new()).await?;
        let outcome = say::for_ever(state.as_str(), &kept(&view, &doc));
        let owed = view.obligations.iter().find(|o| o.doc == doc).and_then(|o| Some((self.owes(&o.kind)?, &o.kind)));
        let reverse = view.reverses.iter().find(|p| p.doc == doc).and_then(|p| Some((self.issues(&p.kind)?, &p.kind)));
        let diagnostic = match (view.held(&doc).next(), owed, reverse) {
            (None, Some((span, kind)), _) => say::owed_for_ever(span, kind.as_str(), &story.words, &outcome),
            (None, None, Some((span, paper))) => say::reverse_for_ever(span, paper.as_str(), &story.words, &outcome),
            _ => say::stuck(declared.span, state.as_str(), &story.words, &outcome, &self.in_the_way(world, &doc).await?),
        };
        Ok(Some(Finding { diagnostic, story: Some(story) }))
    }

    /// Of the transitions that are never carried out here, in the order of the flow, what is in the way.
    async fn in_the_way(&self, world: World, doc: &DocId) -> Result<Vec<Hindrance>, ExploreError> {
        let Some(about) = world.docs.iter().position(|d| d == doc) else { return Ok(Vec::new()) };
        let start = Start { world, before: Vec::new(), about };
        // The first situation is looked at, and none of those that follow.
        let mut here = Explorer::new(self.ground, self.size, Limits { states: 1, imagine: true }, vec![start]);
        let mut refused: BTreeMap<Name, Vec<Reason>> = BTreeMap::new();
        let mut done: BTreeSet<Name> = BTreeSet::new();
        let mut see = |seen: &Seen<'_>| {
            for noted in seen.noted.iter().filter(|n| n.doc == *doc) {
                match &noted.outcome {
                    Ok(_) => drop(done.insert(noted.transition.clone())),
                    Err(reasons) => {
                        let known = refused.entry(noted.transition.clone()).or_default();
                        if known.is_empty() || weight(reasons) < weight(known) {
                            known.clone_from(reasons);
                        }
                    }
                }
            }
            true
        };
        if let Some(workflow) = self.ground.workflow(&self.workflow.name).cloned() {
            here.step(0, &workflow, &mut see).await?;
        }
        let never = self.workflow.transitions.iter().filter(|t| !done.contains(&t.name));
        let told = never.filter_map(|t| {
            let reason = refused.remove(&t.name)?.into_iter().next()?;
            Some(Hindrance { transition: t.name.clone(), guard: self.guard(&reason), reason })
        });
        Ok(told.take(MOST_TOLD).collect())
    }

    /// The guard that a reason is about.
    fn guard(&self, reason: &Reason) -> Option<(Span, String)> {
        let place = reason.place.as_ref()?;
        let sources = &self.ground.book.sources;
        let stands = |span: Span| {
            sources.file(span.file).is_some_and(|f| {
                let (line, column) = f.line_column(span.start);
                f.name == place.file && line == place.line as usize && column == place.column as usize
            })
        };
        let mut found = None;
        for transition in &self.workflow.transitions {
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Require(guard) = &clause.kind
                    && stands(guard.test.span)
                {
                    found = Some((guard.test.span, sources.text(guard.test.span).split_whitespace().collect::<Vec<_>>().join(" ")));
                }
            });
        }
        found
    }
}

/// Of several refusals of a transition the one that says most: what is given can be given otherwise, so that a guard, a rule or
/// a lack of parts says more than an input that does not fit; and of few reasons each counts.
fn weight(reasons: &[Reason]) -> (bool, usize) {
    let input = reasons.iter().any(|r| r.code < ReasonCode::Guard);
    (input, reasons.len())
}

/// What a document that is stuck keeps: parts, obligations, reverse papers.
fn kept(view: &View, doc: &DocId) -> String {
    let mut kept: Vec<String> = view.held(doc).map(|b| format!("{} of {} in `{}`", b.quantity, b.part, b.position.bin)).collect();
    kept.extend(view.obligations.iter().filter(|o| o.doc == *doc).map(|o| format!("{} of {} owed as `{}`", o.open, o.part, o.kind)));
    kept.extend(view.reverses.iter().filter(|p| p.doc == *doc).map(|p| format!("its reverse `{}` open", p.kind)));
    if kept.is_empty() { String::new() } else { format!(", with {}", kept.join(", ")) }
}
