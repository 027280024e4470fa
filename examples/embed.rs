//! All of the library in one small program: `cargo run --example embed`. Tests: `tests/it/cli.rs` runs it.

use std::{error::Error, path::Path, sync::Arc};

use bincard::domain::{Command, Input};
use bincard::engine::{Engine, Outcome};
use bincard::store::StockFilter;
use bincard::{base::Timestamp, book_folder, check, insight, network};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // A book from its folder, checked, and a database: sqlite:FILE, postgres://…, or memory:
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checked = check::check(&book_folder::read(root)?);
    let book = Arc::new(checked.book.ok_or("the book has errors")?);
    let engine = Engine::open(book.clone(), Arc::new(checked.rules), "memory:").await?;

    // Master data, all of it or nothing.
    let files = network::read_folder(&root.join("examples/network"))?;
    let network = network::check(&files, &network::Known::of(&book.vocabulary)).map_err(|found| format!("{} mistakes", found.len()))?;
    engine.load_master(&network.data).await?;

    // Open a document. Ids, keys and times are the caller's, so that a retry is the same command.
    let at = Timestamp::parse_local("2026-04-01 10:00", &book.manifest.zone).ok_or("no time")?;
    let input: Input = serde_json::from_str(r#"{ "fields": { "store": "coolfix" }, "lines": [{ "part": "PCB", "quantity": 2, "serials": ["P1", "P2"] }] }"#)?;
    engine.execute(Command::open("ac", "OPN-1", "opening_balance", "asha", at).with(input)).await?;

    // What may meera do with it now, and what would be asked of her?
    for possible in engine.can(&"ac".into(), &"OPN-1".into(), &"meera".into(), at).await? {
        println!("meera may {}, asked for {:?}", possible.transition, possible.asks.iter().map(|a| &a.field).collect::<Vec<_>>());
    }

    // Fire. A refusal is an answer, not an error, and says every reason.
    let fire = |transition: &str, person: &str| Command::fire("ac", "OPN-1", transition, person, at);
    if let Outcome::Refused(no) = engine.execute(fire("post", "priya")).await? {
        println!("refused: {}", no.reasons.iter().map(|r| r.sentence.as_str()).collect::<Vec<_>>().join(" "));
    }
    engine.execute(fire("sign", "meera")).await?;

    // A dry run is the same code, and writes nothing. The same key again is the same command, done once.
    if let Ok(decision) = engine.dry_run(fire("post", "priya")).await? {
        println!("post would make {} moves and lead to {}", decision.moves.len(), decision.document.state);
    }
    engine.execute(fire("post", "priya").keyed("k1")).await?;
    engine.execute(fire("post", "priya").keyed("k1")).await?;

    // Read: the document, the stock, the story of one unit.
    let document = engine.store().document(&"ac".into(), &"OPN-1".into()).await?.ok_or("gone")?;
    println!("{} is {}", document.number, document.state);
    for row in engine.store().stock_totals(&StockFilter::new("ac".into())).await? {
        println!("{} of {} in {}", row.quantity, row.part, row.bin);
    }
    let story = insight::trace(engine.store(), &"ac".into(), &insight::Subject::Serial("P1".into())).await?;
    println!("P1 was moved {} time, since {}", story.steps.len(), story.lots.first().map_or(at, |lot| lot.received_at));
    Ok(())
}
