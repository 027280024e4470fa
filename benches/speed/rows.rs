//! What a decision writes, as whole rows of the tables: what a programmer by hand would have in variables.
//!
//! Made from the body that the engine's own commit sends, so that both write the same; worked out before anything is timed.

use std::collections::HashMap;

use bincard::base::DocId;
use bincard::domain::{Decision, Document};
use bincard::store::commit_body;
use serde_json::{Map, Value as Json, json};

/// Tables whose rows are only added, in the order in which they are written.
pub const ADDED: [&str; 9] = ["event", "mention", "lot", "move", "obligation", "obligation_change", "timer", "child", "outbox"];

/// A number that is taken from a series when it is written.
#[derive(Debug, Clone)]
pub struct Take {
    pub series: String,
    pub prefix: String,
    pub suffix: String,
    pub width: usize,
    pub back: i64,
}

/// All rows of one transition.
#[derive(Debug, Clone)]
pub struct Rows {
    pub bu: String,
    pub doc: String,
    pub opens: bool,
    pub enters: bool,
    pub state: String,
    pub document: Json,
    pub lines: Vec<Json>,
    /// Rows of each table of [`ADDED`].
    pub added: Vec<Vec<Json>>,
    pub claims: Vec<Json>,
    pub papers: Vec<(Take, Json)>,
    pub number: Option<Take>,
    pub series: Vec<(String, i64)>,
    pub closed: Vec<String>,
    pub fired: Option<(String, String)>,
}

fn text(json: &Json, name: &str) -> String {
    json[name].as_str().unwrap_or_default().to_owned()
}

fn take(json: &Json) -> Take {
    let int = |name: &str| json[name].as_i64().unwrap_or_default();
    Take {
        series: text(json, "series"),
        prefix: text(json, "prefix"),
        suffix: text(json, "suffix"),
        width: usize::try_from(int("width")).unwrap_or(1),
        back: int("count") - int("ordinal"),
    }
}

impl Rows {
    /// The rows of decisions that follow each other: of a document, only what has changed since the one before.
    pub fn of_all(decisions: &[Decision]) -> Vec<Self> {
        let mut documents: HashMap<&DocId, &Document> = HashMap::new();
        decisions.iter().map(|d| Self::of(d, documents.insert(&d.document.id, &d.document))).collect()
    }

    fn of(decision: &Decision, before: Option<&Document>) -> Self {
        let body: Json = serde_json::from_str(&commit_body(decision, before).expect("a body")).expect("JSON");
        let (bu, doc, revision) = (decision.bu.to_string(), text(&body, "doc"), body["revision"].as_i64().expect("a revision"));
        let event = &body["event"];
        let at = json!({ "bu": bu, "doc": doc, "revision": revision, "recorded_at": event["recorded_at"], "effective_at": event["effective_at"] });
        let row = |json: &Json, more: Json| merged(&[&at, json, &more]);
        let list = |name: &str| body[name].as_array().cloned().unwrap_or_default();
        let numbered = |name: &str| list(name).iter().zip(1..).map(|(json, n)| row(json, json!({ "ordinal": n }))).collect::<Vec<_>>();
        let all = |name: &str, more: Json| list(name).iter().map(|json| row(json, more.clone())).collect::<Vec<_>>();
        let paper = |(json, n): (&Json, i64)| (take(json), row(json, json!({ "ordinal": n, "issued_at": event["effective_at"], "follows": "" })));
        let added = vec![
            vec![row(event, json!({}))],
            all("mentions", json!({})),
            all("lots", json!({})),
            numbered("moves"),
            all("owed", json!({})),
            numbered("changes"),
            all("timers", json!({ "held_by": "" })),
            list("children").iter().map(|c| json!({ "bu": bu, "parent": doc, "doc": c["doc"], "workflow": c["workflow"], "refused": "" })).collect(),
            all("outbox", json!({ "sent_at": 0, "held_until": 0, "held_by": "", "tries": 0, "next_at": 0, "given_up_at": 0, "fault": "" })),
        ];
        Self {
            opens: body["opens"].as_bool().unwrap_or_default(),
            enters: body["enters"].as_bool().unwrap_or_default(),
            state: text(&body["document"], "state"),
            document: row(&body["document"], json!({ "number": "" })),
            lines: all("lines", json!({})),
            added,
            claims: all("claims", json!({ "workflow": body["document"]["workflow"] })),
            papers: list("papers").iter().zip(1..).map(paper).collect(),
            number: body["number"].is_object().then(|| take(&body["number"])),
            series: list("series").iter().map(|s| (text(s, "series"), s["count"].as_i64().unwrap_or_default())).collect(),
            closed: list("closed").iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
            fired: body["fired"].is_object().then(|| (text(&body["fired"], "doc"), text(&body["fired"], "id"))),
            bu,
            doc,
        }
    }

    /// The number of statements that write them by hand, without those that begin and end the transaction.
    pub fn statements(&self) -> usize {
        let added: usize = self.added.iter().map(Vec::len).sum();
        let moves = self.added[3].len() * 3;
        1 + added + moves + self.lines.len() + self.added[5].len() + self.claims.len() + self.papers.len() + self.series.len() + self.closed.len()
    }
}

fn merged(parts: &[&Json]) -> Json {
    let mut all = Map::new();
    for part in parts {
        all.extend(part.as_object().expect("an object").clone());
    }
    Json::Object(all)
}
