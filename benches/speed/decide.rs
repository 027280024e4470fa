//! `decide` alone, for the allocation of a job over twenty lots, and rules beside the same scripts on a bare rhai engine.

use std::hint::black_box;
use std::time::Instant;

use bincard::base::{Name, PartyCode};
use bincard::domain::{Action, Actor, Command, Document, LoadRequest, RuleTrace, Snapshot, Value};
use bincard::engine::{Engine, decide};
use bincard::rules::Scope;
use bincard::store::Store;
use rhai::Dynamic;
use serde_json::json;

use crate::table::{Aim, Table, median};
use crate::world::{World, bu, carried_out, fire};

const TIMES: usize = 3_000;
const PART: &str = "BP63";

/// Middle times of two calls that take turns, in microseconds: a machine that is slower for a moment is so for both.
fn micros(mut one: impl FnMut(), mut other: impl FnMut()) -> (f64, f64) {
    let timed = |call: &mut dyn FnMut()| {
        let start = Instant::now();
        call();
        start.elapsed().as_secs_f64() * 1e6
    };
    let mut turn = |_| (timed(&mut one), timed(&mut other));
    (0..TIMES / 10).for_each(|n| _ = turn(n));
    let (ones, others) = (0..TIMES).map(turn).unzip();
    (median(ones), median(others))
}

/// A job that is about to be allocated, from twenty lots in the store. The lots are those of another world: where a job waits,
/// it would be served as soon as they come.
async fn about_to_allocate(world: &World, engine: &Engine, stocked: &Engine) -> (Snapshot, Command) {
    let fields = json!({ "asp": "asp0", "customer": "cust_anand", "technician": "tech0", "service_order": "SO-20", "contract": "IW-1001" });
    let open = |workflow: &str| Action::Open { workflow: workflow.into(), transition: None, parent: None };
    carried_out(engine, world.command("suresh", "J20", open("indent"), fields, &[json!({ "part": PART, "requested": 60 })])).await;
    let lots: Vec<_> = (0..20).map(|_| json!({ "part": PART, "quantity": 5 })).collect();
    world.stock(stocked, 0, &lots).await;
    let transition = world.book.workflows.get(&Name::from("indent")).and_then(|w| w.transition("allocate")).expect("the transition");
    let request = LoadRequest {
        bu: bu(),
        doc: "J20".into(),
        parent: None,
        key: "allocate".into(),
        effective_on: world.now.date(&world.book.manifest.zone),
        person: None,
        parts: vec![PART.into()],
        parties: vec!["asp0".into(), "cust_anand".into(), "tech0".into()],
        contracts: vec!["IW-1001".into()],
        serials: Vec::new(),
        needs: transition.needs.clone(),
    };
    let job = engine.store().load(&request).await.expect("a snapshot");
    let mut snapshot = stocked.store().load(&request).await.expect("a snapshot");
    let document = job.document.map(|document| Document { state: "sourced".into(), ..document });
    (snapshot.document, snapshot.events, snapshot.chain) = (document, job.events, job.chain);
    let command = Command { actor: Actor::System, ..world.command("system", "J20", fire("allocate"), json!({}), &[]) };
    (snapshot, command)
}

pub async fn run(world: &World, table: &mut Table) {
    let engine = world.with_network(Store::memory()).await;
    let stocked = world.with_network(Store::memory()).await;
    let (snapshot, command) = about_to_allocate(world, &engine, &stocked).await;
    let decision = decide(&world.book, &world.rules, &snapshot, &command).expect("it is allocated");
    assert_eq!(decision.moves.len(), 12, "sixty units of lots of five");
    let parties: Vec<PartyCode> = vec!["asp0".into(), "cust_anand".into(), "tech0".into()];
    let scope_bu = bu();
    let scope = Scope { bu: &scope_bu, parties: &parties };
    let ask = |trace: &RuleTrace| drop(black_box(world.rules.call(&scope, &trace.rule, black_box(&trace.arguments))));
    let all = || drop(black_box(decide(&world.book, &world.rules, black_box(&snapshot), black_box(&command))));
    let (whole, rules) = micros(all, || decision.event.rules.iter().for_each(ask));
    let calls = decision.event.rules.len();
    table.figure(
        "decide, 20 lots, apart from its rules (µs, p50)",
        String::new(),
        format!("{whole:.0} with {calls} rules of {rules:.0}"),
        whole - rules,
        Aim::AtMost(10.0),
    );
    for name in ["eligibility", "allocation"] {
        let trace = decision.event.rules.iter().find(|t| t.rule == name).expect("it was asked");
        let (ours, bare) = micros(|| ask(trace), bare(world, trace));
        table.figure(&format!("a call of `{name}` (µs, p50)"), format!("{bare:.1}"), format!("{ours:.1}"), ours / bare, Aim::AtMost(1.2));
    }
}

/// The same scripts with the same arguments on an engine of rhai's own making: that of the layer that answered, and the one
/// below it, which it asks as `base`.
fn bare<'a>(world: &World, trace: &'a RuleTrace) -> impl FnMut() + use<'a> {
    let compiled = |engine: &mut rhai::Engine, layer: &str| {
        let file = format!("rules/{layer}/{}.rhai", trace.rule);
        let text = world.book.sources.files().find(|(_, f)| f.name == file).map(|(_, f)| f.text.to_string()).expect("the script");
        engine.register_fn("has", |value: Dynamic| !value.is_unit());
        engine.compile(text).expect("the script")
    };
    let mut engine = rhai::Engine::new();
    let script = compiled(&mut engine, &trace.layer);
    if &*trace.layer != "default" {
        let mut lower = rhai::Engine::new();
        let (below, rule) = (compiled(&mut lower, "default"), trace.rule.to_string());
        let any = std::any::TypeId::of::<Dynamic>();
        engine.register_raw_fn("base", vec![any; trace.arguments.len()], move |_, args| {
            let args: Vec<Dynamic> = args.iter().map(|arg| (**arg).clone()).collect();
            lower.call_fn::<Dynamic>(&mut rhai::Scope::new(), &below, &rule, args)
        });
    }
    let args: Vec<Dynamic> = trace.arguments.iter().map(dynamic).collect();
    move || {
        let answer: Dynamic = engine.call_fn(&mut rhai::Scope::new(), &script, trace.rule.as_str(), args.clone()).expect("an answer");
        drop(black_box(answer));
    }
}

fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Absent => Dynamic::UNIT,
        Value::YesNo(yes) => (*yes).into(),
        Value::List(items) => Dynamic::from_array(items.iter().map(dynamic).collect()),
        Value::Record(record) => Dynamic::from_map(record.fields.iter().map(|(name, value)| (name.as_str().into(), dynamic(value))).collect()),
        other => Dynamic::from(other.to_string()),
    }
}
