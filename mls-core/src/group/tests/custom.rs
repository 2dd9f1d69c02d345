//! Registered custom proposals: who sends them, where, and what they do (RFC 9420 sections 12.1.8, 12.2, 12.3, 17.4).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;

use super::common::{Peer, agree};
use super::forge::{Lies, forge_commit, forge_external, forge_proposal};
use super::support::{
    SUITE, by_value, cached, create_with, extension, extensions, four, handle, invalid_list, invalid_proposal,
    key_package_of, leaf, no_path, refused,
};
use crate::custom::{CustomProposal, CustomTypes};
use crate::extension::{ExtensionPlace, ExtensionType, Extensions, RequiredCapabilities};
use crate::framing::{Content, MlsMessage, MlsMessageBody, Sender};
use crate::group::answers::AnswerError;
use crate::group::{
    CommitError, CommitOutput, CommitPlan, CommitRule, Disposition, EpochChange, Inbound, PathPolicy, ProposeError,
    Proposing, ReceiveError, commit, propose, receive,
};
use crate::proposal::list::{ListedProposal, ProposalListError};
use crate::proposal::{Effect, Proposal, ProposalType};

pub(super) const KIND: ProposalType = ProposalType(0xff01);
const LATER: ProposalType = ProposalType(0xff04);
pub(super) const EXTENSION: u16 = 0xff02;

pub(super) fn types(rules: CustomProposal) -> CustomTypes {
    CustomTypes::new()
        .proposal(KIND, rules)
        .and_then(|types| types.proposal(LATER, CustomProposal { order: 5, ..CustomProposal::default() }))
        .and_then(|types| types.extension(EXTENSION.into(), &[ExtensionPlace::GroupContext]))
        .unwrap()
}

pub(super) fn custom() -> Proposal {
    Proposal::Custom { proposal_type: KIND, body: b"body".to_vec() }
}

/// Alice, Bob and Carol, who all registered the types.
pub(super) fn able_group(rules: CustomProposal) -> [Peer; 3] {
    let mut peers = ["alice", "bob", "carol"].map(|name| {
        let mut peer = Peer::new(name, SUITE, 1 + u64::from(name.as_bytes()[0]));
        peer.world.custom = types(rules);
        peer
    });
    let able = types(rules);
    create_with(&mut peers[0], |capabilities| able.list_in(capabilities), Extensions::new());
    let [alice, bob, carol] = &mut peers;
    let add =
        |peer: &mut Peer| Proposing::Add(Arc::new(key_package_of(peer, |capabilities| able.list_in(capabilities))));
    let plan = CommitPlan { proposals: vec![add(bob), add(carol)], ..CommitPlan::default() };
    let welcome = alice.commit(&plan).welcome.unwrap();
    alice.accept();
    bob.join(&welcome, None);
    carol.join(&welcome, None);
    peers
}

pub(super) fn plan(proposals: Vec<Proposing>) -> CommitPlan {
    CommitPlan { proposals, ..CommitPlan::default() }
}

pub(super) fn proposing(kind: ProposalType) -> Proposing {
    Proposing::Custom { proposal_type: kind, body: b"body".to_vec() }
}

pub(super) type Effects = Vec<(usize, Effect)>;

pub(super) fn try_commit(peer: &mut Peer, plan: &CommitPlan, effects: Effects) -> Result<CommitOutput, CommitError> {
    let draft = peer.run(|e: &CommitError| e.missing().cloned(), |group, env| commit(group, plan, env))?;
    let ruling = draft.question().accept_with(effects);
    let group = peer.group.take().unwrap();
    let step = draft.rule(ruling, &group, &mut peer.world.env()).and_then(|vetted| {
        let answers = peer.answers(vetted.credentials(), vetted.psks());
        vetted.resume(&group, &answers, &mut peer.world.env())
    });
    peer.group = Some(group);
    Ok(peer.apply(step?))
}

pub(super) fn try_receive(
    peer: &mut Peer,
    message: &MlsMessage,
    effects: Effects,
) -> Result<EpochChange, ReceiveError> {
    let inbound = peer.run(|e: &ReceiveError| e.missing().cloned(), |group, env| receive(group, message, env))?;
    let Inbound::Commit(pending) = inbound else { panic!("no commit") };
    let ruling = pending.question().accept_with(effects);
    let group = peer.group.take().unwrap();
    let step = pending.rule(ruling, &group, &mut peer.world.env()).and_then(|vetted| {
        let answers = peer.answers(vetted.credentials(), vetted.psks());
        vetted.resume(&group, &answers, &mut peer.world.env())
    });
    peer.group = Some(group);
    Ok(peer.apply(step?))
}

