//! Pictures of workflows: measured on every shipped flow, and kept as snapshots for a small one.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use bincard::book_folder;
use bincard::model::{Book, Workflow};
use bincard::picture::{self, Line, Machine, NodeKind, Overlay, Point, Rect, Scene};

use crate::support::markup::{pieces, texts, values};
use crate::support::{book, root};

/// The room that must stay free around what is written.
const CLEAR: i32 = 2;
/// Two lines closer than this are one to the eye.
const APART: i32 = 5;

fn of(folder: &Path) -> Arc<Book> {
    book::made(&book_folder::read(folder).expect("a book")).0
}

fn draw(book: &Book, workflow: &Workflow) -> (Machine, Scene) {
    picture::draw(book, workflow, &Overlay::default(), false)
}

/// A book and its pictures by workflow.
type Drawn = (Arc<Book>, Vec<(Arc<Workflow>, Machine, Scene)>);

/// Those of the shipped book, made once for all tests.
fn drawn() -> &'static Drawn {
    static DRAWN: OnceLock<Drawn> = OnceLock::new();
    DRAWN.get_or_init(|| {
        let book = book::untold().0;
        let one = |workflow: &Arc<Workflow>| {
            let (machine, scene) = draw(&book, workflow);
            (Arc::clone(workflow), machine, scene)
        };
        let all = book.workflows.values().map(one).collect();
        (book, all)
    })
}

/// Everything in a picture that is in the way of something else.
fn problems(machine: &Machine, scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(outside(scene));
    found.extend(boxes(machine, scene));
    found.extend(labels(machine, scene));
    found.extend(wires(machine, scene));
    found.extend(writing(machine, scene));
    found
}

fn outside(scene: &Scene) -> Vec<String> {
    let sheet = Rect { x: 0, y: 0, width: scene.size.width, height: scene.size.height }.grown(-CLEAR);
    let lines = scene.texts.iter().map(|t| (t.text.clone(), t.rect()));
    let shapes = scene.shapes.iter().map(|s| ("a box".to_owned(), s.rect));
    let labels = scene.wires.iter().flat_map(|w| w.lines.iter().map(|l| (l.text.clone(), l.rect())));
    let stretches = scene.wires.iter().flat_map(|w| stretches(&w.points)).map(|s| ("a line".to_owned(), s));
    let all = lines.chain(shapes).chain(labels).chain(stretches).chain(scene.key.iter().map(|(_, rect)| ("the key".to_owned(), *rect)));
    all.filter(|(_, rect)| !sheet.holds(rect)).map(|(what, _)| format!("{what} stands outside")).collect()
}

fn stretches(points: &[Point]) -> Vec<Rect> {
    points.windows(2).map(|pair| Rect::spanned(pair[0], pair[1])).collect()
}

fn boxes(machine: &Machine, scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    for (at, shape) in scene.shapes.iter().enumerate() {
        for (other, later) in scene.shapes.iter().enumerate().skip(at + 1) {
            if shape.rect.grown(CLEAR).meets(&later.rect) {
                found.push(format!("`{}` meets `{}`", machine.nodes[at].id, machine.nodes[other].id));
            }
        }
    }
    found
}

fn labels(machine: &Machine, scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    for (at, wire) in scene.wires.iter().enumerate() {
        let name = &machine.edges[at].captions[0].actions[0].name;
        for line in wire.lines.iter().map(Line::rect) {
            let room = line.grown(CLEAR);
            found.extend(scene.shapes.iter().filter(|s| s.rect.meets(&room)).map(|_| format!("the label of `{name}` meets a box")));
            let others = scene.wires.iter().enumerate().filter(|(other, _)| *other != at);
            found.extend(others.filter(|(_, o)| o.lines.iter().any(|l| l.rect().meets(&room))).map(|_| format!("the label of `{name}` meets another")));
            let crossed = scene.wires.iter().filter(|w| stretches(&w.points).iter().any(|s| s.grown(1).meets(&line)));
            found.extend(crossed.map(|_| format!("a line runs through the label of `{name}`")));
            found.extend(scene.texts.iter().filter(|t| t.rect().meets(&line)).map(|t| format!("the label of `{name}` meets `{}`", t.text)));
        }
    }
    found
}

fn wires(machine: &Machine, scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    for (at, wire) in scene.wires.iter().enumerate() {
        let edge = &machine.edges[at];
        let name = &edge.captions[0].actions[0].name;
        let mine = stretches(&wire.points);
        found.extend(mine.iter().filter(|s| s.width > 0 && s.height > 0).map(|_| format!("`{name}` runs aslant")));
        found.extend(scene.shapes.iter().filter(|s| mine.iter().any(|m| m.meets(&s.rect))).map(|_| format!("`{name}` runs through a box")));
        for (end, point) in [(edge.from, wire.points.first()), (edge.to, wire.points.last())] {
            let (rect, point) = (scene.shapes[end].rect, point.expect("an end"));
            let touches = (point.y == rect.y || point.y == rect.bottom()) && rect.x <= point.x && point.x <= rect.right();
            found.extend((!touches).then(|| format!("`{name}` does not touch `{}`", machine.nodes[end].id)));
        }
        for other in scene.wires.iter().skip(at + 1) {
            let upon = stretches(&other.points).iter().any(|o| mine.iter().any(|m| along(m, o)));
            found.extend(upon.then(|| format!("another line runs upon `{name}`")));
        }
    }
    found
}

