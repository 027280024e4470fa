//! Names in words: what a hover shows, and what stands beside a completion.
//!
//! Must not know the protocol. Tests: `tests/it/editor_hover.rs`.

use super::index::{Inner, Local, Occurrence, Part, Role, Symbol, WordKind};
use super::view::View;
use crate::model::{Field, RuleSig, Type, properties};
use crate::rules;

/// What there is to say about a name.
#[derive(Debug, Default)]
pub struct Words {
    /// How it is declared, or what it is.
    pub head: String,
    /// The language of the head, for highlighting.
    pub language: &'static str,
    /// Its label and doc comment.
    pub text: Vec<String>,
}

impl Words {
    /// As Markdown.
    #[must_use]
    pub fn markdown(&self) -> String {
        let head = format!("```{}\n{}\n```", self.language, self.head);
        std::iter::once(head).chain(self.text.iter().filter(|t| !t.is_empty()).cloned()).collect::<Vec<_>>().join("\n\n")
    }
}

/// A rule with the types of its parameters and answer.
#[must_use]
pub fn signature(sig: &RuleSig) -> String {
    let params: Vec<String> = sig.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
    format!("{}({}) -> {}", sig.named.name, params.join(", "), sig.answer)
}

/// A field of a workflow.
#[must_use]
pub fn field<'v>(view: &'v View, part: Part, workflow: &str, name: &str) -> Option<&'v Field> {
    let workflow = view.checked.draft.workflows.get(workflow)?;
    match part {
        Part::LineField => workflow.line_field(name),
        _ => workflow.field(name),
    }
}

/// What there is to say about a name that stands somewhere.
#[must_use]
pub fn describe(view: &View, found: &Occurrence) -> Words {
    let mut words = of_symbol(view, &found.symbol);
    if let Symbol::Local(Local::Variable, ..) = &found.symbol
        && let Some(kind) = kind_of_variable(view, found)
    {
        words.head = format!("{}: {kind}", found.symbol.name());
    }
    if found.role == Role::Writes
        && let Ok(layer) = rules::Layer::of_path(view.name(found.span.file))
    {
        words.text.push(format!("written here for `{layer}`"));
    }
    words
}

/// The kind of a variable where it stands, or else where it is used; for a parameter of a rule, its type.
fn kind_of_variable(view: &View, found: &Occurrence) -> Option<String> {
    let index = view.index();
    let kind = |span| index.kinds.iter().find(|(s, kind)| *s == span && kind != "unknown").map(|(_, kind)| kind.clone());
    let text = view.text(found.span.file)?;
    let function = rules::functions(&text.whole).into_iter().find(|f| f.range.contains(&found.span.range().start))?;
    let nth = function.params.iter().position(|(name, _)| name == found.symbol.name());
    let sig = view.checked.draft.vocabulary.rules.get(function.name.as_str());
    let declared = sig.and_then(|sig| sig.params.get(nth?)).map(|p| p.ty.to_string());
    declared.or_else(|| kind(found.span)).or_else(|| index.of_symbol(&found.symbol).find_map(|o| kind(o.span)))
}

