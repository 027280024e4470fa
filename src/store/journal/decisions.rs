//! Decisions put together again from the rows they left.
//!
//! What a document says is kept only as it is now; its last decision carries it, and what became of messages, timers and
//! started documents since. Must not know how lines are written. Tests: `tests/it/store_journal.rs`.

use std::collections::{BTreeMap, HashMap};

use crate::base::{Bu, Name, Timestamp};
use crate::domain::{ChildStart, Claim, Decision, Document, Lot, Move, Obligation, ObligationChange, OutboxRow, PaperDraft, SeriesTake, Timer};

use super::super::audit::{CHANGE, CLOSES, change, closes};
use super::super::cells::Cells;
use super::super::error::{StoreError, unreadable};
use super::super::rows::{self, Columns};
use super::super::sql::{Arg, Row, Transaction};
use super::super::views::EventRecord;
use super::{Entry, Rang, Since};

/// Events put together at once.
const PAGE: i64 = 500;
/// Moves put together at once, unless one event has more.
const MOVES: i64 = 3_000;

/// Behind one event, up to another, in the order of the export.
#[derive(Clone, Copy)]
struct Span {
    after: i64,
    upto: i64,
}

impl Span {
    /// The next events that do not hold too many moves together.
    async fn next(reading: &mut Transaction, after: i64) -> Result<Self, StoreError> {
        let sql = "SELECT o.n, (SELECT COUNT(*) FROM move m WHERE m.bu = o.bu AND m.doc = o.doc AND m.revision = o.revision) \
                   FROM exported o WHERE o.n > $1 AND o.n <= $2 ORDER BY o.n";
        let counts = reading.fetch(sql, &[after.into(), (after + PAGE).into()]).await?;
        let mut moves = 0;
        for (row, next) in counts.iter().zip(counts.iter().skip(1)) {
            moves += row.int(1)?;
            if moves + next.int(1)? > MOVES {
                return Ok(Self { after, upto: row.int(0)? });
            }
        }
        Ok(Self { after, upto: after + PAGE })
    }

    fn args(self) -> [Arg; 2] {
        [self.after.into(), self.upto.into()]
    }
}

/// Business unit, document and revision.
type Key = (String, String, i64);
type Grouped<T> = HashMap<Key, Vec<T>>;

const PAPER: Columns = Columns { texts: &["kind", "series", "number", "from_party", "to_party", "follows"], numbers: &["reverses", "open"] };
const OUTBOX: Columns = Columns { texts: rows::OUTBOX.texts, numbers: &["recorded_at", "tries", "next_at", "given_up_at", "sent_at"] };
const CLAIM: Columns = Columns { texts: &["claim_key", "until"], numbers: &[] };
const CHILD: Columns = Columns { texts: &["doc", "workflow", "refused"], numbers: &[] };

/// Which rows belong to an event on a page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    /// Those that it wrote.
    Event,
    /// Those of its document.
    Document,
    /// Those of its document, where it is the last event.
    Last,
}

/// A paper as it was issued.
#[derive(Clone)]
struct Issued {
    kind: String,
    series: String,
    number: String,
    from: String,
    to: String,
    follows: String,
    reverses: Option<u32>,
    open: bool,
}

/// A message, when it was written, and when it was delivered, if it was.
type Message = (String, OutboxRow, i64, i64);

/// How each series writes its numbers.
#[derive(Default)]
pub(super) struct Patterns(HashMap<(String, String), Vec<[String; 3]>>);

impl Patterns {
    pub(super) async fn read(reading: &mut Transaction) -> Result<Self, StoreError> {
        let mut patterns = Self::default();
        for row in reading.fetch("SELECT bu, series FROM series", &[]).await? {
            let (bu, name) = (row.text(0)?.to_owned(), row.text(1)?);
            let parts: Vec<&str> = name.split('|').collect();
            if let [kind, _, prefix, suffix] = parts.as_slice() {
                patterns.0.entry((bu, (*kind).to_owned())).or_default().push([name, prefix, suffix].map(|t| (*t).to_owned()));
            }
        }
        Ok(patterns)
    }

