//! Operations over a store that fails before or after each of its calls.

mod groups;
mod messages;
mod others;

use std::sync::Arc;

use mls_client::mls_core::record::{Delta, Durable, RecordKey, RecordPrefix, RecordSet};
use mls_client::mls_core::storage::StorageError;
use mls_client::mls_core::storage::conformance::{Breakdown, FaultyStorage};
use mls_client::mls_crypto_traits::SecretBytes;
use mls_client::{AppWrites, GroupId, GroupInfoOptions, Proposing, Repeat, Storage};

use crate::everywhere::{Backend, combination, with};
use crate::faces::ExternalJoin;
use crate::world::{Group, Party, Setup, assert_talk};

/// Any store.
struct Any(Arc<dyn Storage>);

impl Storage for Any {
    fn read(&self, keys: &[RecordKey]) -> Result<Vec<Option<SecretBytes>>, StorageError> {
        self.0.read(keys)
    }

    fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        self.0.scan(prefix)
    }

    fn commit(&self, delta: &Delta) -> Result<Durable, StorageError> {
        self.0.commit(delta)
    }

    fn commit_with(&self, delta: &Delta, app: AppWrites) -> Result<Durable, StorageError> {
        self.0.commit_with(delta, app)
    }
}

/// Alice and Bob in a group, in epoch 2; Carol with one of her own. Alice's store may fail, and her process end.
struct Scene {
    alice: Party,
    faulty: Arc<FaultyStorage<Any>>,
    id: GroupId,
    bob: Party,
    carol: Party,
    of_carol: GroupId,
    /// What Bob has sent and Alice has not received.
    text: Vec<u8>,
    proposal: Vec<u8>,
    /// What the operation at hand is given.
    given: Vec<Vec<u8>>,
}

fn setup() -> Setup {
    let mut setup = Setup::default();
    setup.limits.rewind = true;
    // Each message that is sent is written.
    setup.limits.reserved_generations = 1;
    setup
}

impl Scene {
    fn new() -> Self {
        let faulty = Arc::new(FaultyStorage::new(Any(combination().store.open())));
        let mut alice = Party::over("alice", Arc::<FaultyStorage<Any>>::clone(&faulty));
        alice.restart_with(setup());
        let [bob, carol] = ["bob", "carol"].map(|name| Party::over(name, Arc::new(mls_client::MemoryStorage::new())));
        let mut at_alice = alice.client.create_group(&alice.identity).unwrap();
        let commit = at_alice.add(&[bob.key_package()]).unwrap();
        at_alice.accept_commit().unwrap();
        let mut at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();
        let commit = at_bob.update().unwrap();
        at_bob.accept_commit().unwrap();
        at_alice.receive(&commit.message).unwrap();
        let text = at_bob.send(b"text").unwrap().message;
        let proposal = at_bob.propose(&Proposing::Remove(at_alice.own_leaf())).unwrap().message;
        let other = carol.client.create_group(&carol.identity).unwrap();
        let (id, of_carol) = (at_alice.id().clone(), other.id().clone());
        Self { alice, faulty, id, bob, carol, of_carol, text, proposal, given: Vec::new() }
    }

    /// Alice's group as it is stored.
    fn load(&self) -> Result<Group, String> {
        said(self.alice.client.load_group(&self.id))
    }

    fn at_alice(&self) -> Group {
        self.alice.group(&self.id)
    }

    fn at_bob(&self) -> Group {
        self.bob.group(&self.id)
    }

    fn at_carol(&self) -> Group {
        self.carol.group(&self.of_carol)
    }

    /// Bob withdraws what he had proposed, by a commit without it that Alice receives.
    fn clear(&self) {
        let mut at_bob = self.at_bob();
        let waiting = at_bob.waiting_proposals().unwrap();
        waiting.iter().for_each(|proposal| at_bob.drop_proposal(&proposal.reference).unwrap());
        let mut at_alice = self.at_alice();
        let waiting = at_alice.waiting_proposals().unwrap();
        waiting.iter().for_each(|proposal| at_alice.drop_proposal(&proposal.reference).unwrap());
    }

