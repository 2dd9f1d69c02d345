//! The current epoch, the next one before it is entered, and retained ones.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_crypto_traits::{SecretBytes, SignaturePublicKey};

use crate::credential::Credential;
use crate::group::Group;
use crate::group::cache::ProposalCache;
use crate::group::clients::ClientChanges;
use crate::group::leaf_epochs::LeafEpochsUndo;
use crate::group::pending::{PendingCommit, SentCommit, StagedEpoch};
use crate::group::state::PastSlot;
use crate::group_context::GroupContext;
use crate::key_schedule::{
    EpochAuthenticator, ExporterSecret, ExternalSecret, InitSecret, MembershipKey, ResumptionPsk, SenderDataSecret,
};
use crate::proposal::ReInit;
use crate::secret_tree::{RatchetUndo, SecretTree, SecretTreeEdit};
use crate::tree::math::LeafIndex;
use crate::tree::path::PathKeysUpdate;
use crate::tree::ratchet_tree::RatchetTree;

/// The current epoch: what sending, receiving and the next commit start from.
pub(crate) struct Epoch {
    pub(crate) context: GroupContext,
    /// `context` as it is encoded: part of what is signed, of key derivations and HPKE contexts.
    pub(crate) context_bytes: Vec<u8>,
    pub(crate) interim_transcript_hash: Vec<u8>,
    pub(crate) confirmation_tag: Vec<u8>,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) own_signature_key: SignaturePublicKey,
    /// The `ReInit` that the epoch began with: the group is closed in favour of a successor (section 11.2).
    pub(crate) re_init: Option<ReInit>,
    pub(crate) secrets: LiveSecrets,
    pub(crate) secret_tree: SecretTree,
}

/// The secrets of the current epoch that are needed until it ends (RFC 9420 section 8).
pub(crate) struct LiveSecrets {
    pub(crate) sender_data: SenderDataSecret,
    pub(crate) exporter: ExporterSecret,
    pub(crate) external: ExternalSecret,
    pub(crate) membership: MembershipKey,
    pub(crate) resumption: ResumptionPsk,
    pub(crate) authenticator: EpochAuthenticator,
    pub(crate) init: InitSecret,
}

impl LiveSecrets {
    /// No secrets.
    pub(crate) fn wiped() -> Self {
        let none = || SecretBytes::zeros(0);
        Self {
            sender_data: SenderDataSecret::from_bytes(none()),
            exporter: ExporterSecret::from_bytes(none()),
            external: ExternalSecret::from_bytes(none()),
            membership: MembershipKey::from_bytes(none()),
            resumption: ResumptionPsk::from_bytes(none()),
            authenticator: EpochAuthenticator::from_bytes(none()),
            init: InitSecret::from_bytes(none()),
        }
    }
}

/// What a retained epoch keeps: enough to read late messages and no more.
pub(crate) struct PastEpoch {
    pub(crate) context_bytes: Vec<u8>,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) sender_data: SenderDataSecret,
    pub(crate) secret_tree: SecretTree,
    /// The leaves that the next epoch changed, as they were in this one.
    pub(crate) replaced: Replaced,
    /// To find out about forks (section 8.7).
    pub(crate) authenticator: EpochAuthenticator,
    /// What it takes to go back to the epoch, where that is wanted.
    pub(crate) rewind: Option<SecretBytes>,
}

/// Who sat at leaves that an epoch's end changed; `None` where the leaf was blank.
pub(crate) type Replaced = BTreeMap<LeafIndex, Option<(SignaturePublicKey, Credential)>>;

/// The next epoch, and how the old one ends.
pub(crate) struct NewEpoch {
    pub(crate) staged: StagedEpoch,
    pub(crate) end: EpochEnd,
}

/// How an epoch ends.
pub(crate) struct EpochEnd {
    pub(crate) replaced: Replaced,
    /// When the old epoch ends, in seconds since the Unix epoch.
    pub(crate) now: u64,
    /// Retained epochs that are dropped on entering.
    pub(crate) expired: Vec<u64>,
    /// Resumption PSKs that are dropped on entering.
    pub(crate) expired_psks: Vec<u64>,
    /// Erases our own sending ratchets from the old epoch; `None` where that is not retained at all.
    pub(crate) retain: Option<SecretTreeEdit>,
    /// What it takes to go back to the old epoch, where that is wanted.
    pub(crate) rewind: Option<SecretBytes>,
    /// The epochs left by going back that must still not be entered again.
    pub(crate) abandoned: Vec<(u64, Vec<u8>)>,
}

