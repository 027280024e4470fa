//! Quick fixes: what a finding says to type instead, done by the editor.
//!
//! Must not know how findings are made. Tests: `tests/it/editor_fixes.rs`.

use std::collections::HashMap;

use gen_lsp_types::{Range, TextEdit, Uri, WorkspaceEdit};
use serde_json::{Value, json};

use super::diagnostics;
use super::text::Text;
use super::uri;
use super::view::View;
use crate::base::{Diagnostic, FileId, Severity, Span};
use crate::check::{clause_begins, page};
use crate::model::{Named, RuleSig, Type, Vocabulary};
use crate::syntax::Fix;

/// The kinds of what is offered.
pub const KINDS: [&str; 2] = ["quickfix", "source.fixAll"];
/// What declares a word in one line.
const WORDS: [&str; 11] = ["condition ", "owner ", "pool ", "party kind ", "bin ", "role ", "calendar ", "document ", "event ", "obligation ", "rule "];
/// Of many names that would be right, so many are offered.
const MOST: usize = 8;

/// What can be done about the findings in a range.
#[must_use]
pub fn fixes(view: &View, file: FileId, range: Range, only: Option<&[String]>) -> Vec<Value> {
    let wanted = |kind: &str| only.is_none_or(|kinds| kinds.iter().any(|k| kind == k || kind.starts_with(&format!("{k}."))));
    let mut found = Vec::new();
    if wanted("quickfix") {
        let here = view.checked.diagnostics.iter().filter(|d| d.span().file == file);
        for diagnostic in here.filter(|d| touches(view.range(d.span()), range)) {
            found.extend(of(view, diagnostic));
        }
    }
    let habits = view.parsed(file).map(|p| p.fixes.as_slice()).unwrap_or_default();
    if wanted("source.fixAll") && !habits.is_empty() {
        let edits = habits.iter().map(|fix| edit(view, fix)).collect();
        let title = "Write all that was typed by habit the way flows are written";
        found.push(json!({ "title": title, "kind": "source.fixAll", "edit": changes(view.uri(file), edits) }));
    }
    found
}

/// Whether two ranges have a place in common.
fn touches(a: Range, b: Range) -> bool {
    let key = |p: gen_lsp_types::Position| (p.line, p.character);
    key(a.start) <= key(b.end) && key(b.start) <= key(a.end)
}

fn edit(view: &View, fix: &Fix) -> TextEdit {
    TextEdit { range: view.range(fix.span), new_text: fix.replacement.clone() }
}

fn changes(uri: Uri, edits: Vec<TextEdit>) -> WorkspaceEdit {
    WorkspaceEdit { changes: Some(HashMap::from([(uri, edits)])), ..WorkspaceEdit::default() }
}

/// What can be done about one finding.
fn of(view: &View, diagnostic: &Diagnostic) -> Vec<Value> {
    let mut found: Vec<Value> = habit(view, diagnostic).into_iter().collect();
    found.extend(meant(view, diagnostic));
    found.extend(match diagnostic.code {
        "rule-not-written" => script(view, diagnostic),
        "unused-let" | "rule-unused-variable" => remove_line(view, diagnostic, &["let "]),
        "unused-word" => remove_line(view, diagnostic, &WORDS),
        "unclosed" => append(view, diagnostic, "}"),
        "unclosed-text" => append_to_line(view, diagnostic, "\""),
        _ => None,
    });
    found.extend(silence(view, diagnostic));
    found
}

fn action(view: &View, diagnostic: &Diagnostic, title: String, edit: &WorkspaceEdit, preferred: bool) -> Value {
    json!({ "title": title, "kind": "quickfix", "diagnostics": [diagnostics::shown(view, diagnostic)], "isPreferred": preferred, "edit": edit })
}

fn replace(view: &View, diagnostic: &Diagnostic, title: String, span: Span, text: String, preferred: bool) -> Value {
    let edits = vec![TextEdit { range: view.range(span), new_text: text }];
    action(view, diagnostic, title, &changes(view.uri(span.file), edits), preferred)
}