    /// Alice and Bob are of one mind.
    fn talk(&self) {
        self.clear();
        assert_talk(&mut self.at_alice(), &mut self.at_bob());
    }

    /// The external join that Alice has pending.
    fn pending_join(&self) -> Result<ExternalJoin, String> {
        match said(self.alice.client.resume())?.pop() {
            Some(Repeat::ExternalJoin(join)) => Ok(join),
            _ => Err("nothing is pending".into()),
        }
    }

    fn groups(&self) -> usize {
        self.alice.client.groups().unwrap().len()
    }

    /// All records of Alice's, as bytes.
    fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let store = self.faulty.inner();
        let mut prefixes = vec![
            RecordPrefix::ExternalJoins,
            RecordPrefix::Successors,
            RecordPrefix::KeyPackages,
            RecordPrefix::Signers,
            RecordPrefix::Psks,
        ];
        let groups = store.scan(&RecordPrefix::Groups).unwrap().into_iter();
        prefixes.extend(groups.map(|(key, _)| RecordPrefix::Group(key.group_id().unwrap().clone())));
        let scans = prefixes.iter().flat_map(|prefix| store.scan(prefix).unwrap());
        scans.map(|(key, value)| (key.to_bytes().unwrap(), value.as_bytes().to_vec())).collect()
    }
}

fn said<T, E: core::fmt::Debug>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| format!("{error:?}"))
}

fn public() -> GroupInfoOptions {
    GroupInfoOptions { external_pub: true, ratchet_tree: true }
}

/// What Alice does, and how to tell that it is done.
struct Operation {
    name: &'static str,
    /// What comes before it; what it is given.
    before: fn(&Scene) -> Vec<Vec<u8>>,
    work: fn(&Scene) -> Result<(), String>,
    /// Whether a part of it may fail and the rest be done.
    in_parts: bool,
    /// After the process has ended and begun again: what was stored is what was wanted, and of use.
    done: fn(&Scene),
}

/// After any fault the records are those before, and the operation can be done again; or it is done in one piece.
fn each_call_of_each(operations: &[Operation]) {
    let mut faults = 0;
    for operation in operations {
        faults += each_call(operation);
    }
    println!("{faults} calls failed");
    // A record is read and one is written at the least.
    assert!(faults >= 2 * operations.len(), "{faults}");
}

#[test]
fn messages_proposals_and_commits_survive_a_failing_store() {
    with(Backend::AwsLc, || each_call_of_each(messages::OPERATIONS));
}

#[test]
fn ways_into_groups_survive_a_failing_store() {
    with(Backend::AwsLc, || each_call_of_each(groups::OPERATIONS));
}

#[test]
fn what_else_is_stored_survives_a_failing_store() {
    with(Backend::AwsLc, || each_call_of_each(others::OPERATIONS));
}

fn each_call(operation: &Operation) -> usize {
    let mut faults = 0;
    for breakdown in [Breakdown::Before, Breakdown::After] {
        for number in 0.. {
            let mut scene = Scene::new();
            scene.given = (operation.before)(&scene);
            let before = scene.records();
            scene.faulty.fail_at(number, breakdown);
            let outcome = (operation.work)(&scene);
            let place = format!("{:?} {}: {breakdown:?} {number}", combination(), operation.name);
            let failed = scene.faulty.has_failed();
            scene.faulty.fail_at(u64::MAX, breakdown);
            if !failed {
                assert!(number > 0, "{place}");
                outcome.unwrap_or_else(|error| panic!("{place}: {error}"));
                assert_ne!(scene.records(), before, "{place}");
                (operation.done)(&scene);
                break;
            }
            faults += 1;
            println!("{place}");
            assert!(outcome.is_err(), "{place}: a failure was passed over");
            let changed = scene.records() != before;
            assert!(!changed || breakdown == Breakdown::After || operation.in_parts, "{place}");
            scene.alice.restart_with(setup());
            if !changed || operation.in_parts {
                (operation.work)(&scene).unwrap_or_else(|error| panic!("{place}: again: {error}"));
            }
            (operation.done)(&scene);
        }
    }
    faults
}
