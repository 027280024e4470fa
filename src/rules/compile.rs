//! From scripts to rules: every script read, checked against the vocabulary, and put in its layer.
//!
//! A script with a mistake answers nothing, so that a spoiled book cannot decide anything. Must not know files: texts
//! are given. Tests: `tests/`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rhai::{AST, ASTNode, Expr, Position, Stmt};

use super::ask::{Inner, Layers, Rules, Written, register_base};
use super::caches::Resolved;
use super::check;
use super::host::{self, Limits};
use super::layer::Layer;
use super::parse::{self, Source};
use crate::base::{Diagnostic, FileId, Name, Severity, SourceMap, Span};
use crate::domain::Form;
use crate::model::{Type, Vocabulary};

/// A script as it was read.
#[derive(Debug, Clone)]
pub struct RuleScript {
    /// Its path, relative to the book: `rules/bu/ac/msl.rhai`.
    pub path: String,
    /// Whose it is.
    pub layer: Layer,
    /// Its text.
    pub text: Arc<str>,
    /// The file, for the places of diagnostics.
    pub file: FileId,
}

impl Rules {
    /// No rules at all: whatever is asked is a fault.
    #[must_use]
    pub fn empty() -> Self {
        Self::compile(&Vocabulary::default(), &[]).0
    }

    /// Rules from paths and texts, for scenarios and tests that have no files. Paths that belong to no layer are left out.
    #[must_use]
    pub fn from_texts(vocabulary: &Vocabulary, texts: &[(&str, &str)], sources: &mut SourceMap) -> (Self, Vec<Diagnostic>) {
        let script = |(path, text): &(&str, &str)| {
            let layer = Layer::of_path(path).ok()?;
            let text: Arc<str> = Arc::from(*text);
            Some(RuleScript { path: (*path).to_owned(), layer, text: Arc::clone(&text), file: sources.add(*path, text) })
        };
        let scripts: Vec<RuleScript> = texts.iter().filter_map(script).collect();
        Self::compile(vocabulary, &scripts)
    }

    /// Compiles the scripts of all layers under the default limits. All mistakes of all scripts are reported; scripts
    /// that have one are left out.
    #[must_use]
    pub fn compile(vocabulary: &Vocabulary, scripts: &[RuleScript]) -> (Self, Vec<Diagnostic>) {
        Self::compile_within(vocabulary, scripts, Limits::default())
    }

    /// Like [`Rules::compile`], under other limits.
    #[must_use]
    pub fn compile_within(vocabulary: &Vocabulary, scripts: &[RuleScript], limits: Limits) -> (Self, Vec<Diagnostic>) {
        let reader = host::reader(&limits);
        let mut book = Compiled::default();
        for script in scripts {
            let source = Arc::new(Source::new(&script.text, script.file));
            // The parser is another's: what breaks it must not break us.
            let parsed = host::metered(&limits, || parse::parse(&reader, &source)).unwrap_or_else(|| Err(vec![parse::broken(&source)]));
            match parsed {
                Ok(ast) => {
                    let mistakes = check::script(vocabulary, script, &source, &ast);
                    let sound = mistakes.iter().all(|d| d.severity != Severity::Error);
                    book.found.extend(mistakes);
                    book.enter(vocabulary, script, &source, sound.then(|| Arc::new(ast)));
                }
                Err(mistakes) => {
                    book.found.extend(mistakes);
                    book.enter(vocabulary, script, &source, None);
                }
            }
        }
        book.missing(vocabulary);
        let most = vocabulary.rules.values().map(|sig| sig.params.len()).max().unwrap_or(0);
        let mut engine = host::runner(&limits, &book.properties);
        register_base(&mut engine, most);
        let inner = Inner { engine, limits, vocabulary: vocabulary.clone(), written: book.written, layers: book.layers };
        (Self { inner: Arc::new(inner), imagined: None }, book.found)
    }
}

/// What has been compiled so far.
#[derive(Default)]
struct Compiled {
    found: Vec<Diagnostic>,
    properties: BTreeSet<String>,
    written: Vec<Written>,
    layers: BTreeMap<Name, Layers>,
    /// Where each rule of each layer is written, also in scripts with mistakes.
    seen: BTreeMap<(Name, Layer), Span>,
}

