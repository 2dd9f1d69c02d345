//! Ways back, over a delivery service that loses, repeats and reorders, and takes the wrong commit for the right one.

use mls_client::mls_core::group::{EpochComparison, Fault, MemberMode, MemberPurpose, Missing};
use mls_client::mls_crypto_traits::Rng;
use mls_client::{Disposition, Event, GroupInfoOptions, LeafIndex, LoadError, Repeat};

use crate::everywhere::combination;
use crate::world::{
    Client, CountingRng, Group, Party, Setup, assert_in_step, assert_talk, deliver, group_of, message, pair,
};

/// A client over the same store that keeps what it takes to go back.
fn rewinding(party: &Party, purpose: &str) -> Client {
    let mut setup = Setup::default();
    setup.limits.rewind = true;
    party.client_with(purpose, setup)
}

/// Messages on their way to one member: any of them may be lost, come twice, or come late.
struct Wire {
    rng: CountingRng,
    waiting: Vec<Vec<u8>>,
}

impl Wire {
    fn new(seed: &str) -> Self {
        Self { rng: CountingRng::new(seed), waiting: Vec::new() }
    }

    fn draw(&mut self, below: usize) -> usize {
        let mut byte = [0];
        self.rng.fill(&mut byte).unwrap();
        usize::from(byte[0]) % below
    }

    fn put(&mut self, bytes: &[u8]) {
        // One in four is lost, one in four comes twice.
        for _ in 0..[0, 1, 1, 2][self.draw(4)] {
            let at = self.draw(self.waiting.len() + 1);
            self.waiting.insert(at, bytes.to_vec());
        }
    }

    /// The member takes in what waits; how many of them were new to it.
    fn drain(&mut self, group: &mut Group) -> Vec<Vec<u8>> {
        let mut read = Vec::new();
        for bytes in core::mem::take(&mut self.waiting) {
            match group.receive(&bytes) {
                Ok(event) => read.push(message(event).data),
                Err(error) => assert!(
                    matches!(error.disposition(), Disposition::Duplicate | Disposition::AwaitEpoch(_)),
                    "{error:?}"
                ),
            }
        }
        read
    }
}

fn public() -> GroupInfoOptions {
    GroupInfoOptions { external_pub: true, ratchet_tree: true }
}

scenario! { fn a_member_that_was_given_the_wrong_commit_goes_back() {
    // Other losses for each combination.
    for seed in ["one", "two"].map(|seed| format!("{seed} {:?}", combination())) {
        let (alice, at_alice, mut others) = group_of(["bob", "carol"]);
        let (carol, at_carol) = others.pop().unwrap();
        let (bob, at_bob) = others.pop().unwrap();
        let id = at_alice.id().clone();
        drop((at_alice, at_bob, at_carol));
        let [mut at_alice, mut at_bob, mut at_carol] =
            [&alice, &bob, &carol].map(|party| rewinding(party, "before").load_group(&id).unwrap());
        let mut wire = Wire::new(&seed);

        // Bob talks; Carol reads what comes.
        let texts: Vec<_> = (0..8_u8).map(|n| at_bob.send(&[n]).unwrap().message).collect();
        texts[..4].iter().for_each(|text| wire.put(text));
        let mut read = wire.drain(&mut at_carol);

        // Two commits compete. Carol is given Bob's and follows it, and goes on from there by herself.
        let of_alice = at_alice.update().unwrap();
        let of_bob = at_bob.update().unwrap();
        assert!(matches!(at_carol.receive(&of_bob.message).unwrap(), Event::Epoch(_)));
        texts[4..].iter().chain(&texts[..4]).for_each(|text| wire.put(text));
        read.extend(wire.drain(&mut at_carol));
        let further = at_carol.update().unwrap();
        at_carol.accept_commit().unwrap();
        let astray = at_carol.send(b"astray").unwrap().message;
        // Everybody else is given Alice's.
        at_alice.accept_commit().unwrap();
        assert!(matches!(at_bob.receive(&of_alice.message).unwrap(), Event::Epoch(_)));
        assert!(at_alice.receive(&of_bob.message).is_err());
        assert!(at_alice.receive(&further.message).is_err());
        assert!(at_alice.receive(&astray).is_err());

        // Carol finds out from what Alice tells her.
        let claims = at_alice.query(|group| group.epoch_claims()).unwrap();
        let report = at_carol.query(|group| group.compare_claims(&claims)).unwrap();
        assert_eq!((report.last_common, report.first_forked), (Some(1), Some(2)));
        let before = claims.iter().find(|claim| claim.epoch == 1).unwrap();
        let ours = at_carol.query(|group| group.compare_epoch(1, &before.authenticator)).unwrap();
        assert_eq!(ours, EpochComparison::Same);
        let rewound = at_carol.rewind(report.last_common.unwrap()).unwrap();
        assert_eq!((rewound.epoch, rewound.left), (1, 3));
        // The process dies in between.
        drop(at_carol);
        let mut at_carol = rewinding(&carol, "after").load_group(&id).unwrap();
        assert!(matches!(at_carol.receive(&of_alice.message).unwrap(), Event::Epoch(_)));
        assert_in_step(&at_alice, &at_carol);

        // Late ones come still, and none is read twice.
        for text in &texts {
            wire.put(text);
        }
        read.extend(wire.drain(&mut at_carol));
        let total = read.len();
        read.sort();
        read.dedup();
        assert_eq!(read.len(), total, "seed {seed}");
        assert_talk(&mut at_alice, &mut at_carol);
        assert_talk(&mut at_bob, &mut at_carol);
        let next = at_carol.update().unwrap();
        deliver(&mut at_carol, &next, &mut [&mut at_alice, &mut at_bob]);
    }
} }

