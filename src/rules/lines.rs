//! Which statements of which rule file ran: the same scripts with a call before each statement, for coverage only.
//!
//! Rules that run for their answers have none of it. Must not know scenarios. Tests: `tests/lines.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rhai::AST;

use super::ask::{Inner, Rules, Written, register_base};
use super::compile::collect_properties;
use super::host::{self, Limits};
use super::mark;
use super::parse::Source;
use crate::base::Name;
use crate::model::{Category, Key, Point};

/// A script whose statements cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the lines of `{file}` cannot be counted: {why}")]
pub struct Uncountable {
    /// The script.
    pub file: String,
    /// Why.
    pub why: String,
}

/// The statements of all rule files, and which of them ran since the last time that was asked.
#[derive(Clone)]
pub struct RuleLines {
    points: Arc<[Point]>,
    ran: Arc<[AtomicBool]>,
}

impl RuleLines {
    /// All statements, as things to cover.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.points.iter().cloned()
    }

    /// Forgets what ran.
    pub fn clear(&self) {
        self.ran.iter().for_each(|flag| flag.store(false, Ordering::Relaxed));
    }

    /// What ran since it was last forgotten.
    #[must_use]
    pub fn ran(&self) -> Vec<Key> {
        let ran = self.points.iter().zip(&*self.ran).filter(|(_, flag)| flag.load(Ordering::Relaxed));
        ran.map(|(point, _)| point.key.clone()).collect()
    }
}

impl fmt::Debug for RuleLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} statements", self.points.len())
    }
}

/// The scripts as they are marked, file by file.
#[derive(Default)]
struct Marked {
    points: Vec<Point>,
    asts: BTreeMap<String, Arc<AST>>,
}

impl Rules {
    /// The same rules, which tell what of their scripts runs.
    ///
    /// # Errors
    /// A script that cannot be read with the calls in it.
    pub fn counting(&self) -> Result<(Self, RuleLines), Uncountable> {
        let inner = &*self.inner;
        // The calls themselves are steps.
        let limits = Limits { operations: inner.limits.operations * 4, ..inner.limits };
        let reader = host::reader(&limits);
        let mut marked = Marked::default();
        for written in &inner.written {
            if !marked.asts.contains_key(&*written.file) {
                marked.add(&reader, written)?;
            }
        }
        let ran: Arc<[AtomicBool]> = marked.points.iter().map(|_| AtomicBool::new(false)).collect();
        let mut properties = BTreeSet::new();
        inner.written.iter().for_each(|w| collect_properties(&w.ast, &mut properties));
        let mut engine = host::runner(&limits, &properties);
        register_base(&mut engine, inner.vocabulary.rules.values().map(|sig| sig.params.len()).max().unwrap_or(0));
        let flags = Arc::clone(&ran);
        engine.register_fn(mark::RAN, move |at: i64| {
            if let Some(flag) = usize::try_from(at).ok().and_then(|at| flags.get(at)) {
                flag.store(true, Ordering::Relaxed);
            }
        });
        let written = inner.written.iter().map(|w| w.with(marked.asts.get(&*w.file))).collect();
        let layers = inner.layers.iter().map(|(name, layers)| (name.clone(), layers.clone())).collect();
        let counted = Inner { engine, limits, vocabulary: inner.vocabulary.clone(), written, layers };
        Ok((Self { inner: Arc::new(counted), imagined: None }, RuleLines { points: marked.points.into(), ran }))
    }
}

impl Marked {
    fn add(&mut self, reader: &rhai::Engine, written: &Written) -> Result<(), Uncountable> {
        let source = &written.source;
        let marks = mark::marks(&source.text, &source.tokens);
        let text = mark::marked(&source.text, &marks, self.points.len());
        let ast = reader.compile(&text).map_err(|e| Uncountable { file: written.file.to_string(), why: e.to_string() })?;
        self.asts.insert(written.file.to_string(), Arc::new(ast));
        self.points.extend(marks.iter().map(|mark| point(source, written, mark.at)));
        Ok(())
    }
}

fn point(source: &Source, written: &Written, at: usize) -> Point {
    let rest = source.text.get(at..).unwrap_or("");
    let line = rest.lines().next().unwrap_or("").trim_end();
    let function = source.headers.iter().rev().find(|h| h.range.0 <= at).map_or("", |h| h.name.as_str());
    let position = source.position(at);
    let small = |n: Option<usize>| n.and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
    Point {
        key: Key::Line(written.file.to_string(), small(position.line()), small(position.position())),
        category: Category::Rules,
        owner: Name::from(&*written.label),
        part: Name::from(function),
        span: source.span((at, at + line.len())),
        gap: format!("`{}` never runs", shortened(line)),
        by: BTreeSet::new(),
    }
}

fn shortened(line: &str) -> String {
    if line.chars().count() <= 90 { line.to_owned() } else { line.chars().take(87).chain("…".chars()).collect() }
}
