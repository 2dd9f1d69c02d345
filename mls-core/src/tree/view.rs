//! Encoded nodes read in place, without a copy (RFC 9420 sections 7.1 and 7.2).

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Reader};
use mls_crypto_traits::SignaturePublicKey;

use super::math::LeafIndex;
use crate::credential::Credential;

/// The fields of an encoded `LeafNode` that the tree itself asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafRef<'a> {
    /// The HPKE public key.
    pub encryption_key: &'a [u8],
    /// The signature public key.
    pub signature_key: &'a [u8],
}

impl<'a> LeafRef<'a> {
    /// The keys at the head of an encoded leaf; the rest is not looked at.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes do not begin with two vectors.
    pub fn from_bytes(leaf: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(leaf);
        Ok(Self { encryption_key: r.opaque()?, signature_key: r.opaque()? })
    }
}

/// Whom an encoded `LeafNode` is of: its signature key and credential. What stands behind them is not looked at.
pub(crate) fn identity_of(leaf: &[u8]) -> Result<(SignaturePublicKey, Credential), DecodeError> {
    let mut r = Reader::new(leaf);
    r.opaque()?;
    Ok((SignaturePublicKey::decode(&mut r)?, Credential::decode(&mut r)?))
}

/// An encoded `ParentNode`, read in place (RFC 9420 section 7.1).
#[derive(Clone, Debug)]
pub struct ParentRef<'a> {
    /// The HPKE public key.
    pub encryption_key: &'a [u8],
    /// The parent hash, empty at the root.
    pub parent_hash: &'a [u8],
    unmerged: &'a [u8],
}

impl<'a> ParentRef<'a> {
    /// Reads one encoded parent and nothing after it.
    ///
    /// # Errors
    /// [`DecodeError`] where the bytes are not exactly one `ParentNode`.
    pub fn from_bytes(parent: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(parent);
        let parent = Self::read(&mut r)?;
        r.finish()?;
        Ok(parent)
    }

    /// Reads one encoded parent.
    ///
    /// # Errors
    /// [`DecodeError`] where a `ParentNode` would not decode.
    pub fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let encryption_key = r.opaque()?;
        let parent_hash = r.opaque()?;
        let mut list = r.vector()?;
        let unmerged = list.clone().rest();
        // Such lists are long where many have been added, and read at each further one.
        let (leaves, half) = unmerged.as_chunks::<4>();
        let is_good = half.is_empty() && leaves.iter().all(|leaf| LeafIndex::new(u32::from_be_bytes(*leaf)).is_some());
        while !is_good && !list.is_empty() {
            LeafIndex::decode(&mut list)?;
        }
        Ok(Self { encryption_key, parent_hash, unmerged })
    }

    /// The unmerged leaves in the order of the list.
    pub fn unmerged(&self) -> impl Iterator<Item = LeafIndex> + Clone + use<'a> {
        let (chunks, _) = self.unmerged.as_chunks::<4>();
        chunks.iter().filter_map(|bytes| LeafIndex::new(u32::from_be_bytes(*bytes)))
    }

    /// How many nodes the parent's resolution has (RFC 9420 section 4.1.1).
    pub(super) fn resolution_len(&self) -> u32 {
        u32::try_from(self.unmerged_len()).unwrap_or(u32::MAX).saturating_add(1)
    }

    /// How many leaves are unmerged.
    #[must_use]
    pub const fn unmerged_len(&self) -> usize {
        self.unmerged.len() / 4
    }
}

/// What the summary of a leaf is made of: what its credential is, and the supported extension, proposal and credential
/// types, each list as encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeafProfile<'a> {
    pub(super) credential_type: u16,
    pub(super) extensions: &'a [u8],
    pub(super) proposals: &'a [u8],
    pub(super) credentials: &'a [u8],
}

/// All of an encoded `LeafNode` that the tree asks for, with one reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LeafView<'a> {
    pub(super) keys: LeafRef<'a>,
    pub(super) profile: LeafProfile<'a>,
}

impl<'a> LeafView<'a> {
    /// Reads exactly one encoded `LeafNode`, checking what decoding it would check, without allocating.
    pub(super) fn from_bytes(leaf: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(leaf);
        let view = Self::read(&mut r)?;
        r.finish()?;
        Ok(view)
    }

    /// Reads one encoded `LeafNode`.
    pub(super) fn read(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let view = Self::read_head(r)?;
        let source = r.offset();
        match u8::decode(r)? {
            1 => drop(<(u64, u64)>::decode(r)?),
            2 => {}
            3 => drop(r.opaque()?),
            _ => return Err(DecodeError::new(DecodeErrorKind::UnknownValue, source)),
        }
        let mut extensions = r.vector()?;
        while !extensions.is_empty() {
            u16::decode(&mut extensions)?;
            extensions.opaque()?;
        }
        r.opaque()?;
        Ok(view)
    }

    /// Reads as far as the capabilities.
    pub(super) fn read_head(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        const X509: u16 = 2;
        let keys = LeafRef { encryption_key: r.opaque()?, signature_key: r.opaque()? };
        let credential_type = u16::decode(r)?;
        let mut credential = r.vector()?;
        while credential_type == X509 && !credential.is_empty() {
            credential.opaque()?;
        }
        types(r)?;
        types(r)?;
        let profile =
            LeafProfile { credential_type, extensions: types(r)?, proposals: types(r)?, credentials: types(r)? };
        Ok(Self { keys, profile })
    }
}

/// A list of types of two bytes each.
fn types<'a>(r: &mut Reader<'a>) -> Result<&'a [u8], DecodeError> {
    let mut list = r.vector()?;
    let (offset, bytes) = (list.offset(), list.rest());
    match bytes.len().checked_sub(1) {
        // The second byte of the last one is not there.
        Some(last) if last % 2 == 0 => {
            Err(DecodeError::new(DecodeErrorKind::UnexpectedEnd, offset.saturating_add(last)))
        }
        _ => Ok(bytes),
    }
}

#[cfg(test)]
mod tests;
