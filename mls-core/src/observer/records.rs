//! An observer's records, and a snapshot of all of them.

use alloc::sync::Arc;
use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind, Encode, Reader};
use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::advance::write_nodes;
use crate::group::cache::{CachedProposal, ProposalCache};
use crate::group::clients::{ClientChanges, Clients};
use crate::group::leaf_epochs::node_from_record;
use crate::group::resident::{index_seed, size_for};
use crate::group::state::{Standing, Status};
use crate::group::{Fault, Fresh};
use crate::group_context::GroupContext;
use crate::observer::Observer;
use crate::record::{
    Delta, GroupId, Missing, Precondition, RECORD_VERSION, RecordKey, RecordPrefix, Records, SecretWriter, open_record,
};
use crate::tree::node_bytes::NodeBytes;
use crate::tree::ratchet_tree::RatchetTree;

/// Tells an observer's header from a member's, which begins with a protocol version.
const MARK: u16 = u16::MAX;

impl Observer {
    /// The records that [`Self::load`] takes, to be read at one point in time.
    #[must_use]
    pub fn records_to_load(id: &GroupId) -> Missing {
        Missing {
            keys: alloc::vec![RecordKey::Group(id.clone()), RecordKey::Status(id.clone())],
            prefixes: alloc::vec![RecordPrefix::Tree(id.clone()), RecordPrefix::Proposals(id.clone())],
        }
    }

    /// Whether a record of [`RecordKey::Group`] is an observer's, and not a member's. A record that is neither is none.
    #[must_use]
    pub fn is_header(record: &[u8]) -> bool {
        open_record(record).and_then(|mut r| u16::decode(&mut r)).is_ok_and(|mark| mark == MARK)
    }

    /// The observer that the records of [`Self::records_to_load`] hold.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] where one is missing, does not decode or does not belong to the others, or a member's state
    /// is stored there; [`Fault::UnsupportedSuite`], [`Fault::Tree`], [`Fault::Crypto`].
    pub fn load(id: &GroupId, records: Records, env: &mut Env<'_>) -> Result<Self, Fault> {
        let Records { records, sets } = records;
        let (mut header, mut status) = (None, None);
        for (key, value) in records {
            match key {
                RecordKey::Group(_) => header = value,
                RecordKey::Status(_) => status = value,
                _ => {}
            }
        }
        let status = Status::from_record(status.ok_or_else(corrupt)?.as_bytes())?;
        let (mut nodes, mut clients, mut proposals) = (Vec::new(), Vec::new(), ProposalCache::default());
        for (key, value) in sets.iter().flat_map(|(_, set)| set.iter()) {
            match &*key {
                RecordKey::TreeNode(_, node) => {
                    let (bytes, notes) = node_from_record(*node, value)?;
                    nodes.push((*node, NodeBytes::from(bytes)));
                    clients.extend(node.leaf().map(|leaf| (leaf, notes.client)));
                }
                RecordKey::Proposal(_, reference) => {
                    let mut r = open_record(value)?;
                    proposals.insert(**reference, Arc::new(CachedProposal::from_record(&mut r)?));
                    r.finish()?;
                }
                _ => {}
            }
        }
        let header = header.ok_or_else(corrupt)?;
        let mut r = open_record(header.as_bytes())?;
        let mut observer = Self::read(&mut r, |context| {
            let suite = env.suite(context.cipher_suite).ok_or(Fault::UnsupportedSuite(context.cipher_suite))?;
            let size = size_for(nodes.iter().map(|(node, _)| *node)).ok_or_else(corrupt)?;
            Ok(RatchetTree::from_nodes(suite, index_seed(env)?, size, nodes)?)
        })?;
        r.finish()?;
        if observer.id != *id {
            return Err(corrupt().into());
        }
        observer.status = status;
        observer.proposals = proposals;
        observer.clients = Arc::new(Clients::of_leaves(clients));
        Ok(observer)
    }

    /// All that the observer knows but the proposals that wait, to be handed to another one.
    ///
    /// # Errors
    /// [`Fault::Encode`].
    pub fn snapshot(&self) -> Result<Vec<u8>, Fault> {
        let mut w = SecretWriter::new(RECORD_VERSION);
        self.write(&mut w)?;
        w.opaque(&self.tree.to_extension()?)?;
        w.put(&self.clients.all())?;
        Ok(w.finish().as_bytes().to_vec())
    }

