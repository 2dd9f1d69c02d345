//! Bytes that are damaged.
#![allow(missing_docs, unreachable_pub, reason = "test support")]

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// One injury.
#[derive(Clone, Debug)]
pub enum Damage {
    Flip(Index, u8),
    Set(Index, u8),
    Cut(Index),
    Insert(Index, Vec<u8>),
    Remove(Index),
}

impl Damage {
    pub fn to(&self, bytes: &mut Vec<u8>) {
        let len = bytes.len();
        if len == 0 {
            return;
        }
        match self {
            Self::Flip(at, bit) => bytes[at.index(len)] ^= 1 << (bit % 8),
            Self::Set(at, value) => bytes[at.index(len)] = *value,
            Self::Cut(at) => bytes.truncate(at.index(len)),
            Self::Insert(at, more) => {
                let at = at.index(len + 1);
                drop(bytes.splice(at..at, more.iter().copied()));
            }
            Self::Remove(at) => drop(bytes.remove(at.index(len))),
        }
    }
}

/// Injuries; most often a single flipped bit.
pub fn damage() -> impl Strategy<Value = Vec<Damage>> {
    let one = prop_oneof![
        6 => (any::<Index>(), 0..8_u8).prop_map(|(at, bit)| Damage::Flip(at, bit)),
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, value)| Damage::Set(at, value)),
        1 => any::<Index>().prop_map(Damage::Cut),
        1 => (any::<Index>(), vec(any::<u8>(), 1..5)).prop_map(|(at, more)| Damage::Insert(at, more)),
        1 => any::<Index>().prop_map(Damage::Remove),
    ];
    prop_oneof![3 => one.clone().prop_map(|one| vec![one]), 1 => vec(one, 2..4)]
}

/// The damaged bytes; `None` where the injuries cancel out.
pub fn damaged(bytes: &[u8], damage: &[Damage]) -> Option<Vec<u8>> {
    let mut changed = bytes.to_vec();
    for one in damage {
        one.to(&mut changed);
    }
    (changed != bytes).then_some(changed)
}
