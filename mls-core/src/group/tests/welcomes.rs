//! Welcomes that are refused; the key package outlives them (RFC 9420 section 12.4.3.1).

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use std::sync::Arc;

use mls_crypto_traits::CipherSuite;

use super::common::Peer;
use super::forge_welcome::{WelcomeLies, forge_welcome};
use super::support::{SUITE, extension, leaf};
use crate::extension::ExtensionType;
use crate::framing::{MlsMessage, MlsMessageBody, ProtocolVersion};
use crate::group::{
    AnswerError, Answers, CommitPlan, Disposition, Fresh, Group, JoinError, Missing, PathPolicy, PendingJoin,
    Predecessor, Proposing, Succession, open_welcome,
};
use crate::key_package::KeyPackage;
use crate::psk::{PreSharedKeyId, Psk, ResumptionPskUsage};
use crate::record::{GroupId, Precondition, RecordKey};
use crate::welcome::{GroupInfo, Welcome};
use mls_codec::Decode;

/// Alice and Bob in a tree without parents, and Erin with a key package.
pub(super) struct Scene {
    pub(super) alice: Peer,
    pub(super) bob: Peer,
    pub(super) erin: Peer,
    pub(super) package: KeyPackage,
}

pub(super) fn scene() -> Scene {
    let (mut alice, mut bob) = (Peer::new("alice", SUITE, 1), Peer::new("bob", SUITE, 2));
    alice.create(b"group");
    let proposals = vec![Proposing::Add(Arc::new(bob.key_package().key_package))];
    let plan = CommitPlan { proposals, path: PathPolicy::WhenRequired, ..CommitPlan::default() };
    let welcome = alice.commit(&plan).welcome.unwrap();
    alice.accept();
    bob.join(&welcome, None);
    let mut erin = Peer::new("erin", SUITE, 3);
    let package = erin.key_package().key_package;
    Scene { alice, bob, erin, package }
}

/// What an ordinary join says to a Welcome that names a former group by [`psk`].
fn successor(succession: Succession) -> JoinError {
    JoinError::SuccessorGroup(Box::new(Predecessor { succession, group_id: GroupId::from(b"old".to_vec()), epoch: 4 }))
}

/// Why Erin refuses; nothing of hers has changed.
pub(super) fn refused(scene: &mut Scene, lies: WelcomeLies<'_>) -> JoinError {
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
    refused_bytes(&mut scene.erin, &forged.welcome, None)
}

pub(super) fn refused_bytes(erin: &mut Peer, welcome: &[u8], tree: Option<&[u8]>) -> JoinError {
    let (records, writes) = (erin.store.records.clone(), erin.store.writes);
    let error = erin.try_join(welcome, tree).expect_err("the Welcome is accepted");
    assert!(records == erin.store.records && writes == erin.store.writes, "{error:?}");
    assert!(erin.group.is_none());
    error
}

fn joins(scene: &mut Scene, lies: WelcomeLies<'_>) {
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
    scene.erin.try_join(&forged.welcome, None).unwrap();
}

fn info<'a>(change: impl FnOnce(&mut GroupInfo) + 'a) -> WelcomeLies<'a> {
    WelcomeLies { info: Box::new(change), ..WelcomeLies::none() }
}

fn welcome<'a>(change: impl FnOnce(&mut Welcome) + 'a) -> WelcomeLies<'a> {
    WelcomeLies { welcome: Box::new(change), ..WelcomeLies::none() }
}

// req: R-12.4.3.1-28, R-10-01, R-12.4.3.1-09, R-12.4.3.1-22, R-17.7-01
#[test]
fn the_forged_welcome_is_good_without_a_lie() {
    for with_path in [false, true] {
        let mut scene = scene();
        joins(&mut scene, WelcomeLies { with_path, ..WelcomeLies::none() });
        assert!(!scene.erin.store.records.keys().any(|key| matches!(key, RecordKey::KeyPackage(_))));
    }
    let mut scene = scene();
    let lies = WelcomeLies { tree_inside: false, ..WelcomeLies::none() };
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies);
    scene.erin.try_join(&forged.welcome, Some(&forged.tree)).unwrap();
}

