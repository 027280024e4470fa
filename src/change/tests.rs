//! Books and scripts compared, without a store.
