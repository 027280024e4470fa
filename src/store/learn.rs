//! Reading master data by keys, with the version of its business unit: one statement that gives one row, one round trip.
//!
//! A load sends it only for keys of which the process knows nothing at that version (`known.rs`). Must not know who asks.
//! Tests: `tests/it/store_known.rs`; `plans.rs` reads how the databases go about it.

use std::sync::{Arc, OnceLock};

use crate::base::Bu;

use super::cells::Cells;
use super::chain;
use super::error::StoreError;
use super::known::{Found, Missing};
use super::rows::{self, BODY, Columns, RATE};
use super::sql::{Arg, Database, Dialect};

/// Rows of one kind, and where they come from. $1 business unit, $2 person, $3 parts, $4 parts with their supersessions,
/// $5 parties with parents and children, $6 parties without, $7 contracts, $8 and $9 parties and parts of limits. Lists are
/// JSON. `CROSS JOIN` is for SQLite, as in `load.rs`.
const KINDS: [(&str, Columns, &str); 7] = [
    ("person", BODY, "person WHERE bu = $1 AND person = $2"),
    ("part", BODY, "part WHERE bu = $1 AND part IN (SELECT value FROM {list $3})"),
    ("rate", RATE, "rate WHERE bu = $1 AND part IN (SELECT value FROM {list $3})"),
    ("supersession", BODY, "want_chain w CROSS JOIN supersession x WHERE x.bu = $1 AND x.old = w.part"),
    ("party", BODY, "party WHERE bu = $1 AND party IN (SELECT party FROM want_row)"),
    ("contract", BODY, "contract WHERE bu = $1 AND contract IN (SELECT value FROM {list $7})"),
    (
        "limit",
        BODY,
        "(SELECT value AS party FROM {list $8}) y CROSS JOIN (SELECT value AS part FROM {list $9}) w CROSS JOIN stock_limit l \
         WHERE l.bu = $1 AND l.party = y.party AND l.part = w.part",
    ),
];

const WANTED: &str = "WITH RECURSIVE want_chain(part) AS (SELECT value FROM {list $4} UNION \
    SELECT CASE WHEN x.old = w.part THEN x.new ELSE x.old END FROM want_chain w CROSS JOIN supersession x WHERE x.bu = $1 AND (x.old = w.part OR x.new = w.part)), \
    want_party(party) AS (SELECT value FROM {list $5}), \
    want_row(party) AS (SELECT party FROM want_party UNION ALL SELECT value FROM {list $6} \
    UNION ALL SELECT p.parent FROM want_party w CROSS JOIN party p WHERE p.bu = $1 AND p.party = w.party \
    UNION ALL SELECT p.party FROM want_party w CROSS JOIN party p WHERE p.bu = $1 AND p.parent = w.party) ";

/// What a business unit's master data is at; it is another after every writing.
pub(super) const VERSION: &str = "(SELECT version FROM business_unit WHERE bu = $1) AS version";

/// The statement in a dialect, made once.
fn interned(dialect: Dialect) -> Arc<str> {
    static TEXTS: [OnceLock<Arc<str>>; 2] = [OnceLock::new(), OnceLock::new()];
    let [sqlite, postgres] = &TEXTS;
    let text = if dialect == Dialect::Sqlite { sqlite } else { postgres };
    let made = || {
        let kinds: Vec<String> = KINDS.iter().map(|(tag, columns, from)| format!("({}) AS {tag}s", columns.packed(from))).collect();
        dialect.text(&format!("{WANTED}SELECT {}, {VERSION}", kinds.join(", "))).into()
    };
    Arc::clone(text.get_or_init(made))
}