/// What was typed by habit has a repair from the parser.
fn habit(view: &View, diagnostic: &Diagnostic) -> Option<Value> {
    let span = diagnostic.span();
    let fix =
        view.parsed(span.file)?.fixes.iter().find(|f| f.span.start >= span.start && f.span.end <= span.end.max(span.start + 1) && f.span.end >= span.start)?;
    let was = view.slice(fix.span).trim();
    let title = match (was.is_empty(), fix.replacement.is_empty()) {
        (_, true) => format!("Remove `{was}`"),
        (true, _) => format!("Write `{}`", fix.replacement),
        _ => format!("Write `{}` instead of `{was}`", fix.replacement),
    };
    Some(replace(view, diagnostic, title, fix.span, fix.replacement.clone(), true))
}

/// `did you mean …?`, and the names that are known where there are few.
fn meant(view: &View, diagnostic: &Diagnostic) -> Vec<Value> {
    let Some(help) = &diagnostic.help else { return Vec::new() };
    let names = |rest: &str| rest.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
    let (names, preferred) = match (help.split_once("did you mean "), help.strip_prefix("known here: ")) {
        (Some((_, rest)), _) => (names(rest).into_iter().take(1).collect(), true),
        (None, Some(rest)) => (names(rest), false),
        _ => return Vec::new(),
    };
    let written = view.slice(diagnostic.span());
    let quoted = written.len() > 2 && written.starts_with('"') && written.ends_with('"');
    let span = if quoted { Span { start: diagnostic.span().start + 1, end: diagnostic.span().end - 1, ..diagnostic.span() } } else { diagnostic.span() };
    // Only a word can be put in the place of a word.
    let a_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '/'));
    if !a_word(view.slice(span)) || names.len() > MOST {
        return Vec::new();
    }
    let names = names.into_iter().filter(|name| a_word(name));
    names.map(|name| replace(view, diagnostic, format!("Write `{name}`"), span, name, preferred)).collect()
}

/// Adds the script that a declared rule lacks, with an answer of the right shape.
fn script(view: &View, diagnostic: &Diagnostic) -> Option<Value> {
    let name = diagnostic.title.split('`').nth(1)?;
    let sig = view.checked.draft.vocabulary.rules.get(name)?;
    let path = view.root.join(&view.checked.draft.manifest.rules).join("default").join(format!("{name}.rhai"));
    let (uri, text) = (uri::of_path(&path), template(sig, &view.checked.draft.vocabulary));
    let edit = json!({ "documentChanges": [
        { "kind": "create", "uri": uri, "options": { "ignoreIfExists": true } },
        { "textDocument": { "uri": uri, "version": null }, "edits": [{ "range": Range::default(), "newText": text }] },
    ] });
    let title = format!("Write `{}/default/{name}.rhai`", view.checked.draft.manifest.rules);
    let shown = diagnostics::shown(view, diagnostic);
    Some(json!({ "title": title, "kind": "quickfix", "diagnostics": [shown], "isPreferred": true, "edit": edit }))
}

/// A script that answers something of the declared shape.
#[must_use]
pub fn template(sig: &RuleSig, vocabulary: &Vocabulary) -> String {
    let params: Vec<&str> = sig.params.iter().map(|p| p.name.as_str()).collect();
    let says = sig.named.doc.lines().next().filter(|l| !l.is_empty()).map_or_else(|| format!("What `{}` answers.", sig.named.name), str::to_owned);
    let answer = match &sig.answer {
        Type::Record(fields) => {
            let lines: Vec<String> = fields.iter().map(|(name, ty)| format!("        {name}: {},\n", value(ty, vocabulary))).collect();
            format!("#{{\n{}    }}", lines.concat())
        }
        other => value(other, vocabulary),
    };
    format!("// {says}\nfn {}({}) {{\n    {answer}\n}}\n", sig.named.name, params.join(", "))
}

