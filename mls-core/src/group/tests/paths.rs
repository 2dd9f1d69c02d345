//! Update paths that are refused (RFC 9420 sections 7.5, 7.6, 7.9.2 and 12.4.2).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, HpkePublicKey};

use super::common::{Peer, TestRng, agree};
use super::forge::{Lie, Lies, PathKit, forge_commit};
use super::support::{
    SUITE, by_value, encrypted, extension, four, fresh_key, handle, invalid_commit, invalid_path, leaf, node,
    own_leaf_node, refused, three_and_a_gap,
};
use crate::commit::UpdatePathNode;
use crate::credential::{Credential, CredentialType};
use crate::extension::ExtensionType;
use crate::group::{CommitPlan, CommitRule, Proposing};
use crate::proposal::Proposal;
use crate::tree::leaf_node::{LeafNode, LeafNodeSource, Lifetime};
use crate::tree::path::PathError;
use crate::tree::validate::LeafNodeError;

fn altered_nodes<'a>(change: impl FnOnce(&mut Vec<UpdatePathNode>, &PathKit<'_>) + 'a) -> Lies<'a> {
    Lies { nodes: Box::new(change), ..Lies::none() }
}

fn altered_leaf<'a>(change: impl FnOnce(&mut LeafNode) + 'a) -> Lies<'a> {
    Lies { leaf: Box::new(change), ..Lies::none() }
}

fn check(alice: &mut Peer, bob: &mut Peer, lies: Lies<'_>, rule: PathError) {
    let message = forge_commit(alice, &[], lies);
    assert_eq!(refused(bob, &message), invalid_path(0, rule));
}

fn check_leaf(alice: &mut Peer, bob: &mut Peer, lies: Lies<'_>, rule: LeafNodeError) {
    let message = forge_commit(alice, &[], lies);
    assert_eq!(refused(bob, &message), invalid_commit(0, CommitRule::PathLeaf(rule)));
}

#[test]
fn the_forged_path_is_good_without_a_lie() {
    for lies in [Lies::none(), encrypted()] {
        let [mut alice, mut bob, mut carol, mut dave] = four();
        let erin = Proposal::Add(Arc::new(Peer::new("erin", SUITE, 9).key_package().key_package));
        let list = [by_value(0, erin), by_value(0, Proposal::Remove(leaf(3).into()))];
        let message = forge_commit(&mut alice, &list, lies);
        for peer in [&mut bob, &mut carol, &mut dave] {
            handle(peer, &message).unwrap();
        }
        agree(&[bob, carol]);
    }
}

// req: R-7.5-15
#[test]
fn keys_of_nodes_that_a_commit_blanks_are_cleared() {
    let [mut alice, mut bob, mut carol, mut dave] = four();
    let message = alice.commit(&CommitPlan::default()).message;
    alice.accept();
    for peer in [&mut bob, &mut carol, &mut dave] {
        peer.receive(&message);
    }
    let held = |peer: &Peer| peer.group().path_keys().unwrap().parents.keys().copied().collect::<Vec<_>>();
    assert_eq!(held(&bob), [node(1), node(3)]);
    // Carol's path does not come by the node that she blanks.
    let plan = CommitPlan { proposals: vec![Proposing::Remove(leaf(0))], ..CommitPlan::default() };
    let message = carol.commit(&plan).message;
    carol.accept();
    bob.receive(&message);
    dave.receive(&message);
    assert_eq!(held(&bob), [node(3)]);
    agree(&[bob, carol, dave]);
}

// req: R-7.6-03
// bad: ValSem-202, tree-04
#[test]
fn a_path_of_the_wrong_length() {
    let [mut alice, mut bob, ..] = four();
    let length = |found| PathError::PathLength { expected: 2, found };
    check(&mut alice, &mut bob, altered_nodes(|nodes, _| nodes.truncate(1)), length(1));
    check(&mut alice, &mut bob, altered_nodes(|nodes, _| nodes.clear()), length(0));
    let longer = altered_nodes(|nodes, _| nodes.push(nodes[1].clone()));
    check(&mut alice, &mut bob, longer, length(3));
    // Dave has a blank sibling: one node is filtered out, and no sender may put it back.
    let [_, mut bob, mut dave] = three_and_a_gap();
    let message = forge_commit(&mut dave, &[], altered_nodes(|nodes, _| nodes.insert(0, nodes[0].clone())));
    let rule = PathError::PathLength { expected: 1, found: 2 };
    assert_eq!(refused(&mut bob, &message), invalid_path(3, rule));
}

