//! A group reduced to its tree and its members' keys, to run random histories on.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{CryptoError, HpkeKeyPair, HpkePublicKey, Rng, SigningKey, Suite};

use crate::commit::{UpdatePath, UpdatePathNode};
use crate::credential::{Credential, CredentialType};
use crate::extension::Extensions;
use crate::framing::ProtocolVersion;
use crate::key_schedule::tests::test_vectors;
use crate::tree::key_index::IndexSeed;
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource, Lifetime};
use crate::tree::math::{LeafIndex, NodeIndex, direct_path};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::{
    NewPath, OwnPathKeys, PathKeysUpdate, check_path, decrypt_path, generate_path, keys_from_welcome, merge_path,
};
use crate::tree::ratchet_tree::RatchetTree;

pub(in crate::tree) const GROUP_ID: &[u8] = b"group";

pub(in crate::tree) fn suite1() -> Suite<'static> {
    test_vectors::suite(1).unwrap()
}

pub(in crate::tree) fn tree_from(suite: Suite<'_>, bytes: &[u8]) -> RatchetTree {
    RatchetTree::from_extension(suite, IndexSeed::new([7; 16]), bytes).unwrap()
}

/// Reproducible, and of no use for anything but tests.
pub(in crate::tree) struct TestRng(u64);

impl TestRng {
    pub(in crate::tree) fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub(in crate::tree) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(in crate::tree) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }
}

impl Rng for TestRng {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        for chunk in out.chunks_mut(8) {
            chunk.copy_from_slice(&self.next().to_le_bytes()[..chunk.len()]);
        }
        Ok(())
    }
}

pub(in crate::tree) struct Member {
    pub(in crate::tree) keys: OwnPathKeys,
    pub(in crate::tree) signer: Arc<dyn SigningKey>,
}

pub(in crate::tree) struct World {
    pub(in crate::tree) suite: Suite<'static>,
    pub(in crate::tree) tree: RatchetTree,
    pub(in crate::tree) members: BTreeMap<LeafIndex, Member>,
    pub(in crate::tree) rng: TestRng,
}

/// A commit on its way: proposals applied, the path made and not yet installed.
pub(in crate::tree) struct Sent {
    pub(in crate::tree) sender: LeafIndex,
    pub(in crate::tree) new: NewPath,
    pub(in crate::tree) path: UpdatePath,
    pub(in crate::tree) after: RatchetTree,
    pub(in crate::tree) context: Vec<u8>,
    pub(in crate::tree) excluded: BTreeSet<LeafIndex>,
}

pub(in crate::tree) fn leaf_node(
    keys: &HpkeKeyPair,
    signer: &dyn SigningKey,
    suite: Suite<'_>,
    leaf_node_source: LeafNodeSource,
) -> LeafNode {
    LeafNode {
        encryption_key: keys.public.clone(),
        signature_key: signer.public_key().clone(),
        credential: Credential::basic(signer.public_key().as_bytes()),
        capabilities: Capabilities {
            versions: [ProtocolVersion::MLS10].into(),
            cipher_suites: [suite.id()].into(),
            credentials: [CredentialType::BASIC].into(),
            ..Capabilities::default()
        },
        leaf_node_source,
        extensions: Extensions::new(),
        signature: Vec::new(),
    }
}

pub(in crate::tree) const LIFETIME: Lifetime = Lifetime { not_before: 1_000, not_after: 2_000 };

impl World {
    /// A group of one.
    pub(in crate::tree) fn new(suite: Suite<'static>, seed: u64) -> Self {
        let mut rng = TestRng::new(seed);
        let (leaf, member) = newcomer(suite, &mut rng);
        let tree = RatchetTree::new(suite, IndexSeed::new([7; 16]), &leaf).unwrap();
        Self { suite, tree, members: [(LeafIndex::ZERO, member)].into(), rng }
    }

    /// A group of `size` whose interior is filled as far as `commits` path commits of random senders do it.
    pub(in crate::tree) fn with_members(suite: Suite<'static>, seed: u64, size: usize, commits: usize) -> Self {
        let mut world = Self::new(suite, seed);
        world.add(size - 1);
        for _ in 0..commits {
            let sender = world.some_member();
            world.commit(sender);
        }
        world
    }