/// A value of a type.
fn value(ty: &Type, vocabulary: &Vocabulary) -> String {
    let first = |list: &[Named]| format!("\"{}\"", list.first().map_or("", |n| n.name.as_str()));
    match ty {
        Type::Condition => first(&vocabulary.conditions),
        Type::Owner => first(&vocabulary.owners),
        Type::Pool => first(&vocabulary.pools),
        Type::Role => format!("\"{}\"", vocabulary.roles.keys().next().map_or("system", |n| n.as_str())),
        Type::Optional(_) => "()".to_owned(),
        Type::Quantity | Type::Money | Type::Number | Type::NumberOrDate => "0".to_owned(),
        Type::YesNo => "false".to_owned(),
        Type::Date => "date(\"2026-04-01\")".to_owned(),
        Type::List(_) => "[]".to_owned(),
        Type::Choice(names) => format!("\"{}\"", names.first().map_or("", |n| n.as_str())),
        _ => "\"\"".to_owned(),
    }
}

/// Takes away a line that begins with one of some words and holds nothing else, with what documents it.
fn remove_line(view: &View, diagnostic: &Diagnostic, begins: &[&str]) -> Option<Value> {
    let span = diagnostic.span();
    let text = view.text(span.file)?;
    let line = text.line_of(span.range().start);
    let written = text.line(line).trim();
    let word = begins.iter().find(|word| written.starts_with(**word))?;
    let code = written.split("//").next().unwrap_or(written).trim();
    let alone = code.matches(';').count() <= usize::from(code.ends_with(';')) && code.matches('{').count() == code.matches('}').count();
    let mut first = line;
    while first > 0 && text.line(first - 1).trim_start().starts_with("///") {
        first -= 1;
    }
    let whole = Span::new(span.file, text.start_of(first), text.start_of(line + 1));
    let name = view.slice(span).to_owned();
    alone.then(|| replace(view, diagnostic, format!("Remove `{word}{name}`"), whole, String::new(), true))
}

/// Silences a warning where it stands: with a reason, which whoever silences it still has to write.
fn silence(view: &View, diagnostic: &Diagnostic) -> Option<Value> {
    let (span, code) = (diagnostic.span(), diagnostic.code);
    let silent = diagnostic.severity == Severity::Warning && !code.starts_with("allow-") && page(code).is_some();
    let text = view.text(span.file).filter(|_| silent && [".flow", ".rhai"].iter().any(|ending| view.name(span.file).ends_with(ending)))?;
    let line = clause_begins(&text.whole, text.line_of(span.range().start));
    let written = text.line(line);
    let indent = written.get(..written.len() - written.trim_start().len()).unwrap_or_default();
    let at = Span::new(span.file, text.start_of(line), text.start_of(line));
    Some(replace(view, diagnostic, format!("Silence `{code}` here, and say why"), at, format!("{indent}// allow {code} because \"\"\n"), false))
}

/// Puts what is missing at the end of the file.
fn append(view: &View, diagnostic: &Diagnostic, missing: &str) -> Option<Value> {
    let file = diagnostic.span().file;
    let text = view.text(file)?;
    let end = text.whole.len();
    let begins = if text.whole.ends_with('\n') { "" } else { "\n" };
    Some(replace(view, diagnostic, format!("Close it with `{missing}` at the end"), Span::new(file, end, end), format!("{begins}{missing}\n"), false))
}

/// Puts what is missing at the end of the line.
fn append_to_line(view: &View, diagnostic: &Diagnostic, missing: &str) -> Option<Value> {
    let span = diagnostic.span();
    let text: &Text = view.text(span.file)?;
    let line = text.line_of(span.range().start);
    let end = text.start_of(line) + text.line(line).trim_end().len();
    Some(replace(view, diagnostic, "Close the text".to_owned(), Span::new(span.file, end, end), missing.to_owned(), true))
}
