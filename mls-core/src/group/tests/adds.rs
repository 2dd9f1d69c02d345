//! Key packages and new members that are refused (RFC 9420 sections 7.3, 10.1 and 12.1.1).

use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_crypto_traits::{CipherSuite, CryptoError, HpkePublicKey, SignaturePublicKey};

use super::common::{NOW, Peer};
use super::forge::{Lies, forge_commit, forge_proposal};
use super::support::{
    SUITE, by_value, cached, extension, four, fresh_key, handle, invalid_list, invalid_proposal, key_package, leaf,
    own_leaf_node, propose_to, refused, sign,
};
use crate::credential::{Credential, CredentialType};
use crate::extension::{ExtensionType, Extensions, RequiredCapabilities};
use crate::framing::ProtocolVersion;
use crate::group::{CommitPlan, Proposing};
use crate::identity::MemberId;
use crate::key_package::{KeyPackage, KeyPackageError};
use crate::limits::Limits;
use crate::proposal::Proposal;
use crate::proposal::list::ProposalListError;
use crate::tree::leaf_node::{Capabilities, LeafNodeSource, Lifetime};
use crate::tree::validate::LeafNodeError;

/// Bob refuses an Add, by itself and in a commit.
fn check(alice: &mut Peer, bob: &mut Peer, package: KeyPackage, rule: &ProposalListError) {
    let add = Proposal::Add(Arc::new(package));
    let message = forge_proposal(alice, add.clone(), Lies::none());
    assert_eq!(refused(bob, &message), invalid_proposal(0, rule.clone()));
    let message = forge_commit(alice, &[by_value(0, add)], Lies::none());
    assert_eq!(refused(bob, &message), invalid_list(0, rule.clone()));
}

type Case = (fn(&mut KeyPackage), KeyPackageError);

fn check_all<const N: usize>(cases: [Case; N]) {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    for (lie, rule) in cases {
        let package = key_package(&mut erin, lie);
        check(&mut alice, &mut bob, package, &ProposalListError::InvalidAdd(rule));
    }
    let add = Proposal::Add(Arc::new(key_package(&mut erin, |_| {})));
    let message = forge_commit(&mut alice, &[by_value(0, add)], Lies::none());
    handle(&mut bob, &message).unwrap();
}

// req: R-10.1-03, R-10.1-06, R-10-03, R-13.4-05, R-17.3-01
// bad: ValSem-104, ValSem-105, valn-0201, valn-0204, valn-0301, valn-0501, valn-1604
#[test]
fn a_key_package_that_is_invalid() {
    check_all([
        (|package| package.version = ProtocolVersion::from(2), KeyPackageError::Version),
        (|package| package.cipher_suite = CipherSuite(3), KeyPackageError::CipherSuite),
        (
            |package| package.init_key = HpkePublicKey::from(vec![1; 31]),
            KeyPackageError::InvalidInitKey(CryptoError::InvalidPublicKey),
        ),
        (
            |package| package.init_key = HpkePublicKey::from(vec![0; 32]),
            KeyPackageError::InvalidInitKey(CryptoError::InvalidPublicKey),
        ),
        (
            |package| package.init_key = package.leaf_node.encryption_key.clone(),
            KeyPackageError::InitKeyIsEncryptionKey,
        ),
        (
            |package| package.extensions.0.extend([extension(0xff01, b""), extension(0xff01, b"")]),
            KeyPackageError::DuplicateExtension,
        ),
        (
            |package| package.extensions.0.push(extension(2, b"")),
            KeyPackageError::MisplacedExtension(ExtensionType::RATCHET_TREE),
        ),
        (
            |package| package.extensions.0.push(extension(3, b"")),
            KeyPackageError::MisplacedExtension(ExtensionType::REQUIRED_CAPABILITIES),
        ),
    ]);
}

