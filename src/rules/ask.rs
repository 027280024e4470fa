//! Asking a rule: the nearest layer answers, and may ask the one below with `base(…)`.
//!
//! Must not know how scripts are checked. Tests: `tests/`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use rhai::{AST, Dynamic, Engine, EvalAltResult, EvalContext, NativeCallContext, Position};

use super::answer::{Misfit, Reader};
use super::caches::Resolved;
use super::fault::{FaultKind, RuleFault, Shape, Site};
use super::host::{self, Limits};
use super::layer::Layer;
use super::parse::Source;
use super::value::{complain, to_script};
use crate::base::{Bu, Name, PartyCode, Span};
use crate::domain::{Form, Value};
use crate::model::{RuleSig, Type, Vocabulary};

/// Whose layers count: the business unit of the document and its parties, the nearest first.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// The business unit.
    pub bu: &'a Bu,
    /// The parties of the document. Where several have a layer for a rule, the first one here is the nearest.
    pub parties: &'a [PartyCode],
}

/// What a rule answered, and which layer it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The answer, of the type that the signature says.
    pub value: Value,
    /// The layer that answered: `default`, `bu/ac`, `asp/pune`.
    pub layer: Arc<str>,
    /// Its script.
    pub file: Arc<str>,
}

/// One rule as one layer has written it.
#[derive(Clone)]
pub(super) struct Written {
    pub rule: Name,
    pub sig: Arc<RuleSig>,
    /// The properties of its answer, where that is a record.
    pub form: Option<Form>,
    pub layer: Layer,
    /// The layer, as people read it.
    pub label: Arc<str>,
    pub file: Arc<str>,
    pub source: Arc<Source>,
    pub ast: Arc<AST>,
    /// Whether the script may call `base(…)`, and so must know where it stands among the layers.
    pub asks_below: bool,
    /// The functions and operators that the script calls, as far as its calls so far have looked them up.
    pub resolved: Resolved,
    /// Where the answer is made, for faults about its shape: the last expression, and each field of a record that is written in one place.
    pub answer_at: Position,
    pub fields_at: BTreeMap<String, Position>,
}

impl Written {
    /// The same rule, read from another text of the same lines.
    pub(super) fn with(&self, ast: Option<&Arc<AST>>) -> Self {
        Self { ast: Arc::clone(ast.unwrap_or(&self.ast)), resolved: Resolved::default(), ..self.clone() }
    }

    fn site(&self) -> Site<'_> {
        let begins = self.source.header(self.rule.as_str()).map_or(Position::NONE, |h| self.source.position(h.at.0));
        Site { rule: &self.rule, layer: &self.label, file: &self.file, begins }
    }
}

/// All layers of one rule.
#[derive(Clone, Default)]
pub(super) struct Layers {
    pub default: Option<usize>,
    pub bus: BTreeMap<Bu, usize>,
    pub parties: BTreeMap<PartyCode, usize>,
}

impl Layers {
    /// Says which script writes the rule in a layer.
    pub(super) fn enter(&mut self, layer: &Layer, written: usize) {
        match layer {
            Layer::Default => self.default = Some(written),
            Layer::Bu(bu) => drop(self.bus.insert(bu.clone(), written)),
            Layer::Party { code, .. } => drop(self.parties.insert(code.clone(), written)),
        }
    }
}

pub(super) struct Inner {
    pub engine: Engine,
    pub limits: Limits,
    pub vocabulary: Vocabulary,
    pub written: Vec<Written>,
    pub layers: BTreeMap<Name, Layers>,
}

/// What a rule could answer instead: it is given the rule, its arguments and what the layers answer, and may answer
/// something else of the declared type.
pub type Imagination = dyn Fn(&Name, &[Value], Option<&Value>) -> Option<Value> + Send + Sync;

