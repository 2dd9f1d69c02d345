//! Mutations without coverage: other edits, other bytes, pieces of other inputs.

/// A small deterministic generator (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Chance(u64);

impl Chance {
    /// The generator of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`, or 0.
    pub fn below(&mut self, bound: usize) -> usize {
        let bound = u64::try_from(bound).unwrap().max(1);
        usize::try_from(self.next() % bound).unwrap()
    }

    /// A byte; more often than not one at an edge.
    fn byte(&mut self) -> u8 {
        const EDGES: [u8; 12] = [0, 1, 2, 3, 7, 0x20, 0x3f, 0x40, 0x7f, 0x80, 0xbf, 0xff];
        if self.below(3) == 0 { EDGES[self.below(EDGES.len())] } else { self.next().to_be_bytes()[0] }
    }
}

/// What a mutated input may grow to.
const LONGEST: usize = 1 << 12;

/// Another input like `bytes`, with a piece of `other` perhaps.
#[must_use]
pub fn mutated(bytes: &[u8], other: &[u8], chance: &mut Chance) -> Vec<u8> {
    let mut out = bytes.to_vec();
    for _ in 0..=chance.below(4) {
        let at = chance.below(out.len() + 1);
        match chance.below(8) {
            0 if at < out.len() => out[at] ^= 1 << chance.below(8),
            1 if at < out.len() => out[at] = chance.byte(),
            2 => out.insert(at, chance.byte()),
            3 if at < out.len() => drop(out.remove(at)),
            4 => out.truncate(at),
            // An edit at the end, of the size that most of them have.
            5 | 0 | 1 | 3 => out.extend((0..4).map(|_| chance.byte())),
            6 => {
                let from = chance.below(other.len() + 1);
                let piece = &other[from..other.len().min(from + chance.below(64))];
                drop(out.splice(at..at, piece.iter().copied()));
            }
            _ => {
                let end = out.len().min(at + chance.below(16));
                let piece = out[at..end].to_vec();
                drop(out.splice(at..at, piece));
            }
        }
    }
    out.truncate(LONGEST);
    out
}

/// A short name for an input (FNV-1a).
#[must_use]
pub fn name_of(bytes: &[u8]) -> String {
    let hash = bytes
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    format!("{hash:016x}")
}
