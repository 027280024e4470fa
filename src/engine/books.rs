//! Periods: closing the books through a day, and refusing what would happen in a period that is closed.
//!
//! Pure. Tests: `tests/it/periods.rs`.

use jiff::civil::Time;

use crate::base::{Date, Span, Timestamp};
use crate::domain::{Command, Reason, ReasonCode, Remedy, Snapshot, Value};
use crate::model::{Book, Expr};

use super::run::Run;

impl Run<'_> {
    /// Closes the books of the business unit through a day, which must be over.
    pub fn close_books(&mut self, through: &Expr, span: Span) {
        let day = match self.eval(through) {
            Ok(Value::Date(day)) => day,
            Ok(_) => return,
            Err(halt) => return self.stopped(halt),
        };
        let (book, command) = (self.env.book, self.env.command);
        let until = first_moment(book, day.plus_days(1));
        if until > command.effective_at {
            let reason = self.reason(ReasonCode::BadTime, format!("{day} is not over yet: its books stay open"), span);
            return self.refuse(reason.remedy(format!("a day before {}", self.today)));
        }
        if let Some(last) = self.env.snapshot.closing.as_ref().filter(|last| last.until >= until) {
            let closed = last_day(book, last.until);
            let sentence = format!("the books of `{}` are closed through {closed} already, by `{}` with {}", command.bu, last.by, last.number);
            let reason = self.reason(ReasonCode::BooksClosed, sentence, span);
            return self.refuse(reason.remedy(format!("a day after {closed}")));
        }
        self.out.books_closed = self.out.books_closed.max(Some(until));
    }
}

/// Why a command may not happen when it says: the books of that time are closed.
pub fn closed(book: &Book, snapshot: &Snapshot, command: &Command) -> Option<Reason> {
    let closing = snapshot.closing.as_ref().filter(|c| command.effective_at < c.until)?;
    let zone = &book.manifest.zone;
    let (day, through, since) = (command.effective_at.date(zone), last_day(book, closing.until), closing.recorded_at.date(zone));
    let sentence = format!(
        "{day} lies in a period that is closed: the books of `{}` are closed through {through}, since {since}, by `{}` with {}",
        command.bu, closing.by, closing.number
    );
    let open = closing.until.date(zone);
    let mut reason = Reason::new(ReasonCode::BooksClosed, sentence);
    reason.remedies.push(Remedy { text: format!("{open} or later"), field: None, value: Some(Value::Date(open)) });
    Some(reason)
}

/// The first moment of a day.
fn first_moment(book: &Book, day: Date) -> Timestamp {
    // A date that no clock shows is out of every range, and so never over.
    Timestamp::from_civil(day.0.to_datetime(Time::midnight()), &book.manifest.zone).unwrap_or(Timestamp::from_micros(i64::MAX))
}

/// The last day before a moment.
fn last_day(book: &Book, until: Timestamp) -> Date {
    until.plus_micros(-1).date(&book.manifest.zone)
}
