//! Framing: which group, which epoch, who (RFC 9420 sections 6 and 12.1).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec;
use alloc::vec::Vec;

use super::forge::{Lies, forge_commit, forge_content, forge_data, forge_proposal};
use super::support::{PUBLIC, encrypted, four, handle, leaf, refused, three_and_a_gap};
use crate::framing::{Content, FramingError, MlsMessage, MlsMessageBody, ProtocolVersion, Sender, WireFormat};
use crate::group::{CommitPlan, Disposition, Fault, GroupInfoOptions, Proposing, ReceiveError, group_info};
use crate::proposal::Proposal;
use crate::tree::math::LeafIndex;
use mls_codec::Decode;

/// A proposal that anybody may make.
fn harmless() -> Proposal {
    Proposal::Remove(leaf(3).into())
}

fn both() -> [Lies<'static>; 2] {
    [Lies::none(), encrypted()]
}

#[test]
fn the_forger_is_believed_when_it_does_not_lie() {
    let [mut alice, mut bob, ..] = four();
    for lies in both() {
        let message = forge_proposal(&mut alice, harmless(), lies);
        handle(&mut bob, &message).unwrap();
    }
    let message = forge_data(&mut alice, b"data", Lies::none());
    assert_eq!(handle(&mut bob, &message).unwrap().data(), b"data");
}

// req: R-6-10
// bad: ValSem-002
#[test]
fn a_message_of_another_group() {
    let [mut alice, mut bob, ..] = four();
    for lies in both() {
        let lies = Lies { content: Box::new(|c| c.group_id = b"another".to_vec()), ..lies };
        let message = forge_proposal(&mut alice, harmless(), lies);
        let error = refused(&mut bob, &message);
        assert_eq!(error, ReceiveError::WrongGroup);
        assert_eq!(error.disposition(), Disposition::Discard);
    }
}

// req: R-6-05
#[test]
fn a_message_of_another_version() {
    let [mut alice, mut bob, ..] = four();
    let mut message = forge_proposal(&mut alice, harmless(), Lies::none());
    message.version = ProtocolVersion::from(2);
    assert_eq!(refused(&mut bob, &message), ReceiveError::UnsupportedVersion);
}

#[test]
fn a_message_that_is_none_of_a_group() {
    let [mut alice, mut bob, ..] = four();
    let key_package = Arc::new(alice.key_package().key_package);
    let message = MlsMessage::new(MlsMessageBody::KeyPackage(key_package));
    assert_eq!(refused(&mut bob, &message), ReceiveError::NotForAGroup);
    let options = GroupInfoOptions { external_pub: false, ratchet_tree: false };
    let group = alice.group.take().unwrap();
    let info = group_info(&group, options, &mut alice.world.env()).unwrap();
    let message = MlsMessage::from_bytes(&info).unwrap();
    assert_eq!(refused(&mut bob, &message), ReceiveError::NotForAGroup);
}

// req: R-6.3-02, R-12.1-02, R-12.4.2-01
// bad: ValSem-003, valn-1201
#[test]
fn a_message_from_the_future_is_read_in_its_time() {
    for public in [false, true] {
        let [mut alice, mut bob, ..] = four();
        let commit = alice.commit(&CommitPlan::default()).message;
        alice.accept();
        let lies = || if public { Lies::none() } else { encrypted() };
        let early = [
            forge_commit(&mut alice, &[], lies()),
            forge_proposal(&mut alice, harmless(), Lies { generation: Some(1), ..lies() }),
            forge_data(&mut alice, b"early", Lies::none()),
        ];
        for message in &early {
            let error = refused(&mut bob, message);
            assert_eq!(error, ReceiveError::FutureEpoch(2));
            assert_eq!(error.disposition(), Disposition::AwaitEpoch(2));
        }
        bob.receive(&commit);
        assert_eq!(handle(&mut bob, &early[2]).unwrap().data(), b"early");
        handle(&mut bob, &early[1]).unwrap();
        handle(&mut bob, &early[0]).unwrap();
    }
}

// req: R-12.1-02, R-12.4.2-01
// bad: ValSem-003, valn-1201, valn-1307
#[test]
fn a_handshake_message_of_a_past_epoch() {
    let [mut alice, mut bob, ..] = four();
    let mut late = vec![];
    for lies in both() {
        late.push(forge_proposal(&mut alice, harmless(), lies));
    }
    for lies in both() {
        late.push(forge_commit(&mut alice, &[], lies));
    }
    let commit = alice.commit(&CommitPlan::default()).message;
    bob.receive(&commit);
    for message in &late {
        let error = refused(&mut bob, message);
        assert_eq!(error, ReceiveError::PastEpoch(1));
        assert_eq!(error.disposition(), Disposition::Discard);
    }
}

