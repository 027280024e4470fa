//! A checked book as plain data: what running, proving, explaining and drawing all read.
//!
//! Every name is resolved, every expression typed. Must not know pest, rhai or SQL. Tests: `check`.

pub mod book;
pub mod clause;
pub mod comparison;
pub mod coverage;
pub mod expr;
pub mod scenario;
pub mod types;
pub mod workflow;

pub use book::{Bin, Book, DocumentKind, EventKind, Manifest, Named, Role, RuleParam, RuleSig, Vocabulary};
pub use clause::{
    Ask, Changes, Choosing, Clause, ClauseKind, EachLine, Guard, MoveQuantity, MoveSpec, NewLot, ObligationSpec, ObligationVerb, PlaceSpec, StartSpec, Within,
};
pub use comparison::{Comparison, Plain, Relation, decided};
pub use coverage::{Category, Coverage, Key, Point, Tally};
pub use expr::{BinaryOp, Builtin, Expr, ExprKind, LineTest, NumberPart, Query, Template, TemplatePart};
pub use scenario::{ExpectedUnit, GivenUnit, Scenario, ScenarioActor, ScenarioStep, StepKind};
pub use types::{Property, Type, properties};
pub use workflow::{Arrival, Deadline, Field, FieldKind, Goal, InboundSpec, Migration, Moment, State, Transition, Trigger, Workflow};
