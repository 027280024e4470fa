//! The end of a decision: promises, timers, and what a document may not leave behind when it ends.
//!
//! Pure. Tests: the scenarios.

use std::collections::BTreeSet;

use crate::base::{Duration, DurationUnit, Name, PartCode, Quantity, Timestamp};
use crate::domain::{Freed, Inbound, Move, Need, Position, Reason, ReasonCode, Timer, TimerKind, Value, Waited};
use crate::model::{State, Transition, Trigger, Within};

use super::allocate::place_text;
use super::clocks::{Clocks, Rings};
use super::operate;
use super::run::Run;

impl Run<'_> {
    /// What a document that ends may not leave behind: parts in clearing bins, obligations, reverse papers.
    pub fn check_end(&mut self, state: &State) {
        let held: Vec<_> = self.ledger.select(|at, _| at.holder.as_ref().is_some_and(|h| h.doc == self.doc.id)).cloned().collect();
        for unit in held {
            let what = unit.serial.as_ref().map_or_else(|| unit.part.to_string(), |s| format!("{} {s}", unit.part));
            let mut reason = Reason::new(
                ReasonCode::PartsLeftBehind,
                format!(
                    "{} of {what} would be left in {}, and `{}` is final",
                    unit.quantity,
                    place_text(&Position { holder: None, ..unit.position.clone() }),
                    state.name
                ),
            );
            reason.line = unit.position.holder.as_ref().map(|h| h.line).filter(|l| *l > 0);
            reason.numbers = Some(Need { have: Value::Quantity(unit.quantity), need: Value::Quantity(Quantity::ZERO) });
            reason.place = self.place(self.env.transition.head);
            self.refuse(reason.remedy(format!("move them out of `{}` first", unit.position.bin)));
        }
        for (obligation, left) in self.open_obligations() {
            let sentence = format!("{} still owes {left} of {} as `{}`, and `{}` is final", obligation.debtor, obligation.part, obligation.kind, state.name);
            let mut reason = Reason::new(ReasonCode::ObligationOpen, sentence);
            reason.line = Some(obligation.line).filter(|l| *l > 0);
            reason.numbers = Some(Need { have: Value::Quantity(left), need: Value::Quantity(Quantity::ZERO) });
            reason.place = self.place(self.env.transition.head);
            self.refuse(reason.remedy("settle, waive or debit it first"));
        }
        let drafted = self.out.papers.iter().any(|p| p.reverse_of.is_some());
        let open: Vec<String> = self.open_reverses().map(|(_, number)| number).collect();
        if drafted || !open.is_empty() {
            let which = if open.is_empty() { "the reverse paper of this transition".to_owned() } else { open.join(", ") };
            let mut reason = Reason::new(ReasonCode::ReverseOpen, format!("{which} is still open, and `{}` is final", state.name));
            reason.place = self.place(self.env.transition.head);
            self.refuse(reason.remedy("close the reverse paper first"));
        }
    }

    /// What each line still promises to bring.
    pub fn promises(&mut self, ended: bool) {
        let workflow = self.env.workflow;
        let Some(spec) = &workflow.inbound else { return };
        for index in 0..self.doc.lines.len() {
            let promised = if ended { None } else { self.promise(index, spec) };
            if let Some(line) = self.doc.lines.get_mut(index) {
                line.inbound = promised;
            }
        }
    }

    fn promise(&mut self, index: usize, spec: &crate::model::InboundSpec) -> Option<Inbound> {
        let party = self.party_in(&spec.party)?.clone();
        let seen = self.at_line(index, |run| run.eval(&spec.quantity));
        let value = match seen {
            Ok(value) => value,
            Err(halt) => {
                self.stopped(halt);
                return None;
            }
        };
        let quantity = operate::as_quantity(&value).filter(|q| q.is_positive())?;
        let line = self.doc.lines.get(index)?;
        let part = line.part()?.clone();
        let pool = line.values.get("pool").or_else(|| self.doc.fields.get("pool")).and_then(Value::as_name).cloned();
        Some(Inbound { party, part, pool, quantity })
    }

    /// How long the document may stay in a state that it enters. Where a rule says so, it sees the document in that state.
    pub fn patience(&mut self, target: &Name) -> Option<Duration> {
        let deadline = self.env.workflow.state(target.as_str())?.deadline.as_ref()?;
        let expr = match &deadline.within {
            Within::Fixed(duration) => return Some(*duration),
            Within::Days(expr) => expr,
        };
        let was = std::mem::replace(&mut self.doc.state, target.clone());
        let found = self.days(expr);
        self.doc.state = was;
        found.map_err(|halt| self.stopped(halt)).ok()
    }

    /// The timers of the state that the document is now in.
    pub fn timers(&self, entered: bool, clocks: &Clocks, revision: u64) -> Vec<Timer> {
        let since = if entered { self.doc.entered_at } else { self.env.command.effective_at };
        self.state_timers((entered, since), clocks, revision)
    }

    /// The timers of a state as if it were entered at a time.
    pub fn timers_since(&self, since: Timestamp, clocks: &Clocks, revision: u64) -> Vec<Timer> {
        self.state_timers((true, since), clocks, revision)
    }

    fn state_timers(&self, (entered, since): (bool, Timestamp), clocks: &Clocks, revision: u64) -> Vec<Timer> {
        let now = self.env.command.effective_at;
        let calendar = std::cell::LazyCell::new(|| self.calendar());
        let state = self.doc.state.clone();
        let mut timers = Vec::new();
        let mut add = |due_at, kind| timers.push(Timer { id: format!("{revision}.t{}", timers.len() + 1), due_at, kind, state: state.clone() });
        let declared = self.env.workflow.state(state.as_str());
        if let (Some(patience), Some(deadline)) = (clocks.patience, declared.and_then(|s| s.deadline.as_ref())) {
            add(calendar.due(since, patience), TimerKind::Deadline { notify: deadline.notify.clone() });
        }
        for transition in &self.env.workflow.transitions {
            for trigger in &transition.triggers {
                // A clock transition that comes back to its own state waits anew.
                let rearmed = entered || transition.name == self.env.transition.name;
                match trigger {
                    Trigger::After(duration, waits_in) if *waits_in == state && rearmed => {
                        add(calendar.due(since, *duration), TimerKind::Fire { transition: transition.name.clone() });
                    }
                    Trigger::AtOnce if transition.from.contains(&state) => {
                        let at_once = calendar.due(now, Duration { count: 0, unit: DurationUnit::Minutes });
                        add(at_once, TimerKind::Fire { transition: transition.name.clone() });
                    }
                    _ => {}
                }
            }
        }
        for (transition, rings) in &clocks.rings {
            let due_at = match rings {
                // What is past already is done at once, and not before what has just happened.
                Rings::At(at) => (*at).max(now),
                Rings::After(duration) => calendar.due(since, *duration),
            };
            add(due_at, TimerKind::Fire { transition: transition.clone() });
        }
        timers
    }

    /// What has come free serves documents that wait for it.
    pub fn arrived(&self, revision: u64) -> Option<Timer> {
        let awaited = &self.env.book.awaited;
        let free = |m: &&Move| m.to.holder.is_none() && awaited.contains(&m.to.bin) && (&m.from.party, &m.from.bin) != (&m.to.party, &m.to.bin);
        let freed = |m: &Move| Some(Freed { party: m.to.party.clone()?, bin: m.to.bin.clone(), part: m.part.clone() });
        let freed: BTreeSet<Freed> = self.out.moves.iter().filter(free).filter_map(freed).collect();
        if freed.is_empty() {
            return None;
        }
        let kind = TimerKind::Arrived(freed.into_iter().collect());
        Some(Timer { id: format!("{revision}.arrived"), due_at: self.env.command.effective_at, kind, state: self.doc.state.clone() })
    }

    /// Who begins to wait for parts looks once more: some may have come free since its document was loaded.
    pub fn waits(&self, entered: bool, revision: u64) -> Option<Timer> {
        let serves = |t: &&Transition| entered && t.from.contains(&self.doc.state);
        let parts: BTreeSet<&PartCode> = self.doc.lines.iter().filter_map(|line| line.part()).collect();
        let mut waited: Vec<Waited> = Vec::new();
        for arrival in self.env.workflow.transitions.iter().filter(serves).filter_map(Transition::arrival) {
            let Some(party) = self.party_in(&arrival.party) else { continue };
            for part in &parts {
                let free = |at: &Position, of: &PartCode| at.holder.is_none() && at.party.as_ref() == Some(party) && at.bin == arrival.bin && of == *part;
                let freed = Freed { party: party.clone(), bin: arrival.bin.clone(), part: (*part).clone() };
                waited.push(Waited { freed, seen: self.ledger.sum(free) });
            }
        }
        if waited.is_empty() {
            return None;
        }
        let kind = TimerKind::Waits(waited);
        Some(Timer { id: format!("{revision}.waits"), due_at: self.env.command.effective_at, kind, state: self.doc.state.clone() })
    }

    /// A document that has ended tells the one that started it.
    pub fn told(&self, revision: u64) -> Option<Timer> {
        let parent = self.doc.parent.clone().filter(|_| self.doc.ended)?;
        let state = self.doc.state.clone();
        Some(Timer { id: format!("{revision}.ended"), due_at: self.env.command.effective_at, kind: TimerKind::Tell { parent }, state })
    }
}
