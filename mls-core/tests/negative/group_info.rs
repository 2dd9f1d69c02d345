//! `GroupInfo`s from which nobody joins (RFC 9420 section 12.4.3.2).

use mls_codec::Decode;
use mls_core::extension::{ExtensionType, ExternalPub};
use mls_core::framing::{MlsMessage, MlsMessageBody};
use mls_core::group::{
    AnswerError, Answers, Disposition, ExternalJoinPlan, GroupInfoOptions, JoinError, Missing, VettedExternalJoin,
    external_join, group_info,
};
use mls_core::identity::MemberId;
use mls_core::proposal::ProposalListError;
use mls_core::psk::Psk;
use mls_core::tree::math::LeafIndex;
use mls_core::tree::validate::LeafNodeError;
use mls_core::welcome::GroupInfo;
use mls_crypto_traits::{CipherSuite, CryptoError, HpkePublicKey};

use crate::common::{Peer, group_of};

const SUITE: CipherSuite = CipherSuite(1);

fn info_of(peer: &mut Peer) -> GroupInfo {
    let group = peer.group.take().unwrap();
    let options = GroupInfoOptions { external_pub: true, ratchet_tree: true };
    let bytes = group_info(&group, options, &mut peer.world.env()).unwrap();
    peer.group = Some(group);
    let MlsMessageBody::GroupInfo(info) = MlsMessage::from_bytes(&bytes).unwrap().body else { panic!() };
    *info
}

/// Signed by `peer` again, after one change.
fn altered(peer: &mut Peer, change: impl FnOnce(&mut GroupInfo)) -> GroupInfo {
    let mut info = info_of(peer);
    change(&mut info);
    let signer = peer.world.signers.0.get(&peer.signature_key).unwrap();
    info.sign(peer.world.crypto.suite(SUITE).unwrap(), signer.as_ref()).unwrap();
    info
}

fn plan(peer: &Peer) -> ExternalJoinPlan {
    ExternalJoinPlan::new(peer.leaf())
}

/// An external join that the policy has accepted.
fn begun(info: &GroupInfo, plan: &ExternalJoinPlan, joiner: &mut Peer) -> VettedExternalJoin {
    let pending = external_join(info, None, plan, &mut joiner.world.env()).unwrap();
    let ruling = pending.question().accept();
    pending.rule(ruling, &mut joiner.world.env()).unwrap()
}

fn refused(joiner: &mut Peer, info: &GroupInfo, plan: &ExternalJoinPlan) -> JoinError {
    external_join(info, None, plan, &mut joiner.world.env()).unwrap_err()
}

// req: R-12.4.3.2-01, R-12.4.3.2-02, R-12.4.3.1-10, R-12.4.3-06, R-12.4.3.1-13
#[test]
fn a_group_info_that_does_not_hold() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let alice = &mut peers[0];
    let mut erin = Peer::new("erin", SUITE, 9);
    let plan = plan(&erin);
    let drop_extension = |info: &mut GroupInfo, kind| info.extensions.0.retain(|e| e.extension_type != kind);
    let external_pub = |bytes: &[u8]| ExternalPub { external_pub: HpkePublicKey::from(bytes) };
    let cases: [(Box<dyn FnOnce(&mut GroupInfo)>, JoinError); 9] = [
        (Box::new(move |info| drop_extension(info, ExtensionType::EXTERNAL_PUB)), JoinError::NoExternalPub),
        (Box::new(move |info| drop_extension(info, ExtensionType::RATCHET_TREE)), JoinError::NoTree),
        (
            Box::new(move |info| info.extensions.set(&external_pub(&[0; 32])).unwrap()),
            JoinError::ExternalPub(CryptoError::InvalidPublicKey),
        ),
        (
            Box::new(move |info| info.extensions.set(&external_pub(&[1; 31])).unwrap()),
            JoinError::ExternalPub(CryptoError::InvalidPublicKey),
        ),
        (Box::new(|info| info.group_context.tree_hash[0] ^= 1), JoinError::TreeHash),
        (Box::new(|info| info.signer = LeafIndex::new(3).unwrap()), JoinError::BlankSigner),
        (Box::new(|info| info.signer = LeafIndex::new(1).unwrap()), JoinError::GroupInfoSignature),
        (Box::new(|info| info.group_context.version = 2.into()), JoinError::UnsupportedVersion),
        (
            Box::new(|info| {
                let again = info.extensions.0[0].clone();
                info.extensions.0.push(again);
            }),
            JoinError::DuplicateExtension,
        ),
    ];
    for (change, rule) in cases {
        let info = altered(alice, change);
        assert_eq!(refused(&mut erin, &info, &plan), rule);
    }
    let mut info = info_of(alice);
    info.signature[0] ^= 1;
    assert_eq!(refused(&mut erin, &info, &plan), JoinError::GroupInfoSignature);
    let info = altered(alice, |_| {});
    drop(external_join(&info, None, &plan, &mut erin.world.env()).unwrap());
}

#[test]
fn what_cannot_be_joined_as_planned() {
    let mut peers = group_of(&["alice", "bob", "carol"], SUITE);
    let info = info_of(&mut peers[0]);
    let mut erin = Peer::new("erin", SUITE, 9);
    let nobody = ExternalJoinPlan { resync: LeafIndex::new(3), ..plan(&erin) };
    let error = refused(&mut erin, &info, &nobody);
    assert_eq!(error, JoinError::NothingToResync);
    assert_eq!(error.disposition(), Disposition::FixCaller);
    // Bob is a member still: without a resync he cannot come again.
    let bob = &mut peers[1];
    let pending = begun(&info, &plan(bob), bob);
    let mut answers = Answers::new();
    for (number, check) in pending.credentials().iter().enumerate() {
        answers.vouch(check.accept(MemberId(number.to_be_bytes().to_vec())));
    }
    let error = pending.resume(&answers, &mut bob.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Leaf(LeafNodeError::SignatureKeyInUse(LeafIndex::new(1).unwrap())));
    // Nor with another key.
    let mut other = Peer::new("bob", SUITE, 9);
    let pending = begun(&info, &plan(&other), &mut other);
    let answers = other.answers(pending.credentials(), &[]);
    let error = pending.resume(&answers, &mut other.world.env()).unwrap_err();
    let twice = ProposalListError::AlreadyMember(MemberId(b"bob".to_vec()), LeafIndex::new(1).unwrap());
    assert_eq!(error, JoinError::Proposals(twice));
    assert_eq!(error.disposition(), Disposition::FixCaller);
}

// req: R-5.3.1-02
#[test]
fn questions_that_are_not_answered() {
    let mut peers = group_of(&["alice", "bob"], SUITE);
    let info = info_of(&mut peers[0]);
    let mut erin = Peer::new("erin", SUITE, 9);
    let plan = ExternalJoinPlan { psks: vec![Psk::External { psk_id: b"psk".to_vec() }], ..plan(&erin) };
    let mut begin = || begun(&info, &plan, &mut erin);
    let (one, two, three) = (begin(), begin(), begin());
    let error = one.resume(&Answers::new(), &mut erin.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::NotVouched(0)));
    let mut answers = Answers::new();
    for (number, check) in two.credentials().iter().enumerate() {
        answers.vouch(check.accept(MemberId(number.to_be_bytes().to_vec())));
    }
    let error = three.resume(&answers, &mut erin.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::WrongAnswer));
    let id = two.psks()[0].clone();
    let error = two.resume(&answers, &mut erin.world.env()).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::MissingPsk(id.clone())));
    assert_eq!(error.disposition(), Disposition::Retry(Missing::Psk(Box::new(id))));
}
