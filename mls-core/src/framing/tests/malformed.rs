//! Encodings that break one rule each.

use alloc::vec;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode};

use super::fixtures;
use crate::commit::Commit;
use crate::framing::{Content, ContentType, MlsMessage, MlsMessageBody, ProtocolVersion, Sender, WireFormat};
use crate::proposal::ProposalOrRef;
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::node::{Node, RatchetTreeArray};
use crate::welcome::GroupSecrets;

fn refused<T: Decode>(bytes: &[u8]) -> (DecodeErrorKind, usize) {
    let error: DecodeError = T::from_bytes(bytes).map(drop).unwrap_err();
    (error.kind(), error.offset())
}

// req: R-2.1.1-02
// bad: codec-04
#[test]
fn a_presence_octet_of_two_is_refused() {
    let want = DecodeErrorKind::InvalidPresence;
    // No proposals, then the path.
    assert_eq!(refused::<Commit>(&[0, 2]), (want, 1));
    assert_eq!(refused::<RatchetTreeArray>(&[1, 2]), (want, 1));
    // An empty joiner secret, then the path secret.
    assert_eq!(refused::<GroupSecrets>(&[0, 2, 0, 0]), (want, 1));
}

#[test]
fn values_outside_the_closed_enums_are_refused() {
    let want = DecodeErrorKind::UnknownValue;
    // req: R-6-06
    for value in [0, 6, 7, 255] {
        assert_eq!(refused::<WireFormat>(&[0, value]), (want, 0));
        assert_eq!(refused::<MlsMessage>(&[0, 1, 0, value, 0]), (want, 2));
    }
    // req: R-6-07
    for value in [0, 4, 255] {
        assert_eq!(refused::<ContentType>(&[value]), (want, 0));
        assert_eq!(refused::<Content>(&[value, 0]), (want, 0));
    }
    // req: R-6-07
    for value in [0, 5, 255] {
        assert_eq!(refused::<Sender>(&[value, 0, 0, 0, 0]), (want, 0));
    }
    // req: R-7.2-02
    for value in [0, 4, 255] {
        assert_eq!(refused::<LeafNodeSource>(&[value, 0]), (want, 0));
    }
    // req: R-12.4-03
    for value in [0, 3, 255] {
        assert_eq!(refused::<ProposalOrRef>(&[value, 0]), (want, 0));
    }
    // req: R-12.4.3.3-05
    for value in [0, 3, 255] {
        assert_eq!(refused::<Node>(&[value, 0]), (want, 0));
        assert_eq!(refused::<RatchetTreeArray>(&[2, 1, value]), (want, 2));
    }
}

// req: R-17.2-01
#[test]
fn wire_formats_have_their_registered_values() {
    let registered = [
        (WireFormat::PublicMessage, 1),
        (WireFormat::PrivateMessage, 2),
        (WireFormat::Welcome, 3),
        (WireFormat::GroupInfo, 4),
        (WireFormat::KeyPackage, 5),
    ];
    for (wire_format, value) in registered {
        assert_eq!(wire_format.to_bytes(), Ok(vec![0, value]));
    }
}

// req: R-6-05
#[test]
fn another_version_of_a_message_is_refused() {
    let mut bytes = MlsMessage::new(MlsMessageBody::Welcome(fixtures::welcome())).to_bytes().unwrap();
    for version in [[0, 0], [0, 2], [1, 1]] {
        bytes[..2].copy_from_slice(&version);
        assert_eq!(refused::<MlsMessage>(&bytes), (DecodeErrorKind::UnknownValue, 0));
    }
}

// req: R-10-08
// bad: valn-0205
#[test]
fn a_key_package_of_another_version_than_its_message_is_refused() {
    let mut key_package = fixtures::key_package();
    key_package.version = ProtocolVersion(2);
    let bytes = MlsMessage::new(MlsMessageBody::KeyPackage(key_package.into())).to_bytes().unwrap();
    assert_eq!(refused::<MlsMessage>(&bytes), (DecodeErrorKind::InvalidValue, 4));
}