/// A rule as a layer above the standard writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The rule.
    pub rule: Name,
    /// The layer.
    pub layer: Layer,
    /// The name of its function.
    pub span: Span,
    /// It calls `base(…)`, so that the layer below is asked too.
    pub asks_below: bool,
}

/// Compiled rules of all layers. Cheap to clone; safe to ask from many threads.
#[derive(Clone)]
pub struct Rules {
    pub(super) inner: Arc<Inner>,
    pub(super) imagined: Option<Arc<Imagination>>,
}

/// One step down the layers: what `base(…)` needs to know. Travels with the call as its tag.
#[derive(Clone)]
pub(super) struct Frame {
    inner: Arc<Inner>,
    chain: Arc<[usize]>,
    at: usize,
    rule: Name,
}

impl Rules {
    /// The same rules, where somebody may answer instead of their layers: for what must hold whatever a rule answers.
    #[must_use]
    pub fn imagining(&self, imagined: Arc<Imagination>) -> Self {
        Self { inner: Arc::clone(&self.inner), imagined: Some(imagined) }
    }

    /// What the layers above the standard write.
    pub fn overrides(&self) -> impl Iterator<Item = Override> + '_ {
        let above = self.inner.written.iter().filter(|written| written.layer != Layer::Default);
        above.filter_map(|written| {
            let header = written.source.header(written.rule.as_str())?;
            let asks_below = written.source.words(header.range).any(|word| word == "base");
            Some(Override { rule: written.rule.clone(), layer: written.layer.clone(), span: written.source.span(header.at), asks_below })
        })
    }

    /// Asks a rule. The same scope, rule and arguments always give the same answer.
    ///
    /// # Errors
    /// The script failed, ran away, or answered something that does not fit the signature.
    pub fn call(&self, scope: &Scope<'_>, rule: &Name, args: &[Value]) -> Result<Answer, RuleFault> {
        let written = self.answer(scope, rule, args);
        let Some(imagined) = &self.imagined else { return written };
        match imagined(rule, args, written.as_ref().ok().map(|a| &a.value)) {
            Some(value) => Ok(Answer { value, layer: "imagined".into(), file: "".into() }),
            None => written,
        }
    }

    fn answer(&self, scope: &Scope<'_>, rule: &Name, args: &[Value]) -> Result<Answer, RuleFault> {
        let chain = self.inner.chain(scope, rule);
        let nearest = chain.first().and_then(|at| self.inner.written.get(*at));
        let Some(nearest) = nearest else {
            return Err(nobody(rule, format!("no layer answers it here: write `fn {rule}(…)` in `default/{rule}.rhai` of the rules folder")));
        };
        let expected = nearest.sig.params.len();
        if expected != args.len() {
            return Err(nobody(rule, format!("it takes {expected} argument(s), and {} given", args.len())));
        }
        let frame = Frame::new(&self.inner, chain, rule);
        let done = host::metered(&self.inner.limits, || frame.run(args.iter().map(to_script).collect()));
        let value = done.unwrap_or_else(|| {
            Err(nearest.site().fault(FaultKind::Panic, nearest.answer_at, "the script broke something inside; report it with the arguments"))
        })?;
        Ok(Answer { value, layer: Arc::clone(&nearest.label), file: Arc::clone(&nearest.file) })
    }
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.inner.written.iter().map(|w| &w.file)).finish()
    }
}

fn nobody(rule: &Name, message: String) -> RuleFault {
    RuleFault { rule: rule.clone(), layer: String::new(), file: String::new(), line: None, column: None, message, kind: FaultKind::Unknown }
}

impl Inner {
    /// The layers that apply, the nearest first.
    fn chain(&self, scope: &Scope<'_>, rule: &Name) -> Vec<usize> {
        let Some(layers) = self.layers.get(rule) else {
            return Vec::new();
        };
        let mut chain: Vec<usize> = Vec::with_capacity(3);
        for at in scope.parties.iter().filter_map(|party| layers.parties.get(party)) {
            if !chain.contains(at) {
                chain.push(*at);
            }
        }
        chain.extend(layers.bus.get(scope.bu));
        chain.extend(layers.default);
        chain
    }
}