/// What entering an epoch took away, to take it back while a batch is open.
pub(crate) struct EpochUndo {
    /// The old epoch; its secret tree lies in the retained epoch, if there is one.
    epoch: Box<Epoch>,
    tree: Option<RatchetTree>,
    path_keys: PathKeysUpdate,
    proposals: Option<ProposalCache>,
    pending: Option<Box<PendingCommit>>,
    dropped: Vec<(u64, PastSlot)>,
    dropped_psks: Vec<(u64, Option<ResumptionPsk>)>,
    /// Takes the erasure of our own ratchets back; `None` where the old epoch was not retained.
    erased: Option<RatchetUndo>,
    leaf_epochs: LeafEpochsUndo,
    clients: ClientChanges,
    abandoned: Vec<(u64, Vec<u8>)>,
    /// The commit, where it was our own.
    sent: Option<SentCommit>,
}

impl Group {
    /// Moves to the next epoch. The retained epoch is made here from the live secret tree: a copy taken earlier would
    /// bring consumed keys back.
    pub(crate) fn enter_epoch(&mut self, new: NewEpoch) -> EpochUndo {
        let NewEpoch { staged, end } = new;
        let StagedEpoch { epoch, tree, path_keys, clients } = staged;
        let EpochEnd { replaced, now, expired, expired_psks, retain, rewind, abandoned } = end;
        let number = self.epoch.context.epoch;
        let own_leaf = self.epoch.own_leaf;
        let mut old = core::mem::replace(&mut self.epoch, epoch);
        let leaf_epochs = self.leaf_epochs.enter(self.epoch.context.epoch, replaced.keys().copied());
        self.resumption.insert(number, Some(old.secrets.resumption.duplicate()));
        let mut erased = None;
        if let Some(erase) = retain {
            let size = old.secret_tree.size();
            let mut secret_tree = core::mem::replace(&mut old.secret_tree, SecretTree::cold(size));
            erased = Some(secret_tree.apply(erase));
            let past = PastEpoch {
                context_bytes: old.context_bytes.clone(),
                own_leaf,
                sender_data: old.secrets.sender_data.duplicate(),
                secret_tree,
                replaced,
                authenticator: old.secrets.authenticator.duplicate(),
                rewind,
            };
            self.past.insert(number, PastSlot { ended: now, state: Some(Box::new(past)) });
        }
        self.leaves.clear();
        let path_keys = match &mut self.path_keys {
            Some(keys) => keys.apply(path_keys),
            None => PathKeysUpdate::default(),
        };
        EpochUndo {
            epoch: old,
            tree: self.tree.replace(tree),
            path_keys,
            proposals: self.proposals.replace(ProposalCache::default()),
            pending: self.pending.take(),
            dropped: expired.into_iter().filter_map(|at| Some((at, self.past.remove(&at)?))).collect(),
            dropped_psks: expired_psks.into_iter().filter_map(|at| Some((at, self.resumption.remove(&at)?))).collect(),
            erased,
            leaf_epochs,
            clients: self.clients.change(&clients),
            abandoned: core::mem::replace(&mut self.abandoned, abandoned),
            sent: None,
        }
    }

    /// Moves to the epoch that the own pending commit leads to.
    pub(crate) fn enter_pending(&mut self, meta: EpochEnd) -> Option<EpochUndo> {
        let PendingCommit { sent, staged } = *self.pending.take()?;
        let mut undo = self.enter_epoch(NewEpoch { staged, end: meta });
        undo.sent = Some(sent);
        Some(undo)
    }

    /// Takes [`Self::enter_epoch`] back.
    pub(crate) fn leave_epoch(&mut self, undo: EpochUndo) {
        let EpochUndo {
            mut epoch,
            tree,
            path_keys,
            proposals,
            pending,
            dropped,
            dropped_psks,
            erased,
            leaf_epochs,
            clients,
            abandoned,
            sent,
        } = undo;
        self.abandoned = abandoned;
        self.leaf_epochs.undo(leaf_epochs);
        let clients = self.clients.change(&clients);
        let number = epoch.context.epoch;
        if let Some(erased) = erased
            && let Some(PastSlot { state: Some(mut past), .. }) = self.past.remove(&number)
        {
            past.secret_tree.undo(erased);
            epoch.secret_tree = past.secret_tree;
        }
        let left = core::mem::replace(&mut self.epoch, epoch);
        let left_tree = core::mem::replace(&mut self.tree, tree);
        let left_keys = self.path_keys.as_mut().map(|keys| keys.apply(path_keys));
        self.proposals = proposals;
        self.pending = match (sent, left_tree, left_keys) {
            (Some(sent), Some(tree), Some(path_keys)) => {
                let staged = StagedEpoch { epoch: left, tree, path_keys, clients };
                Some(Box::new(PendingCommit { sent, staged }))
            }
            _ => pending,
        };
        self.past.extend(dropped);
        self.resumption.extend(dropped_psks);
        self.resumption.remove(&number);
    }
}
