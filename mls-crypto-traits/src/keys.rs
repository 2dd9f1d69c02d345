//! Key types by purpose (RFC 9420 section 5.1.1), and what HPKE sends.

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, Encode};

use crate::SecretBytes;

macro_rules! public_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        pub struct $name(Vec<u8>);

        impl $name {
            /// The key as it stands on the wire.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl From<Vec<u8>> for $name {
            fn from(bytes: Vec<u8>) -> Self {
                Self(bytes)
            }
        }

        impl From<&[u8]> for $name {
            fn from(bytes: &[u8]) -> Self {
                Self(bytes.to_vec())
            }
        }

        impl AsRef<[u8]> for $name {
            fn as_ref(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self(bytes) = self;
                f.write_str(concat!(stringify!($name), "("))?;
                for byte in bytes {
                    write!(f, "{byte:02x}")?;
                }
                f.write_str(")")
            }
        }
    };
}

macro_rules! private_key {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name(SecretBytes);

        impl $name {
            /// Takes over a serialised key; nothing is checked before it is used.
            #[must_use]
            pub fn from_bytes(bytes: Vec<u8>) -> Self {
                Self(SecretBytes::from(bytes))
            }

            /// The serialised key.
            ///
            /// # Security
            /// A copy made of it is the caller's to wipe.
            #[must_use]
            pub fn as_bytes(&self) -> &[u8] {
                self.0.as_bytes()
            }

            /// A second copy, which lives and is wiped on its own.
            #[must_use]
            pub fn duplicate(&self) -> Self {
                Self(self.0.duplicate())
            }
        }

        impl From<SecretBytes> for $name {
            fn from(bytes: SecretBytes) -> Self {
                Self(bytes)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self(_) = self;
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        }
    };
}

public_key! {
    /// An HPKE public key, `opaque HPKEPublicKey<V>`: the RFC 9180 serialisation for the suite's KEM.
    ///
    /// Not checked by itself: see [`Suite::check_hpke_public_key`](crate::Suite::check_hpke_public_key).
    HpkePublicKey
}

public_key! {
    /// A signature public key, `opaque SignaturePublicKey<V>`: raw for EdDSA, an uncompressed point for
    /// ECDSA.
    ///
    /// Not checked by itself: see [`Suite::verify_key`](crate::Suite::verify_key).
    SignaturePublicKey
}

private_key! {
    /// An HPKE private key, in the RFC 9180 serialisation for the suite's KEM.
    HpkePrivateKey
}

private_key! {
    /// A signature private key: the RFC 8032 seed for EdDSA, the big-endian scalar for ECDSA.
    SignaturePrivateKey
}

/// An HPKE key pair.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a pair has two parts")]
pub struct HpkeKeyPair {
    /// What opens.
    pub private: HpkePrivateKey,
    /// What seals.
    pub public: HpkePublicKey,
}

/// A signature key pair.
#[derive(Debug)]
#[expect(clippy::exhaustive_structs, reason = "a pair has two parts")]
pub struct SignatureKeyPair {
    /// What signs.
    pub private: SignaturePrivateKey,
    /// What verifies.
    pub public: SignaturePublicKey,
}

/// `HPKECiphertext` (RFC 9420 section 7.6): one single-shot HPKE encryption.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::exhaustive_structs, reason = "a structure on the wire")]
pub struct HpkeCiphertext {
    /// The encapsulated key, `enc` of RFC 9180.
    pub kem_output: Vec<u8>,
    /// The AEAD ciphertext with its tag.
    pub ciphertext: Vec<u8>,
}

#[cfg(test)]
mod tests;
