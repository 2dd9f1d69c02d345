//! Groups of X.509 members, and what they cost.

use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Arc;

use mls_client::{
    CipherSuite, Client, Clock, CommitError, DriverError, Identity, JoinError, LeafIndex, MemoryStorage, UnixTime,
};
use mls_core::group as engine;
use mls_core::identity::{IdentityError, MemberId};
use mls_core::proposal::ProposalListError;
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{
    CipherSuiteProvider, CryptoError, CryptoProvider, Digest, Kem, SecretBytes, SigningKey, SuiteParams, VerifyKey,
};
use mls_identity_x509::issue::{CertificateSpec, Validity};
use mls_identity_x509::{X509Error, X509Identity, credential};

use crate::support::*;

const SUITE: CipherSuite = SUITES[0];

/// A provider of one suite that counts the signatures that it verifies.
struct Counting {
    inner: RustCryptoProvider,
    suite: CountingSuite,
}

struct CountingSuite {
    inner: RustCryptoProvider,
    count: Arc<AtomicUsize>,
}

struct CountingKey(Arc<dyn VerifyKey>, Arc<AtomicUsize>);

impl Counting {
    fn new() -> (Arc<Self>, Arc<AtomicUsize>) {
        let count = Arc::new(AtomicUsize::new(0));
        let inner = RustCryptoProvider::new();
        let suite = CountingSuite { inner, count: count.clone() };
        (Arc::new(Self { inner, suite }), count)
    }
}

impl CryptoProvider for Counting {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        vec![SUITE]
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        self.inner.provider(id)?;
        (id == SUITE).then_some(&self.suite)
    }
}

impl CountingSuite {
    fn inner(&self) -> &dyn CipherSuiteProvider {
        self.inner.provider(SUITE).unwrap()
    }
}

impl CipherSuiteProvider for CountingSuite {
    fn params(&self) -> &SuiteParams {
        self.inner().params()
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.inner().hash(input)
    }

    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.inner().hmac(key, input)
    }

    fn aead_seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.inner().aead_seal(key, nonce, aad, plaintext)
    }

    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.inner().aead_open(key, nonce, aad, ciphertext)
    }

    fn kem(&self) -> &dyn Kem {
        self.inner().kem()
    }

    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        Ok(Arc::new(CountingKey(self.inner().load_verify_key(public)?, self.count.clone())))
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.inner().load_signing_key(private)
    }
}

impl VerifyKey for CountingKey {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.verify(message, signature)
    }
}

