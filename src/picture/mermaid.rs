//! A machine as a Mermaid state diagram, which forges and wikis show.
//!
//! Must not know places. Tests: `tests/it/pictures.rs`.

use super::machine::{Caption, Machine, Node, NodeKind};

/// Where a line ends inside a text.
const BREAK: &str = "<br/>";

/// Writes a machine.
#[must_use]
pub fn mermaid(machine: &Machine) -> String {
    let mut out = vec!["---".to_owned(), format!("title: {}", head(machine)), "---".to_owned(), "stateDiagram-v2".to_owned()];
    for node in machine.nodes.iter().filter(|n| n.kind != NodeKind::Start) {
        out.push(format!("    state \"{}\" as {}", title(machine, node), id(node)));
    }
    for edge in &machine.edges {
        let (Some(from), Some(to)) = (machine.nodes.get(edge.from), machine.nodes.get(edge.to)) else { continue };
        out.push(format!("    {} --> {}: {}", id(from), id(to), captions(&edge.captions)));
    }
    for node in machine.nodes.iter().filter(|n| !n.inside.is_empty()) {
        out.push(format!("    note right of {}", id(node)));
        out.extend(node.inside.iter().map(|caption| format!("        {}", captions(std::slice::from_ref(caption)))));
        out.push("    end note".to_owned());
    }
    let ends = |n: &&Node| matches!(n.kind, NodeKind::State { ends: true, .. });
    out.extend(machine.nodes.iter().filter(ends).map(|node| format!("    {} --> [*]", id(node))));
    let begins = machine.nodes.iter().find(|n| matches!(n.kind, NodeKind::State { initial: true, .. }));
    if let Some(node) = begins.filter(|_| !machine.notes.is_empty()) {
        out.push(format!("    note left of {}", id(node)));
        out.extend(machine.notes.iter().enumerate().map(|(nth, note)| format!("        ({}) {}", nth + 1, clean(note))));
        out.push("    end note".to_owned());
    }
    out.join("\n") + "\n"
}

fn head(machine: &Machine) -> String {
    let shows = if machine.shows.is_empty() { String::new() } else { format!(" ({})", machine.shows) };
    // In YAML, a colon or a bracket would begin something else.
    format!("\"{}\"", format!("{}{shows}", machine.title).replace('"', "'"))
}

fn id(node: &Node) -> String {
    match node.kind {
        NodeKind::Start => "[*]".to_owned(),
        // Words such as `end` and `state` are Mermaid's own.
        NodeKind::State { .. } => format!("s_{}", node.id),
        NodeKind::Anywhere | NodeKind::Letter(_) => node.id.clone(),
    }
}

fn title(machine: &Machine, node: &Node) -> String {
    match node.kind {
        NodeKind::Letter(letter) => clean(&format!("{letter}, from {}", carriers(machine, letter))),
        _ => {
            let badge = node.badge.iter().map(|b| b.text.clone());
            std::iter::once(node.title.clone()).chain(node.details.iter().cloned()).chain(badge).map(|line| clean(&line)).collect::<Vec<_>>().join(BREAK)
        }
    }
}

/// The states that carry a letter.
pub fn carriers(machine: &Machine, letter: char) -> String {
    let with: Vec<&str> = machine.nodes.iter().filter(|n| n.letters.contains(&letter)).map(|n| n.id.as_str()).collect();
    with.join(", ")
}

fn captions(captions: &[Caption]) -> String {
    let one = |caption: &Caption| {
        let names: Vec<String> = caption.actions.iter().map(super::Action::text).collect();
        format!("{}{BREAK}{}", clean(&names.join(", ")), clean(&caption.details.join(", ")))
    };
    captions.iter().map(one).collect::<Vec<_>>().join(BREAK)
}

/// A text that means nothing to Mermaid, which has no way of its own to write these signs everywhere.
fn clean(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        // A sign before a letter would begin a tag.
        if c.is_alphabetic() && out.ends_with('<') {
            out.push(' ');
        }
        out.push(match c {
            '"' => '\'',
            ';' => ',',
            ':' => '\u{2236}',
            other => other,
        });
    }
    out
}
