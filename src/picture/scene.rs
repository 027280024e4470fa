//! A machine with sizes and places: every box, line and text of the picture, in whole pixels.
//!
//! Must not know how it is written down. Tests: `tests/it/pictures.rs` measures the scenes of all shipped workflows.

use super::layout::{self, Graph, Link, Point, Rect, Size};
use super::machine::{Caption, Edge, Machine, Node, NodeKind};
use super::overlay::Tone;
use super::text::{self, Ink};

/// Around the whole picture, between its parts, and inside boxes.
const MARGIN: i32 = 16;
const GAP: i32 = 14;
const PAD: Size = Size { width: 11, height: 8 };
const NOTE_WIDTH: i32 = 360;
/// The start, and a letter.
const DOT: i32 = 16;
/// The diameter of a letter's circle.
pub const LETTER: i32 = 18;
/// The sample of a line or box in the key.
const SAMPLE: Size = Size { width: 26, height: 14 };
/// So much width is left at the side of a box for each line.
const PORT: i32 = 12;

/// How texts are broken into lines. The same machine is laid out in several ways, and the one that prints largest is taken.
#[derive(Debug, Clone, Copy)]
struct Breaks {
    /// The widths of what stands at lines, over the rule of a box, and below it.
    label: i32,
    detail: i32,
    inside: i32,
    /// From so many captions on, each stands on one line where it fits into the width of a box.
    many: usize,
}

const TITLE_WIDTH: i32 = 150;
const LABELS: [i32; 4] = [150, 120, 190, 240];
const DETAILS: [i32; 3] = [170, 150, 230];
const MANY: [usize; 2] = [3, 1];

/// A picture.
#[derive(Debug, Clone)]
pub struct Scene {
    /// How large it is.
    pub size: Size,
    /// Its boxes, in the order of the machine's nodes.
    pub shapes: Vec<Shape>,
    /// Its lines, in the order of the machine's edges.
    pub wires: Vec<Wire>,
    /// Head and notes.
    pub texts: Vec<Line>,
    /// The samples of the key, each with what it means.
    pub key: Vec<(Sample, Rect)>,
}

/// A box, or what stands for one.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Where it stands.
    pub rect: Rect,
    /// What stands in it.
    pub lines: Vec<Line>,
    /// Where a rule divides what it is from what can be done in it.
    pub rule: Option<i32>,
    /// The letters it carries, each by the middle of its circle.
    pub letters: Vec<(char, Point)>,
    /// The ground of its badge.
    pub badge: Option<(Tone, Rect)>,
}

/// A line with its label.
#[derive(Debug, Clone)]
pub struct Wire {
    /// Its corners, from where it leaves to where it arrives.
    pub points: Vec<Point>,
    /// The room of its label.
    pub label: Rect,
    /// What stands there.
    pub lines: Vec<Line>,
    /// No person is needed.
    pub alone: bool,
}

/// One line of text.
#[derive(Debug, Clone)]
pub struct Line {
    /// Where it begins: left, on the ground that the letters stand on.
    pub at: Point,
    /// The text.
    pub text: String,
    /// How it is written.
    pub ink: Ink,
    /// What an overlay says of it.
    pub tone: Tone,
}

impl Line {
    /// The room that it takes.
    #[must_use]
    pub fn rect(&self) -> Rect {
        let size = self.ink.size();
        Rect { x: self.at.x, y: self.at.y - size, width: text::width(&self.text, self.ink), height: size + 2 }
    }

    fn moved(mut self, by: Point) -> Self {
        self.at = Point { x: self.at.x + by.x, y: self.at.y + by.y };
        self
    }
}

/// What the key explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sample {
    /// Where documents begin.
    Start,
    /// A state in which a document waits.
    Waits,
    /// A state that it leaves at once.
    Passes,
    /// A state in which it ends.
    Ends,
    /// A line that needs no person.
    Alone,
    /// A letter.
    Letter,
}

impl Sample {
    const fn meaning(self) -> &'static str {
        match self {
            Self::Start => "begins",
            Self::Waits => "waits for somebody",
            Self::Passes => "is left at once",
            Self::Ends => "ends",
            Self::Alone => "happens by itself",
            Self::Letter => "from every state with this letter",
        }
    }
}

