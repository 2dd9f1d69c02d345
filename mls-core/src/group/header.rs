//! The group's records: how they are written and read.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, Encode, EncodeError, Reader, opaque_len};
use mls_crypto_traits::{HpkePrivateKey, SecretBytes, SignaturePublicKey};

use crate::credential::Credential;
use crate::group::Group;
use crate::group::epoch::{Epoch, LiveSecrets, PastEpoch, Replaced};
use crate::group::pending::{PendingCommit, SentCommit, StagedEpoch};
use crate::group::state::Status;
use crate::group_context::GroupContext;
use crate::key_schedule::{
    EpochAuthenticator, ExporterSecret, ExternalSecret, InitSecret, MembershipKey, ResumptionPsk, SenderDataSecret,
};
use crate::record::{Delta, GroupId, RECORD_VERSION, RecordKey, SecretWriter, open_record};
use crate::secret_tree::{SecretTree, SecretTreeChange, SecretTreeKey};
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::{OwnPathKeys, PathKeysUpdate};
use crate::tree::ratchet_tree::RatchetTree;

/// What a group's header record holds besides the epoch.
#[derive(Default)]
pub(crate) struct Retention {
    /// Retained epochs, with the time at which each ended.
    pub(crate) past: Vec<(u64, u64)>,
    /// Epochs whose resumption PSK is kept.
    pub(crate) resumption: Vec<u64>,
    /// Epochs that were left by going back.
    pub(crate) abandoned: Vec<(u64, Vec<u8>)>,
}

impl Group {
    /// What the header says of other epochs.
    pub(crate) fn retention(&self) -> Retention {
        Retention {
            past: self.past.iter().map(|(epoch, slot)| (*epoch, slot.ended)).collect(),
            resumption: self.resumption.keys().copied().collect(),
            abandoned: self.abandoned.clone(),
        }
    }
}

impl Status {
    pub(crate) fn to_record(self) -> Result<SecretBytes, EncodeError> {
        let mut w = SecretWriter::sized(RECORD_VERSION, self.encoded_len());
        w.put(&self)?;
        Ok(w.finish())
    }

    pub(crate) fn from_record(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(bytes)?;
        let status = Self::decode(&mut r)?;
        r.finish()?;
        Ok(status)
    }
}

impl Epoch {
    pub(crate) fn to_record(&self, retention: &Retention) -> Result<SecretBytes, EncodeError> {
        self.header(retention, self.secrets.exporter.as_bytes())
    }

    /// The header of an epoch whose exporter secret is deleted.
    pub(crate) fn to_record_without_exporter(&self, retention: &Retention) -> Result<SecretBytes, EncodeError> {
        self.header(retention, &[])
    }

    fn header(&self, retention: &Retention, exporter: &[u8]) -> Result<SecretBytes, EncodeError> {
        // Room for the secrets, and for what is retained.
        let mut w = SecretWriter::sized(RECORD_VERSION, self.context_bytes.len().saturating_add(768));
        self.write(&mut w, exporter)?;
        w.put(&retention.past)?;
        w.put(&retention.resumption)?;
        w.put(&retention.abandoned)?;
        Ok(w.finish())
    }

    fn write(&self, w: &mut SecretWriter, exporter_bytes: &[u8]) -> Result<(), EncodeError> {
        let Self {
            context,
            context_bytes: _,
            interim_transcript_hash,
            confirmation_tag,
            own_leaf,
            own_signature_key,
            re_init,
            secrets,
            secret_tree,
        } = self;
        w.put(context)?;
        w.put(interim_transcript_hash)?;
        w.put(confirmation_tag)?;
        w.put(own_leaf)?;
        w.put(own_signature_key)?;
        w.put(re_init)?;
        w.put(&secret_tree.size())?;
        let LiveSecrets { sender_data, exporter: _, external, membership, resumption, authenticator, init } = secrets;
        w.opaque(sender_data.as_bytes())?;
        w.opaque(exporter_bytes)?;
        w.opaque(external.as_bytes())?;
        w.opaque(membership.as_bytes())?;
        w.opaque(resumption.as_bytes())?;
        w.opaque(authenticator.as_bytes())?;
        w.opaque(init.as_bytes())
    }

    /// The epoch with a secret tree of which nothing is resident.
    fn read(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let context = GroupContext::decode(r)?;
        // The context was encoded once before; what decodes is not too long.
        let context_bytes = context.to_bytes().unwrap_or_default();
        Ok(Self {
            context,
            context_bytes,
            interim_transcript_hash: Vec::decode(r)?,
            confirmation_tag: Vec::decode(r)?,
            own_leaf: LeafIndex::decode(r)?,
            own_signature_key: SignaturePublicKey::decode(r)?,
            re_init: Option::decode(r)?,
            secret_tree: SecretTree::cold(TreeSize::decode(r)?),
            secrets: LiveSecrets {
                sender_data: SenderDataSecret::from_bytes(secret(r)?),
                exporter: ExporterSecret::from_bytes(secret(r)?),
                external: ExternalSecret::from_bytes(secret(r)?),
                membership: MembershipKey::from_bytes(secret(r)?),
                resumption: ResumptionPsk::from_bytes(secret(r)?),
                authenticator: EpochAuthenticator::from_bytes(secret(r)?),
                init: InitSecret::from_bytes(secret(r)?),
            },
        })
    }

