//! A machine as a Mermaid state diagram, which forges and wikis show.
//!
//! Must not know places. Tests: `tests/it/pictures.rs`.

use super::machine::{Caption, Machine, Node, NodeKind};

/// Writes a machine.
#[must_use]
pub fn mermaid(machine: &Machine) -> String {
    let mut out = vec!["---".to_owned(), format!("title: {}", head(machine)), "---".to_owned(), "stateDiagram-v2".to_owned()];
    for node in machine.nodes.iter().filter(|n| n.kind != NodeKind::Start) {
        out.push(format!("    state \"{}\" as {}", clean(&title(machine, node)), id(node)));
    }
    for edge in &machine.edges {
        let (Some(from), Some(to)) = (machine.nodes.get(edge.from), machine.nodes.get(edge.to)) else { continue };
        out.push(format!("    {} --> {}: {}", id(from), id(to), clean(&captions(&edge.captions))));
    }
    for node in machine.nodes.iter().filter(|n| !n.inside.is_empty()) {
        out.push(format!("    note right of {}", id(node)));
        out.extend(node.inside.iter().map(|caption| format!("        {}", clean(&captions(std::slice::from_ref(caption))))));
        out.push("    end note".to_owned());
    }
    let ends = |n: &&Node| matches!(n.kind, NodeKind::State { ends: true, .. });
    out.extend(machine.nodes.iter().filter(ends).map(|node| format!("    {} --> [*]", id(node))));
    out.extend(machine.notes.iter().enumerate().map(|(nth, note)| format!("    %% ({}) {note}", nth + 1)));
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
        NodeKind::Letter(letter) => format!("{letter}: from {}", carriers(machine, letter)),
        _ => {
            let badge = node.badge.iter().map(|b| b.text.clone());
            std::iter::once(node.title.clone()).chain(node.details.iter().cloned()).chain(badge).collect::<Vec<_>>().join("\\n")
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
        format!("{}\\n{}", names.join(", "), caption.details.join(", "))
    };
    captions.iter().map(one).collect::<Vec<_>>().join("\\n")
}

/// Mermaid has no way to write these inside a text.
fn clean(text: &str) -> String {
    text.replace('"', "'").replace(':', "#colon;").replace(';', ",").replace("#colon,", "#colon;")
}
