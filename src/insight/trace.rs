//! The story of something, both ways: where it came from, up to its SAP order, and where it went, down to the customer and back.
//!
//! All of it is found through moves and lots: a lot names the lot it came from, a move names the document that made it.
//! Must not know who shows the story. Tests: `tests/it/cli.rs`.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::base::{Bu, DocId, LotId, Name, PersonCode, SerialNo, Timestamp};
use crate::domain::{Document, Lot, Move, Sodo};
use crate::model::{Book, Type};
use crate::store::{DocumentFilter, LotFilter, MoveFilter, MoveRecord, PaperFilter, Store, StoreError};

/// No story is followed through more lots than this.
const MOST_LOTS: usize = 2_000;
/// No story has more moves than this.
const MOST_MOVES: u32 = 100_000;

/// What a story is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// One unit.
    Serial(SerialNo),
    /// One receipt.
    Lot(LotId),
    /// One document.
    Document(DocId),
    /// All that came under a SAP reference.
    Sodo(Sodo),
    /// What people call by a text of their own, such as a service order: all documents that have it in a field.
    Named(Name, String),
}

impl Subject {
    /// What kind of thing it is, in words.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Serial(_) => "serial".to_owned(),
            Self::Lot(_) => "lot".to_owned(),
            Self::Document(_) => "document".to_owned(),
            Self::Sodo(_) => "sodo".to_owned(),
            Self::Named(field, _) => field.as_str().replace('_', " "),
        }
    }
}

/// One transition in a story, with the moves it made that belong to it.
#[derive(Debug, Clone)]
pub struct Step {
    /// When it happened.
    pub at: Timestamp,
    /// The document.
    pub doc: DocId,
    /// Its printed number.
    pub number: String,
    /// Its workflow.
    pub workflow: Name,
    /// The revision it made.
    pub revision: u64,
    /// The transition.
    pub transition: Name,
    /// The state before; absent for an opening.
    pub from: Option<Name>,
    /// The state after.
    pub to: Name,
    /// Who did it.
    pub actor: PersonCode,
    /// As what.
    pub role: Name,
    /// Papers issued.
    pub papers: Vec<String>,
    /// The moves that belong to the story.
    pub moves: Vec<Move>,
}

/// A story.
#[derive(Debug, Clone)]
pub struct Trace {
    /// The lots in it, each after the one it came from.
    pub lots: Vec<Lot>,
    /// The documents in it, in the order in which they were opened.
    pub documents: Vec<Document>,
    /// What happened, oldest first.
    pub steps: Vec<Step>,
}

