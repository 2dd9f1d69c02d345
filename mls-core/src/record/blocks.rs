//! Values one behind the other.

use alloc::vec::Vec;
use core::ops::Range;

use mls_crypto_traits::SecretBytes;

/// Secret values one behind the other in a few blocks, which are wiped when they are dropped: many values cost few
/// allocations, and are wiped and freed at once.
#[derive(Default)]
pub(super) struct Blocks(Vec<Block>);

/// It is never outgrown, and wiped as it is dropped.
struct Block(Vec<u8>);

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

impl Blocks {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    /// Copies a value in.
    pub(super) fn push(&mut self, value: &[u8]) -> Place {
        let fits = |Block(values): &Block| values.capacity().saturating_sub(values.len()) >= value.len();
        if !self.0.last().is_some_and(fits) {
            let further = self.0.len().saturating_add(1).saturating_sub(FEW).min(8);
            let len = SMALL.saturating_mul(1 << further).min(LARGE);
            self.0.push(Block(Vec::with_capacity(len.max(value.len()))));
        }
        let block = self.0.len().saturating_sub(1);
        let Some(Block(values)) = self.0.last_mut() else { return Place { block, range: 0..0 } };
        let start = values.len();
        values.extend_from_slice(value);
        Place { block, range: start..values.len() }
    }

    pub(super) fn get(&self, Place { block, range }: &Place) -> &[u8] {
        self.0.get(*block).and_then(|Block(values)| values.get(range.clone())).unwrap_or_default()
    }

    /// Takes in others, whose places are those that [`Place::behind`] gives from then on.
    pub(super) fn append(&mut self, mut other: Self) -> usize {
        let blocks = self.0.len();
        self.0.append(&mut other.0);
        blocks
    }

    /// All of them once more.
    pub(super) fn duplicate(&self) -> Self {
        Self(self.0.iter().map(|Block(values)| Block(values.clone())).collect())
    }

    #[cfg(test)]
    pub(super) fn lens(&self) -> impl Iterator<Item = usize> {
        self.0.iter().map(|Block(values)| values.capacity())
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

impl Drop for Block {
    fn drop(&mut self) {
        drop(SecretBytes::from(core::mem::take(&mut self.0)));
    }
}
