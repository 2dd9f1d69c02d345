//! What a driver keeps and finds in a store beside transitions.

use alloc::vec::Vec;

use mls_crypto_traits::SecretBytes;

use crate::env::Env;
use crate::group::state::Status;
use crate::group::step::Fresh;
use crate::group::{Fault, Group, OutgoingProposal};
use crate::psk::PskValue;
use crate::record::{Delta, Missing, RecordKey, open_record};

/// Keeps an external pre-shared key under its name, in the place of an older one (RFC 9420 section 8.4).
///
/// # Errors
/// [`Fault::Crypto`] where there is no randomness.
pub fn store_psk(psk_id: &[u8], value: &PskValue, env: &mut Env<'_>) -> Result<Fresh<()>, Fault> {
    let mut delta = Delta::new(env.rng)?;
    delta.write(RecordKey::Psk(psk_id.to_vec()), value.as_bytes())?;
    Ok(Fresh { delta, output: () })
}

/// Forgets an external pre-shared key.
///
/// # Errors
/// [`Fault::Crypto`] where there is no randomness.
pub fn forget_psk(psk_id: &[u8], env: &mut Env<'_>) -> Result<Fresh<()>, Fault> {
    let mut delta = Delta::new(env.rng)?;
    delta.delete(RecordKey::Psk(psk_id.to_vec()));
    Ok(Fresh { delta, output: () })
}

/// The pre-shared key in a record [`RecordKey::Psk`] or [`RecordKey::ResumptionPsk`].
///
/// # Errors
/// [`Fault::Corrupt`].
pub fn psk_from_record(record: &[u8]) -> Result<PskValue, Fault> {
    Ok(PskValue::from_bytes(SecretBytes::from_slice(open_record(record)?.rest())))
}

/// Our own proposals that are not committed yet, as they went out.
///
/// # Errors
/// What is [`Missing`] where the proposals are not resident.
pub fn pending_proposals(group: &Group) -> Result<Vec<OutgoingProposal>, Missing> {
    Ok(group
        .proposals()?
        .in_order()
        .into_iter()
        .filter_map(|(reference, cached)| {
            let message = cached.message.clone()?;
            Some(OutgoingProposal { message, reference: *reference })
        })
        .collect())
}

/// Names one state of one membership of one group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateStamp(Status);

impl Group {
    /// Which state of the group this is: records that are read before a [`RecordKey::Status`] that names the same
    /// state, and the group, belong together.
    #[must_use]
    pub const fn stamp(&self) -> StateStamp {
        StateStamp(self.status)
    }

    /// The state that a record [`RecordKey::Status`] names.
    ///
    /// # Errors
    /// [`Fault::Corrupt`].
    pub fn stored_stamp(status: &[u8]) -> Result<StateStamp, Fault> {
        Ok(StateStamp(Status::from_record(status)?))
    }

    /// The resumption PSK of the current epoch, for a commit in another group that names it (RFC 9420 section 8.6).
    #[must_use]
    pub fn resumption_psk(&self) -> PskValue {
        PskValue::from(self.epoch.secrets.resumption.duplicate())
    }
}
