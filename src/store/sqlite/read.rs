//! What a transition asks, on connections near by.
//!
//! The connection that commits reads too while it is free: what it has written, it has at hand, and a reader forgets all it
//! knows of a file that has changed. Must not know what is asked. Tests: `tests/it/store_*.rs`.

use std::sync::Arc;

use tokio::sync::MutexGuard;

use super::Sqlite;
use super::near::{Near, is_held};
use crate::store::cells::Source;
use crate::store::error::StoreError;
use crate::store::sql::{Arg, Row, bound};

impl Sqlite {
    /// Reads a few rows by their keys.
    pub(in crate::store) async fn read_briefly(&self, sql: Arc<str>, args: &[Arg]) -> Result<Vec<Row>, sqlx::Error> {
        for near in self.free() {
            if let Some(near) = &*near {
                match near.rows(&sql, args) {
                    Err(e) if is_held(&e) => {}
                    done => return done,
                }
            }
        }
        self.read_from_pool(sql, args).await
    }

    /// Reads a few rows by their keys into something that takes one after the other, and is begun anew where another program
    /// comes between.
    pub(in crate::store) async fn read_into<T: Default>(
        &self,
        sql: Arc<str>,
        args: &[Arg],
        take: impl Fn(&mut T, Source<'_>) -> Result<(), StoreError>,
    ) -> Result<T, StoreError> {
        for near in self.free() {
            if let Some(near) = &*near {
                let mut taken = T::default();
                match near.each(&sql, args, |row| take(&mut taken, Source::Near(row))) {
                    Err(StoreError::Busy(e) | StoreError::Database(e)) if is_held(&e) => {}
                    done => return done.map(|()| taken),
                }
            }
        }
        let mut taken = T::default();
        self.read_from_pool(sql, args).await?.iter().try_for_each(|row| take(&mut taken, Source::Row(row)))?;
        Ok(taken)
    }

    /// Connections near by that nobody uses now.
    fn free(&self) -> impl Iterator<Item = MutexGuard<'_, Option<Near>>> {
        std::iter::once(&*self.commits).chain(&*self.nearby).filter_map(|near| near.try_lock().ok())
    }

    async fn read_from_pool(&self, sql: Arc<str>, args: &[Arg]) -> Result<Vec<Row>, sqlx::Error> {
        Ok(bound!(sql, args).fetch_all(&self.readers).await?.into_iter().map(Row::Sqlite).collect())
    }
}