impl Database {
    /// What there is of some keys, and the version at which that was so.
    pub(super) async fn learn(&self, bu: &Bu, missing: &Missing) -> Result<(String, Found), StoreError> {
        let args: [Arg; 9] = [
            bu.as_str().into(),
            missing.person.as_ref().map(AsRef::as_ref).unwrap_or_default().into(),
            chain::json(&missing.parts)?.into(),
            chain::json(&missing.chains)?.into(),
            chain::json(&missing.parties)?.into(),
            chain::json(&missing.alone)?.into(),
            chain::json(&missing.contracts)?.into(),
            chain::json(&missing.limits.0)?.into(),
            chain::json(&missing.limits.1)?.into(),
        ];
        let row = self.fetch_one(interned(self.dialect()), &args).await?;
        let version = row.text(KINDS.len())?.to_owned();
        let mut found = Found::default();
        for ((tag, columns, _), rows) in KINDS.iter().zip(row.unpack_all(KINDS.len())?) {
            rows.iter().try_for_each(|row| take(&mut found, bu, tag, &Cells::of(row, *columns)))?;
        }
        Ok((version, found))
    }
}

fn take(found: &mut Found, bu: &Bu, tag: &str, c: &Cells<'_>) -> Result<(), StoreError> {
    match tag {
        "person" => found.person = Some(rows::body(c)?),
        "part" => found.parts.push(rows::body(c)?),
        "rate" => found.rates.push(rows::rate(bu, c)?),
        "supersession" => found.supersessions.push(rows::body(c)?),
        "party" => found.parties.push(rows::body(c)?),
        "contract" => found.contracts.push(rows::body(c)?),
        _ => found.limits.push(rows::body(c)?),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Store;
    use super::super::plans::SAID;
    use crate::base::Quantity;
    use crate::domain::{BusinessUnit, Limit, LimitScope, LoadRequest, MasterData, Needs};

    fn request() -> LoadRequest {
        LoadRequest {
            person: Some("asha".into()),
            parts: vec!["PCB".into(), "FAN".into()],
            parties: vec!["PUNE".into(), "WH".into()],
            contracts: vec!["AMC".into()],
            needs: Needs { network: true, limits: true, ..Needs::default() },
            ..LoadRequest::about(&"ac".into(), &"D1".into(), "k".into(), "2026-04-01".parse().unwrap())
        }
    }

    fn limits(maximum: i64) -> MasterData {
        let scope = LimitScope { party: None, part: None, class: None, pool: None };
        let limit = Limit { bu: "ac".into(), scope, maximum: Some(Quantity::units(maximum)), trigger: None, value: None };
        let unit = BusinessUnit { code: "ac".into(), name: "Air conditioning".into() };
        MasterData { business_units: vec![unit], limits: vec![limit], ..MasterData::default() }
    }

    /// How many statements a load takes, and the limit that it finds.
    async fn loaded(store: &Store) -> (usize, Option<Quantity>) {
        SAID.take();
        let snapshot = store.load(&request()).await.unwrap();
        (SAID.take().len(), snapshot.limits.first().and_then(|l| l.maximum))
    }

    #[tokio::test]
    async fn what_is_known_is_read_again_only_when_master_data_has_changed() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("known.db").display());
        let (store, other) = (Store::open(&url).await.unwrap(), Store::open(&url).await.unwrap());
        assert_eq!(loaded(&store).await, (2, None), "nothing was ever written: nothing is kept");
        assert_eq!(loaded(&store).await, (2, None));
        other.upsert_master(&limits(1)).await.unwrap();
        assert_eq!(loaded(&store).await, (2, Some(Quantity::units(1))));
        assert_eq!(loaded(&store.clone()).await, (1, Some(Quantity::units(1))), "clones share it");
        other.upsert_master(&limits(2)).await.unwrap();
        assert_eq!(loaded(&store).await, (2, Some(Quantity::units(2))), "another process has written");
        assert_eq!(loaded(&store).await, (1, Some(Quantity::units(2))));
        other.upsert_master(&limits(2)).await.unwrap();
        assert_eq!(loaded(&store).await, (1, Some(Quantity::units(2))), "nothing was changed");
    }
}
