//! `bincard.yaml`: what a book is called, and where its folders, its calendar and its database are.
//!
//! Must not know files on disk: it gets the text. Tests: `check::tests`.

use serde_yaml::Value as Yaml;

use super::findings::manifest as say;
use super::reports::Reports;
use crate::base::{FileId, Name, SourceMap, Span};
use crate::model::Manifest;

const KEYS: [&str; 9] = ["name", "currency", "zone", "fiscal_year_starts_in_month", "default_calendar", "workflows", "rules", "master", "database"];

/// Reads the manifest; what is missing or wrong is reported and takes its usual value.
pub(super) fn manifest(sources: &SourceMap, file: FileId, reports: &Reports) -> Manifest {
    let text = sources.file(file).map_or("", |f| &*f.text);
    let table = match serde_yaml::from_str::<Yaml>(text) {
        Ok(Yaml::Mapping(table)) => table,
        Ok(Yaml::Null) => serde_yaml::Mapping::new(),
        Ok(_) => {
            reports.add(say::not_a_table(whole_line(file, text, 0)));
            return Reader { table: serde_yaml::Mapping::new(), file, text, reports }.manifest();
        }
        Err(error) => {
            let at = error.location().map_or(0, |l| l.index());
            if let Some(line) = text.lines().position(|line| line.trim_start_matches(' ').starts_with('\t')) {
                let before: usize = text.lines().take(line).map(|l| l.len() + 1).sum();
                reports.add(say::tab(whole_line(file, text, before)));
                return Reader { table: serde_yaml::Mapping::new(), file, text, reports }.manifest();
            }
            reports.add(say::unreadable(whole_line(file, text, at), &error.to_string()));
            return Reader { table: serde_yaml::Mapping::new(), file, text, reports }.manifest();
        }
    };
    let reader = Reader { table, file, text, reports };
    reader.unknown_keys();
    reader.missing(&["name", "currency", "zone"]);
    reader.manifest()
}

/// The line that holds a byte, without its end.
fn whole_line(file: FileId, text: &str, at: usize) -> Span {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |i| i + 1);
    let end = text.get(start..).and_then(|rest| rest.find('\n')).map_or(text.len(), |i| start + i);
    Span::new(file, start, end)
}

struct Reader<'a> {
    table: serde_yaml::Mapping,
    file: FileId,
    text: &'a str,
    reports: &'a Reports,
}

impl Reader<'_> {
    /// Where a key of the outermost table is written.
    fn key_span(&self, key: &str) -> Span {
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let bare = line.trim_start_matches(['"', '\'']);
            if bare.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches(['"', '\'']).trim_start().starts_with(':')) {
                return Span::new(self.file, start, start + line.trim_end().len());
            }
            start += line.len();
        }
        whole_line(self.file, self.text, 0)
    }

    fn unknown_keys(&self) {
        for key in self.table.keys() {
            let written = key.as_str().map_or_else(|| format!("{key:?}"), str::to_owned);
            if !KEYS.contains(&written.as_str()) {
                self.reports.add(say::unknown_key(self.key_span(&written), &written, &KEYS));
            }
        }
    }

    fn missing(&self, keys: &[&str]) {
        let missing: Vec<&str> = keys.iter().copied().filter(|key| !self.table.contains_key(*key)).collect();
        if !missing.is_empty() {
            self.reports.add(say::missing_keys(whole_line(self.file, self.text, 0), &missing));
        }
    }

    fn words(&self, key: &str) -> Option<String> {
        match self.table.get(key)? {
            Yaml::String(text) if !text.trim().is_empty() => Some(text.clone()),
            _ => {
                self.reports.add(say::wants_text(self.key_span(key), key));
                None
            }
        }
    }

    fn zone(&self) -> jiff::tz::TimeZone {
        let Some(written) = self.words("zone") else { return jiff::tz::TimeZone::UTC };
        jiff::tz::TimeZone::get(&written).unwrap_or_else(|_| {
            self.reports.add(say::unknown_zone(self.key_span("zone"), &written));
            jiff::tz::TimeZone::UTC
        })
    }

    fn currency(&self) -> String {
        let written = self.words("currency").unwrap_or_else(|| "INR".to_owned());
        if written.len() != 3 || !written.bytes().all(|b| b.is_ascii_uppercase()) {
            self.reports.add(say::not_a_currency(self.key_span("currency"), &written));
        }
        written
    }

    fn fiscal_month(&self) -> i8 {
        const APRIL: i8 = 4;
        let Some(value) = self.table.get("fiscal_year_starts_in_month") else { return APRIL };
        let month = value.as_i64().and_then(|m| i8::try_from(m).ok()).filter(|m| (1..=12).contains(m));
        month.unwrap_or_else(|| {
            self.reports.add(say::not_a_month(self.key_span("fiscal_year_starts_in_month")));
            APRIL
        })
    }

    fn manifest(&self) -> Manifest {
        let words_or = |key: &str, usual: &str| self.words(key).unwrap_or_else(|| usual.to_owned());
        Manifest {
            name: words_or("name", "book"),
            currency: self.currency(),
            zone: self.zone(),
            fiscal_month: self.fiscal_month(),
            calendar: self.words("default_calendar").map(Name::from),
            workflows: words_or("workflows", "workflows"),
            rules: words_or("rules", "rules"),
            master: self.words("master"),
            database: words_or("database", "sqlite:bincard.db"),
        }
    }
}

/// Where the calendar is named, for a finding about it.
pub(super) fn calendar_span(sources: &SourceMap, file: FileId) -> Span {
    let text = sources.file(file).map_or("", |f| &*f.text);
    let at = text.find("default_calendar:").unwrap_or(0);
    whole_line(file, text, at)
}
