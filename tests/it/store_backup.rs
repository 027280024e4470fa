//! Copies of a database: taken while others write, whole, and refused when they are not sound.

use std::path::Path;
use std::process::{Command, Output};

use bincard::store::{Seal, SealKey, Store};

use crate::support::plant::plant;
use crate::support::stores::{Fixture, firing, minute, postgres, receiving, request, sqlite, with_everything};

fn bincard(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_bincard")).args(arguments).current_dir(folder).env("NO_COLOR", "1").output().expect("the program")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[tokio::test]
async fn a_copy_is_taken_while_others_write_and_restored_whole() {
    for f in [sqlite().await, postgres().await] {
        f.store.commit(&with_everything()).await.unwrap();
        f.admin().await.seal(&SealKey::new(&[b'k'; 32]).unwrap(), minute(9)).await.unwrap();
        let folder = crate::support::folder();
        std::fs::write(folder.path().join("key"), [b'k'; 32]).unwrap();
        let writing = async {
            for n in 0..60 {
                f.store.commit(&receiving(&format!("W{n}"), &[&format!("FAN#{n}")])).await.unwrap();
                tokio::task::yield_now().await;
            }
        };
        let (path, url) = (folder.path().to_owned(), f.url.clone());
        let copying = tokio::task::spawn_blocking(move || bincard(&path, &["db", "backup", "copy", "--db", &url]));
        let ((), copied) = tokio::join!(writing, copying);
        let copied = copied.unwrap();
        assert!(copied.status.success(), "{}", said(&copied));
        let again = bincard(folder.path(), &["db", "backup", "copy", "--db", &f.url]);
        assert_eq!((again.status.code(), said(&again).contains("there is already a file `copy`")), (Some(2), true));

        let restored = bincard(folder.path(), &["db", "restore", "copy", "--db", "sqlite:new.db", "--key-file", "key"]);
        assert!(restored.status.success() && said(&restored).contains("nothing is wrong"), "{}", said(&restored));
        let store = Store::open(&format!("sqlite:{}", folder.path().join("new.db").display())).await.unwrap();
        let counts = store.counts(None).await.unwrap();
        assert!((1..=61).contains(&counts.documents) && counts.documents == counts.transitions, "{counts:?}");
        store.commit(&firing(&store.load(&request("D1")).await.unwrap(), "approve")).await.unwrap();
    }
}

async fn refused(f: &Fixture, folder: &Path, words: &str) {
    let restored = bincard(folder, &["db", "restore", "copy", "--db", "sqlite:new.db", "--seals", "seals"]);
    assert!(restored.status.code() == Some(1) && said(&restored).contains(words), "{}: {}", f.url, said(&restored));
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name()).filter(|n| n.to_string_lossy().starts_with("new.db")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn a_copy_that_is_tampered_with_or_too_old_is_not_put_in_place() {
    let f = sqlite().await;
    let folder = crate::support::folder();
    let copy = |to: &str| bincard(folder.path(), &["db", "backup", to, "--db", &f.url]);
    f.store.commit(&with_everything()).await.unwrap();
    assert!(copy("copy").status.success());
    f.store.seal(&SealKey::new(&[7; 32]).unwrap(), minute(9)).await.unwrap();
    std::fs::write(folder.path().join("seals"), Seal::to_lines(&f.store.seals().await.unwrap()).unwrap()).unwrap();
    refused(&f, folder.path(), "seal 1 was exported and is not here").await;
    std::fs::remove_file(folder.path().join("copy")).unwrap();
    plant(&f, "UPDATE stock SET quantity = quantity + 1000 WHERE party = 'PUNE'").await;
    assert!(copy("copy").status.success());
    refused(&f, folder.path(), "WRONG [balance]").await;
}

#[tokio::test]
async fn a_journal_that_is_too_old_is_not_put_in_place_on_a_server() {
    let (f, to) = (postgres().await, postgres().await);
    let folder = crate::support::folder();
    let key = SealKey::new(&[7; 32]).unwrap();
    f.store.commit(&with_everything()).await.unwrap();
    f.admin().await.seal(&key, minute(9)).await.unwrap();
    assert!(bincard(folder.path(), &["db", "backup", "copy", "--db", &f.url]).status.success());
    f.store.commit(&receiving("D2", &["FAN#1"])).await.unwrap();
    f.admin().await.seal(&key, minute(10)).await.unwrap();
    std::fs::write(folder.path().join("seals"), Seal::to_lines(&f.store.seals().await.unwrap()).unwrap()).unwrap();

    let old = bincard(folder.path(), &["db", "restore", "copy", "--db", &to.url, "--seals", "seals"]);
    assert!(old.status.code() == Some(1) && said(&old).contains("seal 2 was exported and is not here"), "{}", said(&old));
    assert_eq!(to.store.counts(None).await.unwrap(), bincard::store::Counts::default(), "nothing was put in place");

    let done = bincard(folder.path(), &["db", "restore", "copy", "--db", &to.url]);
    assert!(done.status.success() && said(&done).contains("nothing is wrong"), "{}", said(&done));
    assert_eq!(to.store.counts(None).await.unwrap().transitions, 1);
    let twice = bincard(folder.path(), &["db", "restore", "copy", "--db", &to.url]);
    assert!(!twice.status.success() && said(&twice).contains("the database is not empty"), "{}", said(&twice));
}
