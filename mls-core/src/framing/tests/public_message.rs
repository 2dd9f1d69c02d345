//! Signatures and membership tags: one thing wrong at a time.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_crypto_traits::SecretBytes;

use super::fixtures::{self, application, context, framed, leaf, remove, signed, signed_commit};
use crate::framing::{AuthenticatedContent, Content, FramedContent, FramingError, PublicMessage, Sender, WireFormat};
use crate::key_schedule::MembershipKey;
use crate::proposal::{Proposal, ProposalType};
use crate::tree::leaf_node::LeafNodeSource;

fn key(fill: u8) -> MembershipKey {
    MembershipKey::from_bytes(SecretBytes::from_slice(&[fill; 32]))
}

fn protect(content: AuthenticatedContent) -> Result<PublicMessage, FramingError> {
    PublicMessage::protect(fixtures::suite(), content, Some(&key(1)), Some(&context()))
}

fn unprotect(message: PublicMessage) -> Result<AuthenticatedContent, FramingError> {
    message.unprotect(fixtures::suite(), Some(&key(1)), Some(&context()))
}

fn sign(
    wire_format: WireFormat,
    content: FramedContent,
    context: Option<&[u8]>,
) -> Result<AuthenticatedContent, FramingError> {
    let suite = fixtures::suite();
    AuthenticatedContent::sign(suite, &*fixtures::signing_key(suite, 1), wire_format, content, context)
}

fn verify(content: &AuthenticatedContent, seed: u8, context: Option<&[u8]>) -> Result<(), FramingError> {
    let suite = fixtures::suite();
    content.verify_signature(suite, fixtures::signing_key(suite, seed).public_key(), context)
}

/// A content that each sender type other than a member may send.
fn from_outside() -> [FramedContent; 3] {
    let add = Content::Proposal(Box::new(Proposal::Add(Arc::new(fixtures::key_package()))));
    [
        framed(Sender::External(3), remove()),
        framed(Sender::NewMemberProposal, add),
        framed(Sender::NewMemberCommit, Content::Commit(Arc::new(fixtures::commit()))),
    ]
}

// req: R-6.2-01, R-6.2-03, R-6.1-12
#[test]
fn a_member_s_message_comes_back_as_it_was_signed() {
    for content in [signed(WireFormat::PublicMessage, remove()), signed_commit(WireFormat::PublicMessage)] {
        let message = protect(content.clone()).unwrap();
        assert_eq!(message.membership_tag.as_ref().unwrap().len(), 32);
        let opened = unprotect(message).unwrap();
        assert_eq!(opened, content);
        assert_eq!(verify(&opened, 1, Some(&context())), Ok(()));
    }
}

// req: R-6-01, R-6-02
#[test]
fn application_data_is_never_framed_in_the_clear() {
    let want = FramingError::ApplicationDataInPublicMessage;
    let content = framed(Sender::Member(leaf(1)), application());
    assert_eq!(sign(WireFormat::PublicMessage, content, Some(&context())), Err(want));

    let mut content = signed(WireFormat::PrivateMessage, application());
    content.wire_format = WireFormat::PublicMessage;
    assert_eq!(protect(content.clone()), Err(want));
    let AuthenticatedContent { content, auth, .. } = content;
    let message = PublicMessage { content, auth, membership_tag: Some(vec![0; 32]) };
    assert_eq!(unprotect(message), Err(want));
}

// req: R-6.2-03
#[test]
fn a_missing_or_wrong_membership_tag_is_refused() {
    let message = protect(signed(WireFormat::PublicMessage, remove())).unwrap();
    let with_tag = |tag: Option<Vec<u8>>| unprotect(PublicMessage { membership_tag: tag, ..message.clone() });
    assert_eq!(with_tag(None), Err(FramingError::MissingMembershipTag));

    let tag = message.membership_tag.clone().unwrap();
    let mut flipped = tag.clone();
    flipped[31] ^= 1;
    let long = [&tag[..], &[0]].concat();
    for tag in [vec![], tag[..31].to_vec(), tag[..1].to_vec(), long, flipped] {
        assert_eq!(with_tag(Some(tag)), Err(FramingError::WrongMembershipTag));
    }
}

