//! A provider that counts hashes, and nodes to put into trees.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicUsize, Ordering};

use mls_codec::Encode;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{
    CipherSuite, CipherSuiteProvider, CryptoError, CryptoProvider, Digest, HpkePublicKey, Kem, SecretBytes,
    SignaturePublicKey, SigningKey, Suite, SuiteParams, VerifyKey,
};

use crate::credential::{Credential, CredentialType};
use crate::extension::{ExtensionType, Extensions};
use crate::framing::ProtocolVersion;
use crate::proposal::ProposalType;
use crate::tree::key_index::IndexSeed;
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource};
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::parent_node::ParentNode;
use crate::tree::ratchet_tree::{RatchetTree, TreeError};

/// One suite's hash, counted. The tree asks a suite for nothing else.
#[derive(Debug)]
pub(super) struct Counting {
    provider: RustCryptoProvider,
    /// A suite with that hash which every build has.
    suite: CipherSuite,
    hashes: AtomicUsize,
}

impl Counting {
    pub(super) fn new(suite: u16) -> Self {
        let suite = CipherSuite(if matches!(suite, 4 | 6) { 5 } else { suite });
        Self { provider: RustCryptoProvider::new(), suite, hashes: AtomicUsize::new(0) }
    }

    pub(super) fn suite(&self) -> Suite<'_> {
        Suite::new(self)
    }

    /// The hashes since the last call.
    pub(super) fn take(&self) -> usize {
        self.hashes.swap(0, Ordering::Relaxed)
    }

    fn inner(&self) -> &dyn CipherSuiteProvider {
        self.provider.provider(self.suite).unwrap()
    }
}

impl CipherSuiteProvider for Counting {
    fn params(&self) -> &SuiteParams {
        self.inner().params()
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.hashes.fetch_add(1, Ordering::Relaxed);
        self.inner().hash(input)
    }

    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.inner().hmac(key, input)
    }

    fn aead_seal(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::Unsupported)
    }

    fn aead_open(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<SecretBytes, CryptoError> {
        Err(CryptoError::Unsupported)
    }

    fn kem(&self) -> &dyn Kem {
        self.inner().kem()
    }

    fn load_verify_key(&self, _: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        Err(CryptoError::Unsupported)
    }

    fn load_signing_key(&self, _: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        Err(CryptoError::Unsupported)
    }
}

pub(super) const SEED: IndexSeed = IndexSeed::new([42; 16]);

pub(super) fn leaf_index(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

pub(super) fn node_index(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

/// An encryption key that no other number has.
pub(super) fn encryption_key(number: u32) -> Vec<u8> {
    [&[0xee][..], &number.to_be_bytes()].concat()
}

/// A signature key that no other number has.
pub(super) fn signature_key(number: u32) -> Vec<u8> {
    [&[0x55][..], &number.to_be_bytes()].concat()
}

/// A leaf with the keys of `number`, of a client whose `kind` decides what it supports and which credential it uses.
pub(super) fn leaf_node(number: u32, kind: u16) -> LeafNode {
    let types = |base: u16| (0..6).filter(move |bit| kind & (1 << bit) != 0).map(move |bit| base + 5 - bit);
    LeafNode {
        encryption_key: HpkePublicKey::from(encryption_key(number)),
        signature_key: SignaturePublicKey::from(signature_key(number)),
        credential: Credential::Other { credential_type: CredentialType(100 + kind % 3), body: vec![7; 20] },
        capabilities: Capabilities {
            versions: vec![ProtocolVersion(1)],
            cipher_suites: vec![CipherSuite(1)],
            extensions: types(200).map(ExtensionType).collect(),
            proposals: types(300).map(ProposalType).collect(),
            credentials: types(98).map(CredentialType).collect(),
        },
        leaf_node_source: LeafNodeSource::Update,
        extensions: Extensions::default(),
        signature: vec![8; 16],
    }
}

pub(super) fn leaf(number: u32, kind: u16) -> NodeBytes {
    NodeBytes::from(leaf_node(number, kind).to_bytes().unwrap())
}

pub(super) fn parent_node(number: u32) -> ParentNode {
    ParentNode {
        encryption_key: HpkePublicKey::from(encryption_key(number)),
        parent_hash: vec![9; 4],
        unmerged_leaves: Vec::new(),
    }
}

pub(super) fn parent(number: u32) -> NodeBytes {
    NodeBytes::from(parent_node(number).to_bytes().unwrap())
}

/// The tree of the members 0..`members`, added in one batch.
pub(super) fn tree_of(suite: Suite<'_>, members: u32) -> RatchetTree {
    let tree = RatchetTree::new(suite, SEED, &leaf_node(0, 1)).unwrap();
    let adds: Vec<_> = (1..members).map(|number| leaf(number, 1)).collect();
    tree.apply_changes(suite, &[], &[], &adds).unwrap().0
}

/// `tree` after a path from `sender` with the encryption keys `from`, `from + 1` ... on its filtered direct path.
pub(super) fn with_path(
    suite: Suite<'_>,
    tree: &RatchetTree,
    sender: LeafIndex,
    from: u32,
) -> Result<RatchetTree, TreeError> {
    let steps = tree.filtered_direct_path(sender);
    let parents: Vec<_> = steps.iter().zip(from + 1..).map(|(step, number)| (step.node, parent(number))).collect();
    tree.set_path(suite, sender, leaf(from, 1), &parents)
}