pub(super) fn decode(bytes: &[u8]) -> MlsMessage {
    MlsMessage::from_bytes(bytes).unwrap()
}

// req: R-12.2-18
#[test]
fn effects_are_applied_by_all() {
    let [mut alice, mut bob, mut carol] = able_group(CustomProposal::default());
    let mut dave = Peer::new("dave", SUITE, 44);
    let able = types(CustomProposal::default());
    let package = key_package_of(&mut dave, |capabilities| able.list_in(capabilities));
    let effects = || {
        vec![
            (0, Effect::Remove(leaf(2))),
            (0, Effect::Add(Arc::new(package.clone()))),
            (0, Effect::SetExtension(extension(EXTENSION, b"new"))),
        ]
    };
    let output = try_commit(&mut alice, &plan(vec![proposing(KIND)]), effects()).unwrap();
    let change = try_receive(&mut bob, &decode(&output.message), effects()).unwrap();
    assert_eq!((change.removed, change.added[0].index), (vec![leaf(2)], leaf(2)));
    assert!(try_receive(&mut carol, &decode(&output.message), effects()).unwrap().removed_self);
    alice.accept();
    dave.join(&output.welcome.unwrap(), None);
    assert_eq!(dave.group().context().extensions, extensions(&[(EXTENSION, b"new")]));
    agree(&[alice, bob, dave]);
}

// req: R-12.3-01, R-12.3-07
#[test]
fn effects_have_their_place_in_the_order() {
    // Below 0 the group context extensions of the commit come after the effect, else before it.
    for (order, want) in [(-1, b"gce"), (0, b"own")] {
        let rules = CustomProposal { order, ..CustomProposal::default() };
        let [mut alice, mut bob, mut carol] = able_group(rules);
        let gce = Proposing::GroupContextExtensions(extensions(&[(EXTENSION, b"gce")]));
        let effects = || vec![(1, Effect::SetExtension(extension(EXTENSION, b"own")))];
        let output = try_commit(&mut alice, &plan(vec![gce, proposing(KIND)]), effects()).unwrap();
        for peer in [&mut bob, &mut carol] {
            try_receive(peer, &decode(&output.message), effects()).unwrap();
            assert_eq!(peer.group().context().extensions, extensions(&[(EXTENSION, want)]));
        }
    }
    // Among custom types the registered order counts, and not that of the answer or the commit.
    let [mut alice, mut bob, _] = able_group(CustomProposal::default());
    let list = plan(vec![proposing(LATER), proposing(KIND)]);
    let effects = || {
        vec![
            (0, Effect::SetExtension(extension(EXTENSION, b"later"))),
            (1, Effect::SetExtension(extension(EXTENSION, b"first"))),
        ]
    };
    let output = try_commit(&mut alice, &list, effects()).unwrap();
    try_receive(&mut bob, &decode(&output.message), effects()).unwrap();
    assert_eq!(bob.group().context().extensions, extensions(&[(EXTENSION, b"later")]));
    let output =
        try_commit(&mut bob, &plan(vec![proposing(KIND)]), vec![(0, Effect::RemoveExtension(EXTENSION.into()))]);
    output.unwrap();
    bob.accept();
    assert_eq!(bob.group().context().extensions, Extensions::new());
}

