//! All of the library in one small program: open, load, open a document, ask, try, fire, read, trace.
//!
//! `cargo run --example embed` in this repository. Tests: `tests/it/cli.rs` runs it.

use std::{error::Error, path::Path, sync::Arc};

use bincard::domain::{Action, Actor, Command, Input};
use bincard::engine::{Engine, Outcome};
use bincard::store::StockFilter;
use bincard::{base::Timestamp, book_folder, check, insight, network};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A book from its folder, checked, and a database: sqlite:FILE, postgres://…, or memory:.
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked = check::check(&book_folder::read(root)?);
    let book = Arc::new(checked.book.ok_or("the book has errors")?);
    let engine = Engine::open(book.clone(), Arc::new(checked.rules), "memory:").await?;

    // Master data, all of it or nothing.
    let files = network::read_folder(&root.join("examples/network"))?;
    let network = network::check(&files, &network::Known::of(&book.vocabulary)).map_err(|found| format!("{} mistakes", found.len()))?;
    engine.load_master(&network.data).await?;

    // A document is opened. Ids, keys and times are the caller's, so that a retry is the same command.
    let at = Timestamp::parse_local("2026-04-01 10:00", &book.manifest.zone).ok_or("no time")?;
    let command = |person: &str, action: Action, input: Input, key: &str| Command {
        bu: "ac".into(), doc: "OPN-1".into(), action, actor: Actor::Person(person.into()), input, key: key.into(),
        recorded_at: at, effective_at: at, seen_revision: None,
    };
    let count = serde_json::json!({ "fields": { "store": "coolfix" }, "lines": [{ "part": "PCB", "quantity": 2, "serials": ["P1", "P2"] }] });
    let open = Action::Open { workflow: "opening_balance".into(), transition: None, parent: None };
    engine.execute(command("asha", open, serde_json::from_value(count)?, "k1")).await?;

    // What may meera do with it now, and what would be asked of her?
    for possible in engine.can(&"ac".into(), &"OPN-1".into(), &"meera".into(), at).await? {
        println!("meera may {} and is asked for {:?}", possible.transition, possible.asks.iter().map(|a| &a.field).collect::<Vec<_>>());
    }

    // Fire; a refusal is an answer, not an error. The same key again would be the same command.
    let fire = |name: &str| Action::Fire { transition: name.into() };
    if let Outcome::Refused(no) = engine.execute(command("priya", fire("post"), Input::default(), "k2")).await? {
        println!("refused, {:?}: {}", no.code(), no.reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join(" "));
    }
    engine.execute(command("meera", fire("sign"), Input::default(), "k3")).await?;

    // A dry run is the same code, and writes nothing.
    if let Ok(decision) = engine.dry_run(command("priya", fire("post"), Input::default(), "k4")).await? {
        println!("post would make {} moves and lead to {}", decision.moves.len(), decision.document.state);
    }
    engine.execute(command("priya", fire("post"), Input::default(), "k4")).await?;

    // Read: the document, the stock, the story of one unit.
    let document = engine.store().document(&"ac".into(), &"OPN-1".into()).await?.ok_or("gone")?;
    println!("{} is {}", document.number, document.state);
    for row in engine.store().stock_totals(&StockFilter::new("ac".into())).await? {
        println!("{} of {} in {}", row.quantity, row.part, row.bin);
    }
    let story = insight::trace(engine.store(), &"ac".into(), &insight::Subject::Serial("P1".into())).await?;
    println!("P1: {} step, {} lot", story.steps.len(), story.lots.len());
    Ok(())
}
