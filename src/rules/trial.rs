//! Each rule is run on made-up arguments of its declared types, so that what only shows in a run shows before the book
//! is used: a price that is rounded nowhere, a value that is absent, a division by zero.
//!
//! The arguments are the same in every run. Must not know files. Tests: `tests/trials.rs`.

use rhai::Position;

use super::ask::{Frame, Rules, Written};
use super::fault::{FaultKind, RuleFault};
use super::host;
use super::layer::Layer;
use super::value::to_script;
use crate::base::{Date, Diagnostic, Duration, DurationUnit, Money, Name, Quantity, Timestamp};
use crate::domain::{Record, Sodo, Value};
use crate::model::{Named, RuleSig, Type, Vocabulary, properties};

/// How many sets of arguments each rule gets.
const SETS: u64 = 24;
/// Lists inside records inside lists … end here.
const DEEPEST: usize = 6;

impl Rules {
    /// Runs every rule of every layer on made-up arguments, and reports for each the first set that it fails for.
    ///
    /// A rule that is given a document or a line is judged only by what it answers: their fields belong to a workflow,
    /// and are not made up. What a script throws is its own decision.
    #[must_use]
    pub fn trial(&self) -> Vec<Diagnostic> {
        self.inner.written.iter().enumerate().filter_map(|(at, written)| self.try_out(at, written)).collect()
    }

    fn try_out(&self, at: usize, written: &Written) -> Option<Diagnostic> {
        let sig = self.inner.vocabulary.rules.get(&written.rule)?;
        let below = self.inner.layers.get(&written.rule).and_then(|layers| layers.default).filter(|_| written.layer != Layer::Default);
        let chain: Vec<usize> = std::iter::once(at).chain(below).collect();
        let partial = sig.params.iter().any(|p| matches!(p.ty.required(), Type::Builtin("document" | "line")));
        (0..SETS).find_map(|set| {
            let mut maker = Maker { vocabulary: &self.inner.vocabulary, state: set.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1 };
            let args: Vec<Value> = sig.params.iter().map(|p| maker.parameter(&p.ty, p.name.as_str(), 0)).collect();
            let frame = Frame::new(&self.inner, chain.clone(), &written.rule);
            let fault = host::metered(&self.inner.limits, || frame.run(args.iter().map(to_script).collect()))?.err()?;
            let telling = match fault.kind {
                FaultKind::Thrown => false,
                FaultKind::Value => !partial,
                _ => *fault.file == *written.file,
            };
            (telling && *fault.file == *written.file).then(|| report(written, sig, &fault, &args))
        })
    }
}

fn report(written: &Written, sig: &RuleSig, fault: &RuleFault, args: &[Value]) -> Diagnostic {
    let small = |n: Option<u32>| n.and_then(|n| u16::try_from(n).ok()).filter(|n| *n > 0);
    let position = small(fault.line).map_or(Position::NONE, |line| Position::new(line, small(fault.column).unwrap_or(1)));
    let shown: Vec<String> = sig.params.iter().zip(args).map(|(p, value)| format!("{} = {}", p.name, shown(value))).collect();
    Diagnostic::warning("rule-trial", written.source.at(position), format!("`{}` fails for some arguments: {}", written.rule, fault.message))
        .help(format!("for example with {}", shown.join("; ")))
}

fn shown(value: &Value) -> String {
    match value {
        Value::List(items) => format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::Text(text) => format!("\"{text}\""),
        other => other.to_string(),
    }
}

/// Makes up values: a small generator of its own, so that a book is always checked with the same ones.
struct Maker<'a> {
    vocabulary: &'a Vocabulary,
    state: u64,
}

