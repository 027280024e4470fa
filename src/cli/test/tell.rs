//! What tests print: failures for people, all of it as JSON or JUnit XML for programs.
//!
//! Tests: `tests/it/cli.rs`.

use serde_json::{Value as Json, json};

use crate::scenario::Failure;

use super::super::error::CliError;
use super::super::output::Out;
use super::play::Played;

/// A story that failed: what was done so far, then what differs.
pub fn failure(played: &Played, out: Out) -> Result<(), CliError> {
    out.line(lines(played).join("\n"))?;
    out.line("")
}

fn lines(played: &Played) -> Vec<String> {
    let report = &played.report;
    let on = played.on.map(|on| format!(", on {}", on.word())).unwrap_or_default();
    let mut lines = vec![format!("FAILED  {}  ({}{on})", report.title, report.place)];
    lines.extend(report.story.iter().map(|line| format!("    {line}")));
    for failure in &report.failures {
        lines.push(format!("  {}: {}", failure.place, failure.text));
        if !failure.step.is_empty() {
            lines.push(format!("    {}", failure.step));
        }
        let rows = beside(failure);
        let width = rows.iter().map(|(expected, _)| expected.chars().count()).max().unwrap_or(0).min(60);
        for (expected, actual) in rows {
            let gap = " ".repeat(width.saturating_sub(expected.chars().count()));
            lines.push(format!("    expected {expected}{gap}   actual {actual}").trim_end().to_owned());
        }
    }
    lines
}

/// What was expected beside what there is, line by line; lines that agree are left out.
fn beside(failure: &Failure) -> Vec<(String, String)> {
    let mut expected: Vec<String> = failure.expected.clone();
    let mut actual: Vec<String> = failure.actual.clone();
    expected.retain(|line| match actual.iter().position(|other| other == line) {
        Some(at) => {
            actual.remove(at);
            false
        }
        None => true,
    });
    let rows = expected.len().max(actual.len());
    let text = |lines: &[String], at: usize, none: &str| lines.get(at).cloned().unwrap_or_else(|| none.to_owned());
    let none = if failure.expected.is_empty() { "nothing" } else { "nothing else" };
    (0..rows).map(|at| (text(&expected, at, none), text(&actual, at, "nothing"))).collect()
}

/// All of it for programs.
pub fn json(played: &[Played], coverage: Option<Json>) -> Json {
    let failed = played.iter().filter(|p| !p.report.passed()).count();
    let scenarios: Vec<Json> = played.iter().map(one).collect();
    json!({ "outcome": if failed == 0 { "done" } else { "failed" }, "passed": played.len() - failed, "failed": failed, "scenarios": scenarios, "coverage": coverage })
}

fn one(played: &Played) -> Json {
    let report = &played.report;
    let failures: Vec<Json> =
        report.failures.iter().map(|f| json!({ "place": f.place, "text": f.text, "step": f.step, "expected": f.expected, "actual": f.actual })).collect();
    json!({
        "kind": if played.on.is_some() { "scenario" } else { "rule_case" },
        "title": report.title,
        "place": report.place,
        "store": played.on.map(super::play::On::word),
        "passed": report.passed(),
        "story": report.story,
        "failures": failures,
    })
}

/// JUnit XML, as build servers read it: a suite a file.
pub fn junit(played: &[Played]) -> String {
    let mut files: Vec<&str> = Vec::new();
    for file in played.iter().map(file) {
        if !files.contains(&file) {
            files.push(file);
        }
    }
    let failures = played.iter().filter(|p| !p.report.passed()).count();
    let mut xml = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!("<testsuites name=\"bincard\" tests=\"{}\" failures=\"{failures}\">", played.len()),
    ];
    for suite in files {
        let of_file: Vec<&Played> = played.iter().filter(|p| file(p) == suite).collect();
        let failures = of_file.iter().filter(|p| !p.report.passed()).count();
        xml.push(format!("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{failures}\">", escaped(suite), of_file.len()));
        of_file.iter().for_each(|p| xml.extend(testcase(p, suite)));
        xml.push("  </testsuite>".to_owned());
    }
    xml.push("</testsuites>".to_owned());
    xml.join("\n")
}

fn file(played: &Played) -> &str {
    played.report.place.split(':').next().unwrap_or_default()
}

fn testcase(played: &Played, suite: &str) -> Vec<String> {
    let on = played.on.map(|on| format!(" ({})", on.word())).unwrap_or_default();
    let head = format!("    <testcase classname=\"{}\" name=\"{}{on}\" time=\"{:.3}\"", escaped(suite), escaped(&played.report.title), played.seconds);
    if played.report.passed() {
        return vec![format!("{head}/>")];
    }
    let message = played.report.failures.first().map_or("", |f| f.text.as_str());
    let body = escaped(&lines(played).join("\n"));
    vec![format!("{head}>"), format!("      <failure message=\"{}\">{body}</failure>", escaped(message)), "    </testcase>".to_owned()]
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::ScenarioReport;

    fn played() -> Played {
        let failure = Failure {
            place: "a.flow:4:3".into(),
            text: "stock at pune.available differs".into(),
            step: "stock at pune.available is SEAL 3; PCB 1".into(),
            expected: vec!["SEAL 3".into(), "PCB 1".into()],
            actual: vec!["PCB 1".into(), "SEAL lot L1 2".into(), "<b> 1 more".into()],
        };
        let report = ScenarioReport { title: "a \"quoted\" one".into(), place: "a.flow:1:1".into(), failures: vec![failure], story: vec!["ship".into()] };
        Played { report, on: None, seconds: 0.25 }
    }

    #[test]
    fn only_what_differs_is_told_expected_beside_actual() {
        let told = lines(&played()).join("\n");
        assert_eq!(
            told,
            "FAILED  a \"quoted\" one  (a.flow:1:1)\n    ship\n  a.flow:4:3: stock at pune.available differs\n    stock at pune.available is SEAL 3; PCB 1\n    expected SEAL 3         actual SEAL lot L1 2\n    expected nothing else   actual <b> 1 more"
        );
    }

    #[test]
    fn a_build_server_gets_a_suite_a_file() {
        let xml = junit(&[played()]);
        assert!(xml.contains("<testsuite name=\"a.flow\" tests=\"1\" failures=\"1\">"), "{xml}");
        assert!(xml.contains("<testcase classname=\"a.flow\" name=\"a &quot;quoted&quot; one\" time=\"0.250\">"), "{xml}");
        assert!(xml.contains("actual &lt;b&gt; 1 more</failure>"), "{xml}");
    }
}
