//! Membership and confirmation tags (RFC 9420 sections 6.1 and 6.2).

use alloc::boxed::Box;
use alloc::vec::Vec;

use super::forge::{Lies, forge_commit, forge_proposal};
use super::support::{encrypted, four, handle, invalid_commit, leaf, no_path, refused};
use crate::framing::{FramingError, Sender};
use crate::group::{CommitRule, Disposition, ReceiveError};
use crate::proposal::Proposal;

const WRONG: [fn(&mut Vec<u8>); 6] = [
    |tag| tag[0] ^= 1,
    |tag| tag[31] ^= 0x80,
    |tag| tag.truncate(31),
    Vec::clear,
    |tag| tag.push(0),
    |tag| tag.fill(0),
];

// req: R-6.2-03, R-12.4.2-02
// bad: ValSem-008, framing-01, valn-1202, valn-1302
#[test]
fn a_wrong_membership_tag() {
    let [mut alice, mut bob, ..] = four();
    for change in WRONG {
        let lies = || Lies { public: Box::new(|m| change(m.membership_tag.as_mut().unwrap())), ..Lies::none() };
        let proposal = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), lies());
        let commit = forge_commit(&mut alice, &[], lies());
        for message in [proposal, commit] {
            let error = refused(&mut bob, &message);
            assert_eq!(error, ReceiveError::Framing(FramingError::WrongMembershipTag));
            assert_eq!(error.disposition(), Disposition::Discard);
        }
    }
}

// req: R-6.2-03
// bad: ValSem-007, framing-05
#[test]
fn no_membership_tag() {
    let [mut alice, mut bob, ..] = four();
    let lies = Lies { public: Box::new(|m| m.membership_tag = None), ..Lies::none() };
    let message = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::MissingMembershipTag));
}

// req: R-6.2-01
#[test]
fn a_membership_tag_over_other_content() {
    let [mut alice, mut bob, ..] = four();
    let changes: [fn(&mut crate::framing::PublicMessage); 4] = [
        |m| m.content.authenticated_data.push(1),
        |m| m.content.sender = Sender::Member(leaf(2)),
        |m| m.auth.signature[0] ^= 1,
        |m| m.auth.confirmation_tag.as_mut().unwrap()[0] ^= 1,
    ];
    for change in changes {
        let message = forge_commit(&mut alice, &[], Lies { public: Box::new(change), ..Lies::none() });
        assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::WrongMembershipTag));
    }
}

// req: R-6.1-15, R-6.1-16, R-12.4.2-16
// bad: ValSem-205, framing-02
#[test]
fn a_wrong_confirmation_tag() {
    let [mut alice, mut bob, ..] = four();
    for change in WRONG {
        for lies in [Lies::none(), encrypted(), no_path()] {
            let lies = Lies { confirmation_tag: Box::new(|tag| change(tag.as_mut().unwrap())), ..lies };
            let list = [super::support::by_value(
                0,
                Proposal::Add(alloc::sync::Arc::new(
                    super::common::Peer::new("erin", super::support::SUITE, 9).key_package().key_package,
                )),
            )];
            let message = forge_commit(&mut alice, &list, lies);
            let error = refused(&mut bob, &message);
            assert_eq!(error, invalid_commit(0, CommitRule::ConfirmationTag));
            assert_eq!(error.disposition(), Disposition::Blame(Sender::Member(leaf(0))));
        }
    }
    // Nothing else was wrong.
    let message = forge_commit(&mut alice, &[], Lies::none());
    handle(&mut bob, &message).unwrap();
}

// req: R-6.1-14
// bad: ValSem-009
#[test]
fn a_confirmation_tag_where_none_belongs_and_the_reverse() {
    let [mut alice, mut bob, ..] = four();
    let lies = Lies { confirmation_tag: Box::new(|tag| *tag = None), ..Lies::none() };
    let message = forge_commit(&mut alice, &[], lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::MissingConfirmationTag));
    let lies = Lies { public: Box::new(|m| m.auth.confirmation_tag = Some(Vec::from([0; 32]))), ..Lies::none() };
    let message = forge_proposal(&mut alice, Proposal::Remove(leaf(3).into()), lies);
    assert_eq!(refused(&mut bob, &message), ReceiveError::Framing(FramingError::UnexpectedConfirmationTag));
}
