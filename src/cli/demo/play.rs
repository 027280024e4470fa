//! Plays a story on an engine and shows each chapter: which documents moved, from state to state, by whom.
//!
//! Must not know any workflow. Tests: `tests/it/cli.rs`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value as Json, json};

use crate::base::{Bu, DocId, Key, Timestamp};
use crate::domain::{Action, Actor, Command, Input, MasterData};
use crate::engine::Outcome;
use crate::insight;
use crate::store::{DocumentFilter, StockFilter};

use super::super::error::CliError;
use super::super::output::Out;
use super::super::refusal;
use super::super::session::{Session, count};
use super::super::trace;
use super::story::{self, Step};

/// A story as it is played.
pub struct Play<'a> {
    session: &'a Session,
    data: &'a MasterData,
    out: Out,
    now: Timestamp,
    /// What the story calls its documents.
    names: BTreeMap<String, (Bu, DocId)>,
    /// How far each document has been shown.
    shown: BTreeMap<DocId, u64>,
    commands: usize,
    refused: usize,
    /// For programs: everything that was shown.
    told: Vec<Json>,
}

impl<'a> Play<'a> {
    /// At the beginning.
    pub fn new(session: &'a Session, data: &'a MasterData, out: Out) -> Self {
        Self { session, data, out, now: Timestamp::default(), names: BTreeMap::new(), shown: BTreeMap::new(), commands: 0, refused: 0, told: Vec::new() }
    }

    /// Who is there.
    pub fn begin(&mut self) -> Result<(), CliError> {
        let parties = &self.data.parties;
        let of_kind = |kind: &str| parties.iter().filter(|p| p.kind == *kind).count();
        // Business units may share a building: a warehouse is counted by where it stands.
        let mut sites: Vec<(&str, &str)> = parties.iter().filter(|p| p.kind == *"warehouse").map(|p| (p.address.as_str(), p.city.as_str())).collect();
        sites.sort_unstable();
        sites.dedup();
        let who = [
            count(self.data.business_units.len(), "business unit"),
            count(sites.len(), "warehouse"),
            count(of_kind("asp"), "service partner"),
            count(of_kind("technician"), "technician"),
            count(self.data.people.len(), "person").replace("persons", "people"),
            count(self.data.parts.len(), "part"),
        ];
        self.say(format!("{}: {}", self.session.book.manifest.name, who.join(", ")))
    }

    fn say(&self, text: impl AsRef<str>) -> Result<(), CliError> {
        if self.out.is_json() { Ok(()) } else { self.out.line(text) }
    }

    /// Plays one step.
    pub async fn take(&mut self, step: &Step) -> Result<(), CliError> {
        match step {
            Step::Chapter(c) => {
                self.documents().await?;
                self.told.push(json!({ "chapter": c.chapter }));
                self.say(format!("\n── {}", c.chapter))
            }
            Step::On(on) => {
                self.now = self.session.at(Some(&on.on))?;
                self.session.engine.tick(None, self.now).await?;
                Ok(())
            }
            Step::Open(open) => {
                let (bu, _) = self.session.person(&open.person, None).await?;
                let doc = DocId::from(format!("demo-{}", open.called));
                self.names.insert(open.called.clone(), (bu.clone(), doc.clone()));
                let action = Action::Open { workflow: open.open.clone(), transition: None, parent: None };
                self.command(bu, doc, action, &open.person, story::input(&open.with, &open.lines), open.show_refusal).await
            }
            Step::Fire(fire) => {
                let (bu, doc) = self.named(&fire.of)?;
                let action = Action::Fire { transition: fire.fire.clone() };
                self.command(bu, doc, action, &fire.person, story::input(&fire.with, &fire.lines), fire.show_refusal).await
            }
            Step::Started(started) => {
                let (bu, parent) = self.named(&started.started)?;
                let children = self.session.store().children(&bu, &parent).await?;
                let known = |doc: &DocId| self.names.values().any(|(_, named)| named == doc);
                let child = children.into_iter().find(|c| c.child.workflow == started.workflow && !known(&c.child.doc));
                let child = child.ok_or_else(|| CliError::fault(format!("`{}` has started no {}", started.started, started.workflow)))?;
                self.names.insert(started.called.clone(), (bu, child.child.doc));
                Ok(())
            }
            Step::Stock(stock) => self.stock(&stock.stock).await,
            Step::Trace(of) => self.trace(&of.trace).await,
            Step::ByHand(by_hand) => self.by_hand(&by_hand.by_hand).await,
            Step::Proof(proof) => {
                if proof.proof {
                    self.proof().await
                } else {
                    Ok(())
                }
            }
        }
    }

