//! Seals: what was sealed cannot be rewritten, not even by someone who computes every hash anew; and an old backup is found out.

use bincard::store::{Seal, SealKey, Store, VerifyOptions, VerifyReport};

use crate::support::plant::plant;
use crate::support::stores::{Fixture, firing, minute, opening, postgres, receiving, request, sqlite, with_everything};

fn key(n: u8) -> SealKey {
    SealKey::new(&[n; 32]).unwrap()
}

async fn verify(f: &Fixture, seals: Option<&[Seal]>) -> VerifyReport {
    let options = VerifyOptions { keys: vec![key(7)], seals: seals.map(<[Seal]>::to_vec), since_seal: false };
    f.store.verify_with(&options, &mut |_| {}).await.unwrap()
}

/// Two sealed stretches and one document after them.
async fn sealed(f: &Fixture) -> Vec<Seal> {
    f.store.commit(&with_everything()).await.unwrap();
    f.store.commit(&receiving("D2", &["FAN#1"])).await.unwrap();
    let first = f.admin().await.seal(&key(7), minute(60)).await.unwrap();
    assert_eq!(first.iter().map(|s| (s.number, s.leaves, s.events)).collect::<Vec<_>>(), [(1, 2, 2)]);
    assert!(f.admin().await.seal(&key(7), minute(61)).await.unwrap().is_empty(), "nothing is new");
    f.store.commit(&firing(&f.store.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
    f.store.commit(&firing(&f.store.load(&request("D1")).await.unwrap(), "pack")).await.unwrap();
    f.store.commit(&opening("D3")).await.unwrap();
    let second = f.admin().await.seal(&key(7), minute(62)).await.unwrap();
    assert_eq!(second.iter().map(|s| (s.number, s.leaves, s.events)).collect::<Vec<_>>(), [(2, 2, 3)]);
    f.store.commit(&receiving("D4", &["PCB#2"])).await.unwrap();
    f.store.seals().await.unwrap()
}

fn told<'r>(report: &'r VerifyReport, code: &str) -> &'r str {
    report.findings.iter().find(|f| f.code == code).map_or("", |f| &f.text)
}

#[tokio::test]
async fn what_is_sealed_is_checked_and_the_check_goes_on_from_it() {
    for f in [sqlite().await, postgres().await] {
        let seals = sealed(&f).await;
        let report = verify(&f, Some(&seals)).await;
        assert!(report.is_sound() && report.seals == 2, "{report:?}");
        let options = VerifyOptions { keys: vec![key(7)], seals: None, since_seal: true };
        let report = f.store.verify_with(&options, &mut |_| {}).await.unwrap();
        assert!(report.is_sound(), "{report:?}");
        assert_eq!((report.events, report.documents, report.moves), (1, 1, 2), "D4, and the moves of its part");
        plant(&f, "UPDATE move SET quantity = 9000 WHERE doc = 'D4'").await;
        let report = f.store.verify_with(&options, &mut |_| {}).await.unwrap();
        assert!(told(&report, "chain").contains("document D4") && !told(&report, "balance").is_empty(), "{report:?}");

        let other = VerifyOptions { keys: vec![key(8)], ..VerifyOptions::default() };
        let report = f.store.verify_with(&other, &mut |_| {}).await.unwrap();
        assert!(told(&report, "seal").contains("was made with the key"), "{report:?}");
    }
}

#[tokio::test]
async fn a_key_is_changed_and_the_chain_says_from_where() {
    for f in [sqlite().await, postgres().await] {
        let kind = f.store.kind();
        sealed(&f).await;
        let admin = f.admin().await;
        let said = admin.seal(&key(8), minute(63)).await.unwrap_err().to_string();
        assert!(said.contains("hand over to a new one with"), "{kind}: {said}");
        let last = admin.hand_over_seals(&key(7), &key(8), minute(64)).await.unwrap();
        assert_eq!(last.iter().map(|s| (s.number, s.events)).collect::<Vec<_>>(), [(3, 1)], "{kind}: D4");
        assert!(admin.hand_over_seals(&key(7), &key(8), minute(65)).await.unwrap().is_empty(), "{kind}: it is handed over");
        f.store.commit(&opening("D5")).await.unwrap();
        assert!(admin.seal(&key(7), minute(66)).await.is_err(), "{kind}: the old key is over");
        assert_eq!(admin.seal(&key(8), minute(66)).await.unwrap().len(), 1, "{kind}");
        let with = async |keys: Vec<SealKey>| {
            let report = f.store.verify_with(&VerifyOptions { keys, ..VerifyOptions::default() }, &mut |_| {}).await.unwrap();
            told(&report, "seal").to_owned()
        };
        assert_eq!(with(vec![key(7), key(8)]).await, "", "{kind}");
        assert!(with(vec![key(7)]).await.contains("ac: seal 4 was made with the key"), "{kind}");
        assert!(with(vec![key(8)]).await.contains("ac: seal 1 was made with the key"), "{kind}");
        assert!(with(vec![key(7), key(8), key(11)]).await.contains("the last one that was given is"), "{kind}: nothing was handed over to it");
        // Somebody who has the old key goes on with it.
        plant(&f, "DELETE FROM sealed WHERE number > 2; DELETE FROM seal WHERE number > 2").await;
        admin.seal(&key(7), minute(67)).await.unwrap();
        assert!(with(vec![key(7), key(8)]).await.contains("ac: after seal 3 comes the key"), "{kind}");
    }
}

