//! Flow blocks of a page: whole files, or pieces that stand in the frame which the page shows.
//!
//! | block | what it is |
//! |---|---|
//! | `flow vocabulary` | words; all blocks of the page know them |
//! | `flow frame` | a workflow with the lines `// items`, `// clauses` and `// line clauses` |
//! | `flow item`, `flow clause`, `flow line`, `flow scenario` | stands at that place of the frame, or beside it |
//! | `flow` | a whole file |

use bincard::base::{Diagnostic, SourceMap};
use bincard::syntax::parse;

use super::blocks::Block;

/// What the flow blocks of a page share.
pub struct Page {
    vocabulary: String,
    frame: String,
}

impl Page {
    /// Collects the words and the frame.
    pub fn of(blocks: &[Block]) -> Self {
        let flow = |part: &str| blocks.iter().filter(|b| b.language == "flow" && b.part() == Some(part)).map(|b| b.text.as_str()).collect::<String>();
        Self { vocabulary: flow("vocabulary"), frame: flow("frame") }
    }

    /// Says what is wrong with a block.
    pub fn flow(&self, block: &Block) -> Result<(), String> {
        let text = match block.part() {
            None => block.text.clone(),
            Some("vocabulary") => self.vocabulary.clone(),
            Some("frame") => block.text.clone(),
            Some("item") => self.framed("// items", &block.text)?,
            Some("clause") => self.framed("// clauses", &block.text)?,
            Some("line") => self.framed("// line clauses", &block.text)?,
            Some("scenario") => format!("{}\n{}", self.frame, block.text),
            Some(part) => return Err(format!("`{part}` is no part of a flow that could be tried")),
        };
        let mut sources = SourceMap::default();
        let file = sources.add("block.flow", text.as_str());
        said(&sources, &parse(file, &text).diagnostics)
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

/// What was found, with the lines that it was found in.
fn said(sources: &SourceMap, found: &[Diagnostic]) -> Result<(), String> {
    let line = |d: &Diagnostic| {
        let at = sources.place(d.span());
        let number: usize = at.split(':').nth(1).and_then(|n| n.parse().ok()).unwrap_or(1);
        let text = sources.file(d.span().file).and_then(|f| f.text.lines().nth(number - 1).map(str::to_owned)).unwrap_or_default();
        format!("{} {}: {}\n    {text}", d.code, at, d.title)
    };
    if found.is_empty() { Ok(()) } else { Err(found.iter().map(line).collect::<Vec<_>>().join("\n")) }
}
