//! What else a transition does: obligations, papers, other documents, messages.
//!
//! Must not know moves. Tests: `check::tests`.

use super::clause::Body;
use super::declared::{Outline, name};
use super::findings::{clauses as say, names as say_name, types as say_type};
use crate::base::{Name, Span};
use crate::model::{ClauseKind, Expr, Field, ObligationSpec, ObligationVerb, StartSpec, Type, Within};
use crate::syntax::ast::{self, Ident, ObligationClause, StartClause, WithField};

impl Body<'_, '_> {
    pub(super) fn obligation(&mut self, written: &ObligationClause, span: Span) -> Option<ObligationSpec> {
        let verb = match written.verb {
            ast::ObligationVerb::Owe => ObligationVerb::Owe,
            ast::ObligationVerb::Settle => ObligationVerb::Settle,
            ast::ObligationVerb::Waive => ObligationVerb::Waive,
            ast::ObligationVerb::Debit => ObligationVerb::Debit,
        };
        let quantity = written.quantity.as_ref().map(|q| self.typer.expect(q, &Type::Quantity));
        let part = self.typer.expect(&written.part, &Type::Part);
        let kind = self.typer.obligation(&written.kind);
        let by = self.typer.party_field(&written.by);
        let to = written.to.as_ref().map(|to| self.typer.party_field(to));
        let within = match (&written.within, &written.within_days) {
            (Some(fixed), _) => Some(Within::Fixed(fixed.value)),
            (None, Some(days)) => Some(Within::Days(self.typer.days(days))),
            (None, None) => None,
        };
        let rate = written.rate.as_ref().map(|r| self.typer.expect(r, &Type::Money));
        if verb == ObligationVerb::Owe {
            let missing =
                [(quantity.is_none(), "how much: `owe 1 of part`"), (to.is_none(), "to whom: `to asp`"), (within.is_none(), "until when: `within 7 days`")];
            let missing: Vec<&str> = missing.iter().filter(|(missing, _)| *missing).map(|(_, what)| *what).collect();
            if !missing.is_empty() {
                self.typer.reports.add(say::owe_incomplete(span, &missing.join(", ")));
            }
        } else if to.is_some() || within.is_some() || rate.is_some() {
            self.typer.reports.add(say::only_with_owe(span));
        }
        let to = match to {
            Some(None) => return None,
            Some(Some(to)) => Some(to),
            None => None,
        };
        Some(ObligationSpec { verb, quantity, part, kind: kind?, by: by?, to, within, rate })
    }

    /// A kind of paper; with a reverse paper, where that is wanted.
    pub(super) fn paper(&mut self, id: &Ident, reverse: bool) -> Option<Name> {
        let papers = &self.typer.book.vocabulary.documents;
        let Some(paper) = papers.get(id.text.as_str()) else {
            if !self.typer.book.incomplete {
                self.typer.reports.add(say_name::unknown(id, "a declared document", papers.keys().map(Name::as_str)));
            }
            return None;
        };
        if reverse && paper.reverse.is_none() {
            self.typer.reports.add(say::no_reverse(id, paper.named.span));
        }
        Some(paper.named.name.clone())
    }

    pub(super) fn issue(&mut self, document: &Ident, from: Option<&Ident>, to: Option<&Ident>, with_reverse: bool) -> Option<ClauseKind> {
        let paper = self.paper(document, with_reverse);
        let issuer = from.and_then(|id| self.typer.party_field(id));
        let consignee = match to {
            Some(id) => Some(self.typer.party_field(id)?),
            None => None,
        };
        if self.typer.in_line {
            self.typer.reports.add(say::not_in_each_line(document.span, "issue"));
        }
        Some(ClauseKind::Issue { document: paper?, from: issuer?, to: consignee, with_reverse })
    }

