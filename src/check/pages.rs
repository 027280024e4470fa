//! The page of each code: what it means, why it matters, a wrong example and a right one.
//!
//! The pages stand in `pages/`, one text a family; `docs/findings/` is made from them. Whoever adds a code adds a section here.
//! Must not know who shows a page. Tests: `tests/pages.rs` checks every example, and that no code lacks its page.

use std::fmt::Write as _;
use std::sync::OnceLock;

/// The families, in the order of the manual.
const FAMILIES: [&str; 14] = [
    include_str!("pages/reading.md"),
    include_str!("pages/manifest.md"),
    include_str!("pages/names.md"),
    include_str!("pages/types.md"),
    include_str!("pages/states.md"),
    include_str!("pages/clauses.md"),
    include_str!("pages/proofs.md"),
    include_str!("pages/scenarios.md"),
    include_str!("pages/rules.md"),
    include_str!("pages/silencing.md"),
    include_str!("pages/cases.md"),
    include_str!("pages/master.md"),
    include_str!("pages/database.md"),
    include_str!("pages/refusals.md"),
];

/// A family of codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Family {
    /// Its title.
    pub title: &'static str,
    /// What all of it has in common.
    pub about: String,
    /// Its pages.
    pub pages: Vec<Page>,
}

/// The page of one code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The code.
    pub code: &'static str,
    /// The title of its family.
    pub family: &'static str,
    /// True where the book can be used nevertheless.
    pub warning: bool,
    /// What it means, in a sentence or two.
    pub meaning: String,
    /// Why it matters; may be empty.
    pub why: String,
    /// What is refused: one text, or several that stand in a book together. Empty where no short text shows it.
    pub wrong: Vec<Piece>,
    /// The same as it should be.
    pub right: Vec<Piece>,
}

/// A text of an example, and where in the book it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// `body`, `each`, `lines`, `workflow`, `book`: a place in the book of the examples; `alone`, `manifest`: a whole file;
    /// or the path of a script.
    pub place: &'static str,
    /// The text.
    pub text: String,
    /// The line of the text that is marked, from 0, and the bytes of it.
    pub mark: Option<(usize, usize, usize)>,
}

impl Piece {
    /// Where it stands, in words.
    #[must_use]
    pub fn whereabouts(&self) -> String {
        match self.place {
            "body" => "in a transition".to_owned(),
            "each" => "in `each line` of a transition".to_owned(),
            "lines" => "in the lines of a workflow".to_owned(),
            "workflow" => "in a workflow".to_owned(),
            "book" | "alone" => "in a flow file".to_owned(),
            "console" => "typed".to_owned(),
            "manifest" => "in `bincard.yaml`".to_owned(),
            path => format!("in `{path}`"),
        }
    }

    /// In which language it is written.
    #[must_use]
    pub fn language(&self) -> &'static str {
        match self.place {
            "manifest" => "yaml",
            "console" => "text",
            path if path.ends_with(".rhai") => "rhai",
            path if path.ends_with(".yaml") => "yaml",
            path if path.ends_with(".csv") => "csv",
            _ => "flow",
        }
    }

    /// The text with its mark below the marked line.
    #[must_use]
    pub fn marked(&self) -> String {
        let mut out = String::new();
        for (n, line) in self.text.lines().enumerate() {
            let _ = writeln!(out, "{line}");
            if let Some((_, start, end)) = self.mark.filter(|(at, ..)| *at == n) {
                let before = line.get(..start).map_or(start, |l| l.chars().count());
                let under = line.get(start..end).map_or(1, |l| l.chars().count());
                let _ = writeln!(out, "{}{}", " ".repeat(before), "^".repeat(under.max(1)));
            }
        }
        out
    }
}

impl Page {
    /// The name of its file in the manual.
    #[must_use]
    pub fn file(&self) -> String {
        if self.what() == "finding" { format!("db-{}.md", self.code) } else { format!("{}.md", self.code) }
    }

    /// What is told under its code.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match (self.family, self.warning) {
            ("Refusals", _) => "refusal",
            ("Checks of a database", _) => "finding",
            (_, true) => "warning",
            (_, false) => "error",
        }
    }

    /// The page for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = format!("{} {} · {}\n\n{}\n", self.what(), self.code, self.family.to_lowercase(), self.meaning);
        if !self.why.is_empty() {
            let _ = write!(out, "\n{}\n", self.why);
        }
        for (word, pieces) in [("wrong", &self.wrong), ("right", &self.right)] {
            for piece in pieces {
                let word = if self.what() == "refusal" { "for example" } else { word };
                let _ = write!(out, "\n{word}, {}\n\n", piece.whereabouts());
                piece.marked().lines().for_each(|line| {
                    let _ = writeln!(out, "    {line}");
                });
            }
        }
        out
    }
}

/// All families with their pages.
#[must_use]
pub fn families() -> &'static [Family] {
    static ALL: OnceLock<Vec<Family>> = OnceLock::new();
    ALL.get_or_init(|| FAMILIES.iter().filter_map(|text| family(text)).collect())
}

/// The page of a code; the first, where a refusal and a finding of a database share one.
#[must_use]
pub fn page(code: &str) -> Option<&'static Page> {
    pages(code).next()
}

/// All pages of a code.
pub fn pages(code: &str) -> impl Iterator<Item = &'static Page> {
    families().iter().flat_map(|f| &f.pages).filter(move |p| p.code == code)
}

fn family(text: &'static str) -> Option<Family> {
    let mut sections = text.split("\n## ");
    let (title, about) = sections.next()?.strip_prefix("# ")?.split_once('\n')?;
    let pages = sections.filter_map(|section| page_of(title, section)).collect();
    Some(Family { title, about: about.trim().to_owned(), pages })
}

fn page_of(family: &'static str, section: &'static str) -> Option<Page> {
    let mut parts = section.split("\n### ");
    let (head, said) = parts.next()?.split_once('\n')?;
    let (code, warning) = head.strip_suffix(" ⚠").map_or((head, false), |code| (code, true));
    let (meaning, why) = said.trim().split_once("\n\n").unwrap_or((said.trim(), ""));
    let mut page = Page { code, family, warning, meaning: meaning.to_owned(), why: why.trim().to_owned(), wrong: Vec::new(), right: Vec::new() };
    let mut right = false;
    for part in parts {
        let (head, text) = part.split_once('\n')?;
        let (word, place) = head.split_once(' ')?;
        right = word == "right" || word == "and" && right;
        let piece = piece(place, text.trim_end());
        if right { page.right.push(piece) } else { page.wrong.push(piece) }
    }
    Some(page)
}

/// A text, out of which the line of carets is taken.
fn piece(place: &'static str, written: &str) -> Piece {
    let mut text: Vec<&str> = Vec::new();
    let mut mark = None;
    for line in written.lines() {
        let bare = line.trim();
        if !bare.is_empty() && bare.bytes().all(|b| b == b'^') && !text.is_empty() {
            let above = text.last().copied().unwrap_or_default();
            let byte = |column: usize| above.char_indices().nth(column).map_or(above.len(), |(at, _)| at);
            let start = line.chars().take_while(|c| *c == ' ').count();
            mark = Some((text.len() - 1, byte(start), byte(start + bare.len())));
        } else {
            text.push(line);
        }
    }
    Piece { place, text: text.join("\n"), mark }
}