    /// A number taken from a series: how it is written, and which it is.
    fn take(&self, bu: &str, kind: &str, series: Option<&str>, number: &str) -> Result<(SeriesTake, u64), StoreError> {
        let known = self.0.get(&(bu.to_owned(), kind.to_owned())).into_iter().flatten();
        let known = known.filter(|[name, ..]| series.is_none_or(|s| s == name));
        let fits = |[name, prefix, suffix]: &[String; 3]| {
            let digits = number.strip_prefix(prefix)?.strip_suffix(suffix.as_str())?;
            let n: u64 = digits.parse().ok().filter(|_| digits.bytes().all(|b| b.is_ascii_digit()))?;
            let width = u32::try_from(digits.len()).ok()?;
            Some((SeriesTake { series: name.clone(), prefix: prefix.clone(), width, suffix: suffix.clone(), ordinal: 1 }, n))
        };
        let found = known.filter_map(fits).max_by_key(|(take, _)| take.prefix.len());
        found.ok_or_else(|| unreadable("the journal", format!("{bu}: no series of {kind} gives the number {number}: run `bincard db verify`")))
    }
}

/// What a page of events left behind.
struct Page {
    lots: Grouped<Lot>,
    moves: Grouped<Move>,
    owed: Grouped<Obligation>,
    changes: Grouped<ObligationChange>,
    closes: Grouped<Timestamp>,
    papers: Grouped<Issued>,
    all_papers: Grouped<Issued>,
    documents: Grouped<Document>,
    lines: Grouped<crate::domain::Line>,
    timers: Grouped<Timer>,
    claims: Grouped<Claim>,
    children: Grouped<(ChildStart, String)>,
    messages: HashMap<(String, String), Vec<Message>>,
}

/// The next events as decisions.
pub(super) async fn entries(reading: &mut Transaction, patterns: &Patterns, after: i64) -> Result<Vec<Entry>, StoreError> {
    let span = Span::next(reading, after).await?;
    let (events, width) = joined(reading, rows::EVENT, ("event", "n"), Of::Event, span).await?;
    let page = Page::fetch(reading, span).await?;
    let read = |row: &Row| {
        let (record, content) = rows::event(&Cells::of(row, rows::EVENT))?;
        entry(&key_of(row, width)?, record, content, &page, patterns)
    };
    events.iter().map(read).collect()
}

/// Rows that belong to the events of a page, with business unit, document and revision of the event behind their own columns.
async fn joined(reading: &mut Transaction, columns: Columns, (table, order): (&str, &str), of: Of, span: Span) -> Result<(Vec<Row>, usize), StoreError> {
    let doc = if table == "child" { "parent" } else { "doc" };
    let on = match of {
        Of::Event => " AND t.revision = o.revision",
        Of::Document => "",
        Of::Last => " AND EXISTS (SELECT 1 FROM document l WHERE l.bu = o.bu AND l.doc = o.doc AND l.revision = o.revision)",
    };
    let sql = format!(
        "SELECT {}, o_bu, o_doc, o_revision FROM (SELECT t.*, o.n AS n, o.bu AS o_bu, o.doc AS o_doc, o.revision AS o_revision \
         FROM exported o JOIN {table} t ON t.bu = o.bu AND t.{doc} = o.doc{on} WHERE o.n > $1 AND o.n <= $2) {table} ORDER BY n, {order}",
        columns.list()
    );
    Ok((reading.fetch(&sql, &span.args()).await?, columns.texts.len() + columns.numbers.len()))
}

fn key_of(row: &Row, width: usize) -> Result<Key, StoreError> {
    Ok((row.text(width)?.to_owned(), row.text(width + 1)?.to_owned(), row.int(width + 2)?))
}

