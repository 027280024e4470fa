//! What goes wrong on the way of a command, drawn from the dice.
//!
//! Must not know how it is made to happen (`wire.rs`). Tests: below.

use super::super::replay::dice::Dice;

/// One thing that goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Nothing.
    None,
    /// Whoever should have sent it has forgotten it for today.
    NobodyCame,
    /// The answer is lost, and the command is sent again.
    SentTwice,
    /// Its key is used again, for something else.
    KeyReused,
    /// The process dies when it has decided, before it commits; the next one is sent the command again.
    CrashBefore,
    /// The process dies when it has committed, before what follows at once; the next one is sent the command again.
    CrashAfter,
    /// The same, and another process asks for timers in between.
    CrashTakenOver,
    /// The commit takes so long that others go on meanwhile.
    SlowCommit,
    /// Two processes decide the same, and both commit.
    Race,
    /// Somebody else tries it first.
    WrongPerson,
    /// It is sent with nonsense first.
    Nonsense,
    /// A clock that is a day ahead.
    ClockAhead,
    /// It happened days ago, and is entered late.
    EnteredLate,
    /// Nobody asks for timers for hours or days.
    TimersLate,
}

/// Each with how often it is drawn of a thousand times.
const FAULTS: [(Fault, u64); 12] = [
    (Fault::SentTwice, 30),
    (Fault::KeyReused, 15),
    (Fault::CrashBefore, 20),
    (Fault::CrashAfter, 25),
    (Fault::CrashTakenOver, 15),
    (Fault::SlowCommit, 30),
    (Fault::Race, 25),
    (Fault::WrongPerson, 25),
    (Fault::Nonsense, 25),
    (Fault::ClockAhead, 10),
    (Fault::EnteredLate, 10),
    (Fault::TimersLate, 4),
];

impl Fault {
    /// One of them, or none.
    pub fn drawn(dice: Dice) -> Self {
        let mut throw = dice.below(1000);
        for (fault, times) in FAULTS {
            if throw < times {
                return fault;
            }
            throw -= times;
        }
        Self::None
    }

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::NobodyCame => "nobody came",
            Self::SentTwice => "command sent twice",
            Self::KeyReused => "key used for another command",
            Self::CrashBefore => "crash before the commit",
            Self::CrashAfter => "crash after the commit",
            Self::CrashTakenOver => "crash after the commit, another process goes on",
            Self::SlowCommit => "commit that took long",
            Self::Race => "two that decided the same",
            Self::WrongPerson => "somebody else tried",
            Self::Nonsense => "nonsense as input",
            Self::ClockAhead => "clock ahead",
            Self::EnteredLate => "entered late",
            Self::TimersLate => "timers asked for late",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_drawn_and_most_commands_go_well() {
        let drawn: Vec<Fault> = (0..5_000).map(|n| Fault::drawn(Dice::new(1).at(n))).collect();
        assert!(FAULTS.iter().all(|(fault, _)| drawn.contains(fault)));
        let well = drawn.iter().filter(|f| **f == Fault::None).count();
        assert!((3_500..4_200).contains(&well), "{well}");
    }
}
