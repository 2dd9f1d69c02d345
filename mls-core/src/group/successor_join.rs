//! Joining a group that succeeds one of ours (RFC 9420 sections 11.2, 11.3 and 12.4.3.1).

use alloc::vec::Vec;
use core::fmt;

use crate::env::Env;
use crate::group::answers::{Answers, QuestionTag};
use crate::group::join::{OpenedGroup, OpenedWelcome, open_secrets, roster};
use crate::group::psks;
use crate::group::succession::{Predecessor, Succession, SuccessionError};
use crate::group::succession::{check_closed, check_membership, check_parameters, former_members};
use crate::group::successor::{beside, succeed};
use crate::group::{Fault, Group, JoinError, Step};
use crate::identity::{CredentialCheck, CredentialEvent, MemberId};
use crate::key_package::KeyPackageRef;
use crate::psk::PreSharedKeyId;
use crate::welcome::{GroupInfo, Welcome};

/// A Welcome to a successor of one of our groups, with its group secrets open. It asks for pre-shared keys.
#[must_use]
pub struct OpenedSuccessor {
    opened: OpenedWelcome,
    predecessor: Predecessor,
    psks: Vec<PreSharedKeyId>,
}

/// A successor of one of our groups, with its tree and parameters validated. It asks who its members are, and who those
/// of the former group were.
#[must_use]
pub struct PendingSuccessorJoin {
    tag: QuestionTag,
    opened: OpenedGroup,
    predecessor: Predecessor,
    checks: Vec<CredentialCheck>,
}

/// Opens the group secrets of a Welcome that is expected to be one to a successor of `old`, of that kind.
///
/// The other arguments are those of [`open_welcome`](crate::group::open_welcome).
///
/// # Errors
/// [`JoinError`]; nothing has changed, and the key package is not used up. [`SuccessionError::FutureEpoch`] where `old`
/// has still to receive the commit of the `ReInit`: keep the Welcome until it has.
pub fn open_successor_welcome(
    old: &Group,
    expected: Succession,
    welcome: &Welcome,
    reference: &KeyPackageRef,
    key_package_record: &[u8],
    ratchet_tree: Option<&[u8]>,
    env: &mut Env<'_>,
) -> Result<OpenedSuccessor, JoinError> {
    old.check_active()?;
    let opened = open_secrets(welcome, reference, key_package_record, ratchet_tree, env)?;
    let predecessor = opened.predecessor().ok_or(SuccessionError::NoPredecessor)?;
    predecessor.check(old, expected)?;
    let missing = psks::missing(old, opened.psks());
    if !missing.is_empty() {
        return Err(Fault::NotResident(missing).into());
    }
    // Now, so that what is not resident is not asked for after the other questions.
    drop(former_members(old, predecessor.epoch)?);
    let psks = psks::asked_for(old, opened.psks());
    Ok(OpenedSuccessor { opened, predecessor, psks })
}

impl OpenedSuccessor {
    /// The pre-shared keys that are needed, apart from the former group's own resumption PSKs.
    #[must_use]
    pub fn psks(&self) -> &[PreSharedKeyId] {
        &self.psks
    }

    /// The former group.
    #[must_use]
    pub const fn predecessor(&self) -> &Predecessor {
        &self.predecessor
    }

    /// Opens the GroupInfo, validates the tree, and compares the parameters with those that are expected.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed, and the key package is not used up.
    pub fn resume(self, old: &Group, answers: &Answers, env: &mut Env<'_>) -> Result<PendingSuccessorJoin, JoinError> {
        let Self { opened, predecessor, psks: _ } = self;
        predecessor.check(old, predecessor.succession)?;
        let suite = env.suite(opened.suite).ok_or(Fault::UnsupportedSuite(opened.suite))?;
        let psk_secret = psks::combine(old, suite, opened.psks(), answers)?;
        let opened = opened.open_group(suite, &psk_secret, env)?;
        check_parameters(old, predecessor.succession, &opened.info.group_context)?;
        let former = former_members(old, predecessor.epoch)?.ok_or(SuccessionError::PastEpoch(predecessor.epoch))?;
        let mut questions = roster(&opened.tree, &[], CredentialEvent::Join);
        questions.extend(former);
        let tag = QuestionTag::draw(env.rng)?;
        Ok(PendingSuccessorJoin { tag, opened, predecessor, checks: tag.ask(questions, env.now) })
    }
}

impl PendingSuccessorJoin {
    /// The group that we are welcome to.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.opened.info
    }

    /// The credentials of its members, our own among them, and of those of the former group.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// Joins the group. In the same transaction the key package is used up and, after a `ReInit`, the former group is
    /// marked as succeeded.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed, and the key package is not used up.
    pub fn resume(self, old: &Group, answers: &Answers, env: &mut Env<'_>) -> Result<Step<Group>, JoinError> {
        let Self { tag, opened, predecessor, checks } = self;
        old.check_active()?;
        if predecessor.group_id != old.id {
            return Err(SuccessionError::OtherPredecessor(predecessor.group_id).into());
        }
        let members = answers.members(tag, &checks)?;
        let (former, new): (Vec<_>, Vec<_>) =
            checks.iter().zip(&members).partition(|(check, _)| check.event == CredentialEvent::FormerMember);
        let ids = |answered: Vec<(&CredentialCheck, &MemberId)>| {
            answered.into_iter().map(|(_, id)| id.clone()).collect::<Vec<_>>()
        };
        check_membership(predecessor.succession, &ids(former), &ids(new))?;
        match predecessor.succession {
            Succession::ReInit => {
                check_closed(old)?;
                let fresh = opened.enter(&checks, &members, env)?;
                Ok(succeed(old, fresh, env)?)
            }
            Succession::Branch => Ok(beside(old, opened.enter(&checks, &members, env)?)),
        }
    }
}

impl fmt::Debug for OpenedSuccessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { opened, predecessor, psks } = self;
        f.debug_struct("OpenedSuccessor")
            .field("opened", opened)
            .field("predecessor", predecessor)
            .field("psks", psks)
            .finish()
    }
}

impl fmt::Debug for PendingSuccessorJoin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { tag: _, opened, predecessor, checks } = self;
        f.debug_struct("PendingSuccessorJoin")
            .field("group", opened)
            .field("predecessor", predecessor)
            .field("credentials", &checks.len())
            .finish_non_exhaustive()
    }
}