impl Scene {
    /// Measures and lays out a machine.
    #[must_use]
    pub fn of(machine: &Machine) -> Self {
        let breaks = LABELS.iter().flat_map(|label| DETAILS.iter().map(move |detail| (*label, *detail)));
        let breaks = breaks.flat_map(|(label, detail)| MANY.iter().map(move |many| Breaks { label, detail, inside: detail + 50, many: *many }));
        let scenes = breaks.map(|breaks| Self::with(machine, breaks));
        scenes.min_by_key(|scene| layout::paper(scene.size)).unwrap_or_else(|| Self::empty(Size::default()))
    }

    const fn empty(size: Size) -> Self {
        Self { size, shapes: Vec::new(), wires: Vec::new(), texts: Vec::new(), key: Vec::new() }
    }

    fn with(machine: &Machine, breaks: Breaks) -> Self {
        let drawn: Vec<Shape> = machine.nodes.iter().enumerate().map(|(index, node)| shape(node, ports(machine, index), breaks)).collect();
        let labels: Vec<(Size, Vec<Line>)> = machine.edges.iter().map(|edge| stack(&edge.captions, breaks.label, breaks)).collect();
        let graph = Graph {
            boxes: drawn.iter().map(|s| Size { width: s.rect.width, height: s.rect.height }).collect(),
            links: machine.edges.iter().zip(&labels).map(|(edge, (label, _))| link(machine, edge, *label)).collect(),
        };
        let laid = layout::lay_out(&graph);
        let mut scene = Self::empty(laid.size);
        let head = scene.head(machine);
        let origin = Point { x: MARGIN, y: head };
        scene.shapes = drawn.into_iter().zip(&laid.boxes).map(|(shape, rect)| shape.moved(Point { x: rect.x + origin.x, y: rect.y + origin.y })).collect();
        for ((edge, (_, lines)), route) in machine.edges.iter().zip(labels).zip(laid.routes) {
            let label = route.label.moved(origin);
            let lines = lines.into_iter().map(|line| line.moved(Point { x: label.x, y: label.y })).collect();
            let points = route.points.iter().map(|p| Point { x: p.x + origin.x, y: p.y + origin.y }).collect();
            scene.wires.push(Wire { points, label, lines, alone: edge.alone });
        }
        scene.size.width = scene.size.width.max(scene.texts.iter().map(|t| t.rect().width).max().unwrap_or(0)).max(NOTE_WIDTH);
        scene.size.height += head + GAP;
        scene.key(machine);
        scene.notes(&machine.notes);
        scene.size = Size { width: scene.size.width + 2 * MARGIN, height: scene.size.height + MARGIN };
        scene
    }

    /// What stands over the picture; gives the height that it takes.
    fn head(&mut self, machine: &Machine) -> i32 {
        let mut y = MARGIN;
        let mut write = |text: &str, ink: Ink| {
            y += ink.line();
            self.texts.push(Line { at: Point { x: MARGIN, y: y - 4 }, text: text.to_owned(), ink, tone: Tone::Plain });
        };
        write(&machine.title, Ink::Heading);
        if !machine.shows.is_empty() {
            write(&machine.shows, Ink::Detail);
        }
        y + GAP
    }

    /// The samples of what occurs, in rows.
    fn key(&mut self, machine: &Machine) {
        let state =
            |wanted: fn(bool, bool) -> bool| machine.nodes.iter().any(|n| matches!(n.kind, NodeKind::State { ends, passes, .. } if wanted(ends, passes)));
        let letters = machine.nodes.iter().any(|n| matches!(n.kind, NodeKind::Letter(_)));
        let all = [
            (Sample::Start, true),
            (Sample::Waits, state(|ends, passes| !ends && !passes)),
            (Sample::Passes, state(|_, passes| passes)),
            (Sample::Ends, state(|ends, _| ends)),
            (Sample::Alone, machine.edges.iter().any(|e| e.alone)),
            (Sample::Letter, letters),
        ];
        let (mut x, mut y) = (0, self.size.height);
        for (sample, _) in all.into_iter().filter(|(_, occurs)| *occurs) {
            let wide = SAMPLE.width + 6 + text::width(sample.meaning(), Ink::Detail) + 18;
            if x > 0 && x + wide > self.size.width + 18 {
                (x, y) = (0, y + SAMPLE.height + 6);
            }
            self.key.push((sample, Rect { x: x + MARGIN, y, width: SAMPLE.width, height: SAMPLE.height }));
            let at = Point { x: x + MARGIN + SAMPLE.width + 6, y: y + SAMPLE.height - 3 };
            self.texts.push(Line { at, text: sample.meaning().to_owned(), ink: Ink::Detail, tone: Tone::Plain });
            x += wide;
        }
        self.size.height = y + SAMPLE.height;
    }

