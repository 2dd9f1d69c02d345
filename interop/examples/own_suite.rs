//! A cipher suite of one's own: a private code point (RFC 9420 section 17.1), and a combination that is not registered:
//! X25519, ChaCha20-Poly1305, SHA-512, Ed25519.
//!
//! A suite is its primitives, which here come out of the suites of a backend; HPKE, the labelled functions and the
//! checks of keys and signatures are above them and need not be written.
//!
//! `cargo run -p interop --example own_suite`

use core::error::Error;
use std::sync::Arc;

use mls_client::{BasicIdentity, CipherSuite, Client, Credential, Event, MemoryStorage};
use mls_crypto_awslc::AwsLcProvider;
use mls_crypto_traits::{
    CipherSuiteProvider, CryptoError, CryptoProvider, Digest, Kem, SecretBytes, SignatureScheme, SigningKey,
    SuiteParams, VerifyKey, aead_id, kdf_id,
};

/// 0xF000 to 0xFFFF are for private use.
const OWN: CipherSuite = CipherSuite(0xf001);

/// The suites of a backend, and the one of our own in front.
#[derive(Debug)]
struct WithOwnSuite {
    backend: Arc<dyn CryptoProvider>,
    own: OwnSuite,
}

#[derive(Debug)]
struct OwnSuite {
    backend: Arc<dyn CryptoProvider>,
    params: SuiteParams,
}

impl WithOwnSuite {
    fn new(backend: Arc<dyn CryptoProvider>) -> Self {
        let params = SuiteParams {
            cipher_suite: OWN,
            hash_len: 64,
            aead_id: aead_id::CHACHA20_POLY1305,
            aead_key_len: 32,
            aead_nonce_len: 12,
            aead_tag_len: 16,
            kdf_id: kdf_id::HKDF_SHA512,
            signature: SignatureScheme::Ed25519,
        };
        Self { own: OwnSuite { backend: Arc::clone(&backend), params }, backend }
    }
}

impl CryptoProvider for WithOwnSuite {
    fn cipher_suites(&self) -> Vec<CipherSuite> {
        [vec![OWN], self.backend.cipher_suites()].concat()
    }

    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider> {
        if id == OWN { Some(&self.own) } else { self.backend.provider(id) }
    }
}

impl OwnSuite {
    /// X25519, ChaCha20-Poly1305 and Ed25519 come from here.
    fn chacha(&self) -> Result<&dyn CipherSuiteProvider, CryptoError> {
        let id = CipherSuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519;
        self.backend.provider(id).ok_or(CryptoError::Unsupported)
    }

    /// SHA-512.
    fn sha512(&self) -> Result<&dyn CipherSuiteProvider, CryptoError> {
        self.backend.provider(CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521).ok_or(CryptoError::Unsupported)
    }
}

impl CipherSuiteProvider for OwnSuite {
    fn params(&self) -> &SuiteParams {
        &self.params
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.sha512()?.hash(input)
    }

    // HKDF follows from it.
    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.sha512()?.hmac(key, input)
    }

    fn aead_seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.chacha()?.aead_seal(key, nonce, aad, plaintext)
    }

    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.chacha()?.aead_open(key, nonce, aad, ciphertext)
    }

    // It keeps the hash that RFC 9180 section 7.1 gives it, whatever the suite's is.
    fn kem(&self) -> &dyn Kem {
        #[expect(clippy::expect_used, reason = "the backend of this example has it")]
        self.chacha().expect("suite 3").kem()
    }

    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        self.chacha()?.load_verify_key(public)
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.chacha()?.load_signing_key(private)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let client = || {
        Client::builder(Arc::new(MemoryStorage::new()), Arc::new(BasicIdentity::new()))
            .crypto(Arc::new(WithOwnSuite::new(Arc::new(AwsLcProvider::new()))))
            .build()
    };
    let (alice, bob) = (client()?, client()?);
    let alice_id = alice.new_identity(OWN, Credential::basic("alice"))?;
    let bob_id = bob.new_identity(OWN, Credential::basic("bob"))?;
    let mut at_alice = alice.create_group(&alice_id)?;
    let commit = at_alice.add(&[bob.key_package(&bob_id)?.message])?;
    at_alice.accept_commit()?;
    let mut at_bob = bob.join(&commit.welcome.ok_or("no welcome")?, None)?;
    let Event::Message(hello) = at_bob.receive(&at_alice.send(b"hello")?.message)? else {
        return Err("no message".into());
    };
    println!("in suite {:#06x}: {}", u16::from(OWN), String::from_utf8_lossy(&hello.data));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mls_crypto_traits::conformance::{self, Family};

    #[test]
    fn the_suite_conforms() {
        let report = conformance::run(&WithOwnSuite::new(Arc::new(AwsLcProvider::new())));
        report.assert_ok();
        for family in [Family::Hash, Family::Hmac, Family::Hkdf, Family::Aead, Family::Eddsa, Family::Forms] {
            let run = report.counts().any(|(suite, f, counts)| suite == OWN && f == family && counts.run > 0);
            assert!(run, "{family:?}");
        }
    }

    #[test]
    fn a_group_lives_in_it() {
        assert!(main().is_ok());
    }
}
