//! Answering what the engine asks.

use mls_core::group::{Answers, Group as State, psk_from_record};
use mls_core::identity::CredentialCheck;
use mls_core::psk::{PreSharedKeyId, Psk, PskValue};
use mls_core::record::{GroupId, RecordKey};
use mls_crypto_traits::SecretBytes;

use super::Driver;
use crate::error::DriverError;

impl Driver {
    /// Has credentials validated and looks up pre-shared keys. A key that is not there is left out: the engine says
    /// which it misses.
    pub(super) async fn answer(
        &self,
        credentials: &[CredentialCheck],
        psks: &[PreSharedKeyId],
    ) -> Result<Answers, DriverError> {
        self.answer_for(None, credentials, psks).await
    }

    /// As [`Self::answer`], where what `joining`, which we are about to enter again, has given us may be mixed in.
    pub(super) async fn answer_for(
        &self,
        joining: Option<&[u8]>,
        credentials: &[CredentialCheck],
        psks: &[PreSharedKeyId],
    ) -> Result<Answers, DriverError> {
        let mut answers = Answers::default();
        for check in credentials {
            answers.vouch(check.accept(self.identity.validate(check).await?));
        }
        for id in psks {
            if let Some(value) = self.find_psk(joining, id).await? {
                answers.psk(id.clone(), value);
            }
        }
        Ok(answers)
    }

    async fn find_psk(&self, joining: Option<&[u8]>, id: &PreSharedKeyId) -> Result<Option<PskValue>, DriverError> {
        match &id.psk {
            Psk::External { psk_id } => self.stored_psk(RecordKey::Psk(psk_id.clone())).await,
            // The engine knows those of the group itself: this is another group of ours.
            Psk::Resumption { psk_group_id, psk_epoch, .. } => {
                if joining != Some(psk_group_id) && !self.rules.allows_psk_of_another_group(id).await {
                    return Ok(None);
                }
                let group = GroupId::from(psk_group_id.as_slice());
                let past = RecordKey::ResumptionPsk(group.clone(), *psk_epoch);
                match self.stored_psk(past).await? {
                    Some(value) => Ok(Some(value)),
                    None => self.current_psk(&group, *psk_epoch).await,
                }
            }
            _ => Ok(None),
        }
    }

    async fn stored_psk(&self, key: RecordKey) -> Result<Option<PskValue>, DriverError> {
        let record = self.storage.read(&[key]).await?.into_iter().next().flatten();
        Ok(record.as_ref().map(SecretBytes::as_bytes).map(psk_from_record).transpose()?)
    }

    /// The resumption PSK of a group that is still in that epoch.
    async fn current_psk(&self, id: &GroupId, epoch: u64) -> Result<Option<PskValue>, DriverError> {
        let records = self.storage.read(&State::records_to_load(id)).await?;
        let Ok([Some(header), Some(status)]) = <[_; 2]>::try_from(records) else {
            return Ok(None);
        };
        let group = State::load(id, header.as_bytes(), status.as_bytes())?;
        Ok((group.epoch() == epoch).then(|| group.resumption_psk()))
    }
}
