//! Updates that are refused (RFC 9420 sections 7.3 and 12.1.2).

use alloc::boxed::Box;
use alloc::vec;
use std::sync::Arc;

use mls_crypto_traits::{CryptoError, HpkePublicKey};

use super::common::{NOW, Peer};
use super::forge::{Lie, Lies, forge_proposal};
use super::support::{extension, four, fresh_key, handle, invalid_proposal, leaf, node, own_leaf_node, refused, suite};
use crate::credential::{Credential, CredentialType};
use crate::extension::ExtensionType;
use crate::framing::MlsMessage;
use crate::group::CommitPlan;
use crate::proposal::Proposal;
use crate::proposal::list::ProposalListError;
use crate::tree::leaf_node::{LeafNode, LeafNodeSource, Lifetime};
use crate::tree::math::LeafIndex;
use crate::tree::validate::LeafNodeError;

/// An Update of Alice's with one thing changed, signed for a group and a place by who `signer` is.
fn update(
    alice: &mut Peer,
    lie: impl FnOnce(&mut LeafNode),
    position: (&[u8], LeafIndex),
    spoil: impl FnOnce(&mut LeafNode),
) -> MlsMessage {
    let mut update = own_leaf_node(alice);
    update.encryption_key = fresh_key(alice);
    update.leaf_node_source = LeafNodeSource::Update;
    lie(&mut update);
    let signer = alice.world.signers.0.get(&alice.signature_key).unwrap();
    update.sign(suite(alice), signer.as_ref(), Some(position)).unwrap();
    spoil(&mut update);
    forge_proposal(alice, Proposal::Update(Arc::new(update)), Lies::none())
}

fn altered(alice: &mut Peer, lie: impl FnOnce(&mut LeafNode)) -> MlsMessage {
    update(alice, lie, (b"group", leaf(0)), |_| {})
}

fn invalid(rule: LeafNodeError) -> crate::group::ReceiveError {
    invalid_proposal(0, ProposalListError::InvalidUpdate(rule))
}

// req: R-12.1.2-01, R-7.3-15, R-7.3-17, R-7.3-18, R-13.4-05
// bad: ValSem-110, valn-0109, valn-0601
#[test]
fn an_update_that_is_invalid() {
    let [mut alice, mut bob, ..] = four();
    let own = own_leaf_node(&alice);
    let lifetime = Lifetime { not_before: NOW, not_after: NOW + 1 };
    let cases: [(Lie<'_, LeafNode>, LeafNodeError); 10] = [
        (
            Box::new(move |leaf| leaf.leaf_node_source = LeafNodeSource::KeyPackage(lifetime)),
            LeafNodeError::WrongSource,
        ),
        (
            Box::new(|leaf| leaf.leaf_node_source = LeafNodeSource::Commit { parent_hash: vec![] }),
            LeafNodeError::WrongSource,
        ),
        (Box::new(|leaf| leaf.encryption_key = own.encryption_key), LeafNodeError::EncryptionKeyUnchanged),
        (Box::new(|leaf| leaf.capabilities.versions.clear()), LeafNodeError::VersionUnsupported),
        (Box::new(|leaf| leaf.capabilities.cipher_suites.clear()), LeafNodeError::CipherSuiteUnsupported),
        (
            Box::new(|leaf| leaf.extensions.0.extend([extension(1, b""), extension(1, b"")])),
            LeafNodeError::DuplicateExtension,
        ),
        (
            Box::new(|leaf| leaf.extensions.0.push(extension(4, b""))),
            LeafNodeError::MisplacedExtension(ExtensionType::EXTERNAL_PUB),
        ),
        (
            Box::new(|leaf| leaf.extensions.0.push(extension(0xff01, b""))),
            LeafNodeError::UndeclaredExtension(ExtensionType::from(0xff01)),
        ),
        (
            Box::new(|leaf| leaf.encryption_key = HpkePublicKey::from(vec![0; 32])),
            LeafNodeError::InvalidEncryptionKey(CryptoError::InvalidPublicKey),
        ),
        (
            Box::new(|leaf| leaf.encryption_key = HpkePublicKey::from(vec![1; 33])),
            LeafNodeError::InvalidEncryptionKey(CryptoError::InvalidPublicKey),
        ),
    ];
    for (lie, rule) in cases {
        let message = altered(&mut alice, lie);
        assert_eq!(refused(&mut bob, &message), invalid(rule));
    }
    let message = altered(&mut alice, |_| {});
    handle(&mut bob, &message).unwrap();
}

// req: R-7.2-14, R-7.2-16, R-7.3-05
// bad: valn-0102
#[test]
fn an_update_that_is_signed_for_something_else() {
    let [mut alice, mut bob, ..] = four();
    let rule = || LeafNodeError::InvalidSignature(CryptoError::InvalidSignature);
    for position in [(&b"another"[..], leaf(0)), (b"group", leaf(1)), (b"", leaf(0))] {
        let message = update(&mut alice, |_| {}, position, |_| {});
        assert_eq!(refused(&mut bob, &message), invalid(rule()));
    }
    let message = update(&mut alice, |_| {}, (b"group", leaf(0)), |leaf| leaf.signature[5] ^= 1);
    assert_eq!(refused(&mut bob, &message), invalid(rule()));
    // The framing is signed with the key in the tree, the leaf with the one that it shows.
    let stranger = Peer::new("stranger", super::support::SUITE, 77).signature_key;
    let message = altered(&mut alice, |leaf| leaf.signature_key = stranger);
    assert_eq!(refused(&mut bob, &message), invalid(rule()));
}

// req: R-7.3-20, R-7.3-21, R-16.7-01
// bad: ValSem-110, valn-0111, valn-0112, tree-03
#[test]
fn an_update_that_takes_a_key() {
    let [mut alice, mut bob, carol, mut dave] = four();
    let commit = dave.commit(&CommitPlan::default()).message;
    alice.receive(&commit);
    bob.receive(&commit);
    let taken = carol.signature_key.clone();
    let message = altered(&mut alice, |leaf| leaf.signature_key = taken);
    assert_eq!(refused(&mut bob, &message), invalid_proposal(0, ProposalListError::DuplicateSignatureKey));
    for place in [2, 4, 6, 5] {
        let key = bob.group().tree().unwrap().encryption_key(node(place)).unwrap().to_vec();
        let message = altered(&mut alice, |leaf| leaf.encryption_key = HpkePublicKey::from(key));
        assert_eq!(refused(&mut bob, &message), invalid_proposal(0, ProposalListError::DuplicateEncryptionKey));
    }
}

// req: R-7.3-10, R-7.3-11
// bad: valn-0104
#[test]
fn an_update_to_a_credential_that_not_all_support() {
    let [mut alice, mut bob, ..] = four();
    let rule = || invalid_proposal(0, ProposalListError::CredentialTypeNotSupportedByAll);
    let message = altered(&mut alice, |leaf| {
        leaf.credential = Credential::X509 { certificates: vec![] };
        leaf.capabilities.credentials.push(CredentialType::X509);
    });
    assert_eq!(refused(&mut bob, &message), rule());
    let message = altered(&mut alice, |leaf| leaf.capabilities.credentials.clear());
    assert_eq!(refused(&mut bob, &message), rule());
}
