//! How wide a text is, and how it is broken into lines: the widths of Arial, which Helvetica and Liberation Sans share.
//!
//! A picture must be laid out before anything shows it, and by a program that has no fonts. Must not know what is written.
//! Tests: below.

/// How a text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The name of a picture.
    Heading,
    /// What people call a state.
    Title,
    /// What the flow calls a state.
    Word,
    /// A transition.
    Action,
    /// Who, when, and what comes of it.
    Detail,
    /// Counts that an overlay adds.
    Badge,
    /// The letter of a connector.
    Letter,
}

impl Ink {
    /// The height of the letters in pixels.
    #[must_use]
    pub const fn size(self) -> i32 {
        match self {
            Self::Heading => 16,
            Self::Title => 13,
            Self::Action => 12,
            Self::Word | Self::Detail | Self::Badge | Self::Letter => 11,
        }
    }

    /// The height of a line in pixels.
    #[must_use]
    pub const fn line(self) -> i32 {
        self.size() + 3
    }

    /// Whether it is written bold.
    #[must_use]
    pub const fn bold(self) -> bool {
        matches!(self, Self::Heading | Self::Title | Self::Action | Self::Badge | Self::Letter)
    }
}

/// Thousandths of the letter height, from space to tilde.
const PLAIN: [i32; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584,
    556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278,
    469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260,
    334, 584,
];
const BOLD: [i32; 95] = [
    278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333, 333, 584, 584, 584,
    611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 333, 278, 333,
    584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611, 611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280,
    389, 584,
];
/// What is not in the tables: letters with marks and other alphabets, then the scripts whose letters are square.
const OTHER: i32 = 640;
const SQUARE: i32 = 1000;

/// How many pixels wide a text is; rounded up.
#[must_use]
pub fn width(text: &str, ink: Ink) -> i32 {
    let table = if ink.bold() { &BOLD } else { &PLAIN };
    let wide = |c: char| match u32::from(c).checked_sub(32).and_then(|at| table.get(at as usize)) {
        Some(width) => *width,
        None if u32::from(c) >= 0x2E80 => SQUARE,
        None => OTHER,
    };
    let sum: i32 = text.chars().map(wide).sum();
    (sum * ink.size() + 999) / 1000
}

/// Breaks a text at spaces so that no line is wider than `most`, unless one word alone is; the lines are of about one width.
#[must_use]
pub fn wrap(text: &str, ink: Ink, most: i32) -> Vec<String> {
    let lines = greedy(text, ink, most);
    let count = lines.len();
    // The narrowest width that needs no more lines: no line is left with one word.
    let mut narrow = most;
    while narrow > 20 && greedy(text, ink, narrow - 4).len() == count {
        narrow -= 4;
    }
    let widest = |lines: &[String]| lines.iter().map(|l| width(l, ink)).max().unwrap_or(0);
    let even = greedy(text, ink, narrow);
    if widest(&even) <= widest(&lines) { even } else { lines }
}

fn greedy(text: &str, ink: Ink, most: i32) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), ink) <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_those_of_the_font() {
        assert_eq!(width("", Ink::Detail), 0);
        // Measured in Liberation Sans at 1000 units: H 722, a 556, n 556, d 556.
        assert_eq!(width("Hand", Ink::Detail), (722 + 3 * 556) * 11 / 1000 + 1);
        assert!(width("Hand", Ink::Action) > width("Hand", Ink::Detail));
        assert_eq!(width("漢", Ink::Detail), 11);
    }

    #[test]
    fn lines_are_of_about_one_width_and_hold_every_word() {
        let lines = wrap("within 5 working days, else tell service operations", Ink::Detail, 180);
        assert_eq!(lines.join(" "), "within 5 working days, else tell service operations");
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|l| width(l, Ink::Detail) <= 180), "{lines:?}");
        assert_eq!(wrap("an_indivisible_word_that_is_too_long", Ink::Detail, 40).len(), 1);
        assert!(wrap("", Ink::Detail, 40).is_empty());
    }
}