scenario! { fn there_is_no_going_back_without_having_wanted_it() {
    let (_, mut at_alice, _, _) = pair();
    at_alice.update().unwrap();
    at_alice.accept_commit().unwrap();
    let error = at_alice.rewind(1).unwrap_err();
    assert_eq!(error.disposition(), Disposition::Rejoin);
} }

scenario! { fn a_member_that_lost_its_store_is_added_again() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    drop(others);
    let bob = Party::new("bob");
    let mut wire = Wire::new("lost");
    let (lost, earlier) = (at_alice.send(b"lost").unwrap().message, at_carol.send(b"earlier").unwrap().message);

    // Alice and Carol both add Bob again; Carol's commit comes first, and Alice's is of no use any more.
    let of_alice = at_alice.readd(LeafIndex::new(1).unwrap(), &bob.key_package()).unwrap();
    let commit = at_carol.readd(LeafIndex::new(1).unwrap(), &bob.key_package()).unwrap();
    deliver(&mut at_carol, &commit, &mut [&mut at_alice]);
    assert!(at_carol.receive(&of_alice.message).is_err());
    let mut at_bob = bob.client.join(commit.welcome.as_ref().unwrap(), None).unwrap();
    assert!(at_bob.receive(&lost).is_err() && at_bob.receive(&earlier).is_err());
    assert!(at_bob.receive(&commit.message).is_err());
    assert_talk(&mut at_alice, &mut at_bob);
    assert_talk(&mut at_carol, &mut at_bob);

    let texts: Vec<_> = (0..6_u8).map(|n| at_alice.send(&[n]).unwrap().message).collect();
    texts.iter().chain(&texts).for_each(|text| wire.put(text));
    let read = wire.drain(&mut at_bob);
    assert!(!read.is_empty() && read.len() <= texts.len());
} }

