//! A buffer for records that hold secrets.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, EncodeError, Reader, encode_opaque, opaque_len};
use mls_crypto_traits::SecretBytes;

use super::RECORD_VERSION;

/// What stands in a record of its own.
pub(crate) trait ToRecord {
    /// How many bytes it takes behind the version octet, or a few more: room for them is made at once.
    fn room(&self) -> usize {
        255
    }

    /// The tree hash of the leaf that the record is of, for stores that keep it beside the record: it is no part of it.
    fn leaf_hash(&self) -> &[u8] {
        &[]
    }

    /// Writes what stands behind the version octet.
    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError>;

    /// The record.
    fn to_record(&self) -> Result<SecretBytes, EncodeError> {
        let mut w = SecretWriter::sized(RECORD_VERSION, self.room());
        self.write(&mut w)?;
        Ok(w.finish())
    }
}

/// Bytes as they are.
impl ToRecord for [u8] {
    fn room(&self) -> usize {
        self.len()
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        w.raw(self);
        Ok(())
    }
}

/// Grows without leaving copies: a buffer that is outgrown is wiped before it is freed.
pub(crate) struct SecretWriter {
    buffer: Vec<u8>,
}

impl SecretWriter {
    pub(crate) fn new(version: u8) -> Self {
        Self::sized(version, 255)
    }

    /// With room for `len` bytes behind the version.
    pub(crate) fn sized(version: u8, len: usize) -> Self {
        let mut buffer = Vec::with_capacity(len.saturating_add(1));
        buffer.push(version);
        Self { buffer }
    }

    /// Appends to a buffer.
    pub(crate) const fn behind(buffer: Vec<u8>) -> Self {
        Self { buffer }
    }

    /// The buffer, with all that was appended.
    pub(crate) fn into_buffer(mut self) -> Vec<u8> {
        core::mem::take(&mut self.buffer)
    }

    fn make_room(&mut self, more: usize) {
        let needed = self.buffer.len().saturating_add(more);
        if needed > self.buffer.capacity() {
            let mut larger = Vec::with_capacity(needed.max(self.buffer.capacity().saturating_mul(2)));
            larger.extend_from_slice(&self.buffer);
            // Wiped as it is dropped.
            drop(SecretBytes::from(core::mem::replace(&mut self.buffer, larger)));
        }
    }

    /// Appends a value that is encoded as on the wire.
    pub(crate) fn put<T: Encode + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.make_room(value.encoded_len());
        value.encode(&mut self.buffer)
    }

    /// Appends `opaque<V>`.
    pub(crate) fn opaque(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.make_room(opaque_len(bytes));
        encode_opaque(bytes, &mut self.buffer)
    }

    /// Appends bytes as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) {
        self.make_room(bytes.len());
        self.buffer.extend_from_slice(bytes);
    }

    pub(crate) const fn len(&self) -> usize {
        self.buffer.len()
    }

    pub(crate) fn finish(self) -> SecretBytes {
        SecretBytes::from(self.into_buffer())
    }
}

impl Drop for SecretWriter {
    fn drop(&mut self) {
        drop(SecretBytes::from(core::mem::take(&mut self.buffer)));
    }
}

/// The content of a record behind its version octet.
pub(crate) fn open_record(bytes: &[u8]) -> Result<Reader<'_>, DecodeError> {
    let mut r = Reader::new(bytes);
    match u8::decode(&mut r)? {
        RECORD_VERSION => Ok(r),
        _ => Err(DecodeError::new(DecodeErrorKind::UnknownValue, 0)),
    }
}
