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
use crate::record::{Delta, GroupId, RecordKey, SecretWriter, ToRecord, open_record};
use crate::secret_tree::{SecretTree, SecretTreeChange, SecretTreeKey};
use crate::tree::math::{LeafIndex, NodeIndex, TreeSize};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::path::{OwnPathKeys, PathKeysUpdate};
use crate::tree::ratchet_tree::{NodeEdit, RatchetTree};

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

impl ToRecord for Status {
    fn room(&self) -> usize {
        self.encoded_len()
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        w.put(self)
    }
}

impl Status {
    pub(crate) fn from_record(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut r = open_record(bytes)?;
        let status = Self::decode(&mut r)?;
        r.finish()?;
        Ok(status)
    }
}

/// The group's header: an epoch, and what is retained of others.
pub(crate) struct Header<'a> {
    epoch: &'a Epoch,
    retention: &'a Retention,
    exporter: &'a [u8],
}

impl ToRecord for Header<'_> {
    fn room(&self) -> usize {
        let Retention { past, resumption, abandoned } = self.retention;
        let lens = [past.encoded_len(), resumption.encoded_len(), abandoned.encoded_len()];
        lens.into_iter().fold(self.epoch.stored_len(), usize::saturating_add)
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { epoch, retention: Retention { past, resumption, abandoned }, exporter } = self;
        epoch.write(w, exporter)?;
        w.put(past)?;
        w.put(resumption)?;
        w.put(abandoned)
    }
}

impl LiveSecrets {
    /// The secrets as they are stored, the exporter's replaced by these bytes.
    fn in_order<'a>(&'a self, exporter: &'a [u8]) -> [&'a [u8]; 7] {
        let Self { sender_data, exporter: _, external, membership, resumption, authenticator, init } = self;
        [
            sender_data.as_bytes(),
            exporter,
            external.as_bytes(),
            membership.as_bytes(),
            resumption.as_bytes(),
            authenticator.as_bytes(),
            init.as_bytes(),
        ]
    }
}

impl Epoch {
    pub(crate) fn header<'a>(&'a self, retention: &'a Retention) -> Header<'a> {
        Header { epoch: self, retention, exporter: self.secrets.exporter.as_bytes() }
    }

    /// The header of an epoch whose exporter secret is deleted.
    pub(crate) const fn header_without_exporter<'a>(&'a self, retention: &'a Retention) -> Header<'a> {
        Header { epoch: self, retention, exporter: &[] }
    }

    /// How long [`Self::write`] makes a record, at most.
    fn stored_len(&self) -> usize {
        let Self {
            context: _,
            context_bytes,
            interim_transcript_hash,
            confirmation_tag,
            own_leaf,
            own_signature_key,
            re_init,
            secrets,
            secret_tree,
        } = self;
        let public = [
            context_bytes.len(),
            interim_transcript_hash.encoded_len(),
            confirmation_tag.encoded_len(),
            own_leaf.encoded_len(),
            own_signature_key.encoded_len(),
            re_init.encoded_len(),
            secret_tree.size().encoded_len(),
        ];
        let secrets = secrets.in_order(secrets.exporter.as_bytes());
        public.into_iter().chain(secrets.map(opaque_len)).fold(0, usize::saturating_add)
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
        secrets.in_order(exporter_bytes).into_iter().try_for_each(|secret| w.opaque(secret))
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

/// An epoch that is retained from now on.
pub(crate) struct EndedEpoch<'a> {
    pub(crate) epoch: &'a Epoch,
    pub(crate) replaced: &'a Replaced,
    pub(crate) rewind: Option<&'a SecretBytes>,
}

impl ToRecord for EndedEpoch<'_> {
    fn room(&self) -> usize {
        let Self { epoch, replaced, rewind } = self;
        let rewind = rewind.map_or(0, |rewind| opaque_len(rewind.as_bytes()));
        // A leaf's index and whether somebody sat there beside who did.
        let replaced = replaced.values().flatten();
        let replaced = replaced.fold(8, |sum, then| then.encoded_len().saturating_add(5).saturating_add(sum));
        let epoch =
            [&epoch.context_bytes, epoch.secrets.sender_data.as_bytes(), epoch.secrets.authenticator.as_bytes()]
                .map(opaque_len);
        epoch.into_iter().chain([rewind, replaced]).fold(9, usize::saturating_add)
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { epoch, replaced, rewind } = self;
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
        Ok(())
    }
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

/// The own path keys as they will be after an update, without applying it.
pub(crate) struct PathKeysAfter<'a> {
    leaf: &'a HpkePrivateKey,
    parents: Vec<(&'a NodeIndex, &'a HpkePrivateKey)>,
}

