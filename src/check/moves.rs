//! Moves: both ends, how much, which units, and what changes on the way.
//!
//! Must not know other clauses. Tests: `check::tests`.

use super::clause::Body;
use super::declared::name;
use super::findings::{clauses as say, names as say_name};
use crate::base::{Name, Span};
use crate::model::{Changes, Choosing, Expr, MoveQuantity, MoveSpec, NewLot, PlaceSpec, Type};
use crate::syntax::ast::{self, Ident, MoveClause, WithField};

impl Body<'_, '_> {
    pub(super) fn movement(&mut self, written: &MoveClause, span: Span) -> Option<MoveSpec> {
        let quantity = match &written.quantity {
            ast::MoveQuantity::Exactly(e) => MoveQuantity::Exactly(self.typer.expect(e, &Type::Quantity)),
            ast::MoveQuantity::UpTo(e) => MoveQuantity::UpTo(self.typer.expect(e, &Type::Quantity)),
            ast::MoveQuantity::All => MoveQuantity::All,
        };
        let part = self.typer.expect(&written.part, &Type::Part);
        let from = self.typer.place(&written.from);
        let to = self.typer.place(&written.to);
        let (choosing, lots) = self.ways(&written.choosing, span);
        let counting = written.counting.as_ref().and_then(|id| self.counting(id));
        let changes = self.changes(&written.becomes);
        let new_lot = written.new_lot.as_ref().map(|with| self.new_lot(with));
        if new_lot.is_some() && changes.pool.is_none() {
            self.pool_of_new_lot(written);
        }
        let (from, to) = (from?, to?);
        self.possible(written, &from, &to, span);
        Some(MoveSpec { quantity, part, from, to, choosing: choosing?, lots, counting, changes, new_lot })
    }

    /// Whether units can go this way at all.
    fn possible(&mut self, written: &MoveClause, from: &PlaceSpec, to: &PlaceSpec, span: Span) {
        let reports = self.typer.reports;
        let unchanged = written.becomes.condition.is_none() && written.becomes.owner.is_none() && written.becomes.pool.is_none();
        if from.party == to.party && from.bin == to.bin && unchanged {
            reports.add(say::goes_nowhere(span));
        }
        if written.new_lot.is_some() && !from.outside {
            reports.add(say::new_lot_inside(written.from.span));
        }
        if written.new_lot.is_some() && written.choosing.iter().any(|c| !matches!(c, ast::Choosing::Serials(_))) {
            reports.add(say::new_lot_chosen(span));
        }
        let by_document = from.clearing || from.outside;
        match written.quantity {
            ast::MoveQuantity::All if !by_document => reports.add(say::all_of_shelf(written.from.span, from.bin.as_str())),
            ast::MoveQuantity::All if written.new_lot.is_some() => reports.add(say::all_of_new(span)),
            _ => {}
        }
    }

    /// All ways of choosing of one move: lots can be named beside a rule or serial numbers.
    fn ways(&mut self, written: &[ast::Choosing], span: Span) -> (Option<Choosing>, Option<Expr>) {
        let mut main = None;
        let mut lots = None;
        for way in written {
            match self.choosing(way, span) {
                None => return (None, None),
                Some(Choosing::Lots(field)) if written.len() > 1 => lots = Some(field),
                Some(_) if main.is_some() => self.typer.reports.add(say::chosen_twice(span)),
                Some(other) => main = Some(other),
            }
        }
        (Some(main.unwrap_or(Choosing::Oldest)), lots)
    }

    fn choosing(&mut self, written: &ast::Choosing, span: Span) -> Option<Choosing> {
        match written {
            ast::Choosing::Rule(rule, args) => self.typer.choosing_rule(rule, args, span),
            ast::Choosing::Serials(field) => self.list_field(field, Type::Serial).map(Choosing::Serials),
            ast::Choosing::Lots(field) => self.list_field(field, Type::Lot).map(Choosing::Lots),
        }
    }

    fn list_field(&mut self, id: &Ident, of: Type) -> Option<Expr> {
        let written = ast::Expr { kind: ast::ExprKind::Name(id.clone()), span: id.span };
        let found = self.typer.expect(&written, &Type::List(Box::new(of)));
        (found.ty != Type::Unknown).then_some(found)
    }

