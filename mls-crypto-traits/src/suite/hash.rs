//! Hashes, references and MACs (RFC 9420 sections 5.1, 5.2).

use super::Suite;
use crate::{CryptoError, Digest, Tag, label::Header};

impl Suite<'_> {
    /// The hash of the concatenation of `input`.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    pub fn hash(self, input: &[&[u8]]) -> Result<Digest, CryptoError> {
        self.provider().hash(input)
    }

    /// `RefHash` (RFC 9420 section 5.2). `label` is whole: `MLS 1.0 KeyPackage Reference` or `MLS 1.0
    /// Proposal Reference`.
    ///
    /// # Errors
    /// [`CryptoError::TooLong`] beyond what a vector holds.
    // req: R-5.2-01
    pub fn ref_hash(self, label: &[u8], value: &[u8]) -> Result<Digest, CryptoError> {
        let label_len = Header::new(label.len())?;
        let value_len = Header::new(value.len())?;
        self.hash(&[label_len.as_bytes(), label, value_len.as_bytes(), value])
    }

    /// The MAC of the concatenation of `input`: HMAC with the suite's hash (RFC 9420 section 17.1).
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    pub fn mac(self, key: &[u8], input: &[&[u8]]) -> Result<Tag, CryptoError> {
        let tag = self.provider().hmac(key, input)?;
        Tag::from_slice(tag.as_bytes()).ok_or(CryptoError::Backend)
    }

    /// Whether `tag` is the MAC of `input`: the length first, then the bytes in constant time.
    ///
    /// # Errors
    /// [`CryptoError::Backend`] where the library failed.
    // req: R-6.2-03
    pub fn verify_mac(self, key: &[u8], input: &[&[u8]], tag: &[u8]) -> Result<bool, CryptoError> {
        if tag.len() != self.hash_len() {
            return Ok(false);
        }
        self.mac(key, input).map(|ours| ours.ct_eq(tag))
    }
}
