//! Expressions as written.

use super::{Ident, PlaceRef};
use crate::base::{Date, Duration, Span};
use rust_decimal::Decimal;

/// A duration as written: `2 working days`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DurationLit {
    /// What it says.
    pub value: Duration,
    /// Where.
    pub span: Span,
}

/// A piece of a text with holes.
#[derive(Debug, Clone, PartialEq)]
pub enum TextPart {
    /// Plain text.
    Plain(String),
    /// `{expression}`
    Hole(Expr),
    /// `{seq:5}`: only in numbers.
    Seq {
        /// Digits.
        width: u32,
        /// Where.
        span: Span,
    },
}

/// A quoted text with holes.
#[derive(Debug, Clone, PartialEq)]
pub struct TextTemplate {
    /// The pieces in order.
    pub parts: Vec<TextPart>,
    /// Where, quotes included.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone, PartialEq)]
pub struct Expr {
    /// What.
    pub kind: ExprKind,
    /// Where.
    pub span: Span,
}

/// Signs and words before an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `not`
    Not,
    /// `-`
    Negate,
}

/// Signs and words between operands.
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

/// The shapes of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum ExprKind {
    /// `12`, `0.5`
    Number(Decimal),
    /// `"text {hole}"`
    Text(TextTemplate),
    /// `yes`, `no`
    YesNo(bool),
    /// `2026-01-31`
    Date(Date),
    /// `7 days`
    Duration(Duration),
    /// A word: field, line field, let, or declared name.
    Name(Ident),
    /// `part.class`
    Property(Box<Expr>, Ident),
    /// `msl(asp, part)`, `min(a, b)`
    Call(Ident, Vec<Expr>),
    /// `not x`, `-x`
    Unary(UnaryOp, Box<Expr>),
    /// `a + b`
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `a between b and c`
    Between(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a in b, c` and `a is b or c`; the flag is true for `is not b or c` and `not in`
    In(Box<Expr>, Vec<Expr>, bool),
    /// `has sodo`
    Has(Box<Expr>),
    /// `any line` alone
    AnyLine,
    /// `any line has …`
    Lines(LineTest, Box<Expr>),
    /// `sum of … where …`
    Sum(Box<Expr>, Option<Box<Expr>>),
    /// `count of lines where …`
    Count(Option<Box<Expr>>),
    /// A question to the books.
    Query(Box<Query>),
    /// Could not be read.
    Broken,
}

/// Questions to the books.
#[derive(Debug, Clone, PartialEq)]
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
    /// `quantity of PART in PARTY.BIN as CONDITION in pool POOL`
    QuantityIn {
        /// The part.
        part: Expr,
        /// Where.
        place: PlaceRef,
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
        place: PlaceRef,
    },
    /// `value of stock at PARTY in pool POOL`
    ValueAt {
        /// At whom.
        party: Expr,
        /// In which pool.
        pool: Option<Expr>,
    },
    /// `limit of PART at PARTY in pool POOL` / `limit at PARTY in pool POOL`
    Limit {
        /// The part; absent for the limit of the party as a whole.
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
        kind: Ident,
        /// Whose.
        party: Expr,
    },
    /// `today`
    Today,
    /// `now`
    Now,
    /// `person who did TRANSITION`
    PersonWhoDid(Ident),
    /// `all started are ended`
    AllStartedEnded,
}