    pub(crate) fn from_record(bytes: &[u8]) -> Result<(Self, Retention), DecodeError> {
        let mut r = open_record(bytes)?;
        let epoch = Self::read(&mut r)?;
        let retention =
            Retention { past: Vec::decode(&mut r)?, resumption: Vec::decode(&mut r)?, abandoned: Vec::decode(&mut r)? };
        r.finish()?;
        Ok((epoch, retention))
    }
}

/// The record of an epoch that is retained from now on.
pub(crate) fn past_epoch_record(
    epoch: &Epoch,
    replaced: &Replaced,
    rewind: Option<&SecretBytes>,
) -> Result<SecretBytes, EncodeError> {
    let rewind_len = rewind.map_or(0, SecretBytes::len);
    let len = epoch.context_bytes.len().saturating_add(rewind_len).saturating_add(384);
    let mut w = SecretWriter::sized(RECORD_VERSION, len);
    w.opaque(&epoch.context_bytes)?;
    w.put(&epoch.own_leaf)?;
    w.put(&epoch.secret_tree.size())?;
    w.opaque(epoch.secrets.sender_data.as_bytes())?;
    let replaced: Vec<_> = replaced.iter().map(|(leaf, then)| (*leaf, then.as_ref())).collect();
    w.put(&replaced)?;
    w.opaque(epoch.secrets.authenticator.as_bytes())?;
    w.put(&u8::from(rewind.is_some()))?;
    if let Some(rewind) = rewind {
        w.opaque(rewind.as_bytes())?;
    }
    Ok(w.finish())
}

impl PastEpoch {
    pub(crate) fn from_record(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(bytes)?;
        let past = Self {
            context_bytes: Vec::decode(&mut r)?,
            own_leaf: LeafIndex::decode(&mut r)?,
            secret_tree: SecretTree::cold(TreeSize::decode(&mut r)?),
            sender_data: SenderDataSecret::from_bytes(secret(&mut r)?),
            replaced: Vec::<(LeafIndex, Option<(SignaturePublicKey, Credential)>)>::decode(&mut r)?
                .into_iter()
                .collect(),
            authenticator: EpochAuthenticator::from_bytes(secret(&mut r)?),
            rewind: match u8::decode(&mut r)? {
                0 => None,
                _ => Some(secret(&mut r)?),
            },
        };
        r.finish()?;
        Ok(past)
    }
}

/// The own path keys as they will be after `update`, without applying it.
pub(crate) fn path_keys_record(keys: &OwnPathKeys, update: &PathKeysUpdate) -> Result<SecretBytes, EncodeError> {
    let leaf = update.leaf.as_ref().unwrap_or(&keys.leaf);
    let gone = |node: &NodeIndex| update.set.contains_key(node) || update.clear.contains(node);
    let mut merged: Vec<_> = Vec::with_capacity(keys.parents.len().saturating_add(update.set.len()));
    merged.extend(keys.parents.iter().filter(|(node, _)| !gone(node)).chain(&update.set));
    merged.sort_unstable_by_key(|(node, _)| **node);
    let len_of = |key: &HpkePrivateKey| opaque_len(key.as_bytes()).saturating_add(4);
    let len = merged.iter().fold(len_of(leaf), |sum, (_, key)| sum.saturating_add(len_of(key)));
    let mut w = SecretWriter::sized(RECORD_VERSION, len);
    w.opaque(leaf.as_bytes())?;
    w.put(&u32::try_from(merged.len()).unwrap_or(u32::MAX))?;
    for (node, key) in merged {
        w.put(node)?;
        w.opaque(key.as_bytes())?;
    }
    Ok(w.finish())
}

pub(crate) fn path_keys_from_record(bytes: &[u8]) -> Result<OwnPathKeys, DecodeError> {
    let mut r = open_record(bytes)?;
    let mut keys = OwnPathKeys::new(private_key(&mut r)?);
    for _ in 0..u32::decode(&mut r)? {
        keys.parents.insert(NodeIndex::decode(&mut r)?, private_key(&mut r)?);
    }
    r.finish()?;
    Ok(keys)
}