impl Maker<'_> {
    fn pick<'t, T: ?Sized>(&mut self, from: &[&'t T]) -> Option<&'t T> {
        // xorshift64: good enough to vary.
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        let at = usize::try_from(self.state % (from.len().max(1) as u64)).unwrap_or(0);
        from.get(at).copied()
    }

    /// An argument: parts, parties and contracts come as records.
    fn parameter(&mut self, ty: &Type, name: &str, depth: usize) -> Value {
        let kind = match ty {
            Type::Part => "part",
            Type::Party(_) => "party",
            Type::Contract => "contract",
            Type::Optional(inner) => return if self.present() { self.parameter(inner, name, depth) } else { Value::Absent },
            _ => return self.value(ty, name, depth),
        };
        self.builtin(ty, kind, depth)
    }

    fn value(&mut self, ty: &Type, name: &str, depth: usize) -> Value {
        match ty {
            Type::Quantity | Type::Money | Type::Number => self.decimal(ty, name),
            Type::NumberOrDate => self.decimal(&Type::Number, name),
            Type::Text | Type::Unknown => Value::text(self.pick(&["", "x", "A-1"]).unwrap_or("x")),
            Type::YesNo => Value::YesNo(self.pick(&["yes", "no"]) == Some("yes")),
            Type::Date => self.pick(&["2026-01-31", "2026-03-01", "2027-12-31"]).and_then(|d| d.parse::<Date>().ok()).map_or(Value::Absent, Value::Date),
            Type::Time => Value::Time(Timestamp::from_micros(1_767_225_600_000_000)),
            Type::Duration => Value::Duration(Duration { count: 2, unit: DurationUnit::Days }),
            Type::Part => Value::Part(self.code(&["PCB-1", "PCB-2"]).into()),
            Type::Party(_) => Value::Party(self.code(&["pune", "delhi"]).into()),
            Type::Contract => Value::Contract(self.code(&["C-1", "C-2"]).into()),
            Type::Lot => Value::Lot(self.code(&["L1", "L2"]).into()),
            Type::Serial => Value::Serial(self.code(&["S1", "S2"]).into()),
            Type::Sodo => Value::sodo(Sodo { so: "1".into(), so_item: 10, delivery: "2".into(), delivery_item: 10 }),
            Type::Condition => self.declared(&self.vocabulary.conditions),
            Type::Owner => self.declared(&self.vocabulary.owners),
            Type::Pool => self.declared(&self.vocabulary.pools),
            Type::Role => self.one_of(self.vocabulary.roles.keys()),
            Type::Choice(names) => self.one_of(names.iter()),
            Type::Optional(inner) if self.present() => self.value(inner, name, depth),
            Type::Optional(_) => Value::Absent,
            Type::List(inner) => {
                let length = if depth >= DEEPEST { 0 } else { self.pick(&["", "1", "22", "333"]).map_or(0, str::len) };
                Value::List((0..length).map(|_| self.value(inner, name, depth + 1)).collect())
            }
            Type::Answer(rule) => match self.vocabulary.rules.get(rule).map(|sig| &sig.answer) {
                Some(Type::Record(fields)) if depth < DEEPEST => self.record(rule, fields, depth),
                Some(other) if depth < DEEPEST => self.value(other, name, depth + 1),
                _ => Value::Absent,
            },
            Type::Record(fields) => self.record(&Name::from(name), fields, depth),
            Type::Builtin(kind) => self.builtin(ty, kind, depth),
        }
    }

    fn present(&mut self) -> bool {
        self.pick(&["yes", "no", "yes"]) == Some("yes")
    }

    fn decimal(&mut self, ty: &Type, name: &str) -> Value {
        let above_zero = matches!(name, "pack" | "shelf_life_days");
        match ty {
            Type::Quantity => {
                let written = if above_zero { self.pick(&["1", "5", "0.5"]) } else { self.pick(&["0", "1", "2.5", "7", "1000"]) };
                Value::Quantity(written.and_then(|q| q.parse::<Quantity>().ok()).unwrap_or_default())
            }
            Type::Money => {
                let written = self.pick(&["0", "0.01", "12.50", "1234.55", "99999.99"]);
                Value::Money(written.and_then(|m| m.parse::<Money>().ok()).unwrap_or_default())
            }
            _ => {
                let written = if above_zero { self.pick(&["30", "365"]) } else { self.pick(&["0", "1", "-3", "41", "365"]) };
                Value::Number(written.and_then(|n| n.parse().ok()).unwrap_or_default())
            }
        }
    }

    fn code(&mut self, from: &[&'static str]) -> &'static str {
        self.pick(from).unwrap_or("x")
    }

    fn declared(&mut self, named: &[Named]) -> Value {
        self.one_of(named.iter().map(|n| &n.name))
    }

    fn one_of<'n>(&mut self, names: impl Iterator<Item = &'n Name>) -> Value {
        let names: Vec<&Name> = names.collect();
        self.pick(&names).map_or_else(|| Value::name("x"), |name| Value::Name(name.clone()))
    }

    fn record(&mut self, kind: &Name, fields: &[(Name, Type)], depth: usize) -> Value {
        let fields = fields.iter().map(|(name, ty)| (name.clone(), self.value(ty, name.as_str(), depth + 1))).collect();
        Value::record(Record { kind: kind.clone(), fields })
    }

    fn builtin(&mut self, ty: &Type, kind: &str, depth: usize) -> Value {
        let fields: Vec<(Name, Type)> = properties(ty).into_iter().map(|p| (p.name.into(), p.ty)).collect();
        let made = self.record(&Name::from(kind), &fields, depth);
        let kinds: Vec<&Name> = match kind {
            "obligation" => self.vocabulary.obligations.iter().map(|o| &o.name).collect(),
            "party" | "offer" => self.vocabulary.party_kinds.iter().map(|k| &k.name).collect(),
            _ => return made,
        };
        // A kind is one that the book declares.
        match (made, if kinds.is_empty() { None } else { self.pick(&kinds) }) {
            (Value::Record(record), Some(declared)) => {
                let mut record = (*record).clone();
                record.fields.insert(Name::from("kind"), Value::text(declared.as_str()));
                Value::record(record)
            }
            (made, _) => made,
        }
    }
}