    /// A group of two whose members support these credentials.
    pub(in crate::tree) fn with_credentials(credentials: &[CredentialType]) -> Self {
        let mut world = Self::with_members(suite1(), 1, 2, 0);
        let leaves = world.members.keys().map(|index| {
            let mut leaf = world.tree.leaf(*index).unwrap();
            leaf.capabilities.credentials = credentials.to_vec();
            (*index, NodeBytes::from(leaf.to_bytes().unwrap()))
        });
        let leaves: Vec<_> = leaves.collect();
        world.tree = world.tree.apply_changes(world.suite, &leaves, &[], &[]).unwrap().0;
        world
    }

    pub(in crate::tree) fn some_member(&mut self) -> LeafIndex {
        let at = self.rng.below(self.members.len());
        *self.members.keys().nth(at).unwrap()
    }

    /// Adds members as proposals do; they know their leaf's key only.
    pub(in crate::tree) fn add(&mut self, count: usize) -> BTreeSet<LeafIndex> {
        let newcomers: Vec<_> = (0..count).map(|_| newcomer(self.suite, &mut self.rng)).collect();
        let adds: Vec<_> = newcomers.iter().map(|(leaf, _)| NodeBytes::from(leaf.to_bytes().unwrap())).collect();
        let (tree, added) = self.tree.apply_changes(self.suite, &[], &[], &adds).unwrap();
        self.tree = tree;
        self.members.extend(added.iter().copied().zip(newcomers.into_iter().map(|(_, member)| member)));
        added.into_iter().collect()
    }

    pub(in crate::tree) fn remove(&mut self, index: LeafIndex) {
        self.tree = self.tree.apply_changes(self.suite, &[], &[index], &[]).unwrap().0;
        self.members.remove(&index);
        self.forget_blanked();
    }

    pub(in crate::tree) fn update(&mut self, index: LeafIndex) {
        let keys = self.suite.generate_hpke_key_pair(&mut self.rng).unwrap();
        let member = self.members.get_mut(&index).unwrap();
        let mut leaf = leaf_node(&keys, &*member.signer, self.suite, LeafNodeSource::Update);
        leaf.sign(self.suite, &*member.signer, Some((GROUP_ID, index))).unwrap();
        let update = (index, NodeBytes::from(leaf.to_bytes().unwrap()));
        self.tree = self.tree.apply_changes(self.suite, &[update], &[], &[]).unwrap().0;
        member.keys.apply(PathKeysUpdate { leaf: Some(keys.private), ..PathKeysUpdate::default() });
        self.forget_blanked();
    }

    fn forget_blanked(&mut self) {
        for member in self.members.values_mut() {
            let clear = member.keys.blanked(&self.tree);
            member.keys.apply(PathKeysUpdate { clear, ..PathKeysUpdate::default() });
        }
    }

    /// A leaf node for a path of `sender`, signed.
    pub(in crate::tree) fn path_leaf(
        &self,
        sender: LeafIndex,
        encryption_key: &HpkePublicKey,
        parent_hash: &[u8],
    ) -> LeafNode {
        let mut leaf = self.tree.leaf(sender).unwrap();
        leaf.encryption_key = encryption_key.clone();
        leaf.leaf_node_source = LeafNodeSource::Commit { parent_hash: parent_hash.to_vec() };
        self.sign(sender, &mut leaf);
        leaf
    }

    pub(in crate::tree) fn sign(&self, sender: LeafIndex, leaf: &mut LeafNode) {
        leaf.sign(self.suite, &*self.members[&sender].signer, Some((GROUP_ID, sender))).unwrap();
    }

    /// Makes a path over the present tree, `excluded` being leaves that the same commit adds.
    pub(in crate::tree) fn send(&mut self, sender: LeafIndex, excluded: BTreeSet<LeafIndex>) -> Sent {
        let new = generate_path(self.suite, &self.tree, sender, &mut self.rng).unwrap();
        let leaf_node = self.path_leaf(sender, new.leaf_public(), &new.parent_hashes().leaf);
        let after = new.merge(self.suite, &self.tree, &leaf_node).unwrap();
        let context = after.root_hash().as_bytes().to_vec();
        let nodes: Vec<UpdatePathNode> =
            new.encrypt(self.suite, &self.tree, &excluded, &context, &mut self.rng).unwrap();
        Sent { sender, new, path: UpdatePath { leaf_node, nodes }, after, context, excluded }
    }