#[tokio::test]
async fn forged_history_is_found() {
    for (edits, code, words) in [
        // What no hash of an event covers.
        ("UPDATE document SET number = 'STS/26-27/00009' WHERE doc = 'D2'", "sealed", "document D2 up to revision 1 is not what seal 1 covers"),
        ("UPDATE paper SET to_party = 'MUM' WHERE ordinal = 1", "sealed", "document D1 up to revision 1 is not what seal 1 covers"),
        // A whole document gone, with everything that speaks of it.
        (
            "DELETE FROM mention WHERE doc = 'D3'; DELETE FROM document_line WHERE doc = 'D3'; DELETE FROM event WHERE doc = 'D3'; DELETE FROM document WHERE doc = 'D3'; \
             UPDATE series SET last = 3 WHERE series LIKE 'ship%'; UPDATE document SET number = 'STS/26-27/00003' WHERE doc = 'D4'",
            "sealed",
            "document D3 up to revision 1 is not what seal 2 covers",
        ),
        // An event with a hash of its own, and everything made to fit: the seals do not.
        ("UPDATE event SET hash = 'f00d' WHERE doc = 'D2'; UPDATE sealed SET hash = 'f00d' WHERE doc = 'D2'", "seal", "seal 1 was made over 2 documents"),
        ("UPDATE seal SET root = 'f00d' WHERE number = 1", "seal", "seal 1 was not made with the key: it was changed, or forged"),
        ("UPDATE seal SET previous = 'f00d' WHERE number = 2", "seal", "seal 2 follows a seal that is not the one before it"),
        ("DELETE FROM seal WHERE number = 1", "seal", "seal 2 stands where seal 1 should"),
    ] {
        for f in [sqlite().await, postgres().await] {
            let seals = sealed(&f).await;
            plant(&f, edits).await;
            let report = verify(&f, Some(&seals)).await;
            assert!(told(&report, code).contains(words), "{}: {edits}: {report:#?}", f.store.kind());
        }
    }
}

#[tokio::test]
async fn an_older_backup_is_betrayed_by_exported_seals() {
    let f = sqlite().await;
    f.store.commit(&with_everything()).await.unwrap();
    f.store.seal(&key(7), minute(60)).await.unwrap();
    let path = f.url.trim_start_matches("sqlite://").to_owned();
    f.store.close().await;
    std::fs::copy(&path, format!("{path}.old")).unwrap();
    let newer = Store::open(&f.url).await.unwrap();
    newer.commit(&receiving("D2", &["FAN#1"])).await.unwrap();
    newer.seal(&key(7), minute(61)).await.unwrap();
    let exported = Seal::from_lines(&Seal::to_lines(&newer.seals().await.unwrap()).unwrap()).unwrap();
    newer.close().await;
    std::fs::copy(format!("{path}.old"), &path).unwrap();

    let restored = Store::open(&f.url).await.unwrap();
    let options = |seals: &[Seal]| VerifyOptions { keys: vec![key(7)], seals: Some(seals.to_vec()), since_seal: false };
    let report = restored.verify_with(&options(&exported), &mut |_| {}).await.unwrap();
    assert!(
        told(&report, "exported").contains("ac: seal 2 was exported and is not here: the database is older than the seal; the last one here is 1"),
        "{report:?}"
    );
    assert!(restored.verify().await.unwrap().is_sound(), "by itself it is sound");
    // It goes on, and is sealed again: the chain is another one now.
    restored.commit(&receiving("D3", &["FAN#2"])).await.unwrap();
    restored.seal(&key(7), minute(62)).await.unwrap();
    let report = restored.verify_with(&options(&exported), &mut |_| {}).await.unwrap();
    assert!(told(&report, "exported").contains("seal 2 is not the one that was exported"), "{report:?}");
    let mut forged = exported.clone();
    forged[0].events = 7;
    let report = restored.verify_with(&options(&forged), &mut |_| {}).await.unwrap();
    assert!(told(&report, "exported").contains("the file is not to be trusted"), "{report:?}");
}
