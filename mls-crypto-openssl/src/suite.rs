//! The suites, each made of its algorithms (RFC 9420 section 17.1).

use std::sync::Arc;

use mls_crypto_traits::{
    CipherSuite, CipherSuiteProvider, CryptoError, DhKem, Digest, Kdf, Kem, SecretBytes, SigningKey, SuiteParams,
    VerifyKey,
};

use crate::{
    aead::{Aead, AeadAlgorithm},
    dh::{
        nist::{Nist, NistCurve},
        xdh::Xdh,
    },
    hash::{Hash, HashAlgorithm},
    signature::{SignatureAlgorithm, ecdsa::Ecdsa, eddsa::Eddsa},
};

/// The curves of a suite, of its KEM and of its signatures.
#[derive(Clone, Copy, Debug)]
enum Curves {
    Edwards(Xdh, Eddsa),
    Nist(NistCurve),
}

/// What a suite is made of, nothing of it fetched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Recipe {
    cipher_suite: CipherSuite,
    curves: Curves,
    aead: AeadAlgorithm,
    hash: HashAlgorithm,
}

const EDWARDS25519: Curves = Curves::Edwards(Xdh::X25519, Eddsa::Ed25519);
const EDWARDS448: Curves = Curves::Edwards(Xdh::X448, Eddsa::Ed448);

/// In the order of preference among the registered suites of one strength: the mandatory one first.
pub(crate) const RECIPES: [Recipe; 7] = [
    Recipe {
        cipher_suite: CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519,
        curves: EDWARDS25519,
        aead: AeadAlgorithm::Aes128Gcm,
        hash: HashAlgorithm::Sha256,
    },
    Recipe {
        cipher_suite: CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256,
        curves: Curves::Nist(NistCurve::P256),
        aead: AeadAlgorithm::Aes128Gcm,
        hash: HashAlgorithm::Sha256,
    },
    Recipe {
        cipher_suite: CipherSuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519,
        curves: EDWARDS25519,
        aead: AeadAlgorithm::ChaCha20Poly1305,
        hash: HashAlgorithm::Sha256,
    },
    Recipe {
        cipher_suite: CipherSuite::MLS_256_DHKEMX448_AES256GCM_SHA512_ED448,
        curves: EDWARDS448,
        aead: AeadAlgorithm::Aes256Gcm,
        hash: HashAlgorithm::Sha512,
    },
    Recipe {
        cipher_suite: CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521,
        curves: Curves::Nist(NistCurve::P521),
        aead: AeadAlgorithm::Aes256Gcm,
        hash: HashAlgorithm::Sha512,
    },
    Recipe {
        cipher_suite: CipherSuite::MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448,
        curves: EDWARDS448,
        aead: AeadAlgorithm::ChaCha20Poly1305,
        hash: HashAlgorithm::Sha512,
    },
    Recipe {
        cipher_suite: CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384,
        curves: Curves::Nist(NistCurve::P384),
        aead: AeadAlgorithm::Aes256Gcm,
        hash: HashAlgorithm::Sha384,
    },
];

/// The primitives of one suite.
#[derive(Debug)]
pub(crate) struct OpenSslSuite {
    params: SuiteParams,
    hash: Hash,
    aead: Aead,
    kem: Box<dyn Kem>,
    signature: Box<dyn SignatureAlgorithm>,
}

impl OpenSslSuite {
    /// Fetches the suite's algorithms.
    pub(crate) fn fetch(recipe: Recipe) -> Result<Self, CryptoError> {
        let params = SuiteParams::registered(recipe.cipher_suite).ok_or(CryptoError::Unsupported)?;
        let hash = Hash::fetch(recipe.hash)?;
        let aead = Aead::fetch(recipe.aead)?;
        let (kem, signature): (Box<dyn Kem>, Box<dyn SignatureAlgorithm>) = match recipe.curves {
            Curves::Edwards(dh, signature) => {
                // RFC 9180 section 7.1: X25519 goes with SHA-256, X448 with SHA-512, as in the suites.
                (Box::new(DhKem::new(dh.probe()?, hash.clone())), Box::new(signature.probe()?))
            }
            Curves::Nist(name) => {
                let curve = Nist::new(name)?;
                (Box::new(DhKem::new(curve.clone(), hash.clone())), Box::new(Ecdsa::new(curve, hash.clone())))
            }
        };
        Ok(Self { params, hash, aead, kem, signature })
    }
}

impl CipherSuiteProvider for OpenSslSuite {
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

    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.aead.open(key, nonce, aad, ciphertext)
    }

    fn kem(&self) -> &dyn Kem {
        &*self.kem
    }

    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError> {
        self.signature.load_verify_key(public)
    }

    fn verify(&self, public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        self.signature.verify(public, message, signature)
    }

    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError> {
        self.signature.load_signing_key(private)
    }
}
