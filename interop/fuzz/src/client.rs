//! A client over a store: several messages one after the other, and what of them is stored.

use core::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use mls_client::{BasicIdentity, Client, Clock, DefaultRules, Event, Group, Storage, UnixTime};
use mls_codec::Decode;
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::psk::PskValue;
use mls_core::record::{Delta, Durable, Precondition, RecordKey, RecordPrefix, RecordSet, Write};
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_crypto_rustcrypto::RustCryptoProvider;
use mls_crypto_traits::{CryptoError, Rng, SecretBytes};

use crate::common::{NOW, TestRng};
use crate::driver::StoredRecords;
use crate::input::{Edit, Input, Seed, Seeds};
use crate::life::{LIFE, group_id};
use crate::stage::{Stage, on_stage};

/// So many things happen in one input.
const STEPS: usize = 12;

/// Records that can be put back.
#[derive(Default)]
struct Records(Mutex<StoredRecords>);

impl Records {
    fn all(&self) -> MutexGuard<'_, StoredRecords> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Storage for Records {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        let records = self.all();
        Ok(keys.iter().map(|key| records.get(key).map(|value| SecretBytes::from_slice(value))).collect())
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        let mut set = RecordSet::new();
        for (key, value) in self.all().iter().filter(|(key, _)| prefix.covers(key)) {
            set.push(key.clone(), value);
        }
        set.sort();
        Ok(set)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        let mut records = self.all();
        let holds = |condition: &Precondition| match condition {
            Precondition::Equals(key, value) => records.get(key).is_some_and(|stored| stored == value.as_bytes()),
            Precondition::Present(key) => records.contains_key(key),
            Precondition::Absent(key) => !records.contains_key(key),
            _ => false,
        };
        if !delta.preconditions().iter().all(holds) {
            return Err(StorageError::new(StorageErrorKind::Conflict));
        }
        for write in delta.writes() {
            match write {
                Write::DeletePrefix(prefix) => records.retain(|key, _| !prefix.covers(key)),
                Write::Put(key, value) => drop(records.insert(key.clone(), value.to_vec())),
                Write::Delete(key) => drop(records.remove(key)),
                _ => return Err(StorageError::new(StorageErrorKind::Unsupported)),
            }
        }
        Ok(Durable::i_stored(delta))
    }
}

/// Randomness that can be put back.
#[derive(Default)]
struct Counted(Arc<AtomicU64>);

impl Rng for Counted {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        TestRng(self.0.fetch_add(1, Ordering::Relaxed).wrapping_mul(0x0100_0000_01b3)).fill(out)
    }
}

struct Fixed;

impl Clock for Fixed {
    fn now(&self) -> UnixTime {
        UnixTime(NOW)
    }
}

/// Bob's client, and Erin's records beside his: a Welcome finds her key package.
struct Place {
    records: Arc<Records>,
    rng: Arc<AtomicU64>,
    client: Client,
    begin: StoredRecords,
}

thread_local! {
    static PLACE: Stage<Place> = const { Stage::new(None) };
}

fn prepare() -> Place {
    let records = Arc::new(Records::default());
    records.all().extend(LIFE.bob.clone());
    records.all().extend(LIFE.erin.clone());
    let rng = Arc::new(AtomicU64::new(0));
    let rules = DefaultRules::new().allow_external_commits().allow_external_senders().allow_new_member_proposals();
    let client = Client::builder(records.clone(), Arc::new(BasicIdentity::new()))
        .rules(Arc::new(rules))
        .crypto(Arc::new(RustCryptoProvider::new()))
        .rng(Box::new(Counted(rng.clone())))
        .clock(Arc::new(Fixed))
        .build()
        .unwrap();
    for psk_id in [&b"psk"[..], b"other"] {
        let value = PskValue::from_bytes(SecretBytes::from_slice(b"a pre-shared key of some bytes.."));
        client.store_psk(psk_id, &value).unwrap();
    }
    let begin = records.all().clone();
    Place { records, rng, client, begin }
}

/// A number of things that happen, of a byte each that says what: a message, edited or not, to the group, alone or in a
/// backlog; a Welcome or GroupInfo; sending; accepting a commit; loading the group anew. What is edited is followed by the
/// number of edits.
///
/// Promises: no panic. What fails leaves each record as it was. Nothing that was altered is taken, nothing is taken twice,
/// and what is taken is stored: the group that is loaded is the one at hand.
pub fn run(data: &[u8]) {
    on_stage(&PLACE, prepare, |place| {
        place.records.all().clone_from(&place.begin);
        place.rng.store(1, Ordering::Relaxed);
        let mut group = place.client.load_group(&group_id()).unwrap();
        let mut taken = Vec::new();
        let mut input = Input::new(data);
        for _ in 0..STEPS {
            if input.is_empty() {
                break;
            }
            place.step(&mut group, &mut taken, &mut input);
        }
        if group.is_active() {
            let loaded = place.client.load_group(&group_id()).expect("what was stored can be loaded");
            assert_eq!(loaded.context(), group.context());
            assert_eq!(loaded.epoch_authenticator(), group.epoch_authenticator());
        }
        true
    });
}

