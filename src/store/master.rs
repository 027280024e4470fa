//! Master data in a database: what is there is read, what differs is written, all in one transaction.
//!
//! Must not know files (`network`). Tests: `tests/it/store_master.rs`.

use std::collections::{BTreeSet, HashMap};

use serde::Serialize;

use crate::base::{Bu, PersonCode};
use crate::domain::{BusinessUnit, MasterData, Person};

use super::chain;
use super::error::StoreError;
use super::rows::{self, Cells, Columns};
use super::shape;
use super::sql::{Database, Row, Transaction};
use super::views::{MasterCount, MasterReport};

/// One kind of master data: its table, the columns of its key, and the others. Numbers among them are named again.
struct Kind {
    table: &'static str,
    keys: &'static [&'static str],
    rest: &'static [&'static str],
    numbers: &'static [&'static str],
}

/// In the order of `MASTER_KINDS`.
const KINDS: [Kind; 8] = [
    Kind { table: "business_unit", keys: &["bu"], rest: &["name"], numbers: &[] },
    Kind { table: "party", keys: &["bu", "party"], rest: &["kind", "parent", "body"], numbers: &[] },
    Kind { table: "person", keys: &["bu", "person"], rest: &["body"], numbers: &[] },
    Kind { table: "part", keys: &["bu", "part"], rest: &["class", "body"], numbers: &[] },
    Kind { table: "rate", keys: &["bu", "part", "from_day"], rest: &["rate"], numbers: &["from_day", "rate"] },
    Kind { table: "contract", keys: &["bu", "contract"], rest: &["customer", "body"], numbers: &[] },
    Kind { table: "stock_limit", keys: &["bu", "party", "part", "class", "pool"], rest: &["body"], numbers: &[] },
    Kind { table: "supersession", keys: &["bu", "old", "new"], rest: &["body"], numbers: &[] },
];

type Rows = Vec<Vec<String>>;

fn row<const N: usize>(texts: [&str; N], body: &impl Serialize) -> Result<Vec<String>, StoreError> {
    Ok(texts.iter().map(|t| (*t).to_owned()).chain([chain::json(body)?]).collect())
}

/// All master data as columns, in the order of [`KINDS`].
fn rows_of(data: &MasterData) -> Result<[Rows; 8], StoreError> {
    let text = |t: Option<&str>| t.unwrap_or_default().to_owned();
    let units = data.business_units.iter().map(|u| vec![u.code.to_string(), u.name.clone()]).collect();
    let parties = data.parties.iter().map(|p| row([p.bu.as_str(), p.code.as_str(), p.kind.as_str(), &text(p.parent.as_ref().map(AsRef::as_ref))], p));
    let people = data.people.iter().map(|p| row([p.bu.as_str(), p.code.as_str()], p));
    let parts = data.parts.iter().map(|p| row([p.bu.as_str(), p.code.as_str(), p.class.as_str()], p));
    let rates = data.rates.iter().map(|r| vec![r.bu.to_string(), r.part.to_string(), r.from.days().to_string(), r.rate.minor().to_string()]).collect();
    let contracts = data.contracts.iter().map(|c| row([c.bu.as_str(), c.code.as_str(), &text(c.customer.as_ref().map(AsRef::as_ref))], c));
    let limits = data.limits.iter().map(|l| {
        let [party, part, class, pool] = shape::limit_key(l);
        row([l.bu.as_str(), &party, &part, &class, &pool], l)
    });
    let supersessions = data.supersessions.iter().map(|s| row([s.bu.as_str(), s.old.as_str(), s.new.as_str()], s));
    Ok([
        units,
        parties.collect::<Result<_, _>>()?,
        people.collect::<Result<_, _>>()?,
        parts.collect::<Result<_, _>>()?,
        rates,
        contracts.collect::<Result<_, _>>()?,
        limits.collect::<Result<_, _>>()?,
        supersessions.collect::<Result<_, _>>()?,
    ])
}

