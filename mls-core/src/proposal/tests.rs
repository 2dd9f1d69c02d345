//! Tests of the registry's table and of proposal references.

#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, reason = "tests")]

use alloc::vec;

use mls_codec::{Decode, Encode, encode_opaque};

use super::apply::{ApplyContext, apply_list};
use super::list::{Committer, ListedProposal, check_list};
use super::*;
use crate::custom::CustomTypes;
use crate::env::UnixTime;
use crate::framing::tests::fixtures;
use crate::framing::{Sender, WireFormat};
use crate::limits::Limits;
use crate::tree::key_index::IndexSeed;
use crate::tree::leaf_node::LeafNodeSource;
use crate::tree::ratchet_tree::RatchetTree;

// req: R-17.4-01, R-12.4-12, R-12.4-14, R-6.1-08
#[test]
fn the_registered_types_have_the_registry_s_flags() {
    let table = [
        (ProposalType::ADD, 1, true, false),
        (ProposalType::UPDATE, 2, false, true),
        (ProposalType::REMOVE, 3, true, true),
        (ProposalType::PSK, 4, true, false),
        (ProposalType::REINIT, 5, true, false),
        (ProposalType::EXTERNAL_INIT, 6, false, true),
        (ProposalType::GROUP_CONTEXT_EXTENSIONS, 7, true, true),
    ];
    for (proposal_type, value, external, path) in table {
        assert_eq!(proposal_type, ProposalType(value));
        assert!(proposal_type.is_default());
        assert_eq!(proposal_type.allowed_from_external_sender(), external, "{proposal_type:?}");
        assert_eq!(proposal_type.requires_path(), path, "{proposal_type:?}");
    }
    for other in [0, 8, 0x0a0a, 0xf001].map(ProposalType) {
        assert!(!other.is_default() && !other.allowed_from_external_sender() && other.requires_path());
    }
}

#[test]
fn an_unknown_proposal_keeps_type_and_body() {
    let bytes = [0xf0, 1, 2, 5, 6];
    let proposal = Proposal::from_bytes(&bytes).unwrap();
    let want = Proposal::Custom { proposal_type: ProposalType(0xf001), body: vec![5, 6] };
    assert_eq!(proposal, want);
    assert_eq!(proposal.to_bytes().unwrap(), bytes);
}

#[test]
fn proposals_encode_as_their_type_and_body() {
    let bytes = |proposal: Proposal| proposal.to_bytes().unwrap();
    assert_eq!(bytes(Proposal::Remove(fixtures::leaf(0x102).into())), [0, 3, 0, 0, 1, 2]);
    assert_eq!(bytes(Proposal::ExternalInit { kem_output: vec![9] }), [0, 6, 1, 9]);
    assert_eq!(bytes(Proposal::GroupContextExtensions([].into_iter().collect())), [0, 7, 0]);
    for proposal in fixtures::proposals() {
        let bytes = proposal.to_bytes().unwrap();
        assert_eq!(bytes[..2], proposal.proposal_type().to_bytes().unwrap());
    }
}

// req: R-12.1.3-01
// bad: tree-15
#[test]
fn a_remove_of_any_number_decodes_and_is_refused_where_no_member_has_it() {
    let suite = fixtures::suite();
    let leaf = fixtures::leaf_node(LeafNodeSource::Update);
    let tree = RatchetTree::new(suite, IndexSeed::new([0; 16]), &leaf).unwrap();
    let context = fixtures::group_context();
    let at = ApplyContext {
        suite,
        tree: &tree,
        context: &context,
        now: UnixTime(0),
        limits: Limits::default(),
        custom: CustomTypes::none(),
    };
    let committer = Committer::Member(fixtures::leaf(0));
    // 0x8000_0000 is the index whose node would wrap around to that of leaf 0.
    for number in [1, 2, 0x7fff_ffff, 0x8000_0000, 0x8000_0001, u32::MAX] {
        let removed = RemovedLeaf(number);
        let bytes = [&[0, 3][..], &number.to_be_bytes()].concat();
        let proposal = Proposal::from_bytes(&bytes).unwrap();
        assert_eq!(proposal, Proposal::Remove(removed));
        assert_eq!(proposal.to_bytes().unwrap(), bytes);

        let sender = Sender::Member(fixtures::leaf(1));
        let list = [ListedProposal { sender, proposal, reference: None, member: None }];
        let refused = Err(ProposalListError::RemoveOfNonMember(removed));
        assert_eq!(apply_list(at, &list).map(drop), refused);
        let checked = check_list(&list, committer, suite.hash_len(), CustomTypes::none());
        assert_eq!(checked, if number < 1 << 31 { Ok(()) } else { refused });
    }
}

// req: R-5.2-01, R-5.2-03
#[test]
fn a_proposal_s_reference_hashes_its_authenticated_content() {
    let suite = fixtures::suite();
    let content = fixtures::signed(WireFormat::PublicMessage, fixtures::remove());
    let reference = ProposalRef::new(suite, &content).unwrap();
    let mut input = vec![];
    encode_opaque(b"MLS 1.0 Proposal Reference", &mut input).unwrap();
    encode_opaque(&content.to_bytes().unwrap(), &mut input).unwrap();
    assert_eq!(reference.as_bytes(), suite.hash(&[&input]).unwrap().as_bytes());

    let mut other = content.clone();
    other.wire_format = WireFormat::PrivateMessage;
    assert_ne!(ProposalRef::new(suite, &other).unwrap(), reference);
    let mut other = content.clone();
    other.auth.signature[0] ^= 1;
    assert_ne!(ProposalRef::new(suite, &other).unwrap(), reference);
    let mut other = content;
    other.content.epoch += 1;
    assert_ne!(ProposalRef::new(suite, &other).unwrap(), reference);
}