// req: R-7.6-02
// bad: tree-05, valn-1101
#[test]
fn a_node_with_too_few_or_too_many_ciphertexts() {
    let [mut alice, mut bob, ..] = four();
    for at in [0_usize, 1] {
        let node = node([1, 3][at]);
        let expected = [1, 2][at];
        let count = |found| PathError::CiphertextCount { node, expected, found };
        let fewer = altered_nodes(|nodes, _| nodes[at].encrypted_path_secret.edit(|all| drop(all.pop())));
        check(&mut alice, &mut bob, fewer, count(expected - 1));
        let more = altered_nodes(|nodes, _| {
            nodes[at].encrypted_path_secret.edit(|all| all.push(all[0].clone()));
        });
        check(&mut alice, &mut bob, more, count(expected + 1));
    }
}

// req: R-7.6-01, R-7.5-07
// bad: valn-1101
#[test]
fn a_ciphertext_for_somebody_who_is_only_just_added() {
    let [mut alice, mut bob, _] = three_and_a_gap();
    let erin = Proposal::Add(Arc::new(Peer::new("erin", SUITE, 9).key_package().key_package));
    let more = altered_nodes(|nodes, _| {
        nodes[1].encrypted_path_secret.edit(|all| all.push(all[0].clone()));
    });
    let message = forge_commit(&mut alice, &[by_value(0, erin)], more);
    let rule = PathError::CiphertextCount { node: node(3), expected: 1, found: 2 };
    assert_eq!(refused(&mut bob, &message), invalid_path(0, rule));
}

// req: R-12.4.2-10, R-12.4.2-11, R-7.5-05, R-16.7-01
// bad: ValSem-206, valn-1208, valn-1209, tree-01
#[test]
fn a_leaf_key_that_is_in_the_tree() {
    let [mut alice, mut bob, _, mut dave] = four();
    let commit = dave.commit(&CommitPlan::default()).message;
    alice.receive(&commit);
    bob.receive(&commit);
    // Alice's own, that of Bob, Carol and Dave, and of two parents.
    for place in [0, 2, 4, 6, 5, 3] {
        let key = bob.group().tree().unwrap().encryption_key(node(place)).unwrap().to_vec();
        let lies = altered_leaf(|leaf| leaf.encryption_key = HpkePublicKey::from(key));
        check(&mut alice, &mut bob, lies, PathError::KeyInTree { node: node(place) });
    }
}

// req: R-12.4.2-11
#[test]
fn a_key_of_somebody_who_comes_with_the_same_commit() {
    let [mut alice, mut bob, ..] = four();
    let package = Peer::new("erin", SUITE, 9).key_package().key_package;
    let key = package.leaf_node.encryption_key.clone();
    let lies = altered_leaf(|leaf| leaf.encryption_key = key);
    let message = forge_commit(&mut alice, &[by_value(0, Proposal::Add(Arc::new(package)))], lies);
    let rule = PathError::KeyInTree { node: node(8) };
    assert_eq!(refused(&mut bob, &message), invalid_path(0, rule));
}

// req: R-12.4.2-11
// bad: ValSem-207, valn-1209, tree-01
#[test]
fn a_node_key_that_is_in_the_tree() {
    let [mut alice, mut bob, ..] = four();
    let key = bob.group().tree().unwrap().encryption_key(node(4)).unwrap().to_vec();
    for at in [0_usize, 1] {
        let key = HpkePublicKey::from(key.clone());
        let lies = Lies { path_keys: Box::new(move |keys| keys[at] = key), ..Lies::none() };
        check(&mut alice, &mut bob, lies, PathError::KeyInTree { node: node(4) });
    }
}

// req: R-12.4.2-11
// bad: valn-1209, tree-01
#[test]
fn a_node_key_of_the_committers_last_path() {
    let [mut alice, mut bob, ..] = four();
    let commit = alice.commit(&CommitPlan::default()).message;
    alice.accept();
    bob.receive(&commit);
    for at in [0_usize, 1] {
        let place = node([1, 3][at]);
        let key = HpkePublicKey::from(bob.group().tree().unwrap().encryption_key(place).unwrap());
        let lies = Lies { path_keys: Box::new(move |keys| keys[at] = key), ..Lies::none() };
        check(&mut alice, &mut bob, lies, PathError::KeyInTree { node: place });
    }
}

