//! Moving a group to another store: where it was, nothing more is sent.
//!
//! A copy of a group is a copy of its ratchets, and two that send use generations twice. So a group is not copied but
//! moved. The source is marked, and refuses everything. The copy reads, but sends nothing before it has entered
//! another epoch, in which the source never was.

use alloc::vec::Vec;

use mls_codec::{Decode, DecodeError, DecodeErrorKind};
use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::builder::StepBuilder;
use crate::group::state::{Standing, Status};
use crate::group::step::Fresh;
use crate::group::{Fault, Group, Step};
use crate::record::{
    Delta, GroupId, Missing, Precondition, RECORD_VERSION, RecordKey, RecordPrefix, Records, SecretWriter, ToRecord,
    open_record,
};

/// The records that [`export_group`] takes.
#[must_use]
pub fn records_to_export(group: &Group) -> Missing {
    Missing {
        keys: alloc::vec![RecordKey::Group(group.id.clone()), RecordKey::Signer(group.epoch.own_signature_key.clone())],
        prefixes: alloc::vec![RecordPrefix::Group(group.id.clone())],
    }
}

/// Moves a group out: what comes out is all of it, with its signer where that is stored. Import it once.
///
/// The group refuses everything from then on, but to be exported again, where what came out was lost.
///
/// # Errors
/// [`Fault::Corrupt`] where the header is not among the records; nothing has changed.
///
/// # Security
/// What comes out holds every secret of the group and is not encrypted.
pub fn export_group(group: &Group, records: Records, env: &mut Env<'_>) -> Result<Step<SecretBytes>, Fault> {
    let mut builder = StepBuilder::new(group, env.rng)?;
    builder.status.standing = Standing::Moved;
    // Exported again, it is the same.
    let imported = Status { standing: Standing::Imported, revision: 0, ..group.status };
    let mut exported = Vec::new();
    let singly = records.records.into_iter().filter_map(|(key, value)| Some((key, value?)));
    for (key, value) in singly.chain(records.sets.into_iter().flat_map(|(_, set)| set)) {
        let value = match &key {
            RecordKey::Status(_) => imported.to_record()?,
            _ => value,
        };
        exported.push((key.to_bytes()?, value));
    }
    exported.sort_unstable_by(|one, other| one.0.cmp(&other.0));
    exported.dedup_by(|one, other| one.0 == other.0);
    let mut w = SecretWriter::new(RECORD_VERSION);
    w.put(&group.id)?;
    for (key, value) in &exported {
        w.opaque(key)?;
        w.opaque(value.as_bytes())?;
    }
    let output = w.finish();
    opened(&output)?;
    builder.finish(group, output)
}

/// Takes in a group that was [exported](export_group). There must be none of that name.
///
/// It reads, but neither sends nor commits before it has entered another epoch.
///
/// # Errors
/// [`Fault::Corrupt`] or [`Fault::Damaged`]; nothing has changed.
pub fn import_group(exported: &SecretBytes, env: &mut Env<'_>) -> Result<Fresh<GroupId>, Fault> {
    let (id, records) = opened(exported)?;
    let mut delta = Delta::new(env.rng)?;
    delta.require(Precondition::Absent(RecordKey::Status(id.clone())));
    for (key, value) in records {
        delta.put(key, value);
    }
    Ok(Fresh { delta, output: id })
}

/// The group and the records in an export, all of which belong to it.
fn opened(exported: &SecretBytes) -> Result<(GroupId, Vec<(RecordKey, SecretBytes)>), Fault> {
    let mut r = open_record(exported.as_bytes())?;
    let id = GroupId::decode(&mut r)?;
    let whole = RecordPrefix::Group(id.clone());
    let mut records = Vec::new();
    while !r.is_empty() {
        let at = r.offset();
        let key = RecordKey::from_bytes(r.opaque()?)?;
        if !whole.covers(&key) && !matches!(key, RecordKey::Signer(_)) {
            return Err(DecodeError::new(DecodeErrorKind::UnknownValue, at).into());
        }
        records.push((key, SecretBytes::from_slice(r.opaque()?)));
    }
    let find = |wanted: &RecordKey| records.iter().find(|(key, _)| key == wanted).map(|(_, value)| value.as_bytes());
    let [header, status] = Group::records_to_load(&id);
    let absent = || DecodeError::new(DecodeErrorKind::UnexpectedEnd, 0);
    let group = Group::load(&id, find(&header).ok_or_else(absent)?, find(&status).ok_or_else(absent)?)?;
    if group.status.standing != Standing::Imported || group.epoch.context.group_id != id.as_bytes() {
        return Err(DecodeError::new(DecodeErrorKind::UnknownValue, 0).into());
    }
    Ok((id, records))
}
