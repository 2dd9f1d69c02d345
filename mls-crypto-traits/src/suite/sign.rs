//! Signatures with labels (RFC 9420 section 5.1.2).

use alloc::{sync::Arc, vec::Vec};

use super::Suite;
use crate::{
    CryptoError, SignaturePrivateKey, SignaturePublicKey, SignatureScheme, SigningKey, VerifyItem, VerifyKey, checks,
    kdf::joined,
    label::{Header, PREFIX},
};

/// A signature public key, parsed once, with the checks of [`checks`](crate::checks) in front.
/// Cloning shares it.
#[derive(Clone, Debug)]
pub struct CheckedVerifyKey {
    scheme: SignatureScheme,
    key: Arc<dyn VerifyKey>,
}

/// One signature to verify in [`Suite::verify_batch`]; `label` is without the prefix `MLS 1.0 `.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::exhaustive_structs, reason = "the arguments of one call")]
pub struct VerifyRequest<'a> {
    /// The key, of the same suite and provider.
    pub key: &'a CheckedVerifyKey,
    /// What kind of object is signed.
    pub label: &'a [u8],
    /// The object, in parts.
    pub content: &'a [&'a [u8]],
    /// The signature.
    pub signature: &'a [u8],
}

impl CheckedVerifyKey {
    /// `VerifyWithLabel` (RFC 9420 section 5.1.2); the parts of `content` are concatenated.
    ///
    /// # Errors
    /// [`CryptoError::InvalidSignature`]; [`CryptoError::TooLong`] beyond what a vector holds.
    pub fn verify_with_label(&self, label: &[u8], content: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        checks::signature(self.scheme, signature)?;
        with_sign_content(label, content, |message| self.key.verify(message, signature))?
    }

    /// Verifies a signature over bare bytes, for the conformance kit.
    #[cfg(feature = "conformance")]
    pub(crate) fn verify(&self, message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        checks::signature(self.scheme, signature)?;
        self.key.verify(message, signature)
    }
}

