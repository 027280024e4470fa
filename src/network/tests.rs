//! Reading whole networks: a spoiled one, of which every mistake is listed; the example; and the two forms, which mean the same.
//!
//! `spoiled/` holds the spoiled network.

use std::fmt::Write as _;
use std::path::Path;

use super::*;

fn names<const N: usize>(names: [&str; N]) -> BTreeSet<Name> {
    names.into_iter().map(Name::from).collect()
}

fn known() -> Known {
    let role = |(role, at): (&str, &str)| (Name::from(role), (!at.is_empty()).then(|| Name::from(at)));
    let roles = [
        ("storekeeper", "asp"),
        ("asp_manager", "asp"),
        ("technician", "technician"),
        ("picker", "warehouse"),
        ("warehouse_manager", "warehouse"),
        ("service_desk", ""),
        ("service_ops", ""),
        ("quality", ""),
        ("finance", ""),
    ];
    Known {
        party_kinds: names(["warehouse", "asp", "technician", "customer"]),
        roles: roles.map(role).into(),
        pools: names(["in_warranty", "amc", "out_of_warranty"]),
        calendars: names(["working", "always"]),
    }
}

fn sources<const N: usize>(files: [(&str, &str); N]) -> SourceMap {
    let mut sources = SourceMap::default();
    for (name, text) in files {
        sources.add(name, text);
    }
    sources
}

fn listing(sources: &SourceMap, found: &[Diagnostic]) -> String {
    let mut text = String::new();
    for d in found {
        let severity = if d.severity == Severity::Error { "error" } else { "warning" };
        let place = |span: Span| sources.place(span).rsplit('/').next().unwrap_or_default().to_owned();
        let _ = writeln!(text, "{} {severity}[{}]: {}", place(d.span()), d.code, d.title);
        for label in d.labels.iter().skip(1) {
            let _ = writeln!(text, "    {} {}", place(label.span), label.text);
        }
        if let Some(help) = &d.help {
            let _ = writeln!(text, "    = {help}");
        }
    }
    text
}

#[test]
fn a_spoiled_network_is_refused_with_every_mistake_at_once() {
    let sources = read_folder(Path::new("src/network/spoiled")).unwrap();
    let found = check(&sources, &known()).unwrap_err();
    insta::assert_snapshot!(listing(&sources, &found));
}

