use mls_client::{
    CipherSuite, Client, CommitError, Credential, Event, ExternalJoin, Group, JoinError, LeafIndex, LoadError,
    SendError,
};

use crate::world::{Party, assert_in_step, assert_talk, deliver, group_of, message, pair};

scenario! { fn handles_may_go_to_other_threads() {
    const fn shared<T: Send + Sync + 'static>() {}
    shared::<Client>();
    shared::<Group>();
    shared::<ExternalJoin>();
    const fn sent<T: Send + 'static>() {}
    sent::<mls_client::ClientBuilder>();
} }

scenario! { fn two_members_talk() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    assert_eq!(at_alice.epoch(), 1);
    assert_talk(&mut at_alice, &mut at_bob);
    let names: Vec<_> = at_bob.members().unwrap().into_iter().map(|member| member.credential).collect();
    assert_eq!(names, [Credential::basic("alice"), Credential::basic("bob")]);
    assert_eq!(at_bob.own_leaf(), LeafIndex::new(1).unwrap());
} }

scenario! { fn a_message_names_its_sender() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let sent = at_bob.send(b"hi").unwrap();
    assert_eq!((sent.epoch, sent.generation), (1, 0));
    let received = message(at_alice.receive(&sent.message).unwrap());
    assert_eq!(received.sender.credential, Credential::basic("bob"));
    assert_eq!(received.sender.index, LeafIndex::new(1).unwrap());
    assert_eq!((received.epoch, received.generation), (1, 0));
    assert!(received.still_member);
} }

scenario! { fn members_export_the_same_secret_and_others_another() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let one = at_alice.export(b"label", b"context", 20).unwrap();
    assert_eq!(one.as_bytes().len(), 20);
    assert_eq!(one.as_bytes(), at_bob.export(b"label", b"context", 20).unwrap().as_bytes());
    assert_ne!(one.as_bytes(), at_bob.export(b"label", b"other", 20).unwrap().as_bytes());
} }

scenario! { fn a_removed_member_is_told_and_keeps_nothing() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (carol, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    let records = carol.store.records();
    let commit = at_alice.remove(&[at_carol.own_leaf()]).unwrap();
    deliver(&mut at_alice, &commit, &mut [&mut at_bob]);

    let Event::Removed(change) = at_carol.receive(&commit.message).unwrap() else { panic!("not removed") };
    assert!(change.removed_self);
    assert_eq!(change.removed, [at_carol.own_leaf()]);
    assert!(!at_carol.is_active());
    assert!(carol.client.groups().unwrap().is_empty());
    assert!(carol.store.records() < records);
    assert!(matches!(carol.client.load_group(at_alice.id()), Err(LoadError::NoSuchGroup)));

    let secret = at_alice.send(b"without carol").unwrap().message;
    assert!(at_carol.receive(&secret).is_err());
    assert!(matches!(at_carol.send(b"still here"), Err(SendError::Engine(_))));
    assert_eq!(message(at_bob.receive(&secret).unwrap()).data, b"without carol");
} }

scenario! { fn a_key_package_is_good_for_one_group() {
    let alice = Party::new("alice");
    let bob = Party::new("bob");
    let key_package = bob.key_package();
    let mut welcomes = Vec::new();
    for _ in 0..2 {
        let mut group = alice.client.create_group(&alice.identity).unwrap();
        welcomes.push(group.add(&[&key_package]).unwrap().welcome.unwrap());
        group.accept_commit().unwrap();
    }
    bob.client.join(&welcomes[0], None).unwrap();
    assert!(matches!(bob.client.join(&welcomes[1], None), Err(JoinError::NoKeyPackage)));
    assert!(matches!(bob.client.join(&key_package, None), Err(JoinError::WrongMessage)));
    assert!(matches!(bob.client.join(&[1, 2], None), Err(JoinError::Malformed(_))));
} }

scenario! { fn what_is_no_key_package_is_not_added() {
    let (_, mut at_alice, _, _) = pair();
    let message = at_alice.send(b"x").unwrap().message;
    assert!(matches!(at_alice.add(&[message]), Err(CommitError::NotAKeyPackage)));
    assert!(matches!(at_alice.add(&[[0_u8; 3]]), Err(CommitError::Malformed(_))));
    assert!(!at_alice.has_pending_commit());
} }

// req: R-10-02
scenario! { fn one_client_has_several_identities_and_suites() {
    let p256 = CipherSuite::MLS_128_DHKEMP256_AES128GCM_SHA256_P256;
    let alice = Party::new("alice");
    let bob = Party::new("bob");
    let work = alice.client.new_identity(p256, Credential::basic("alice at work")).unwrap();
    let bob_at_work = bob.client.new_identity(p256, Credential::basic("bob at work")).unwrap();
    assert_eq!(alice.client.signers().len(), 2);

    let mut groups = Vec::new();
    for (mine, theirs, suite) in [(&alice.identity, &bob.identity, alice.identity.cipher_suite), (&work, &bob_at_work, p256)] {
        let mut at_alice = alice.client.create_group(mine).unwrap();
        let commit = at_alice.add(&[bob.client.key_package(theirs).unwrap().message]).unwrap();
        at_alice.accept_commit().unwrap();
        let mut at_bob = bob.client.join(&commit.welcome.unwrap(), None).unwrap();
        assert_eq!(at_bob.cipher_suite(), suite);
        assert_talk(&mut at_alice, &mut at_bob);
        groups.push(at_bob.id().clone());
    }
    groups.sort();
    let mut listed = bob.client.groups().unwrap();
    listed.sort();
    assert_eq!(listed, groups);
} }

scenario! { fn the_tree_may_travel_beside_the_welcome() {
    let alice = Party::new("alice");
    let bob = Party::new("bob");
    let mut at_alice = alice.client.create_group(&alice.identity).unwrap();
    let plan = mls_client::CommitPlan {
        proposals: vec![mls_client::Proposing::Add(std::sync::Arc::new(
            bob.client.key_package(&bob.identity).unwrap().key_package,
        ))],
        ratchet_tree_in_welcome: false,
        ..mls_client::CommitPlan::default()
    };
    let commit = at_alice.commit(&plan).unwrap();
    at_alice.accept_commit().unwrap();
    let welcome = commit.welcome.unwrap();
    assert!(bob.client.join(&welcome, None).is_err());
    let mut at_bob = bob.client.join(&welcome, commit.ratchet_tree.as_deref()).unwrap();
    assert_talk(&mut at_alice, &mut at_bob);
    assert_in_step(&at_alice, &at_bob);
} }
