//! The pre-shared keys of a commit (RFC 9420 section 8.4).

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use mls_crypto_traits::Suite;

use crate::group::answers::{AnswerError, Answers};
use crate::group::{Fault, Group};
use crate::key_schedule::PskSecret;
use crate::psk::{PreSharedKeyId, Psk, PskValue, psk_secret};
use crate::record::{Missing, RecordKey};

/// Which pre-shared keys the application is asked for: all but the resumption PSKs of this very group.
pub(crate) fn asked_for(group: &Group, psks: &[PreSharedKeyId]) -> Vec<PreSharedKeyId> {
    psks.iter().filter(|id| own_epoch(group, id).is_none()).cloned().collect()
}

/// The epoch of this group whose resumption PSK is meant.
fn own_epoch(group: &Group, id: &PreSharedKeyId) -> Option<u64> {
    match &id.psk {
        Psk::Resumption { psk_group_id, psk_epoch, .. } if *psk_group_id == group.id.as_bytes() => Some(*psk_epoch),
        _ => None,
    }
}

/// The resumption PSKs of this group that are not resident.
pub(crate) fn missing(group: &Group, psks: &[PreSharedKeyId]) -> Missing {
    let keys = psks
        .iter()
        .filter_map(|id| own_epoch(group, id))
        .filter(|epoch| matches!(group.resumption.get(epoch), Some(None)))
        .map(|epoch| RecordKey::ResumptionPsk(group.id.clone(), epoch))
        .collect();
    Missing { keys, prefixes: Vec::new() }
}

/// Why the pre-shared keys cannot be combined.
pub(crate) enum PskFailure {
    Fault(Fault),
    Answer(AnswerError),
}

/// Combines the pre-shared keys in the order of the list; those of this group are taken from it.
pub(crate) fn combine(
    group: &Group,
    suite: Suite<'_>,
    psks: &[PreSharedKeyId],
    answers: &Answers,
) -> Result<PskSecret, PskFailure> {
    let missing = missing(group, psks);
    if !missing.is_empty() {
        return Err(PskFailure::Fault(missing.into()));
    }
    let mut own = BTreeMap::new();
    for id in psks {
        let Some(epoch) = own_epoch(group, id) else { continue };
        // req: R-8.4-05
        let psk = if epoch == group.epoch() {
            Some(&group.epoch.secrets.resumption)
        } else {
            group.resumption.get(&epoch).and_then(Option::as_ref)
        };
        // req: R-12.4.2-05
        let psk = psk.ok_or_else(|| PskFailure::Answer(AnswerError::MissingPsk(id.clone())))?;
        own.insert(id, PskValue::from(psk.duplicate()));
    }
    combine_with(suite, psks, |id| match own.get(id) {
        Some(value) => Ok(value),
        None => answers.psk_of(id),
    })
}

/// Combines pre-shared keys that `value` finds.
pub(crate) fn combine_with<'v>(
    suite: Suite<'_>,
    psks: &[PreSharedKeyId],
    value: impl Fn(&PreSharedKeyId) -> Result<&'v PskValue, AnswerError>,
) -> Result<PskSecret, PskFailure> {
    let mut pairs = Vec::with_capacity(psks.len());
    for id in psks {
        pairs.push((id, value(id).map_err(PskFailure::Answer)?));
    }
    psk_secret(suite, &pairs).map_err(|error| PskFailure::Fault(error.into()))
}
