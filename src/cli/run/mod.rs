//! `bincard run`: rings what is due and delivers what is to be told, until it is stopped. Any number of them share the work.
//!
//! Must not know how a message is sent (`sink`), or taken and put off (`engine::Delivery`). Tests: `tests/it/deliver.rs`.

mod sink;

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use serde_json::json;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::base::Bu;
use crate::engine::{Delivered, Delivery, Engine, EngineError};

use super::args::Global;
use super::error::CliError;
use super::outbox::name;
use super::output::Out;
use super::session::{Session, count, now};
use sink::Sink;

/// Where messages go, and how eagerly.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  bincard run --to-file messages.jsonl
  bincard run --to-command 'curl -fsS --json @- https://erp.example/hook'
  bincard run --once --to-file messages.jsonl       what is due now, and no more: for cron
  bincard run                                       deadlines and timers only; messages wait

A command of the shell is run for each message, and finds it as one line of JSON on its standard input. Where it ends with 0,
the message counts as sent. Else it is tried again after 1, 2, 4 … seconds, at most an hour, and after --tries failures it is
given up: `bincard outbox` lists what was, and `bincard outbox retry` tries it again. Of a document messages keep their
order. A message may come twice, when this program dies at the wrong moment; its name, `message`, is the same each time.

Run as many as you like, on as many machines: they share the work. SIGINT and SIGTERM end it when what is under way is done.")]
pub struct RunArgs {
    /// A command of the shell that is run for each message
    #[arg(long, value_name = "COMMAND")]
    to_command: Option<String>,
    /// A file that messages are added to
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// So many messages are sent at the same time, of different documents
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=64))]
    at_once: u16,
    /// After so many failures a message is given up
    #[arg(long, value_name = "N", default_value_t = 15, value_parser = clap::value_parser!(u32).range(1..))]
    tries: u32,
    /// So many seconds a command may take
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// So many seconds pass between two looks at what is due
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=3600))]
    every: u64,
    /// Do what is due now, and end
    #[arg(long)]
    once: bool,
    /// The business unit; all of them where it is not said
    #[arg(long, value_name = "BU")]
    bu: Option<String>,
}

/// What was done, in numbers.
#[derive(Debug, Default)]
struct Tally {
    deadlines: AtomicU64,
    fired: AtomicU64,
    started: AtomicU64,
    sent: AtomicU64,
    put_off: AtomicU64,
    given_up: AtomicU64,
}

/// What all who work here share.
#[derive(Clone)]
struct Work {
    engine: Engine,
    bu: Option<Bu>,
    sinks: Arc<Vec<Sink>>,
    delivery: Delivery,
    every: Duration,
    once: bool,
    stop: watch::Receiver<bool>,
    tally: Arc<Tally>,
}

/// Rings and delivers.
pub async fn run(args: &RunArgs, global: &Global, out: Out) -> Result<(), CliError> {
    let session = Session::open(global).await?;
    let bu = match &args.bu {
        Some(given) => Some(session.unit(Some(given)).await?),
        None => None,
    };
    let (stopped, stop) = watch::channel(false);
    let sinks: Vec<Sink> = args.to_command.iter().cloned().map(Sink::Command).chain(args.to_file.iter().cloned().map(Sink::File)).collect();
    let work = Work {
        engine: session.engine,
        bu,
        delivery: Delivery { patience: Duration::from_secs(args.timeout) * u32::try_from(sinks.len().max(1)).unwrap_or(1), tries: args.tries },
        sinks: Arc::new(sinks),
        every: Duration::from_secs(args.every),
        once: args.once,
        stop,
        tally: Arc::default(),
    };
    let patience = Duration::from_secs(args.timeout);
    if !args.once && !out.is_json() {
        out.line("at work; stop with Ctrl-C")?;
    }
    let listening = tokio::spawn(listen(stopped));
    let mut tasks: JoinSet<Result<(), CliError>> = JoinSet::new();
    if args.once {
        work.clone().ring().await?;
    } else {
        tasks.spawn(work.clone().ring());
    }
    let couriers = if work.sinks.is_empty() { 0 } else { args.at_once };
    (0..couriers).for_each(|_| drop(tasks.spawn(work.clone().carry(patience))));
    let mut ended = Ok(());
    while let Some(done) = tasks.join_next().await {
        ended = ended.and(done.map_err(CliError::fault)?);
    }
    listening.abort();
    work.tally.tell(out)?;
    ended
}

