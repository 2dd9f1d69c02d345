//! Single leaves: a valid one, one thing changed, signed again.

use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use mls_crypto_traits::{CipherSuite, CryptoError, HpkePublicKey, SignaturePublicKey, SigningKey, Suite};

use crate::credential::{Credential, CredentialType};
use crate::custom::CustomTypes;
use crate::extension::{Extension, ExtensionType, RequiredCapabilities};
use crate::framing::ProtocolVersion;
use crate::proposal::ProposalType;
use crate::tree::leaf_node::{LeafNode, LeafNodeSource, Lifetime};
use crate::tree::math::LeafIndex;
use crate::tree::path::tests::world::{GROUP_ID, LIFETIME, TestRng, World, leaf_node, suite1};
use crate::tree::validate::{ExpectedSource, LeafContext, LeafNodeError, check_unique_keys, validate_leaf};

const PLACE: (&[u8], LeafIndex) = (GROUP_ID, LeafIndex::ZERO);
const CUSTOM: u16 = 0xf0f0;

struct Subject {
    suite: Suite<'static>,
    signer: Arc<dyn SigningKey>,
    leaf: LeafNode,
    required: RequiredCapabilities,
    group_extensions: Vec<ExtensionType>,
    world: World,
    now: Option<u64>,
    max_lifetime: Option<u64>,
}

impl Subject {
    fn new(source: LeafNodeSource) -> Self {
        let suite = suite1();
        let mut rng = TestRng::new(5);
        let keys = suite.generate_hpke_key_pair(&mut rng).unwrap();
        let signature = suite.generate_signature_key_pair(&mut rng).unwrap();
        let signer = suite.signing_key(&signature.private).unwrap();
        let leaf = leaf_node(&keys, &*signer, suite, source);
        let world = World::with_members(suite, 6, 2, 0);
        Self {
            suite,
            signer,
            leaf,
            required: RequiredCapabilities::default(),
            group_extensions: Vec::new(),
            world,
            now: Some(1_500),
            max_lifetime: Some(1_000),
        }
    }

    fn key_package() -> Self {
        Self::new(LeafNodeSource::KeyPackage(LIFETIME))
    }

    /// Signs the leaf as it is now and validates it.
    fn verdict(&mut self, expected: ExpectedSource<'_>) -> Result<(), LeafNodeError> {
        self.leaf.sign(self.suite, &*self.signer, Some(PLACE)).unwrap();
        self.verdict_as_signed(expected)
    }

    fn verdict_as_signed(&self, expected: ExpectedSource<'_>) -> Result<(), LeafNodeError> {
        let context = LeafContext {
            position: Some(PLACE),
            expected,
            version: ProtocolVersion::MLS10,
            cipher_suite: self.suite.id(),
            required: &self.required,
            group_extensions: &self.group_extensions,
            members: Some(self.world.tree.summary()),
            now: self.now,
            max_lifetime: self.max_lifetime,
            verified: false,
            custom: CustomTypes::none(),
        };
        validate_leaf(self.suite, &self.leaf, &context)
    }

    #[track_caller]
    fn rejects(mut self, change: impl FnOnce(&mut Self), want: LeafNodeError) {
        assert_eq!(self.verdict(ExpectedSource::KeyPackage), Ok(()));
        change(&mut self);
        assert_eq!(self.verdict(ExpectedSource::KeyPackage), Err(want));
    }
}

fn custom_extension() -> Extension {
    Extension { extension_type: ExtensionType(CUSTOM), extension_data: Vec::new() }
}

// req: R-7.3-14, R-7.3-16, R-7.3-17, R-7.3-19, R-12.4.2-09
#[test]
fn a_leaf_must_have_the_source_of_what_it_came_in() {
    let old = HpkePublicKey::from(vec![1; 32]);
    let update = ExpectedSource::Update { old_encryption_key: &old };
    let sources = [
        LeafNodeSource::KeyPackage(LIFETIME),
        LeafNodeSource::Update,
        LeafNodeSource::Commit { parent_hash: Vec::new() },
    ];
    let expected = [ExpectedSource::KeyPackage, update, ExpectedSource::Commit];
    for (i, source) in sources.into_iter().enumerate() {
        let mut subject = Subject::new(source);
        assert_eq!(subject.verdict(ExpectedSource::Tree), Ok(()));
        for (j, expected) in expected.iter().enumerate() {
            let want = if i == j { Ok(()) } else { Err(LeafNodeError::WrongSource) };
            assert_eq!(subject.verdict(*expected), want, "source {i} as {j}");
        }
        subject.now = Some(LIFETIME.not_after + 1);
        let want = if i == 0 { Err(LeafNodeError::Expired) } else { Ok(()) };
        assert_eq!(subject.verdict(ExpectedSource::Tree), want);
    }
}

