//! What stands around a place in a flow file, however unfinished the file is: for an editor that completes what is typed.
//!
//! Must not know what names mean. Tests: below.

use std::ops::Range;

use super::outline::{Entry, Statement};
use super::parser::outline_of;
use super::words::{Context, openings};

/// The surroundings of a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// The kind of block that holds the place.
    pub block: Context,
    /// The heads of the blocks around it, outermost first: `workflow a …`, `transition b: …`.
    pub heads: Vec<Range<usize>>,
    /// The clause that is being typed, from its start to the place; empty at the start of a line.
    pub clause: Range<usize>,
    /// At the start of a line: the clause above, which a joining word such as `else` would continue.
    pub above: Option<Range<usize>>,
}

/// What stands around a byte of a text.
#[must_use]
pub fn around(text: &str, at: usize) -> Around {
    let outline = outline_of(text);
    let mut found = Around { block: Context::File, heads: Vec::new(), clause: at..at, above: None };
    let mut entries = &outline.entries;
    while let Some((inner, block)) = entries.iter().find_map(|entry| inside(entry, at)) {
        found.heads.push(inner.head.start..inner.head.end);
        found.block = block.context;
        entries = &block.entries;
    }
    let before = entries.iter().filter_map(|entry| if let Entry::Statement(s) = entry { Some(s) } else { None });
    if let Some(last) = before.take_while(|s| s.head.start < at).last().filter(|s| s.block.as_ref().is_none_or(|b| at <= b.open)) {
        let same_line = text.get(last.head.end..at).is_none_or(|between| !between.contains('\n'));
        if same_line {
            found.clause = last.head.start..at;
        } else {
            found.above = Some(last.head.start..last.head.end);
        }
    }
    found
}

/// The statement whose block holds a byte.
fn inside(entry: &Entry, at: usize) -> Option<(&Statement, &super::outline::Block)> {
    let Entry::Statement(statement) = entry else { return None };
    let block = statement.block.as_ref()?;
    (block.open < at && block.close.is_none_or(|close| at <= close)).then_some((statement, block))
}

/// The words that may begin a line in a block, each with how the line is written.
pub fn clause_words(block: Context) -> impl Iterator<Item = (&'static str, &'static str)> {
    openings(block).iter().map(|o| (o.words, o.pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(marked: &str) -> (Context, Vec<String>, String, Option<String>) {
        let at = marked.find('‸').unwrap();
        let text = marked.replace('‸', "");
        let found = around(&text, at);
        let slice = |r: &Range<usize>| text[r.clone()].to_owned();
        (found.block, found.heads.iter().map(slice).collect(), slice(&found.clause), found.above.as_ref().map(slice))
    }

    #[test]
    fn the_block_and_the_clause_are_found_in_unfinished_texts() {
        let head = "workflow a {\n  transition t: s -> u by r {\n";
        let (block, heads, clause, _) = shown(&format!("{head}    move x of part from ‸\n  }}\n}}\n"));
        assert_eq!((block, clause.as_str()), (Context::Body, "move x of part from "));
        assert_eq!(heads, ["workflow a", "transition t: s -> u by r"]);
        let (block, _, clause, above) = shown(&format!("{head}    require a\n      ‸\n"));
        assert_eq!((block, clause.as_str(), above.as_deref()), (Context::Body, "", Some("require a")));
        assert_eq!(shown("workflow a {\n  transition t: s -> ‸").0, Context::Workflow);
        assert_eq!(shown("‸").0, Context::File);
    }

    #[test]
    fn each_block_knows_how_its_lines_begin() {
        let words: Vec<&str> = clause_words(Context::Body).map(|(words, _)| words).collect();
        assert!(words.contains(&"each line") && words.contains(&"require"));
    }
}