// req: R-10.1-04, R-7.3-06, R-7.3-15, R-7.3-16, R-10-09
// bad: valn-0107, valn-0108, valn-0202, valn-1601
#[test]
fn a_key_package_whose_leaf_is_invalid() {
    let leaf = KeyPackageError::Leaf;
    check_all([
        (|package| package.leaf_node.leaf_node_source = LeafNodeSource::Update, leaf(LeafNodeError::WrongSource)),
        (
            |package| package.leaf_node.leaf_node_source = LeafNodeSource::Commit { parent_hash: vec![] },
            leaf(LeafNodeError::WrongSource),
        ),
        (|package| package.leaf_node.capabilities.versions.clear(), leaf(LeafNodeError::VersionUnsupported)),
        (
            |package| package.leaf_node.capabilities.cipher_suites.retain(|suite| *suite != SUITE),
            leaf(LeafNodeError::CipherSuiteUnsupported),
        ),
        (
            |package| package.leaf_node.extensions.0.extend([extension(1, b""), extension(1, b"")]),
            leaf(LeafNodeError::DuplicateExtension),
        ),
        (
            |package| package.leaf_node.extensions.0.push(extension(5, b"")),
            leaf(LeafNodeError::MisplacedExtension(ExtensionType::EXTERNAL_SENDERS)),
        ),
        (
            |package| package.leaf_node.extensions.0.push(extension(0xff01, b"")),
            leaf(LeafNodeError::UndeclaredExtension(ExtensionType::from(0xff01))),
        ),
        (
            |package| package.leaf_node.encryption_key = HpkePublicKey::from(vec![0; 32]),
            leaf(LeafNodeError::InvalidEncryptionKey(CryptoError::InvalidPublicKey)),
        ),
        (
            |package| package.leaf_node.signature_key = SignaturePublicKey::from(vec![0; 31]),
            leaf(LeafNodeError::InvalidSignatureKey(CryptoError::InvalidPublicKey)),
        ),
    ]);
}

fn lifetime(package: &mut KeyPackage, not_before: u64, not_after: u64) {
    package.leaf_node.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before, not_after });
}

// req: R-7.2-12, R-7.3-13, R-7.2-11
// bad: valn-0106, welcome-08, welcome-09
#[test]
fn a_key_package_out_of_its_time() {
    let leaf = KeyPackageError::Leaf;
    check_all([
        (|package| lifetime(package, NOW + 1, NOW - 1), leaf(LeafNodeError::LifetimeInverted)),
        (|package| lifetime(package, u64::MAX, 0), leaf(LeafNodeError::LifetimeInverted)),
        (
            |package| lifetime(package, NOW, NOW + Limits::default().max_lifetime + 1),
            leaf(LeafNodeError::LifetimeTooLong),
        ),
        (|package| lifetime(package, 0, u64::MAX), leaf(LeafNodeError::LifetimeTooLong)),
        (|package| lifetime(package, NOW - 10, NOW - 1), leaf(LeafNodeError::Expired)),
        (|package| lifetime(package, NOW + 1, NOW + 10), leaf(LeafNodeError::NotYetValid)),
    ]);
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    // To the second, and to the longest.
    for (from, to) in [(NOW, NOW), (NOW, NOW + Limits::default().max_lifetime)] {
        let add = Proposal::Add(Arc::new(key_package(&mut erin, |package| lifetime(package, from, to))));
        let message = forge_proposal(&mut alice, add, Lies::none());
        handle(&mut bob, &message).unwrap();
    }
}

// req: R-10.1-05, R-7.3-05, R-10.1-02
// bad: valn-0102, valn-0203, key-05
#[test]
fn a_key_package_that_is_signed_wrongly() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let changes: [fn(&mut Vec<u8>); 3] = [|s| s[0] ^= 1, Vec::clear, |s| s.truncate(63)];
    for change in changes {
        let mut package = key_package(&mut erin, |_| {});
        change(&mut package.signature);
        let rule = ProposalListError::InvalidAdd(KeyPackageError::InvalidSignature);
        check(&mut alice, &mut bob, package, &rule);
        // Only the leaf's signature is wrong.
        let mut package = key_package(&mut erin, |_| {});
        change(&mut package.leaf_node.signature);
        let signer = erin.world.signers.0.get(&erin.signature_key).unwrap();
        package.sign(super::support::suite(&erin), signer.as_ref()).unwrap();
        let rule = LeafNodeError::InvalidSignature(CryptoError::InvalidSignature);
        let rule = ProposalListError::InvalidAdd(KeyPackageError::Leaf(rule));
        check(&mut alice, &mut bob, package, &rule);
    }
}

