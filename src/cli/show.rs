//! `bincard show`: one document with its story, or a list of documents.
//!
//! Tests: `tests/it/cli.rs`.

use clap::Args;
use serde_json::{Value as Json, json};

use crate::base::Bu;
use crate::domain::{Document, Obligation, Paper, Value};
use crate::model::{Type, Workflow};
use crate::store::{ChildRecord, DocumentFilter, DocumentHead, EventRecord, ObligationFilter, PaperFilter, StockFilter, StockRow};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::plain;
use super::session::Session;
use super::show_paper;

/// Which document, or which documents.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard show STS/coolfix/26-27/00001       its fields, lines, story, papers, and what it holds
  bincard show DCS/26-27/00001               a challan or receipt, as it is printed
  bincard show                               open documents, newest first
  bincard show --workflow indent --all       every indent, ended ones too
  bincard show --party coolfix --part PCB    documents that have to do with both")]
pub struct ShowArgs {
    /// The document: its number or id; or the number of a paper
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
            let papers = show_paper::find(&session, word, args.bu.as_deref()).await?;
            if !papers.is_empty() {
                return show_paper::print(&session, &papers, out).await;
            }
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

/// A document with all that stands around it.
struct Whole {
    document: Document,
    events: Vec<EventRecord>,
    papers: Vec<Paper>,
    owed: Vec<Obligation>,
    held: Vec<StockRow>,
    children: Vec<ChildRecord>,
}

async fn one(session: &Session, bu: &Bu, head: &DocumentHead, out: Out) -> Result<(), CliError> {
    let (store, doc) = (session.store(), Some(head.id.clone()));
    let whole = Whole {
        document: store.document(bu, &head.id).await?.ok_or_else(|| CliError::fault("the document is gone"))?,
        events: store.events(bu, &head.id).await?,
        papers: store.papers(&PaperFilter { doc: doc.clone(), ..PaperFilter::new(bu.clone()) }).await?,
        owed: store.obligations(&ObligationFilter { doc: doc.clone(), ..ObligationFilter::new(bu.clone()) }).await?,
        held: store.stock(&StockFilter { holder: doc, ..StockFilter::new(bu.clone()) }).await?,
        children: store.children(bu, &head.id).await?,
    };
    if out.is_json() {
        return out.json(&to_json(&whole));
    }
    let workflow = session.book.workflows.get(&head.workflow).map(AsRef::as_ref);
    header(session, &whole.document, workflow, out)?;
    lines(&whole.document, workflow, out)?;
    story(session, &whole.events, out)?;
    around(session, &whole, out)?;
    started(session, bu, &whole.children, out).await
}

fn to_json(whole: &Whole) -> Json {
    let children = whole.children.iter();
    let children =
        children.map(|c| json!({ "id": c.child.doc, "workflow": c.child.workflow, "state": c.child.state, "ended": c.child.ended, "refused": c.refused }));
    let events = whole.events.iter().map(|r| {
        let e = &r.event;
        json!({ "revision": r.revision, "transition": e.transition, "from": e.from, "to": e.to, "actor": e.actor, "role": e.role,
            "effective_at": e.effective_at, "recorded_at": e.recorded_at })
    });
    json!({
        "document": plain::document(&whole.document),
        "events": events.collect::<Vec<_>>(),
        "papers": whole.papers,
        "obligations": whole.owed,
        "holds": whole.held.iter().map(|r| plain::balance(&r.balance, Some(&r.lot))).collect::<Vec<_>>(),
        "started": children.collect::<Vec<_>>(),
    })
}

/// Papers, what it holds, what is owed.
fn around(session: &Session, whole: &Whole, out: Out) -> Result<(), CliError> {
    let open = |p: &Paper| if p.reverse_of.is_some() && p.open { "open".to_owned() } else { String::new() };
    let papers = whole.papers.iter().map(|p| vec![p.number.clone(), p.kind.to_string(), text(p.from.as_ref()), text(p.to.as_ref()), open(p)]);
    section(out, "papers", &["number", "kind", "from", "to", ""], &papers.collect::<Vec<_>>())?;
    let held = whole.held.iter().map(|r| &r.balance);
    let held = held.map(|b| vec![b.part.to_string(), b.quantity.to_string(), super::outcome::place(&b.position), text(b.serial.as_ref())]);
    section(out, "holds", &["part", "quantity#", "where", "serial"], &held.collect::<Vec<_>>())?;
    let owed = whole.owed.iter().map(|o| {
        let due = session.time(o.due_at);
        vec![o.kind.to_string(), o.part.to_string(), o.quantity.to_string(), o.open.to_string(), o.debtor.to_string(), o.creditor.to_string(), due]
    });
    section(out, "obligations", &["kind", "part", "owed#", "open#", "by", "to", "due"], &owed.collect::<Vec<_>>())
}

async fn started(session: &Session, bu: &Bu, children: &[ChildRecord], out: Out) -> Result<(), CliError> {
    let mut rows = Vec::new();
    for c in children {
        let number = session.store().document(bu, &c.child.doc).await?.map_or_else(|| c.child.doc.to_string(), |d| d.number);
        let state = match (&c.child.state, &c.refused) {
            (Some(state), _) => state.to_string(),
            (None, Some(why)) => format!("refused: {why}"),
            (None, None) => "to be opened".to_owned(),
        };
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
    let number = |name: &str| workflow.and_then(|w| w.line_field(name)).is_some_and(|f| matches!(f.ty.required(), Type::Quantity | Type::Money | Type::Number));
    let title = |name: &&str| if number(name) { format!("{name}#") } else { (*name).to_owned() };
    let titles: Vec<String> = std::iter::once("line#".to_owned()).chain(used.iter().map(title)).collect();
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