// req: R-6.3-02
#[test]
fn a_message_of_an_epoch_that_is_forgotten() {
    let [mut alice, mut bob, ..] = four();
    bob.world.limits.past_epochs = 1;
    let late = [forge_data(&mut alice, b"two epochs late", Lies::none())];
    for _ in 0..2 {
        let commit = alice.commit(&CommitPlan::default()).message;
        alice.accept();
        bob.receive(&commit);
    }
    assert_eq!(refused(&mut bob, &late[0]), ReceiveError::PastEpoch(1));
}

// req: R-6.1-13, R-6.3.2-05
// bad: ValSem-004, valn-1306, tree-15
#[test]
fn a_sender_at_a_blank_leaf_or_outside_the_tree() {
    let [mut alice, mut bob, _] = three_and_a_gap();
    for nobody in [2, 4, 1 << 20, u32::MAX >> 1] {
        let nobody = LeafIndex::new(nobody).unwrap();
        let lies = Lies { content: Box::new(|c| c.sender = Sender::Member(nobody)), ..Lies::none() };
        let message = forge_proposal(&mut alice, harmless(), lies);
        assert_eq!(refused(&mut bob, &message), ReceiveError::SenderNotMember(nobody));
        let lies = Lies {
            content: Box::new(|c| c.sender = Sender::Member(nobody)),
            key_of: (nobody == leaf(2)).then_some(nobody),
            sender_data: Box::new(|data| data.leaf_index = nobody),
            ..Lies::none()
        };
        let message = forge_data(&mut alice, b"nobody", lies);
        assert_eq!(refused(&mut bob, &message), ReceiveError::SenderNotMember(nobody));
    }
}

// req: R-6-02
// bad: ValSem-005, framing-04
#[test]
fn application_data_in_the_clear() {
    let [mut alice, mut bob, ..] = four();
    let message = forge_content(&mut alice, Content::Application(b"data".to_vec()), Lies::none());
    let error = refused(&mut bob, &message);
    assert_eq!(error, ReceiveError::Framing(FramingError::ApplicationDataInPublicMessage));
}

// req: R-6.1-09
#[test]
fn a_newcomer_that_does_not_commit() {
    let [mut alice, mut bob, ..] = four();
    let lies = Lies { content: Box::new(|c| c.sender = Sender::NewMemberCommit), ..Lies::none() };
    let message = forge_proposal(&mut alice, harmless(), lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::NewMemberCommitContent));
}

// req: R-6.1-12, R-6.2-04, R-6.3.1-11, R-12.1-01, R-12.4.2-03
// bad: ValSem-010, valn-1203, valn-1302, valn-1307, key-05
#[test]
fn a_wrong_signature() {
    let [mut alice, mut bob, ..] = four();
    let wrong: [fn(&mut Vec<u8>); 5] = [|s| s[10] ^= 1, |s| s.truncate(63), Vec::clear, |s| s.push(0), |s| s.fill(0)];
    for change in wrong {
        for lies in both() {
            let message = forge_proposal(&mut alice, harmless(), Lies { signature: Box::new(change), ..lies });
            assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
        }
        let message = forge_data(&mut alice, b"data", Lies { signature: Box::new(change), ..Lies::none() });
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
        let message = forge_commit(&mut alice, &[], Lies { signature: Box::new(change), ..Lies::none() });
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
    }
}

// req: R-6.1-01, R-6.1-03, R-6.1-17
// bad: ValSem-010, valn-1301
#[test]
fn a_signature_over_something_else() {
    let [mut alice, mut bob, ..] = four();
    let other_key = alice.new_signer();
    let other_context = b"another context".to_vec();
    for encrypt in [false, true] {
        let other_format = if encrypt { WireFormat::PublicMessage } else { WireFormat::PrivateMessage };
        let lies = || Lies { encrypt, ..Lies::none() };
        let signed_otherwise = [
            Lies { sign_for: Some(other_format), ..lies() },
            Lies { sign_with: Some(other_key.clone()), ..lies() },
            Lies { sign_context: Some(other_context.clone()), ..lies() },
        ];
        for lies in signed_otherwise {
            let message = forge_proposal(&mut alice, harmless(), lies);
            assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
        }
    }
}

