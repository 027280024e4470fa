//! What was proved, shown: what holds, for which quantities, what was not looked at, and the stories of what does not hold.
//!
//! Must not know how it is proved. Tests: `tests/it/proofs.rs`, `tests/it/cli.rs`.

use std::path::{Path, PathBuf};

use serde_json::{Value as Json, json};

use crate::base::{Name, suggest};
use crate::model::Book;
use crate::prove::{Proved, Way};

use super::error::CliError;
use super::output::Out;
use super::session::count;

/// Says what was proved; of a workflow that holds, only how far was looked where that was not everywhere.
pub fn show(out: Out, proofs: &[Proved]) -> Result<(), CliError> {
    if proofs.is_empty() {
        return Ok(());
    }
    for proved in proofs {
        if let Some(fault) = &proved.fault {
            out.line(format!("`{}` could not be looked at: {fault}", proved.workflow))?;
        } else if proved.unopened {
            out.line(format!("nothing was proved of `{}`: no document of it could be opened", proved.workflow))?;
        } else if !proved.unseen.is_empty() && !proved.for_all {
            let never = suggest::list(proved.unseen.iter().map(Name::as_str));
            out.line(format!("`{}` is not proved: {never} could never be carried out, and what comes after was not looked at", proved.workflow))?;
        } else if !proved.cut.is_empty() {
            let sizes: Vec<String> = proved.cut.iter().map(|s| s.words()).collect();
            let rest = if proved.for_all { "; it is proved for all quantities by its numbers" } else { "" };
            let states = count(proved.states, "situation");
            out.line(format!("`{}`: {states} looked at, and not all of {}; `--budget` looks further{rest}", proved.workflow, sizes.join(", of ")))?;
        }
    }
    out.line(summary(proofs))
}

fn summary(proofs: &[Proved]) -> String {
    let sound = proofs.iter().filter(|p| p.holds()).count();
    let all = proofs.iter().filter(|p| p.holds() && p.for_all).count();
    let whole = proofs.iter().filter(|p| p.holds() && !p.for_all && p.cut.is_empty()).count();
    let cut = sound - all - whole;
    let mut how = Vec::new();
    if all > 0 {
        how.push(format!("{all} for all quantities"));
    }
    if whole > 0 {
        how.push(format!("{whole} for all orders of small quantities"));
    }
    if cut > 0 {
        how.push(format!("{cut} as far as the budget goes"));
    }
    let how = if how.is_empty() { String::new() } else { format!(": {}", how.join(", ")) };
    let of = if sound == proofs.len() { count(sound, "workflow") } else { format!("{sound} of {}", count(proofs.len(), "workflow")) };
    format!("proved of {of} that nothing is left behind{how}")
}

/// Writes the stories of findings, each a scenario of its own.
pub fn save(folder: &Path, book: &Book, proofs: &[Proved]) -> Result<Vec<PathBuf>, CliError> {
    std::fs::create_dir_all(folder)?;
    let mut saved = Vec::new();
    for proved in proofs {
        let told = proved.findings.iter().filter_map(|f| f.story.as_ref().map(|s| (f.diagnostic.code, s)));
        for (n, (code, story)) in told.enumerate() {
            let text = story.text(book).map_err(|e| CliError::fault(format!("a story cannot be written: {e}")))?;
            let path = folder.join(format!("{}-{code}-{}.scenarios.flow", proved.workflow, n + 1));
            std::fs::write(&path, text)?;
            saved.push(path);
        }
    }
    Ok(saved)
}

/// The proofs for programs.
pub fn to_json(proofs: &[Proved]) -> Json {
    let one = |p: &Proved| {
        let words = |sizes: &[crate::prove::stage::Size]| sizes.iter().map(|s| s.words()).collect::<Vec<_>>();
        let stories: Vec<Json> = p
            .findings
            .iter()
            .filter_map(|f| f.story.as_ref().map(|s| json!({ "code": f.diagnostic.code, "story": s.words, "supposes": s.imagined })))
            .collect();
        json!({
            "workflow": p.workflow.as_str(),
            "holds": p.holds(),
            "for_all_quantities": p.for_all,
            "why_not_for_all": p.not_for_all,
            "whole": words(&p.whole),
            "cut": words(&p.cut),
            "states": p.states,
            "tried": p.tried,
            "stories": stories,
        })
    };
    proofs.iter().map(one).collect()
}

/// Tells who could take parts out.
pub fn show_custody(out: Out, ways: &[Way]) -> Result<(), CliError> {
    out.line(if ways.is_empty() {
        "custody: nobody takes a part from its receipt to the outside alone or with one other".to_owned()
    } else {
        format!("custody: {} from the receipt of a part to the outside", count(ways.len(), "way"))
    })?;
    for way in ways {
        let lacks = if way.without.is_empty() { String::new() } else { format!(", without {}", way.without.join(", ")) };
        let of = if way.serial { "a part with a serial number: " } else { "" };
        out.line(format!("  {of}{}{lacks}", way.who.join(" and ")))?;
        out.line(format!("    {}", way.story))?;
    }
    Ok(())
}

/// A way for programs.
pub fn way_to_json(way: &Way) -> Json {
    json!({ "serial": way.serial, "who": way.who, "without": way.without, "story": way.story, "ends_in": way.ends_in })
}