impl Kind {
    fn columns(&self) -> impl Iterator<Item = &'static str> {
        self.keys.iter().chain(self.rest).copied()
    }

    fn select(&self) -> String {
        let columns: Vec<String> = self.columns().map(|c| format!("CAST({c} AS TEXT)")).collect();
        format!("SELECT {} FROM {} WHERE bu IN (SELECT value FROM {{list $1}})", columns.join(", "), self.table)
    }

    fn upsert(&self) -> String {
        let value = |(i, c): (usize, &str)| if self.numbers.contains(&c) { format!("CAST(value ->> {i} AS BIGINT)") } else { format!("value ->> {i}") };
        let values: Vec<String> = self.columns().enumerate().map(value).collect();
        let changes: Vec<String> = self.rest.iter().map(|c| format!("{c} = excluded.{c}")).collect();
        let columns: Vec<&str> = self.columns().collect();
        format!(
            "INSERT INTO {} ({}) SELECT {} FROM {{rows $1}} WHERE 1 = 1 ON CONFLICT ({}) DO UPDATE SET {}",
            self.table,
            columns.join(", "),
            values.join(", "),
            self.keys.join(", "),
            changes.join(", ")
        )
    }

    async fn put(&self, transaction: &mut Transaction, rows: Rows) -> Result<MasterCount, StoreError> {
        let mut count = MasterCount::default();
        let key = |row: &[String]| row.iter().take(self.keys.len()).cloned().collect::<Vec<_>>();
        let units: BTreeSet<&String> = rows.iter().filter_map(|r| r.first()).collect();
        let width = self.keys.len() + self.rest.len();
        let read = |row: &Row| (0..width).map(|i| row.text(i).map(str::to_owned)).collect::<Result<Vec<_>, _>>();
        let there = transaction.fetch(&self.select(), &[chain::json(&units)?.into()]).await?;
        let there: HashMap<Vec<String>, Vec<String>> = there.iter().map(|r| read(r).map(|row| (key(&row), row))).collect::<Result<_, _>>()?;
        let mut changed: HashMap<Vec<String>, Vec<String>> = HashMap::new();
        for row in rows {
            match there.get(&key(&row)) {
                Some(old) if *old == row => count.unchanged += 1,
                Some(_) => count.changed += 1,
                None => count.added += 1,
            }
            if there.get(&key(&row)) != Some(&row) {
                changed.insert(key(&row), row);
            }
        }
        if !changed.is_empty() {
            let rows: Rows = changed.into_values().collect();
            transaction.execute(&self.upsert(), &[chain::json(&rows)?.into()]).await?;
        }
        Ok(count)
    }
}

impl Database {
    pub(super) async fn upsert_master(&self, data: &MasterData) -> Result<MasterReport, StoreError> {
        let mut transaction = self.begin().await?;
        let mut report = MasterReport::default();
        for ((kind, rows), name) in KINDS.iter().zip(rows_of(data)?).zip(super::MASTER_KINDS) {
            report.kinds.push((name, kind.put(&mut transaction, rows).await?));
        }
        if report.kinds.iter().any(|(_, count)| count.added > 0) {
            transaction.analyze(&KINDS.map(|k| k.table)).await?;
        }
        transaction.commit().await?;
        Ok(report)
    }

    pub(super) async fn master(&self, bu: &Bu) -> Result<MasterData, StoreError> {
        Ok(MasterData {
            business_units: self.business_units().await?.into_iter().filter(|u| u.code == *bu).collect(),
            parties: self.bodies("party", "party{c}", bu).await?,
            people: self.bodies("person", "person{c}", bu).await?,
            parts: self.bodies("part", "part{c}", bu).await?,
            rates: self.rates(bu).await?,
            contracts: self.bodies("contract", "contract{c}", bu).await?,
            limits: self.bodies("stock_limit", "party{c}, part{c}, class{c}, pool{c}", bu).await?,
            supersessions: self.bodies("supersession", "old{c}, new{c}", bu).await?,
        })
    }

    pub(super) async fn person(&self, bu: &Bu, code: &PersonCode) -> Result<Option<Person>, StoreError> {
        let rows = self.fetch("SELECT body FROM person WHERE bu = $1 AND person = $2", &[bu.as_str().into(), code.as_str().into()]).await?;
        rows.first().map(|row| rows::body(&Cells::of(row, Columns { texts: &["body"], numbers: &[] }))).transpose()
    }

    async fn bodies<T: serde::de::DeserializeOwned>(&self, table: &str, order: &str, bu: &Bu) -> Result<Vec<T>, StoreError> {
        let rows = self.fetch(&format!("SELECT body FROM {table} WHERE bu = $1 ORDER BY {order}"), &[bu.as_str().into()]).await?;
        rows.iter().map(|row| rows::body(&Cells::of(row, Columns { texts: &["body"], numbers: &[] }))).collect()
    }

    async fn rates(&self, bu: &Bu) -> Result<Vec<crate::domain::Rate>, StoreError> {
        let columns = Columns { texts: &["part"], numbers: &["from_day", "rate"] };
        let sql = format!("SELECT {} FROM rate WHERE bu = $1 ORDER BY part{{c}}, from_day", columns.list());
        let rows = self.fetch(&sql, &[bu.as_str().into()]).await?;
        rows.iter().map(|row| rows::rate(bu, &Cells::of(row, columns))).collect()
    }

    pub(super) async fn business_units(&self) -> Result<Vec<BusinessUnit>, StoreError> {
        let rows = self.fetch("SELECT bu, name FROM business_unit ORDER BY bu{c}", &[]).await?;
        rows.iter().map(|row| Ok(BusinessUnit { code: row.text(0)?.into(), name: row.text(1)?.to_owned() })).collect()
    }
}
