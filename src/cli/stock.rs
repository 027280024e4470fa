//! `bincard stock`: what is where, now or as of a time.
//!
//! Tests: `tests/it/cli.rs`.

use std::collections::BTreeMap;

use clap::Args;
use serde_json::json;

use crate::base::{Bu, Date, Quantity, Timestamp, suggest};
use crate::domain::Balance;
use crate::store::{AsOf, StockFilter, StockTotal};

use super::args::Global;
use super::error::CliError;
use super::output::Out;
use super::plain;
use super::session::Session;

/// Which stock.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard stock coolfix                       what a party has
  bincard stock --part PCB                    where a part is
  bincard stock coolfix --part SEAL --lots    lot by lot: age, expiry, SAP reference, rate
  bincard stock --part PCB --outside          the other ends of the books: supplier, fitted, scrap …
  bincard stock coolfix --as-of 2026-03-31    what was there at the end of that day
  bincard stock --as-of 2026-03-31 --known-at \"2026-04-02 18:00\"
                                              the same, as it was known then: without what was entered later")]
pub struct StockArgs {
    /// At which party
    party: Option<String>,
    /// Of which part
    #[arg(long)]
    part: Option<String>,
    /// In which bin
    #[arg(long)]
    bin: Option<String>,
    /// In which condition
    #[arg(long)]
    condition: Option<String>,
    /// For which pool
    #[arg(long)]
    pool: Option<String>,
    /// Lot by lot and unit by unit
    #[arg(long)]
    lots: bool,
    /// The outside world too
    #[arg(long)]
    outside: bool,
    /// As of a time, or the end of a day: what had happened by then
    #[arg(long, value_name = "TIME", conflicts_with = "lots")]
    as_of: Option<String>,
    /// As it was known at a time, or at the end of a day: without what was entered later
    #[arg(long, value_name = "TIME", conflicts_with = "lots")]
    known_at: Option<String>,
    /// The business unit, where not all
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// Shows stock.
pub async fn run(args: &StockArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let as_of = AsOf { recorded: by(&session, args.known_at.as_deref())?, effective: by(&session, args.as_of.as_deref())? };
    let mut rows = Vec::new();
    let mut json_rows = Vec::new();
    for bu in session.units(args.bu.as_deref()).await? {
        let filter = filter(args, &bu);
        if args.lots {
            for row in session.store().stock(&filter).await? {
                json_rows.push(plain::balance(&row.balance, Some(&row.lot)));
                let lot = &row.lot;
                let text = |shown: Option<String>| shown.unwrap_or_default();
                let mut cells = cells(&total(&row.balance));
                cells.extend([
                    lot.label.clone().unwrap_or_else(|| lot.id.to_string()),
                    text(row.balance.serial.as_ref().map(ToString::to_string)),
                    lot.received_at.date(session.zone()).to_string(),
                    text(lot.expires.map(|d| d.to_string())),
                    text(lot.sodo.as_ref().map(ToString::to_string)),
                    lot.rate.to_string(),
                ]);
                rows.push(cells);
            }
            continue;
        }
        let totals =
            if as_of == AsOf::default() { session.store().stock_totals(&filter).await? } else { summed(session.store().stock_as_of(&filter, as_of).await?) };
        for row in totals.iter().filter(|t| !t.quantity.is_zero()) {
            json_rows.push(json!({ "bu": bu, "party": row.party, "part": row.part, "bin": row.bin, "condition": row.condition, "owner": row.owner, "pool": row.pool, "quantity": row.quantity }));
            rows.push(cells(row));
        }
    }
    if out.is_json() {
        return out.json(&json_rows);
    }
    if rows.is_empty() {
        known(args, &session).await?;
        return out.line("nothing there");
    }
    let titles = ["party", "part", "quantity#", "bin", "condition", "owner", "pool", "lot", "serial", "received", "expires", "SODO", "rate#"];
    out.table(titles.get(..if args.lots { titles.len() } else { 7 }).unwrap_or_default(), &rows)
}

/// Whether the names that were asked for are names at all.
async fn known(args: &StockArgs, session: &Session) -> Result<(), CliError> {
    let words = &session.book.vocabulary;
    let named = |named: &[crate::model::Named]| named.iter().map(|n| n.name.to_string()).collect::<Vec<_>>();
    is_one_of("bin", args.bin.as_deref(), &words.bins.keys().map(ToString::to_string).collect::<Vec<_>>())?;
    is_one_of("condition", args.condition.as_deref(), &named(&words.conditions))?;
    is_one_of("pool", args.pool.as_deref(), &named(&words.pools))?;
    if args.party.is_none() && args.part.is_none() {
        return Ok(());
    }
    let (mut parties, mut parts) = (Vec::new(), Vec::new());
    for bu in session.units(args.bu.as_deref()).await? {
        let master = session.store().master(&bu).await?;
        parties.extend(master.parties.iter().map(|p| p.code.to_string()));
        parts.extend(master.parts.iter().map(|p| p.code.to_string()));
    }
    is_one_of("party", args.party.as_deref(), &parties)?;
    is_one_of("part", args.part.as_deref(), &parts)
}

fn is_one_of(what: &str, given: Option<&str>, known: &[String]) -> Result<(), CliError> {
    let Some(given) = given.filter(|given| !known.iter().any(|k| k == given)) else { return Ok(()) };
    let error = CliError::usage(format!("there is no {what} `{given}`"));
    let hint = suggest::did_you_mean(given, known.iter().map(String::as_str));
    Err(hint.into_iter().fold(error, CliError::hint))
}

/// A time that was given; of a day that was given, its last moment.
fn by(session: &Session, given: Option<&str>) -> Result<Option<Timestamp>, CliError> {
    let Some(text) = given else { return Ok(None) };
    let at = session.at(Some(text))?;
    let next = text.parse::<Date>().ok().and_then(|day| session.at(Some(&day.plus_days(1).to_string())).ok());
    Ok(Some(next.map_or(at, |next| next.plus_micros(-1))))
}

fn filter(args: &StockArgs, bu: &Bu) -> StockFilter {
    StockFilter {
        party: args.party.as_deref().map(Into::into),
        part: args.part.as_deref().map(Into::into),
        bin: args.bin.as_deref().map(Into::into),
        condition: args.condition.as_deref().map(Into::into),
        pool: args.pool.as_deref().map(Into::into),
        outside: args.outside,
        ..StockFilter::new(bu.clone())
    }
}

fn total(b: &Balance) -> StockTotal {
    let p = &b.position;
    StockTotal {
        party: p.party.clone(),
        part: b.part.clone(),
        bin: p.bin.clone(),
        condition: p.condition.clone(),
        owner: p.owner.clone(),
        pool: p.pool.clone(),
        quantity: b.quantity,
    }
}

fn summed(balances: Vec<Balance>) -> Vec<StockTotal> {
    let mut sums: BTreeMap<StockTotal, Quantity> = BTreeMap::new();
    for balance in balances {
        let key = StockTotal { quantity: Quantity::ZERO, ..total(&balance) };
        let sum = sums.entry(key).or_default();
        *sum = *sum + balance.quantity;
    }
    sums.into_iter().map(|(key, quantity)| StockTotal { quantity, ..key }).collect()
}

fn cells(row: &StockTotal) -> Vec<String> {
    let party = row.party.as_ref().map_or_else(|| "(outside)".to_owned(), ToString::to_string);
    vec![party, row.part.to_string(), row.quantity.to_string(), row.bin.to_string(), row.condition.to_string(), row.owner.to_string(), row.pool.to_string()]
}