impl Suite<'_> {
    /// `SignWithLabel` (RFC 9420 section 5.1.2); `label` is without the prefix `MLS 1.0 `, the parts of
    /// `content` are concatenated.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the signer failed or gave what nobody would accept, such as bare
    /// `r || s` for ECDSA; [`CryptoError::TooLong`] beyond what a vector holds.
    // req: R-5.1.2-03
    pub fn sign_with_label(
        self,
        key: &dyn SigningKey,
        label: &[u8],
        content: &[&[u8]],
    ) -> Result<Vec<u8>, CryptoError> {
        let signature = with_sign_content(label, content, |message| key.sign(message))??;
        let scheme = self.provider().params().signature;
        checks::signature(scheme, &signature).map_err(|_| CryptoError::Backend)?;
        Ok(signature)
    }

    /// `VerifyWithLabel` (RFC 9420 section 5.1.2) under a key that is parsed for this one signature.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`], [`CryptoError::InvalidSignature`],
    /// [`CryptoError::TooLong`].
    // req: R-5.1.2-04
    pub fn verify_with_label(
        self,
        public: &SignaturePublicKey,
        label: &[u8],
        content: &[&[u8]],
        signature: &[u8],
    ) -> Result<(), CryptoError> {
        let scheme = self.provider().params().signature;
        checks::signature_public_key(scheme, public.as_bytes())?;
        if let Err(malformed) = checks::signature(scheme, signature) {
            // A key that is none is the first thing to be wrong.
            return self.verify_key(public.as_bytes()).and(Err(malformed));
        }
        with_sign_content(label, content, |message| self.provider().verify(public.as_bytes(), message, signature))?
    }

    /// Verifies a signature over bare bytes under a key that is parsed for it, for the conformance kit.
    #[cfg(feature = "conformance")]
    pub(crate) fn verify(self, public: &[u8], message: &[&[u8]], signature: &[u8]) -> Result<(), CryptoError> {
        let scheme = self.provider().params().signature;
        checks::signature_public_key(scheme, public)?;
        if let Err(malformed) = checks::signature(scheme, signature) {
            return self.verify_key(public).and(Err(malformed));
        }
        self.provider().verify(public, message, signature)
    }

    /// Verifies many signatures. The verdicts are those of
    /// [`CheckedVerifyKey::verify_with_label`], in the order of the requests.
    pub fn verify_batch(self, requests: &[VerifyRequest<'_>]) -> Vec<Result<(), CryptoError>> {
        let framed: Vec<_> = requests.iter().map(Framed::new).collect();
        let messages: Vec<_> = framed.iter().flatten().map(Framed::message).collect();
        let items: Vec<_> = framed
            .iter()
            .flatten()
            .zip(&messages)
            .map(|(framed, message)| VerifyItem {
                key: &*framed.request.key.key,
                message,
                signature: framed.request.signature,
            })
            .collect();
        let mut verdicts = self.provider().verify_batch(&items).into_iter();
        framed
            .iter()
            .map(|framed| match framed {
                // A provider that answers less than it was asked has verified nothing.
                Ok(_) => verdicts.next().unwrap_or(Err(CryptoError::Backend)),
                Err(error) => Err(*error),
            })
            .collect()
    }

    /// Parses and checks a signature public key, to verify with it more than once.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    pub fn verify_key(self, public: &[u8]) -> Result<CheckedVerifyKey, CryptoError> {
        let scheme = self.provider().params().signature;
        checks::signature_public_key(scheme, public)?;
        let key = self.provider().load_verify_key(public)?;
        Ok(CheckedVerifyKey { scheme, key })
    }

    /// Checks a signature public key.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPublicKey`].
    // req: R-5.1.2-01
    pub fn check_signature_public_key(self, public: &[u8]) -> Result<(), CryptoError> {
        self.verify_key(public).map(drop)
    }

    /// Parses a signature private key. A NIST scalar that lost its leading zeros is padded.
    ///
    /// # Errors
    /// [`CryptoError::InvalidPrivateKey`].
    pub fn signing_key(self, private: &SignaturePrivateKey) -> Result<Arc<dyn SigningKey>, CryptoError> {
        let scheme = self.provider().params().signature;
        let full = checks::signature_private_key(scheme, private.as_bytes())?;
        self.provider().load_signing_key(full.as_bytes())
    }
}

/// Calls `use_it` with the parts of `SignContent { label<V>, content<V> }`.
fn with_sign_content<T>(label: &[u8], content: &[&[u8]], use_it: impl FnOnce(&[&[u8]]) -> T) -> Result<T, CryptoError> {
    let label_len = Header::of(&[PREFIX, label])?;
    let content_len = Header::of(content)?;
    Ok(joined(&[label_len.as_bytes(), PREFIX, label, content_len.as_bytes()], content, &[], use_it))
}

fn sign_content<'a>(
    label_len: &'a Header,
    label: &'a [u8],
    content_len: &'a Header,
    content: &[&'a [u8]],
) -> Vec<&'a [u8]> {
    let mut parts = Vec::with_capacity(content.len().saturating_add(4));
    parts.extend_from_slice(&[label_len.as_bytes(), PREFIX, label, content_len.as_bytes()]);
    parts.extend_from_slice(content);
    parts
}

/// A request that passed the checks in front, with its length headers.
struct Framed<'a> {
    request: &'a VerifyRequest<'a>,
    label_len: Header,
    content_len: Header,
}

impl<'a> Framed<'a> {
    fn new(request: &'a VerifyRequest<'a>) -> Result<Self, CryptoError> {
        checks::signature(request.key.scheme, request.signature)?;
        Ok(Self {
            request,
            label_len: Header::of(&[PREFIX, request.label])?,
            content_len: Header::of(request.content)?,
        })
    }

    fn message(&self) -> Vec<&[u8]> {
        let Self { request, label_len, content_len } = self;
        sign_content(label_len, request.label, content_len, request.content)
    }
}
