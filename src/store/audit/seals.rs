//! Seals: their chain, the key that made them, what they cover, and those that were exported and must still be there.
//!
//! Must not know how a seal is made. Tests: `tests/it/store_seal.rs`.

use crate::base::Bu;

use super::super::error::StoreError;
use super::super::seal::{Merkle, Seal, SealKey};
use super::Audit;

impl Audit<'_> {
    pub(super) async fn seals(&mut self, bu: &Bu) -> Result<(), StoreError> {
        let seals = self.db.seals_of(bu).await?;
        self.last_seal = seals.last().map_or(0, |s| i64::try_from(s.number).unwrap_or(i64::MAX));
        let mut before: Option<&Seal> = None;
        for (seal, number) in seals.iter().zip(1..) {
            self.findings.count().seals += 1;
            self.in_chain(bu, seal, number, before);
            before = Some(seal);
            if !self.options.since_seal {
                self.covered(bu, seal).await?;
            }
        }
        self.goes_on(bu, before);
        self.exported(bu, &seals);
        self.compared.insert(bu.clone());
        Ok(())
    }

    fn in_chain(&mut self, bu: &Bu, seal: &Seal, number: u64, before: Option<&Seal>) {
        let name = format!("{bu}: seal {}", seal.number);
        if seal.number != number {
            self.findings.add("seal", || format!("{name} stands where seal {number} should"));
        } else if seal.previous != before.map_or("", |before| before.mac.as_str()) {
            self.findings.add("seal", || format!("{name} follows a seal that is not the one before it"));
        }
        if let Some(before) = before.filter(|before| before.next_with() != seal.made_with()) {
            let (with, should) = (seal.made_with(), before.next_with());
            self.findings.add("seal", || format!("{name} was made with the key {with}, the seal before says that {should} makes it"));
        }
        let options = self.options;
        if options.keys.is_empty() {
            return;
        }
        match options.keys.iter().find(|key| key.id() == seal.made_with()) {
            Some(key) if seal.is_made_with(key) => {}
            Some(_) => self.findings.add("seal", || format!("{name} was not made with the key: it was changed, or forged")),
            None => self.findings.add("seal", || {
                let given: Vec<String> = options.keys.iter().map(SealKey::id).collect();
                format!("{name} was made with the key {}, given was {}", seal.made_with(), given.join(" and "))
            }),
        }
    }

    /// The last key that was given is the one that is in use. Who has only an old key could go on with that.
    fn goes_on(&mut self, bu: &Bu, last: Option<&Seal>) {
        let (Some(last), Some(key)) = (last, self.options.keys.last().map(SealKey::id)) else { return };
        if last.next_with() != key {
            self.findings.add("seal", || format!("{bu}: after seal {} comes the key {}, the last one that was given is {key}", last.number, last.next_with()));
        }
    }

    /// What a seal covers must still give the hashes that were sealed.
    async fn covered(&mut self, bu: &Bu, seal: &Seal) -> Result<(), StoreError> {
        let (mut tree, mut after) = (Merkle::default(), 0);
        loop {
            let page = self.db.leaves(bu, seal.number, after).await?;
            let Some(end) = page.last() else { break };
            after = end.ordinal;
            for leaf in &page {
                tree.push(&leaf.kept);
                if leaf.hash.as_ref() != Some(&leaf.kept) {
                    let now = leaf.hash.as_deref().unwrap_or("nothing: it is gone");
                    self.findings.add("sealed", || {
                        format!(
                            "{bu}: document {} up to revision {} is not what seal {} covers: {} was sealed, its rows give {now}",
                            leaf.doc, leaf.revision, seal.number, leaf.kept
                        )
                    });
                }
            }
            self.step("seals", 0);
        }
        let leaves = tree.leaves;
        let root = tree.root();
        if leaves != seal.leaves || root != seal.root {
            self.findings.add("seal", || {
                format!(
                    "{bu}: seal {} was made over {} documents with the root {}, what stands under it are {leaves} with {root}",
                    seal.number, seal.leaves, seal.root
                )
            });
        }
        Ok(())
    }

    /// Seals that were exported are in the database, as they were.
    fn exported(&mut self, bu: &Bu, seals: &[Seal]) {
        let options = self.options;
        for exported in options.seals.iter().flatten().filter(|s| s.bu == *bu) {
            self.one_exported(exported, seals);
        }
    }

    fn one_exported(&mut self, exported: &Seal, seals: &[Seal]) {
        let (bu, number) = (&exported.bu, exported.number);
        let keys = &self.options.keys;
        if !keys.is_empty() && !keys.iter().any(|key| key.id() == exported.made_with() && exported.is_made_with(key)) {
            self.findings.add("exported", || format!("{bu}: the exported seal {number} was not made with the key: the file is not to be trusted"));
        }
        match seals.iter().find(|s| s.number == number) {
            None => self.findings.add("exported", || {
                format!("{bu}: seal {number} was exported and is not here: the database is older than the seal; the last one here is {}", seals.len())
            }),
            Some(there) if there != exported => self.findings.add("exported", || {
                format!(
                    "{bu}: seal {number} is not the one that was exported: an older database went on from before it; exported {}, here {}",
                    exported.mac, there.mac
                )
            }),
            Some(_) => {}
        }
    }

    /// Exported seals of business units that are gone altogether.
    pub(super) async fn lost_seals(&mut self) -> Result<(), StoreError> {
        let options = self.options;
        for exported in options.seals.iter().flatten() {
            if !self.compared.contains(&exported.bu) {
                self.one_exported(exported, &[]);
            }
        }
        Ok(())
    }
}
