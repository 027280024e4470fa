//! Reads a table of rule cases, with everything that is wrong with it.
//!
//! Must not ask rules. Tests: `tests/it/rule_cases.rs`.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::suggest::did_you_mean;
use crate::base::{Bu, Date, Diagnostic, FileId, Name, PartyCode, Span};
use crate::domain::{MasterData, Value};
use crate::model::{Book, RuleParam, RuleSig, Type, Workflow};
use crate::network::{Found, Item, once, tree};
use crate::rules::Layer;

use super::super::cast::Masters;
use super::value::Reader;
use super::{ENDING, Expected, RuleCase};

/// What stands at the top of a table.
const TOP: [&str; 6] = ["master", "today", "bu", "workflow", "given", "cases"];
/// What stands in a row.
const ROW: [&str; 4] = ["case", "given", "answer", "refused"];

/// All tables under the folder of rules, by path relative to the book.
pub(super) fn files(root: &Path, rules: &str) -> std::io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![rules.trim_end_matches('/').to_owned()];
    while let Some(folder) = folders.pop() {
        if !root.join(&folder).is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(root.join(&folder))? {
            let entry = entry?;
            let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.ends_with(ENDING) {
                found.push((path, std::fs::read_to_string(entry.path())?));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// One table while it is read.
pub(super) struct Table<'a> {
    book: &'a Book,
    masters: &'a Masters,
    path: &'a str,
    file: FileId,
    out: &'a mut Vec<Diagnostic>,
}

/// Names with values, as they are written.
type Entries = Vec<(Item, Found)>;

/// What holds for every row of a table.
struct Shared {
    sig: RuleSig,
    master: MasterData,
    bu: Bu,
    parties: Vec<PartyCode>,
    layer: String,
    today: Option<Date>,
    workflow: Option<std::sync::Arc<Workflow>>,
    given: Entries,
}

impl<'a> Table<'a> {
    pub fn new(book: &'a Book, masters: &'a Masters, path: &'a str, file: FileId, out: &'a mut Vec<Diagnostic>) -> Self {
        Self { book, masters, path, file, out }
    }

    /// The rows that can be asked, with their places.
    pub fn rows(&mut self, text: &str) -> Vec<(Span, RuleCase)> {
        let whole = Span::new(self.file, 0, text.lines().next().map_or(0, str::len));
        let Some(found) = tree(self.file, text, self.out) else { return Vec::new() };
        let Some(top) = self.map(found, "a table of cases begins with what it is about", "write `cases:` and under it one `- ` for each case") else {
            return Vec::new();
        };
        self.known(&top, &TOP, "a table of cases");
        let Some(shared) = self.shared(&top, whole) else { return Vec::new() };
        match take(&top, "cases") {
            Some(Found::List(rows, _)) => rows.iter().filter_map(|row| Some((row.span(), self.row(row, &shared)?))).collect(),
            _ => {
                self.say("case-shape", whole, "this table has no cases", Some("write `cases:` and under it one `- ` for each case".to_owned()));
                Vec::new()
            }
        }
    }

    fn say(&mut self, code: &'static str, span: Span, title: impl Into<String>, help: Option<String>) {
        let finding = Diagnostic::error(code, span, title);
        self.out.push(help.into_iter().fold(finding, Diagnostic::help));
    }

    fn map(&mut self, found: Found, title: &str, help: &str) -> Option<Entries> {
        if let Found::Map(entries, _) = found {
            once(&entries, self.out);
            return Some(entries);
        }
        self.say("case-shape", found.span(), title, Some(help.to_owned()));
        None
    }

    /// Reports names that mean nothing here.
    fn known(&mut self, entries: &[(Item, Found)], names: &[&str], whose: &str) {
        for (key, _) in entries {
            if !names.contains(&key.text.as_str()) {
                self.say("case-word", key.span, format!("{whose} has no `{}`", key.text), did_you_mean(&key.text, names.iter().copied()));
            }
        }
    }

    fn shared(&mut self, top: &Entries, whole: Span) -> Option<Shared> {
        let (folder, name) = self.path.rsplit_once('/').unwrap_or(("", self.path));
        let rule = name.trim_end_matches(ENDING);
        let Some(sig) = self.book.vocabulary.rules.get(rule).cloned() else {
            let known = did_you_mean(rule, self.book.vocabulary.rules.keys().map(Name::as_str));
            self.say("case-rule", whole, format!("the book has no rule `{rule}`, which this file is named after"), known);
            return None;
        };
        let Ok(layer) = Layer::of_path(&format!("{folder}/{rule}.rhai")) else {
            let help = "put it beside the rule: in `default/`, `bu/<business unit>/` or `<kind of party>/<code>/`";
            self.say("case-rule", whole, "this file stands in no layer of rules", Some(help.to_owned()));
            return None;
        };
        let master = match self.word(top, "master") {
            Some(folder) => match self.masters.load(&folder.text, self.book) {
                Ok(master) => master,
                Err(error) => {
                    self.say("case-master", folder.span, error.to_string(), None);
                    return None;
                }
            },
            None => MasterData::default(),
        };
        let named = self.word(top, "bu").map(|item| Bu::from(item.text.as_str()));
        let (bu, parties) = match &layer {
            Layer::Default => (named, Vec::new()),
            Layer::Bu(bu) => (Some(bu.clone()), Vec::new()),
            Layer::Party { code, .. } => (named.or_else(|| master.parties.iter().find(|p| p.code == *code).map(|p| p.bu.clone())), vec![code.clone()]),
        };
        let today = match self.word(top, "today") {
            Some(item) => item
                .text
                .parse::<Date>()
                .map_err(|_| self.say("case-value", item.span, format!("`{}` is not a date", item.text), Some("write it as 2026-04-20".to_owned())))
                .ok(),
            None => None,
        };
        let workflow = self.workflow(top);
        let given = take(top, "given").cloned().and_then(|g| self.map(g, "`given` holds arguments by their names", "write `given: { part: SEAL }`"));
        Some(Shared {
            sig,
            master,
            bu: bu.unwrap_or_else(|| Bu::from("")),
            parties,
            layer: layer.to_string(),
            today,
            workflow,
            given: given.unwrap_or_default(),
        })
    }

    fn workflow(&mut self, top: &Entries) -> Option<std::sync::Arc<Workflow>> {
        let item = self.word(top, "workflow")?;
        let found = self.book.workflows.get(item.text.as_str()).cloned();
        if found.is_none() {
            let known = did_you_mean(&item.text, self.book.workflows.keys().map(Name::as_str));
            self.say("case-value", item.span, format!("the book has no workflow `{}`", item.text), known);
        }
        found
    }

    fn word(&mut self, entries: &Entries, name: &str) -> Option<Item> {
        match take(entries, name)? {
            Found::Text(item) => Some(item.clone()),
            other => {
                self.say("case-shape", other.span(), format!("`{name}` takes one value"), None);
                None
            }
        }
    }

    fn row(&mut self, row: &Found, shared: &Shared) -> Option<RuleCase> {
        let before = self.out.len();
        let entries = self.map(row.clone(), "a case is a list of `name: value`", "write `- { case: \"…\", given: { … }, answer: { … } }`")?;
        self.known(&entries, &ROW, "a case");
        let Some(called) = self.word(&entries, "case") else {
            self.say("case-shape", row.span(), "this case has no name", Some("write `case: \"what it shows\"`".to_owned()));
            return None;
        };
        let given = match take(&entries, "given") {
            Some(given) => self.map(given.clone(), "`given` holds arguments by their names", "write `given: { part: SEAL }`")?,
            None => Vec::new(),
        };
        let arguments = self.arguments(&called, given, shared);
        let expected = self.expected(&called, &entries, shared)?;
        let title = format!("{} ({}): {}", shared.sig.named.name, shared.layer, called.text);
        let (rule, bu, parties) = (shared.sig.named.name.clone(), shared.bu.clone(), shared.parties.clone());
        (self.out.len() == before).then_some(RuleCase { title, place: String::new(), rule, bu, parties, arguments, expected })
    }

    /// The arguments in the order of the parameters: those of the row before those of the table.
    fn arguments(&mut self, called: &Item, given: Entries, shared: &Shared) -> Vec<Value> {
        let names: Vec<&str> = shared.sig.params.iter().map(|p| p.name.as_str()).collect();
        self.known(&given, &names, &format!("the rule `{}`", shared.sig.named.name));
        self.known_once(&shared.given, &names, shared);
        let mut values = Vec::new();
        for RuleParam { name, ty } in &shared.sig.params {
            let Some(found) = take(&given, name.as_str()).or_else(|| take(&shared.given, name.as_str())) else {
                if ty.is_optional() {
                    values.push(Value::Absent);
                } else {
                    self.say(
                        "case-argument",
                        called.span,
                        format!("`{}` does not say what `{name}` is", called.text),
                        Some(format!("it is {}: write it in `given`", article(ty))),
                    );
                }
                continue;
            };
            values.extend(self.reader(shared).argument(ty, found));
        }
        values
    }

    /// The arguments of the table are looked at with its first row only.
    fn known_once(&mut self, given: &Entries, names: &[&str], shared: &Shared) {
        let told = |out: &[Diagnostic], span: Span| out.iter().any(|d| d.span() == span);
        for (key, _) in given {
            if !names.contains(&key.text.as_str()) && !told(self.out, key.span) {
                let whose = format!("the rule `{}` has no `{}`", shared.sig.named.name, key.text);
                self.say("case-word", key.span, whose, did_you_mean(&key.text, names.iter().copied()));
            }
        }
    }

    fn reader<'r>(&'r mut self, shared: &'r Shared) -> Reader<'r> {
        let (vocabulary, zone) = (&self.book.vocabulary, &self.book.manifest.zone);
        Reader {
            book: self.book,
            vocabulary,
            zone,
            master: &shared.master,
            bu: &shared.bu,
            today: shared.today,
            workflow: shared.workflow.as_deref(),
            out: self.out,
        }
    }

    fn expected(&mut self, called: &Item, entries: &Entries, shared: &Shared) -> Option<Expected> {
        match (take(entries, "answer"), take(entries, "refused")) {
            (Some(answer), None) => self.answer(answer, shared),
            (None, Some(_)) => self.word(entries, "refused").map(|item| Expected::Refused(item.text)),
            (answer, _) => {
                let title = if answer.is_some() { "is both answered and refused" } else { "does not say what is answered" };
                self.say(
                    "case-shape",
                    called.span,
                    format!("`{}` {title}", called.text),
                    Some("write either `answer:` or `refused: \"words of the failure\"`".to_owned()),
                );
                None
            }
        }
    }

    fn answer(&mut self, found: &Found, shared: &Shared) -> Option<Expected> {
        let Type::Record(fields) = &shared.sig.answer else {
            return self.reader(shared).expected(&shared.sig.answer, found).map(Expected::Whole);
        };
        let entries = self.map(found.clone(), "the answer is a record", "write `answer: { field: value }`, only the fields that matter")?;
        let names: Vec<&str> = fields.iter().map(|(n, _)| n.as_str()).collect();
        self.known(&entries, &names, &format!("the answer of `{}`", shared.sig.named.name));
        let mut wanted = BTreeMap::new();
        for (name, ty) in fields {
            if let Some(found) = take(&entries, name.as_str()) {
                wanted.insert(name.clone(), self.reader(shared).expected(ty, found)?);
            }
        }
        Some(Expected::Fields(wanted))
    }
}

/// The value of a name.
pub(super) fn take<'e>(entries: &'e [(Item, Found)], name: &str) -> Option<&'e Found> {
    entries.iter().find(|(key, _)| key.text == name).map(|(_, found)| found)
}

/// `a part`, `an offer`.
pub(super) fn article(ty: &Type) -> String {
    let word = ty.to_string();
    let article = if word.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {word}")
}