// req: R-7.2-01
#[test]
fn a_leaf_carries_what_its_source_says_and_nothing_else() {
    let lifetime = LeafNodeSource::KeyPackage(fixtures::LIFETIME).to_bytes().unwrap();
    assert_eq!(lifetime, [1, 0, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 9]);
    assert_eq!(LeafNodeSource::Update.to_bytes().unwrap(), [2]);
    let commit = LeafNodeSource::Commit { parent_hash: vec![5; 2] };
    assert_eq!(commit.to_bytes().unwrap(), [3, 2, 5, 5]);
    let trailing = DecodeErrorKind::TrailingBytes;
    assert_eq!(refused::<LeafNodeSource>(&[2, 2, 5, 5]), (trailing, 1));
    assert_eq!(refused::<LeafNodeSource>(&[1, 2, 5, 5]), (DecodeErrorKind::UnexpectedEnd, 1));
}

// bad: tree-15
#[test]
fn a_sender_s_index_that_no_tree_holds_is_refused() {
    assert_eq!(refused::<Sender>(&[1, 0xff, 0xff, 0xff, 0xff]), (DecodeErrorKind::InvalidValue, 1));
}

// req: R-6.1-14
#[test]
fn only_a_commit_is_followed_by_a_confirmation_tag() {
    for message in fixtures::public_messages() {
        let mut content = message.into_content_unchecked();
        let is_commit = content.content.content_type() == ContentType::Commit;
        content.auth.confirmation_tag = (!is_commit).then(|| vec![1, 2]);
        let bytes = content.to_bytes().unwrap();
        let want = if is_commit {
            (DecodeErrorKind::UnexpectedEnd, bytes.len())
        } else {
            (DecodeErrorKind::TrailingBytes, bytes.len() - 3)
        };
        assert_eq!(refused::<crate::framing::AuthenticatedContent>(&bytes), want);
    }
}

// req: R-6.2-02
#[test]
fn only_a_member_has_a_membership_tag() {
    for mut message in fixtures::public_messages() {
        let is_member = matches!(message.content.sender, Sender::Member(_));
        message.membership_tag = (!is_member).then(|| vec![1, 2]);
        let bytes = message.to_bytes().unwrap();
        let want = if is_member {
            (DecodeErrorKind::UnexpectedEnd, bytes.len())
        } else {
            (DecodeErrorKind::TrailingBytes, bytes.len() - 3)
        };
        assert_eq!(refused::<crate::framing::PublicMessage>(&bytes), want);
    }
}

/// A vector around `body`, which is short.
fn vector(body: Vec<u8>) -> Vec<u8> {
    body.to_bytes().unwrap()
}

// req: R-12.4.3.3-03, R-12.4.3.3-05
#[test]
fn arrays_that_are_no_tree_are_refused() {
    let want = DecodeErrorKind::InvalidValue;
    let nodes = fixtures::ratchet_tree().into_nodes();
    let encode = |places: &[usize]| {
        let nodes: Vec<_> = places.iter().map(|place| nodes[*place].clone()).collect();
        nodes.to_bytes().unwrap()
    };
    let leaf_len = nodes[0].encoded_len();
    let parent_len = nodes[1].encoded_len();
    let header = |body: usize| mls_codec::header_len(body);
    assert_eq!(refused::<RatchetTreeArray>(&[0]), (want, 0));
    assert_eq!(refused::<RatchetTreeArray>(&vector(vec![0])), (want, 1));
    // A leaf, then a blank; then two blanks, of which the last is reported.
    let at = header(leaf_len + 1);
    assert_eq!(refused::<RatchetTreeArray>(&encode(&[0, 2])), (want, at + leaf_len));
    assert_eq!(refused::<RatchetTreeArray>(&encode(&[0, 2, 2])), (want, at + leaf_len + 1));
    // A leaf at place 1, a parent at place 0.
    let at = header(2 * leaf_len);
    assert_eq!(refused::<RatchetTreeArray>(&encode(&[0, 0])), (want, at + leaf_len));
    assert_eq!(refused::<RatchetTreeArray>(&encode(&[1])), (want, header(parent_len)));
    assert!(RatchetTreeArray::from_bytes(&encode(&[0, 1, 0])).is_ok());
}
