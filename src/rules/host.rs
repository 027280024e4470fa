//! The engine that runs scripts, and its limits: what a script may use up before it is stopped.
//!
//! Reads a monotonic clock only to stop a script that takes too long: the answer never depends on it.
//! Must not know layers or files. Tests: `tests/sandbox.rs`.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, OptimizationLevel};

use super::value::{Amount, Qty, Rec, property};
use super::{library, operator};
use crate::base::{Date, Timestamp};

/// What one call of a rule may use up. Set explicitly, because rhai's own defaults differ between debug and release builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Steps, over all layers that take part. A usual rule takes under a hundred.
    pub operations: u64,
    /// Wall time. A second line of defence: steps stop a script long before.
    pub time: Duration,
    /// Calls inside calls.
    pub calls: usize,
    /// Nested expressions and blocks, when a script is read.
    pub nesting: usize,
    /// Bytes of one text.
    pub text: usize,
    /// Items of one list, counting what is inside its items.
    pub list: usize,
    /// Properties of one record.
    pub record: usize,
    /// Variables alive at one time.
    pub variables: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // Steps are what counts; an unoptimised build on a busy machine takes its time for them.
        let time = Duration::from_secs(if cfg!(debug_assertions) { 60 } else { 5 });
        Self { operations: 50_000, time, calls: 8, nesting: 32, text: 4_096, list: library::LONGEST_LIST, record: 200, variables: 128 }
    }
}

/// Words of rhai that rules do not have, so that they cannot even be read.
pub(super) const FORBIDDEN: &[(&str, &str)] = &[
    ("eval", "a rule cannot run text as a script"),
    ("import", "a rule cannot load other scripts: write a function in the same file"),
    ("export", "a rule cannot export anything"),
    ("loop", "a rule goes over a list with `for x in list { … }`, which always ends"),
    ("while", "a rule goes over a list with `for x in list { … }`, which always ends"),
    ("do", "a rule goes over a list with `for x in list { … }`, which always ends"),
    ("until", "a rule goes over a list with `for x in list { … }`, which always ends"),
    ("try", "a rule cannot hide its mistakes: ask `has(x)` or compare first"),
    ("catch", "a rule cannot hide its mistakes: ask `has(x)` or compare first"),
    ("Fn", "a rule calls functions by their name"),
    ("call", "a rule calls functions by their name"),
    ("curry", "a rule calls functions by their name"),
    ("this", "a rule sees only its parameters"),
    ("global", "a rule sees only its parameters"),
    ("private", "write only `fn`: functions are never seen outside their file"),
    ("print", "a rule writes nothing: put what matters into its answer"),
    ("debug", "a rule writes nothing: put what matters into its answer"),
    ("type_of", "a rule knows the types of its parameters from the vocabulary"),
    ("is_def_fn", "a rule knows its functions"),
    ("is_def_var", "a rule knows its variables"),
    ("is_shared", "a rule has nothing that is shared"),
    ("**", "multiply instead: `x * x`"),
    ("<<", "write `*` or compare with `<`"),
    (">>", "write `/` or compare with `>`"),
    ("^", "write `!=` for \"one of the two\""),
    ("&", "write `&&` for \"and\""),
    ("|", "write `||` for \"or\""),
    ("::", "functions are called by their plain name"),
];

/// The strict engine without properties: enough to read scripts.
pub(super) fn reader(limits: &Limits) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_fast_operators(false)
        .set_optimization_level(OptimizationLevel::None)
        .set_strict_variables(false)
        .set_allow_shadowing(false)
        .set_fail_on_invalid_map_property(true)
        .set_max_operations(limits.operations)
        .set_max_call_levels(limits.calls)
        .set_max_expr_depths(limits.nesting, limits.nesting)
        .set_max_string_size(limits.text)
        .set_max_array_size(limits.list)
        .set_max_map_size(limits.record)
        .set_max_variables(limits.variables)
        .set_max_functions(200)
        .set_max_modules(0)
        .set_max_strings_interned(0);
    // `|x| …` and the parser need these two signs; the check of the tree refuses them elsewhere.
    for (word, _) in FORBIDDEN.iter().filter(|(word, _)| !matches!(*word, "|" | "::")) {
        engine.disable_symbol(*word);
    }
    engine
}

/// The engine that runs scripts: operators, functions, and a getter for each property that some script reads, which
/// is faster than rhai's detour over an indexer.
pub(super) fn runner(limits: &Limits, properties: &BTreeSet<String>) -> Engine {
    let mut engine = reader(limits);
    engine
        .register_type_with_name::<Qty>("quantity")
        .register_type_with_name::<Amount>("money")
        .register_type_with_name::<Rec>("record")
        .register_type_with_name::<Date>("date")
        .register_type_with_name::<Timestamp>("point in time")
        .register_type_with_name::<crate::base::Duration>("duration");
    // A call from outside counts as two calls to the script engine.
    engine.set_max_call_levels(limits.calls + 2);
    operator::register(&mut engine);
    library::register(&mut engine);
    for name in properties {
        let known = name.clone();
        engine.register_raw_fn(format!("get${name}"), [std::any::TypeId::of::<Dynamic>()], move |_, args| match args {
            [value] => property(value, &known),
            _ => Ok(Dynamic::UNIT),
        });
    }
    engine.register_indexer_get(|record: &mut Rec, name: ImmutableString| property(&Dynamic::from(record.clone()), &name));
    engine.on_print(|_| {}).on_debug(|_, _, _| {});
    engine.on_progress(|_| METER.with(Meter::step).then_some(Dynamic::UNIT));
    engine
}

thread_local! {
    /// How much the rule call that runs on this thread may still use. rhai counts each engine call apart, and
    /// `base(…)` is an engine call inside another: this count goes over all of them.
    static METER: Meter = const { Meter { left: Cell::new(0), until: Cell::new(None) } };
}

struct Meter {
    left: Cell<u64>,
    until: Cell<Option<Instant>>,
}

impl Meter {
    /// Counts a step; true when nothing is left.
    fn step(&self) -> bool {
        let left = self.left.get();
        // The clock is read once in 256 steps.
        let late = left.is_multiple_of(256) && self.until.get().is_some_and(|until| Instant::now() > until);
        let left = if late { 0 } else { left.saturating_sub(1) };
        self.left.set(left);
        left == 0
    }

    fn exchange(&self, left: u64, until: Option<Instant>) -> (u64, Option<Instant>) {
        (self.left.replace(left), self.until.replace(until))
    }
}

/// Runs `work` under fresh limits and never unwinds: what panics is `None`.
pub(super) fn metered<T>(limits: &Limits, work: impl FnOnce() -> T) -> Option<T> {
    let (left, until) = METER.with(|meter| meter.exchange(limits.operations, Instant::now().checked_add(limits.time)));
    let done = std::panic::catch_unwind(std::panic::AssertUnwindSafe(work)).ok();
    METER.with(|meter| meter.exchange(left, until));
    done
}

/// True for errors that mean "used up too much".
pub(super) fn is_limit(error: &EvalAltResult) -> bool {
    matches!(
        error,
        EvalAltResult::ErrorTooManyOperations(_)
            | EvalAltResult::ErrorTooManyVariables(_)
            | EvalAltResult::ErrorTooManyModules(_)
            | EvalAltResult::ErrorStackOverflow(_)
            | EvalAltResult::ErrorDataTooLarge(..)
            | EvalAltResult::ErrorTerminated(..)
    )
}