// req: R-12.3-07, R-8.1-04
#[test]
fn an_effect_changes_one_extension_of_several() {
    // Below 0 effects apply before the list, else after it.
    for order in [-1, 0] {
        let [mut alice, mut bob, mut carol] = able_group(CustomProposal { order, ..CustomProposal::default() });
        let with = |own: &[u8]| extensions(&[(3, &[0, 0, 0]), (EXTENSION, own), (5, &[0])]);
        let message = alice.commit(&plan(vec![Proposing::GroupContextExtensions(with(b"old"))])).message;
        alice.accept();
        bob.receive(&message);
        carol.receive(&message);
        for (effect, want) in [
            (Effect::SetExtension(extension(EXTENSION, b"new")), with(b"new")),
            (Effect::RemoveExtension(EXTENSION.into()), extensions(&[(3, &[0, 0, 0]), (5, &[0])])),
        ] {
            let effects = || vec![(0, effect.clone())];
            let output = try_commit(&mut alice, &plan(vec![proposing(KIND)]), effects()).unwrap();
            alice.accept();
            try_receive(&mut bob, &decode(&output.message), effects()).unwrap();
            try_receive(&mut carol, &decode(&output.message), effects()).unwrap();
            for peer in [&alice, &bob, &carol] {
                assert_eq!(peer.group().context().extensions, want);
            }
        }
    }
}

// req: R-12.2-03, R-12.2-05, R-12.2-06, R-12.1.3-01, R-17.3-01
#[test]
fn effects_are_validated_like_any_proposal() {
    for order in [-1, 0] {
        let rules = CustomProposal { order, ..CustomProposal::default() };
        let [mut alice, mut bob, mut carol] = able_group(rules);
        let twin = key_package_of(&mut carol, |_| {});
        let remove = Proposal::Remove(leaf(2).into());
        let message = forge_commit(&mut alice, &[by_value(0, custom()), by_value(0, remove)], Lies::none());
        let cases = [
            (Effect::Remove(leaf(0)), ProposalListError::RemoveOfCommitter),
            (Effect::Remove(leaf(2)), ProposalListError::ConflictingChanges(leaf(2))),
            (Effect::Remove(leaf(7)), ProposalListError::RemoveOfNonMember(leaf(7).into())),
            (
                Effect::SetExtension(extension(2, b"")),
                ProposalListError::MisplacedExtension(ExtensionType::RATCHET_TREE),
            ),
            (Effect::SetExtension(extension(0xff09, b"")), ProposalListError::UnsupportedByMember),
        ];
        for (effect, rule) in cases {
            let error = try_receive(&mut bob, &message, vec![(0, effect)]).unwrap_err();
            assert_eq!(error, invalid_list(0, rule));
        }
        let message = forge_commit(&mut alice, &[by_value(0, custom())], Lies::none());
        let error = try_receive(&mut bob, &message, vec![(0, Effect::Add(Arc::new(twin)))]).unwrap_err();
        assert_eq!(error, invalid_list(0, ProposalListError::DuplicateSignatureKey));
        // Effects twice the same.
        let twice = vec![(0, Effect::Remove(leaf(2))), (0, Effect::Remove(leaf(2)))];
        let error = try_receive(&mut bob, &message, twice).unwrap_err();
        assert_eq!(error, invalid_list(0, ProposalListError::ConflictingChanges(leaf(2))));
        assert_eq!(bob.group().epoch(), 1);
    }
}

#[test]
fn an_effect_without_a_custom_proposal_is_no_answer() {
    let [mut alice, mut bob, _] = able_group(CustomProposal::default());
    let psk = by_value(0, super::psks::external(b"psk", 32));
    let message = forge_commit(&mut alice, &[by_value(0, custom()), psk], Lies::none());
    for cause in [1, 2] {
        let error = try_receive(&mut bob, &message, vec![(cause, Effect::Remove(leaf(2)))]).unwrap_err();
        assert_eq!(error, ReceiveError::Answer(AnswerError::EffectWithoutCause(cause)));
        assert_eq!(error.disposition(), Disposition::FixCaller);
    }
}

// req: R-12.4-12, R-12.4-15, R-12.4.1-02
#[test]
fn a_path_is_demanded_as_registered() {
    for (requires_path, rule) in [(true, Some(ProposalListError::PathRequired)), (false, None)] {
        let rules = CustomProposal { requires_path, ..CustomProposal::default() };
        let [mut alice, mut bob, _] = able_group(rules);
        let message = forge_commit(&mut alice, &[by_value(0, custom())], no_path());
        match rule {
            Some(rule) => assert_eq!(refused(&mut bob, &message), invalid_list(0, rule)),
            None => {
                // Who is removed must not learn the next epoch's secrets.
                let error = try_receive(&mut bob, &message, vec![(0, Effect::Remove(leaf(2)))]).unwrap_err();
                assert_eq!(error, invalid_list(0, ProposalListError::PathRequired));
                handle(&mut bob, &message).unwrap();
            }
        }
        // Our own commits have one then, and only then.
        let [mut alice, mut bob, _] = able_group(rules);
        let options = super::support::PUBLIC;
        let plan = CommitPlan { path: PathPolicy::WhenRequired, options, ..plan(vec![proposing(KIND)]) };
        let message = decode(&try_commit(&mut alice, &plan, vec![]).unwrap().message);
        let MlsMessageBody::PublicMessage(public) = &message.body else { panic!() };
        let Content::Commit(sent) = &public.content.content else { panic!() };
        assert_eq!(sent.path.is_some(), requires_path);
        handle(&mut bob, &message).unwrap();
    }
}

