//! Pages as Markdown, for wikis and forges: the pictures are Mermaid.
//!
//! Must not know flows. Tests: `tests/it/handbook.rs`.

use super::block::{Block, Inline, Page, Step};

/// Writes a page.
pub fn markdown(page: &Page, book: &str) -> String {
    let mut out = vec![format!("# {}", plain(&page.title))];
    if page.name != super::INDEX {
        out.push(format!("[{}]({}.md)", plain(book), super::INDEX));
    }
    out.extend(page.blocks.iter().map(write));
    out.join("\n\n") + "\n"
}

fn write(block: &Block) -> String {
    match block {
        // A place of its own: what forges make of a heading's words differs from one to the other.
        Block::Heading(level, place, words) => format!("<a id=\"{place}\"></a>\n\n{} {}", "#".repeat(usize::from(*level)), plain(words)),
        Block::Para(words) => inlines(words),
        Block::List(items) => items.iter().map(|i| format!("- {}", inlines(i))).collect::<Vec<_>>().join("\n"),
        Block::Table(titles, rows) => {
            let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
            let mut lines = vec![line(titles.iter().map(|t| plain(t)).collect()), format!("|{}", "---|".repeat(titles.len()))];
            lines.extend(rows.iter().map(|row| line(row.iter().map(|c| inlines(c).replace('|', "\\|")).collect())));
            lines.join("\n")
        }
        Block::Picture(_, mermaid) => format!("```mermaid\n{mermaid}```"),
        Block::Steps(steps) => steps.iter().map(step).collect::<Vec<_>>().join("\n"),
    }
}

fn step(step: &Step) -> String {
    let mut lines = step.lines.iter();
    let first = lines.next().map(|l| plain(l)).unwrap_or_default();
    let more: String = lines.map(|l| format!("\n  - `{l}`")).collect();
    format!("- **{}** {first}{more}", plain(&step.word))
}

fn inlines(words: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(words) => plain(words),
        Inline::Strong(words) => format!("**{}**", plain(words)),
        Inline::Code(words) => format!("`{words}`"),
        Inline::Place(place) => format!("<a id=\"{place}\"></a>"),
        Inline::Link { text, page, place } => {
            let file = if page.is_empty() { String::new() } else { format!("{page}.md") };
            let place = if place.is_empty() { String::new() } else { format!("#{place}") };
            format!("[{}]({file}{place})", plain(text))
        }
    };
    words.iter().map(one).collect()
}

/// Words that mean nothing to Markdown.
fn plain(words: &str) -> String {
    let mut out = String::new();
    for c in words.chars() {
        if matches!(c, '*' | '_' | '`' | '[' | ']' | '<' | '>' | '#' | '\\') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
