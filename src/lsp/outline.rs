//! The outline of a file, and the names of the whole book.
//!
//! Must not know how names are found. Tests: `tests/it/editor_text.rs`.

use gen_lsp_types::{BaseSymbolInformation, DocumentSymbol, SymbolInformation, SymbolKind};

use super::index::{Inner, Local, Occurrence, Part, Role, Symbol, WordKind};
use super::view::View;
use crate::base::{FileId, Span};
use crate::rules;
use crate::syntax::ast::{FieldDef, Ident, Item, Named, Text, VocabItem, Workflow};

/// What stands in a file.
#[must_use]
pub fn of_file(view: &View, file: FileId) -> Vec<DocumentSymbol> {
    let outliner = Outliner { view };
    if view.name(file).ends_with(".rhai") {
        return outliner.script(file);
    }
    let items = view.parsed(file).map(|parsed| parsed.file.items.as_slice()).unwrap_or_default();
    items.iter().filter_map(|item| outliner.item(item)).collect()
}

struct Outliner<'v> {
    view: &'v View,
}

impl Outliner<'_> {
    fn symbol(&self, id: &Ident, detail: Option<String>, kind: SymbolKind, whole: Span, children: Vec<DocumentSymbol>) -> DocumentSymbol {
        let children = (!children.is_empty()).then_some(children);
        let (range, selection_range) = (self.view.range(whole.to(id.span)), self.view.range(id.span));
        #[expect(deprecated, reason = "the struct has no other way to be made")]
        DocumentSymbol { name: id.text.clone(), detail, kind, tags: None, deprecated: None, range, selection_range, children }
    }

    fn script(&self, file: FileId) -> Vec<DocumentSymbol> {
        let Some(text) = self.view.text(file) else { return Vec::new() };
        let functions = rules::functions(&text.whole).into_iter();
        functions
            .map(|f| {
                let id = Ident { text: f.name.clone(), span: Span::new(file, f.at.start, f.at.end) };
                let params: Vec<&str> = f.params.iter().map(|(name, _)| name.as_str()).collect();
                self.symbol(&id, Some(format!("({})", params.join(", "))), SymbolKind::Function, Span::new(file, f.range.start, f.range.end), Vec::new())
            })
            .collect()
    }

    fn item(&self, item: &Item) -> Option<DocumentSymbol> {
        match item {
            Item::Vocab(item) => self.word(item),
            Item::Workflow(workflow) => Some(self.workflow(workflow)),
            Item::Scenario(scenario) => {
                let id = Ident { text: scenario.title.text.clone(), span: scenario.title.span };
                Some(self.symbol(&id, Some("scenario".to_owned()), SymbolKind::Event, scenario.span, Vec::new()))
            }
            Item::Broken(_) => None,
        }
    }

    fn word(&self, item: &VocabItem) -> Option<DocumentSymbol> {
        let (named, what, kind): (&Named, &str, SymbolKind) = match item {
            VocabItem::Condition(named) => (named, "condition", SymbolKind::EnumMember),
            VocabItem::Owner(named) => (named, "owner", SymbolKind::EnumMember),
            VocabItem::Pool(named) => (named, "pool", SymbolKind::EnumMember),
            VocabItem::Obligation(named) => (named, "obligation", SymbolKind::EnumMember),
            VocabItem::PartyKind(named) => (named, "party kind", SymbolKind::Enum),
            VocabItem::Bin(bin) => (&bin.named, "bin", SymbolKind::Namespace),
            VocabItem::Role(role) => (&role.named, "role", SymbolKind::Interface),
            VocabItem::Calendar(calendar) => (&calendar.named, "calendar", SymbolKind::Constant),
            VocabItem::Document(paper) => (&paper.named, "document", SymbolKind::File),
            VocabItem::Rule(rule) => (&rule.named, "rule", SymbolKind::Function),
            VocabItem::Event(event) => (&event.named, "event", SymbolKind::Event),
            VocabItem::OnHand { .. } | VocabItem::Shared(_) => return None,
        };
        let detail = named.label.as_ref().map_or_else(|| what.to_owned(), |label| format!("{what}: {}", label.text));
        Some(self.symbol(&named.name, Some(detail), kind, named.span, Vec::new()))
    }

    fn workflow(&self, workflow: &Workflow) -> DocumentSymbol {
        let label = |label: &Option<Text>| label.as_ref().map(|l| l.text.clone());
        let parties = workflow.parties.iter().map(|p| self.symbol(&p.name, Some("party".to_owned()), SymbolKind::Property, p.name.span, Vec::new()));
        let fields = workflow.fields.iter().map(|f| self.field(f));
        let mut inside: Vec<DocumentSymbol> = parties.chain(fields).collect();
        if let Some(lines) = &workflow.lines {
            let id = Ident { text: "lines".to_owned(), span: Span { end: lines.span.start + 5, ..lines.span } };
            inside.push(self.symbol(&id, None, SymbolKind::Struct, lines.span, lines.fields.iter().map(|f| self.field(f)).collect()));
        }
        inside.extend(workflow.states.iter().map(|s| self.symbol(&s.name, label(&s.label), SymbolKind::EnumMember, s.span, Vec::new())));
        inside.extend(workflow.transitions.iter().map(|t| {
            let names = |ids: &[Ident]| ids.iter().map(|i| i.text.as_str()).collect::<Vec<_>>().join(" or ");
            self.symbol(&t.name, Some(format!("{} -> {}", names(&t.from), names(&t.to))), SymbolKind::Method, t.span, Vec::new())
        }));
        self.symbol(&workflow.name, label(&workflow.title), SymbolKind::Class, workflow.span, inside)
    }

    fn field(&self, field: &FieldDef) -> DocumentSymbol {
        self.symbol(&field.name, Some(self.view.slice(field.ty.span).to_owned()), SymbolKind::Field, field.span, Vec::new())
    }
}

