//! Seals: what they cover, how they are chained, and the secret that nobody with the database alone can have.
//!
//! A leaf is a document up to a revision: the hash of that event, which covers all before it, and the facts that no event
//! covers, such as numbers. The leaves of a seal make a Merkle tree; its root, the seal before and the rest of the seal are
//! keyed with HMAC-SHA256. Must not know SQL. Tests: below; `tests/it/store_seal.rs`.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::base::{Bu, Timestamp};

use super::chain::Canon;
use super::error::StoreError;

/// Between the key that made a seal and the one that makes the next, where they are not the same.
const THEN: &str = " > ";
/// Bytes that a secret must have.
const SECRET: usize = 32;

/// The secret that seals are made with. It must not be kept where the database is.
pub struct SealKey(Vec<u8>);

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey")
    }
}

impl SealKey {
    /// The secret as it stands in a file; white space at its end does not count.
    ///
    /// # Errors
    /// It is too short to be one.
    pub fn new(secret: &[u8]) -> Result<Self, StoreError> {
        let secret = secret.trim_ascii_end();
        if secret.len() < SECRET {
            return Err(StoreError::Admin(format!("a key has at least {SECRET} bytes, this one has {}", secret.len())));
        }
        Ok(Self(secret.to_vec()))
    }

    /// What tells keys apart without giving them away.
    #[must_use]
    pub fn id(&self) -> String {
        let mut id = hex::encode(self.keyed("bincard key 1").finalize().into_bytes());
        id.truncate(16);
        id
    }

    fn keyed(&self, text: &str) -> Hmac<Sha256> {
        // HMAC takes keys of any length: one that is longer than a block is hashed, as the standard says.
        let mut block = [0_u8; 64];
        let digest = Sha256::digest(&self.0);
        let short: &[u8] = if self.0.len() > block.len() { &digest } else { &self.0 };
        block.iter_mut().zip(short).for_each(|(to, from)| *to = *from);
        let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
        mac.update(text.as_bytes());
        mac
    }
}

/// One seal over the journal of a business unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seal {
    /// The business unit.
    pub bu: Bu,
    /// Its place in the chain, from 1.
    pub number: u64,
    /// Documents with something new.
    pub leaves: u64,
    /// Events that no seal covered before.
    pub events: u64,
    /// Root of the Merkle tree over the leaves.
    pub root: String,
    /// The mac of the seal before; empty for the first.
    pub previous: String,
    /// What only the key can make.
    pub mac: String,
    /// Which key; of the last seal with a key, and which one makes the next (`old > new`).
    pub key_id: String,
    /// When it was made.
    pub sealed_at: Timestamp,
}

impl Seal {
    /// All but the mac, as it is keyed.
    fn text(&self) -> String {
        let mut canon = Canon::new("bincard seal 1");
        for text in [self.bu.as_str(), &self.root, &self.previous, &self.key_id] {
            canon.text(text);
        }
        for number in [self.number, self.leaves, self.events] {
            canon.text(&number.to_string());
        }
        canon.number(self.sealed_at.micros());
        canon.end()
    }

    /// Keys it; where another key makes the next one, it says so.
    pub(super) fn close(&mut self, key: &SealKey, next: Option<&SealKey>) {
        self.key_id = next.map_or_else(|| key.id(), |next| format!("{}{THEN}{}", key.id(), next.id()));
        self.mac = hex::encode(key.keyed(&self.text()).finalize().into_bytes());
    }

    /// The key that made it.
    #[must_use]
    pub fn made_with(&self) -> &str {
        self.key_id.split_once(THEN).map_or(&self.key_id, |(key, _)| key)
    }

    /// The key that makes the next one.
    #[must_use]
    pub fn next_with(&self) -> &str {
        self.key_id.split_once(THEN).map_or(&self.key_id, |(_, next)| next)
    }

    /// Whether the key made it as it is.
    #[must_use]
    pub fn is_made_with(&self, key: &SealKey) -> bool {
        let bytes: Option<Vec<u8>> = (0..self.mac.len() / 2).map(|i| u8::from_str_radix(self.mac.get(i * 2..i * 2 + 2)?, 16).ok()).collect();
        bytes.is_some_and(|bytes| key.keyed(&self.text()).verify_slice(&bytes).is_ok())
    }

