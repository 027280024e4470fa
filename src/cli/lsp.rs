//! `bincard lsp`: the language server, for editors to start.
//!
//! Tests: `tests/it/editor_*.rs`.

use clap::Args;

use super::error::CliError;

/// How to serve.
#[derive(Debug, Args)]
#[command(after_help = "\
An editor starts this and speaks the language server protocol with it over stdin and stdout.
How to set up VS Code, Neovim, Helix and Emacs: docs/editor.md

Examples:
  bincard lsp                    as the editor's command for *.flow and *.rhai files")]
pub struct LspArgs {
    /// Speak over stdin and stdout; that is what it does anyway, and some editors say it
    #[arg(long)]
    stdio: bool,
}

/// Serves until the editor says goodbye.
pub fn run(_args: &LspArgs) -> Result<(), CliError> {
    tokio::task::block_in_place(crate::lsp::serve).map_err(CliError::fault)
}
