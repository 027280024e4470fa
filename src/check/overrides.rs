//! Overrides of rules that are never asked: whose business unit or party does not exist, stands in no document that asks the
//! rule, or has its layer covered everywhere by nearer ones.
//!
//! Must not know scripts beyond whether one asks the layer below. Tests: `check::tests::overrides`.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::findings::idle as say;
use super::reports::Reports;
use super::{Network, pairs};
use crate::base::{Bu, Name, suggest};
use crate::model::{Field, FieldKind, Workflow};
use crate::rules::{Layer, Override, Rules};

/// Reports the overrides that nobody ever asks.
pub(super) fn overrides(workflows: &BTreeMap<Name, Arc<Workflow>>, rules: &Rules, network: Option<&Network>, reports: &Reports) {
    let all: Vec<Override> = rules.overrides().collect();
    if all.is_empty() {
        return;
    }
    let asks: Vec<(&Workflow, BTreeSet<Name>)> = workflows.values().map(|w| (w.as_ref(), pairs::asked(w))).collect();
    let asked = |rule: &Name| asks.iter().filter(|(_, rules)| rules.contains(rule)).map(|(w, _)| *w).collect::<Vec<&Workflow>>();
    for one in &all {
        let asking = asked(&one.rule);
        if asking.is_empty() {
            // Said once, where the rule is declared.
            continue;
        }
        let why = match &one.layer {
            Layer::Default => None,
            Layer::Bu(bu) => network.and_then(|network| of_unit(network, bu).or_else(|| covered(network, bu, one, &asking, &all))),
            Layer::Party { kind, code } => of_workflows(kind, one, &asking).or_else(|| network.and_then(|network| of_party(network, kind, code.as_str()))),
        };
        if let Some((why, help)) = why {
            reports.add(say::unreached(one.span, why, help));
        }
    }
}

type Why = (String, String);

fn of_unit(network: &Network, bu: &Bu) -> Option<Why> {
    let folder = format!("name the folder after a business unit: {}", suggest::list(network.units.keys().map(Bu::as_str)));
    match network.units.get(bu) {
        None => {
            let near = suggest::nearest(bu.as_str(), network.units.keys().map(Bu::as_str)).map(|near| format!("did you mean `bu/{near}`?"));
            Some((format!("master data has no business unit `{bu}`, so nobody asks this"), near.unwrap_or(folder)))
        }
        Some(parties) if parties.is_empty() => Some((format!("the business unit `{bu}` has no parties, so nobody asks this"), folder)),
        Some(_) => None,
    }
}

fn of_party(network: &Network, kind: &Name, code: &str) -> Option<Why> {
    let all = || network.units.values().flatten();
    match all().find(|(party, _)| party.as_str() == code) {
        Some((_, is)) if is == kind => None,
        Some((_, is)) => Some((format!("`{code}` is no `{kind}` but a `{is}`"), format!("put the script into `{is}/{code}`"))),
        None => {
            let alike = all().filter(|(_, is)| *is == kind).map(|(party, _)| party.as_str());
            let near = suggest::nearest(code, alike).map(|near| format!("did you mean `{kind}/{near}`?"));
            let help = near.unwrap_or_else(|| format!("name the folder after the code of a party of the kind `{kind}`"));
            Some((format!("master data has no party `{code}`, so nobody asks this"), help))
        }
    }
}

/// The layer of a party counts where the document names that party.
fn of_workflows(kind: &Name, one: &Override, asking: &[&Workflow]) -> Option<Why> {
    if asking.iter().any(|workflow| parties(workflow).any(|field| field.kinds.contains(kind))) {
        return None;
    }
    let there: Vec<&str> = asking.iter().map(|w| w.name.as_str()).collect();
    let why = format!("no document that asks `{}` names a {kind}, so this layer never counts", one.rule);
    Some((why, format!("the rule is asked in {}", suggest::list(there))))
}

/// A layer of a business unit that every party's own layer covers without asking `base`.
fn covered(network: &Network, bu: &Bu, one: &Override, asking: &[&Workflow], all: &[Override]) -> Option<Why> {
    let parties_here = network.units.get(bu)?;
    let closed = |code: &str| {
        let own = |o: &&Override| o.rule == one.rule && matches!(&o.layer, Layer::Party { code: party, .. } if party.as_str() == code);
        all.iter().find(own).is_some_and(|o| !o.asks_below)
    };
    // Whether some document can have a party in this field whose layer does not close the way down.
    let free = |field: &Field| {
        let mut fitting = parties_here.iter().filter(|(_, kind)| field.kinds.contains(kind)).peekable();
        field.ty.is_optional() || fitting.peek().is_none() || fitting.any(|(code, _)| !closed(code.as_str()))
    };
    if asking.iter().any(|workflow| parties(workflow).all(free)) {
        return None;
    }
    let nearer = all.iter().filter(|o| o.rule == one.rule && matches!(o.layer, Layer::Party { .. })).map(|o| o.layer.to_string());
    let why = format!("nearer layers answer `{}` everywhere in `{bu}` without asking `base`, so nobody asks this", one.rule);
    Some((why, format!("remove it, or let a nearer layer call `base(…)`: {}", nearer.map(|layer| format!("`{layer}`")).collect::<Vec<_>>().join(", "))))
}

fn parties(workflow: &Workflow) -> impl Iterator<Item = &Field> {
    workflow.fields.iter().filter(|field| field.kind == FieldKind::Party)
}