// req: R-6.1-03
// bad: valn-1301
#[test]
fn a_message_in_the_name_of_another_member() {
    let [mut alice, mut bob, ..] = four();
    // Members can make each other's tags and message keys; signatures they cannot make.
    let lies = Lies { content: Box::new(|c| c.sender = Sender::Member(leaf(2))), ..Lies::none() };
    let message = forge_proposal(&mut alice, harmless(), lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
    let lies =
        Lies { content: Box::new(|c| c.sender = Sender::Member(leaf(2))), key_of: Some(leaf(2)), ..Lies::none() };
    let message = forge_data(&mut alice, b"carol", lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongSignature));
}

// req: R-6.3.1-10, R-6.3.2-04, R-12.4.2-02
// bad: ValSem-006, valn-1304
#[test]
fn a_private_message_that_was_changed_on_its_way() {
    let [mut alice, mut bob, ..] = four();
    let changes: [fn(&mut crate::framing::PrivateMessage); 6] = [
        |m| *m.ciphertext.last_mut().unwrap() ^= 1,
        |m| m.ciphertext[0] ^= 1,
        |m| m.encrypted_sender_data[0] ^= 1,
        |m| m.authenticated_data.push(1),
        |m| m.ciphertext.clear(),
        |m| m.encrypted_sender_data.clear(),
    ];
    for change in changes {
        let message = forge_data(&mut alice, b"data", Lies { private: Box::new(change), ..Lies::none() });
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::DecryptionFailed));
    }
    let retyped = Lies { private: Box::new(|m| m.content_type = crate::framing::ContentType::Commit), ..Lies::none() };
    let message = forge_data(&mut alice, b"data", retyped);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::DecryptionFailed));
}

// req: R-6.3.1-01, R-6.3.1-02
// bad: ValSem-011, valn-1303, framing-03
#[test]
fn padding_that_is_not_zero() {
    let [mut alice, mut bob, ..] = four();
    for padding in [&[1_u8][..], &[0, 0, 0, 1], &[0x80, 0, 0, 0]] {
        let lies = Lies { plaintext: Box::new(|p| p.extend(padding)), ..Lies::none() };
        let message = forge_data(&mut alice, b"data", lies);
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::NonZeroPadding));
        let lies = Lies { plaintext: Box::new(|p| p.extend(padding)), ..encrypted() };
        let message = forge_proposal(&mut alice, harmless(), lies);
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::NonZeroPadding));
    }
    let zeros = Lies { plaintext: Box::new(|p| p.extend([0; 100])), ..Lies::none() };
    let message = forge_data(&mut alice, b"padded", zeros);
    assert_eq!(handle(&mut bob, &message).unwrap().data(), b"padded");
}

// req: R-6.3.1-03
#[test]
fn content_that_does_not_decode() {
    let [mut alice, mut bob, ..] = four();
    let changes: [fn(&mut Vec<u8>); 3] = [Vec::clear, |p| p.truncate(20), |p| p[0] = 0xff];
    for change in changes {
        let message = forge_data(&mut alice, b"data", Lies { plaintext: Box::new(change), ..Lies::none() });
        let error = refused(&mut bob, &message);
        assert!(matches!(error, ReceiveError::Framing(FramingError::Malformed(_))), "{error:?}");
    }
}

#[test]
fn our_own_messages_come_back() {
    let [mut alice, mut bob, ..] = four();
    let message = alice.send(b"mine");
    bob.receive(&message);
    let message = MlsMessage::from_bytes(&message).unwrap();
    let error = refused(&mut alice, &message);
    assert_eq!(error, ReceiveError::OwnMessage);
    assert_eq!(error.disposition(), Disposition::Duplicate);
    let proposal = alice.propose(Proposing::Remove(leaf(3)), &PUBLIC);
    let error = refused(&mut alice, &MlsMessage::from_bytes(&proposal).unwrap());
    assert!(matches!(error, ReceiveError::DuplicateProposal(_)), "{error:?}");
    assert_eq!(error.disposition(), Disposition::Duplicate);
}

// req: R-12.4.2-20, R-12.4.2-21
// bad: commit-20
#[test]
fn who_was_removed_reads_nothing_more() {
    let [mut alice, mut bob, mut carol, _] = four();
    let late = carol.send(b"late");
    let plan = CommitPlan { proposals: vec![Proposing::Remove(leaf(1))], ..CommitPlan::default() };
    let commit = alice.commit(&plan).message;
    let super::common::Event::Epoch(change) = bob.receive(&commit) else { panic!() };
    assert!(change.removed_self);
    assert!(bob.store.records.keys().all(|key| matches!(key, crate::record::RecordKey::Signer(_))));
    for message in [&commit, &late] {
        let error = refused(&mut bob, &MlsMessage::from_bytes(message).unwrap());
        assert_eq!(error, ReceiveError::Fault(Fault::NotAMember));
        assert_eq!(error.disposition(), Disposition::Rejoin);
    }
}
