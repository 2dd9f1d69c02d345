//! What a store may know of a record to make it a column.

use mls_codec::{Decode, DecodeError};

use crate::key_package::KeyPackage;
use crate::record::open_record;
use crate::tree::leaf_node::{LeafNodeSource, Lifetime};

/// When the key package of a record [`RecordKey::KeyPackage`](crate::record::RecordKey::KeyPackage) is valid
/// (RFC 9420 section 7.2); `None` where its leaf is not that of a key package.
///
/// A store keeps it as a column, to delete what has expired.
///
/// # Errors
/// A [`DecodeError`] where the bytes are no such record.
pub fn key_package_lifetime(record: &[u8]) -> Result<Option<Lifetime>, DecodeError> {
    let key_package = KeyPackage::decode(&mut open_record(record)?)?;
    Ok(match key_package.leaf_node.leaf_node_source {
        LeafNodeSource::KeyPackage(lifetime) => Some(lifetime),
        LeafNodeSource::Update | LeafNodeSource::Commit { .. } => None,
    })
}