impl PendingCommit {
    /// The record of a pending commit; of its tree only what differs from `tree`.
    pub(crate) fn to_record(&self, tree: &RatchetTree) -> Result<SecretBytes, EncodeError> {
        let Self { sent, staged } = self;
        let StagedEpoch { epoch, tree: new, path_keys, clients } = staged;
        let (records, edits) = (epoch.secret_tree.records()?, tree.diff(new));
        // Room for the epoch beside what is long.
        let len_of = |bytes: &[u8]| opaque_len(bytes).saturating_add(8);
        let secrets = records.iter().map(|(_, value)| len_of(value.as_bytes()));
        let keys = path_keys.leaf.iter().chain(path_keys.set.values()).map(|key| len_of(key.as_bytes()));
        let public = [sent.encoded_len(), edits.encoded_len(), path_keys.clear.encoded_len(), clients.encoded_len()];
        let len = public.into_iter().chain(secrets).chain(keys).fold(1_024, usize::saturating_add);
        let mut w = SecretWriter::sized(RECORD_VERSION, len);
        w.put(sent)?;
        epoch.write(&mut w, epoch.secrets.exporter.as_bytes())?;
        w.put(&u32::try_from(records.len()).unwrap_or(u32::MAX))?;
        for (key, value) in &records {
            w.put(key)?;
            w.opaque(value.as_bytes())?;
        }
        w.put(&edits)?;
        write_path_update(&mut w, path_keys)?;
        w.put(clients)?;
        Ok(w.finish())
    }

    /// Reads the record back; the tree is made by `replay` from the edits.
    pub(crate) fn from_record<E: From<DecodeError>>(
        bytes: &[u8],
        replay: impl FnOnce(TreeSize, Vec<(NodeIndex, Option<NodeBytes>)>) -> Result<RatchetTree, E>,
    ) -> Result<Box<Self>, E> {
        let mut r = open_record(bytes)?;
        let sent = SentCommit::decode(&mut r)?;
        let mut epoch = Epoch::read(&mut r)?;
        for _ in 0..u32::decode(&mut r)? {
            let key = SecretTreeKey::decode(&mut r)?;
            epoch.secret_tree.admit(key, Some(r.opaque()?))?;
        }
        let tree = replay(epoch.secret_tree.size(), Vec::decode(&mut r)?)?;
        epoch.check_tree(&tree)?;
        let path_keys = read_path_update(&mut r)?;
        let clients = Vec::decode(&mut r)?;
        r.finish()?;
        Ok(Box::new(Self { sent, staged: StagedEpoch { epoch: Box::new(epoch), tree, path_keys, clients } }))
    }
}

fn write_path_update(w: &mut SecretWriter, update: &PathKeysUpdate) -> Result<(), EncodeError> {
    let PathKeysUpdate { leaf, set, clear } = update;
    w.put(&u8::from(leaf.is_some()))?;
    if let Some(leaf) = leaf {
        w.opaque(leaf.as_bytes())?;
    }
    w.put(&u32::try_from(set.len()).unwrap_or(u32::MAX))?;
    for (node, key) in set {
        w.put(node)?;
        w.opaque(key.as_bytes())?;
    }
    w.put(clear)
}

fn read_path_update(r: &mut Reader<'_>) -> Result<PathKeysUpdate, DecodeError> {
    let leaf = match u8::decode(r)? {
        0 => None,
        _ => Some(private_key(r)?),
    };
    let mut set = BTreeMap::new();
    for _ in 0..u32::decode(r)? {
        set.insert(NodeIndex::decode(r)?, private_key(r)?);
    }
    Ok(PathKeysUpdate { leaf, set, clear: Vec::decode(r)? })
}

fn secret(r: &mut Reader<'_>) -> Result<SecretBytes, DecodeError> {
    r.opaque().map(SecretBytes::from_slice)
}

fn private_key(r: &mut Reader<'_>) -> Result<HpkePrivateKey, DecodeError> {
    r.opaque().map(|bytes| HpkePrivateKey::from_bytes(bytes.to_vec()))
}

/// The name of a secret tree's record.
pub(crate) fn secret_tree_record(group: &GroupId, epoch: u64, key: SecretTreeKey) -> RecordKey {
    let id = group.clone();
    match key {
        SecretTreeKey::Node(node) => RecordKey::SecretNode(id, epoch, node),
        SecretTreeKey::Ratchet(leaf, kind) => RecordKey::Ratchet(id, epoch, leaf, kind),
        SecretTreeKey::Skipped(leaf, kind, generation) => RecordKey::SkippedKey(id, epoch, leaf, kind, generation),
        SecretTreeKey::SkippedIndex => RecordKey::SkippedIndex(id, epoch),
    }
}

/// Writes what a change does to an epoch's secret tree.
pub(crate) fn write_secret_tree<'a>(
    delta: &mut Delta,
    group: &GroupId,
    epoch: u64,
    changes: impl Iterator<Item = SecretTreeChange<'a>>,
) -> Result<(), EncodeError> {
    for change in changes {
        let key = secret_tree_record(group, epoch, change.key());
        match change.value()? {
            Some(value) => delta.put(key, with_version(&value)?),
            None => delta.delete(key),
        }
    }
    Ok(())
}

/// A value behind the version octet.
pub(crate) fn with_version(value: &SecretBytes) -> Result<SecretBytes, EncodeError> {
    let mut w = SecretWriter::sized(RECORD_VERSION, value.len());
    w.raw(value.as_bytes());
    Ok(w.finish())
}
