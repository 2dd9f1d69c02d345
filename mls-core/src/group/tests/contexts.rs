//! New groups, and what an epoch takes from the one before (RFC 9420 sections 8.1, 11, 12.1.7 and 12.4.1).

use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_codec::Decode;
use mls_crypto_traits::{CryptoError, Rng, SecretBytes};

use super::common::{Peer, TestRng, agree};
use super::support::{PUBLIC, SUITE, extensions, four, leaf, suite};
use crate::env::{Env, UnixTime};
use crate::extension::Extensions;
use crate::framing::{
    AuthenticatedContent, MlsMessage, MlsMessageBody, WireFormat, confirmed_transcript_hash, interim_transcript_hash,
};
use crate::group::{CommitPlan, CreateGroup, Group, GroupInfoOptions, PathPolicy, Proposing, create_group, group_info};
use crate::key_schedule::{EpochSecret, EpochSecrets, confirmation_tag};
use crate::record::{Durable, GroupId};
use crate::tree::math::TreeSize;

/// Draws as its number says, but for the first byte of one draw.
struct Odd {
    rng: TestRng,
    odd: Option<usize>,
    draws: Vec<Vec<u8>>,
}

impl Rng for Odd {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), CryptoError> {
        self.rng.fill(out)?;
        if self.odd == Some(self.draws.len()) {
            out[0] ^= 1;
        }
        self.draws.push(out.to_vec());
        Ok(())
    }
}

fn created(alice: &Peer, group_id: Option<GroupId>, odd: Option<usize>) -> (Group, Vec<Vec<u8>>) {
    let mut rng = Odd { rng: TestRng(3), odd, draws: Vec::new() };
    let plan = CreateGroup { group_id, cipher_suite: SUITE, leaf: alice.leaf(), extensions: Extensions::new() };
    let mut env = Env {
        crypto: alice.world.crypto.as_ref(),
        signers: &alice.world.signers,
        rng: &mut rng,
        now: UnixTime(alice.world.now),
        limits: alice.world.limits,
        custom: &alice.world.custom,
    };
    let fresh = create_group(&plan, &mut env).unwrap();
    let durable = Durable::i_stored(fresh.delta());
    (fresh.release(durable).unwrap(), rng.draws)
}

// req: R-11-05, R-8.2-01
#[test]
fn a_new_group_is_one_leaf_in_epoch_0() {
    let alice = Peer::new("alice", SUITE, 1);
    let (group, _) = created(&alice, Some(GroupId::from(b"group".to_vec())), None);
    let context = group.context();
    assert_eq!((context.epoch, &context.group_id[..]), (0, &b"group"[..]));
    assert!(context.confirmed_transcript_hash.is_empty());
    let tree = group.tree().unwrap();
    assert_eq!((tree.size(), tree.member_count()), (TreeSize::ONE, 1));
    assert_eq!(context.tree_hash, tree.root_hash().as_bytes());
    assert_eq!(tree.leaf(leaf(0)).unwrap().signature_key, alice.signature_key);
}

// req: R-11-06, R-11-07, R-12.4.3-01
#[test]
fn a_new_groups_secrets_are_drawn_and_confirm_nothing() {
    let alice = Peer::new("alice", SUITE, 1);
    let id = || Some(GroupId::from(b"group".to_vec()));
    let (group, draws) = created(&alice, id(), None);
    // One draw alone decides about the secrets and about nothing that is public.
    let secret: Vec<_> = (0..draws.len())
        .filter(|odd| {
            let (other, _) = created(&alice, id(), Some(*odd));
            other.context() == group.context() && other.epoch_authenticator() != group.epoch_authenticator()
        })
        .collect();
    let [at] = secret[..] else { panic!("{secret:?}") };
    assert_eq!(draws[at].len(), 32);
    let suite = suite(&alice);
    let secret = EpochSecret::from_bytes(SecretBytes::from_slice(&draws[at]));
    let secrets = EpochSecrets::from_epoch_secret(suite, secret).unwrap();
    let tag = confirmation_tag(suite, &secrets.confirmation_key, &[]).unwrap();
    assert_eq!(group.epoch.confirmation_tag, tag.as_bytes());
    let interim = interim_transcript_hash(suite, &[], tag.as_bytes()).unwrap();
    assert_eq!(group.epoch.interim_transcript_hash, interim.as_bytes());
}

// req: R-11-03
#[test]
fn identifiers_are_drawn_where_none_is_given() {
    let alice = Peer::new("alice", SUITE, 1);
    let (group, draws) = created(&alice, None, None);
    assert_eq!(group.id().as_bytes().len(), 32);
    let others = (0..draws.len()).filter(|odd| created(&alice, None, Some(*odd)).0.id() != group.id()).count();
    assert_eq!(others, 1);
}