/// All that a word can mean: a serial number, a lot, a document's or paper's number, a SAP reference; and where it is none of
/// these, what stands in one of the text fields.
///
/// # Errors
/// A fault of the store.
pub async fn subjects(store: &Store, bu: &Bu, word: &str, texts: &BTreeSet<Name>) -> Result<Vec<Subject>, StoreError> {
    let mut found = BTreeSet::new();
    let serial = SerialNo::from(word);
    if !store.moves(&MoveFilter { serial: Some(serial.clone()), limit: 1, ..MoveFilter::new(bu.clone()) }).await?.is_empty() {
        found.insert(Subject::Serial(serial));
    }
    let lot = LotId::from(word);
    if !store.lots(&LotFilter { lot: Some(lot.clone()), limit: 1, ..LotFilter::new(bu.clone()) }).await?.is_empty() {
        found.insert(Subject::Lot(lot));
    }
    found.extend(store.documents_by_number(bu, word).await?.into_iter().map(|head| Subject::Document(head.id)));
    found.extend(store.document(bu, &DocId::from(word)).await?.map(|doc| Subject::Document(doc.id)));
    let papers = PaperFilter { number: Some(word.to_owned()), ..PaperFilter::new(bu.clone()) };
    found.extend(store.papers(&papers).await?.into_iter().map(|paper| Subject::Document(paper.doc)));
    if let Ok(sodo) = word.parse::<Sodo>()
        && !store.lots(&LotFilter { sodo: Some(sodo.clone()), limit: 1, ..LotFilter::new(bu.clone()) }).await?.is_empty()
    {
        found.insert(Subject::Sodo(sodo));
    }
    if found.is_empty() {
        for field in texts {
            if !named(store, bu, field, word).await?.is_empty() {
                found.insert(Subject::Named(field.clone(), word.to_owned()));
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// The story of something.
///
/// # Errors
/// A fault of the store.
pub async fn trace(store: &Store, bu: &Bu, subject: &Subject) -> Result<Trace, StoreError> {
    let mut story = Story { store, bu, lots: BTreeMap::new(), moves: BTreeMap::new(), whole: BTreeSet::new() };
    match subject {
        Subject::Serial(serial) => story.of_serial(serial).await?,
        Subject::Lot(lot) => story.of_lots(vec![lot.clone()]).await?,
        Subject::Sodo(sodo) => {
            let filter = LotFilter { sodo: Some(sodo.clone()), ..LotFilter::new(bu.clone()) };
            let lots = store.lots(&filter).await?.into_iter().map(|l| l.id).collect();
            story.of_lots(lots).await?;
        }
        Subject::Document(doc) => story.of_documents(vec![doc.clone()]).await?,
        Subject::Named(field, text) => story.of_documents(named(store, bu, field, text).await?).await?,
    }
    story.told().await
}

/// The text fields that documents of a book may have.
#[must_use]
pub fn text_fields(book: &Book) -> BTreeSet<Name> {
    let fields = book.workflows.values().flat_map(|w| &w.fields);
    fields.filter(|f| *f.ty.required() == Type::Text).map(|f| f.name.clone()).collect()
}

/// The documents that have a text in a field.
async fn named(store: &Store, bu: &Bu, field: &Name, text: &str) -> Result<Vec<DocId>, StoreError> {
    let filter = DocumentFilter { text: Some((field.clone(), text.to_owned())), ..DocumentFilter::new(bu.clone()) };
    Ok(store.documents(&filter).await?.into_iter().map(|head| head.id).collect())
}

/// A story while it is gathered.
struct Story<'a> {
    store: &'a Store,
    bu: &'a Bu,
    lots: BTreeMap<LotId, Lot>,
    moves: BTreeMap<(DocId, u64, u32), MoveRecord>,
    /// Documents that are told from beginning to end.
    whole: BTreeSet<DocId>,
}

impl Story<'_> {
    fn filter(&self) -> MoveFilter {
        MoveFilter { limit: MOST_MOVES, ..MoveFilter::new(self.bu.clone()) }
    }

    fn take(&mut self, records: Vec<MoveRecord>) {
        self.moves.extend(records.into_iter().map(|r| ((r.doc.clone(), r.revision, r.ordinal), r)));
    }

    /// All moves of the unit; its lots up to the first; and what was collected in its place.
    async fn of_serial(&mut self, serial: &SerialNo) -> Result<(), StoreError> {
        let own = self.store.moves(&MoveFilter { serial: Some(serial.clone()), ..self.filter() }).await?;
        let lots: BTreeSet<LotId> = own.iter().map(|r| r.movement.lot.clone()).collect();
        let documents: BTreeSet<DocId> = own.iter().map(|r| r.doc.clone()).collect();
        self.take(own);
        for lot in &lots {
            self.ancestors(lot).await?;
            for child in self.children(lot).await? {
                // A lot has many units: only what came in place of this one belongs here, and its document tells.
                if documents.contains(&child.doc) {
                    let records = self.store.moves(&MoveFilter { lot: Some(child.id.clone()), ..self.filter() }).await?;
                    let replaces = records.iter().all(|r| r.movement.serial.as_ref() != Some(serial));
                    if replaces {
                        self.take(records);
                    }
                    self.lots.insert(child.id.clone(), child);
                }
            }
        }
        Ok(())
    }

    /// All moves of the lots and of what came from them; the lots before them up to the first.
    async fn of_lots(&mut self, lots: Vec<LotId>) -> Result<(), StoreError> {
        for lot in &lots {
            self.ancestors(lot).await?;
        }
        let mut pending = VecDeque::from(lots);
        let mut seen = BTreeSet::new();
        while let Some(lot) = pending.pop_front() {
            if seen.len() >= MOST_LOTS || !seen.insert(lot.clone()) {
                continue;
            }
            let records = self.store.moves(&MoveFilter { lot: Some(lot.clone()), ..self.filter() }).await?;
            self.take(records);
            for child in self.children(&lot).await? {
                pending.push_back(child.id.clone());
                self.lots.insert(child.id.clone(), child);
            }
        }
        // The move that turned a lot into the next one stands under the lot before.
        let makers: BTreeSet<DocId> = self.moves.keys().map(|(doc, ..)| doc.clone()).collect();
        let before: Vec<LotId> = self.lots.keys().filter(|id| !seen.contains(*id)).cloned().collect();
        for lot in before {
            let records = self.store.moves(&MoveFilter { lot: Some(lot), ..self.filter() }).await?;
            let (into, first): (Vec<_>, Vec<_>) = records.into_iter().partition(|r| makers.contains(&r.doc));
            self.take(into);
            self.take(first.into_iter().filter(|r| r.movement.from.party.is_none()).collect());
        }
        Ok(())
    }

    /// The documents from beginning to end, those that they started and that started them, and the lots they moved.
    async fn of_documents(&mut self, documents: Vec<DocId>) -> Result<(), StoreError> {
        let mut pending = VecDeque::from(documents.clone());
        while let Some(doc) = pending.pop_front() {
            if self.whole.len() >= MOST_LOTS || !self.whole.insert(doc.clone()) {
                continue;
            }
            let records = self.store.moves(&MoveFilter { doc: Some(doc.clone()), ..self.filter() }).await?;
            for lot in records.iter().map(|r| r.movement.lot.clone()).collect::<BTreeSet<_>>() {
                self.ancestors(&lot).await?;
            }
            self.take(records);
            pending.extend(self.store.children(self.bu, &doc).await?.into_iter().filter(|c| c.child.state.is_some()).map(|c| c.child.doc));
        }
        for doc in documents {
            let mut up = self.store.document(self.bu, &doc).await?.and_then(|d| d.parent);
            while let Some(parent) = up.filter(|p| self.whole.insert(p.clone())) {
                up = self.store.document(self.bu, &parent).await?.and_then(|d| d.parent);
            }
        }
        Ok(())
    }

    /// A lot and those before it.
    async fn ancestors(&mut self, lot: &LotId) -> Result<(), StoreError> {
        let mut next = Some(lot.clone());
        while let Some(id) = next.take().filter(|id| !self.lots.contains_key(id)) {
            let filter = LotFilter { lot: Some(id), ..LotFilter::new(self.bu.clone()) };
            let Some(lot) = self.store.lots(&filter).await?.into_iter().next() else { break };
            next.clone_from(&lot.parent);
            self.lots.insert(lot.id.clone(), lot);
        }
        Ok(())
    }

    async fn children(&self, lot: &LotId) -> Result<Vec<Lot>, StoreError> {
        self.store.lots(&LotFilter { parent: Some(lot.clone()), ..LotFilter::new(self.bu.clone()) }).await
    }

    /// The gathered moves, as steps of their documents.
    async fn told(self) -> Result<Trace, StoreError> {
        let mut by_document: BTreeMap<DocId, BTreeMap<u64, Vec<Move>>> = self.whole.iter().map(|doc| (doc.clone(), BTreeMap::new())).collect();
        for ((doc, revision, _), record) in self.moves {
            by_document.entry(doc).or_default().entry(revision).or_default().push(record.movement);
        }
        let mut documents = Vec::new();
        let mut steps = Vec::new();
        for (doc, mut moves) in by_document {
            let Some(document) = self.store.document(self.bu, &doc).await? else { continue };
            let papers = self.store.papers(&PaperFilter { doc: Some(doc.clone()), ..PaperFilter::new(self.bu.clone()) }).await?;
            for record in self.store.events(self.bu, &doc).await? {
                let moves = moves.remove(&record.revision);
                if moves.is_none() && !self.whole.contains(&doc) {
                    continue;
                }
                let event = record.event;
                steps.push(Step {
                    at: event.effective_at,
                    doc: doc.clone(),
                    number: document.number.clone(),
                    workflow: document.workflow.clone(),
                    revision: record.revision,
                    transition: event.transition,
                    from: event.from,
                    to: event.to,
                    actor: event.actor,
                    role: event.role,
                    papers: papers.iter().filter(|p| p.revision == record.revision).map(|p| p.number.clone()).collect(),
                    moves: moves.unwrap_or_default(),
                });
            }
            documents.push(document);
        }
        steps.sort_by(|a, b| (a.at, &a.doc, a.revision).cmp(&(b.at, &b.doc, b.revision)));
        documents.sort_by(|a, b| (a.opened_at, &a.id).cmp(&(b.opened_at, &b.id)));
        Ok(Trace { lots: in_order(&self.lots), documents, steps })
    }
}

/// Lots, each after the one it came from.
fn in_order(lots: &BTreeMap<LotId, Lot>) -> Vec<Lot> {
    let generation = |lot: &Lot| {
        let before = std::iter::successors(Some(lot), |l| l.parent.as_ref().and_then(|parent| lots.get(parent)));
        before.take(lots.len()).count()
    };
    let mut ordered: Vec<(usize, &Lot)> = lots.values().map(|lot| (generation(lot), lot)).collect();
    ordered.sort_by(|(a, x), (b, y)| (a, x.received_at, &x.id).cmp(&(b, y.received_at, &y.id)));
    ordered.into_iter().map(|(_, lot)| lot.clone()).collect()
}
