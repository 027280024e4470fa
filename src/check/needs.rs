//! What a transition may read of the books, so that one round trip loads all of it.
//!
//! Must not know how it is loaded. Tests: `check::tests`.

use super::walk;
use crate::base::Name;
use crate::domain::Needs;
use crate::model::{Clause, ClauseKind, Expr, ExprKind, MoveSpec, Query, Type, Vocabulary};

/// What a body may read.
pub(super) fn needs(body: &[Clause], vocabulary: &Vocabulary) -> Needs {
    let mut needs = Needs::default();
    walk::clauses(body, &mut |clause| {
        if let ClauseKind::Move(spec) = &clause.kind {
            of_move(spec, &mut needs);
        }
    });
    walk::expressions(body, &mut |expr| {
        if let ExprKind::Query(query) = &expr.kind {
            of_query(query, vocabulary, &mut needs);
        }
    });
    needs.bins.sort();
    needs.bins.dedup();
    needs.value_at.sort();
    needs.value_at.dedup();
    needs
}

/// What an expression beside the body reads as well.
pub(super) fn also(expr: &Expr, vocabulary: &Vocabulary, needs: &mut Needs) {
    walk::expr(expr, &mut |expr| {
        if let ExprKind::Query(query) = &expr.kind {
            of_query(query, vocabulary, needs);
        }
    });
    needs.bins.sort();
    needs.bins.dedup();
}

fn of_move(spec: &MoveSpec, needs: &mut Needs) {
    if spec.from.outside {
        // A correction takes back what this document put there; new units look for the lots that they come from.
        needs.past_moves = true;
    } else if !spec.from.clearing {
        needs.bins.push(spec.from.bin.clone());
    }
}

fn of_query(query: &Query, vocabulary: &Vocabulary, needs: &mut Needs) {
    match query {
        Query::OnHand { .. } => needs.on_hand = true,
        Query::Inbound { .. } => needs.inbound = true,
        Query::QuantityIn { place, .. } => {
            if place.outside {
                needs.past_moves = true;
            }
            needs.bins.push(place.bin.clone());
        }
        Query::Held { place, .. } => needs.past_moves |= place.outside,
        Query::ValueAt { party, .. } => match &party.ty {
            Type::Party(Some(kind)) => needs.value_at.push(kind.clone()),
            _ => needs.value_at.extend(vocabulary.party_kinds.iter().map(|kind| kind.name.clone())),
        },
        Query::Limit { .. } => needs.limits = true,
        Query::Offers(_) => {
            needs.network = true;
            needs.bins.extend(shelves(vocabulary));
        }
        Query::Owed(_) => needs.obligations = true,
        Query::Rate(_) | Query::Open { .. } | Query::Today | Query::Now | Query::PersonWhoDid(_) | Query::AllStartedEnded => {}
    }
}

/// The bins from which parts can be offered: on hand, and nobody's yet.
fn shelves(vocabulary: &Vocabulary) -> impl Iterator<Item = Name> {
    let free = |bin: &&Name| vocabulary.bins.get(bin.as_str()).is_some_and(|b| !b.clearing && !b.outside);
    vocabulary.on_hand_bins.iter().filter(free).cloned()
}
