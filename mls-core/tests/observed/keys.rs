//! Watched keys.

use std::sync::Arc;

use mls_crypto_traits::{
    CryptoError, Encapsulation, HpkeKeyPair, HpkePublicKey, Kem, KemPrivateKey, KemPublicKey, SecretBytes,
    SignaturePublicKey, SigningKey, VerifyKey,
};

use super::Ledger;

#[derive(Debug)]
pub struct ObservedKem {
    pub inner: &'static dyn Kem,
    pub ledger: Arc<Ledger>,
}

#[derive(Debug)]
struct ObservedPublic {
    inner: Arc<dyn KemPublicKey>,
    ledger: Arc<Ledger>,
}

#[derive(Debug)]
struct ObservedPrivate {
    inner: Arc<dyn KemPrivateKey>,
    ledger: Arc<Ledger>,
}

#[derive(Debug)]
pub struct ObservedVerifier {
    pub inner: Arc<dyn VerifyKey>,
    pub ledger: Arc<Ledger>,
}

#[derive(Debug)]
pub struct ObservedSigner {
    pub inner: Arc<dyn SigningKey>,
    pub ledger: Arc<Ledger>,
}

impl Kem for ObservedKem {
    fn kem_id(&self) -> u16 {
        self.inner.kem_id()
    }

    fn enc_len(&self) -> usize {
        self.inner.enc_len()
    }

    fn public_key_len(&self) -> usize {
        self.inner.public_key_len()
    }

    fn private_key_len(&self) -> usize {
        self.inner.private_key_len()
    }

    fn shared_secret_len(&self) -> usize {
        self.inner.shared_secret_len()
    }

    fn key_ikm_len(&self) -> usize {
        self.inner.key_ikm_len()
    }

    fn encap_ikm_len(&self) -> usize {
        self.inner.encap_ikm_len()
    }

    fn derive_key_pair(&self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        self.ledger.count("derive key pair");
        let pair = self.inner.derive_key_pair(ikm)?;
        self.ledger.secret("private key", &[ikm], pair.private.as_bytes());
        Ok(pair)
    }

    fn public_key(&self, private: &[u8]) -> Result<HpkePublicKey, CryptoError> {
        self.ledger.count("public key");
        self.inner.public_key(private)
    }

    fn load_public(&self, public: &[u8]) -> Result<Arc<dyn KemPublicKey>, CryptoError> {
        self.ledger.count("load public key");
        let inner = self.inner.load_public(public)?;
        Ok(Arc::new(ObservedPublic { inner, ledger: Arc::clone(&self.ledger) }))
    }

    fn load_private(&self, private: &[u8]) -> Result<Arc<dyn KemPrivateKey>, CryptoError> {
        self.ledger.count("load private key");
        self.ledger.secret("private key", &[], private);
        let inner = self.inner.load_private(private)?;
        Ok(Arc::new(ObservedPrivate { inner, ledger: Arc::clone(&self.ledger) }))
    }

    fn check_public_key(&self, public: &[u8]) -> Result<(), CryptoError> {
        self.ledger.count("check public key");
        self.inner.check_public_key(public)
    }
}

impl KemPublicKey for ObservedPublic {
    fn encap(&self, ikm_e: &[u8]) -> Result<Encapsulation, CryptoError> {
        self.ledger.count("encap");
        let encapsulation = self.inner.encap(ikm_e)?;
        self.ledger.secret("shared secret", &[], encapsulation.shared_secret.as_bytes());
        Ok(encapsulation)
    }
}

impl KemPrivateKey for ObservedPrivate {
    fn public_key(&self) -> &HpkePublicKey {
        self.inner.public_key()
    }

    fn decap(&self, kem_output: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.ledger.count("decap");
        let secret = self.inner.decap(kem_output)?;
        self.ledger.secret("shared secret", &[], secret.as_bytes());
        Ok(secret)
    }
}

impl VerifyKey for ObservedVerifier {
    fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        self.ledger.count("verify");
        self.inner.verify(message, signature)
    }
}

impl SigningKey for ObservedSigner {
    fn public_key(&self) -> &SignaturePublicKey {
        self.inner.public_key()
    }

    fn sign(&self, message: &[&[u8]]) -> Result<Vec<u8>, CryptoError> {
        self.ledger.count("sign");
        self.inner.sign(message)
    }
}
