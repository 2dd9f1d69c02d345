//! Answering what the engine asks.

use mls_core::group::Answers;
use mls_core::identity::CredentialCheck;
use mls_core::psk::{PreSharedKeyId, Psk};
use mls_core::record::{GroupId, RecordKey};

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
        let mut answers = Answers::default();
        for check in credentials {
            answers.vouch(check.accept(self.identity.validate(check).await?));
        }
        let keys: Vec<RecordKey> = psks.iter().map(|id| record_of(&id.psk)).collect();
        if keys.is_empty() {
            return Ok(answers);
        }
        for (id, record) in psks.iter().zip(self.storage.read(&keys).await?) {
            if let Some(record) = record {
                answers.psk(id.clone(), psk_from_record(&record)?);
            }
        }
        Ok(answers)
    }
}
