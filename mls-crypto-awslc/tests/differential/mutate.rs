//! Changes to keys, signatures and ciphertexts.

use proptest::{collection::vec, prelude::*, sample::Index};

/// One change; places are taken modulo the length.
#[derive(Clone, Debug)]
enum Change {
    Flip(Index, u8),
    Set(Index, u8),
    First(u8),
    Last(u8),
    Cut(usize),
    Drop(usize),
    Append(Vec<u8>),
    Prepend(Vec<u8>),
    /// All bytes but the first.
    Fill(u8),
    Replace(Vec<u8>),
    /// As many arbitrary bytes as there were.
    Scramble(u64),
}

/// Changes to make one after the other; often none.
#[derive(Clone, Debug)]
pub(crate) struct Changes(Vec<Change>);

/// Bytes at the edges of encodings.
fn edge() -> impl Strategy<Value = u8> {
    prop_oneof![select([0, 1, 2, 3, 4, 5, 6, 7, 0x30, 0x7f, 0x80, 0x81, 0xec, 0xed, 0xee, 0xff]), any::<u8>()]
}

fn select(bytes: [u8; 16]) -> impl Strategy<Value = u8> {
    proptest::sample::select(bytes.to_vec())
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        4 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Change::Flip(at, bit)),
        3 => (any::<Index>(), edge()).prop_map(|(at, byte)| Change::Set(at, byte)),
        2 => edge().prop_map(Change::First),
        2 => edge().prop_map(Change::Last),
        1 => (1..5_usize).prop_map(Change::Cut),
        1 => (1..5_usize).prop_map(Change::Drop),
        1 => vec(edge(), 1..4).prop_map(Change::Append),
        1 => vec(edge(), 1..4).prop_map(Change::Prepend),
        1 => edge().prop_map(Change::Fill),
        1 => vec(any::<u8>(), 0..150).prop_map(Change::Replace),
        1 => any::<u64>().prop_map(Change::Scramble),
    ]
}

pub(crate) fn changes() -> impl Strategy<Value = Changes> {
    prop_oneof![
        3 => Just(Changes(Vec::new())),
        5 => change().prop_map(|change| Changes(vec![change])),
        2 => vec(change(), 2..4).prop_map(Changes),
    ]
}

impl Changes {
    pub(crate) fn apply(&self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for change in &self.0 {
            change.apply(&mut bytes);
        }
        bytes
    }
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        match self {
            Self::Append(more) => bytes.extend_from_slice(more),
            Self::Prepend(more) => drop(bytes.splice(..0, more.iter().copied())),
            Self::Replace(other) => bytes.clone_from(other),
            _ if len == 0 => {}
            Self::Flip(at, bit) => bytes[at.index(len)] ^= 1 << bit,
            Self::Set(at, byte) => bytes[at.index(len)] = *byte,
            Self::First(byte) => bytes[0] = *byte,
            Self::Last(byte) => bytes[len - 1] = *byte,
            Self::Cut(count) => bytes.truncate(len.saturating_sub(*count)),
            Self::Drop(count) => drop(bytes.drain(..len.min(*count))),
            Self::Fill(byte) => bytes[1..].fill(*byte),
            Self::Scramble(seed) => {
                let mut rng = super::Replay { seed: *seed };
                mls_crypto_traits::Rng::fill(&mut rng, bytes).unwrap();
            }
        }
    }
}