/// Whether two stretches run beside each other too closely to be told apart.
fn along(one: &Rect, other: &Rect) -> bool {
    let overlap = |a: i32, a_end: i32, b: i32, b_end: i32| a_end.min(b_end) - a.max(b) > APART;
    let upright = one.width == 0 && other.width == 0 && (one.x - other.x).abs() < APART;
    let level = one.height == 0 && other.height == 0 && (one.y - other.y).abs() < APART;
    upright && overlap(one.y, one.bottom(), other.y, other.bottom()) || level && overlap(one.x, one.right(), other.x, other.right())
}

/// What is written in boxes stays in them, and no line of writing stands on another.
fn writing(machine: &Machine, scene: &Scene) -> Vec<String> {
    let mut found = Vec::new();
    for (shape, node) in scene.shapes.iter().zip(&machine.nodes) {
        let mut taken: Vec<Rect> = shape.letters.iter().map(|(_, at)| Rect { x: at.x - 8, y: at.y - 8, width: 16, height: 16 }).collect();
        for line in &shape.lines {
            let rect = line.rect();
            found.extend((!shape.rect.grown(-CLEAR).holds(&rect)).then(|| format!("`{}` does not fit into `{}`", line.text, node.id)));
            // Letters such as g reach a little below their ground: two lines of text may touch there.
            let inner = Rect { height: rect.height - 3, ..rect };
            found.extend(taken.iter().filter(|t| t.meets(&inner)).map(|_| format!("`{}` is written upon something in `{}`", line.text, node.id)));
            taken.push(inner);
        }
    }
    let lines: Vec<&Line> = scene.texts.iter().collect();
    for (at, line) in lines.iter().enumerate() {
        found.extend(lines[at + 1..].iter().filter(|o| o.rect().meets(&line.rect())).map(|o| format!("`{}` meets `{}`", line.text, o.text)));
    }
    found
}

