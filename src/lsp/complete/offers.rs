//! Names of the book and words of the language for what is wanted at a place of a flow.
//!
//! Must not know which words want what. Tests: `tests/it/editor_complete.rs`.

use gen_lsp_types::{CompletionItem, CompletionItemKind as Kind};

use super::wanted::{Want, before, wanted};
use super::{Rank, item, keyword, named, property, scenario};
use crate::base::{FileId, Name};
use crate::lsp::describe::members;
use crate::lsp::index::{Local, Part, Role, Symbol, WordKind};
use crate::lsp::signature::BUILTIN;
use crate::lsp::view::View;
use crate::model::{Named, Type, Workflow};
use crate::syntax::{Around, BlockKind, around, clause_words};

const TYPES: [&str; 20] = [
    "quantity",
    "money",
    "number",
    "text",
    "yes or no",
    "date",
    "time",
    "duration",
    "part",
    "party",
    "contract",
    "lot",
    "serial",
    "sodo",
    "condition",
    "owner",
    "pool",
    "role",
    "list of",
    "list of serial",
];
const OF_RULES: [&str; 5] = ["document", "line", "limit", "offer", "obligation"];
/// How values are asked of the books, of lines and of the clock.
const QUESTIONS: [&str; 20] = [
    "on hand of",
    "inbound of",
    "quantity of",
    "held of",
    "value of stock at",
    "limit of",
    "limit at",
    "rate of",
    "offers of",
    "owed by",
    "open",
    "sum of",
    "count of lines",
    "any line has",
    "every line has",
    "no line has",
    "any line",
    "has",
    "today",
    "person who did",
];
const LOGIC: [&str; 9] = ["and", "or", "not", "is", "is not", "between", "in", "yes", "no"];
/// What may continue the clause above.
const JOINING: [&str; 12] = ["else", "when", "and", "or", "choosing", "counting", "as", "from", "to", "with", "code", "within"];

/// What can be typed at a place of a flow.
pub fn complete(view: &View, file: FileId, at: usize) -> Vec<CompletionItem> {
    let text = view.text(file).map(|t| t.whole.clone()).unwrap_or_default();
    let around = around(&text, at);
    let clause = text.get(around.clause.clone()).unwrap_or("");
    let offers = Offers { view, file, at, text: &text, around: &around };
    if let Some(hole) = inside_text(clause) {
        return hole.map(|hole| offers.all(&wanted_value(hole))).unwrap_or_default();
    }
    if around.block == BlockKind::Scenario {
        return scenario::complete(view, file, at, &around, clause);
    }
    offers.all(&wanted(around.block, &before(clause)))
}

/// In the middle of a text: what stands in the open hole, if there is one.
fn inside_text(clause: &str) -> Option<Option<&str>> {
    let quotes = clause.matches('"').count() - clause.matches("\\\"").count();
    if quotes.is_multiple_of(2) {
        return None;
    }
    let text = clause.rsplit('"').next().unwrap_or("");
    let open = text.rfind('{').filter(|i| !text.get(*i..).is_some_and(|rest| rest.contains('}')));
    Some(open.and_then(|i| text.get(i + 1..)))
}

/// What a hole of a text can hold.
fn wanted_value(hole: &str) -> Vec<Want> {
    let clause = format!("require {hole}");
    match wanted(BlockKind::Body, &before(&clause)).as_slice() {
        [members @ Want::Members(_)] => vec![members.clone()],
        _ => vec![Want::Values],
    }
}

struct Offers<'a> {
    view: &'a View,
    file: FileId,
    at: usize,
    text: &'a str,
    around: &'a Around,
}

