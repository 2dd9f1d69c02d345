//! Proposals from outside the group, made and refused (RFC 9420 sections 6.1 and 12.1.8).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;
use mls_crypto_traits::SignaturePublicKey;

use super::common::{Event, Peer, agree};
use super::forge::{Lies, forge_commit, forge_proposal};
use super::support::{SUITE, cached, extension, extensions, four, handle, key_package, leaf, refused};
use crate::credential::Credential;
use crate::custom::{CustomProposal, CustomTypes};
use crate::extension::{Extensions, ExternalSender, ExternalSenders};
use crate::framing::{FramingError, MlsMessage, ProtocolVersion, Sender};
use crate::group::answers::AnswerError;
use crate::group::{
    CommitPlan, Disposition, EncryptError, ExternalProposal, Inbound, NewMemberProposal, OutgoingProposal,
    ProposeError, Proposing, ReceiveError, propose_as_new_member, propose_from_outside, receive,
};
use crate::key_package::KeyPackageError;
use crate::proposal::list::ProposalListError;
use crate::proposal::{Proposal, ProposalType, ReInit};
use crate::psk::{PreSharedKeyId, Psk};
use crate::record::GroupId;

/// Four members and an outsider who is the second of their external senders.
fn group_with_sender() -> ([Peer; 4], Peer) {
    let mut peers = four();
    let server = Peer::new("server", SUITE, 77);
    let mut other = Peer::new("other", SUITE, 78);
    let other_key = other.new_signer();
    let list = [(other_key, "other"), (server.signature_key.clone(), "server")];
    set_senders(&mut peers, &list);
    (peers, server)
}

fn set_senders(peers: &mut [Peer; 4], list: &[(SignaturePublicKey, &str)]) {
    let senders = list
        .iter()
        .map(|(key, name)| ExternalSender { signature_key: key.clone(), credential: Credential::basic(*name) })
        .collect();
    let mut extensions = Extensions::new();
    extensions.set(&ExternalSenders(senders)).unwrap();
    let plan = CommitPlan { proposals: vec![Proposing::GroupContextExtensions(extensions)], ..CommitPlan::default() };
    let commit = peers[0].commit(&plan).message;
    for peer in &mut peers[1..] {
        peer.receive(&commit);
    }
    peers[0].accept();
}

fn plan(server: &Peer, member: &Peer, proposal: Proposal) -> ExternalProposal {
    ExternalProposal {
        group_id: GroupId::from(b"group".to_vec()),
        epoch: member.group().epoch(),
        cipher_suite: SUITE,
        sender_index: 1,
        signature_key: server.signature_key.clone(),
        proposal,
        authenticated_data: Vec::new(),
    }
}

fn send(server: &mut Peer, plan: &ExternalProposal) -> MlsMessage {
    decode(&propose_from_outside(plan, &server.world.env()).unwrap())
}

fn make(server: &mut Peer, member: &Peer, proposal: Proposal) -> MlsMessage {
    decode(&try_make(server, member, proposal).unwrap())
}

fn try_make(server: &mut Peer, member: &Peer, proposal: Proposal) -> Result<OutgoingProposal, ProposeError> {
    let plan = plan(server, member, proposal);
    propose_from_outside(&plan, &server.world.env())
}

fn decode(output: &OutgoingProposal) -> MlsMessage {
    MlsMessage::from_bytes(&output.message).unwrap()
}

fn external(index: u32, rule: ProposalListError) -> ReceiveError {
    ReceiveError::InvalidProposal { sender: Sender::External(index), rule: Box::new(rule) }
}

fn psk(nonce: usize) -> Proposal {
    let psk = Psk::External { psk_id: b"psk".to_vec() };
    Proposal::PreSharedKey(PreSharedKeyId { psk, psk_nonce: vec![7; nonce] })
}

fn re_init() -> Proposal {
    let extensions = Extensions::new();
    Proposal::ReInit(ReInit { group_id: vec![1], version: ProtocolVersion::MLS10, cipher_suite: SUITE, extensions })
}