impl<'a> PathKeysAfter<'a> {
    pub(crate) fn new(keys: &'a OwnPathKeys, update: &'a PathKeysUpdate) -> Self {
        let gone = |node: &NodeIndex| update.set.contains_key(node) || update.clear.contains(node);
        let mut parents: Vec<_> = Vec::with_capacity(keys.parents.len().saturating_add(update.set.len()));
        parents.extend(keys.parents.iter().filter(|(node, _)| !gone(node)).chain(&update.set));
        parents.sort_unstable_by_key(|(node, _)| **node);
        Self { leaf: update.leaf.as_ref().unwrap_or(&keys.leaf), parents }
    }
}

impl OwnPathKeys {
    /// The record of the keys as they are.
    pub(crate) fn to_record(&self) -> Result<SecretBytes, EncodeError> {
        PathKeysAfter::new(self, &PathKeysUpdate::default()).to_record()
    }
}

impl ToRecord for PathKeysAfter<'_> {
    fn room(&self) -> usize {
        let len_of = |key: &HpkePrivateKey| opaque_len(key.as_bytes()).saturating_add(4);
        self.parents.iter().fold(len_of(self.leaf), |sum, (_, key)| sum.saturating_add(len_of(key)))
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { leaf, parents } = self;
        w.opaque(leaf.as_bytes())?;
        w.put(&u32::try_from(parents.len()).unwrap_or(u32::MAX))?;
        for (node, key) in parents {
            w.put(*node)?;
            w.opaque(key.as_bytes())?;
        }
        Ok(())
    }
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

/// A pending commit; of its tree only what differs from the group's.
pub(crate) struct PendingRecord<'a> {
    pending: &'a PendingCommit,
    records: Vec<(SecretTreeKey, SecretBytes)>,
    edits: Vec<NodeEdit>,
}

impl ToRecord for PendingRecord<'_> {
    fn room(&self) -> usize {
        let Self { pending: PendingCommit { sent, staged }, records, edits } = self;
        let StagedEpoch { epoch, tree: _, path_keys: PathKeysUpdate { leaf, set, clear }, clients } = staged;
        // A name is five octets or so.
        let len_of = |bytes: &[u8]| opaque_len(bytes).saturating_add(8);
        let secrets = records.iter().map(|(_, value)| len_of(value.as_bytes()));
        let keys = leaf.iter().chain(set.values()).map(|key| len_of(key.as_bytes()));
        let public = [sent.encoded_len(), edits.encoded_len(), clear.encoded_len(), clients.encoded_len()];
        let public = public.into_iter().chain([epoch.stored_len()]);
        public.chain(secrets).chain(keys).fold(16, usize::saturating_add)
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), EncodeError> {
        let Self { pending: PendingCommit { sent, staged }, records, edits } = self;
        let StagedEpoch { epoch, tree: _, path_keys, clients } = staged;
        w.put(sent)?;
        epoch.write(w, epoch.secrets.exporter.as_bytes())?;
        w.put(&u32::try_from(records.len()).unwrap_or(u32::MAX))?;
        for (key, value) in records {
            w.put(key)?;
            w.opaque(value.as_bytes())?;
        }
        w.put(edits)?;
        write_path_update(w, path_keys)?;
        w.put(clients)
    }
}

impl PendingCommit {
    /// What is stored of it, beside `tree`.
    pub(crate) fn record(&self, tree: &RatchetTree) -> Result<PendingRecord<'_>, EncodeError> {
        let StagedEpoch { epoch, tree: new, .. } = &self.staged;
        Ok(PendingRecord { pending: self, records: epoch.secret_tree.records()?, edits: tree.diff(new) })
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
            Some(value) => delta.write(key, value.as_bytes())?,
            None => delta.delete(key),
        }
    }
    Ok(())
}
