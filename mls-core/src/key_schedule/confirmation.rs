//! The confirmation tag (RFC 9420 section 6.1).

use mls_crypto_traits::{CryptoError, Suite, Tag};

use super::ConfirmationKey;

/// The tag by which a committer shows that it reached the epoch with this transcript.
///
/// # Errors
/// Whatever the backend's MAC fails with.
pub fn confirmation_tag(
    suite: Suite<'_>,
    key: &ConfirmationKey,
    confirmed_transcript_hash: &[u8],
) -> Result<Tag, CryptoError> {
    suite.mac(key.as_bytes(), &[confirmed_transcript_hash])
}

/// Whether `tag` is the confirmation tag of the epoch, compared in constant time; one of another length is not.
///
/// # Errors
/// Whatever the backend's MAC fails with.
pub fn verify_confirmation_tag(
    suite: Suite<'_>,
    key: &ConfirmationKey,
    confirmed_transcript_hash: &[u8],
    tag: &[u8],
) -> Result<bool, CryptoError> {
    suite.verify_mac(key.as_bytes(), &[confirmed_transcript_hash], tag)
}
