//! A snapshot that is put together from the rows of a load, in whatever order they come.
//!
//! Must not know the statement. Tests: `tests/it/store_*.rs`.

use crate::base::Bu;
use crate::domain::{Inbound, Line, Paper, PartyValue, Snapshot};

use super::error::StoreError;
use super::rows::{balance, balance_after, child, document, line, lot, move_record, obligation, paper, past};
use super::views::MoveRecord;
use super::{cells::Cells, load, shape};

/// A snapshot as its rows come in, in whatever order.
#[derive(Default)]
pub(super) struct Loading {
    snapshot: Snapshot,
    lines: Vec<Line>,
    papers: Vec<(i64, Paper)>,
    moves: Vec<MoveRecord>,
    last: u64,
}

impl Loading {
    /// One row of the load.
    pub(super) fn take(&mut self, bu: &Bu, tag: &str, c: &Cells<'_>) -> Result<(), StoreError> {
        let s = &mut self.snapshot;
        match tag {
            "document" => s.document = Some(document(bu, c)?),
            "line" => self.lines.push(line(c)?),
            "event" => {
                let event = past(c)?;
                if event.revision > self.last {
                    self.last = event.revision;
                    s.chain = c.id(2)?;
                }
                s.events.push(event);
            }
            "closing" => s.closing = Some(load::closing(c)?),
            "repeat" => s.repeat = Some((c.id(0)?, c.count(0)?, c.id(1)?)),
            "stock" => s.balances.push(balance_after(c, s.balances.last())?),
            "serial" => s.serials.push(balance(c)?),
            "lot" => s.lots.push(lot(c)?),
            "inbound" => s.inbound.push(Inbound { party: c.id(0)?, part: c.id(1)?, pool: c.some(2)?, quantity: c.quantity(0)? }),
            "value" => {
                let value = shape::value(i128::from(c.int(0)?));
                s.party_values.push(PartyValue { party: c.id(0)?, bin: c.some(1)?, condition: c.some(2)?, pool: c.some(3)?, value });
            }
            "obligation" => s.obligations.push(obligation(c)?),
            "paper" => self.papers.push((c.int(3)?, paper(c)?)),
            "child" => s.children.push(child(c)?.0),
            "move" => self.moves.push(move_record(c)?),
            _ => {}
        }
        Ok(())
    }

    /// The snapshot; its lists are in no order yet.
    pub(super) fn end(mut self) -> Snapshot {
        self.papers.sort_by_key(|(ordinal, paper)| (paper.revision, *ordinal));
        self.moves.sort_by_key(|m| (m.revision, m.ordinal));
        let mut snapshot = self.snapshot;
        snapshot.papers = self.papers.into_iter().map(|(_, paper)| paper).collect();
        snapshot.past_moves = self.moves.into_iter().map(|m| m.movement).collect();
        if let Some(document) = &mut snapshot.document {
            self.lines.sort_by_key(|l| l.no);
            document.lines = self.lines;
        }
        snapshot
    }
}