async fn grouped<T>(
    reading: &mut Transaction,
    (columns, table, order): (Columns, &str, &str),
    of: Of,
    span: Span,
    read: impl Fn(&Key, &Cells<'_>) -> Result<T, StoreError>,
) -> Result<Grouped<T>, StoreError> {
    let (rows, width) = joined(reading, columns, (table, order), of, span).await?;
    let mut groups = Grouped::new();
    for row in &rows {
        let key = key_of(row, width)?;
        let value = read(&key, &Cells::of(row, columns))?;
        groups.entry(key).or_insert_with(Vec::new).push(value);
    }
    Ok(groups)
}

impl Page {
    async fn fetch(r: &mut Transaction, span: Span) -> Result<Self, StoreError> {
        let papers = (PAPER, "paper", "revision, ordinal");
        Ok(Self {
            lots: grouped(r, (rows::LOT, "lot", "lot"), Of::Event, span, |_, c| rows::lot(c)).await?,
            moves: grouped(r, (rows::MOVE, "move", "ordinal"), Of::Event, span, |_, c| rows::movement(c)).await?,
            owed: grouped(r, (rows::OBLIGATION, "obligation", "id"), Of::Event, span, |_, c| rows::obligation(c)).await?,
            changes: grouped(r, (CHANGE, "obligation_change", "ordinal"), Of::Event, span, |_, c| change(c)).await?,
            closes: grouped(r, (CLOSES, "closing", "until"), Of::Event, span, |_, c| closes(c)).await?,
            papers: grouped(r, papers, Of::Event, span, |_, c| issued(c)).await?,
            all_papers: grouped(r, papers, Of::Last, span, |_, c| issued(c)).await?,
            documents: grouped(r, (rows::DOCUMENT, "document", "doc"), Of::Document, span, |k, c| rows::document(&Bu::from(&k.0), c)).await?,
            lines: grouped(r, (rows::LINE, "document_line", "line"), Of::Last, span, |_, c| rows::line(c)).await?,
            timers: grouped(r, (rows::TIMER, "timer", "id"), Of::Last, span, |_, c| Ok(rows::timer(c)?.timer)).await?,
            claims: grouped(r, (CLAIM, "claim", "claim_key"), Of::Last, span, |_, c| claim(c)).await?,
            children: grouped(r, (CHILD, "child", "doc"), Of::Last, span, |_, c| {
                Ok((ChildStart { doc: c.text(0)?.into(), workflow: c.text(1)?.into() }, c.text(2)?.to_owned()))
            })
            .await?,
            messages: messages(r, span).await?,
        })
    }
}

fn issued(c: &Cells<'_>) -> Result<Issued, StoreError> {
    let text = |i: usize| c.text(i).map(str::to_owned);
    let reverses = u32::try_from(c.int(0)?).ok().filter(|n| *n > 0);
    Ok(Issued { kind: text(0)?, series: text(1)?, number: text(2)?, from: text(3)?, to: text(4)?, follows: text(5)?, reverses, open: c.int(1)? == 1 })
}

fn claim(c: &Cells<'_>) -> Result<Claim, StoreError> {
    let until = serde_json::from_str(c.text(1)?).map_err(|e| unreadable("a claim", e))?;
    Ok(Claim { key: c.text(0)?.to_owned(), until, code: None, line: None, sentence: String::new() })
}

/// All messages of the documents on a page, whichever of their events wrote them.
async fn messages(reading: &mut Transaction, span: Span) -> Result<HashMap<(String, String), Vec<Message>>, StoreError> {
    let sql = format!(
        "SELECT {} FROM outbox JOIN (SELECT DISTINCT o.bu AS o_bu, o.doc AS o_doc FROM exported o WHERE o.n > $1 AND o.n <= $2) d \
         ON d.o_bu = outbox.bu AND d.o_doc = outbox.doc",
        OUTBOX.list()
    );
    let mut groups: HashMap<(String, String), Vec<Message>> = HashMap::new();
    for row in reading.fetch(&sql, &span.args()).await? {
        let cells = Cells::of(&row, OUTBOX);
        let entry = rows::outbox(&cells)?;
        groups.entry((entry.bu.to_string(), entry.doc.to_string())).or_default().push((entry.id, entry.row, cells.int(0)?, cells.int(4)?));
    }
    groups.values_mut().for_each(|of| of.sort_by(|a, b| a.0.cmp(&b.0)));
    Ok(groups)
}

fn of<T: Clone>(groups: &Grouped<T>, key: &Key) -> Vec<T> {
    groups.get(key).cloned().unwrap_or_default()
}

/// One event with all that it wrote.
fn entry(key: &Key, record: EventRecord, content: String, page: &Page, patterns: &Patterns) -> Result<Entry, StoreError> {
    let document = page.documents.get(key).and_then(|d| d.first());
    let document = document.ok_or_else(|| unreadable("the journal", format!("{}: document {} is gone: run `bincard db verify`", key.0, key.1)))?;
    let last = document.revision == record.revision;
    let (numbers, number, papers) = numbers(key, document, page, patterns)?;
    let mut owed = of(&page.owed, key);
    owed.iter_mut().for_each(|o| o.open = o.quantity);
    let (messages, since) = told(key, last, page);
    let decision = Decision {
        bu: document.bu.clone(),
        opens: record.revision == 1,
        number,
        chain: record.previous,
        lots: of(&page.lots, key),
        moves: of(&page.moves, key),
        owed,
        obligation_changes: of(&page.changes, key),
        papers,
        papers_closed: of(&page.all_papers, key).into_iter().filter(|p| p.reverses.is_some() && !p.open).map(|p| p.number).collect(),
        books_closed: of(&page.closes, key).pop(),
        timers: of(&page.timers, key),
        enters_state: false,
        fired_timer: None,
        outbox: messages,
        claims: of(&page.claims, key),
        children: of(&page.children, key).into_iter().map(|(child, _)| child).collect(),
        document: if last {
            Document { lines: of(&page.lines, key), ..document.clone() }
        } else {
            before(document, &record.event.to, record.event.version, record.revision)
        },
        event: record.event,
    };
    Ok(Entry { decision, content, hash: record.hash, numbers, follows: of(&page.papers, key).into_iter().map(|p| p.follows).collect(), since })
}

/// A document before its last event: where it stood, and nothing of what it said.
fn before(document: &Document, state: &Name, version: u32, revision: u64) -> Document {
    Document { state: state.clone(), version, revision, ended: false, fields: BTreeMap::new(), lines: Vec::new(), number: String::new(), ..document.clone() }
}

/// The numbers of an event, how the document's is written, and the papers with theirs.
type Numbers = (Vec<u64>, Option<SeriesTake>, Vec<PaperDraft>);

/// The numbers that an event took: the document's, if it opened one, and those of its papers.
fn numbers(key: &Key, document: &Document, page: &Page, patterns: &Patterns) -> Result<Numbers, StoreError> {
    let mut taken: HashMap<String, u32> = HashMap::new();
    let mut numbers = Vec::new();
    let mut take = |kind: &str, series: Option<&str>, number: &str| {
        let (mut take, n) = patterns.take(&key.0, kind, series, number)?;
        let count = taken.entry(take.series.clone()).or_insert(0);
        *count += 1;
        take.ordinal = *count;
        numbers.push(n);
        Ok::<_, StoreError>(take)
    };
    let opens = key.2 == 1 && !document.number.is_empty();
    let number = opens.then(|| take(document.workflow.as_str(), None, &document.number)).transpose()?;
    let mut papers = Vec::new();
    for p in of(&page.papers, key) {
        let number = take(p.series.split('|').next().unwrap_or_default(), Some(&p.series), &p.number)?;
        let party = |code: String| (!code.is_empty()).then(|| code.as_str().into());
        papers.push(PaperDraft { kind: p.kind.as_str().into(), number, from: party(p.from), to: party(p.to), reverse_of: p.reverses.map(|n| n - 1) });
    }
    Ok((numbers, number, papers))
}

/// The messages of an event; and, with the last one, what became of all messages and started documents since.
fn told(key: &Key, last: bool, page: &Page) -> (Vec<OutboxRow>, Option<Since>) {
    let none = Vec::new();
    let all = page.messages.get(&(key.0.clone(), key.1.clone())).unwrap_or(&none);
    let own = format!("{:06}.", key.2);
    let messages = all.iter().filter(|(id, ..)| id.starts_with(&own) && !id.contains(".t")).map(|(_, row, ..)| row.clone()).collect();
    if !last {
        return (messages, None);
    }
    let refused = of(&page.children, key).into_iter().filter(|(_, why)| !why.is_empty()).map(|(child, why)| (child.doc, why)).collect();
    let sent = all.iter().filter(|(.., sent)| *sent != 0).map(|(id, .., sent)| (id.clone(), Timestamp::from_micros(*sent))).collect();
    let mut since = Since { refused, rang: Vec::new(), sent };
    for (id, row, at, _) in all {
        let Some((timer, _)) = id.rsplit_once(".t") else { continue };
        match since.rang.last_mut().filter(|r| r.timer == timer) {
            Some(rang) => rang.outbox.push(row.clone()),
            None => since.rang.push(Rang { timer: timer.to_owned(), at: Timestamp::from_micros(*at), outbox: vec![row.clone()] }),
        }
    }
    let nothing = since.refused.is_empty() && since.sent.is_empty() && since.rang.is_empty();
    (messages, (!nothing).then_some(since))
}
