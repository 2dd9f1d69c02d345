//! Entering a group: by an external commit, and by a Welcome with what is unknown (RFC 9420 sections 12.4.3 and 13.4).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;

use super::common::{Event, Peer, agree};
use super::forge::{Lies, forge_commit, forge_external, forge_proposal};
use super::forge_welcome::{WelcomeLies, forge_welcome};
use super::snapshot::snapshot;
use super::successor_support::{closed, found, packages, reinit, welcome_of};
use super::support::{SUITE, by_value, extension, four, handle, key_package, leaf, refused, three_and_a_gap};
use crate::credential::Credential;
use crate::extension::Extensions;
use crate::framing::{FramingError, MlsMessage, MlsMessageBody, Sender};
use crate::group::{
    AnswerError, Answers, CommitPlan, GroupInfoOptions, Inbound, JoinError, PathPolicy, Predecessor, Proposing,
    ReceiveError, Succession, group_info, open_welcome, receive,
};
use crate::identity::CredentialEvent;
use crate::proposal::Proposal;
use crate::proposal::list::ListedProposal;
use crate::psk::Psk;
use crate::record::{GroupId, RecordKey};

fn listed(proposal: Proposal) -> ListedProposal {
    ListedProposal { sender: Sender::NewMemberCommit, ..by_value(0, proposal) }
}

fn init(kem_output: Vec<u8>) -> ListedProposal {
    listed(Proposal::ExternalInit { kem_output })
}

fn info(peer: &mut Peer) -> Vec<u8> {
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    group_info(peer.group.as_ref().unwrap(), options, &mut peer.world.env()).unwrap()
}

// req: R-12.2-23
// bad: valn-0403
#[test]
fn an_external_commit_may_have_any_number_of_psks() {
    for count in 0..4_u8 {
        let [alice, mut bob, ..] = four();
        let mut erin = Peer::new("erin", SUITE, 99);
        for number in 0..count {
            for peer in [&mut bob, &mut erin] {
                peer.psks.insert(Psk::External { psk_id: vec![number] }, vec![number; 32]);
            }
        }
        let psks = (0..count).map(|number| listed(super::psks::external(&[number], 32)));
        let list = |kem| core::iter::once(init(kem)).chain(psks).collect();
        let message = forge_external(&alice, &mut erin, list, Lies::none());
        handle(&mut bob, &message).unwrap();
        assert_eq!(bob.group().epoch(), 2);
    }
}

// bad: valn-0408
#[test]
fn an_external_commit_of_another_sender() {
    let [alice, mut bob, ..] = four();
    let cases = [
        (Sender::NewMemberProposal, FramingError::NewMemberProposalContent),
        (Sender::Member(leaf(0)), FramingError::WrongSignature),
    ];
    for (sender, rule) in cases {
        let lies = Lies { content: Box::new(|content| content.sender = sender), ..Lies::none() };
        let message = forge_external(&alice, &mut Peer::new("erin", SUITE, 99), |kem| vec![init(kem)], lies);
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(rule));
    }
}

// req: R-12.4.1-04, R-12.4.2-08, R-12.4.3.2-07, R-12.3-06
// bad: valn-0405
#[test]
fn who_joins_from_outside_takes_the_leftmost_free_leaf() {
    let [mut alice, mut bob, _] = three_and_a_gap();
    let free = [("erin", 2), ("frank", 4), ("grace", 5)];
    for (name, place) in free {
        let mut joiner = Peer::new(name, SUITE, 90 + u64::from(place));
        let info = info(&mut alice);
        let bytes = joiner.join_external(&info, None, None);
        let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(&bytes).unwrap().body else { panic!() };
        assert_eq!(message.content.sender, Sender::NewMemberCommit);
        assert_eq!(joiner.group().own_leaf(), leaf(place));
        for peer in [&mut alice, &mut bob] {
            let Event::Epoch(change) = peer.receive(&bytes) else { panic!() };
            assert_eq!(change.added[0].index, leaf(place));
            assert_eq!(peer.group().epoch_authenticator(), joiner.group().epoch_authenticator());
        }
    }
}