impl Compiled {
    /// Enters the rules of a script into its layer; without a tree, only notes that they are written.
    fn enter(&mut self, vocabulary: &Vocabulary, script: &RuleScript, source: &Arc<Source>, ast: Option<Arc<AST>>) {
        if let Some(ast) = &ast {
            collect_properties(ast, &mut self.properties);
        }
        let bodies = ast.as_ref().map(|ast| parse::functions(source, ast).named).unwrap_or_default();
        for (n, header) in source.headers.iter().enumerate() {
            let Some((name, sig)) = vocabulary.rules.get_key_value(header.name.as_str()) else {
                continue;
            };
            let at = source.span(header.at);
            if let Some(other) = self.seen.insert((name.clone(), script.layer.clone()), at)
                && other.file != at.file
            {
                let title = format!("`{name}` is written twice in the layer `{}`", script.layer);
                self.found.push(Diagnostic::error("rule-twice", at, title).also(other, "the other one").help("keep one of the two"));
                continue;
            }
            if let (Some(ast), Some(function)) = (&ast, bodies.get(n)) {
                let (answer_at, fields_at) = answer_places(&function.body);
                self.layers.entry(name.clone()).or_default().enter(&script.layer, self.written.len());
                let (rule, layer, source) = (name.clone(), script.layer.clone(), Arc::clone(source));
                let form = match &sig.answer {
                    Type::Record(fields) => Some(Form::of(fields.iter().map(|(name, _)| name))),
                    _ => None,
                };
                self.written.push(Written {
                    rule,
                    sig: Arc::new(sig.clone()),
                    form,
                    label: layer.to_string().into(),
                    layer,
                    file: script.path.as_str().into(),
                    asks_below: source.text.contains("base"),
                    source,
                    ast: Arc::clone(ast),
                    resolved: Resolved::default(),
                    answer_at,
                    fields_at,
                });
            }
        }
    }

    /// Rules that are declared and have no standard.
    fn missing(&mut self, vocabulary: &Vocabulary) {
        for (name, sig) in &vocabulary.rules {
            if !self.seen.contains_key(&(name.clone(), Layer::Default)) {
                let params: Vec<&str> = sig.params.iter().map(|p| p.name.as_str()).collect();
                self.found.push(
                    Diagnostic::error("rule-not-written", sig.named.span, format!("the rule `{name}` is declared, and the default layer does not write it"))
                        .help(format!("write `fn {name}({}) {{ … }}` in `default/{name}.rhai` of the rules folder", params.join(", "))),
                );
            }
        }
    }
}

pub(super) fn collect_properties(ast: &AST, names: &mut BTreeSet<String>) {
    ast.walk(&mut |path: &[ASTNode]| {
        if let Some(ASTNode::Expr(Expr::Property(property, _))) = path.last() {
            names.insert(property.2.to_string());
        }
        true
    });
}

/// Where the answer is made: the last statement, and each field that is given a value in one place only, in a record
/// or as in `answer.field = …`.
fn answer_places(body: &[Stmt]) -> (Position, BTreeMap<String, Position>) {
    let last = body.last().map_or(Position::NONE, Stmt::position);
    let mut fields: BTreeMap<String, Option<Position>> = BTreeMap::new();
    let mut given = |name: &str, value: &Expr| {
        fields.entry(name.to_owned()).and_modify(|seen| *seen = None).or_insert(Some(value.start_position()));
    };
    let mut path = Vec::new();
    for statement in body {
        statement.walk(&mut path, &mut |nodes: &[ASTNode]| {
            match nodes.last() {
                Some(ASTNode::Expr(Expr::Map(map, _))) => map.0.iter().for_each(|(name, value)| given(&name.name, value)),
                Some(ASTNode::Stmt(Stmt::Assignment(parts))) => {
                    if let Expr::Dot(target, ..) = &parts.1.lhs
                        && let Expr::Property(name, _) = &target.rhs
                    {
                        given(&name.2, &parts.1.rhs);
                    }
                }
                _ => {}
            }
            true
        });
    }
    (last, fields.into_iter().filter_map(|(name, at)| Some((name, at?))).collect())
}