// req: R-12.4.3.1-05, R-12.4.3.1-06, R-12.4.3.1-28
// bad: welcome-01
#[test]
fn junk_that_names_our_key_package() {
    let mut scene = scene();
    let changes: [fn(&mut Welcome); 5] = [
        |welcome| welcome.secrets[0].encrypted_group_secrets.ciphertext[0] ^= 1,
        |welcome| welcome.secrets[0].encrypted_group_secrets.ciphertext.clear(),
        |welcome| welcome.secrets[0].encrypted_group_secrets.kem_output.clear(),
        |welcome| welcome.encrypted_group_info[0] ^= 1,
        |welcome| welcome.encrypted_group_info.clear(),
    ];
    for change in changes {
        let error = refused(&mut scene, welcome(change));
        assert_eq!(error, JoinError::CannotDecrypt);
        assert_eq!(error.disposition(), Disposition::Discard);
    }
    let cut: [fn(&mut Vec<u8>); 3] = [Vec::clear, |bytes| bytes.truncate(20), |bytes| bytes.push(0)];
    for change in cut {
        let error = refused(&mut scene, WelcomeLies { secrets_bytes: Box::new(change), ..WelcomeLies::none() });
        assert!(matches!(error, JoinError::Malformed(_)), "{error:?}");
        let error = refused(&mut scene, WelcomeLies { info_bytes: Box::new(change), ..WelcomeLies::none() });
        assert!(matches!(error, JoinError::Malformed(_)), "{error:?}");
    }
    joins(&mut scene, WelcomeLies::none());
}

// req: R-12.4.3.1-03
#[test]
fn a_welcome_for_somebody_else() {
    let mut scene = scene();
    let forged = forge_welcome(&mut scene.alice, &scene.package, WelcomeLies::none());
    let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(&forged.welcome).unwrap().body else { panic!() };
    let other = scene.erin.key_package().reference;
    let record = scene.erin.store.get(&RecordKey::KeyPackage(other.into())).unwrap();
    let error = open_welcome(&welcome, &other, record.as_bytes(), None, &mut scene.erin.world.env()).unwrap_err();
    assert_eq!(error, JoinError::NotForUs);
}

// req: R-12.4.3.1-04, R-12.4.3.1-12
// bad: welcome-02, valn-1404
#[test]
fn another_suite_or_version() {
    let mut scene = scene();
    let other = CipherSuite(3);
    assert_eq!(refused(&mut scene, welcome(|welcome| welcome.cipher_suite = other)), JoinError::WrongSuite(other));
    let context = |change: fn(&mut crate::group_context::GroupContext)| WelcomeLies {
        context: Box::new(change),
        ..WelcomeLies::none()
    };
    let error = refused(&mut scene, context(|context| context.cipher_suite = CipherSuite(3)));
    assert_eq!(error, JoinError::WrongSuite(other));
    let error = refused(&mut scene, context(|context| context.version = ProtocolVersion::from(2)));
    assert_eq!(error, JoinError::UnsupportedVersion);
}

fn psk(usage: Option<ResumptionPskUsage>, nonce: usize) -> PreSharedKeyId {
    let psk = match usage {
        None => Psk::External { psk_id: b"psk".to_vec() },
        Some(usage) => Psk::Resumption { usage, psk_group_id: b"old".to_vec(), psk_epoch: 4 },
    };
    PreSharedKeyId { psk, psk_nonce: vec![3; nonce] }
}

// req: R-12.4.3.1-07
// bad: welcome-04, valn-1401
#[test]
fn a_psk_that_is_missing_or_wrong() {
    let mut scene = scene();
    let id = psk(None, 32);
    let lies = || WelcomeLies { psks: vec![(psk(None, 32), vec![5; 32])], ..WelcomeLies::none() };
    let error = refused(&mut scene, lies());
    assert_eq!(error, JoinError::Answer(AnswerError::MissingPsk(id.clone())));
    assert_eq!(error.disposition(), Disposition::Retry(Missing::Psk(Box::new(id.clone()))));
    scene.erin.psks.insert(id.psk.clone(), vec![6; 32]);
    assert_eq!(refused(&mut scene, lies()), JoinError::CannotDecrypt);
    scene.erin.psks.insert(id.psk, vec![5; 32]);
    joins(&mut scene, lies());
}

