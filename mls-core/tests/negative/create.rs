//! Groups and key packages that are not made (RFC 9420 sections 7.2, 10 and 11).

use mls_core::credential::CredentialType;
use mls_core::extension::{Extension, ExtensionType, Extensions};
use mls_core::group::{
    CreateError, CreateGroup, Fault, KeyPackageSpec, LeafSpec, create_group, generate_key_package, generate_signer,
};
use mls_core::limits::Limits;
use mls_core::tree::leaf_node::Lifetime;
use mls_core::tree::validate::LeafNodeError;
use mls_crypto_traits::{CipherSuite, CryptoError};

use crate::common::{NOW, Peer};

const SUITE: CipherSuite = CipherSuite(1);

fn extensions(kinds: &[u16]) -> Extensions {
    kinds
        .iter()
        .map(|kind| Extension { extension_type: ExtensionType::from(*kind), extension_data: Vec::new() })
        .collect()
}

fn group_error(peer: &mut Peer, leaf: LeafSpec, extensions: Extensions) -> CreateError {
    let plan = CreateGroup { group_id: None, cipher_suite: SUITE, leaf, extensions };
    create_group(&plan, &mut peer.world.env()).unwrap_err()
}

fn package_error(peer: &mut Peer, leaf: LeafSpec, extensions: Extensions) -> CreateError {
    let spec = KeyPackageSpec { cipher_suite: SUITE, leaf, extensions };
    generate_key_package(&spec, &mut peer.world.env()).unwrap_err()
}

// req: R-7.2-03, R-7.2-04, R-7.2-07, R-7.2-12, R-7.3-12
// bad: valn-0105
#[test]
fn a_leaf_that_nobody_would_accept() {
    let mut alice = Peer::new("alice", SUITE, 1);
    let longest = Limits::default().max_lifetime;
    let lifetime =
        |not_before, not_after| move |leaf: &mut LeafSpec| leaf.lifetime = Lifetime { not_before, not_after };
    let cases: [(Box<dyn Fn(&mut LeafSpec)>, LeafNodeError); 10] = [
        (Box::new(lifetime(NOW + 1, NOW)), LeafNodeError::LifetimeInverted),
        (Box::new(lifetime(NOW, NOW + longest + 1)), LeafNodeError::LifetimeTooLong),
        (Box::new(lifetime(NOW - 2, NOW - 1)), LeafNodeError::Expired),
        (Box::new(lifetime(NOW + 1, NOW + 2)), LeafNodeError::NotYetValid),
        (Box::new(|leaf| leaf.capabilities.versions.clear()), LeafNodeError::VersionUnsupported),
        (Box::new(|leaf| leaf.capabilities.cipher_suites.clear()), LeafNodeError::CipherSuiteUnsupported),
        (
            Box::new(|leaf| leaf.capabilities.credentials.clear()),
            LeafNodeError::OwnCredentialUnsupported(CredentialType::BASIC),
        ),
        (
            Box::new(|leaf| leaf.capabilities.extensions.push(ExtensionType::APPLICATION_ID)),
            LeafNodeError::DefaultTypeListed,
        ),
        (Box::new(|leaf| leaf.capabilities.proposals.push(1.into())), LeafNodeError::DefaultTypeListed),
        (
            Box::new(|leaf| leaf.extensions = extensions(&[0xff01])),
            LeafNodeError::UndeclaredExtension(ExtensionType::from(0xff01)),
        ),
    ];
    for (change, rule) in cases {
        let mut leaf = alice.leaf();
        change(&mut leaf);
        let expected = CreateError::InvalidLeaf(rule);
        assert_eq!(group_error(&mut alice, leaf.clone(), Extensions::new()), expected);
        assert_eq!(package_error(&mut alice, leaf, Extensions::new()), expected);
    }
}

