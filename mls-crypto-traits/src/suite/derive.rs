//! The labelled KDFs (RFC 9420 sections 8 and 9.1) and key pairs from key material.

use core::fmt;

use super::Suite;
use crate::{
    CryptoError, HpkeKeyPair, Okm, Rng, SecretBytes, SignatureKeyPair,
    label::{Header, PREFIX},
    random_bytes,
};

/// One of several outputs of `ExpandWithLabel` from the same secret.
pub struct Expansion<'a> {
    /// Without the prefix `MLS 1.0 `.
    pub label: &'a [u8],
    /// The context; empty for `DeriveSecret`, the generation for `DeriveTreeSecret`.
    pub context: &'a [u8],
    /// Where the output goes, as long as it is to be.
    pub out: &'a mut [u8],
}

impl fmt::Debug for Expansion<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { label, context, out } = self;
        f.debug_struct("Expansion")
            .field("label", label)
            .field("context", context)
            .field("len", &out.len())
            .finish_non_exhaustive()
    }
}

/// The lengths in a `KDFLabel`.
#[derive(Clone, Copy, Debug)]
struct Lengths {
    out: [u8; 2],
    label: Header,
    context: Header,
}

impl Lengths {
    fn of(label: &[u8], context: &[u8], out: usize) -> Result<Self, CryptoError> {
        let out = u16::try_from(out).map_err(|_| CryptoError::TooLong)?.to_be_bytes();
        Ok(Self { out, label: Header::of(&[PREFIX, label])?, context: Header::new(context.len())? })
    }

    /// The `KDFLabel` (RFC 9420 section 8).
    fn info<'a>(&'a self, label: &'a [u8], context: &'a [u8]) -> [&'a [u8]; 6] {
        [&self.out, self.label.as_bytes(), PREFIX, label, self.context.as_bytes(), context]
    }
}

impl Suite<'_> {
    /// `KDF.Extract(salt, ikm)`.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    pub fn extract(self, salt: &[u8], ikm: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.provider().hkdf_extract(salt, &[ikm])
    }

    /// `ExpandWithLabel` (RFC 9420 section 8); `label` is without the prefix `MLS 1.0 `.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] where `len` exceeds 65535 or 255 hashes, or an input a vector.
    // req: R-8-01
    pub fn expand_with_label(
        self,
        secret: &[u8],
        label: &[u8],
        context: &[u8],
        len: usize,
    ) -> Result<SecretBytes, CryptoError> {
        let lengths = Lengths::of(label, context, len)?;
        self.provider().hkdf_expand(secret, &lengths.info(label, context), len)
    }

    /// [`expand_with_label`](Self::expand_with_label) of one secret to several outputs: what they have in common is done
    /// once. What stands in the outputs after an error is not said.
    ///
    /// ```
    /// use mls_crypto_traits::{CryptoError, Expansion, SecretBytes, Suite};
    ///
    /// /// The secrets of a node's two children in the secret tree.
    /// fn children(suite: Suite<'_>, parent: &[u8]) -> Result<[SecretBytes; 2], CryptoError> {
    ///     let [mut left, mut right] = [0, 1].map(|_| SecretBytes::zeros(suite.hash_len()));
    ///     suite.expand_each(parent, [
    ///         Expansion { label: b"tree", context: b"left", out: left.as_mut_bytes() },
    ///         Expansion { label: b"tree", context: b"right", out: right.as_mut_bytes() },
    ///     ])?;
    ///     Ok([left, right])
    /// }
    /// ```
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] where an output is longer than `Nh`, or an input than a vector.
    pub fn expand_each<const N: usize>(self, secret: &[u8], expansions: [Expansion<'_>; N]) -> Result<(), CryptoError> {
        let mut lengths = [Lengths::of(b"", b"", 0)?; N];
        for (lengths, Expansion { label, context, out }) in lengths.iter_mut().zip(&expansions) {
            *lengths = Lengths::of(label, context, out.len())?;
        }
        let mut infos = [[&[][..]; 6]; N];
        for ((info, lengths), Expansion { label, context, .. }) in infos.iter_mut().zip(&lengths).zip(&expansions) {
            *info = lengths.info(label, context);
        }
        let mut infos = infos.iter();
        let mut outputs = expansions.map(|Expansion { out, .. }| {
            let info = infos.next().map_or(&[][..], |info| &info[..]);
            Okm { info, okm: out }
        });
        self.provider().hkdf_expand_each(secret, &mut outputs)
    }

    /// `DeriveSecret` (RFC 9420 section 8): no context, `Nh` bytes.
    ///
    /// # Errors
    /// As [`expand_with_label`](Self::expand_with_label).
    // req: R-8-02
    pub fn derive_secret(self, secret: &[u8], label: &[u8]) -> Result<SecretBytes, CryptoError> {
        self.expand_with_label(secret, label, &[], self.hash_len())
    }

    /// `DeriveTreeSecret` (RFC 9420 section 9.1).
    ///
    /// # Errors
    /// As [`expand_with_label`](Self::expand_with_label).
    // req: R-9.1-01
    pub fn derive_tree_secret(
        self,
        secret: &[u8],
        label: &[u8],
        generation: u32,
        len: usize,
    ) -> Result<SecretBytes, CryptoError> {
        self.expand_with_label(secret, label, &generation.to_be_bytes(), len)
    }

    /// `KEM.DeriveKeyPair(ikm)` (RFC 9180 section 7.1.3).
    ///
    /// # Errors
    /// [`CryptoError::KeyDerivation`] where no candidate is a key.
    pub fn derive_key_pair(self, ikm: &[u8]) -> Result<HpkeKeyPair, CryptoError> {
        self.provider().kem().derive_key_pair(ikm)
    }

    /// A fresh HPKE key pair.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] where the source failed.
    pub fn generate_hpke_key_pair(self, rng: &mut dyn Rng) -> Result<HpkeKeyPair, CryptoError> {
        let ikm = random_bytes(rng, self.provider().kem().key_ikm_len())?;
        self.derive_key_pair(ikm.as_bytes())
    }

    /// A signature key pair from key material: the EdDSA seed, or the ECDSA scalar by rejection
    /// sampling. The same material gives an unrelated HPKE key pair.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a scheme whose provider cannot derive;
    /// [`CryptoError::KeyDerivation`] where no candidate is a key.
    pub fn derive_signature_key_pair(self, ikm: &[u8]) -> Result<SignatureKeyPair, CryptoError> {
        let private = self.provider().derive_signature_key(ikm)?;
        let public = self.signing_key(&private)?.public_key().clone();
        Ok(SignatureKeyPair { private, public })
    }

    /// A fresh signature key pair.
    ///
    /// # Errors
    /// [`CryptoError::Randomness`] where the source failed, and those of
    /// [`derive_signature_key_pair`](Self::derive_signature_key_pair).
    pub fn generate_signature_key_pair(self, rng: &mut dyn Rng) -> Result<SignatureKeyPair, CryptoError> {
        let ikm = random_bytes(rng, self.provider().signature_ikm_len())?;
        self.derive_signature_key_pair(ikm.as_bytes())
    }
}
