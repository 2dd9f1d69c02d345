//! What an observer holds of a group.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use mls_crypto_traits::{CipherSuite, Suite};

use crate::env::Env;
use crate::group::cache::{CachedProposal, ProposalCache};
use crate::group::clients::{ClientTag, Clients};
use crate::group::public_state::PublicState;
use crate::group::query::members_of;
use crate::group::state::Status;
use crate::group::{Fault, Member, ProposalReceived};
use crate::group_context::GroupContext;
use crate::identity::MemberId;
use crate::proposal::ReInit;
use crate::record::GroupId;
use crate::tree::math::LeafIndex;
use crate::tree::ratchet_tree::RatchetTree;

/// A group as somebody sees it who has none of its secrets.
///
/// Everything in it is public, and most of it shared: a clone is cheap. Only transitions change it, each through
/// [`ObserverStep::apply`](crate::observer::ObserverStep::apply).
#[derive(Clone)]
pub struct Observer {
    pub(super) id: GroupId,
    pub(super) status: Status,
    pub(super) context: GroupContext,
    /// `context` as it is encoded: part of what is signed.
    pub(super) context_bytes: Vec<u8>,
    pub(super) interim_transcript_hash: Vec<u8>,
    pub(super) confirmation_tag: Vec<u8>,
    pub(super) re_init: Option<ReInit>,
    pub(super) tree: RatchetTree,
    /// Which client is at which leaf.
    pub(super) clients: Arc<Clients>,
    pub(super) proposals: ProposalCache<Arc<CachedProposal>>,
}

impl Observer {
    /// The group's identifier.
    #[must_use]
    pub const fn id(&self) -> &GroupId {
        &self.id
    }

    /// The current epoch's number (RFC 9420 section 8.1).
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.context.epoch
    }

    /// How many steps have been applied since the group is observed.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.status.revision
    }

    /// The group's cipher suite.
    #[must_use]
    pub const fn cipher_suite(&self) -> CipherSuite {
        self.context.cipher_suite
    }

    /// The group context of the current epoch (section 8.1).
    #[must_use]
    pub const fn context(&self) -> &GroupContext {
        &self.context
    }

    /// The confirmation tag that the epoch began with, as its commit or GroupInfo said. It is not verified.
    #[must_use]
    pub fn confirmation_tag(&self) -> &[u8] {
        &self.confirmation_tag
    }

    /// The ratchet tree.
    #[must_use]
    pub const fn tree(&self) -> &RatchetTree {
        &self.tree
    }

    /// The members in the order of their leaves.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        members_of(&self.tree).collect()
    }

    /// The member at a leaf; `None` where the leaf is blank.
    #[must_use]
    pub fn member(&self, index: LeafIndex) -> Option<Member> {
        let leaf = self.tree.leaf(index)?;
        Some(Member { index, credential: leaf.credential, signature_key: leaf.signature_key })
    }

    /// The member that the authentication service calls so; `None` where there is none.
    ///
    /// # Errors
    /// [`Fault::UnsupportedSuite`], [`Fault::Crypto`].
    pub fn member_with_id(&self, id: &MemberId, env: &Env<'_>) -> Result<Option<Member>, Fault> {
        let client = ClientTag::of(self.suite(env)?, id)?;
        Ok(self.clients.leaves_of(client).next().and_then(|leaf| self.member(leaf)))
    }

    /// The tree as the data of a `ratchet_tree` extension, to be served to joiners (section 12.4.3.3).
    ///
    /// # Errors
    /// [`Fault::Encode`].
    pub fn ratchet_tree(&self) -> Result<Vec<u8>, Fault> {
        Ok(self.tree.to_extension()?)
    }

    /// The proposals of this epoch that wait to be committed, in the order of their arrival.
    #[must_use]
    pub fn pending_proposals(&self) -> Vec<ProposalReceived> {
        self.proposals
            .in_order()
            .into_iter()
            .map(|(reference, cached)| ProposalReceived {
                reference: *reference,
                sender: cached.sender,
                proposal: cached.proposal.clone(),
            })
            .collect()
    }

    /// The `ReInit` that closed the group in favour of a successor (section 11.2).
    #[must_use]
    pub const fn re_init(&self) -> Option<&ReInit> {
        self.re_init.as_ref()
    }

    #[cfg(test)]
    pub(crate) fn in_test(
        epoch: &crate::group::epoch::Epoch,
        tree: RatchetTree,
        proposals: ProposalCache<Arc<CachedProposal>>,
        status: Status,
        clients: Clients,
    ) -> Self {
        Self {
            id: GroupId::from(epoch.context.group_id.as_slice()),
            status,
            context: epoch.context.clone(),
            context_bytes: epoch.context_bytes.clone(),
            interim_transcript_hash: epoch.interim_transcript_hash.clone(),
            confirmation_tag: epoch.confirmation_tag.clone(),
            re_init: epoch.re_init.clone(),
            tree,
            clients: Arc::new(clients),
            proposals,
        }
    }

    pub(super) fn public_state(&self) -> PublicState<'_> {
        PublicState { context: &self.context, interim_transcript_hash: &self.interim_transcript_hash, tree: &self.tree }
    }

    pub(super) fn suite<'a>(&self, env: &Env<'a>) -> Result<Suite<'a>, Fault> {
        let id = self.context.cipher_suite;
        env.suite(id).ok_or(Fault::UnsupportedSuite(id))
    }

    /// Whether the group goes on.
    pub(super) const fn check_open(&self) -> Result<(), Fault> {
        // req: R-12.4.2-18
        if self.re_init.is_some() { Err(Fault::ReInitialized) } else { Ok(()) }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            status,
            context,
            context_bytes: _,
            interim_transcript_hash: _,
            confirmation_tag: _,
            re_init,
            tree,
            clients: _,
            proposals,
        } = self;
        f.debug_struct("Observer")
            .field("id", id)
            .field("status", status)
            .field("epoch", &context.epoch)
            .field("re_init", re_init)
            .field("tree", tree)
            .field("proposals", &proposals.len())
            .finish_non_exhaustive()
    }
}
