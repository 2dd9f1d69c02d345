//! The official `treekem` vectors.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CipherSuite, HpkePrivateKey, SignaturePrivateKey, SigningKey, Suite};
use serde::Deserialize;

use super::world::{TestRng, tree_from};
use crate::commit::UpdatePath;
use crate::extension::Extensions;
use crate::framing::ProtocolVersion;
use crate::group_context::GroupContext;
use crate::key_schedule::tests::test_vectors::{self, Hex};
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::math::{LeafIndex, NodeIndex};
use crate::tree::parent_hash::verify_parent_hashes;
use crate::tree::path::{
    OwnPathKeys, PathSecret, check_path, decrypt_path, generate_path, keys_from_welcome, merge_path,
};
use crate::tree::ratchet_tree::RatchetTree;

#[derive(Deserialize)]
struct Case {
    cipher_suite: u16,
    group_id: Hex,
    epoch: u64,
    confirmed_transcript_hash: Hex,
    ratchet_tree: Hex,
    leaves_private: Vec<LeafPrivate>,
    update_paths: Vec<SentPath>,
}

#[derive(Deserialize)]
struct LeafPrivate {
    index: u32,
    encryption_priv: Hex,
    signature_priv: Hex,
    path_secrets: Vec<NodeSecret>,
}

#[derive(Deserialize)]
struct NodeSecret {
    node: u32,
    path_secret: Hex,
}

#[derive(Deserialize)]
struct SentPath {
    sender: u32,
    update_path: Hex,
    path_secrets: Vec<Option<Hex>>,
    commit_secret: Hex,
    tree_hash_after: Hex,
}

struct Leaf {
    keys: OwnPathKeys,
    signer: Arc<dyn SigningKey>,
}

impl Case {
    fn group_context(&self, tree_hash: &[u8]) -> Vec<u8> {
        GroupContext {
            version: ProtocolVersion::MLS10,
            cipher_suite: CipherSuite(self.cipher_suite),
            group_id: self.group_id.0.clone(),
            epoch: self.epoch,
            tree_hash: tree_hash.to_vec(),
            confirmed_transcript_hash: self.confirmed_transcript_hash.0.clone(),
            extensions: Extensions::new(),
        }
        .to_bytes()
        .unwrap()
    }

    fn leaves(&self, suite: Suite<'_>, tree: &RatchetTree) -> BTreeMap<LeafIndex, Leaf> {
        let leaf = |private: &LeafPrivate| {
            let index = LeafIndex::new(private.index).unwrap();
            let mut keys = OwnPathKeys::new(HpkePrivateKey::from_bytes(private.encryption_priv.0.clone()));
            for NodeSecret { node, path_secret } in &private.path_secrets {
                let secret = PathSecret::from_secret(suite, path_secret.secret()).unwrap();
                let pair = secret.node_key_pair(suite).unwrap();
                let node = NodeIndex::new(*node).unwrap();
                assert_eq!(tree.encryption_key(node), Some(pair.public.as_bytes()));
                keys.parents.insert(node, pair.private);
            }
            let private = SignaturePrivateKey::from_bytes(private.signature_priv.0.clone());
            let signer = suite.signing_key(&private).unwrap();
            assert_eq!(tree.leaf(index).unwrap().signature_key, *signer.public_key());
            (index, Leaf { keys, signer })
        };
        self.leaves_private.iter().map(leaf).collect()
    }
}

// req: R-7.5-11, R-7.5-12, R-7.6-05, R-12.4.2-13, R-12.4.2-14
#[test]
fn official_treekem() {
    let cases: Vec<Case> = test_vectors::load("treekem.json");
    assert!([0, 77].contains(&cases.len()));
    for (number, case) in cases.iter().enumerate() {
        let Some(suite) = test_vectors::suite(case.cipher_suite) else {
            continue;
        };
        let tree = tree_from(suite, &case.ratchet_tree.0);
        verify_parent_hashes(suite, &tree).unwrap();
        let leaves = case.leaves(suite, &tree);
        for sent in &case.update_paths {
            receive(suite, case, &tree, &leaves, sent, number);
            send(suite, case, &tree, &leaves, LeafIndex::new(sent.sender).unwrap(), number);
        }
    }
}