    pub(super) fn emit(&mut self, id: &Ident, with: &[WithField], span: Span) -> Option<ClauseKind> {
        let events = &self.typer.book.vocabulary.events;
        let Some(event) = events.get(id.text.as_str()) else {
            if !self.typer.book.incomplete {
                self.typer.reports.add(say_name::unknown(id, "a declared event", events.keys().map(Name::as_str)));
            }
            return None;
        };
        let wanted: Vec<Wanted> = event.fields.iter().map(|(n, ty)| Wanted { name: n.clone(), ty: ty.clone(), needed: !ty.is_optional() }).collect();
        let target = Target { what: format!("the event `{}`", id.text), declared: event.named.span, complete: true };
        let with = self.given(with, &wanted, &target, span);
        Some(ClauseKind::Emit { event: name(id), with })
    }

    pub(super) fn start(&mut self, written: &StartClause, span: Span) -> Option<StartSpec> {
        let book = self.typer.book;
        let id = &written.workflow;
        let Some(outline) = book.outlines.get(id.text.as_str()) else {
            if !book.incomplete {
                self.typer.reports.add(say_name::unknown(id, "a workflow", book.outlines.keys().map(Name::as_str)));
            }
            return None;
        };
        let declared = outline.model.span;
        let openings: Vec<&str> = outline.written.transitions.iter().filter(|t| t.from.is_empty()).map(|t| t.name.text.as_str()).collect();
        if openings.len() > 1 && !openings.contains(&super::workflows::OPEN) {
            self.typer.reports.add(say::which_opening(id, &openings, declared));
        }
        let complete = !outline.written.broken;
        let target = Target { what: format!("`{}`", id.text), declared, complete };
        let with = self.given(&written.with, &wanted(outline.fields(false)), &target, span);
        let lines = if written.lines.is_empty() { Vec::new() } else { self.start_lines(written, outline, span) };
        Some(StartSpec { workflow: name(id), with, lines })
    }

    fn start_lines(&mut self, written: &StartClause, outline: &Outline<'_>, span: Span) -> Vec<(Name, Expr)> {
        let first = written.lines.first().map_or(span, |l| l.name.span);
        if outline.written.lines.is_none() {
            if !outline.written.broken {
                self.typer.reports.add(say::started_has_no_lines(first, &written.workflow.text, outline.model.span));
            }
            return Vec::new();
        }
        let target = Target { what: format!("a line of `{}`", written.workflow.text), declared: outline.model.span, complete: !outline.written.broken };
        self.given(&written.lines, &wanted(outline.fields(true)), &target, first)
    }

    /// Values for the fields of something else: each known, given once, of its type, and none missing.
    fn given(&mut self, with: &[WithField], wanted: &[Wanted], target: &Target, span: Span) -> Vec<(Name, Expr)> {
        let mut out = Vec::new();
        for (i, field) in with.iter().enumerate() {
            if let Some(first) = with.iter().take(i).find(|f| f.name.text == field.name.text) {
                self.typer.reports.add(say_name::twice("the value", &field.name.text, field.name.span, first.name.span));
                continue;
            }
            let Some(found) = wanted.iter().find(|w| w.name == *field.name.text) else {
                if target.complete {
                    let known: Vec<String> = wanted.iter().map(|w| w.name.to_string()).collect();
                    self.typer.reports.add(say_name::unknown_property(&field.name, &target.what, &known));
                }
                self.with_value(field, &Type::Unknown);
                continue;
            };
            out.push((found.name.clone(), self.with_value(field, &found.ty)));
        }
        let missing: Vec<&str> = wanted.iter().filter(|w| w.needed && !with.iter().any(|f| w.name == *f.name.text)).map(|w| w.name.as_str()).collect();
        if !missing.is_empty() && target.complete {
            self.typer.reports.add(say_type::values_missing(span, &target.what, &missing, target.declared));
        }
        out
    }
}

/// Something that wants values.
struct Target {
    what: String,
    declared: Span,
    complete: bool,
}

/// A value that is wanted.
struct Wanted {
    name: Name,
    ty: Type,
    needed: bool,
}

fn wanted(fields: &[Field]) -> Vec<Wanted> {
    let one = |f: &Field| Wanted { name: f.name.clone(), ty: f.ty.clone(), needed: f.default.is_none() && !f.ty.is_optional() && f.ty != Type::Unknown };
    fields.iter().map(one).collect()
}
