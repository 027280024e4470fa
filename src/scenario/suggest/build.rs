//! From attempts to scenarios: what is refused along a story stands in one, each thing that is done in one of its own.
//!
//! Must not know how attempts are found. Tests: `tests/it/suggest.rs`.

use crate::base::Name;
use crate::domain::{Reason, ReasonCode, Refusal};
use crate::model::{Scenario, ScenarioStep, StepKind};

use super::super::runner::ScenarioReport;
use super::probe::{by_cut, kept};

/// What came of an attempt.
#[derive(Debug, Clone)]
pub(super) enum Tried {
    /// It would be done; the document would be in this state.
    Done(Name),
    /// It would be refused.
    Refused(Box<Refusal>),
}

/// Something that somebody could try, after so many steps of a story.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub cut: usize,
    pub document: String,
    pub workflow: Name,
    pub step: StepKind,
    pub tried: Tried,
}

/// The scenarios for the attempts along a story.
pub(super) fn drafts(story: &Scenario, attempts: &[Attempt]) -> Vec<Scenario> {
    let mut drafts = Vec::new();
    let refused: Vec<Attempt> = attempts.iter().filter(|a| matches!(a.tried, Tried::Refused(_))).cloned().collect();
    if !refused.is_empty() {
        let groups = by_cut(&refused);
        let mut steps = Vec::new();
        let mut from = 0;
        for (cut, group) in &groups {
            steps.extend(kept(story.steps.get(from..*cut).unwrap_or_default()));
            group.iter().for_each(|attempt| steps.extend(tried(story, attempt)));
            from = *cut;
        }

        drafts.push(Scenario { title: format!("what is refused: {}", story.title), steps, span: story.span });
    }
    for attempt in attempts.iter().filter(|a| matches!(a.tried, Tried::Done(_))) {
        let mut steps = kept(story.steps.get(..attempt.cut).unwrap_or_default());
        steps.extend(tried(story, attempt));
        drafts.push(Scenario { title: title(story, attempt), steps, span: story.span });
    }
    drafts
}

fn title(story: &Scenario, attempt: &Attempt) -> String {
    let what = match (&attempt.step, &attempt.tried) {
        (StepKind::Opens { name, .. }, _) => format!("{} {name} opened another way", attempt.workflow),
        (StepKind::Fires { transition, .. }, _) => format!("{transition} of {}", attempt.workflow),
        (_, Tried::Done(state)) => format!("{} waits too long in {state}", attempt.workflow),
        _ => attempt.workflow.to_string(),
    };
    format!("{what}: {}", story.title)
}

/// An attempt, and what must come of it.
fn tried(story: &Scenario, attempt: &Attempt) -> Vec<ScenarioStep> {
    let step = |kind: StepKind| ScenarioStep { kind, span: story.span };
    let mut steps = vec![step(attempt.step.clone())];
    match &attempt.tried {
        Tried::Done(state) => steps.push(step(StepKind::StateIs(attempt.document.clone(), state.clone()))),
        Tried::Refused(refusal) => steps.extend(refusal.reasons.iter().max_by_key(|r| tells(r)).map(|r| step(refused(r)))),
    }
    steps
}

/// Of several reasons the one that says most: what a person may not, then a guard with its own code, then any guard.
fn tells(reason: &Reason) -> u8 {
    match reason.code {
        ReasonCode::FourEyes => 5,
        ReasonCode::ApprovalMissing => 4,
        ReasonCode::RoleDenied => 3,
        ReasonCode::Guard if reason.name.is_some() => 2,
        ReasonCode::Guard => 1,
        _ => 0,
    }
}

fn refused(reason: &Reason) -> StepKind {
    let code = serde_json::to_value(reason.code).ok().and_then(|v| v.as_str().map(Name::from));
    let personal = matches!(reason.code, ReasonCode::FourEyes | ReasonCode::ApprovalMissing | ReasonCode::RoleDenied);
    let plain = |c: char| !matches!(c, '"' | '{' | '}' | '\\');
    let sentence: String = reason.sentence.chars().take_while(|c| plain(*c)).collect();
    StepKind::Refused {
        code: reason.name.clone().or(code).unwrap_or_else(|| Name::from("guard")),
        sentence: Some(sentence.trim_end().to_owned()).filter(|s| !personal && reason.name.is_none() && !s.is_empty()),
    }
}

/// Corrects the state at the end of a draft, where the engine itself went on; false where something else is wrong.
pub(super) fn mend(draft: &mut Scenario, report: &ScenarioReport) -> bool {
    let ([failure], Some(last)) = (report.failures.as_slice(), draft.steps.last_mut()) else { return false };
    let (StepKind::StateIs(document, state), Some(actual)) = (&mut last.kind, failure.actual.first()) else { return false };
    let about_state = failure.text == format!("{document} is in another state");
    if about_state {
        *state = Name::from(actual.as_str());
    }
    about_state
}
