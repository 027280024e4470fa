//! From what a script returns to a typed value: each field present, of its type, exact, and a name that exists.
//!
//! Must not know layers or files. Tests: `tests/answers.rs`.

use std::fmt;

use rhai::{Dynamic, Map};
use rust_decimal::Decimal;

use super::value::{Item, Rec, Unit, no_property, quote, to_open_record, to_script};
use crate::base::{Money, Name, Quantity, suggest};
use crate::domain::{Form, Record, Value};
use crate::model::{Named, Type, Vocabulary, properties};

/// Where and why an answer does not fit the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    /// Which part of the answer: `maximum`, `rank[2]`; empty for the answer as a whole.
    pub path: String,
    pub expected: String,
    pub got: String,
    pub message: String,
}

/// Where in an answer: written out only for a misfit.
#[derive(Clone, Copy)]
enum Path<'a> {
    Whole,
    Field(&'a Path<'a>, &'a str),
    Item(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => Ok(()),
            Self::Field(Self::Whole, name) => f.write_str(name),
            Self::Field(of, name) => write!(f, "{of}.{name}"),
            Self::Item(of, at) => write!(f, "{of}[{at}]"),
        }
    }
}

/// Turns answers into values of the vocabulary's types.
pub(super) struct Reader<'a> {
    pub vocabulary: &'a Vocabulary,
    /// The rule, which gives its records their kind.
    pub rule: &'a Name,
    /// The properties of its own answer.
    pub form: Option<&'a Form>,
}

