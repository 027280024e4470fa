//! Documents that wait for parts are served when parts come free: in the order that the flow says, and then whoever has waited
//! longest.
//!
//! One after the other, each with all that follows at once, so that the next sees what is left. Must not decide anything
//! itself: what finds nothing for it is refused by its own guards. Tests: `tests/it/engine_arrivals.rs`.

use crate::base::{Name, Quantity, Timestamp};
use crate::domain::{Command, Document, Freed, ReasonCode, TimerKind, Value, Waited};
use crate::model::{Arrival, Type, Workflow};
use crate::store::{DocumentFilter, DueTimer, StockFilter, TimerOutcome};

use super::execute::{Engine, EngineError, Outcome};
use super::timers::{self, Chain};

/// A transition that serves a document, and which of the choices the document has by which those who wait are ordered.
struct Turn {
    rank: usize,
    doc: Document,
    transition: Name,
}

impl Engine {
    /// Serves the first who can use what has come free, and comes back for the next; who has had a turn gets no other from the
    /// same arrival.
    pub(super) async fn serve(&self, due: &DueTimer, freed: &[Freed], now: Timestamp, chain: &mut Chain) -> Result<(), EngineError> {
        let mut outcome = TimerOutcome::Done { outbox: Vec::new() };
        for command in self.turns(due, freed, now).await? {
            match self.carry_out(command, None).await? {
                Outcome::Done(done) if !done.repeated() => {
                    chain.rung.ticked.fired += 1;
                    chain.followed(*done, now);
                    chain.later(due.clone());
                    return Ok(());
                }
                Outcome::Refused(refusal) if refusal.code() == ReasonCode::Contended => outcome = timers::refused(&refusal, now),
                Outcome::Done(_) | Outcome::Refused(_) => {}
            }
        }
        self.store().finish_timer(due, &outcome, now).await?;
        Ok(())
    }

    /// Of what a document waits for, that of which more is there now than when it looked.
    pub(super) async fn come_since(&self, due: &DueTimer, waited: &[Waited]) -> Result<Vec<Freed>, EngineError> {
        let mut come = Vec::new();
        for Waited { freed, seen } in waited {
            let Freed { party, bin, part } = freed.clone();
            let filter = StockFilter { party: Some(party), bin: Some(bin), part: Some(part), ..StockFilter::new(due.bu.clone()) };
            let there: Quantity = self.store().stock_totals(&filter).await?.iter().map(|total| total.quantity).sum();
            if there > *seen {
                come.push(freed.clone());
            }
        }
        Ok(come)
    }

    /// The transitions of those who wait, in the order of their turns.
    async fn turns(&self, due: &DueTimer, freed: &[Freed], now: Timestamp) -> Result<Vec<Command>, EngineError> {
        let mut turns: Vec<Turn> = Vec::new();
        for workflow in self.book().workflows.values() {
            for transition in &workflow.transitions {
                let Some(arrival) = transition.arrival() else { continue };
                for state in &transition.from {
                    for freed in freed.iter().filter(|f| f.bin == arrival.bin) {
                        let waiting = self.waiting_for(due, (workflow, state), arrival, freed).await?;
                        let turn = |doc: Document| Turn { rank: rank(workflow, arrival, &doc), doc, transition: transition.name.clone() };
                        turns.extend(waiting.into_iter().map(turn));
                    }
                }
            }
        }
        turns.sort_by(|a, b| (a.rank, a.doc.entered_at, &a.doc.id).cmp(&(b.rank, b.doc.entered_at, &b.doc.id)));
        turns.dedup_by(|a, b| a.doc.id == b.doc.id && a.transition == b.transition);
        let command = |Turn { doc, transition, .. }: Turn| {
            let key = format!("arrived:{}:{}:{}:{transition}", due.doc, due.timer.id, doc.id);
            let command = timers::system_command(&due.bu, &doc.id, &transition, key, now);
            Command { effective_at: due.timer.due_at, ..command }
        };
        Ok(turns.into_iter().map(command).collect())
    }

    /// Documents in a state that name the party and have a line of the part: found by the part, since a party can be named by
    /// nearly every document that ever was. Who gave the parts up itself does not wait for them.
    async fn waiting_for(&self, due: &DueTimer, (workflow, state): (&Workflow, &Name), arrival: &Arrival, freed: &Freed) -> Result<Vec<Document>, EngineError> {
        let mut filter = DocumentFilter {
            workflow: Some(workflow.name.clone()),
            state: Some(state.clone()),
            part: Some(freed.part.clone()),
            open_only: true,
            ..DocumentFilter::new(due.bu.clone())
        };
        let mut found = Vec::new();
        loop {
            let heads = self.store().documents(&filter).await?;
            for head in &heads {
                let Some(doc) = self.store().document(&due.bu, &head.id).await? else { continue };
                let here = doc.field(arrival.party.as_str()).as_party() == Some(&freed.party);
                let gave = matches!(due.timer.kind, TimerKind::Arrived(_)) && doc.id == due.doc;
                if here && !gave && doc.lines.iter().any(|line| line.part() == Some(&freed.part)) {
                    found.push(doc);
                }
            }
            match heads.last().filter(|_| u32::try_from(heads.len()).is_ok_and(|n| n >= filter.limit)) {
                Some(last) => filter.after = Some((last.opened_at, last.id.clone())),
                None => return Ok(found),
            }
        }
    }
}

/// Which of the choices a document has; one without any comes last.
fn rank(workflow: &Workflow, arrival: &Arrival, doc: &Document) -> usize {
    let Some(field) = arrival.first_by.as_ref().and_then(|name| workflow.field(name.as_str())) else { return 0 };
    let Type::Choice(choices) = field.ty.required() else { return 0 };
    let value = doc.field(field.name.as_str());
    choices.iter().position(|choice| Value::Name(choice.clone()) == *value).unwrap_or(choices.len())
}
