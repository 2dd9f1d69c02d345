#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests")]

use alloc::vec;
use alloc::vec::Vec;

use mls_codec::Encode;
use mls_crypto_traits::{CipherSuite, HpkePublicKey, SignaturePublicKey};
use proptest::prelude::*;

use super::*;
use crate::credential::{Certificate, Credential, CredentialType};
use crate::extension::{Extension, ExtensionType, Extensions};
use crate::framing::ProtocolVersion;
use crate::proposal::ProposalType;
use crate::tree::leaf_node::{Capabilities, LeafNode, LeafNodeSource, Lifetime};
use crate::tree::parent_node::ParentNode;

fn leaves() -> Vec<Vec<u8>> {
    let credentials = [
        Credential::Basic { identity: b"alice".to_vec() },
        Credential::X509 {
            certificates: vec![Certificate { cert_data: vec![1, 2] }, Certificate { cert_data: vec![] }],
        },
        Credential::Other { credential_type: CredentialType(0x0a0a), body: vec![9; 70] },
    ];
    let sources = [
        LeafNodeSource::KeyPackage(Lifetime { not_before: 1, not_after: 2 }),
        LeafNodeSource::Update,
        LeafNodeSource::Commit { parent_hash: vec![5; 32] },
    ];
    let leaf = |(credential, leaf_node_source)| LeafNode {
        encryption_key: HpkePublicKey::from(vec![1; 32]),
        signature_key: SignaturePublicKey::from(vec![2; 32]),
        credential,
        capabilities: Capabilities {
            versions: vec![ProtocolVersion(1)],
            cipher_suites: vec![CipherSuite(1), CipherSuite(2)],
            extensions: vec![ExtensionType(10), ExtensionType(9)],
            proposals: vec![ProposalType(11)],
            credentials: vec![CredentialType(1), CredentialType(2), CredentialType(0x0a0a)],
        },
        leaf_node_source,
        extensions: Extensions::from(vec![Extension { extension_type: ExtensionType(10), extension_data: vec![3; 3] }]),
        signature: vec![4; 64],
    };
    credentials.into_iter().zip(sources).map(leaf).map(|leaf| leaf.to_bytes().unwrap()).collect()
}

#[test]
fn a_leaf_is_read_in_place() {
    for (bytes, credential_type) in leaves().iter().zip([1, 2, 0x0a0a]) {
        let expected = LeafView {
            keys: LeafRef { encryption_key: &[1; 32], signature_key: &[2; 32] },
            profile: LeafProfile {
                credential_type,
                extensions: &[0, 10, 0, 9],
                proposals: &[0, 11],
                credentials: &[0, 1, 0, 2, 0x0a, 0x0a],
            },
        };
        assert_eq!(LeafView::from_bytes(bytes), Ok(expected));
        assert_eq!(LeafView::read_head(&mut Reader::new(bytes)), Ok(expected));
        assert_eq!(LeafRef::from_bytes(bytes), Ok(expected.keys));
    }
}

#[test]
fn a_parent_is_read_in_place() {
    let leaf = |index| LeafIndex::new(index).unwrap();
    let parent = ParentNode {
        encryption_key: HpkePublicKey::from(vec![1; 32]),
        parent_hash: vec![2; 32],
        unmerged_leaves: vec![leaf(3), leaf(1)],
    };
    let mut bytes = parent.to_bytes().unwrap();
    let read = ParentRef::from_bytes(&bytes).unwrap();
    assert_eq!((read.encryption_key, read.parent_hash, read.unmerged_len()), (&[1; 32][..], &[2; 32][..], 2));
    assert_eq!(read.unmerged().collect::<Vec<_>>(), [leaf(3), leaf(1)]);
    // A leaf index of 2^31.
    bytes[67] = 0x80;
    assert_eq!(ParentRef::from_bytes(&bytes).unwrap_err(), DecodeError::new(DecodeErrorKind::InvalidValue, 67));
    bytes.push(0);
    bytes[67] = 0;
    assert_eq!(
        ParentRef::from_bytes(&bytes).unwrap_err(),
        DecodeError::new(DecodeErrorKind::TrailingBytes, bytes.len() - 1)
    );
    // Half a leaf index: the list is of 6 bytes, and there are no more.
    bytes.truncate(bytes.len() - 3);
    bytes[66] = 6;
    assert_eq!(ParentRef::from_bytes(&bytes).unwrap_err(), DecodeError::new(DecodeErrorKind::UnexpectedEnd, 71));
}

proptest! {
    // What is accepted here must decode there, or a member would be in the tree whom nobody can read.
    #[test]
    fn a_leaf_is_accepted_exactly_if_it_decodes(
        which in 0_usize..3, at in any::<prop::sample::Index>(), value in any::<u8>(), cut in 0_usize..3,
    ) {
        let mut bytes = leaves().swap_remove(which);
        let at = at.index(bytes.len());
        bytes[at] = value;
        bytes.truncate(bytes.len() - cut);
        let decoded = LeafNode::from_bytes(&bytes);
        let read = LeafView::from_bytes(&bytes);
        prop_assert_eq!(read.map(drop), decoded.as_ref().map(drop).map_err(|error| *error));
        if let (Ok(LeafView { keys, .. }), Ok(leaf)) = (read, decoded) {
            prop_assert_eq!(keys.encryption_key, leaf.encryption_key.as_bytes());
            prop_assert_eq!(keys.signature_key, leaf.signature_key.as_bytes());
        }
    }

    #[test]
    fn a_parent_is_accepted_exactly_if_it_decodes(at in 0_usize..75, value in any::<u8>()) {
        let parent = ParentNode {
            encryption_key: HpkePublicKey::from(vec![1; 32]),
            parent_hash: vec![2; 32],
            unmerged_leaves: vec![LeafIndex::ZERO, LeafIndex::new(7).unwrap()],
        };
        let mut bytes = parent.to_bytes().unwrap();
        prop_assert_eq!(bytes.len(), 75);
        bytes[at] = value;
        let decoded = ParentNode::from_bytes(&bytes);
        let read = ParentRef::from_bytes(&bytes);
        prop_assert_eq!(read.as_ref().map(drop), decoded.as_ref().map(drop));
        if let (Ok(read), Ok(parent)) = (read, decoded) {
            prop_assert_eq!(read.unmerged().collect::<Vec<_>>(), parent.unmerged_leaves);
        }
    }
}
