//! Finding out that a group has split (RFC 9420 section 8.7).

use alloc::vec::Vec;

use subtle::ConstantTimeEq;

use crate::group::Group;
use crate::group::state::PastSlot;
use crate::record::{Missing, RecordKey};

/// The authenticator that a member has for an epoch, to be compared with another's (RFC 9420 section 8.7).
#[derive(Clone, PartialEq, Eq)]
pub struct EpochClaim {
    /// The epoch.
    pub epoch: u64,
    /// Its authenticator, as long as the suite's hash. Nobody but members should see it.
    pub authenticator: Vec<u8>,
}

/// Whether two members have the same epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EpochComparison {
    /// They share group state and secrets up to this epoch.
    Same,
    /// They have parted ways, in this epoch or before: they followed different commits.
    Forked,
    /// We do not have that epoch: we have not entered it, were not there, or no longer retain it.
    Unknown,
}

/// What a comparison of several epochs shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ForkReport {
    /// The last epoch that both have in common, of those compared.
    pub last_common: Option<u64>,
    /// The first epoch that they have in different forms. To [go back](crate::group::rewind) to the last common one is
    /// a way out, if that is retained, for whichever of the two is wrong; or to join again.
    pub first_forked: Option<u64>,
}

impl Group {
    /// Our authenticators of the current epoch and of those retained, for another member to
    /// [compare](Self::compare_claims).
    ///
    /// # Errors
    /// What is [`Missing`] where a retained epoch is not resident.
    ///
    /// # Security
    /// Send them to members only, over a channel that others cannot alter: whoever alters them hides a fork.
    pub fn epoch_claims(&self) -> Result<Vec<EpochClaim>, Missing> {
        let mut missing = Missing::default();
        let mut claims = Vec::new();
        for (epoch, slot) in &self.past {
            match slot {
                PastSlot { state: Some(state), .. } => {
                    claims.push(EpochClaim { epoch: *epoch, authenticator: state.authenticator.as_bytes().to_vec() });
                }
                PastSlot { state: None, .. } => missing.keys.push(RecordKey::Epoch(self.id.clone(), *epoch)),
            }
        }
        if !missing.is_empty() {
            return Err(missing);
        }
        claims.push(EpochClaim { epoch: self.epoch(), authenticator: self.epoch_authenticator().to_vec() });
        Ok(claims)
    }

    /// Compares our authenticator of an epoch with another member's (RFC 9420 section 8.7).
    ///
    /// # Errors
    /// What is [`Missing`] where the retained epoch is not resident.
    // req: R-8.7-01
    pub fn compare_epoch(&self, epoch: u64, authenticator: &[u8]) -> Result<EpochComparison, Missing> {
        let ours = if epoch == self.epoch() && self.is_active() {
            self.epoch_authenticator()
        } else {
            match self.past_epoch(epoch)? {
                Some(past) => past.authenticator.as_bytes(),
                None => return Ok(EpochComparison::Unknown),
            }
        };
        let same = bool::from(ours.ct_eq(authenticator));
        Ok(if same { EpochComparison::Same } else { EpochComparison::Forked })
    }

    /// Compares another member's [claims](Self::epoch_claims) with what we have.
    ///
    /// # Errors
    /// What is [`Missing`] where a retained epoch is not resident.
    pub fn compare_claims(&self, claims: &[EpochClaim]) -> Result<ForkReport, Missing> {
        let mut report = ForkReport::default();
        for EpochClaim { epoch, authenticator } in claims {
            match self.compare_epoch(*epoch, authenticator)? {
                EpochComparison::Same => report.last_common = report.last_common.max(Some(*epoch)),
                EpochComparison::Forked => {
                    let first = report.first_forked.map_or(*epoch, |first| first.min(*epoch));
                    report.first_forked = Some(first);
                }
                EpochComparison::Unknown => {}
            }
        }
        Ok(report)
    }
}

impl core::fmt::Debug for EpochClaim {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Self { epoch, authenticator: _ } = self;
        f.debug_struct("EpochClaim").field("epoch", epoch).finish_non_exhaustive()
    }
}
