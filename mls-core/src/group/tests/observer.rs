//! What an observer makes of messages that a member refuses: the same, but for what takes secrets to see.

use alloc::boxed::Box;
use alloc::sync::Arc;

use mls_codec::Encode;

use super::common::Peer;
use super::forge::{Lies, forge_commit};
use super::support::{by_value, four, leaf};
use crate::framing::{FramingError, MlsMessage, MlsMessageBody, Sender};
use crate::group::answers::AnswerError;
use crate::group::cache::{CachedProposal, ProposalCache};
use crate::group::{CommitRule, EpochChange, Group, ReceiveError};
use crate::observer::{Observed, Observer};
use crate::proposal::Proposal;
use crate::tree::path::PathError;

/// Somebody who sees what a member sees, and holds none of its secrets.
fn observer(group: &Group) -> Observer {
    let tree = group.tree().unwrap().clone();
    let mut proposals = ProposalCache::default();
    for (reference, cached) in group.proposals().unwrap().in_order() {
        let CachedProposal { order, sender, proposal, member, .. } = cached;
        let cached = CachedProposal {
            order: *order,
            sender: *sender,
            proposal: proposal.clone(),
            member: member.clone(),
            leaf_key: None,
            message: None,
        };
        proposals.insert(*reference, Arc::new(cached));
    }
    Observer::in_test(&group.epoch, tree, proposals, group.status, group.clients.clone())
}

/// What the observer says to a message.
fn watch(group: &Group, peer: &mut Peer, message: &MlsMessage) -> Result<Option<EpochChange>, ReceiveError> {
    let mut observer = observer(group);
    let before = alloc::format!("{observer:?} {:?}", observer.snapshot());
    let result = follow(&observer, peer, message);
    match result {
        Ok(Some(step)) => {
            let durable = crate::record::Durable::i_stored(step.delta());
            let change = step.apply(&mut observer, durable);
            Ok(change.ok())
        }
        Ok(None) => Ok(None),
        Err(error) => {
            assert_eq!(alloc::format!("{observer:?} {:?}", observer.snapshot()), before);
            Err(error)
        }
    }
}

fn follow(
    observer: &Observer,
    peer: &mut Peer,
    message: &MlsMessage,
) -> Result<Option<crate::observer::ObserverStep<EpochChange>>, ReceiveError> {
    match observer.receive(message, &mut peer.world.env())? {
        Observed::Proposal(pending) => {
            let answers = peer.answers(pending.credentials(), &[]);
            pending.resume(observer, &answers, &mut peer.world.env()).map(|_| None)
        }
        Observed::ExternalProposal(pending) => {
            let ruling = pending.question().accept();
            let pending = pending.rule(ruling, observer, &mut peer.world.env())?;
            let answers = peer.answers(pending.credentials(), &[]);
            pending.resume(observer, &answers, &mut peer.world.env()).map(|_| None)
        }
        Observed::Commit(pending) => {
            let ruling = pending.question().accept();
            let vetted = pending.rule(ruling, observer, &mut peer.world.env())?;
            let answers = peer.answers(vetted.credentials(), &[]);
            vetted.resume(observer, &answers, &mut peer.world.env()).map(Some)
        }
        Observed::Hidden(_) => Ok(None),
    }
}

/// Whether it takes a secret, or to be a member, to refuse like this.
fn takes_secrets(error: &ReceiveError) -> bool {
    match error {
        ReceiveError::OwnMessage
        | ReceiveError::SenderNotAllowed(_)
        | ReceiveError::Framing(FramingError::WrongMembershipTag)
        | ReceiveError::Answer(AnswerError::MissingPsk(_))
        | ReceiveError::Fault(_) => true,
        ReceiveError::InvalidCommit { rule, .. } => matches!(
            rule.as_ref(),
            CommitRule::ConfirmationTag
                | CommitRule::ExternalInit(_)
                | CommitRule::Path(
                    PathError::Decryption(_) | PathError::PathSecretLength | PathError::PublicKeyMismatch { .. }
                )
        ),
        _ => false,
    }
}