// req: R-12.4.2-12
// bad: tree-02
#[test]
fn a_path_with_one_key_twice() {
    let [mut alice, mut bob, ..] = four();
    let lies = Lies { path_keys: Box::new(|keys| keys[1] = keys[0].clone()), ..Lies::none() };
    check(&mut alice, &mut bob, lies, PathError::DuplicateKey);
    for at in [0_usize, 1] {
        // The path's node keys are drawn from a secret; the leaf's may be whatever.
        let known = core::cell::RefCell::new(None);
        let lies = Lies {
            path_keys: Box::new(|keys| *known.borrow_mut() = Some(keys[at].clone())),
            leaf: Box::new(|leaf| leaf.encryption_key = known.borrow().clone().unwrap()),
            ..Lies::none()
        };
        check(&mut alice, &mut bob, lies, PathError::DuplicateKey);
    }
}

// req: R-10-05
#[test]
fn a_key_that_is_none() {
    let [mut alice, mut bob, ..] = four();
    for bytes in [vec![0; 32], vec![1; 31], vec![]] {
        let rule = || PathError::InvalidPublicKey(CryptoError::InvalidPublicKey);
        let key = HpkePublicKey::from(bytes);
        let lies = altered_leaf(|leaf| leaf.encryption_key = key.clone());
        check(&mut alice, &mut bob, lies, rule());
        let lies = Lies { path_keys: Box::new(|keys| keys[1] = key.clone()), ..Lies::none() };
        check(&mut alice, &mut bob, lies, rule());
    }
}

// req: R-7.5-11, R-7.5-12
// bad: ValSem-204
#[test]
fn a_path_secret_that_is_not_that_of_the_keys() {
    let [mut alice, mut bob, mut carol, _] = four();
    let key = fresh_key(&mut alice);
    let lies = Lies { path_keys: Box::new(|keys| keys[1] = key), ..Lies::none() };
    let message = forge_commit(&mut alice, &[], lies);
    let rule = || invalid_path(0, PathError::PublicKeyMismatch { node: node(3) });
    assert_eq!(refused(&mut bob, &message), rule());
    assert_eq!(refused(&mut carol, &message), rule());
}

// req: R-7.6-05, R-7.5-11, R-12.4.1-07, R-17.7-01
// bad: ValSem-203
#[test]
fn a_path_secret_that_cannot_be_read() {
    let [mut alice, mut bob, ..] = four();
    let decryption = || PathError::Decryption(CryptoError::InvalidCiphertext);
    let lies = altered_nodes(|nodes, _| nodes[0].encrypted_path_secret.edit(|all| all[0].ciphertext[0] ^= 1));
    check(&mut alice, &mut bob, lies, decryption());
    let lies = altered_nodes(|nodes, _| nodes[0].encrypted_path_secret.edit(|all| all[0].ciphertext.clear()));
    check(&mut alice, &mut bob, lies, decryption());
    // Encrypted to Bob, but under another context.
    let mut rng = TestRng(3);
    let lies = altered_nodes(|nodes, kit| {
        let context = kit.suite.encrypt_context(b"UpdatePathNode", b"another context").unwrap();
        let key = HpkePublicKey::from(kit.before.encryption_key(node(2)).unwrap());
        let sealed = context.seal(&key, &[1; 32], &mut rng).unwrap();
        nodes[0].encrypted_path_secret.edit(|all| all[0] = sealed);
    });
    check(&mut alice, &mut bob, lies, decryption());
    for length in [0, 31, 33] {
        let lies = altered_nodes(|nodes, kit| {
            let context = kit.suite.encrypt_context(b"UpdatePathNode", &kit.context).unwrap();
            let key = HpkePublicKey::from(kit.before.encryption_key(node(2)).unwrap());
            let sealed = context.seal(&key, &[1; 33][..length], &mut rng).unwrap();
            nodes[0].encrypted_path_secret.edit(|all| all[0] = sealed);
        });
        check(&mut alice, &mut bob, lies, PathError::PathSecretLength);
    }
    let lies = altered_nodes(|nodes, kit| {
        let context = kit.suite.encrypt_context(b"UpdatePathNode", &kit.context).unwrap();
        let key = HpkePublicKey::from(kit.before.encryption_key(node(2)).unwrap());
        let sealed = context.seal(&key, &[1; 32], &mut rng).unwrap();
        nodes[0].encrypted_path_secret.edit(|all| all[0] = sealed);
    });
    check(&mut alice, &mut bob, lies, PathError::PublicKeyMismatch { node: node(1) });
}

// req: R-7.9.2-07
// bad: tree-09
#[test]
fn a_parent_hash_that_is_not_that_of_the_path() {
    let [mut alice, mut bob, ..] = four();
    let changes: [fn(&mut Vec<u8>); 4] = [|h| h[0] ^= 1, Vec::clear, |h| h.truncate(31), |h| h.push(0)];
    for change in changes {
        let lies = altered_leaf(|leaf| {
            let LeafNodeSource::Commit { parent_hash } = &mut leaf.leaf_node_source else { panic!() };
            change(parent_hash);
        });
        check(&mut alice, &mut bob, lies, PathError::ParentHashMismatch);
    }
}

