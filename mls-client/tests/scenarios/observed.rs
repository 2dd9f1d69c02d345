//! A delivery service that watches a group.

use mls_client::mls_core::extension::{Extensions, ExternalSender, ExternalSenders};
use mls_client::mls_core::framing::Sender;
use mls_client::mls_core::identity::MemberId;
use mls_client::mls_core::proposal::Proposal;
use mls_client::{CommitPlan, Disposition, Event, GroupInfoOptions, LoadError, ObservedEvent, Proposing, SendOptions};

use crate::world::{ObservedGroup, Party, Setup, assert_in_step, group_of, pair};

fn public() -> GroupInfoOptions {
    GroupInfoOptions { external_pub: true, ratchet_tree: true }
}

fn in_clear(proposals: Vec<Proposing>) -> CommitPlan {
    let options = SendOptions { encrypt: false, ..SendOptions::default() };
    CommitPlan { proposals, options, ..CommitPlan::default() }
}

fn follows(watched: &mut ObservedGroup, message: &[u8], epoch: u64) {
    let ObservedEvent::Epoch(change) = watched.receive(message).unwrap() else { panic!("no epoch") };
    assert_eq!((change.epoch, watched.state().epoch()), (epoch, epoch));
}

scenario! { fn a_service_follows_serves_and_proposes() {
    let (_, mut at_alice, mut others) = group_of(["bob", "carol"]);
    let (_, mut at_carol) = others.pop().unwrap();
    let (_, mut at_bob) = others.pop().unwrap();
    let mut service = Party::new("service");
    let info = at_alice.group_info(public()).unwrap();
    let mut watched = service.client.observe(&info, None).unwrap();
    assert_eq!(watched.state().members(), at_alice.members().unwrap());
    let named = |name: &[u8]| watched.member_with_id(&MemberId(name.to_vec())).unwrap();
    assert_eq!(named(b"carol"), Some(at_alice.members().unwrap().remove(2)));
    assert_eq!(named(b"service"), None);

    // The group lists the service, which then serves the tree to somebody who comes in.
    let mut extensions = Extensions::new();
    let key = service.identity.signature_key.clone();
    let credential = service.identity.credential.clone();
    extensions.set(&ExternalSenders(vec![ExternalSender { signature_key: key.clone(), credential }])).unwrap();
    let commit = at_alice.commit(&in_clear(vec![Proposing::GroupContextExtensions(extensions)])).unwrap();
    follows(&mut watched, &commit.message, 2);
    at_alice.accept_commit().unwrap();
    for group in [&mut at_bob, &mut at_carol] {
        group.receive(&commit.message).unwrap();
    }
    // It comes again, and the service goes down and up.
    assert_eq!(watched.receive(&commit.message).unwrap_err().disposition(), Disposition::Discard);
    service.restart();
    let id = at_alice.id().clone();
    let mut watched = service.client.load_observed(&id).unwrap();
    assert_eq!(watched.state().context(), at_alice.context());
    let dave = Party::new("dave");
    let bare = at_bob.group_info(GroupInfoOptions { external_pub: true, ratchet_tree: false }).unwrap();
    let tree = watched.state().ratchet_tree().unwrap();
    let join = dave.client.join_external(&dave.identity, &bare, Some(&tree)).unwrap();
    follows(&mut watched, join.message(), 3);
    for group in [&mut at_alice, &mut at_bob, &mut at_carol] {
        group.receive(join.message()).unwrap();
    }
    let at_dave = join.accept().unwrap();
    assert_in_step(&at_alice, &at_dave);

    // The members' policy lets no external sender in unless told to: the service can propose nevertheless.
    let remove = Proposal::Remove(at_carol.own_leaf().into());
    let proposal = watched.propose(&key, remove).unwrap();
    let error = at_alice.receive(&proposal.message).unwrap_err();
    assert_eq!(error.disposition(), Disposition::Discard, "{error:?}");
    let own = watched.receive(&proposal.message);
    assert!(own.is_err() || watched.state().pending_proposals()[0].sender == Sender::External(0));
} }

scenario! { fn what_is_encrypted_cannot_be_followed() {
    let (_, mut at_alice, _, mut at_bob) = pair();
    let service = Party::new("service");
    let info = at_alice.group_info(public()).unwrap();
    let mut watched = service.client.observe(&info, None).unwrap();
    let commit = at_alice.update().unwrap();
    let ObservedEvent::Hidden(hidden) = watched.receive(&commit.message).unwrap() else { panic!("not hidden") };
    assert!(hidden.ends_epoch());
    at_alice.accept_commit().unwrap();
    assert!(matches!(at_bob.receive(&commit.message).unwrap(), Event::Epoch(_)));
    let next = at_bob.commit(&in_clear(Vec::new())).unwrap();
    assert_eq!(watched.receive(&next.message).unwrap_err().disposition(), Disposition::AwaitEpoch(2));
    let mut behind = service.client.load_observed(at_alice.id()).unwrap();
    watched.restart(&at_alice.group_info(public()).unwrap(), None).unwrap();
    follows(&mut watched, &next.message, 3);
    // Another handle catches up.
    assert!(behind.restart(&at_alice.group_info(public()).unwrap(), None).is_err());
    behind.reload().unwrap();
    assert_eq!(behind.state().context(), watched.state().context());
} }

scenario! { fn a_second_service_takes_a_snapshot() {
    let (_, mut at_alice, _, _) = pair();
    let (first, second) = (Party::new("first"), Party::new("second"));
    let watched = first.client.observe(&at_alice.group_info(public()).unwrap(), None).unwrap();
    let snapshot = watched.state().snapshot().unwrap();
    let mut watched = second.client.observe_from_snapshot(&snapshot).unwrap();
    let commit = at_alice.commit(&in_clear(Vec::new())).unwrap();
    follows(&mut watched, &commit.message, 2);
    at_alice.accept_commit().unwrap();
    assert_eq!(watched.state().context(), at_alice.context());
    assert!(matches!(first.client.load_observed(&b"none".to_vec().into()), Err(LoadError::NoSuchGroup)));
    // One store, one state of a group.
    let other = first.client_with("other", Setup::default());
    assert!(other.observe_from_snapshot(&snapshot).is_err());
} }

scenario! { fn groups_that_are_observed_are_listed_apart() {
    let (_, mut at_alice, ..) = pair();
    let service = Party::new("service");
    let observed = service.client.observe(&at_alice.group_info(public()).unwrap(), None).unwrap();
    let own = service.client.create_group(&service.identity).unwrap();
    assert_eq!(service.client.groups().unwrap(), [own.id().clone()]);
    assert_eq!(service.client.observed_groups().unwrap(), [observed.state().id().clone()]);
    // What is not a member's state holds up nothing.
    assert!(service.client.resume().unwrap().is_empty());
} }
