//! The fenced blocks of a page, with where they stand and what they say about themselves.

use std::path::{Path, PathBuf};

use crate::support::{files, read, root};

/// One fenced block.
#[derive(Debug)]
pub struct Block {
    /// The page.
    pub page: PathBuf,
    /// The line of its fence, from 1.
    pub line: usize,
    /// The first word behind the fence: what it is written in.
    pub language: String,
    /// The other words: `clause`, `file=workflows/loaner.flow`.
    pub words: Vec<String>,
    /// What stands in it.
    pub text: String,
}

impl Block {
    /// What stands behind `name=`.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.words.iter().find_map(|w| w.strip_prefix(name)?.strip_prefix('='))
    }

    /// The word that says which part of a flow this is; none for a whole file.
    pub fn part(&self) -> Option<&str> {
        self.words.iter().map(String::as_str).find(|w| !w.contains('='))
    }

    /// Where it stands.
    pub fn place(&self) -> String {
        format!("{}:{}", self.page.display(), self.line)
    }
}

/// The pages people read, in order of their names; those of the findings are made and tried in `src/check/tests/pages.rs`.
pub fn pages() -> Vec<PathBuf> {
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(PathBuf::from);
    top.into_iter().filter(|p| root().join(p).is_file()).chain(files("docs", &["md"])).filter(|p| !p.starts_with("docs/findings")).collect()
}

/// The blocks of a page, in order.
pub fn blocks(page: &Path) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in read(page).lines().enumerate() {
        match (line.trim_start().strip_prefix("```"), open) {
            (Some(info), false) => {
                let mut words = info.split_whitespace().map(str::to_owned);
                let language = words.next().unwrap_or_default();
                found.push(Block { page: page.to_path_buf(), line: number + 1, language, words: words.collect(), text: String::new() });
                open = true;
            }
            (Some(_), true) => open = false,
            (None, true) => {
                if let Some(block) = found.last_mut() {
                    block.text.push_str(line);
                    block.text.push('\n');
                }
            }
            (None, false) => {}
        }
    }
    assert!(!open, "{}: a fence is not closed", page.display());
    found
}
