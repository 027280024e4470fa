//! What a process knows of master data: never more, less or other than the database says at that moment, whoever wrote it.

use bincard::base::{PartCode, PartyCode, Quantity};
use bincard::domain::{Decision, LoadRequest, MasterData, Needs, Supersession};
use bincard::store::Store;

use crate::store_parity::master;
use crate::support::stores::{bu, everything, firing, lot, moved, opening, postgres, request, sqlite};

/// Loads that need different keys; some come again and again, so that most of it is known.
fn requests() -> Vec<LoadRequest> {
    let parts = |codes: &[&str]| codes.iter().map(|c| PartCode::from(*c)).collect::<Vec<_>>();
    let parties = |codes: &[&str]| codes.iter().map(|c| PartyCode::from(*c)).collect::<Vec<_>>();
    let plain = LoadRequest { person: Some("asha".into()), ..request("D1") };
    let named =
        LoadRequest { parts: parts(&["FAN", "NONE"]), parties: parties(&["TECH", "NOBODY"]), contracts: vec!["AMC-1".into(), "NONE".into()], ..plain.clone() };
    let chain = LoadRequest { parts: parts(&["PCB-3"]), needs: Needs { network: true, bins: vec!["available".into()], ..Needs::default() }, ..request("D9") };
    let limits =
        LoadRequest { parts: parts(&["PCB", "FAN"]), parties: parties(&["MUM", "PUNE"]), needs: Needs { limits: true, ..Needs::default() }, ..request("D9") };
    let widest = LoadRequest { parts: parts(&["FAN"]), parties: parties(&["PUNE", "MUM"]), ..everything("D1") };
    vec![plain, named, chain, limits, widest]
}

/// Master data as it changes: each step touches one kind of it.
fn steps() -> Vec<(&'static str, MasterData)> {
    let mut steps = vec![("nothing yet", MasterData::default()), ("all of it", master())];
    let mut change = |what, change: &dyn Fn(&mut MasterData)| {
        let mut data = steps.last().expect("a step").1.clone();
        change(&mut data);
        steps.push((what, data));
    };
    change("a limit", &|d| d.limits[3].maximum = Some(Quantity::units(3)));
    change("a limit for all", &|d| {
        let mut limit = d.limits[0].clone();
        limit.scope.class = None;
        d.limits.insert(0, limit);
    });
    change("a rate", &|d| d.rates[0].rate = "1.01".parse().expect("a rate"));
    change("a part", &|d| d.parts[0].class = "gas".into());
    change("a parent", &|d| d.parties[0].parent = Some("PUNE".into()));
    change("a contract", &|d| d.contracts[0].kind = "in_warranty".into());
    change("a role", &|d| d.people[0].roles.clear());
    change("a part that was not there", &|d| {
        let mut part = d.parts[0].clone();
        part.code = "NONE".into();
        d.parts.insert(1, part);
    });
    change("a longer chain", &|d| {
        d.supersessions.push(Supersession { bu: bu(), old: "PCB-3".into(), new: "FAN".into(), both_ways: false, from: "2026-07-01".parse().expect("a day") });
    });
    steps
}

fn stock() -> Decision {
    let mut d = opening("D1");
    d.lots = vec![lot("PCB#1", "D1"), lot("PCB-3#1", "D1")];
    d.moves = vec![moved("PCB#1", 10, "supplier", "PUNE.available"), moved("PCB-3#1", 3, "supplier", "MUM.available")];
    d
}

async fn answers(store: &Store) -> Vec<String> {
    let mut all = Vec::new();
    for request in requests() {
        all.push(format!("{:#?}", store.load(&request).await.expect("a snapshot")));
    }
    all
}

#[tokio::test]
async fn a_change_by_one_process_is_seen_by_another_at_its_next_load() {
    let memory = Store::memory();
    let fixtures = [sqlite().await, postgres().await];
    let others = [fixtures[0].again().await, fixtures[1].again().await];
    memory.commit(&stock()).await.expect("stock");
    for f in &fixtures {
        f.store.commit(&stock()).await.expect("stock");
    }
    for (what, data) in steps() {
        memory.upsert_master(&data).await.expect("master data");
        let expected = answers(&memory).await;
        for (f, other) in fixtures.iter().zip(&others) {
            f.store.upsert_master(&data).await.expect("master data");
            for (who, store) in [("the other", other), ("the other again", other), ("who wrote it", &f.store)] {
                assert!(answers(store).await == expected, "{} after {what}: {who} reads something else than memory does", f.store.kind());
            }
        }
    }
}

#[tokio::test]
async fn what_a_document_names_later_is_found() {
    for f in [sqlite().await, postgres().await] {
        f.store.upsert_master(&master()).await.expect("master data");
        f.store.commit(&opening("D1")).await.expect("a document");
        let s = f.store.load(&request("D1")).await.expect("a snapshot");
        assert_eq!(s.parts.iter().map(|p| p.code.as_str()).collect::<Vec<_>>(), ["PCB"]);
        let mut d = firing(&s, "approve");
        d.document.lines[0].values.insert("part".into(), bincard::domain::Value::Part("FAN".into()));
        f.store.commit_after(&d, s.document.as_ref()).await.expect("another part");
        let s = f.store.load(&request("D1")).await.expect("a snapshot");
        assert_eq!(s.parts.iter().map(|p| p.code.as_str()).collect::<Vec<_>>(), ["FAN"], "{}", f.store.kind());
        // Nothing changes, and a line goes: what is written is what the document says.
        let d = firing(&s, "pack");
        f.store.commit_after(&d, s.document.as_ref()).await.expect("no change");
        let s = f.store.load(&request("D1")).await.expect("a snapshot");
        let mut d = firing(&s, "pack");
        d.document.lines.clear();
        f.store.commit_after(&d, s.document.as_ref()).await.expect("no lines");
        let s = f.store.load(&request("D1")).await.expect("a snapshot");
        assert!(s.parts.is_empty() && s.document.is_some_and(|d| d.lines.is_empty()), "{}", f.store.kind());
        assert!(f.admin().await.verify().await.expect("a report").is_sound(), "{}", f.store.kind());
    }
}
