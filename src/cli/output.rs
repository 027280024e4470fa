//! What commands print: lines and tables for people, one JSON value for programs. Progress goes to stderr, and only to a terminal.
//!
//! Must not know what is printed. Tests: `tests/it/cli.rs`.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use comfy_table::presets;
use comfy_table::{CellAlignment, ContentArrangement, Table};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::error::CliError;

/// Where and how to print.
#[derive(Debug, Clone, Copy)]
pub struct Out {
    json: bool,
}

impl Out {
    /// For people, or for programs.
    pub const fn new(json: bool) -> Self {
        Self { json }
    }

    /// True when programs read.
    pub const fn is_json(self) -> bool {
        self.json
    }

    /// A line for people.
    pub fn line(self, text: impl AsRef<str>) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        Ok(writeln!(stdout, "{}", text.as_ref())?)
    }

    /// One value for programs.
    pub fn json(self, value: &impl Serialize) -> Result<(), CliError> {
        let mut stdout = io::stdout().lock();
        serde_json::to_writer_pretty(&mut stdout, value)?;
        Ok(writeln!(stdout)?)
    }

    /// Rows under their titles; nothing where there are none. Titles that end in `#` stand over numbers.
    pub fn table(self, titles: &[&str], rows: &[Vec<String>]) -> Result<(), CliError> {
        if rows.is_empty() { Ok(()) } else { self.line(table(titles, rows)) }
    }
}

/// Rows under their titles, as text without spaces at the ends of lines.
fn table(titles: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(titles.iter().map(|t| t.trim_end_matches('#').to_uppercase()));
    for row in rows {
        table.add_row(row);
    }
    for (index, title) in titles.iter().enumerate() {
        if let Some(column) = table.column_mut(index) {
            column.set_padding((0, 2));
            if title.ends_with('#') {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
    }
    let lines: Vec<String> = table.lines().map(|line| line.trim_end().to_owned()).collect();
    lines.join("\n")
}

/// Progress of something long: a bar where the end is known. Silent unless a person watches.
pub fn progress(total: Option<u64>, what: &str) -> ProgressBar {
    let bar =
        ProgressBar::with_draw_target(total, if io::stderr().is_terminal() { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() });
    let template = if total.is_some() { "{msg} {wide_bar} {pos}/{len} {eta}" } else { "{spinner} {msg} {pos}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}
