//! Beginning to observe a group (RFC 9420 section 12.4.3).

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::Encode;

use crate::env::Env;
use crate::framing::interim_transcript_hash;
use crate::group::answers::{Answers, QuestionTag};
use crate::group::cache::ProposalCache;
use crate::group::clients::{Clients, clients_at};
use crate::group::join::roster;
use crate::group::{Fault, Fresh, JoinError, verify_group_info};
use crate::identity::{CredentialCheck, CredentialEvent};
use crate::observer::{Observer, ObserverStep};
use crate::record::{GroupId, RecordPrefix};
use crate::tree::ratchet_tree::RatchetTree;
use crate::welcome::GroupInfo;

/// A group that is about to be observed. It asks who the members are.
#[derive(Debug)]
#[must_use]
pub struct PendingObserver {
    tag: QuestionTag,
    info: Box<GroupInfo>,
    tree: RatchetTree,
    checks: Vec<CredentialCheck>,
}

/// Begins to observe the group of a GroupInfo, in its epoch.
///
/// `ratchet_tree` is the data of a `ratchet_tree` extension, where the tree is not in the GroupInfo.
///
/// # Errors
/// [`JoinError`] where the GroupInfo or the tree is not valid; nothing has changed.
///
/// # Security
/// A GroupInfo is as good as the member that signed it: see
/// [`verify_group_info`](crate::group::verify_group_info).
pub fn observe(info: &GroupInfo, ratchet_tree: Option<&[u8]>, env: &mut Env<'_>) -> Result<PendingObserver, JoinError> {
    let (info, tree) = verify_group_info(info, ratchet_tree, env)?.into_parts();
    let tag = QuestionTag::draw(env.rng)?;
    let checks = tag.ask(roster(&tree, &[], CredentialEvent::Join), env.now);
    Ok(PendingObserver { tag, info, tree, checks })
}

impl PendingObserver {
    /// The GroupInfo, verified.
    #[must_use]
    pub const fn group_info(&self) -> &GroupInfo {
        &self.info
    }

    /// The credentials of all members.
    #[must_use]
    pub fn credentials(&self) -> &[CredentialCheck] {
        &self.checks
    }

    /// Begins to observe.
    ///
    /// # Errors
    /// [`JoinError`]; nothing has changed.
    pub fn resume(self, answers: &Answers, env: &mut Env<'_>) -> Result<Fresh<Observer>, JoinError> {
        Ok(self.observer(answers, env)?.found(env)?)
    }

    fn observer(self, answers: &Answers, env: &Env<'_>) -> Result<Observer, JoinError> {
        let members = answers.members(self.tag, &self.checks)?;
        let GroupInfo { group_context: context, confirmation_tag, .. } = *self.info;
        let id = context.cipher_suite;
        let suite = env.suite(id).ok_or(Fault::UnsupportedSuite(id))?;
        let clients = clients_at(suite, &self.checks, &members).map_err(Fault::from)?;
        let interim = interim_transcript_hash(suite, &context.confirmed_transcript_hash, &confirmation_tag)?;
        Ok(Observer {
            id: GroupId::from(context.group_id.as_slice()),
            status: Observer::first_status(),
            context_bytes: context.to_bytes()?,
            context,
            interim_transcript_hash: interim.as_bytes().to_vec(),
            confirmation_tag,
            re_init: None,
            tree: self.tree,
            clients: Arc::new(Clients::of_leaves(clients)),
            proposals: ProposalCache::default(),
        })
    }
}

impl Observer {
    /// Starts afresh from another GroupInfo of the group, verified and its members vouched for: after a commit that
    /// could not be followed.
    ///
    /// # Errors
    /// [`JoinError::WrongGroup`] where it is of another group, [`JoinError::OldEpoch`] where it is of an epoch before
    /// ours, [`JoinError::Answer`]; nothing has changed.
    pub fn restart(
        &self,
        from: PendingObserver,
        answers: &Answers,
        env: &mut Env<'_>,
    ) -> Result<ObserverStep<()>, JoinError> {
        let mut next = from.observer(answers, env)?;
        if next.id != self.id {
            return Err(JoinError::WrongGroup);
        }
        if next.epoch() < self.epoch() {
            return Err(JoinError::OldEpoch(next.epoch()));
        }
        next.status = self.status;
        Ok(ObserverStep::new(self, next, (), env, |delta, next| {
            delta.delete_prefix(RecordPrefix::Tree(next.id.clone()));
            delta.delete_prefix(RecordPrefix::Proposals(next.id.clone()));
            next.write_all(delta)
        })?)
    }
}