// req: R-8.4-02, R-12.4.3.1-08
// bad: welcome-05, valn-1401
#[test]
fn psks_that_cannot_be_in_a_welcome() {
    let mut scene = scene();
    let (reinit, branch) = (Some(ResumptionPskUsage::Reinit), Some(ResumptionPskUsage::Branch));
    let cases = [
        (vec![psk(None, 31)], JoinError::PskNonceLength),
        (vec![psk(None, 0)], JoinError::PskNonceLength),
        (vec![psk(reinit, 32)], successor(Succession::ReInit)),
        (vec![psk(branch, 32)], successor(Succession::Branch)),
        (vec![psk(reinit, 32), psk(branch, 32)], JoinError::TwoSuccessorPsks),
        (vec![psk(reinit, 32), psk(None, 32), psk(reinit, 32)], JoinError::TwoSuccessorPsks),
    ];
    for (ids, rule) in cases {
        for id in &ids {
            scene.erin.psks.insert(id.psk.clone(), vec![5; 32]);
        }
        let psks = ids.into_iter().map(|id| (id, vec![5; 32])).collect();
        assert_eq!(refused(&mut scene, WelcomeLies { psks, ..WelcomeLies::none() }), rule);
    }
}

// req: R-12.4.3.1-02, R-12.4.3.1-13, R-12.4.3.3-06
// bad: valn-1405, trap-02
#[test]
fn no_tree_or_another() {
    let mut scene = scene();
    let lies = || WelcomeLies { tree_inside: false, ..WelcomeLies::none() };
    let error = refused(&mut scene, lies());
    assert_eq!(error, JoinError::NoTree);
    assert_eq!(error.disposition(), Disposition::Retry(Missing::Tree));
    let forged = forge_welcome(&mut scene.alice, &scene.package, lies());
    let old = scene.alice.group().tree().unwrap().to_extension().unwrap();
    let error = refused_bytes(&mut scene.erin, &forged.welcome, Some(&old));
    assert_eq!(error, JoinError::TreeHash);
    for bytes in [&[][..], &[0], &forged.tree[1..], &[&forged.tree[..], &[0]].concat()] {
        let error = refused_bytes(&mut scene.erin, &forged.welcome, Some(bytes));
        assert!(matches!(error, JoinError::TreeForm(_)), "{error:?}");
    }
    let lies = WelcomeLies { context: Box::new(|context| context.tree_hash[0] ^= 1), ..WelcomeLies::none() };
    assert_eq!(refused(&mut scene, lies), JoinError::TreeHash);
    scene.erin.world.limits.members = 2;
    assert_eq!(refused(&mut scene, WelcomeLies::none()), JoinError::TooManyMembers);
    scene.erin.world.limits.members = 3;
    joins(&mut scene, WelcomeLies::none());
}

// req: R-13.4-05, R-13.4-07, R-17.3-01, R-12.4.3-04
// bad: valn-1415, valn-1602, valn-1603
#[test]
fn extensions_that_a_group_cannot_have() {
    let mut scene = scene();
    let twice = || [extension(0xff01, b""), extension(0xff01, b"")];
    let context = |kind: u16, data: &'static [u8]| WelcomeLies {
        context: Box::new(move |context| context.extensions.0.push(extension(kind, data))),
        ..WelcomeLies::none()
    };
    let cases = [
        (
            WelcomeLies { context: Box::new(|context| context.extensions.0.extend(twice())), ..WelcomeLies::none() },
            JoinError::DuplicateExtension,
        ),
        (info(|info| info.extensions.0.extend(twice())), JoinError::DuplicateExtension),
        (context(0xff01, b""), JoinError::UnsupportedExtension(ExtensionType::from(0xff01))),
        (context(2, b""), JoinError::MisplacedExtension(ExtensionType::RATCHET_TREE)),
        (context(4, b""), JoinError::MisplacedExtension(ExtensionType::EXTERNAL_PUB)),
        (
            info(|info| info.extensions.0.push(extension(3, b"\0\0\0"))),
            JoinError::MisplacedExtension(ExtensionType::REQUIRED_CAPABILITIES),
        ),
        (context(3, b"\x05"), JoinError::MalformedExtension),
    ];
    for (lies, rule) in cases {
        assert_eq!(refused(&mut scene, lies), rule);
    }
    // Of a GroupInfo, what is unknown is ignored.
    joins(&mut scene, info(|info| info.extensions.0.push(extension(0xff01, b""))));
}

