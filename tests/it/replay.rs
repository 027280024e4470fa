//! The replay of demand: its books are sound on every store, and one that is cut off anywhere ends with the very same books.

use std::fmt::Write;
use std::pin::Pin;
use std::task::{Context, Poll};

use bincard::base::{Bu, DocId};
use bincard::engine::Engine;
use bincard::scenario::replay::{Demand, ReplayError, Report, Settings, replay};
use bincard::store::{Counts, DocumentFilter, StockFilter, StockTotal, Store};

use crate::support::{book, stores};

const MONTHS: u32 = 4;

/// A small demand: slow and lumpy, with cells where nothing was recorded.
fn demand() -> Demand {
    let mut text = String::from("Part");
    for month in 0..MONTHS {
        write!(text, ",1998-{:02}", month + 3).expect("text");
    }
    for part in 0..30 {
        write!(text, "\n{}", 21_000_000 + part * 7).expect("text");
        for month in 0..MONTHS {
            let throw = (part * 31 + month * 17 + part * month) % 11;
            let cell = if (part + month) % 13 == 12 { String::new() } else { (throw.saturating_sub(6)).to_string() };
            write!(text, ",{cell}").expect("text");
        }
    }
    Demand::parse("demand.csv", &text).expect("a demand")
}

async fn engine(store: Store) -> Engine {
    let (book, rules) = book::untold();
    Engine::new(book, rules, store).await.expect("an engine")
}

async fn run(engine: &Engine) -> Result<Report, ReplayError> {
    let settings = Settings { seed: 42, partners: 3, months: 12, learn: 3 };
    replay(engine, demand(), settings, true, &mut |_| {}).await
}

/// All that the books say: counts, stock, and of each document where it stands, with the hash of all that ever happened to it.
#[derive(Debug, PartialEq)]
struct Books {
    counts: Counts,
    stock: Vec<StockTotal>,
    documents: Vec<(DocId, String, String, String)>,
}

async fn books(store: &Store) -> Books {
    let bu = Bu::from("replay");
    let mut documents = Vec::new();
    let heads = store.documents(&DocumentFilter { limit: 100_000, ..DocumentFilter::new(bu.clone()) }).await.expect("documents");
    for head in heads {
        let last = store.events(&bu, &head.id).await.expect("events").pop().expect("an event");
        documents.push((head.id, head.number, head.state.to_string(), last.hash));
    }
    documents.sort();
    let mut stock = store.stock_totals(&StockFilter { outside: true, ..StockFilter::new(bu.clone()) }).await.expect("stock");
    stock.sort();
    Books { counts: store.counts(Some(&bu)).await.expect("counts"), stock, documents }
}

/// Polls something so many times, then lets go of it, wherever it is.
struct Cut<F> {
    inner: F,
    polls: u32,
}

impl<F: Future + Unpin> Future for Cut<F> {
    type Output = Option<F::Output>;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        if self.polls == 0 {
            return Poll::Ready(None);
        }
        self.polls -= 1;
        Pin::new(&mut self.inner).poll(context).map(Some)
    }
}

/// Replays on a file, cut off again and again.
async fn cut_off(store: &Store) -> (Report, u32) {
    let mut cuts = 0;
    loop {
        let polls = 150 + cuts * 7919 % 500 + cuts * 30;
        let engine = engine(store.clone()).await;
        if let Some(report) = (Cut { inner: Box::pin(run(&engine)), polls }).await {
            return (report.expect("a replay"), cuts);
        }
        cuts += 1;
    }
}

#[tokio::test]
async fn one_that_is_cut_off_ends_with_the_same_books() {
    let memory = engine(Store::memory()).await;
    let whole = run(&memory).await.expect("a replay");
    assert!(whole.proof.holds(), "{:#?}", whole.proof.findings);
    assert_eq!((whole.left_open.as_slice(), whole.not_opened.as_slice()), (&[][..], &[][..]));
    assert_eq!((whole.counts.open_documents, whole.counts.open_obligations), (0, 0));
    let figures = &whole.figures;
    assert_eq!(figures.asked, demand().totals(12).units);
    assert!(figures.issued > figures.asked * 8 / 10 && figures.consumed > 0 && figures.returned > 0, "{figures:?}");

    let file = stores::sqlite().await;
    let (pieced, cuts) = cut_off(&file.store).await;
    assert!(cuts >= 5, "cut off {cuts} times only");
    assert!(pieced.proof.holds() && pieced.run.resumed);
    let (expected, found) = (books(memory.store()).await, books(&file.store).await);
    assert_eq!(expected.counts, found.counts);
    assert_eq!(expected.documents.len(), found.documents.len());
    for (a, b) in expected.documents.iter().zip(&found.documents) {
        assert_eq!(a, b);
    }
    assert_eq!(expected.stock, found.stock);
    assert_eq!(pieced.figures, whole.figures);

    // Once more changes nothing; another replay is not mixed in.
    let again = run(&engine(file.store.clone()).await).await.expect("a replay");
    assert_eq!((again.run.commands, again.counts), (0, pieced.counts));
    let other = Settings { seed: 43, partners: 3, months: 12, learn: 3 };
    let refused = replay(&memory, demand(), other, true, &mut |_| {}).await;
    assert!(matches!(refused, Err(ReplayError::Other(_))), "{refused:?}");
}

#[tokio::test]
async fn postgres_comes_to_the_same_books() {
    let memory = engine(Store::memory()).await;
    run(&memory).await.expect("a replay");
    let server = stores::postgres().await;
    let report = run(&engine(server.store.clone()).await).await.expect("a replay");
    assert!(report.proof.holds(), "{:#?}", report.proof.findings);
    let (expected, found) = (books(memory.store()).await, books(&server.store).await);
    assert_eq!(expected.counts, found.counts);
    assert_eq!(expected.documents, found.documents);
    assert_eq!(expected.stock, found.stock);
}

#[tokio::test]
async fn lists_come_to_the_same_books_as_one_command_after_the_other() {
    let settings = || Settings { seed: 42, partners: 3, months: 12, learn: 3 };
    let (single, lists) = (engine(Store::memory()).await, engine(Store::memory()).await);
    let one = replay(&single, demand(), settings(), false, &mut |_| {}).await.expect("a replay");
    let many = replay(&lists, demand(), settings(), true, &mut |_| {}).await.expect("a replay");
    assert_eq!(many.run.commands, one.run.commands);
    let (expected, found) = (books(single.store()).await, books(lists.store()).await);
    for (a, b) in expected.documents.iter().zip(&found.documents) {
        assert_eq!(a, b);
    }
    assert_eq!((expected.counts, expected.stock), (found.counts, found.stock));
    assert_eq!(many.figures, one.figures);
}