macro_rules! plain_debug {
    ($($name:ident)*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}
plain_debug!(Counting CountingSuite CountingKey);

struct Today;

impl Clock for Today {
    fn now(&self) -> UnixTime {
        NOW
    }
}

fn client(service: X509Identity) -> Client {
    Client::builder(Arc::new(MemoryStorage::new()), Arc::new(service)).clock(Arc::new(Today)).build().unwrap()
}

/// A chain for a new signer of `client`, below one of the issuers.
fn enrol(client: &Client, pki: &mut Pki, issuer: &mls_identity_x509::issue::Authority, number: usize) -> Identity {
    enrol_for(client, pki, issuer, number, VALID)
}

fn enrol_for(
    client: &Client,
    pki: &mut Pki,
    issuer: &mls_identity_x509::issue::Authority,
    number: usize,
    validity: Validity,
) -> Identity {
    let key = client.new_signer(SUITE).unwrap();
    let spec = CertificateSpec::end_entity("", validity).unwrap().uri(&format!("im:member-{number}")).unwrap();
    let leaf = issuer.issue(&spec, &key, &mut pki.rng).unwrap();
    Identity::new(SUITE, credential([leaf, issuer.certificate().to_vec()]), key)
}

/// 1 000 members below three issuers.
#[test]
fn joining_verifies_every_issuer_once() {
    const MEMBERS: usize = 1000;
    let mut pki = Pki::new(SUITE);
    let issuers: Vec<_> = (0..3_u64)
        .map(|number| {
            let spec = CertificateSpec::authority(&format!("CN=Issuer {number}"), VALID).unwrap();
            below(&pki.root, &spec, key(SUITE, 100 + number), &mut pki.rng)
        })
        .collect();

    // One client makes the leaves of all members but the last, which joins.
    let many = client(pki.provider().build().unwrap());
    let founder = enrol(&many, &mut pki, &issuers[0], 0);
    let mut group = many.create_group(&founder).unwrap();
    let mut key_packages: Vec<_> = (1..MEMBERS - 1)
        .map(|number| many.key_package(&enrol(&many, &mut pki, &issuers[number % 3], number)).unwrap().message)
        .collect();
    let (crypto, count) = Counting::new();
    let service = pki.provider_with(crypto).build().unwrap();
    let joiner = client(service.clone());
    let identity = enrol(&joiner, &mut pki, &issuers[1], MEMBERS - 1);
    key_packages.push(joiner.key_package(&identity).unwrap().message);
    let commit = group.add(&key_packages).unwrap();
    group.accept_commit().unwrap();

    assert_eq!(count.load(Ordering::SeqCst), 0);
    let mut joined = joiner.join(&commit.welcome.unwrap(), None).unwrap();
    let members = joined.members().unwrap();
    assert_eq!(members.len(), MEMBERS);
    let verified = count.load(Ordering::SeqCst);
    assert!((MEMBERS - 1..=MEMBERS + issuers.len()).contains(&verified), "{verified}");

    // Asked again it verifies nothing: all is remembered. Without a memory everything is verified.
    for member in &members {
        service.verify(&member.credential, &member.signature_key, NOW).unwrap();
    }
    assert!(count.load(Ordering::SeqCst) <= MEMBERS + issuers.len());
    let (crypto, count) = Counting::new();
    let mut limits = mls_identity_x509::Limits::default();
    limits.remembered_signatures = 0;
    let forgetful = pki.provider_with(crypto).limits(limits).build().unwrap();
    for member in &members {
        forgetful.verify(&member.credential, &member.signature_key, NOW).unwrap();
    }
    assert_eq!(count.load(Ordering::SeqCst), 2 * MEMBERS);
}

/// Who is a member keeps its name when its certificate has run out: nobody is added under it.
#[test]
fn a_member_is_named_though_its_certificate_has_run_out() {
    let mut pki = Pki::new(SUITE);
    let issuer = pki.issuer.clone();
    let client = client(pki.provider().build().unwrap());
    let founder = enrol_for(&client, &mut pki, &issuer, 0, PAST);
    let mut group = client.create_group(&founder).unwrap();
    let again = enrol(&client, &mut pki, &issuer, 0);
    let error = group.add(&[client.key_package(&again).unwrap().message]).unwrap_err();
    let CommitError::Engine(engine::CommitError::Proposals(rule)) = error else { panic!("{error:?}") };
    let name = MemberId(b"im:member-0".to_vec());
    assert_eq!(rule, ProposalListError::AlreadyMember(name, LeafIndex::ZERO));
    let other = enrol(&client, &mut pki, &issuer, 1);
    group.add(&[client.key_package(&other).unwrap().message]).unwrap();
}

/// The cause of a refusal is the source of the error that the client returns.
#[test]
fn the_cause_of_a_refusal_can_be_had() {
    let mut pki = Pki::new(SUITE);
    let issuer = pki.issuer.clone();
    let alice = client(pki.provider().build().unwrap());
    // Bob trusts somebody else.
    let others = Pki::new(SUITES[1]);
    let bob = client(others.provider().build().unwrap());
    let founder = enrol(&alice, &mut pki, &issuer, 0);
    let mut group = alice.create_group(&founder).unwrap();
    let identity = enrol(&bob, &mut pki, &issuer, 1);
    let commit = group.add(&[bob.key_package(&identity).unwrap().message]).unwrap();
    let error = bob.join(&commit.welcome.unwrap(), None).unwrap_err();
    let JoinError::Driver(DriverError::Identity(error)) = error else { panic!("{error:?}") };
    let error: IdentityError = error;
    let source = core::error::Error::source(&error).unwrap().downcast_ref::<X509Error>();
    // Both roots have the same name: the signature is another's, or of another algorithm.
    assert!(matches!(source, Some(X509Error::AlgorithmMismatch | X509Error::UnknownIssuer)), "{source:?}");
}

/// The asynchronous face takes the same provider; nothing in it waits.
#[test]
fn an_asynchronous_client_takes_it_too() {
    let mut pki = Pki::new(SUITE);
    let service = pki.provider().build().unwrap();
    let issuer = pki.issuer.clone();
    let checked: Arc<dyn mls_core::identity::AsyncIdentityProvider> = Arc::new(service.clone());
    let client = client(service);
    let founder = enrol(&client, &mut pki, &issuer, 0);
    let mut group = client.create_group(&founder).unwrap();
    let other = enrol(&client, &mut pki, &issuer, 1);
    let key_package = client.key_package(&other).unwrap().message;
    let asked = Arc::new(Asked(checked, AtomicUsize::new(0)));
    let bob = Client::builder(Arc::new(MemoryStorage::new()), asked.clone()).clock(Arc::new(Today)).build().unwrap();
    let third = enrol(&bob, &mut pki, &issuer, 2);
    let third = bob.key_package(&third).unwrap().message;
    let commit = group.add(&[key_package, third]).unwrap();
    bob.join(&commit.welcome.unwrap(), None).unwrap();
    // About himself, too: how he is called.
    assert_eq!(asked.1.load(Ordering::SeqCst), 3);
}

/// A blocking face over the asynchronous one, which must be ready at once.
struct Asked(Arc<dyn mls_core::identity::AsyncIdentityProvider>, AtomicUsize);

impl mls_core::identity::IdentityProvider for Asked {
    fn validate(&self, check: &mls_core::identity::CredentialCheck) -> Result<MemberId, IdentityError> {
        self.1.fetch_add(1, Ordering::SeqCst);
        let mut future = self.0.validate(check);
        let mut context = core::task::Context::from_waker(core::task::Waker::noop());
        match future.as_mut().poll(&mut context) {
            core::task::Poll::Ready(verdict) => verdict,
            core::task::Poll::Pending => panic!("it waits"),
        }
    }
}