impl Offers<'_> {
    fn all(&self, wants: &[Want]) -> Vec<CompletionItem> {
        wants.iter().flat_map(|want| self.offer(want)).collect()
    }

    /// The name behind a word in one of the heads around.
    fn head(&self, word: &str) -> Option<&str> {
        let heads = self.around.heads.iter().filter_map(|range| self.text.get(range.clone())).chain(self.text.get(self.around.clause.clone()));
        let name = |head: &str| -> Option<(usize, usize)> {
            let rest = head.strip_prefix(word)?.trim_start();
            let start = head.len() - rest.len();
            let end = start + rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
            Some((start, end))
        };
        heads.filter_map(|head| name(head).and_then(|(start, end)| head.get(start..end))).next_back()
    }

    fn workflow(&self) -> Option<&Workflow> {
        let name = self.head("workflow ")?;
        self.view.checked.draft.workflows.get(name).map(AsRef::as_ref)
    }

    fn offer(&self, want: &Want) -> Vec<CompletionItem> {
        let vocabulary = &self.view.checked.draft.vocabulary;
        match want {
            Want::Begin => self.beginnings(),
            Want::Words(words) => words.iter().map(|word| keyword(word, None)).collect(),
            Want::States => self.of_workflow(Part::State),
            Want::Targets => self.targets(),
            Want::Transitions => self.of_workflow(Part::Transition),
            Want::Roles => self.words(WordKind::Role, vocabulary.roles.keys().chain([&Name::from("system")])),
            Want::Parties => self.parties(),
            Want::Bins(party) => self.bins_at(party),
            Want::Outside => self.words(WordKind::Bin, vocabulary.bins.values().filter(|b| b.outside).map(|b| &b.named.name)),
            Want::AllBins => self.words(WordKind::Bin, vocabulary.bins.values().filter(|b| !b.outside).map(|b| &b.named.name)),
            Want::Fields => self.fields(|_| true),
            Want::Counters => self.fields(|ty| *ty == Type::Quantity),
            Want::Values => self.values(),
            Want::Conditions => self.words(WordKind::Condition, names(&vocabulary.conditions)),
            Want::Owners => self.words(WordKind::Owner, names(&vocabulary.owners)),
            Want::Pools => self.words(WordKind::Pool, names(&vocabulary.pools)),
            Want::Obligations => self.words(WordKind::Obligation, names(&vocabulary.obligations)),
            Want::PartyKinds => self.words(WordKind::PartyKind, names(&vocabulary.party_kinds)),
            Want::Papers => self.words(WordKind::Paper, vocabulary.documents.keys()),
            Want::Events => self.words(WordKind::Event, vocabulary.events.keys()),
            Want::Workflows => self.words(WordKind::Workflow, self.view.checked.draft.workflows.keys()),
            Want::Rules => self.words(WordKind::Rule, vocabulary.rules.keys()),
            Want::Types => self.types(),
            Want::ChoicesOf(field) => self.choices_of(field),
            Want::FieldsOf(workflow) => self.fields_of(workflow),
            Want::Members(path) => self.members(path),
        }
    }

    fn beginnings(&self) -> Vec<CompletionItem> {
        let begins = clause_words(self.around.block).map(|(words, pattern)| keyword(words, Some(pattern)));
        let joins = self.around.above.iter().flat_map(|_| JOINING).map(|word| keyword(word, Some("continues the clause above")));
        begins.chain(joins).collect()
    }

    fn words<'n>(&self, kind: WordKind, names: impl Iterator<Item = &'n Name>) -> Vec<CompletionItem> {
        let shape = match kind {
            WordKind::Workflow => Kind::Class,
            WordKind::Rule => Kind::Function,
            WordKind::Role => Kind::Interface,
            WordKind::Bin => Kind::Folder,
            WordKind::Event => Kind::Event,
            WordKind::Paper => Kind::File,
            _ => Kind::EnumMember,
        };
        names.map(|name| named(self.view, &Symbol::Word(kind, name.to_string()), shape, Rank::Book)).collect()
    }

    fn of_workflow(&self, part: Part) -> Vec<CompletionItem> {
        let Some(workflow) = self.workflow() else { return Vec::new() };
        let symbol = |name: &Name| Symbol::Of(part, workflow.name.to_string(), name.to_string());
        match part {
            Part::State => workflow.states.iter().map(|s| named(self.view, &symbol(&s.name), Kind::EnumMember, Rank::Near)).collect(),
            Part::Transition => workflow.transitions.iter().map(|t| named(self.view, &symbol(&t.name), Kind::Method, Rank::Near)).collect(),
            Part::Field | Part::LineField => Vec::new(),
        }
    }

    /// The states behind the arrow of the transition at hand.
    fn targets(&self) -> Vec<CompletionItem> {
        let transition = self.head("transition ").and_then(|name| self.workflow()?.transition(name));
        let to = transition.map(|t| t.to.as_slice()).unwrap_or_default();
        let mut all = self.of_workflow(Part::State);
        all.retain(|item| to.is_empty() || to.iter().any(|name| *name == *item.label));
        all
    }

    fn field(&self, workflow: &Workflow, part: Part, name: &Name, rank: Rank) -> CompletionItem {
        named(self.view, &Symbol::Of(part, workflow.name.to_string(), name.to_string()), Kind::Field, rank)
    }

    fn parties(&self) -> Vec<CompletionItem> {
        let Some(workflow) = self.workflow() else { return Vec::new() };
        let parties = workflow.fields.iter().filter(|f| matches!(f.ty.required(), Type::Party(_)));
        parties.map(|f| self.field(workflow, Part::Field, &f.name, Rank::Near)).collect()
    }

    /// The bins that stand at the parties of a field.
    fn bins_at(&self, field: &str) -> Vec<CompletionItem> {
        let kinds = self.workflow().and_then(|w| w.field(field)).map(|f| f.kinds.clone()).unwrap_or_default();
        let there = |at: &[Name]| kinds.is_empty() || at.iter().any(|kind| kinds.contains(kind));
        let bins = self.view.checked.draft.vocabulary.bins.values().filter(|bin| !bin.outside && there(&bin.at));
        self.words(WordKind::Bin, bins.map(|b| &b.named.name))
    }

    fn fields(&self, fits: impl Fn(&Type) -> bool) -> Vec<CompletionItem> {
        let Some(workflow) = self.workflow() else { return Vec::new() };
        let in_line = self.around.block == BlockKind::EachLine || self.around.block == BlockKind::Lines;
        let of_line = workflow.line_fields.iter().filter(|f| in_line && fits(&f.ty));
        let of_document = workflow.fields.iter().filter(|f| fits(&f.ty));
        let lines = of_line.map(|f| self.field(workflow, Part::LineField, &f.name, Rank::Near));
        lines.chain(of_document.map(|f| self.field(workflow, Part::Field, &f.name, Rank::Near))).collect()
    }

    fn values(&self) -> Vec<CompletionItem> {
        let vocabulary = &self.view.checked.draft.vocabulary;
        let mut items = self.lets();
        // `sum of`, `any line has` and holes see line fields too.
        if let Some(workflow) = self.workflow() {
            items.extend(workflow.line_fields.iter().map(|f| self.field(workflow, Part::LineField, &f.name, Rank::Near)));
            items.extend(workflow.fields.iter().map(|f| self.field(workflow, Part::Field, &f.name, Rank::Near)));
            let choices =
                workflow.fields.iter().chain(&workflow.line_fields).filter_map(|f| if let Type::Choice(c) = f.ty.required() { Some((f, c)) } else { None });
            items.extend(choices.flat_map(|(f, choices)| choices.iter().map(move |c| choice(f.name.as_str(), c, Rank::Book))));
        }
        items.extend(self.words(WordKind::Rule, vocabulary.rules.keys()));
        items.extend(self.words(WordKind::Condition, names(&vocabulary.conditions)));
        items.extend(self.words(WordKind::Owner, names(&vocabulary.owners)));
        items.extend(self.words(WordKind::Pool, names(&vocabulary.pools)));
        items.extend(
            BUILTIN.iter().map(|f| CompletionItem { detail: Some((*f).to_owned()), ..item(f.split('(').next().unwrap_or(f), Kind::Function, Rank::Language) }),
        );
        items.extend(QUESTIONS.iter().chain(&LOGIC).map(|word| keyword(word, None)));
        items
    }

    fn choices_of(&self, name: &str) -> Vec<CompletionItem> {
        let field = self.workflow().and_then(|w| w.field(name).or_else(|| w.line_field(name)));
        let Some(Type::Choice(choices)) = field.map(|f| f.ty.required()) else { return Vec::new() };
        choices.iter().map(|c| choice(name, c, Rank::Near)).collect()
    }

    /// Names given by `let` above, in blocks that are still open.
    fn lets(&self) -> Vec<CompletionItem> {
        let places = self.view.index().in_file(self.file);
        let mine = places.filter(|o| o.role == Role::Declares && matches!(o.symbol, Symbol::Local(Local::Let, ..)) && o.span.range().end < self.at);
        let open = mine.filter(|o| {
            let heads = around(self.text, o.span.range().start).heads;
            self.around.heads.starts_with(&heads)
        });
        open.map(|o| named(self.view, &o.symbol, Kind::Variable, Rank::Near)).collect()
    }

    fn types(&self) -> Vec<CompletionItem> {
        let vocabulary = &self.view.checked.draft.vocabulary;
        let in_rule = self.around.block == BlockKind::File || self.around.block == BlockKind::Record;
        let plain = TYPES.iter().chain(OF_RULES.iter().filter(|_| in_rule)).map(|ty| item(ty, Kind::Struct, Rank::Language));
        let rules = self.words(WordKind::Rule, vocabulary.rules.keys().filter(|_| in_rule));
        plain.chain(rules).chain(self.words(WordKind::PartyKind, names(&vocabulary.party_kinds))).collect()
    }

    fn fields_of(&self, name: &str) -> Vec<CompletionItem> {
        let Some(workflow) = self.view.checked.draft.workflows.get(name) else { return Vec::new() };
        let part = if self.text.get(self.around.clause.clone()).is_some_and(|c| c.contains(" lines ")) { Part::LineField } else { Part::Field };
        let fields = if part == Part::LineField { &workflow.line_fields } else { &workflow.fields };
        fields.iter().map(|f| self.field(workflow, part, &f.name, Rank::Near)).collect()
    }

    fn members(&self, path: &[String]) -> Vec<CompletionItem> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let own = |fields: &[crate::model::Field]| fields.iter().map(|f| property(f.name.as_str(), &f.ty.to_string())).collect::<Vec<_>>();
        match (first.as_str(), rest, self.workflow()) {
            ("document", [], Some(workflow)) => return own(&workflow.fields),
            ("line", [], Some(workflow)) => return own(&workflow.line_fields),
            _ => {}
        }
        let found = rest.iter().try_fold(self.type_of(first), |ty, name| {
            let ty = ty?;
            Some(members(self.view, &ty).into_iter().find(|(member, _)| member == name).map(|(_, ty)| ty))
        });
        let ty = found.flatten();
        ty.iter().flat_map(|ty| members(self.view, ty)).map(|(name, ty)| property(&name, &ty.to_string())).collect()
    }

    /// The type of a word that stands alone, or of a rule's answer.
    fn type_of(&self, word: &str) -> Option<Type> {
        if let Some(rule) = word.strip_suffix("()") {
            return Some(Type::Answer(Name::from(rule)));
        }
        let lets = self.view.index().lets.iter();
        let local = lets.filter(
            |(symbol, _)| matches!(symbol, Symbol::Local(Local::Let, file, at, name) if *file == self.file && (*at as usize) < self.at && name == word),
        );
        if let Some((_, ty)) = local.max_by_key(|(symbol, _)| if let Symbol::Local(_, _, at, _) = symbol { *at } else { 0 }) {
            return Some(ty.clone());
        }
        let workflow = self.workflow()?;
        workflow.line_field(word).or_else(|| workflow.field(word)).map(|f| f.ty.clone())
    }
}

fn choice(field: &str, name: &Name, rank: Rank) -> CompletionItem {
    CompletionItem { detail: Some(format!("a choice of `{field}`")), ..item(name.as_str(), Kind::EnumMember, rank) }
}

fn names(list: &[Named]) -> impl Iterator<Item = &Name> {
    list.iter().map(|n| &n.name)
}
