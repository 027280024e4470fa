//! `bincard completions`: what a shell needs to complete commands.
//!
//! Tests: `tests/it/cli.rs`.

use std::io::{self, Write};

use clap::Args;
use clap_complete::Shell;

use super::error::CliError;

/// Which shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  bincard completions bash > ~/.local/share/bash-completion/completions/bincard\n  bincard completions zsh > ~/.zfunc/_bincard\n  bincard completions fish > ~/.config/fish/completions/bincard.fish"
)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Prints them.
pub fn run(args: &CompletionsArgs, command: &mut clap::Command) -> Result<(), CliError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, command, "bincard", &mut text);
    Ok(io::stdout().lock().write_all(&text)?)
}
