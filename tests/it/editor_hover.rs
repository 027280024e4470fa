//! Hover and code lenses: what an editor shows about names, words and transitions.

use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::support::editor::{Editor, behind, range};

const TRANSFER: &str = "workflows/transfer.flow";
const SCENARIOS: &str = "workflows/transfer.scenarios.flow";
const MSL: &str = "rules/default/msl.rhai";

/// What hovering over places shows; each place is right behind a piece of the text.
fn hovers(editor: &mut Editor, file: &str, places: &[&str]) -> String {
    let text = editor.on_disk(file);
    let show = |place: &&str| {
        let answer = editor.at("textDocument/hover", file, behind(&text, place)).expect("an answer");
        format!("── {file}: {place}‸\n{}\n", answer["contents"]["value"].as_str().unwrap_or("nothing"))
    };
    places.iter().map(show).collect()
}

#[test]
fn names_of_flows_say_what_they_are() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    let places = [
        "workflow tran",
        "party asp",
        "party asp       : as",
        "field purpose",
        "    shipped",
        "state in_tran",
        "transition rece",
        "draft -> in_transit by pick",
        "let limit = ms",
        "on hand of part at asp in pool po",
        "shipped <= lim",
        "shipped <= limit.maxi",
        "from warehouse.avail",
        "choosing allo",
        "{limit.rea",
        "whoever did sh",
        "    requ",
        "fie",
    ];
    assert_snapshot!(hovers(&mut editor, TRANSFER, &places));
}

#[test]
fn what_is_wrong_says_why_it_matters() {
    let mut editor = Editor::new();
    editor.open_with(TRANSFER, "by picker {", "by piker {");
    let text = editor.on_disk(TRANSFER).replacen("by picker {", "by piker {", 1);
    let answer = editor.at("textDocument/hover", TRANSFER, behind(&text, "by pik")).expect("an answer");
    let told = answer["contents"]["value"].as_str().expect("words");
    assert!(told.contains("role piker") && told.contains("**unknown-name**: Nothing of the kind that is wanted here has this name."), "{told}");
}

#[test]
fn names_of_scenarios_and_scripts_say_what_they_are() {
    let mut editor = Editor::new();
    editor.open(SCENARIOS);
    editor.open(MSL);
    editor.open("rules/default/allocation.rhai");
    let mut shown = hovers(&mut editor, SCENARIOS, &["when asp_", "opens trans", "T", "wh fires shi", "T1 is in_t", "stock at wh.tran", "pool in_warr"]);
    shown.push_str(&hovers(&mut editor, MSL, &["fn ms", "fn msl(pa", "let mo", "most_o", "part.cl", "#{ max", "`twice ${mo", "{ quant"]));
    shown.push_str(&hovers(&mut editor, "rules/default/allocation.rhai", &["lot.cond", "== \"o", "rank: [lot.rec"]));
    assert_snapshot!(shown);
}

#[test]
fn above_each_transition_stands_how_many_scenarios_fire_it() {
    let mut editor = Editor::new();
    editor.open(TRANSFER);
    editor.open("workflows/supply.flow");
    let mut shown = String::new();
    for file in [TRANSFER, "workflows/supply.flow"] {
        let uri = editor.uri(file);
        let lenses = editor.ask("textDocument/codeLens", json!({ "textDocument": { "uri": uri } })).expect("lenses");
        for lens in lenses.as_array().expect("a list") {
            let arguments = &lens["command"]["arguments"];
            shown.push_str(&format!("{} {} {}: {}\n", range(&lens["range"]), arguments[1], arguments[2], lens["command"]["title"]));
            let listed = editor.ask("workspace/executeCommand", json!({ "command": lens["command"]["command"], "arguments": arguments })).expect("a list");
            for one in listed.as_array().expect("a list") {
                let file = editor.name(one["location"]["uri"].as_str().expect("an address"));
                shown.push_str(&format!("    {} {file} {}\n", one["title"], range(&one["location"]["range"])));
            }
        }
    }
    assert_snapshot!(shown);
    assert_eq!(editor.ask("workspace/executeCommand", json!({ "command": "rm" })), Err("`rm` is not a command of bincard".to_owned()));
    assert_eq!(editor.ask("workspace/executeCommand", json!({ "command": "bincard.scenarios" })), Ok(Value::Array(Vec::new())));
}
