//! The language server: what an editor asks about flows and rules, one file a feature.
//!
//! A face: it reads the book that `check` made and decides nothing itself. Must not know stores or what runs flows.
//! Tests: `tests/it/editor_*.rs`, which speak the protocol to the program, and beside the smaller files.

mod books;
mod capabilities;
mod complete;
mod describe;
mod diagnostics;
mod fixes;
mod folding;
mod format;
mod hover;
mod index;
mod lens;
mod navigate;
mod outline;
mod rename;
mod routes;
mod server;
mod signature;
mod text;
mod tokens;
mod uri;
mod view;

pub use server::{LspError, serve};