    /// The field that becomes what was moved.
    fn counting(&mut self, id: &Ident) -> Option<Name> {
        let of_line = self.typer.in_line;
        let outline = self.typer.outline;
        match outline.find(&id.text, of_line) {
            Some(field) if matches!(field.ty.required(), Type::Quantity | Type::Unknown) => return Some(name(id)),
            Some(field) => self.typer.reports.add(super::findings::types::wrong(id.span, &Type::Quantity, &field.ty)),
            None => match outline.find(&id.text, !of_line) {
                Some(other) => self.typer.reports.add(say_name::other_level(id, other.span, !of_line)),
                None if outline.written.broken => {}
                None => {
                    let known = outline.fields(of_line).iter().filter(|f| *f.ty.required() == Type::Quantity);
                    self.typer.reports.add(say_name::unknown(id, "a quantity field", known.map(|f| f.name.as_str())));
                }
            },
        }
        None
    }

    fn changes(&mut self, written: &ast::AsClause) -> Changes {
        let mut change = |value: &Option<ast::Expr>, ty: &Type| value.as_ref().map(|v| self.typer.expect(v, ty));
        Changes {
            condition: change(&written.condition, &Type::Condition),
            owner: change(&written.owner, &Type::Owner),
            pool: change(&written.pool, &Type::Pool),
        }
    }

    /// What `with sodo` or `with rate = …` says.
    pub(super) fn with_value(&mut self, with: &WithField, ty: &Type) -> Expr {
        match &with.value {
            Some(value) => self.typer.expect(value, ty),
            None => {
                let same_name = ast::Expr { kind: ast::ExprKind::Name(with.name.clone()), span: with.name.span };
                self.typer.expect(&same_name, ty)
            }
        }
    }

    fn new_lot(&mut self, written: &[WithField]) -> NewLot {
        const KNOWN: [&str; 5] = ["sodo", "rate", "expires", "label", "received"];
        let optional = |ty: Type| Type::Optional(Box::new(ty));
        let mut lot = NewLot::default();
        for (i, with) in written.iter().enumerate() {
            let (slot, ty) = match with.name.text.as_str() {
                "sodo" => (&mut lot.sodo, optional(Type::Sodo)),
                "rate" => (&mut lot.rate, Type::Money),
                "expires" => (&mut lot.expires, optional(Type::Date)),
                "label" => (&mut lot.label, optional(Type::Text)),
                "received" => (&mut lot.received, optional(Type::Date)),
                _ => {
                    self.typer.reports.add(say_name::unknown(&with.name, "something that a lot knows", KNOWN));
                    continue;
                }
            };
            if let Some(first) = written.iter().take(i).find(|w| w.name.text == with.name.text) {
                self.typer.reports.add(say_name::twice("the value", &with.name.text, with.name.span, first.name.span));
            }
            *slot = Some(self.with_value(with, &ty));
        }
        lot
    }

    /// New units need a pool: that of the clause, that of what this document put there before, else that of a field `pool`.
    fn pool_of_new_lot(&mut self, written: &MoveClause) {
        let outline = self.typer.outline;
        let in_line = self.typer.in_line && outline.find("pool", true).is_some();
        if in_line || outline.find("pool", false).is_some() {
            let path = if in_line { super::typer::line_path("pool") } else { super::typer::field_path("pool") };
            self.typer.read.borrow_mut().insert(path);
            return;
        }
        let puts_there =
            |clause: &ast::Clause| matches!(&clause.kind, ast::ClauseKind::Move(m) if m.to.party.is_none() && m.to.bin.text == written.from.bin.text);
        let taken_back = outline.written.transitions.iter().any(|t| any_clause(&t.body, &puts_there));
        if !taken_back && !outline.written.broken {
            self.typer.reports.add(say::new_lot_without_pool(written.from.span));
        }
    }
}

/// Whether a clause of a body, or of its `each line`, is such a one.
fn any_clause(body: &[ast::Clause], such: &impl Fn(&ast::Clause) -> bool) -> bool {
    body.iter().any(|clause| such(clause) || matches!(&clause.kind, ast::ClauseKind::EachLine(each) if any_clause(&each.body, such)))
}
