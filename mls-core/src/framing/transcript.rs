//! Transcript hashes (RFC 9420 section 8.2).

use mls_codec::{Encode, EncodeError, encode_opaque, opaque_len};
use mls_crypto_traits::{CryptoError, Digest, Suite};

use alloc::vec::Vec;

use super::AuthenticatedContent;

/// The confirmed transcript hash after a Commit: `suite.hash_len()` bytes (RFC 9420 section 8.2).
///
/// `interim` is the interim transcript hash before the Commit. The confirmation tag is not covered
/// and need not be there yet.
///
/// # Errors
/// [`CryptoError::TooLong`] when a vector is too long; otherwise the provider's error.
// req: R-8.2-02
pub fn confirmed_transcript_hash(
    suite: Suite<'_>,
    interim: &[u8],
    commit: &AuthenticatedContent,
) -> Result<Digest, CryptoError> {
    suite.hash(&[interim, &confirmed_input(commit)?])
}

/// The interim transcript hash of an epoch: `suite.hash_len()` bytes (RFC 9420 section 8.2).
///
/// `confirmed` is the epoch's confirmed transcript hash, of no bytes at epoch 0.
///
/// # Errors
/// [`CryptoError::TooLong`] when the tag is too long; otherwise the provider's error.
// req: R-8.2-03
pub fn interim_transcript_hash(
    suite: Suite<'_>,
    confirmed: &[u8],
    confirmation_tag: &[u8],
) -> Result<Digest, CryptoError> {
    let mut input = Vec::with_capacity(opaque_len(confirmation_tag));
    encode_opaque(confirmation_tag, &mut input)?;
    suite.hash(&[confirmed, &input])
}

/// `ConfirmedTranscriptHashInput` (RFC 9420 section 8.2).
fn confirmed_input(commit: &AuthenticatedContent) -> Result<Vec<u8>, EncodeError> {
    let AuthenticatedContent { wire_format, content, auth } = commit;
    (wire_format, content, &auth.signature).to_bytes()
}
