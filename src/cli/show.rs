//! `bincard show`: one document with its story, or a list of documents.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;
use serde_json::json;

use crate::base::Bu;
use crate::domain::{Document, Value};
use crate::model::Workflow;
use crate::store::{DocumentFilter, DocumentHead, EventRecord, ObligationFilter, PaperFilter, StockFilter};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::plain;
use super::session::Session;

/// Which document, or which documents.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard show STS/coolfix/26-27/00001       its fields, lines, story, papers, and what it holds
  bincard show                               open documents, newest first
  bincard show --workflow indent --all       every indent, ended ones too
  bincard show --party coolfix --part PCB    documents that have to do with both")]
pub struct ShowArgs {
    /// The document: its number or id
    document: Option<String>,
    /// Documents of this workflow
    #[arg(long)]
    workflow: Option<String>,
    /// In this state
    #[arg(long)]
    state: Option<String>,
    /// That name this party
    #[arg(long)]
    party: Option<String>,
    /// That name this part
    #[arg(long)]
    part: Option<String>,
    /// Ended ones too
    #[arg(long)]
    all: bool,
    /// At most this many
    #[arg(long, default_value_t = 50, value_name = "N")]
    limit: u32,
    /// The business unit, where not all
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// Shows a document, or lists documents.
pub async fn run(args: &ShowArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    match &args.document {
        Some(word) => {
            let (bu, head) = session.document(word, args.bu.as_deref()).await?;
            one(&session, &bu, &head, out).await
        }
        None => list(&session, args, out).await,
    }
}

async fn list(session: &Session, args: &ShowArgs, out: Out) -> Result<(), CliError> {
    let mut found: Vec<(Bu, DocumentHead)> = Vec::new();
    for bu in session.units(args.bu.as_deref()).await? {
        let filter = DocumentFilter {
            workflow: args.workflow.as_deref().map(Into::into),
            state: args.state.as_deref().map(Into::into),
            party: args.party.as_deref().map(Into::into),
            part: args.part.as_deref().map(Into::into),
            open_only: !args.all && args.state.is_none(),
            limit: args.limit,
            ..DocumentFilter::new(bu.clone())
        };
        found.extend(session.store().documents(&filter).await?.into_iter().map(|head| (bu.clone(), head)));
    }
    found.sort_by(|(_, a), (_, b)| (b.opened_at, &b.id).cmp(&(a.opened_at, &a.id)));
    found.truncate(args.limit as usize);
    if out.is_json() {
        let rows: Vec<_> = found
            .iter()
            .map(|(bu, h)| json!({ "bu": bu, "id": h.id, "number": h.number, "workflow": h.workflow, "state": h.state, "ended": h.ended, "revision": h.revision, "opened_by": h.opened_by, "opened_at": h.opened_at, "since": h.entered_at }))
            .collect();
        return out.json(&rows);
    }
    if found.is_empty() {
        return out.line("no documents");
    }
    let rows: Vec<Vec<String>> = found
        .iter()
        .map(|(_, h)| vec![h.number.clone(), h.workflow.to_string(), h.state.to_string(), session.time(h.entered_at), h.opened_by.to_string()])
        .collect();
    out.table(&["document", "workflow", "state", "since", "opened by"], &rows)
}

async fn one(session: &Session, bu: &Bu, head: &DocumentHead, out: Out) -> Result<(), CliError> {
    let store = session.store();
    let doc = store.document(bu, &head.id).await?.ok_or_else(|| CliError::fault("the document is gone"))?;
    let events = store.events(bu, &doc.id).await?;
    let papers = store.papers(&PaperFilter { doc: Some(doc.id.clone()), ..PaperFilter::new(bu.clone()) }).await?;
    let owed = store.obligations(&ObligationFilter { doc: Some(doc.id.clone()), ..ObligationFilter::new(bu.clone()) }).await?;
    let held = store.stock(&StockFilter { holder: Some(doc.id.clone()), ..StockFilter::new(bu.clone()) }).await?;
    let children = store.children(bu, &doc.id).await?;
    if out.is_json() {
        let children: Vec<_> = children
            .iter()
            .map(|c| json!({ "id": c.child.doc, "workflow": c.child.workflow, "state": c.child.state, "ended": c.child.ended, "refused": c.refused }))
            .collect();
        let events: Vec<_> = events.iter().map(|r| json!({ "revision": r.revision, "transition": r.event.transition, "from": r.event.from, "to": r.event.to, "actor": r.event.actor, "role": r.event.role, "effective_at": r.event.effective_at, "recorded_at": r.event.recorded_at })).collect();
        return out.json(&json!({
            "document": plain::document(&doc), "events": events, "papers": papers, "obligations": owed,
            "holds": held.iter().map(|r| plain::balance(&r.balance, Some(&r.lot))).collect::<Vec<_>>(), "started": children,
        }));
    }
    let workflow = session.book.workflows.get(&doc.workflow);
    header(session, &doc, workflow.map(AsRef::as_ref), out)?;
    lines(&doc, workflow.map(AsRef::as_ref), out)?;
    story(session, &events, out)?;
    let rows: Vec<Vec<String>> = papers
        .iter()
        .map(|p| {
            vec![
                p.number.clone(),
                p.kind.to_string(),
                text(p.from.as_ref()),
                text(p.to.as_ref()),
                if p.reverse_of.is_some() && p.open { "open".to_owned() } else { String::new() },
            ]
        })
        .collect();
    section(out, "papers", &["number", "kind", "from", "to", ""], &rows)?;
    let rows: Vec<Vec<String>> = held
        .iter()
        .map(|r| vec![r.balance.part.to_string(), r.balance.quantity.to_string(), super::outcome::place(&r.balance.position), text(r.balance.serial.as_ref())])
        .collect();
    section(out, "holds", &["part", "quantity#", "where", "serial"], &rows)?;
    let rows: Vec<Vec<String>> = owed
        .iter()
        .map(|o| {
            vec![
                o.kind.to_string(),
                o.part.to_string(),
                o.quantity.to_string(),
                o.open.to_string(),
                o.debtor.to_string(),
                o.creditor.to_string(),
                session.time(o.due_at),
            ]
        })
        .collect();
    section(out, "obligations", &["kind", "part", "owed#", "open#", "by", "to", "due"], &rows)?;
    let mut rows = Vec::new();
    for c in &children {
        let number = store.document(bu, &c.child.doc).await?.map_or_else(|| c.child.doc.to_string(), |d| d.number);
        let state = c
            .child
            .state
            .as_ref()
            .map_or_else(|| c.refused.as_ref().map_or_else(|| "to be opened".to_owned(), |why| format!("refused: {why}")), ToString::to_string);
        rows.push(vec![number, c.child.workflow.to_string(), state]);
    }
    section(out, "started", &["document", "workflow", "state"], &rows)
}

fn header(session: &Session, doc: &Document, workflow: Option<&Workflow>, out: Out) -> Result<(), CliError> {
    let title = workflow.map_or_else(|| doc.workflow.to_string(), |w| w.title.clone());
    let label = workflow.and_then(|w| w.state(doc.state.as_str())).map(|s| format!(" · {}", s.label)).unwrap_or_default();
    out.line(format!("{} · {title} · {}{label}, since {}", doc.number, doc.state, session.time(doc.entered_at)))?;
    let named = |name: &str| workflow.and_then(|w| w.field(name)).map(|f| f.label.clone()).filter(|l| !l.is_empty() && *l != name);
    for (name, value) in doc.fields.iter().filter(|(_, v)| shown(v)) {
        let label = named(name.as_str()).map(|l| format!("  ({l})")).unwrap_or_default();
        out.line(format!("  {name} {value}{label}"))?;
    }
    Ok(())
}

/// Lines as a table of those fields that any line has a value for.
fn lines(doc: &Document, workflow: Option<&Workflow>, out: Out) -> Result<(), CliError> {
    let declared: Vec<&str> = workflow.map(|w| w.line_fields.iter().map(|f| f.name.as_str()).collect()).unwrap_or_default();
    let used: Vec<&str> = declared.into_iter().filter(|name| doc.lines.iter().any(|l| l.values.get(*name).is_some_and(shown))).collect();
    let titles: Vec<String> = std::iter::once("line#".to_owned()).chain(used.iter().map(|n| (*n).to_owned())).collect();
    let rows: Vec<Vec<String>> = doc
        .lines
        .iter()
        .map(|l| {
            std::iter::once(l.no.to_string())
                .chain(used.iter().map(|n| l.values.get(*n).filter(|v| shown(v)).map(ToString::to_string).unwrap_or_default()))
                .collect()
        })
        .collect();
    section(out, "lines", &titles.iter().map(String::as_str).collect::<Vec<_>>(), &rows)
}

fn story(session: &Session, events: &[EventRecord], out: Out) -> Result<(), CliError> {
    let rows: Vec<Vec<String>> = events
        .iter()
        .map(|r| {
            let e = &r.event;
            let state = e.from.as_ref().map_or_else(|| format!("→ {}", e.to), |from| format!("{from} → {}", e.to));
            vec![r.revision.to_string(), session.time(e.effective_at), e.transition.to_string(), state, e.actor.to_string(), e.role.to_string()]
        })
        .collect();
    section(out, "story", &["#", "when", "transition", "state", "by", "as"], &rows)
}

fn section(out: Out, title: &str, titles: &[&str], rows: &[Vec<String>]) -> Result<(), CliError> {
    if rows.is_empty() {
        return Ok(());
    }
    out.line(format!("\n{title}"))?;
    out.table(titles, rows)
}

/// Whether a value says anything: nothing, empty texts and empty lists do not.
fn shown(value: &Value) -> bool {
    match value {
        Value::Absent => false,
        Value::Text(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Quantity(q) => !q.is_zero(),
        _ => true,
    }
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}