impl Reader<'_> {
    pub(super) fn read(&self, ty: &Type, answer: &Dynamic) -> Result<Value, Misfit> {
        self.value(ty, answer, Path::Whole)
    }

    /// What the script of the layer above gets of an answer: a record that it may change and pass on.
    pub(super) fn pass_on(&self, ty: &Type, mut answer: Dynamic) -> Result<Dynamic, Misfit> {
        if let Type::Record(fields) = ty.required()
            && self.is_whole(fields, &mut answer)
        {
            return Ok(answer);
        }
        // Something is missing, another record, or no answer at all.
        self.read(ty, &answer).map(|value| to_open_record(&value))
    }

    /// Whether a record has exactly these fields, each of its type; numbers then have the unit of theirs.
    fn is_whole(&self, fields: &[(Name, Type)], answer: &mut Dynamic) -> bool {
        let Ok(mut given) = answer.as_map_mut() else { return false };
        given.len() == fields.len() && fields.iter().all(|(name, ty)| given.get_mut(name.as_str()).is_some_and(|value| self.is_of(ty, value)))
    }

    fn is_of(&self, ty: &Type, value: &mut Dynamic) -> bool {
        if let (Type::List(inner), Ok(mut items)) = (ty.required(), value.as_array_mut()) {
            return items.iter_mut().all(|item| self.is_of(inner, item));
        }
        match self.value(ty, value, Path::Whole) {
            Ok(read) => {
                // Texts and the like are read as they are; numbers are rounded, and what they count is known now.
                if matches!(read, Value::Sodo(_)) || !(value.is_string() || value.is_bool() || value.is_unit()) {
                    *value = to_script(&read);
                }
                true
            }
            Err(_) => false,
        }
    }

    fn value(&self, ty: &Type, got: &Dynamic, path: Path<'_>) -> Result<Value, Misfit> {
        if got.is_shared() {
            return self.value(ty, &got.flatten_clone(), path);
        }
        let item = Item::of(got);
        if matches!(item, Item::Absent) {
            return if ty.is_optional() { Ok(Value::Absent) } else { Err(misfit(path, ty, got, None)) };
        }
        match (ty.required(), item) {
            (Type::Quantity, Item::Decimal(Unit::Plain | Unit::Quantity, n)) => quantity(n).map_err(|why| misfit(path, ty, got, Some(why))),
            (Type::Money, Item::Decimal(Unit::Plain | Unit::Money, n)) => money(n).map_err(|why| misfit(path, ty, got, Some(why))),
            (Type::Number, Item::Decimal(Unit::Plain, n)) => Ok(Value::Number(n.normalize())),
            (Type::NumberOrDate | Type::Unknown, Item::Decimal(unit, n)) => decimal(unit, n).map_err(|why| misfit(path, ty, got, Some(why))),
            (Type::YesNo | Type::Unknown, Item::YesNo(b)) => Ok(Value::YesNo(b)),
            (Type::Date | Type::NumberOrDate | Type::Unknown, Item::Date(date)) => Ok(Value::Date(date)),
            (Type::Time | Type::Unknown, Item::Time(time)) => Ok(Value::Time(time)),
            (Type::Duration | Type::Unknown, Item::Duration(duration)) => Ok(Value::Duration(duration)),
            (Type::Text | Type::Unknown, Item::Text(text)) => Ok(Value::text(&text)),
            (Type::List(inner), Item::List) => self.list(inner, got, path),
            (Type::Record(fields), Item::Map | Item::Record(_)) => self.record(self.rule, fields, got, path),
            (Type::Answer(rule), Item::Map | Item::Record(_)) => self.answer_of(rule, got, path),
            (builtin @ Type::Builtin(kind), Item::Map | Item::Record(_)) => {
                let fields: Vec<(Name, Type)> = properties(builtin).into_iter().map(|p| (Name::from(p.name), p.ty)).collect();
                self.record(&Name::from(*kind), &fields, got, path)
            }
            (Type::Unknown, _) => Ok(Value::text(&quote(got))),
            (ty, item) => self.reference(ty, item).unwrap_or_else(|| Err(misfit(path, ty, got, None))).map_err(|m| Misfit { path: path.to_string(), ..m }),
        }
    }

    /// Names and codes, which rules write as text; a part, party or contract may be the record itself.
    fn reference(&self, ty: &Type, item: Item) -> Option<Result<Value, Misfit>> {
        let code;
        let text = match &item {
            Item::Text(text) => text.as_str(),
            Item::Record(record) => {
                code = record.fields.get("code")?.to_string();
                &code
            }
            _ => return None,
        };
        let declared = |what: &str, known: &[Named]| Some(choose(what, text, || known.iter().map(|n| &n.name)));
        match ty {
            Type::Condition => declared("condition", &self.vocabulary.conditions),
            Type::Owner => declared("owner", &self.vocabulary.owners),
            Type::Pool => declared("pool", &self.vocabulary.pools),
            Type::Role => {
                let system = Name::from("system");
                Some(choose("role", text, || self.vocabulary.roles.keys().chain([&system])))
            }
            Type::Choice(names) => Some(choose("choice", text, || names.iter())),
            _ if text.is_empty() => None,
            Type::Part => Some(Ok(Value::Part(text.into()))),
            Type::Party(_) => Some(Ok(Value::Party(text.into()))),
            Type::Contract => Some(Ok(Value::Contract(text.into()))),
            Type::Lot => Some(Ok(Value::Lot(text.into()))),
            Type::Serial => Some(Ok(Value::Serial(text.into()))),
            Type::Sodo => text.parse().ok().map(|sodo| Ok(Value::sodo(sodo))),
            _ => None,
        }
    }

    fn list(&self, inner: &Type, got: &Dynamic, path: Path<'_>) -> Result<Value, Misfit> {
        let items = got.as_array_ref().map_err(|_| misfit(path, inner, got, None))?;
        let values = items.iter().enumerate().map(|(i, item)| self.value(inner, item, Path::Item(&path, i)));
        values.collect::<Result<_, _>>().map(Value::List)
    }

    fn answer_of(&self, rule: &Name, got: &Dynamic, path: Path<'_>) -> Result<Value, Misfit> {
        match self.vocabulary.rules.get(rule).map(|sig| &sig.answer) {
            Some(Type::Record(fields)) => self.record(rule, fields, got, path),
            _ => Err(misfit(path, &Type::Answer(rule.clone()), got, None)),
        }
    }

    fn record(&self, kind: &Name, fields: &[(Name, Type)], got: &Dynamic, path: Path<'_>) -> Result<Value, Misfit> {
        if let Some(rec) = got.read_lock::<Rec>() {
            if rec.0.kind != *kind {
                return Err(misfit(path, &Type::Record(fields.to_vec()), got, None));
            }
            // A record that the script was given and passes on.
            let given: Map = rec.0.fields.iter().map(|(name, value)| (name.as_str().into(), to_script(value))).collect();
            return self.fields(kind, fields, &given, path);
        }
        match got.as_map_ref() {
            Ok(given) => self.fields(kind, fields, &given, path),
            Err(_) => self.fields(kind, fields, &Map::new(), path),
        }
    }

    fn fields(&self, kind: &Name, fields: &[(Name, Type)], given: &Map, path: Path<'_>) -> Result<Value, Misfit> {
        let form = self.form.filter(|_| matches!(path, Path::Whole));
        // Nearly every answer has exactly the fields of its rule: then none of them has to be looked for. One that does not fit
        // is told below, after those that were declared before it.
        let read = |at: usize, value: &Dynamic| fields.get(at).and_then(|(name, ty)| self.value(ty, value, Path::Field(&path, name.as_str())).ok());
        if let Some(fields) = form.and_then(|form| form.read(given.iter().map(|(name, value)| (name.as_str(), value)), read)) {
            return Ok(Value::record(Record { kind: kind.clone(), fields }));
        }
        if let Some(unknown) = given.keys().find(|key| !fields.iter().any(|(name, _)| *name == key.as_str())) {
            return Err(Misfit {
                path: Path::Field(&path, unknown).to_string(),
                expected: list_fields(fields),
                got: unknown.to_string(),
                message: no_property(unknown, &format!("the answer of `{kind}`"), fields.iter().map(|(name, _)| name.as_str())),
            });
        }
        let mut values = Vec::with_capacity(fields.len());
        for (name, ty) in fields {
            let here = Path::Field(&path, name.as_str());
            let value = match given.get(name.as_str()) {
                Some(value) => self.value(ty, value, here)?,
                None if ty.is_optional() => Value::Absent,
                None => {
                    let message = format!("the answer has no `{name}`: `{kind}` answers {}", list_fields(fields));
                    return Err(Misfit { path: here.to_string(), expected: ty.to_string(), got: "nothing".into(), message });
                }
            };
            values.push(value);
        }
        let fields = match form {
            Some(form) => form.fields(&mut values),
            None => fields.iter().map(|(name, _)| name.clone()).zip(values).collect(),
        };
        Ok(Value::record(Record { kind: kind.clone(), fields }))
    }
}

