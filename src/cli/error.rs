//! What can go wrong in a command, and the exit code that it ends with.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | done |
//! | 1 | a business answer: refused, the book has errors, a scenario failed |
//! | 2 | the command line cannot be understood, or names what is not there |
//! | 3 | a fault: the database cannot be reached, a file cannot be read |
//!
//! Must not know any command. Tests: `tests/it/cli.rs`.

use std::fmt::Display;
use std::io;

/// Which exit code a failure ends with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The book has errors, or a business answer was no.
    Rejected,
    /// The command line cannot be understood.
    Usage,
    /// Something outside broke.
    Fault,
    /// Nobody reads what is printed any more.
    NobodyReads,
}

impl Kind {
    /// As programs read it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rejected => "rejected",
            Self::Usage => "usage",
            Self::Fault => "fault",
            Self::NobodyReads => "nobody reads",
        }
    }
}

/// A failure with what would help.
#[derive(Debug)]
pub struct CliError {
    /// Which exit code.
    pub kind: Kind,
    /// What went wrong; empty where it has been printed already.
    pub message: String,
    /// What to do instead.
    pub hint: Option<String>,
}

impl CliError {
    /// The command line cannot be understood.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { kind: Kind::Usage, message: message.into(), hint: None }
    }

    /// Something outside broke.
    pub fn fault(cause: impl Display) -> Self {
        Self { kind: Kind::Fault, message: cause.to_string(), hint: None }
    }

    /// The answer is no, and it has been printed.
    pub fn rejected() -> Self {
        Self { kind: Kind::Rejected, message: String::new(), hint: None }
    }

    /// With what would help.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        match self.kind {
            Kind::NobodyReads => 0,
            Kind::Rejected => 1,
            Kind::Usage => 2,
            Kind::Fault => 3,
        }
    }
}

impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self { kind: Kind::NobodyReads, message: String::new(), hint: None },
            _ => Self::fault(error),
        }
    }
}

impl From<crate::store::StoreError> for CliError {
    fn from(error: crate::store::StoreError) -> Self {
        Self::fault(error)
    }
}

impl From<crate::engine::EngineError> for CliError {
    fn from(error: crate::engine::EngineError) -> Self {
        Self::fault(error)
    }
}

impl From<serde_json::Error> for CliError {
    fn from(error: serde_json::Error) -> Self {
        if error.is_io() { io::Error::from(error).into() } else { Self::fault(error) }
    }
}
