//! Points and rectangles in whole pixels; x grows to the right, y downwards.
//!
//! Must not know what is drawn. Tests: `tests.rs`.

/// How large something is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Size {
    /// To the right.
    pub width: i32,
    /// Downwards.
    pub height: i32,
}

/// A place.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From the top.
    pub y: i32,
}

/// A rectangle.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rect {
    /// Its left edge.
    pub x: i32,
    /// Its top edge.
    pub y: i32,
    /// Its width.
    pub width: i32,
    /// Its height.
    pub height: i32,
}

impl Rect {
    /// The rectangle that two corners span.
    #[must_use]
    pub fn spanned(a: Point, b: Point) -> Self {
        Self { x: a.x.min(b.x), y: a.y.min(b.y), width: (a.x - b.x).abs(), height: (a.y - b.y).abs() }
    }

    /// Its right edge.
    #[must_use]
    pub const fn right(&self) -> i32 {
        self.x + self.width
    }

    /// Its lower edge.
    #[must_use]
    pub const fn bottom(&self) -> i32 {
        self.y + self.height
    }

    /// The point in its middle.
    #[must_use]
    pub const fn middle(&self) -> Point {
        Point { x: self.x + self.width / 2, y: self.y + self.height / 2 }
    }

    /// The same, larger by so much on each side.
    #[must_use]
    pub const fn grown(&self, by: i32) -> Self {
        Self { x: self.x - by, y: self.y - by, width: self.width + 2 * by, height: self.height + 2 * by }
    }

    /// The same, elsewhere.
    #[must_use]
    pub const fn moved(&self, by: Point) -> Self {
        Self { x: self.x + by.x, y: self.y + by.y, width: self.width, height: self.height }
    }

    /// True where both cover some common ground; a line counts as what it crosses, edges that only touch do not.
    #[must_use]
    pub const fn meets(&self, other: &Self) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }

    /// True where the other lies inside.
    #[must_use]
    pub const fn holds(&self, other: &Self) -> bool {
        self.x <= other.x && self.y <= other.y && other.right() <= self.right() && other.bottom() <= self.bottom()
    }
}
