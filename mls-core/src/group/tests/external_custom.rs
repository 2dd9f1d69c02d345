//! Custom proposals in our own external commits, and what their effects are held to (RFC 9420 sections 12.2, 12.4.3.2
//! and 17.4).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;

use super::common::{Peer, agree};
use super::custom::{
    EXTENSION, Effects, KIND, able_group, custom, decode, plan, proposing, try_commit, try_receive, types,
};
use super::forge::{Lies, forge_commit, forge_external};
use super::support::{SUITE, four};
use super::support::{by_value, extension, extensions, handle, key_package, leaf, refused};
use crate::credential::Credential;
use crate::custom::CustomProposal;
use crate::extension::ExternalSender;
use crate::framing::{MlsMessage, MlsMessageBody, Sender};
use crate::group::{
    AnswerError, CommitError, CommitRule, Disposition, ExternalJoinPlan, Fresh, Group, GroupInfoOptions, JoinError,
    ReceiveError, VettedExternalJoin, external_join, group_info,
};
use crate::limits::{LimitExceeded, Limits};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Effect, Proposal, ProposalType};
use crate::rules::{ProposedChange, Ruling};
use crate::welcome::GroupInfo;

fn allowed() -> CustomProposal {
    CustomProposal { in_external_commits: true, ..CustomProposal::default() }
}

fn info_of(peer: &mut Peer) -> GroupInfo {
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let bytes = group_info(peer.group.as_ref().unwrap(), options, &mut peer.world.env()).unwrap();
    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&bytes).unwrap().body else { panic!() };
    *info
}

/// Somebody who would join and registers the types.
fn joiner(name: &str, rules: CustomProposal) -> Peer {
    let mut peer = Peer::new(name, SUITE, 90);
    peer.world.custom = types(rules);
    peer
}

fn custom_plan(peer: &Peer) -> ExternalJoinPlan {
    let mut leaf = peer.leaf();
    peer.world.custom.list_in(&mut leaf.capabilities);
    ExternalJoinPlan { custom: vec![(KIND, b"body".to_vec())], ..ExternalJoinPlan::new(leaf) }
}

fn ruled(
    joiner: &mut Peer,
    info: &GroupInfo,
    plan: &ExternalJoinPlan,
    effects: Effects,
) -> Result<VettedExternalJoin, JoinError> {
    let pending = external_join(info, None, plan, &mut joiner.world.env())?;
    let ruling = pending.question().accept_with(effects);
    pending.rule(ruling, &mut joiner.world.env())
}

/// Joins, and yields the commit.
fn join(joiner: &mut Peer, vetted: VettedExternalJoin) -> MlsMessage {
    let answers = joiner.answers(vetted.credentials(), vetted.psks());
    let fresh = vetted.resume(&answers, &mut joiner.world.env()).unwrap();
    let join = stored(joiner, fresh);
    let message = MlsMessage::from_bytes(join.message()).unwrap();
    let fresh: Fresh<Group> = join.accept(&mut joiner.world.env()).unwrap();
    joiner.group = Some(stored(joiner, fresh));
    message
}

fn stored<T>(peer: &mut Peer, fresh: Fresh<T>) -> T {
    let durable = peer.store.commit(fresh.delta());
    fresh.release(durable).unwrap()
}

// req: R-12.2-24, R-12.4.3.2-08
#[test]
fn a_custom_proposal_does_what_it_does_in_our_external_commit_too() {
    let [mut alice, mut bob, mut carol] = able_group(allowed());
    let info = info_of(&mut alice);
    let mut erin = joiner("erin", allowed());
    let plan = custom_plan(&erin);
    // The list is asked about as members will be: the ExternalInit comes first.
    let pending = external_join(&info, None, &plan, &mut erin.world.env()).unwrap();
    let asked = pending.question();
    assert!(asked.own && asked.committer == Sender::NewMemberCommit);
    assert!(matches!(asked.proposals[0].proposal, Proposal::ExternalInit { .. }));
    let change = ProposedChange { sender: Sender::NewMemberCommit, proposal: custom() };
    assert_eq!(asked.proposals[1..], [change]);
    // Carol is removed, whose place the joiner takes.
    let effects = || vec![(1, Effect::SetExtension(extension(EXTENSION, b"new"))), (1, Effect::Remove(leaf(2)))];
    let vetted = ruled(&mut erin, &info, &plan, effects()).unwrap();
    let asked: Vec<_> = vetted.credentials().iter().map(|check| check.leaf).collect();
    assert_eq!(asked, [Some(leaf(0)), Some(leaf(1)), None]);
    let message = join(&mut erin, vetted);
    for peer in [&mut alice, &mut bob] {
        let change = try_receive(peer, &message, effects()).unwrap();
        assert_eq!((change.removed, change.added[0].index), (vec![leaf(2)], leaf(2)));
    }
    assert!(try_receive(&mut carol, &message, effects()).unwrap().removed_self);
    assert_eq!(erin.group().context().extensions, extensions(&[(EXTENSION, b"new")]));
    assert_eq!(erin.group().own_leaf(), leaf(2));
    agree(&[alice, bob, erin]);
}