/// What there is to say about a name.
#[must_use]
pub fn of_symbol(view: &View, symbol: &Symbol) -> Words {
    let index = view.index();
    let fact = index.facts.get(symbol);
    let written = fact.map(|f| one_line(view.slice(f.whole))).unwrap_or_default();
    let mut words = Words { head: written, language: "flow", text: fact.map(|f| vec![f.doc.clone()]).unwrap_or_default() };
    let label = fact.map(|f| f.label.as_str()).filter(|l| !l.is_empty() && !words.head.contains(&format!("\"{l}\"")));
    words.text.extend(label.map(str::to_owned));
    match symbol {
        Symbol::Word(kind, name) => of_word(view, *kind, name, &mut words),
        Symbol::Of(part @ (Part::Field | Part::LineField), workflow, name) => {
            if let Some(field) = field(view, *part, workflow, name) {
                words.head = format!("{name}: {}", field.ty);
                words.text.insert(0, if field.label == name.replace('_', " ") { String::new() } else { field.label.clone() });
            }
            let of = if *part == Part::LineField { "field of the lines of" } else { "field of" };
            words.text.push(format!("{of} `{workflow}`"));
        }
        Symbol::Of(Part::State, workflow, _) => words.text.push(format!("state of `{workflow}`")),
        Symbol::Of(Part::Transition, workflow, name) => of_transition(view, workflow, name, &mut words),
        Symbol::Inner(Inner::Answer, rule, _) => words.text.push(format!("in the answer of `{rule}`")),
        Symbol::Inner(Inner::Parameter, rule, _) => words.text.push(format!("parameter of `{rule}`")),
        Symbol::Inner(Inner::EventField, event, _) => words.text.push(format!("of the event `{event}`")),
        Symbol::Local(Local::Let, _, _, name) => {
            if let Some(ty) = index.lets.get(symbol) {
                words.text.insert(0, fields_of(view, ty));
                words.head = format!("{name}: {ty}\n{}", words.head);
            }
        }
        Symbol::Local(Local::Document, ..) => words.text.push("document of this scenario".to_owned()),
        Symbol::Local(Local::Function, ..) => words.language = "rhai",
        Symbol::Local(Local::Variable, _, _, name) => {
            words.language = "rhai";
            words.head = name.clone();
        }
        Symbol::Property(of, name) => words.head = property(of, name),
    }
    words
}

fn of_word(view: &View, kind: WordKind, name: &str, words: &mut Words) {
    if kind == WordKind::Rule
        && let Some(sig) = view.checked.draft.vocabulary.rules.get(name)
    {
        words.head = format!("rule {}", signature(sig));
        let writes = |o: &&Occurrence| o.role == Role::Writes;
        let symbol = Symbol::Word(kind, name.to_owned());
        let layers: Vec<String> = view.index().of_symbol(&symbol).filter(writes).map(|o| format!("`{}`", view.name(o.span.file))).collect();
        words.text.push(if layers.is_empty() { "written in no file".to_owned() } else { format!("written in {}", layers.join(", ")) });
    }
    if words.head.is_empty() {
        words.head = format!("{} {name}", kind.aloud());
    }
    if kind == WordKind::Role && name == "system" {
        words.text.push("the engine itself: the clock, `at once`, events, started documents".to_owned());
    }
}

fn of_transition(view: &View, workflow: &str, name: &str, words: &mut Words) {
    words.text.push(format!("transition of `{workflow}`"));
    let count = super::lens::covering(view, workflow, name).len();
    words.text.push(super::lens::in_words(count));
}

/// The properties of a value, as a list in words.
fn fields_of(view: &View, ty: &Type) -> String {
    let list = members(view, ty);
    let lines: Vec<String> = list.iter().map(|(name, ty)| format!("- `{name}`: {ty}")).collect();
    lines.join("\n")
}

/// The properties that a value of a type has, with their types.
#[must_use]
pub fn members(view: &View, ty: &Type) -> Vec<(String, Type)> {
    match ty.required() {
        Type::Answer(rule) => view.checked.draft.vocabulary.rules.get(rule).map(|sig| members(view, &sig.answer)).unwrap_or_default(),
        Type::Record(fields) => fields.iter().map(|(name, ty)| (name.to_string(), ty.clone())).collect(),
        other => properties(other).into_iter().map(|p| (p.name.to_owned(), p.ty)).collect(),
    }
}

/// A property that the language itself has.
fn property(of: &str, name: &str) -> String {
    let ty = match of {
        "part" => Type::Part,
        "party" => Type::Party(None),
        "contract" => Type::Contract,
        "lot" => Type::Builtin("lot"),
        "limit" => Type::Builtin("limit"),
        "offer" => Type::Builtin("offer"),
        "obligation" => Type::Builtin("obligation"),
        "document" => Type::Builtin("document"),
        _ => Type::Builtin("line"),
    };
    let found = properties(&ty).into_iter().find(|p| p.name == name).map(|p| p.ty.to_string());
    format!("{of}.{name}: {}", found.unwrap_or_else(|| "unknown".to_owned()))
}

/// A declaration without its line breaks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
