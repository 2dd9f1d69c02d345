//! Stored values of the secret tree. Buffers have their final size at once, so that no secret stays behind in one
//! that was outgrown.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader, encode_opaque, opaque_len};
use mls_crypto_traits::SecretBytes;

use super::{MessageKey, NodePack, RatchetState, SkippedIndex};
use crate::tree::math::NodeIndex;

/// For each node, to the end: `struct { uint32 node_index; opaque secret<V>; }`
pub(super) fn encode_pack(pack: &NodePack) -> Result<SecretBytes, EncodeError> {
    let len_of = |(node, secret): (NodeIndex, &[u8])| node.encoded_len().saturating_add(opaque_len(secret));
    let mut out = Vec::with_capacity(pack.nodes().map(len_of).fold(0, usize::saturating_add));
    for (node, secret) in pack.nodes() {
        node.encode(&mut out)?;
        encode_opaque(secret, &mut out)?;
    }
    Ok(SecretBytes::from(out))
}

/// `optional<struct { uint32 generation; opaque secret<V>; }>`
pub(super) fn encode_ratchet(state: &RatchetState) -> Result<SecretBytes, EncodeError> {
    let Some((generation, secret)) = state.next() else {
        return Ok(SecretBytes::from_slice(&[0]));
    };
    let len = opaque_len(secret.as_bytes()).saturating_add(5);
    let mut out = Vec::with_capacity(len);
    out.push(1);
    generation.encode(&mut out)?;
    encode_opaque(secret.as_bytes(), &mut out)?;
    Ok(SecretBytes::from(out))
}

pub(super) fn decode_ratchet(stored: &[u8]) -> Result<RatchetState, DecodeError> {
    let mut r = Reader::new(stored);
    let at = r.offset();
    let next = match u8::decode(&mut r)? {
        0 => None,
        1 => {
            let generation = u32::decode(&mut r)?;
            Some((generation, SecretBytes::from_slice(r.opaque()?)))
        }
        _ => return Err(DecodeError::new(DecodeErrorKind::InvalidPresence, at)),
    };
    r.finish()?;
    Ok(RatchetState::new(next))
}

/// `struct { opaque key<V>; opaque nonce<V>; }`; the generation is in the record's name.
pub(super) fn encode_message_key(key: &MessageKey) -> Result<SecretBytes, EncodeError> {
    let (nonce, key) = (key.nonce().as_bytes(), key.key().as_bytes());
    let mut out = Vec::with_capacity(opaque_len(key).saturating_add(opaque_len(nonce)));
    encode_opaque(key, &mut out)?;
    encode_opaque(nonce, &mut out)?;
    Ok(SecretBytes::from(out))
}

pub(super) fn decode_message_key(generation: u32, stored: &[u8]) -> Result<MessageKey, DecodeError> {
    let mut r = Reader::new(stored);
    let key = SecretBytes::from_slice(r.opaque()?);
    let nonce = SecretBytes::from_slice(r.opaque()?);
    r.finish()?;
    Ok(MessageKey::new(generation, key, nonce))
}

pub(super) fn encode_index(index: &SkippedIndex) -> Result<SecretBytes, EncodeError> {
    index.to_bytes().map(SecretBytes::from)
}
