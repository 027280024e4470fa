//! Kinds of expressions: operators, `lot.days_left`, `list[0]`, calls of functions.
//!
//! Must not know layers beyond whether there is one below. Tests: `tests/static_checks.rs`.

use rhai::{ASTFlags, Expr, FnCallExpr, Position};

use super::body::Body;
use super::kind::{Kind, Known, combine};
use crate::base::{Diagnostic, Span, suggest};
use crate::rules::fault::path_of;
use crate::rules::habits;
use crate::rules::library;
use crate::rules::operator::Operator;
use crate::rules::parse;
use crate::rules::value::{Unit, no_property};

impl Body<'_> {
    pub(super) fn expr(&mut self, expr: &Expr) -> Kind {
        match expr {
            Expr::BoolConstant(..) => Kind::YesNo,
            Expr::IntegerConstant(..) => Kind::Decimal(Unit::Plain),
            Expr::StringConstant(text, at) => {
                self.hole(text, *at);
                Kind::Text(None)
            }
            Expr::CharConstant(..) => Kind::Text(None),
            Expr::Unit(_) => Kind::Nothing,
            Expr::DynamicConstant(value, _) if value.is_fnptr() => {
                self.closure(expr, Kind::Unknown);
                Kind::Function
            }
            Expr::DynamicConstant(value, _) if value.is_decimal() => Kind::Decimal(Unit::Plain),
            Expr::InterpolatedString(parts, _) => {
                for part in parts.iter() {
                    let kind = self.expr(part);
                    self.needed(kind, part);
                }
                Kind::Text(None)
            }
            Expr::Array(items, _) => {
                let kinds: Vec<Kind> = items.iter().map(|item| self.expr(item)).collect();
                Kind::List(Box::new(kinds.into_iter().reduce(Kind::join).unwrap_or(Kind::Unknown)))
            }
            Expr::Map(fields, _) => {
                let fields = fields.0.iter().map(|(name, value)| (name.name.to_string(), self.expr(value))).collect();
                Kind::Record(Known { called: "this record".into(), fields, open: false, own: true })
            }
            Expr::Variable(name, _, at) => self.variable(&name.1, *at),
            Expr::Stmt(block) => self.block(block.statements(), None),
            Expr::FnCall(call, at) => self.call(call, *at, None),
            Expr::And(parts, _) => self.conditions(parts, true),
            Expr::Or(parts, _) => self.conditions(parts, false),
            Expr::Coalesce(parts, _) => {
                let kinds: Vec<Kind> = parts.iter().map(|part| self.expr(part)).collect();
                self.never_needed(parts, &kinds);
                let last = kinds.last().cloned().unwrap_or(Kind::Unknown);
                let joined = kinds.into_iter().map(Kind::present).filter(|k| *k != Kind::Nothing).reduce(Kind::join).unwrap_or(Kind::Unknown);
                if matches!(last, Kind::Maybe(_) | Kind::Nothing) { Kind::Maybe(Box::new(joined)) } else { joined }
            }
            Expr::Dot(pair, ..) => {
                let base = self.expr(&pair.lhs);
                self.chain(base, &pair.lhs, path_of(&pair.lhs), &pair.rhs)
            }
            Expr::Index(pair, flags, _) => {
                let base = self.expr(&pair.lhs);
                self.index(base, &pair.lhs, &pair.rhs, *flags)
            }
            _ => Kind::Unknown,
        }
    }

    fn variable(&mut self, name: &str, at: Position) -> Kind {
        self.reads(name);
        self.known_variable(name, at)
    }

    /// A variable, whether it is read or given a value.
    pub(super) fn known_variable(&mut self, name: &str, at: Position) -> Kind {
        if let Some(kind) = self.lookup(name).cloned() {
            self.saw_variable(name, &kind, at);
        }
        match self.lookup(name).cloned() {
            Some(kind) if self.is_present(name) => kind.present(),
            Some(kind) => kind,
            None => {
                let known: Vec<String> = self.names().map(str::to_owned).collect();
                let help = habits::unknown_name(name).map(str::to_owned).or_else(|| suggest::did_you_mean(name, known.iter().map(String::as_str)));
                self.error("rule-name", at, format!("`{name}` is not known here"), help);
                self.assume(name);
                Kind::Unknown
            }
        }
    }

    /// A hole in double quotes is none.
    pub(super) fn hole(&mut self, text: &str, at: Position) {
        let inside = text.split('{').skip(1).filter_map(|rest| rest.split('}').next()).map(|hole| hole.split('.').next().unwrap_or(hole));
        if let Some(name) = inside.map(str::to_owned).find(|name| self.lookup(name).is_some()) {
            let span = self.span(at);
            let title = format!("`{{{name}}}` is no hole in double quotes");
            self.found.push(Diagnostic::warning("rule-hole", span, title).help(format!("write the text in backticks, and the hole as `${{{name}}}`")));
        }
    }

    /// What follows a dot.
    fn chain(&mut self, base: Kind, from: &Expr, path: Option<String>, rest: &Expr) -> Kind {
        match rest {
            Expr::Property(property, at) => self.property(base, path, &property.2, *at),
            Expr::MethodCall(call, at) => self.call(call, *at, Some((base, from))),
            Expr::Dot(pair, ..) => {
                let next = self.chain(base, from, path.clone(), &pair.lhs);
                let path = path.and_then(|p| Some(format!("{p}.{}", path_of(&pair.lhs)?)));
                self.chain(next, &pair.lhs, path, &pair.rhs)
            }
            Expr::Index(pair, flags, _) => {
                let next = self.chain(base, from, path, &pair.lhs);
                self.index(next, &pair.lhs, &pair.rhs, *flags)
            }
            _ => Kind::Unknown,
        }
    }

    /// `list[0]`, and what follows it.
    fn index(&mut self, base: Kind, from: &Expr, rest: &Expr, flags: ASTFlags) -> Kind {
        let item = match self.needed(base, from) {
            Kind::List(item) => *item,
            _ => Kind::Unknown,
        };
        match rest {
            Expr::Dot(pair, ..) if !flags.contains(ASTFlags::BREAK) => {
                self.expr(&pair.lhs);
                self.chain(item, from, None, &pair.rhs)
            }
            Expr::Index(pair, inner, _) if !flags.contains(ASTFlags::BREAK) => {
                self.expr(&pair.lhs);
                self.index(item, from, &pair.rhs, *inner)
            }
            index => {
                self.expr(index);
                item
            }
        }
    }

    fn property(&mut self, base: Kind, path: Option<String>, name: &str, at: Position) -> Kind {
        let full = path.as_ref().map(|p| format!("{p}.{name}"));
        let base = match base {
            Kind::Maybe(inner) => {
                self.may_be_absent(path.clone(), self.span(at));
                *inner
            }
            other => other,
        };
        self.saw_property(name, &base, at);
        match base {
            Kind::Record(known) => match known.fields.iter().find(|(field, _)| field == name) {
                Some((_, kind)) if full.is_some_and(|full| self.is_present(&full)) => kind.clone().present(),
                Some((_, kind)) => kind.clone(),
                None if known.open => Kind::Unknown,
                None => {
                    let title = no_property(name, &known.called, std::iter::empty());
                    self.error("rule-property", at, title, hint(name, known.fields.iter().map(|(field, _)| field.as_str())));
                    Kind::Unknown
                }
            },
            Kind::Unknown => Kind::Unknown,
            Kind::Text(_) => {
                let what = path.map_or_else(|| "this".into(), |p| format!("`{p}`"));
                let help = "to ask more of a part, party or contract, make it a parameter of the rule".to_owned();
                self.error("rule-property", at, format!("{what} is a name or a code, and has no `{name}`"), Some(help));
                Kind::Unknown
            }
            other => {
                let help = library::named(name).next().map(|_| format!("write `{name}(…)`: it is a function"));
                self.error("rule-property", at, format!("{} has no properties: `{name}` cannot be asked of it", other.in_words()), help);
                Kind::Unknown
            }
        }
    }

    /// The target of an assignment to a property: only what the script made itself can be changed.
    pub(super) fn changing(&mut self, target: &Expr) -> Kind {
        let kind = self.expr(target);
        let mut root = target;
        while let Expr::Dot(pair, ..) | Expr::Index(pair, ..) = root {
            root = &pair.lhs;
        }
        if let Expr::Variable(name, _, at) = root
            && let Some(Kind::Record(known)) = self.lookup(&name.1).filter(|k| matches!(k, Kind::Record(known) if !known.own))
        {
            let title = format!("`{}` is {}, and what a rule is given cannot be changed", name.1, known.called);
            self.error("rule-change", *at, title, Some("make a value of your own with `let`".into()));
        }
        kind
    }

    /// The kind of a value that must be there.
    pub(super) fn needed(&mut self, kind: Kind, expr: &Expr) -> Kind {
        match kind {
            Kind::Maybe(inner) => {
                self.may_be_absent(path_of(expr), self.whole(expr));
                *inner
            }
            Kind::Nothing if matches!(expr, Expr::Unit(_)) => {
                self.error("rule-absent", expr.start_position(), "`()` is not a value", Some("ask `has(x)` for whether there is one".into()));
                Kind::Unknown
            }
            other => other,
        }
    }

    fn may_be_absent(&mut self, path: Option<String>, at: Span) {
        let (what, ask) = path.map_or_else(|| ("this".to_owned(), "has(…)".to_owned()), |p| (format!("`{p}`"), format!("has({p})")));
        let help = format!("ask `{ask}` first, or say what holds otherwise with `??`");
        self.error_at("rule-absent", at, format!("{what} may have no value here"), Some(help));
    }

    /// An operator between the kinds of two expressions.
    pub(super) fn operate(&mut self, symbol: &str, (left, a): (&Kind, &Expr), (right, b): (&Kind, &Expr), at: Position) -> Kind {
        let Some(op) = Operator::from_symbol(symbol) else {
            let span = self.span(at);
            self.found.push(parse::forbidden(span, symbol));
            return Kind::Unknown;
        };
        combine(op, left, right, (path_of(a), path_of(b))).unwrap_or_else(|why| {
            self.error("rule-kind", at, why, None);
            if op.compares() { Kind::YesNo } else { Kind::Unknown }
        })
    }

    pub(super) fn operator_call(&mut self, call: &FnCallExpr, at: Position) -> Kind {
        let kinds: Vec<Kind> = call.args.iter().map(|arg| (self.expr(arg), arg)).collect::<Vec<_>>().into_iter().map(|(k, arg)| self.needed(k, arg)).collect();
        match (call.name.as_str(), kinds.as_slice()) {
            ("!", [kind]) => {
                if !matches!(kind, Kind::YesNo | Kind::Unknown) {
                    self.error("rule-kind", at, format!("`!` turns yes into no, and this is {}", kind.in_words()), None);
                }
                Kind::YesNo
            }
            (_, [kind]) => kind.clone(),
            (".." | "..=", _) => Kind::List(Box::new(Kind::Decimal(Unit::Plain))),
            (symbol, [left, right]) => match call.args.as_slice() {
                [a, b] => {
                    self.words(left, b);
                    self.words(right, a);
                    self.operate(symbol, (left, a), (right, b), at)
                }
                _ => Kind::Unknown,
            },
            _ => Kind::Unknown,
        }
    }

    /// Literal text beside a declared name must be one of the declared names: `lot.condition == "okk"`.
    pub(super) fn words(&mut self, kind: &Kind, literal: &Expr) {
        let (Kind::Text(Some(words)), Expr::StringConstant(text, at)) = (kind, literal) else {
            if let (Kind::Text(Some(_)), Expr::Array(items, _)) = (kind, literal) {
                items.iter().for_each(|item| self.words(kind, item));
            }
            return;
        };
        self.saw_word(words.what, text, *at);
        if let Some((title, help)) = words.unknown(text) {
            self.error("rule-word", *at, title, help);
        }
    }
}

/// The nearest name, or all that there are.
fn hint<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.collect();
    suggest::did_you_mean(name, known.iter().copied()).or_else(|| (!known.is_empty()).then(|| format!("it has {}", suggest::list(known))))
}
