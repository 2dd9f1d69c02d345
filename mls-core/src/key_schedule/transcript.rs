//! The transcript hashes (RFC 9420 section 8.2).

use alloc::vec::Vec;

use mls_codec::{encode_opaque, opaque_len};
use mls_crypto_traits::{CryptoError, Digest, Suite};

/// The confirmed transcript hash after a Commit.
///
/// `interim_transcript_hash` is the one before it, empty at epoch 0. `input` is the encoded
/// `ConfirmedTranscriptHashInput`: wire format, `FramedContent` and signature of the Commit.
///
/// # Errors
/// Whatever the backend's hash fails with.
// req: R-8.2-02
pub fn confirmed_transcript_hash(
    suite: Suite<'_>,
    interim_transcript_hash: &[u8],
    input: &[u8],
) -> Result<Digest, CryptoError> {
    suite.hash(&[interim_transcript_hash, input])
}

/// The interim transcript hash of an epoch, also as a joiner makes it from a GroupInfo's confirmation tag.
///
/// # Errors
/// [`CryptoError::TooLong`] for a tag that no vector can hold; whatever the backend's hash fails with.
// req: R-8.2-03
// req: R-8.2-04
pub fn interim_transcript_hash(
    suite: Suite<'_>,
    confirmed_transcript_hash: &[u8],
    confirmation_tag: &[u8],
) -> Result<Digest, CryptoError> {
    let mut input = Vec::with_capacity(opaque_len(confirmation_tag));
    encode_opaque(confirmation_tag, &mut input)?;
    suite.hash(&[confirmed_transcript_hash, &input])
}
