//! Numbers that keep their distances and are as close together as they can be: the network simplex method.
//!
//! Gansner, Koutsofios, North, Vo: "A Technique for Drawing Directed Graphs" (1993), section 2.3. Must not know what the
//! numbers are: ranks and places are both found with it. Tests: `tests.rs`.
#![expect(clippy::indexing_slicing, reason = "nodes and edges are named by their index")]

/// `head` is at least `min` above `tail`; each unit above that costs `weight`.
#[derive(Debug, Clone, Copy)]
pub struct Edge {
    pub tail: usize,
    pub head: usize,
    pub min: i32,
    pub weight: i32,
}

/// So many exchanges are enough for graphs a hundred times larger than any workflow; what is found by then keeps all distances.
const MOST_EXCHANGES: usize = 20_000;

/// The cheapest numbers; `None` where the distances contradict each other. The graph must hang together.
pub fn solve(nodes: usize, edges: &[Edge]) -> Option<Vec<i32>> {
    let at = feasible(nodes, edges)?;
    let mut net = vec![0; nodes];
    for edge in edges {
        net[edge.tail] += i64::from(edge.weight);
        net[edge.head] -= i64::from(edge.weight);
    }
    let mut simplex = Simplex { edges, at, in_tree: vec![false; edges.len()], net };
    simplex.tight_tree();
    let mut next = 0;
    for _ in 0..MOST_EXCHANGES {
        let tree = simplex.tree();
        let Some(leaving) = simplex.leaving(&tree, next) else { break };
        next = leaving + 1;
        if !simplex.exchange(&tree, leaving) {
            break;
        }
    }
    Some(simplex.at)
}

/// Whether the distances can be kept at all, and if so, the least numbers that do.
pub fn feasible(nodes: usize, edges: &[Edge]) -> Option<Vec<i32>> {
    let mut waiting = vec![0usize; nodes];
    edges.iter().for_each(|e| waiting[e.head] += 1);
    let mut at = vec![0; nodes];
    let mut ready: Vec<usize> = (0..nodes).filter(|n| waiting[*n] == 0).collect();
    let mut done = 0;
    while let Some(node) = ready.pop() {
        done += 1;
        for edge in edges.iter().filter(|e| e.tail == node) {
            at[edge.head] = at[edge.head].max(at[node] + edge.min);
            waiting[edge.head] -= 1;
            if waiting[edge.head] == 0 {
                ready.push(edge.head);
            }
        }
    }
    (done == nodes).then_some(at)
}

struct Simplex<'a> {
    edges: &'a [Edge],
    at: Vec<i32>,
    in_tree: Vec<bool>,
    /// Per node: the weights that leave it less those that arrive. Over one side of a cut they add up to the cut's value.
    net: Vec<i64>,
}

/// The spanning tree seen from node 0.
struct Tree {
    /// Per node: the edge to its parent.
    up: Vec<Option<usize>>,
    /// Per node: when the walk entered and left it.
    entered: Vec<usize>,
    left: Vec<usize>,
    /// Per node: `net` over it and all below it.
    below: Vec<i64>,
}

impl Tree {
    fn is_below(&self, node: usize, top: usize) -> bool {
        self.entered[top] <= self.entered[node] && self.entered[node] < self.left[top]
    }
}

impl Simplex<'_> {
    fn slack(&self, edge: &Edge) -> i32 {
        self.at[edge.head] - self.at[edge.tail] - edge.min
    }

    /// Grows a tree of edges without slack from node 0, pulling the rest towards it.
    fn tight_tree(&mut self) {
        let mut inside = vec![false; self.at.len()];
        if let Some(first) = inside.first_mut() {
            *first = true;
        }
        loop {
            let across = (0..self.edges.len()).filter(|e| inside[self.edges[*e].tail] != inside[self.edges[*e].head]);
            let Some(nearest) = across.min_by_key(|e| self.slack(&self.edges[*e])) else { return };
            let edge = self.edges[nearest];
            let slack = self.slack(&edge);
            let by = if inside[edge.tail] { slack } else { -slack };
            (0..inside.len()).filter(|n| inside[*n]).for_each(|n| self.at[n] += by);
            inside[edge.tail] = true;
            inside[edge.head] = true;
            self.in_tree[nearest] = true;
        }
    }

    fn tree(&self) -> Tree {
        let nodes = self.at.len();
        let mut beside: Vec<Vec<usize>> = vec![Vec::new(); nodes];
        for (index, edge) in self.edges.iter().enumerate().filter(|(i, _)| self.in_tree[*i]) {
            beside[edge.tail].push(index);
            beside[edge.head].push(index);
        }
        let mut tree = Tree { up: vec![None; nodes], entered: vec![0; nodes], left: vec![0; nodes], below: self.net.clone() };
        let mut stack = vec![(0, 0)];
        let mut clock = 1;
        while let Some((node, seen)) = stack.pop() {
            match beside[node].get(seen) {
                Some(index) => {
                    stack.push((node, seen + 1));
                    if tree.up[node] != Some(*index) {
                        let edge = self.edges[*index];
                        let other = if edge.tail == node { edge.head } else { edge.tail };
                        tree.up[other] = Some(*index);
                        tree.entered[other] = clock;
                        clock += 1;
                        stack.push((other, 0));
                    }
                }
                None => {
                    tree.left[node] = clock;
                    if let Some((parent, _)) = stack.last() {
                        tree.below[*parent] += tree.below[node];
                    }
                }
            }
        }
        tree
    }

    /// A tree edge that costs more than it must: one with a negative cut. The search goes on behind the last one, so that none is starved.
    fn leaving(&self, tree: &Tree, from: usize) -> Option<usize> {
        let count = self.edges.len();
        (0..count).map(|step| (from + step) % count).find(|index| self.in_tree[*index] && self.cut(tree, *index) < 0)
    }

    fn cut(&self, tree: &Tree, index: usize) -> i64 {
        let edge = self.edges[index];
        if tree.up[edge.tail] == Some(index) { tree.below[edge.tail] } else { -tree.below[edge.head] }
    }

    /// Takes an edge out of the tree and the one with the least slack across the same cut into it.
    fn exchange(&mut self, tree: &Tree, leaving: usize) -> bool {
        let edge = self.edges[leaving];
        let tail_is_child = tree.up[edge.tail] == Some(leaving);
        let child = if tail_is_child { edge.tail } else { edge.head };
        let on_tail_side = |node: usize| tree.is_below(node, child) == tail_is_child;
        let back = (0..self.edges.len()).filter(|e| !on_tail_side(self.edges[*e].tail) && on_tail_side(self.edges[*e].head));
        let Some(entering) = back.min_by_key(|e| self.slack(&self.edges[*e])) else { return false };
        let by = self.slack(&self.edges[entering]);
        (0..self.at.len()).filter(|n| on_tail_side(*n)).for_each(|n| self.at[n] -= by);
        self.in_tree[leaving] = false;
        self.in_tree[entering] = true;
        true
    }
}