// req: R-12.2-24, R-12.2-18, R-12.1.8-07
#[test]
fn what_external_commits_may_not_contain_is_not_made() {
    let [mut alice, ..] = able_group(CustomProposal::default());
    let info = info_of(&mut alice);
    let mut erin = joiner("erin", CustomProposal::default());
    let plan = custom_plan(&erin);
    let refusal = |erin: &mut Peer, plan: &ExternalJoinPlan| ruled(erin, &info, plan, vec![]).map(drop).unwrap_err();
    let error = refusal(&mut erin, &plan);
    assert_eq!(error, JoinError::Proposals(ProposalListError::NotInExternalCommit(KIND)));
    assert_eq!(error.disposition(), Disposition::FixCaller);
    let unknown = ExternalJoinPlan { custom: vec![(ProposalType(0xff77), vec![])], ..plan.clone() };
    let error = refusal(&mut erin, &unknown);
    assert_eq!(error, JoinError::Proposals(ProposalListError::NotInExternalCommit(ProposalType(0xff77))));
    // A policy may say no to that, too, and answers what it is asked.
    erin.world.custom = types(allowed());
    let pending = external_join(&info, None, &plan, &mut erin.world.env()).unwrap();
    let no: Ruling = pending.question().refuse();
    assert_eq!(pending.rule(no, &mut erin.world.env()).map(drop).unwrap_err(), JoinError::Refused);
    let [one, two] = [0, 1].map(|_| external_join(&info, None, &plan, &mut erin.world.env()).unwrap());
    let answer = two.question().accept();
    let error = one.rule(answer, &mut erin.world.env()).map(drop).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::WrongAnswer));
    let error = ruled(&mut erin, &info, &plan, vec![(0, Effect::Remove(leaf(2)))]).map(drop).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::EffectWithoutCause(0)));
}

// req: R-12.2-24
#[test]
fn nobody_is_added_by_an_external_commit() {
    let [mut alice, mut bob, ..] = able_group(allowed());
    let info = info_of(&mut alice);
    let mut erin = joiner("erin", allowed());
    let plan = custom_plan(&erin);
    let package = Peer::new("frank", SUITE, 91).key_package().key_package;
    let effects = || vec![(1, Effect::Add(Arc::new(package.clone())))];
    let rule = ProposalListError::NotInExternalCommit(ProposalType::ADD);
    let error = ruled(&mut erin, &info, &plan, effects()).map(drop).unwrap_err();
    assert_eq!(error, JoinError::Proposals(rule.clone()));
    let listed = |proposal| ListedProposal { sender: Sender::NewMemberCommit, ..by_value(0, proposal) };
    let list = |kem| vec![listed(Proposal::ExternalInit { kem_output: kem }), listed(custom())];
    let message = forge_external(&alice, &mut erin, list, Lies::none());
    let error = try_receive(&mut bob, &message, effects()).unwrap_err();
    let rule = Box::new(CommitRule::Proposals(rule));
    assert_eq!(error, ReceiveError::InvalidCommit { sender: Sender::NewMemberCommit, rule });
}