// req: R-12.1.8-03, R-12.1.8-04, R-12.1.8.1-01, R-6.1-04, R-6.1-01
// bad: commit-16
#[test]
fn every_type_that_an_external_sender_may_propose_is_committed() {
    for number in 0..5 {
        let (mut peers, mut server) = group_with_sender();
        let mut erin = Peer::new("erin", SUITE, 9);
        let senders = peers[0].group().context().extensions.clone();
        let proposal = match number {
            0 => Proposal::Add(Arc::new(erin.key_package().key_package)),
            1 => Proposal::Remove(leaf(3).into()),
            2 => psk(32),
            3 => re_init(),
            _ => Proposal::GroupContextExtensions(senders.clone()),
        };
        let output = try_make(&mut server, &peers[0], proposal.clone()).unwrap();
        for peer in &mut peers {
            peer.psks.insert(Psk::External { psk_id: b"psk".to_vec() }, b"secret".to_vec());
            let Event::Proposal(received) = handle(peer, &decode(&output)).unwrap() else { panic!() };
            assert_eq!((received.sender, received.reference), (Sender::External(1), output.reference));
            assert_eq!(received.proposal, proposal);
        }
        let commit = peers[1].commit(&CommitPlan::default());
        assert!(commit.dropped.is_empty(), "{number}: {:?}", commit.dropped);
        peers[1].accept();
        for at in [0, 2, 3] {
            peers[at].receive(&commit.message);
        }
        let [alice, bob, carol, dave] = peers;
        assert_eq!(dave.group().is_active(), number != 1);
        agree(&[alice, bob, carol]);
    }
}

// req: R-12.1.8-06, R-6.1-06, R-12.1.8-03
#[test]
fn a_client_proposes_to_be_added() {
    let mut peers = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let package = Arc::new(erin.key_package().key_package);
    let plan = NewMemberProposal {
        group_id: GroupId::from(b"group".to_vec()),
        epoch: 1,
        key_package: package,
        authenticated_data: b"please".to_vec(),
    };
    let output = propose_as_new_member(&plan, &erin.world.env()).unwrap();
    for peer in &mut peers {
        let Event::Proposal(received) = handle(peer, &decode(&output)).unwrap() else { panic!() };
        assert_eq!(received.sender, Sender::NewMemberProposal);
        assert_eq!(refused(peer, &decode(&output)), ReceiveError::DuplicateProposal(output.reference));
    }
    let commit = peers[2].commit(&CommitPlan::default());
    peers[2].accept();
    for at in [0, 1, 3] {
        peers[at].receive(&commit.message);
    }
    erin.join(&commit.welcome.unwrap(), None);
    let [alice, bob, carol, dave] = peers;
    agree(&[alice, bob, carol, dave, erin]);
}

// req: R-12.1.8-02, R-12.1.8-06
#[test]
fn what_the_policy_refuses_is_not_kept() {
    let (mut peers, mut server) = group_with_sender();
    let message = make(&mut server, &peers[0], Proposal::Remove(leaf(3).into()));
    let mut erin = Peer::new("erin", SUITE, 9);
    let key_package = Arc::new(erin.key_package().key_package);
    let group_id = GroupId::from(b"group".to_vec());
    let wish = NewMemberProposal { group_id, epoch: 2, key_package, authenticated_data: Vec::new() };
    let wish = decode(&propose_as_new_member(&wish, &erin.world.env()).unwrap());
    let bob = &mut peers[1];
    for (message, sender, entry) in
        [(message, Sender::External(1), Some("server")), (wish, Sender::NewMemberProposal, None)]
    {
        let draft = |bob: &mut Peer| {
            let inbound = bob.run(|e: &ReceiveError| e.missing().cloned(), |g, env| receive(g, &message, env));
            let Ok(Inbound::ExternalProposal(pending)) = inbound else { panic!() };
            pending
        };
        let pending = draft(bob);
        let other = draft(bob).question().accept();
        let question = pending.question();
        assert_eq!(question.sender, sender);
        let name = question.external_sender.as_ref().map(|sender| sender.credential.clone());
        assert_eq!(name, entry.map(Credential::basic));
        let ruling = question.refuse();
        let group = bob.group.take().unwrap();
        let error = pending.rule(ruling, &group, &mut bob.world.env()).unwrap_err();
        assert_eq!(error, ReceiveError::SenderNotAllowed(sender));
        assert_eq!(error.disposition(), Disposition::Discard);
        bob.group = Some(group);
        // An answer to another question is none.
        let pending = draft(bob);
        let error = pending.rule(other, bob.group.as_ref().unwrap(), &mut bob.world.env()).unwrap_err();
        assert_eq!(error, ReceiveError::Answer(AnswerError::WrongAnswer));
        assert_eq!(bob.group().pending_proposals(), 0);
    }
}

