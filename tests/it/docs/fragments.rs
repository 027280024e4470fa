//! Flow blocks and rule scripts of a page: whole files, or pieces that stand in the frame which the page shows. All are checked.
//!
//! | block | what it is |
//! |---|---|
//! | `flow vocabulary` | words; all blocks of the page know them |
//! | `flow frame` | a workflow with the lines `// items`, `// clauses` and `// line clauses` |
//! | `flow item`, `flow clause`, `flow line`, `flow scenario` | stands at that place of the frame, or beside it |
//! | `flow` | a whole file |
//! | `rhai layer=LAYER rule=RULE` | the file `rules/LAYER/RULE.rhai` |
//! | `rhai refused …` | likewise, and has a mistake |
//! | `text report` | the report of the mistake above, word for word |

use std::cell::RefCell;

use bincard::base::Diagnostic;
use bincard::check::{BookFile, BookFiles, Checked, check};
use bincard::render::{Style, reports};

use super::blocks::Block;

/// What the flow blocks of a page share.
pub struct Page {
    vocabulary: String,
    frame: String,
    scripts: Vec<BookFile>,
    report: RefCell<String>,
}

impl Page {
    /// Collects the words, the frame and the rules.
    pub fn of(blocks: &[Block]) -> Self {
        let flow = |part: &str| blocks.iter().filter(|b| b.language == "flow" && b.part() == Some(part)).map(|b| b.text.as_str()).collect::<String>();
        let scripts = blocks.iter().filter(|b| b.language == "rhai" && b.part().is_none()).filter_map(|b| script(b).ok());
        Self { vocabulary: flow("vocabulary"), frame: flow("frame"), scripts: scripts.collect(), report: RefCell::default() }
    }

    /// Says what is wrong with a flow block.
    pub fn flow(&self, block: &Block) -> Result<(), String> {
        let text = match block.part() {
            None => block.text.clone(),
            Some("vocabulary") => String::new(),
            Some("frame") => self.frame.clone(),
            Some("item") => self.framed("// items", &block.text)?,
            Some("clause") => self.framed("// clauses", &block.text)?,
            Some("line") => self.framed("// line clauses", &block.text)?,
            Some("scenario") => format!("{}\n{}", self.frame, block.text),
            Some(part) => return Err(format!("`{part}` is no part of a flow that could be tried")),
        };
        said(&self.check(&text, &self.scripts))
    }

    /// Says what is wrong with a rule, or that nothing is wrong where something should be.
    pub fn rule(&self, block: &Block) -> Result<(), String> {
        let script = script(block)?;
        let path = script.path.clone();
        let mut scripts: Vec<BookFile> = self.scripts.iter().filter(|s| s.path != path).cloned().collect();
        scripts.push(script);
        let checked = self.check("", &scripts);
        let found = found(&checked);
        self.report.replace(reports(&checked.sources, &found, Style::Plain));
        match block.part() {
            None => said(&checked),
            Some("refused") if found.iter().any(|d| checked.sources.place(d.span()).starts_with(&path)) => Ok(()),
            Some("refused") => Err("nothing is wrong with it".into()),
            Some(part) => Err(format!("`{part}` is nothing that could be tried")),
        }
    }

    /// Compares with the report of the last rule that was refused.
    pub fn report(&self, block: &Block) -> Result<(), String> {
        let report = self.report.borrow();
        let lines = |text: &str| text.trim_end().lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
        if lines(&block.text) == lines(&report) { Ok(()) } else { Err(format!("the report is\n{report}")) }
    }

    fn check(&self, flow: &str, scripts: &[BookFile]) -> Checked {
        let file = |path: &str, text: String| BookFile { path: path.into(), text };
        check(&BookFiles {
            manifest: file(
                "bincard.yaml",
                "name: page\ncurrency: INR\nzone: Asia/Kolkata\nfiscal_year_starts_in_month: 4\nworkflows: workflows\nrules: rules\n".into(),
            ),
            flows: vec![file("workflows/vocabulary.flow", self.vocabulary.clone()), file("workflows/block.flow", flow.to_owned())],
            rules: scripts.to_vec(),
        })
    }

    /// The frame with a text in place of one of its comments.
    fn framed(&self, place: &str, text: &str) -> Result<String, String> {
        if self.frame.lines().any(|l| l.trim() == place) {
            let line = |l: &str| if l.trim() == place { text.to_owned() } else { format!("{l}\n") };
            return Ok(self.frame.lines().map(line).collect());
        }
        Err(format!("the page has no frame with `{place}`"))
    }
}

fn script(block: &Block) -> Result<BookFile, String> {
    let (Some(layer), Some(rule)) = (block.value("layer"), block.value("rule")) else { return Err("a rule says its `layer=` and `rule=`".into()) };
    Ok(BookFile { path: format!("rules/{layer}/{rule}.rhai"), text: block.text.clone() })
}

/// What was found, with the lines that it was found in.
fn said(checked: &Checked) -> Result<(), String> {
    let line = |d: &Diagnostic| {
        let at = checked.sources.place(d.span());
        let number: usize = at.split(':').nth(1).and_then(|n| n.parse().ok()).unwrap_or(1);
        let text = checked.sources.file(d.span().file).and_then(|f| f.text.lines().nth(number - 1).map(str::to_owned)).unwrap_or_default();
        format!("{} {at}: {}\n    {text}\n    {}", d.code, d.title, d.help.clone().unwrap_or_default())
    };
    let found: Vec<String> = found(checked).iter().map(line).collect();
    if found.is_empty() { Ok(()) } else { Err(found.join("\n")) }
}

/// A page is no whole book: it need not write every rule that it declares, nor ask every rule in every example.
fn found(checked: &Checked) -> Vec<Diagnostic> {
    let whole = ["rule-not-written", "rule-never-asked", "never-filled"];
    checked.diagnostics.iter().filter(|d| !whole.contains(&d.code)).cloned().collect()
}