// req: R-7.3-10, R-7.3-11, R-7.2-07, R-13.3-01
// bad: valn-0104
#[test]
fn a_credential_that_not_all_support() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let rule = ProposalListError::CredentialTypeNotSupportedByAll;
    let package = key_package(&mut erin, |package| {
        package.leaf_node.credential = Credential::X509 { certificates: vec![] };
        package.leaf_node.capabilities.credentials.push(CredentialType::X509);
    });
    check(&mut alice, &mut bob, package, &rule);
    let package = key_package(&mut erin, |package| {
        package.leaf_node.capabilities.credentials = vec![CredentialType::X509];
    });
    check(&mut alice, &mut bob, package, &rule);
}

// req: R-7.3-20, R-7.3-21, R-10-04, R-12.2-09, R-16.7-01
// bad: ValSem-101, ValSem-103, valn-0111, valn-0112, valn-0306
#[test]
fn a_newcomer_with_a_members_key() {
    let [mut alice, mut bob, mut carol, mut dave] = four();
    let package = carol.key_package().key_package;
    check(&mut alice, &mut bob, package, &ProposalListError::DuplicateSignatureKey);
    let mut erin = Peer::new("erin", SUITE, 9);
    let member = own_leaf_node(&dave).encryption_key;
    // Dave's commit puts keys on his path, so that there are parents.
    let commit = dave.commit(&CommitPlan::default()).message;
    for peer in [&mut alice, &mut bob] {
        peer.receive(&commit);
    }
    dave.accept();
    assert_ne!(own_leaf_node(&dave).encryption_key, member);
    let member = own_leaf_node(&dave).encryption_key;
    let parent = bob.group().tree().unwrap().encryption_key(super::support::node(5)).unwrap();
    let parent = HpkePublicKey::from(parent);
    for key in [member, parent] {
        let package = key_package(&mut erin, |package| package.leaf_node.encryption_key = key.clone());
        check(&mut alice, &mut bob, package, &ProposalListError::DuplicateEncryptionKey);
        let package = key_package(&mut erin, |package| package.init_key = key.clone());
        check(&mut alice, &mut bob, package, &ProposalListError::DuplicateInitKey);
    }
    // Who is removed by the same commit may come back.
    let list = [
        by_value(0, Proposal::Remove(leaf(2).into())),
        by_value(0, Proposal::Add(Arc::new(carol.key_package().key_package))),
    ];
    let message = forge_commit(&mut alice, &list, Lies::none());
    handle(&mut bob, &message).unwrap();
}

// req: R-12.2-08, R-10-04, R-7.3-20, R-7.3-21
// bad: ValSem-101, ValSem-102, ValSem-103, valn-0305
#[test]
fn two_newcomers_with_one_key() {
    let [mut alice, mut bob, ..] = four();
    let (mut erin, mut frank) = (Peer::new("erin", SUITE, 9), Peer::new("frank", SUITE, 10));
    let first = erin.key_package().key_package;
    let other = fresh_key(&mut erin);
    let with = |peer: &mut Peer, lie: &dyn Fn(&mut KeyPackage)| key_package(peer, lie);
    let mut cases = vec![
        (with(&mut erin, &|_| {}), ProposalListError::DuplicateSignatureKey),
        (with(&mut frank, &|package| package.init_key = first.init_key.clone()), ProposalListError::DuplicateInitKey),
        (
            with(&mut frank, &|package| package.leaf_node.encryption_key = first.leaf_node.encryption_key.clone()),
            ProposalListError::DuplicateEncryptionKey,
        ),
        (
            with(&mut frank, &|package| package.leaf_node.encryption_key = first.init_key.clone()),
            ProposalListError::DuplicateEncryptionKey,
        ),
        (first.clone(), ProposalListError::DuplicateInitKey),
    ];
    // Another key of the same client: only who vouches for it knows.
    let mut twin = frank.key_package().key_package;
    twin.leaf_node.credential = first.leaf_node.credential.clone();
    twin.init_key = other;
    sign(&frank, &mut twin);
    cases.push((twin, ProposalListError::SameClientTwice(MemberId(b"erin".to_vec()))));
    for (second, rule) in cases {
        let list = [first.clone(), second].map(|package| by_value(0, Proposal::Add(Arc::new(package))));
        let message = forge_commit(&mut alice, &list, Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_list(0, rule));
    }
}