// req: R-12.1.8-01, R-12.1.8.1-01, R-6.1-04
// bad: commit-13
#[test]
fn a_sender_that_the_group_does_not_name() {
    let [alice, mut bob, ..] = four();
    let mut server = Peer::new("server", SUITE, 77);
    let message = make(&mut server, &alice, psk(32));
    assert_eq!(refused(&mut bob, &message), ReceiveError::NoExternalSender(1));

    let (mut peers, mut server) = group_with_sender();
    for index in [2, u32::MAX] {
        let plan = ExternalProposal { sender_index: index, ..plan(&server, &peers[0], psk(32)) };
        let error = refused(&mut peers[1], &send(&mut server, &plan));
        assert_eq!(error, ReceiveError::NoExternalSender(index));
        assert_eq!(error.disposition(), Disposition::Discard);
    }
    // Another one's place, and a key that stands nowhere.
    let at_zero = ExternalProposal { sender_index: 0, ..plan(&server, &peers[0], psk(32)) };
    let key = server.new_signer();
    let by_other = ExternalProposal { signature_key: key, ..plan(&server, &peers[0], psk(32)) };
    for plan in [at_zero, by_other] {
        let error = refused(&mut peers[1], &send(&mut server, &plan));
        assert_eq!(error, ReceiveError::Framing(FramingError::WrongSignature));
    }
}

// req: R-12.1.8.1-01, R-12.1-02
#[test]
fn the_index_counts_in_the_current_epochs_list() {
    let (mut peers, mut server) = group_with_sender();
    let late = make(&mut server, &peers[0], psk(32));
    let list = [(server.signature_key.clone(), "server")];
    set_senders(&mut peers, &list);
    assert_eq!(refused(&mut peers[1], &late), ReceiveError::PastEpoch(2));
    let stale = make(&mut server, &peers[0], psk(32));
    assert_eq!(refused(&mut peers[1], &stale), ReceiveError::NoExternalSender(1));
    let now = ExternalProposal { sender_index: 0, ..plan(&server, &peers[0], psk(32)) };
    handle(&mut peers[1], &send(&mut server, &now)).unwrap();
}

// req: R-12.1.8-05, R-12.1.8-07, R-6.1-07, R-6.1-08, R-12.1.2-04
// bad: commit-14, valn-1501, valn-1502, ValSem-112
#[test]
fn a_type_that_an_external_sender_may_not_propose() {
    let (mut peers, mut server) = group_with_sender();
    let update = Arc::new(peers[3].key_package().key_package.leaf_node);
    let cases = [
        (Proposal::Update(update), ProposalType::UPDATE),
        (Proposal::ExternalInit { kem_output: vec![1; 32] }, ProposalType::EXTERNAL_INIT),
    ];
    for (proposal, kind) in cases {
        let wrong = FramingError::ExternalSenderProposal(kind);
        let error = try_make(&mut server, &peers[0], proposal.clone()).unwrap_err();
        assert_eq!(error, ProposeError::Encrypt(EncryptError::Framing(wrong)));
        let [alice, bob, ..] = &mut peers;
        let lies = Lies { content: Box::new(|c| c.sender = Sender::External(1)), ..Lies::none() };
        let message = forge_proposal(alice, proposal, lies);
        assert_eq!(refused(bob, &message), ReceiveError::Framing(wrong));
    }
    let [alice, bob, ..] = &mut peers;
    let lies = Lies { content: Box::new(|c| c.sender = Sender::External(1)), ..Lies::none() };
    let message = forge_commit(alice, &[], lies);
    assert_eq!(refused(bob, &message), ReceiveError::Framing(FramingError::ExternalSenderContent));
    let custom = Proposal::Custom { proposal_type: 0xff01.into(), body: vec![] };
    let error = try_make(&mut server, bob, custom.clone()).unwrap_err();
    assert_eq!(error, ProposeError::Invalid(ProposalListError::UnknownProposalType(0xff01.into())));
    let register = |from_external_senders| {
        let rules = CustomProposal { from_external_senders, ..CustomProposal::default() };
        CustomTypes::new().proposal(0xff01.into(), rules).unwrap()
    };
    server.world.custom = register(true);
    let message = make(&mut server, bob, custom);
    assert_eq!(refused(bob, &message), external(1, ProposalListError::UnknownProposalType(0xff01.into())));
    bob.world.custom = register(false);
    assert_eq!(refused(bob, &message), external(1, ProposalListError::CustomSender(0xff01.into())));
}

