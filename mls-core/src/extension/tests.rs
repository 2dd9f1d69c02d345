//! Tests of extension lists and of the registry's table.

#![allow(clippy::unwrap_used, reason = "tests")]

use alloc::vec;

use mls_codec::DecodeErrorKind;

use super::*;

fn list(types: &[u16]) -> Extensions {
    let extension = |(index, value): (usize, &u16)| Extension {
        extension_type: ExtensionType(*value),
        extension_data: vec![u8::try_from(index).unwrap()],
    };
    types.iter().enumerate().map(extension).collect()
}

// req: R-13.4-05
#[test]
fn a_type_that_occurs_twice_is_found_wherever_it_stands() {
    for unique in [&[][..], &[1], &[1, 2, 3], &[5, 4, 0xffff]] {
        assert!(!list(unique).has_duplicates(), "{unique:?}");
    }
    for twice in [&[1, 1][..], &[1, 2, 1], &[3, 1, 2, 2], &[0xff00, 7, 8, 0xff00]] {
        assert!(list(twice).has_duplicates(), "{twice:?}");
    }
}

// req: R-17.3-01
#[test]
fn the_registered_types_stand_only_where_the_registry_says() {
    use ExtensionPlace::{GroupContext, GroupInfo, KeyPackage, LeafNode};
    let table = [
        (ExtensionType::APPLICATION_ID, 1, LeafNode),
        (ExtensionType::RATCHET_TREE, 2, GroupInfo),
        (ExtensionType::REQUIRED_CAPABILITIES, 3, GroupContext),
        (ExtensionType::EXTERNAL_PUB, 4, GroupInfo),
        (ExtensionType::EXTERNAL_SENDERS, 5, GroupContext),
    ];
    for (extension_type, value, only) in table {
        assert_eq!(extension_type, ExtensionType(value));
        assert!(extension_type.is_default());
        for place in [LeafNode, KeyPackage, GroupContext, GroupInfo] {
            assert_eq!(extension_type.allowed_in(place), place == only);
        }
    }
    for other in [0, 6, 0x0a0a, 0xf000].map(ExtensionType) {
        assert!(!other.is_default());
        assert!(other.allowed_in(KeyPackage) && other.allowed_in(GroupContext));
    }
}

#[test]
fn get_finds_the_first_of_a_type() {
    let extensions = list(&[7, 8, 7]);
    assert_eq!(extensions.get(ExtensionType(7)), Some(&[0][..]));
    assert_eq!(extensions.get(ExtensionType(8)), Some(&[1][..]));
    assert_eq!(extensions.get(ExtensionType(9)), None);
    assert_eq!((extensions.len(), extensions.is_empty()), (3, false));
}

#[test]
fn set_replaces_in_place_or_appends() {
    let mut extensions = list(&[1, 7]);
    extensions.set(&ApplicationId { application_id: vec![5] }).unwrap();
    assert_eq!(extensions.get(ExtensionType::APPLICATION_ID), Some(&[1, 5][..]));
    assert_eq!(extensions.len(), 2);
    extensions.set(&ExternalSenders(vec![])).unwrap();
    assert_eq!(extensions.0.last().unwrap().extension_type, ExtensionType::EXTERNAL_SENDERS);
    assert_eq!(extensions.read(), Ok(Some(ExternalSenders(vec![]))));
}

#[test]
fn reading_data_that_is_not_the_type_s_structure_names_the_type() {
    let extensions =
        Extensions(vec![Extension { extension_type: ExtensionType::EXTERNAL_PUB, extension_data: vec![0, 9] }]);
    let error = DecodeError::new(DecodeErrorKind::TrailingBytes, 1);
    let want = ExtensionError::Malformed(ExtensionType::EXTERNAL_PUB, error);
    assert_eq!(extensions.read::<ExternalPub>(), Err(want));
    assert_eq!(extensions.read::<ApplicationId>(), Ok(None));
}

#[test]
fn required_capabilities_are_three_vectors_of_types() {
    let required = RequiredCapabilities {
        extension_types: vec![ExtensionType(0xff00)],
        proposal_types: vec![ProposalType(0xff01), ProposalType(1)],
        credential_types: vec![CredentialType::X509],
    };
    let bytes = [2, 0xff, 0, 4, 0xff, 1, 0, 1, 2, 0, 2];
    assert_eq!(required.to_bytes().unwrap(), bytes);
    let odd = DecodeError::new(DecodeErrorKind::UnexpectedEnd, 1);
    assert_eq!(RequiredCapabilities::from_bytes(&[1, 0, 0, 0]), Err(odd));
}