fn list_fields(fields: &[(Name, Type)]) -> String {
    suggest::list(fields.iter().map(|(name, _)| name.as_str()))
}

fn quantity(n: Decimal) -> Result<Value, String> {
    Quantity::from_decimal(n)
        .map(Value::Quantity)
        .map_err(|_| format!("{} is too fine for a quantity: round it, such as `floor(x)` or `round(x, 3)`", short(n)))
}

fn money(n: Decimal) -> Result<Value, String> {
    Money::from_decimal(n).map(Value::Money).map_err(|_| format!("{} is too fine for money: round it, such as `round(x, 2)`", short(n)))
}

/// A number as a message shows it: an endless one is cut off.
fn short(n: Decimal) -> String {
    let cut = n.trunc_with_scale(6).normalize();
    if cut == n { format!("`{cut}`") } else { format!("`{cut}…`") }
}

fn decimal(unit: Unit, n: Decimal) -> Result<Value, String> {
    match unit {
        Unit::Plain => Ok(Value::Number(n.normalize())),
        Unit::Quantity => quantity(n),
        Unit::Money => money(n),
    }
}

/// The one of the known names that a text is.
fn choose<'k, I: Iterator<Item = &'k Name>>(what: &str, text: &str, known: impl Fn() -> I) -> Result<Value, Misfit> {
    if let Some(name) = known().find(|name| **name == *text) {
        return Ok(Value::Name(name.clone()));
    }
    let hint = suggest::did_you_mean(text, known().map(Name::as_str)).map(|h| format!("; {h}")).unwrap_or_default();
    let message = if what == "choice" { format!("`{text}` is not one of the choices{hint}") } else { format!("there is no {what} `{text}`{hint}") };
    Err(Misfit { path: String::new(), expected: what.to_owned(), got: text.to_owned(), message })
}

fn misfit(path: Path<'_>, ty: &Type, got: &Dynamic, why: Option<String>) -> Misfit {
    let path = path.to_string();
    let expected = ty.required().to_string();
    let what = if path.is_empty() { "the answer".to_owned() } else { format!("`{path}`") };
    let shown = quote(got);
    let message = match why {
        Some(why) => format!("{what}: {why}"),
        None if got.is_unit() => format!("{what} must be {}, and nothing is answered", in_words(ty.required())),
        None => format!("{what} must be {}, and is {shown}", in_words(ty.required())),
    };
    Misfit { path, expected, got: shown, message }
}

/// A type as it fits after "must be".
fn in_words(ty: &Type) -> String {
    match ty {
        Type::Money | Type::Text | Type::YesNo => ty.to_string(),
        Type::List(inner) => format!("a list of {inner}"),
        Type::Record(fields) => format!("a record `#{{ … }}` with {}", list_fields(fields)),
        Type::Answer(rule) => format!("an answer of `{rule}`"),
        Type::Choice(_) => format!("one of {ty}"),
        Type::NumberOrDate => "a number or a date".into(),
        other => super::value::with_article(&other.to_string()),
    }
}
