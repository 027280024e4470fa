//! The stock world as plain data: values, documents, stock, commands, snapshots, decisions, refusals.
//!
//! Must not know SQL, rhai or pest; no decisions are made here. Tests: with whoever uses it.

pub mod command;
pub mod decision;
pub mod document;
pub mod gst;
pub mod master;
pub mod record;
pub mod refusal;
pub mod snapshot;
pub mod stock;
pub mod value;
mod wire;

pub use command::{Action, Actor, Command, Input, InputLine};
pub use decision::{
    ChildStart, Claim, Decision, Event, FiredTimer, Freed, ObligationChange, ObligationChangeKind, OutboxKind, OutboxRow, PaperDraft, RuleTrace, SeriesTake,
    Timer, TimerKind, Waited,
};
pub use document::{Document, Inbound, Line, Obligation, Paper};
pub use master::{BusinessUnit, Contract, Limit, LimitScope, MasterData, Part, Party, Person, Rate, RoleGrant, Supersession, Tracking};
pub use record::{Fields, Form, Record, Shape};
pub use refusal::{Need, Place, Reason, ReasonCode, Refusal, Remedy, RuleSource};
pub use snapshot::{Child, Closing, LoadRequest, LotFacts, Needs, PartyValue, PastEvent, Snapshot};
pub use stock::{Balance, Holder, Lot, Move, Position, Sodo};
pub use value::Value;