// req: R-11-08
#[test]
fn epoch_0_is_an_epoch_like_any() {
    let mut alice = Peer::new("alice", SUITE, 1);
    alice.create(b"group");
    alice.propose(Proposing::GroupContextExtensions(Extensions::new()), &PUBLIC);
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let info = group_info(alice.group.as_ref().unwrap(), options, &mut alice.world.env()).unwrap();
    let mut bob = Peer::new("bob", SUITE, 2);
    let message = bob.join_external(&info, None, None);
    alice.receive(&message);
    let message = bob.send(b"here");
    assert_eq!(alice.receive(&message).data(), b"here");
    agree(&[alice, bob]);
    let mut alice = Peer::new("alice", SUITE, 1);
    alice.create(b"group");
    alice.commit(&CommitPlan::default());
    assert_eq!(alice.accept().epoch, 1);
}

fn public(bytes: &[u8]) -> AuthenticatedContent {
    let MlsMessageBody::PublicMessage(message) = MlsMessage::from_bytes(bytes).unwrap().body else { panic!() };
    AuthenticatedContent { wire_format: WireFormat::PublicMessage, content: message.content, auth: message.auth }
}

// req: R-8.1-01, R-8.1-02, R-8.1-03, R-12.4.1-06, R-12.4.1-11
#[test]
fn the_context_follows_each_commit() {
    let [mut alice, mut bob, ..] = four();
    let add = Proposing::Add(Arc::new(Peer::new("erin", SUITE, 9).key_package().key_package));
    for (proposals, path) in [
        (vec![], PathPolicy::Always),
        (vec![add], PathPolicy::WhenRequired),
        (vec![Proposing::Remove(leaf(3))], PathPolicy::WhenRequired),
    ] {
        let before = alice.group().context().clone();
        let interim = alice.group().epoch.interim_transcript_hash.clone();
        let plan = CommitPlan { proposals, path, options: PUBLIC, ..CommitPlan::default() };
        let message = alice.commit(&plan).message;
        bob.receive(&message);
        alice.accept();
        let commit = public(&message);
        assert_eq!(commit.content.epoch, before.epoch);
        for peer in [&alice, &bob] {
            let suite = suite(peer);
            let context = peer.group().context();
            assert_eq!((&context.group_id, context.epoch), (&before.group_id, before.epoch + 1));
            assert_eq!(context.tree_hash, peer.group().tree().unwrap().root_hash().as_bytes());
            assert_ne!(context.tree_hash, before.tree_hash);
            let confirmed = confirmed_transcript_hash(suite, &interim, &commit).unwrap();
            assert_eq!(context.confirmed_transcript_hash, confirmed.as_bytes());
            assert_eq!(context.extensions, before.extensions);
            let tag = commit.auth.confirmation_tag.as_ref().unwrap();
            assert_eq!(&peer.group().epoch.confirmation_tag, tag);
            let next = interim_transcript_hash(suite, confirmed.as_bytes(), tag).unwrap();
            assert_eq!(peer.group().epoch.interim_transcript_hash, next.as_bytes());
        }
    }
}

// req: R-12.4.3-01, R-12.4.1-14
#[test]
fn a_group_info_has_the_commits_tag_and_what_was_asked_for() {
    let [mut alice, ..] = four();
    let message = alice.commit(&CommitPlan { options: PUBLIC, ..CommitPlan::default() }).message;
    alice.accept();
    let tag = public(&message).auth.confirmation_tag.unwrap();
    for external_pub in [false, true] {
        let options = GroupInfoOptions { external_pub, ratchet_tree: false };
        let info = group_info(alice.group.as_ref().unwrap(), options, &mut alice.world.env()).unwrap();
        let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&info).unwrap().body else { panic!() };
        assert_eq!(info.confirmation_tag, tag);
        let kinds: Vec<u16> = info.extensions.iter().map(|extension| extension.extension_type.into()).collect();
        assert_eq!(kinds, if external_pub { vec![4] } else { vec![] });
    }
}

// req: R-8.1-04, R-12.1.7-02
#[test]
fn a_new_list_of_extensions_replaces_the_old_one() {
    let [mut alice, mut bob, ..] = four();
    let lists = [
        extensions(&[(3, &[0, 0, 0]), (5, &[0])]),
        extensions(&[(5, &[0])]),
        extensions(&[(5, &[0]), (3, &[0, 0, 0])]),
        extensions(&[]),
    ];
    for list in lists {
        let proposals = vec![Proposing::GroupContextExtensions(list.clone())];
        let message = alice.commit(&CommitPlan { proposals, ..CommitPlan::default() }).message;
        alice.accept();
        bob.receive(&message);
        // No other commit changes them.
        let message = bob.commit(&CommitPlan::default()).message;
        bob.accept();
        alice.receive(&message);
        for peer in [&alice, &bob] {
            assert_eq!(peer.group().context().extensions, list);
        }
    }
}

// req: R-7.8-04
#[test]
fn the_context_has_the_hash_of_the_new_tree() {
    let [mut alice, mut bob, ..] = four();
    let output = alice.commit(&CommitPlan::default());
    alice.accept();
    bob.receive(&output.message);
    for peer in [&alice, &bob] {
        let tree_hash = peer.group().tree().unwrap().root_hash().as_bytes();
        assert_eq!(peer.group().epoch.context.tree_hash, tree_hash);
    }
}
