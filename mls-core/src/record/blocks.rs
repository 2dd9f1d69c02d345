//! Values one behind the other.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::iter;
use core::ops::Range;

use mls_crypto_traits::SecretBytes;

/// Values one behind the other in a few blocks: many values cost few allocations, and are freed at once.
pub(super) struct Blocks<B = Wiped>(Vec<B>);

/// Room for some values.
pub(super) trait Block {
    fn with_capacity(len: usize) -> Self;

    fn capacity(&self) -> usize;

    fn as_bytes(&self) -> &[u8];

    /// Appends a value that there is room for.
    fn append(&mut self, value: &[u8]);
}

/// Of secret values: it is never outgrown, and wiped as it is dropped.
pub(super) struct Wiped(Vec<u8>);

/// Of public values, which may outlive the set that they came with.
pub(super) struct Shared {
    bytes: Arc<[u8]>,
    used: usize,
}

/// Where a value is.
#[derive(Clone)]
pub(super) struct Place {
    block: usize,
    range: Range<usize>,
}

/// How long the first blocks are, in bytes: an allocator may tidy up before it serves a kilobyte.
const SMALL: usize = 960;
/// How many blocks are small.
const FEW: usize = 8;
/// The longest block; a value that is longer has one of its own.
const LARGE: usize = 1 << 16;

impl<B: Block> Blocks<B> {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Copies a value in.
    pub(super) fn push(&mut self, value: &[u8]) -> Place {
        let fits = |block: &B| block.capacity().saturating_sub(block.as_bytes().len()) >= value.len();
        if !self.0.last().is_some_and(fits) {
            let further = self.0.len().saturating_add(1).saturating_sub(FEW).min(8);
            let len = SMALL.saturating_mul(1 << further).min(LARGE);
            self.0.push(B::with_capacity(len.max(value.len())));
        }
        let block = self.0.len().saturating_sub(1);
        let Some(values) = self.0.last_mut() else { return Place { block, range: 0..0 } };
        let start = values.as_bytes().len();
        values.append(value);
        Place { block, range: start..values.as_bytes().len() }
    }

    pub(super) fn get(&self, Place { block, range }: &Place) -> &[u8] {
        self.0.get(*block).and_then(|block| block.as_bytes().get(range.clone())).unwrap_or_default()
    }

    #[cfg(test)]
    pub(super) fn lens(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(Block::capacity)
    }
}

impl<B: Block> Default for Blocks<B> {
    fn default() -> Self {
        Self::new()
    }
}

impl Blocks {
    /// Takes in others, whose places are those that [`Place::behind`] gives from then on.
    pub(super) fn append(&mut self, mut other: Self) -> usize {
        let blocks = self.0.len();
        self.0.append(&mut other.0);
        blocks
    }

    /// All of them once more.
    pub(super) fn duplicate(&self) -> Self {
        Self(self.0.iter().map(|Wiped(values)| Wiped(values.clone())).collect())
    }
}

impl Blocks<Shared> {
    /// The block that a value is in, and where.
    pub(super) fn block(&self, Place { block, range }: &Place) -> Option<(&Arc<[u8]>, Range<usize>)> {
        Some((&self.0.get(*block)?.bytes, range.clone()))
    }
}

impl Place {
    /// The place behind so many blocks.
    pub(super) fn behind(self, blocks: usize) -> Self {
        Self { block: self.block.saturating_add(blocks), ..self }
    }

    pub(super) fn len(&self) -> usize {
        self.range.len()
    }
}

impl Block for Wiped {
    fn with_capacity(len: usize) -> Self {
        Self(Vec::with_capacity(len))
    }

    fn capacity(&self) -> usize {
        self.0.capacity()
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

    fn capacity(&self) -> usize {
        self.bytes.len()
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.used).unwrap_or_default()
    }

    fn append(&mut self, value: &[u8]) {
        let end = self.used.saturating_add(value.len());
        // Nobody has a part of it as long as values are pushed.
        if let Some(room) = Arc::get_mut(&mut self.bytes).and_then(|bytes| bytes.get_mut(self.used..end)) {
            room.copy_from_slice(value);
            self.used = end;
        }
    }
}
