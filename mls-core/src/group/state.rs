//! What one member holds of one group.

use core::fmt;

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::{Decode, Encode};
use mls_crypto_traits::{CipherSuite, SignaturePublicKey};

use crate::credential::Credential;
use crate::env::Env;
use crate::group::cache::ProposalCache;
use crate::group::clients::Clients;
use crate::group::epoch::{Epoch, LiveSecrets, PastEpoch};
use crate::group::leaf_epochs::LeafEpochs;
use crate::group::pending::PendingCommit;
use crate::group::query::members_of;
use crate::group_context::GroupContext;
use crate::key_schedule::ResumptionPsk;
use crate::proposal::ReInit;
use crate::record::{GroupId, Missing, RecordKey, RecordPrefix};
use crate::secret_tree::SecretTree;
use crate::tree::math::{LeafIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::OwnPathKeys;
use crate::tree::ratchet_tree::RatchetTree;
use crate::tree::view::identity_of;

/// One member's state of one group: the current epoch, and as many of the group's other records as are resident.
///
/// It is not `Clone`: keys have one owner. Only the engine's transitions change it, each through
/// [`Step::apply`](crate::group::Step::apply).
pub struct Group {
    pub(crate) id: GroupId,
    pub(crate) status: Status,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) epoch: Box<Epoch>,
    /// The ratchet tree, where it is resident.
    pub(crate) tree: Option<RatchetTree>,
    /// When the leaves changed last, where the tree is resident.
    pub(crate) leaf_epochs: LeafEpochs,
    /// Which client is at which leaf, where the tree is resident.
    pub(crate) clients: Clients,
    /// Leaves read singly while the tree is not resident.
    pub(crate) leaves: BTreeMap<LeafIndex, Option<NodeBytes>>,
    pub(crate) path_keys: Option<OwnPathKeys>,
    pub(crate) proposals: Option<ProposalCache>,
    pub(crate) pending: Option<Box<PendingCommit>>,
    /// The retained epochs, with the time at which each ended; the state where it is resident.
    pub(crate) past: BTreeMap<u64, PastSlot>,
    /// The resumption PSKs of earlier epochs that are kept; the key where it is resident.
    pub(crate) resumption: BTreeMap<u64, Option<ResumptionPsk>>,
    /// Epochs that were left by going back, with their confirmation tags: they must not be entered again.
    pub(crate) abandoned: Vec<(u64, Vec<u8>)>,
}

/// A retained epoch.
pub(crate) struct PastSlot {
    pub(crate) ended: u64,
    pub(crate) state: Option<Box<PastEpoch>>,
}

/// What every step rewrites.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Status {
    pub(crate) revision: u64,
    /// Drawn when the membership begins: a group that is left and joined again is not taken for its former self.
    pub(crate) membership: [u8; 8],
    pub(crate) proposals: u32,
    pub(crate) pending_commit: u8,
    /// Whether the group, closed by a `ReInit`, has been succeeded (RFC 9420 section 11.2).
    pub(crate) succeeded: u8,
    /// Whether the tree's records are not kept in the store.
    pub(crate) tree_outside: u8,
    pub(crate) standing: Standing,
}

/// Whether this is where the group lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[mls(repr = "u8")]
#[non_exhaustive]
pub enum Standing {
    /// It lives here.
    #[mls(value = 0)]
    Here,
    /// It came from another store and has not entered another epoch since: it reads and does not send.
    #[mls(value = 1)]
    Imported,
    /// It was moved to another store.
    #[mls(value = 2)]
    Moved,
}

/// Whether the member still takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lifecycle {
    Active,
    Removed,
}

/// All that a member of a group holds, to be taken away when the membership ends.
pub(crate) struct Held {
    lifecycle: Lifecycle,
    secrets: LiveSecrets,
    secret_tree: SecretTree,
    path_keys: Option<OwnPathKeys>,
    proposals: Option<ProposalCache>,
    pending: Option<Box<PendingCommit>>,
    past: BTreeMap<u64, PastSlot>,
    resumption: BTreeMap<u64, Option<ResumptionPsk>>,
}

impl Held {
    /// What somebody who is no member holds.
    pub(crate) fn nothing(size: TreeSize) -> Self {
        Self {
            lifecycle: Lifecycle::Removed,
            secrets: LiveSecrets::wiped(),
            secret_tree: SecretTree::cold(size),
            path_keys: None,
            proposals: None,
            pending: None,
            past: BTreeMap::new(),
            resumption: BTreeMap::new(),
        }
    }