/// An observer refuses what the member refused with `error`, and for the same reason.
pub(super) fn refuses_too(victim: &mut Peer, message: &MlsMessage, error: &ReceiveError) {
    if !matches!(message.body, MlsMessageBody::PublicMessage(_)) || takes_secrets(error) {
        return;
    }
    let group = victim.group.take().unwrap();
    if group.tree().is_ok() && group.proposals().is_ok() {
        assert_eq!(watch(&group, victim, message).err().as_ref(), Some(error));
    }
    victim.group = Some(group);
}

fn accepted(bob: &mut Peer, message: &MlsMessage) -> EpochChange {
    let group = bob.group.take().unwrap();
    let change = watch(&group, bob, message).unwrap().unwrap();
    bob.group = Some(group);
    change
}

#[test]
fn an_observer_cannot_tell_a_wrong_tag() {
    let [mut alice, mut bob, ..] = four();
    let change = accepted(&mut bob, &forge_commit(&mut alice, &[], Lies::none()));
    assert_eq!((change.epoch, change.committer), (2, Sender::Member(leaf(0))));
    let lies = Lies { confirmation_tag: Box::new(|tag| tag.as_mut().unwrap()[0] ^= 1), ..Lies::none() };
    let message = forge_commit(&mut alice, &[], lies);
    assert_eq!(accepted(&mut bob, &message).epoch, 2);
    let lies = Lies { public: Box::new(|public| public.membership_tag.as_mut().unwrap()[0] ^= 1), ..Lies::none() };
    let message = forge_commit(&mut alice, &[], lies);
    assert_eq!(accepted(&mut bob, &message).epoch, 2);
    // Nor what is wrong with ciphertexts.
    let lies = Lies {
        nodes: Box::new(|nodes, _| nodes[0].encrypted_path_secret.edit(|all| all[0].ciphertext[0] ^= 1)),
        ..Lies::none()
    };
    let message = forge_commit(&mut alice, &[], lies);
    assert_eq!(accepted(&mut bob, &message).epoch, 2);
}

#[test]
fn an_observer_follows_a_re_init_to_the_end() {
    let [mut alice, mut bob, ..] = four();
    let re_init = crate::proposal::ReInit {
        group_id: b"next".to_vec(),
        version: crate::framing::ProtocolVersion::MLS10,
        cipher_suite: super::support::SUITE,
        extensions: crate::extension::Extensions::new(),
    };
    let lies = Lies { with_path: false, ..Lies::none() };
    let message = forge_commit(&mut alice, &[by_value(0, Proposal::ReInit(re_init.clone()))], lies);
    let observer = observer(bob.group());
    let step = follow(&observer, &mut bob, &message).unwrap().unwrap();
    let mut observer = observer;
    let durable = crate::record::Durable::i_stored(step.delta());
    step.apply(&mut observer, durable).unwrap();
    assert_eq!(observer.re_init(), Some(&re_init));
    // req: R-12.4.2-18
    super::support::handle(&mut bob, &message).unwrap();
    super::support::handle(&mut alice, &message).err();
    assert!(matches!(bob.group().check_open(), Err(crate::group::Fault::ReInitialized)));
    assert!(observer.receive(&message, &mut bob.world.env()).is_err());
}

#[test]
fn the_key_index_is_settled_when_a_step_has_been_applied() {
    let [mut alice, mut bob, ..] = four();
    let mut observer = observer(alice.group());
    let message = forge_commit(&mut alice, &[], Lies::none());
    bob.receive(&message.to_bytes().unwrap());
    assert_eq!(bob.group().epoch(), 2);
    assert!(bob.group().tree().unwrap().is_settled());
    let step = follow(&observer, &mut bob, &message).unwrap().unwrap();
    // Whom the observer's tree was shared with.
    drop(alice);
    let durable = crate::record::Durable::i_stored(step.delta());
    step.apply(&mut observer, durable).unwrap();
    assert!(observer.tree().is_settled());
}
