//! Whether what a rule answers has the shape that its signature says, as far as the text tells.
//!
//! Must not know layers. Tests: `tests/static_checks.rs`.

use rhai::{Expr, Position};

use super::body::Body;
use super::kind::{Kind, Known, Words};
use crate::base::{Name, Span, suggest};
use crate::model::{Type, properties};
use crate::rules::scan::{Token, TokenKind};
use crate::rules::value::{no_property, with_article};

impl Body<'_> {
    /// The kind of an expression that is an answer, or part of one.
    pub(super) fn value(&mut self, expr: &Expr, expected: Option<&Type>, field: &str) -> Kind {
        let Some(ty) = expected else {
            return self.expr(expr);
        };
        match (expr, ty.required()) {
            (Expr::Stmt(block), _) => self.block(block.statements(), expected),
            (Expr::Array(items, _), Type::List(inner)) => {
                let kinds: Vec<Kind> = items.iter().map(|item| self.value(item, Some(inner), field)).collect();
                Kind::List(Box::new(kinds.into_iter().reduce(Kind::join).unwrap_or(Kind::Unknown)))
            }
            (Expr::Map(fields, at), Type::Record(_) | Type::Answer(_) | Type::Builtin(_)) => {
                let expected = self.fields_of(ty.required());
                let given: Vec<(&str, Position, &Expr)> = fields.0.iter().map(|(name, value)| (name.name.as_str(), name.pos, value)).collect();
                self.record(&given, &expected, *at)
            }
            (literal @ Expr::StringConstant(text, at), names) => {
                self.hole(text, *at);
                let kind = Kind::of(names, self.context.vocabulary);
                self.words(&kind, literal);
                self.fits(&Kind::Text(None), expected, field, self.whole(literal));
                Kind::Text(None)
            }
            _ => {
                let kind = self.expr(expr);
                self.fits(&kind, expected, field, self.whole(expr));
                kind
            }
        }
    }

    fn fields_of(&self, ty: &Type) -> Vec<(Name, Type)> {
        match ty {
            Type::Record(fields) => fields.clone(),
            Type::Answer(rule) => self.context.vocabulary.rules.get(rule).map(|sig| self.fields_of(&sig.answer)).unwrap_or_default(),
            other => properties(other).into_iter().map(|p| (p.name.into(), p.ty)).collect(),
        }
    }

    fn record(&mut self, given: &[(&str, Position, &Expr)], expected: &[(Name, Type)], at: Position) -> Kind {
        let called = self.sig.map_or_else(|| "the answer".to_owned(), |sig| format!("the answer of `{}`", sig.named.name));
        let mut kinds = Vec::new();
        for (name, at, value) in given {
            self.saw_answer(name, expected, *at);
            let ty = expected.iter().find(|(n, _)| n == *name).map(|(_, ty)| ty);
            if ty.is_none() {
                let known = expected.iter().map(|(n, _)| n.as_str()).filter(|n| !given.iter().any(|(g, _, _)| g == n));
                self.error("rule-answer", *at, no_property(name, &called, std::iter::empty()), suggest::did_you_mean(name, known));
            }
            kinds.push(((*name).to_owned(), self.value(value, ty, name)));
        }
        let near = |missing: &str| given.iter().any(|(g, _, _)| !expected.iter().any(|(n, _)| n == *g) && suggest::nearest(g, [missing]).is_some());
        let missing: Vec<&str> =
            expected.iter().filter(|(n, ty)| !ty.is_optional() && !given.iter().any(|(g, _, _)| n == *g)).map(|(n, _)| n.as_str()).collect();
        let missing: Vec<&str> = missing.into_iter().filter(|name| !near(name)).collect();
        if !missing.is_empty() {
            let title = format!("{called} has no {}", suggest::list(missing.iter().copied()));
            self.error("rule-answer", at, title, Some(format!("add `{}: …`", missing.join(": …, "))));
        }
        Kind::Record(Known { called, fields: kinds, open: false, own: true })
    }

    /// Reports a value that is not of the type of an answer.
    pub(super) fn fits(&mut self, kind: &Kind, expected: Option<&Type>, field: &str, at: Span) {
        let Some((ty, why)) = expected.and_then(|ty| Some((ty, kind.misfit(ty)?))) else {
            return;
        };
        let what = if field.is_empty() { "the answer".to_owned() } else { format!("`{field}`") };
        let title = format!("{what} must be {}, and {why}", in_words(ty.required()));
        let help = match (ty.required(), kind) {
            (_, Kind::Maybe(_)) => Some("ask `has(…)` first, or say what holds otherwise with `??`".to_owned()),
            (Type::Record(_), _) => Some(format!("write {}", example(ty))),
            _ => None,
        };
        self.error_at("rule-answer", at, title, help);
    }

    /// `switch` compares without telling unlike values apart, so what it looks at must be known, and its cases alike.
    pub(super) fn switch_on(&mut self, kind: &Kind, on: &Expr, at: Position) {
        let cases = self.cases(at);
        self.twice(&cases);
        let all = |kind: TokenKind| cases.iter().all(|case| case.kind == kind);
        let words = match kind {
            Kind::Text(words) if all(TokenKind::Text) => return words.iter().for_each(|words| self.known_cases(words, &cases)),
            Kind::Decimal(crate::rules::value::Unit::Plain) if all(TokenKind::Number) => return,
            Kind::YesNo => return,
            Kind::Unknown => {
                let help = "say what it is: `switch text(x) {` or `switch number(x) {`".to_owned();
                return self.error_at("rule-switch", self.whole(on), "`switch` needs to know whether this is text or a number", Some(help));
            }
            Kind::Maybe(_) => return drop(self.needed(kind.clone(), on)),
            Kind::Text(_) | Kind::Decimal(crate::rules::value::Unit::Plain) => {
                return self.error("rule-switch", at, format!("the `switch` looks at {}, and has a case that is none", kind.in_words()), None);
            }
            other => other.in_words(),
        };
        self.error_at("rule-switch", self.whole(on), format!("`switch` cannot look at {words}"), Some("write `if … { … } else if … { … } else { … }`".into()));
    }

    /// Cases beside declared names must be among them.
    fn known_cases(&mut self, words: &Words, cases: &[Case]) {
        for case in cases {
            let text = self.context.source.text.get(case.at.0 + 1..case.at.1.saturating_sub(1)).unwrap_or_default();
            if let Some((title, help)) = words.unknown(text) {
                self.error_at("rule-word", self.context.source.span(case.at), title, help);
            }
        }
    }

    /// A case without a condition takes all that is like it, so the same one below takes nothing.
    fn twice(&mut self, cases: &[Case]) {
        let text = |case: &Case| self.context.source.text.get(case.at.0..case.at.1);
        let again = |n: usize, case: &Case| cases.iter().take(n).find(|first| !first.guarded && text(first) == text(case)).copied();
        let found: Vec<(Span, Span)> =
            cases.iter().enumerate().filter_map(|(n, case)| Some((self.context.source.span(case.at), self.context.source.span(again(n, case)?.at)))).collect();
        found.into_iter().for_each(|(at, first)| self.again(at, first));
    }

    /// What the cases of a `switch` are: rhai keeps only their hashes, the text has them.
    fn cases(&self, at: Position) -> Vec<Case> {
        let source = self.context.source;
        let from = source.offset(at);
        let word = |token: &Token| source.text.get(token.start..token.end).unwrap_or("");
        // What it looks at may have brackets of its own: the cases begin behind the first brace outside of them.
        let mut inside = 0_usize;
        let begins = |token: &&Token| {
            match word(token) {
                "(" | "[" => inside += 1,
                ")" | "]" => inside = inside.saturating_sub(1),
                _ => {}
            }
            inside > 0 || word(token) != "{"
        };
        let tokens = source.tokens.iter().skip_while(|t| t.start < from).skip_while(begins).skip(1);
        let (mut depth, mut in_pattern, mut cases, mut open) = (1_usize, true, Vec::new(), 0_usize);
        for token in tokens {
            let word = word(token);
            match word {
                "{" | "#{" | "(" | "[" => depth += 1,
                "}" | ")" | "]" if depth == 1 => return cases,
                "}" | ")" | "]" => {
                    depth = depth.saturating_sub(1);
                    in_pattern = depth == 1 && word == "}";
                }
                "," if depth == 1 => in_pattern = true,
                "=>" | "if" if depth == 1 => {
                    if word == "if" && in_pattern {
                        cases.iter_mut().skip(open).for_each(|case: &mut Case| case.guarded = true);
                    }
                    in_pattern = false;
                    open = cases.len();
                }
                _ if depth == 1 && in_pattern && matches!(token.kind, TokenKind::Text | TokenKind::Number) => {
                    cases.push(Case { kind: token.kind, at: (token.start, token.end), guarded: false });
                }
                _ => {}
            }
        }
        cases
    }
}

/// One case of a `switch`.
#[derive(Debug, Clone, Copy)]
struct Case {
    kind: TokenKind,
    at: (usize, usize),
    /// Taken only under a condition.
    guarded: bool,
}

/// A type as it fits after "must be".
fn in_words(ty: &Type) -> String {
    match ty {
        Type::Money | Type::Text | Type::YesNo => ty.to_string(),
        Type::Record(_) | Type::Answer(_) => "a record `#{ … }`".into(),
        Type::NumberOrDate => "a number or a date".into(),
        Type::Choice(_) => format!("one of {ty}"),
        other => with_article(&other.to_string()),
    }
}

/// How an answer of a type is written.
pub(super) fn example(ty: &Type) -> String {
    match ty.required() {
        Type::Record(fields) => {
            let names: Vec<String> = fields.iter().map(|(name, _)| format!("{name}: …")).collect();
            format!("`#{{ {} }}`", names.join(", "))
        }
        other => in_words(other),
    }
}
