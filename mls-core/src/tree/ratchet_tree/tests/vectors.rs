//! The official vectors `tree-operations` and `tree-validation`.

extern crate std;

use alloc::string::String;
use alloc::vec::Vec;
use std::path::PathBuf;

use mls_codec::{Decode, Encode};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::support::*;
use crate::proposal::Proposal;
use crate::tree::hash::blank_tree_hash;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::RatchetTree;

fn load<T: DeserializeOwned>(name: &str) -> Vec<T> {
    let folder = std::env::var_os("MLS_TEST_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/test-vectors"), PathBuf::from);
    let Ok(text) = std::fs::read_to_string(folder.join(name)) else {
        std::println!("{name}: not in {}, skipped", folder.display());
        return Vec::new();
    };
    let cases: Vec<T> = serde_json::from_str(&text).unwrap();
    assert!(!cases.is_empty());
    cases
}

fn bytes(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

#[derive(Deserialize)]
struct Operation {
    cipher_suite: u16,
    tree_before: String,
    proposal: String,
    proposal_sender: u32,
    tree_hash_before: String,
    tree_after: String,
    tree_hash_after: String,
}

// req: R-12.1.1-02, R-12.1.2-02, R-12.1.2-03, R-12.1.3-02, R-7.8-04
#[test]
fn tree_operations() {
    for case in load::<Operation>("tree-operations.json") {
        let counting = Counting::new(case.cipher_suite);
        let suite = counting.suite();
        let before = RatchetTree::from_extension(suite, SEED, &bytes(&case.tree_before)).unwrap();
        assert_eq!(before.root_hash().as_bytes(), bytes(&case.tree_hash_before));
        let leaf = |leaf: &dyn Fn(&mut Vec<u8>)| {
            let mut bytes = Vec::new();
            leaf(&mut bytes);
            NodeBytes::from(bytes)
        };
        let (mut updates, mut removes, mut adds) = (Vec::new(), Vec::new(), Vec::new());
        match Proposal::from_bytes(&bytes(&case.proposal)).unwrap() {
            Proposal::Add(package) => adds.push(leaf(&|out| package.leaf_node.encode(out).unwrap())),
            Proposal::Update(node) => {
                updates.push((leaf_index(case.proposal_sender), leaf(&|out| node.encode(out).unwrap())));
            }
            Proposal::Remove(removed) => removes.push(removed.leaf().unwrap()),
            other => panic!("{other:?}"),
        }
        let (after, _) = before.apply_changes(suite, &updates, &removes, &adds).unwrap();
        assert_eq!(after.to_extension().unwrap(), bytes(&case.tree_after));
        assert_eq!(after.root_hash().as_bytes(), bytes(&case.tree_hash_after));
    }
}

#[derive(Deserialize)]
struct Validation {
    cipher_suite: u16,
    tree: String,
    tree_hashes: Vec<String>,
    resolutions: Vec<Vec<u32>>,
}

// req: R-7.8-01, R-7.8-02, R-7.8-03, R-4.1.1-02, R-4.1.1-03
#[test]
fn tree_validation_hashes_and_resolutions() {
    for case in load::<Validation>("tree-validation.json") {
        let counting = Counting::new(case.cipher_suite);
        let suite = counting.suite();
        let encoded = bytes(&case.tree);
        let tree = RatchetTree::from_extension(suite, SEED, &encoded).unwrap();
        assert_eq!(tree.to_extension().unwrap(), encoded);
        assert_eq!(tree.size().node_count() as usize, case.tree_hashes.len());
        for (node, (hash, resolution)) in (0..).map(node_index).zip(case.tree_hashes.iter().zip(&case.resolutions)) {
            let found = tree.node_hash(node).unwrap_or_else(|| blank_tree_hash(suite, node).unwrap());
            assert_eq!(found.as_bytes(), bytes(hash));
            let found: Vec<u32> = tree.resolution(node).into_iter().map(NodeIndex::as_u32).collect();
            assert_eq!(&found, resolution);
        }
        for (index, raw) in tree.leaves() {
            let leaf = tree.leaf(index).unwrap();
            assert_eq!(leaf.to_bytes().unwrap(), **raw);
            assert_eq!(tree.find_encryption_key(leaf.encryption_key.as_bytes()), Some(LeafIndex::node(index)));
            assert_eq!(tree.find_signature_key(leaf.signature_key.as_bytes()), Some(index));
        }
    }
}