impl Frame {
    /// The nearest layer of a chain.
    pub(super) fn new(inner: &Arc<Inner>, chain: Vec<usize>, rule: &Name) -> Self {
        Self { inner: Arc::clone(inner), chain: chain.into(), at: 0, rule: rule.clone() }
    }

    /// Runs this layer's script and reads its answer.
    pub(super) fn run(self, args: Vec<Dynamic>) -> Result<Value, RuleFault> {
        self.answer(args, |reader, ty, answer| reader.read(ty, &answer))
    }

    /// Runs this layer's script for the one of the layer above.
    fn run_below(self, args: Vec<Dynamic>) -> Result<Dynamic, RuleFault> {
        self.answer(args, |reader, ty, answer| reader.pass_on(ty, answer))
    }

    fn answer<T>(self, args: Vec<Dynamic>, read: impl FnOnce(&Reader<'_>, &Type, Dynamic) -> Result<T, Misfit>) -> Result<T, RuleFault> {
        let inner = Arc::clone(&self.inner);
        let rule = self.rule.clone();
        let Some(written) = self.chain.get(self.at).and_then(|at| inner.written.get(*at)) else {
            return Err(nobody(&rule, "no layer answers it here".into()));
        };
        let answer = self.evaluate(&inner.engine, written, args).map_err(|error| written.site().of_error(&written.ast, *error))?;
        let reader = Reader { vocabulary: &inner.vocabulary, rule: &rule, form: written.form.as_ref() };
        read(&reader, &written.sig.answer, answer).map_err(|misfit| {
            let field = misfit.path.split(['.', '[']).next().unwrap_or_default();
            let position = written.fields_at.get(field).copied().unwrap_or(written.answer_at);
            let kind = FaultKind::Shape(Box::new(Shape { expected: misfit.expected, got: misfit.got, path: misfit.path }));
            written.site().fault(kind, position, misfit.message)
        })
    }

    /// Like rhai's own `call_fn`, which looks up every function, operator and property anew in each call.
    fn evaluate(self, engine: &Engine, written: &Written, args: Vec<Dynamic>) -> Result<Dynamic, Box<EvalAltResult>> {
        let rule = self.rule.clone();
        let mut state = engine.new_global_runtime_state();
        state.lib.push(Arc::clone(written.ast.shared_lib()));
        if written.asks_below {
            state.tag = Dynamic::from(self);
        }
        let mut caches = written.resolved.take();
        let answer = EvalContext::new(engine, &mut state, &mut caches, &mut rhai::Scope::new(), None).call_fn::<Dynamic>(rule.as_str(), args);
        // A script that was broken off may leave them half cleared.
        if answer.is_ok() {
            written.resolved.keep(caches);
        }
        answer
    }
}

/// `base(…)`: the same rule, one layer down.
pub(super) fn register_base(engine: &mut Engine, most_arguments: usize) {
    let any = std::any::TypeId::of::<Dynamic>();
    for arity in 0..=most_arguments {
        engine.register_raw_fn("base", vec![any; arity], |ctx: NativeCallContext, args| {
            let frame = ctx.tag().and_then(|tag| tag.read_lock::<Frame>().map(|f| f.clone()));
            let Some(frame) = frame else {
                return Err(complain("`base` asks the layer below, and can be used only inside a rule"));
            };
            let below = Frame { at: frame.at + 1, ..frame };
            if below.at >= below.chain.len() {
                return Err(complain("there is no layer below this one: `base` can be used only in a script that overrides another"));
            }
            let args: Vec<Dynamic> = args.iter().map(|a| a.flatten_clone()).collect();
            below.run_below(args).map_err(|fault| Box::new(EvalAltResult::ErrorRuntime(Dynamic::from(fault), Position::NONE)))
        });
    }
}