fn receive(
    suite: Suite<'_>,
    case: &Case,
    tree: &RatchetTree,
    leaves: &BTreeMap<LeafIndex, Leaf>,
    sent: &SentPath,
    number: usize,
) {
    let sender = LeafIndex::new(sent.sender).unwrap();
    let path = UpdatePath::from_bytes(&sent.update_path.0).unwrap();
    path.leaf_node.verify_signature(suite, Some((&case.group_id.0, sender))).unwrap();
    check_path(suite, tree, sender, &path, &BTreeSet::new()).unwrap();
    let after = merge_path(suite, tree, sender, &path).unwrap();
    assert_eq!(after.root_hash().as_bytes(), sent.tree_hash_after.0, "case {number}");
    verify_parent_hashes(suite, &after).unwrap();
    let context = case.group_context(&sent.tree_hash_after.0);
    for (&own, leaf) in leaves {
        if own == sender {
            continue;
        }
        let (update, commit_secret) = decrypt_path(
            suite,
            tree,
            own,
            &leaf.keys.leaf,
            &leaf.keys.parents,
            sender,
            &path,
            &BTreeSet::new(),
            &context,
        )
        .unwrap();
        assert_eq!(commit_secret.as_bytes(), sent.commit_secret.0, "case {number}");
        // The vector's secret of the common ancestor gives the same keys as the path.
        let secret = sent.path_secrets[own.as_u32() as usize].as_ref().unwrap();
        let secret = PathSecret::from_secret(suite, secret.secret()).unwrap();
        let welcome = keys_from_welcome(suite, &after, own, sender, &secret).unwrap();
        let bytes = |keys: &BTreeMap<NodeIndex, HpkePrivateKey>| -> Vec<_> {
            keys.iter().map(|(node, key)| (*node, key.as_bytes().to_vec())).collect()
        };
        assert_eq!(bytes(&welcome.set), bytes(&update.set), "case {number}");
    }
}

fn send(
    suite: Suite<'_>,
    case: &Case,
    tree: &RatchetTree,
    leaves: &BTreeMap<LeafIndex, Leaf>,
    sender: LeafIndex,
    number: usize,
) {
    let mut rng = TestRng::new(number as u64);
    let new = generate_path(suite, tree, sender, &mut rng).unwrap();
    let mut leaf_node = tree.leaf(sender).unwrap();
    leaf_node.encryption_key = new.leaf_public().clone();
    leaf_node.leaf_node_source = LeafNodeSource::Commit { parent_hash: new.parent_hashes().leaf.clone() };
    leaf_node.sign(suite, &*leaves[&sender].signer, Some((&case.group_id.0, sender))).unwrap();
    let after = new.merge(suite, tree, &leaf_node).unwrap();
    verify_parent_hashes(suite, &after).unwrap();
    let context = case.group_context(after.root_hash().as_bytes());
    let nodes = new.encrypt(suite, tree, &BTreeSet::new(), &context, &mut rng).unwrap();
    let path = UpdatePath { leaf_node, nodes };
    check_path(suite, tree, sender, &path, &BTreeSet::new()).unwrap();
    assert_eq!(merge_path(suite, tree, sender, &path).unwrap().root_hash(), after.root_hash());
    let (_, expected) = new.into_private();
    for (&own, leaf) in leaves {
        if own != sender {
            let (_, found) = decrypt_path(
                suite,
                tree,
                own,
                &leaf.keys.leaf,
                &leaf.keys.parents,
                sender,
                &path,
                &BTreeSet::new(),
                &context,
            )
            .unwrap();
            assert_eq!(found.as_bytes(), expected.as_bytes(), "case {number}");
        }
    }
}