/// The names of a book that hold all letters of a query in order.
#[must_use]
pub fn matching(view: &View, query: &str) -> Vec<SymbolInformation> {
    let declared = view.index().places.iter().filter(|o| o.role == Role::Declares || o.role == Role::Writes);
    let mut found: Vec<SymbolInformation> = declared.filter(|o| holds(o.symbol.name(), query)).filter_map(|o| information(view, o)).collect();
    found.extend(scenarios(view, query));
    found
}

#[expect(deprecated, reason = "the struct has no other way to be made")]
fn made(view: &View, name: &str, kind: SymbolKind, within: Option<String>, span: Span) -> SymbolInformation {
    let base = BaseSymbolInformation { name: name.to_owned(), kind, tags: None, container_name: within };
    SymbolInformation { deprecated: None, location: view.location(span), base_symbol_information: base }
}

fn scenarios<'v>(view: &'v View, query: &str) -> impl Iterator<Item = SymbolInformation> + use<'v> {
    let query = query.to_owned();
    let all = view.checked.draft.scenarios.iter().filter(move |s| holds(&s.title, &query));
    all.map(move |s| made(view, &s.title, SymbolKind::Event, Some("scenario".to_owned()), s.span))
}

fn information(view: &View, found: &Occurrence) -> Option<SymbolInformation> {
    let (kind, within) = match &found.symbol {
        Symbol::Word(WordKind::Workflow, _) => (SymbolKind::Class, Some("workflow".to_owned())),
        Symbol::Word(WordKind::Rule, _) => (SymbolKind::Function, Some(view.name(found.span.file).to_owned())),
        Symbol::Word(kind, _) => (SymbolKind::EnumMember, Some(kind.aloud().to_owned())),
        Symbol::Of(Part::Transition, workflow, _) => (SymbolKind::Method, Some(workflow.clone())),
        Symbol::Of(Part::State, workflow, _) => (SymbolKind::EnumMember, Some(workflow.clone())),
        Symbol::Of(_, workflow, _) => (SymbolKind::Field, Some(workflow.clone())),
        Symbol::Inner(Inner::Answer, rule, _) => (SymbolKind::Property, Some(rule.clone())),
        Symbol::Local(Local::Function, ..) => (SymbolKind::Function, Some(view.name(found.span.file).to_owned())),
        Symbol::Inner(..) | Symbol::Local(..) | Symbol::Property(..) => return None,
    };
    Some(made(view, found.symbol.name(), kind, within, found.span))
}

/// Whether a name has all letters of a query, in order.
fn holds(name: &str, query: &str) -> bool {
    let mut letters = name.chars().flat_map(char::to_lowercase);
    query.chars().flat_map(char::to_lowercase).filter(|c| !c.is_whitespace()).all(|wanted| letters.any(|c| c == wanted))
}
