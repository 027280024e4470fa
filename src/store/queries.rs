//! Lists and views from a database. Each is one statement made of fixed pieces; what is asked for travels as arguments.
//!
//! Must not know who asks. Tests: `tests/it/store_*.rs`.

use std::collections::BTreeMap;

use crate::base::{Bu, DocId, Name, Timestamp};
use crate::domain::{Balance, Closing, Document, Lot, Obligation, Paper, PastEvent};

use super::cells::Cells;
use super::chain;
use super::deployment::Deployment;
use super::error::{AsOf, StoreError, unreadable};
use super::load;
use super::outbox::OutboxEntry;
use super::rows::{self, Columns};
use super::shape;
use super::sql::{Arg, Database, Row, Where};
use super::views::{
    Book, ChildRecord, Counts, DocumentFilter, DocumentHead, DueTimer, EventRecord, LotFilter, MoveFilter, MoveRecord, ObligationFilter, PaperFilter,
    StockFilter, StockRow, StockTotal,
};

type Answer<T> = Result<T, StoreError>;

/// The text of an id, where there is one.
fn id<T: AsRef<str>>(id: Option<&T>) -> Option<&str> {
    id.map(AsRef::as_ref)
}

fn each<T>(rows: &[Row], columns: Columns, read: impl Fn(&Cells<'_>) -> Answer<T>) -> Answer<Vec<T>> {
    rows.iter().map(|row| read(&Cells::of(row, columns))).collect()
}

fn unpacked<T>(rows: &[Row], columns: Columns, read: impl Fn(&Cells<'_>) -> Answer<T>) -> Answer<Vec<T>> {
    let row = rows.first().ok_or_else(|| unreadable("packed rows", "nothing came"))?;
    each(&Row::unpack(row.text(0)?)?, columns, read)
}

/// Both ends of every move up to a time as balances, `{time}` being its condition.
const MOVED: &str = "(SELECT bu, part, lot, serial, to_party AS party, to_bin AS bin, to_doc AS doc, to_line AS line, to_condition AS condition, to_owner AS owner, \
    to_pool AS pool, quantity FROM move WHERE {time} \
    UNION ALL SELECT bu, part, lot, serial, from_party, from_bin, from_doc, from_line, from_condition, from_owner, from_pool, -quantity FROM move WHERE {time}) s";
const MOVED_COLUMNS: Columns = Columns { texts: rows::STOCK.texts, numbers: &["CAST(SUM(s.quantity) AS BIGINT)", "s.line"] };

/// Whether no more is asked for than a few balances.
const fn is_little(f: &StockFilter) -> bool {
    f.serial.is_some() || f.holder.is_some() || f.part.is_some() && f.party.is_some()
}

fn stock_where(f: &StockFilter) -> Where {
    let w = Where::bu(f.bu.as_str())
        .with("s.party = ?", id(f.party.as_ref()))
        .with("s.part = ?", id(f.part.as_ref()))
        .with("s.bin = ?", id(f.bin.as_ref()))
        .with("s.condition = ?", id(f.condition.as_ref()))
        .with("s.owner = ?", id(f.owner.as_ref()))
        .with("s.pool = ?", id(f.pool.as_ref()))
        .with("s.part IN (SELECT l.part FROM lot l WHERE l.bu = $1 AND l.lot = ?)", id(f.lot.as_ref()))
        .with("s.lot = ?", id(f.lot.as_ref()))
        .with("s.serial <> '' AND s.serial = ?", id(f.serial.as_ref()))
        .with("s.doc <> '' AND s.doc = ?", id(f.holder.as_ref()));
    if f.outside { w } else { w.and("s.party <> ''") }
}

impl Database {
    async fn list<T>(&self, columns: Columns, from: &str, w: &Where, read: impl Fn(&Cells<'_>) -> Answer<T>) -> Answer<Vec<T>> {
        let sql = self.dialect().text(&w.statement(&columns.packed(from)));
        unpacked(&self.fetch_text(sql.into(), &w.args).await?, columns, read)
    }

    /// A list that is short where it is asked for by such keys.
    async fn list_by<T>(&self, keys: bool, columns: Columns, from: &str, w: &Where, read: impl Fn(&Cells<'_>) -> Answer<T>) -> Answer<Vec<T>> {
        if keys { self.brief(columns, from, w, read).await } else { self.list(columns, from, w, read).await }
    }

    /// A list of a few rows, found by their keys.
    async fn brief<T>(&self, columns: Columns, from: &str, w: &Where, read: impl Fn(&Cells<'_>) -> Answer<T>) -> Answer<Vec<T>> {
        let sql = self.dialect().text(&w.statement(&columns.packed(from)));
        unpacked(&self.fetch_briefly(sql.into(), &w.args).await?, columns, read)
    }

    pub(super) async fn document(&self, bu: &Bu, doc: &DocId) -> Answer<Option<Document>> {
        let w = Where::bu(bu.as_str()).with("doc = ?", Some(doc.as_str()));
        let found = self.brief(rows::DOCUMENT, "document WHERE {where}", &w, |c| rows::document(bu, c)).await?;
        let Some(mut document) = found.into_iter().next() else { return Ok(None) };
        document.lines = self.brief(rows::LINE, "document_line WHERE {where} ORDER BY line", &w, rows::line).await?;
        Ok(Some(document))
    }

    pub(super) async fn documents_by_number(&self, bu: &Bu, number: &str) -> Answer<Vec<DocumentHead>> {
        let w = Where::bu(bu.as_str()).with("number = ?", Some(number));
        self.brief(rows::HEAD, "document WHERE {where} ORDER BY doc{c}", &w, rows::head).await
    }

    pub(super) async fn documents(&self, f: &DocumentFilter) -> Answer<Vec<DocumentHead>> {
        let mut w = Where::bu(f.bu.as_str())
            .with("workflow = ?", id(f.workflow.as_ref()))
            .with("state = ?", id(f.state.as_ref()))
            .with("doc IN (SELECT m.doc FROM mention m WHERE m.bu = $1 AND m.kind = 'party' AND m.code = ?)", id(f.party.as_ref()))
            .with("doc IN (SELECT m.doc FROM mention m WHERE m.bu = $1 AND m.kind = 'part' AND m.code = ?)", id(f.part.as_ref()));
        if let Some((field, text)) = &f.text {
            // The fields stand in the table as JSON, each value under its kind.
            let written = serde_json::json!({ "text": text }).to_string();
            w = w.with("replace(fields, ?, '') <> fields", Some(format!("\"{field}\":{written}")));
        }
        if f.open_only {
            w = w.and("ended = 0");
        }
        if let Some((opened_at, doc)) = &f.after {
            w = w.with("opened_at <= ?", Some(opened_at.micros()));
            w.args.push(doc.as_str().into());
            let (time, doc) = (w.args.len() - 1, w.args.len());
            w = w.and(&format!("(opened_at < ${time} OR doc{{c}} < ${doc})"));
        }
        w = w.with("1 = 1 ORDER BY opened_at DESC, doc{c} DESC LIMIT ?", Some(i64::from(f.limit)));
        self.list(rows::HEAD, "document WHERE {where}", &w, rows::head).await
    }

    pub(super) async fn events(&self, bu: &Bu, doc: &DocId) -> Answer<Vec<EventRecord>> {
        let w = Where::bu(bu.as_str()).with("doc = ?", Some(doc.as_str()));
        Ok(self.brief(rows::EVENT, "event WHERE {where} ORDER BY revision", &w, rows::event).await?.into_iter().map(|(record, _)| record).collect())
    }

    pub(super) async fn pasts(&self, bu: &Bu, docs: &[DocId]) -> Answer<BTreeMap<DocId, Vec<PastEvent>>> {
        let mut found: BTreeMap<DocId, Vec<PastEvent>> = BTreeMap::new();
        if docs.is_empty() {
            return Ok(found);
        }
        let w = Where::bu(bu.as_str()).with("doc {among {list ?}.value}", Some(chain::json(&docs)?));
        let past = self.brief(rows::PASTS, "event WHERE {where} ORDER BY doc{c}, revision", &w, |c| Ok((DocId::from(c.text(2)?), rows::past(c)?))).await?;
        for (doc, event) in past {
            found.entry(doc).or_default().push(event);
        }
        Ok(found)
    }

    pub(super) async fn moves(&self, f: &MoveFilter) -> Answer<Vec<MoveRecord>> {
        let w = Where::bu(f.bu.as_str())
            .with("doc = ?", id(f.doc.as_ref()))
            .with("part = ?", id(f.part.as_ref()))
            .with("lot = ?", id(f.lot.as_ref()))
            .with("serial <> '' AND serial = ?", id(f.serial.as_ref()))
            .with("(from_party = ? OR to_party = ?)", id(f.party.as_ref()))
            .with("1 = 1 ORDER BY recorded_at, doc{c}, revision, ordinal LIMIT ?", Some(i64::from(f.limit)));
        self.list_by(f.doc.is_some() || f.serial.is_some(), rows::MOVE, "move WHERE {where}", &w, rows::move_record).await
    }

    pub(super) async fn balances(&self, f: &StockFilter) -> Answer<Vec<Balance>> {
        let mut balances = self.list_by(is_little(f), rows::STOCK, "stock s WHERE {where}", &stock_where(f), rows::balance).await?;
        balances.sort_by_cached_key(shape::stock_key);
        Ok(balances)
    }

    pub(super) async fn stock(&self, f: &StockFilter) -> Answer<Vec<StockRow>> {
        let w = stock_where(f);
        let balances = self.balances(f).await?;
        let from = "lot WHERE bu = $1 AND lot {among (SELECT s.lot FROM stock s WHERE {where}) q.lot}";
        let lots = self.list_by(is_little(f), rows::LOT, from, &w, rows::lot).await?;
        let lots: std::collections::HashMap<_, _> = lots.into_iter().map(|l| (l.id.clone(), l)).collect();
        Ok(balances.into_iter().filter_map(|balance| Some(StockRow { lot: lots.get(&balance.lot)?.clone(), balance })).collect())
    }

    pub(super) async fn stock_totals(&self, f: &StockFilter) -> Answer<Vec<StockTotal>> {
        let columns = Columns { texts: rows::STOCK.texts, numbers: MOVED_COLUMNS.numbers };
        let texts = ["s.part", "''", "''", "s.party", "s.bin", "''", "s.condition", "s.owner", "s.pool"].join(", ");
        let sql = format!(
            "SELECT {texts}, CAST(SUM(s.quantity) AS BIGINT), CAST(0 AS BIGINT) FROM stock s WHERE {{where}} GROUP BY s.party, s.part, s.bin, s.condition, s.owner, s.pool"
        );
        let w = stock_where(f);
        let sql = self.dialect().text(&w.statement(&sql)).into();
        let found = if is_little(f) { self.fetch_briefly(sql, &w.args).await? } else { self.fetch_text(sql, &w.args).await? };
        let balances = each(&found, columns, rows::balance)?;
        let total = |b: Balance| {
            let p = b.position;
            StockTotal { party: p.party, part: b.part, bin: p.bin, condition: p.condition, owner: p.owner, pool: p.pool, quantity: b.quantity }
        };
        let mut totals: Vec<StockTotal> = balances.into_iter().map(total).collect();
        totals.sort();
        Ok(totals)
    }

    pub(super) async fn stock_as_of(&self, f: &StockFilter, at: AsOf) -> Answer<Vec<Balance>> {
        let mut w = stock_where(f);
        let mut moved = "bu = $1".to_owned();
        for (column, time) in [("recorded_at", at.recorded), ("effective_at", at.effective)] {
            let Some(time) = time else { continue };
            w.args.push(time.micros().into());
            moved.push_str(&format!(" AND {column} <= ${}", w.args.len()));
        }
        let from = MOVED.replace("{time}", &moved);
        let keys = "s.part, s.lot, s.serial, s.party, s.bin, s.doc, s.line, s.condition, s.owner, s.pool";
        let from = format!("{from} WHERE {{where}} GROUP BY {keys} HAVING SUM(s.quantity) <> 0");
        let mut balances = self.list(MOVED_COLUMNS, &from, &w, rows::balance).await?;
        balances.sort_by_cached_key(shape::stock_key);
        Ok(balances)
    }

    pub(super) async fn closing(&self, bu: &Bu) -> Answer<Option<Closing>> {
        Ok(self.brief(load::CLOSING, load::CLOSINGS, &Where::bu(bu.as_str()), load::closing).await?.pop())
    }

    pub(super) async fn obligations(&self, f: &ObligationFilter) -> Answer<Vec<Obligation>> {
        let mut w = Where::bu(f.bu.as_str())
            .with("debtor = ?", id(f.debtor.as_ref()))
            .with("creditor = ?", id(f.creditor.as_ref()))
            .with("doc = ?", id(f.doc.as_ref()))
            .with("part = ?", id(f.part.as_ref()))
            .with("kind = ?", id(f.kind.as_ref()));
        if f.open_only {
            w = w.and("open > 0");
        }
        w = w.with("1 = 1 ORDER BY due_at, id{c} LIMIT ?", Some(i64::from(f.limit)));
        self.list_by(f.doc.is_some(), rows::OBLIGATION, "obligation WHERE {where}", &w, rows::obligation).await
    }

    pub(super) async fn papers(&self, f: &PaperFilter) -> Answer<Vec<Paper>> {
        let mut w = Where::all()
            .with("p.bu = ?", Some(f.bu.as_str()))
            .with("p.doc = ?", id(f.doc.as_ref()))
            .with("p.number = ?", f.number.as_deref())
            .with("p.kind = ?", id(f.kind.as_ref()))
            .with("(p.from_party = ? OR p.to_party = ?)", id(f.party.as_ref()));
        if f.open_only {
            w = w.and("p.open = 1");
        }
        w = w.with("1 = 1 ORDER BY p.issued_at, p.doc{c}, p.revision, p.ordinal LIMIT ?", Some(i64::from(f.limit)));
        self.list_by(f.doc.is_some() || f.number.is_some(), rows::PAPER, &format!("{} WHERE {{where}}", rows::PAPERS), &w, rows::paper).await
    }

    pub(super) async fn lots(&self, f: &LotFilter) -> Answer<Vec<Lot>> {
        let item = |n: u32| (n != 0).then_some(i64::from(n));
        let sodo = f.sodo.as_ref();
        let w = Where::bu(f.bu.as_str())
            .with("lot = ?", id(f.lot.as_ref()))
            .with("part = ?", id(f.part.as_ref()))
            .with("doc = ?", id(f.doc.as_ref()))
            .with("parent <> '' AND parent = ?", id(f.parent.as_ref()))
            .with("so <> '' AND so = ?", sodo.map(|s| s.so.as_str()))
            .with("delivery = ?", sodo.map(|s| s.delivery.as_str()))
            .with("so_item = ?", sodo.and_then(|s| item(s.so_item)))
            .with("delivery_item = ?", sodo.and_then(|s| item(s.delivery_item)))
            .with("1 = 1 ORDER BY received_at, lot{c} LIMIT ?", Some(i64::from(f.limit)));
        self.list_by(f.lot.is_some(), rows::LOT, "lot WHERE {where}", &w, rows::lot).await
    }

    pub(super) async fn children(&self, bu: &Bu, parent: &DocId) -> Answer<Vec<ChildRecord>> {
        let w = Where::all().with("c.bu = ?", Some(bu.as_str())).with("c.parent = ?", Some(parent.as_str()));
        let from = format!("{} WHERE {{where}} ORDER BY c.doc{{c}}", rows::CHILDREN);
        self.brief(rows::CHILD, &from, &w, |c| rows::child(c).map(|(child, refused)| ChildRecord { child, refused })).await
    }

    pub(super) async fn counts(&self, bu: Option<&Bu>) -> Answer<Counts> {
        let w = Where::all().with("bu = ?", id(bu));
        let tables = ["document", "document WHERE ended = 0 AND", "event", "move", "lot", "paper", "obligation WHERE open > 0 AND"];
        let count = |table: &str| {
            if table.ends_with("AND") { format!("(SELECT COUNT(*) FROM {table} {{where}})") } else { format!("(SELECT COUNT(*) FROM {table} WHERE {{where}})") }
        };
        let sql = format!("SELECT {}", tables.map(count).join(", "));
        let rows = self.fetch(&w.statement(&sql), &w.args).await?;
        let number = |i: usize| rows.first().map_or(Ok(0), |row| row.int(i)).map(i64::unsigned_abs);
        Ok(Counts {
            documents: number(0)?,
            open_documents: number(1)?,
            transitions: number(2)?,
            moves: number(3)?,
            lots: number(4)?,
            papers: number(5)?,
            open_obligations: number(6)?,
        })
    }

    pub(super) async fn book(&self, hash: &str) -> Answer<Option<Book>> {
        let rows = self.fetch("SELECT hash, name, files FROM book WHERE hash = $1", &[hash.into()]).await?;
        let read = |row: &Row| Ok(Book { hash: row.text(0)?.to_owned(), name: row.text(1)?.to_owned(), files: row.text(2)?.to_owned() });
        rows.first().map(read).transpose()
    }

    pub(super) async fn deployments(&self) -> Answer<Vec<Deployment>> {
        let rows = self.fetch("SELECT hash, deployed_by, number, deployed_at FROM deployment ORDER BY number", &[]).await?;
        rows.iter().map(deployment).collect()
    }

    pub(super) async fn in_use(&self) -> Answer<Option<Deployment>> {
        let sql = "SELECT book_hash, actor, CAST(0 AS BIGINT), recorded_at FROM event ORDER BY recorded_at DESC LIMIT 1";
        self.fetch(sql, &[]).await?.first().map(deployment).transpose()
    }

    pub(super) async fn due_timers(&self, bu: Option<&Bu>, doc: Option<&DocId>, now: Timestamp, limit: u32) -> Answer<Vec<DueTimer>> {
        let w = Where::all()
            .with("bu = ?", id(bu))
            .with("doc = ?", id(doc))
            .with("due_at <= ?", Some(now.micros()))
            .with("1 = 1 ORDER BY due_at, doc{c}, id{c}, bu{c} LIMIT ?", Some(i64::from(limit)));
        self.brief(rows::TIMER, "timer WHERE {where}", &w, rows::timer).await
    }

    pub(super) async fn next_due(&self, bu: Option<&Bu>) -> Answer<Option<Timestamp>> {
        let w = Where::all().with("bu = ?", id(bu));
        // What is held has been due for a while: it stands before all that is free.
        let sql = "WITH free AS (SELECT MIN(due_at) AS at FROM timer WHERE held_until = 0 AND {where}) SELECT MIN(at) FROM (SELECT at FROM free \
                   UNION ALL SELECT MIN(held_until) FROM timer WHERE held_until > 0 AND due_at <= COALESCE((SELECT at FROM free), 9223372036854775807) AND {where}) n";
        let rows = self.fetch_briefly(w.statement(sql).into(), &w.args).await?;
        Ok(rows.first().map(|row| row.optional(0)).transpose()?.flatten().map(Timestamp::from_micros))
    }

    pub(super) async fn outbox_pending(&self, bu: Option<&Bu>, limit: u32) -> Answer<Vec<OutboxEntry>> {
        let w = Where::all().and("sent_at = 0").with("bu = ?", id(bu)).with("1 = 1 ORDER BY recorded_at, doc{c}, id{c}, bu{c} LIMIT ?", Some(i64::from(limit)));
        self.list(rows::OUTBOX, "outbox WHERE {where}", &w, rows::outbox).await
    }

    pub(super) async fn claim_holders(&self, bu: &Bu, workflow: &Name, keys: &[String]) -> Answer<Vec<(String, DocId)>> {
        let sql = "SELECT claim_key, doc FROM claim WHERE bu = $1 AND workflow = $2 AND claim_key IN (SELECT value FROM {list $3}) ORDER BY claim_key{c}";
        let args: [Arg; 3] = [bu.as_str().into(), workflow.as_str().into(), chain::json(&keys)?.into()];
        let rows = self.fetch_briefly(self.dialect().text(sql).into(), &args).await?;
        rows.iter().map(|row| Ok((row.text(0)?.to_owned(), DocId::from(row.text(1)?)))).collect()
    }
}

/// A deployment, as its columns stand in all questions for it.
pub(super) fn deployment(row: &Row) -> Answer<Deployment> {
    Ok(Deployment { hash: row.text(0)?.to_owned(), by: row.text(1)?.into(), number: row.int(2)?.unsigned_abs(), at: Timestamp::from_micros(row.int(3)?) })
}
