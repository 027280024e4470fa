//! Pages as HTML that needs nothing else: no script, no font, no other server; light or dark, and made for paper too.
//!
//! Must not know flows. Tests: `tests/it/handbook.rs`.

use super::block::{Block, Inline, Page, Step};
use crate::picture::escape;

/// How pages look. Colours differ enough to be read, and nothing depends on them.
const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1c2127;--soft:#515a64;--rule:#d5dae0;--ground:#fff;--band:#f4f6f8;--link:#0b5394}
@media screen and (prefers-color-scheme:dark){:root{--ink:#e4e8ec;--soft:#a5afb9;--rule:#3a434d;--ground:#14181d;--band:#1d2329;--link:#8ab8ee}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1.25rem 4rem;max-width:74rem;background:var(--ground);color:var(--ink);font:16px/1.55 Charter,'Bitstream Charter','Sitka Text',Cambria,Georgia,serif}
h1,h2,h3,h4,nav,table,figcaption{font-family:Arial,Helvetica,'Liberation Sans',sans-serif}
h1{font-size:1.9rem;line-height:1.2;margin:.4rem 0 1rem}h2{font-size:1.3rem;margin:2.6rem 0 .7rem;padding-top:.5rem;border-top:1px solid var(--rule)}
h3{font-size:1.05rem;margin:1.9rem 0 .4rem}h4{font-size:.92rem;margin:1.1rem 0 .3rem;color:var(--soft)}
p,ul,ol{max-width:44rem;margin:.5rem 0}a{color:var(--link)}a:focus-visible{outline:2px solid}
code{font:.86em/1.4 ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;overflow-wrap:break-word}
nav{font-size:.88rem;color:var(--soft)}nav ul{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;padding:0;margin:.6rem 0;list-style:none;max-width:none}
.wide{overflow-x:auto;margin:.7rem 0 1.2rem}table{border-collapse:collapse;font-size:.86rem;line-height:1.4}
th,td{text-align:left;vertical-align:top;padding:.34rem .75rem .34rem .1rem;border-bottom:1px solid var(--rule)}
th{color:var(--soft);font-weight:600;border-bottom-width:2px;white-space:nowrap}td{max-width:26rem}
tr:target,h3:target,h4:target{background:var(--band)}
figure{margin:1rem 0;overflow-x:auto}
.story{margin:.4rem 0 1.4rem;padding:.5rem .9rem;border-left:3px solid var(--rule);background:var(--band);max-width:none}
.story div{padding-left:3.6rem;text-indent:-3.6rem}.story b{display:inline-block;min-width:3.2rem;text-indent:0;color:var(--soft);font-family:Arial,Helvetica,sans-serif;font-size:.85rem}
.story .more{padding-left:4.6rem;text-indent:0}
@media print{body{font-size:10pt;padding:0;max-width:none}nav{display:none}table{font-size:7.5pt;width:100%}th{white-space:normal}h2{break-after:avoid}h3,h4{break-after:avoid}tr,figure,.story{break-inside:avoid}
.wide,figure{overflow:visible}a{color:inherit;text-decoration:none}figure svg{max-width:100%;height:auto;max-height:23.5cm}@page{size:A4;margin:14mm}}
";

/// Writes a page.
pub fn html(page: &Page, book: &str) -> String {
    let mut out = String::new();
    let title = escape(&page.title);
    out.push_str("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    out.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    out.push_str(&format!("<title>{title} · {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n", escape(book)));
    if page.name != super::INDEX {
        out.push_str(&format!("<nav aria-label=\"Book\"><a href=\"{}.html\">{}</a></nav>\n", super::INDEX, escape(book)));
    }
    out.push_str(&format!("<main>\n<h1>{title}</h1>\n"));
    out.push_str(&contents(page));
    page.blocks.iter().for_each(|block| out.push_str(&write(block)));
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// The headings of a page, to jump to.
fn contents(page: &Page) -> String {
    let heading = |block: &Block| match block {
        Block::Heading(2, place, words) => Some(format!("<li><a href=\"#{}\">{}</a></li>\n", escape(place), escape(words))),
        _ => None,
    };
    let headings: Vec<String> = page.blocks.iter().filter_map(heading).collect();
    if headings.len() < 2 { String::new() } else { format!("<nav aria-label=\"On this page\"><ul>\n{}</ul></nav>\n", headings.concat()) }
}

fn write(block: &Block) -> String {
    match block {
        Block::Heading(level, place, words) => format!("<h{level} id=\"{}\">{}</h{level}>\n", escape(place), escape(words)),
        Block::Para(words) => format!("<p>{}</p>\n", inlines(words)),
        Block::List(items) => format!("<ul>\n{}</ul>\n", items.iter().map(|i| format!("<li>{}</li>\n", inlines(i))).collect::<String>()),
        Block::Table(titles, rows) => {
            let head: String = titles.iter().map(|t| format!("<th scope=\"col\">{}</th>", escape(t))).collect();
            let row = |row: &Vec<Vec<Inline>>| format!("<tr>{}</tr>\n", row.iter().map(|c| format!("<td>{}</td>", inlines(c))).collect::<String>());
            format!(
                "<div class=\"wide\"><table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{}</tbody>\n</table></div>\n",
                rows.iter().map(row).collect::<String>()
            )
        }
        Block::Picture(svg, _) => format!("<figure>\n{svg}</figure>\n"),
        Block::Steps(steps) => format!("<div class=\"story\">\n{}</div>\n", steps.iter().map(step).collect::<String>()),
    }
}

fn step(step: &Step) -> String {
    let mut lines = step.lines.iter();
    let first = lines.next().map(|l| escape(l)).unwrap_or_default();
    let more: String = lines.map(|l| format!("<div class=\"more\"><code>{}</code></div>\n", escape(l))).collect();
    format!("<div><b>{}</b> {first}</div>\n{more}", escape(&step.word))
}

fn inlines(words: &[Inline]) -> String {
    let one = |inline: &Inline| match inline {
        Inline::Text(words) => escape(words),
        Inline::Strong(words) => format!("<strong>{}</strong>", escape(words)),
        Inline::Code(words) => format!("<code>{}</code>", escape(words)),
        Inline::Place(place) => format!("<a id=\"{}\"></a>", escape(place)),
        Inline::Link { text, page, place } => {
            let file = if page.is_empty() { String::new() } else { format!("{page}.html") };
            let place = if place.is_empty() { String::new() } else { format!("#{place}") };
            format!("<a href=\"{}\">{}</a>", escape(&format!("{file}{place}")), escape(text))
        }
    };
    words.iter().map(one).collect()
}
