//! Reads raw input: what the transition asks for, typed, in the part's units, known to the master data.
//!
//! Everything wrong is reported at once, by field and line. Pure. Tests: `tests/it/engine_commands.rs` and the scenarios.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::base::{Name, PartCode, suggest};
use crate::domain::{Document, InputLine, Line, Reason, ReasonCode, Value};
use crate::model::{Ask, Clause, ClauseKind, Field, FieldKind, Type};

use super::read_value::{Reader, Wrong};
use super::run::Run;

impl Run<'_> {
    /// Fills a new document from the input of its opening.
    pub fn fill(&mut self) {
        let workflow = self.env.workflow;
        let input = &self.env.command.input;
        for field in &workflow.fields {
            let given = input.fields.get(&field.name).filter(|json| !json.is_null());
            match given {
                Some(_) if self.keeps_for_itself(field) => self.not_given(field, None),
                Some(json) => self.accept(field, json, None),
                None => self.absent(field, None),
            }
        }
        self.unknown_names(&input.fields, workflow.fields.iter().map(|f| &f.name), None);
        self.fill_lines(&input.lines);
        for ask in self.asked(None) {
            if !ask.optional && self.doc.field(ask.field.as_str()).is_absent() {
                self.missing(&ask.field, &ask.ty, None);
            }
        }
    }

    /// Takes what the transition asks for; anything else that was given is refused.
    pub fn take_input(&mut self) {
        let input = &self.env.command.input;
        let asks = self.asked(None);
        for ask in &asks {
            self.take(ask, input.fields.get(&ask.field), false);
        }
        self.unknown_names(&input.fields, asks.iter().map(|a| &a.field), None);
        if self.asks_lines() { self.fill_lines(&input.lines) } else { self.take_lines(&input.lines) }
    }

    fn asks_lines(&self) -> bool {
        self.env.transition.body.iter().any(|c| matches!(c.kind, ClauseKind::AskLines))
    }

    /// What the transition asks for the document, or within an `each line`.
    fn asked(&self, within: Option<&[Clause]>) -> Vec<Ask> {
        let clauses = within.unwrap_or(&self.env.transition.body);
        let asks = clauses.iter().filter_map(|c| match &c.kind {
            ClauseKind::Ask(asks) => Some(asks.as_slice()),
            _ => None,
        });
        asks.flatten().cloned().collect()
    }

    /// Reads the lines of a new document, or all lines anew.
    fn fill_lines(&mut self, lines: &[InputLine]) {
        let workflow = self.env.workflow;
        if workflow.line_fields.is_empty() {
            if !lines.is_empty() {
                self.bad(format!("`{}` has no lines", workflow.name), None, None);
            }
            return;
        }
        self.doc.lines = lines.iter().zip(1..).map(|(_, no)| Line { no, values: BTreeMap::new(), inbound: None }).collect();
        for (index, given) in lines.iter().enumerate() {
            self.line.set(Some(index));
            for field in &workflow.line_fields {
                match given.values.get(&field.name).filter(|json| !json.is_null()) {
                    Some(_) if self.keeps_for_itself(field) => self.not_given(field, Some(index)),
                    Some(json) => self.accept(field, json, Some(index)),
                    None => self.absent(field, Some(index)),
                }
            }
            self.unknown_names(&given.values, workflow.line_fields.iter().map(|f| &f.name), Some(index));
        }
        self.line.set(None);
    }

    /// Takes what is asked for existing lines.
    fn take_lines(&mut self, lines: &[InputLine]) {
        let addressed = self.address(lines);
        let transition = self.env.transition;
        let mut asked_anywhere: Vec<Name> = vec!["part".into()];
        for clause in &transition.body {
            let ClauseKind::EachLine(each) = &clause.kind else { continue };
            let asks = self.asked(Some(&each.body));
            asked_anywhere.extend(asks.iter().map(|a| a.field.clone()));
            if asks.is_empty() {
                continue;
            }
            let matching = match self.matching(each.filter.as_ref()) {
                Ok(matching) => matching,
                Err(halt) => {
                    self.stopped(halt);
                    continue;
                }
            };
            for index in matching {
                self.line.set(Some(index));
                let given = addressed.iter().find(|(at, _)| *at == index).map(|(_, line)| *line);
                for ask in &asks {
                    self.take(ask, given.and_then(|l| l.values.get(&ask.field)), true);
                }
                self.line.set(None);
            }
        }
        for (index, given) in &addressed {
            self.unknown_names(&given.values, asked_anywhere.iter(), Some(*index));
        }
    }

    /// Which existing line each given line means: by number, else by a part that only one line has.
    fn address<'i>(&mut self, lines: &'i [InputLine]) -> Vec<(usize, &'i InputLine)> {
        let mut addressed: Vec<(usize, &InputLine)> = Vec::new();
        for given in lines {
            match find_line(&self.doc, given) {
                Ok(index) if addressed.iter().any(|(at, _)| *at == index) => {
                    let no = self.doc.lines.get(index).map(|l| l.no);
                    self.bad("the line is given twice".to_owned(), None, no);
                }
                Ok(index) => addressed.push((index, given)),
                Err(why) => self.bad(why, None, given.line),
            }
        }
        addressed
    }

    fn take(&mut self, ask: &Ask, json: Option<&Json>, in_line: bool) {
        let workflow = self.env.workflow;
        let declared = if in_line { workflow.line_field(ask.field.as_str()) } else { workflow.field(ask.field.as_str()) };
        let Some(field) = declared else { return };
        let index = self.line.get();
        match json.filter(|j| !j.is_null()) {
            Some(json) => self.accept(field, json, index),
            None => match implied(field) {
                Some(value) => self.set_field(&field.name, value),
                // In `each line` an optional field may be left out for lines that have nothing to say.
                None if ask.optional || (in_line && field.ty.is_optional()) => {}
                None => self.missing(&field.name, &field.ty, self.line_no()),
            },
        }
    }

    fn accept(&mut self, field: &Field, json: &Json, index: Option<usize>) {
        let part = index.and_then(|i| self.doc.lines.get(i)).and_then(Line::part).cloned();
        let reader = Reader { book: self.env.book, snapshot: self.env.snapshot, part: part.as_ref() };
        match reader.read(json, &field.ty).and_then(|value| reader.of_kind(value, &field.kinds)) {
            Ok(value) => self.set_field(&field.name, value),
            Err(wrong) => self.wrong(&field.name, wrong),
        }
    }

    fn absent(&mut self, field: &Field, index: Option<usize>) {
        match implied(field) {
            Some(value) => self.set_field(&field.name, value),
            None if field.ty.is_optional() => {}
            None => {
                let no = index.and_then(|i| self.doc.lines.get(i)).map(|l| l.no);
                self.missing(&field.name, &field.ty, no);
            }
        }
    }

    /// Whether nobody outside gives this field: the workflow sets it. What a document starts with comes from the flow that starts it.
    fn keeps_for_itself(&self, field: &Field) -> bool {
        let started = self.doc.parent.is_some() && self.env.transition.opens();
        !started && self.env.workflow.keeps(field)
    }

    fn not_given(&mut self, field: &Field, index: Option<usize>) {
        let no = index.and_then(|i| self.doc.lines.get(i)).map(|l| l.no);
        let sentence = format!("`{}` is not given: the workflow keeps it itself", field.name);
        self.refuse(Reason::new(ReasonCode::BadInput, sentence).at_line(no).on_field(field.name.clone()).remedy(format!("leave `{}` out", field.name)));
    }

    fn missing(&mut self, field: &Name, ty: &Type, line: Option<u32>) {
        let what = match self.env.workflow.field(field.as_str()).map(|f| f.kind) {
            Some(FieldKind::Party) => format!("`{field}` is missing: the code of a party of kind {ty}"),
            _ => format!("`{field}` is missing: a value of type {}", ty.required()),
        };
        let before = self.reasons.len();
        self.bad(what, Some(field), line);
        self.lacking += self.reasons.len() - before;
    }

    fn wrong(&mut self, field: &Name, wrong: Wrong) {
        let line = self.line_no();
        let mut reason = Reason::new(ReasonCode::BadInput, format!("`{field}`: {}", wrong.what)).at_line(line).on_field(field.clone());
        if let Some(hint) = wrong.hint {
            reason = reason.remedy(hint);
        }
        self.refuse(reason);
    }

    fn bad(&mut self, sentence: String, field: Option<&Name>, line: Option<u32>) {
        let mut reason = Reason::new(ReasonCode::BadInput, sentence).at_line(line);
        reason.field = field.cloned();
        self.refuse(reason);
    }

    fn unknown_names<'n>(&mut self, given: &BTreeMap<Name, Json>, known: impl Iterator<Item = &'n Name> + Clone, index: Option<usize>) {
        let line = index.and_then(|i| self.doc.lines.get(i)).map(|l| l.no);
        for name in given.keys().filter(|name| !known.clone().any(|k| k == *name)) {
            let sentence = format!("`{name}` is not asked for here");
            let reason = Reason::new(ReasonCode::BadInput, sentence).at_line(line).on_field(name.clone());
            let reason = match suggest::did_you_mean(name.as_str(), known.clone().map(Name::as_str)) {
                Some(hint) => reason.remedy(hint),
                None => reason,
            };
            self.refuse(reason);
        }
    }
}

/// The value of a field that nothing was given for: its default, or for lists the empty one.
fn implied(field: &Field) -> Option<Value> {
    match (&field.default, &field.ty) {
        (Some(default), _) => Some(default.clone()),
        (None, Type::List(_)) => Some(Value::List(Vec::new())),
        (None, _) => None,
    }
}

/// The existing line that a given line means.
fn find_line(doc: &Document, given: &InputLine) -> Result<usize, String> {
    if let Some(no) = given.line {
        return doc.lines.iter().position(|l| l.no == no).ok_or_else(|| format!("there is no line {no}; the document has {}", doc.lines.len()));
    }
    let Some(part) = given.values.get("part").and_then(Json::as_str).map(PartCode::from) else {
        return Err("a line must say which it is: `line` with its number, or `part`".to_owned());
    };
    let mut of_part = doc.lines.iter().enumerate().filter(|(_, l)| l.part() == Some(&part));
    match (of_part.next(), of_part.next()) {
        (Some((index, _)), None) => Ok(index),
        (Some(_), Some(_)) => Err(format!("several lines have part `{part}`: say which by its number")),
        (None, _) => Err(format!("no line has part `{part}`")),
    }
}
