//! What is covered: a table, what is not with its places, and whether it is enough.
//!
//! Tests: `tests/it/coverage.rs`.

use serde_json::{Map, Value as Json, json};

use crate::base::Name;
use crate::model::{Book, Category, Coverage, Point, Tally};

use super::super::error::CliError;
use super::super::output::Out;

/// The kinds that workflows have; lines of rules stand in a table of their own.
const OF_FLOWS: [Category; 7] =
    [Category::States, Category::Transitions, Category::Guards, Category::Conditions, Category::Sentences, Category::Denials, Category::Clock];

/// The tables, then everything that nothing covers.
pub fn show(coverage: &Coverage, book: &Book, out: Out) -> Result<(), CliError> {
    let mut titles = vec!["workflow"];
    let numbers: Vec<String> = OF_FLOWS.iter().map(|c| format!("{}#", c.word())).collect();
    titles.extend(numbers.iter().map(String::as_str));
    titles.push("all#");
    let mut rows: Vec<Vec<String>> = coverage.owners(false).iter().map(|w| row(coverage, Some(w))).collect();
    rows.push(row(coverage, None));
    out.table(&titles, &rows)?;
    let rules: Vec<Vec<String>> = coverage.owners(true).iter().map(|layer| rules_row(coverage, Some(layer))).collect();
    if !rules.is_empty() {
        out.line("")?;
        let all = rules_row(coverage, None);
        out.table(&["rules of", "statements#", "covered#"], &rules.into_iter().chain([all]).collect::<Vec<_>>())?;
    }
    let gaps: Vec<Vec<String>> = coverage.points.iter().filter(|p| !p.is_covered()).map(|p| vec![line_of(book, p), p.gap.clone()]).collect();
    out.line("")?;
    if gaps.is_empty() {
        return out.line("everything is covered\n");
    }
    out.line(format!("Not covered ({}):", gaps.len()))?;
    out.table(&["place", "what"], &gaps)?;
    out.line("")
}

fn row(coverage: &Coverage, workflow: Option<&Name>) -> Vec<String> {
    let mut cells = vec![workflow.map_or_else(|| "all".to_owned(), ToString::to_string)];
    let mut all = Tally::default();
    for category in OF_FLOWS {
        let tally = coverage.tally(workflow, Some(category));
        all.covered += tally.covered;
        all.all += tally.all;
        cells.push(cell(tally));
    }
    cells.push(cell(all));
    cells
}

fn rules_row(coverage: &Coverage, layer: Option<&Name>) -> Vec<String> {
    let tally = coverage.tally(layer, Some(Category::Rules));
    let name = layer.map_or_else(|| "all".to_owned(), ToString::to_string);
    vec![name, format!("{}/{}", tally.covered, tally.all), format!("{} %", tally.percent())]
}

fn cell(tally: Tally) -> String {
    if tally.all == 0 { "-".to_owned() } else { format!("{}/{} {:>3} %", tally.covered, tally.all, tally.percent()) }
}

/// `file:line`.
pub fn line_of(book: &Book, point: &Point) -> String {
    let place = book.sources.place(point.span);
    place.rsplit_once(':').map_or(place.clone(), |(line, _)| line.to_owned())
}

/// What is below the threshold, a sentence a kind.
pub fn short(coverage: &Coverage, threshold: Option<u8>) -> Vec<String> {
    let Some(threshold) = threshold.map(usize::from) else { return Vec::new() };
    let short = Category::ALL.iter().map(|c| (c.word(), coverage.tally(None, Some(*c)))).filter(|(_, tally)| tally.percent() < threshold);
    short.map(|(word, tally)| format!("{word}: {} % covered ({}/{}), less than {threshold} %", tally.percent(), tally.covered, tally.all)).collect()
}

/// All of it for programs: the sums, then each point with how many stories cover it.
pub fn json(coverage: &Coverage, book: &Book, short: &[String]) -> Json {
    let sums = |owner: Option<&Name>| -> Json {
        let of = |c: &Category| (c.word().to_owned(), sum(coverage.tally(owner, Some(*c))));
        Json::Object(Category::ALL.iter().map(of).filter(|(_, s)| s.get("all").is_some_and(|n| *n != 0)).collect::<Map<String, Json>>())
    };
    let workflows: Map<String, Json> = coverage.owners(false).iter().map(|w| (w.to_string(), sums(Some(w)))).collect();
    let layers: Map<String, Json> = coverage.owners(true).iter().map(|l| (l.to_string(), sum(coverage.tally(Some(l), Some(Category::Rules))))).collect();
    let points: Vec<Json> = coverage.points.iter().map(|p| point(coverage, book, p)).collect();
    json!({ "all": sums(None), "workflows": workflows, "rules": layers, "points": points, "short": short })
}

fn sum(tally: Tally) -> Json {
    json!({ "covered": tally.covered, "all": tally.all, "percent": tally.percent() })
}

fn point(coverage: &Coverage, book: &Book, point: &Point) -> Json {
    let by: Vec<&String> = point.by.iter().filter_map(|at| coverage.stories.get(*at)).collect();
    json!({
        "category": point.category.word(),
        "owner": point.owner,
        "part": point.part,
        "place": book.sources.place(point.span),
        "gap": if point.is_covered() { Json::Null } else { Json::from(point.gap.as_str()) },
        "by": by,
    })
}
