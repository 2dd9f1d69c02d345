//! A provider of one's own for one primitive: signatures are made by a key store, out of which the secret never comes.
//!
//! The store here is a thread, reached by messages, as one of a system or a device is by its calls. A key that it made
//! is given to a client as a [`SigningKey`]. Everything else is a backend's.
//!
//! `cargo run -p interop --example key_store`

use core::error::Error;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use mls_client::{BasicIdentity, CipherSuite, Client, Credential, Event, Identity, MemoryStorage};
use mls_crypto_rustcrypto::{OsRng, RustCryptoProvider};
use mls_crypto_traits::{
    CipherSuiteProvider, CryptoError, CryptoProvider, Digest, Kem, SecretBytes, SignaturePrivateKey,
    SignaturePublicKey, SigningKey, SuiteParams, VerifyKey,
};

const SUITE: CipherSuite = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;

/// What the store can do.
const SUITES: [CipherSuite; 2] = [SUITE, CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519];

/// A way to the store. Cloning gives another one to the same.
#[derive(Clone, Debug)]
struct KeyStore(Sender<Request>);

/// A key in the store, by its number.
type Created = Result<(u64, SignaturePublicKey), CryptoError>;

enum Request {
    Generate(CipherSuite, Sender<Created>),
    /// A key that was made elsewhere.
    Import(CipherSuite, SecretBytes, Sender<Created>),
    Sign(u64, Vec<u8>, Sender<Result<Vec<u8>, CryptoError>>),
    Forget(u64),
}

impl KeyStore {
    fn open() -> Self {
        let (requests, inbox) = channel();
        std::thread::spawn(move || Keys::default().serve(&inbox));
        Self(requests)
    }

    /// Makes a key in the store.
    fn generate(&self, suite: CipherSuite) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.create(|answer| Request::Generate(suite, answer))
    }

    fn import(&self, suite: CipherSuite, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.create(|answer| Request::Import(suite, SecretBytes::from_slice(private), answer))
    }

    fn create(&self, request: impl FnOnce(Sender<Created>) -> Request) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let (number, public) = self.ask(request)?;
        Ok(Arc::new(StoredKey { store: self.clone(), number, public }))
    }

    fn ask<T>(&self, request: impl FnOnce(Sender<Result<T, CryptoError>>) -> Request) -> Result<T, CryptoError> {
        let (answer, answers) = channel();
        self.0.send(request(answer)).map_err(|_| CryptoError::Backend)?;
        answers.recv().map_err(|_| CryptoError::Backend)?
    }
}

/// The face of a key in the store.
#[derive(Debug)]
struct StoredKey {
    store: KeyStore,
    number: u64,
    public: SignaturePublicKey,
}

impl SigningKey for StoredKey {
    fn public_key(&self) -> &SignaturePublicKey {
        &self.public
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        self.store.ask(|answer| Request::Sign(self.number, message.concat(), answer))
    }
}

impl Drop for StoredKey {
    fn drop(&mut self) {
        // A store that is gone has forgotten it.
        _ = self.store.0.send(Request::Forget(self.number));
    }
}

/// What is behind the wall.
#[derive(Default)]
struct Keys {
    next: u64,
    keys: BTreeMap<u64, Arc<dyn SigningKey>>,
}

impl Keys {
    fn serve(mut self, inbox: &Receiver<Request>) {
        // An asker that is gone needs no answer.
        for request in inbox {
            match request {
                Request::Generate(suite, answer) => _ = answer.send(self.generate(suite)),
                Request::Import(suite, private, answer) => _ = answer.send(self.insert(suite, &private.into())),
                Request::Sign(number, message, answer) => {
                    let key = self.keys.get(&number).ok_or(CryptoError::Backend);
                    _ = answer.send(key.and_then(|key| key.sign(&[&message])));
                }
                Request::Forget(number) => drop(self.keys.remove(&number)),
            }
        }
    }

