//! What a backend implements.

use alloc::{sync::Arc, vec::Vec};
use core::fmt::Debug;

use crate::{
    CertificateSignatures, CipherSuite, CryptoError, Digest, HpkeCiphertext, Kdf, Kem, KemPrivateKey, Okm, SealItem,
    SecretBytes, SignaturePrivateKey, SigningKey, Suite, SuiteParams, VerifyItem, VerifyKey, checks, hpke, kdf,
};

/// A set of cipher suites: the crypto of a deployment, as a value.
pub trait CryptoProvider: Debug + Send + Sync {
    /// The suites it has, best first.
    fn cipher_suites(&self) -> Vec<CipherSuite>;

    /// The primitives of a suite; `None` where it has no such suite.
    fn provider(&self, id: CipherSuite) -> Option<&dyn CipherSuiteProvider>;

    /// A suite as callers use it.
    fn suite(&self, id: CipherSuite) -> Option<Suite<'_>> {
        self.provider(id).map(Suite::new)
    }

    /// Signature algorithms of certification authorities that no suite has, such as RSA; `None` where the backend has
    /// none.
    fn certificate_signatures(&self) -> Option<&dyn CertificateSignatures> {
        None
    }
}

/// The primitives of one cipher suite.
///
/// An implementation draws no randomness and checks nothing that [`checks`](crate::checks) checks in
/// front of it; callers go through [`Suite`]. Inputs that are slices of slices are concatenated.
/// It is ready when the kit of the feature `conformance` passes.
pub trait CipherSuiteProvider: Debug + Send + Sync {
    /// Sizes and identifiers.
    fn params(&self) -> &SuiteParams;

    /// The suite's hash.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    fn hash(&self, input: &[&[u8]]) -> Result<Digest, CryptoError>;

    /// HMAC with the suite's hash; a key of any length.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    fn hmac(&self, key: &[u8], input: &[&[u8]]) -> Result<SecretBytes, CryptoError>;

