//! Chance that can be repeated: every throw follows from the seed and from what it is thrown for, never from what came before.
//!
//! Must not know what is decided by it. Tests: below.

/// A die for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dice(u64);

/// One step of SplitMix64 (Steele, Lea and Flood, *Fast Splittable Pseudorandom Number Generators*, 2014).
const fn splitmix64(state: u64) -> u64 {
    let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Dice {
    /// The die of a seed.
    pub const fn new(seed: u64) -> Self {
        Self(splitmix64(seed))
    }

    /// The die for what a word names.
    pub fn of(self, word: &str) -> Self {
        let mixed = word.bytes().fold(self.0, |state, byte| (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        Self(splitmix64(mixed ^ word.len() as u64))
    }

    /// The die for the n-th of several.
    pub const fn at(self, n: u64) -> Self {
        Self(splitmix64(self.0 ^ splitmix64(n)))
    }

    /// A number from 0 up to, and without, `sides`; 0 where there are none.
    pub const fn below(self, sides: u64) -> u64 {
        if sides == 0 { 0 } else { self.0 % sides }
    }

    /// Whether something happens that happens so many times in a thousand.
    pub const fn per_mille(self, times: u64) -> bool {
        self.below(1000) < times
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_throw_depends_on_its_purpose_alone() {
        let dice = Dice::new(7);
        assert_eq!(dice.of("part").at(3), Dice::new(7).of("part").at(3));
        assert_ne!(dice.of("part").at(3), dice.of("part").at(4));
        assert_ne!(dice.of("ab").of("c"), dice.of("a").of("bc"));
    }

    #[test]
    fn throws_are_spread_evenly() {
        let hits = (0..10_000).filter(|n| Dice::new(1).at(*n).per_mille(100)).count();
        assert!((900..1100).contains(&hits), "{hits}");
    }
}
