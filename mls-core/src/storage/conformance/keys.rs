//! Names of every kind, and the awkward ones of each.

use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use mls_crypto_traits::{Digest, SignaturePublicKey};

use super::TestDelta;
use super::wrong::Wrong;
use crate::key_package::KeyPackageRef;
use crate::proposal::ProposalRef;
use crate::record::{GroupId, RecordKey, RecordPrefix};
use crate::secret_tree::RatchetType;
use crate::storage::Storage;
use crate::tree::math::{LeafIndex, NodeIndex};

/// Names and sets.
pub(super) struct Names {
    pub(super) keys: Vec<RecordKey>,
    pub(super) prefixes: Vec<RecordPrefix>,
}

/// Epochs whose order as signed numbers is another.
const EPOCHS: [u64; 5] = [0, 1, 256, 0x8000_0000_0000_0000, u64::MAX];

/// Identifiers that are beginnings of each other, none, long, and no text.
pub(super) fn identifiers() -> Vec<Vec<u8>> {
    vec![vec![], vec![0], vec![1], vec![1, 2], vec![0xff], b"it's \"%_\\\"".to_vec(), vec![7; 64], vec![7; 300]]
}

impl Names {
    pub(super) fn all() -> Self {
        let mut names = Self {
            keys: Vec::new(),
            prefixes: vec![
                RecordPrefix::Groups,
                RecordPrefix::ExternalJoins,
                RecordPrefix::Successors,
                RecordPrefix::KeyPackages,
                RecordPrefix::Signers,
                RecordPrefix::Psks,
            ],
        };
        let digests: Vec<_> = digests().collect();
        names.keys.extend(digests.iter().map(|digest| RecordKey::KeyPackage(KeyPackageRef(*digest).into())));
        for id in identifiers() {
            names.keys.push(RecordKey::Psk(id.clone()));
            names.keys.push(RecordKey::Signer(SignaturePublicKey::from(id.clone())));
            names.add_group(&GroupId::from(id), &digests);
        }
        names
    }

    fn add_group(&mut self, id: &GroupId, digests: &[Digest]) {
        self.prefixes.extend([
            RecordPrefix::Group(id.clone()),
            RecordPrefix::Tree(id.clone()),
            RecordPrefix::Proposals(id.clone()),
        ]);
        self.keys.extend([
            RecordKey::Group(id.clone()),
            RecordKey::Status(id.clone()),
            RecordKey::PathKeys(id.clone()),
            RecordKey::PendingCommit(id.clone()),
            RecordKey::ExternalJoin(id.clone()),
            RecordKey::Successor(id.clone()),
        ]);
        self.keys.extend(nodes().map(|node| RecordKey::TreeNode(id.clone(), node)));
        self.keys.extend(digests.iter().map(|digest| RecordKey::Proposal(id.clone(), ProposalRef(*digest).into())));
        for epoch in EPOCHS {
            self.prefixes.push(RecordPrefix::Epoch(id.clone(), epoch));
            self.keys.extend([
                RecordKey::Epoch(id.clone(), epoch),
                RecordKey::SkippedIndex(id.clone(), epoch),
                RecordKey::ResumptionPsk(id.clone(), epoch),
            ]);
            self.keys.extend(nodes().map(|node| RecordKey::SecretNode(id.clone(), epoch, node)));
            for leaf in leaves() {
                for kind in [RatchetType::Handshake, RatchetType::Application] {
                    self.keys.push(RecordKey::Ratchet(id.clone(), epoch, leaf, kind));
                    for generation in [0, u32::MAX] {
                        self.keys.push(RecordKey::SkippedKey(id.clone(), epoch, leaf, kind, generation));
                    }
                }
            }
        }
    }

    /// A store with a record under every name: a value of its own.
    pub(super) fn fill(&self, store: &dyn Storage) -> Result<(), Wrong> {
        let mut delta = TestDelta::new();
        for key in &self.keys {
            delta = delta.put(key.clone(), &own_value(key)?);
        }
        drop(store.commit(&delta.build()?)?);
        Ok(())
    }

    /// The keys of which `holds`, in the order of their bytes, with their own values.
    pub(super) fn sorted(&self, holds: impl Fn(&RecordKey) -> bool) -> Result<Vec<(&RecordKey, Vec<u8>)>, Wrong> {
        let mut sorted = BTreeMap::new();
        for key in self.keys.iter().filter(|key| holds(key)) {
            sorted.insert(key.to_bytes()?, (key, own_value(key)?));
        }
        Ok(sorted.into_values().collect())
    }
}

/// A value that no other key has.
pub(super) fn own_value(key: &RecordKey) -> Result<Vec<u8>, Wrong> {
    let mut value = vec![0];
    value.extend(key.to_bytes()?);
    Ok(value)
}

fn digests() -> impl Iterator<Item = Digest> {
    let longest = [5; 64];
    [0, 32, 64].into_iter().filter_map(move |length| Digest::from_slice(longest.get(..length)?))
}

fn nodes() -> impl Iterator<Item = NodeIndex> {
    [0, 256, 0xffff_fffe].into_iter().filter_map(NodeIndex::new)
}

fn leaves() -> impl Iterator<Item = LeafIndex> {
    [1, 0x7fff_ffff].into_iter().filter_map(LeafIndex::new)
}