// req: R-12.2-08
// bad: valn-0305
#[test]
fn one_client_by_reference_and_by_value() {
    let [mut alice, mut bob, ..] = four();
    let (mut erin, mut frank) = (Peer::new("erin", SUITE, 9), Peer::new("frank", SUITE, 10));
    let add = Proposing::Add(Arc::new(erin.key_package().key_package));
    propose_to(&mut alice, &mut [&mut bob], add);
    let mut twin = frank.key_package().key_package;
    twin.leaf_node.credential = erin.leaf().credential;
    sign(&frank, &mut twin);
    let list = [cached(&alice)[0].clone(), by_value(0, Proposal::Add(Arc::new(twin)))];
    let message = forge_commit(&mut alice, &list, Lies::none());
    let rule = ProposalListError::SameClientTwice(MemberId(b"erin".to_vec()));
    assert_eq!(refused(&mut bob, &message), invalid_list(0, rule));
}

// req: R-7.3-07, R-7.3-08, R-7.3-09, R-11.1-01, R-13.4-06
// bad: ValSem-106, valn-0103, valn-0502
#[test]
fn a_newcomer_that_lacks_what_the_group_demands() {
    let mut peers: [Peer; 2] = [Peer::new("alice", SUITE, 1), Peer::new("bob", SUITE, 2)];
    let able = |capabilities: &mut Capabilities| {
        capabilities.extensions.extend([0xff01, 0xff02].map(ExtensionType::from));
        capabilities.proposals.push(0xff03.into());
        capabilities.credentials.push(CredentialType::X509);
    };
    let mut demands = Extensions::new();
    demands
        .set(&RequiredCapabilities {
            extension_types: vec![ExtensionType::from(0xff01)],
            proposal_types: vec![0xff03.into()],
            credential_types: vec![CredentialType::X509],
        })
        .unwrap();
    demands.0.push(extension(0xff02, b""));
    let [alice, bob] = &mut peers;
    super::support::create_with(alice, able, demands);
    let package = super::support::key_package_of(bob, able);
    let plan = CommitPlan { proposals: vec![Proposing::Add(Arc::new(package))], ..CommitPlan::default() };
    let welcome = alice.commit(&plan).welcome.unwrap();
    alice.accept();
    bob.join(&welcome, None);
    let mut erin = Peer::new("erin", SUITE, 9);
    let leaf = KeyPackageError::Leaf;
    let ff = ExtensionType::from;
    let cases: [Case; 4] = [
        (
            |package| package.leaf_node.capabilities.extensions.retain(|kind| *kind != ExtensionType::from(0xff01)),
            leaf(LeafNodeError::RequiredExtensionMissing(ff(0xff01))),
        ),
        (
            |package| package.leaf_node.capabilities.extensions.retain(|kind| *kind != ExtensionType::from(0xff02)),
            leaf(LeafNodeError::GroupExtensionUnsupported(ff(0xff02))),
        ),
        (
            |package| package.leaf_node.capabilities.proposals.clear(),
            leaf(LeafNodeError::RequiredProposalMissing(0xff03.into())),
        ),
        (
            |package| package.leaf_node.capabilities.credentials.retain(|kind| *kind != CredentialType::X509),
            leaf(LeafNodeError::RequiredCredentialMissing(CredentialType::X509)),
        ),
    ];
    for (lie, rule) in cases {
        let package = key_package(&mut erin, |package| {
            able(&mut package.leaf_node.capabilities);
            lie(package);
        });
        check(alice, bob, package, &ProposalListError::InvalidAdd(rule));
    }
}
