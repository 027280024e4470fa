//! What the clock must know of a state that a document enters or stays in: how long it may last, and for which moments
//! its timers wait. They are computed from the document as it is then.
//!
//! Pure. Tests: the scenarios.

use crate::base::{Duration, Name, Timestamp};
use crate::domain::{Actor, Reason, ReasonCode, Value};
use crate::model::{Goal, Moment, Transition, Trigger};

use super::run::{Halt, Run};

/// When a timer rings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rings {
    /// Then.
    At(Timestamp),
    /// So long after the state was entered.
    After(Duration),
}

/// What the clock must know of a state.
#[derive(Debug, Default)]
pub struct Clocks {
    /// How long it may last; nothing where it has no deadline, or where that runs on.
    pub patience: Option<Duration>,
    /// The timers whose time is computed, each with the transition that it fires; without those that run on.
    pub rings: Vec<(Name, Rings)>,
}

impl Run<'_> {
    /// The clocks of a state that a document enters.
    pub fn clocks(&mut self, target: &Name) -> Clocks {
        Clocks { patience: self.patience(target), rings: self.rings(target, true) }
    }

    /// The clocks of a state in which a document stays: only those whose time is another one now, and a wait of the
    /// transition that comes back to its own state.
    pub fn clocks_moved(&mut self, target: &Name) -> Clocks {
        Clocks { patience: None, rings: self.rings(target, false) }
    }

    /// The timers of a state whose time is computed, whatever becomes of its deadline.
    pub fn rings_of(&mut self, target: &Name) -> Clocks {
        Clocks { patience: None, rings: self.rings(target, true) }
    }

    fn rings(&mut self, target: &Name, entered: bool) -> Vec<(Name, Rings)> {
        let workflow = self.env.workflow;
        let all = workflow.transitions.iter().flat_map(|t| t.moments().map(move |moment| (t, moment)));
        let waiting: Vec<(&Transition, &Moment)> = all.filter(|(_, moment)| moment.states.contains(target)).collect();
        let was = std::mem::replace(&mut self.doc.state, target.clone());
        let mut found = Vec::new();
        for (transition, moment) in waiting {
            match self.rings_at(moment) {
                Ok(Some(rings)) => {
                    let anew = entered || if moment.from_entry() { transition.name == self.env.transition.name } else { self.was_not(moment, rings) };
                    found.extend(anew.then(|| (transition.name.clone(), rings)));
                }
                Ok(None) => {}
                Err(halt) => self.stopped(halt),
            }
        }
        self.doc.state = was;
        found
    }

    /// Whether the timer was set to another time before this transition.
    fn was_not(&mut self, moment: &Moment, rings: Rings) -> bool {
        let Some(before) = &self.env.snapshot.document else { return true };
        let now = std::mem::replace(&mut self.doc, before.clone());
        let was = self.rings_at(moment).ok();
        self.doc = now;
        was != Some(Some(rings))
    }

    /// A day has come as it begins, and is over as the next one begins. Where a field is absent that it is computed from,
    /// there is nothing to wait for.
    fn rings_at(&self, moment: &Moment) -> Result<Option<Rings>, Halt> {
        if moment.needs.iter().any(|field| *self.doc.field(field.as_str()) == Value::Absent) {
            return Ok(None);
        }
        if moment.from_entry() {
            return self.days(&moment.when).map(Rings::After).map(Some);
        }
        match self.present(&moment.when)? {
            Value::Time(at) => Ok(Some(Rings::At(at))),
            Value::Date(day) => {
                let day = if moment.over { day.plus_days(1) } else { day };
                let midnight = day.0.to_datetime(jiff::civil::Time::midnight());
                let at = Timestamp::from_civil(midnight, &self.env.book.manifest.zone);
                at.map(|at| Some(Rings::At(at))).ok_or_else(|| self.mismatch("a day that comes", &Value::Date(day), moment.when.span))
            }
            other => Err(self.mismatch("a date or a time", &other, moment.when.span)),
        }
    }

    /// Why the clock does not fire the transition now: the document has changed since the timer was set, and the moment has
    /// not come, or it was fired then already.
    pub fn too_early(&self) -> Option<Reason> {
        let (transition, command) = (self.env.transition, self.env.command);
        let dated = |trigger: &&Trigger| trigger.waits_in(&self.doc.state) || matches!(trigger, Trigger::AtOnce | Trigger::OnArrival(_));
        let mut triggers = transition.triggers.iter().filter(dated).peekable();
        if command.actor != Actor::System || triggers.peek().is_none() {
            return None;
        }
        let mut earliest: Option<Timestamp> = None;
        for trigger in triggers {
            let Trigger::Moment(moment) = trigger else { return None };
            let at = match self.rings_at(moment) {
                Ok(Some(Rings::At(at))) => at,
                Ok(None) => continue,
                _ => return None,
            };
            // Who was taken elsewhere by it and has come back, be it at the same instant, has it all before them again.
            let stays = transition.goal == Goal::Same || transition.to.contains(&self.doc.state);
            let done = stays && self.env.snapshot.events.iter().any(|e| e.transition == transition.name && e.effective_at >= at.max(self.doc.entered_at));
            if !done && at <= command.effective_at {
                return None;
            }
            earliest = if done { earliest } else { Some(earliest.map_or(at, |e| e.min(at))) };
        }
        let zone = &self.env.book.manifest.zone;
        let sentence = match earliest {
            Some(at) => format!("the clock fires `{}` at {} now, not at {}", transition.name, at.clock(zone), command.effective_at.clock(zone)),
            None => format!("the clock has fired `{}` for this moment already", transition.name),
        };
        Some(self.reason(ReasonCode::BadTime, sentence, transition.head))
    }
}