// req: R-7.3-18
#[test]
fn an_update_must_change_the_encryption_key() {
    let mut subject = Subject::new(LeafNodeSource::Update);
    let old_encryption_key = &subject.leaf.encryption_key.clone();
    assert_eq!(
        subject.verdict(ExpectedSource::Update { old_encryption_key }),
        Err(LeafNodeError::EncryptionKeyUnchanged)
    );
}

// req: R-7.3-05, R-7.2-16
#[test]
fn a_signature_must_verify_for_the_place() {
    let mut subject = Subject::new(LeafNodeSource::Commit { parent_hash: Vec::new() });
    let bad = Err(LeafNodeError::InvalidSignature(CryptoError::InvalidSignature));
    let one = LeafIndex::new(1).unwrap();
    for place in [(GROUP_ID, one), (&b"another"[..], LeafIndex::ZERO)] {
        subject.leaf.sign(subject.suite, &*subject.signer, Some(place)).unwrap();
        assert_eq!(subject.verdict_as_signed(ExpectedSource::Commit), bad);
    }
    assert_eq!(subject.verdict(ExpectedSource::Commit), Ok(()));
    subject.leaf.signature[9] ^= 1;
    assert_eq!(subject.verdict_as_signed(ExpectedSource::Commit), bad);
    // A key package's leaf has no place.
    let mut subject = Subject::key_package();
    subject.leaf.sign(subject.suite, &*subject.signer, None).unwrap();
    assert_eq!(subject.verdict_as_signed(ExpectedSource::KeyPackage), Ok(()));
}

// req: R-7.3-06
#[test]
fn version_and_suite_must_be_supported() {
    Subject::key_package()
        .rejects(|s| s.leaf.capabilities.versions = vec![ProtocolVersion(0xf000)], LeafNodeError::VersionUnsupported);
    Subject::key_package().rejects(
        |s| s.leaf.capabilities.cipher_suites = vec![CipherSuite(0xf000)],
        LeafNodeError::CipherSuiteUnsupported,
    );
}

// req: R-7.3-07, R-7.3-08, R-7.3-09, R-11.1-01
#[test]
fn what_the_group_requires_must_be_supported() {
    Subject::key_package().rejects(
        |s| s.required.extension_types = vec![ExtensionType(CUSTOM)],
        LeafNodeError::RequiredExtensionMissing(ExtensionType(CUSTOM)),
    );
    Subject::key_package().rejects(
        |s| s.required.proposal_types = vec![ProposalType(CUSTOM)],
        LeafNodeError::RequiredProposalMissing(ProposalType(CUSTOM)),
    );
    Subject::key_package().rejects(
        |s| s.required.credential_types = vec![CredentialType::X509],
        LeafNodeError::RequiredCredentialMissing(CredentialType::X509),
    );
    let mut subject = Subject::key_package();
    subject.required.extension_types = vec![ExtensionType(CUSTOM)];
    subject.required.proposal_types = vec![ProposalType(CUSTOM)];
    subject.required.credential_types = vec![CredentialType::X509];
    subject.leaf.capabilities.extensions = vec![ExtensionType(CUSTOM)];
    subject.leaf.capabilities.proposals = vec![ProposalType(CUSTOM)];
    subject.leaf.capabilities.credentials.push(CredentialType::X509);
    assert_eq!(subject.verdict(ExpectedSource::KeyPackage), Ok(()));
}

