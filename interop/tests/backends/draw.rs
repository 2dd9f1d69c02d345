//! What a case draws, all of it from its seed.

use mls_crypto_traits::{CryptoError, Rng};

/// The generator `SplitMix64`.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Less than `end`, which is not zero.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % u64::try_from(end).unwrap()).unwrap()
    }

    pub(crate) fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }

    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    pub(crate) fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }

    pub(crate) fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    /// As many bytes as it happens, fewer than `end`.
    pub(crate) fn some_bytes(&mut self, end: usize) -> Vec<u8> {
        let len = self.below(end);
        self.bytes(len)
    }

    /// A byte at the edges of encodings, or any.
    pub(crate) fn edge(&mut self) -> u8 {
        const EDGES: [u8; 16] = [0, 1, 2, 3, 4, 5, 6, 7, 0x30, 0x7f, 0x80, 0x81, 0xec, 0xed, 0xee, 0xff];
        if self.one_in(3) { self.byte() } else { self.pick(&EDGES) }
    }
}

impl Rng for Draw {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        out.iter_mut().for_each(|byte| *byte = self.byte());
        Ok(())
    }
}