    pub(crate) fn swap(&mut self, group: &mut Group) {
        let Self { lifecycle, secrets, secret_tree, path_keys, proposals, pending, past, resumption } = self;
        core::mem::swap(lifecycle, &mut group.lifecycle);
        core::mem::swap(secrets, &mut group.epoch.secrets);
        core::mem::swap(secret_tree, &mut group.epoch.secret_tree);
        core::mem::swap(path_keys, &mut group.path_keys);
        core::mem::swap(proposals, &mut group.proposals);
        core::mem::swap(pending, &mut group.pending);
        core::mem::swap(past, &mut group.past);
        core::mem::swap(resumption, &mut group.resumption);
    }
}

/// A member as the group's tree shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The leaf that the member has in this epoch.
    pub index: LeafIndex,
    /// What the member presented to be recognised by.
    pub credential: Credential,
    /// The key that its messages are signed with.
    pub signature_key: SignaturePublicKey,
}

impl Group {
    /// To be called when a step has been performed for good: the tree that it replaced is gone.
    pub(crate) fn settle(&mut self) {
        if let Some(tree) = &mut self.tree {
            tree.settle();
        }
    }

    /// The group's identifier.
    #[must_use]
    pub const fn id(&self) -> &GroupId {
        &self.id
    }

    /// The current epoch's number (RFC 9420 section 8.1).
    #[must_use]
    pub const fn epoch(&self) -> u64 {
        self.epoch.context.epoch
    }

    /// How many steps have been applied since the group was founded or joined.
    #[must_use]
    pub const fn revision(&self) -> u64 {
        self.status.revision
    }

    /// The group's cipher suite.
    #[must_use]
    pub const fn cipher_suite(&self) -> CipherSuite {
        self.epoch.context.cipher_suite
    }

    /// The group context of the current epoch (section 8.1).
    #[must_use]
    pub const fn context(&self) -> &GroupContext {
        &self.epoch.context
    }

    /// Our own leaf index.
    #[must_use]
    pub const fn own_leaf(&self) -> LeafIndex {
        self.epoch.own_leaf
    }