#[test]
fn what_is_declared_is_found_in_any_order() {
    let mut subject = Subject::key_package();
    subject.leaf.capabilities.extensions = [0xffff, CUSTOM, 0xf0f1, 0xf0ef, 0xf0f2].map(ExtensionType).to_vec();
    subject.leaf.extensions.0 = vec![custom_extension()];
    subject.group_extensions = vec![ExtensionType(0xf0ef), ExtensionType(0xffff)];
    assert_eq!(subject.verdict(ExpectedSource::KeyPackage), Ok(()));
}

// req: R-11.1-03
#[test]
fn default_types_need_no_listing() {
    let mut subject = Subject::key_package();
    subject.required.extension_types = (1..=5).map(ExtensionType).collect();
    subject.required.proposal_types = (1..=7).map(ProposalType).collect();
    subject.group_extensions = (1..=5).map(ExtensionType).collect();
    assert_eq!(subject.verdict(ExpectedSource::KeyPackage), Ok(()));
    subject.required.proposal_types = vec![ProposalType(8)];
    assert_eq!(
        subject.verdict(ExpectedSource::KeyPackage),
        Err(LeafNodeError::RequiredProposalMissing(ProposalType(8)))
    );
}

// req: R-7.3-15, R-13.4-03, R-13.4-05, R-17.3-01, R-7.2-06
#[test]
fn a_leafs_extensions_must_be_declared_single_and_in_place() {
    Subject::key_package().rejects(
        |s| s.leaf.extensions.0 = vec![custom_extension()],
        LeafNodeError::UndeclaredExtension(ExtensionType(CUSTOM)),
    );
    Subject::key_package().rejects(
        |s| {
            s.leaf.capabilities.extensions = vec![ExtensionType(CUSTOM)];
            s.leaf.extensions.0 = vec![custom_extension(), custom_extension()];
        },
        LeafNodeError::DuplicateExtension,
    );
    Subject::key_package().rejects(
        |s| {
            let extension_type = ExtensionType::EXTERNAL_PUB;
            s.leaf.extensions.0 = vec![Extension { extension_type, extension_data: Vec::new() }];
        },
        LeafNodeError::MisplacedExtension(ExtensionType::EXTERNAL_PUB),
    );
    let mut subject = Subject::key_package();
    subject.leaf.capabilities.extensions = vec![ExtensionType(0x0a0a), ExtensionType(CUSTOM)];
    let extension_type = ExtensionType::APPLICATION_ID;
    subject.leaf.extensions.0 = vec![custom_extension(), Extension { extension_type, extension_data: vec![0] }];
    assert_eq!(subject.verdict(ExpectedSource::KeyPackage), Ok(()));
}

// req: R-13.4-06, R-13.4-09
#[test]
fn extensions_of_the_group_must_be_supported_whatever_the_source() {
    let old = HpkePublicKey::from(vec![1; 32]);
    let update = ExpectedSource::Update { old_encryption_key: &old };
    let kinds = [
        (LeafNodeSource::KeyPackage(LIFETIME), ExpectedSource::KeyPackage),
        (LeafNodeSource::Update, update),
        (LeafNodeSource::Commit { parent_hash: Vec::new() }, ExpectedSource::Commit),
    ];
    for (source, expected) in kinds {
        // At every place in the list.
        for at in 0..3 {
            let mut subject = Subject::new(source.clone());
            subject.leaf.capabilities.extensions = vec![ExtensionType(0xf001), ExtensionType(0xf002)];
            subject.group_extensions = vec![ExtensionType(0xf002), ExtensionType(0xf001)];
            assert_eq!(subject.verdict(expected), Ok(()));
            subject.group_extensions.insert(at, ExtensionType(CUSTOM));
            let want = LeafNodeError::GroupExtensionUnsupported(ExtensionType(CUSTOM));
            assert_eq!(subject.verdict(expected), Err(want));
        }
    }
}

