//! The secret tree (RFC 9420 section 9): message keys, each used once and then gone.
//!
//! [`SecretTree`] holds what of an epoch's secret tree is resident. Its records (packs of tree nodes, ratchets, skipped
//! keys and their index) are stored singly; one that is needed and not resident is named in
//! [`SecretTreeError::NotResident`] and brought in with [`SecretTree::admit`].
//!
//! Nothing moves while a message is tried: [`SecretTree::plan_next_send`] and [`SecretTree::plan_open`] read
//! the tree and give a [`RatchetMove`], which owns the message key and the change to the tree. Only
//! [`SecretTree::apply`] takes the change over; dropping the move instead burns nothing. The values that were
//! replaced come back as a [`RatchetUndo`] and are wiped when it is dropped.
//!
//! Each generation's key protects one message, so the AEAD's bounds on messages under one key hold by
//! construction (RFC 9420 section 15.2).
//!
//! ```
//! use mls_core::key_schedule::EncryptionSecret;
//! use mls_core::secret_tree::{RatchetType, SecretTree, SecretTreeError, SecretTreeLimits};
//! use mls_core::tree::math::{LeafIndex, TreeSize};
//! # use mls_crypto_rustcrypto::RustCryptoProvider;
//! # use mls_crypto_traits::{CipherSuite, CryptoProvider, SecretBytes};
//! # let provider = RustCryptoProvider::new();
//! # let id = CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519;
//! # let suite = provider.suite(id).unwrap();
//! # let encryption_secret = || EncryptionSecret::from_bytes(SecretBytes::zeros(32));
//! let size = TreeSize::for_leaves(3).unwrap();
//! let mut alice = SecretTree::new(size, encryption_secret());
//! let mut bob = SecretTree::new(size, encryption_secret());
//! let (leaf, application) = (LeafIndex::ZERO, RatchetType::Application);
//!
//! let sent = alice.plan_next_send(suite, leaf, application)?;
//! let limits = SecretTreeLimits::default();
//! let received = bob.plan_open(suite, leaf, application, sent.message_key().generation(), &limits)?;
//! assert!(received.message_key().key().ct_eq(sent.message_key().key().as_bytes()));
//!
//! // Alice stores the changes before she sends; Bob once the message has proved good.
//! alice.apply(sent);
//! bob.apply(received);
//! let again = bob.plan_open(suite, leaf, application, 0, &limits);
//! assert_eq!(again.unwrap_err(), SecretTreeError::KeyConsumed);
//! # Ok::<(), SecretTreeError>(())
//! ```

mod codec;
mod error;
mod expand;
mod key;
mod limits;
mod moves;
mod pack;
mod plan;
mod ratchet;
mod record;
mod skipped;
mod slots;

use alloc::collections::BTreeMap;
use core::fmt;

use crate::{
    key_schedule::EncryptionSecret,
    tree::math::{LeafIndex, NodeIndex, TreeSize},
};

pub use error::SecretTreeError;
pub use limits::SecretTreeLimits;
pub use moves::{RatchetMove, RatchetUndo, SecretTreeChange, SecretTreeEdit};
pub use pack::NodePack;
pub use ratchet::{MessageKey, RatchetState, RatchetType};
pub use record::SecretTreeKey;
pub use skipped::{SkippedIndex, SkippedRun};
use slots::{Slot, Slots};

/// Names a ratchet.
type RatchetId = (LeafIndex, RatchetType);
/// Names a skipped generation of a ratchet.
type SkippedId = (LeafIndex, RatchetType, u32);

/// An epoch's secret tree, as far as it is resident.
///
/// Of the tree's nodes only the frontier exists: the topmost ones whose leaves have not been used yet. They are kept in
/// packs, by the node that was split to make them: those above a leaf are the only ones that can have the frontier's
/// node above it.
pub struct SecretTree {
    size: TreeSize,
    packs: Slots<NodeIndex, NodePack>,
    ratchets: Slots<RatchetId, RatchetState>,
    skipped: Slots<SkippedId, MessageKey>,
    /// `None` while it is not resident.
    index: Option<SkippedIndex>,
    /// The last generation of each of our own ratchets that storage has passed already.
    reserved: BTreeMap<RatchetId, u32>,
    /// How often a generation of our own was used.
    sent: u64,
}

impl SecretTree {
    /// The secret tree of a new epoch, wholly resident.
    // req: R-9-01
    // req: R-9.2-03
    #[must_use]
    pub fn new(size: TreeSize, encryption_secret: EncryptionSecret) -> Self {
        let mut packs = Slots::complete();
        let pack = NodePack::root(size.root(), encryption_secret);
        drop(packs.replace(size.root(), Slot::Present(pack)));
        Self {
            size,
            packs,
            ratchets: Slots::complete(),
            skipped: Slots::complete(),
            index: Some(SkippedIndex::default()),
            reserved: BTreeMap::new(),
            sent: 0,
        }
    }

    /// A stored secret tree of which nothing is resident yet.
    #[must_use]
    pub const fn cold(size: TreeSize) -> Self {
        Self {
            size,
            packs: Slots::cold(),
            ratchets: Slots::cold(),
            skipped: Slots::cold(),
            index: None,
            reserved: BTreeMap::new(),
            sent: 0,
        }
    }

    /// The size of the tree, which is the ratchet tree's in this epoch.
    #[must_use]
    pub const fn size(&self) -> TreeSize {
        self.size
    }

    /// How often a generation of our own was used since the tree is in memory: a move that was planned at another count
    /// must not be applied.
    #[must_use]
    pub const fn sent(&self) -> u64 {
        self.sent
    }

    /// The generation that the ratchet would use next: `None` where it is not resident, was never used or is
    /// exhausted.
    #[must_use]
    pub fn next_generation(&self, leaf: LeafIndex, ratchet_type: RatchetType) -> Option<u32> {
        match self.ratchets.get(&(leaf, ratchet_type)) {
            Slot::Present(state) => state.generation(),
            Slot::Absent | Slot::Unknown => None,
        }
    }
}

impl fmt::Debug for SecretTree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { size, packs, ratchets, skipped, index, reserved, sent: _ } = self;
        f.debug_struct("SecretTree")
            .field("size", size)
            .field("packs", packs)
            .field("ratchets", ratchets)
            .field("skipped", skipped)
            .field("index", index)
            .field("reserved", reserved)
            .finish()
    }
}

#[cfg(test)]
mod tests;
