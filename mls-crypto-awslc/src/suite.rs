//! The suites, each made of its algorithms (RFC 9420 section 17.1).

use std::sync::Arc;

use mls_crypto_traits::{
    CipherSuite, CipherSuiteProvider, CryptoError, DhKem, Digest, Kdf, Kem, Okm, SecretBytes, SignatureScheme,
    SigningKey, SuiteParams, VerifyKey, aead_id, kdf_id,
};

use crate::{
    aead::AeadAlgorithm,
    dh::AwsLcDh,
    hash::HashAlgorithm,
    signature::{
        SignatureAlgorithm,
        ecdsa::{ECDSA_P256, ECDSA_P384, ECDSA_P521},
        ed25519::ED25519,
    },
};

/// The primitives of one suite.
#[derive(Debug)]
pub(crate) struct AwsLcSuite {
    params: SuiteParams,
    hash: HashAlgorithm,
    aead: AeadAlgorithm,
    kem: &'static dyn Kem,
    signature: SignatureAlgorithm,
}

static KEM_P256: DhKem<AwsLcDh, HashAlgorithm> = DhKem::new(AwsLcDh::P256, HashAlgorithm::Sha256);
static KEM_P384: DhKem<AwsLcDh, HashAlgorithm> = DhKem::new(AwsLcDh::P384, HashAlgorithm::Sha384);
static KEM_P521: DhKem<AwsLcDh, HashAlgorithm> = DhKem::new(AwsLcDh::P521, HashAlgorithm::Sha512);
static KEM_X25519: DhKem<AwsLcDh, HashAlgorithm> = DhKem::new(AwsLcDh::X25519, HashAlgorithm::Sha256);

impl AwsLcSuite {
    /// A registered suite; `None` where the library lacks one of its algorithms.
    pub(crate) fn registered(id: CipherSuite) -> Option<Self> {
        let params = SuiteParams::registered(id)?;
        let hash = match params.kdf_id {
            kdf_id::HKDF_SHA256 => HashAlgorithm::Sha256,
            kdf_id::HKDF_SHA384 => HashAlgorithm::Sha384,
            kdf_id::HKDF_SHA512 => HashAlgorithm::Sha512,
            _ => return None,
        };
        let aead = match params.aead_id {
            aead_id::AES_128_GCM => AeadAlgorithm::Aes128Gcm,
            aead_id::AES_256_GCM => AeadAlgorithm::Aes256Gcm,
            aead_id::CHACHA20_POLY1305 => AeadAlgorithm::ChaCha20Poly1305,
            _ => return None,
        };
        // In the registered suites the scheme and the KEM go together.
        let (signature, kem): (_, &'static dyn Kem) = match params.signature {
            SignatureScheme::Ed25519 => (ED25519, &KEM_X25519),
            SignatureScheme::EcdsaP256 => (ECDSA_P256, &KEM_P256),
            SignatureScheme::EcdsaP384 => (ECDSA_P384, &KEM_P384),
            SignatureScheme::EcdsaP521 => (ECDSA_P521, &KEM_P521),
            _ => return None,
        };
        Some(Self { params, hash, aead, kem, signature })
    }
}

impl CipherSuiteProvider for AwsLcSuite {
    fn params(&self) -> &SuiteParams {
        &self.params
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.hash.hash(input)
    }

    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.hash.hmac(key, input)
    }

    fn hkdf_expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        self.hash.expand(prk, info, len)
    }

    fn hkdf_expand_each(&self, prk: &[u8], outputs: &mut [Okm<'_>]) -> Result<(), CryptoError> {
        self.hash.expand_each(prk, outputs)
    }

    fn aead_seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError> {
        self.aead.seal(key, nonce, aad, plaintext)
    }

    fn aead_seal_in_place(&self, key: &[u8], nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<(), CryptoError> {
        self.aead.seal_in_place(key, nonce, aad, text)
    }

    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.aead.open(key, nonce, aad, ciphertext)
    }

    fn kem(&self) -> &dyn Kem {
        self.kem
    }

    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        (self.signature.load_verify_key)(public)
    }

    fn verify(&self, public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        (self.signature.verify)(public, message, signature)
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        (self.signature.load_signing_key)(private)
    }
}