// req: R-12.1.8-07, R-6.1-08
#[test]
fn only_registered_senders_propose_it() {
    let none = CustomProposal { from_members: false, in_external_commits: true, ..CustomProposal::default() };
    let [mut alice, mut bob, _] = able_group(none);
    let rule = ProposalListError::CustomSender(KIND);
    let message = forge_proposal(&mut alice, custom(), Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule.clone()));
    let message = forge_commit(&mut alice, &[by_value(0, custom())], Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_list(0, rule.clone()));
    let missing = |e: &ProposeError| e.missing().cloned();
    let error = alice.run(missing, |group, env| propose(group, proposing(KIND), &super::support::PUBLIC, env));
    assert_eq!(error.map(drop).unwrap_err(), ProposeError::Invalid(rule));
}

// req: R-12.2-15, R-13.2-01
// bad: ValSem-113, valn-0311
#[test]
fn a_type_that_a_member_does_not_support() {
    let [mut alice, mut bob, ..] = four();
    let rule = ProposalListError::UnknownProposalType(KIND);
    let message = forge_commit(&mut alice, &[by_value(0, custom())], Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_list(0, rule));
    bob.world.custom = types(CustomProposal::default());
    let rule = ProposalListError::ProposalTypeNotSupportedByAll(KIND);
    assert_eq!(refused(&mut bob, &message), invalid_list(0, rule.clone()));
    let message = forge_proposal(&mut alice, custom(), Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_proposal(0, rule));
}

// req: R-12.2-15
// bad: valn-0311
#[test]
fn who_is_added_or_removed_need_not_support_it() {
    let [mut alice, mut bob, mut carol] = able_group(CustomProposal::default());
    let mut dave = Peer::new("dave", SUITE, 44);
    let add = Proposing::Add(Arc::new(dave.key_package().key_package));
    let output = alice.commit(&plan(vec![proposing(KIND), add]));
    alice.accept();
    bob.receive(&output.message);
    carol.receive(&output.message);
    dave.join(&output.welcome.unwrap(), None);
    // With Dave in the group nobody may propose it any more, unless he goes.
    let error = alice.try_commit(&plan(vec![proposing(KIND)])).unwrap_err();
    assert_eq!(error, CommitError::Proposals(ProposalListError::ProposalTypeNotSupportedByAll(KIND)));
    let output = alice.commit(&plan(vec![proposing(KIND), Proposing::Remove(leaf(3))]));
    alice.accept();
    bob.receive(&output.message);
    carol.receive(&output.message);
    agree(&[alice, bob, carol]);
}

fn joins(peers: &mut [Peer; 3], list: impl FnOnce(ListedProposal) -> Vec<ListedProposal>) -> MlsMessage {
    let mut dave = Peer::new("dave", SUITE, 44);
    let init = |kem_output| {
        let proposal = Proposal::ExternalInit { kem_output };
        list(ListedProposal { sender: Sender::NewMemberCommit, ..by_value(0, proposal) })
    };
    forge_external(&peers[0], &mut dave, init, Lies::none())
}

fn invalid_join(rule: ProposalListError) -> ReceiveError {
    let rule = Box::new(CommitRule::Proposals(rule));
    ReceiveError::InvalidCommit { sender: Sender::NewMemberCommit, rule }
}