    /// Begins to observe a group where another observer's [snapshot](Self::snapshot) says it stands.
    ///
    /// # Errors
    /// [`Fault::Corrupt`] for bytes that are no snapshot, [`Fault::WrongTree`], [`Fault::Tree`],
    /// [`Fault::UnsupportedSuite`].
    ///
    /// # Security
    /// Nothing shows that the snapshot is right, but that it is consistent: take it from whom you trust.
    pub fn from_snapshot(snapshot: &[u8], env: &mut Env<'_>) -> Result<Fresh<Self>, Fault> {
        let record = SecretBytes::from_slice(snapshot);
        let mut r = open_record(record.as_bytes())?;
        let mut head = r.clone();
        // The tree comes behind, and who its members are.
        let context = Self::skip_to_tree(&mut head)?;
        let suite = env.suite(context.cipher_suite).ok_or(Fault::UnsupportedSuite(context.cipher_suite))?;
        let tree = RatchetTree::from_extension(suite, index_seed(env)?, head.opaque()?)?;
        let mut observer = Self::read(&mut r, |_| Ok(tree))?;
        r.opaque()?;
        let clients: ClientChanges = Vec::decode(&mut r)?;
        r.finish()?;
        if clients.iter().any(|(leaf, _)| observer.tree.is_blank(leaf.node())) {
            return Err(corrupt().into());
        }
        observer.clients = Arc::new(Clients::of_leaves(clients));
        observer.found(env)
    }

    /// The observer as one that begins, with all of its records in the delta.
    pub(super) fn found(mut self, env: &mut Env<'_>) -> Result<Fresh<Self>, Fault> {
        let mut delta = Delta::new(env.rng)?;
        delta.require(Precondition::Absent(RecordKey::Status(self.id.clone())));
        let mut membership = [0; 8];
        env.rng.fill(&mut membership)?;
        self.status = Status { membership, ..Self::first_status() };
        delta.write(RecordKey::Status(self.id.clone()), &self.status)?;
        self.write_all(&mut delta)?;
        Ok(Fresh { delta, output: self })
    }

    pub(super) const fn first_status() -> Status {
        Status {
            revision: 0,
            membership: [0; 8],
            proposals: 0,
            pending_commit: 0,
            succeeded: 0,
            tree_outside: 0,
            standing: Standing::Here,
        }
    }

    /// Writes header and tree.
    pub(super) fn write_all(&self, delta: &mut Delta) -> Result<(), Fault> {
        let nodes: Vec<_> = self.tree.nodes().map(|(node, bytes)| (node, Some(bytes.clone()))).collect();
        write_nodes(delta, &self.id, (&self.tree, &nodes), self.context.epoch, |leaf| self.clients.get(leaf))?;
        self.write_header(delta)
    }

    pub(super) fn write_header(&self, delta: &mut Delta) -> Result<(), Fault> {
        let mut w = SecretWriter::new(RECORD_VERSION);
        self.write(&mut w)?;
        delta.put(RecordKey::Group(self.id.clone()), w.finish());
        Ok(())
    }

    fn write(&self, w: &mut SecretWriter) -> Result<(), Fault> {
        let Self {
            id: _,
            status: _,
            context,
            context_bytes: _,
            interim_transcript_hash,
            confirmation_tag,
            re_init,
            tree: _,
            clients: _,
            proposals: _,
        } = self;
        w.put(&MARK)?;
        w.put(context)?;
        w.put(interim_transcript_hash)?;
        w.put(confirmation_tag)?;
        Ok(w.put(re_init)?)
    }

    fn skip_to_tree(r: &mut Reader<'_>) -> Result<GroupContext, DecodeError> {
        if u16::decode(r)? != MARK {
            return Err(corrupt());
        }
        let context = GroupContext::decode(r)?;
        r.opaque()?;
        r.opaque()?;
        Option::<crate::proposal::ReInit>::decode(r)?;
        Ok(context)
    }

    fn read(r: &mut Reader<'_>, tree: impl FnOnce(&GroupContext) -> Result<RatchetTree, Fault>) -> Result<Self, Fault> {
        if u16::decode(r)? != MARK {
            return Err(corrupt().into());
        }
        let context = GroupContext::decode(r)?;
        let interim_transcript_hash = Vec::decode(r)?;
        let confirmation_tag = Vec::decode(r)?;
        let re_init = Option::decode(r)?;
        let tree = tree(&context)?;
        if tree.root_hash().as_bytes() != context.tree_hash {
            return Err(Fault::WrongTree);
        }
        Ok(Self {
            id: GroupId::from(context.group_id.as_slice()),
            status: Self::first_status(),
            context_bytes: context.to_bytes()?,
            context,
            interim_transcript_hash,
            confirmation_tag,
            re_init,
            tree,
            clients: Arc::default(),
            proposals: ProposalCache::default(),
        })
    }
}

/// Records decode and do not belong together.
const fn corrupt() -> DecodeError {
    DecodeError::new(DecodeErrorKind::InvalidValue, 0)
}
