//! Cipher suites and what they consist of (RFC 9420 sections 5.1 and 17.1).

use mls_codec::open_enum;

open_enum! {
    /// A cipher suite (RFC 9420 section 17.1). Unknown values are kept, so that they can be ignored
    /// where they are only announced.
    pub struct CipherSuite: u16 {
        /// 0x0001, mandatory to implement.
        MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519 = 1,
        /// 0x0002.
        MLS_128_DHKEMP256_AES128GCM_SHA256_P256 = 2,
        /// 0x0003.
        MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519 = 3,
        /// 0x0004.
        MLS_256_DHKEMX448_AES256GCM_SHA512_ED448 = 4,
        /// 0x0005.
        MLS_256_DHKEMP521_AES256GCM_SHA512_P521 = 5,
        /// 0x0006.
        MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448 = 6,
        /// 0x0007.
        MLS_256_DHKEMP384_AES256GCM_SHA384_P384 = 7,
    }
}

impl CipherSuite {
    /// Whether the value lies in the range for private use, 0xF000 to 0xFFFF.
    #[must_use]
    pub fn is_private_use(self) -> bool {
        // req: R-17.1-03
        u16::from(self) >= 0xf000
    }
}

/// HPKE KDF identifiers (RFC 9180 section 7.2).
pub mod kdf_id {
    /// HKDF-SHA256.
    pub const HKDF_SHA256: u16 = 0x0001;
    /// HKDF-SHA384.
    pub const HKDF_SHA384: u16 = 0x0002;
    /// HKDF-SHA512.
    pub const HKDF_SHA512: u16 = 0x0003;
}

/// HPKE AEAD identifiers (RFC 9180 section 7.3).
pub mod aead_id {
    /// AES-128-GCM.
    pub const AES_128_GCM: u16 = 0x0001;
    /// AES-256-GCM.
    pub const AES_256_GCM: u16 = 0x0002;
    /// ChaCha20-Poly1305.
    pub const CHACHA20_POLY1305: u16 = 0x0003;
}

/// A signature scheme of MLS, named as TLS does (RFC 9420 section 17.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureScheme {
    /// `ed25519`.
    Ed25519,
    /// `ed448`.
    Ed448,
    /// `ecdsa_secp256r1_sha256`.
    EcdsaP256,
    /// `ecdsa_secp384r1_sha384`.
    EcdsaP384,
    /// `ecdsa_secp521r1_sha512`.
    EcdsaP521,
    /// Any other, by its TLS code point. Nothing is checked in front of the provider: that its
    /// verdicts are the same everywhere is the provider's to see to.
    Other(u16),
}

/// The sizes and identifiers of a suite's algorithms; lengths are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "RFC 9420 section 5.1 fixes what a suite consists of")]
pub struct SuiteParams {
    /// The suite's identifier.
    pub cipher_suite: CipherSuite,
    /// Output of hash, MAC and KDF extract (`Nh`, `KDF.Nh`).
    pub hash_len: usize,
    /// HPKE AEAD identifier, see [`aead_id`].
    pub aead_id: u16,
    /// `AEAD.Nk`.
    pub aead_key_len: usize,
    /// `AEAD.Nn`.
    pub aead_nonce_len: usize,
    /// `AEAD.Nt`.
    pub aead_tag_len: usize,
    /// HPKE KDF identifier, see [`kdf_id`].
    pub kdf_id: u16,
    /// The signature scheme of leaves, key packages and messages.
    pub signature: SignatureScheme,
}

impl SuiteParams {
    /// The parameters of a registered suite, 0x0001 to 0x0007 (RFC 9420 section 17.1).
    ///
    /// ```
    /// use mls_crypto_traits::{CipherSuite, SuiteParams};
    ///
    /// let id = CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384;
    /// assert_eq!(SuiteParams::registered(id).unwrap().hash_len, 48);
    /// ```
    #[must_use]
    pub fn registered(cipher_suite: CipherSuite) -> Option<Self> {
        use SignatureScheme::{EcdsaP256, EcdsaP384, EcdsaP521, Ed448, Ed25519};
        use aead_id::{AES_128_GCM, AES_256_GCM, CHACHA20_POLY1305};
        // req: R-5.1-01, R-17.1-02
        let (aead_id, hash_len, signature) = match cipher_suite {
            CipherSuite::MLS_128_DHKEMX25519_AES128GCM_SHA256_ED25519 => (AES_128_GCM, 32, Ed25519),
            CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256 => (AES_128_GCM, 32, EcdsaP256),
            CipherSuite::MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_ED25519 => (CHACHA20_POLY1305, 32, Ed25519),
            CipherSuite::MLS_256_DHKEMX448_AES256GCM_SHA512_ED448 => (AES_256_GCM, 64, Ed448),
            CipherSuite::MLS_256_DHKEMP521_AES256GCM_SHA512_P521 => (AES_256_GCM, 64, EcdsaP521),
            CipherSuite::MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_ED448 => (CHACHA20_POLY1305, 64, Ed448),
            CipherSuite::MLS_256_DHKEMP384_AES256GCM_SHA384_P384 => (AES_256_GCM, 48, EcdsaP384),
            _ => return None,
        };
        Some(Self {
            cipher_suite,
            hash_len,
            aead_id,
            aead_key_len: if aead_id == AES_128_GCM { 16 } else { 32 },
            aead_nonce_len: 12,
            aead_tag_len: 16,
            kdf_id: match hash_len {
                32 => kdf_id::HKDF_SHA256,
                48 => kdf_id::HKDF_SHA384,
                _ => kdf_id::HKDF_SHA512,
            },
            signature,
        })
    }
}

#[cfg(test)]
mod tests;
