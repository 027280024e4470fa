//! What stands in a file: the vocabulary, workflows and scenarios.
//!
//! Must not know what the words mean. Tests: `tests.rs`.

use super::node::Node;
use super::{Reader, Rule};
use crate::syntax::ast::{BinDef, CalendarDef, DocumentDef, EventDef, Item, Named, RoleDef, RuleDef, VocabItem};
use crate::syntax::outline::{Entry, Statement};
use crate::syntax::words::{Context, Opening, first_word, opening_of};

/// The statements among what stands in a block.
pub(super) fn statements(entries: &[Entry]) -> impl Iterator<Item = &Statement> {
    entries.iter().filter_map(|e| if let Entry::Statement(s) = e { Some(s) } else { None })
}

impl<'a> Reader<'a> {
    pub(super) fn items(&self, entries: &[Entry]) -> Vec<Item> {
        statements(entries).map(|s| self.item(s).unwrap_or_else(|| Item::Broken(self.span_of(Self::whole(s))))).collect()
    }

    fn item(&self, statement: &Statement) -> Option<Item> {
        let line = self.slice(statement.head);
        let Some(opening) = opening_of(Context::File, line) else {
            self.unknown_line(Context::File, statement);
            self.inside(statement);
            return None;
        };
        match opening.words {
            "workflow" => self.workflow(statement, opening.pattern).map(|w| Item::Workflow(Box::new(w))),
            "scenario" => self.scenario(statement, opening.pattern).map(|s| Item::Scenario(Box::new(s))),
            "rule" | "event" => self.with_record(statement, opening).map(Item::Vocab),
            _ => {
                self.no_block(statement);
                self.word(statement, opening).map(Item::Vocab)
            }
        }
    }

    fn named(&self, node: &Node<'a>, statement: &Statement) -> Option<Named> {
        let span = self.span_of(Self::whole(statement));
        Some(Named { name: self.name(node)?, label: self.label(node), doc: self.doc(statement), span })
    }

    fn word(&self, statement: &Statement, opening: &Opening) -> Option<VocabItem> {
        let rule = match opening.words {
            "condition" => Rule::condition_def,
            "owner" => Rule::owner_def,
            "pool" => Rule::pool_def,
            "obligation" => Rule::obligation_def,
            "party kind" => Rule::party_kind_def,
            "bin" => Rule::bin_def,
            "role" => Rule::role_def,
            "calendar" => Rule::calendar_def,
            "document" => Rule::document_def,
            "on hand" => Rule::on_hand_def,
            _ => Rule::shared_def,
        };
        let node = self.head(rule, statement, opening.pattern)?;
        if rule == Rule::on_hand_def {
            let conditions = node.get(Rule::on_hand_in).map(|c| self.list(&c)).unwrap_or_default();
            return Some(VocabItem::OnHand { bins: self.list(&node), conditions, span: self.span(&node) });
        }
        if rule == Rule::shared_def {
            return Some(VocabItem::Shared(self.name(&node)?));
        }
        let named = self.named(&node, statement)?;
        Some(match rule {
            Rule::condition_def => VocabItem::Condition(named),
            Rule::owner_def => VocabItem::Owner(named),
            Rule::pool_def => VocabItem::Pool(named),
            Rule::obligation_def => VocabItem::Obligation(named),
            Rule::party_kind_def => VocabItem::PartyKind(named),
            Rule::bin_def => VocabItem::Bin(self.bin(&node, named)),
            Rule::role_def => VocabItem::Role(RoleDef { named, at: self.name_in(&node, Rule::role_at) }),
            Rule::calendar_def => VocabItem::Calendar(self.calendar(&node, named)),
            _ => VocabItem::Document(self.document(&node, named)?),
        })
    }

    fn bin(&self, node: &Node<'a>, named: Named) -> BinDef {
        let at = node.get(Rule::bin_at).map(|a| self.list(&a)).unwrap_or_default();
        BinDef { named, at, clearing: node.has(Rule::kw_clearing), outside: node.has(Rule::kw_outside) }
    }

    fn calendar(&self, node: &Node<'a>, named: Named) -> CalendarDef {
        let pair = |rule, of| {
            let both: Vec<_> = node.get(rule)?.all(of).map(|n| self.ident(&n)).collect();
            let mut both = both.into_iter();
            Some((both.next()?, both.next()?))
        };
        let except = node.get(Rule::calendar_except).map(|e| e.all(Rule::date).map(|d| self.ident(&d)).collect()).unwrap_or_default();
        CalendarDef { named, weekdays: pair(Rule::calendar_days, Rule::name), hours: pair(Rule::calendar_hours, Rule::time_of_day), except }
    }

    fn document(&self, node: &Node<'a>, named: Named) -> Option<DocumentDef> {
        let number = node.get(Rule::document_number).and_then(|n| self.text_in(&n))?;
        let reverse = node.get(Rule::document_reverse).and_then(|n| self.text_in(&n));
        Some(DocumentDef { named, number, reverse })
    }

    /// A rule or an event: its braces hold a record, so it is read as a whole.
    fn with_record(&self, statement: &Statement, opening: &Opening) -> Option<VocabItem> {
        if statement.block.as_ref().is_some_and(|b| b.close.is_none()) {
            return None;
        }
        let range = self.without_semicolon(Self::whole(statement));
        if first_word(self.slice(range)) == "event" {
            let node = self.by_rule(Rule::event_def, range, opening.pattern)?;
            let fields = node.get(Rule::type_record).map(|r| self.typed_names(&r)).unwrap_or_default();
            return Some(VocabItem::Event(EventDef { named: self.named(&node, statement)?, fields }));
        }
        let node = self.by_rule(Rule::rule_def, range, opening.pattern)?;
        let params = node.get(Rule::rule_params).map(|p| self.typed_names(&p)).unwrap_or_default();
        Some(VocabItem::Rule(RuleDef { named: self.named(&node, statement)?, params, answer: self.type_in(&node)? }))
    }
}
