//! Master data in a database: what is there is read, what differs is written by the procedure for it, all in one transaction.
//!
//! Must not know files (`network`). Tests: `tests/it/store_parity.rs`.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::base::{Bu, PersonCode};
use crate::domain::{BusinessUnit, MasterData, Person};

use super::cells::Cells;
use super::error::StoreError;
use super::rows;
use super::shape;
use super::sql::{Database, Dialect, Row, Transaction};
use super::views::{MasterCount, MasterReport};
use super::{Store, chain};

/// One kind of master data: its table, the columns of its key, and the others.
pub(super) struct Kind {
    pub(super) table: &'static str,
    pub(super) keys: &'static [&'static str],
    pub(super) rest: &'static [&'static str],
}

/// In the order of `MASTER_KINDS`.
pub(super) const KINDS: [Kind; 8] = [
    Kind { table: "business_unit", keys: &["bu"], rest: &["name"] },
    Kind { table: "party", keys: &["bu", "party"], rest: &["kind", "parent", "body"] },
    Kind { table: "person", keys: &["bu", "person"], rest: &["body"] },
    Kind { table: "part", keys: &["bu", "part"], rest: &["class", "body"] },
    Kind { table: "rate", keys: &["bu", "part", "from_day"], rest: &["rate"] },
    Kind { table: "contract", keys: &["bu", "contract"], rest: &["customer", "body"] },
    Kind { table: "stock_limit", keys: &["bu", "party", "part", "class", "pool"], rest: &["body"] },
    Kind { table: "supersession", keys: &["bu", "old", "new"], rest: &["body"] },
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

    /// What of these rows is new, has changed, or is as before; and those that are not as before, in the order of their keys.
    async fn differing(&self, transaction: &mut Transaction, rows: Rows) -> Result<(MasterCount, Rows), StoreError> {
        let mut count = MasterCount::default();
        let key = |row: &[String]| row.iter().take(self.keys.len()).cloned().collect::<Vec<_>>();
        let units: BTreeSet<&String> = rows.iter().filter_map(|r| r.first()).collect();
        let width = self.keys.len() + self.rest.len();
        let read = |row: &Row| (0..width).map(|i| row.text(i).map(str::to_owned)).collect::<Result<Vec<_>, _>>();
        let there = transaction.fetch(&self.select(), &[chain::json(&units)?.into()]).await?;
        let there: HashMap<Vec<String>, Vec<String>> = there.iter().map(|r| read(r).map(|row| (key(&row), row))).collect::<Result<_, _>>()?;
        let mut changed: BTreeMap<Vec<String>, Vec<String>> = BTreeMap::new();
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
        Ok((count, changed.into_values().collect()))
    }
}

/// Each table, without rows.
fn none() -> BTreeMap<&'static str, Rows> {
    KINDS.iter().map(|k| (k.table, Rows::new())).collect()
}

/// Rows by business unit and table.
type Changes = BTreeMap<String, BTreeMap<&'static str, Rows>>;

impl Store {
    /// The master data of all business units.
    ///
    /// # Errors
    /// A fault of the database.
    pub async fn all_master(&self) -> Result<MasterData, StoreError> {
        let mut all = MasterData::default();
        for unit in self.business_units().await? {
            let known = self.master(&unit.code).await?;
            all.business_units.push(unit);
            all.parties.extend(known.parties);
            all.people.extend(known.people);
            all.parts.extend(known.parts);
            all.rates.extend(known.rates);
            all.contracts.extend(known.contracts);
            all.limits.extend(known.limits);
            all.supersessions.extend(known.supersessions);
        }
        Ok(all)
    }
}

impl Database {
    pub(super) async fn upsert_master(&self, data: &MasterData) -> Result<MasterReport, StoreError> {
        let mut transaction = self.begin().await?;
        let mut report = MasterReport::default();
        let mut changes = Changes::new();
        for ((kind, rows), name) in KINDS.iter().zip(rows_of(data)?).zip(super::MASTER_KINDS) {
            let (count, rows) = kind.differing(&mut transaction, rows).await?;
            for row in rows {
                let bu = row.first().cloned().unwrap_or_default();
                changes.entry(bu).or_insert_with(none).entry(kind.table).or_default().push(row);
            }
            report.kinds.push((name, count));
        }
        let put = match self.dialect() {
            Dialect::Sqlite => "INSERT INTO command VALUES ('master', $1, '', 0, jsonb($2))",
            Dialect::Postgres => "SELECT put_master($1, $2::jsonb)",
        };
        for (bu, tables) in changes {
            transaction.execute(put, &[bu.into(), chain::json(&tables)?.into()]).await?;
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
        rows.first().map(|row| rows::body(&Cells::of(row, rows::BODY))).transpose()
    }

    async fn bodies<T: serde::de::DeserializeOwned>(&self, table: &str, order: &str, bu: &Bu) -> Result<Vec<T>, StoreError> {
        let rows = self.fetch(&format!("SELECT body FROM {table} WHERE bu = $1 ORDER BY {order}"), &[bu.as_str().into()]).await?;
        rows.iter().map(|row| rows::body(&Cells::of(row, rows::BODY))).collect()
    }

    async fn rates(&self, bu: &Bu) -> Result<Vec<crate::domain::Rate>, StoreError> {
        let sql = format!("SELECT {} FROM rate WHERE bu = $1 ORDER BY part{{c}}, from_day", rows::RATE.list());
        let rows = self.fetch(&sql, &[bu.as_str().into()]).await?;
        rows.iter().map(|row| rows::rate(bu, &Cells::of(row, rows::RATE))).collect()
    }

    pub(super) async fn business_units(&self) -> Result<Vec<BusinessUnit>, StoreError> {
        let rows = self.fetch("SELECT bu, name FROM business_unit ORDER BY bu{c}", &[]).await?;
        rows.iter().map(|row| Ok(BusinessUnit { code: row.text(0)?.into(), name: row.text(1)?.to_owned() })).collect()
    }
}
