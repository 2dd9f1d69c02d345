//! The suites, each made of its algorithms (RFC 9420 section 17.1).

use alloc::{sync::Arc, vec::Vec};

use mls_crypto_traits::{
    CipherSuite, CipherSuiteProvider, CryptoError, DhKem, Digest, Kdf, Kem, SecretBytes, SignatureScheme, SigningKey,
    SuiteParams, VerifyKey, aead_id, kdf_id,
};
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;

use crate::{
    aead::{AeadAlgorithm, TAG_LEN},
    dh::{nist::NistDh, x25519::X25519},
    hash::HashAlgorithm,
    signature::{
        SignatureAlgorithm,
        ecdsa::{ECDSA_P256, ECDSA_P384, ECDSA_P521},
        ed25519::ED25519,
    },
};
#[cfg(feature = "curve448")]
use crate::{dh::x448::X448, signature::ed448::ED448};

/// The primitives of one suite.
#[derive(Debug)]
pub(crate) struct RustCryptoSuite {
    params: SuiteParams,
    hash: HashAlgorithm,
    aead: AeadAlgorithm,
    kem: &'static dyn Kem,
    signature: SignatureAlgorithm,
}

static KEM_P256: DhKem<NistDh<NistP256>, HashAlgorithm> = DhKem::new(NistDh::new(), HashAlgorithm::Sha256);
static KEM_P384: DhKem<NistDh<NistP384>, HashAlgorithm> = DhKem::new(NistDh::new(), HashAlgorithm::Sha384);
static KEM_P521: DhKem<NistDh<NistP521>, HashAlgorithm> = DhKem::new(NistDh::new(), HashAlgorithm::Sha512);
static KEM_X25519: DhKem<X25519, HashAlgorithm> = DhKem::new(X25519, HashAlgorithm::Sha256);
#[cfg(feature = "curve448")]
static KEM_X448: DhKem<X448, HashAlgorithm> = DhKem::new(X448, HashAlgorithm::Sha512);

pub(crate) static X25519_AES128GCM_SHA256_ED25519: RustCryptoSuite = RustCryptoSuite::new(
    // req: R-17.1-01
    CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519,
    HashAlgorithm::Sha256,
    AeadAlgorithm::Aes128Gcm,
    &KEM_X25519,
    (SignatureScheme::Ed25519, ED25519),
);
pub(crate) static P256_AES128GCM_SHA256_P256: RustCryptoSuite = RustCryptoSuite::new(
    CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
    HashAlgorithm::Sha256,
    AeadAlgorithm::Aes128Gcm,
    &KEM_P256,
    (SignatureScheme::EcdsaP256, ECDSA_P256),
);
pub(crate) static X25519_CHACHA20POLY1305_SHA256_ED25519: RustCryptoSuite = RustCryptoSuite::new(
    CipherSuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519,
    HashAlgorithm::Sha256,
    AeadAlgorithm::ChaCha20Poly1305,
    &KEM_X25519,
    (SignatureScheme::Ed25519, ED25519),
);
#[cfg(feature = "curve448")]
pub(crate) static X448_AES256GCM_SHA512_ED448: RustCryptoSuite = RustCryptoSuite::new(
    CipherSuite::MLS_256_DHKEMX448_AES256GCM_SHA512_ED448,
    HashAlgorithm::Sha512,
    AeadAlgorithm::Aes256Gcm,
    &KEM_X448,
    (SignatureScheme::Ed448, ED448),
);
pub(crate) static P521_AES256GCM_SHA512_P521: RustCryptoSuite = RustCryptoSuite::new(
    CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
    HashAlgorithm::Sha512,
    AeadAlgorithm::Aes256Gcm,
    &KEM_P521,
    (SignatureScheme::EcdsaP521, ECDSA_P521),
);
#[cfg(feature = "curve448")]
pub(crate) static X448_CHACHA20POLY1305_SHA512_ED448: RustCryptoSuite = RustCryptoSuite::new(
    CipherSuite::MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448,
    HashAlgorithm::Sha512,
    AeadAlgorithm::ChaCha20Poly1305,
    &KEM_X448,
    (SignatureScheme::Ed448, ED448),
);
pub(crate) static P384_AES256GCM_SHA384_P384: RustCryptoSuite = RustCryptoSuite::new(
    CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
    HashAlgorithm::Sha384,
    AeadAlgorithm::Aes256Gcm,
    &KEM_P384,
    (SignatureScheme::EcdsaP384, ECDSA_P384),
);

impl RustCryptoSuite {
    const fn new(
        cipher_suite: CipherSuite,
        hash: HashAlgorithm,
        aead: AeadAlgorithm,
        kem: &'static dyn Kem,
        (scheme, signature): (SignatureScheme, SignatureAlgorithm),
    ) -> Self {
        let (hash_len, kdf_id) = match hash {
            HashAlgorithm::Sha256 => (32, kdf_id::HKDF_SHA256),
            HashAlgorithm::Sha384 => (48, kdf_id::HKDF_SHA384),
            HashAlgorithm::Sha512 => (64, kdf_id::HKDF_SHA512),
        };
        let (aead_id, aead_key_len) = match aead {
            AeadAlgorithm::Aes128Gcm => (aead_id::AES_128_GCM, 16),
            AeadAlgorithm::Aes256Gcm => (aead_id::AES_256_GCM, 32),
            AeadAlgorithm::ChaCha20Poly1305 => (aead_id::CHACHA20_POLY1305, 32),
        };
        let params = SuiteParams {
            cipher_suite,
            hash_len,
            aead_id,
            aead_key_len,
            aead_nonce_len: 12,
            aead_tag_len: TAG_LEN,
            kdf_id,
            signature: scheme,
        };
        Self { params, hash, aead, kem, signature }
    }
}

impl CipherSuiteProvider for RustCryptoSuite {
    fn params(&self) -> &SuiteParams {
        &self.params
    }

    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.hash.hash(input)
    }

    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.hash.hmac(key, input)
    }

    fn hkdf_extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.hash.extract(salt, ikm)
    }

    fn hkdf_expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        self.hash.expand(prk, info, len)
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

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        (self.signature.load_signing_key)(private)
    }
}