#[test]
fn a_file_that_cannot_be_read_raises_no_doubts_about_names_in_others() {
    let sources = sources([
        ("all.yaml", "business_units:\n- {code: ac, name: Air}\nrates:\n- {part: PCB, from: 2026-01-01, rate: 32}\nparties: [\n"),
        ("rates.csv", "part,from,rate\nPCB,2026-01-01,32\n"),
        ("part.csv", "code\nPCB\n"),
    ]);
    let found = check(&sources, &known()).unwrap_err();
    insta::assert_snapshot!(listing(&sources, &found), @r#"
    all.yaml:6:1 error[unreadable-file]: this file is not YAML: did not find expected node content
    part.csv:1:1 error[unknown-kind]: master data has no `part`
        = a CSV file is named by its kind; did you mean `parts`?
    "#);
}

#[test]
fn a_party_that_no_business_unit_has_is_said_before_the_business_unit_that_it_would_tell() {
    let two = YAML
        .replace("business_units:\n", "business_units:\n  - { code: wm, name: Washing machines }\n")
        .replace("storekeeper at coolfix, service_ops", "storekeeper at colfix");
    let two = two.replace("  - code: coolfix", "  - bu: ac\n    code: coolfix");
    let sources = sources([("network.yaml", two.as_str())]);
    let found = listing(&sources, &check(&sources, &known()).unwrap_err());
    assert!(found.contains("error[unknown-party]: no business unit has a party `colfix`\n    = did you mean `coolfix`?"), "{found}");
    assert!(!found.contains("this row of `people` does not say"), "{found}");
}

#[test]
fn a_column_that_is_missing_is_said_once_and_not_for_each_row() {
    let sources = sources([("business_units.csv", "code,name\nac,Air\n"), ("parts.csv", "code,name,kind,class,unit\nA,a,spare,x,NOS\nB,b,spare,x,NOS\n")]);
    let found = check(&sources, &known()).unwrap_err();
    insta::assert_snapshot!(listing(&sources, &found), @r#"
    parts.csv:1:1 error[missing-column]: `parts` need `hsn`
        = add to the first line: `hsn`
    "#);
}

const YAML: &str = "
business_units:
  - { code: ac, name: Air conditioners }
parties:
  - code: coolfix
    name: Coolfix Services
    kind: asp
    address: 12, 80 Feet Road
    city: Bengaluru
    pin: 560034
    gstin: 29AAKFA4321M1Z9
    calendar: working
    location: 12.9352 77.6245
  - { code: ravi, name: Ravi Kumar, kind: technician, parent: coolfix }
people:
  - { code: asha, name: Asha Rao, roles: [storekeeper at coolfix, service_ops] }
parts:
  - { code: 0012, name: \"Cable, 3 core\", kind: consumable, class: electrical, hsn: 85444999, unit: MTR, decimals: 2, pack: 0.50, shelf_life_days: 400 }
  - { code: 12E3, name: Board, kind: spare, class: board, hsn: 84159000, unit: NOS, tracking: serial }
rates:
  - { part: 0012, from: 2026-01-01, rate: 30.10 }
contracts:
  - { code: AMC-1, kind: amc, from: 2026-01-01, to: 2026-12-31, excludes: [board, electrical] }
limits:
  - { party: coolfix, part: 12E3, pool: amc, maximum: 6, trigger: 2 }
  - { value: 60000 }
supersessions:
  - { old: 0012, new: 12E3, from: 2026-01-01, both_ways: yes }
";

const CSV: [(&str, &str); 8] = [
    ("business_units.csv", "code,name\nac,Air conditioners\n"),
    (
        "parties.csv",
        "code,name,kind,address,city,state,pin,gstin,calendar,location,parent\n\
         coolfix,Coolfix Services,asp,\"12, 80 Feet Road\",Bengaluru,29,560034,29AAKFA4321M1Z9,working,\"12.9352, 77.6245\",\n\
         ravi,Ravi Kumar,technician,,,,,,,,coolfix\n",
    ),
    ("people.csv", "code,name,roles\nasha,Asha Rao,storekeeper at coolfix; service_ops\n"),
    (
        "parts.csv",
        "code,name,kind,class,hsn,unit,decimals,pack,tracking,shelf_life_days\n\
         0012,\"Cable, 3 core\",consumable,electrical,85444999,MTR,2,0.5,none,400\n\
         12E3,Board,spare,board,84159000,NOS,,,serial,\n",
    ),
    ("rates.csv", "rate,part,from\n30.1,0012,2026-01-01\n"),
    ("contracts.csv", "bu,code,kind,from,to,excludes\nac,AMC-1,amc,2026-01-01,2026-12-31,board;electrical\n"),
    ("limits-ac.csv", "party,part,pool,maximum,trigger,value\ncoolfix,12E3,amc,6,2,\n,,,,,\"60,000\"\n"),
    ("supersessions.csv", "old,new,from,both_ways\n0012,12E3,2026-01-01,yes\n"),
];

#[test]
fn both_forms_mean_the_same() {
    let yaml = check(&sources([("network.yaml", YAML)]), &known()).unwrap();
    let csv = check(&sources(CSV), &known()).unwrap();
    assert_eq!(yaml, csv);
    assert_eq!(yaml.warnings, []);
    assert_eq!(yaml.data.parts[0].code, "0012");
    assert_eq!(yaml.data.parties[0].state, "29");
}

#[test]
fn loading_again_changes_nothing_and_a_change_is_told_by_field() {
    let old = check(&sources([("network.yaml", YAML)]), &known()).unwrap().data;
    assert!(diff(&old, &old).is_empty());
    let changed =
        YAML.replace("rate: 30.10", "rate: 31").replace("storekeeper at coolfix, ", "").replace("  - { value: 60000 }\n", "").replace("AMC-1", "AMC-2");
    let new = check(&sources([("network.yaml", &changed)]), &known()).unwrap().data;
    insta::assert_snapshot!(diff(&old, &new), @r#"
    business_units: 1 as before
    parties: 2 as before
    people: 1 changed
        ac asha: roles `role service_ops, at coolfix role storekeeper` -> `role service_ops`
    parts: 2 as before
    rates: 1 changed
        ac 0012 from 2026-01-01: rate `30.10` -> `31.00`
    contracts: 1 new, 1 no longer in the files, kept
        ac AMC-1: no longer in the files
    limits: 1 as before, 1 no longer in the files, kept
        ac everything: no longer in the files
    supersessions: 1 as before
    "#);
}

#[test]
fn the_example_network_is_whole() {
    let checked = check(&read_folder(Path::new("examples/network")).unwrap(), &known()).unwrap_or_else(|found| {
        panic!("{}", listing(&read_folder(Path::new("examples/network")).unwrap(), &found));
    });
    assert_eq!(checked.warnings, []);
    let data = checked.data;
    let count = |kind: &str| data.parties.iter().filter(|p| p.kind == kind).count();
    assert_eq!((data.business_units.len(), count("warehouse"), count("asp"), count("technician")), (2, 4, 12, 24));
    for role in known().roles.into_keys() {
        assert!(data.people.iter().any(|p| p.roles.iter().any(|r| r.role == role)), "{role:?}");
    }
    assert!(data.parts.iter().all(|p| data.rates.iter().any(|r| r.part == p.code && r.bu == p.bu)));
}

/// Any table, written as CSV and as YAML by writers that know nothing of this module, is read back as it was, from its places.
mod any_table {
    use proptest::prelude::*;

    use super::*;

    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            "[ -~₹é]{0,12}",
            "[0-9]{1,4}(\\.[0-9]{1,3})?",
            prop::sample::select(vec![
                "~", "null", "yes", "1E5", "0x10", "# no", "a: b", "- x", "it's", "\"q\"", "{a}", "*x", "&y", "!z", "|", "@", "a #b", "?", "1_000", ".5", "-"
            ])
            .prop_map(str::to_owned),
        ]
    }

    fn read_back(extension: &str, text: &str) -> (Vec<Vec<String>>, Vec<String>) {
        let sources = sources([("x", text)]);
        let (mut out, file) = (Vec::new(), FileId(0));
        let rows = if extension == "csv" { csv_file::read(file, text, Kind::BusinessUnits, &mut out).0 } else { yaml_file::read(file, text, &mut out).0 };
        let cell = |row: &RawRow, column: &str| row.text(column).unwrap_or_default().to_owned();
        let place = |row: &RawRow| row.item("name").map_or_else(String::new, |i| sources.text(i.span).to_owned());
        assert!(out.iter().all(|d| d.code == "missing-value"), "{out:?}\n{text}");
        (rows.iter().map(|r| vec![cell(r, "code"), cell(r, "name")]).collect(), rows.iter().map(place).collect())
    }

    proptest! {
        #[test]
        fn is_read_back_as_it_was(rows in prop::collection::vec([cell(), cell()], 1..6)) {
            let rows: Vec<[String; 2]> = rows.into_iter().map(|r| r.map(|c| c.trim().to_owned())).collect();
            let want: Vec<Vec<String>> = rows.iter().map(|r| r.to_vec()).collect();

            let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            writer.write_record(["code", "name"]).unwrap();
            rows.iter().for_each(|r| writer.write_record(r).unwrap());
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let (found, places) = read_back("csv", &text);
            prop_assert_eq!(&found, &want);
            for (place, row) in places.iter().zip(&rows).filter(|(_, row)| !row[1].is_empty()) {
                prop_assert_eq!(place, &format!("\"{}\"", row[1].replace('"', "\"\"")));
            }

            let maps: Vec<BTreeMap<&str, &str>> = rows.iter().map(|r| BTreeMap::from([("code", &*r[0]), ("name", &*r[1])])).collect();
            let text = serde_yaml::to_string(&BTreeMap::from([("business_units", maps)])).unwrap();
            let (found, places) = read_back("yaml", &text);
            prop_assert_eq!(&found, &want);
            for (place, row) in places.iter().zip(&rows).filter(|(_, row)| !row[1].is_empty()) {
                let again: String = serde_yaml::from_str::<serde_yaml::Value>(place).unwrap().as_str().map_or_else(|| place.clone(), str::to_owned);
                prop_assert_eq!(&again, &row[1]);
            }
        }
    }
}

#[test]
fn the_reference_names_every_column_and_no_other() {
    let page = std::fs::read_to_string("docs/master-data.md").unwrap();
    let mut sections: BTreeMap<&str, Vec<(&str, bool)>> = BTreeMap::new();
    let mut kind = "";
    for line in page.lines() {
        if let Some(name) = line.strip_prefix("### ") {
            kind = name;
        } else if let Some(row) = line.strip_prefix("| `") {
            let (column, rest) = row.split_once("` | ").unwrap();
            sections.entry(kind).or_default().push((column, rest.starts_with("yes")));
        }
    }
    let truth = Kind::ALL.into_iter().map(|k| (k.name(), k.columns().iter().map(|c| (c.name, c.required)).collect()));
    assert_eq!(sections, truth.collect());
}

#[test]
fn two_business_units_with_one_registration_are_told() {
    let units = "code,name\nac,Air conditioners\nwm,Washing machines\n";
    let row = |bu: &str| format!("{bu},wh,Vitara,warehouse,Plot 7,Bengaluru,29,560048,29AAACV1234F1ZL\n");
    let parties = format!("bu,code,name,kind,address,city,state,pin,gstin\n{}{}", row("ac"), row("wm"));
    let sources = sources([("business_units.csv", units), ("parties.csv", &parties)]);
    let checked = check(&sources, &known()).unwrap();
    assert_eq!(
        listing(&sources, &checked.warnings).lines().next(),
        Some("parties.csv:3:51 warning[shared-registration]: business units `ac` and `wm` share a GSTIN, and each numbers its challans by itself")
    );
}

#[test]
fn a_folder_without_business_units_is_laid_over_what_is_there() {
    let whole = "business_units: [{ code: ac, name: Cooling }]\nparties: [{ code: pune, name: Pune, kind: asp, state: '27' }]\n\
                 parts:\n  - { code: FAN, name: Fan, kind: spare, class: motor, hsn: '85014090', unit: NOS }\n  - { code: CAP, name: Cap, kind: spare, class: cap, hsn: '85322500', unit: NOS }\n\
                 limits:\n  - { party: pune, part: FAN, maximum: 5, trigger: 1 }\n  - { party: pune, part: CAP, maximum: 7, trigger: 2 }\n";
    let there = check(&sources([("network.yaml", whole)]), &known()).expect("a network").data;
    let part = sources([("limits.yaml", "limits:\n  - { party: pune, part: FAN, maximum: 3, trigger: 1 }\n  - { part: CAP, maximum: 9, trigger: 1 }\n")]);
    let over = check_over(&part, &known(), &there).expect("a part of it").data;
    let limits: Vec<String> =
        over.limits.iter().map(|l| format!("{:?} {}", l.scope.part.as_ref().map(AsRef::<str>::as_ref), l.maximum.expect("a maximum"))).collect();
    assert_eq!(limits, ["Some(\"CAP\") 9", "Some(\"CAP\") 7", "Some(\"FAN\") 3"]);
    assert_eq!((&over.parties, &over.parts, &over.business_units), (&there.parties, &there.parts, &there.business_units));
    let wrong = sources([("limits.yaml", "limits: [{ party: pone, part: FAN, maximum: 3 }]\n")]);
    let told = listing(&wrong, &check_over(&wrong, &known(), &there).expect_err("there is no such party"));
    assert!(told.contains("business unit `ac` has no party `pone`") && told.contains("did you mean `pune`"), "{told}");
    assert!(check_over(&part, &known(), &MasterData::default()).is_err(), "a part of nothing is no network");
}