// req: R-6.1-10, R-6.1-11, R-6.1-06
// bad: valn-1503, valn-1504
#[test]
fn a_new_member_that_proposes_something_else_or_for_another() {
    let [mut alice, mut bob, ..] = four();
    let as_new = || Lies { content: Box::new(|c| c.sender = Sender::NewMemberProposal), ..Lies::none() };
    for proposal in [Proposal::Remove(leaf(2).into()), psk(32), re_init()] {
        let message = forge_proposal(&mut alice, proposal, as_new());
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::NewMemberProposalContent));
    }
    let message = forge_commit(&mut alice, &[], as_new());
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::NewMemberProposalContent));
    // Signed by somebody else than whom the key package is of.
    let package = Peer::new("erin", SUITE, 9).key_package().key_package;
    let message = forge_proposal(&mut alice, Proposal::Add(Arc::new(package)), as_new());
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
}

// req: R-12.1.1-01, R-12.1.3-01, R-12.1.4-03, R-12.1.5-01, R-13.4-05
// bad: commit-15
#[test]
fn a_proposal_of_an_external_sender_that_is_invalid() {
    let (mut peers, mut server) = group_with_sender();
    let carol = peers[2].key_package().key_package;
    let mut erin = Peer::new("erin", SUITE, 9);
    let bad = key_package(&mut erin, |package| package.version = 2.into());
    let twice = extensions(&[(0xff01, b""), (0xff01, b"")]);
    let parameters =
        ReInit { group_id: vec![1], version: 0.into(), cipher_suite: SUITE, extensions: Extensions::new() };
    let cases = [
        (Proposal::Add(Arc::new(carol)), ProposalListError::DuplicateSignatureKey),
        (Proposal::Add(Arc::new(bad)), ProposalListError::InvalidAdd(KeyPackageError::Version)),
        (Proposal::Remove(leaf(9).into()), ProposalListError::RemoveOfNonMember(leaf(9).into())),
        (Proposal::ReInit(parameters), ProposalListError::ReInitVersion),
        (
            Proposal::GroupContextExtensions([extension(0xff01, b"")].into_iter().collect()),
            ProposalListError::UnsupportedByMember,
        ),
    ];
    for (proposal, rule) in cases {
        let message = make(&mut server, &peers[0], proposal);
        let error = refused(&mut peers[1], &message);
        assert_eq!(error, external(1, rule));
        assert_eq!(error.disposition(), Disposition::Blame(Sender::External(1)));
    }
    // What can be told without the group is not even made.
    for (proposal, rule) in [
        (psk(31), ProposalListError::PskNonceLength),
        (Proposal::GroupContextExtensions(twice), ProposalListError::DuplicateExtension),
    ] {
        let error = try_make(&mut server, &peers[0], proposal.clone());
        assert_eq!(error, Err(ProposeError::Invalid(rule.clone())));
        let [alice, bob, ..] = &mut peers;
        let sign_with = Some(server.signature_key.clone());
        let signer = server.world.signers.0[&server.signature_key].clone();
        alice.world.signers.0.insert(server.signature_key.clone(), signer);
        let sign_context = Some(Vec::new());
        let content = Box::new(|c: &mut crate::framing::FramedContent| c.sender = Sender::External(1));
        let message = forge_proposal(alice, proposal, Lies { content, sign_with, sign_context, ..Lies::none() });
        assert_eq!(refused(bob, &message), external(1, rule));
    }
}

// req: R-12.1-03
#[test]
fn a_replay_within_the_epoch_is_known() {
    let (mut peers, mut server) = group_with_sender();
    let output = try_make(&mut server, &peers[0], psk(32)).unwrap();
    handle(&mut peers[1], &decode(&output)).unwrap();
    let error = refused(&mut peers[1], &decode(&output));
    assert_eq!(error, ReceiveError::DuplicateProposal(output.reference));
    assert_eq!(error.disposition(), Disposition::Duplicate);
    // A commit may refer to it once.
    let listed = cached(&peers[1]).remove(0);
    let [alice, bob, ..] = &mut peers;
    let message = forge_commit(alice, &[listed.clone(), listed], Lies::none());
    let rule = ProposalListError::DuplicateReference(output.reference);
    assert_eq!(refused(bob, &message), super::support::invalid_list(0, rule));
}