// req: R-12.2-24, R-12.4.3.2-04
// bad: commit-11
#[test]
fn in_an_external_commit_by_value_and_by_reference() {
    let by_joiner = || ListedProposal { sender: Sender::NewMemberCommit, ..by_value(0, custom()) };
    for (by_value, by_reference) in [(false, false), (true, false), (false, true)] {
        let rules = CustomProposal {
            in_external_commits: by_value,
            by_reference_in_external_commits: by_reference,
            ..CustomProposal::default()
        };
        let mut peers = able_group(rules);
        let proposal = forge_proposal(&mut peers[1], custom(), Lies::none());
        handle(&mut peers[0], &proposal).unwrap();
        handle(&mut peers[2], &proposal).unwrap();
        let listed = cached(&peers[0]).remove(0);
        let value = joins(&mut peers, |init| vec![init, by_joiner()]);
        let reference = joins(&mut peers, |init| vec![init, listed]);
        if by_value {
            handle(&mut peers[0], &value).unwrap();
        } else {
            let rule = ProposalListError::NotInExternalCommit(KIND);
            assert_eq!(refused(&mut peers[0], &value), invalid_join(rule));
        }
        if by_reference {
            handle(&mut peers[2], &reference).unwrap();
        } else {
            let rule = ProposalListError::ReferenceInExternalCommit;
            assert_eq!(refused(&mut peers[2], &reference), invalid_join(rule));
        }
    }
}

// req: R-12.4.3.2-04, R-12.2-17
#[test]
fn a_reference_in_an_external_commit_to_something_else_or_unknown() {
    let rules = CustomProposal { by_reference_in_external_commits: true, ..CustomProposal::default() };
    let mut peers = able_group(rules);
    let proposal = forge_proposal(&mut peers[1], Proposal::Remove(leaf(2).into()), Lies::none());
    handle(&mut peers[0], &proposal).unwrap();
    let listed = cached(&peers[0]).remove(0);
    let reference = listed.reference.unwrap();
    let message = joins(&mut peers, |init| vec![init, listed]);
    assert_eq!(refused(&mut peers[0], &message), invalid_join(ProposalListError::ReferenceInExternalCommit));
    assert_eq!(refused(&mut peers[2], &message), ReceiveError::MissingProposal(reference));
}

// req: R-7.3-08, R-11.1-02, R-11.1-03, R-12.1.7-01, R-12.2-16
// bad: commit-06, valn-0312, valn-1001
#[test]
fn required_capabilities_hold_over_the_resulting_members() {
    let require = |required: &RequiredCapabilities| {
        let mut extensions = Extensions::new();
        extensions.set(required).unwrap();
        Proposal::GroupContextExtensions(extensions)
    };
    let [mut alice, mut bob, _] = able_group(CustomProposal::default());
    let none = RequiredCapabilities::default();
    let lists = [
        RequiredCapabilities { extension_types: vec![0xff0a.into()], ..none.clone() },
        RequiredCapabilities { proposal_types: vec![0xff0a.into()], ..none.clone() },
        RequiredCapabilities { credential_types: vec![0xff0a.into()], ..none.clone() },
    ];
    for required in &lists {
        let message = forge_commit(&mut alice, &[by_value(0, require(required))], Lies::none());
        assert_eq!(refused(&mut bob, &message), invalid_list(0, ProposalListError::UnsupportedByMember));
    }
    let able = RequiredCapabilities {
        extension_types: vec![EXTENSION.into(), ExtensionType::APPLICATION_ID],
        proposal_types: vec![KIND, ProposalType::ADD],
        credential_types: vec![crate::credential::CredentialType::BASIC],
    };
    // Who is added counts.
    let mut dave = Peer::new("dave", SUITE, 44);
    let add = by_value(0, Proposal::Add(Arc::new(dave.key_package().key_package)));
    let message = forge_commit(&mut alice, &[by_value(0, require(&able)), add.clone()], Lies::none());
    assert_eq!(refused(&mut bob, &message), invalid_list(0, ProposalListError::UnsupportedByMember));
    // Who is removed does not.
    let message = forge_commit(&mut alice, &[add], Lies::none());
    handle(&mut bob, &message).unwrap();
    let Proposal::GroupContextExtensions(demands) = require(&able) else { panic!() };
    let demands = Proposing::GroupContextExtensions(demands);
    let error = bob.try_commit(&plan(vec![demands.clone()])).unwrap_err();
    assert_eq!(error, CommitError::Proposals(ProposalListError::UnsupportedByMember));
    bob.commit(&plan(vec![demands, Proposing::Remove(leaf(3))]));
}
