//! `bincard show NUMBER` of a paper: the challan or receipt as it is printed, made again from the stored facts.
//!
//! What a paper says is the library's to make (`papers`). Tests: `tests/it/cli.rs`.

use std::collections::BTreeSet;

use crate::base::{Bu, LotId};
use crate::domain::{Lot, Paper};
use crate::papers::{self, Copy, Facts, PaperRecord};
use crate::store::{LotFilter, MoveFilter, PaperFilter};

use super::error::CliError;
use super::output::Out;
use super::session::Session;

/// A document has no more moves than this.
const MOST: u32 = u32::MAX >> 1;

/// The papers of a number, each with its business unit; none where it is no paper's number.
pub async fn find(session: &Session, number: &str, bu: Option<&str>) -> Result<Vec<(Bu, Paper)>, CliError> {
    let mut found = Vec::new();
    for bu in session.units(bu).await? {
        let filter = PaperFilter { number: Some(number.to_owned()), ..PaperFilter::new(bu.clone()) };
        found.extend(session.store().papers(&filter).await?.into_iter().map(|paper| (bu.clone(), paper)));
    }
    Ok(found)
}

/// Prints papers: the original of a challan, its page for programs where JSON is wanted.
pub async fn print(session: &Session, found: &[(Bu, Paper)], out: Out) -> Result<(), CliError> {
    let mut records = Vec::new();
    for (bu, paper) in found {
        records.push(record(session, bu, paper).await?);
    }
    if out.is_json() {
        return out.json(&records.iter().map(PaperRecord::to_json).collect::<Vec<_>>());
    }
    records.iter().try_for_each(|record| out.line(record.to_text(Copy::Original).trim_end()))
}

/// A paper as it is made from what the store knows.
async fn record(session: &Session, bu: &Bu, paper: &Paper) -> Result<PaperRecord, CliError> {
    let store = session.store();
    let document = store.document(bu, &paper.doc).await?.ok_or_else(|| CliError::fault("the document of the paper is gone"))?;
    let papers = store.papers(&PaperFilter { doc: Some(paper.doc.clone()), ..PaperFilter::new(bu.clone()) }).await?;
    let moves = store.moves(&MoveFilter { doc: Some(paper.doc.clone()), limit: MOST, ..MoveFilter::new(bu.clone()) }).await?;
    let named: BTreeSet<&LotId> = moves.iter().map(|m| &m.movement.lot).collect();
    let mut lots: Vec<Lot> = Vec::new();
    for lot in named {
        lots.extend(store.lots(&LotFilter { lot: Some(lot.clone()), limit: 1, ..LotFilter::new(bu.clone()) }).await?);
    }
    let master = store.master(bu).await?;
    let title = session.book.vocabulary.documents.get(&paper.kind).map_or(paper.kind.as_str(), |kind| kind.named.label.as_str());
    let (parties, parts) = (&master.parties, &master.parts);
    let facts = Facts { title, document: &document.number, papers: &papers, moves: &moves, parties, parts, lots: &lots, zone: session.zone() };
    Ok(papers::make(paper, &facts))
}