    /// A commit with a path that everybody processes.
    pub(in crate::tree) fn commit(&mut self, sender: LeafIndex) {
        self.commit_adding(sender, BTreeSet::new());
    }

    pub(in crate::tree) fn commit_adding(&mut self, sender: LeafIndex, added: BTreeSet<LeafIndex>) {
        let sent = self.send(sender, added);
        self.deliver(sent);
    }

    pub(in crate::tree) fn deliver(&mut self, sent: Sent) {
        let Sent { sender, new, path, after, context, excluded } = sent;
        check_path(self.suite, &self.tree, sender, &path, &excluded).unwrap();
        let merged = merge_path(self.suite, &self.tree, sender, &path).unwrap();
        assert_eq!(merged.root_hash(), after.root_hash());
        let mut secrets = Vec::new();
        for (&own, member) in &mut self.members {
            if excluded.contains(&own) {
                let secret = new.path_secret_for(own).unwrap();
                let update = keys_from_welcome(self.suite, &after, own, sender, secret).unwrap();
                member.keys.apply(update);
            } else if own != sender {
                let Member { keys, .. } = member;
                let (update, secret) = decrypt_path(
                    self.suite,
                    &self.tree,
                    own,
                    &keys.leaf,
                    &keys.parents,
                    sender,
                    &path,
                    &excluded,
                    &context,
                )
                .unwrap();
                keys.apply(update);
                secrets.push(secret);
            }
        }
        let (update, secret) = new.into_private();
        assert!(secrets.iter().all(|other| other.as_bytes() == secret.as_bytes()));
        self.members.get_mut(&sender).unwrap().keys.apply(update);
        self.tree = after;
        self.check_tree_invariant();
    }

    /// Everybody holds the keys of its leaf and of the non-blank ancestors it is merged at, and no others (RFC 9420 section 4.2).
    pub(in crate::tree) fn check_tree_invariant(&self) {
        let kem = self.suite.provider().kem();
        for (own, member) in &self.members {
            let ancestors = direct_path(*own, self.tree.size());
            let expected: Vec<NodeIndex> = ancestors
                .filter(|node| {
                    self.tree.parent_ref(*node).is_some_and(|parent| !parent.unmerged().any(|leaf| leaf == *own))
                })
                .collect();
            let mut held: Vec<NodeIndex> = member.keys.parents.keys().copied().collect();
            held.sort_unstable_by_key(|node| node.level());
            assert_eq!(held, expected, "{own:?}");
            for (node, key) in core::iter::once((&own.node(), &member.keys.leaf)).chain(&member.keys.parents) {
                let public = kem.public_key(key.as_bytes()).unwrap();
                assert_eq!(self.tree.encryption_key(*node), Some(public.as_bytes()), "{own:?} at {node:?}");
            }
        }
    }

    /// One random commit: some removes, updates and adds, and a path unless there are only adds.
    pub(in crate::tree) fn step(&mut self) {
        let sender = self.some_member();
        let others: Vec<LeafIndex> = self.members.keys().copied().filter(|leaf| *leaf != sender).collect();
        let mut only_adds = true;
        for other in others {
            match self.rng.below(10) {
                0 => self.remove(other),
                1 => self.update(other),
                _ => continue,
            }
            only_adds = false;
        }
        let adds = self.rng.below(4);
        let added = self.add(adds);
        if !only_adds || self.rng.below(3) == 0 {
            self.commit_adding(sender, added);
        }
    }
}

fn newcomer(suite: Suite<'static>, rng: &mut TestRng) -> (LeafNode, Member) {
    let keys = suite.generate_hpke_key_pair(rng).unwrap();
    let signature = suite.generate_signature_key_pair(rng).unwrap();
    let signer = suite.signing_key(&signature.private).unwrap();
    let mut leaf = leaf_node(&keys, &*signer, suite, LeafNodeSource::KeyPackage(LIFETIME));
    leaf.sign(suite, &*signer, None).unwrap();
    (leaf, Member { keys: OwnPathKeys::new(keys.private), signer })
}
