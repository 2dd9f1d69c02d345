//! What a Commit adds to the transcript (RFC 9420 section 8.2).

use mls_codec::Encode;
use mls_crypto_traits::{CryptoError, Digest, Suite};

use super::AuthenticatedContent;
use crate::key_schedule;

pub use crate::key_schedule::interim_transcript_hash;

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
    let AuthenticatedContent { wire_format, content, auth } = commit;
    // ConfirmedTranscriptHashInput
    let input = (wire_format, content, &auth.signature).to_bytes()?;
    key_schedule::confirmed_transcript_hash(suite, interim, &input)
}
