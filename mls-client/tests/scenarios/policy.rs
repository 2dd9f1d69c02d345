use std::sync::Arc;

use mls_client::mls_core::credential::CredentialType;
use mls_client::mls_core::group::{self as engine, Fault};
use mls_client::mls_core::identity::{CredentialCheck, IdentityError, IdentityErrorKind, MemberId};
use mls_client::mls_crypto_rustcrypto::RustCryptoProvider;
use mls_client::mls_crypto_traits::CryptoProvider;
use mls_client::{
    BasicIdentity, Client, CommitError, CommitPlan, CreateError, Credential, Disposition, DriverError, Identity,
    IdentityProvider, JoinError, LeafChange, MemoryStorage, Proposing, ReceiveError,
};

use crate::world::{CountingRng, NOW, Party, SUITE, Setup, assert_talk, crypto, deliver, pair};

/// Knows everybody but Mallory.
struct NoMallory;

impl IdentityProvider for NoMallory {
    fn validate(&self, check: &CredentialCheck) -> Result<MemberId, IdentityError> {
        match &check.credential {
            Credential::Basic { identity } if identity != b"mallory" => Ok(MemberId(identity.clone())),
            _ => Err(IdentityError::new(IdentityErrorKind::Rejected)),
        }
    }
}

scenario! { fn whoever_is_not_vouched_for_is_not_added() {
    let (mut alice, at_alice, _, mut at_bob) = pair();
    let id = at_alice.id().clone();
    drop(at_alice);
    alice.restart_with(Setup { identity: Arc::new(NoMallory), ..Setup::default() });
    let mut at_alice = alice.group(&id);
    let mallory = Party::new("mallory");
    let error = at_alice.add(&[mallory.key_package()]).unwrap_err();
    assert!(matches!(error, CommitError::Driver(DriverError::Identity(_))), "{error:?}");
    assert!(!at_alice.has_pending_commit());

    // Bob would have her.
    let commit = at_bob.add(&[mallory.key_package()]).unwrap();
    let error = at_alice.receive(&commit.message).unwrap_err();
    assert!(matches!(error, ReceiveError::Driver(DriverError::Identity(_))), "{error:?}");
    assert!(matches!(error.disposition(), Disposition::Discard));
    assert_eq!(at_alice.epoch(), 1);
    at_bob.drop_commit().unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn a_group_with_somebody_who_is_not_vouched_for_is_not_joined() {
    let mallory = Party::new("mallory");
    let mut alice = Party::new("alice");
    alice.restart_with(Setup { identity: Arc::new(NoMallory), ..Setup::default() });
    let mut group = mallory.client.create_group(&mallory.identity).unwrap();
    let commit = group.add(&[alice.key_package()]).unwrap();
    let error = alice.client.join(&commit.welcome.unwrap(), None).unwrap_err();
    assert!(matches!(error, JoinError::Driver(DriverError::Identity(_))), "{error:?}");
    assert!(alice.client.groups().unwrap().is_empty());
} }

// req: R-5.3.1-04, R-5.3.1-08
scenario! { fn a_credential_is_followed_only_by_the_same_identity() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    let change = |name| LeafChange { credential: Some(Credential::basic(name)), ..LeafChange::default() };
    let proposal = at_bob.propose(&Proposing::Update(change("alice's friend bob"))).unwrap();
    let error = at_alice.receive(&proposal.message).unwrap_err();
    assert!(matches!(error, ReceiveError::Driver(DriverError::Identity(_))), "{error:?}");
    assert_eq!(at_alice.pending_proposals(), 0);

    // A new key for the same identity will do.
    let signature_key = bob.client.new_signer(at_bob.cipher_suite()).unwrap();
    let leaf = LeafChange { signature_key: Some(signature_key.clone()), ..change("bob") };
    let plan = CommitPlan { leaf, include_pending: false, ..CommitPlan::default() };
    let commit = at_bob.commit(&plan).unwrap();
    deliver(&mut at_bob, &commit, &mut [&mut at_alice]);
    assert_eq!(at_alice.members().unwrap()[1].signature_key, signature_key);
    assert_talk(&mut at_alice, &mut at_bob);
} }

scenario! { fn a_key_package_is_valid_for_twelve_weeks() {
    let alice = Party::new("alice");
    let leaf = alice.client.leaf(&alice.identity);
    assert_eq!(leaf.lifetime.not_before, NOW - 3600);
    assert_eq!(leaf.lifetime.not_after, NOW + 12 * 7 * 24 * 3600);
    let known = crypto().cipher_suites();
    assert!(known.iter().all(|suite| leaf.capabilities.cipher_suites.contains(suite)));

    let bob = Party::new("bob");
    let key_package = bob.key_package();
    let mut group = alice.client.create_group(&alice.identity).unwrap();
    alice.clock.0.store(NOW + 12 * 7 * 24 * 3600 + 1, core::sync::atomic::Ordering::SeqCst);
    assert!(matches!(group.add(&[key_package]), Err(CommitError::Engine(_))));
} }

scenario! { fn a_leaf_supports_its_own_credential() {
    let alice = Party::new("alice");
    let credential = Credential::X509 { certificates: Vec::new() };
    let identity = Identity::new(SUITE, credential, alice.identity.signature_key.clone());
    let client = alice.client_with("plain", Setup { grease: false, ..Setup::default() });
    assert_eq!(client.leaf(&alice.identity).capabilities.credentials, [CredentialType::BASIC]);
    let types = client.leaf(&identity).capabilities.credentials;
    assert_eq!(types, [CredentialType::BASIC, CredentialType::X509]);
} }

scenario! { fn a_signer_may_be_kept_outside_the_store() {
    let provider = RustCryptoProvider::new();
    let suite = provider.suite(SUITE).unwrap();
    let pair = suite.generate_signature_key_pair(&mut CountingRng::new("hardware")).unwrap();
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new()))
        .signer(suite.signing_key(&pair.private).unwrap())
        .build()
        .unwrap();
    assert_eq!(client.signers(), core::slice::from_ref(&pair.public));
    let mut group = client.create_group(&Identity::new(SUITE, Credential::basic("alice"), pair.public)).unwrap();
    group.send(b"signed").unwrap();

    let unknown = suite.generate_signature_key_pair(&mut CountingRng::new("elsewhere")).unwrap().public;
    let error = client.create_group(&Identity::new(SUITE, Credential::basic("alice"), unknown.clone())).unwrap_err();
    assert!(matches!(error, CreateError::Engine(engine::CreateError::Fault(Fault::NoSigner(key))) if key == unknown));
} }
