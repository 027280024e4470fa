//! Where spaces stand between the pieces of a clause.
//!
//! Must not know where lines break. Tests: `tests.rs`.

use crate::syntax::token::{Token, TokenKind};

/// Words after which a parenthesis does not begin the arguments of a call.
const NO_CALL: &[&str] = &[
    "and", "or", "not", "is", "in", "between", "else", "when", "where", "has", "of", "at", "to", "from", "by", "as", "owner", "pool", "within", "rate",
    "require", "move", "owe", "settle", "waive", "debit", "->",
];

/// The pieces of a clause on one line.
pub(super) fn joined(tokens: &[Token]) -> String {
    let mut out = String::new();
    let mut before: [Option<&Token>; 2] = [None, None];
    for token in tokens {
        if let [_, Some(last)] = before
            && spaced(before, last, token)
        {
            out.push(' ');
        }
        out.push_str(token.text);
        before = [before[1], Some(token)];
    }
    out
}

fn spaced(before: [Option<&Token>; 2], last: &Token, next: &Token) -> bool {
    let sign = |t: &Token, signs: &[&str]| t.kind == TokenKind::Sign && signs.contains(&t.text);
    if sign(next, &[",", ")", "?", ".", ";"]) || sign(last, &["(", "."]) || next.is(":") {
        return false;
    }
    if next.is("(") {
        return last.kind == TokenKind::Sign || NO_CALL.contains(&last.text);
    }
    if last.is("-") {
        return !negates(before[0]);
    }
    true
}

/// Whether a `-` after this piece is the sign of a number, and not between two.
fn negates(before: Option<&Token>) -> bool {
    const OPERATORS: &[&str] = &["(", ",", "=", "+", "-", "*", "/", "<", ">", "<=", ">="];
    const LOGIC: &[&str] = &["and", "or", "not", "is", "in", "between", "when", "where", "require"];
    match before {
        None => true,
        Some(t) => t.kind == TokenKind::Sign && OPERATORS.contains(&t.text) || t.kind == TokenKind::Word && LOGIC.contains(&t.text),
    }
}
