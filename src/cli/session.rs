//! A book, its engine and its database, opened for one command; and what people leave out filled in: business unit, person, time, key.
//!
//! Must not know what the command does. Tests: `tests/it/cli.rs`.

use std::io::Write;
use std::sync::Arc;

use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::base::{Bu, DocId, Key, PersonCode, Timestamp};
use crate::domain::Person;
use crate::engine::Engine;
use crate::model::Book;
use crate::store::{DocumentHead, Store};

use super::args::Global;
use super::book::{self, OpenBook};
use super::error::CliError;

/// What every command on a database works with.
pub struct Session {
    /// The engine.
    pub engine: Engine,
    /// The book.
    pub book: Arc<Book>,
}

impl Session {
    /// Opens the book, which must be without errors, and its database.
    pub async fn open(global: &Global) -> Result<Self, CliError> {
        let root = book::root(global)?;
        let opened = book::open(&root)?;
        let url = global.db.clone().unwrap_or_else(|| book::database(&root, &opened.book.manifest.database));
        let store = Store::open(&url).await.map_err(|e| CliError::fault(format!("the database `{url}` cannot be opened: {e}")))?;
        let opened = in_force(&store, opened).await?;
        let engine = Engine::new(opened.book.clone(), opened.rules, store).await?.with_older(book::older());
        Ok(Self { engine, book: opened.book })
    }

    /// The store.
    pub const fn store(&self) -> &Store {
        self.engine.store()
    }

    /// The book's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.book.manifest.zone
    }

    /// A time as people read it.
    pub fn time(&self, at: Timestamp) -> String {
        at.civil(self.zone()).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// The time that was given, or now.
    pub fn at(&self, given: Option<&str>) -> Result<Timestamp, CliError> {
        match given {
            None => Ok(now()),
            Some(text) => Timestamp::parse_local(text, self.zone())
                .ok_or_else(|| CliError::usage(format!("`{text}` is not a time")).hint("write it as `2026-04-01 09:30` or `2026-04-01`")),
        }
    }

    /// All business units, which must be there.
    pub async fn business_units(&self) -> Result<Vec<Bu>, CliError> {
        let units: Vec<Bu> = self.store().business_units().await?.into_iter().map(|u| u.code).collect();
        if units.is_empty() {
            return Err(CliError::usage("there is no master data in this database yet").hint("load it with `bincard load`"));
        }
        Ok(units)
    }

    /// The business units that are meant: the given one, or all.
    pub async fn units(&self, given: Option<&str>) -> Result<Vec<Bu>, CliError> {
        let units = self.business_units().await?;
        let Some(given) = given else { return Ok(units) };
        match units.iter().find(|bu| **bu == *given) {
            Some(bu) => Ok(vec![bu.clone()]),
            None => Err(CliError::usage(format!("there is no business unit `{given}`")).hint(format!("there is {}", words(&units)))),
        }
    }

    /// The one business unit that is meant.
    pub async fn unit(&self, given: Option<&str>) -> Result<Bu, CliError> {
        let units = self.units(given).await?;
        match units.as_slice() {
            [one] => Ok(one.clone()),
            several => Err(CliError::usage("there are several business units").hint(format!("say which with `--bu`: {}", words(several)))),
        }
    }

    /// A person, with the business unit in which they act.
    pub async fn person(&self, code: &str, bu: Option<&str>) -> Result<(Bu, Person), CliError> {
        let mut people = Vec::new();
        for bu in self.units(bu).await? {
            let found = self.store().master(&bu).await?.people;
            people.extend(found.into_iter().map(|p| (bu.clone(), p)));
        }
        let mut named = people.iter().filter(|(_, p)| p.code == *code);
        match (named.next(), named.next()) {
            (Some(one), None) => Ok(one.clone()),
            (Some(_), Some(_)) => Err(CliError::usage(format!("`{code}` is known in several business units")).hint("say which with `--bu`")),
            (None, _) => {
                let error = CliError::usage(format!("nobody is called `{code}`"));
                let known = crate::base::suggest::did_you_mean(code, people.iter().map(|(_, p)| p.code.as_str()));
                Err(error.hint(known.unwrap_or_else(|| "`bincard load` brings people in; see the `people` of the master data".to_owned())))
            }
        }
    }

    /// The document that a printed number or an id means.
    pub async fn document(&self, word: &str, bu: Option<&str>) -> Result<(Bu, DocumentHead), CliError> {
        let mut found = Vec::new();
        for bu in self.units(bu).await? {
            let mut heads = self.store().documents_by_number(&bu, word).await?;
            if heads.is_empty()
                && let Some(doc) = self.store().document(&bu, &DocId::from(word)).await?
            {
                heads = self.store().documents_by_number(&bu, &doc.number).await?;
                heads.retain(|h| h.id == doc.id);
            }
            found.extend(heads.into_iter().map(|head| (bu.clone(), head)));
        }
        match found.len() {
            1 => found.pop().ok_or_else(|| CliError::fault("a document was lost while it was looked up")),
            0 => Err(CliError::usage(format!("there is no document `{word}`")).hint("`bincard show` lists documents")),
            _ => {
                let ids: Vec<String> = found.iter().map(|(bu, head)| format!("{} ({bu}, {})", head.id, head.workflow)).collect();
                Err(CliError::usage(format!("`{word}` is the number of several documents")).hint(format!("give the id: {}", ids.join(", "))))
            }
        }
    }
}

/// The book that a command works with: the one that was deployed, where one was, whatever the folder has become since.
async fn in_force(store: &Store, folder: OpenBook) -> Result<OpenBook, CliError> {
    let Some(last) = store.deployments().await?.pop().filter(|last| last.hash != folder.book.hash) else { return Ok(folder) };
    let kept = store.book(&last.hash).await?.ok_or_else(|| CliError::fault("the book in force is gone: run `bincard db verify`"))?;
    let book = book::open_stored(&kept.files).ok_or_else(|| {
        let error = CliError::fault("this program cannot read the book in force");
        error.hint("use the program that it was deployed with, or deploy this folder with `bincard plan` and `bincard apply`")
    })?;
    // People are told on stderr, so that what programs read stays as it is; where that is closed, nobody is told.
    let told = writeln!(std::io::stderr(), "note: this folder is not the book in force; `bincard plan` shows what is other");
    drop(told);
    Ok(book)
}

/// The clock of the machine.
pub fn now() -> Timestamp {
    Timestamp::from_micros(jiff::Timestamp::now().as_microsecond())
}

/// The key that was given, or one that no other command of this machine has.
pub fn key(given: Option<&str>) -> Key {
    given.map_or_else(|| Key::from(format!("cli:{}:{}", now().micros(), std::process::id())), Key::from)
}

/// The id of a document to be opened: the same key opens the same document.
pub fn document_id(bu: &Bu, key: &Key) -> DocId {
    let digest = hex::encode(Sha256::digest(format!("{bu} {key}")));
    DocId::from(format!("d-{digest:.16}"))
}

/// The person who acts, which must be told.
pub fn acting(given: Option<&str>) -> Result<PersonCode, CliError> {
    given.map(PersonCode::from).ok_or_else(|| CliError::usage("who does it?").hint("add `--as PERSON`, or set BINCARD_AS"))
}

fn words(units: &[Bu]) -> String {
    units.iter().map(Bu::as_str).collect::<Vec<_>>().join(", ")
}

/// A number of things, in words.
pub fn count(number: usize, thing: &str) -> String {
    format!("{number} {thing}{}", if number == 1 { "" } else { "s" })
}
