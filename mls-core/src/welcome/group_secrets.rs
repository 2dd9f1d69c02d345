//! The secrets that a Welcome brings (RFC 9420 section 12.4.3.1).

use alloc::vec::Vec;
use core::fmt;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader, encode_opaque, opaque_len};
use mls_crypto_traits::SecretBytes;
use zeroize::Zeroizing;

use crate::key_schedule::JoinerSecret;
use crate::psk::PreSharedKeyId;

/// What one new member needs to enter an epoch (RFC 9420 section 12.4.3.1).
///
/// It encodes with [`Self::to_secret_bytes`] and not by `Encode`, so that no copy of the secrets
/// stays behind in a buffer.
pub struct GroupSecrets {
    /// Starts the epoch's key schedule.
    pub joiner_secret: JoinerSecret,
    /// The path secret of the lowest common ancestor with the committer, if there was a path.
    pub path_secret: Option<SecretBytes>,
    /// The Commit's pre-shared keys, in its order.
    pub psks: Vec<PreSharedKeyId>,
}

impl GroupSecrets {
    /// The encoding, in a buffer that is wiped.
    ///
    /// # Errors
    /// [`EncodeError`] when a vector is too long.
    pub fn to_secret_bytes(&self) -> Result<Zeroizing<Vec<u8>>, EncodeError> {
        let Self { joiner_secret, path_secret, psks } = self;
        let len = opaque_len(joiner_secret.as_bytes())
            .saturating_add(1)
            .saturating_add(path_secret.as_ref().map_or(0, |secret| opaque_len(secret.as_bytes())))
            .saturating_add(psks.encoded_len());
        // The whole length at once: a buffer that grows leaves its old self behind.
        let mut out = Zeroizing::new(Vec::with_capacity(len));
        encode_opaque(joiner_secret.as_bytes(), &mut out)?;
        match path_secret {
            None => 0u8.encode(&mut out)?,
            Some(secret) => {
                1u8.encode(&mut out)?;
                encode_opaque(secret.as_bytes(), &mut out)?;
            }
        }
        psks.encode(&mut out)?;
        Ok(out)
    }
}

impl Decode for GroupSecrets {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let joiner_secret = JoinerSecret::from_bytes(SecretBytes::from_slice(r.opaque()?));
        let offset = r.offset();
        let path_secret = match u8::decode(r)? {
            0 => None,
            1 => Some(SecretBytes::from_slice(r.opaque()?)),
            _ => return Err(DecodeError::new(DecodeErrorKind::InvalidPresence, offset)),
        };
        Ok(Self { joiner_secret, path_secret, psks: Vec::decode(r)? })
    }
}

// req: R-2-01
impl fmt::Debug for GroupSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { joiner_secret: _, path_secret: _, psks } = self;
        f.debug_struct("GroupSecrets").field("psks", psks).finish_non_exhaustive()
    }
}
