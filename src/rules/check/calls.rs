//! Calls: of the layer below, of functions of the script and of the library, with conditions such as `|x| x > 1`.
//!
//! Must not know layers beyond whether there is one below. Tests: `tests/static_checks.rs`.

use rhai::{Expr, FnCallExpr, FnPtr, Position};

use super::body::Body;
use super::facts::Facts;
use super::kind::{Kind, Known, combine};
use crate::base::suggest;
use crate::rules::fault::path_of;
use crate::rules::library;
use crate::rules::operator::Operator;
use crate::rules::parse;
use crate::rules::value::Unit;

impl Body<'_> {
    /// A call: of an operator, of the layer below, of a function of the script, of the library.
    pub(super) fn call(&mut self, call: &FnCallExpr, at: Position, receiver: Option<(Kind, &Expr)>) -> Kind {
        let name = call.name.as_str();
        if call.is_operator_call() && name != "contains" {
            return self.operator_call(call, at);
        }
        if call.is_qualified() {
            let span = self.span(at);
            self.found.push(parse::forbidden(span, "::"));
            return Kind::Unknown;
        }
        if name == "curry" {
            let kind = call.args.first().map(|closure| self.expr(closure));
            return kind.unwrap_or(Kind::Unknown);
        }
        let mut exprs: Vec<&Expr> = receiver.iter().map(|(_, from)| *from).collect();
        exprs.extend(call.args.iter());
        let mut kinds: Vec<Kind> = receiver.map(|(kind, _)| kind).into_iter().collect();
        for arg in &call.args {
            // The condition of `filter` and its like is walked with what the list holds.
            let item = kinds.first().and_then(|k| if let Kind::List(item) = k { Some((**item).clone()) } else { None });
            let kind = match (closure_of(arg), item) {
                (Some(closure), item) => {
                    self.shared(&closure, exprs.first().copied(), at);
                    let answers = self.closure(arg, item.unwrap_or(Kind::Unknown));
                    self.tests(name, arg, &answers);
                    Kind::Function
                }
                _ => self.expr(arg),
            };
            kinds.push(kind);
        }
        self.called(name, at, &exprs, kinds)
    }

    /// A condition cannot use the variable that the list is taken from while it is being taken.
    fn shared(&mut self, closure: &str, list: Option<&Expr>, at: Position) {
        let context = self.context;
        let (Some(closure), Some(mut root)) = (context.functions.closures.get(closure), list) else {
            return;
        };
        while let Expr::Dot(pair, ..) | Expr::Index(pair, ..) = root {
            root = &pair.lhs;
        }
        let outside = closure.params.len().saturating_sub(1);
        if let Some(name) = path_of(root).filter(|name| closure.params.iter().take(outside).any(|p| p == name)) {
            let help = format!("give the list a name first: `let list = {};`", list.and_then(path_of).unwrap_or(name.clone()));
            self.error("rule-closure", at, format!("`{name}` is used before the dot and inside the condition"), Some(help));
        }
    }

    /// Walks the condition of `filter` and its like; the kind of what it answers.
    pub(super) fn closure(&mut self, expr: &Expr, item: Kind) -> Kind {
        let context = self.context;
        let Some(closure) = closure_of(expr).and_then(|name| context.functions.closures.get(&name)) else {
            return Kind::Unknown;
        };
        let Some(param) = closure.params.last() else { return Kind::Unknown };
        let expected = self.sig.take();
        let answers = self.within(vec![(param.clone(), item)], Facts::default(), |body| body.block(&closure.body, None));
        self.sig = expected;
        answers
    }

    fn called(&mut self, name: &str, at: Position, exprs: &[&Expr], kinds: Vec<Kind>) -> Kind {
        let context = self.context;
        if name == "base" {
            return self.base(at, kinds.len());
        }
        let arities: Vec<usize> = match library::named(name).map(|f| f.arity).collect::<Vec<_>>() {
            known if !known.is_empty() => known,
            _ => context.source.headers.iter().filter(|h| h.name == name).map(|h| h.params.len()).collect(),
        };
        if context.vocabulary.rules.contains_key(name) {
            self.calls.insert(name.to_owned());
            if name == self.name {
                return Kind::Unknown;
            }
            let help = "the flow asks rules; what two rules share belongs into a function beside them, or into a parameter".to_owned();
            self.error("rule-call", at, format!("`{name}` is a rule, and a rule cannot ask another"), Some(help));
        } else if arities.is_empty() {
            let known = library::FUNCTIONS.iter().map(|f| f.name).chain(context.source.headers.iter().map(|h| h.name.as_str()));
            let near = suggest::nearest(name, known).map(|near| format!("did you mean `{near}`?"));
            self.error("rule-call", at, format!("`{name}` is not a function that rules have"), near);
        } else if !arities.contains(&kinds.len()) {
            let takes: Vec<String> = arities.iter().map(usize::to_string).collect();
            self.error(
                "rule-call",
                at,
                format!("`{name}` takes {}, and {} {} given", super::count_of(&takes.join(" or ")), kinds.len(), super::verb(kinds.len())),
                None,
            );
        } else if let Some(function) = library::named(name).find(|f| f.arity == kinds.len()) {
            return self.library(function, exprs, kinds);
        } else {
            self.calls.insert(name.to_owned());
        }
        Kind::Unknown
    }

    fn base(&mut self, at: Position, given: usize) -> Kind {
        let context = self.context;
        let Some(sig) = self.sig.filter(|_| context.overrides()) else {
            let help =
                if context.overrides() { "call it in the rule itself, and give other functions what it answered" } else { "the default layer is the lowest" };
            self.error("rule-base", at, "`base` asks the layer below, and there is none here", Some(help.into()));
            return Kind::Unknown;
        };
        if sig.params.len() != given {
            let help = format!("write `base{}`", super::signature(sig).trim_start_matches(sig.named.name.as_str()));
            self.error(
                "rule-base",
                at,
                format!("`base` takes what the rule takes: {}, and {given} {} given", super::count(sig.params.len()), super::verb(given)),
                Some(help),
            );
        }
        match Kind::answer(&sig.named.name, &sig.answer, context.vocabulary) {
            Kind::Record(known) => Kind::Record(Known { own: true, ..known }),
            other => other,
        }
    }

    fn library(&mut self, function: &library::Function, exprs: &[&Expr], kinds: Vec<Kind>) -> Kind {
        if matches!(function.name, "has" | "to_string") {
            self.asked_in_vain(function, exprs, &kinds);
            return if function.name == "has" { Kind::YesNo } else { Kind::Text(None) };
        }
        let kinds: Vec<Kind> = kinds.into_iter().zip(exprs).map(|(kind, expr)| self.needed(kind, expr)).collect();
        if !self.arguments(function, exprs, &kinds) {
            return Kind::Unknown;
        }
        if let ("contains" | "index_of", [Kind::List(item), wanted], [list, literal]) = (function.name, kinds.as_slice(), exprs) {
            self.words(item, literal);
            self.words(wanted, list);
        }
        match (function.answers, kinds.as_slice()) {
            ("number", _) => Kind::Decimal(Unit::Plain),
            ("quantity", _) => Kind::Decimal(Unit::Quantity),
            ("money", _) => Kind::Decimal(Unit::Money),
            ("text", _) => Kind::Text(None),
            ("yes or no", _) => Kind::YesNo,
            ("date", _) => Kind::Date,
            ("same", [kind, ..]) => kind.clone(),
            ("list", [list @ Kind::List(_), ..]) if function.name != "map" => list.clone(),
            ("list", _) => Kind::List(Box::new(Kind::Unknown)),
            ("either", [a, b]) => combine(Operator::Add, a, b, (None, None)).unwrap_or(Kind::Unknown),
            ("item", [Kind::List(item), ..]) => Kind::Maybe(item.clone()),
            _ => Kind::Unknown,
        }
    }
}

/// The name that rhai gives the function of `|x| …`, also where it uses variables from outside.
pub(super) fn closure_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::DynamicConstant(value, _) => value.clone().try_cast::<FnPtr>().map(|f| f.fn_name().to_owned()),
        Expr::FnCall(call, _) if call.name == "curry" => call.args.first().and_then(closure_of),
        Expr::Stmt(block) => block.statements().iter().find_map(|s| match s {
            rhai::Stmt::Expr(inner) => closure_of(inner).filter(|name| name.starts_with("anon$")),
            _ => None,
        }),
        _ => None,
    }
}