// req: R-13.4-05, R-17.3-01, R-10-10, R-13.4-06
#[test]
fn extensions_that_have_no_place() {
    let mut alice = Peer::new("alice", SUITE, 1);
    let leaf = alice.leaf();
    for kind in [ExtensionType::APPLICATION_ID, ExtensionType::RATCHET_TREE, ExtensionType::EXTERNAL_PUB] {
        let error = group_error(&mut alice, leaf.clone(), extensions(&[kind.into()]));
        assert_eq!(error, CreateError::MisplacedExtension(kind));
        let error = package_error(&mut alice, leaf.clone(), extensions(&[kind.into()]));
        assert_eq!(error, CreateError::MisplacedExtension(kind));
    }
    let twice = extensions(&[0xff01, 0xff01]);
    assert_eq!(group_error(&mut alice, leaf.clone(), twice.clone()), CreateError::DuplicateExtension);
    assert_eq!(package_error(&mut alice, leaf.clone(), twice), CreateError::DuplicateExtension);
    let malformed =
        Extensions(vec![Extension { extension_type: ExtensionType::REQUIRED_CAPABILITIES, extension_data: vec![9] }]);
    assert_eq!(group_error(&mut alice, leaf.clone(), malformed), CreateError::MalformedExtension);
    let unsupported = LeafNodeError::GroupExtensionUnsupported(ExtensionType::from(0xff01));
    let error = group_error(&mut alice, leaf.clone(), extensions(&[0xff01]));
    assert_eq!(error, CreateError::InvalidLeaf(unsupported));
    let error = package_error(&mut alice, leaf, extensions(&[0xff01]));
    assert_eq!(error, CreateError::UndeclaredExtension(ExtensionType::from(0xff01)));
}

#[test]
fn a_suite_or_a_signer_that_is_not_there() {
    let mut alice = Peer::new("alice", SUITE, 1);
    let suite = CipherSuite(0xf00d);
    let plan = CreateGroup { group_id: None, cipher_suite: suite, leaf: alice.leaf(), extensions: Extensions::new() };
    let unsupported = CreateError::Fault(Fault::UnsupportedSuite(suite));
    assert_eq!(create_group(&plan, &mut alice.world.env()).unwrap_err(), unsupported);
    assert_eq!(generate_signer(suite, &mut alice.world.env()).unwrap_err(), unsupported);
    let key = Peer::new("stranger", SUITE, 2).signature_key;
    let leaf = LeafSpec { signature_key: key.clone(), ..alice.leaf() };
    let missing = CreateError::Fault(Fault::NoSigner(key));
    assert_eq!(group_error(&mut alice, leaf.clone(), Extensions::new()), missing);
    assert_eq!(package_error(&mut alice, leaf, Extensions::new()), missing);
}

// req: R-5.1.1-01
#[test]
fn a_signer_of_another_key_or_curve() {
    let mut alice = Peer::new("alice", SUITE, 1);
    let key = Peer::new("stranger", SUITE, 2).signature_key;
    let signer = alice.world.signers.0[&alice.signature_key].clone();
    alice.world.signers.0.insert(key.clone(), signer);
    let leaf = LeafSpec { signature_key: key.clone(), ..alice.leaf() };
    let missing = CreateError::Fault(Fault::NoSigner(key));
    assert_eq!(group_error(&mut alice, leaf.clone(), Extensions::new()), missing);
    assert_eq!(package_error(&mut alice, leaf, Extensions::new()), missing);

    // A signature of P-256 has the form of one of P-384.
    let mut bob = Peer::new("bob", CipherSuite(2), 3);
    let (leaf, extensions) = (bob.leaf(), Extensions::new());
    let spec = KeyPackageSpec { cipher_suite: CipherSuite(7), leaf, extensions };
    let rule = LeafNodeError::InvalidSignatureKey(CryptoError::InvalidPublicKey);
    let error = generate_key_package(&spec, &mut bob.world.env()).unwrap_err();
    assert_eq!(error, CreateError::InvalidLeaf(rule));
}
