//! The log that commits go to first (WAL), and when it is copied into the file: beside the commits, not within one.
//!
//! Copying is what takes long, so it is done while others commit; what they have added meanwhile is little, and is copied
//! while nobody commits. Only then does the log begin anew: otherwise it would grow as long as somebody writes.
//! Must not know what is written. Tests: below.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::Sqlite;

/// So many commits go to the log before it is copied: some tens of megabytes.
const COMMITS: usize = 400;

/// Bytes that the log's file keeps when it begins anew.
pub(super) const LARGEST: &str = "67108864";

const COPY: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// How many commits the log holds, and whether it is being copied.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(Arc<(AtomicUsize, AtomicBool)>);

impl Log {
    /// Counts commits; true for the one who is to copy now.
    fn is_full(&self, commits: usize) -> bool {
        let (count, copying) = &*self.0;
        count.fetch_add(commits, Ordering::Relaxed) + commits >= COMMITS && !copying.swap(true, Ordering::AcqRel)
    }

    fn copied(&self) {
        self.0.0.store(0, Ordering::Relaxed);
        self.0.1.store(false, Ordering::Release);
    }
}

impl Sqlite {
    /// Notes commits that went to the log, and has it copied now and then. A failure is none: the next one copies it.
    pub(super) fn logged(&self, commits: usize) {
        if self.log.is_full(commits) {
            let db = self.clone();
            drop(tokio::spawn(async move {
                db.copy_log().await;
                db.log.copied();
            }));
        }
    }

    async fn copy_log(&self) {
        if sqlx::query(COPY).fetch_all(&self.writer).await.is_ok() {
            let held = Arc::clone(&self.commits).lock_owned().await;
            drop(self.aside(held, |near| near.rows(COPY, &[])).await);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_copies_when_the_log_is_full() {
        let log = Log::default();
        assert!(!log.is_full(COMMITS - 1));
        assert!(log.is_full(1));
        assert!(!log.is_full(COMMITS), "somebody copies already");
        log.copied();
        assert!(!log.is_full(1));
        assert!(log.is_full(COMMITS));
    }
}
