//! A stored group of which records are damaged, gone, or one another's.

use mls_core::group::{Disposition, Fault, Group};
use mls_core::record::RecordKey;

use crate::common::Peer;
use crate::driver::{StoredRecords, attempt, load, rewind_rng};
use crate::input::{Edit, Input, Seed, Seeds};
use crate::life::{LIFE, bob, group_id};
use crate::stage::{Stage, on_stage};
use crate::work::{USUAL, Work, blames_a_record, work};

thread_local! {
    static BOB: Stage<Peer> = const { Stage::new(None) };
}

fn prepare() -> Peer {
    bob(&LIFE)
}

/// The first byte says how many records suffer, up to four. For each, a byte picks the record and one what becomes of it:
/// edited, gone, another's value, or bytes of the input. What is left says what is done with the group then, in which
/// order; a bit of everything if there is nothing.
///
/// Promises: no panic, and nothing asks for records for ever. What cannot be loaded or taken in is blamed on a record, or
/// is called corrupt, and to be loaded again; where records are merely gone, it is blamed on one of those, or on a ratchet
/// that would have come from a node of the secret tree that is gone. No tree is taken in that the header does not name. Put
/// right again and loaded, the group is what it was.
pub fn run(data: &[u8]) {
    on_stage(&BOB, prepare, |peer| {
        peer.store.records.clone_from(&LIFE.bob);
        rewind_rng(peer);
        let mut input = Input::new(data);
        let losses = suffer(&mut peer.store.records, &mut input);
        let works = if input.is_empty() { &USUAL } else { input.rest() };
        live_on(peer, &losses, works);
        peer.store.records.clone_from(&LIFE.bob);
        rewind_rng(peer);
        let loaded = load(peer, &group_id()).expect("what is right again can be loaded");
        is_whole(peer, loaded);
        true
    });
}

/// What became of some records.
struct Losses {
    /// Which are gone.
    gone: Vec<RecordKey>,
    /// Whether that is all.
    only_gone: bool,
}

fn suffer(records: &mut StoredRecords, input: &mut Input<'_>) -> Losses {
    let keys: Vec<RecordKey> = records.keys().filter(|key| key.group_id().is_some()).cloned().collect();
    let mut losses = Losses { gone: Vec::new(), only_gone: true };
    for _ in 0..=input.byte() % 4 {
        let key = &keys[input.pick(keys.len())];
        let value = match input.byte() % 4 {
            0 => {
                let mut value = records.get(key).cloned().unwrap_or_default();
                if let Some((_, edit)) = input.edit() {
                    edit.make(&mut value);
                }
                value
            }
            1 => {
                records.remove(key);
                losses.gone.push(key.clone());
                continue;
            }
            2 => LIFE.bob[&keys[input.pick(keys.len())]].clone(),
            _ => {
                let len = usize::from(input.byte());
                input.take(len).to_vec()
            }
        };
        losses.only_gone &= LIFE.bob[key] == value;
        records.insert(key.clone(), value);
    }
    losses
}

impl Losses {
    /// Whether the fault names a record that is gone, or what would have come from it.
    fn explain(&self, fault: &Fault) -> bool {
        let Fault::Damaged(named) = fault else { return matches!(fault, Fault::Corrupt(_)) };
        self.gone.iter().any(|gone| match (gone, &**named) {
            (RecordKey::SecretNode(_, of, _), RecordKey::Ratchet(_, epoch, ..)) => of == epoch,
            (gone, named) => gone == named,
        })
    }

    fn check(&self, fault: &Fault) {
        assert_eq!(fault.disposition(), Disposition::Reload, "{fault:?}");
        assert!(!self.only_gone || self.explain(fault), "{:?} are gone, and {fault:?} is blamed", self.gone);
    }
}

/// Loads the group and does all of this.
fn live_on(peer: &mut Peer, losses: &Losses, works: &[u8]) {
    let mut group = match load(peer, &group_id()) {
        Ok(group) => group,
        Err(fault) => {
            assert!(blames_a_record(&fault), "loading blames {fault:?}");
            return losses.check(&fault);
        }
    };
    for number in works.iter().take(24) {
        match work(peer, &mut group, *number) {
            Work::Fault(fault) if blames_a_record(&fault) => losses.check(&fault),
            _ => {}
        }
        if let Ok(tree) = group.tree() {
            assert!(tree.root_hash().as_bytes() == group.context().tree_hash, "the tree is not the group's");
        }
    }
}

/// The group takes what it would have taken.
fn is_whole(peer: &mut Peer, mut group: Group) {
    for place in [0, 3, 12] {
        let exhibit = &LIFE.exhibits[place];
        assert!(exhibit.good);
        if let Err(refusal) = attempt(peer, &mut group, &exhibit.bytes) {
            panic!("{} is refused although the records are right again: {refusal:?}", exhibit.name);
        }
    }
}

/// Each kind of record edited, gone, and another's; several at once; other orders of work.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    seeds.add("one value is its own", [0, 0, 2, 0]);
    let mut kinds: Vec<String> = Vec::new();
    let keys = LIFE.bob.keys().filter(|key| key.group_id().is_some());
    for (number, key) in (0_u8..).zip(keys) {
        let name = format!("{key:?}");
        let kind = name.split('(').next().unwrap().to_owned();
        if kinds.contains(&kind) {
            continue;
        }
        seeds.add(&format!("{kind} gone"), [0, number, 1]);
        if kinds.len().is_multiple_of(2) {
            let mut edited = vec![0, number, 0];
            Edit::Xor { at: 3 + usize::from(number), with: 1 << (number % 8) }.write(0, &mut edited);
            seeds.add(&format!("{kind} edited"), edited);
        }
        kinds.push(kind);
    }
    seeds.add("header is the status", [0, 0, 2, 1]);
    seeds.add("three are gone", [2, 2, 1, 9, 1, 20, 1]);
    seeds.add("two are swapped", [1, 4, 2, 5, 5, 2, 4]);
    seeds.add("empty header", [0, 0, 3, 0]);
    seeds.done()
}
