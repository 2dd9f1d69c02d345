#![allow(clippy::arithmetic_side_effects, clippy::indexing_slicing, clippy::unwrap_in_result, reason = "tests")]

extern crate std;

mod delivery;
mod frontier;
mod limits;
mod oracle;
mod reserve;
mod resident;
mod vectors;

use std::{sync::Arc, vec, vec::Vec};

use mls_crypto_traits::{
    CipherSuiteProvider, CryptoError, Digest, Kem, SecretBytes, SigningKey, Suite, SuiteParams, VerifyKey,
};

use super::*;
use crate::key_schedule::tests::test_vectors;

const HANDSHAKE: RatchetType = RatchetType::Handshake;
const APPLICATION: RatchetType = RatchetType::Application;
const DEFAULT: SecretTreeLimits = SecretTreeLimits::DEFAULT;
/// The encryption secret of the trees here.
const ROOT: [u8; 32] = [9; 32];

fn suite() -> Suite<'static> {
    test_vectors::suite(1).unwrap()
}

fn leaf(index: u32) -> LeafIndex {
    LeafIndex::new(index).unwrap()
}

fn node(index: u32) -> NodeIndex {
    NodeIndex::new(index).unwrap()
}

/// A new tree of 2^`depth` leaves.
fn tree(depth: u8) -> SecretTree {
    let secret = EncryptionSecret::from_bytes(SecretBytes::from_slice(&ROOT));
    SecretTree::new(TreeSize::from_depth(depth).unwrap(), secret)
}

type Records = Vec<(SecretTreeKey, Vec<u8>)>;

/// All resident records as they are stored.
fn snapshot(tree: &SecretTree) -> Records {
    let records = tree.records().unwrap();
    let owned = |(key, value): (_, SecretBytes)| (key, value.as_bytes().to_vec());
    records.into_iter().map(owned).collect()
}

fn bytes(key: &MessageKey) -> (u32, Vec<u8>, Vec<u8>) {
    let (secret, nonce) = (key.key().as_bytes(), key.nonce().as_bytes());
    (key.generation(), secret.to_vec(), nonce.to_vec())
}

/// Opens and applies: what a good message does.
fn open(
    tree: &mut SecretTree,
    leaf: LeafIndex,
    ratchet_type: RatchetType,
    generation: u32,
    limits: &SecretTreeLimits,
) -> Result<(u32, Vec<u8>, Vec<u8>), SecretTreeError> {
    let moved = tree.plan_open(suite(), leaf, ratchet_type, generation, limits)?;
    let key = bytes(moved.message_key());
    drop(tree.apply(moved));
    Ok(key)
}

/// Asserts that a message is refused with `want`, and that nothing has changed.
fn refuses(
    tree: &SecretTree,
    (leaf, ratchet_type, generation): SkippedId,
    limits: &SecretTreeLimits,
    want: SecretTreeError,
) {
    let before = snapshot(tree);
    let result = tree.plan_open(suite(), leaf, ratchet_type, generation, limits);
    assert_eq!(result.map(|moved| bytes(moved.message_key())), Err(want));
    assert_eq!(snapshot(tree), before);
}

/// The secret of a node by the definition of RFC 9420 section 9, from the root.
fn naive_node(size: TreeSize, node: NodeIndex) -> SecretBytes {
    let mut secret = SecretBytes::from_slice(&ROOT);
    let (leaf, _) = node.leaf_range();
    for level in (node.level()..size.depth()).rev() {
        let side: &[u8] = if leaf.as_u32() >> level & 1 == 0 { b"left" } else { b"right" };
        secret = suite().expand_with_label(secret.as_bytes(), b"tree", side, 32).unwrap();
    }
    secret
}

/// The key of a generation by the definitions of RFC 9420 sections 9 and 9.1, from the root each time.
fn naive(size: TreeSize, leaf: LeafIndex, ratchet_type: RatchetType, generation: u32) -> (u32, Vec<u8>, Vec<u8>) {
    let suite = suite();
    let mut secret = naive_node(size, leaf.node());
    let label: &[u8] = match ratchet_type {
        HANDSHAKE => b"handshake",
        APPLICATION => b"application",
    };
    secret = suite.expand_with_label(secret.as_bytes(), label, b"", 32).unwrap();
    let derive = |secret: &SecretBytes, label: &[u8], generation: u32, len| {
        let generation = generation.to_be_bytes();
        suite.expand_with_label(secret.as_bytes(), label, &generation, len).unwrap()
    };
    for passed in 0..generation {
        secret = derive(&secret, b"secret", passed, 32);
    }
    let key = derive(&secret, b"key", generation, 16);
    let nonce = derive(&secret, b"nonce", generation, 12);
    (generation, key.as_bytes().to_vec(), nonce.as_bytes().to_vec())
}

/// The resident nodes of the frontier, by the split that made them.
fn packs(tree: &SecretTree) -> Vec<(u32, Vec<u32>)> {
    let nodes = |pack: &NodePack| pack.nodes().map(|(node, _)| node.as_u32()).collect();
    tree.packs.iter().map(|(split, pack)| (split.as_u32(), nodes(pack))).collect()
}

/// The frontier's nodes.
fn frontier(tree: &SecretTree) -> Vec<u32> {
    let mut nodes: Vec<u32> = packs(tree).into_iter().flat_map(|(_, nodes)| nodes).collect();
    nodes.sort_unstable();
    nodes
}

/// The stored form of a ratchet at `generation`.
fn ratchet_record(generation: u32) -> Vec<u8> {
    let mut record = vec![1];
    record.extend(generation.to_be_bytes());
    record.push(32);
    record.extend([5; 32]);
    record
}

/// A provider whose KDF fails: whoever hashes with it is found out.
#[derive(Debug)]
struct Broken(&'static dyn CipherSuiteProvider);

impl CipherSuiteProvider for Broken {
    fn params(&self) -> &SuiteParams {
        self.0.params()
    }

    fn hash(&self, _: &[&[u8]]) -> Result<Digest, CryptoError> {
        Err(CryptoError::Backend)
    }

    fn hmac(&self, _: &[u8], _: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        Err(CryptoError::Backend)
    }

    fn aead_seal(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<Vec<u8>, CryptoError> {
        Err(CryptoError::Backend)
    }

    fn aead_open(&self, _: &[u8], _: &[u8], _: &[u8], _: &[u8]) -> Result<SecretBytes, CryptoError> {
        Err(CryptoError::Backend)
    }

    fn kem(&self) -> &dyn Kem {
        self.0.kem()
    }

    fn load_verify_key(&self, _: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        Err(CryptoError::Backend)
    }

    fn load_signing_key(&self, _: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        Err(CryptoError::Backend)
    }
}
