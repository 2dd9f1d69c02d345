//! The private keys that a member holds in the tree (RFC 9420 section 4.2).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::{
    Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader, encode_header, encode_opaque, header_len,
    opaque_len,
};
use mls_crypto_traits::{HpkePrivateKey, SecretBytes};

use crate::tree::math::NodeIndex;
use crate::tree::ratchet_tree::RatchetTree;

/// The private keys of our leaf and of the ancestors whose keys we know. One may be missing in the middle (RFC 9420 section 4.2).
pub struct OwnPathKeys {
    /// Our leaf's key.
    pub leaf: HpkePrivateKey,
    /// The ancestors' keys.
    pub parents: BTreeMap<NodeIndex, HpkePrivateKey>,
}

/// A change of [`OwnPathKeys`].
#[derive(Default)]
pub struct PathKeysUpdate {
    /// The leaf's new key, if it changes.
    pub leaf: Option<HpkePrivateKey>,
    /// New keys of ancestors.
    pub set: BTreeMap<NodeIndex, HpkePrivateKey>,
    /// Ancestors whose keys go. None of them is in `set`.
    pub clear: Vec<NodeIndex>,
}

impl OwnPathKeys {
    /// The keys of a member that knows its leaf's only.
    #[must_use]
    pub fn new(leaf: HpkePrivateKey) -> Self {
        Self { leaf, parents: BTreeMap::new() }
    }

    /// Changes the keys in place. What comes back undoes it, and holds the keys that went: dropping it wipes them.
    pub fn apply(&mut self, update: PathKeysUpdate) -> PathKeysUpdate {
        let PathKeysUpdate { leaf, set, clear } = update;
        let mut inverse = PathKeysUpdate {
            leaf: leaf.map(|key| core::mem::replace(&mut self.leaf, key)),
            ..PathKeysUpdate::default()
        };
        // req: R-7.5-15
        for node in clear {
            if let Some(old) = self.parents.remove(&node) {
                inverse.set.insert(node, old);
            }
        }
        for (node, key) in set {
            match self.parents.insert(node, key) {
                Some(old) => drop(inverse.set.insert(node, old)),
                None => inverse.clear.push(node),
            }
        }
        inverse
    }

    /// The nodes whose keys are of no use in `tree` as their node is blank there, or gone: what proposals blanked. They are to be
    /// cleared ([`PathKeysUpdate::clear`]).
    #[must_use]
    pub fn blanked(&self, tree: &RatchetTree) -> Vec<NodeIndex> {
        self.parents.keys().copied().filter(|node| tree.is_blank(*node)).collect()
    }

    /// The keys' stored form: `opaque leaf<V>`, then a vector of `{uint32 node; opaque key<V>}`, nodes ascending.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`], which keys of a real suite do not reach.
    pub fn to_stored(&self) -> Result<SecretBytes, EncodeError> {
        let Self { leaf, parents } = self;
        let entries = parents.iter().fold(0_usize, |sum, (node, key)| {
            sum.saturating_add(node.as_u32().encoded_len()).saturating_add(opaque_len(key.as_bytes()))
        });
        let len = opaque_len(leaf.as_bytes()).saturating_add(header_len(entries)).saturating_add(entries);
        // Exact, so that no buffer with keys in it is left behind by growing.
        let mut out = Vec::with_capacity(len);
        encode_opaque(leaf.as_bytes(), &mut out)?;
        encode_header(entries, &mut out)?;
        for (node, key) in parents {
            node.as_u32().encode(&mut out)?;
            encode_opaque(key.as_bytes(), &mut out)?;
        }
        Ok(SecretBytes::from(out))
    }

    /// Reads what [`Self::to_stored`] wrote.
    ///
    /// # Errors
    /// A [`DecodeError`] if the bytes are not a stored form, or the nodes not ascending.
    pub fn from_stored(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let leaf = HpkePrivateKey::from_bytes(reader.opaque()?.to_vec());
        let mut entries = reader.vector()?;
        reader.finish()?;
        let mut parents = BTreeMap::new();
        while !entries.is_empty() {
            let invalid = entries.error(DecodeErrorKind::InvalidValue);
            let node = NodeIndex::new(u32::decode(&mut entries)?).ok_or(invalid)?;
            if node.is_leaf() || parents.last_key_value().is_some_and(|(last, _)| *last >= node) {
                return Err(invalid);
            }
            parents.insert(node, HpkePrivateKey::from_bytes(entries.opaque()?.to_vec()));
        }
        Ok(Self { leaf, parents })
    }
}

impl core::fmt::Debug for OwnPathKeys {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { leaf: _, parents } = self;
        f.debug_struct("OwnPathKeys").field("parents", &parents.keys()).finish_non_exhaustive()
    }
}

impl core::fmt::Debug for PathKeysUpdate {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { leaf, set, clear } = self;
        f.debug_struct("PathKeysUpdate")
            .field("leaf", &leaf.is_some())
            .field("set", &set.keys())
            .field("clear", clear)
            .finish()
    }
}
