//! Every wire structure has one encoding, and no input makes decoding panic.

use alloc::boxed::Box;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt::Debug;
use std::sync::Arc;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode};
use mls_crypto_traits::SecretBytes;
use proptest::collection;
use proptest::prelude::*;

use super::fixtures;
use crate::commit::{Commit, UpdatePath};
use crate::credential::Credential;
use crate::extension::{ApplicationId, Extensions, ExternalPub, ExternalSender, ExternalSenders, RequiredCapabilities};
use crate::framing::{
    AuthenticatedContent, Content, FramedContent, MlsMessage, MlsMessageBody, PrivateMessage, PublicMessage, Sender,
    SenderData,
};
use crate::group_context::GroupContext;
use crate::key_package::KeyPackage;
use crate::proposal::{Proposal, ProposalOrRef, ProposalType};
use crate::tree::leaf_node::LeafNode;
use crate::tree::node::{Node, RatchetTreeArray};
use crate::tree::parent_node::ParentNode;
use crate::welcome::{GroupInfo, GroupSecrets, Welcome};

/// Decodes, and encodes again if that worked.
type Recode = fn(&[u8]) -> Result<Vec<u8>, DecodeError>;

fn recode<T: Encode + Decode + Debug + PartialEq>(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    let value = T::from_bytes(bytes)?;
    let again = value.to_bytes().unwrap();
    assert_eq!(value.encoded_len(), again.len());
    assert_eq!(T::from_bytes(&again).as_ref(), Ok(&value));
    Ok(again)
}

fn recode_secrets(bytes: &[u8]) -> Result<Vec<u8>, DecodeError> {
    GroupSecrets::from_bytes(bytes).map(|secrets| secrets.to_secret_bytes().unwrap().to_vec())
}

const STRUCTURES: &[Recode] = &[
    recode::<ApplicationId>,
    recode::<AuthenticatedContent>,
    recode::<Commit>,
    recode::<Content>,
    recode::<Credential>,
    recode::<Extensions>,
    recode::<ExternalPub>,
    recode::<ExternalSender>,
    recode::<ExternalSenders>,
    recode::<FramedContent>,
    recode::<GroupContext>,
    recode::<GroupInfo>,
    recode::<KeyPackage>,
    recode::<LeafNode>,
    recode::<MlsMessage>,
    recode::<Node>,
    recode::<ParentNode>,
    recode::<PrivateMessage>,
    recode::<Proposal>,
    recode::<ProposalOrRef>,
    recode::<PublicMessage>,
    recode::<RatchetTreeArray>,
    recode::<RequiredCapabilities>,
    recode::<Sender>,
    recode::<SenderData>,
    recode::<UpdatePath>,
    recode::<Welcome>,
    recode_secrets,
];

fn sample<T: Encode + Decode + Debug + PartialEq>(samples: &mut Vec<(Recode, Vec<u8>)>, value: T) {
    let bytes = value.to_bytes().unwrap();
    assert_eq!(T::from_bytes(&bytes), Ok(value));
    samples.push((recode::<T>, bytes));
}

/// A valid encoding of each structure.
fn samples() -> Vec<(Recode, Vec<u8>)> {
    let all = &mut Vec::new();
    for leaf_node in fixtures::leaf_nodes() {
        let sender =
            ExternalSender { signature_key: leaf_node.signature_key.clone(), credential: leaf_node.credential.clone() };
        sample(all, ExternalSenders(vec![sender.clone()]));
        sample(all, sender);
        sample(all, leaf_node.credential.clone());
        sample(all, leaf_node);
    }
    for proposal in fixtures::proposals() {
        sample(all, ProposalOrRef::Proposal(Box::new(proposal.clone())));
        sample(all, proposal);
    }
    for message in fixtures::public_messages() {
        sample(all, message.content.content.clone());
        sample(all, message.content.clone());
        sample(all, message.clone().into_content_unchecked());
        sample(all, message.clone());
        sample(all, MlsMessage::new(MlsMessageBody::PublicMessage(message)));
    }
    sample(all, ApplicationId { application_id: vec![1] });
    sample(all, ExternalPub { external_pub: vec![1].into() });
    sample(all, fixtures::commit());
    sample(all, fixtures::extensions());
    sample(all, fixtures::group_context());
    sample(all, fixtures::group_info());
    sample(all, fixtures::key_package());
    sample(all, fixtures::private_message());
    sample(all, fixtures::ratchet_tree());
    sample(all, fixtures::welcome());
    sample(all, RequiredCapabilities { proposal_types: vec![ProposalType(9)], ..Default::default() });
    sample(all, SenderData { leaf_index: fixtures::leaf(1), generation: 2, reuse_guard: [3; 4] });
    sample(all, MlsMessage::new(MlsMessageBody::PrivateMessage(fixtures::private_message())));
    sample(all, MlsMessage::new(MlsMessageBody::Welcome(fixtures::welcome())));
    sample(all, MlsMessage::new(MlsMessageBody::GroupInfo(Box::new(fixtures::group_info()))));
    sample(all, MlsMessage::new(MlsMessageBody::KeyPackage(Arc::new(fixtures::key_package()))));
    for path_secret in [None, Some(SecretBytes::from_slice(&[7; 3]))] {
        let bytes = fixtures::group_secrets(path_secret).to_secret_bytes().unwrap().to_vec();
        all.push((recode_secrets, bytes));
    }
    core::mem::take(all)
}

// req: R-6-09
#[test]
fn every_structure_encodes_back_to_its_bytes() {
    for (recode, bytes) in samples() {
        assert_eq!(recode(&bytes), Ok(bytes));
    }
}

// req: R-6-11
// bad: codec-03
#[test]
fn a_byte_after_any_structure_is_refused() {
    for (recode, mut bytes) in samples() {
        let end = bytes.len();
        bytes.push(0);
        assert_eq!(recode(&bytes), Err(DecodeError::new(DecodeErrorKind::TrailingBytes, end)));
    }
}

// req: R-2.1.2-07
#[test]
fn every_structure_cut_short_is_refused() {
    for (recode, bytes) in samples() {
        for end in 0..bytes.len() {
            let error = recode(&bytes[..end]).unwrap_err();
            let cut = [DecodeErrorKind::UnexpectedEnd, DecodeErrorKind::LengthOverflow];
            assert!(cut.contains(&error.kind()), "{error:?}");
            assert!(error.offset() <= end);
        }
    }
}

// req: R-2.1.2-03
#[test]
fn every_structure_has_one_encoding() {
    // Whatever one changed bit makes of it: refused, or another value with that one encoding.
    for (recode, bytes) in samples() {
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            if let Ok(again) = recode(&flipped) {
                assert_eq!(again, flipped);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_decode_to_what_encodes_back(bytes in collection::vec(any::<u8>(), 0..200)) {
        for recode in STRUCTURES {
            if let Ok(again) = recode(&bytes) {
                prop_assert_eq!(again, &bytes[..]);
            }
        }
    }

    #[test]
    fn spoilt_encodings_decode_to_what_encodes_back(
        which in any::<prop::sample::Index>(),
        places in collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let samples = samples();
        let (recode, mut bytes) = samples[which.index(samples.len())].clone();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Ok(again) = recode(&bytes) {
            prop_assert_eq!(again, bytes);
        }
    }
}