// bad: trap-02, trap-03
#[test]
fn effects_keep_within_the_bounds() {
    let [mut alice, mut bob, _] = able_group(allowed());
    let info = info_of(&mut alice);
    let mut frank = joiner("frank", allowed());
    let long = key_package(&mut frank, |package| package.leaf_node.credential = Credential::basic([0; 100]));
    let part = |kind, data: &[u8]| Effect::SetExtension(extension(kind, data));
    let both = || vec![(0, part(EXTENSION, &[1; 80]))];
    let credentials = Limits { credential_bytes: 60, ..Limits::default() };
    let bytes = Limits { extension_bytes: 60, ..Limits::default() };
    let cases: [(Effects, Limits, LimitExceeded); 2] = [
        (vec![(0, Effect::Add(Arc::new(long)))], credentials, LimitExceeded::CredentialBytes),
        (both(), bytes, LimitExceeded::ExtensionBytes),
    ];
    let message = forge_commit(&mut alice, &[by_value(0, custom())], Lies::none());
    let usual = Limits::default();
    for (effects, limits, limit) in cases {
        (alice.world.limits, bob.world.limits) = (limits, limits);
        let error = try_receive(&mut bob, &message, effects.clone()).unwrap_err();
        assert_eq!(error, ReceiveError::Limit(limit));
        let error = try_commit(&mut alice, &plan(vec![proposing(KIND)]), effects).unwrap_err();
        assert_eq!(error, CommitError::Limit(limit));
        (alice.world.limits, bob.world.limits) = (usual, usual);
    }
    // In an external commit of ours.
    frank.world.limits = bytes;
    let plan = custom_plan(&frank);
    let error = ruled(&mut frank, &info, &plan, vec![(1, part(EXTENSION, &[1; 80]))]).map(drop).unwrap_err();
    assert_eq!(error, JoinError::Limit(LimitExceeded::ExtensionBytes));
    // What we are to show of ourselves, and to mix in, is held to them as well.
    frank.world.limits = Limits { credential_bytes: 4, ..usual };
    assert_eq!(begin(&mut frank, &info, &plan), JoinError::Limit(LimitExceeded::CredentialBytes));
    frank.world.limits = Limits { psks: 0, ..usual };
    let psks = vec![crate::psk::Psk::External { psk_id: b"psk".to_vec() }];
    let mixing = ExternalJoinPlan { psks, ..plan };
    assert_eq!(begin(&mut frank, &info, &mixing), JoinError::Limit(LimitExceeded::Psks));
}

fn begin(peer: &mut Peer, info: &GroupInfo, plan: &ExternalJoinPlan) -> JoinError {
    external_join(info, None, plan, &mut peer.world.env()).map(drop).unwrap_err()
}

/// Each of two effects is short enough, the list that they make is not.
// bad: trap-03
#[test]
fn effects_keep_within_the_bounds_together() {
    let rules = CustomProposal::default();
    let [mut alice, mut bob, _] = able_group(rules);
    let sender = ExternalSender { signature_key: vec![4; 32].into(), credential: Credential::basic(b"watcher") };
    let mut senders = crate::extension::Extensions::new();
    senders.set(&crate::extension::ExternalSenders(vec![sender])).unwrap();
    let effects = || {
        vec![(0, Effect::SetExtension(senders.0[0].clone())), (0, Effect::SetExtension(extension(EXTENSION, &[0; 50])))]
    };
    let message = forge_commit(&mut alice, &[by_value(0, custom())], Lies::none());
    let limits = Limits { extension_bytes: 70, ..Limits::default() };
    (alice.world.limits, bob.world.limits) = (limits, limits);
    for effect in effects() {
        assert_eq!(
            limits.check_extensions(
                &core::iter::once(match effect.1 {
                    Effect::SetExtension(extension) => extension,
                    other => panic!("{other:?}"),
                })
                .collect()
            ),
            Ok(())
        );
    }
    let error = try_receive(&mut bob, &message, effects()).unwrap_err();
    assert_eq!(error, ReceiveError::Limit(LimitExceeded::ExtensionBytes));
    let error = try_commit(&mut alice, &plan(vec![proposing(KIND)]), effects()).unwrap_err();
    assert_eq!(error, CommitError::Limit(LimitExceeded::ExtensionBytes));
    // What the group has already is not counted again where no effect changes it.
    let output = try_commit(&mut alice, &plan(vec![proposing(KIND)]), vec![effects().remove(1)]).unwrap();
    alice.accept();
    try_receive(&mut bob, &decode(&output.message), vec![effects().remove(1)]).unwrap();
    bob.world.limits = Limits { extension_bytes: 10, ..limits };
    let message = forge_commit(&mut alice, &[by_value(0, custom())], Lies::none());
    handle(&mut bob, &message).unwrap();
}

// req: R-6.1-06, R-12.1.8-01
// bad: valn-1501
#[test]
fn a_commit_of_an_external_sender_where_there_are_none() {
    // An observer gives the same reason: `refused` asks one.
    let [mut alice, mut bob, ..] = four();
    for index in [0, 7] {
        let lies = Lies { content: Box::new(|content| content.sender = Sender::External(index)), ..Lies::none() };
        let message = forge_commit(&mut alice, &[], lies);
        let MlsMessageBody::PublicMessage(public) = &message.body else { panic!() };
        assert_eq!(public.membership_tag, None);
        assert_eq!(refused(&mut bob, &message), ReceiveError::NoExternalSender(index));
    }
}