    /// HKDF-Extract (RFC 5869 section 2.2).
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    fn hkdf_extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        kdf::hkdf_extract_with(|key, input| self.hmac(key, input), salt, ikm)
    }

    /// HKDF-Expand (RFC 5869 section 2.3) to `len` bytes; a `prk` of any length.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond 255 hashes.
    fn hkdf_expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        kdf::hkdf_expand_with(|key, input| self.hmac(key, input), prk, info, len)
    }

    /// [`hkdf_expand`](Self::hkdf_expand) of one `prk` to several outputs, none longer than a hash. A backend may set the
    /// key up once for all of them. What stands in the outputs after an error is not said.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] for an output that is longer, and those of [`hkdf_expand`](Self::hkdf_expand).
    fn hkdf_expand_each(&self, prk: &[u8], outputs: &mut [Okm<'_>]) -> Result<(), CryptoError> {
        for Okm { info, okm } in outputs {
            if okm.len() > self.params().hash_len {
                return Err(CryptoError::TooLong);
            }
            let expanded = self.hkdf_expand(prk, info, okm.len())?;
            if expanded.len() != okm.len() {
                return Err(CryptoError::Backend);
            }
            okm.copy_from_slice(expanded.as_bytes());
        }
        Ok(())
    }

    /// AEAD encryption: ciphertext with the tag behind it. Key and nonce have the suite's lengths.
    ///
    /// # Errors
    /// [`CryptoError::WrongLength`], [`CryptoError::TooLong`], [`CryptoError::Backend`].
    fn aead_seal(&self, key: &[u8], nonce: &[u8], aad: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, CryptoError>;

    /// The same in place: `text` is the plaintext with room for the tag behind it, and becomes what
    /// [`aead_seal`](Self::aead_seal) gives. A backend that can do it saves a copy.
    ///
    /// # Errors
    /// Those of [`aead_seal`](Self::aead_seal), and [`CryptoError::WrongLength`] where there is no room for a tag.
    ///
    /// # Security
    /// After an error plaintext may stand in `text`.
    fn aead_seal_in_place(&self, key: &[u8], nonce: &[u8], aad: &[u8], text: &mut [u8]) -> Result<(), CryptoError> {
        let len = text.len().checked_sub(self.params().aead_tag_len).ok_or(CryptoError::WrongLength)?;
        let sealed = self.aead_seal(key, nonce, aad, text.get(..len).unwrap_or_default())?;
        if sealed.len() != text.len() {
            return Err(CryptoError::Backend);
        }
        text.copy_from_slice(&sealed);
        Ok(())
    }

    /// AEAD decryption of what [`aead_seal`](Self::aead_seal) gives.
    ///
    /// # Errors
    /// [`CryptoError::InvalidCiphertext`] for whatever is wrong with the ciphertext.
    fn aead_open(&self, key: &[u8], nonce: &[u8], aad: &[u8], ciphertext: &[u8]) -> Result<SecretBytes, CryptoError>;

    /// The suite's KEM; [`DhKem`](crate::DhKem) for the Diffie-Hellman ones.
    fn kem(&self) -> &dyn Kem;

    /// Parses a signature public key. Length, form and small order are checked in front; that an ECDSA
    /// point lies on its curve and an EdDSA key decodes is checked here.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    fn load_verify_key(&self, public: &[u8]) -> Result<Arc<dyn VerifyKey>, CryptoError>;

    /// Verifies one signature under a key that is parsed for it alone. Both have passed the checks in front.
    ///
    /// # Errors
    /// Those of [`load_verify_key`](Self::load_verify_key), then those of [`VerifyKey::verify`].
    ///
    /// # Security
    /// An override gives these very verdicts. It is for libraries that decode the key as they verify: whether it
    /// decodes has to be asked before that only where the signature is not good.
    fn verify(&self, public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        self.load_verify_key(public)?.verify(message, signature)
    }

    /// Parses a signature private key: the seed for EdDSA, a big-endian scalar of full length in
    /// `[1, n-1]` for ECDSA (checked in front).
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    fn load_signing_key(&self, private: &[u8]) -> Result<Arc<dyn SigningKey>, CryptoError>;

    /// How many random bytes make a signature private key.
    fn signature_ikm_len(&self) -> usize {
        checks::signature_private_key_len(self.params().signature).unwrap_or(64)
    }

    /// Derives a signature private key from key material. A scheme that this crate knows needs no
    /// implementation.
    ///
    /// # Errors
    /// [`CryptoError::Unsupported`] for a scheme that this crate does not know;
    /// [`CryptoError::KeyDerivation`] where no candidate is a key.
    fn derive_signature_key(&self, ikm: &[u8]) -> Result<SignaturePrivateKey, CryptoError> {
        checks::derive_signature_key(&ProviderKdf(self), self.params().signature, ikm)
    }

    /// Verifies many signatures; the verdicts stand in the order of the items.
    ///
    /// # Security
    /// An override gives the verdicts that [`VerifyKey::verify`] gives, every one: the usual batch
    /// equation of Ed25519 does not, as it lets small-order components cancel.
    fn verify_batch(&self, items: &[VerifyItem<'_>]) -> Vec<Result<(), CryptoError>> {
        items.iter().map(|item| item.key.verify(item.message, item.signature)).collect()
    }

    /// Single-shot HPKE encryption under a key schedule computed once.
    ///
    /// # Errors
    /// Those of [`Kem::encap`] and [`aead_seal`](Self::aead_seal).
    fn hpke_seal(&self, schedule: &hpke::KeySchedule, item: &SealItem<'_>) -> Result<HpkeCiphertext, CryptoError> {
        hpke::seal_with_schedule(self, schedule, item)
    }

    /// Single-shot HPKE encryption of many messages; the results stand in the order of the items.
    fn hpke_seal_batch(
        &self,
        schedule: &hpke::KeySchedule,
        items: &[SealItem<'_>],
    ) -> Vec<Result<HpkeCiphertext, CryptoError>> {
        items.iter().map(|item| self.hpke_seal(schedule, item)).collect()
    }

    /// Single-shot HPKE decryption under a key schedule computed once.
    ///
    /// # Errors
    /// Those of [`Kem::decap`]; [`CryptoError::InvalidCiphertext`].
    fn hpke_open(
        &self,
        schedule: &hpke::KeySchedule,
        private: &[u8],
        aad: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, CryptoError> {
        hpke::open_with_schedule(self, schedule, private, aad, ciphertext)
    }

    /// [`hpke_open`](Self::hpke_open) with a key that this provider's KEM has loaded.
    ///
    /// # Errors
    /// Those of [`KemPrivateKey::decap`]; [`CryptoError::InvalidCiphertext`].
    fn hpke_open_with(
        &self,
        schedule: &hpke::KeySchedule,
        key: &dyn KemPrivateKey,
        aad: &[u8],
        ciphertext: &HpkeCiphertext,
    ) -> Result<SecretBytes, CryptoError> {
        hpke::open_with_key(self, schedule, key, aad, ciphertext)
    }
}

/// A provider's HKDF.
#[derive(Debug)]
pub(crate) struct ProviderKdf<'a, P: ?Sized>(pub(crate) &'a P);

impl<P: CipherSuiteProvider + ?Sized> Kdf for ProviderKdf<'_, P> {
    fn hash_len(&self) -> usize {
        self.0.params().hash_len
    }

    fn extract(&self, salt: &[u8], ikm: &[&[u8]]) -> Result<SecretBytes, CryptoError> {
        self.0.hkdf_extract(salt, ikm)
    }

    fn expand(&self, prk: &[u8], info: &[&[u8]], len: usize) -> Result<SecretBytes, CryptoError> {
        self.0.hkdf_expand(prk, info, len)
    }
}
