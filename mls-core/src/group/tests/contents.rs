//! What a commit contains and in which order it applies (RFC 9420 sections 12.3, 12.4 and 12.4.1).

use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;

use super::common::{Event, Peer, agree};
use super::forge::{Lies, forge_commit};
use super::support::{PUBLIC, SUITE, by_value, cached, four, handle, leaf, propose_to, reference};
use crate::commit::Commit;
use crate::credential::Credential;
use crate::framing::{Content, MlsMessage, MlsMessageBody};
use crate::group::{CommitPlan, Inbound, LeafChange, PathPolicy, Proposing, open_welcome, receive};
use crate::proposal::{Proposal, ProposalOrRef};
use crate::psk::{PreSharedKeyId, Psk};
use crate::record::RecordKey;

fn sent(peer: &mut Peer, plan: &CommitPlan) -> Commit {
    let plan = CommitPlan { options: PUBLIC, ..plan.clone() };
    commit_in(&peer.commit(&plan).message)
}

fn commit_in(bytes: &[u8]) -> Commit {
    let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(bytes).unwrap().body else { panic!() };
    let Content::Commit(commit) = message.content.content else { panic!() };
    Arc::unwrap_or_clone(commit)
}

// req: R-12.4-01, R-12.4-06
#[test]
fn what_was_sent_is_referred_to_and_what_is_new_is_there() {
    let [mut alice, mut bob, ..] = four();
    propose_to(&mut bob, &mut [&mut alice], Proposing::Remove(leaf(3)));
    propose_to(&mut alice, &mut [&mut bob], Proposing::ExternalPsk(b"psk".to_vec()));
    alice.psks.insert(Psk::External { psk_id: b"psk".to_vec() }, vec![5; 32]);
    let mut references: Vec<_> = cached(&alice).iter().map(reference).collect();
    let plan = CommitPlan { proposals: vec![Proposing::Remove(leaf(2))], ..CommitPlan::default() };
    let mut values = Vec::new();
    for proposal in sent(&mut alice, &plan).proposals {
        match proposal {
            ProposalOrRef::Reference(reference) => references.retain(|waiting| *waiting != reference),
            ProposalOrRef::Proposal(proposal) => values.push(*proposal),
        }
    }
    assert!(references.is_empty());
    assert_eq!(values, [Proposal::Remove(leaf(2).into())]);
}

// req: R-12.4-10, R-12.4-11, R-12.4.1-02, R-12.4.1-03
#[test]
fn there_is_a_path_unless_it_is_unwanted_and_may_be_left_out() {
    let add = || Proposing::Add(Arc::new(Peer::new("erin", SUITE, 9).key_package().key_package));
    let cases = [
        (vec![add()], PathPolicy::WhenRequired, false),
        (vec![add()], PathPolicy::Always, true),
        (vec![], PathPolicy::WhenRequired, true),
        (vec![Proposing::Remove(leaf(3))], PathPolicy::WhenRequired, true),
        (vec![add(), Proposing::Remove(leaf(3))], PathPolicy::WhenRequired, true),
        (vec![Proposing::GroupContextExtensions(crate::extension::Extensions::new())], PathPolicy::WhenRequired, true),
    ];
    for (proposals, path, has) in cases {
        let [mut alice, ..] = four();
        assert_eq!(sent(&mut alice, &CommitPlan { proposals, path, ..CommitPlan::default() }).path.is_some(), has);
    }
    let [mut alice, ..] = four();
    let plan = CommitPlan { proposals: vec![add()], ..CommitPlan::default() };
    assert!(sent(&mut alice, &plan).path.is_some());
}

// req: R-12.3-03, R-12.3-04
#[test]
fn updates_and_removes_come_before_adds() {
    let [mut alice, mut bob, _, mut dave] = four();
    propose_to(&mut dave, &mut [&mut alice, &mut bob], Proposing::Update(LeafChange::default()));
    let add =
        |name: &str, seed| by_value(0, Proposal::Add(Arc::new(Peer::new(name, SUITE, seed).key_package().key_package)));
    let (erin, frank) = (add("erin", 9), add("frank", 10));
    let remove = by_value(0, Proposal::Remove(leaf(2).into()));
    let list = [frank, remove, erin, cached(&alice).remove(0)];
    let message = forge_commit(&mut alice, &list, Lies::none());
    let Event::Epoch(change) = handle(&mut bob, &message).unwrap() else { panic!() };
    assert_eq!((change.updated, change.removed), (vec![leaf(3)], vec![leaf(2)]));
    let added: Vec<_> = change.added.iter().map(|member| (member.index, member.credential.clone())).collect();
    // In the order of the list, beginning with the place that is free now.
    assert_eq!(added, [(leaf(2), Credential::basic("frank")), (leaf(4), Credential::basic("erin"))]);
    handle(&mut dave, &message).unwrap();
    agree(&[bob, dave]);
}

fn names(ids: &[PreSharedKeyId]) -> Vec<&[u8]> {
    ids.iter()
        .map(|id| match &id.psk {
            Psk::External { psk_id } => &psk_id[..],
            other => panic!("{other:?}"),
        })
        .collect()
}

// req: R-12.3-05, R-12.4.1-09, R-12.4.1-17, R-12.1.4-04
#[test]
fn pre_shared_keys_keep_the_order_of_their_proposals() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    for (name, byte) in [(b"a", 1), (b"b", 2), (b"c", 3)] {
        for peer in [&mut alice, &mut bob, &mut erin] {
            peer.psks.insert(Psk::External { psk_id: name.to_vec() }, vec![byte; 32]);
        }
    }
    let psk = |name: &[u8]| Proposing::ExternalPsk(name.to_vec());
    let add = Proposing::Add(Arc::new(erin.key_package().key_package));
    let proposals = vec![psk(b"c"), psk(b"a"), add, psk(b"b"), psk(b"a")];
    let output = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() });
    let message = MlsMessage::from_bytes(&output.message).unwrap();
    let Inbound::Commit(pending) = receive(bob.group.as_ref().unwrap(), &message, &mut bob.world.env()).unwrap() else {
        panic!()
    };
    let ruling = pending.question().accept();
    let vetted = pending.rule(ruling, bob.group.as_ref().unwrap(), &mut bob.world.env()).unwrap();
    let ids = vetted.psks().to_vec();
    assert_eq!(names(&ids), [b"c", b"a", b"b", b"a"]);
    // Each has a nonce of its own, drawn and of the hash's length.
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(id.psk_nonce.len(), 32);
        assert!(ids[..at].iter().all(|other| other.psk_nonce != id.psk_nonce));
    }
    bob.receive(&output.message);
    let welcome = super::successor_support::welcome_of(&output.welcome.unwrap());
    let reference = welcome.secrets[0].new_member;
    let record = erin.store.get(&RecordKey::KeyPackage(reference.into())).unwrap();
    let opened = open_welcome(&welcome, &reference, record.as_bytes(), None, &mut erin.world.env()).unwrap();
    assert_eq!(opened.psks(), ids);
}
