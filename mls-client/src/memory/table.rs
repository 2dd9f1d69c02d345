//! The records, by key.

use core::ops::{Bound, Range};
use std::collections::BTreeMap;

use mls_codec::EncodeError;
use mls_core::record::{
    Delta, GroupId, NodeValue, Precondition, RecordKey, RecordPrefix, RecordSet, SharedNode, Write,
};
use mls_core::storage::{StorageError, StorageErrorKind};
use mls_core::tree::math::NodeIndex;
use mls_crypto_traits::SecretBytes;

use super::nodes::Nodes;

/// Trees stand apart: they are nearly all there is, and their records are told apart by a number.
#[derive(Default)]
pub(super) struct Table {
    trees: BTreeMap<GroupId, Nodes>,
    /// By the bytes of their keys.
    others: BTreeMap<Vec<u8>, SecretBytes>,
}

/// The writes of a delta, with everything that could fail done.
pub(super) struct Changes<'a> {
    changes: Vec<Change<'a>>,
    /// The names of the others, one behind the other.
    names: Vec<u8>,
}

/// What is no node is known by where its name stands among the names.
enum Change<'a> {
    DeleteNode(&'a GroupId, NodeIndex),
    Delete(Range<usize>),
    PutNode(&'a GroupId, NodeValue<'a>),
    Put(Range<usize>, &'a [u8]),
    DeleteSet(Set<'a>),
}

/// Where the records of a set are.
struct Set<'a> {
    tree: Option<&'a GroupId>,
    /// How the others' names begin, ascending; none of them is how another one begins.
    starts: Vec<Vec<u8>>,
}

impl Table {
    pub(super) fn len(&self) -> usize {
        self.trees.values().map(Nodes::len).fold(self.others.len(), usize::saturating_add)
    }

    pub(super) fn get(&self, key: &RecordKey) -> Result<Option<&[u8]>, StorageError> {
        Ok(match key {
            RecordKey::TreeNode(id, node) => self.trees.get(id).and_then(|tree| tree.get(*node)).map(SharedNode::value),
            other => self.others.get(&bytes(other)?).map(SecretBytes::as_bytes),
        })
    }

    /// In the order of the keys' bytes.
    pub(super) fn scan(&self, prefix: &RecordPrefix) -> Result<RecordSet, StorageError> {
        let set = Set::of(prefix)?;
        let tree = set.tree.and_then(|id| self.trees.get_key_value(id));
        let mut found = RecordSet::with_capacity(tree.map_or(0, |(_, nodes)| nodes.len()));
        if let Some((id, nodes)) = tree {
            found.share_nodes(id.clone(), nodes.iter());
        }
        let nodes = found.len();
        for start in &set.starts {
            for (name, value) in range(&self.others, start) {
                found.push(key_of(name)?, value.as_bytes());
            }
        }
        if nodes > 0 && nodes < found.len() {
            found.sort();
        }
        Ok(found)
    }

    pub(super) fn make(&mut self, changes: &Changes<'_>) {
        let name = |at: &Range<usize>| changes.names.get(at.clone()).unwrap_or_default();
        for change in &changes.changes {
            match change {
                Change::PutNode(id, value) => self.put_node(id, *value),
                Change::Put(at, value) => match self.others.get_mut(name(at)) {
                    Some(old) => replace(old, value),
                    None => drop(self.others.insert(name(at).to_vec(), SecretBytes::from_slice(value))),
                },
                Change::DeleteNode(id, node) => {
                    if let Some(tree) = self.trees.get_mut(*id) {
                        tree.remove(*node);
                        if tree.len() == 0 {
                            self.trees.remove(*id);
                        }
                    }
                }
                Change::Delete(at) => drop(self.others.remove(name(at))),
                Change::DeleteSet(Set { tree, starts }) => {
                    tree.map(|id| self.trees.remove(id));
                    // What is not deleted is not looked at: each commit deletes a set or two.
                    for start in starts {
                        let names: Vec<_> = range(&self.others, start).map(|(name, _)| name.clone()).collect();
                        names.iter().for_each(|name| drop(self.others.remove(name)));
                    }
                }
            }
        }
    }

    fn put_node(&mut self, id: &GroupId, value: NodeValue<'_>) {
        let tree = match self.trees.get_mut(id) {
            Some(tree) => tree,
            None => self.trees.entry(id.clone()).or_default(),
        };
        tree.put(value);
    }
}

/// Most records are as long as they were: those are written over, which leaves nothing to wipe and to free.
fn replace(old: &mut SecretBytes, new: &[u8]) {
    if old.len() == new.len() {
        old.as_mut_bytes().copy_from_slice(new);
    } else {
        *old = SecretBytes::from_slice(new);
    }
}

impl<'a> Changes<'a> {
    pub(super) fn of(delta: &'a Delta) -> Result<Self, StorageError> {
        // A step writes up to a dozen records beside its nodes.
        let names = Vec::with_capacity(delta.len().min(12).saturating_mul(64));
        let mut all = Self { changes: Vec::with_capacity(delta.len()), names };
        for (write, node) in delta.writes_and_nodes() {
            let change = match (write, node) {
                (Write::DeletePrefix(prefix), _) => Change::DeleteSet(Set::of(prefix)?),
                (Write::Put(RecordKey::TreeNode(id, _), _), Some(node)) => Change::PutNode(id, node),
                (Write::Put(key, value), _) => Change::Put(all.name(key)?, value),
                (Write::Delete(RecordKey::TreeNode(id, node)), _) => Change::DeleteNode(id, *node),
                (Write::Delete(key), _) => Change::Delete(all.name(key)?),
                _ => return Err(StorageError::new(StorageErrorKind::Other)),
            };
            all.changes.push(change);
        }
        Ok(all)
    }

    fn name(&mut self, key: &RecordKey) -> Result<Range<usize>, StorageError> {
        let start = self.names.len();
        key.append_to(&mut self.names).map_err(too_long)?;
        Ok(start..self.names.len())
    }
}

impl<'a> Set<'a> {
    fn of(prefix: &'a RecordPrefix) -> Result<Self, StorageError> {
        let tree = match prefix {
            RecordPrefix::Tree(id) => return Ok(Self { tree: Some(id), starts: Vec::new() }),
            RecordPrefix::Group(id) => Some(id),
            _ => None,
        };
        let mut starts = prefix.to_byte_prefixes().map_err(too_long)?;
        starts.sort_unstable();
        Ok(Self { tree, starts })
    }
}

/// Which record a precondition is about, and whether it holds.
pub(super) fn check<'a>(table: &Table, precondition: &'a Precondition) -> Result<(&'a RecordKey, bool), StorageError> {
    Ok(match precondition {
        Precondition::Equals(key, want) => (key, table.get(key)?.is_some_and(|value| want.ct_eq(value))),
        Precondition::Present(key) => (key, table.get(key)?.is_some()),
        Precondition::Absent(key) => (key, table.get(key)?.is_none()),
        _ => return Err(StorageError::new(StorageErrorKind::Other)),
    })
}

/// The records whose names begin so.
fn range<'a>(
    others: &'a BTreeMap<Vec<u8>, SecretBytes>,
    start: &'a [u8],
) -> impl Iterator<Item = (&'a Vec<u8>, &'a SecretBytes)> {
    let from = (Bound::Included(start), Bound::Unbounded);
    others.range::<[u8], _>(from).take_while(move |(name, _)| name.starts_with(start))
}

/// The key that a name was made from.
fn key_of(name: &[u8]) -> Result<RecordKey, StorageError> {
    RecordKey::from_bytes(name)
        .map_err(|error| StorageError::new(StorageErrorKind::Corrupt).with_source(Box::new(error)))
}

fn bytes(key: &RecordKey) -> Result<Vec<u8>, StorageError> {
    key.to_bytes().map_err(too_long)
}

fn too_long(error: EncodeError) -> StorageError {
    StorageError::new(StorageErrorKind::Other).with_source(Box::new(error))
}