    fn named(&self, name: &str) -> Result<(Bu, DocId), CliError> {
        self.names.get(name).cloned().ok_or_else(|| CliError::usage(format!("the story has no `{name}` yet")))
    }

    async fn command(&mut self, bu: Bu, doc: DocId, action: Action, person: &str, input: Input, expected: bool) -> Result<(), CliError> {
        self.commands += 1;
        let command = Command {
            bu,
            doc,
            action,
            actor: Actor::Person(person.into()),
            input,
            key: Key::from(format!("demo-{}", self.commands)),
            recorded_at: self.now,
            effective_at: self.now,
            seen_revision: None,
        };
        let (bu, doc) = (command.bu.clone(), command.doc.clone());
        let what = self.session.engine.execute(command).await?;
        let Outcome::Refused(no) = what else { return Ok(()) };
        self.refused += 1;
        self.documents().await?;
        let number = self.session.store().document(&bu, &doc).await?.map_or_else(|| doc.to_string(), |d| d.number);
        self.told.push(refusal::to_json(&no));
        self.say(refusal::to_text(&no, &number))?;
        if expected { Ok(()) } else { Err(CliError::fault("the story does not fit the book: this was not meant to be refused")) }
    }

    /// The documents that have moved since they were shown last, each with its way.
    async fn documents(&mut self) -> Result<(), CliError> {
        let mut moved = Vec::new();
        for unit in &self.data.business_units {
            let filter = DocumentFilter::new(unit.code.clone());
            let heads = self.session.store().documents(&filter).await?;
            moved.extend(heads.into_iter().filter(|h| self.shown.get(&h.id).copied().unwrap_or(0) < h.revision).map(|h| (unit.code.clone(), h)));
        }
        moved.sort_by(|(_, a), (_, b)| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)));
        let mut rows = Vec::new();
        for (bu, head) in moved {
            let before = self.shown.insert(head.id.clone(), head.revision).unwrap_or(0);
            let mut way = Vec::new();
            for record in self.session.store().events(&bu, &head.id).await?.into_iter().filter(|r| r.revision > before) {
                let event = record.event;
                self.told
                    .push(json!({ "document": head.number, "transition": event.transition, "to": event.to, "actor": event.actor, "at": event.effective_at }));
                let told = if event.from.as_ref() == Some(&event.to) { format!("+ {}", event.transition) } else { event.to.to_string() };
                way.push(if event.actor == *"system" { told } else { format!("{told} ({})", event.actor) });
            }
            let begins = if before > 0 { "… " } else { "" };
            rows.push((head.number, format!("{begins}{}", way.join(" → ").replace("→ +", "+"))));
        }
        let width = rows.iter().map(|(number, _)| number.chars().count()).max().unwrap_or(0);
        for (number, way) in rows {
            self.say(format!("   {number:<width$}  {way}"))?;
        }
        Ok(())
    }

    async fn stock(&mut self, of: &story::StockOf) -> Result<(), CliError> {
        let party = of.party.as_str();
        let bu = self.data.parties.iter().find(|p| p.code == *party).map(|p| p.bu.clone());
        let bu = bu.ok_or_else(|| CliError::usage(format!("there is no party `{party}`")))?;
        let filter = StockFilter { party: Some(party.into()), bin: of.bin.as_deref().map(Into::into), ..StockFilter::new(bu) };
        let totals = self.session.store().stock_totals(&filter).await?;
        let rows: Vec<Vec<String>> = totals
            .iter()
            .map(|t| vec![format!("   {party}"), t.part.to_string(), t.quantity.to_string(), t.bin.to_string(), t.condition.to_string(), t.pool.to_string()])
            .collect();
        for t in &totals {
            self.told.push(json!({ "party": party, "part": t.part, "quantity": t.quantity, "bin": t.bin, "condition": t.condition, "pool": t.pool }));
        }
        if self.out.is_json() { Ok(()) } else { self.out.table(&["   at", "part", "quantity#", "bin", "condition", "pool"], &rows) }
    }

    async fn trace(&mut self, word: &str) -> Result<(), CliError> {
        let texts = insight::text_fields(&self.session.book);
        for unit in &self.data.business_units {
            for subject in insight::subjects(self.session.store(), &unit.code, word, &texts).await? {
                let story = insight::trace(self.session.store(), &unit.code, &subject).await?;
                if self.out.is_json() {
                    self.told.push(trace::to_json(&subject, &story));
                } else {
                    trace::tell(self.session, word, &subject, &story, self.out)?;
                }
            }
        }
        Ok(())
    }

    async fn by_hand(&mut self, statement: &str) -> Result<(), CliError> {
        let answer = self.session.store().try_by_hand(statement).await?;
        self.told.push(json!({ "by_hand": statement, "refused": answer }));
        let answer = answer.ok_or_else(|| CliError::fault(format!("the database let this pass: {statement}")))?;
        self.say(format!("   sql> {statement};\n   refused: {answer}"))
    }

    /// Everything is replayed and compared.
    async fn proof(&mut self) -> Result<(), CliError> {
        let report = self.session.store().verify().await?;
        if let Some(finding) = report.findings.first() {
            return Err(CliError::fault(format!("the books are wrong: {}", finding.text)));
        }
        let text = format!(
            "proof: {} replayed; {} compared; the books of {} sum to zero; no ended document holds anything",
            count(usize::try_from(report.moves).unwrap_or(0), "move"),
            count(usize::try_from(report.balances).unwrap_or(0), "balance"),
            count(usize::try_from(report.parts).unwrap_or(0), "part")
        );
        self.told.push(json!({ "proof": { "moves": report.moves, "balances": report.balances, "events": report.events, "parts": report.parts } }));
        self.say(format!("\n{text}"))
    }

    /// What to try next.
    pub async fn end(mut self, took: Duration, url: &str, program: &str) -> Result<(), CliError> {
        self.documents().await?;
        let counts = self.session.store().counts(None).await?;
        if self.out.is_json() {
            return self.out.json(&json!({ "outcome": "done", "database": url, "documents": counts.documents, "transitions": counts.transitions, "moves": counts.moves, "story": self.told }));
        }
        let last = self.names.values().next_back().map(|(bu, doc)| (bu.clone(), doc.clone()));
        let number = match last {
            Some((bu, doc)) => self.session.store().document(&bu, &doc).await?.map(|d| d.number).unwrap_or_default(),
            None => String::new(),
        };
        self.say(format!(
            "{}, {}, {} by {} of people in {:.1} s\n",
            count(usize::try_from(counts.documents).unwrap_or(0), "document"),
            count(usize::try_from(counts.transitions).unwrap_or(0), "transition"),
            count(usize::try_from(counts.moves).unwrap_or(0), "move"),
            count(self.commands, "command"),
            took.as_secs_f32()
        ))?;
        self.say(format!(
            "The database is still there. Try next:\n  export BINCARD_DB={url}\n  {program} todo --as asha\n  {program} show {number}\n  {program} stock --part PCB --lots\n  {program} trace SO-700301\n  {program} test                 the scenarios beside the flows\n  {program} new mybook           a book of your own"
        ))
    }
}
