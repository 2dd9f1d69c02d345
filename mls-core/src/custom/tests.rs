#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

// req: R-12.1.8-07
#[test]
fn what_the_rfc_has_is_not_registered_anew() {
    for kind in 1..=7 {
        assert_eq!(CustomTypes::new().proposal(ProposalType(kind), CustomProposal::default()), Err(NotCustom));
    }
    for kind in 1..=5 {
        assert_eq!(CustomTypes::new().extension(ExtensionType(kind), &[]), Err(NotCustom));
    }
    for kind in 1..=2 {
        assert_eq!(CustomTypes::new().credential(CredentialType(kind)), Err(NotCustom));
    }
}

// req: R-7.2-05
#[test]
fn registered_types_are_listed_once() {
    let types = CustomTypes::new()
        .proposal(ProposalType(0xff01), CustomProposal::default())
        .and_then(|types| types.extension(ExtensionType(0xff02), &[ExtensionPlace::GroupContext]))
        .and_then(|types| types.credential(CredentialType(0xff03)))
        .unwrap();
    let mut capabilities = Capabilities { credentials: alloc::vec![CredentialType::BASIC], ..Capabilities::default() };
    for _ in 0..2 {
        types.list_in(&mut capabilities);
        assert_eq!(capabilities.proposals, [ProposalType(0xff01)]);
        assert_eq!(capabilities.extensions, [ExtensionType(0xff02)]);
        assert_eq!(capabilities.credentials, [CredentialType::BASIC, CredentialType(0xff03)]);
    }
}

#[test]
fn an_extension_stands_where_its_registration_lets_it() {
    let types = CustomTypes::new().extension(ExtensionType(0xff02), &[ExtensionPlace::LeafNode]).unwrap();
    assert!(types.allows(ExtensionType(0xff02), ExtensionPlace::LeafNode));
    assert!(!types.allows(ExtensionType(0xff02), ExtensionPlace::GroupContext));
    assert!(types.allows(ExtensionType(0xff03), ExtensionPlace::GroupContext));
    assert!(!types.allows(ExtensionType::RATCHET_TREE, ExtensionPlace::GroupContext));
}

#[test]
fn a_type_is_proposed_by_those_that_may() {
    let rules = CustomProposal { from_members: false, from_external_senders: true, ..CustomProposal::default() };
    assert!(!rules.allows(Sender::Member(crate::tree::math::LeafIndex::ZERO)));
    assert!(rules.allows(Sender::External(3)));
    assert!(!rules.allows(Sender::NewMemberCommit) && !rules.allows(Sender::NewMemberProposal));
    assert!(CustomProposal { in_external_commits: true, ..rules }.allows(Sender::NewMemberCommit));
}
