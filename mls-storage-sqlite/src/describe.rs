//! What records say of themselves, for the columns that people query.

use mls_core::group::Group;
use mls_core::record::{Delta, GroupId, RecordKey, Write};
use mls_core::storage::key_package_lifetime;

/// What the header of a group says.
pub(crate) struct Described {
    pub(crate) epoch: i64,
    pub(crate) cipher_suite: i64,
    pub(crate) own_leaf: i64,
}

/// What a header in a delta says, where the delta has the status that belongs to it.
pub(crate) fn describe_group(delta: &Delta, id: &GroupId, header: &[u8]) -> Option<Described> {
    let status = delta.writes().find_map(|write| match write {
        Write::Put(RecordKey::Status(of), value) if of == id => Some(value),
        _ => None,
    })?;
    let group = Group::load(id, header, status).ok()?;
    Some(Described {
        epoch: group.epoch().cast_signed(),
        cipher_suite: i64::from(u16::from(group.cipher_suite())),
        own_leaf: i64::from(group.own_leaf().as_u32()),
    })
}

/// From when to when a key package is valid. A time that is further off than SQLite can count is the furthest that it
/// can.
pub(crate) fn lifetime_of(record: &[u8]) -> Option<(i64, i64)> {
    let lifetime = key_package_lifetime(record).ok()??;
    let column = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
    Some((column(lifetime.not_before), column(lifetime.not_after)))
}