/// Waits for somebody who ends the program.
async fn listen(stopped: watch::Sender<bool>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            stopped.send_replace(true);
            return;
        }
    }
    drop(tokio::signal::ctrl_c().await);
    stopped.send_replace(true);
}

impl Work {
    /// Rings what is due, again and again.
    async fn ring(mut self) -> Result<(), CliError> {
        while !*self.stop.borrow() {
            match self.engine.tick(self.bu.as_ref(), now()).await {
                Ok(ticked) => {
                    let add = |sum: &AtomicU64, more: usize| sum.fetch_add(more as u64, Ordering::Relaxed);
                    add(&self.tally.deadlines, ticked.deadlines);
                    add(&self.tally.fired, ticked.fired);
                    add(&self.tally.started, ticked.started);
                }
                Err(fault) => self.survives(fault)?,
            }
            if self.once {
                break;
            }
            self.pause().await;
        }
        Ok(())
    }

    /// Delivers messages, one after the other.
    async fn carry(mut self, patience: Duration) -> Result<(), CliError> {
        while !*self.stop.borrow() {
            let sinks = self.sinks.clone();
            let send = async |entry: &crate::store::OutboxEntry| {
                for sink in sinks.iter() {
                    sink.send(entry, patience).await?;
                }
                Ok(())
            };
            match self.delivery.one(self.engine.store(), self.bu.as_ref(), now, send).await {
                Ok(Some(delivered)) => self.tally.note(&delivered),
                Ok(None) if self.once => break,
                Ok(None) => self.pause().await,
                Err(fault) => {
                    self.survives(fault.into())?;
                    self.pause().await;
                }
            }
        }
        Ok(())
    }

    /// Goes on after a fault that passes, where it is to go on at all.
    fn survives(&self, fault: EngineError) -> Result<(), CliError> {
        if self.once || !fault.is_transient() {
            return Err(fault.into());
        }
        complain(&fault.to_string());
        Ok(())
    }

    async fn pause(&mut self) {
        tokio::select! {
            () = tokio::time::sleep(self.every) => {}
            _ = self.stop.changed() => {}
        }
    }
}

impl Tally {
    fn note(&self, delivered: &Delivered) {
        let sum = match delivered {
            Delivered::Sent(_) | Delivered::Twice(_) => &self.sent,
            Delivered::PutOff(entry, setback) => {
                complain(&format!("{} is tried again: {}", name(entry), setback.fault));
                &self.put_off
            }
            Delivered::GivenUp(entry, setback) => {
                complain(&format!("{} is given up after {}: {}", name(entry), count(setback.tries as usize, "try"), setback.fault));
                &self.given_up
            }
        };
        sum.fetch_add(1, Ordering::Relaxed);
    }

    fn tell(&self, out: Out) -> Result<(), CliError> {
        let [deadlines, fired, started, sent, put_off, given_up] =
            [&self.deadlines, &self.fired, &self.started, &self.sent, &self.put_off, &self.given_up].map(|n| n.load(Ordering::Relaxed));
        if out.is_json() {
            return out.json(&json!({ "deadlines": deadlines, "fired": fired, "started": started, "sent": sent, "put_off": put_off, "given_up": given_up }));
        }
        let n = |n: u64, what: &str| count(usize::try_from(n).unwrap_or(usize::MAX), what);
        out.line(format!("{} passed, {} fired, {} started", n(deadlines, "deadline"), n(fired, "transition"), n(started, "document")))?;
        out.line(format!("{} sent, {put_off} put off, {given_up} given up", n(sent, "message")))
    }
}

/// Tells whoever watches; there may be nobody.
fn complain(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}
