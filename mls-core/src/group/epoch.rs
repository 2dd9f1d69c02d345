//! The current epoch, the next one before it is entered, and retained ones.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_crypto_traits::SignaturePublicKey;

use crate::credential::Credential;
use crate::group::Group;
use crate::group::cache::ProposalCache;
use crate::group::pending::PendingCommit;
use crate::group::state::PastSlot;
use crate::group_context::GroupContext;
use crate::key_schedule::{
    EpochAuthenticator, ExporterSecret, ExternalSecret, InitSecret, MembershipKey, ResumptionPsk, SenderDataSecret,
};
use crate::secret_tree::SecretTree;
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

/// What a retained epoch keeps: enough to read late messages and no more.
pub(crate) struct PastEpoch {
    pub(crate) context_bytes: Vec<u8>,
    pub(crate) own_leaf: LeafIndex,
    pub(crate) sender_data: SenderDataSecret,
    pub(crate) secret_tree: SecretTree,
    /// The leaves that the next epoch changed, as they were in this one.
    pub(crate) replaced: Replaced,
}

/// Who sat at leaves that an epoch's end changed; `None` where the leaf was blank.
pub(crate) type Replaced = BTreeMap<LeafIndex, Option<(SignaturePublicKey, Credential)>>;

/// The next epoch, complete but for what the old one hands on when it ends.
pub(crate) struct NewEpoch {
    pub(crate) epoch: Epoch,
    pub(crate) tree: RatchetTree,
    pub(crate) path_keys: PathKeysUpdate,
    pub(crate) replaced: Replaced,
    /// When the old epoch ends, in seconds since the Unix epoch.
    pub(crate) now: u64,
    /// Retained epochs that are dropped on entering.
    pub(crate) expired: Vec<u64>,
    /// Resumption PSKs that are dropped on entering.
    pub(crate) expired_psks: Vec<u64>,
    /// Whether the old epoch is retained.
    pub(crate) retain: bool,
}

/// What entering an epoch took away, to take it back while a batch is open.
pub(crate) struct EpochUndo {
    /// The old epoch; its secret tree lies in the retained epoch, if there is one.
    epoch: Epoch,
    tree: Option<RatchetTree>,
    path_keys: PathKeysUpdate,
    proposals: Option<ProposalCache>,
    pending: Option<Box<PendingCommit>>,
    dropped: Vec<(u64, PastSlot)>,
    dropped_psks: Vec<(u64, Option<ResumptionPsk>)>,
    retained: bool,
}

impl Group {
    /// Moves to the next epoch. The retained epoch is made here from the live secret tree: a copy taken earlier would
    /// bring consumed keys back.
    pub(crate) fn enter_epoch(&mut self, new: NewEpoch) -> EpochUndo {
        let NewEpoch { epoch, tree, path_keys, replaced, now, expired, expired_psks, retain } = new;
        let number = self.epoch.context.epoch;
        let own_leaf = self.epoch.own_leaf;
        let mut old = core::mem::replace(&mut self.epoch, epoch);
        self.resumption.insert(number, Some(old.secrets.resumption.duplicate()));
        if retain {
            let mut secret_tree = core::mem::replace(&mut old.secret_tree, SecretTree::empty());
            secret_tree.forget_sender(own_leaf);
            let past = PastEpoch {
                context_bytes: old.context_bytes.clone(),
                own_leaf,
                sender_data: old.secrets.sender_data.duplicate(),
                secret_tree,
                replaced,
            };
            self.past.insert(number, PastSlot { ended: now, state: Some(Box::new(past)) });
        }
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
            dropped_psks: expired_psks
                .into_iter()
                .filter_map(|at| Some((at, self.resumption.remove(&at)?)))
                .collect(),
            retained: retain,
        }
    }

    /// Takes [`Self::enter_epoch`] back.
    pub(crate) fn leave_epoch(&mut self, undo: EpochUndo) {
        let EpochUndo { mut epoch, tree, path_keys, proposals, pending, dropped, dropped_psks, retained } = undo;
        let number = epoch.context.epoch;
        if retained
            && let Some(PastSlot { state: Some(past), .. }) = self.past.remove(&number)
        {
            epoch.secret_tree = past.secret_tree;
        }
        self.resumption.remove(&number);
        self.epoch = epoch;
        self.tree = tree;
        if let Some(keys) = &mut self.path_keys {
            keys.apply(path_keys);
        }
        self.proposals = proposals;
        self.pending = pending;
        self.past.extend(dropped);
        self.resumption.extend(dropped_psks);
    }
}
