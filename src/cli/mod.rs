//! The program `bincard`: one file a command. A face: it reads what people type, calls the library, and shows what comes back.
//!
//! Makes no decisions of its own; times and keys are made here, so that a retry decides the same. Tests: `tests/it/cli.rs`.

mod apply;
mod args;
mod book;
mod check;
mod completions;
mod db;
mod demo;
mod docs;
mod draw;
mod error;
mod explain;
mod explain_text;
mod fire;
mod fmt;
mod input;
mod load;
mod lsp;
mod new;
mod open;
mod outbox;
mod outcome;
mod output;
mod plain;
mod plan;
mod proofs;
mod refusal;
mod replay;
mod report;
mod run;
mod session;
mod show;
mod show_paper;
mod simulate;
mod stock;
mod stories;
mod test;
mod todo;
mod trace;
mod whatif;
mod whatif_folder;
mod why_not;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser};

use args::{Cli, Command};
use error::CliError;
use output::Out;

/// Runs the program with the arguments of the process.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(told) => {
            let code = if told.use_stderr() { 2 } else { 0 };
            // Where nobody reads the help any more, there is nobody to tell.
            let _ = told.print();
            return ExitCode::from(code);
        }
    };
    let out = Out::new(cli.global.json);
    match run(cli, out) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&error, out);
            ExitCode::from(error.exit_code())
        }
    }
}

fn run(cli: Cli, out: Out) -> Result<(), CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let global = &cli.global;
    runtime.block_on(async {
        match &cli.command {
            Command::New(args) => new::run(args, out),
            Command::Check(args) => check::run(args, global, out),
            Command::Explain(args) => explain::run(args, global, out).await,
            Command::Fmt(args) => fmt::run(args, global, out),
            Command::Docs(args) => docs::run(args, global, out),
            Command::Draw(args) => draw::run(args, global, out).await,
            Command::Test(args) => test::run(args, global, out).await,
            Command::Load(args) => load::run(args, global, out).await,
            Command::Open(args) => open::run(args, global, out).await,
            Command::Fire(args) => fire::run(args, global, out).await,
            Command::WhyNot(args) => why_not::run(args, global, out).await,
            Command::Show(args) => show::run(args, global, out).await,
            Command::Todo(args) => todo::run(args, global, out).await,
            Command::Stock(args) => stock::run(args, global, out).await,
            Command::Trace(args) => trace::run(args, global, out).await,
            Command::Demo(args) => demo::run(args, global, out).await,
            Command::Replay(args) => replay::run(args, global, out).await,
            Command::Simulate(args) => simulate::run(args, global, out).await,
            Command::Plan(args) => plan::run(args, global, out).await,
            Command::Apply(args) => apply::run(args, global, out).await,
            Command::Whatif(args) => whatif::run(args, global, out).await,
            Command::Run(args) => run::run(args, global, out).await,
            Command::Outbox(args) => outbox::run(args, global, out).await,
            Command::Db(args) => db::run(args, global, out).await,
            Command::Lsp(args) => lsp::run(args),
            Command::Completions(args) => completions::run(args, &mut Cli::command()),
        }
    })
}

/// Tells what went wrong, unless that has been done.
fn say(error: &CliError, out: Out) {
    if error.message.is_empty() {
        return;
    }
    let mut stderr = io::stderr().lock();
    let told = if out.is_json() {
        writeln!(stderr, "{}", serde_json::json!({ "outcome": "error", "kind": error.kind.word(), "message": error.message, "hint": error.hint }))
    } else {
        let hint = error.hint.as_ref().map(|h| format!("\n  hint: {h}")).unwrap_or_default();
        writeln!(stderr, "error: {}{hint}", error.message)
    };
    // stderr is the last place to tell anything.
    drop(told);
}