// req: R-6.2-01
#[test]
fn the_membership_tag_covers_content_context_and_auth_data() {
    let want = Err(FramingError::WrongMembershipTag);
    let message = protect(signed_commit(WireFormat::PublicMessage)).unwrap();
    let spoilt = |spoil: fn(&mut PublicMessage)| {
        let mut message = message.clone();
        spoil(&mut message);
        unprotect(message)
    };
    assert_eq!(spoilt(|m| m.content.group_id[0] ^= 1), want);
    assert_eq!(spoilt(|m| m.content.epoch += 1), want);
    assert_eq!(spoilt(|m| m.content.sender = Sender::Member(leaf(0))), want);
    assert_eq!(spoilt(|m| m.content.authenticated_data.clear()), want);
    assert_eq!(spoilt(|m| m.content.content = remove_with_tagless_auth(m)), want);
    assert_eq!(spoilt(|m| m.auth.signature[0] ^= 1), want);
    assert_eq!(spoilt(|m| m.auth.confirmation_tag = Some(vec![9; 31])), want);

    let suite = fixtures::suite();
    let other = message.clone().unprotect(suite, Some(&key(1)), Some(b"another context"));
    assert_eq!(other, want);
    assert_eq!(message.unprotect(suite, Some(&key(2)), Some(&context())), want);
}

fn remove_with_tagless_auth(message: &mut PublicMessage) -> Content {
    message.auth.confirmation_tag = None;
    remove()
}

// req: R-6.2-02
#[test]
fn other_senders_have_no_membership_tag() {
    for content in from_outside() {
        let mut content = sign(WireFormat::PublicMessage, content, Some(&context())).unwrap();
        if content.content.sender == Sender::NewMemberCommit {
            content.auth.confirmation_tag = Some(vec![9; 32]);
        }
        // No key and no context are needed.
        let suite = fixtures::suite();
        let message = PublicMessage::protect(suite, content.clone(), None, None).unwrap();
        assert_eq!(message.membership_tag, None);
        assert_eq!(message.clone().unprotect(suite, None, None), Ok(content));
        let tagged = PublicMessage { membership_tag: Some(vec![0; 32]), ..message };
        assert_eq!(unprotect(tagged), Err(FramingError::UnexpectedMembershipTag));
    }
}

// req: R-6.1-01
#[test]
fn members_and_joiners_sign_over_the_group_context_and_others_do_not() {
    let member = framed(Sender::Member(leaf(1)), remove());
    let [external, proposer, joiner] = from_outside();
    for content in [member, joiner] {
        assert_eq!(sign(WireFormat::PublicMessage, content.clone(), None), Err(FramingError::MissingGroupContext));
        let content = sign(WireFormat::PublicMessage, content, Some(&context())).unwrap();
        assert_eq!(verify(&content, 1, Some(&context())), Ok(()));
        assert_eq!(verify(&content, 1, Some(b"other")), Err(FramingError::WrongSignature));
        assert_eq!(verify(&content, 1, None), Err(FramingError::MissingGroupContext));
    }
    for content in [external, proposer] {
        let content = sign(WireFormat::PublicMessage, content, Some(&context())).unwrap();
        assert_eq!(verify(&content, 1, None), Ok(()));
        assert_eq!(verify(&content, 1, Some(b"other")), Ok(()));
    }
}

// req: R-6.1-12, R-6.1-17
#[test]
fn a_signature_covers_the_content_and_its_wire_format() {
    let content = signed(WireFormat::PublicMessage, remove());
    let spoilt = |spoil: fn(&mut AuthenticatedContent)| {
        let mut content = content.clone();
        spoil(&mut content);
        verify(&content, 1, Some(&context()))
    };
    assert_eq!(spoilt(|_| ()), Ok(()));
    let want = Err(FramingError::WrongSignature);
    assert_eq!(spoilt(|c| c.wire_format = WireFormat::PrivateMessage), want);
    assert_eq!(spoilt(|c| c.content.group_id.push(0)), want);
    assert_eq!(spoilt(|c| c.content.epoch += 1), want);
    assert_eq!(spoilt(|c| c.content.sender = Sender::Member(leaf(2))), want);
    assert_eq!(spoilt(|c| c.content.authenticated_data.push(0)), want);
    assert_eq!(spoilt(|c| c.content.content = application()), want);
    assert_eq!(spoilt(|c| c.auth.signature[0] ^= 1), want);
    assert_eq!(spoilt(|c| c.auth.signature.clear()), want);
    assert_eq!(verify(&content, 2, Some(&context())), want);
}

// req: R-6.1-02, R-17.6-01
#[test]
fn the_signed_bytes_are_version_wire_format_content_and_context() {
    let suite = fixtures::suite();
    let content = signed(WireFormat::PublicMessage, remove());
    let tbs = [
        &[0, 1, 0, 1, 5][..],
        b"group",
        &[0, 0, 0, 0, 0, 0, 0, 5, 1, 0, 0, 0, 1, 3],
        b"aad",
        &[2, 0, 3, 0, 0, 0, 1],
        &context(),
    ];
    let key = fixtures::signing_key(suite, 1);
    let signature = &content.auth.signature;
    assert_eq!(suite.verify_with_label(key.public_key(), b"FramedContentTBS", &tbs, signature), Ok(()));
}

