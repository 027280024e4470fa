//! Numbers of documents and papers: `DCS/{fy}/{seq:5}`.
//!
//! Must not know who counts. Tests: `check::tests`.

use super::declared::{Outline, name};
use super::findings::rules as say;
use super::reports::Reports;
use crate::model::{Expr, ExprKind, NumberPart, Template, TemplatePart, Type};
use crate::syntax::ast::{self, Ident, TextPart, TextTemplate};

const HOLES: [&str; 5] = ["fy", "bu", "party", "yyyy", "mm"];

/// The number of a paper.
pub(super) fn paper(written: &TextTemplate, reports: &Reports) -> Template {
    number(written, reports, &[], |_| None)
}

/// The number of a workflow's documents: holes may also name its parties and fields.
pub(super) fn document(written: &TextTemplate, outline: &Outline<'_>, reports: &Reports) -> Template {
    let fields: Vec<&str> = outline.model.fields.iter().map(|f| f.name.as_str()).collect();
    number(written, reports, &fields, |id| {
        let field = outline.find(&id.text, false)?;
        if field.ty.is_optional() {
            reports.add(say::number_field_absent(id, field.span));
        } else if matches!(field.ty, Type::List(_)) {
            reports.add(say::number_field_list(id, field.span));
        }
        Some(Expr { kind: ExprKind::Field(name(id)), ty: field.ty.clone(), span: id.span })
    })
}

fn number(written: &TextTemplate, reports: &Reports, fields: &[&str], field: impl Fn(&Ident) -> Option<Expr>) -> Template {
    let mut parts = Vec::new();
    let mut sequences = 0;
    for part in &written.parts {
        match part {
            TextPart::Plain(text) => parts.push(TemplatePart::Plain(text.clone())),
            TextPart::Seq { width, span } => {
                sequences += 1;
                if !(1..=12).contains(width) {
                    reports.add(say::seq_width(*span));
                }
                parts.push(TemplatePart::Number(NumberPart::Seq(*width)));
            }
            TextPart::Hole(hole) => match &hole.kind {
                ast::ExprKind::Broken => {}
                ast::ExprKind::Name(id) => match field(id).map(TemplatePart::Hole).or_else(|| built_in(&id.text).map(TemplatePart::Number)) {
                    Some(part) => parts.push(part),
                    None => reports.add(say::number_hole(id, fields.iter().copied().chain(HOLES).chain(["seq:5"]))),
                },
                _ => reports.add(say::number_expression(hole.span)),
            },
        }
    }
    if sequences != 1 {
        reports.add(say::one_seq(written.span, sequences));
    }
    Template { parts, span: written.span }
}

fn built_in(word: &str) -> Option<NumberPart> {
    Some(match word {
        "fy" => NumberPart::FiscalYear,
        "bu" => NumberPart::Bu,
        "party" => NumberPart::Party,
        "yyyy" => NumberPart::Year,
        "mm" => NumberPart::Month,
        _ => return None,
    })
}