    /// Seals as a file: one JSON value a line.
    ///
    /// # Errors
    /// Never for seals that a store gave.
    pub fn to_lines(seals: &[Self]) -> Result<String, StoreError> {
        let mut text = String::new();
        for seal in seals {
            text.push_str(&super::chain::json(seal)?);
            text.push('\n');
        }
        Ok(text)
    }

    /// Reads a file of seals.
    ///
    /// # Errors
    /// A line is no seal.
    pub fn from_lines(text: &str) -> Result<Vec<Self>, StoreError> {
        let read = |(n, line): (usize, &str)| serde_json::from_str(line).map_err(|e| StoreError::Admin(format!("line {} is no seal: {e}", n + 1)));
        text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).map(read).collect()
    }
}

/// A Merkle tree as its leaves come, with one hash kept for each level.
#[derive(Debug, Default)]
pub(super) struct Merkle {
    stack: Vec<(u32, String)>,
    pub leaves: u64,
}

impl Merkle {
    /// The next leaf.
    pub(super) fn push(&mut self, leaf: &str) {
        self.leaves += 1;
        let mut level = 0;
        let mut hash = leaf.to_owned();
        while let Some((_, left)) = self.stack.pop_if(|(of, _)| *of == level) {
            hash = node(&left, &hash);
            level += 1;
        }
        self.stack.push((level, hash));
    }

    /// The root over all leaves; what has no sibling goes up as it is.
    pub(super) fn root(mut self) -> String {
        let Some((_, mut hash)) = self.stack.pop() else { return Canon::new("bincard no leaf 1").end() };
        while let Some((_, left)) = self.stack.pop() {
            hash = node(&left, &hash);
        }
        hash
    }
}

fn node(left: &str, right: &str) -> String {
    let mut canon = Canon::new("bincard node 1");
    canon.text(left);
    canon.text(right);
    canon.end()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(leaves: &[&str]) -> String {
        let mut tree = Merkle::default();
        leaves.iter().for_each(|leaf| tree.push(leaf));
        tree.root()
    }

    #[test]
    fn every_leaf_and_its_place_are_in_the_root() {
        assert_eq!(root(&["a", "b", "c"]), node(&node("a", "b"), "c"));
        assert_eq!(root(&["a", "b", "c", "d"]), node(&node("a", "b"), &node("c", "d")));
        let all = [root(&[]), root(&["a"]), root(&["b", "a"]), root(&["a", "b"]), root(&["a", "b", "b"])];
        assert!((0..all.len()).all(|i| (0..i).all(|j| all[i] != all[j])), "{all:?}");
    }

    #[test]
    fn only_the_key_that_made_a_seal_knows_it() {
        let (key, other) = (SealKey::new(&[7; 32]).unwrap(), SealKey::new(&[8; 100]).unwrap());
        let mut seal = Seal {
            bu: Bu::from("ac"),
            number: 1,
            leaves: 2,
            events: 3,
            root: root(&["a"]),
            previous: String::new(),
            mac: String::new(),
            key_id: String::new(),
            sealed_at: Timestamp::from_micros(5),
        };
        seal.close(&key, None);
        assert!(seal.is_made_with(&key) && !seal.is_made_with(&other) && key.id() != other.id());
        assert!(!Seal { events: 4, ..seal.clone() }.is_made_with(&key));
        assert_eq!((seal.made_with(), seal.next_with()), (key.id().as_str(), key.id().as_str()));
        seal.close(&key, Some(&other));
        assert_eq!((seal.made_with(), seal.next_with()), (key.id().as_str(), other.id().as_str()));
        assert!(seal.is_made_with(&key) && !Seal { key_id: key.id(), ..seal.clone() }.is_made_with(&key));
        assert_eq!(Seal::from_lines(&Seal::to_lines(&[seal.clone()]).unwrap()).unwrap(), [seal]);
        assert!(SealKey::new(b"short\n").is_err() && format!("{key:?}") == "SealKey");
    }

    /// RFC 4231, test cases 2 and 6, with keys as HMAC takes them.
    #[test]
    fn the_mac_is_hmac_sha256() {
        let mac = |key: &[u8], text: &str| hex::encode(SealKey(key.to_vec()).keyed(text).finalize().into_bytes());
        assert_eq!(mac(b"Jefe", "what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert_eq!(
            mac(&[0xaa; 131], "Test Using Larger Than Block-Size Key - Hash Key First"),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }
}