scenario! { fn a_member_that_cannot_follow_rejoins_by_itself() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (mut bob, mut at_bob) = others.pop().unwrap();
    let own = at_bob.own_leaf();
    // Two commits never reach Bob; what is sent then waits in vain.
    for _ in 0..2 {
        let commit = at_alice.update().unwrap();
        deliver(&mut at_alice, &commit, &mut [&mut at_carol]);
    }
    let text = at_carol.send(b"waits").unwrap().message;
    assert!(matches!(at_bob.receive(&text).unwrap_err().disposition(), Disposition::AwaitEpoch(3)));

    // His first attempt loses against a commit of Carol's.
    let info = at_alice.group_info(public()).unwrap();
    let attempt = bob.client.rejoin(&bob.identity, &info, None).unwrap();
    let commit = at_carol.update().unwrap();
    deliver(&mut at_carol, &commit, &mut [&mut at_alice]);
    assert!(at_alice.receive(attempt.message()).is_err());
    attempt.abandon().unwrap();

    let info = at_alice.group_info(public()).unwrap();
    let attempt = bob.client.rejoin(&bob.identity, &info, None).unwrap();
    let message = attempt.message().to_vec();
    drop(attempt);
    bob.restart();
    for group in [&mut at_alice, &mut at_carol] {
        let Event::Epoch(change) = group.receive(&message).unwrap() else { panic!("no epoch") };
        assert_eq!((change.removed, change.added[0].index), (vec![own], own));
        // It comes twice.
        assert!(group.receive(&message).is_err());
    }
    let mut repeats = bob.client.resume().unwrap();
    let Some(Repeat::ExternalJoin(join)) = repeats.pop() else { panic!("no join") };
    let mut at_bob = join.accept().unwrap();
    assert_eq!((at_bob.own_leaf(), bob.client.groups().unwrap().len()), (own, 1));
    assert_talk(&mut at_alice, &mut at_bob);
    assert_talk(&mut at_carol, &mut at_bob);
} }

scenario! { fn a_welcome_is_looked_into_first() {
    let (_, mut at_alice, _, _) = pair();
    let carol = Party::new("carol");
    let commit = at_alice.add(&[carol.key_package()]).unwrap();
    at_alice.accept_commit().unwrap();
    let welcome = commit.welcome.unwrap();
    let records = carol.store.records();
    let peek = carol.client.peek_welcome(&welcome, None).unwrap();
    assert_eq!(peek.group_info.group_context, *at_alice.context());
    assert_eq!((peek.members.len(), peek.own_leaf, peek.psks.len()), (3, LeafIndex::new(2).unwrap(), 0));
    assert_eq!((carol.store.records(), carol.store.commits()), (records, 2));
    let mut at_carol = carol.client.join(&welcome, None).unwrap();
    assert_talk(&mut at_alice, &mut at_carol);
    let info = at_carol.group_info(public()).unwrap();
    let verified = Party::new("dave").client.verify_group_info(&info, None).unwrap();
    assert_eq!(verified.members(), at_alice.members().unwrap());
} }

scenario! { fn a_tree_is_kept_outside() {
    let (_, mut at_alice, bob, mut at_bob) = pair();
    at_bob.keep_tree_outside().unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
    let id = at_bob.id().clone();
    let mut at_bob = bob.group(&id);
    let commit = at_alice.update().unwrap();
    let error = at_bob.receive(&commit.message).unwrap_err();
    assert_eq!(error.disposition(), Disposition::Retry(Missing::Tree));
    assert!(at_bob.send(b"sending takes none").is_ok());
    let tree = at_alice.ratchet_tree().unwrap();
    at_bob.admit_tree(&tree).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);
    let mut again = bob.group(&id);
    let wrong = again.admit_tree(&tree).unwrap_err();
    assert!(matches!(wrong, LoadError::Engine(Fault::WrongTree)), "{wrong:?}");
    at_bob.keep_tree_inside().unwrap();
    assert_talk(&mut at_alice, &mut bob.group(&id));
} }

scenario! { fn one_member_is_sent_something_of_its_own() {
    let (_, mut at_alice, bob, at_bob) = pair();
    let purpose = MemberPurpose { label: b"invitation", context: b"", mode: MemberMode::Psk };
    let sealed = at_alice.seal_to_member(at_bob.own_leaf(), purpose, b"aad", b"for Bob").unwrap();
    let mut at_bob = bob.group(at_bob.id());
    assert_eq!(at_bob.open_as_member(purpose, b"aad", &sealed).unwrap().as_bytes(), b"for Bob");
    let error = at_bob.open_as_member(purpose, b"other", &sealed).unwrap_err();
    assert_eq!(error.disposition(), Disposition::Discard);
    at_alice.delete_exporter().unwrap();
    assert!(at_alice.export(b"label", b"", 32).is_err());
    assert!(at_bob.export(b"label", b"", 32).is_ok());
} }
