//! A caller goes away in the middle of a command, wherever it waits: nobody else is held up, and sent again it is done once.

use std::pin::Pin;
use std::task::{Context, Poll};

use bincard::engine::Outcome;
use bincard::store::Store;

use crate::support::blank::Blank;
use crate::support::desk::{Desk, ac};
use crate::support::jobs;

/// A future that is dropped when it has waited so often.
struct Impatient<F> {
    future: Option<Pin<Box<F>>>,
    waits: u32,
}

impl<F: Future> Future for Impatient<F> {
    type Output = Option<F::Output>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.future else { return Poll::Ready(None) };
        match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Some(output)),
            Poll::Pending if self.waits <= 1 => {
                self.future = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                self.waits -= 1;
                Poll::Pending
            }
        }
    }
}

async fn given_up_anywhere(blank: Blank) {
    let copy = blank.copy().await;
    let desk = Desk::on(Store::open(&copy.url).await.unwrap()).await;
    let (log, mut writers) = jobs::begin(&desk, 1, 2, |_| {});
    let (mut all, mut given_up, mut in_a_row) = (Vec::new(), 0, 0);
    // A command that runs through with so much patience may wait longer the next time, or not at all: what is near waits only
    // for others.
    for n in 0..=300 {
        let waits = n % 12 + 1;
        let commands = jobs::job(&desk, &format!("C{n}"), true);
        let first = Impatient { future: Some(Box::pin(desk.engine.execute(commands[0].clone()))), waits }.await;
        in_a_row = if first.is_some() { in_a_row + 1 } else { 0 };
        given_up += u32::from(first.is_none());
        for command in &commands {
            let outcome = desk.engine.execute(command.clone()).await.expect("no fault");
            assert!(matches!(outcome, Outcome::Done(_)), "{} {n}: {outcome:#?}", blank.kind());
        }
        let events = desk.engine.store().events(&ac(), &format!("C{n}").as_str().into()).await.unwrap();
        assert_eq!(events.iter().map(|e| e.event.transition.as_str()).collect::<Vec<_>>(), ["open", "find", "allocate", "pick", "cancel"]);
        all.extend(commands);
        if n >= 12 && in_a_row >= 3 && given_up >= 3 {
            break;
        }
    }
    assert!(given_up >= 3, "{given_up}");
    // The others have worked on all the while.
    log.more(6).await;
    log.stop();
    while let Some(ended) = writers.join_next().await {
        ended.unwrap();
    }
    assert!(log.faults.lock().unwrap().is_empty(), "{:?}", log.faults.lock().unwrap());
    all.extend(log.acknowledged());
    jobs::nothing_lost_nothing_twice(&desk.engine, &all).await;
    desk.engine.store().close().await;
    copy.drop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_given_up_anywhere_on_a_file_is_done_once() {
    given_up_anywhere(Blank::sqlite(jobs::prepare).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_given_up_anywhere_on_a_server_is_done_once() {
    given_up_anywhere(Blank::postgres(jobs::prepare).await).await;
}