    /// The notes, in as many columns as there is room for.
    fn notes(&mut self, notes: &[String]) {
        if notes.is_empty() {
            return;
        }
        let columns = (self.size.width / NOTE_WIDTH).max(1);
        let wide = self.size.width / columns;
        let number = text::width("000", Ink::Detail);
        let wrapped: Vec<Vec<String>> = notes.iter().map(|note| text::wrap(note, Ink::Detail, wide - number - GAP)).collect();
        let total: usize = wrapped.iter().map(Vec::len).sum();
        let full = total.div_ceil(usize::try_from(columns).unwrap_or(1));
        let (mut column, mut row, mut deepest) = (0, 0, 0);
        for (index, lines) in wrapped.into_iter().enumerate() {
            if row >= full {
                (column, row) = (column + 1, 0);
            }
            for (nth, text) in lines.into_iter().enumerate() {
                let at =
                    |x: i32| Point { x: MARGIN + column * wide + x, y: self.size.height + GAP + Ink::Detail.line() * (i32::try_from(row).unwrap_or(0) + 1) };
                if nth == 0 {
                    self.texts.push(Line { at: at(0), text: (index + 1).to_string(), ink: Ink::Badge, tone: Tone::Plain });
                }
                self.texts.push(Line { at: at(number), text, ink: Ink::Detail, tone: Tone::Plain });
                row += 1;
            }
            deepest = deepest.max(row);
        }
        self.size.height += GAP + Ink::Detail.line() * i32::try_from(deepest).unwrap_or(0) + 4;
    }
}

/// How many lines meet a node at its busier side, at most.
fn ports(machine: &Machine, node: usize) -> i32 {
    let count = |end: fn(&Edge) -> usize| machine.edges.iter().filter(|e| end(e) == node).count();
    i32::try_from(count(|e| e.from).max(count(|e| e.to))).unwrap_or(0)
}

fn link(machine: &Machine, edge: &Edge, label: Size) -> Link {
    let begins = machine.nodes.get(edge.from).is_some_and(|n| !matches!(n.kind, NodeKind::State { .. }));
    Link { from: edge.from, to: edge.to, label, weight: if begins { 3 } else { 1 } }
}

/// A node at the origin.
fn shape(node: &Node, ports: i32, breaks: Breaks) -> Shape {
    let round = |size: i32| Shape { rect: Rect { x: 0, y: 0, width: size, height: size }, lines: Vec::new(), rule: None, letters: Vec::new(), badge: None };
    match node.kind {
        NodeKind::Start => round(DOT),
        NodeKind::Letter(letter) => {
            let mut shape = round(LETTER);
            shape.letters.push((letter, Point { x: LETTER / 2, y: LETTER / 2 }));
            shape
        }
        NodeKind::State { .. } | NodeKind::Anywhere => boxed(node, ports, breaks),
    }
}