#[test]
fn each_sender_type_sends_only_what_it_may() {
    let check = |sender, content| framed(sender, content).check_sender();
    let proposal = |proposal| Content::Proposal(Box::new(proposal));
    let commit = || Content::Commit(Arc::new(fixtures::commit()));
    for content in [application(), remove(), commit()] {
        assert_eq!(check(Sender::Member(leaf(0)), content), Ok(()));
    }
    // req: R-6.1-07
    for content in [application(), commit()] {
        assert_eq!(check(Sender::External(0), content), Err(FramingError::ExternalSenderContent));
    }
    // req: R-6.1-08
    let update = Proposal::Update(Arc::new(fixtures::leaf_node(LeafNodeSource::Update)));
    let external_init = Proposal::ExternalInit { kem_output: vec![] };
    for (refused, kind) in [(update, ProposalType::UPDATE), (external_init, ProposalType::EXTERNAL_INIT)] {
        let want = Err(FramingError::ExternalSenderProposal(kind));
        assert_eq!(check(Sender::External(0), proposal(refused)), want);
    }
    for allowed in fixtures::proposals() {
        if !matches!(allowed, Proposal::Update(_) | Proposal::ExternalInit { .. }) {
            assert_eq!(check(Sender::External(0), proposal(allowed)), Ok(()));
        }
    }
    // req: R-6.1-10, R-6.1-11
    for refused in [application(), commit(), remove()] {
        let want = Err(FramingError::NewMemberProposalContent);
        assert_eq!(check(Sender::NewMemberProposal, refused), want);
    }
    // req: R-6.1-09
    for refused in [application(), remove()] {
        assert_eq!(check(Sender::NewMemberCommit, refused), Err(FramingError::NewMemberCommitContent));
    }
    for content in from_outside() {
        assert_eq!(content.check_sender(), Ok(()));
    }
}

// req: R-6.1-08
#[test]
fn the_sender_is_checked_when_a_message_is_opened() {
    let update = Proposal::Update(Arc::new(fixtures::leaf_node(LeafNodeSource::Update)));
    let mut message = protect(signed(WireFormat::PublicMessage, remove())).unwrap();
    message.content = framed(Sender::External(0), Content::Proposal(Box::new(update)));
    message.membership_tag = None;
    assert_eq!(unprotect(message), Err(FramingError::ExternalSenderProposal(ProposalType::UPDATE)));
}

// req: R-6.1-14
#[test]
fn a_confirmation_tag_is_on_commits_and_nowhere_else() {
    let commit = signed(WireFormat::PublicMessage, Content::Commit(Arc::new(fixtures::commit())));
    assert_eq!(protect(commit), Err(FramingError::MissingConfirmationTag));
    let mut proposal = signed(WireFormat::PublicMessage, remove());
    proposal.auth.confirmation_tag = Some(vec![9; 32]);
    assert_eq!(protect(proposal), Err(FramingError::UnexpectedConfirmationTag));
}

#[test]
fn what_the_caller_owes_is_asked_for() {
    let suite = fixtures::suite();
    let content = signed(WireFormat::PublicMessage, remove());
    let without_key = PublicMessage::protect(suite, content.clone(), None, Some(&context()));
    assert_eq!(without_key, Err(FramingError::MissingMembershipKey));
    let without_context = PublicMessage::protect(suite, content.clone(), Some(&key(1)), None);
    assert_eq!(without_context, Err(FramingError::MissingGroupContext));
    let message = protect(content).unwrap();
    let without_key = message.clone().unprotect(suite, None, Some(&context()));
    assert_eq!(without_key, Err(FramingError::MissingMembershipKey));
    assert_eq!(message.unprotect(suite, Some(&key(1)), None), Err(FramingError::MissingGroupContext));
}

#[test]
fn content_for_another_wire_format_is_not_framed() {
    let content = signed(WireFormat::PrivateMessage, remove());
    assert_eq!(protect(content), Err(FramingError::WrongWireFormat));
    for wire_format in [WireFormat::Welcome, WireFormat::GroupInfo, WireFormat::KeyPackage] {
        let content = framed(Sender::Member(leaf(1)), remove());
        assert_eq!(sign(wire_format, content, Some(&context())), Err(FramingError::WrongWireFormat));
    }
}

// req: R-6-08
// bad: valn-1305
#[test]
fn other_senders_do_not_sign_for_private_messages() {
    for content in from_outside() {
        let content = sign(WireFormat::PrivateMessage, content, Some(&context()));
        assert_eq!(content, Err(FramingError::NonMemberInPrivateMessage));
    }
}
