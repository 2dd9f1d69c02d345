//! The ciphertexts of a path secret (RFC 9420 section 7.6).

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::num::NonZeroUsize;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader, encode_header, header_len};
use mls_crypto_traits::HpkeCiphertext;

/// A path secret, encrypted once for each node of a resolution. `clone` is O(1).
///
/// Kept as it is encoded, since a member reads one of them and there may be as many as the group has members.
///
/// ```
/// use mls_codec::{Decode, Encode};
/// use mls_core::commit::EncryptedPathSecrets;
/// use mls_crypto_traits::HpkeCiphertext;
///
/// let sealed = HpkeCiphertext { kem_output: vec![1; 32], ciphertext: vec![2; 48] };
/// let secrets = EncryptedPathSecrets::new(&[sealed.clone(), sealed.clone()])?;
/// assert_eq!((secrets.len(), secrets.get(1)), (2, Some(sealed)));
/// assert_eq!(EncryptedPathSecrets::from_bytes(&secrets.to_bytes()?)?, secrets);
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptedPathSecrets {
    /// The vector's elements, which decode.
    encoded: Arc<[u8]>,
    count: usize,
    /// The length of an element, where all have the same: in what a suite sealed they have.
    stride: Option<NonZeroUsize>,
}

impl EncryptedPathSecrets {
    /// These ciphertexts, in the order of the resolution.
    ///
    /// # Errors
    /// [`EncodeError::VectorTooLong`] if they take 2^30 bytes or more.
    pub fn new(ciphertexts: &[HpkeCiphertext]) -> Result<Self, EncodeError> {
        let len = ciphertexts.iter().fold(0_usize, |sum, sealed| sum.saturating_add(sealed.encoded_len()));
        let mut encoded = Vec::with_capacity(len);
        // The header is not kept: whether there is one for so long a vector is.
        encode_header(len, &mut encoded)?;
        encoded.clear();
        let mut stride = Stride::default();
        for sealed in ciphertexts {
            sealed.encode(&mut encoded)?;
            stride.next(sealed.encoded_len());
        }
        Ok(Self { encoded: encoded.into(), count: ciphertexts.len(), stride: stride.same() })
    }

    /// How many there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The ciphertext at `place`, counted from 0; `None` beyond the last.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<HpkeCiphertext> {
        match self.stride {
            Some(stride) => {
                let (_, rest) = self.encoded.split_at_checked(place.checked_mul(stride.get())?)?;
                HpkeCiphertext::decode(&mut Reader::new(rest)).ok()
            }
            None => self.iter().nth(place),
        }
    }

    /// The ciphertexts in order.
    pub fn iter(&self) -> impl Iterator<Item = HpkeCiphertext> + '_ {
        let mut reader = Reader::new(&self.encoded);
        core::iter::from_fn(move || HpkeCiphertext::decode(&mut reader).ok())
    }
}

/// The length that all elements have: none yet, one, or different ones.
#[derive(Default)]
struct Stride(Option<Option<usize>>);

impl Stride {
    fn next(&mut self, len: usize) {
        self.0 = Some(match self.0 {
            None => Some(len),
            Some(known) => known.filter(|known| *known == len),
        });
    }

    /// No ciphertext takes no bytes.
    fn same(&self) -> Option<NonZeroUsize> {
        NonZeroUsize::new(self.0.flatten()?)
    }
}

impl Encode for EncryptedPathSecrets {
    fn encoded_len(&self) -> usize {
        header_len(self.encoded.len()).saturating_add(self.encoded.len())
    }

    fn encode(&self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        encode_header(self.encoded.len(), out)?;
        out.extend_from_slice(&self.encoded);
        Ok(())
    }
}

impl Decode for EncryptedPathSecrets {
    fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut elements = r.vector()?;
        let encoded = elements.clone().rest();
        let (mut count, mut stride) = (0_usize, Stride::default());
        while !elements.is_empty() {
            let before = elements.remaining();
            elements.opaque()?;
            elements.opaque()?;
            stride.next(before.saturating_sub(elements.remaining()));
            let too_many = elements.error(DecodeErrorKind::InvalidValue);
            count = count.checked_add(1).ok_or(too_many)?;
        }
        Ok(Self { encoded: encoded.into(), count, stride: stride.same() })
    }
}

#[cfg(test)]
mod tests;