    fn generate(&mut self, suite: CipherSuite) -> Created {
        let pair = RustCryptoProvider::new()
            .suite(suite)
            .ok_or(CryptoError::Unsupported)?
            .generate_signature_key_pair(&mut OsRng)?;
        self.insert(suite, &pair.private)
    }

    fn insert(&mut self, suite: CipherSuite, private: &SignaturePrivateKey) -> Created {
        let key = RustCryptoProvider::new().suite(suite).ok_or(CryptoError::Unsupported)?.signing_key(private)?;
        let (number, public) = (self.next, key.public_key().clone());
        self.next = self.next.checked_add(1).ok_or(CryptoError::Backend)?;
        self.keys.insert(number, key);
        Ok((number, public))
    }
}

/// A backend with the store in place of its signers.
#[derive(Debug)]
struct WithKeyStore {
    suites: Vec<StoreSuite>,
}

#[derive(Debug)]
struct StoreSuite {
    id: CipherSuite,
    backend: RustCryptoProvider,
    store: KeyStore,
}

impl WithKeyStore {
    fn new(store: &KeyStore) -> Self {
        let backend = RustCryptoProvider::new();
        Self { suites: SUITES.into_iter().map(|id| StoreSuite { id, backend, store: store.clone() }).collect() }
    }
}

impl CryptoProvider for WithKeyStore {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        self.suites.iter().map(|suite| suite.id).collect()
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        let suite = self.suites.iter().find(|suite| suite.id == id)?;
        Some(suite)
    }
}

impl StoreSuite {
    fn inner(&self) -> &dyn CipherSuiteProvider {
        #[expect(clippy::expect_used, reason = "the numbers are those of the backend")]
        self.backend.provider(self.id).expect("a suite of the backend")
    }
}

impl CipherSuiteProvider for StoreSuite {
    /// The one primitive that is our own. A key that a client has the bytes of goes into the store.
    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.store.import(self.id, private)
    }

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
        self.inner().load_verify_key(public)
    }
}

/// A client whose signature key is in the store, and never was anywhere else.
fn client(store: &KeyStore, name: &str) -> Result<(Client, Identity), Box<dyn Error>> {
    let key = store.generate(SUITE)?;
    let client = Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new()))
        .crypto(Arc::new(WithKeyStore::new(store)))
        .signer(Arc::clone(&key))
        .build()?;
    let identity = Identity::new(SUITE, Credential::basic(name), key.public_key().clone());
    Ok((client, identity))
}

fn main() -> Result<(), Box<dyn Error>> {
    let store = KeyStore::open();
    let ((alice, alice_id), (bob, bob_id)) = (client(&store, "alice")?, client(&store, "bob")?);
    let mut at_alice = alice.create_group(&alice_id)?;
    let commit = at_alice.add(&[bob.key_package(&bob_id)?.message])?;
    at_alice.accept_commit()?;
    let mut at_bob = bob.join(&commit.welcome.ok_or("no welcome")?, None)?;
    let Event::Message(hello) = at_bob.receive(&at_alice.send(b"hello")?.message)? else {
        return Err("no message".into());
    };
    println!("signed in the store: {}", String::from_utf8_lossy(&hello.data));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_crypto_traits::conformance::{self, Family};

    #[test]
    fn the_provider_conforms() {
        let report = conformance::run(&WithKeyStore::new(&KeyStore::open()));
        report.assert_ok();
        assert!(report.family(Family::Eddsa).run > 0);
    }

    #[test]
    fn a_key_of_the_store_conforms() {
        let (store, backend) = (KeyStore::open(), RustCryptoProvider::new());
        for id in SUITES {
            let key = store.generate(id).unwrap();
            conformance::run_signer(backend.suite(id).unwrap(), &*key).assert_ok();
        }
    }

    #[test]
    fn a_group_lives_with_it() {
        assert!(main().is_ok());
    }
}