// req: R-12.4.3.1-10, R-12.4.3-06
// bad: welcome-07, valn-1402
#[test]
fn a_group_info_that_nobody_signed() {
    let mut scene = scene();
    for nobody in [3, 4, 1 << 20] {
        assert_eq!(refused(&mut scene, info(|info| info.signer = leaf(nobody))), JoinError::BlankSigner);
    }
    // Alice signs in the name of Bob, and with a key that is in no leaf.
    assert_eq!(refused(&mut scene, info(|info| info.signer = leaf(1))), JoinError::GroupInfoSignature);
    let sign_with = Some(scene.alice.new_signer());
    let error = refused(&mut scene, WelcomeLies { sign_with, ..WelcomeLies::none() });
    assert_eq!(error, JoinError::GroupInfoSignature);
    let changes: [fn(&mut GroupInfo); 4] = [
        |info| info.signature[0] ^= 1,
        |info| info.signature.clear(),
        |info| info.confirmation_tag[0] ^= 1,
        |info| info.extensions.0.push(extension(0xff01, b"")),
    ];
    for change in changes {
        let error = refused(&mut scene, WelcomeLies { info_signed: Box::new(change), ..WelcomeLies::none() });
        assert_eq!(error, JoinError::GroupInfoSignature);
    }
}

// req: R-12.4.3.1-23
// bad: valn-1411
#[test]
fn a_wrong_confirmation_tag() {
    let mut scene = scene();
    let changes: [fn(&mut Vec<u8>); 3] = [|tag| tag[0] ^= 1, |tag| tag.truncate(31), Vec::clear];
    for change in changes {
        assert_eq!(refused(&mut scene, info(|info| change(&mut info.confirmation_tag))), JoinError::ConfirmationTag);
    }
}

fn pending(scene: &mut Scene) -> PendingJoin {
    let forged = forge_welcome(&mut scene.alice, &scene.package, WelcomeLies::none());
    let MlsMessageBody::Welcome(welcome) = MlsMessage::from_bytes(&forged.welcome).unwrap().body else { panic!() };
    let reference = welcome.secrets[0].new_member;
    let record = scene.erin.store.get(&RecordKey::KeyPackage(reference.into())).unwrap();
    let mut env = scene.erin.world.env();
    open_welcome(&welcome, &reference, record.as_bytes(), None, &mut env)
        .unwrap()
        .resume(&Answers::new(), &mut env)
        .unwrap()
}

fn answer(scene: &mut Scene, pending: PendingJoin) -> Fresh<Group> {
    let mut answers = Answers::new();
    for check in pending.credentials() {
        answers.vouch(check.accept(crate::identity::MemberId(vec![1])));
    }
    pending.resume(&answers, &mut scene.erin.world.env()).unwrap()
}

// req: R-5.3.1-02
#[test]
fn members_that_nobody_vouches_for() {
    let mut scene = scene();
    let (one, two) = (pending(&mut scene), pending(&mut scene));
    let mut env = scene.erin.world.env();
    let mut answers = Answers::new();
    answers.vouch(one.credentials()[0].accept(crate::identity::MemberId(vec![1])));
    let error = one.resume(&answers, &mut env).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::NotVouched(1)));
    let error = two.resume(&answers, &mut env).unwrap_err();
    assert_eq!(error, JoinError::Answer(AnswerError::WrongAnswer));
}

/// Whether a store would take what the transition demands of it.
fn holds(peer: &Peer, preconditions: &[Precondition]) -> Vec<bool> {
    let has = |key| peer.store.records.contains_key(key);
    preconditions
        .iter()
        .map(|precondition| match precondition {
            Precondition::Present(key) => has(key),
            Precondition::Absent(key) => !has(key),
            Precondition::Equals(key, value) => {
                peer.store.records.get(key).map(Vec::as_slice) == Some(value.as_bytes())
            }
        })
        .collect()
}

// req: R-12.4.3-05, R-12.4.3.1-11, R-10-01
// bad: welcome-03, valn-1403
#[test]
fn a_group_that_is_joined_twice() {
    let mut scene = scene();
    let (one, two) = (pending(&mut scene), pending(&mut scene));
    let (one, two) = (answer(&mut scene, one), answer(&mut scene, two));
    assert_eq!(holds(&scene.erin, one.delta().preconditions()), [true, true]);
    let durable = scene.erin.store.commit(one.delta());
    assert!(two.release(durable).is_err());
    let again = {
        // Another key package, but the group is the same.
        scene.package = scene.erin.key_package().key_package;
        let pending = pending(&mut scene);
        answer(&mut scene, pending)
    };
    assert_eq!(holds(&scene.erin, again.delta().preconditions()), [false, true]);
}
