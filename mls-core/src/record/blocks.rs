//! Values one behind the other.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::iter;
use core::ops::Range;

use mls_crypto_traits::SecretBytes;

use super::secret_writer::SecretWriter;
use crate::tree::node_bytes::NodeBytes;

/// Values one behind the other in a few blocks: many values cost few allocations, and are freed at once.
pub(crate) struct Blocks<B = Wiped>(Vec<B>);

/// Room for some values.
pub(crate) trait Block {
    fn with_capacity(len: usize) -> Self;

    /// How many more bytes there is room for.
    fn room(&mut self) -> usize;

    fn as_bytes(&self) -> &[u8];

    /// Appends a value that there is room for.
    fn append(&mut self, value: &[u8]);
}

/// Of secret values: wiped as it is dropped, or outgrown.
pub(crate) struct Wiped(Vec<u8>);

/// Of public values, which may outlive the set that they came with.
pub(crate) struct Shared {
    bytes: Arc<[u8]>,
    used: usize,
}

/// Where a value is. Short, since sets and deltas have one for each record.
#[derive(Clone)]
pub(crate) struct Place {
    block: u32,
    /// How many bytes behind it say what is known of it.
    more: u8,
    range: Range<usize>,
}

/// How long the first blocks are, in bytes: an allocator may tidy up before it serves a kilobyte.
const SMALL: usize = 960;
/// How many blocks are small.
const FEW: usize = 8;
/// The longest block; a value that is longer has one of its own.
const LARGE: usize = 1 << 16;

impl<B: Block> Blocks<B> {
    pub(crate) const fn new() -> Self {
        Self(Vec::new())
    }

    /// The last block, which has so much room.
    fn with_room(&mut self, room: usize) -> (u32, Option<&mut B>) {
        if self.0.last_mut().is_none_or(|block| block.room() < room) {
            let further = self.0.len().saturating_add(1).saturating_sub(FEW).min(8);
            let len = SMALL.saturating_mul(1 << further).min(LARGE);
            self.0.push(B::with_capacity(len.max(room)));
        }
        (self.last(), self.0.last_mut())
    }

    /// The place of the last block. Memory ends before the numbers do.
    fn last(&self) -> u32 {
        u32::try_from(self.0.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// Copies a value in.
    pub(crate) fn push(&mut self, value: &[u8]) -> Place {
        let (block, values) = self.with_room(value.len());
        let Some(values) = values else { return Place { block, ..Place::EMPTY } };
        let start = values.as_bytes().len();
        values.append(value);
        Place { block, range: start..values.as_bytes().len(), more: 0 }
    }

    pub(crate) fn get(&self, place: &Place) -> &[u8] {
        self.slice(place.block, place.range.clone())
    }

    /// What stands behind a value and is no part of it.
    pub(crate) fn more(&self, place: &Place) -> &[u8] {
        let end = place.range.end;
        self.slice(place.block, end..end.saturating_add(place.more.into()))
    }

    fn slice(&self, block: u32, range: Range<usize>) -> &[u8] {
        self.0
            .get(usize::try_from(block).unwrap_or(usize::MAX))
            .and_then(|block| block.as_bytes().get(range))
            .unwrap_or_default()
    }

    /// How long the blocks are, as long as nobody else has a part of them.
    #[cfg(test)]
    pub(crate) fn lens(&mut self) -> impl Iterator<Item = usize> {
        self.0.iter_mut().map(|block| block.as_bytes().len().saturating_add(block.room()))
    }
}

impl<B: Block> Default for Blocks<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl Blocks {
    /// Writes a value in, for which `room` is made at once, and behind it what is known of it (`more`). Nothing is
    /// kept of one that fails.
    pub(crate) fn write<E>(
        &mut self,
        room: usize,
        more: &[u8],
        write: impl FnOnce(&mut SecretWriter) -> Result<(), E>,
    ) -> Result<Place, E> {
        let len = hash_len(more);
        let (block, values) = self.with_room(room.saturating_add(len.into()));
        let Some(Wiped(values)) = values else { return Ok(Place { block, ..Place::EMPTY }) };
        let start = values.len();
        let mut w = SecretWriter::behind(core::mem::take(values));
        let written = write(&mut w);
        let end = w.len();
        w.raw(more.get(..len.into()).unwrap_or_default());
        *values = w.into_buffer();
        if written.is_err() {
            values.truncate(start);
        }
        written.map(|()| Place { block, range: start..end, more: len })
    }

    /// Takes in others, whose places are those that [`Place::behind`] gives from then on.
    pub(crate) fn append(&mut self, mut other: Self) -> u32 {
        let blocks = u32::try_from(self.0.len()).unwrap_or(u32::MAX);
        self.0.append(&mut other.0);
        blocks
    }

    /// All of them once more.
    pub(crate) fn duplicate(&self) -> Self {
        Self(self.0.iter().map(|Wiped(values)| Wiped(values.clone())).collect())
    }
}

impl Blocks<Shared> {
    /// Takes in a value that others have as well, which is not copied.
    pub(crate) fn share(&mut self, value: &NodeBytes) -> Place {
        self.0.push(Shared { bytes: Arc::clone(&value.block), used: value.block.len() });
        Place { block: self.last(), range: value.range(), more: hash_len(value.behind()) }
    }

    /// The block that a value is in, and where.
    pub(crate) fn block(&self, place: &Place) -> Option<(&Arc<[u8]>, Range<usize>)> {
        Some((&self.0.get(usize::try_from(place.block).ok()?)?.bytes, place.range.clone()))
    }

    /// A value, which keeps its block alive.
    pub(crate) fn part(&self, place: &Place) -> NodeBytes {
        let block = self.block(place);
        block.map_or_else(|| NodeBytes::from(&[][..]), |(block, range)| NodeBytes::part(block, range))
    }
}

impl Place {
    const EMPTY: Self = Self { block: 0, range: 0..0, more: 0 };

    /// The place behind so many blocks.
    pub(crate) fn behind(self, blocks: u32) -> Self {
        Self { block: self.block.saturating_add(blocks), ..self }
    }

    pub(crate) fn len(&self) -> usize {
        self.range.len()
    }

    pub(crate) const fn has_more(&self) -> bool {
        self.more > 0
    }
}

/// The length of a hash, which has 64 bytes at most; 0 of what is none.
fn hash_len(hash: &[u8]) -> u8 {
    u8::try_from(hash.len()).unwrap_or_default()
}

impl Block for Wiped {
    fn with_capacity(len: usize) -> Self {
        Self(Vec::with_capacity(len))
    }

    fn room(&mut self) -> usize {
        self.0.capacity().saturating_sub(self.0.len())
    }

    fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    fn append(&mut self, value: &[u8]) {
        self.0.extend_from_slice(value);
    }
}

impl Drop for Wiped {
    fn drop(&mut self) {
        drop(SecretBytes::from(core::mem::take(&mut self.0)));
    }
}

impl Block for Shared {
    fn with_capacity(len: usize) -> Self {
        Self { bytes: iter::repeat_n(0, len).collect(), used: 0 }
    }

    fn room(&mut self) -> usize {
        // None in bytes that others have a part of.
        Arc::get_mut(&mut self.bytes).map_or(0, |bytes| bytes.len().saturating_sub(self.used))
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    fn append(&mut self, value: &[u8]) {
        let end = self.used.saturating_add(value.len());
        if let Some(room) = Arc::get_mut(&mut self.bytes).and_then(|bytes| bytes.get_mut(self.used..end)) {
            room.copy_from_slice(value);
            self.used = end;
        }
    }
}
