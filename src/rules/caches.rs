//! What the script engine has looked up for a script: which function an operator, a property or a call means for values
//! of which types. It is the same in every call, and looking it up takes longer than most scripts.
//!
//! Must not know rules. Tests: `tests/sandbox.rs`.

use std::sync::Mutex;

use rhai::Caches;

/// Calls at one time whose look-ups are kept.
const MOST: usize = 16;

/// Look-ups of one script on one engine, one set for each call that runs at the same time.
#[derive(Default)]
pub(super) struct Resolved(Mutex<Vec<Caches>>);

impl Resolved {
    /// A set that no other call uses; empty where all are in use.
    pub(super) fn take(&self) -> Caches {
        let kept = self.0.try_lock().ok().and_then(|mut sets| sets.pop());
        kept.unwrap_or_default()
    }

    /// Gives a set back for later calls.
    pub(super) fn keep(&self, caches: Caches) {
        if let Ok(mut sets) = self.0.try_lock()
            && sets.len() < MOST
        {
            sets.push(caches);
        }
    }
}

impl Clone for Resolved {
    /// A copy may run on another engine: it looks up for itself.
    fn clone(&self) -> Self {
        Self::default()
    }
}
