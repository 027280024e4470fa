//! Layout on small graphs: what must hold whatever the graph. The pictures of the shipped flows are measured in `tests/it/pictures.rs`.

use super::*;

fn graph(boxes: usize, links: &[(usize, usize)]) -> Graph {
    Graph {
        boxes: vec![Size { width: 100, height: 40 }; boxes],
        links: links.iter().map(|(from, to)| Link { from: *from, to: *to, label: Size { width: 60, height: 20 }, weight: 1 }).collect(),
    }
}

fn clear(layout: &Layout) {
    for (at, one) in layout.boxes.iter().enumerate() {
        assert!(layout.boxes.iter().skip(at + 1).all(|other| !one.meets(other)), "{:?}", layout.boxes);
        for route in &layout.routes {
            assert!(route.points.windows(2).all(|pair| !Rect::spanned(pair[0], pair[1]).meets(one)), "{route:?} runs through {one:?}");
            assert!(!route.label.meets(one), "{route:?} {one:?}");
        }
    }
    for (at, one) in layout.routes.iter().enumerate() {
        assert!(layout.routes.iter().skip(at + 1).all(|other| !one.label.meets(&other.label)), "{:?}", layout.routes);
    }
}

#[test]
fn a_chain_is_one_straight_line_down() {
    let layout = lay_out(&graph(3, &[(0, 1), (1, 2)]));
    assert!(layout.boxes.windows(2).all(|pair| pair[0].x == pair[1].x && pair[0].bottom() < pair[1].y), "{layout:?}");
    assert!(layout.routes.iter().all(|r| r.points.first().unwrap().x == r.points.last().unwrap().x), "{layout:?}");
    clear(&layout);
}

#[test]
fn a_link_that_closes_a_circle_leads_upwards_and_no_other_does() {
    let layout = lay_out(&graph(4, &[(0, 1), (1, 2), (2, 1), (1, 3), (2, 3)]));
    let upwards: Vec<bool> = layout.routes.iter().map(|r| r.points.first().unwrap().y > r.points.last().unwrap().y).collect();
    assert_eq!(upwards, [false, false, true, false, false]);
    clear(&layout);
}

#[test]
fn what_does_not_hang_together_stands_apart() {
    let layout = lay_out(&graph(5, &[(0, 1), (2, 3)]));
    assert_eq!(layout.boxes.len(), 5);
    clear(&layout);
}

#[test]
fn every_graph_of_many_is_clear() {
    let mut state = 7u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for round in 0..40 {
        let boxes = 2 + next(9);
        let mut links: Vec<(usize, usize)> = Vec::new();
        for _ in 0..boxes + next(6) {
            let pair = (next(boxes), next(boxes));
            if pair.0 != pair.1 && !links.contains(&pair) {
                links.push(pair);
            }
        }
        let layout = lay_out(&graph(boxes, &links));
        assert_eq!(layout.routes.len(), links.len(), "round {round}");
        clear(&layout);
    }
}

#[test]
fn the_simplex_method_finds_the_least_cost() {
    // Three numbers at least 1 apart in a row, and a heavy edge that wants the first and the last close.
    let edge = |tail, head, min, weight| simplex::Edge { tail, head, min, weight };
    let edges = [edge(0, 1, 1, 1), edge(1, 2, 1, 1), edge(0, 3, 1, 1), edge(3, 2, 5, 9)];
    let at = simplex::solve(4, &edges).unwrap();
    assert!(edges.iter().all(|e| at[e.head] - at[e.tail] >= e.min), "{at:?}");
    let cost: i32 = edges.iter().map(|e| (at[e.head] - at[e.tail]) * e.weight).sum();
    assert_eq!(cost, 6 + 1 + 45, "{at:?}");
    assert_eq!(simplex::solve(2, &[edge(0, 1, 1, 1), edge(1, 0, 1, 1)]), None, "distances that contradict each other");
}
