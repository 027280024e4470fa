//! A table that copies of a world share until one of them changes it.
//!
//! Must not know what stands in it. Tests: below, and whoever copies a store.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

/// Something that is copied when it is changed, and not before; looking at it never copies it.
#[derive(Debug, Clone, Default)]
pub(super) struct Shared<T>(Arc<T>);

impl<T> Deref for Shared<T> {
    type Target = T;
    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Clone> DerefMut for Shared<T> {
    fn deref_mut(&mut self) -> &mut T {
        Arc::make_mut(&mut self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_made_by_the_first_change() {
        let mut one: Shared<Vec<u32>> = Shared::default();
        one.push(1);
        let mut other = one.clone();
        assert!(std::ptr::eq(&*one, &*other));
        other.push(2);
        assert_eq!((one.len(), other.len()), (1, 2));
    }
}
