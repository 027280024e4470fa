//! What a clause does to the counters of a line: given, set, moved, owed.
//!
//! Must not know how states are walked. Tests: `tests/it/proofs.rs`.

use std::collections::BTreeSet;

use crate::base::Name;
use crate::check::walk;
use crate::domain::Value;
use crate::model::{Ask, ClauseKind, Expr, ExprKind, MoveQuantity, MoveSpec, ObligationSpec, ObligationVerb, StartSpec};

use super::algebra::{Fraction, Sum};
use super::path::Path;
use super::states::Prover;
use super::variables::{Counted, clauses, held, is_party, parties_changed};
use super::{MOST_CHOICES, Stop};

impl Prover<'_> {
    pub(super) fn any_of(&self, ways: Vec<Path>, name: &Name, values: &[Value]) -> Result<Vec<Path>, Stop> {
        let mut all = Vec::new();
        for way in ways {
            for value in values {
                let mut way = way.clone();
                way.known.insert(name.clone(), value.clone());
                way.forget(name);
                all.push(way);
            }
        }
        if all.len() > MOST_CHOICES { Err(Stop::TooMuch) } else { Ok(all) }
    }

    /// Nothing may be held at a party that is exchanged: before the transition, or moved away before the exchange.
    pub(super) fn nothing_at(&self, ways: &mut [Path], changed: &BTreeSet<Name>) -> Result<(), Stop> {
        for path in ways {
            if !path.settle()? {
                continue;
            }
            for (n, counted) in self.variables.all.iter().enumerate() {
                if let Counted::Held(Some(party), bin) | Counted::Promised(Some(party), bin) = counted
                    && changed.contains(party)
                    && !path.values.get(n).is_some_and(Sum::is_zero)
                {
                    return Err(Stop::Because(format!("`{party}` can become another while parts are in its `{bin}`")));
                }
            }
        }
        Ok(())
    }

    pub(super) fn asked(&self, ways: Vec<Path>, ask: &Ask) -> Result<Vec<Path>, Stop> {
        if let Some(values) = self.choices.get(&ask.field) {
            return self.any_of(ways, &ask.field, values);
        }
        let index = self.variables.find(&Counted::Field(ask.field.clone()));
        let one = |mut path: Path| {
            path.forget(&ask.field);
            let value = path.fresh(!ask.optional);
            if let Some(slot) = index.and_then(|n| path.values.get_mut(n)) {
                *slot = value;
            }
            path
        };
        Ok(ways.into_iter().map(one).collect())
    }

    pub(super) fn counted(&self, path: &mut Path, kind: &ClauseKind) -> Result<(), Stop> {
        match kind {
            ClauseKind::Let(name, value) => {
                let sum = path.sum(self.reading(), value)?;
                path.forget(name);
                path.lets.insert(name.clone(), sum);
            }
            ClauseKind::Move(spec) => self.moved(path, spec)?,
            ClauseKind::Obligation(spec) => self.owed(path, spec)?,
            ClauseKind::Start(spec) => {
                self.handed(path, spec)?;
                self.promised(path, spec)?;
            }
            ClauseKind::Issue { document, with_reverse: true, .. } => self.add(path, &Counted::Reverse(document.clone()), &Sum::number(Fraction::ONE))?,
            ClauseKind::CloseReverse(document) => {
                if let Some(slot) = self.variables.find(&Counted::Reverse(document.clone())).and_then(|n| path.values.get_mut(n)) {
                    *slot = Sum::default();
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// What a started document takes as it opens. It must be there, or that document is refused.
    fn handed(&self, path: &mut Path, spec: &StartSpec) -> Result<(), Stop> {
        for handed in self.variables.handed.iter().filter(|h| h.workflow == spec.workflow) {
            let given = spec.lines.iter().find(|(name, _)| *name == handed.field).map(|(_, e)| e);
            let sum = given.map(|e| path.sum(self.reading(), e)).transpose()?.flatten();
            let there = path.values.get(handed.from).cloned().unwrap_or_default();
            let left = sum.map(|sum| there.minus(&sum)).transpose()?;
            match left {
                Some(left) if path.never_negative(&left)? => {
                    if let Some(slot) = path.values.get_mut(handed.from) {
                        *slot = left;
                    }
                }
                _ => return Err(Stop::Because(format!("a `{}` that it starts could find less than it is to take", spec.workflow))),
            }
        }
        Ok(())
    }

    /// All lines anew: what is held for the old ones would be lost.
    pub(super) fn new_lines(&self, ways: &mut [Path]) -> Result<(), Stop> {
        for path in ways {
            if !path.settle()? {
                continue;
            }
            for (n, counted) in self.variables.all.iter().enumerate() {
                match counted {
                    Counted::Field(name) => {
                        let value = match self.usual(name) {
                            Some((usual, true)) => Sum::number(usual),
                            _ => path.fresh(true),
                        };
                        if let Some(slot) = path.values.get_mut(n) {
                            *slot = value;
                        }
                    }
                    Counted::Held(..) | Counted::Owed(_) | Counted::Promised(..) if !path.values.get(n).is_some_and(Sum::is_zero) => {
                        return Err(Stop::Because("its lines can be given anew while something is held for them".to_owned()));
                    }
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// The part of the line becomes another: nothing may be held or owed for the one that it was.
    fn new_part(&self, path: &mut Path) -> Result<(), Stop> {
        if !path.settle()? {
            return Ok(());
        }
        for (n, counted) in self.variables.all.iter().enumerate() {
            if matches!(counted, Counted::Held(..) | Counted::Owed(_) | Counted::Promised(..)) && !path.values.get(n).is_some_and(Sum::is_zero) {
                return Err(Stop::Because("the part of a line can become another while something is held for it".to_owned()));
            }
        }
        Ok(())
    }

    /// A field names the party that another one does: what is held there is counted for the one that is declared first.
    fn same_party(&self, path: &mut Path, name: &Name, other: &Name) {
        let place = |name: &Name| self.workflow.fields.iter().position(|f| f.name == *name);
        if place(name) > place(other) {
            return;
        }
        for (n, counted) in self.variables.all.iter().enumerate() {
            let Counted::Held(Some(party), bin) = counted else { continue };
            let to = self.variables.find(&Counted::Held(Some(name.clone()), bin.clone()));
            if party == other
                && let Some(to) = to
                && let Some(there) = path.values.get_mut(n).map(std::mem::take)
                && let Some(slot) = path.values.get_mut(to)
            {
                *slot = there;
            }
        }
    }

    pub(super) fn set(&self, ways: Vec<Path>, name: &Name, value: &Expr) -> Result<Vec<Path>, Stop> {
        let mut ways = ways;
        if *name == "part" {
            ways.iter_mut().try_for_each(|path| self.new_part(path))?;
        }
        if is_party(self.workflow, name) {
            self.nothing_at(&mut ways, &BTreeSet::from([name.clone()]))?;
            if let ExprKind::Field(other) = &value.kind {
                ways.iter_mut().for_each(|path| self.same_party(path, name, other));
            }
        }
        if let Some(values) = self.choices.get(name) {
            return match &value.kind {
                ExprKind::Const(value) => self.any_of(ways, name, std::slice::from_ref(value)),
                _ => self.any_of(ways, name, values),
            };
        }
        let index = self.variables.find(&Counted::Field(name.clone()));
        for path in &mut ways {
            path.forget(name);
            let sum = path.sum(self.reading(), value)?;
            let sum = sum.unwrap_or_else(|| path.fresh(false));
            if let Some(slot) = index.and_then(|n| path.values.get_mut(n)) {
                *slot = sum;
            }
        }
        Ok(ways)
    }

    pub(super) fn add(&self, path: &mut Path, counted: &Counted, more: &Sum) -> Result<(), Stop> {
        if let Some(slot) = self.variables.find(counted).and_then(|n| path.values.get_mut(n)) {
            *slot = slot.plus(Fraction::ONE, more)?;
        }
        Ok(())
    }

    /// Takes away, which the engine refuses where there is less.
    fn take(&self, path: &mut Path, counted: &Counted, less: &Sum) -> Result<(), Stop> {
        let Some(n) = self.variables.find(counted) else { return Ok(()) };
        let Some(left) = path.values.get(n).map(|v| v.minus(less)).transpose()? else { return Ok(()) };
        path.at_least_zero(&left)?;
        if let Some(slot) = path.values.get_mut(n) {
            *slot = left;
        }
        Ok(())
    }

    /// Takes from what is held beside the parts of the document that started this one: nobody knows whose come first.
    fn take_some(&self, path: &mut Path, own: Option<usize>, most: &Sum) -> Result<(), Stop> {
        let Some((n, there)) = own.and_then(|n| Some((n, path.values.get(n)?.clone()))) else { return Ok(()) };
        let left = path.fresh(true);
        path.at_least_zero(&there.minus(&left)?)?;
        path.at_least_zero(&left.minus(&there)?.plus(Fraction::ONE, most)?)?;
        if let Some(slot) = path.values.get_mut(n) {
            *slot = left;
        }
        Ok(())
    }

    /// Another field could name the same party: nothing may stand there that is counted for it.
    fn nothing_alike(&self, path: &mut Path, n: usize) -> Result<(), Stop> {
        let held = |path: &Path| self.variables.alike(n).find(|m| !path.values.get(*m).is_some_and(Sum::is_zero));
        if held(path).is_some() && !path.settle()? {
            return Ok(());
        }
        match (held(path).and_then(|m| self.variables.all.get(m)), self.variables.all.get(n)) {
            (Some(Counted::Held(Some(a), bin)), Some(Counted::Held(Some(b), _))) => {
                Err(Stop::Because(format!("`{a}` and `{b}` could be the same party, and both have `{bin}`")))
            }
            _ => Ok(()),
        }
    }

    /// Whether a document of this workflow that started another one could hold parts where that one takes from.
    fn lends_to_itself(&self, spec: &MoveSpec) -> bool {
        self.variables.find(&held(&spec.from)).is_some()
            && self
                .workflow
                .transitions
                .iter()
                .any(|t| clauses(t).iter().any(|(c, _)| matches!(&c.kind, ClauseKind::Start(s) if s.workflow == self.workflow.name)))
    }

    fn moved(&self, path: &mut Path, spec: &MoveSpec) -> Result<(), Stop> {
        if !path.in_line && (spec.from.clearing || spec.to.clearing) {
            // It goes on to a started document at once.
            return Ok(());
        }
        let own = self.variables.find(&held(&spec.from)).filter(|_| spec.from.clearing);
        let lent = spec.from.clearing && self.variables.lent.contains(&(spec.from.party.clone(), spec.from.bin.clone()));
        let there = own.and_then(|n| path.values.get(n)).cloned().unwrap_or_default();
        let quantity = match &spec.quantity {
            MoveQuantity::Exactly(e) => match path.sum(self.reading(), e)? {
                Some(sum) => sum,
                None => path.fresh(true),
            },
            MoveQuantity::UpTo(e) => {
                let most = path.sum(self.reading(), e)?;
                let taken = path.fresh(true);
                if let Some(most) = most {
                    path.at_least_zero(&most.minus(&taken)?)?;
                }
                taken
            }
            MoveQuantity::All => there.clone(),
        };
        path.at_least_zero(&quantity)?;
        let shared = own.filter(|n| path.shared.contains(n));
        if shared.is_some() && (lent || !matches!(spec.quantity, MoveQuantity::Exactly(_))) {
            return Err(Stop::Because(format!("what a document that it started has taken of `{}` is not known yet", spec.from.bin)));
        }
        own.iter().try_for_each(|n| self.nothing_alike(path, *n))?;
        // What another document holds is touched only where its own does not suffice.
        let lent = lent && !path.never_negative(&there.minus(&quantity)?)?;
        if lent && self.lends_to_itself(spec) {
            return Err(Stop::Because(format!("it could take what another `{}` that started it holds", self.workflow.name)));
        }
        if lent {
            self.take_some(path, own, &quantity)?;
            if own.is_none() {
                self.add(path, &Counted::Borrowed(spec.from.party.clone(), spec.from.bin.clone()), &quantity)?;
            }
        } else if let Some(slot) = shared.and_then(|n| path.values.get_mut(n)) {
            // There is as much, of whichever line: only the sum is known.
            *slot = slot.minus(&quantity)?;
        } else if own.is_some() {
            self.take(path, &held(&spec.from), &quantity)?;
        } else if spec.from.clearing {
            // Nothing is ever put there: only nothing can be taken.
            path.at_least_zero(&Sum::default().minus(&quantity)?)?;
        }
        if spec.to.clearing {
            self.add(path, &held(&spec.to), &quantity)?;
        }
        if let Some(field) = &spec.counting {
            path.forget(field);
            if let Some(slot) = self.variables.find(&Counted::Field(field.clone())).and_then(|n| path.values.get_mut(n)) {
                *slot = quantity;
            }
        }
        Ok(())
    }

    fn owed(&self, path: &mut Path, spec: &ObligationSpec) -> Result<(), Stop> {
        let counted = Counted::Owed(spec.kind.clone());
        let open = self.variables.find(&counted).and_then(|n| path.values.get(n)).cloned().unwrap_or_default();
        let wanted = match &spec.quantity {
            Some(e) => path.sum(self.reading(), e)?,
            None if self.one_debtor(&spec.kind) => Some(open),
            None => None,
        };
        // Of less than nothing the engine makes nothing.
        let quantity = match wanted {
            Some(sum) if path.never_negative(&sum)? => sum,
            _ => path.fresh(true),
        };
        if spec.verb == ObligationVerb::Owe { self.add(path, &counted, &quantity) } else { self.take(path, &counted, &quantity) }
    }

    /// Whether only one party ever owes a kind.
    fn one_debtor(&self, kind: &Name) -> bool {
        let mut debtors: BTreeSet<&Name> = BTreeSet::new();
        for transition in &self.workflow.transitions {
            walk::clauses(&transition.body, &mut |clause| {
                if let ClauseKind::Obligation(spec) = &clause.kind
                    && spec.kind == *kind
                {
                    debtors.insert(&spec.by);
                }
            });
        }
        let changed = |name: &&Name| self.workflow.transitions.iter().any(|t| parties_changed(self.workflow, t).contains(*name));
        debtors.len() == 1 && !debtors.iter().any(changed)
    }
}
