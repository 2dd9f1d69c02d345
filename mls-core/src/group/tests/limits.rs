//! Bounds on what comes in: each has its error, and is checked before the signature is (RFC 9420 section 16).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use super::common::Peer;
use super::forge::{Lies, forge_commit, forge_proposal};
use super::support::{SUITE, by_value, cached, extension, extensions, four, handle, key_package, leaf, refused};
use crate::credential::Credential;
use crate::extension::ApplicationId;
use crate::framing::{FramingError, MlsMessage, Sender};
use crate::group::{CommitPlan, Disposition, JoinError, Proposing, ReceiveError};
use crate::limits::{LimitExceeded, Limits};
use crate::proposal::Proposal;
use mls_codec::Encode;

fn psk(number: u8) -> Proposal {
    super::psks::external(&[number], 32)
}

fn unsigned() -> Lies<'static> {
    Lies { signature: Box::new(|signature| signature[0] ^= 1), ..Lies::none() }
}

/// The limit refuses the message although its signature is wrong as well; with the usual limits the signature does.
fn before_the_signature(victim: &mut Peer, message: &MlsMessage, limits: Limits, limit: LimitExceeded) {
    let usual = victim.world.limits;
    let error = refused(victim, message);
    assert_eq!(error, ReceiveError::Framing(FramingError::WrongSignature));
    victim.world.limits = limits;
    let error = refused(victim, message);
    assert_eq!(error, ReceiveError::Limit(limit));
    assert_eq!(error.disposition(), Disposition::Discard);
    victim.world.limits = usual;
}

// bad: trap-02, trap-04
#[test]
fn proposals_of_one_sender() {
    let [mut alice, mut bob, mut carol, _] = four();
    let limits = Limits { cached_proposals_per_sender: 2, ..Limits::default() };
    for number in 0..2 {
        handle(&mut bob, &forge_proposal(&mut alice, psk(number), Lies::none())).unwrap();
    }
    let limit = LimitExceeded::CachedProposalsOfSender(Sender::Member(leaf(0)));
    let message = forge_proposal(&mut alice, psk(2), unsigned());
    before_the_signature(&mut bob, &message, limits, limit);
    bob.world.limits = limits;
    let encrypted = Lies { encrypt: true, ..Lies::none() };
    let message = forge_proposal(&mut alice, psk(2), encrypted);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Limit(limit));
    // Others still may.
    handle(&mut bob, &forge_proposal(&mut carol, psk(2), Lies::none())).unwrap();
    assert_eq!(bob.group().pending_proposals(), 3);
}

// bad: trap-02, trap-04
#[test]
fn bytes_of_cached_proposals() {
    let [mut alice, mut bob, ..] = four();
    let one = u32::try_from(psk(0).encoded_len()).unwrap();
    let exact = Limits { cached_proposal_bytes: 2 * one, ..Limits::default() };
    let short = Limits { cached_proposal_bytes: 2 * one - 1, ..Limits::default() };
    handle(&mut bob, &forge_proposal(&mut alice, psk(0), Lies::none())).unwrap();
    let message = forge_proposal(&mut alice, psk(1), unsigned());
    before_the_signature(&mut bob, &message, short, LimitExceeded::CachedProposalBytes);
    // What is stored counts after a restart as well.
    bob.restart();
    bob.world.limits = short;
    let message = forge_proposal(&mut alice, psk(1), Lies::none());
    let error = bob.try_receive(&message.to_bytes().unwrap()).unwrap_err();
    assert_eq!(error, ReceiveError::Limit(LimitExceeded::CachedProposalBytes));
    bob.world.limits = exact;
    handle(&mut bob, &message).unwrap();
    // A commit empties the cache.
    let commit = alice.commit(&CommitPlan { include_pending: false, ..CommitPlan::default() }).message;
    bob.receive(&commit);
    alice.accept();
    handle(&mut bob, &forge_proposal(&mut alice, psk(2), Lies::none())).unwrap();
}