// req: R-7.2-07, R-7.3-10, R-7.3-11
// bad: valn-0113
#[test]
fn credentials_must_be_supported_both_ways() {
    Subject::key_package().rejects(
        |s| s.leaf.capabilities.credentials = vec![CredentialType::X509],
        LeafNodeError::OwnCredentialUnsupported(CredentialType::BASIC),
    );
    Subject::key_package().rejects(
        |s| {
            let credential_type = CredentialType(CUSTOM);
            s.leaf.credential = Credential::Other { credential_type, body: Vec::new() };
            s.leaf.capabilities.credentials.push(credential_type);
        },
        LeafNodeError::CredentialNotSupportedByAll(CredentialType(CUSTOM)),
    );
    // A group whose members support X.509 too, and a leaf that does not know their basic credentials.
    let mut subject = Subject::key_package();
    subject.world = World::with_credentials(&[CredentialType::BASIC, CredentialType::X509]);
    subject.leaf.credential = Credential::X509 { certificates: Vec::new() };
    subject.leaf.capabilities.credentials = vec![CredentialType::X509];
    assert_eq!(
        subject.verdict(ExpectedSource::KeyPackage),
        Err(LeafNodeError::CredentialInUseUnsupported(CredentialType::BASIC))
    );
    subject.leaf.capabilities.credentials.push(CredentialType::BASIC);
    assert_eq!(subject.verdict(ExpectedSource::KeyPackage), Ok(()));
}

// req: R-7.2-12, R-7.3-12, R-7.3-13
#[test]
fn lifetimes() {
    Subject::key_package().rejects(|s| s.now = Some(LIFETIME.not_before - 1), LeafNodeError::NotYetValid);
    Subject::key_package().rejects(|s| s.now = Some(LIFETIME.not_after + 1), LeafNodeError::Expired);
    Subject::key_package().rejects(|s| s.max_lifetime = Some(999), LeafNodeError::LifetimeTooLong);
    Subject::key_package().rejects(
        |s| {
            s.leaf.leaf_node_source = LeafNodeSource::KeyPackage(Lifetime { not_before: 1_500, not_after: 1_499 });
            s.now = None;
            s.max_lifetime = None;
        },
        LeafNodeError::LifetimeInverted,
    );
    for now in [None, Some(LIFETIME.not_before), Some(LIFETIME.not_after)] {
        let mut subject = Subject::key_package();
        subject.now = now;
        assert_eq!(subject.verdict(ExpectedSource::KeyPackage), Ok(()));
    }
}

// req: R-7.3-05
#[test]
fn keys_must_be_valid() {
    let mut subject = Subject::key_package();
    subject.leaf.encryption_key = HpkePublicKey::from(vec![1; 31]);
    assert!(matches!(subject.verdict(ExpectedSource::KeyPackage), Err(LeafNodeError::InvalidEncryptionKey(_))));
    let mut subject = Subject::key_package();
    subject.leaf.signature_key = SignaturePublicKey::from(vec![1; 31]);
    assert!(matches!(subject.verdict(ExpectedSource::KeyPackage), Err(LeafNodeError::InvalidSignatureKey(_))));
}

// req: R-7.3-20, R-7.3-21, R-16.7-01
#[test]
fn keys_must_be_nobody_elses() {
    let mut world = World::with_members(suite1(), 8, 4, 1);
    let (zero, two) = (LeafIndex::ZERO, LeafIndex::new(2).unwrap());
    let fresh = Subject::key_package().leaf;
    assert_eq!(check_unique_keys(&world.tree, &fresh, None), Ok(()));
    let mut taken = fresh.clone();
    taken.signature_key = world.tree.leaf(two).unwrap().signature_key;
    assert_eq!(check_unique_keys(&world.tree, &taken, None), Err(LeafNodeError::SignatureKeyInUse(two)));
    assert_eq!(check_unique_keys(&world.tree, &taken, Some(zero)), Err(LeafNodeError::SignatureKeyInUse(two)));
    assert_eq!(check_unique_keys(&world.tree, &taken, Some(two)), Ok(()));
    let mut taken = fresh.clone();
    taken.encryption_key = world.tree.leaf(two).unwrap().encryption_key;
    assert_eq!(check_unique_keys(&world.tree, &taken, None), Err(LeafNodeError::EncryptionKeyInUse(two.node())));
    assert_eq!(check_unique_keys(&world.tree, &taken, Some(two)), Ok(()));
    world.commit(zero);
    let root = world.tree.size().root();
    let mut taken = fresh;
    taken.encryption_key = world.tree.parent(root).unwrap().encryption_key;
    assert_eq!(check_unique_keys(&world.tree, &taken, Some(two)), Err(LeafNodeError::EncryptionKeyInUse(root)));
}