// req: R-7.3-19, R-12.4.2-09
// bad: valn-0110, valn-1207
#[test]
fn a_path_leaf_from_elsewhere() {
    let [mut alice, mut bob, ..] = four();
    let lifetime = LeafNodeSource::KeyPackage(Lifetime { not_before: 0, not_after: u64::MAX });
    for source in [LeafNodeSource::Update, lifetime] {
        let lies = altered_leaf(|leaf| leaf.leaf_node_source = source);
        check(&mut alice, &mut bob, lies, PathError::WrongLeafSource);
    }
}

// req: R-7.2-16, R-7.3-05
// bad: valn-0102
#[test]
fn a_path_leaf_that_is_signed_for_something_else() {
    let [mut alice, mut bob, ..] = four();
    let rule = || LeafNodeError::InvalidSignature(CryptoError::InvalidSignature);
    for (group, at) in [(&b"another"[..], 0), (b"group", 1), (b"", 0)] {
        let lies = Lies { leaf_position: Some((group.to_vec(), leaf(at))), ..Lies::none() };
        check_leaf(&mut alice, &mut bob, lies, rule());
    }
    let lies = Lies { leaf_signed: Box::new(|leaf| leaf.signature[0] ^= 1), ..Lies::none() };
    check_leaf(&mut alice, &mut bob, lies, rule());
}

// req: R-7.3-06, R-7.3-15, R-13.4-05, R-7.3-20, R-17.3-01
// bad: valn-0107, valn-0111, valn-0113, valn-1207, tree-03
#[test]
fn a_path_leaf_that_is_invalid() {
    let [mut alice, mut bob, carol, _] = four();
    let taken = carol.signature_key.clone();
    let own = own_leaf_node(&alice).credential;
    let cases: [(Lie<'_, LeafNode>, LeafNodeError); 8] = [
        (Box::new(|leaf| leaf.signature_key = taken), LeafNodeError::SignatureKeyInUse(leaf(2))),
        (Box::new(|leaf| leaf.capabilities.versions.clear()), LeafNodeError::VersionUnsupported),
        (Box::new(|leaf| leaf.capabilities.cipher_suites.clear()), LeafNodeError::CipherSuiteUnsupported),
        (
            Box::new(|leaf| leaf.extensions.0.extend([extension(1, b""), extension(1, b"")])),
            LeafNodeError::DuplicateExtension,
        ),
        (
            Box::new(|leaf| leaf.extensions.0.push(extension(3, b""))),
            LeafNodeError::MisplacedExtension(ExtensionType::REQUIRED_CAPABILITIES),
        ),
        (
            Box::new(|leaf| leaf.extensions.0.push(extension(0xff01, b""))),
            LeafNodeError::UndeclaredExtension(ExtensionType::from(0xff01)),
        ),
        (
            Box::new(|leaf| leaf.capabilities.credentials.clear()),
            LeafNodeError::OwnCredentialUnsupported(own.credential_type()),
        ),
        (
            Box::new(|leaf| {
                leaf.credential = Credential::X509 { certificates: Vec::new() };
                leaf.capabilities.credentials.push(CredentialType::X509);
            }),
            LeafNodeError::CredentialNotSupportedByAll(CredentialType::X509),
        ),
    ];
    for (lie, rule) in cases {
        check_leaf(&mut alice, &mut bob, altered_leaf(lie), rule);
    }
}

// req: R-13.4-09, R-7.3-07
// bad: valn-1210
#[test]
fn a_path_leaf_that_lacks_what_the_group_demands() {
    let able = |capabilities: &mut crate::tree::leaf_node::Capabilities| {
        capabilities.extensions.push(ExtensionType::from(0xff01));
    };
    let (mut alice, mut bob) = (Peer::new("alice", SUITE, 1), Peer::new("bob", SUITE, 2));
    super::support::create_with(&mut alice, able, super::support::extensions(&[(0xff01, b"")]));
    let package = super::support::key_package_of(&mut bob, able);
    let proposals = vec![Proposing::Add(Arc::new(package))];
    let welcome = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).welcome.unwrap();
    alice.accept();
    bob.join(&welcome, None);
    let lies = altered_leaf(|leaf| leaf.capabilities.extensions.clear());
    check_leaf(&mut alice, &mut bob, lies, LeafNodeError::GroupExtensionUnsupported(ExtensionType::from(0xff01)));
}
