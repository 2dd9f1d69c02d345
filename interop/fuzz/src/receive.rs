//! Messages to a member: what is not what somebody sent is refused, and changes nothing.

use mls_core::group::{Group, StateStamp};
use mls_core::record::RecordKey;

use crate::common::Peer;
use crate::driver::{StoredRecords, apply, attempt, load, rewind_rng};
use crate::input::{Edit, Input, Seed, Seeds};
use crate::life::{Exhibit, LIFE, bob_and_group, group_id};
use crate::stage::{Stage, on_stage};

/// Bob, his group loaded.
struct Bob {
    peer: Peer,
    group: Group,
}

thread_local! {
    static BOB: Stage<Bob> = const { Stage::new(None) };
}

/// Set in the first byte: nothing but header and status is resident when the message comes.
const COLD: u8 = 0x80;
/// Set in the first byte: the message is the rest of the input.
const RAW: u8 = 0x7f;

/// The first byte picks a message of a small group's life, the others edit it; or they are the message.
///
/// Promises: no panic. A message is accepted exactly where its bytes are those that a member, or somebody outside who
/// may, has sent, and that was not received yet: all else is covered by a signature, a tag or a seal. Where it is refused
/// the group's state is what it was, and the undamaged message is good. Where it is accepted, it is stored, and not
/// accepted again; a key that was kept for it is gone.
pub fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let first = input.byte();
    let exhibits = &LIFE.exhibits;
    let (bytes, exhibit) = if first & RAW == RAW {
        let bytes = input.rest().to_vec();
        let exhibit = exhibits.iter().find(|exhibit| exhibit.bytes == bytes);
        (bytes, exhibit)
    } else {
        let exhibit = &exhibits[usize::from(first & RAW) % exhibits.len()];
        let mut bytes = exhibit.bytes.clone();
        input.edit_one(&mut bytes);
        (bytes, Some(exhibit))
    };
    on_stage(&BOB, prepare, |bob| {
        if first & COLD != 0 {
            bob.group = load(&mut bob.peer, &group_id()).unwrap();
        }
        rewind_rng(&mut bob.peer);
        bob.takes(&bytes, exhibit)
    });
}

fn prepare() -> Bob {
    let (peer, group) = bob_and_group(&LIFE);
    Bob { peer, group }
}

/// Messages whose keys were kept when they were skipped.
const LATE: [&str; 2] = ["application of a skipped generation", "application of the epoch before"];

fn skipped_keys(records: &StoredRecords) -> usize {
    records.keys().filter(|key| matches!(key, RecordKey::SkippedKey(..))).count()
}

/// What shows of a group without changing it.
fn shape(group: &Group) -> (StateStamp, u64, Vec<u8>, bool, u32) {
    let authenticator = group.epoch_authenticator().to_vec();
    (group.stamp(), group.epoch(), authenticator, group.has_pending_commit(), group.pending_proposals())
}

impl Bob {
    /// Whether Bob is where he was afterwards.
    fn takes(&mut self, bytes: &[u8], exhibit: Option<&Exhibit>) -> bool {
        let Self { peer, group } = self;
        let before = shape(group);
        let attempted = attempt(peer, group, bytes);
        assert_eq!(shape(group), before, "handling a message changed the group");
        let unaltered = exhibit.is_some_and(|exhibit| exhibit.bytes == bytes);
        let good = unaltered && exhibit.is_some_and(|exhibit| exhibit.good);
        let name = exhibit.map_or("raw bytes", |exhibit| exhibit.name);
        match attempted {
            Err(refusal) => {
                assert!(!good, "{name}, unaltered, is refused: {refusal:?}");
                assert!(peer.store.records == LIFE.bob, "a refused message changed the store");
                self.still_takes(exhibit, &[]);
                true
            }
            Ok(step) => {
                assert!(good, "{name} is accepted, and was never sent like this");
                apply(peer, group, step);
                self.was_changed(&before.2, bytes, name);
                false
            }
        }
    }

    /// The undamaged message and some of application data are as good as ever, but for what was received.
    fn still_takes(&mut self, exhibit: Option<&Exhibit>, received: &[u8]) {
        let Self { peer, group } = self;
        let any = &LIFE.exhibits[..1];
        for exhibit in exhibit.into_iter().chain(any).filter(|exhibit| exhibit.good && exhibit.bytes != received) {
            if let Err(refusal) = attempt(peer, group, &exhibit.bytes) {
                panic!("{} is refused after another message: {refusal:?}", exhibit.name);
            }
        }
    }

    /// What is stored leads to the same state, and the message is not accepted twice.
    fn was_changed(&mut self, authenticator: &[u8], bytes: &[u8], name: &str) {
        let Self { peer, group } = self;
        let now: &StoredRecords = &peer.store.records;
        assert!(*now != LIFE.bob, "{name} is accepted, and nothing is stored");
        if group.epoch_authenticator() == authenticator && LATE.contains(&name) {
            assert_eq!(skipped_keys(now), skipped_keys(&LIFE.bob) - 1, "{name} is accepted, and its key is kept");
        }
        let mut stored = load(peer, &group_id()).unwrap();
        assert_eq!(shape(&stored), shape(group), "{name}");
        assert_eq!(stored.context(), group.context(), "{name}");
        for group in [&mut stored, group] {
            assert!(attempt(peer, group, bytes).is_err(), "{name} is accepted twice");
        }
        if stored.epoch_authenticator() == authenticator {
            self.still_takes(LIFE.exhibits.get(1), bytes);
        }
    }
}

/// Every message as it is; some edited, where little is resident; one edit of each kind; raw bytes.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    for (number, exhibit) in (0_u8..).zip(&LIFE.exhibits) {
        seeds.add(exhibit.name, [number]);
        if !number.is_multiple_of(7) {
            continue;
        }
        let mut edited = vec![number | COLD];
        Edit::Xor { at: 30 + 5 * usize::from(number), with: 1 << (number % 8) }.write(0, &mut edited);
        seeds.add(&format!("{} edited, cold", exhibit.name), edited);
    }
    seeds.edits("application", &[0], 0);
    seeds.edits("public Add", &[5], 0);
    let raw = [
        ("nothing", &b""[..]),
        ("header", &[0, 1, 0, 1]),
        ("private header", &[0, 1, 0, 2, 5, b'g', b'r', b'o', b'u', b'p', 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0]),
        ("far length", &[0, 1, 0, 2, 0xbf, 0xff, 0xff, 0xff]),
    ];
    for (name, bytes) in raw {
        seeds.add(&format!("raw {name}"), [&[RAW], bytes].concat());
    }
    seeds.done()
}
