//! A machine in the DOT language of Graphviz, for those who lay it out with their own tools.
//!
//! Must not know places. Tests: `tests/it/pictures.rs`.

use super::machine::{Caption, Machine, Node, NodeKind};
use super::mermaid::carriers;

/// Writes a machine.
#[must_use]
pub fn dot(machine: &Machine) -> String {
    let shows = if machine.shows.is_empty() { String::new() } else { format!("\n{}", machine.shows) };
    let mut out = vec![
        format!("digraph {} {{", quoted(machine.name.as_str())),
        format!("  graph [label={}, labelloc=t, rankdir=TB, fontname=\"Helvetica\"]", quoted(&format!("{}{shows}", machine.title))),
        "  node [shape=box, style=rounded, fontname=\"Helvetica\", fontsize=11]".to_owned(),
        "  edge [fontname=\"Helvetica\", fontsize=10]".to_owned(),
    ];
    out.extend(machine.nodes.iter().map(|node| format!("  {} [{}]", quoted(&node.id), attributes(machine, node))));
    for edge in &machine.edges {
        let (Some(from), Some(to)) = (machine.nodes.get(edge.from), machine.nodes.get(edge.to)) else { continue };
        let dashed = if edge.alone { ", style=dashed" } else { "" };
        out.push(format!("  {} -> {} [label={}{dashed}]", quoted(&from.id), quoted(&to.id), quoted(&captions(&edge.captions))));
    }
    if !machine.notes.is_empty() {
        let notes: String = machine.notes.iter().enumerate().map(|(nth, note)| format!("({}) {note}\n", nth + 1)).collect();
        // Left-justified lines end with `\l`.
        out.push(format!("  \"notes\" [shape=note, style=\"\", label={}]", quoted(&notes).replace("\\n", "\\l")));
    }
    out.push("}".to_owned());
    out.join("\n") + "\n"
}

fn attributes(machine: &Machine, node: &Node) -> String {
    let more = match node.kind {
        NodeKind::Start => return "shape=point, width=0.15, label=\"\"".to_owned(),
        NodeKind::Letter(letter) => return format!("shape=circle, label={}, tooltip={}", quoted(&letter.to_string()), quoted(&carriers(machine, letter))),
        NodeKind::Anywhere => ", style=\"rounded,dotted\"",
        NodeKind::State { ends: true, .. } => ", peripheries=2",
        NodeKind::State { passes: true, .. } => ", style=\"rounded,dashed\"",
        NodeKind::State { initial: true, .. } => ", penwidth=2",
        NodeKind::State { .. } => "",
    };
    let mut lines = vec![node.title.clone()];
    lines.extend(node.details.iter().cloned());
    lines.extend(node.badge.iter().map(|b| b.text.clone()));
    if !node.letters.is_empty() {
        lines.push(node.letters.iter().map(|l| format!("({l})")).collect::<Vec<_>>().join(" "));
    }
    if !node.inside.is_empty() {
        lines.push(captions(&node.inside));
    }
    format!("label={}{more}", quoted(&lines.join("\n")))
}

fn captions(captions: &[Caption]) -> String {
    let one = |caption: &Caption| {
        let names: Vec<String> = caption.actions.iter().map(super::Action::text).collect();
        format!("{}\n{}", names.join(", "), caption.details.join(", "))
    };
    captions.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