/// The exhibit that comes next in the input, with its edits.
fn edited(input: &mut Input<'_>) -> Vec<u8> {
    let mut bytes = LIFE.exhibits[input.pick(LIFE.exhibits.len())].bytes.clone();
    for _ in 0..input.byte() % 4 {
        if let Some((_, edit)) = input.edit() {
            edit.make(&mut bytes);
        }
    }
    bytes
}

impl Place {
    fn step(&self, group: &mut Group, taken: &mut Vec<Vec<u8>>, input: &mut Input<'_>) {
        let before = self.records.all().clone();
        let what = input.byte();
        let done = match what % 16 {
            0..=8 => {
                let bytes = edited(input);
                let event = group.receive(&bytes);
                event.is_ok_and(|event| {
                    note(taken, &bytes, &event);
                    true
                })
            }
            9 => {
                let count = input.byte() % 8;
                let backlog: Vec<Vec<u8>> = (0..count).map(|_| edited(input)).collect();
                let events = group.receive_all(&backlog).unwrap_or_default();
                let mut any = false;
                for (bytes, event) in backlog.iter().zip(&events) {
                    if let Ok(event) = event {
                        note(taken, bytes, event);
                        any = true;
                    }
                }
                any
            }
            10 => {
                let invitation = &LIFE.invitations[input.pick(LIFE.invitations.len())];
                let (mut welcome, mut tree) = (invitation.welcome.clone(), invitation.tree.clone().unwrap_or_default());
                for _ in 0..input.byte() % 4 {
                    if let Some((lane, edit)) = input.edit() {
                        edit.make(if lane % 2 == 0 { &mut welcome } else { &mut tree });
                    }
                }
                // The group is there, so that nobody joins it a second time.
                let joined = self.client.join(&welcome, (!tree.is_empty()).then_some(&tree));
                assert!(joined.is_err() || !group.is_active(), "a group is joined that is there");
                joined.is_ok()
            }
            11 => group.send(b"x").is_ok(),
            12 => group.accept_commit().is_ok(),
            13 => group.drop_commit().is_ok(),
            14 => self.look_in(input),
            _ => {
                let active = group.is_active();
                assert!(group.reload().is_ok() || !active, "what was stored cannot be loaded");
                false
            }
        };
        assert!(done || *self.records.all() == before, "what failed ({what}) has changed what is stored");
    }

    /// A GroupInfo and a key package, to those who take them.
    fn look_in(&self, input: &mut Input<'_>) -> bool {
        let mut info = LIFE.infos[0].clone();
        let mut key_package = LIFE.key_package.clone();
        for _ in 0..input.byte() % 4 {
            if let Some((lane, edit)) = input.edit() {
                edit.make(if lane % 2 == 0 { &mut info } else { &mut key_package });
            }
        }
        let verified = self.client.verify_group_info(&info, None).is_ok();
        assert_eq!(verified, info == LIFE.infos[0], "a GroupInfo");
        let _ = self.client.peek_welcome(&info, None);
        if let Ok(MlsMessage { body: MlsMessageBody::KeyPackage(_), .. }) = MlsMessage::from_bytes(&key_package) {
            let _ = self.client.peek_welcome(&key_package, None);
        }
        false
    }
}

/// What was taken was sent like that, and had not been taken before.
fn note(taken: &mut Vec<Vec<u8>>, bytes: &[u8], event: &Event) {
    let exhibit = LIFE.exhibits.iter().find(|exhibit| exhibit.bytes == bytes);
    assert!(exhibit.is_some_and(|exhibit| exhibit.good), "{event:?} comes of what nobody has sent");
    assert!(!taken.iter().any(|earlier| earlier == bytes), "{event:?} comes a second time");
    taken.push(bytes.to_vec());
}

/// Short histories: everything once, edited and not; backlogs; commits that cross.
#[must_use]
pub fn seeds() -> Vec<Seed> {
    let mut seeds = Seeds::default();
    let all = |from: u8| (from..from + 9).flat_map(|exhibit| [0, exhibit, 0]).collect::<Vec<u8>>();
    seeds.add("all messages, first part", all(0));
    seeds.add("all messages, second part", all(9));
    seeds.add("all messages, third part", all(18));
    seeds.add("a backlog", [9, 7, 0, 0, 3, 0, 4, 0, 5, 0, 12, 0, 1, 0, 13, 0, 15]);
    let mut edited = Vec::new();
    for exhibit in [0, 5, 11, 13] {
        edited.extend([0, exhibit, 1]);
        Edit::Xor { at: 50 + usize::from(exhibit), with: 1 }.write(0, &mut edited);
        edited.extend([0, exhibit, 0]);
    }
    seeds.add("edited first", edited);
    seeds.add("own commit, then others", [12, 0, 12, 0, 0, 15, 0, 0, 0, 11, 0, 3, 0, 10, 0, 0]);
    seeds.add("sending and dropping", [11, 13, 11, 11, 0, 15, 0, 12, 15]);
    seeds.add("Welcomes and GroupInfo", [10, 0, 0, 10, 1, 0, 10, 2, 0, 14, 0, 14, 1, 0, 0, 30, 1]);
    seeds.done()
}
