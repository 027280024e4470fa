//! The smallest things everything else is made of: ids, quantities, money, time, spans, diagnostics.
//!
//! Must not know: any other module of the product, serde, tokio, SQL. Tests stand beside each file.

pub mod calendar;
pub mod diag;
pub mod ids;
pub mod money;
pub mod quantity;
pub mod scaled;
pub mod source;
pub mod suggest;
pub mod time;

pub use calendar::{Calendar, WorkHours};
pub use diag::{Diagnostic, Label, Severity};
pub use ids::{Bu, ContractCode, DocId, Key, LotId, Name, ObligationId, PartCode, PartyCode, PersonCode, SerialNo};
pub use money::Money;
pub use quantity::Quantity;
pub use scaled::Scaled;
pub use source::{FileId, SourceMap, Span};
pub use time::{Date, Duration, DurationUnit, Timestamp};
