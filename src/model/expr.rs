//! Expressions, resolved and typed.

use crate::base::{Name, Span};
use crate::domain::Value;

use super::{PlaceSpec, Type};

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Its type.
    pub ty: Type,
    /// Where it is written.
    pub span: Span,
}

/// Operators between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `is`
    Is,
    /// `is not`
    IsNot,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
}

/// How lines are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineTest {
    /// `any line has …`
    Any,
    /// `every line has …`
    Every,
    /// `no line has …`
    No,
}

/// Functions that are not rules.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Builtin {
    /// The smaller of two.
    Min,
    /// The larger of two.
    Max,
    /// Down to a whole number.
    Floor,
    /// To the nearest whole number, halves away from zero.
    Round,
}

/// The shapes of an expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A value: literal, or a declared name.
    Const(Value),
    /// A text with holes.
    Text(Template),
    /// A field of the document.
    Field(Name),
    /// A field of the line at hand.
    LineField(Name),
    /// A `let`.
    Local(Name),
    /// A property of a record, part, party, contract …
    Property(Box<Expr>, Name),
    /// A rule, with all its arguments in order of its parameters.
    Rule(Name, Vec<Expr>),
    /// The document itself, as a rule's argument.
    Document,
    /// The line at hand, as a rule's argument.
    Line,
    /// A built-in function.
    Call(Builtin, Vec<Expr>),
    /// `not x`
    Not(Box<Expr>),
    /// `-x`
    Negate(Box<Expr>),
    /// Two operands.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a between b and c`, both inclusive.
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// One of a list; the flag is true for `not`. A single item of list type is searched in.
    In(Box<Expr>, Vec<Expr>, bool),
    /// `has x`
    Has(Box<Expr>),
    /// `any line`
    AnyLine,
    /// `any line has …`
    Lines(LineTest, Box<Expr>),
    /// `sum of …` over the lines for which the filter holds.
    Sum(Box<Expr>, Option<Box<Expr>>),
    /// `count of lines` for which the filter holds.
    Count(Option<Box<Expr>>),
    /// A question to the books.
    Query(Box<Query>),
}

/// Questions to the books.
#[derive(Debug, Clone)]
pub enum Query {
    /// `on hand of PART at PARTY in pool POOL`
    OnHand {
        /// The part.
        part: Expr,
        /// At whom.
        party: Expr,
        /// In which pool.
        pool: Option<Expr>,
    },
    /// `inbound of PART to PARTY in pool POOL`
    Inbound {
        /// The part.
        part: Expr,
        /// To whom.
        party: Expr,
        /// In which pool.
        pool: Option<Expr>,
    },
    /// `quantity of PART in PLACE as CONDITION in pool POOL`
    QuantityIn {
        /// The part.
        part: Expr,
        /// Where.
        place: PlaceSpec,
        /// In which condition.
        condition: Option<Expr>,
        /// In which pool.
        pool: Option<Expr>,
    },
    /// `held of PART in PLACE`
    Held {
        /// The part.
        part: Expr,
        /// Where.
        place: PlaceSpec,
    },
    /// `value of stock at PARTY in pool POOL`
    ValueAt {
        /// At whom.
        party: Expr,
        /// In which pool.
        pool: Option<Expr>,
    },
    /// `limit of PART at PARTY in pool POOL`
    Limit {
        /// The part; absent for the limits of the party as a whole.
        part: Option<Expr>,
        /// At whom.
        party: Expr,
        /// In which pool.
        pool: Option<Expr>,
    },
    /// `rate of PART`
    Rate(Expr),
    /// `offers of PART`
    Offers(Expr),
    /// `owed by PARTY`
    Owed(Expr),
    /// `open KIND by PARTY`
    Open {
        /// The kind of obligation.
        kind: Name,
        /// Whose.
        party: Expr,
    },
    /// `today`
    Today,
    /// `now`
    Now,
    /// `person who did TRANSITION`
    PersonWhoDid(Name),
    /// `all started are ended`
    AllStartedEnded,
}

/// A text with holes.
#[derive(Debug, Clone)]
pub struct Template {
    /// The pieces in order.
    pub parts: Vec<TemplatePart>,
    /// Where it is written.
    pub span: Span,
}

/// A piece of a text with holes.
#[derive(Debug, Clone)]
pub enum TemplatePart {
    /// Plain text.
    Plain(String),
    /// A value.
    Hole(Expr),
    /// In numbers: something that only numbers have.
    Number(NumberPart),
}

/// What only numbers have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NumberPart {
    /// The number in the series, with so many digits.
    Seq(u32),
    /// The financial year, `26-27`.
    FiscalYear,
    /// The year, `2026`.
    Year,
    /// The month, `04`.
    Month,
    /// The business unit.
    Bu,
    /// The party that issues it.
    Party,
}