// req: R-12.2-22
// bad: commit-12, valn-0402
#[test]
fn a_resync_of_somebody_else_is_not_vouched_for() {
    let [alice, mut bob, carol, _] = four();
    let list = |kem| vec![init(kem), listed(Proposal::Remove(leaf(2).into()))];
    let message = forge_external(&alice, &mut Peer::new("erin", SUITE, 99), list, Lies::none());
    let before = snapshot(bob.group());
    let Inbound::Commit(pending) = receive(bob.group.as_ref().unwrap(), &message, &mut bob.world.env()).unwrap() else {
        panic!()
    };
    let ruling = pending.question().accept();
    let vetted = pending.rule(ruling, bob.group.as_ref().unwrap(), &mut bob.world.env()).unwrap();
    // Whether Erin is Carol's successor is what is asked.
    let [check] = vetted.credentials() else { panic!("{:?}", vetted.credentials()) };
    assert_eq!((check.event, &check.credential), (CredentialEvent::ExternalCommit, &Credential::basic("erin")));
    assert_eq!(check.predecessor, Some((Credential::basic("carol"), carol.signature_key.clone())));
    let error = vetted.resume(bob.group.as_ref().unwrap(), &Answers::new(), &mut bob.world.env()).unwrap_err();
    assert_eq!(error, ReceiveError::Answer(AnswerError::NotVouched(0)));
    assert!(before == snapshot(bob.group()));
}

// req: R-12.4.3-02, R-13.4-04, R-12.4.3.3-07
#[test]
fn of_a_group_info_what_is_unknown_is_ignored_and_the_tree_stays_there() {
    let mut scene = super::welcomes::scene();
    let unknown = [extension(0x0a0a, b"grease"), extension(0xff01, b""), extension(0x7777, &[1; 300])];
    let lies = WelcomeLies { info: Box::new(|info| info.extensions.0.extend(unknown)), ..WelcomeLies::none() };
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
    scene.erin.join(&forged.welcome, None);
    assert_eq!(scene.erin.group().context().extensions, Extensions::new());
}

// req: R-10-11, R-13.4-02
#[test]
fn of_a_key_package_what_is_unknown_is_ignored() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let package = key_package(&mut erin, |package| {
        package.extensions.0.push(extension(0xff01, b"unknown"));
        let capabilities = &mut package.leaf_node.capabilities;
        capabilities.versions.push(0x7777.into());
        capabilities.cipher_suites.push(0x7777.into());
        capabilities.extensions.push(0x7777.into());
        capabilities.proposals.push(0x7777.into());
        capabilities.credentials.push(0x7777.into());
    });
    let add = Proposal::Add(Arc::new(package));
    let message = forge_proposal(&mut alice, add.clone(), Lies::none());
    handle(&mut bob, &message).unwrap();
    let message = forge_commit(&mut alice, &[by_value(0, add)], Lies::none());
    let Event::Epoch(change) = handle(&mut bob, &message).unwrap() else { panic!() };
    assert_eq!(change.added.len(), 1);
}

// req: R-12.4.1-20
#[test]
fn the_welcome_of_a_successor_names_the_group_and_epoch_that_the_reinit_closed() {
    let [mut alice, mut bob, mut carol, mut dave] = closed();
    let plan = reinit(&alice, packages(&mut [&mut bob, &mut carol, &mut dave]));
    let welcome = welcome_of(found(&mut alice, &plan).welcome().unwrap());
    let mut names = 0;
    for reference in welcome.secrets.iter().map(|secrets| secrets.new_member) {
        let Some(record) = bob.store.get(&RecordKey::KeyPackage(reference.into())) else { continue };
        let error = open_welcome(&welcome, &reference, record.as_bytes(), None, &mut bob.world.env()).unwrap_err();
        let predecessor =
            Predecessor { succession: Succession::ReInit, group_id: GroupId::from(b"group".to_vec()), epoch: 2 };
        assert_eq!(error, JoinError::SuccessorGroup(Box::new(predecessor)));
        names += 1;
    }
    assert_eq!(names, 1);
}

// req: R-12.4.1-08, R-12.4.1-15, R-12.4.1-16
#[test]
fn newcomers_are_welcomed_with_and_without_a_path() {
    for path in [PathPolicy::Always, PathPolicy::WhenRequired] {
        let [mut alice, mut bob, ..] = four();
        let (mut erin, mut frank) = (Peer::new("erin", SUITE, 9), Peer::new("frank", SUITE, 10));
        let add = |peer: &mut Peer| Proposing::Add(Arc::new(peer.key_package().key_package));
        let proposals = vec![add(&mut erin), add(&mut frank)];
        let output = alice.commit(&CommitPlan { proposals, path, ..CommitPlan::default() });
        alice.accept();
        bob.receive(&output.message);
        for peer in [&mut erin, &mut frank] {
            peer.join(output.welcome.as_ref().unwrap(), None);
        }
        // Bob's path is encrypted to the newcomers by the key that Alice's path put above them, if there was one.
        let message = bob.commit(&CommitPlan::default()).message;
        bob.accept();
        for peer in [&mut alice, &mut erin, &mut frank] {
            peer.receive(&message);
        }
        agree(&[alice, bob, erin, frank]);
    }
}