// bad: trap-02, trap-04
#[test]
fn pre_shared_keys_of_a_commit() {
    let [mut alice, mut bob, ..] = four();
    let limits = Limits { psks: 2, ..Limits::default() };
    let list: Vec<_> = (0..3).map(|number| by_value(0, psk(number))).collect();
    let message = forge_commit(&mut alice, &list, unsigned());
    before_the_signature(&mut bob, &message, limits, LimitExceeded::Psks);
    // By reference they count too.
    let message = forge_proposal(&mut alice, psk(7), Lies::none());
    handle(&mut bob, &message).unwrap();
    let list = [cached(&bob).remove(0), by_value(0, psk(1)), by_value(0, psk(2))];
    let message = forge_commit(&mut alice, &list, Lies::none());
    bob.world.limits = limits;
    assert_eq!(refused(&mut bob, &message), ReceiveError::Limit(LimitExceeded::Psks));
}

// bad: trap-03, trap-04
#[test]
fn bytes_of_extensions_and_credentials() {
    let [mut alice, mut bob, ..] = four();
    let mut erin = Peer::new("erin", SUITE, 9);
    let long = || Proposal::GroupContextExtensions(extensions(&[(0xff01, &[0; 100])]));
    let add = |erin: &mut Peer, lie: &dyn Fn(&mut crate::key_package::KeyPackage)| {
        Proposal::Add(Arc::new(key_package(erin, lie)))
    };
    let in_package = add(&mut erin, &|package| package.extensions.0.push(extension(0xff01, &[0; 100])));
    let name = ApplicationId { application_id: vec![0; 100] };
    let in_leaf = add(&mut erin, &|package| package.leaf_node.extensions.set(&name).unwrap());
    let credential = add(&mut erin, &|package| package.leaf_node.credential = Credential::basic([0; 100]));
    let extensions = Limits { extension_bytes: 100, ..Limits::default() };
    let credentials = Limits { credential_bytes: 100, ..Limits::default() };
    let cases = [
        (long(), extensions, LimitExceeded::ExtensionBytes),
        (in_package, extensions, LimitExceeded::ExtensionBytes),
        (in_leaf, extensions, LimitExceeded::ExtensionBytes),
        (credential, credentials, LimitExceeded::CredentialBytes),
    ];
    for (proposal, limits, limit) in cases {
        let message = forge_proposal(&mut alice, proposal.clone(), unsigned());
        before_the_signature(&mut bob, &message, limits, limit);
        let message = forge_commit(&mut alice, &[by_value(0, proposal)], unsigned());
        before_the_signature(&mut bob, &message, limits, limit);
    }
    // The leaf of a path.
    let lies = Lies { leaf: Box::new(|leaf| leaf.credential = Credential::basic([0; 100])), ..unsigned() };
    let message = forge_commit(&mut alice, &[], lies);
    before_the_signature(&mut bob, &message, credentials, LimitExceeded::CredentialBytes);
}

// bad: trap-02, trap-03
#[test]
fn a_group_that_is_too_much_is_not_joined() {
    let mut alice = Peer::new("alice", SUITE, 1);
    alice.name = "a".repeat(100);
    alice.create(b"group");
    let mut bob = Peer::new("bob", SUITE, 2);
    let add = Proposing::Add(Arc::new(bob.key_package().key_package));
    let psks = (0..3).map(|number| Proposing::ExternalPsk(vec![number]));
    for number in 0..3 {
        for peer in [&mut alice, &mut bob] {
            peer.psks.insert(crate::psk::Psk::External { psk_id: vec![number] }, vec![number]);
        }
    }
    let proposals = core::iter::once(add).chain(psks).collect();
    let welcome = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).welcome.unwrap();
    let usual = bob.world.limits;
    for (limits, limit) in [
        (Limits { psks: 2, ..usual }, LimitExceeded::Psks),
        (Limits { credential_bytes: 100, ..usual }, LimitExceeded::CredentialBytes),
    ] {
        bob.world.limits = limits;
        assert_eq!(bob.try_join(&welcome, None).map(drop).unwrap_err(), JoinError::Limit(limit));
    }
    bob.world.limits = usual;
    bob.join(&welcome, None);
}