#[test]
fn nothing_is_in_the_way_of_anything_in_any_shipped_picture() {
    let (_, drawn) = drawn();
    let mut found = Vec::new();
    for (workflow, machine, scene) in drawn {
        found.extend(problems(machine, scene).into_iter().map(|p| format!("{}: {p}", workflow.name)));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn notes_badges_and_refusals_find_their_room_too() {
    let book = book::untold().0;
    let badge = |n: usize| picture::Badge { text: format!("{n}, {n} overdue"), tone: picture::Tone::Bad };
    for name in ["ship_to_store", "shipment", "transfer"] {
        let workflow = &book.workflows[name];
        let overlay = Overlay {
            title: "counts".to_owned(),
            states: workflow.states.iter().enumerate().map(|(n, s)| (s.name.clone(), badge(n * 7))).collect(),
            transitions: workflow.transitions.iter().enumerate().map(|(n, t)| (t.name.clone(), badge(n))).collect(),
        };
        let (machine, scene) = picture::draw(&book, workflow, &overlay, true);
        assert_eq!(problems(&machine, &scene), [""; 0], "{name}");
        assert!(machine.notes.iter().any(|n| n.contains('{') && n.ends_with('.')), "{name}: sentences are notes");
    }
}

/// Every kind of problem, made on purpose, is found: otherwise the measuring would prove nothing.
#[test]
fn what_is_in_the_way_is_found() {
    let book = book::untold().0;
    let (machine, scene) = draw(&book, &book.workflows["shipment"]);
    let spoiled = |spoil: &dyn Fn(&mut Scene)| {
        let mut scene = scene.clone();
        spoil(&mut scene);
        problems(&machine, &scene).join("\n")
    };
    let onto_box = scene.shapes[2].lines[0].at;
    let onto_label = scene.wires[1].lines[0].at;
    let through_box = scene.shapes[2].rect.middle();
    let (on_line, on_other) = (scene.wires[3].points[0], scene.wires[4].points.clone());
    for (spoil, told) in [
        (&(|s: &mut Scene| s.wires[0].lines[0].at = onto_box) as &dyn Fn(&mut Scene), "meets a box"),
        (&|s: &mut Scene| s.wires[0].lines[0].at = onto_label, "meets another"),
        (&|s: &mut Scene| s.wires[0].lines[0].at = Point { x: on_line.x - 10, y: on_line.y + 6 }, "a line runs through the label"),
        (&|s: &mut Scene| s.wires[0].points.insert(1, through_box), "runs through a box"),
        (&|s: &mut Scene| s.wires[0].points[0].x += 1000, "does not touch"),
        (&|s: &mut Scene| s.wires[0].points[0].x += 5, "runs aslant"),
        (&|s: &mut Scene| s.wires[0].points = on_other.clone(), "another line runs upon"),
        (&|s: &mut Scene| s.shapes[1].rect = s.shapes[2].rect, "meets `"),
        (&|s: &mut Scene| s.shapes[2].lines[0].text.push_str(" and much more than there is room for"), "does not fit into"),
        (&|s: &mut Scene| s.shapes[2].lines[0].at.y += 10, "is written upon"),
        (&|s: &mut Scene| s.size.height -= 20, "stands outside"),
    ] {
        let found = spoiled(spoil);
        assert!(found.contains(told), "{told}: {found}");
    }
}

#[test]
fn a_flow_of_ten_states_can_be_read_on_a_page() {
    let mut measured = 0;
    for (workflow, _, scene) in drawn().1.iter().filter(|(w, ..)| w.states.len() <= 12) {
        // A4 without margins of 10 mm, in hundredths of a point; the smallest letters are 11 pixels high.
        let scale = |width: i32, height: i32| (width * 100 / scene.size.width).min(height * 100 / scene.size.height);
        let points = scale(538, 785).max(scale(785, 538)) * 11;
        let least = if workflow.states.len() <= 11 { 600 } else { 550 };
        assert!(points >= least, "{}: letters of {points} hundredths of a point", workflow.name);
        measured += usize::from(workflow.states.len() >= 10);
    }
    assert!(measured >= 2, "there are flows of ten states and more to measure");
}

#[test]
fn every_state_transition_and_role_is_in_every_format() {
    let (book, drawn) = drawn();
    for (workflow, machine, scene) in drawn {
        let svg = picture::svg(machine, scene);
        let read = pieces(&svg);
        let (shown, ids) = (texts(&read), values(&read, "data-node"));
        let (mermaid, dot) = (picture::mermaid(machine), picture::dot(machine));
        for state in &workflow.states {
            assert!(ids.contains(&state.name.to_string()), "{}: {}", workflow.name, state.name);
            assert!(mermaid.contains(&format!("as s_{}", state.name)) && dot.contains(&format!("\"{}\" [", state.name)), "{}: {}", workflow.name, state.name);
        }
        let words = |text: &str| text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        let (shown_words, mermaid_words, dot_words) = (words(&shown), words(&mermaid), words(&dot.replace("\\n", " ")));
        for transition in workflow.transitions.iter().filter(|t| t.approves.is_none()) {
            let name = transition.name.to_string();
            assert!(shown_words.contains(&name) && dot_words.contains(&name), "{}: {name}", workflow.name);
            assert!(mermaid_words.contains(&name), "{}: {name}", workflow.name);
            for role in transition.by.iter().filter(|r| **r != "system") {
                let label = &book.vocabulary.roles[role].named.label;
                assert!(shown.replace('\n', " ").contains(label), "{}: {label}", workflow.name);
            }
        }
    }
}

#[test]
fn a_picture_is_for_everyone() {
    let book = book::untold().0;
    let (machine, scene) = draw(&book, &book.workflows["transfer"]);
    let svg = picture::svg(&machine, &scene);
    let read = pieces(&svg);
    let labelled = values(&read, "aria-labelledby");
    let ids = values(&read, "id");
    assert!(labelled[0].split(' ').all(|id| ids.contains(&id.to_owned())), "{labelled:?} {ids:?}");
    assert!(svg.contains("From Asked: agree leads to Agreed by the donor (Service operations; not whoever did open"), "{svg}");
    assert!(svg.contains("prefers-color-scheme:dark"));
    let kinds = |kind: fn(&NodeKind) -> bool| machine.nodes.iter().filter(|n| kind(&n.kind)).count();
    assert_eq!(
        kinds(|k| matches!(k, NodeKind::State { ends: true, .. })),
        svg.matches("class=\"box ends inner\"").count() - 1,
        "two edges for what ends, and one in the key"
    );
    assert!(!svg.contains("http://") || svg.matches("http://").count() == svg.matches("http://www.w3.org/").count(), "nothing is fetched");
}

#[test]
fn the_picture_that_the_readme_shows_is_current() {
    let book = book::untold().0;
    let (machine, scene) = draw(&book, &book.workflows["transfer"]);
    let kept = std::fs::read_to_string(root().join("docs/transfer.svg")).expect("docs/transfer.svg");
    assert_eq!(kept, picture::svg(&machine, &scene), "run `bincard draw transfer --out docs/transfer.svg`");
}

#[test]
fn a_small_flow_in_every_format() {
    let book = of(&root().join("src/cli/scaffold"));
    let (machine, scene) = draw(&book, &book.workflows["job"]);
    assert_eq!(problems(&machine, &scene), [""; 0]);
    insta::with_settings!({ snapshot_path => "snapshots/pictures", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("job_svg", picture::svg(&machine, &scene));
        insta::assert_snapshot!("job_mermaid", picture::mermaid(&machine));
        insta::assert_snapshot!("job_dot", picture::dot(&machine));
    });
}