    /// Whether we are still a member.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        matches!(self.lifecycle, Lifecycle::Active)
    }

    /// The parameters of the group that is to succeed this one, where a `ReInit` has closed it (section 11.2).
    #[must_use]
    pub const fn re_init(&self) -> Option<&ReInit> {
        self.epoch.re_init.as_ref()
    }

    /// Whether we have entered the group that succeeds this one.
    #[must_use]
    pub const fn is_succeeded(&self) -> bool {
        self.status.succeeded != 0
    }

    /// Whether this is where the group lives.
    #[must_use]
    pub const fn standing(&self) -> Standing {
        self.status.standing
    }

    /// Whether a commit of our own waits to be accepted.
    #[must_use]
    pub const fn has_pending_commit(&self) -> bool {
        self.status.pending_commit != 0
    }

    /// How many proposals of this epoch wait to be committed.
    #[must_use]
    pub const fn pending_proposals(&self) -> u32 {
        self.status.proposals
    }

    /// The value that all members of this epoch share, to be compared over another channel (section 8.7).
    #[must_use]
    pub fn epoch_authenticator(&self) -> &[u8] {
        self.epoch.secrets.authenticator.as_bytes()
    }

    /// The members in the order of their leaves.
    ///
    /// # Errors
    /// What is [`Missing`] where the tree is not resident.
    pub fn members(&self) -> Result<Vec<Member>, Missing> {
        Ok(members_of(self.tree()?).collect())
    }

    /// The member at a leaf of the current epoch; `None` where the leaf is blank.
    ///
    /// # Errors
    /// What is [`Missing`] where neither the tree nor that leaf is resident.
    pub fn member(&self, index: LeafIndex) -> Result<Option<Member>, Missing> {
        Ok(self.current_leaf(index)?.and_then(|bytes| {
            let (signature_key, credential) = identity_of(bytes).ok()?;
            Some(Member { index, credential, signature_key })
        }))
    }

    /// The ratchet tree.
    ///
    /// # Errors
    /// What is [`Missing`] where it is not resident.
    pub fn tree(&self) -> Result<&RatchetTree, Missing> {
        self.tree.as_ref().ok_or_else(|| self.tree_missing())
    }

    pub(crate) fn tree_missing(&self) -> Missing {
        Missing { keys: Vec::new(), prefixes: alloc::vec![RecordPrefix::Tree(self.id.clone())] }
    }

    /// What is missing of the records that handling a handshake message takes.
    pub(crate) fn missing_for_handshake(&self) -> Missing {
        let mut missing = Missing::default();
        if self.tree.is_none() {
            missing.prefixes.push(RecordPrefix::Tree(self.id.clone()));
        }
        if self.path_keys.is_none() {
            missing.keys.push(RecordKey::PathKeys(self.id.clone()));
        }
        if self.proposals.is_none() {
            missing.prefixes.push(RecordPrefix::Proposals(self.id.clone()));
        }
        if self.has_pending_commit() && self.pending.is_none() {
            missing.keys.push(RecordKey::PendingCommit(self.id.clone()));
        }
        missing
    }

    pub(crate) fn path_keys(&self) -> Result<&OwnPathKeys, Missing> {
        self.path_keys.as_ref().ok_or_else(|| Missing::key(RecordKey::PathKeys(self.id.clone())))
    }

    pub(crate) fn proposals(&self) -> Result<&ProposalCache, Missing> {
        self.proposals.as_ref().ok_or_else(|| Missing {
            keys: Vec::new(),
            prefixes: alloc::vec![RecordPrefix::Proposals(self.id.clone())],
        })
    }

    /// The encoding of a leaf of the current epoch, from the tree or, where that is not resident, read singly.
    pub(crate) fn current_leaf(&self, index: LeafIndex) -> Result<Option<&NodeBytes>, Missing> {
        if let Some(tree) = &self.tree {
            return Ok(tree.leaf_bytes(index));
        }
        match self.leaves.get(&index) {
            Some(Some(leaf)) => Ok(Some(leaf)),
            // It may be blank, or its record lost: the tree's hash tells.
            Some(None) => Err(self.tree_missing()),
            None => Err(Missing::key(RecordKey::TreeNode(self.id.clone(), index.node()))),
        }
    }

    /// A retained epoch; `None` where it is not, or no longer, retained.
    pub(crate) fn past_epoch(&self, epoch: u64) -> Result<Option<&PastEpoch>, Missing> {
        match self.past.get(&epoch) {
            None => Ok(None),
            Some(PastSlot { state: Some(state), .. }) => Ok(Some(state)),
            Some(PastSlot { state: None, .. }) => Err(Missing::key(RecordKey::Epoch(self.id.clone(), epoch))),
        }
    }

    /// Whether a retained epoch is too old to be read, though nothing has dropped it yet.
    pub(crate) fn is_past_retention(&self, epoch: u64, env: &Env<'_>) -> bool {
        let deadline = env.now.0.saturating_sub(env.limits.past_epoch_seconds);
        self.past.get(&epoch).is_some_and(|slot| slot.ended < deadline)
    }

    pub(crate) fn secret_tree_mut(&mut self, epoch: u64) -> Option<&mut SecretTree> {
        if epoch == self.epoch.context.epoch {
            return Some(&mut self.epoch.secret_tree);
        }
        self.past.get_mut(&epoch).and_then(|slot| slot.state.as_mut()).map(|past| &mut past.secret_tree)
    }

    /// Who sits, or sat, at a leaf in the current or a retained epoch.
    pub(crate) fn sender_at(
        &self,
        epoch: u64,
        index: LeafIndex,
    ) -> Result<Option<(SignaturePublicKey, Credential)>, Missing> {
        let mut missing = Missing::default();
        for (number, slot) in self.past.range(epoch..) {
            match &slot.state {
                Some(past) => {
                    // req: R-5.3.3-03
                    if let Some(then) = past.replaced.get(&index) {
                        return if missing.is_empty() { Ok(then.clone()) } else { Err(missing) };
                    }
                }
                None => missing.keys.push(RecordKey::Epoch(self.id.clone(), *number)),
            }
        }
        let leaf = match self.current_leaf(index) {
            Ok(leaf) => leaf,
            Err(more) => {
                missing.extend(more);
                None
            }
        };
        if !missing.is_empty() {
            return Err(missing);
        }
        Ok(leaf.and_then(|bytes| identity_of(bytes).ok()))
    }
}

impl Missing {
    pub(crate) fn key(key: RecordKey) -> Self {
        Self { keys: alloc::vec![key], prefixes: Vec::new() }
    }

    pub(crate) fn extend(&mut self, more: Self) {
        self.keys.extend(more.keys);
        self.prefixes.extend(more.prefixes);
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            status,
            lifecycle,
            epoch,
            tree: _,
            leaf_epochs: _,
            clients: _,
            leaves: _,
            path_keys: _,
            proposals: _,
            pending: _,
            past,
            resumption: _,
            abandoned,
        } = self;
        f.debug_struct("Group")
            .field("id", id)
            .field("status", status)
            .field("lifecycle", lifecycle)
            .field("epoch", &epoch.context.epoch)
            .field("past", &past.keys())
            .field("abandoned", &abandoned.len())
            .finish_non_exhaustive()
    }
}
