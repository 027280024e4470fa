//! A scene as SVG: one file that needs nothing else, light or dark as the reader's screen is, and readable in black and white.
//!
//! Texts are texts, so that they can be found and copied. Must not know how anything came to stand where it stands. Tests:
//! `tests/it/pictures.rs`.

use std::fmt::Write;

use super::layout::{Point, Rect};
use super::machine::{Machine, NodeKind};
use super::overlay::Tone;
use super::scene::{LETTER, Line, Sample, Scene, Shape, Wire};
use super::text::Ink;

/// Plain rules without variables: many programs that show SVG know only those.
const STYLE: &str = "\
.bp{font-family:Arial,Helvetica,'Liberation Sans',Arimo,sans-serif}
.bp .paper{fill:#fff}.bp text{fill:#1c2127}.bp .soft{fill:#515a64}.bp .good{fill:#17692d}.bp .bad{fill:#a3180f}
.bp .box{fill:#eef4fb;stroke:#33506e;stroke-width:1.3}.bp .ends{fill:#e8eaed;stroke:#3a4149}.bp .inner{fill:none}
.bp .passes{fill:#fff;stroke-dasharray:5 3}.bp .first{stroke-width:2.4}.bp .anywhere{fill:#fff;stroke:#6b747d;stroke-dasharray:2 3}
.bp .rule{stroke:#a9b4bf;stroke-width:1}.bp .wire{fill:none;stroke:#46515c;stroke-width:1.2}.bp .alone{stroke-dasharray:6 3}
.bp .tip,.bp .dot{fill:#46515c;stroke:none}.bp .letter{fill:#fff;stroke:#33506e;stroke-width:1.2}
.bp .badge{fill:#fff;stroke:#515a64}.bp .badge.good{fill:#dff3e4;stroke:#17692d}.bp .badge.bad{fill:#fde5e2;stroke:#a3180f;stroke-dasharray:4 2}
@media screen and (prefers-color-scheme:dark){
.bp .paper{fill:#14181d}.bp text{fill:#e4e8ec}.bp .soft{fill:#a5afb9}.bp .good{fill:#6fd58a}.bp .bad{fill:#ff9a90}
.bp .box{fill:#1d2a39;stroke:#86a9cf}.bp .ends{fill:#2a2f35;stroke:#9aa4ae}.bp .inner{fill:none}
.bp .passes{fill:#14181d}.bp .anywhere{fill:#14181d;stroke:#8a949e}
.bp .rule{stroke:#4a5560}.bp .wire{stroke:#a8b3be}.bp .tip,.bp .dot{fill:#a8b3be}.bp .letter{fill:#14181d;stroke:#86a9cf}
.bp .badge{fill:#14181d;stroke:#a5afb9}.bp .badge.good{fill:#12321b;stroke:#6fd58a}.bp .badge.bad{fill:#431713;stroke:#ff9a90}}
";

/// The radius of bends.
const BEND: i32 = 6;
/// Half the width, and the length, of an arrowhead.
const TIP: (i32, i32) = (4, 9);

/// Writes a scene.
#[must_use]
pub fn svg(machine: &Machine, scene: &Scene) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, machine, scene);
    out
}

fn write(out: &mut String, machine: &Machine, scene: &Scene) -> std::fmt::Result {
    let (width, height, id) = (scene.size.width, scene.size.height, &machine.name);
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"bp\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">"
    )?;
    writeln!(out, "<title id=\"{id}-title\">{}: its states, and what leads from one to another</title>", escape(&machine.title))?;
    writeln!(out, "<desc id=\"{id}-desc\">{}</desc>", escape(&in_words(machine)))?;
    writeln!(out, "<style>\n{STYLE}</style>")?;
    writeln!(out, "<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>")?;
    for wire in &scene.wires {
        write_wire(out, wire)?;
    }
    for (shape, node) in scene.shapes.iter().zip(&machine.nodes) {
        writeln!(out, "<g data-node=\"{}\">", escape(&node.id))?;
        write_shape(out, shape, node.kind)?;
        writeln!(out, "</g>")?;
    }
    for wire in &scene.wires {
        write_lines(out, &wire.lines)?;
    }
    for (sample, rect) in &scene.key {
        write_sample(out, *sample, rect)?;
    }
    write_lines(out, &scene.texts)?;
    writeln!(out, "</svg>")
}

/// The whole picture as sentences, for those who cannot see it.
fn in_words(machine: &Machine) -> String {
    let mut text = String::new();
    for (index, node) in machine.nodes.iter().enumerate() {
        let leaving = machine.edges.iter().filter(|e| e.from == index);
        let ways: Vec<String> = leaving
            .flat_map(|edge| {
                let to = machine.nodes.get(edge.to).map_or("", |n| n.title.as_str());
                edge.captions.iter().map(move |caption| {
                    let names: Vec<&str> = caption.actions.iter().map(|a| a.name.as_str()).collect();
                    format!("{} leads to {to} ({})", names.join(", "), caption.details.join("; "))
                })
            })
            .collect();
        if ways.is_empty() && node.inside.is_empty() {
            continue;
        }
        let name = match node.kind {
            NodeKind::Letter(letter) => format!("every state with the letter {letter}"),
            NodeKind::Start => "the start".to_owned(),
            _ => node.title.clone(),
        };
        // A space after the full stop of the one before.
        let between = if text.is_empty() { "" } else { " " };
        text.push_str(&format!("{between}From {name}: {}.", if ways.is_empty() { "nothing leads elsewhere".to_owned() } else { ways.join("; ") }));
    }
    text
}

fn write_wire(out: &mut String, wire: &Wire) -> std::fmt::Result {
    let alone = if wire.alone { " alone" } else { "" };
    writeln!(out, "<path class=\"wire{alone}\" d=\"{}\"/>", path(&wire.points))?;
    let [.., before, tip] = wire.points.as_slice() else { return Ok(()) };
    let back = if before.y < tip.y { -TIP.1 } else { TIP.1 };
    writeln!(out, "<path class=\"tip\" d=\"M{} {}l{} {}h{}z\"/>", tip.x, tip.y, -TIP.0, back, 2 * TIP.0)
}

/// A line through corners, each of them rounded.
fn path(points: &[Point]) -> String {
    let mut d = String::new();
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return d };
    d.push_str(&format!("M{} {}", first.x, first.y));
    for corner in points.windows(3) {
        let [before, at, after] = corner else { continue };
        let near = |other: &Point| {
            let (dx, dy) = (other.x - at.x, other.y - at.y);
            let reach = BEND.min(dx.abs().max(dy.abs()) / 2);
            Point { x: at.x + dx.signum() * reach, y: at.y + dy.signum() * reach }
        };
        let (from, to) = (near(before), near(after));
        d.push_str(&format!("L{} {}Q{} {} {} {}", from.x, from.y, at.x, at.y, to.x, to.y));
    }
    d.push_str(&format!("L{} {}", last.x, last.y));
    d
}

fn write_shape(out: &mut String, shape: &Shape, kind: NodeKind) -> std::fmt::Result {
    let rect = &shape.rect;
    let middle = rect.middle();
    match kind {
        NodeKind::Start => writeln!(out, "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"{}\"/>", middle.x, middle.y, rect.width / 2)?,
        NodeKind::Letter(_) => {}
        NodeKind::Anywhere => write_rect(out, "box anywhere", rect, 10)?,
        NodeKind::State { ends: true, .. } => {
            write_rect(out, "box ends", rect, 8)?;
            write_rect(out, "box ends inner", &rect.grown(-3), 6)?;
        }
        NodeKind::State { initial, passes, .. } => {
            let class = format!("box{}{}", if passes { " passes" } else { "" }, if initial { " first" } else { "" });
            write_rect(out, &class, rect, 8)?;
        }
    }
    if let Some(y) = shape.rule {
        writeln!(out, "<path class=\"rule\" d=\"M{} {y}H{}\"/>", rect.x + 6, rect.right() - 6)?;
    }
    if let Some((tone, ground)) = &shape.badge {
        write_rect(out, &format!("badge{}", class_of(*tone)), ground, 8)?;
    }
    for (letter, at) in &shape.letters {
        write_letter(out, *letter, *at)?;
    }
    write_lines(out, &shape.lines)
}

fn write_rect(out: &mut String, class: &str, rect: &Rect, round: i32) -> std::fmt::Result {
    let Rect { x, y, width, height } = rect;
    writeln!(out, "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"{round}\"/>")
}

fn write_letter(out: &mut String, letter: char, at: Point) -> std::fmt::Result {
    let radius = LETTER / 2 - 1;
    writeln!(out, "<circle class=\"letter\" cx=\"{}\" cy=\"{}\" r=\"{radius}\"/>", at.x, at.y)?;
    let (size, half) = (Ink::Letter.size(), super::text::width(&letter.to_string(), Ink::Letter) / 2);
    writeln!(out, "<text x=\"{}\" y=\"{}\" font-size=\"{size}\" font-weight=\"bold\">{letter}</text>", at.x - half, at.y + 4)
}

fn write_sample(out: &mut String, sample: Sample, rect: &Rect) -> std::fmt::Result {
    let middle = rect.middle();
    match sample {
        Sample::Start => writeln!(out, "<circle class=\"dot\" cx=\"{}\" cy=\"{}\" r=\"6\"/>", middle.x, middle.y),
        Sample::Waits => write_rect(out, "box", rect, 4),
        Sample::Passes => write_rect(out, "box passes", rect, 4),
        Sample::Ends => write_rect(out, "box ends", rect, 4).and_then(|()| write_rect(out, "box ends inner", &rect.grown(-3), 2)),
        Sample::Alone => writeln!(out, "<path class=\"wire alone\" d=\"M{} {}H{}\"/>", rect.x, middle.y, rect.right()),
        Sample::Letter => write_letter(out, 'A', middle),
    }
}

fn write_lines(out: &mut String, lines: &[Line]) -> std::fmt::Result {
    for line in lines {
        let Line { at, text, ink, tone } = line;
        let soft = if matches!(ink, Ink::Word | Ink::Detail) { " soft" } else { "" };
        let class = format!("{soft}{}", class_of(*tone));
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{}\"", class.trim()) };
        let bold = if ink.bold() { " font-weight=\"bold\"" } else { "" };
        writeln!(out, "<text x=\"{}\" y=\"{}\" font-size=\"{}\"{bold}{class}>{}</text>", at.x, at.y, ink.size(), escape(text))?;
    }
    Ok(())
}

const fn class_of(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => " good",
        Tone::Plain => "",
        Tone::Bad => " bad",
    }
}

/// A text inside markup.
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
