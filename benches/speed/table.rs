//! The one table of the bench.

use std::fmt;

use comfy_table::{CellAlignment, Table as Drawn, presets};

/// Measured lines, and what is compared with what.
#[derive(Debug)]
pub struct Table {
    sides: [&'static str; 2],
    rows: Vec<[String; 6]>,
}

impl Default for Table {
    fn default() -> Self {
        Self::of(["by hand", "bincard"])
    }
}

/// What is aimed at.
#[derive(Debug, Clone, Copy)]
pub enum Aim {
    AtLeast(f64),
    AtMost(f64),
}

impl Aim {
    fn verdict(self, value: f64) -> String {
        match self {
            Self::AtLeast(aim) => format!("{} ≥ {aim}", if value >= aim { "✓" } else { "✗" }),
            Self::AtMost(aim) => format!("{} ≤ {aim}", if value <= aim { "✓" } else { "✗" }),
        }
    }
}

/// The middle of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}

impl Table {
    /// A table that compares one side with the other.
    pub const fn of(sides: [&'static str; 2]) -> Self {
        Self { sides, rows: Vec::new() }
    }

    /// Rates of transitions a second, round by round.
    pub fn rates(&mut self, what: &str, floor: Vec<f64>, engine: Vec<f64>, aim: Aim) {
        let ratios: Vec<f64> = engine.iter().zip(&floor).map(|(e, f)| e / f).collect();
        let ratio = median(ratios.clone());
        let spread = ratios.iter().fold((f64::MAX, f64::MIN), |(low, high), r| (low.min(*r), high.max(*r)));
        let rate = |figures| format!("{:.0}/s", median(figures));
        let spread = format!("{:.2}–{:.2}", spread.0, spread.1);
        self.line(what, [rate(floor), rate(engine), format!("{ratio:.2}"), spread, aim.verdict(ratio)]);
    }

    /// A figure that is no rate.
    pub fn figure(&mut self, what: &str, floor: String, engine: String, value: f64, aim: Aim) {
        self.line(what, [floor, engine, format!("{value:.2}"), String::new(), aim.verdict(value)]);
    }

    fn line(&mut self, what: &str, [floor, engine, ratio, spread, aim]: [String; 5]) {
        let [one, other] = self.sides;
        println!("{what}: {one} {floor}, {other} {engine}, {ratio} ({aim})");
        self.rows.push([what.to_owned(), floor, engine, ratio, spread, aim]);
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut drawn = Drawn::new();
        drawn.load_style(presets::UTF8_BORDERS_ONLY).set_header(["", self.sides[0], self.sides[1], "ratio", "rounds", "aim"]);
        for row in &self.rows {
            drawn.add_row(row);
        }
        for column in drawn.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        write!(f, "{drawn}")
    }
}