fn boxed(node: &Node, ports: i32, breaks: Breaks) -> Shape {
    let mut rows: Vec<(String, Ink)> = text::wrap(&node.title, Ink::Title, TITLE_WIDTH).into_iter().map(|l| (l, Ink::Title)).collect();
    let named = matches!(node.kind, NodeKind::State { .. });
    if named {
        rows.push((node.id.clone(), Ink::Word));
    }
    let letters = LETTER * i32::try_from(node.letters.len()).unwrap_or(0) + if node.letters.is_empty() { 0 } else { 4 };
    rows.extend(node.details.iter().flat_map(|d| text::wrap(d, Ink::Detail, breaks.detail)).map(|l| (l, Ink::Detail)));
    let badge = node.badge.as_ref().map(|b| (b.tone, b.text.clone()));
    rows.extend(badge.iter().map(|(_, text)| (text.clone(), Ink::Badge)));
    let (inside, mut lines) = stack(&node.inside, breaks.inside, breaks);
    let taken = |(text, ink): &(String, Ink)| {
        text::width(text, *ink)
            + match ink {
                Ink::Word => letters,
                // The ground of a badge stands over on both sides.
                Ink::Badge => 18,
                _ => 0,
            }
    };
    let widest = rows.iter().map(taken).max().unwrap_or(0).max(inside.width).max((ports + 1) * PORT);
    let width = widest + 2 * PAD.width;
    let mut shape = Shape { rect: Rect { x: 0, y: 0, width, height: 0 }, lines: Vec::new(), rule: None, letters: Vec::new(), badge: None };
    let mut y = PAD.height;
    for row in &rows {
        let (text, ink) = row;
        if *ink == Ink::Badge {
            y += 4;
        }
        if *ink == Ink::Word && letters > 0 {
            y += 4;
        }
        let x = (width - taken(row)) / 2 + if *ink == Ink::Badge { 9 } else { 0 };
        let tone = badge.as_ref().filter(|_| *ink == Ink::Badge).map_or(Tone::Plain, |(tone, _)| *tone);
        let line = Line { at: Point { x, y: y + ink.size() }, text: text.clone(), ink: *ink, tone };
        if *ink == Ink::Badge {
            let room = line.rect();
            shape.badge = Some((tone, Rect { x: room.x - 6, y: room.y - 2, width: room.width + 12, height: room.height + 4 }));
            y += 3;
        }
        if *ink == Ink::Word {
            let first = x + text::width(text, *ink) + 4 + LETTER / 2;
            shape.letters = node.letters.iter().zip(0..).map(|(letter, nth)| (*letter, Point { x: first + LETTER * nth, y: y + ink.size() / 2 + 2 })).collect();
        }
        shape.lines.push(line);
        y += ink.line() + if *ink == Ink::Word && letters > 0 { 3 } else { 0 };
    }
    if !lines.is_empty() {
        shape.rule = Some(y + 2);
        y += 7;
        lines = lines.into_iter().map(|line| line.moved(Point { x: PAD.width, y })).collect();
        shape.lines.extend(lines);
        y += inside.height;
    }
    shape.rect.height = y + PAD.height - 2;
    shape
}

impl Shape {
    fn moved(mut self, by: Point) -> Self {
        self.rect = self.rect.moved(by);
        self.lines = self.lines.into_iter().map(|line| line.moved(by)).collect();
        self.rule = self.rule.map(|y| y + by.y);
        self.letters.iter_mut().for_each(|(_, p)| *p = Point { x: p.x + by.x, y: p.y + by.y });
        self.badge = self.badge.map(|(tone, rect)| (tone, rect.moved(by)));
        self
    }
}

/// Captions one under the other, from the left; with the room that they take.
fn stack(captions: &[Caption], most: i32, breaks: Breaks) -> (Size, Vec<Line>) {
    let many = captions.len() >= breaks.many;
    let most = if many { most.max(breaks.inside) } else { most };
    let mut lines: Vec<Line> = Vec::new();
    let mut y = 0;
    for caption in captions {
        if y > 0 {
            y += 4;
        }
        let mut end = 0;
        for (text, tone) in actions(caption, most) {
            let line = Line { at: Point { x: 0, y: y + Ink::Action.size() }, text, ink: Ink::Action, tone };
            end = line.rect().right() + 8;
            lines.push(line);
            y += Ink::Action.line();
        }
        let beside = caption.details.join(", ");
        if many && end + text::width(&beside, Ink::Detail) <= most {
            lines.push(Line { at: Point { x: end, y: y - 3 }, text: beside, ink: Ink::Detail, tone: Tone::Plain });
            continue;
        }
        for text in caption.details.iter().flat_map(|detail| text::wrap(detail, Ink::Detail, most)) {
            lines.push(Line { at: Point { x: 0, y: y + Ink::Detail.size() }, text, ink: Ink::Detail, tone: Tone::Plain });
            y += Ink::Detail.line();
        }
    }
    let width = lines.iter().map(|l| l.rect().right()).max().unwrap_or(0);
    (Size { width, height: y }, lines)
}

/// The transitions of a caption: as many on a line as fit, or each on its own where an overlay speaks of them.
fn actions(caption: &Caption, most: i32) -> Vec<(String, Tone)> {
    if caption.actions.iter().any(|a| a.badge.is_some()) {
        return caption.actions.iter().map(|a| (a.text(), a.badge.as_ref().map_or(Tone::Plain, |b| b.tone))).collect();
    }
    let mut lines: Vec<String> = Vec::new();
    for (nth, action) in caption.actions.iter().enumerate() {
        let text = action.text() + if nth + 1 < caption.actions.len() { "," } else { "" };
        match lines.last_mut() {
            Some(line) if text::width(&format!("{line} {text}"), Ink::Action) <= most => *line = format!("{line} {text}"),
            _ => lines.push(text),
        }
    }
    lines.into_iter().map(|line| (line, Tone::Plain)).collect()
}
